"""What the reader hands out: records, damaged ranges, and the limits it keeps.

Every byte of a file belongs to a record or to a gap. Records that share one compressed member share its range; `within`
tells them apart.
"""

from dataclasses import dataclass, field
from typing import Literal

from gristmill.crawl.heads import Headers, clean_pairs

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
    """Compare WARC-Payload-Digest and WARC-Block-Digest; a mismatch is a warning. SHA-1 costs as much as parsing."""


DEFAULT_LIMITS = Limits()


@dataclass(slots=True)  # not frozen: setting 17 fields through object.__setattr__ costs more than reading them
class Record:
    """One record of a WARC or ARC file, whether it can be used or not.

    Attributes:
        offset: where its stored bytes begin in the file.
        length: stored bytes, up to where the next record or gap begins.
        type: WARC-Type in lower case; "" if unreadable. ARC: "warcinfo" for the first, "response" for the others.
        uri: WARC-Target-URI without brackets, "" if absent; bytes that are not UTF-8 are percent-escaped.
        record_id: WARC-Record-ID without brackets, "" if absent.
        date: WARC-Date as written (ARC: put into its form), "" if absent.
        content_type: Content-Type of the block.
        truncated: WARC-Truncated: length, time, disconnect …, or "".
        http_status: 0 where there was no HTTP response or no valid status.
        http_headers: name and value pairs in order, decoded as Latin-1.
        body: HTTP body once chunks and encodings are undone; the block itself where there is no HTTP. Empty if failed.
        outcome: "usable" or "failed".
        error: class of the failure, "" if usable.
        message: the failure in words.
        within: where the record begins in its inflated member; 0 for the first or only one.
        warnings: what was odd and survived: "uri_not_utf8", "chunks_broken", "encoding_wrong", "payload_digest" …
        header: the WARC header's or the ARC line's text; bytes that are not UTF-8 are lone surrogates. See `headers`.
    """

    offset: int
    length: int
    type: str
    uri: str
    record_id: str
    date: str
    content_type: str
    truncated: str
    http_status: int
    http_headers: Headers
    body: bytes
    outcome: Literal["usable", "failed"] = "usable"
    error: str = ""
    message: str = ""
    within: int = 0
    warnings: tuple[str, ...] = ()
    header: str = field(default="", repr=False)

    @property
    def headers(self) -> Headers:
        """Name and value pairs of the WARC header in order, parsed when asked for; none for ARC."""
        return clean_pairs(self.header)

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
