"""The quality stage: what the model is shown, which rows the rule covers, and how the shipped model does."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gristmill.core.batch import Batch
from gristmill.core.errors import InputError
from gristmill.core.verdict import Example, Verdict
from gristmill.filters import quality
from gristmill.filters.score_measures import auc
from tests.paths import shared

GOOD, SPAM = (example.text for example in quality.EXAMPLES)
ODD = [
    "",
    " \n\0",
    "__label__high",
    "</s>",
    f"</s> {GOOD}",
    "\0".join(GOOD),
    "水" * 5000,
    "😀",
    "a\r\nb\u2028c\x85d",
    SPAM,
]


def judge(texts: list[str], found: list[str | None] | None = None, /, **params: object) -> Verdict:
    ids = pa.array([bytes(16)] * len(texts), pa.binary(16))
    documents = pa.record_batch({"id": ids, "text": pa.array(texts, pa.large_string())})
    upstream = None if found is None else {"language.label": pa.array(found, pa.string())}
    return quality.judge(Batch(documents, upstream), quality.Params.model_validate(params))


def scores(texts: list[str], **params: object) -> list[float]:
    return [float(score) for score in np.asarray(judge(texts, None, **params).signals["quality.score"])]


@pytest.mark.parametrize("example", quality.EXAMPLES)
def test_examples(example: Example) -> None:
    failed = judge([example.text]).failed
    assert tuple(rule for rule in quality.RULES if failed[rule][0]) == example.failed


def test_no_rows_have_the_same_types() -> None:
    verdict = judge([])
    assert verdict.signals["quality.score"].dtype == np.float64
    assert verdict.failed["quality.low_score"].dtype == bool
    assert len(verdict.failed["quality.low_score"]) == 0


def test_scores_do_not_depend_on_the_batch() -> None:
    texts = [GOOD, *ODD]
    together = scores(texts)
    assert together == [scores([text])[0] for text in texts]
    assert all(0 <= score <= 1 for score in together)
    sliced = pa.array(texts, pa.large_string())[3:]
    assert quality.score_texts(sliced, quality.model_path("quality.ftz")).tolist() == pytest.approx(
        quality.score_texts(pa.array(texts[3:], pa.large_string()), quality.model_path("quality.ftz")), abs=0
    )


def test_a_text_without_words_scores_zero_and_fails() -> None:
    verdict = judge(["", "\n \0 _ "])
    assert np.asarray(verdict.signals["quality.score"]).tolist() == [0.0, 0.0]
    assert verdict.failed["quality.low_score"].tolist() == [True, True]


def test_fasttexts_own_words_in_a_text_change_nothing_much() -> None:
    plain, label, end = scores([GOOD, f"__label__low {GOOD}", f"</s> {GOOD}"])
    assert abs(plain - label) < 0.2
    assert abs(plain - end) < 0.3  # as the text after </s> is read too


@given(st.text())
def test_normalised_text_is_one_line_without_marks(text: str) -> None:
    line = quality.normalise(text)
    assert line == " ".join(line.split())
    assert "_" not in line
    assert "\0" not in line
    assert "</s>" not in line.split()
    assert quality.normalise(line) == line


def test_normalise_cuts_marks_and_masks_digits() -> None:
    assert quality.normalise("Born in 1984,\n__label__x") == "born in 0000 , label x"
    assert quality.normalise("水、火。") == "水 、 火 。"


def test_only_the_head_is_scored() -> None:
    assert scores([GOOD + SPAM * 50], max_characters=len(GOOD)) == scores([GOOD])
    assert scores(["word " * 2_000_000]) == scores(["word " * 800])


def test_languages_the_model_does_not_know_are_scored_but_pass() -> None:
    verdict = judge([SPAM] * 4, ["en", "fi", None, "de"])
    assert verdict.failed["quality.low_score"].tolist() == [True, False, True, True]  # unknown is English
    assert len(set(np.asarray(verdict.signals["quality.score"]).tolist())) == 1
    assert judge([SPAM], ["fi"], languages=()).failed["quality.low_score"].all()
    assert judge([SPAM]).failed["quality.low_score"].all()


def test_the_other_label_scores_the_rest() -> None:
    high, low = scores([GOOD, SPAM]), scores([GOOD, SPAM], label="low")
    assert np.add(high, low) == pytest.approx([1, 1], abs=1e-4)


def test_a_wrong_model_is_the_recipes_fault(tmp_path: Path) -> None:
    broken = tmp_path / "broken.ftz"
    broken.write_bytes(b"not a model")
    with pytest.raises(InputError, match="does not exist"):
        judge([GOOD], model=str(tmp_path / "none.ftz"))
    with pytest.raises(InputError, match="no fastText classifier"):
        judge([GOOD], model=str(broken))
    with pytest.raises(InputError, match="no label 'best'"):
        judge([GOOD], label="best")


def test_the_model_is_one_of_the_stages_files() -> None:
    (model,) = quality.files(quality.Params())
    assert model.stat().st_size < 2_000_000
    assert quality.files(quality.Params(model="some/where.bin")) == (Path("some/where.bin"),)


def test_external_labelled_passages() -> None:
    """Pinned floors below the figures of the model card; the passages took no part in training."""
    table = pq.read_table(shared("quality", "passages.parquet"), columns=["text", "label"])
    labels = table["label"].to_numpy()
    found = quality.score_texts(
        table["text"].cast(pa.large_string()).combine_chunks(), quality.model_path("quality.ftz")
    )
    limit = quality.Params().threshold
    assert auc(found[labels != "unrated"], labels[labels != "unrated"] == "high") > 0.94
    assert (found[labels == "high"] >= limit).mean() > 0.99
    assert (found[labels == "unrated"] >= limit).mean() > 0.95
    assert (found[labels == "low"] < limit).mean() > 0.35


def test_pareto_sampling_keeps_the_share_that_the_formula_gives() -> None:
    ids = pa.array([n.to_bytes(16, "big") for n in range(20_000)], pa.binary(16))
    for score, alpha in ((0.5, 3.0), (0.9, 9.0), (0.0, 3.0)):
        kept = (quality.pareto_limits(ids, np.full(20_000, score)) >= alpha).mean()
        assert kept == pytest.approx((2 - score) ** -alpha, abs=0.012)
    assert (quality.pareto_limits(ids, np.ones(20_000)) >= 1000).all()
