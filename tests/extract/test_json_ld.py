"""Texts that only a script of JSON-LD holds: when they are taken, how they are written, and where they came from."""

import json
from typing import Any

import pytest

import gristmill
from gristmill.extract.json_ld import licences_in, read_script, text_in
from gristmill.extract.page import Page
from gristmill.extract.params import Params
from gristmill.extract.speaking import Told

PROSE = "The mill grinds slowly, and the miller waits for the wind & rain to turn. " * 4
SHELL = '<title>Mill</title><div id=root>Loading</div><script type="application/ld+json">{}</script><script src=app.js></script>'


def page_of(value: Any, html: str = SHELL, **params: Any) -> Page:
    return gristmill.extract_page(html.format(json.dumps(value)).encode(), params=Params.model_validate(params))


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (PROSE, PROSE.strip()),
        (f"{PROSE}\n\nSecond.\nThird", f"{PROSE.strip()}\n\nSecond.\n\nThird"),
        (f"<p>{PROSE}</p><ul><li>one</li></ul>", f"{PROSE.strip()}\n\n- one"),
        (f"&lt;p&gt;{PROSE}&lt;p&gt;a &amp;lt; b", f"{PROSE.strip()}\n\na < b"),
        (f"{PROSE}a < b &amp; c", f"{PROSE}a < b & c"),
    ],
)
def test_an_article_that_the_page_does_not_show(body: str, text: str) -> None:
    page = page_of({"@graph": [{"@type": "WebPage"}, {"@type": ["NewsArticle"], "articleBody": body}]})
    assert (page.text, page.text_source, page.confidence) == (text, "json-ld", None)


def test_the_script_is_where_it_came_from() -> None:
    html = SHELL.format(json.dumps({"@type": "Article", "articleBody": PROSE})).encode()
    shown, script = gristmill.extract_page(html).blocks
    assert (shown.text, shown.kept) == ("Loading", False)
    assert (script.text, script.kept, script.tag) == (PROSE.strip(), True, "script")
    assert json.loads(html[script.begin : script.end])["articleBody"] == PROSE


def test_a_page_that_shows_its_text_is_read_from_what_it_shows() -> None:
    shown = f"<article><h1>Mill</h1><p>{PROSE}</article>{SHELL}"
    page = page_of({"@type": "Article", "articleBody": PROSE * 2}, shown)
    assert page.text_source == "page"
    assert page.text.count(PROSE.strip()) == 1
    assert page_of({"@type": "Article", "articleBody": "A teaser of few words."}).text_source == "page"
    assert page_of({"@type": "Product", "text": PROSE, "description": PROSE}).text_source == "page"


def test_questions_and_posts_keep_their_order() -> None:
    answers = [{"@type": "Answer", "text": f"{PROSE}Two."}, {"@type": "Answer", "text": "Three."}]
    question = {"@type": "Question", "text": "One.", "suggestedAnswer": answers}
    assert page_of({"@type": "QAPage", "mainEntity": question}).text == f"One.\n\n{PROSE}Two.\n\nThree."
    reply = {"@type": "Comment", "text": "Two."}
    posting = {"@type": "DiscussionForumPosting", "text": PROSE, "comment": [reply, reply]}
    assert page_of(posting).text == f"{PROSE.strip()}\n\nTwo."
    assert page_of(posting, comments="drop").text == PROSE.strip()


def test_the_longest_of_several_scripts() -> None:
    script = '<script type="application/ld+json">{}</script>'
    html = "".join(script.format(json.dumps({"articleBody": PROSE * times})) for times in (1, 3, 2))
    assert gristmill.extract_page(html.encode()).text == (PROSE * 3).strip()


@pytest.mark.parametrize(
    "text",
    ["", "{", "[" * 100_000, "{" * 30_000, '{"articleBody": 7}', "[1, NaN, 1e999]", f'{{"a": {"9" * 5000}}}', "7"],
)
def test_broken_and_absurd_scripts_have_nothing(text: str) -> None:
    told = Told("script", {}, text, 0, len(text))
    value = read_script(told)
    assert licences_in(value) == []
    assert text_in(value, told, "auto") is None


def test_line_ends_in_strings_are_forgiven() -> None:
    told = Told("script", {}, '{"articleBody": "one\ntwo"}', 5, 31)
    script = text_in(read_script(told), told, "auto")
    assert script is not None
    assert (script.html, script.begin, script.end) == ("one<p>two", 5, 31)
