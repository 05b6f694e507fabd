from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from gristmill.core.errors import InputError
from gristmill.crawl.fetch import fetch
from gristmill.crawl.inputs import expand_inputs
from gristmill.crawl.manners import Manners
from tests.crawl.warcs import gz, pages

CONTENT = b"".join(gz(part) for part in pages(30))


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    settings = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nothing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "us-east-1",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    client = boto3.client("s3", endpoint_url=settings["AWS_ENDPOINT_URL"])
    client.create_bucket(Bucket="crawls")
    for key in ("one/a.warc.gz", "one/b/c.warc.gz", "one/paths.txt"):
        client.put_object(Bucket="crawls", Key=key, Body=CONTENT)
    client.close()
    yield "s3://crawls"
    server.stop()


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
