"""Quality buckets: cut-offs against a plain percentile, the best of several members, tiers."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gristmill.core.batch import Batch
from gristmill.filters import quality_buckets
from gristmill.filters.quality_buckets import Member, Params, bucket_of, judge, measure_cutoffs
from tests.filters.test_contract import documents

POOL = st.lists(st.tuples(st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.9]), st.integers(1, 50)), min_size=1, max_size=30)


@given(POOL)
def test_cutoffs_are_percentiles_by_weight(pool: list[tuple[float, int]]) -> None:
    scores, sizes = (np.array(column) for column in zip(*pool, strict=True))
    spread = sorted(score for score, size in pool for _ in range(size))  # each document as often as it has bytes
    plain = [next(s for i, s in enumerate(spread, 1) if 20 * i >= n * len(spread)) for n in range(1, 20)]
    assert list(measure_cutoffs(scores, sizes)) == plain


def test_a_score_on_a_cutoff_is_in_the_bucket_that_begins_there() -> None:
    cutoffs = tuple(n / 20 for n in range(1, 20))
    assert bucket_of(np.array([0.0, 0.049, 0.05, 0.5, 0.95, 1.0]), cutoffs).tolist() == [0, 0, 1, 10, 19, 19]


def test_twenty_buckets_hold_equal_shares_of_the_pool() -> None:
    scores = np.random.default_rng(0).random(20_000)
    buckets = bucket_of(scores, measure_cutoffs(scores, np.full(20_000, 7)))
    np.testing.assert_allclose(np.bincount(buckets, minlength=20), 1000, atol=3)


@pytest.mark.parametrize(
    ("bucket", "tier"),
    [(0, "low"), (6, "low"), (7, "medium_low"), (12, "medium"), (17, "medium"), (18, "medium_high"), (19, "high")],
)
def test_tiers_are_nemotrons(bucket: int, tier: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quality_buckets, "score_texts", lambda *_: np.array([(bucket + 0.5) / 20]))
    signals = judge(Batch(documents([{"text": "x"}])), Params()).signals
    assert np.asarray(signals["quality_buckets.bucket"]).tolist() == [bucket]
    assert pa.array(signals["quality_buckets.tier"]).to_pylist() == [tier]


def test_the_best_member_decides() -> None:
    text = quality_buckets.EXAMPLES[0].text
    strict = Member(cutoffs=tuple(0.9999 + n / 1_000_000 for n in range(19)))
    lenient = Member(cutoffs=tuple(n / 100_000 for n in range(19)))
    batch = Batch(documents([{"text": text}]))
    for members in ((strict, lenient), (lenient, strict)):
        verdict = judge(batch, Params(members=members, min_bucket=19))
        assert not verdict.failed["quality_buckets.low_bucket"].any()
    assert judge(batch, Params(members=(strict,), min_bucket=19)).failed["quality_buckets.low_bucket"].all()


def test_a_wrong_number_of_cutoffs_is_refused() -> None:
    with pytest.raises(ValueError, match="19"):
        Member(cutoffs=(0.1, 0.2))
