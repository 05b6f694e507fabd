"""mC4's third line against sorting."""

from hypothesis import given
from hypothesis import strategies as st

from gristmill.filters.mc4 import Params, judge
from tests.filters.heuristic_texts import batch_of


@given(st.lists(st.text("a水\n", max_size=30), max_size=4))
def test_the_third_longest_line(texts: list[str]) -> None:
    verdict = judge(batch_of(texts), Params())
    for row, text in enumerate(texts):
        lengths = sorted(map(len, text.split("\n")), reverse=True)
        assert verdict.signals["mc4.third_line_chars"][row] == (lengths[2] if len(lengths) > 2 else 0)


def test_a_document_on_the_bound_passes() -> None:
    on, beyond = "\n".join(["x" * 200] * 3), "\n".join(["x" * 200] * 2 + ["x" * 199])
    assert judge(batch_of([on, beyond]), Params()).failed["mc4.min_long_lines"].tolist() == [False, True]
