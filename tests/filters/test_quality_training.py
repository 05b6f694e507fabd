"""Training the quality classifier: the same bytes each time, an honest split, true figures."""

import hashlib
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gristmill.core.errors import InputError
from gristmill.filters import quality, quality_negatives, quality_training
from gristmill.filters.quality_texts import compose
from gristmill.filters.quality_training import Settings, held_out_rows, measure, train
from gristmill.filters.score_measures import auc

SMALL = Settings(dimensions=4, epochs=5, buckets=500, min_characters=0, max_characters=0, min_count=5)


@cache
def composed() -> pa.Table:
    return compose(variants=1)


@cache
def some() -> pa.Table:
    """Arabic, German and English."""
    return composed().slice(0, 520)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_same_bytes_again_and_in_a_fresh_process(tmp_path: Path) -> None:
    first = train(some(), tmp_path / "a.ftz", SMALL)
    assert train(some(), tmp_path / "b.ftz", SMALL) == first
    code = (
        "import sys; from pathlib import Path; from gristmill.filters.quality_texts import compose; "
        "from gristmill.filters.quality_training import Settings, train;"
        "settings = Settings.model_validate_json(sys.argv[1]);"
        "train(compose(variants=1).slice(0, 520), Path(sys.argv[2]), settings)"
    )
    arguments = [SMALL.model_dump_json(), str(tmp_path / "c.ftz")]
    subprocess.run([sys.executable, "-c", code, *arguments], check=True, env=os.environ | {"PYTHONHASHSEED": "7"})
    assert digest(tmp_path / "a.ftz") == digest(tmp_path / "b.ftz") == digest(tmp_path / "c.ftz")
    assert train(some(), tmp_path / "d.ftz", SMALL.model_copy(update={"seed": 2})) != first
    assert digest(tmp_path / "d.ftz") != digest(tmp_path / "a.ftz")
    assert first.auc > 0.8


def test_files_and_row_order_make_no_difference(tmp_path: Path) -> None:
    table = some()
    order = np.random.default_rng(5).permutation(len(table))
    pq.write_table(table.take(pa.array(order)), tmp_path / "rows.parquet")
    table.to_pandas().to_json(tmp_path / "rows.jsonl", orient="records", lines=True)
    evaluations = [
        train(tmp_path / "rows.parquet", tmp_path / "a.bin", SMALL),
        train(tmp_path / "rows.jsonl", tmp_path / "b.bin", SMALL),
    ]
    assert evaluations[0] == evaluations[1]
    assert digest(tmp_path / "a.bin") == digest(tmp_path / "b.bin")


def test_an_unquantised_model_and_other_labels(tmp_path: Path) -> None:
    table = some()
    named = table.set_column(1, "label", pc.if_else(pc.equal(table["label"], "high"), "keep", "drop"))
    evaluation = train(named, tmp_path / "m.bin", SMALL.model_copy(update={"quantise": False}), positive="keep")
    texts = pa.array(["A sentence about mills and rivers.", "buy cheap pills online"], pa.large_string())
    scores = quality.score_texts(texts, tmp_path / "m.bin", "keep")
    assert scores[0] > scores[1]
    assert evaluation.trained + evaluation.held_out == len(table)
    assert "| 0.1 |" in evaluation.markdown()


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"words": ["a"]}, "no column"),
        ({"text": ["a", "b"], "label": ["high", "very low"]}, "without spaces"),
        ({"text": ["a", "b"] * 20, "label": ["low", "low"] * 20}, "'high' and another are needed"),
    ],
)
def test_unusable_input_is_refused(tmp_path: Path, columns: dict[str, list[str]], message: str) -> None:
    with pytest.raises(InputError, match=message):
        train(pa.table(columns), tmp_path / "m.ftz", SMALL)
    assert not (tmp_path / "m.ftz").exists()


def test_unreadable_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.parquet").write_bytes(b"PAR0")
    for path in (tmp_path / "bad.parquet", tmp_path / "none.jsonl"):
        with pytest.raises(InputError, match="cannot be read"):
            quality_training.read_labelled(path)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=2))
def test_auc_is_the_share_of_pairs_in_order(rows: list[tuple[float, bool]]) -> None:
    good, other = ([score for score, positive in rows if positive is side] for side in (True, False))
    if good and other:
        pairs = [(a > b) + (a == b) / 2 for a in good for b in other]
        scores, truth = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
        assert auc(scores, truth) == pytest.approx(sum(pairs) / len(pairs))


def test_groups_are_not_split() -> None:
    table = composed()
    groups = table["group"].to_numpy()
    held_out = held_out_rows(groups, 0.2)
    assert not set(groups[held_out]) & set(groups[~held_out])
    assert 0.1 < held_out.mean() < 0.3


def test_composed_texts_are_balanced_and_repeat() -> None:
    assert compose(variants=1) == composed()
    assert compose(seed=2, variants=1) != composed()
    labels = composed()["label"].to_pylist()
    assert labels.count("high") == labels.count("low")


@pytest.mark.parametrize("language", ["en", "zh", "ar"])
def test_negatives_repeat_and_differ_by_kind(language: str) -> None:
    phrases = {name: [f"{name} {i}" for i in range(5)] for name in _TABLES}
    material = quality_negatives.Material(language, phrases, ["The mill grinds. It grinds fine, slowly and well."])
    texts = quality_negatives.low_quality(material, 48, 3)
    assert texts == quality_negatives.low_quality(material, 48, 3)
    assert len(set(texts)) == 48
    assert all(texts)


_TABLES = ("navigation", "notices", "buttons", "footer", "goods", "praise", "places", "promises")


def test_the_card_describes_the_shipped_model() -> None:
    """The digest and the held-out figures of the card are those of the file; the texts are those it was trained on."""
    model = quality.model_path("quality.ftz")
    card = model.with_suffix(".md").read_text(encoding="utf-8")
    assert digest(model) in card
    table = compose()
    held_out = held_out_rows(table["group"].to_numpy(), Settings().held_out)
    evaluation = measure(table.filter(pa.array(held_out)), model)
    assert f"AUC {evaluation.auc:.3f}" in card
    assert evaluation.thresholds() in card
    assert evaluation.auc > 0.95


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"text": ["a", None], "label": ["high", "low"]}, "row 2 has no text"),
        ({"text": ["a", "b"], "label": [None, "low"]}, "row 1 has no label"),
        ({"text": [1, 2], "label": ["high", "low"]}, "'text' is int64, not text"),
        ({"text": ["a", "b"], "label": ["very high", "low"]}, "without spaces"),
        ({"body": ["a"]}, "no column"),
    ],
)
def test_rows_that_cannot_be_learnt_from_are_named(columns: dict[str, list[object]], said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=said):
        train(pa.table(columns), tmp_path / "q.ftz")
    with pytest.raises(InputError, match=said):
        measure(pa.table(columns), quality.model_path("quality.ftz"))
