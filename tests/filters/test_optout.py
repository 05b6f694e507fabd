"""Page-level opt-outs: what each statement means, and to which document it belongs."""

import numpy as np
import pyarrow as pa
import pytest

from gristmill.core.batch import Batch
from gristmill.filters.optout import AIPREF_TRAIN, NOAI, TDM, opt_outs, statement_flags
from gristmill.filters.urls import Params, judge


@pytest.mark.parametrize(
    ("statement", "flags"),
    [
        ("meta robots: noai", NOAI),
        ("meta robots: NOINDEX,NoAI , noimageai", NOAI),
        ("header X-Robots-Tag: otherbot: noai, noindex", NOAI),
        ("header x-robots-tag: googlebot: nofollow, noai", NOAI),
        ("meta ccbot: noai", NOAI),
        ("meta robots: noimageai", 0),
        ("meta robots: noindex, nofollow", 0),
        ("header x-robots-tag: unavailable_after: 25 Jun 2030 15:00:00 PST", 0),
        ("meta tdm-reservation: 1", TDM),
        ("header tdm-reservation: 1 ", TDM),
        ("meta tdm-reservation: 0", 0),
        ("meta tdm-reservation: yes", 0),
        ("meta tdm-policy: https://a.example/policy.json", 0),
        ("header content-usage: train-ai=n", AIPREF_TRAIN),
        ("header Content-Usage: search=y, train-ai=n;q=1", AIPREF_TRAIN),
        ("header content-usage: train-ai=?0", AIPREF_TRAIN),
        ("header content-usage: train-ai=y", 0),
        ("header content-usage: train-ai=n, train-ai=y", 0),
        ("header content-usage: search=n", 0),
        ("header content-usage: bots=n", AIPREF_TRAIN),
        ("header content-usage: bots=n, train-ai=y", 0),
        ("header content-signal: search=yes, ai-train=no", AIPREF_TRAIN),
        ("", 0),
        ("noai", 0),
        ("\0:::", 0),
    ],
)
def test_a_statement(statement: str, flags: int) -> None:
    assert statement_flags(statement) == flags


def test_statements_belong_to_their_documents() -> None:
    lists = [
        ["meta robots: noai"],
        [],
        ["meta tdm-reservation: 1", "header content-usage: train-ai=n"],
        None,
        [None, "x"],
    ]
    column = pa.array(lists, pa.list_(pa.string()))
    assert opt_outs(column).tolist() == [NOAI, 0, TDM | AIPREF_TRAIN, 0, 0]
    assert opt_outs(column[1:3]).tolist() == [0, TDM | AIPREF_TRAIN]
    assert opt_outs(column[:0]).dtype == np.int8
    assert opt_outs(column[1:2]).tolist() == [0]


def test_a_recipe_may_choose_which_wishes_it_follows() -> None:
    robots = pa.array([["meta robots: noai", "meta tdm-reservation: 1", "header content-usage: train-ai=n"]])
    batch = Batch(pa.record_batch({"url": pa.array(["http://a.example"]), "robots": robots}))
    names = ("optout.noai", "optout.tdm", "optout.aipref_train")
    assert all(judge(batch, Params()).failed[name][0] for name in names)
    ignored = judge(batch, Params(respect_noai=False, respect_tdm=False, respect_aipref=False))
    assert not any(ignored.failed[name][0] for name in names)
    assert all(pa.array(ignored.signals[name]).to_pylist() == [True] for name in names)
