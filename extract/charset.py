"""Bytes of a page to UTF-8: which charset it was, who said so, and how much of it could not be read.

The order, and why (the first that decides wins):

1. `bom`: a byte order mark; nothing else looks like one.
2. `utf-8`: the bytes are UTF-8 with at least one sequence of several bytes, or plain ASCII, whatever the labels say.
   Text in another charset passes by chance with a probability that falls about tenfold with each such character, and
   UTF-8 under an old label is by far the commonest lie. One sequence cut at the end is no objection: pages are cut at a
   length. ASCII with the escapes of ISO-2022-JP, or of HZ where HZ is declared, is not plain.
3. `header`: the charset of the Content-Type, read as browsers read labels: latin1 means windows-1252, gb2312 means gbk.
4. `meta`: <meta charset>, <meta http-equiv>, or the XML declaration, in the first 8 KiB (the standard looks at 1 KiB,
   pages go beyond). UTF-16 cannot be declared by something read as ASCII; there it means UTF-8.
5. `detected`: resiliparse's detector, by statistics.
6. `fallback`: windows-1252; never ISO-8859-1, in which the bytes 80-9F are not the quotes and dashes that people wrote.

A candidate of 3 to 5 that cannot decode more than 1 % of the bytes is passed over. A label of UTF-8 is accepted where
what is broken is a small share of what is sound (`_MIXED_SHARE`): such a page has foreign pieces in it.
"""

import codecs
import re
from typing import Literal, NamedTuple

import numpy as np
from resiliparse.parse.encoding import detect_encoding

from gristmill.extract.charset_labels import CODECS, META_BYTES, UTF8, Charset, by_label, charset_of, meta_label

Source = Literal["bom", "utf-8", "header", "meta", "detected", "fallback"]

_DETECT_BYTES = 131_072
_UNDECODABLE_SHARE = 0.01  # of the bytes
_MIXED_SHARE = 0.1  # broken per sound sequence; text of another charset has more broken ones than sound ones
_UTF16_SHARE = 0.2  # NUL bytes on one side of the pairs in unmarked UTF-16; the rarest script there has markup in ASCII

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32le"),  # before UTF-16: it begins with UTF-16's mark
    (codecs.BOM_UTF32_BE, "utf-32be"),
    (codecs.BOM_UTF16_LE, "utf-16le"),
    (codecs.BOM_UTF16_BE, "utf-16be"),
)

# What is open ends at the end of the sample: with a required end, a page of "<" takes quadratic time.
_MARKUP = re.compile(rb"<(?:script|style)\b.*?(?:</(?:script|style)|\Z)|<[^>]*", re.DOTALL | re.IGNORECASE)
_REPLACEMENT = b"\xef\xbf\xbd"  # U+FFFD
_JAPANESE_ESCAPES = (b"\x1b$B", b"\x1b$@", b"\x1b(J")


class Decoded(NamedTuple):
    """A page in UTF-8."""

    utf8: bytes
    """Without NUL, line ends as "\\n"; not normalised (NFC before parsing would join ">" with a following accent). The
    page's own bytes, not a copy, where these are all that already."""
    charset: str
    """Name in the WHATWG Encoding Standard."""
    undecodable: int
    """Places where bytes made no character; the text has U+FFFD there."""
    source: Source
    """What decided."""

    @property
    def text(self) -> str:
        """The page as text."""
        return self.utf8.decode()


def decode(data: bytes, content_type: str | None = None, charset: str | None = None) -> Decoded:
    """Decode a page.

    Args:
        data: the body, content encodings undone.
        content_type: the HTTP header's value, if there was one.
        charset: a charset known from elsewhere; counts as the header's.
    """
    decoded = _decide(data, content_type, charset)
    utf8 = decoded.utf8.replace(b"\0", b"")
    if b"\r" in utf8:  # looking for two bytes takes a hundred times as long
        utf8 = utf8.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return decoded._replace(utf8=utf8)


def _decide(data: bytes, content_type: str | None, charset: str | None) -> Decoded:
    """Try the charsets in order; NUL and line ends are as the bytes say."""
    for mark, name in _BOMS:
        if data.startswith(mark):
            return Decoded(*_read(data[len(mark) :], by_label(name) or UTF8), "bom")
    header = charset or charset_of(content_type)
    if not data.isascii():
        sound = _strict_utf8(data)
        if sound is not None:
            return Decoded(sound, "utf-8", 0, "utf-8")
    elif b"\0" not in data and b"\x1b" not in data and b"~{" not in data:
        return Decoded(data, "utf-8", 0, "utf-8")
    declared: list[tuple[str | None, Source]] = [(header, "header"), (meta_label(data), "meta")]
    return _decode_by_label(data, declared)


def _decode_by_label(data: bytes, declared: list[tuple[str | None, Source]]) -> Decoded:
    """Steps 3 to 6, for bytes that are not plain UTF-8."""
    wide = _unmarked_utf16(data)
    for label, source in declared:
        known = by_label(label)
        if known is None:
            continue
        if known.name.startswith("utf-16"):
            if wide is None:
                known = UTF8
            else:
                return Decoded(*_read(data, wide), source)
        if data.isascii() and known.name not in ("iso-2022-jp", "hz-gb-2312"):
            continue
        utf8, name, undecodable = _read(data, known)
        if _is_plausible(data, name, undecodable):
            return Decoded(utf8, name, undecodable, source)
    if wide is not None:
        return Decoded(*_read(data, wide), "detected")
    if data.isascii():
        if any(escape in data for escape in _JAPANESE_ESCAPES):
            utf8, name, undecodable = _read(data, Charset(*CODECS["iso2022_jp"]))
            if not undecodable:
                return Decoded(utf8, name, 0, "detected")
        return Decoded(data, "utf-8", 0, "utf-8")
    return _detect(data)


def _is_plausible(data: bytes, name: str, undecodable: int) -> bool:
    """Whether so few bytes are broken that the charset may be right."""
    if name != "utf-8":
        return undecodable <= _UNDECODABLE_SHARE * len(data)
    leads = int(np.count_nonzero(np.frombuffer(data, np.uint8) >= 0xC2))
    return undecodable <= _MIXED_SHARE * (leads - undecodable)


def _detect(data: bytes) -> Decoded:
    """Step 5 on the text without its tags, then step 6."""
    sample = _MARKUP.sub(b" ", data[:_DETECT_BYTES])
    found = detect_encoding(sample if not sample.isascii() else data, max_len=_DETECT_BYTES)
    known = by_label(found)
    if known is not None and not known.name.startswith("utf-16"):
        utf8, name, undecodable = _read(data, known)
        if _is_plausible(data, name, undecodable):  # the detector says UTF-8 also when it has no idea
            return Decoded(utf8, name, undecodable, "detected")
    return Decoded(*_read(data, Charset("windows-1252", ("cp1252",))), "fallback")


def _strict_utf8(data: bytes) -> bytes | None:
    """The bytes if they are UTF-8, one sequence cut at the end left out; None if not."""
    try:
        data.decode()
    except UnicodeDecodeError as error:
        is_cut = error.reason == "unexpected end of data" and not data[: error.start].isascii()
        return data[: error.start] if is_cut else None
    return data


def _read(data: bytes, charset: Charset) -> tuple[bytes, str, int]:
    """Decode with replacement: UTF-8, name of the charset, replaced places."""
    for codec in charset.codecs[:-1]:
        try:
            return _to_utf8(data, codec), charset.name, 0
        except UnicodeDecodeError:
            continue
    codec = charset.codecs[-1]
    try:
        return _to_utf8(data, codec), charset.name, 0
    except UnicodeDecodeError:
        utf8 = _to_utf8(data, codec, "replace")
        own = data.count(_REPLACEMENT) if codec == "utf-8" else 0  # that the page itself wrote
        return utf8, charset.name, utf8.count(_REPLACEMENT) - own


def _to_utf8(data: bytes, codec: str, errors: str = "strict") -> bytes:
    """Bytes in another charset as UTF-8; UnicodeDecodeError as `errors` has it."""
    return data.decode(codec, errors).encode("utf-8", "replace")


def _unmarked_utf16(data: bytes) -> Charset | None:
    """UTF-16 without a mark, told by where its NUL bytes are and by a "<" of its kind; None if it is not that."""
    head = np.frombuffer(data, np.uint8, min(len(data), META_BYTES) // 2 * 2).reshape(-1, 2)
    if len(head) == 0:
        return None
    first, second = (float(share) for share in (head == 0).mean(axis=0))
    if second > _UTF16_SHARE and first < second / 8 and (head == (0x3C, 0)).all(axis=1).any():
        return Charset("utf-16le", ("utf-16-le",))
    if first > _UTF16_SHARE and second < first / 8 and (head == (0, 0x3C)).all(axis=1).any():
        return Charset("utf-16be", ("utf-16-be",))
    return None
