"""C4's page rules: the order of the line rules, citations, sentences, and bad words."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gristmill.core.errors import InputError
from gristmill.filters.c4 import Params, files, judge
from tests.filters.heuristic_texts import TEXTS, batch_of
from tests.plain_heuristics import c4


def signals(text: str, **params: object) -> dict[str, float]:
    verdict = judge(batch_of([text]), Params.model_validate(params))
    return {name.partition(".")[2]: float(values[0]) for name, values in verdict.signals.items()}


VARIANTS: list[dict[str, object]] = [
    {"terminal_punct": True, "end_marks": ".?!\"'", "words_before_citations": True},
    {"terminal_punct": True, "end_marks": ".…。"},
    {"terminal_punct": False},
]


@given(TEXTS, st.sampled_from(VARIANTS))
def test_variants_match_plain_python(texts: list[str], variant: dict[str, object]) -> None:
    verdict = judge(batch_of(texts), Params.model_validate(variant | {"min_words_per_line": 3}))
    for row, text in enumerate(texts):
        for name, value in c4(text, fewest_words=3, **variant).items():  # type: ignore[arg-type]
            assert verdict.signals[name][row] == pytest.approx(value), name


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        ("one two " + "x" * 1001, "line_long_word"),
        ("one two.", "line_min_words"),
        ("one two three", "line_terminal_punct"),
        ("one two three...", "line_terminal_punct"),
        ("one two three. [1]", "line_terminal_punct"),
        ("turn on JavaScript now.", "line_javascript"),
        ("read our Privacy Policy.", "line_policy"),
        ("JavaScript and the privacy policy.", "line_javascript"),
    ],
)
def test_lines_are_left_out_for_the_first_cause(line: str, cause: str) -> None:
    found = signals(line, min_words_per_line=3)
    assert {name for name in found if name.startswith("line_") and found[name]} == {cause}
    assert found["lines_removed_frac"] == 1.0
    assert found["n_sentences"] == 0


def test_words_are_counted_when_citations_are_gone() -> None:
    text = "one [1] two [2] three."
    assert signals(text)["line_min_words"] == 1
    assert signals(text, words_before_citations=True)["line_min_words"] == 0
    assert signals("one two three four five.[1]")["line_terminal_punct"] == 0
    assert signals("we have a lorem[edit] ipsum.")["n_lorem_lines"] == 1


def test_only_lines_that_are_left_kill_a_page() -> None:
    assert signals("lorem ipsum")["n_lorem_lines"] == 0
    assert signals("a JavaScript { here")["n_curly_lines"] == 0
    assert signals("a line } here")["n_curly_lines"] == 0


@pytest.mark.parametrize(
    ("line", "sentences"),
    [
        ("No end at all", 1),
        ("One. Two! Three?", 3),
        ("One... Two 3.5 e.g. end.", 3),
        ('He said: "One." (Two.) Three', 2),
        ("水車は川にある。粉をひく！！ 終わり。", 3),
        ("चक्की चलती है। नदी बहती है।", 2),
    ],
)
def test_sentences_are_counted(line: str, sentences: int) -> None:
    assert signals(line, min_words_per_line=1, terminal_punct=False)["n_sentences"] == sentences


def test_bad_words_stand_alone(tmp_path: Path) -> None:
    words = tmp_path / "words.txt"
    words.write_text("bad\nvery bad word\nпло́хо\n\n", "utf-8")
    texts = ["Bad!", "badly", "a very bad word", "“bad”", "пло́хо", "плохой", "so be it", "bad", "nobad", ""]
    verdict = judge(batch_of(texts), Params(bad_words=words))
    assert verdict.signals["c4.n_bad_words"].tolist() == [1, 0, 1, 1, 1, 0, 0, 1, 0, 0]
    assert verdict.failed["c4.bad_words"].tolist() == [True, False, True, True, True, False, False, True, False, False]
    assert files(Params(bad_words=words)) == (words,)
    assert files(Params()) == ()


def test_bad_words_of_languages_without_spaces_stand_anywhere(tmp_path: Path) -> None:
    plain, chinese = tmp_path / "en.txt", tmp_path / "zh.txt"
    plain.write_text("bad\nsm\n女の子\n", "utf-8")
    chinese.write_text("坏\n性\n", "utf-8")
    rows = [
        ("badly", "en"), ("badly", "th"), ("ismと女の子", "ja"), ("ismと女の子", "en"), ("水badの", "ja"),
        ("很坏的可能性", "zh"), ("很坏", "ja"), ("a 坏 word", "de"), ("很x坏x", "zh"),
    ]  # fmt: skip
    batch = batch_of([text for text, _ in rows], labels=[label for _, label in rows])
    params = Params(bad_words=plain, bad_words_by_language={"zh": chinese})
    assert judge(batch, params).signals["c4.n_bad_words"].tolist() == [0, 0, 0, 0, 1, 1, 0, 0, 1]
    assert files(params) == (plain, chinese)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "No such file"), (b"", "is empty"), (b"one\ntw\xf6\n", "line 2: .* is not UTF-8"),
        ("one\n".encode("utf-16"), "line 1: .* is not UTF-8"), (b"one\ntwo\0three\n", "line 2: .* control characters"),
    ],
)  # fmt: skip
def test_a_bad_list_is_a_clear_error(tmp_path: Path, content: bytes | None, said: str) -> None:
    path = tmp_path / "words.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=rf"words\.txt.*{said}"):
        judge(batch_of(["one"]), Params(bad_words=path))
