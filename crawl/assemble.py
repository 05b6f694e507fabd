"""From a header and its block to the record that is handed out."""

import base64
import binascii
import hashlib

from gristmill.crawl.heads import Head, clean_pairs
from gristmill.crawl.payload import Payload, read_payload
from gristmill.crawl.record import Limits, Record

_HTTP_TYPES = frozenset(("response", "revisit"))
_ALGORITHMS = {"sha1": "sha1", "sha-1": "sha1", "sha256": "sha256", "sha-256": "sha256", "md5": "md5"}


def build(head: Head, block: bytes, offset: int, length: int, *, within: int, limits: Limits) -> Record:
    """The record of a whole block; failed if its body breaks a limit or a response is empty."""
    payload = read_payload(block, limits) if head.type in _HTTP_TYPES else None
    if head.type == "response" and not block:
        return fail(
            head, "empty_block", "a response without a single byte", offset=offset, length=length, within=within
        )
    warnings = payload.warnings if payload is not None else ()
    if head.uri_escaped:
        warnings += ("uri_not_utf8",)
    if limits.check_digests:
        warnings += _digest_warnings(head, block, payload)
    error = payload.error if payload is not None else ""
    return Record(
        offset,
        length,
        head.type,
        head.uri,
        head.record_id,
        head.date,
        head.content_type,
        head.truncated,
        payload.status if payload is not None else 0,
        payload.headers if payload is not None else [],
        payload.body if payload is not None else block,
        "failed" if error else "usable",
        error,
        payload.message if payload is not None else "",
        within,
        warnings,
        head.text,
    )


def fail(head: Head, error: str, message: str, *, offset: int, length: int, within: int) -> Record:
    """The record that could not be read, with what its header said."""
    return Record(
        offset=offset,
        length=length,
        type=head.type,
        uri=head.uri,
        record_id=head.record_id,
        date=head.date,
        content_type=head.content_type,
        truncated=head.truncated,
        http_status=0,
        http_headers=[],
        body=b"",
        outcome="failed",
        error=error,
        message=message,
        within=within,
        warnings=("uri_not_utf8",) if head.uri_escaped else (),
        header=head.text,
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


def _digest_warnings(head: Head, block: bytes, payload: Payload | None) -> tuple[str, ...]:
    checks = _digests(head)
    wrong = []
    if "block" in checks and not _matches(checks["block"], block):
        wrong.append("block_digest")
    if "payload" in checks and head.type != "revisit":  # a revisit's digest is that of the capture it refers to
        stored = block[payload.stored :] if payload is not None else block
        if head.type == "request":
            stored = block.partition(b"\r\n\r\n")[2]
        # Crawlers disagree whether the payload is the body as stored or as decoded.
        decoded = payload is not None and _matches(checks["payload"], payload.body)
        if not decoded and not _matches(checks["payload"], stored):
            wrong.append("payload_digest")
    return tuple(wrong)


def _digests(head: Head) -> dict[str, str]:
    names = {"warc-block-digest": "block", "warc-payload-digest": "payload"}
    return {names[name.lower()]: value for name, value in clean_pairs(head.text) if name.lower() in names}


def _matches(digest: str, data: bytes) -> bool:
    """Whether "sha1:BASE32" or the like is the digest of some bytes; one that is not known here holds nothing against
    them."""
    label, colon, value = digest.partition(":")
    algorithm = _ALGORITHMS.get(label.strip().lower())
    if not colon or algorithm is None:
        return True
    actual = hashlib.new(algorithm, data, usedforsecurity=False).digest()
    value = value.strip()
    if value.lower() == actual.hex():
        return True
    try:
        return base64.b32decode(value.upper() + "=" * (-len(value) % 8)) == actual
    except binascii.Error:
        return False
