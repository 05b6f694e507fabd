"""Captures in, outcomes out: every record that entered is kept, rejected or failed, exactly once, in order."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

from gristmill.extract.batch import PAGE_TYPES
from gristmill.extract.mime import header_mime, sniff_mime
from gristmill.extract.page import Page, PageError, extract_page
from gristmill.extract.params import Params
from gristmill.extract.plain import read_text

_PAGE_RECORDS = ("response", "resource")
_TEXT_RECORD = "conversion"  # of a WET, or a row of text; its main text was found by others

_TOLD_TEXT = """
    charset_source undecodable html_bytes text_bytes elements depth author published canonical page_type confidence math_marks
    text_source
"""
SIGNALS: dict[str, pa.DataType] = {f"extract.{name}": PAGE_TYPES[name] for name in _TOLD_TEXT.split()}
"""Attributes of kept pages that the stage tells as signals."""


@dataclass(frozen=True)
class Capture:
    """A record as the reader hands it over, or a range of a file that the reader could not read.

    Attributes:
        type: the WARC-Type ("response", "request" …).
        uri: the target's address, "" if there is none.
        status: HTTP status; 0 where there was no HTTP.
        content_type: of the HTTP response; of the record itself for a resource; None if absent.
        http_headers: names and values, repeated ones as often as they stand there.
        body: the HTTP body, transfer and content encodings undone.
        truncated: the WARC-Truncated header, "" if absent. Truncated pages are read like others; the mark goes with
            them.
        date: when it was captured, ISO 8601; bounds a page's date of publication.
        error_class: the reader's reason why this is not usable, "" if it is.
        error_message: more about it.
    """

    type: str
    uri: str = ""
    status: int = 0
    content_type: str | None = None
    http_headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    truncated: str = ""
    date: str = ""
    error_class: str = ""
    error_message: str = ""

    @property
    def usable(self) -> bool:
        """Whether the reader could read it."""
        return not self.error_class


@dataclass(frozen=True)
class Outcome:
    """What became of a capture.

    Attributes:
        state: kept (there is a page), rejected (there are rules) or failed (there is an error class).
        mime: what the bytes were taken for; "" where nobody looked.
        page: of a kept capture.
        rules: all that a rejected capture broke, in the order of params.RULES.
        error_class: of a failed capture: one of params.ERRORS, or the reader's.
        message: more about it, for people; not part of any digest.
    """

    state: Literal["kept", "rejected", "failed"]
    mime: str = ""
    page: Page | None = None
    rules: tuple[str, ...] = ()
    error_class: str = ""
    message: str = ""


def extract_captures(captures: Sequence[Capture], params: Params) -> list[Outcome]:
    """One outcome per capture, in order. Nothing that is in a capture raises."""
    return [extract_capture(capture, params) for capture in captures]


def extract_capture(capture: Capture, params: Params) -> Outcome:
    """Read one capture."""
    if not capture.usable:
        return Outcome("failed", error_class=capture.error_class, message=capture.error_message)
    if capture.type == _TEXT_RECORD and header_mime(capture.content_type) == "text/plain":
        return _text(capture, params)
    if capture.type not in _PAGE_RECORDS:
        return Outcome("rejected", rules=("extract.not_a_response",))
    has_body = bool(capture.body.strip(b" \t\r\n\f\0"))
    mime = sniff_mime(capture.content_type, capture.body) if has_body else header_mime(capture.content_type)
    broken = {
        "extract.bad_status": capture.status not in params.statuses and not _without_http(capture),
        "extract.empty_body": not has_body,
        "extract.not_html": has_body and mime not in params.mimes,
    }
    if any(broken.values()):
        return Outcome("rejected", mime, rules=tuple(rule for rule, is_broken in broken.items() if is_broken))
    try:
        page = extract_page(
            capture.body,
            url=capture.uri or None,
            content_type=capture.content_type,
            headers=capture.http_headers,
            captured=capture.date,
            params=params,
        )
    except PageError as error:
        return Outcome("failed", mime, error_class=error.error_class, message=str(error))
    if len(page.text) < params.min_text_chars:
        return Outcome("rejected", mime, rules=("extract.no_text",))
    return Outcome("kept", mime, page.alone())


def _text(capture: Capture, params: Params) -> Outcome:
    try:
        page = read_text(capture.body, capture.content_type, params)
    except PageError as error:
        return Outcome("failed", "text/plain", error_class=error.error_class, message=str(error))
    if len(page.text) < params.min_text_chars:
        return Outcome("rejected", "text/plain", rules=("extract.no_text",))
    return Outcome("kept", "text/plain", page)


def _without_http(capture: Capture) -> bool:
    return capture.status == 0 and (capture.type == "resource" or not capture.http_headers)
