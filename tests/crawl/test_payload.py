import gzip
import zlib

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from gristmill.crawl.fields import header_pairs
from gristmill.crawl.payload import join_chunks, read_payload
from gristmill.crawl.record import Limits

LIMITS = Limits()
TEXT = b"<!DOCTYPE html><p>" + b" ".join(b"%d" % (i * i) for i in range(300))


def raw_deflate(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(data) + compressor.flush()


ENCODERS = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.compress,
}


def respond(body: bytes, *lines: str, status: bytes = b"HTTP/1.1 200 OK") -> bytes:
    return b"\r\n".join([status, *(line.encode("latin-1") for line in lines), b"", body])


@pytest.mark.parametrize("name", ENCODERS)
def test_named_encodings_are_undone(name: str) -> None:
    payload = read_payload(respond(ENCODERS[name](TEXT), f"Content-Encoding: {name.upper()}"), LIMITS)
    assert (payload.body, payload.warnings, payload.error) == (TEXT, (), "")


def test_raw_deflate_and_stacked_encodings() -> None:
    assert read_payload(respond(raw_deflate(TEXT), "content-encoding: deflate"), LIMITS).body == TEXT
    stacked = brotli.compress(gzip.compress(TEXT))
    assert read_payload(respond(stacked, "Content-Encoding: gzip, br"), LIMITS).body == TEXT


@pytest.mark.parametrize("name", [*ENCODERS, "identity", "none", "UTF-8", "x-unknown", ""])
def test_a_header_that_lies_leaves_the_page_alone(name: str) -> None:
    payload = read_payload(respond(TEXT, f"Content-Encoding: {name}"), LIMITS)
    assert payload.body == TEXT
    assert payload.warnings == (("encoding_wrong",) if name in ENCODERS else ())


def test_magic_outweighs_the_name() -> None:
    for encoded in (gzip.compress(TEXT), zstandard.compress(TEXT), zlib.compress(TEXT)):
        payload = read_payload(respond(encoded, "Content-Encoding: gzip"), LIMITS)
        assert payload.body == TEXT


def test_what_the_crawler_undid_is_not_undone_again() -> None:
    encoded = gzip.compress(TEXT)
    assert read_payload(respond(encoded, "X-Crawler-Content-Encoding: gzip"), LIMITS).body == encoded
    assert read_payload(respond(encoded, "Content-Type: text/html; charset=utf-8"), LIMITS).body == TEXT


@pytest.mark.parametrize("name", ["gzip", "deflate", "zstd"])
def test_a_cut_body_gives_what_came_before(name: str) -> None:
    payload = read_payload(respond(ENCODERS[name](TEXT * 400)[:-60], f"Content-Encoding: {name}"), LIMITS)
    assert payload.body == (TEXT * 400)[: len(payload.body)]
    if name == "zstd":  # a block is decoded whole or not at all
        assert (payload.error, payload.body) == ("body_encoding", b"")
    else:
        assert (payload.error, payload.warnings, bool(payload.body)) == ("", ("encoding_broken",), True)


@pytest.mark.parametrize("name", ENCODERS)
def test_bombs_are_refused(name: str) -> None:
    limits = Limits(body_bytes=1 << 20)
    payload = read_payload(respond(ENCODERS[name](bytes(2 << 20)), f"Content-Encoding: {name}"), limits)
    assert (payload.error, payload.body) == ("body_limit", b"")
    block = respond(ENCODERS[name](bytes(1 << 20)), f"Content-Encoding: {name}")
    by_ratio = read_payload(block, Limits(ratio_floor_bytes=1000))
    assert by_ratio.error == "body_limit"
    assert read_payload(respond(TEXT, "Content-Encoding: " + ", ".join(["gzip"] * 99)), LIMITS).error == "body_limit"


@given(st.lists(st.binary(min_size=1, max_size=300)), st.sampled_from([b"", b";ext=1", b"  "]), st.booleans())
def test_chunks_are_joined(pieces: list[bytes], extension: bytes, upper: bool) -> None:
    form = b"%X" if upper else b"%x"
    coded = b"".join(form % len(piece) + extension + b"\r\n" + piece + b"\r\n" for piece in pieces) + b"0\r\n\r\n"
    assert join_chunks(coded) == (b"".join(pieces), True)


def test_broken_chunks_keep_what_came_before() -> None:
    assert join_chunks(b"5\r\nhello\r\nzz\r\nworld\r\n0\r\n\r\n") == (b"hello", False)
    assert join_chunks(b"5\r\nhello\r\nff\r\nwor") == (b"hellowor", False)
    assert join_chunks(b"5\r\nhello") == (b"hello", False)
    assert join_chunks(b"5\r\nhello\r\n") == (b"hello", False)
    assert join_chunks(TEXT) == (TEXT, True)
    assert join_chunks(b"") == (b"", True)
    year = b"2024\r\nis a number and the first line of a page" + bytes(9000)
    assert join_chunks(year) == (year, False)


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (b"HTTP/1.1 200 OK", 200),
        (b"HTTP/2 204", 204),
        (b"http/1.0  404   gone", 404),
        (b"ICY 200 OK", 200),
        (b"HTTP/1.1 99999 Odd", 0),
        (b"HTTP/1.1 099 Odd", 0),
    ],
)
def test_status_lines(line: bytes, status: int) -> None:
    payload = read_payload(respond(b"x", "A: b", status=line), LIMITS)
    assert (payload.status, header_pairs(payload.text), payload.body) == (status, [("A", "b")], b"x")


def test_headers_as_they_come() -> None:
    block = b"HTTP/1.1 200 OK\nA: 1\n folded\nno colon\nB :2\nA:\xe9\n\nbody\r\n\r\nmore"
    payload = read_payload(block, LIMITS)
    assert header_pairs(payload.text) == [("A", "1 folded"), ("B", "2"), ("A", "é")]
    assert payload.body == b"body\r\n\r\nmore"
    assert read_payload(b"HTTP/1.1 200 OK\r\nA: b", LIMITS).body == b""
    assert read_payload(b"<html>no http", LIMITS).body == b"<html>no http"
    assert read_payload(b"HTTP/1.1 200 OK\r\n\r\nbody", LIMITS).body == b"body"
    endless = b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 999
    assert read_payload(endless, Limits(http_header_bytes=100)).error == "http_header_limit"


@given(st.binary(max_size=400), st.sampled_from(["gzip", "deflate", "br", "zstd", "gzip, br"]), st.booleans())
def test_any_body_is_survived(body: bytes, encoding: str, chunked: bool) -> None:
    lines = [f"Content-Encoding: {encoding}"] + ["Transfer-Encoding: chunked"] * chunked
    read_payload(respond(body, *lines), LIMITS)
