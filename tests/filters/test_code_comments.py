"""Comments, against a plain reading of the table in code_comments.py, and in a few languages."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gristmill.core.batch import text_buffers
from gristmill.filters import code_comments

PIECES = st.sampled_from(
    [
        *("//", "://", "/*", "*/", "#", "#include", " # ", "--", "-- ", "<!--", "-->", "\n", " ", "\t", "\\", "x = 1"),
        *('"', "'", "`", '"""', "'''", "é", "水"),
    ]
)


def commented(text: str, hashes: bool) -> str:
    """What of a text stands in comments."""
    found, at, alone = "", 0, True
    while at < len(text):
        rest, line = text[at:], text[at:].split("\n", maxsplit=1)[0]
        triple = rest[:3] if alone and rest.startswith(('"""', "'''")) else ""
        if rest.startswith("/*"):
            end = enclosed(rest, 2, "*/")
        elif rest.startswith("<!--"):
            end = enclosed(rest, 4, "-->")
        elif triple:
            end = enclosed(rest, 3, triple)
        elif (
            (rest.startswith("//") and text[at - 1 : at] != ":")
            or (
                rest.startswith("#")
                and hashes
                and (alone or text[at - 1] in " \t")
                and not rest.startswith(code_comments._DIRECTIVES)
            )
            or (rest.startswith("--") and alone and (len(rest) == 2 or rest[2] in " \t\n"))
        ):
            end = len(line)
        elif rest[0] in "\"'`":
            at, alone = at + string_length(line), False
            continue
        else:
            alone = rest[0] == "\n" or (alone and rest[0] in " \t")
            at += 1
            continue
        found, at, alone = found + rest[:end], at + end, False
    return found


def enclosed(rest: str, opening: int, close: str) -> int:
    place = rest.find(close, opening)
    return len(rest) if place < 0 else place + len(close)


def string_length(line: str) -> int:
    at = 1
    while at < len(line):
        if line[at] == line[0]:
            return at + 1
        at += 2 if line[at] == "\\" else 1
    return 1


@given(st.lists(st.lists(PIECES, max_size=14).map("".join), max_size=4), st.integers(0, 2), st.booleans())
def test_comments_are_those_of_plain_python(texts: list[str], start: int, hashes: bool) -> None:
    assert counts(texts, start, hashes) == [len(commented(text, hashes)) for text in texts[start:]]


def counts(texts: list[str], start: int = 0, hashes: bool = True) -> list[int]:
    """The kernel's counts, of a slice."""
    buffers = text_buffers(pa.array(texts, pa.large_string())[start:])
    flags = np.full(len(buffers), hashes)
    flags.flags.writeable = False
    found: list[int] = code_comments.comment_chars(buffers.data, buffers.offsets, flags).tolist()
    return found


@pytest.mark.parametrize(
    ("text", "comments"),
    [
        ("x = 1  # one", "# one"), ("x = '#'  # one", "# one"), ("see http://mill.example/a", ""), ("#include <mill.h>", ""),
        ("int x; // one\nint y; /* two\nthree */", "// one/* two\nthree */"), ("x-- > 1", ""), ("-- one\nSELECT 1", "-- one"),
        ('def f():\n    """One."""\n    return """two"""', '"""One."""'), ("<p>one</p><!-- two -->", "<!-- two -->"),
        ("it's # one", "# one"),
    ],
)  # fmt: skip
def test_comments_of_several_languages(text: str, comments: str) -> None:
    assert commented(text, True) == comments
    assert counts([text]) == [len(comments)]
