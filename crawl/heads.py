"""Headers of WARC (0.17 to 1.1) and ARC (1, 2) records, parsed from bytes.

Sources: ISO 28500 and the WARC 1.1 text; the Internet Archive's ARC note; what crawlers really write: bare line feeds,
folded values, any case, Latin-1 bytes, addresses in brackets, addresses with blanks, an ARC line without a content
type.
"""

import re
from dataclasses import dataclass

from gristmill.crawl.fields import clean, escape_uri, field_value

# Where a record may begin again after damage: version line, a field name, and the type within 4 KiB (checked below).
_WARC_CANDIDATE = re.compile(rb"WARC/\d{1,2}\.\d{1,2}[ \t]*\r?\n(?=[!-9;-~]+[ \t]*:)")
_USUAL_STARTS = (b"WARC/1.0\r\n", b"WARC/1.1\r\n")
_WARC_START = re.compile(rb"WARC/\d")
_WARC_TYPE = re.compile(rb"\nWARC-Type[ \t]*:", re.IGNORECASE)
_HEADER_END = re.compile(rb"\r{0,2}\n\r{0,2}\n")
_BLANKS = b" \t"  # a line that begins so goes on with the value of the one before
_TYPE_LINE, _LENGTH_LINE = b"\nWARC-Type: ", b"\nContent-Length: "
_TYPE_SKIP, _LENGTH_SKIP = len(_TYPE_LINE), len(_LENGTH_LINE)
RECORD_TYPES = ("warcinfo", "request", "response", "metadata", "revisit", "resource", "conversion", "continuation")
_TYPES = {name.encode(): name for name in RECORD_TYPES}
_TYPE_REACH = 4096
_ARC_CANDIDATE = re.compile(rb"(?:\A|(?<=\n))[A-Za-z][A-Za-z0-9+.-]{1,20}:[^\r\n]{1,4000}\r?\n")
_ARC_FIELDS = re.compile(rb"(\S+) (\S+) (\d{8,18}) (\S*)(?: (\d{3}|-) (\S+) (\S+) (\S+) (\S+))? (\S+)\Z")
_ARC_LINE_BYTES = 4096
HEAD_REACH = _TYPE_REACH + 64
"""Bytes after a candidate that must be at hand to judge it."""


@dataclass(slots=True)
class Head:
    """A header, of which only the length and the type are parsed at once; the rest when it is asked for.

    Attributes:
        size: its length in bytes.
        block: length of the block it announces; -1 if unknown.
        type: WARC-Type in lower case, "" if unreadable.
        raw: the header's bytes, with the blank line.
        error: class of the failure, "" if it can be used.
        message: the failure in words.
        given: values by field name, of what has no WARC header: ARC lines, rows. None where `raw` is to be read.
    """

    size: int
    block: int = -1
    type: str = ""
    raw: bytes = b""
    error: str = ""
    message: str = ""
    given: dict[str, str] | None = None

    @property
    def text(self) -> str:
        """The header; bytes that are not UTF-8 are lone surrogates."""
        return self.raw.decode("utf-8", "surrogateescape")

    @property
    def arc(self) -> bool:
        """Whether it is an ARC's line."""
        return self.given is not None

    @property
    def uri(self) -> str:
        """WARC-Target-URI without brackets; bytes that are not UTF-8 are percent-escaped."""
        return escape_uri(self._raw_uri())

    @property
    def uri_escaped(self) -> bool:
        """Whether `uri` had to be escaped."""
        return not self.raw.isascii() and escape_uri(uri := self._raw_uri()) is not uri

    @property
    def record_id(self) -> str:
        """WARC-Record-ID without brackets."""
        return clean(self.value("WARC-Record-ID")).strip("<> ")

    @property
    def date(self) -> str:
        """WARC-Date as written; an ARC's in its form."""
        return clean(self.value("WARC-Date"))

    @property
    def content_type(self) -> str:
        """Content-Type of the block."""
        return clean(self.value("Content-Type"))

    @property
    def truncated(self) -> str:
        """WARC-Truncated in lower case."""
        return clean(self.value("WARC-Truncated")).lower()

    def value(self, name: str) -> str:
        """Value of the first field of a name, "" if there is none."""
        if self.given is not None:
            return self.given.get(name, "")
        return field_value(self.text, name) or ""

    def _raw_uri(self) -> str:
        uri = self.value("WARC-Target-URI")
        return uri[1:-1] if uri[:1] == "<" and uri[-1:] == ">" else uri


def starts_record(data: bytes | bytearray | memoryview) -> bool:
    """Whether bytes begin with a record's header, or with what can be recognised of one."""
    start = bytes(data[:_ARC_LINE_BYTES])
    return _WARC_START.match(start) is not None or _arc_line(start) is not None


def find_head(data: bytes | bytearray, start: int, arc: bool, complete: bool) -> int:
    """Position of the next bytes from `start` that look like a record's header, or -1.

    Args:
        data: what is searched.
        start: where to begin.
        arc: look for ARC header lines as well; never in a WARC, where pages may quote them.
        complete: no more bytes follow `data`; else a candidate whose next HEAD_REACH bytes are not there is left out.
    """
    best = -1
    for candidate in _WARC_CANDIDATE.finditer(data, start):
        position = candidate.start()
        if _WARC_TYPE.search(data, position, position + _TYPE_REACH) and (
            complete or position + HEAD_REACH <= len(data)
        ):
            best = position
            break
    if arc:
        for line in _ARC_CANDIDATE.finditer(data, start, len(data) if best < 0 else best):
            if _arc_line(line.group()) is not None:
                return line.start()
    return best


def parse_head(data: bytes | bytearray, start: int, end_limit: int, complete: bool) -> Head | None:
    """Parse the header that begins at `start`.

    Args:
        data: bytes with the header and something after it.
        start: where the header begins.
        end_limit: longest header accepted, bytes.
        complete: no more bytes follow `data`.

    Returns:
        The header, with `error` set if it cannot be used, or None if no record begins here.
    """
    if data.startswith(_USUAL_STARTS, start):
        end = data.find(b"\r\n\r\n", start, start + end_limit) + 4
        if end >= 4:
            raw = bytes(data[start:end])
            inner = find_head(raw, 8, False, True) if raw.find(b"WARC/1.", 8) > 0 else -1
            return _usual_head(raw) if inner < 0 else _interrupted_head(raw[:inner])
    if _WARC_START.match(data, start):
        return _parse_warc(data, start, end_limit, complete)
    return _parse_arc(data, start)


def _usual_head(raw: bytes) -> Head:
    """A header with its blank line, whose lines end as nearly all do."""
    kind_line, length_line = raw.find(_TYPE_LINE), raw.find(_LENGTH_LINE)
    if kind_line >= 0 and length_line >= 0:
        kind_end, length_end = raw.find(b"\r\n", kind_line), raw.find(b"\r\n", length_line)
        kind = _TYPES.get(raw[kind_line + _TYPE_SKIP : kind_end])
        length = raw[length_line + _LENGTH_SKIP : length_end]
        folded = raw[kind_end + 2] in _BLANKS or raw[length_end + 2] in _BLANKS
        if kind and length.isdigit() and len(length) < 19 and not folded:
            return Head(len(raw), int(length), kind, raw)
    return _read_fields(raw)


def _interrupted_head(raw: bytes) -> Head:
    """What is left of a header that was damaged and now runs into the next record's."""
    head = _read_fields(raw)
    head.block, head.error = -1, "bad_header"
    head.message = f"the WARC header has no end before the next record begins, {len(raw):,} bytes on"
    return head


def _parse_warc(data: bytes | bytearray, start: int, end_limit: int, complete: bool) -> Head:
    """A header with bare line feeds, of another version, or without an end."""
    blank = _HEADER_END.search(data, start, start + end_limit)
    if blank is not None:
        return _read_fields(bytes(data[start : blank.end()]))
    head = _read_fields(bytes(data[start : start + end_limit]))  # what it said so far, for the ledger
    cut = complete and len(data) - start < end_limit
    head.block = -1
    head.error = "truncated_header" if cut else "header_limit"
    head.message = f"the WARC header has no end within {head.size:,} bytes"
    return head


def _read_fields(raw: bytes) -> Head:
    head = Head(len(raw), raw=raw)
    text = head.text
    head.type = clean(field_value(text, "WARC-Type") or "").lower()
    _set_length(head, field_value(text, "Content-Length"))
    if not head.type and not head.error:
        head.error, head.message = "bad_header", "the record has no WARC-Type"
    return head


def _set_length(head: Head, value: str | None) -> None:
    if value is None:
        head.error, head.message = "bad_length", "the record has no Content-Length"
    elif not (value.isascii() and value.isdecimal() and len(value) < 19):
        head.error, head.message = (
            "bad_length",
            f"the length of the block is not a number that a file can have: {clean(value)[:40]!r}",
        )
    else:
        head.block = int(value)


def _arc_line(data: bytes) -> re.Match[bytes] | None:
    line = data.partition(b"\n")[0].rstrip(b"\r")
    scheme, colon, _ = line[:32].partition(b":")
    if not colon or not scheme[:1].isalpha() or len(line) > _ARC_LINE_BYTES:
        return None
    # An address may hold blanks, so the fields are counted from the right: nine of version 2, else four of version 1.
    for fields in (9, 4):
        parts = line.rsplit(b" ", fields)
        if len(parts) == fields + 1:
            match = _ARC_FIELDS.match(b" ".join([b"-", *parts[1:]]))
            if match:
                return match
    return None


def _parse_arc(data: bytes | bytearray, start: int) -> Head | None:
    line = bytes(data[start : start + _ARC_LINE_BYTES]).partition(b"\n")[0]
    match = _arc_line(line)
    if match is None:
        return None
    fields = 9 if match.group(5) else 4
    uri = line.rstrip(b"\r").rsplit(b" ", fields)[0].decode("utf-8", "surrogateescape")
    head = Head(len(line) + 1, type="warcinfo" if uri.startswith("filedesc:") else "response")
    date, content_type = _arc_date(match.group(3).decode()), match.group(4).decode("latin-1")
    head.given = {"WARC-Target-URI": uri, "WARC-Date": date, "Content-Type": content_type}
    _set_length(head, match.group(10).decode("latin-1"))
    head.raw = line
    return head


def _arc_date(digits: str) -> str:
    """20240131235959 as 2024-01-31T23:59:59Z; what is shorter is filled with the first possible moment."""
    filled = digits + "00000101000000"[len(digits) :]
    return f"{filled[:4]}-{filled[4:6]}-{filled[6:8]}T{filled[8:10]}:{filled[10:12]}:{filled[12:14]}Z"
