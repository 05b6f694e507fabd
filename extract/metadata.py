"""What a page says about itself: title, language, wishes about its use, licences. Read from one parsed tree.

Wishes (`robots`) are recorded verbatim and judged later, one string each, headers first: "header x-robots-tag: noai",
"header tdm-reservation: 1", "meta robots: noai, noimageai". Sources: X-Robots-Tag and robots metas of any of the agents
below, TDMRep (W3C community report, 2024), Content-Usage (IETF AIPREF drafts).
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from urllib.parse import urljoin

import orjson

from gristmill.extract.engines import Markup

_WISH_HEADERS = frozenset({"x-robots-tag", "tdm-reservation", "tdm-policy", "content-usage", "content-signal"})
_AGENTS = """
    robots googlebot googlebot-news googlebot-image google-extended bingbot msnbot slurp yandex baiduspider duckduckbot
    ccbot gptbot oai-searchbot chatgpt-user claudebot claude-web anthropic-ai applebot applebot-extended bytespider
    meta-externalagent facebookbot perplexitybot amazonbot cohere-ai diffbot omgili omgilibot ai2bot
"""
_WISH_METAS = _WISH_HEADERS | set(_AGENTS.split())
_LICENCE_NAMES = """
    license licence dc.license dc.rights dc.rights.license dcterms.license dcterms.rights citation_license og:license
    cc:license dc:license dcterms:license xhv:license
"""
_LICENCE_METAS = frozenset(_LICENCE_NAMES.split())
_LICENCE_RELS = frozenset({"license", "cc:license", "dcterms:license", "dc:license", "xhv:license"})
_METAS = "meta[name], meta[property], meta[http-equiv]"
_METAS_AND_LICENCES = (
    f'{_METAS}, [rel~="license" i], [rel*=":license" i], [property*="license" i], [itemprop~="license" i], '
    'script[type="application/ld+json" i]'
)

# A page that repeats itself, or lies at length, must not make a row of megabytes.
_MOST_MARKS = 64
_LONGEST_MARK = 1000  # characters


class Metadata(NamedTuple):
    """A page about itself."""

    title: str
    """Of the title element, else og:title; blanks collapsed."""
    lang: str
    """The lang (or xml:lang) attribute of html as written, "" if there is none."""
    robots: tuple[str, ...]
    """Wishes about use, verbatim."""
    licences: tuple[str, ...]
    """Targets of rel=license links, resolved against the page's address, and values of licence metas, as written."""


class _Marks(NamedTuple):
    """Distinct strings in the order found."""

    found: dict[str, None]

    def add(self, value: str | None, prefix: str = "") -> None:
        value = " ".join(value.split())[:_LONGEST_MARK] if value else ""
        if value and len(self.found) < _MOST_MARKS:
            self.found.setdefault(prefix + value)


def read_metadata(markup: Markup, headers: Iterable[tuple[str, str]] = (), *, has_licences: bool = True) -> Metadata:
    """Read a page's metadata.

    Args:
        markup: the page; relative licence links are resolved against its address.
        headers: the HTTP headers as (name, value), repeated ones as often as they stand there.
        has_licences: false if the word is not on the page, which saves the search for it.
    """
    robots, licences = _Marks({}), _Marks({})
    titles: list[str] = []
    for name, value in headers:
        if name.lower() in _WISH_HEADERS:
            robots.add(value, f"header {name.lower()}: ")
    tree, url = markup.tree, markup.url
    document = tree.document
    if document is None:
        return Metadata("", "", tuple(robots.found), ())
    for element in document.query_selector_all(
        _METAS_AND_LICENCES if has_licences else _METAS
    ).values():  # iterating without values() is quadratic
        if element.tag == "meta":
            _read_meta(element, robots, licences, titles)
        elif element.tag == "script":
            for licence in _json_licences(element.text or ""):
                licences.add(licence)
        else:
            _read_licence(element, licences, url)
    root = document.document_element
    lang = (root.getattr("lang") or root.getattr("xml:lang") or "") if root is not None else ""
    title = " ".join((tree.title or "").split()) or (titles[0] if titles else "")
    return Metadata(title, lang.strip(), tuple(robots.found), tuple(licences.found))


def _read_meta(element: Any, robots: _Marks, licences: _Marks, titles: list[str]) -> None:
    content = element.getattr("content")
    for attribute in ("name", "property", "http-equiv"):
        name = (element.getattr(attribute) or "").strip().lower()
        if name in _WISH_METAS:
            robots.add(content, f"meta {name}: ")
        elif name in _LICENCE_METAS:
            licences.add(content)
        elif name == "og:title" and content and content.strip():
            titles.append(" ".join(content.split()))


def _read_licence(element: Any, licences: _Marks, url: str | None) -> None:
    rels = set((element.getattr("rel") or "").lower().split())
    properties = f"{element.getattr('property') or ''} {element.getattr('itemprop') or ''}".lower().split()
    if not (rels | set(properties)) & _LICENCE_RELS:
        return
    target = element.getattr("href") or element.getattr("resource")
    if target is not None:
        licences.add(_resolve(target.strip()[:_LONGEST_MARK], url))
    elif properties:
        licences.add(element.getattr("content") or element.text)


def _resolve(target: str, url: str | None) -> str:
    try:
        return urljoin(url, target) if url else target
    except ValueError:  # "http://[": the page's mistake
        return target


def _json_licences(text: str) -> Sequence[str]:
    """Values of every "license" in a JSON-LD script: strings, or the @id, url or name of an object."""
    if '"license"' not in text:
        return ()
    try:
        waiting: list[Any] = [orjson.loads(text)]
    except orjson.JSONDecodeError:  # broken, or nested above orjson's limit
        return ()
    licences: list[str] = []
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting.extend(reversed(value))
        elif isinstance(value, dict):
            named = value.get("license")
            for licence in named if isinstance(named, list) else [named]:
                if isinstance(licence, dict):
                    licence = licence.get("@id") or licence.get("url") or licence.get("name")
                if isinstance(licence, str):
                    licences.append(licence)
            waiting.extend(reversed(list(value.values())))
    return licences
