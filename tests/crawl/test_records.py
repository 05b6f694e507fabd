import gc
import gzip
import json
import random
import resource
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from gristmill.crawl.record import Gap, Limits, Record
from tests.crawl.mutations import DAMAGED, check, check_real, pieces_of
from tests.crawl.warcs import (
    CONTAINERS,
    WARC_DATA,
    assert_covers,
    digest,
    gz,
    page,
    pages,
    read_both,
    split,
    usable,
    warc,
    zst,
)

REAL = WARC_DATA / "real"


def read(folder: Path, data: bytes, limits: Limits | None = None) -> list[Record | Gap]:
    path = folder / "file.warc"
    path.write_bytes(data)
    items = read_both(path, limits or Limits())
    assert_covers(items, len(data))
    return items


@pytest.mark.parametrize("container", CONTAINERS)
def test_every_container_gives_the_same_records(tmp_path: Path, container: str) -> None:
    records, gaps = split(read(tmp_path, CONTAINERS[container](pages(20))))
    assert gaps == []
    assert [record.body for record in records] == [page(number).partition(b"\r\n\r\n")[2] for number in range(20)]
    assert [record.uri for record in records] == [f"http://site.example/{number}" for number in range(20)]
    assert len({(record.offset, record.place) for record in records}) == 20
    assert {record.http_status for record in records} == {200}


def test_a_record_says_everything(tmp_path: Path) -> None:
    data = gz(warc(page(1), number=1, WARC_Truncated="length", X_More="a", Content_Type="application/http"))
    (record,) = usable(read(tmp_path, data))
    assert (record.offset, record.length, record.type, record.truncated) == (0, len(data), "response", "length")
    assert record.record_id == "urn:uuid:00000000000000000000000000000001"
    assert record.date == "2024-02-21T00:10:55Z"
    assert record.http_headers == [("Content-Type", "text/html; charset=utf-8")]
    assert ("X-More", "a") in record.headers
    assert record.body.startswith(b"<p>word1x0 ")


def test_zstd_dictionary_is_no_damage(tmp_path: Path) -> None:
    parts = pages(200)
    dictionary = zstandard.train_dictionary(4096, [*parts])
    content = dictionary.as_bytes()
    for stored in (content, zstandard.compress(content)):
        head = b"\x5d\x2a\x4d\x18" + len(stored).to_bytes(4, "little") + stored
        records, gaps = split(read(tmp_path, head + zst(parts, dictionary)))
        assert [gap.why for gap in gaps] == ["dictionary"]
        assert len(records) == 200


def test_arc(tmp_path: Path) -> None:
    block = page(3)
    version = b"1 0 Crawler\nURL IP-address Archive-date Content-type Archive-length\n"
    arc = b"filedesc://x.arc 0.0.0.0 20240131235959 text/plain %d\n" % len(version) + version + b"\n"
    arc += b"http://a.example/with blank 1.2.3.4 20240131235959 text/html %d\n" % len(block) + block + b"\n"
    arc += b"http://b.example/ 1.2.3.4 2024013123595 text/html 200 - - 99 x.arc %d\n" % len(block) + block + b"\n"
    for data in (arc, gz(arc)):
        records = usable(read(tmp_path, data))
        assert [record.type for record in records] == ["warcinfo", "response", "response"]
        assert [record.uri for record in records[1:]] == ["http://a.example/with blank", "http://b.example/"]
        assert records[1].date == "2024-01-31T23:59:59Z"
        assert records[1].body == block.partition(b"\r\n\r\n")[2]


@pytest.mark.parametrize("container", ["member for each", "stored members", "zstd"])
def test_a_damaged_member_costs_one_record(tmp_path: Path, container: str) -> None:
    parts = [CONTAINERS[container]([part]) for part in pages(5)]
    middle = bytearray(parts[2])
    middle[len(middle) * 3 // 4] ^= 0x55
    items = read(tmp_path, b"".join([*parts[:2], bytes(middle), *parts[3:]]))
    records, gaps = split(items)
    if container == "zstd":  # a zstd block is decoded whole or not at all: nothing is left to recognise
        start = len(parts[0]) + len(parts[1])
        assert gaps == [Gap(start, start + len(middle), "zstd_data")]
        assert [record.outcome for record in records] == ["usable"] * 4
        return
    assert [record.outcome for record in records] == ["usable", "usable", "failed", "usable", "usable"]
    assert records[2].uri == "http://site.example/2"
    assert records[2].error in ("gzip_data", "gzip_crc", "zstd_data")
    assert records[2].body == b""
    assert gaps == []


def test_in_a_damaged_whole_file_a_digest_vouches_for_what_came_before(tmp_path: Path) -> None:
    data = bytearray(gz(b"".join([*pages(30), warc(page(30), number=30, WARC_Block_Digest=""), *pages(60)])))
    data[-3] ^= 1  # the trailer: everything inflates, nothing is certain
    records, _ = split(read(tmp_path, bytes(data)))
    assert len(records) == 91
    assert [record.outcome for record in records[:30]] == ["usable"] * 30
    assert records[30].error == "gzip_crc"  # it has no digest
    assert records[-1].error == "gzip_crc"  # nothing shows that it ended where it should


def test_a_record_may_run_over_members(tmp_path: Path) -> None:
    stream = b"".join(pages(50))
    cuts = [stream[start : start + 700] for start in range(0, len(stream), 700)]
    records = usable(read(tmp_path, b"".join(gz(cut) for cut in cuts)))
    assert [record.uri for record in records] == [f"http://site.example/{number}" for number in range(50)]
    assert len({(record.offset, record.place) for record in records}) == 50


def test_a_neighbour_without_magic_is_not_taken_for_the_members_end(tmp_path: Path) -> None:
    parts = [gz(part, 0) for part in pages(3)]
    assert len(parts[0]) == len(parts[1])  # so the trailer of the second tells the length of the first
    records, gaps = split(read(tmp_path, parts[0] + b"?" + parts[1][1:] + parts[2]))
    assert [record.uri[-1] for record in records] == ["0", "2"]
    assert [(gap.start, gap.end) for gap in gaps] == [(len(parts[0]), 2 * len(parts[0]))]


@pytest.mark.parametrize("block", [b"\x1f\x8b\x08\0 not a member", random.Random(3).randbytes(700_000)])
def test_members_with_a_magic_inside_or_longer_than_a_chunk(tmp_path: Path, block: bytes) -> None:
    parts = [*pages(2), warc(block, "resource", 2), *pages(1)]
    records, gaps = split(read(tmp_path, b"".join(gz(part, 0) for part in parts)))
    assert (len(records), gaps, records[2].body) == (4, [], block)


def test_gzip_headers_with_fields(tmp_path: Path) -> None:
    for flags, fields in ((4, b"\2\0ab"), (8, b"name\0")):
        parts = [gz(part) for part in pages(3)]
        data = b"".join(part[:3] + bytes([flags]) + part[4:10] + fields + part[10:] for part in parts)
        assert len(usable(read(tmp_path, data))) == 3


def test_gaps_are_reported_where_they_are(tmp_path: Path) -> None:
    parts = [gz(part) for part in pages(3)]
    noise = random.Random(5).randbytes(300)
    data = b"\0" * 512 + parts[0] + noise + parts[1] + b"\x1f\x8b\x08" + b"\0" * 99 + parts[2] + b"\0" * 10
    _, gaps = split(read(tmp_path, data))
    first = 512 + len(parts[0])
    second = first + 300 + len(parts[1])
    assert [(gap.start, gap.end) for gap in gaps] == [
        (0, 512),
        (first, first + 300),
        (second, second + 102),
        (len(data) - 10, len(data)),
    ]
    assert [gap.why for gap in gaps[::3]] == ["padding", "padding"]


def test_a_page_that_quotes_a_warc_stays_one_record(tmp_path: Path) -> None:
    quote = warc(page(7) + b"\r\n\r\n" + b"".join(pages(3)), number=7)
    for data in (quote + pages(1)[0], gz(quote) + gz(pages(1)[0])):
        assert [record.uri[-1] for record in usable(read(tmp_path, data))] == ["7", "0"]


@pytest.mark.parametrize("change", [-40, 37, 500, 5000])
def test_wrong_lengths_cost_one_record(tmp_path: Path, change: int) -> None:
    parts = pages(4)
    parts[1] = warc(page(1), number=1, Content_Length=str(len(page(1)) + change))
    for data in (b"".join(parts), b"".join(gz(part) for part in parts), gz(b"".join(parts))):
        records, _ = split(read(tmp_path, data))
        assert [record.outcome for record in records] == ["usable", "failed", "usable", "usable"]
        assert records[1].error.startswith("length_too_")


@pytest.mark.parametrize("length", ["-1", "9223372036854775807", "99999999999999999999", "abc", "", "1e3", "١٢"])
def test_absurd_lengths_allocate_nothing(tmp_path: Path, length: str) -> None:
    parts = pages(3)
    parts[1] = warc(page(1), number=1, Content_Length=length)
    for data in (b"".join(parts), b"".join(gz(part) for part in parts)):
        records, _ = split(read(tmp_path, data))
        assert [record.outcome for record in records] == ["usable", "failed", "usable"]


def test_a_header_that_lost_its_end_does_not_swallow_the_next_record(tmp_path: Path) -> None:
    parts = pages(3)
    cut = parts[1][:150]
    for end in (b"", b"\n", b"\r\n"):
        for data in (parts[0] + cut + end + parts[2], gz(parts[0]) + gz(cut + end + parts[2])):
            records, _ = split(read(tmp_path, data))
            found = [(record.outcome, record.uri[-1]) for record in records]
            assert found[0] == ("usable", "0")
            assert found[-1] == ("usable", "2")
            assert ("usable", "1") not in found


def test_a_cut_file_ends_in_a_failed_record(tmp_path: Path) -> None:
    for data in (b"".join(pages(3)), b"".join(gz(part) for part in pages(3)), zst(pages(3))):
        for cut in (9, 100, 300):
            records, _ = split(read(tmp_path, data[:-cut]))
            assert [record.outcome for record in records[:2]] == ["usable", "usable"]
            assert all(record.error.startswith("truncated_") for record in records[2:])


def test_limits_hold_and_reading_goes_on(tmp_path: Path) -> None:
    limits = Limits(block_bytes=100_000, body_bytes=100_000, ratio_floor_bytes=1000, ratio=20)
    big = warc(page(1, 40_000), number=1)
    bomb_block = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gz(b"\0" * 90_000)
    parts = [pages(1)[0], big, warc(bomb_block, number=2), warc(page(3), number=3)]
    for data in (
        b"".join(parts),
        b"".join(gz(part) for part in parts),
        gz(b"".join(parts)),
        zst(parts),
        zst([b"".join(parts)]),
    ):
        records, gaps = split(read(tmp_path, data, limits))
        assert [record.error for record in records] == ["", "body_limit", "body_limit", ""]
        assert gaps == []


def test_memory_stays_bounded(tmp_path: Path) -> None:
    zeros = b"\0" * (1 << 24)
    huge = warc(b"", number=1, Content_Length=str(8 * len(zeros)))[:-4]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    stream = gz_stream([huge, *[zeros] * 8, b"\r\n\r\n", *pages(2)])
    records, _ = split(read(tmp_path, stream, Limits(block_bytes=1 << 20)))
    assert [record.error for record in records] == ["body_limit", "", ""]
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < (96 << 20) / (1 if sys.platform == "darwin" else 1024)


def gz_stream(pieces: list[bytes]) -> bytes:
    target = BytesIO()
    with gzip.GzipFile(fileobj=target, mode="wb", mtime=0) as file:
        for piece in pieces:
            file.write(piece)
    return target.getvalue()


@pytest.mark.parametrize("container", DAMAGED)
def test_mutations_cost_only_what_they_touch(tmp_path: Path, container: str) -> None:
    for seed in range(125):
        check(container, seed, tmp_path)


def real_paths() -> list[Path]:
    """Real files with members or records that can be told apart and are all whole."""
    chosen = [*WARC_DATA.glob("real/*.warc*"), *WARC_DATA.glob("crawl/**/*.warc.gz")]
    return [path for path in sorted(chosen) if path.suffix in (".warc", ".gz") and len(pieces_of(path)) > 1]


@pytest.mark.skipif(not WARC_DATA.exists(), reason="shared test material is not here")
def test_mutations_of_real_files_cost_only_what_they_touch(tmp_path: Path) -> None:
    paths = [path for path in real_paths() if path.stat().st_size < 1 << 18]
    assert len(paths) > 20
    for seed in range(200):
        check_real(paths, seed, tmp_path)


@pytest.mark.soak
@pytest.mark.parametrize("real", [False, True])
def test_ten_thousand_mutations_in_bounded_memory(real: bool) -> None:
    if real and not WARC_DATA.exists():
        pytest.skip("shared test material is not here")
    words = ["10000", *map(str, real_paths())] if real else ["2500"]
    ended = subprocess.run(
        [sys.executable, "-m", "tests.crawl.mutations", *words], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    mutations, peak = map(int, ended.stdout.split())
    assert mutations == 10_000
    assert peak < 512 << 20


STARTS = [b"", b"WARC/1.0\r\n", b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"a:b 1.1.1.1 20240101000000 x 5\n"]


@given(st.binary(max_size=3000), st.sampled_from(STARTS))
def test_any_bytes_are_covered(tmp_path_factory: pytest.TempPathFactory, data: bytes, start: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.warc"
    path.write_bytes(start + data)
    assert_covers(read_both(path), len(start + data))


@pytest.mark.filterwarnings("ignore:Unclosed file:ResourceWarning")  # warcio leaves its temporary files open
def test_warcio_agrees(tmp_path: Path) -> None:
    target = BytesIO()
    writer = WARCWriter(target, gzip=True)
    rng = random.Random(1)
    writer.write_record(writer.create_warcinfo_record("x.warc.gz", {"software": "test"}))
    for number in range(40):
        body = rng.randbytes(rng.randrange(3000))
        status, fields = f"{rng.choice([200, 301, 404])} OK", [("Content-Type", "text/html"), ("X", "y")]
        http = StatusAndHeaders(status, fields, "HTTP/1.1")
        kind = rng.choice(["response", "resource", "metadata", "request"])
        line = StatusAndHeaders("GET / HTTP/1.1", [("Host", "a")], is_http_request=True) if kind == "request" else http
        with_http = line if kind in ("response", "request") else None
        writer.write_record(
            writer.create_warc_record(f"http://a/{number}", kind, payload=BytesIO(body), http_headers=with_http)
        )
    records = usable(read(tmp_path, target.getvalue()))
    target.seek(0)
    references = list(ArchiveIterator(target))
    assert len(records) == len(references) == 41
    target.seek(0)
    for record, reference in zip(records, ArchiveIterator(target), strict=True):
        assert record.type == reference.rec_type
        assert record.uri == (reference.rec_headers.get_header("WARC-Target-URI") or "")
        assert record.headers == reference.rec_headers.headers
        if record.type == "response":
            assert record.http_status == int(reference.http_headers.get_statuscode())
            assert record.http_headers == reference.http_headers.headers
        if record.type != "request":
            assert record.body == reference.content_stream().read()
    del reference, references
    gc.collect()


def real_files() -> list[dict[str, object]]:
    manifest = REAL / "manifest.json"
    rows = json.loads(manifest.read_text()) if manifest.exists() else []
    return [row for row in (rows if isinstance(rows, list) else rows["files"]) if not row["file"].endswith(".lz4")]


@pytest.mark.skipif(not REAL.exists(), reason="shared test material is not here")
def test_real_files_are_read_to_their_end() -> None:
    counted = 0
    for row in real_files():
        path = REAL / str(row["file"])
        items = read_both(path)
        assert_covers(items, path.stat().st_size)
        records, gaps = split(items)
        others = [row["records"], row["fastwarc_records"]]
        assert len(records) >= max(count for count in others if isinstance(count, int)), path.name
        assert gaps == [], path.name
        counted += 1
    assert counted >= 60


def test_a_requests_payload_begins_behind_its_header(tmp_path: Path) -> None:
    block = b"POST / HTTP/1.1\r\nHost: site.example\r\n\r\na=1"
    data = gz(warc(block, "request", WARC_Payload_Digest=digest(b"a=1")))
    data += gz(warc(block, "request", WARC_Payload_Digest=digest(b"a=2"), number=1))
    records, _ = split(read(tmp_path, data, Limits(check_digests=True)))
    assert [record.warnings for record in records] == [(), ("payload_digest",)]
