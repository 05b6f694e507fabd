"""The sample crawl: WARCs in the shape of Common Crawl, composed here, with a table that knows the truth about each page.

    DIR/crawl-data/CC-MAIN-2026-05/warc.paths.gz
    DIR/crawl-data/CC-MAIN-2026-05/segments/<segment>/warc/CC-MAIN-<start>-<end>-<number>.warc.gz
    DIR/truth.parquet

The bytes follow from the number of pages, the number of files and the seed. Page i is the same in every sample of one
seed, however large. Files are written one after the other; memory holds the truth about one file at a time.
"""

import json
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from gristmill.core.errors import UsageError
from gristmill.samples import truth
from gristmill.samples.grammar import Dice
from gristmill.samples.plan import plan_page
from gristmill.samples.plants import Capture, capture_page
from gristmill.samples.warc import Headers, Place, WarcFile, member, record, record_id, sha1

CRAWL = "CC-MAIN-2026-05"
_SEGMENT = "1768435200000.26"
_START = datetime(2026, 1, 15, tzinfo=UTC)
_SECONDS_A_PAGE = 2
_PAGES_A_FILE = 125
_REASONS = {200: "OK", 301: "Moved Permanently", 404: "Not Found"}
_LANGUAGE_NAMES = {
    "en": ("eng", "ENGLISH"),
    "de": ("deu", "GERMAN"),
    "fr": ("fra", "FRENCH"),
    "es": ("spa", "SPANISH"),
    "ru": ("rus", "RUSSIAN"),
    "zh": ("zho", "Chinese"),
    "ja": ("jpn", "Japanese"),
    "ar": ("ara", "ARABIC"),
}


@dataclass(frozen=True)
class Summary:
    """What was written."""

    pages: int
    warcs: tuple[Path, ...]
    warc_bytes: int
    truth: Path
    plants: dict[str, int]


def write_sample(out: Path, pages: int, seed: int, files: int | None = None) -> Summary:
    """Write a sample crawl of that many pages into a folder, in `files` WARCs (by default one for each 125 pages).

    Raises:
        UsageError: `pages` or `files` is not positive, or there are more files than pages.
    """
    files = -(-pages // _PAGES_A_FILE) if files is None else files
    if pages < 1 or not 1 <= files <= pages:
        raise UsageError(f"cannot write {pages} pages into {files} WARCs: give at least one page for each WARC")
    paths = [_warc_path(number) for number in range(files)]
    (out / paths[0]).parent.mkdir(parents=True, exist_ok=True)
    plants: Counter[str] = Counter()
    groups = _originals(seed, pages)
    with pq.ParquetWriter(out / "truth.parquet", truth.SCHEMA, compression="zstd") as table:
        for number, path in enumerate(paths):
            indexes = range(pages * number // files, pages * (number + 1) // files)
            rows = list(_write_file(out, path, seed, indexes, pages, groups))
            plants.update(str(row["plant"]) for row in rows)
            table.write_table(pa.Table.from_pylist(rows, truth.SCHEMA))
    listing = "".join(f"{path}\n" for path in paths).encode()
    (out / "crawl-data" / CRAWL / "warc.paths.gz").write_bytes(member(listing))
    warcs = tuple(out / path for path in paths)
    size = sum(path.stat().st_size for path in warcs)
    return Summary(pages, warcs, size, out / "truth.parquet", dict(sorted(plants.items())))


def _warc_path(number: int) -> str:
    end = _START + timedelta(hours=3)
    name = f"CC-MAIN-{_START:%Y%m%d%H%M%S}-{end:%Y%m%d%H%M%S}-{number:05d}.warc.gz"
    return f"crawl-data/{CRAWL}/segments/{_SEGMENT}/warc/{name}"


def _originals(seed: int, pages: int) -> set[int]:
    """The pages that some duplicate in the sample repeats."""
    from gristmill.samples.plan import original_of

    planned = ((index, plan_page(seed, index, pages)) for index in range(pages))
    return {original_of(seed, index, plant) for index, plant in planned if plant.startswith(("exact-", "near-"))}


def _write_file(
    out: Path, path: str, seed: int, indexes: range, pages: int, originals: set[int]
) -> Iterator[dict[str, object]]:
    """Write one WARC and tell the truth about each of its captures."""
    with (out / path).open("wb") as stream:
        warc = WarcFile(stream, Path(path).name, CRAWL, _date(indexes.start), seed)
        for index in indexes:
            capture = capture_page(seed, index, plan_page(seed, index, pages))
            row = _write_capture(warc, capture, seed, index)
            group = index if capture.original is None and index in originals else capture.original
            yield {"index": index, "file": path, "duplicate_group": group, **row}


def _date(index: int) -> str:
    return f"{_START + timedelta(seconds=index * _SECONDS_A_PAGE):%Y-%m-%dT%H:%M:%SZ}"


def _write_capture(warc: WarcFile, capture: Capture, seed: int, index: int) -> dict[str, object]:
    """Write request, response and metadata of a capture; returns its row without file, index and group."""
    request_id, response_id = record_id(seed, index, "request"), record_id(seed, index, "response")
    shared = [("WARC-Date", _date(index)), ("WARC-Warcinfo-ID", warc.info_id), ("WARC-Target-URI", capture.page.uri)]
    warc.write(member(_request(capture, request_id, shared)))
    http = _http_head(capture, index)
    headers = _response_headers(capture, index, request_id, response_id, shared, http)
    place, damage = _write_response(warc, capture, headers, http + capture.body)
    if capture.plant != "broken-tail":
        warc.write(member(_metadata(capture, seed, index, response_id, shared)))
    outcome, stages = truth.fate(capture.plant)
    return {
        "offset": place.offset,
        "length": place.length,
        "uri": capture.page.uri,
        "date": _date(index),
        "record_id": response_id.strip("<>"),
        "kind": capture.page.kind,
        "language": capture.page.language,
        "plant": capture.plant,
        "outcome": outcome,
        "stages": list(stages),
        "status": capture.status,
        "mime": capture.mime,
        "charset": capture.charset,
        "charset_source": capture.charset_source,
        "truncated": capture.truncated,
        "payload_digest": sha1(capture.body),
        "duplicate_kind": capture.duplicate_kind or None,
        "jaccard": capture.jaccard,
        "pii": truth.locate(capture.main_text, capture.spans),
        "benchmark": capture.benchmark or None,
        "optout": capture.optout or None,
        "damage": capture.plant.removeprefix("broken-") if damage else None,
        "damage_offset": damage.offset if damage else None,
        "damage_length": damage.length if damage else None,
        "main_text": capture.main_text,
    }


def _address_of(host: str) -> str:
    """An address from a network that is reserved for documentation."""
    return f"203.0.113.{zlib.crc32(host.encode()) % 254 + 1}"


def _request(capture: Capture, request_id: str, shared: Headers) -> bytes:
    host, _, path = capture.page.uri.removeprefix("https://").partition("/")
    block = (
        f"GET /{path} HTTP/1.1\r\nUser-Agent: CCBot/2.0 (https://commoncrawl.org/faq/)\r\n"
        "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\nAccept-Language: en-US,en;q=0.5\r\n"
        f"Accept-Encoding: br,gzip\r\nHost: {host}\r\nConnection: Keep-Alive\r\n\r\n"
    ).encode()
    headers = [("WARC-Type", "request"), ("WARC-Record-ID", request_id), *shared]
    headers += [("Content-Type", "application/http; msgtype=request"), ("WARC-IP-Address", _address_of(host))]
    return record([*headers, ("WARC-Block-Digest", sha1(block))], block)


def _http_head(capture: Capture, index: int) -> bytes:
    """Status line and headers: what the wire compressed is marked as Common Crawl marks it, and the body is stored plain."""
    moment = _START + timedelta(seconds=index * _SECONDS_A_PAGE)
    dice = Dice("server", capture.page.site.host)
    lines = [
        f"HTTP/1.1 {capture.status} {_REASONS[capture.status]}",
        f"Date: {format_datetime(moment, usegmt=True)}",
        f"Server: {dice.pick(('nginx', 'Apache', 'cloudflare', 'LiteSpeed'))}",
        f"Content-Type: {capture.content_type}",
    ]
    if capture.body and dice.chance(0.8):
        encoding = dice.pick(("gzip", "br"))
        lines += [f"X-Crawler-Content-Encoding: {encoding}", f"X-Crawler-Content-Length: {len(capture.body) // 4 + 20}"]
    lines += [f"{name}: {value}" for name, value in capture.headers]
    lines += ["Vary: Accept-Encoding", f"Content-Length: {len(capture.body)}"]
    return "\r\n".join([*lines, "", ""]).encode()


def _response_headers(
    capture: Capture, index: int, request_id: str, response_id: str, shared: Headers, http: bytes
) -> Headers:
    headers = [("WARC-Type", "response"), ("WARC-Record-ID", response_id), *shared]
    headers += [("Content-Type", "application/http; msgtype=response"), ("WARC-Concurrent-To", request_id)]
    headers += [
        ("WARC-IP-Address", _address_of(capture.page.site.host)),
        ("WARC-Protocol", "h2" if index % 3 else "http/1.1"),
    ]
    headers += [("WARC-Payload-Digest", sha1(capture.body)), ("WARC-Block-Digest", sha1(http + capture.body))]
    if capture.truncated:
        headers.append(("WARC-Truncated", capture.truncated))
    return [*headers, ("WARC-Identified-Payload-Type", capture.mime)]


def _write_response(warc: WarcFile, capture: Capture, headers: Headers, block: bytes) -> tuple[Place, Place | None]:
    """Write the response, damaged as its plant says; returns where it lies and which range is damaged."""
    if capture.plant == "broken-length":
        place = warc.write(member(record(headers, block, length=len(block) + 997)))
        return place, place
    stored = member(record(headers, block))
    if capture.plant == "broken-garbage":
        noise = zlib.compress(block[:2000])[2:-4][:400]  # looks like deflate data, but is no member
        damage = warc.write(b"\0" + noise.replace(b"\x1f\x8b\x08", b"\x1f\x8c\x08"))
        return warc.write(stored), damage
    if capture.plant == "broken-flip":
        middle = len(stored) // 2
        stored = stored[:middle] + bytes((stored[middle] ^ 0x10,)) + stored[middle + 1 :]
    elif capture.plant in ("broken-cut", "broken-tail"):
        stored = stored[: len(stored) * 6 // 10]
    place = warc.write(stored)
    return place, place if capture.plant.startswith("broken-") else None


def _metadata(capture: Capture, seed: int, index: int, response_id: str, shared: Headers) -> bytes:
    lines = [f"fetchTimeMs: {100 + index * 37 % 900}"]
    if capture.main_text:
        code, name = _LANGUAGE_NAMES[capture.page.language]
        language = {
            "code": capture.page.language,
            "code-iso-639-3": code,
            "text-covered": 0.97,
            "score": 900.0,
            "name": name,
        }
        found = {"reliable": True, "text-bytes": len(capture.main_text.encode()), "languages": [language]}
        lines += [f"charset-detected: {capture.charset}", f"languages-cld2: {json.dumps(found, separators=(',', ':'))}"]
    block = "\r\n".join([*lines, ""]).encode()
    headers = [("WARC-Type", "metadata"), ("WARC-Record-ID", record_id(seed, index, "metadata")), *shared]
    headers += [("Content-Type", "application/warc-fields"), ("WARC-Refers-To", response_id)]
    return record([*headers, ("WARC-Block-Digest", sha1(block))], block)
