import pytest

from gristmill.dashboard import search
from gristmill.dashboard.search import Search
from tests.dashboard.ledgers import page_id, tiny_ledger


def found(wanted: Search) -> list[str]:
    """The ids found, with the count that goes with them checked."""
    ledger = tiny_ledger()
    rows = search.find_page(ledger, wanted, 0)
    assert search.count_found(ledger, wanted) == len(rows)
    return [row["id"] for row in rows]


PAGES = [page_id(i) for i in range(10)]
NO_HTML, BROKEN = "aa" * 16, "bb" * 16


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Search(), [*PAGES, BROKEN]),
        (Search("a.EXAMPLE/page/3"), [PAGES[3]]),
        (Search("%"), []),  # no wildcards
        (Search(PAGES[4].upper()), [PAGES[4]]),
        (Search(outcome="kept"), PAGES[:7]),
        (Search(outcome="rejected"), PAGES[7:]),
        (Search(outcome="failed"), [BROKEN]),
        (Search(rule="gopher_quality.min_words"), PAGES[8:]),
        (Search(stage="heuristics", rule="gopher_quality.min_words"), [PAGES[8]]),
        (Search(stage="heuristics", rule="gopher_quality.min_words", beside=True), PAGES[8:]),
        (Search(stage="heuristics", outcome="kept"), PAGES[:8]),
        (Search(stage="minhash"), PAGES[:8]),
        (Search("b.example", stage="minhash", outcome="rejected"), [PAGES[7]]),
        (Search(stage="extract", outcome="rejected"), [NO_HTML]),
        (Search(stage="extract", rule="extract.not_html"), [NO_HTML]),
        (Search("' OR 1=1 --"), []),
    ],
)
def test_search_finds(wanted: Search, expected: list[str]) -> None:
    assert found(wanted) == expected


def test_the_list_names_the_rules_that_removed_a_page() -> None:
    rules = {row["id"]: row["rules"] for row in search.find_page(tiny_ledger(), Search(), 0)}
    assert rules[PAGES[9]] == ["language.low_score"]  # not those of stages that judged it afterwards
    assert rules[PAGES[7]] == ["minhash.near_duplicate"]
    assert rules[PAGES[0]] == []
    assert rules[BROKEN] == ["DepthError"]


def test_pages_do_not_overlap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "PAGE_ROWS", 4)
    pages = [search.find_page(tiny_ledger(), Search(), page) for page in range(4)]
    assert [row["id"] for page in pages for row in page] == [*PAGES, BROKEN]
    assert [len(page) for page in pages] == [4, 4, 3, 0]


def test_texts_are_cut_and_their_length_told() -> None:
    ledger = tiny_ledger()
    row = search.read_text(ledger, PAGES[2], edited=False)
    assert row and row["text"].startswith("Text of page 2.") and row["title"] == "Title 2"
    assert len(row["text"]) == search.TEXT_CHARACTERS < row["characters"] == 50_014
    edited = search.read_text(ledger, PAGES[2], edited=True)
    assert edited and edited["text"].startswith("Edited Text")
    assert search.read_text(ledger, PAGES[8], edited=True) is None
    assert search.read_text(ledger, NO_HTML, edited=False) is None
