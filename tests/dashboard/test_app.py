"""The page runs without errors in Streamlit's own test harness, and what it says is true and escaped."""

import sys
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from gristmill.dashboard.markup import escape
from gristmill.pipelines.ledger import open_ledger
from gristmill.pipelines.runs import read_run
from gristmill.pipelines.store import open_store
from tests.dashboard.stores import ATTACKS, HOSTILE_URL, MAIL, SCRIPT_URL, TITLE
from tests.paths import ROOT

pytestmark = pytest.mark.xdist_group("dashboard")  # its store is made once

APP = ROOT / "dashboard" / "app.py"


def open_page(monkeypatch: pytest.MonkeyPatch, store: str | Path, section: str = "Overview", **query: str) -> AppTest:
    monkeypatch.setattr(sys, "argv", ["app.py", "--store", str(store)])
    page = AppTest.from_file(str(APP), default_timeout=300)
    page.query_params["section"] = section
    for name, value in query.items():
        page.query_params[name] = value
    page.run()
    assert not page.exception, page.exception
    return page


def bodies(page: AppTest) -> str:
    return "\n".join(str(one.proto.body) for one in page.get("html"))


def charts(page: AppTest) -> int:
    return len(page.get("vega_lite_chart"))


def test_overview_tells_the_run_and_its_size(shown_store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = open_page(monkeypatch, shown_store)
    store = open_store(str(shown_store))
    run = read_run(store)
    shown = bodies(page)
    assert run.id in shown and run.root in shown and "every record accounted for" in shown
    assert "What the &lt;b&gt;tests&lt;/b&gt; show." in shown
    ledger = open_ledger(store, run.id)
    for sql in ("SELECT sum(length) FROM shards", "SELECT count(*) FROM documents", "SELECT count(*) FROM kept"):
        ((number,),) = ledger.execute(sql).fetchall()
        assert f"<b>{number:,}</b>" in shown
    assert charts(page) == 2
    assert [row["name"] for row in told(page.dataframe[0])] == [stage.name for stage in run.stages]


def told(frame: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = frame.value.rename(columns={"stage": "name"}).to_dict("records")
    return rows


@pytest.mark.parametrize(("section", "drawn"), [("Signals", 1), ("Languages and domains", 2), ("Duplicates", 1)])
def test_sections_draw_their_charts(
    shown_store: Path, monkeypatch: pytest.MonkeyPatch, section: str, drawn: int
) -> None:
    assert charts(open_page(monkeypatch, shown_store, section)) >= drawn


def test_every_signal_of_a_stage_can_be_drawn(shown_store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = open_page(monkeypatch, shown_store, "Signals")
    for stage in page.selectbox(key="signal_stage").options:
        page.selectbox(key="signal_stage").set_value(stage).run()
        assert not page.exception
        for signal in page.selectbox(key=f"signal_{stage}").options[:3]:
            page.selectbox(key=f"signal_{stage}").select(signal).run()
            assert not page.exception and charts(page) + len(page.caption) == 1


def test_the_threshold_of_the_run_is_told(shown_store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = open_page(monkeypatch, shown_store, "Signals")
    page.selectbox(key="signal_heuristics").select("gopher_quality.mean_word_len").run()
    assert "fails below gopher_quality.min_mean_word_len = 3" in bodies(page)
    assert "fails above gopher_quality.max_mean_word_len = 10" in bodies(page)


def test_removals_can_be_narrowed(shown_store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = open_page(monkeypatch, shown_store)
    page.pills(key="removal_stages").set_value(["extract"]).run()
    page.toggle(key="removal_all").set_value(True).run()
    page.selectbox(key="removal_order").set_value("rule").run()
    assert not page.exception and charts(page) == 2


def test_a_hostile_page_is_shown_as_text(shown_store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = open_page(monkeypatch, shown_store, "Documents", find="hostile.example/")
    shown = bodies(page)
    for attack in ATTACKS:
        assert escape(attack) in shown
    assert escape(TITLE) in shown
    for tag in ("<script", "<img", "<svg", "<iframe", "<style>@"):
        assert tag not in shown
    assert page.code[0].value == HOSTILE_URL
    assert all(text not in str(one.value) for text in (*ATTACKS, "hostile") for one in page.markdown)


def test_only_web_addresses_are_links(shown_store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    links = open_page(monkeypatch, shown_store, "Documents", find="https://hostile.example/").get("link_button")
    assert [link.proto.url for link in links] == [HOSTILE_URL]
    page = open_page(monkeypatch, shown_store, "Documents", find="javascript:")
    assert page.code[0].value == SCRIPT_URL
    assert not page.get("link_button")


def test_personal_data_is_marked_in_the_extracted_text(shown_store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = open_page(monkeypatch, shown_store, "Documents", find="javascript:")
    assert f'<mark title="email">{MAIL}</mark>' in bodies(page)
    page.segmented_control(key="text_kind").set_value("as encoded").run()
    assert not page.exception
    assert MAIL not in bodies(page) and "&lt;EMAIL&gt;" in bodies(page)


def test_a_duplicate_leads_to_its_survivor(shown_store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = open_page(monkeypatch, shown_store, "Documents", find="https://hostile.example/")
    assert "Rejected by exact" in bodies(page)
    next(button for button in page.button if button.label == "Read the survivor").click().run()
    assert not page.exception
    assert page.code[0].value == SCRIPT_URL


def test_searches_that_find_nothing_or_no_text(shown_store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = open_page(monkeypatch, shown_store, "Documents", find="no such address")
    assert [one.value for one in page.caption] == ["Nothing was found."]
    page = open_page(monkeypatch, shown_store, "Documents")
    page.selectbox(key="find_stage").set_value("extract").run()
    page.selectbox(key="find_outcome").set_value("rejected").run()
    assert not page.exception
    assert "This record became no document, so it has no text." in [one.value for one in page.caption]


def test_a_missing_store_is_told_in_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = open_page(monkeypatch, tmp_path)
    assert len(page.error) == 1
    assert "has no run" in page.text[0].value
