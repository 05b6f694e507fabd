"""Verdict tables, and what judging only the living changes: fewer rows judged, the same documents kept."""

import itertools
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from gristmill.core.verdict import Verdict
from gristmill.pipelines import verdicts
from gristmill.pipelines.funnel import funnel
from gristmill.pipelines.receipts import Counts, Output, Receipt
from gristmill.pipelines.steps.judge import Tally
from gristmill.pipelines.store import Store
from gristmill.pipelines.tables import table_writer
from tests.crawl.warcs import warc
from tests.pipelines.conftest import Crawl
from tests.pipelines.serial import finish, write_recipe

IDS = pa.array([bytes([row]) * 16 for row in range(4)], pa.binary(16))
ALIVE = np.array([True, True, False, False])
ALL = np.ones(4, bool)


def verdict(short: list[bool]) -> Verdict:
    words = np.arange(len(short), dtype=np.int64)
    labels = pa.array([None if each else "en" for each in short], pa.string())
    failed = {"a.short": np.array(short, bool), "a.empty": np.zeros(len(short), bool)}
    return Verdict({"a.words": words, "a.label": labels}, failed)


def test_a_row_for_each_document() -> None:
    table = verdicts.from_verdict(IDS, ALIVE, ALL, verdict([True, False, True, False]))
    assert table.to_pylist()[0] == {
        "id": b"\0" * 16,
        "alive": True,
        "outcome": "rejected",
        "rules": ["a.short"],
        "signals": {"a.words": 0, "a.label": None},
    }
    assert table["outcome"].to_pylist() == ["rejected", "kept", "rejected", "kept"]
    assert table["alive"].to_pylist() == ALIVE.tolist()


def test_documents_that_were_not_judged_have_rows_too() -> None:
    """A verdict on two of four: the others have neither outcome nor rules nor signals."""
    judged = np.array([False, True, False, True])
    table = verdicts.from_verdict(IDS, ALIVE, judged, verdict([True, False]))
    assert table["outcome"].to_pylist() == [None, "rejected", None, "kept"]
    assert table["rules"].to_pylist() == [[], ["a.short"], [], []]
    signals = table["signals"].to_pylist()
    assert (signals[0], signals[2]) == (None, None)
    assert (signals[1], signals[3]) == ({"a.words": 0, "a.label": None}, {"a.words": 1, "a.label": "en"})


def test_no_documents() -> None:
    empty = verdicts.from_verdict(IDS[:0], ALIVE[:0], ALL[:0], verdict([]))
    assert empty.num_rows == 0
    assert empty.schema == verdicts.from_verdict(IDS, ALIVE, ALL, verdict([True] * 4)).schema


def test_a_stage_without_signals() -> None:
    table = verdicts.from_verdict(IDS, ALIVE, ALL, Verdict({}, {}))
    assert table["signals"].to_pylist() == [{}] * 4
    assert set(table["outcome"].to_pylist()) == {"kept"}


def test_the_living_and_the_others_are_counted_apart() -> None:
    tally = Tally()
    for rows in ([True, False, True, False], [True, True, False, False]):
        tally.add(verdicts.from_verdict(IDS, ALIVE, ALL, verdict(rows)))
    result = tally.result("document")
    assert result.counts == Counts(4, 1, 3, 0)
    assert result.reasons == {"a.short": 3}
    assert result.beside == {"judged": 4, "reasons": {"a.short": 1}}


@pytest.fixture
def stored(tmp_path: Path) -> tuple[Store, Receipt]:
    """Verdicts in a store, in two row groups, and their receipt."""
    store = Store(str(tmp_path))
    table = verdicts.from_verdict(IDS, ALIVE, np.array([True, True, True, False]), verdict([True, False, False]))
    with table_writer(store, "v.parquet", table.schema) as writer:
        writer.write(table[:3])
        writer.write(table[3:])
    outputs = (Output("verdicts", "v.parquet", 4, writer.bytes, writer.digest),)
    return store, Receipt("a", "k", "judge", "n", "f", "document", Counts(), outputs=outputs)


def test_who_is_alive_behind_a_stage(stored: tuple[Store, Receipt]) -> None:
    assert verdicts.alive_after(*stored, 4).tolist() == [False, True, False, False]
    assert verdicts.alive_after(stored[0], None, 3).tolist() == [True] * 3


def test_signals_for_later_stages(stored: tuple[Store, Receipt]) -> None:
    ids, found = verdicts.read_signals(*stored, ["a.label", "a.words", "b.label"])
    assert len(ids) == 4
    assert found.keys() == {"a.label", "a.words"}
    assert found["a.label"].to_pylist() == [None, "en", "en", None]


def test_judging_only_the_living_keeps_the_same_documents(small_crawl: Crawl, recipe: Path, tmp_path: Path) -> None:
    living = 'scope = "alive"'
    saving = write_recipe(tmp_path / "saving.toml", urls=living, language=living, heuristics=living, quality=living)
    thrifty = finish(saving, [small_crawl.folder], tmp_path / "thrifty")
    thorough = finish(recipe, [small_crawl.folder], tmp_path / "thorough")
    for table in ("shards", "kept", "duplicates"):
        assert thrifty.sql(f"SELECT * FROM {table} ORDER BY ALL") == thorough.sql(f"SELECT * FROM {table} ORDER BY ALL")
    few, all_of_them = (funnel(each.run)["stages"] for each in (thrifty, thorough))
    for name in ("in", "kept", "rejected", "failed", "reasons"):
        assert [stage[name] for stage in few] == [stage[name] for stage in all_of_them]
    assert [stage["beside"]["judged"] for stage in few] == [0] * len(few)
    assert sum(stage["beside"]["judged"] for stage in all_of_them) > 0
    judged = thrifty.sql("SELECT count(*) AS n FROM verdicts WHERE NOT alive AND stage <> 'extract'")
    assert judged == [{"n": 0}]


def test_signals_reach_the_stages_behind_one_that_edits(small_crawl: Crawl, tmp_path: Path) -> None:
    before, behind = "[stages.fetch]\n[stages.extract]\n[stages.language]\n", "[stages.encode]\n[stages.shards]\n"
    judging = 'languages = ["de", "en", "fr"]\n[stages.lines]\n[stages.heuristics]\nfamilies = ["gopher_quality"]\n'
    (tmp_path / "edits.toml").write_text(f"{before}{judging}{behind}")
    finished = finish(tmp_path / "edits.toml", [small_crawl.folder], tmp_path / "store")
    rows = finished.sql(
        "SELECT l.signals.\"language.label\" AS language, list_contains(h.rules, 'gopher_quality.stop_words') AS failed "
        "FROM verdicts_heuristics h JOIN verdicts_language l USING (id)"
    )
    assert {row["language"] for row in rows} > {"en"}
    others = [row["failed"] for row in rows if row["language"] != "en"]
    assert not any(others)  # stop words are asked of English alone


def test_signals_of_extraction_reach_the_stages(tmp_path: Path) -> None:
    """Of records most become no document, so that rows do not line up."""
    prose = (
        "<p>The area of the wheel is A = 19.6, and so the mill at the river grinds. Its wheel turns in the flood.</p>"
    )
    heads = ("", "<script src='MathJax.js'></script>", "<link href='x.css'>")
    captures = [
        warc(
            b"HTTP/1.1 %d OK\r\nContent-Type: text/html\r\n\r\n" % status + f"<html>{head}<body>{prose * 3}".encode(),
            number=n,
        )
        for n, (status, head) in enumerate(itertools.product((404, 200), heads))
    ]
    (tmp_path / "pages.warc").write_bytes(b"".join(captures))
    stages = (
        "[stages.fetch]\n[stages.extract]\nmath_marks = true\n[stages.math_pages]\n[stages.encode]\n[stages.shards]\n"
    )
    (tmp_path / "maths.toml").write_text(stages)
    finished = finish(tmp_path / "maths.toml", [tmp_path / "pages.warc"], tmp_path / "store")
    rows = finished.sql('SELECT signals."math.html_marks" AS marks FROM verdicts_math_pages')
    assert [row["marks"] for row in rows] == [0, 1, 0]
