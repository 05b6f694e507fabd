import random
from pathlib import Path
from unittest import mock

from hypothesis import example, given
from hypothesis import strategies as st

from gristmill.crawl import libdeflate, usual
from gristmill.crawl.record import Limits, Record
from gristmill.crawl.usual import UsualReader
from gristmill.crawl.window import Window
from tests.crawl.warcs import gz, page, pages, read_both, usable, warc

LINES = st.sampled_from(
    [
        b"WARC/1.0", b"A: WARC/1.0", b"WARC/1.1", b"WARC/1.2", b"WARC/0.18", b"warc/1.0", b"WARC-Type: response",
        b"WARC-Type: request", b"WARC-Type: revisit", b"WARC-Type: Response", b"WARC-Type: other", b"warc-type: metadata",
        b"WARC-Type:response",
        b"Content-Length: 4", b"Content-Length: 0", b"Content-Length:  4", b"content-length: 4", b"Content-Length: -4",
        b"Content-Length: 4000000000000000000000", b" folded", b"\tfolded", b"WARC-Target-URI: http://a/\xff",
        "WARC-Target-URI: http://ä/".encode(), b"WARC-Date: 2024", b"\r", b"\0", b"",
    ]
)  # fmt: skip
HTTP = st.sampled_from(
    [
        b"HTTP/1.1 200 OK", b"HTTP/1.0 404", b"HTTP/2 200", b"http/1.1 200 OK", b"HTTP/1.1 2000 OK", b"HTTP/1.1 099 OK",
        b"HTTP/1.1  200", b"HTTP/1.1 200\tOK", b"HTTP/1.1 20x", b"A: b", b"Content-Encoding: gzip", b"CONTENT-ENCODING: br",
        b"Transfer-Encoding: chunked", b"X-Crawler-Content-Encoding: gzip", b" folded", b"A: \xff", b"\r", b"", b"\x1f\x8b\x08",
        b"HTTP/1.1 200 O\rK",
    ]
)  # fmt: skip
ENDS = st.sampled_from([b"\r\n", b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r\r\n"])


def joined(lines: list[bytes], ends: list[bytes]) -> bytes:
    return b"".join(line + end for line, end in zip(lines, ends, strict=False))


@given(
    st.lists(LINES, max_size=5),
    st.lists(HTTP, max_size=5),
    st.lists(ENDS, min_size=12, max_size=12),
    st.sampled_from([b"\r\n\r\n", b"\r\n\r\n", b"", b"\n\n", b"\r\n", b"\r\n\r\nx"]),
    st.booleans(),
)
@example([], [b"HTTP/1.1 200 O\rK", b"A: b", b""], [b"\r\n"] * 12, b"\r\n\r\n", True)
def test_what_is_strange_is_read_as_without_the_kernel(
    tmp_path_factory: object, lines: list[bytes], http: list[bytes], ends: list[bytes], tail: bytes, right: bool
) -> None:
    block = joined(http, ends) + b"body"
    if right:
        lines = [b"WARC/1.0", b"WARC-Type: response", b"Content-Length: %d" % len(block), *lines, b""]
    strange = joined(lines, [b"\r\n"] * 9 if right else ends[::-1]) + block + tail
    path = tmp_path_factory.getbasetemp() / "strange.warc.gz"  # type: ignore[attr-defined]
    path.write_bytes(b"".join(map(gz, (*pages(2), strange, *pages(2)))))
    read_both(path)


def taken(path: Path, limits: Limits) -> tuple[int, int]:
    """How many records the kernel's reader takes, and where it stops."""
    with Window(path) as window:
        reader = UsualReader(window, limits).records(0)
        count = 0
        while True:
            try:
                assert isinstance(next(reader), Record)
            except StopIteration as stopped:
                return count, int(stopped.value)
            count += 1


def test_usual_members_need_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "usual.warc.gz"
    rng = random.Random(1)
    parts = [warc(page(n, rng.randrange(4000)), number=n) for n in range(300)]
    parts += [warc(b"GET / HTTP/1.1\r\n\r\n", "request", 1), warc(b"a: b\r\n", "metadata", 1)]
    path.write_bytes(b"".join(map(gz, parts)))
    assert taken(path, Limits()) == (302, path.stat().st_size)
    assert len(usable(read_both(path, Limits(check_digests=True)))) == 302
    path.write_bytes(b"".join(map(gz, [*parts[:9], parts[9][:-4], *parts[10:]])))
    assert taken(path, Limits())[0] == 9
    assert len(usable(read_both(path))) == 302


def test_members_larger_than_chunk_or_arena(tmp_path: Path) -> None:
    path = tmp_path / "large.warc.gz"
    noise = random.Random(2).randbytes(300_000)
    blocks = [b"a" * 9_000_000, noise, b"b" * 5_000_000, b"c" * 5_000_000, b"small"]
    path.write_bytes(b"".join(gz(warc(block, "resource", n), 1) for n, block in enumerate(blocks)))
    assert [record.body for record in usable(read_both(path))] == blocks


def test_where_the_library_hides_its_functions_all_is_read_without_it(tmp_path: Path) -> None:
    assert libdeflate.is_available()
    path = tmp_path / "usual.warc.gz"
    path.write_bytes(b"".join(map(gz, pages(5))))
    with mock.patch.object(usual, "is_available", return_value=False):
        assert taken(path, Limits()) == (0, 0)
        assert len(usable(read_both(path))) == 5
