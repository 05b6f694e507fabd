"""One page at a time: text, limits, both engines."""

import pickle
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from resiliparse.parse.html import HTMLTree

from gristmill.core.errors import UsageError
from gristmill.extract.engines import ENGINES
from gristmill.extract.page import PageError, extract_page
from gristmill.extract.params import ERRORS, Params

PARAGRAPH = (
    "The harbour wakes before the town does. Nets are mended on the quay while the last boats come in from the night. "
)
ARTICLE = f"""<!doctype html><html lang="en"><head><title>Harbour</title></head><body>
<nav><a href="/">Home</a> <a href="/news">All the news</a></nav>
<article><h1>Harbour</h1><p>{PARAGRAPH * 3}</p><h2>Boats</h2><p>{PARAGRAPH * 2}</p>
<div><div><ul><li>herring</li><li>cod</li></ul></div></div><pre>tide = 4
  wind = 2</pre></article>
<footer>Copyright nobody</footer></body></html>""".encode()


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_engines_find_the_main_text(engine: str) -> None:
    page = extract_page(ARTICLE, url="https://example.org/harbour", engine=engine)
    assert page.text.count(PARAGRAPH.strip()) >= 2
    assert "Boats" in page.text.splitlines()
    assert "herring" in page.text or engine == "gristmill"  # two words after the text: its classifier is not sure
    assert "All the news" not in page.text
    assert (page.title, page.lang, page.charset, page.charset_source) == ("Harbour", "en", "utf-8", "utf-8")
    assert page.html_bytes == len(ARTICLE)
    assert page.text_bytes == len(page.text.encode())
    assert extract_page(ARTICLE, url="https://example.org/harbour", engine=engine) == page


def test_structure_that_resiliparse_keeps() -> None:
    lines = extract_page(ARTICLE, engine="resiliparse").text.splitlines()
    assert lines[lines.index("Boats") - 1] == ""
    assert "  • herring" in lines
    assert "  wind = 2" in lines


def test_the_text_is_clean() -> None:
    html = "<p>cafe\u0301 so&shy;ft zero\u200bwidth a&nbsp;b line&#13;end &#xD800; &#0; می\u200cخواهم".encode()
    text = extract_page(html).text
    assert text.startswith("café soft zerowidth a b line")
    assert unicodedata.is_normalized("NFC", text)
    assert "می\u200cخواهم" in text  # the joiner is spelling
    assert not {"\0", "\r", "\xad", "\u200b", "\xa0"} & set(text)


def test_markup_is_not_normalised_before_it_is_parsed() -> None:
    assert "text" in extract_page("<p>\u0338text and more</p>".encode()).text  # NFC makes ">" and U+0338 one character


def test_undecodable_places_are_counted() -> None:
    body = ("<p>" + "Größe ändert sich. " * 50 + "</p>").encode() + b"\xe9\n"
    assert extract_page(body, content_type="text/html; charset=utf-8").undecodable == 1


@pytest.mark.parametrize(
    ("html", "limits", "error_class"),
    [
        (b"<p>" + b"x" * 2000, {"max_html_bytes": 1000}, "extract.too_large"),
        (b"<p>x" * 2000, {"max_elements": 1000}, "extract.too_many_elements"),
        (b"<div>" * 50_000 + b"text", {}, "extract.too_deep"),
        (b"<b>" * 50_000 + b"text", {}, "extract.too_deep"),
        (b"<d\0iv>" * 50_000 + b"text", {}, "extract.too_deep"),
        ("<div>".encode("utf-16") + "<div>".encode("utf-16-le") * 50_000, {}, "extract.too_deep"),
        (b"<p " + b"".join(b"a%d=1 " % i for i in range(20_000)) + b">text", {}, "extract.too_many_attributes"),
        (b"<p>" + b"word " * 1000, {"max_text_bytes": 1000}, "extract.too_much_text"),
    ],
)
def test_limits(html: bytes, limits: dict[str, int], error_class: str) -> None:
    with pytest.raises(PageError) as caught:
        extract_page(html, params=Params.model_validate(limits | {"engine": "resiliparse"}))
    assert caught.value.error_class == error_class
    assert error_class in ERRORS
    again = pickle.loads(pickle.dumps(caught.value))
    assert (again.error_class, str(again)) == (error_class, str(caught.value))


@pytest.mark.parametrize(
    "html",
    [
        b"<p>" + b"&amp;&lt;&notit;" * 60_000,
        b"<p>" + b"&#x110000;&#;&#999999999999;&nosuch" * 20_000,
        b"<p>" + b"word " * 1_000_000,  # 5 MB on one line
        b"<p title='" + b"x" * 1_000_000 + b"'>text",
        b"<p>text" + b"<!-- " * 100_000,
        b"<p>text<script>" + b"</scrip" * 100_000,
        b"<p>text" + b"<" * 500_000,
        b"<p>text" + b"</p>" * 20_000,
        b"<p>text \xe9" + b"<" * 500_000,
        b"<p>text \xe9" + b"<script>" * 60_000,
        b"<p>text \xe9" + b"<!--" * 100_000,
        b"<p>text \xe9" + b"<meta charset=" * 40_000,
    ],
    ids=[
        "entities",
        "bad-entities",
        "long-line",
        "long-attribute",
        "comments",
        "script",
        "brackets",
        "end-tags",
        *map("latin-{}".format, range(4)),
    ],
)
def test_ordinary_hostility_is_read(html: bytes) -> None:
    assert extract_page(html).text


@pytest.mark.parametrize("engine", sorted(ENGINES))
@pytest.mark.parametrize(
    "html", [b"", b" \n", b"\0", b"<html></html>", b"<script>x()</script>", b"no tags", b"<", b"\xff\xfe"]
)
def test_pages_of_little(html: bytes, engine: str) -> None:
    assert len(extract_page(html, engine=engine).text) <= len(html)


@settings(max_examples=200)
@given(st.binary(max_size=500) | st.text("<>/!-='\"& ;#x abpdivtrlu\n\0é\u0301").map(str.encode))
def test_any_bytes_are_a_page(html: bytes) -> None:
    page = extract_page(html)
    page.text.encode()
    assert "\0" not in page.text
    assert extract_page(html) == page


def test_what_an_engine_throws_becomes_an_error_with_its_class(monkeypatch: pytest.MonkeyPatch) -> None:
    class PanicException(BaseException):
        pass

    for thrown in (ValueError("odd page"), RecursionError(), PanicException("index out of range")):

        def engine(*_: object, thrown: BaseException = thrown) -> str:
            raise thrown

        monkeypatch.setitem(ENGINES, Params().engine, engine)
        with pytest.raises(PageError, match=type(thrown).__name__) as caught:
            extract_page(ARTICLE)
        assert caught.value.error_class == "extract.engine_error"


def test_a_parser_that_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        @staticmethod
        def parse(html: str) -> HTMLTree:
            raise ValueError("no tree")

    monkeypatch.setattr("gristmill.extract.engines.HTMLTree", Broken)
    with pytest.raises(PageError) as caught:
        extract_page(ARTICLE, engine="resiliparse")
    assert caught.value.error_class == "extract.parser_error"


@pytest.mark.parametrize("thrown", [MemoryError, KeyboardInterrupt])
def test_what_is_not_the_pages_fault_passes(thrown: type[BaseException], monkeypatch: pytest.MonkeyPatch) -> None:
    def engine(_: object, comments: object) -> str:
        raise thrown

    monkeypatch.setitem(ENGINES, Params().engine, engine)
    with pytest.raises(thrown):
        extract_page(ARTICLE)


def test_an_unknown_engine_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="no engine 'lynx'; choose one of gristmill, resiliparse, trafilatura"):
        extract_page(ARTICLE, engine="lynx")
