import pytest
from hypothesis import given
from hypothesis import strategies as st

from gristmill.crawl.fields import clean_pairs
from gristmill.crawl.heads import Head, find_head, parse_head, starts_record

BLOCK = b"block"


def parse(raw: bytes, limit: int = 1 << 16) -> Head:
    head = parse_head(raw, 0, limit, True)
    assert head is not None
    return head


@pytest.mark.parametrize("newline", [b"\r\n", b"\n", b"\r\r\n"])
@pytest.mark.parametrize("version", [b"WARC/0.17", b"WARC/0.18", b"WARC/1.0", b"WARC/1.1"])
def test_versions_and_line_ends(version: bytes, newline: bytes) -> None:
    lines = [version, b"warc-type:Response", b"WARC-TARGET-URI:\t<http://a/ b>", b"Content-Length: 5"]
    lines.append(b"content-length: 9")
    head = parse(newline.join([*lines, b"X-Long: a", b"\tb", b"", BLOCK]))
    assert (head.type, head.uri, head.block, head.error) == ("response", "http://a/ b", 5, "")
    assert head.size == len(newline.join([*lines, b"X-Long: a", b"\tb", b"", b""]))
    assert clean_pairs(head.text)[-1] == ("X-Long", "a b")


def test_the_first_of_two_fields_counts() -> None:
    head = parse(b"WARC/1.0\r\nWARC-Type: a\r\nContent-Length: 5\r\nWARC-Target-URI: x\r\nWARC-Target-URI: y\r\n\r\n")
    assert head.uri == "x"


def test_bytes_that_are_not_utf8_are_escaped_not_dropped() -> None:
    head = parse(b"WARC/1.0\r\nWARC-Type: a\r\nContent-Length: 5\r\nWARC-Target-URI: x\xe9/\xc3\xa9\r\nB: \xff\r\n\r\n")
    assert (head.uri, head.uri_escaped) == ("x%E9/é", True)
    assert clean_pairs(head.text)[-1] == ("B", "\ufffd")


def test_headers_that_end_nowhere() -> None:
    assert parse(b"WARC/1.0\r\nWARC-Type: a\r\nWARC-Target-URI: x\r\nConte").error == "truncated_header"
    long = b"WARC/1.0\r\nWARC-Type: a\r\n" + b"A: b\r\n" * 1000
    assert parse(long, 500).error == "header_limit"
    assert parse(b"WARC/1.0\r\nContent-Length: 1\r\n\r\n").error == "bad_header"


@pytest.mark.parametrize(
    ("line", "uri", "mime", "length"),
    [
        (b"http://a/ 1.2.3.4 20240131235959 text/html 12\n", "http://a/", "text/html", 12),
        (b"http://a/b c d 1.2.3.4 20240131235959 text/html 12\r\n", "http://a/b c d", "text/html", 12),
        (b"http://a/ 1.2.3.4 20240131235959  39\n", "http://a/", "", 39),
        (b"http://a/ 1.2.3.4 20240131235959 text/html 200 - - 7 x.arc 12\n", "http://a/", "text/html", 12),
        (b"dns:a.example 1.2.3.4 20240131235959 text/dns 50\n", "dns:a.example", "text/dns", 50),
    ],
)
def test_arc_lines(line: bytes, uri: str, mime: str, length: int) -> None:
    head = parse(line + b"rest")
    assert (head.uri, head.content_type, head.block, head.date) == (uri, mime, length, "2024-01-31T23:59:59Z")
    assert head.size == len(line)


def test_what_begins_no_record() -> None:
    for data in (b"", b"WARC/x", b"<html>", b"http://a/ b c\n", b"12:30 1.2.3.4 20240131235959 text/html 12\n"):
        assert not starts_record(data)
        assert parse_head(data, 0, 100, True) is None


def test_candidates_need_a_type_and_arc_lines_a_newline() -> None:
    head = b"WARC/1.0\r\nWARC-Type: x\r\n"
    assert find_head(b"WARC/1.0 WARC/1.0\r\n\r\n" + head, 0, False, True) == 21
    assert find_head(b"WARC/1.0\r\nOther: x\r\n" + bytes(5000) + head, 1, False, True) == 5020
    assert find_head(head, 0, False, False) == -1  # too little after it to be sure
    arc = b"http://a/ 1.2.3.4 20240131235959 text/html 12\n"
    assert find_head(b"junk\n" + arc, 0, True, True) == 5
    assert find_head(b"junk " + arc, 0, True, True) == -1
    assert find_head(b"junk\n" + arc, 0, False, True) == -1


@given(st.binary(max_size=500))
def test_any_header_is_survived_without_surrogates(raw: bytes) -> None:
    head = parse(b"WARC/1.0\r\nWARC-Type: a\r\n" + raw + b"\r\n\r\n")
    for value in (head.uri, head.type, head.date, head.record_id, head.message, *sum(clean_pairs(head.text), ())):
        value.encode()
