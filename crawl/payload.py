"""HTTP responses as crawlers store them: status, header lines, and the body once chunks and encodings are undone.

Common Crawl stores bodies decoded and keeps what the wire said as `X-Crawler-Content-Encoding`; other crawlers store
the wire, and some keep the header and decode the body. So a header is believed only if the bytes agree, and the bytes
alone if they cannot be text.
"""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import brotli
import zstandard

from gristmill.crawl.fields import header_pairs
from gristmill.crawl.record import Limits

_STATUS = re.compile(rb"(?:HTTP/\d{1,2}(?:\.\d{1,2})?|ICY)[ \t]+(\d{1,10})[^\r\n]*(?:\r?\n|\Z)", re.IGNORECASE)
_HEADER_END = re.compile(rb"\r{0,2}\n\r{0,2}\n")
_CHUNK_SIZE = re.compile(rb"[ \t]*([0-9a-fA-F]{1,8})[ \t]*(?:;[^\r\n]{0,4096})?\r?\n")
_GZIP = b"\x1f\x8b\x08"
_ZSTD = b"\x28\xb5\x2f\xfd"
_PIECE_BYTES = 1 << 18
_ZSTD_SLICE_BYTES = 1 << 10  # a run-length block of 4 bytes becomes 128 KiB, so a slice at most 32 MiB
_MOST_ENCODINGS = 4
_NAMES = {"gzip": "gzip", "x-gzip": "gzip", "deflate": "deflate", "br": "br", "zstd": "zstd"}


class BodyError(Exception):
    """A body that cannot be handed on.

    Args:
        error: class of the failure: body_limit or body_encoding.
        message: the failure in words.
    """

    def __init__(self, error: str, message: str) -> None:
        super().__init__(message)
        self.error = error


@dataclass(slots=True)
class Payload:
    """A parsed response.

    Attributes:
        status: 0 if the block is not HTTP or its status is no number from 100 to 999.
        text: the header, status line included; "" if the block is not HTTP.
        body: what the page is made of.
        stored: where the body begins in the block.
        warnings: what was odd and survived.
        error: class of the failure, "" if the body can be used.
    """

    status: int
    text: str
    body: bytes
    stored: int = 0
    warnings: tuple[str, ...] = ()
    error: str = ""
    message: str = ""


def read_payload(data: bytes | bytearray, limits: Limits, start: int = 0, end: int | None = None) -> Payload:
    """Take the block data[start:end] of a response apart. One that is not HTTP is its own body, with status 0."""
    end = len(data) if end is None else end
    line = _STATUS.match(data, start, end)
    if line is None:
        return Payload(0, "", bytes(memoryview(data)[start:end]))
    blank = data.find(b"\n\r\n", line.end() - 1, min(end, start + limits.http_header_bytes))
    text = data[start:blank].decode("latin-1").rstrip("\r") if blank >= 0 else ""
    body = blank + 3
    if not text or "\n\n" in text:  # rare: lines that end otherwise, or no end
        header_end, body = _header_extent(data, line.end(), start, end, limits)
        if header_end < 0:
            message = f"the HTTP header has no end within {limits.http_header_bytes:,} bytes"
            return Payload(_status(line), "", b"", error="http_header_limit", message=message)
        text = data[start:header_end].decode("latin-1")
    payload = Payload(_status(line), text, bytes(memoryview(data)[body:end]), body - start)
    lower = text.lower()
    if "\ntransfer-encoding" in lower or "\ncontent-encoding" in lower or payload.body[:3] == _GZIP:
        _undo(payload, limits)
    return payload


def _status(line: re.Match[bytes]) -> int:
    status = int(line.group(1))
    return status if 100 <= status <= 999 else 0


def _header_extent(data: bytes | bytearray, line_end: int, start: int, end: int, limits: Limits) -> tuple[int, int]:
    """Where the header lines end and the body begins; (-1, -1) beyond the limit. Without a blank line all is header."""
    most = min(end, start + limits.http_header_bytes)
    blank = _HEADER_END.search(data, max(start, line_end - 2), most)
    if blank is not None:
        return blank.start(), blank.end()
    return (end, end) if end - start <= limits.http_header_bytes else (-1, -1)


def _undo(payload: Payload, limits: Limits) -> None:
    first = {name.lower(): value for name, value in reversed(header_pairs(payload.text))}
    body, warnings = payload.body, list[str]()
    if "chunked" in first.get("transfer-encoding", "").lower():
        body, whole = join_chunks(body)
        if not whole:
            warnings.append("chunks_broken")
    names = [name.strip().lower() for name in first.get("content-encoding", "").split(",")]
    encodings = [_NAMES[name] for name in names if name in _NAMES]
    if not encodings and body[:3] == _GZIP and "charset" in first.get("content-type", "").lower():
        encodings = [
            "gzip"
        ]  # a header that names a charset speaks of text, which gzip magic never is (0x8B is no UTF-8 start)
        warnings.append("encoding_unsaid")
    try:
        if len(encodings) > _MOST_ENCODINGS:
            raise BodyError("body_limit", f"the body is said to be encoded {len(encodings)} times")
        for encoding in reversed(encodings):
            decoded, warning = decode(body, encoding, limits)
            body = decoded
            if warning:
                warnings.append(warning)
    except BodyError as error:
        payload.error, payload.message, body = error.error, str(error), b""
    payload.body, payload.warnings = body, tuple(warnings)


def join_chunks(body: bytes) -> tuple[bytes, bool]:
    """Undo chunked transfer coding; what does not begin like a chunk was joined already and comes back as it is.

    Returns:
        The joined body, and whether the coding was whole. Where it breaks, what came before counts, and a cut last
        chunk.
    """
    size = _CHUNK_SIZE.match(body)
    if size is None:
        return body, True
    pieces: list[bytes] = []
    while True:
        length = int(size.group(1), 16)
        if length == 0:
            return b"".join(pieces), True
        start = size.end()
        pieces.append(body[start : start + length])
        position = start + length
        if position >= len(body):
            return b"".join(pieces), False
        if body[position : position + 2] == b"\r\n":
            position += 2
        elif body[position : position + 1] == b"\n":
            position += 1
        elif len(pieces) == 1:
            return body, False  # a page that happens to begin with a number on a line of its own
        size = _CHUNK_SIZE.match(body, position)
        if size is None:
            return b"".join(pieces), False


def decode(body: bytes, encoding: str, limits: Limits) -> tuple[bytes, str]:
    """Undo one content encoding: by magic if there is one, else as named, else not at all.

    Returns:
        The decoded body and a warning: "", "encoding_wrong" (kept as it is, or another than named), "encoding_broken"
        (cut).
    """
    actual = _by_magic(body, encoding)
    if actual is None:
        return body, "encoding_wrong" if body else ""
    pieces: list[bytes] = []
    total = 0
    allowed = min(limits.body_bytes, max(limits.ratio_floor_bytes, limits.ratio * len(body)))
    whole = True
    try:
        for piece in _DECODERS[actual](body):
            pieces.append(piece)
            total += len(piece)
            if total > allowed:
                message = f"{len(body):,} bytes of {actual} become more than the {allowed:,} bytes allowed"
                raise BodyError("body_limit", message)
    except (zlib.error, brotli.error, zstandard.ZstdError, EOFError):
        whole = False
    if not whole and not total and actual in ("gzip", "zstd"):
        raise BodyError("body_encoding", f"nothing can be decoded of a body that begins as {actual}")
    if not whole and (not total or actual in ("br", "raw")):
        return body, "encoding_wrong"  # these have no magic: what fails was never encoded
    if not whole:
        return b"".join(pieces), "encoding_broken"
    named = actual == encoding or (encoding == "deflate" and actual in ("zlib", "raw"))
    return b"".join(pieces), "" if named else "encoding_wrong"


def _by_magic(body: bytes, encoding: str) -> str | None:
    """What to try: the magic's encoding; for the two without magic, the name's."""
    if body[:3] == _GZIP:
        return "gzip"
    if body[:4] == _ZSTD:
        return "zstd"
    if (
        len(body) > 2
        and body[0] & 0x8F == 0x08
        and int.from_bytes(body[:2], "big") % 31 == 0
        and encoding in ("gzip", "deflate")
    ):
        return "zlib"
    return {"deflate": "raw", "br": "br"}.get(encoding)


def _zlib_pieces(body: bytes, window_bits: int) -> Iterator[bytes]:
    inflater = zlib.decompressobj(window_bits)
    data = body
    while True:
        piece = inflater.decompress(data, _PIECE_BYTES)
        if piece:
            yield piece
        if inflater.eof:
            return
        data = inflater.unconsumed_tail
        if not data and not piece:
            raise EOFError


def _brotli_pieces(body: bytes) -> Iterator[bytes]:
    inflater = brotli.Decompressor()
    data = body
    while not inflater.is_finished():
        piece = inflater.process(data, output_buffer_limit=_PIECE_BYTES)
        data = b""
        if piece:
            yield piece
        elif inflater.can_accept_more_data():
            raise EOFError


def _zstd_pieces(body: bytes) -> Iterator[bytes]:
    inflater = zstandard.ZstdDecompressor(max_window_size=1 << 27).decompressobj()
    for start in range(0, len(body), _ZSTD_SLICE_BYTES):
        yield inflater.decompress(body[start : start + _ZSTD_SLICE_BYTES])
        if inflater.eof:
            return
    raise EOFError


_DECODERS = {
    "gzip": lambda body: _zlib_pieces(body, 31),
    "zlib": lambda body: _zlib_pieces(body, 15),
    "raw": lambda body: _zlib_pieces(body, -15),
    "br": _brotli_pieces,
    "zstd": _zstd_pieces,
}
