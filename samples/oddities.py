"""Captures that are not plain UTF-8 pages: old charsets, other types of file, errors, redirects, nothing at all."""

import json
import zlib

from gristmill.samples.capture import Capture
from gristmill.samples.grammar import Dice
from gristmill.samples.pages import compose_page
from gristmill.samples.themes import render

_ENCODINGS = (
    ("en", "windows-1252", "cp1252"),
    ("de", "windows-1252", "cp1252"),
    ("fr", "iso-8859-1", "latin-1"),
    ("es", "windows-1252", "cp1252"),
    ("ru", "koi8-r", "koi8-r"),
    ("ru", "windows-1251", "cp1251"),
    ("zh", "gb18030", "gb18030"),
    ("zh", "gb2312", "gb18030"),
    ("ja", "shift_jis", "cp932"),
    ("ja", "euc-jp", "euc_jp"),
    ("ar", "windows-1256", "cp1256"),
)
"""Language, label on the page, Python's codec."""


def old_charset(seed: int, index: int, plant: str) -> Capture:
    """A page in an old charset that its header, its meta element or nothing tells."""
    source = plant.removeprefix("charset-")
    language, label, codec = Dice(seed, plant, index).pick(_ENCODINGS)
    page = compose_page(seed, index, language=language)
    head = f'<meta http-equiv="Content-Type" content="text/html; charset={label}">\n' if source == "meta" else ""
    html = render(page, Dice(seed, "furniture", index), head)
    content_type = f"text/html; charset={label}" if source == "header" else "text/html"
    body = html.encode(codec, "xmlcharrefreplace")
    return Capture(
        page, plant, body, content_type=content_type, charset=label, charset_source=source, main_text=page.main_text
    )


def utf16(seed: int, index: int, plant: str) -> Capture:
    """A page in UTF-16 that only its byte order mark tells."""
    page = compose_page(seed, index)
    html = render(page, Dice(seed, "furniture", index))
    body = b"\xff\xfe" + html.encode("utf-16-le")
    return Capture(
        page, plant, body, content_type="text/html", charset="utf-16-le", charset_source="bom", main_text=page.main_text
    )


def no_page(seed: int, index: int, plant: str) -> Capture:
    """A PDF, JSON or PNG file, an error page, a redirect, or nothing at all."""
    page = compose_page(seed, index)
    dice = Dice(seed, plant, index)
    noise = bytes(dice.number(0, 255) for _ in range(600))
    if plant == "pdf":
        stream = zlib.compress(noise)
        body = b"%%PDF-1.4\n1 0 obj\n<</Length %d/Filter/FlateDecode>>\nstream\n" % len(stream)
        body += stream + b"\nendstream\nendobj\ntrailer\n<</Root 1 0 R>>\n%%EOF\n"
        return Capture(page, plant, body, mime="application/pdf", content_type="application/pdf")
    if plant == "json":
        body = json.dumps({"title": page.title, "tags": page.title.split(), "views": index}).encode()
        return Capture(page, plant, body, mime="application/json", content_type="application/json")
    if plant == "image":
        return Capture(page, plant, _png(noise[:576]), mime="image/png", content_type="image/png")
    if plant == "status-404":
        body = b"<!DOCTYPE html><html><head><title>404 Not Found</title></head><body><h1>Not Found</h1></body></html>"
        return Capture(page, plant, body, status=404)
    if plant == "status-301":
        target = (("Location", f"https://{page.site.host}/moved/{index}"),)
        body = b"<html><head><title>301 Moved Permanently</title></head><body><h1>Moved Permanently</h1></body></html>"
        return Capture(page, plant, body, status=301, headers=target)
    return Capture(page, plant, b"")


def _png(pixels: bytes) -> bytes:
    """A grey image of 24 × 24 pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4) + name + data + zlib.crc32(name + data).to_bytes(4)

    rows = b"".join(b"\0" + pixels[row : row + 24] for row in range(0, 576, 24))
    size = (24).to_bytes(4) * 2 + bytes((8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
