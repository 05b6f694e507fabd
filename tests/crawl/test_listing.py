import json
from pathlib import Path
from typing import Any

import pytest

from gristmill.crawl.listing import list_records
from tests.crawl.warcs import WARC_DATA, gz, page, pages, warc

ODD = WARC_DATA / "odd"
EXPECTED = json.loads((ODD / "expected.json").read_text()) if ODD.exists() else {}


@pytest.mark.skipif(not EXPECTED, reason="shared test material is not here")
@pytest.mark.parametrize("name", sorted(EXPECTED) or ["none"])
def test_odd_files_are_as_expected(name: str) -> None:
    want = EXPECTED[name]
    rows = list(list_records(ODD / name))
    records = [row for row in rows if "outcome" in row]
    gaps = [row["gap"] for row in rows if "gap" in row]
    assert gaps == [[gap["offset"], gap["offset"] + gap["length"]] for gap in want["gaps"]]
    assert len(records) == want["must_return"]
    for row, expected in zip(records, want["records"], strict=True):
        assert_row(row, expected)


def assert_row(row: dict[str, Any], expected: dict[str, Any]) -> None:
    if expected["outcome"] == "either":
        return
    assert row["outcome"] == expected["outcome"], row
    if expected["outcome"] == "usable":
        assert row["type"] == expected["type"]
        assert row["uri"] == expected["uri"]
        if expected.get("body_sha1"):
            assert (row["body_bytes"], row["body_sha1"]) == (expected["body_bytes"], expected["body_sha1"])


def test_rows_are_json_and_say_what_is_wrong(tmp_path: Path) -> None:
    odd_uri = warc(page(1), number=1).replace(b"site.example/1", b"site.example/caf\xe9")
    bad_digest = warc(page(2), number=2, WARC_Payload_Digest="sha1:AAAA", WARC_Block_Digest="sha1:AAAA")
    path = tmp_path / "x.warc.gz"
    path.write_bytes(gz(odd_uri) + b"\0\0" + gz(bad_digest) + gz(pages(1)[0])[:-20])
    rows = [json.loads(json.dumps(row)) for row in list_records(path)]
    assert rows[0]["uri"] is None
    assert rows[0]["uri_escaped"] == "http://site.example/caf%E9"
    assert rows[0]["status"] == 200
    assert rows[0]["mime"] == "text/html"
    assert rows[1]["why"] == "padding"
    assert rows[2]["warnings"] == ["payload_digest"]
    assert rows[3]["outcome"] == "failed"
    assert rows[3]["why"].startswith("truncated_member: ")
    assert rows[3]["body_sha1"] is None
