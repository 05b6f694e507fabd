import io

import pytest
from rich.console import Console

from gristmill.pipelines.funnel import funnel, funnel_markdown, print_funnel
from gristmill.pipelines.receipts import Counts, Receipt
from gristmill.pipelines.runs import Run, StageRun


def receipt(stage: str, unit: str, counts: Counts, *, step: str = "judge", **reasons: int) -> Receipt:
    named = {name.replace("__", "."): count for name, count in reasons.items()}
    beside = {"judged": 2, "reasons": {"language.low_score": 1}} if stage == "language" else {}
    return Receipt(stage, "k", step, "n", "a.warc", unit, counts, named, beside, seconds=0.25, bytes_in=10, bytes_out=5)


def run(*stages: StageRun) -> Run:
    return Run("0123456789ab", "done", "2026-01-01", "default", "", (), "ab" * 16, stages)


FETCH = StageRun("fetch", "k", {}, (receipt("fetch", "file", Counts(2, 1, 0, 1), fetch__empty=1),), ())
EXTRACT = StageRun(
    "extract", "k", {}, tuple(receipt("extract", "record", Counts(10, 4, 6), extract__not_html=6) for _ in range(2)), ()
)
LANGUAGE = StageRun(
    "language",
    "k",
    {},
    (
        receipt("language", "document", Counts(4, 2, 2), language__low_score=1, language__not_allowed=2),
        receipt("language", "document", Counts(4, 3, 1), language__low_score=1),
    ),
    (receipt("language", "", Counts(), step="map"),),
)
PRETRAIN = StageRun("pretrain", "k", {}, (receipt("pretrain", "", Counts()),), ())


def test_parts_are_added_up() -> None:
    value = funnel(run(FETCH, EXTRACT, LANGUAGE, PRETRAIN))
    assert (value["dataset"], value["root"], value["balanced"]) == ("default-0123456789ab", "ab" * 16, True)
    assert [stage["name"] for stage in value["stages"]] == ["fetch", "extract", "language"]
    assert value["stages"][2] == {
        "name": "language",
        "unit": "document",
        "in": 8,
        "kept": 5,
        "rejected": 3,
        "failed": 0,
        "reasons": {"language.low_score": 2, "language.not_allowed": 2},
        "seconds": 0.75,  # the steps in between count as well
        "bytes_in": 20,
        "bytes_out": 10,
        "beside": {"judged": 4, "reasons": {"language.low_score": 2}},
    }


def test_reasons_stand_by_number_then_by_name() -> None:
    counts = Counts(9, 0, 9)
    stage = StageRun("urls", "k", {}, (receipt("urls", "document", counts, b__x=1, a__x=1, c__x=7),), ())
    assert list(funnel(run(stage))["stages"][0]["reasons"]) == ["c.x", "a.x", "b.x"]


@pytest.mark.parametrize(
    "stages",
    [
        (FETCH, EXTRACT, StageRun("urls", "k", {}, (receipt("urls", "document", Counts(7, 7)),), ())),
        (FETCH, EXTRACT, StageRun("urls", "k", {}, (receipt("urls", "document", Counts(8, 7)),), ())),
    ],
)
def test_a_funnel_that_does_not_balance_says_so(stages: tuple[StageRun, ...]) -> None:
    value = funnel(run(*stages))
    assert value["balanced"] is False
    assert "does not balance" in printed(run(*stages))


def printed(of: Run, width: int = 200) -> str:
    out = io.StringIO()
    print_funnel(funnel(of), Console(file=out, width=width))
    return out.getvalue()


def test_for_people() -> None:
    text = printed(run(FETCH, EXTRACT, LANGUAGE))
    assert "default-0123456789ab   root " + "ab" * 16 in text
    assert "every record is accounted for" in text
    line = next(line for line in text.splitlines() if line.startswith("extract"))
    assert line.split() == ["extract", "record", "20", "8", "12", "0", "0.5", "extract.not_html", "12"]


def test_no_rule_is_cut_on_a_narrow_terminal() -> None:
    rule = "gopher_repetition.dup_10gram_char_frac"
    stage = StageRun(
        "heuristics",
        "k",
        {},
        (receipt("heuristics", "document", Counts(9, 0, 9), gopher_repetition__dup_10gram_char_frac=9),),
        (),
    )
    lines = printed(run(stage), width=80).splitlines()
    assert max(map(len, lines)) <= 80
    assert [line.split() for line in lines if line.startswith(rule)] == [[rule, "9"]]


def test_for_prefect() -> None:
    text = funnel_markdown(funnel(run(FETCH, EXTRACT, LANGUAGE)))
    assert "| extract | record | 20 | 8 | 12 | 0 | extract.not_html 12 |" in text
    assert "root `" + "ab" * 16 in text
    assert len({line.count("|") for line in text.splitlines() if line.startswith("|")}) == 1
