"""The sample crawl as files: bytes, records, offsets, and damage where the truth table says so and nowhere else."""

import gzip
import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from fastwarc.warc import ArchiveIterator as FastIterator
from warcio.archiveiterator import ArchiveIterator

from gristmill.core.errors import UsageError
from gristmill.samples import truth
from gristmill.samples.plan import SHARES
from gristmill.samples.sample import write_sample
from gristmill.samples.warc import sha1

PAGES, SEED = 120, 11


@dataclass(frozen=True)
class Sample:
    root: Path
    rows: list[dict[str, Any]]

    def member(self, row: dict[str, Any]) -> bytes:
        """The stored bytes of a response record."""
        with Path(self.root, row["file"]).open("rb") as stream:
            stream.seek(row["offset"])
            return stream.read(row["length"])


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    root = tmp_path_factory.mktemp("sample")
    summary = write_sample(root, PAGES, SEED, files=3)
    return Sample(root, pq.read_table(summary.truth).to_pylist())


def digests(root: Path) -> dict[str, str]:
    files = sorted(path for path in root.rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_sample(tmp_path / name, 55, 3)
    write_sample(tmp_path / "other", 55, 4)
    assert digests(tmp_path / "one") == digests(tmp_path / "two")
    assert digests(tmp_path / "one") != digests(tmp_path / "other")


def test_a_page_does_not_depend_on_how_many_there_are(tmp_path: Path, sample: Sample) -> None:
    summary = write_sample(tmp_path, 70, SEED, files=2)
    small = pq.read_table(summary.truth).to_pylist()
    keys = ("uri", "date", "record_id", "plant", "payload_digest", "main_text", "jaccard")
    for few, many in zip(small[:-1], sample.rows, strict=False):  # the last page of a sample is cut off
        assert [few[key] for key in keys] == [many[key] for key in keys]


def test_a_smaller_sample_leaves_nothing_of_a_larger_one(tmp_path: Path) -> None:
    write_sample(tmp_path, 20, 1, files=4)
    write_sample(tmp_path, 20, 1, files=2)
    assert len(list(tmp_path.rglob("*.warc.gz"))) == 2


def test_fifty_pages_show_every_plant(tmp_path: Path) -> None:
    assert set(write_sample(tmp_path, 50, 5).plants) >= {*SHARES, "normal"}


def test_files_hold_about_125_pages_unless_told_otherwise(tmp_path: Path) -> None:
    assert len(write_sample(tmp_path, 260, 5).warcs) == 3


@pytest.mark.parametrize(("pages", "files"), [(0, None), (-5, None), (3, 4), (3, 0)])
def test_impossible_sizes_are_refused(tmp_path: Path, pages: int, files: int | None) -> None:
    with pytest.raises(UsageError, match=str(pages)):
        write_sample(tmp_path, pages, 1, files)


def test_the_table_has_the_documented_columns(sample: Sample) -> None:
    table = pq.read_table(sample.root / "truth.parquet")
    assert table.schema.equals(truth.SCHEMA)
    assert table["index"].to_pylist() == list(range(PAGES))
    assert len(set(table["record_id"].to_pylist())) == PAGES


def test_the_listing_names_all_files(sample: Sample) -> None:
    listing = gzip.decompress((sample.root / "crawl-data/CC-MAIN-2026-05/warc.paths.gz").read_bytes()).decode()
    assert listing.split() == sorted({row["file"] for row in sample.rows})


def undamaged(sample: Sample) -> Iterator[dict[str, Any]]:
    return (row for row in sample.rows if row["damage"] in (None, "garbage"))


def test_every_undamaged_response_lies_where_the_table_says(sample: Sample) -> None:
    for row in undamaged(sample):
        record = next(iter(ArchiveIterator(BytesIO(sample.member(row)), check_digests="raise")))
        body = record.content_stream().read()
        assert record.rec_headers["WARC-Record-ID"].strip("<>").endswith(row["record_id"])
        assert record.rec_headers["WARC-Target-URI"] == row["uri"]
        assert record.rec_headers["WARC-Date"] == row["date"]
        assert record.http_headers.get_statuscode() == str(row["status"])
        assert int(record.http_headers["Content-Length"]) == len(body)
        assert sha1(body) == row["payload_digest"]


def test_files_are_written_as_common_crawl_writes_them(sample: Sample) -> None:
    """Read with a second reader, in the files before any damage: warcinfo, then request, response, metadata."""
    for path in sorted(sample.root.rglob("*.warc.gz")):
        damage = [row["damage_offset"] for row in sample.rows if row["damage"] and row["file"].endswith(path.name)]
        data = path.read_bytes()
        assert data[:10] == b"\x1f\x8b\x08\0\0\0\0\0\0\x03"
        whole = data[: min(damage)] if damage else data
        types = [record.headers["WARC-Type"] for record in FastIterator(BytesIO(whole), parse_http=False)]
        assert types[0] == "warcinfo"
        assert types[1:] == (["request", "response", "metadata"] * len(types))[: len(types) - 1]
        assert len(types) > 3


def test_every_damaged_range_is_damaged(sample: Sample) -> None:
    """No damaged range holds a record whose gzip member and length are both sound."""
    damaged = [row for row in sample.rows if row["damage"]]
    assert {row["damage"] for row in damaged} == {"flip", "cut", "length", "garbage", "tail"}
    for row in damaged:
        data = (sample.root / row["file"]).read_bytes()
        end = row["damage_offset"] + row["damage_length"]
        assert not sound(data[row["damage_offset"] : end])
        assert row["damage"] == "tail" or data[end : end + 3] == b"\x1f\x8b\x08"
        assert row["outcome"] == ("kept" if row["damage"] == "garbage" else "failed")


def sound(stored: bytes) -> bool:
    """Whether stored bytes are one whole gzip member with one record of the length it claims."""
    try:
        data = gzip.decompress(stored)
    except (OSError, EOFError, zlib.error):
        return False
    head, _, rest = data.partition(b"\r\n\r\n")
    length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.startswith(b"Content-Length"))
    return len(rest) == length + 4


def test_a_broken_tail_ends_the_last_file(sample: Sample) -> None:
    last = sample.rows[-1]
    assert last["plant"] == "broken-tail"
    assert last["offset"] + last["length"] == (sample.root / last["file"]).stat().st_size


def test_duplicates_repeat_an_earlier_page_of_their_group(sample: Sample) -> None:
    for row in sample.rows:
        if row["duplicate_kind"]:
            original = sample.rows[row["duplicate_group"]]
            assert original["index"] < row["index"]
            assert original["date"] < row["date"]
            assert (original["plant"], original["duplicate_group"]) == ("normal", original["index"])
            assert (row["uri"] == original["uri"]) == (row["plant"] == "exact-recapture")
            assert (row["main_text"] == original["main_text"]) == (row["duplicate_kind"] == "exact")


def test_spans_hold_their_values(sample: Sample) -> None:
    kinds = set()
    for row in sample.rows:
        for span in row["pii"]:
            assert row["main_text"][span["start"] : span["end"]] == span["value"]
            kinds.add(span["kind"])
        assert bool(row["pii"]) == (row["plant"] in ("pii-contact", "pii-network", "pii-finance"))
    assert kinds == {"EMAIL", "PHONE", "IPV4", "IPV6", "CREDIT_CARD", "IBAN"}


def test_declarations_and_types_are_in_the_captures(sample: Sample) -> None:
    """Opt-outs, redirects and other types can be read from the stored records."""
    for row in undamaged(sample):
        record = next(iter(ArchiveIterator(BytesIO(sample.member(row)))))
        headers, body = record.http_headers, record.content_stream().read()
        if row["optout"]:
            place, _, value = row["optout"].partition(" ")
            name, _, value = value.partition(": ")
            said = headers[name] if place == "header" else f'<meta name="{name}" content="{value}">'
            assert said == value or said.encode() in body
        assert headers["Content-Type"].split(";")[0] == row["mime"]
        assert (headers["Location"] is not None) == (row["status"] == 301)
        assert (record.rec_headers["WARC-Truncated"] or "") == row["truncated"]
        if row["charset_source"] == "header":
            assert row["mime"] != "text/html" or row["charset"] in headers["Content-Type"].lower()
        if row["charset_source"] == "none":
            assert b"charset" not in body[:2000]
            assert "charset" not in headers["Content-Type"]
