"""The engine whole: text as people read it, what it tells of its decisions, pages made to hurt, and its quality."""

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gristmill
from gristmill.extract.choice import choose, fill_gaps
from gristmill.extract.main_text import MainText, all_text, load_model, parse
from gristmill.extract.main_text import find_main_text as find_in_array
from gristmill.extract.page_type import PAGE_TYPES
from gristmill.extract.params import MODEL
from gristmill.extract.tokens import tokenize_page
from tests.paths import shared

PROSE = "The harbour wakes before the town does, and nets are mended on the quay while the last boats come in. "
PAGE = f"""<!doctype html><html><head><title>Harbour - The Quay</title></head><body>
<nav><ul><li><a href="/">Home</a><li><a href="/news">All the news</a></ul></nav>
<article><h1>Harbour</h1>{f"<p>{PROSE * 3}</p>" * 4}</article>
<footer><a href="/terms">Terms</a> Copyright 2024, all rights reserved</footer></body></html>"""


def find_main_text(html: bytes) -> MainText:
    return find_in_array(np.frombuffer(html, np.uint8))


def rendered(html: str) -> str:
    """All blocks of a page as text."""
    return all_text(np.frombuffer(html.encode(), np.uint8))


@pytest.mark.parametrize(
    ("html", "said"),
    [
        ("<h1>A</h1><p>b<p>c<br>d", "A\n\nb\n\nc\nd"),
        ("<ul><li>a<li>b<ul><li>c</ul><li>d</ul>e", "- a\n- b\n  - c\n- d\n\ne"),
        ("<ol><li>a<li><p>b<p>c</ol>", "1. a\n2. b\nc"),
        ("<ol start=9><li>a<li>b</ol>", "9. a\n10. b"),
        ("<table><tr><th>a<th>b<tr><td>1<td>2<tr><td><td>4</table>", "a | b\n1 | 2\n| 4"),
        ("<table><tr><td>x<br>y<td>2<tr><td>3<td>4</table>", "x y | 2\n3 | 4"),
        ("<table><tr><td><p>a<p>b<p>c<tr><td>d</table>", "a\n\nb\n\nc\n\nd"),
        ("<pre>a\n  b</pre><pre><code>c</code></pre>", "a\n  b\n\nc"),
        ("<pre><div>a</div><div>  b</div></pre>", "a\n  b"),
        ("<dl><dt>a<dd>b<dt>c<dd>d</dl>", "a\nb\nc\nd"),
        ("<blockquote>a<blockquote>b</blockquote></blockquote>c", "a\n\nb\n\nc"),
    ],
)
def test_structure_is_kept(html: str, said: str) -> None:
    assert rendered(html) == said


def test_the_main_text_is_found() -> None:
    page = gristmill.extract_page(PAGE.encode(), engine="gristmill")
    assert page.text.count(PROSE.strip()) == 12
    assert "Home" not in page.text
    assert "Copyright" not in page.text
    assert page.title == "Harbour - The Quay"
    assert page.page_type in PAGE_TYPES
    assert page.confidence is not None
    assert 0.5 < page.confidence <= 1
    assert [block.tag for block in page.blocks] == ["li", "li", "h1", "p", "p", "p", "p", "footer"]
    assert all(block.probability > 0.5 for block in page.blocks if block.tag == "p")


def test_blocks_tell_what_spoke_for_and_against_them() -> None:
    first, *_, heading, prose, _, _, _, footer = gristmill.extract_page(PAGE.encode(), engine="gristmill").blocks
    assert {"in <nav>", "100% of it are links", "few words"} <= set(first.reasons)
    assert {"in <article>", "says what the title says"} <= set(heading.reasons)
    assert {"in <article>", "a paragraph of prose", "in the densest run of text"} <= set(prose.reasons)
    assert {"in <footer>", "after the densest run of text"} <= set(footer.reasons)


def test_each_block_names_the_bytes_it_came_from() -> None:
    html = PAGE.encode()
    for block in gristmill.extract_page(html, engine="gristmill").blocks:
        assert block.text == " ".join(html[block.begin : block.end].decode().replace("</a>", "").split())


HOSTILE = {
    "divs": b"<div>" * 20_000 + b"deep",
    "unmatched ends": b"<div>" * 500 + b"</p></b></table></li>" * 5_000,
    "links": b"<a href=x>a" * 10_000,
    "paragraphs": b"<p>" * 20_000,
    "lists": b"<ul><li>" * 10_000,
    "tables": b"<table><tr><td>" * 5_000,
    "maths": b"<math>" * 10_000,
    "attributes": b"<p " + b"class=a " * 50_000 + b">x",
    "class tokens": b"<p class='" + b"a b " * 50_000 + b"'>x",
    "references": b"&amp;&notin;&#65;&" * 10_000,
    "longest references": b"&nGt;" * 10_000,
    "comment": b"x<!--" + b"-" * 100_000,
    "script": b"x<script>" + b"</scrip" * 10_000,
    "quotes": b"<q>" * 10_000 + b"a",
    "breaks": b"a<br>" * 10_000,
    "formulas": b"<script type=math/tex>x</script>" * 3_000,
    "one line": b"word " * 100_000,
    "nothing": b"",
    "broken utf-8": b"<p>\xff\xc2<p>\xe2\x80<p>\xf0\x9f" * 100,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_pages_are_ordinary_input(name: str) -> None:
    page = HOSTILE[name]
    main = find_main_text(page)
    parsed = parse(np.frombuffer(page, np.uint8))
    assert len(parsed.blocks.text) <= len(page) * 6 // 5 + 64
    assert len(parsed.blocks.elements) == main.elements <= page.count(b"<") + 2
    assert len(main.text) <= 2 * len(page) + 200
    assert find_main_text(page).text == main.text


@given(
    st.lists(st.integers(1, 40), min_size=1, max_size=7).flatmap(
        lambda sizes: st.tuples(st.just(sizes), st.lists(st.integers(1, 99), min_size=len(sizes), max_size=len(sizes)))
    )
)
def test_the_choice_is_the_best_of_all_sets(drawn: tuple[list[int], list[int]]) -> None:
    sizes, percents = drawn
    chances = [percent / 100 for percent in percents]
    wanted = sum(size * chance for size, chance in zip(sizes, chances, strict=True))
    best = 0.0
    for mask in range(1, 1 << len(sizes)):
        chosen = [place for place in range(len(sizes)) if mask >> place & 1]
        right = sum(sizes[place] * chances[place] for place in chosen)
        best = max(best, 2 * right / (sum(sizes[place] for place in chosen) + wanted))
    kept, expected = choose(np.array(chances, np.float32), np.array(sizes, np.int64))
    right = sum(size * chance for size, chance, is_kept in zip(sizes, chances, kept, strict=True) if is_kept)
    value = 2 * right / (sum(size for size, is_kept in zip(sizes, kept, strict=True) if is_kept) + wanted)
    assert value == pytest.approx(best, abs=1e-5)
    assert expected == pytest.approx(best, abs=1e-5)


def test_a_block_alone_between_two_of_its_parent_is_kept() -> None:
    kept = np.array([1, 0, 1, 0, 1, 0, 0, 1, 0, 1], np.bool_)
    probability = np.array([0.9, 0.2, 0.9, 0.01, 0.9, 0.2, 0.2, 0.9, 0.2, 0.9], np.float32)
    fill_gaps(kept, probability, np.array([5, 5, 5, 5, 5, 5, 5, 5, 6, 5], np.int32))
    assert kept.tolist() == [True, True, True, False, True, False, False, True, False, True]


def test_the_shipped_model_is_small_and_whole() -> None:
    model = load_model()
    assert MODEL.stat().st_size <= 4 * 1024 * 1024
    assert len(model.types.roots) % len(PAGE_TYPES) == 0
    assert np.isfinite(model.linear.names).all()
    assert np.isfinite(model.forest.leaves).all()


def test_quality_does_not_fall() -> None:
    """A floor, not a figure: the model has seen most of these pages (docs/extraction.md has those of unseen sites)."""
    from tests.extract.word_f1 import word_f1

    columns = ["html", "gold_text", "gold_in_page", "source"]
    rows = pq.read_table(shared("extraction", "pages.parquet"), columns=columns).to_pylist()
    unseen = [row for row in rows if row["source"] == "waddle-daniel" and row["gold_in_page"] >= 0.5][:60]
    scores = [word_f1(find_main_text(row["html"]).text, row["gold_text"]) for row in unseen]
    assert sum(scores) / len(scores) > 0.84


def test_a_page_of_nothing_but_tokens_costs_no_more_than_they_do() -> None:
    data = np.frombuffer(b"<b>" * 1000, np.uint8)
    assert len(tokenize_page(data).rows) == 1001


def test_a_page_that_is_in_noscript_is_read() -> None:
    """As Discourse sends it to crawlers; beside text outside, what is there is a notice or a pixel."""
    creator = "<span class=creator><a href=/u/ann>ann</a></span>"
    post = f'<div class="topic-body crawler-post">{creator}<div class=post><p>{PROSE * 3}</p></div></div>'
    html = (
        f"<title>Nets</title><body class=crawler><div id=app>Loading</div><noscript><h1>Nets</h1>{post * 3}</noscript>"
    )
    assert gristmill.extract_page(html.encode()).text.count(PROSE.strip()) == 9
    notice = PAGE.replace(
        "<nav>", "<noscript><p>Please switch JavaScript on to see all of this page.</p></noscript><nav>"
    )
    assert "JavaScript" not in gristmill.extract_page(notice.encode()).text
