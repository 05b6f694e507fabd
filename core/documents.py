"""The documents table: what `extract` writes, every document stage reads, and text-editing stages write again.

One row per document, in the order of its records in the part's files. Column by column:
"""

import pyarrow as pa
import xxhash

ID_BYTES = 16

SCHEMA = pa.schema(
    [
        # 8 bytes from the address of the file, 8 from the place in it: all ids of one file share their first half.
        pa.field("id", pa.binary(ID_BYTES), nullable=False),
        pa.field("url", pa.string(), nullable=False),  # as captured; "" where the input has none
        pa.field("file", pa.string(), nullable=False),  # the WARC's address relative to the input's root
        pa.field("offset", pa.int64(), nullable=False),  # of the record, in bytes of the file as it is stored
        pa.field("length", pa.int64(), nullable=False),  # stored (compressed) bytes of the record
        pa.field("record_id", pa.string(), nullable=False),  # WARC-Record-ID without brackets
        pa.field("date", pa.string(), nullable=False),  # capture time, ISO 8601 UTC, as WARC-Date; "" if unknown
        pa.field("status", pa.int16(), nullable=False),  # HTTP status; 0 where there was no HTTP
        pa.field("mime", pa.string(), nullable=False),  # what the bytes were taken for: "text/html"
        pa.field("charset", pa.string(), nullable=False),  # the charset the page was decoded with, WHATWG name
        pa.field("charset_source", pa.string(), nullable=False),  # bom | utf-8 | header | meta | detected | fallback
        pa.field("truncated", pa.string(), nullable=False),  # WARC-Truncated: length, time, disconnect …, or ""
        pa.field("html_bytes", pa.int32(), nullable=False),  # length of the HTTP body once encodings are undone
        pa.field("html_lang", pa.string(), nullable=False),  # lang attribute of <html>, "" if absent
        pa.field("title", pa.string(), nullable=False),
        # Page-level wishes about use, verbatim, one "name: value" each: "meta robots: noai", "header tdm-reservation: 1".
        pa.field("robots", pa.list_(pa.string()), nullable=False),
        pa.field("licences", pa.list_(pa.string()), nullable=False),  # targets of rel=license and their like
        pa.field("text", pa.large_string(), nullable=False),  # main text: NFC, "\n" line ends, no NUL
    ]
)


def file_prefix(address: str) -> bytes:
    """First half of the ids of a file's documents: xxh3-64 of its address relative to the input's root, 8 bytes."""
    return xxhash.xxh3_64_digest(address.encode())


def document_id(address: str, offset: int, record_id: str) -> bytes:
    """16 bytes that say where a document came from: (file address, offset in the file, WARC-Record-ID)."""
    return file_prefix(address) + xxhash.xxh3_64_digest(f"{offset}\n{record_id}".encode())
