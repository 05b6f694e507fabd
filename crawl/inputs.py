"""What the user named, as a list of files that a run can be planned on.

An address says where a file lies below the root of its input, and together with size and content it names the file's
part. So a folder may move, and other files may join it, without any part being done again.
"""

import glob
import hashlib
import itertools
import os
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from dataclasses import replace
from pathlib import Path

from gristmill.core.errors import InputError
from gristmill.crawl.input_file import KINDS_TOLD, InputFile, is_remote, preferred

_DIGEST_BYTES = 16
_READ_BYTES = 1 << 20

DigestKey = tuple[str, int, int]
"""Absolute path, size, time of last change in nanoseconds: while these hold, a file's digest is not computed again."""


def expand_inputs(
    inputs: Sequence[str],
    known: MutableMapping[DigestKey, str] | None = None,
    columns: Mapping[str, str] | None = None,
) -> tuple[InputFile, ...]:
    """Find the files that inputs name: paths, folders, patterns, http(s) URLs, and URLs of buckets.

    A folder, pattern or bucket that holds WARC files gives these alone; else its WETs, else its JSONL and Parquet files.

    Args:
        inputs: as the user wrote them.
        known: digests of local files from earlier calls; those of this call are added, so that it can be kept.
        columns: which column is what, of JSONL and Parquet files.

    Returns:
        The files by address, which no two share.

    Raises:
        InputError: an input names nothing, a named file is empty or no WARC, or two inputs name one file.
    """
    digests: MutableMapping[DigestKey, str] = {} if known is None else known
    files = [file for text in inputs for file in _expand(text, digests)]
    if not files:
        raise InputError("no input was named; give a WARC file, a folder of WARC files, a pattern or a URL.")
    mapped = tuple(sorted((columns or {}).items()))
    files = [file if file.format == "warc" else replace(file, columns=mapped) for file in files]
    files.sort(key=lambda file: (file.address, file.location))
    refuse_twins(files)
    return tuple(files)


def _expand(text: str, digests: MutableMapping[DigestKey, str]) -> Iterator[InputFile]:
    if is_remote(text):
        from gristmill.crawl.remote import find_remote

        yield from find_remote(text)
    elif Path(text).is_dir():
        yield from _in_folder(text, digests)
    elif Path(text).exists():
        yield _named_file(text, digests)
    elif glob.has_magic(text):
        yield from _matching(text, digests)
    else:
        raise InputError(f"input '{text}' does not exist; check the path (it is taken from the current folder).")


def _in_folder(text: str, digests: MutableMapping[DigestKey, str]) -> Iterator[InputFile]:
    root = _absolute(text)
    paths = preferred([str(path) for path in _files_below(root)])
    if not paths:
        raise InputError(
            f"folder '{text}' holds no WARC file, nor another input ({KINDS_TOLD}), not in its subfolders either; "
            "name another folder or the files themselves."
        )
    for path in paths:
        yield _local(Path(path), root, False, digests)


def _absolute(text: str) -> Path:
    """An absolute path without "..", links left as they are: a folder of links keeps its own addresses."""
    return Path(os.path.normpath(Path(text).absolute()))


def _files_below(root: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(folder, name) for name in sorted(names) if not name.startswith("."))


def _matching(text: str, digests: MutableMapping[DigestKey, str]) -> Iterator[InputFile]:
    folders = Path(text).parts
    free = next(count for count, name in enumerate(folders) if glob.has_magic(name))
    root = _absolute(str(Path(*folders[:free])))
    paths: set[Path] = set()
    for match in glob.iglob(text, recursive=True):  # noqa: PTH207 - Path.glob wants the folder split off first
        path = _absolute(match)
        if path.is_dir():
            paths.update(_files_below(path))
        else:
            paths.add(path)
    chosen = preferred([str(path) for path in sorted(paths)])
    if not chosen:
        raise InputError(
            f"pattern '{text}' matches no WARC file, nor another input ({KINDS_TOLD}); "
            "check it, and put it in quotes if the shell should leave it alone."
        )
    for name in chosen:
        yield _local(Path(name), root, False, digests)


def _named_file(text: str, digests: MutableMapping[DigestKey, str]) -> InputFile:
    path = _absolute(text)
    if not path.is_file():
        raise InputError(f"input '{text}' is neither a file nor a folder; name a WARC file, or a folder of them.")
    if path.stat().st_size == 0:
        raise InputError(f"input '{text}' is empty (0 bytes); get it again, or leave it out.")
    file = _local(path, path.parent, True, digests)
    _check_content(text, file)
    return file


def _check_content(text: str, file: InputFile) -> None:
    """A WARC that the user named must hold records. Rows are looked at when their columns are known."""
    if file.format != "warc":
        return
    from gristmill.crawl.record import Record
    from gristmill.crawl.records import read_records

    if not any(isinstance(item, Record) for item in read_records(Path(file.location))):
        raise InputError(f"input '{text}' is no WARC or ARC file: not one record was found in it; name another file.")


def _local(path: Path, root: Path, explicit: bool, digests: MutableMapping[DigestKey, str]) -> InputFile:
    try:
        stat = path.stat()
        key = (str(path), stat.st_size, stat.st_mtime_ns)
        identity = digests.get(key) or file_digest(path)
    except OSError as error:
        raise InputError(f"input '{path}' cannot be read: {error.strerror or error}; check its permissions.") from error
    digests[key] = identity
    return InputFile(path.relative_to(root).as_posix(), str(path), stat.st_size, identity, explicit)


def file_digest(path: Path) -> str:
    """BLAKE2b-128 of a file's content, in hex; 1 MiB of it in memory at a time."""
    digest = hashlib.blake2b(digest_size=_DIGEST_BYTES)
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(_READ_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def refuse_twins(files: Sequence[InputFile]) -> None:
    """Raise InputError if two files, sorted by address, have one address or are one file."""
    places: dict[str, InputFile] = {}
    for first, second in itertools.pairwise(files):
        if first.address == second.address:
            raise InputError(_twins(first, second))
    for file in files:
        place = file.location if file.remote else os.path.realpath(file.location)
        if place in places:
            raise InputError(_twins(places[place], file))
        places[place] = file


def _twins(first: InputFile, second: InputFile) -> str:
    if first.remote or second.remote or os.path.realpath(first.location) != os.path.realpath(second.location):
        remedy = f"name a folder that holds both{_common(first, second)}, so that their addresses differ"
        return f"two inputs have the address '{first.address}': {first.location} and {second.location}; {remedy}."
    where = first.location if first.location == second.location else f"{first.location} and {second.location}"
    return f"the same file was given twice: {where}; name it, or a folder that holds it, once."


def _common(first: InputFile, second: InputFile) -> str:
    if first.remote or second.remote:
        return ""
    return f" ({os.path.commonpath([Path(first.location).parent, Path(second.location).parent])})"
