"""What scripts of JSON-LD hold beside the page: licences, and texts that a page drawn in the browser has nowhere else."""

import html
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from gristmill.extract.params import Comments
from gristmill.extract.speaking import Told

_MOST_VALUES = 20_000  # of a script: each takes some hundred bytes
_POSTS = frozenset({"question", "answer", "discussionforumposting", "socialmediaposting"})
_COMMENTS = frozenset({"comment", "usercomments"})
_TAG = re.compile(r"</?[a-zA-Z]")


class ScriptText(NamedTuple):
    """The text that a script holds."""

    html: str
    begin: int
    """First byte of the script's content, in the decoded page as UTF-8."""
    end: int
    """The byte behind the last."""


def read_script(told: Told) -> Any:
    """The value of a script; None if it is broken or has absurdly many values. Line ends in strings are forgiven."""
    if sum(map(told.text.count, ",[{")) > _MOST_VALUES:
        return None
    try:
        return json.loads(told.text, strict=False)
    except (ValueError, RecursionError):
        return None


def licences_in(value: Any) -> Sequence[str]:
    """Values of every "license": strings, or the @id, url or name of an object."""
    found: list[str] = []
    for item in _objects(value):
        named = item.get("license")
        for licence in named if isinstance(named, list) else [named]:
            if isinstance(licence, dict):
                licence = licence.get("@id") or licence.get("url") or licence.get("name")
            if isinstance(licence, str):
                found.append(licence)
    return found


def text_in(value: Any, told: Told, comments: Comments) -> ScriptText | None:
    """The bodies of articles and posts in a script, as HTML; None if it has none.

    Args:
        value: what the script holds.
        told: the script.
        comments: "drop" leaves out what is marked up as a comment.
    """
    bodies = dict.fromkeys(body for item in _objects(value) if (body := _body(item, comments)))
    return ScriptText("<p>".join(map(_as_html, bodies)), told.begin, told.end) if bodies else None


def _body(item: dict[str, Any], comments: Comments) -> str:
    """What an object says is its text: an article's body, a post's text (schema.org)."""
    named = item.get("@type")
    kinds = {str(kind).lower() for kind in (named if isinstance(named, list) else [named])}
    body = item.get("articleBody")
    if body is None and kinds & (_POSTS if comments == "drop" else _POSTS | _COMMENTS):
        body = item.get("text")
    return body.strip() if isinstance(body, str) else ""


def _as_html(body: str) -> str:
    """A body as HTML: some are that, some are that once more escaped, most are plain lines."""
    if not _TAG.search(body):
        body = html.unescape(body)
    if not _TAG.search(body):
        body = "<p>".join(map(html.escape, body.splitlines()))
    return body


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """All objects in a value, in order."""
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield value
            waiting.extend(reversed(value.values()))
        elif isinstance(value, list):
            waiting.extend(reversed(value))
