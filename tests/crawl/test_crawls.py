"""Finding: lists of crawls and paths, fractions, and the errors of those who ask for what there is not."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from gristmill.core.errors import InputError, UsageError
from gristmill.crawl.access import Access, access_of
from gristmill.crawl.asking import Asker
from gristmill.crawl.crawls import list_crawls
from gristmill.crawl.fetch import fetch
from gristmill.crawl.selected import select_files
from gristmill.crawl.selection import Selection
from tests.crawl.standin import Faults, serve
from tests.crawl.warcs import gz, pages

CRAWL = "CC-MAIN-2024-10"
PATHS = [f"crawl-data/{CRAWL}/segments/{n % 4}/warc/{n:05d}.warc.gz" for n in range(400)]


def lay_out(root: Path, crawl: str, kind: str, paths: list[str]) -> None:
    """Write a crawl's list of paths."""
    target = root / f"crawl-data/{crawl}/{kind}.paths.gz"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(gzip.compress("".join(f"{path}\n" for path in paths).encode()))


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    lay_out(tmp_path, CRAWL, "warc", PATHS)
    lay_out(tmp_path, "CC-NEWS/2024/02", "warc", ["crawl-data/CC-NEWS/2024/02/CC-NEWS-20240201000000-00001.warc.gz"])
    (tmp_path / "collinfo.json").write_text(json.dumps([{"id": CRAWL, "name": "February", "from": "2024-02-21"}]))
    return tmp_path


def chosen(root: Path, **words: object) -> list[str]:
    access = Access(data=str(root), crawls=str(root / "collinfo.json"))
    with Asker() as asker:
        return [file.address for file in select_files(Selection(**words), access, asker, {})]  # type: ignore[arg-type]


def test_a_whole_crawl_its_newest_and_its_news(mirror: Path) -> None:
    assert chosen(mirror, crawls=(CRAWL,)) == sorted(PATHS)
    assert chosen(mirror, crawls=("latest",)) == chosen(mirror, crawls=("latest", CRAWL)) == sorted(PATHS)
    assert [path.rsplit("/", 1)[-1] for path in chosen(mirror, news=("2024-02",))] == [
        "CC-NEWS-20240201000000-00001.warc.gz"
    ]


def test_fractions_lie_in_one_another(mirror: Path) -> None:
    shares = [set(chosen(mirror, crawls=(CRAWL,), fraction=share)) for share in (0.05, 0.1, 0.5, 1.0)]
    assert shares[0] < shares[1] < shares[2] < shares[3]
    assert 10 <= len(shares[0]) <= 35


def test_segments_and_files(mirror: Path) -> None:
    assert len(chosen(mirror, crawls=(CRAWL,), segments=("1", "3"))) == 200
    assert chosen(mirror, crawls=(CRAWL,), files=("00007.warc.gz", PATHS[9])) == sorted([PATHS[7], PATHS[9]])
    assert chosen(mirror, crawls=(CRAWL,), segments=("3",), files=("00007.warc.gz",)) == [PATHS[7]]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"crawls": ("CC-MAIN-2024-11",)}, "did you mean CC-MAIN-2024-10"),
        ({"crawls": (CRAWL,), "kind": "wet"}, "though the crawl exists"),
        ({"news": ("2016-01",)}, "begins in 2016-08"),
        ({"crawls": (CRAWL,), "files": ("x",)}, "of 400 files none is left by"),
        ({"news": ("2024-02",), "index": {}}, "leave out news"),
    ],
)
def test_what_there_is_not(mirror: Path, words: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        chosen(mirror, **words)


def test_lists_that_are_none(mirror: Path) -> None:
    (mirror / f"crawl-data/{CRAWL}/warc.paths.gz").write_bytes(b"<html>sorry</html>")
    with pytest.raises(InputError, match="is no list of paths"):
        chosen(mirror, crawls=(CRAWL,))
    (mirror / "collinfo.json").write_text('{"error": "sorry"}')
    with Asker() as asker, pytest.raises(InputError, match="is no list of crawls"):
        list_crawls(Access(crawls=str(mirror / "collinfo.json")), asker)


def test_a_busy_server_is_asked_again(mirror: Path) -> None:
    with serve(mirror, Faults(busy=0.5), seed=2) as site, Asker() as asker:
        for _ in range(5):
            assert list_crawls(Access(crawls=f"{site.url}/collinfo.json"), asker)[0].id == CRAWL
        assert "busy" in site.fates


def test_settings() -> None:
    access = access_of(
        {"GRISTMILL_DATA_URL": "s3://x/", "GRISTMILL_REQUESTS_PER_SECOND": "0.5", "GRISTMILL_KEEP_FETCHED": "1"}
    )
    assert (access.data, access.requests_per_second, access.keep) == ("s3://x", 0.5, True)
    for wrong in ("many", "-1", "inf", "nan"):
        with pytest.raises(UsageError, match=f"GRISTMILL_BYTES_PER_SECOND={wrong}"):
            access_of({"GRISTMILL_BYTES_PER_SECOND": wrong})


@pytest.fixture
def bucket(s3: Any, mirror: Path) -> str:
    s3.create_bucket(Bucket="commoncrawl")
    listed = f"crawl-data/{CRAWL}/warc.paths.gz"
    s3.put_object(Bucket="commoncrawl", Key=listed, Body=(mirror / listed).read_bytes())
    s3.put_object(Bucket="commoncrawl", Key=PATHS[0], Body=b"".join(map(gz, pages(3))))
    return "s3://commoncrawl"


def test_a_crawl_in_a_bucket(bucket: str, tmp_path: Path) -> None:
    access = Access(data=bucket, crawls=str(tmp_path / "collinfo.json"))
    with Asker() as asker:
        (file,) = select_files(Selection(crawls=(CRAWL,), files=(PATHS[0],)), access, asker, {})
        with pytest.raises(InputError, match="though the crawl exists"):
            select_files(Selection(crawls=(CRAWL,), kind="wet"), access, asker, {})
    fetched = fetch(file, tmp_path / "cache")
    assert fetched.path is not None, fetched.message
    assert fetched.path.read_bytes() == b"".join(map(gz, pages(3)))


def test_a_bucket_that_is_not_there(bucket: str, tmp_path: Path) -> None:
    access = Access(data="s3://nowhere", crawls=str(tmp_path / "collinfo.json"))
    with Asker() as asker, pytest.raises(InputError, match="nowhere"):
        select_files(Selection(crawls=(CRAWL,)), access, asker, {})
