"""What an input file is, which names are those of one, and the part that is made of it."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

_PACKED = r"(\.gz|\.zst|\.zstd)?\Z"
_KINDS = (
    re.compile(rf"\.w?arc{_PACKED}", re.IGNORECASE),
    re.compile(rf"\.wet{_PACKED}", re.IGNORECASE),
    re.compile(rf"\.(jsonl|ndjson){_PACKED}|\.json(\.gz|\.zst|\.zstd)\Z|\.parquet\Z", re.IGNORECASE),
)
"""How names of files end that are looked for, the most wanted first; .wat, .lz4 and plain .json are not."""

KINDS_TOLD = "WARC or ARC, WET, JSONL (all also .gz or .zst), Parquet"

_PART_BYTES = 8


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file of a run.

    Attributes:
        address: path below the input's root, "/" between folders; of a URL or bucket its path below the host.
        location: absolute path, or URL.
        size: bytes; -1 if a server does not say.
        identity: BLAKE2b-128 of the content in hex; of a URL its ETag, else its Last-Modified, else "".
        explicit: the user named this very file, not a folder or pattern that holds it.
        ranges: the records that are wanted of it (crawl/spans.py packs them); b"" for all.
        columns: of JSONL and Parquet: role and column, sorted (crawl/rows.py).
    """

    address: str
    location: str
    size: int
    identity: str
    explicit: bool
    ranges: bytes = b""
    columns: tuple[tuple[str, str], ...] = ()

    @property
    def format(self) -> Literal["warc", "jsonl", "parquet"]:
        """How it is read, by its name."""
        name = self.address.lower()
        if name.endswith(".parquet"):
            return "parquet"
        return "jsonl" if _KINDS[2].search(name) or name.endswith(".json") else "warc"

    @property
    def remote(self) -> bool:
        """Whether the file must be fetched before it can be read."""
        return is_remote(self.location)


def part_name(file: InputFile) -> str:
    """Name of the part that is made of a file: 16 hex digits that depend on nothing else in the run."""
    told = f"{file.address}\0{file.size}\0{file.identity}".encode("utf-8", "surrogateescape")
    if file.ranges or file.columns:
        told += repr(file.columns).encode() + file.ranges
    return hashlib.blake2b(told, digest_size=_PART_BYTES).hexdigest()


def is_remote(text: str) -> bool:
    """Whether an input is a URL of a kind that can be fetched."""
    scheme, colon, _ = text.partition("://")
    return bool(colon) and scheme.lower() in ("http", "https", "s3", "gs", "az")


def preferred(names: Sequence[str]) -> list[str]:
    """Those of some names that are inputs: the WARC files among them, or else the WETs, or else the rows of text."""
    for kind in _KINDS:
        found = [name for name in names if kind.search(name)]
        if found:
            return found
    return []


def is_input(name: str) -> bool:
    """Whether a name is that of a file which can be read."""
    return any(kind.search(name) for kind in _KINDS)
