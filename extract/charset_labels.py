"""What labels of charsets mean: the names that browsers know, Python's codecs for each, and where servers and pages put them."""

import re
from functools import lru_cache
from typing import NamedTuple

from resiliparse.parse.encoding import map_encoding_to_html5

META_BYTES = 8192
"""How far into a page a label is looked for."""

# Charsets by the name that resiliparse gives a label: the WHATWG name, and Python's codecs for it. The first that reads
# the page without an error is taken, else the last. Python's own of the standard's name is narrower than what browsers
# (and pages) mean.
CODECS = {
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


class Charset(NamedTuple):
    """A charset: its WHATWG name, and Python's codecs for it in the order to try."""

    name: str
    codecs: tuple[str, ...]


def charset_of(content_type: str | None) -> str | None:
    """The charset of a Content-Type header, quotes stripped; None if it has none."""
    match = _HEADER_CHARSET.search(content_type) if content_type else None
    return match[1] if match else None


@lru_cache(maxsize=1024)
def by_label(label: str | None) -> Charset | None:
    """The charset of a label, or None if no browser knows it."""
    if not label:
        return None
    label = label.strip().lower()
    if label in _EXTRA_LABELS:
        return Charset(*_EXTRA_LABELS[label])
    name = map_encoding_to_html5(label, fallback_utf8=False)
    if name is None:
        return None
    if name in CODECS:
        return Charset(*CODECS[name])
    return Charset(_whatwg_name(name), (name,))


def _whatwg_name(python_name: str) -> str:
    """The standard's spelling of the single-byte charsets: "cp1251" is windows-1251, "iso8859-2" is iso-8859-2."""
    if python_name.startswith("cp125"):
        return "windows-" + python_name[2:]
    return python_name.replace("iso8859", "iso-8859").replace("_", "-")


UTF8 = Charset("utf-8", ("utf-8",))


def meta_label(data: bytes) -> str | None:
    """The label in the page: of its XML declaration or its first meta outside of comments."""
    head = data[:META_BYTES]
    match = _XML_CHARSET.match(head) or _META_CHARSET.search(_COMMENT.sub(b"", head))
    return match[1].decode("ascii", "replace") if match else None
