"""What a page says about itself: title, language, author, day, wishes about its use, licences. Read from its tokens.

Wishes (`robots`) are recorded verbatim and judged later, one string each, headers first: "header x-robots-tag: noai",
"header tdm-reservation: 1", "meta robots: noai, noimageai". Sources: X-Robots-Tag and robots metas of any of the agents
below, TDMRep (W3C community report, 2024), Content-Usage (IETF AIPREF drafts).
"""

import re
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import urljoin

from gristmill.extract.engines import Markup
from gristmill.extract.json_ld import ScriptText, licences_in, read_script, text_in
from gristmill.extract.params import Comments
from gristmill.extract.speaking import Told, name_hashes, speaking_tags

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
_AUTHOR_METAS = frozenset(
    {"author", "article:author", "dc.creator", "dcterms.creator", "citation_author", "parsely-author"}
)
_DATE_NAMES = """
    article:published_time og:published_time datepublished pubdate publishdate publish-date date dc.date dc.date.issued
    dcterms.date dcterms.created dcterms.issued citation_publication_date citation_date parsely-pub-date sailthru.date
"""
_DATE_METAS = frozenset(_DATE_NAMES.split())
_METAS = name_hashes({"og:title", *_WISH_METAS, *_LICENCE_METAS, *_AUTHOR_METAS, *_DATE_METAS})
_JSON_KEYS = ('"license"', '"articleBody"', '"text"')
_DATE = re.compile(r"\s*(\d{4})[-/.](\d{2})[-/.](\d{2})(?!\d)")
_FIRST_DAY = "1990-01-01"

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
    author: str = ""
    """As a meta element names one."""
    published: str = ""
    """Day of publication that a meta element names, YYYY-MM-DD; "" if there is none or it is after the capture."""
    canonical: str = ""
    """Target of rel=canonical, resolved."""
    text: ScriptText | None = None
    """The longest text that a script of JSON-LD holds."""


class _Marks(NamedTuple):
    """Distinct strings in the order found."""

    found: dict[str, None]

    def add(self, value: str | None, prefix: str = "") -> None:
        value = " ".join(value.split())[:_LONGEST_MARK] if value else ""
        if value and len(self.found) < _MOST_MARKS:
            self.found.setdefault(prefix + value)


def read_metadata(
    markup: Markup, headers: Iterable[tuple[str, str]] = (), *, captured: str = "", comments: Comments = "auto"
) -> Metadata:
    """Read a page's metadata.

    Args:
        markup: the page; relative links are resolved against its address.
        headers: the HTTP headers as (name, value), repeated ones as often as they stand there.
        captured: when the page was captured, ISO 8601; a date of publication after it is none.
        comments: "drop" leaves comments out of the text.
    """
    robots, licences = _Marks({}), _Marks({})
    said: dict[str, str] = {}
    for name, value in headers:
        if name.lower() in _WISH_HEADERS:
            robots.add(value, f"header {name.lower()}: ")
    lang, longest = "", None
    for told in speaking_tags(markup.data, markup.tokens, _METAS):
        if told.tag == "html":
            lang = lang or told.get("lang") or told.get("xml:lang")
        elif told.tag == "title":
            said.setdefault("title", " ".join(told.text.split()))
        elif told.tag == "meta":
            _read_meta(told, robots, licences, said)
        elif told.tag == "script":
            longest = _read_json(told, licences, comments, longest)
        else:
            if told.tag == "link" and "canonical" in told.get("rel").lower().split() and told.get("href"):
                said.setdefault("canonical", _resolve(told.get("href").strip()[:_LONGEST_MARK], markup.url))
            _read_licence(told, licences, markup.url)
    return Metadata(
        said.get("title") or said.get("og:title", ""),
        lang.strip(),
        tuple(robots.found),
        tuple(licences.found),
        author=said.get("author", ""),
        published=_day(said.get("published", ""), captured),
        canonical=said.get("canonical", ""),
        text=longest,
    )


def _read_json(told: Told, licences: _Marks, comments: Comments, longest: ScriptText | None) -> ScriptText | None:
    """Note the licences in a script of JSON-LD; the longest text so far."""
    if not any(key in told.text for key in _JSON_KEYS):
        return longest
    value = read_script(told)
    for licence in licences_in(value):
        licences.add(licence)
    text = text_in(value, told, comments)
    return max(filter(None, (longest, text)), key=lambda script: len(script.html), default=None)


def _read_meta(told: Told, robots: _Marks, licences: _Marks, said: dict[str, str]) -> None:
    content = told.get("content")
    value = " ".join(content.split())[:_LONGEST_MARK]
    for attribute in ("name", "property", "http-equiv", "itemprop"):
        name = told.get(attribute).strip().lower()
        if name in _WISH_METAS:
            robots.add(content, f"meta {name}: ")
        elif name in _LICENCE_METAS:
            licences.add(content)
        elif value and name == "og:title":
            said.setdefault("og:title", value)
        elif value and name in _AUTHOR_METAS and not value.startswith(("http://", "https://")):
            said.setdefault("author", value)
        elif value and name in _DATE_METAS:
            said.setdefault("published", value)


def _day(value: str, captured: str) -> str:
    """A date as YYYY-MM-DD if it is one, not before the web and not after the capture; else ""."""
    match = _DATE.match(value)
    if match is None:
        return ""
    day = "-".join(match.groups())
    is_possible = day >= _FIRST_DAY and "01" <= match[2] <= "12" and "01" <= match[3] <= "31"
    return day if is_possible and (not captured or day <= captured[:10]) else ""


def _read_licence(told: Told, licences: _Marks, url: str | None) -> None:
    rels = set(told.get("rel").lower().split())
    properties = f"{told.get('property')} {told.get('itemprop')}".lower().split()
    if not (rels | set(properties)) & _LICENCE_RELS:
        return
    target = told.get("href") or told.get("resource")
    if target:
        licences.add(_resolve(target.strip()[:_LONGEST_MARK], url))
    elif properties:
        licences.add(told.get("content") or told.text)


def _resolve(target: str, url: str | None) -> str:
    try:
        return urljoin(url, target) if url else target
    except ValueError:  # "http://[": the page's mistake
        return target
