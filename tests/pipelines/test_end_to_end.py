"""Whole runs against what is known about their input: the sample's truth table, and real pages."""

import itertools
import random
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from gristmill.pipelines.export import kept_documents
from gristmill.pipelines.funnel import funnel
from gristmill.pipelines.ledger import open_ledger
from gristmill.pipelines.story import story
from gristmill.pipelines.tracing import run_vocabulary, shard_receipts, shard_tokens, trace
from gristmill.samples.truth import fate
from tests.dedup.tables import jaccard, shingles
from tests.paths import shared
from tests.pipelines.conftest import Crawl
from tests.pipelines.serial import Finished, finish, write_recipe

Told = tuple[Crawl, Finished]

REASONS = {
    "blocked": "urls.blocked_domain",
    "optout-meta": "optout.noai",
    "optout-tdm": "optout.tdm",
    "pdf": "extract.not_html",
    "json": "extract.not_html",
    "image": "extract.not_html",
    "status-404": "extract.bad_status",
    "status-301": "extract.bad_status",
    "empty": "extract.empty_body",
    "short": "gopher_quality.min_words",
    "salad": "gopher_quality.stop_words",
    "stuffing": "gopher_repetition.dup_10gram_char_frac",
    "repeated": "gopher_repetition.dup_line_frac",
    "lorem": "c4.lorem_ipsum",
}
"""A reason that each plant must have among others, whoever removed it first."""


def captures(told: Told) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Each capture of the truth table with the ledger's record of it."""
    crawl, finished = told
    records = {(row["file"], row["offset"]): row for row in finished.sql("SELECT * FROM records")}
    return [(row, records[row["file"], row["offset"]]) for row in crawl.truth]


def reasons(finished: Finished) -> dict[bytes, list[dict[str, Any]]]:
    found = defaultdict(list)
    for row in finished.sql("SELECT * FROM reasons"):
        found[row["id"]].append(row)
    return found


def survivors(finished: Finished) -> set[bytes]:
    return {row["id"] for row in finished.sql("SELECT id FROM shards")}


def texts(finished: Finished, table: str) -> dict[bytes, str]:
    return {row["id"]: row["text"] for row in finished.sql(f"SELECT id, text FROM {table}")}


def decoded(finished: Finished) -> list[tuple[bytes, str]]:
    """Ids and texts of all documents as they stand in the shards."""
    vocabulary = run_vocabulary(finished.run)
    found = []
    for receipt in shard_receipts(finished.run):
        tokens = shard_tokens(finished.store, receipt)
        number = receipt.extra["shard"]
        for row in finished.sql("SELECT * FROM shards WHERE shard = ? ORDER BY start", number):
            document = tokens[row["start"] : row["start"] + row["length"]]
            assert document[-1] == vocabulary.end_of_document
            found.append((row["id"], vocabulary.decode(document[:-1])))
    return found


def test_every_plant_meets_its_fate(told: Told) -> None:
    """What is to go is gone, and the stage that is to remove it says so, if only beside another that was first.

    Of what is to stay, the choice of languages and the heuristics may take a page in fifty: the truth table says what a
    page is, not whether its recipe for soup has too many numbers. Duplicates have tests of their own.
    """
    _, finished = told
    why, alive = reasons(finished), survivors(finished)
    lost = []
    chosen = [pair for pair in captures(told) if pair[0]["duplicate_group"] is None]
    for row, record in chosen:
        outcome, stages = fate(row["plant"])
        said_by = {each["stage"] for each in why[record["id"]]} if record["outcome"] == "kept" else {"extract"}
        assert (record["outcome"] == "failed") == (outcome == "failed"), row["plant"]
        if outcome == "kept" and record["id"] not in alive:
            assert said_by <= {"language", "heuristics", "quality"}
            lost.append(row["plant"])
        elif outcome != "kept":
            assert record["id"] not in alive
            assert said_by & set(stages), (row["plant"], said_by)
    assert len(lost) <= 0.02 * len(chosen), lost


def test_plants_are_out_for_the_right_reasons(told: Told) -> None:
    why = reasons(told[1])
    seen = set()
    for row, record in captures(told):
        rules = {each["rule"] for each in why[record["id"]]} | set(record["rules"])
        if row["plant"] in REASONS:
            assert REASONS[row["plant"]] in rules, row["plant"]
        elif row["plant"] == "optout-header":
            assert any(rule.startswith("optout.") for rule in rules)
        elif row["plant"] == "links":
            assert any(rule.startswith(("extract.", "gopher_", "c4.", "fineweb.")) for rule in rules)
        seen.add(row["plant"])
    assert seen >= REASONS.keys()


def test_of_exact_duplicates_one_survives(told: Told) -> None:
    """Each planted group keeps one member at most; members of equal text are found by their text alone."""
    _, finished = told
    alive, extracted = survivors(finished), texts(finished, "documents")
    removed = {row["id"]: row for row in finished.sql("SELECT * FROM duplicates")}
    groups: dict[int, list[bytes]] = defaultdict(list)
    for row, record in captures(told):
        if row["duplicate_group"] is not None and row["duplicate_kind"] != "near":
            groups[row["duplicate_group"]].append(record["id"])
    groups = {group: members for group, members in groups.items() if len(members) > 1}
    assert len(groups) >= 4
    for members in groups.values():
        assert sum(key in alive for key in members) <= 1
        for one, other in itertools.combinations(members, 2):
            if extracted[one] == extracted[other]:
                assert "exact" in {removed[key]["stage"] for key in (one, other) if key in removed}
        for key in members:
            assert key in alive or removed[key]["jaccard"] == 1.0 or removed[key]["stage"] == "minhash"


def test_near_duplicates_are_found_and_only_they(told: Told) -> None:
    """Pairs whose extracted texts have a Jaccard of 0.9 never both survive; what was removed has the Jaccard it claims."""
    _, finished = told
    alive = survivors(finished)
    entered = {row["id"] for row in finished.sql("SELECT id FROM verdicts_minhash WHERE alive")}
    sets = {key: shingles(text) for key, text in texts(finished, "documents").items() if key in entered}
    groups: dict[int, list[bytes]] = defaultdict(list)
    for row, record in captures(told):
        if row["duplicate_group"] is not None and record["id"] in entered:
            groups[row["duplicate_group"]].append(record["id"])
    close = [
        pair
        for members in groups.values()
        for pair in itertools.combinations(members, 2)
        if jaccard(sets[pair[0]], sets[pair[1]]) >= 0.9
    ]
    assert close
    for one, other in close:
        assert one not in alive or other not in alive
    removed = finished.sql("SELECT * FROM duplicates WHERE stage = 'minhash'")
    assert {key for pair in close for key in pair if key not in alive} <= {row["id"] for row in removed}
    for row in removed:
        assert row["survivor"] in alive
        assert row["jaccard"] == pytest.approx(jaccard(sets[row["id"]], sets[row["survivor"]]), abs=1e-6)
        assert row["jaccard"] >= 0.8


def test_planted_personal_data_is_gone_from_the_shards(told: Told) -> None:
    crawl, finished = told
    everything = "\n".join(text for _, text in decoded(finished))
    originals = "\n".join(texts(finished, "documents").values())
    planted = {(span["kind"], span["value"]) for row in crawl.truth for span in row["pii"]}
    assert {kind for kind, _ in planted} >= {"EMAIL", "IPV4", "IPV6"}
    assert any(value in originals for kind, value in planted if kind == "EMAIL")
    assert [value for kind, value in planted if kind == "EMAIL" and value in everything] == []
    left = [(kind, value) for kind, value in planted if value in everything]
    assert len(left) <= 0.05 * len(planted), left
    assert "<EMAIL>" in everything


def test_every_capture_and_every_damage_is_in_the_ledger(told: Told) -> None:
    for row, record in captures(told):
        assert record["type"] == "response"
        if row["damage"] in (None, "garbage"):
            assert (record["uri"], record["length"]) == (row["uri"], row["length"])
            assert record["date"] == row["date"]
    crawl, finished = told
    failed = finished.sql("SELECT * FROM records WHERE outcome = 'failed'")
    for row in crawl.truth:
        if row["damage"]:
            start, end = row["damage_offset"], row["damage_offset"] + row["damage_length"]
            inside = [each for each in failed if each["file"] == row["file"] and start <= each["offset"] < end]
            assert inside and all(each["rules"] and each["message"] for each in inside)


def test_every_byte_of_the_crawl_belongs_to_a_record_or_a_gap(told: Told) -> None:
    crawl, finished = told
    for path in crawl.warcs:
        address = path.relative_to(crawl.folder).as_posix()
        rows = finished.sql('SELECT "offset", length FROM records WHERE file = ? ORDER BY "offset"', address)
        ends = [0, *(row["offset"] + row["length"] for row in rows)]
        assert ends == [*(row["offset"] for row in rows), path.stat().st_size]


def assert_lawful(finished: Finished) -> None:
    """in = kept + rejected + failed everywhere, neighbours agree, and the tables say what the funnel says."""
    value = funnel(finished.run)
    assert value["balanced"]
    stages = {stage["name"]: stage for stage in value["stages"]}
    assert list(stages) == [stage.name for stage in finished.plan.recipe.stages]
    for receipt in finished.receipts:
        counts = receipt.counts
        assert counts.in_ == counts.kept + counts.rejected + counts.failed
    for before, after in itertools.pairwise(value["stages"][1:]):
        assert after["in"] == before["kept"]
    rows = finished.sql("SELECT outcome, count(*) AS n FROM records GROUP BY outcome")
    assert {row["outcome"]: row["n"] for row in rows} == {
        name: count for name in ("kept", "rejected", "failed") if (count := stages["extract"][name])
    }
    for row in finished.sql("SELECT stage, outcome, count(*) AS n FROM verdicts WHERE alive GROUP BY ALL"):
        assert stages[row["stage"]][row["outcome"]] == row["n"]
    for row in finished.sql("SELECT stage, rule, count(*) AS n FROM reasons WHERE alive GROUP BY ALL"):
        assert stages[row["stage"]]["reasons"][row["rule"]] == row["n"]
    ids = [row["id"] for row in finished.sql("SELECT id FROM records")]
    assert len(set(ids)) == len(ids) == stages["extract"]["in"]
    assert len(survivors(finished)) == stages["shards"]["kept"]


def assert_shards_hold_the_kept_documents(finished: Finished) -> None:
    kept = {
        row["id"]: row["text"] for batch in kept_documents(finished.store, finished.run) for row in batch.to_pylist()
    }
    assert kept == texts(finished, "kept")
    found = decoded(finished)
    assert len(found) == len(kept)
    for key, text in found:
        assert text == kept[key]


def assert_tokens_trace_back(finished: Finished, count: int) -> None:
    """Random tokens lead to the document at whose place in the shard they stand."""
    dice = random.Random(0)
    index = finished.sql("SELECT * FROM shards ORDER BY shard, start")
    urls = {row["id"]: row for row in finished.sql('SELECT id, url, file, "offset", length FROM documents')}
    kept = texts(finished, "kept")
    for _ in range(count):
        row = dice.choice(index)
        position = row["start"] + dice.randrange(row["length"])
        found = trace(finished.store, finished.run, str(row["shard"]), position)
        document = urls[row["id"]]
        assert (found["id"], found["url"]) == (row["id"].hex(), document["url"])
        assert found["warc"] == {name: document[name] for name in ("file", "offset", "length")}
        if position < row["start"] + row["length"] - 1:
            assert found["text"].strip("\ufffd") in kept[row["id"]]


def test_the_law_holds(finished: Finished) -> None:
    assert_lawful(finished)


def test_decoding_the_shards_gives_the_kept_documents(finished: Finished) -> None:
    assert_shards_hold_the_kept_documents(finished)


def test_tokens_trace_back_to_their_documents(finished: Finished) -> None:
    assert_tokens_trace_back(finished, 100)


def test_both_formats_hold_the_same_tokens(finished: Finished) -> None:
    for receipt in shard_receipts(finished.run):
        binary, array = receipt.output("bin"), receipt.output("npy")
        assert binary is not None and array is not None
        folder = finished.store.folder
        assert folder is not None
        numpy_tokens = np.load(folder / array.path)
        assert numpy_tokens.tobytes() == (folder / binary.path).read_bytes()
        assert len(numpy_tokens) == receipt.extra["tokens"]


def test_a_url_leads_to_its_newest_capture_and_the_others(told: Told) -> None:
    crawl, finished = told
    with open_ledger(finished.store) as ledger:
        again = [row for row in crawl.truth if row["plant"] == "exact-recapture"]
        assert again
        for row in again:
            same = [each for each in crawl.truth if each["uri"] == row["uri"]]
            newest = max(same, key=lambda each: str(each["date"]))
            value = story(ledger, finished.run, row["uri"])
            assert value["warc"] == {name: newest[name] for name in ("file", "offset", "length")}
            assert len(value["captures"]) == len(same) - 1
            other = story(ledger, finished.run, value["captures"][0])
            assert other["url"] == value["url"]
            assert value["id"] in other["captures"]


def test_real_pages(real: Finished) -> None:
    """Hundreds of pages nobody composed: everything adds up, decodes and leads back."""
    assert_lawful(real)
    assert_shards_hold_the_kept_documents(real)
    assert_tokens_trace_back(real, 40)
    value = {stage["name"]: stage for stage in funnel(real.run)["stages"]}
    assert value["extract"]["kept"] > 300
    assert value["shards"]["kept"] > 100


def test_real_captures_are_all_there(real: Finished) -> None:
    manifest = pq.read_table(shared("warc", "crawl", "manifest.parquet")).to_pylist()
    names = {receipt.address.rsplit("/", 1)[-1] for receipt in real.receipts if receipt.stage == "fetch"}
    wanted = {
        (row["file"].rsplit("/", 1)[-1], row["offset"], row["length"], row["uri"])
        for row in manifest
        if row["file"].rsplit("/", 1)[-1] in names
    }
    rows = real.sql("SELECT * FROM records WHERE type = 'response'")
    found = {(row["file"].rsplit("/", 1)[-1], row["offset"], row["length"], row["uri"]) for row in rows}
    assert len(wanted) > 400
    assert found == wanted


@pytest.mark.parametrize("stages", ["few", pytest.param("all", marks=pytest.mark.soak)])
def test_odd_and_old_files_come_to_an_end(stages: str, recipe: Path, tmp_path: Path) -> None:
    """ARC files, broken and chunked ones, WARCs of other crawlers."""
    few = ("language", "heuristics", "quality", "exact", "minhash", "pii")
    chosen = recipe if stages == "all" else write_recipe(tmp_path / "few.toml", *few)
    old = finish(chosen, [shared("warc", "real")], tmp_path / "store")
    assert_lawful(old)
    assert_shards_hold_the_kept_documents(old)
