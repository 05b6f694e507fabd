"""Words by language in one text file: a line for each language, "de: der die das …", in UTF-8; `#` starts a comment."""

import codecs
from pathlib import Path

from gristmill.core.errors import InputError


def read_word_lists(path: Path) -> dict[str, tuple[str, ...]]:
    """Language to its words, as they stand there.

    Raises:
        InputError: the file cannot be read, or a line is no list.
    """
    try:
        lines = path.read_bytes().removeprefix(codecs.BOM_UTF8).split(b"\n")
    except OSError as error:
        raise InputError(f"the lists of words {path} cannot be read ({error.strerror}); correct the path.") from error
    found: dict[str, tuple[str, ...]] = {}
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.startswith(b"#"):
            language, words = _words(line, f"{path}, line {number}")
            if language in found:
                raise InputError(f"{path}, line {number}: {language} has a list already. Join the two.")
            found[language] = words
    return found


def _words(line: bytes, place: str) -> tuple[str, tuple[str, ...]]:
    try:
        language, colon, words = line.decode().partition(":")
    except UnicodeDecodeError as error:
        raise InputError(f"{place}: {line[:40]!r} is not UTF-8 ({error.reason}). Write the file in UTF-8.") from error
    listed = tuple(words.split())
    if not colon or not language.strip() or len(language.split()) > 1 or not listed:
        raise InputError(
            f"{place}: {line.decode()[:40]!r} is no list. Write 'LANGUAGE: WORD WORD …', as in 'de: der die'."
        )
    return language.strip(), listed


def write_word_lists(lists: dict[str, tuple[str, ...]], notes: tuple[str, ...] = ()) -> str:
    """The text of such a file."""
    return "".join(
        [*(f"# {note}\n" for note in notes), *(f"{name}: {' '.join(words)}\n" for name, words in lists.items())]
    )
