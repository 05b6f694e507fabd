from pathlib import Path
from typing import Any

import pytest

from gristmill.core.errors import InputError
from gristmill.crawl.fetch import fetch
from gristmill.crawl.inputs import expand_inputs
from gristmill.crawl.manners import Manners
from tests.crawl.warcs import gz, pages

CONTENT = b"".join(gz(part) for part in pages(30))


@pytest.fixture
def bucket(s3: Any) -> str:
    s3.create_bucket(Bucket="crawls")
    for key in ("one/a.warc.gz", "one/b/c.warc.gz", "one/paths.txt"):
        s3.put_object(Bucket="crawls", Key=key, Body=CONTENT)
    return "s3://crawls"


def test_buckets_are_inputs(bucket: str, tmp_path: Path) -> None:
    files = expand_inputs([f"{bucket}/one/"])
    assert [file.address for file in files] == ["one/a.warc.gz", "one/b/c.warc.gz"]
    assert files[0].location == f"{bucket}/one/a.warc.gz"
    assert files[0].size == len(CONTENT)
    (named,) = expand_inputs([f"{bucket}/one/a.warc.gz"])
    assert (named.address, named.identity, named.explicit) == (files[0].address, files[0].identity, True)
    waited: list[float] = []
    fetched = fetch(named, tmp_path, manners=Manners(sleep=waited.append))
    assert fetched.path is not None, fetched.message
    assert fetched.path.read_bytes() == CONTENT
    assert waited == []
    with pytest.raises(InputError, match="holds no WARC file"):
        expand_inputs([f"{bucket}/two/"])
    with pytest.raises(InputError, match="cannot be read"):
        expand_inputs([f"{bucket}/one/missing.warc.gz"])
