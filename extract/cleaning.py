"""The last step of every text: one Unicode form, no odd characters."""

import re
import unicodedata
from collections.abc import Iterator

_INVISIBLE = (
    "\xad",
    "\u200b",
    "\ufeff",
)  # soft hyphen, zero-width space, stray mark; joiners (U+200C, U+200D) carry meaning
_PIECE_CHARS = 65_536
_BLANK = re.compile(r"[ \n]")


def clean_text(text: str) -> str:
    """NFC; no NUL, invisible or odd characters; "\\n" line ends; no surrogates; no blanks at the ends."""
    if text.isascii():
        return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "").strip()
    for character in (*_INVISIBLE, "\0"):
        text = text.replace(character, "")
    text = _composed(text.replace("\xa0", " ").replace("\r\n", "\n").replace("\r", "\n"))
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-8", "replace").decode()
    return text.strip()


def _composed(text: str) -> str:
    """NFC, some at a time: for all of a long text at once it would take up to 16 bytes a character."""
    if all(unicodedata.is_normalized("NFC", piece) for piece in _pieces(text)):
        return text
    return "".join(unicodedata.normalize("NFC", piece) for piece in _pieces(text))


def _pieces(text: str) -> Iterator[str]:
    """A text in pieces that end before a blank: nothing joins with one."""
    begin = 0
    while begin < len(text):
        blank = _BLANK.search(text, begin + _PIECE_CHARS)
        end = blank.start() if blank else len(text)
        yield text[begin:end]
        begin = end
