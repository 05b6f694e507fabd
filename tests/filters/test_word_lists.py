"""Lists of words by language, and what is wrong with those that cannot be read."""

from pathlib import Path

import pytest

from gristmill.core.errors import InputError
from gristmill.filters.bad_words import read_entries
from gristmill.filters.word_lists import read_word_lists, write_word_lists


def test_what_is_written_is_read(tmp_path: Path) -> None:
    lists = {"de": ("der", "die"), "zh": ("的",)}
    (tmp_path / "w.txt").write_text(write_word_lists(lists, ("a note",)) + "\n", "utf-8")
    assert read_word_lists(tmp_path / "w.txt") == lists


def test_a_byte_order_mark_and_other_line_ends_are_no_words(tmp_path: Path) -> None:
    (tmp_path / "w.txt").write_text("de: der\nfr: le la\n", "utf-8-sig", newline="\r\n")
    assert read_word_lists(tmp_path / "w.txt") == {"de": ("der",), "fr": ("le", "la")}
    assert read_entries(tmp_path / "w.txt") == ["de: der", "fr: le la"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"de: der\nno colon here\n", "line 2: 'no colon here' is no list. Write"),
        (b"de:\n", "line 1: 'de:' is no list"), (b": der\n", "line 1"), (b"d e: der\n", "line 1"),
        (b"# note\nde: \xff\n", "line 2: .* is not UTF-8"), (b"de: der\nde: die\n", "line 2: de has a list already"),
        (None, "cannot be read"),
    ],
)  # fmt: skip
def test_a_bad_line_is_named(tmp_path: Path, content: bytes | None, said: str) -> None:
    path = tmp_path / "w.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=rf"w\.txt.*{said}"):
        read_word_lists(path)
