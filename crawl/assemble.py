"""From a header and its block to the record that is handed out."""

import base64
import binascii
import functools
import hashlib

from gristmill.crawl.heads import Head
from gristmill.crawl.payload import Payload, read_payload
from gristmill.crawl.record import Limits, Record

_HTTP_TYPES = frozenset(("response", "revisit"))
_SHA1, _SHA256, _MD5 = (
    functools.partial(algorithm, usedforsecurity=False) for algorithm in (hashlib.sha1, hashlib.sha256, hashlib.md5)
)
_ALGORITHMS = {"sha1": _SHA1, "sha-1": _SHA1, "sha256": _SHA256, "sha-256": _SHA256, "md5": _MD5}


def build(
    head: Head, data: bytes | bytearray, start: int, end: int, *, offset: int, length: int, within: int, limits: Limits
) -> Record:
    """The record whose block is data[start:end]; failed if its body breaks a limit or a response is empty."""
    if head.type in _HTTP_TYPES:
        payload = read_payload(data, limits, start, end)
        if start == end and head.type == "response":
            message = "a response without a single byte"
            return fail(head, "empty_block", message, offset=offset, length=length, within=within)
        record = Record(offset, length, head, payload.status, payload.text, payload.body, within=within)
        record.warnings = payload.warnings
        if payload.error:
            record.outcome, record.error, record.message = "failed", payload.error, payload.message
    else:
        payload = None
        record = Record(offset, length, head, body=bytes(memoryview(data)[start:end]), within=within)
    if not head.raw.isascii() and head.uri_escaped:
        record.warnings += ("uri_not_utf8",)
    if limits.check_digests:
        record.warnings += _digest_warnings(head, bytes(memoryview(data)[start:end]), payload)
    return record


def fail(head: Head, error: str, message: str, *, offset: int, length: int, within: int) -> Record:
    """The record that could not be read, with what its header said."""
    warnings = ("uri_not_utf8",) if head.uri_escaped else ()
    return Record(
        offset, length, head, outcome="failed", error=error, message=message, within=within, warnings=warnings
    )


def digest_holds(head: Head, block: bytes) -> bool:
    """Whether the header has a digest of the block or its payload, and it is right."""
    checks = _digests(head)
    if "block" in checks:
        return _matches(checks["block"], block)
    if "payload" not in checks:
        return False
    payload = read_payload(block, Limits()) if head.type in _HTTP_TYPES else None
    return _matches(checks["payload"], block[payload.stored :] if payload is not None else block)


def block_digest_fails(head: Head, block: bytes) -> bool:
    """Whether the header has a digest of the block, and it is wrong."""
    checks = _digests(head)
    return "block" in checks and not _matches(checks["block"], block)


def _digest_warnings(head: Head, block: bytes, payload: Payload | None) -> tuple[str, ...]:
    """Digests that do not hold. A block's is asked only where the payload has none: hashing costs as much as parsing."""
    if head.type != "revisit" and (digest := head.value("WARC-Payload-Digest")):  # a revisit's is its original's
        stored = block[payload.stored :] if payload is not None else block
        if head.type == "request":
            stored = block.partition(b"\r\n\r\n")[2]
        # Crawlers disagree whether the payload is the body as stored or as decoded.
        if _matches(digest, stored) or (payload is not None and _matches(digest, payload.body)):
            return ()
        return ("payload_digest",)
    digest = head.value("WARC-Block-Digest")
    return () if not digest or _matches(digest, block) else ("block_digest",)


def _digests(head: Head) -> dict[str, str]:
    if head.arc or b"digest" not in head.raw.lower():
        return {}
    fields = {"block": "WARC-Block-Digest", "payload": "WARC-Payload-Digest"}
    return {name: value for name, field in fields.items() if (value := head.value(field))}


def _matches(digest: str, data: bytes) -> bool:
    """Whether "sha1:BASE32" or the like is the digest of some bytes; one that is not known here holds nothing against
    them."""
    label, colon, value = digest.partition(":")
    algorithm = _ALGORITHMS.get(label.strip().lower())
    if not colon or algorithm is None:
        return True
    actual = algorithm(data).digest()
    value = value.strip()
    if value.lower() == actual.hex():
        return True
    try:
        return base64.b32decode(value.upper() + "=" * (-len(value) % 8)) == actual
    except binascii.Error:
        return False
