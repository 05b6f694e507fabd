"""Bytes of a page to text: which charset, who said so, and how much of it could not be read.

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
from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np
from resiliparse.parse.encoding import detect_encoding, map_encoding_to_html5

Source = Literal["bom", "utf-8", "header", "meta", "detected", "fallback"]

_META_BYTES = 8192
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

# Charsets by the name that resiliparse gives a label: the WHATWG name, and Python's codecs for it. The first that reads
# the page without an error is taken, else the last. Python's own of the standard's name is narrower than what browsers
# (and pages) mean.
_CODECS = {
    "utf-8": ("utf-8", ("utf-8",)),
    "utf-16-le": ("utf-16le", ("utf-16-le",)),
    "utf-16-be": ("utf-16be", ("utf-16-be",)),
    "cp866": ("ibm866", ("cp866",)),
    "mac-roman": ("macintosh", ("mac-roman",)),
    "iso8859-11": ("windows-874", ("cp874",)),
    "gbk": ("gbk", ("gb18030",)),
    "gb18030": ("gb18030", ("gb18030",)),
    "big5": ("big5", ("big5hkscs", "cp950")),
    "euc_jp": ("euc-jp", ("euc_jp", "euc_jis_2004", "euc_jp")),
    "iso2022_jp": ("iso-2022-jp", ("iso2022_jp", "iso2022_jp_ext")),
    "shift_jis": ("shift_jis", ("cp932", "shift_jis_2004", "cp932")),
    "euc_kr": ("euc-kr", ("cp949",)),
}
_EXTRA_LABELS = {  # known to the standard or to old pages, not to resiliparse
    "x-mac-cyrillic": ("x-mac-cyrillic", ("mac-cyrillic",)),
    "x-mac-ukrainian": ("x-mac-cyrillic", ("mac-cyrillic",)),
    "hz-gb-2312": ("hz-gb-2312", ("hz",)),
    "utf-32": ("utf-32le", ("utf-32-le",)),
    "utf-32le": ("utf-32le", ("utf-32-le",)),
    "utf-32be": ("utf-32be", ("utf-32-be",)),
}

_HEADER_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([^\s\"';,]+)", re.IGNORECASE)
_META_CHARSET = re.compile(rb"<meta\b[^>]{0,1024}?\bcharset\s{0,8}=\s{0,8}[\"']?\s{0,8}([\w.:-]{1,40})", re.IGNORECASE)
_XML_CHARSET = re.compile(rb"\s{0,64}<\?xml\b[^>]{0,256}?\bencoding\s{0,8}=\s{0,8}[\"']([\w.:-]{1,40})", re.IGNORECASE)
_COMMENT = re.compile(rb"<!--.*?(?:-->|\Z)", re.DOTALL)
# What is open ends at the end of the sample: with a required end, a page of "<" takes quadratic time.
_MARKUP = re.compile(rb"<(?:script|style)\b.*?(?:</(?:script|style)|\Z)|<[^>]*", re.DOTALL | re.IGNORECASE)
_JAPANESE_ESCAPES = (b"\x1b$B", b"\x1b$@", b"\x1b(J")


class Decoded(NamedTuple):
    """A page as text."""

    text: str
    """Without NUL, line ends as "\\n"; not normalised (NFC before parsing would join ">" with a following accent)."""
    charset: str
    """Name in the WHATWG Encoding Standard."""
    undecodable: int
    """Places where bytes made no character; the text has U+FFFD there."""
    source: Source
    """What decided."""


class _Charset(NamedTuple):
    name: str
    codecs: tuple[str, ...]


def decode(data: bytes, content_type: str | None = None, charset: str | None = None) -> Decoded:
    """Decode a page.

    Args:
        data: the body, content encodings undone.
        content_type: the HTTP header's value, if there was one.
        charset: a charset known from elsewhere; counts as the header's.
    """
    decoded = _decide(data, content_type, charset)
    text = decoded.text
    if b"\0" in data:  # looking for a NUL in wide text is slow: each ASCII character has a zero byte
        text = text.replace("\0", "")
    if b"\r" in data:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return decoded if text is decoded.text else decoded._replace(text=text)


def _decide(data: bytes, content_type: str | None, charset: str | None) -> Decoded:
    """Try the charsets in order; the text is as the bytes say."""
    for mark, name in _BOMS:
        if data.startswith(mark):
            return Decoded(*_read(data[len(mark) :], _by_label(name) or _UTF8), "bom")
    header = charset or charset_of(content_type)
    if not data.isascii():
        text = _strict_utf8(data)
        if text is not None:
            return Decoded(text, "utf-8", 0, "utf-8")
    elif b"\0" not in data and b"\x1b" not in data and b"~{" not in data:
        return Decoded(data.decode("ascii"), "utf-8", 0, "utf-8")
    declared: list[tuple[str | None, Source]] = [(header, "header"), (_meta_label(data), "meta")]
    return _decode_by_label(data, declared)


def charset_of(content_type: str | None) -> str | None:
    """The charset of a Content-Type header, quotes stripped; None if it has none."""
    match = _HEADER_CHARSET.search(content_type) if content_type else None
    return match[1] if match else None


def _decode_by_label(data: bytes, declared: list[tuple[str | None, Source]]) -> Decoded:
    """Steps 3 to 6, for bytes that are not plain UTF-8."""
    wide = _unmarked_utf16(data)
    for label, source in declared:
        known = _by_label(label)
        if known is None:
            continue
        if known.name.startswith("utf-16"):
            if wide is None:
                known = _UTF8
            else:
                return Decoded(*_read(data, wide), source)
        if data.isascii() and known.name not in ("iso-2022-jp", "hz-gb-2312"):
            continue
        text, name, undecodable = _read(data, known)
        if _is_plausible(data, name, undecodable):
            return Decoded(text, name, undecodable, source)
    if wide is not None:
        return Decoded(*_read(data, wide), "detected")
    if data.isascii():
        if any(escape in data for escape in _JAPANESE_ESCAPES):
            text, name, undecodable = _read(data, _Charset(*_CODECS["iso2022_jp"]))
            if not undecodable:
                return Decoded(text, name, 0, "detected")
        return Decoded(data.decode("ascii"), "utf-8", 0, "utf-8")
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
    known = _by_label(found)
    if known is not None and not known.name.startswith("utf-16"):
        text, name, undecodable = _read(data, known)
        if _is_plausible(data, name, undecodable):  # the detector says UTF-8 also when it has no idea
            return Decoded(text, name, undecodable, "detected")
    return Decoded(*_read(data, _Charset("windows-1252", ("cp1252",))), "fallback")


def _strict_utf8(data: bytes) -> str | None:
    """The text if the bytes are UTF-8, one sequence cut at the end aside; None if not."""
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data" and not data[: error.start].isascii():
            return data[: error.start].decode()
        return None


@lru_cache(maxsize=1024)
def _by_label(label: str | None) -> _Charset | None:
    """The charset of a label, or None if no browser knows it."""
    if not label:
        return None
    label = label.strip().lower()
    if label in _EXTRA_LABELS:
        return _Charset(*_EXTRA_LABELS[label])
    name = map_encoding_to_html5(label, fallback_utf8=False)
    if name is None:
        return None
    if name in _CODECS:
        return _Charset(*_CODECS[name])
    return _Charset(_whatwg_name(name), (name,))


def _whatwg_name(python_name: str) -> str:
    """The standard's spelling of the single-byte charsets: "cp1251" is windows-1251, "iso8859-2" is iso-8859-2."""
    if python_name.startswith("cp125"):
        return "windows-" + python_name[2:]
    return python_name.replace("iso8859", "iso-8859").replace("_", "-")


_UTF8 = _Charset("utf-8", ("utf-8",))


def _read(data: bytes, charset: _Charset) -> tuple[str, str, int]:
    """Decode with replacement: text, name of the charset, replaced places."""
    for codec in charset.codecs[:-1]:
        try:
            return data.decode(codec), charset.name, 0
        except UnicodeDecodeError:
            continue
    codec = charset.codecs[-1]
    try:
        return data.decode(codec), charset.name, 0
    except UnicodeDecodeError:
        text = data.decode(codec, "replace")
        own = data.count(b"\xef\xbf\xbd") if codec == "utf-8" else 0  # U+FFFD that the page itself wrote
        return text, charset.name, text.count("\ufffd") - own


def _meta_label(data: bytes) -> str | None:
    """The label in the page: of its XML declaration or its first meta outside of comments."""
    head = data[:_META_BYTES]
    match = _XML_CHARSET.match(head) or _META_CHARSET.search(_COMMENT.sub(b"", head))
    return match[1].decode("ascii", "replace") if match else None


def _unmarked_utf16(data: bytes) -> _Charset | None:
    """UTF-16 without a mark, told by where its NUL bytes are and by a "<" of its kind; None if it is not that."""
    head = np.frombuffer(data, np.uint8, min(len(data), _META_BYTES) // 2 * 2).reshape(-1, 2)
    if len(head) == 0:
        return None
    first, second = (float(share) for share in (head == 0).mean(axis=0))
    if second > _UTF16_SHARE and first < second / 8 and (head == (0x3C, 0)).all(axis=1).any():
        return _Charset("utf-16le", ("utf-16-le",))
    if first > _UTF16_SHARE and second < first / 8 and (head == (0, 0x3C)).all(axis=1).any():
        return _Charset("utf-16be", ("utf-16-be",))
    return None
