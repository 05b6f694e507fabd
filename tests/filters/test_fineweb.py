"""FineWeb's rules: exact thresholds, blank lines and the exemption of zero."""

import pytest

from gristmill.filters.fineweb import Params, judge
from tests.filters.heuristic_texts import batch_of

LINE = "a line of more than thirty characters {}"


def failed(text: str, params: Params | None = None) -> set[str]:
    verdict = judge(batch_of([text]), params or Params())
    return {rule.partition(".")[2] for rule, failing in verdict.failed.items() if failing[0]}


def page(ends: list[str]) -> str:
    return "\n".join(LINE.format(i) + end for i, end in enumerate(ends))


def test_line_punctuation_on_the_bound_passes() -> None:
    assert "line_punct_ratio" not in failed(page(["."] * 12 + [""] * 88))
    assert "line_punct_ratio" in failed(page(["."] * 11 + [""] * 89))


@pytest.mark.parametrize("end", [". ", "…", ".”", ":"])
def test_what_does_not_end_a_line(end: str) -> None:
    assert "line_punct_ratio" in failed(LINE + end)


@pytest.mark.parametrize("end", [".", "?", "。", "؟", "।"])
def test_what_ends_a_line(end: str) -> None:
    assert "line_punct_ratio" not in failed(LINE + end)


def test_zero_can_be_exempted() -> None:
    lenient = Params(line_punct_exempts_zero=True)
    assert "line_punct_ratio" not in failed(page([""] * 50), lenient)
    assert "line_punct_ratio" in failed(page(["."] + [""] * 50), lenient)


def test_short_lines_on_the_bound_pass() -> None:
    short, long = "x" * 30, "x" * 31
    assert "short_line_ratio" not in failed("\n".join([short] * 67 + [long] * 33))
    assert "short_line_ratio" in failed("\n".join([short] * 68 + [long] * 32))


def test_repeated_characters_on_the_bound_pass() -> None:
    other = "y" * 98
    assert "dup_line_char_ratio" not in failed(f"z\n\nz\n{other}")
    assert "dup_line_char_ratio" in failed(f"z\nz\n{other[1:]}")


def test_newlines_for_each_word() -> None:
    assert "newline_word_ratio" not in failed("one two three four five six seven eight nine ten\n\n\n")
    assert "newline_word_ratio" in failed("one two three four five six seven eight nine ten\n\n\n\n")


def test_blank_lines_do_not_count() -> None:
    assert judge(batch_of([f"{LINE}.\n \n\t\n\n"]), Params()).signals["fineweb.n_lines"].tolist() == [1]
