"""WARC bytes for tests, written by hand so that they can be wrong in chosen ways."""

import base64
import gzip
import hashlib
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import zstandard

from gristmill.crawl import records
from gristmill.crawl.record import DEFAULT_LIMITS, Gap, Limits, Record

SHARED = Path(__file__).resolve().parents[2] / ".." / "shared"
WARC_DATA = SHARED / "data" / "warc"


def digest(data: bytes) -> str:
    return "sha1:" + base64.b32encode(hashlib.sha1(data).digest()).decode()


def warc(block: bytes, kind: str = "response", number: int = 0, **fields: str) -> bytes:
    """One record, uncompressed; `fields` replace or add header fields ("_" for "-"), "" leaves one out."""
    header = {
        "WARC-Type": kind,
        "WARC-Target-URI": f"http://site.example/{number}",
        "WARC-Date": "2024-02-21T00:10:55Z",
        "WARC-Record-ID": f"<urn:uuid:{number:032x}>",
        "Content-Type": "application/http; msgtype=response",
        "WARC-Block-Digest": digest(block),
        "Content-Length": str(len(block)),
    }
    header |= {name.replace("_", "-"): value for name, value in fields.items()}
    lines = ["WARC/1.0", *(f"{name}: {value}" for name, value in header.items() if value)]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + block + b"\r\n\r\n"


def page(number: int, words: int = 40) -> bytes:
    text = " ".join(f"word{number}x{i * i}" for i in range(words))
    return b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>" + text.encode() + b"</p>"


def pages(count: int) -> list[bytes]:
    return [warc(page(number), number=number) for number in range(count)]


def gz(data: bytes, level: int = 6) -> bytes:
    return gzip.compress(data, level, mtime=0)


def zst(parts: list[bytes], dictionary: zstandard.ZstdCompressionDict | None = None, checksum: bool = True) -> bytes:
    compressor = zstandard.ZstdCompressor(write_checksum=checksum, dict_data=dictionary)
    return b"".join(compressor.compress(part) for part in parts)


CONTAINERS: dict[str, Callable[[list[bytes]], bytes]] = {
    "plain": b"".join,
    "member for each": lambda parts: b"".join(gz(part) for part in parts),
    "stored members": lambda parts: b"".join(gz(part, 0) for part in parts),
    "whole file": lambda parts: gz(b"".join(parts)),
    "zstd": zst,
    "zstd whole": lambda parts: zst([b"".join(parts)]),
    "zstd without checksum": lambda parts: zst(parts, checksum=False),
}


def read_both(path: Path, limits: Limits = DEFAULT_LIMITS) -> list[Record | Gap]:
    """All of a file, read as a small one and, with the kernel, as a large one: they must be the same."""
    with mock.patch.object(records, "LARGE_BYTES", 1 << 62):
        items = list(records.read_records(path, limits))
    with mock.patch.object(records, "LARGE_BYTES", 0):
        assert list(records.read_records(path, limits)) == items
    return items


def split(items: list[Record | Gap]) -> tuple[list[Record], list[Gap]]:
    found = [item for item in items if isinstance(item, Record)]
    return found, [item for item in items if isinstance(item, Gap)]


def usable(items: list[Record | Gap]) -> list[Record]:
    return [record for record in split(items)[0] if record.outcome == "usable"]


def assert_covers(items: list[Record | Gap], size: int) -> None:
    """Records and gaps together are the whole file, and no gap lies in a record."""
    position = 0
    found, gaps = split(items)
    spans = [(record.offset, record.offset + record.length) for record in found]
    spans += [(gap.start, gap.end) for gap in gaps]
    for start, end in sorted(set(spans)):
        assert start <= position
        assert end > start
        position = max(position, end)
    assert position == size
