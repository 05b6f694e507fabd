"""Captures in, outcomes out; and real pages, where the shared test material is present."""

from pathlib import Path

import pytest
from fastwarc.warc import ArchiveIterator, WarcRecordType
from pydantic import ValidationError

from gristmill.extract.batch import page_columns
from gristmill.extract.captures import SIGNALS, Capture, extract_captures
from gristmill.extract.engines import ENGINES
from gristmill.extract.params import ERRORS, RULES, Params
from tests.paths import shared

PAGE = b"<title>T</title><p>" + b"Nets are mended on the quay while the last boats come in. " * 5
HEADERS = (("Content-Type", "text/html"), ("X-Robots-Tag", "noai"))


def response(
    body: bytes = PAGE, status: int = 200, content_type: str | None = "text/html", kind: str = "response"
) -> Capture:
    return Capture(kind, "https://example.org/", status, content_type, HEADERS, body)


@pytest.mark.parametrize(
    ("capture", "rules"),
    [
        (Capture("request"), ("extract.not_a_response",)),
        (Capture("warcinfo", body=PAGE), ("extract.not_a_response",)),
        (Capture("revisit", status=304), ("extract.not_a_response",)),
        (Capture(""), ("extract.not_a_response",)),
        (response(status=404), ("extract.bad_status",)),
        (response(status=0), ("extract.bad_status",)),  # there was HTTP, and its status cannot be read
        (response(b"", 301), ("extract.bad_status", "extract.empty_body")),
        (response(b" \r\n\0"), ("extract.empty_body",)),
        (response(b"%PDF-1.7"), ("extract.not_html",)),
        (response(b"%PDF-1.7", 503), ("extract.bad_status", "extract.not_html")),
        (response(b"<script>draw()</script>"), ("extract.no_text",)),
    ],
)
def test_rejections(capture: Capture, rules: tuple[str, ...]) -> None:
    (outcome,) = extract_captures([capture], Params())
    assert (outcome.state, outcome.rules, outcome.page) == ("rejected", rules, None)
    assert set(rules) <= set(RULES)


@pytest.mark.parametrize(
    "capture",
    [
        response(),
        response(content_type=None),
        response(content_type="image/png", body=b"<!doctype html>" + PAGE),
        Capture("resource", "https://example.org/", 0, "text/html", (), PAGE),
        Capture("response", "https://example.org/", 0, None, (), PAGE),  # no HTTP header: the block is the page
        Capture("response", "", 200, "text/html", HEADERS, PAGE[:-3], truncated="length"),
    ],
)
def test_pages_are_kept(capture: Capture) -> None:
    (outcome,) = extract_captures([capture], Params())
    assert (outcome.state, outcome.mime, outcome.rules) == ("kept", "text/html", ())
    assert outcome.page is not None
    assert outcome.page.title == "T"
    assert outcome.page.robots == (("header x-robots-tag: noai",) if capture.http_headers else ())


def test_failures_keep_their_class() -> None:
    broken = Capture("response", error_class="crawl.crc_mismatch", error_message="member 7")
    outcomes = extract_captures([broken, response(b"<p>" + b"<div>" * 9999)], Params(engine="resiliparse"))
    assert [(outcome.state, outcome.error_class) for outcome in outcomes] == [
        ("failed", "crawl.crc_mismatch"),
        ("failed", "extract.too_deep"),
    ]
    assert outcomes[0].message == "member 7"
    assert "512" in outcomes[1].message


def test_every_capture_has_one_outcome_in_order_whatever_its_neighbours() -> None:
    broken = Capture("response", error_class="crawl.crc_mismatch")
    captures = [response(), Capture("request"), broken, response(b""), response()] * 3
    together = extract_captures(captures, Params())
    assert together == [extract_captures([capture], Params())[0] for capture in captures]
    assert [outcome.state for outcome in together[:5]] == ["kept", "rejected", "failed", "rejected", "kept"]


def test_parameters_decide() -> None:
    gone = response(status=410)
    assert extract_captures([gone], Params(statuses=(200, 410)))[0].state == "kept"
    assert extract_captures([response()], Params(min_text_chars=10_000))[0].rules == ("extract.no_text",)
    assert extract_captures([response()], Params(mimes=("application/xhtml+xml",)))[0].rules == ("extract.not_html",)
    with pytest.raises(ValidationError):
        Params.model_validate({"engine": "lynx"})
    with pytest.raises(ValidationError):
        Params.model_validate({"max_dept": 3})


def test_every_parameter_is_documented() -> None:
    for name, field in Params.model_fields.items():
        assert field.description, name


def test_signals_have_fixed_types() -> None:
    (outcome,) = extract_captures([response()], Params())
    assert outcome.page is not None
    for pages in ([], [outcome.page, outcome.page]):
        columns = page_columns(pages)
        assert {name: columns[name.partition(".")[2]].type for name in SIGNALS} == SIGNALS
        assert all(len(column) == len(pages) and column.null_count == 0 for column in columns.values())
    assert page_columns([outcome.page])["html_bytes"].to_pylist() == [len(PAGE)]


def captures_of(path: Path) -> list[Capture]:
    captures = []
    with path.open("rb") as stream:
        for record in ArchiveIterator(stream, record_types=WarcRecordType.response, parse_http=True):
            headers = tuple((str(name), str(value)) for name, value in record.http_headers)
            content_type = next((value for name, value in headers if name.lower() == "content-type"), None)
            uri = record.headers.get("WARC-Target-URI") or ""
            status = record.http_headers.status_code or 0
            captures.append(Capture("response", uri, status, content_type, headers, record.reader.read()))
    return captures


ODD = (
    *(
        "deep-nesting",
        "nul-bytes",
        "invalid-utf8",
        "utf16",
        "utf7",
        "charset-lies",
        "entity-storm",
        "surrogates",
        "unclosed",
        "huge-attribute",
    ),
    *("regex-bait", "empty-pages", "not-html", "long-line"),
)


@pytest.mark.parametrize("name", ODD)
def test_odd_pages_have_an_outcome(name: str) -> None:
    outcomes = extract_captures(captures_of(shared("warc", "odd", f"{name}.warc.gz")), Params())
    assert outcomes
    assert outcomes[-1].state == "kept"  # the last page of each file is an ordinary one
    for outcome in outcomes:
        assert outcome.state != "failed" or outcome.error_class in ERRORS
        if outcome.page is not None:
            outcome.page.text.encode()
            assert "<script" not in outcome.page.text


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_real_pages(engine: str) -> None:
    params = Params.model_validate({"engine": engine})
    path = next(iter(sorted(shared("warc", "crawl", "crawl-data").rglob("*.warc.gz"))))
    captures = captures_of(path)[: 120 if engine == "resiliparse" else 12]
    outcomes = extract_captures(captures, params)
    assert not [outcome for outcome in outcomes if outcome.state == "failed"]
    pages = [outcome.page for outcome in outcomes if outcome.page]
    assert len(pages) > 0.7 * len(captures)
    assert sum(page.undecodable for page in pages) <= 20
    assert extract_captures(captures[-5:], Params(engine=engine)) == outcomes[-5:]  # type: ignore[arg-type]
