"""From a capture to its records: request, response and metadata, and the damage that some are planted with."""

import json
import zlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from gristmill.samples import truth
from gristmill.samples.capture import Capture
from gristmill.samples.grammar import Dice
from gristmill.samples.plan import TAIL
from gristmill.samples.warc import Headers, Place, WarcFile, member, record, record_id, sha1

START = datetime(2026, 1, 15, tzinfo=UTC)
"""When the first page was captured."""

_SECONDS_A_PAGE = 2
_REASONS = {200: "OK", 301: "Moved Permanently", 404: "Not Found"}
_LANGUAGE_NAMES = {
    "en": ("eng", "ENGLISH"),
    "de": ("deu", "GERMAN"),
    "fr": ("fra", "FRENCH"),
    "es": ("spa", "SPANISH"),
    "ru": ("rus", "RUSSIAN"),
    "zh": ("zho", "Chinese"),
    "ja": ("jpn", "Japanese"),
    "ar": ("ara", "ARABIC"),
}


def capture_date(index: int) -> str:
    """WARC-Date of page `index`."""
    return f"{START + timedelta(seconds=index * _SECONDS_A_PAGE):%Y-%m-%dT%H:%M:%SZ}"


def write_capture(warc: WarcFile, capture: Capture, seed: int, index: int) -> dict[str, object]:
    """Write request, response and metadata of a capture; returns its row without file, index and group."""
    request_id, response_id = record_id(seed, index, "request"), record_id(seed, index, "response")
    shared = [
        ("WARC-Date", capture_date(index)),
        ("WARC-Warcinfo-ID", warc.info_id),
        ("WARC-Target-URI", capture.page.uri),
    ]
    warc.write(member(_request(capture, request_id, shared)))
    http = _http_head(capture, index)
    headers = [("WARC-Type", "response"), ("WARC-Record-ID", response_id), ("WARC-Concurrent-To", request_id), *shared]
    headers += _response_headers(capture, http + capture.body)
    place, damage = _write_response(warc, capture, headers, http + capture.body)
    if capture.plant != TAIL:
        warc.write(member(_metadata(capture, seed, index, response_id, shared)))
    outcome, stages = truth.fate(capture.plant)
    return {
        "offset": place.offset,
        "length": place.length,
        "uri": capture.page.uri,
        "date": capture_date(index),
        "record_id": response_id.strip("<>"),
        "kind": capture.page.kind,
        "language": capture.page.language,
        "plant": capture.plant,
        "outcome": outcome,
        "stages": list(stages),
        "status": capture.status,
        "mime": capture.mime,
        "charset": capture.charset,
        "charset_source": capture.charset_source,
        "truncated": capture.truncated,
        "payload_digest": sha1(capture.body),
        "duplicate_kind": capture.duplicate_kind or None,
        "jaccard": capture.jaccard,
        "pii": truth.locate(capture.main_text, capture.spans),
        "benchmark": capture.benchmark or None,
        "optout": capture.optout or None,
        "damage": capture.plant.removeprefix("broken-") if damage else None,
        "damage_offset": damage.offset if damage else None,
        "damage_length": damage.length if damage else None,
        "main_text": capture.main_text,
    }


def _address_of(host: str) -> str:
    """An address from a network that is reserved for documentation."""
    return f"203.0.113.{zlib.crc32(host.encode()) % 254 + 1}"


def _request(capture: Capture, request_id: str, shared: Headers) -> bytes:
    host, _, path = capture.page.uri.removeprefix("https://").partition("/")
    block = (
        f"GET /{path} HTTP/1.1\r\nUser-Agent: CCBot/2.0 (https://commoncrawl.org/faq/)\r\n"
        "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\nAccept-Language: en-US,en;q=0.5\r\n"
        f"Accept-Encoding: br,gzip\r\nHost: {host}\r\nConnection: Keep-Alive\r\n\r\n"
    ).encode()
    headers = [("WARC-Type", "request"), ("WARC-Record-ID", request_id), *shared]
    headers += [("Content-Type", "application/http; msgtype=request"), ("WARC-IP-Address", _address_of(host))]
    return record([*headers, ("WARC-Block-Digest", sha1(block))], block)


def _http_head(capture: Capture, index: int) -> bytes:
    """Status line and headers; a compressed transfer is marked as Common Crawl does, which stores the body plain."""
    moment = START + timedelta(seconds=index * _SECONDS_A_PAGE)
    dice = Dice("server", capture.page.site.host)
    lines = [
        f"HTTP/1.1 {capture.status} {_REASONS[capture.status]}",
        f"Date: {format_datetime(moment, usegmt=True)}",
        f"Server: {dice.pick(('nginx', 'Apache', 'cloudflare', 'LiteSpeed'))}",
        f"Content-Type: {capture.content_type}",
    ]
    if capture.body and dice.chance(0.8):
        encoding = dice.pick(("gzip", "br"))
        lines += [f"X-Crawler-Content-Encoding: {encoding}", f"X-Crawler-Content-Length: {len(capture.body) // 4 + 20}"]
    lines += [f"{name}: {value}" for name, value in capture.headers]
    lines += ["Vary: Accept-Encoding", f"Content-Length: {len(capture.body)}"]
    return "\r\n".join([*lines, "", ""]).encode()


def _response_headers(capture: Capture, block: bytes) -> Headers:
    host = capture.page.site.host
    headers = [("Content-Type", "application/http; msgtype=response"), ("WARC-IP-Address", _address_of(host))]
    headers += [("WARC-Protocol", "h2" if capture.page.site.theme % 3 else "http/1.1")]
    headers += [("WARC-Payload-Digest", sha1(capture.body)), ("WARC-Block-Digest", sha1(block))]
    if capture.truncated:
        headers.append(("WARC-Truncated", capture.truncated))
    return [*headers, ("WARC-Identified-Payload-Type", capture.mime)]


def _write_response(warc: WarcFile, capture: Capture, headers: Headers, block: bytes) -> tuple[Place, Place | None]:
    """Write the response, damaged as its plant says; returns where it lies and which range is damaged."""
    if capture.plant == "broken-length":
        place = warc.write(member(record(headers, block, length=len(block) + 997)))
        return place, place
    stored = member(record(headers, block))
    if capture.plant == "broken-garbage":
        noise = zlib.compress(block[:2000])[2:-4][:400]  # looks like deflate data, but is no member
        damage = warc.write(b"\0" + noise.replace(b"\x1f\x8b\x08", b"\x1f\x8c\x08"))
        return warc.write(stored), damage
    if capture.plant == "broken-flip":
        middle = len(stored) // 2
        stored = stored[:middle] + bytes((stored[middle] ^ 0x10,)) + stored[middle + 1 :]
    elif capture.plant in ("broken-cut", TAIL):
        stored = stored[: len(stored) * 6 // 10]
    place = warc.write(stored)
    return place, place if capture.plant.startswith("broken-") else None


def _metadata(capture: Capture, seed: int, index: int, response_id: str, shared: Headers) -> bytes:
    lines = [f"fetchTimeMs: {100 + index * 37 % 900}"]
    if capture.main_text:
        code, name = _LANGUAGE_NAMES[capture.page.language]
        language = {
            "code": capture.page.language,
            "code-iso-639-3": code,
            "text-covered": 0.97,
            "score": 900.0,
            "name": name,
        }
        found = {"reliable": True, "text-bytes": len(capture.main_text.encode()), "languages": [language]}
        lines += [f"charset-detected: {capture.charset}", f"languages-cld2: {json.dumps(found, separators=(',', ':'))}"]
    block = "\r\n".join([*lines, ""]).encode()
    headers = [("WARC-Type", "metadata"), ("WARC-Record-ID", record_id(seed, index, "metadata")), *shared]
    headers += [("Content-Type", "application/warc-fields"), ("WARC-Refers-To", response_id)]
    return record([*headers, ("WARC-Block-Digest", sha1(block))], block)
