"""What the reader hands out: records, damaged ranges, and the limits it keeps.

Every byte of a file belongs to a record or to a gap. Records that share one compressed member share its range; `within`
tells them apart.
"""

from dataclasses import dataclass, field
from typing import Literal

from gristmill.crawl.fields import Headers, clean_pairs, header_pairs
from gristmill.crawl.heads import Head

_MEBIBYTE = 1 << 20


@dataclass(frozen=True)
class Limits:
    """What one record may cost; beyond it a record is `failed` and reading goes on."""

    block_bytes: int = 32 * _MEBIBYTE
    """Longest block of a record, uncompressed. Common Crawl cuts payloads at 5 MiB (1 MiB until 2025)."""

    body_bytes: int = 32 * _MEBIBYTE
    """Longest HTTP body once chunks and content encodings are undone."""

    ratio: int = 200
    """Most bytes that one byte of an encoded HTTP body may become, beyond the first `ratio_floor_bytes`."""

    ratio_floor_bytes: int = 8 * _MEBIBYTE
    """Bodies up to this size may have any ratio: deflate turns 5 MB of one letter into 5 kB."""

    header_bytes: int = 64 << 10
    """Longest WARC header."""

    http_header_bytes: int = _MEBIBYTE
    """Longest HTTP header; 10,000 lines of it have been seen."""

    check_digests: bool = False
    """Compare WARC-Payload-Digest, or WARC-Block-Digest where there is no other; a mismatch is a warning."""


DEFAULT_LIMITS = Limits()


@dataclass(slots=True)  # not frozen: setting fields through object.__setattr__ costs more than reading them
class Record:
    """One record of a WARC or ARC file, whether it can be used or not. Header fields are parsed when asked for.

    Attributes:
        offset: where its stored bytes begin in the file.
        length: stored bytes, up to where the next record or gap begins.
        head: the WARC header or the ARC line.
        http_status: 0 where there was no HTTP response or no valid status.
        http_header: the HTTP header as text (Latin-1), "" where there was none.
        body: HTTP body once chunks and encodings are undone; the block itself where there is no HTTP. Empty if failed.
        outcome: "usable" or "failed".
        error: class of the failure, "" if usable.
        message: the failure in words.
        within: where the record begins in its inflated member; 0 for the first or only one.
        warnings: what was odd and survived: "uri_not_utf8", "chunks_broken", "encoding_wrong", "payload_digest" …
    """

    offset: int
    length: int
    head: Head
    http_status: int = 0
    http_header: str = field(default="", repr=False)
    body: bytes = b""
    outcome: Literal["usable", "failed"] = "usable"
    error: str = ""
    message: str = ""
    within: int = 0
    warnings: tuple[str, ...] = ()

    @property
    def type(self) -> str:
        """WARC-Type in lower case; "" if unreadable. ARC: "warcinfo" for the first, "response" for the others."""
        return self.head.type

    @property
    def uri(self) -> str:
        """WARC-Target-URI without brackets, "" if absent; bytes that are not UTF-8 are percent-escaped."""
        return self.head.uri

    @property
    def record_id(self) -> str:
        """WARC-Record-ID without brackets, "" if absent."""
        return self.head.record_id

    @property
    def date(self) -> str:
        """WARC-Date as written (ARC: put into its form), "" if absent."""
        return self.head.date

    @property
    def content_type(self) -> str:
        """Content-Type of the block."""
        return self.head.content_type

    @property
    def truncated(self) -> str:
        """WARC-Truncated: length, time, disconnect …, or ""."""
        return self.head.truncated

    @property
    def http_headers(self) -> Headers:
        """Name and value pairs of the HTTP header in order, decoded as Latin-1."""
        return header_pairs(self.http_header) if self.http_header else []

    @property
    def header(self) -> str:
        """The WARC header's or the ARC line's text; bytes that are not UTF-8 are lone surrogates."""
        return self.head.text

    @property
    def headers(self) -> Headers:
        """Name and value pairs of the WARC header in order; none for ARC."""
        return clean_pairs(self.head.text)

    @property
    def place(self) -> str:
        """What tells this record from others at its offset: its id, and where it begins if the member holds several."""
        return f"{self.record_id}+{self.within}" if self.within else self.record_id


@dataclass(frozen=True, slots=True)
class Gap:
    """Bytes [start, end) of the file that belong to no record.

    `why`: padding, garbage, no_header, empty_member, gzip_data, gzip_crc, zstd_data, truncated_member, or
    "dictionary", which alone is no damage.
    """

    start: int
    end: int
    why: str
