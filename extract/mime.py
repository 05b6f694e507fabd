"""What a body is, by its HTTP header and by its first bytes: servers are often wrong about both kinds of error.

1. Magic numbers of images, archives, PDF and the like win over any header (crawls are full of images sent as
   text/html).
2. Text that opens with `<!doctype html` or `<html` (behind blanks, comments and an XML declaration) is HTML under any
   header.
3. Under a header of HTML: JSON that parses is JSON, and text without a single tag is text/plain.
4. Without a usable header (none, or application/octet-stream, unknown/unknown …): HTML if the first tag is one of those
   that the MIME Sniffing Standard lists (section 7.1), else what the header said, or text/plain, or
   application/octet-stream.
5. Otherwise the header's type counts.
"""

import re

import orjson

HTML = "text/html"
XHTML = "application/xhtml+xml"
_TEXT = "text/plain"
_UNKNOWN = "application/octet-stream"
_UNUSABLE = frozenset(
    {"", _UNKNOWN, "unknown/unknown", "application/unknown", "*/*", "binary/octet-stream", "content/unknown"}
)

_HEAD_BYTES = 1024  # of the first tag, behind blanks and comments; the standard looks at 1,445 bytes in all

_MAGIC = (
    (b"%PDF-", "application/pdf"),
    (b"%!PS", "application/postscript"),
    (b"\x89PNG\r\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x00\x00\x01\x00", "image/x-icon"),
    (b"\x1f\x8b\x08", "application/gzip"),
    (b"PK\x03\x04", "application/zip"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"\x28\xb5\x2f\xfd", "application/zstd"),
    (b"BZh", "application/x-bzip2"),
    (b"\xfd7zXZ\x00", "application/x-xz"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"\x7fELF", "application/x-executable"),
    (b"MZ\x90\x00", "application/x-msdownload"),
    (b"wOFF", "font/woff"),
    (b"wOF2", "font/woff2"),
    (b"OggS", "application/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"fLaC", "audio/flac"),
    (b"\x1a\x45\xdf\xa3", "video/webm"),
    (b"FWS", "application/x-shockwave-flash"),
    (b"CWS", "application/x-shockwave-flash"),
    (b"SQLite format 3\x00", "application/vnd.sqlite3"),
)
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}

_LEAD = re.compile(rb"(?:\s+|<!--(?:(?!-->).)*-->|<\?xml\b[^>]*>)*", re.DOTALL | re.IGNORECASE)
_SURE = re.compile(rb"<(?:!doctype\s+html|html)[\s>]", re.IGNORECASE)
_LIKELY = re.compile(
    rb"<(?:!doctype\s+html|!--|html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p|meta|link)[\s>-]",
    re.IGNORECASE,
)
_ANY_TAG = re.compile(rb"<[a-z!/?]", re.IGNORECASE)
_TYPE = re.compile(r"\s*([!#$&^_.+\w*-]+/[!#$&^_.+\w*-]+)\s*(?:[;,\s]|$)", re.ASCII)


def header_mime(content_type: str | None) -> str:
    """The media type of a Content-Type header in lower case, without parameters; "" if there is none that can be
    read."""
    match = _TYPE.match(content_type) if content_type else None
    return match[1].lower() if match else ""


def sniff_mime(content_type: str | None, body: bytes) -> str:
    """The media type of a body; see the module."""
    claimed = header_mime(content_type)
    found = _magic(body)
    if found:
        return found
    head = body.lstrip(b"\0\xef\xbb\xbf\xfe\xff \t\r\n\f")[: 64 * _HEAD_BYTES]
    if b"\0" in head[:64]:
        head = head.replace(b"\0", b"")  # UTF-16
    lead = _LEAD.match(head)
    first = head[lead.end() : lead.end() + _HEAD_BYTES] if lead else head
    if _SURE.match(first):
        return XHTML if claimed == XHTML else HTML
    if claimed in (HTML, XHTML):
        return _contradiction(head, body) or claimed
    if claimed in _UNUSABLE:
        if _LIKELY.match(first) or (lead and lead.end() and b"<!--" in head[: lead.end()]):
            return HTML
        return claimed or (_UNKNOWN if b"\0" in body[:_HEAD_BYTES] else _TEXT)
    return claimed


def _magic(body: bytes) -> str:
    for magic, mime in _MAGIC:
        if body.startswith(magic):
            return mime
    if body.startswith(b"RIFF") and body[8:12] in _RIFF:
        return _RIFF[body[8:12]]
    if body[4:8] == b"ftyp":
        return "video/mp4"
    return ""


def _contradiction(head: bytes, body: bytes) -> str:
    """What bytes are that call themselves HTML and are not, or ""."""
    if head[:1] in (b"{", b"["):
        try:
            orjson.loads(body)
        except orjson.JSONDecodeError:
            pass
        else:
            return "application/json"
    compact = body if b"\0" not in head else body.replace(b"\0", b"")
    return "" if not compact.strip() or _ANY_TAG.search(compact) else _TEXT
