"""What bodies are taken for."""

import pytest

from gristmill.extract.mime import header_mime, sniff_mime

PAGE = b"<!DOCTYPE html><title>x</title><p>text"


@pytest.mark.parametrize(
    ("content_type", "body", "mime"),
    [
        ("text/html; charset=utf-8", PAGE, "text/html"),
        ("TEXT/HTML", PAGE, "text/html"),
        (
            "application/xhtml+xml",
            b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml">',
            "application/xhtml+xml",
        ),
        (None, PAGE, "text/html"),
        (None, b"\n <!-- note --> <HTML><body>", "text/html"),
        (None, b"<p>a fragment", "text/html"),
        (None, b"\xef\xbb\xbf" + PAGE, "text/html"),
        (None, PAGE.decode().encode("utf-16"), "text/html"),
        ("application/octet-stream", PAGE, "text/html"),
        ("garbage", PAGE, "text/html"),
        ("image/png", PAGE, "text/html"),  # a page under the header of a picture
        ("text/plain", PAGE, "text/html"),
        ("text/plain", b"<b>not sure enough", "text/plain"),
        ("text/html", b"\x89PNG\r\n\x1a\n....", "image/png"),
        ("text/html", b"%PDF-1.4 ...", "application/pdf"),
        ("text/html", b"\x1f\x8b\x08....", "application/gzip"),
        ("text/html", b"\0\0\0\x20ftypisom....", "video/mp4"),
        ("text/html", b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        ("text/html", b'{"html": "<p>in JSON</p>"}', "application/json"),
        ("text/html", b"{not json} <p>text", "text/html"),
        ("text/html", b"no tag at all, 1 < 2", "text/plain"),
        (None, b"no tag at all", "text/plain"),
        (None, b"\1\0\2\0", "application/octet-stream"),
        ("application/json", b'{"a": 1}', "application/json"),
        ("image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"),
        ("application/rss+xml", b'<?xml version="1.0"?><rss>', "application/rss+xml"),
        ("text/html", b"", "text/html"),
    ],
)
def test_sniffing(content_type: str | None, body: bytes, mime: str) -> None:
    assert sniff_mime(content_type, body) == mime


def test_header_types() -> None:
    assert header_mime("Text/HTML;charset=x") == "text/html"
    assert header_mime("text/html, text/html") == "text/html"
    assert header_mime("html") == header_mime(None) == header_mime("") == ""
