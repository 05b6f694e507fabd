"""Gopher's quality rules: exact thresholds and the parameters the paper leaves open."""

import pytest
from pydantic import ValidationError

from gristmill.filters.gopher_quality import Params, files, judge
from gristmill.filters.stop_words import FILE, stop_words
from tests.filters.heuristic_texts import batch_of


def failed(text: str, params: Params | None = None, label: str | None = None) -> set[str]:
    verdict = judge(batch_of([text], labels=None if label is None else [label]), params or Params())
    return {rule.partition(".")[2] for rule, failing in verdict.failed.items() if failing[0]}


# Documents exactly on a bound pass, one step beyond they fail: rule, text on the bound, text beyond.
ON_THE_BOUND = [
    ("min_words", "the of " * 25, "the of " * 24 + "the"),
    ("max_words", "the of " * 50_000, "the of " * 50_000 + "the"),
    ("min_mean_word_len", "the and " * 30, "the and " * 30 + "of"),
    ("max_mean_word_len", "the " + "x" * 17, "the " + "x" * 18),
    ("hash_ratio", "# " * 5 + "the of " * 22 + "and", "# " * 6 + "the of " * 22),
    ("ellipsis_ratio", "… " * 5 + "the of " * 22 + "and", "… " * 6 + "the of " * 22),
    ("bullet_lines", "- the\n" * 9 + "of", "- the\n" * 10),
    ("ellipsis_lines", "the...\n" * 3 + "of\n" * 7, "the...\n" * 4 + "of\n" * 6),
    ("alpha_words", "the of and to 5 " * 10, "the of and to 5 " * 10 + "5"),
    ("stop_words", "the of river", "the the river"),
]


@pytest.mark.parametrize(("rule", "on", "beyond"), ON_THE_BOUND, ids=[case[0] for case in ON_THE_BOUND])
def test_a_document_on_the_bound_passes(rule: str, on: str, beyond: str) -> None:
    assert rule not in failed(on)
    assert rule in failed(beyond)


def test_stop_words_of_either_case() -> None:
    assert "stop_words" not in failed("The OF river")
    assert "stop_words" in failed("The OF river", Params(stop_words_ignore_case=False))


def test_every_language_can_be_asked_for_stop_words() -> None:
    assert "stop_words" not in failed("der Fluss", label="de")
    assert "stop_words" in failed("der Fluss", Params(stop_words_languages=("*",)), label="de")


def test_stop_words_of_the_recipe_go_before_the_shipped_ones() -> None:
    batch = batch_of(["ya na the of"] * 3, labels=["sw", "de", "en"])
    params = Params(stop_words_by_language={"sw": ("ya", "na", "wa"), "en": ("ya",)}, own_stop_words=True)
    assert judge(batch, params).signals["gopher_quality.stop_word_types"].tolist() == [2, 0, 1]
    with pytest.raises(ValidationError, match="at most 64"):
        Params(stop_words_by_language={"sw": tuple(map(str, range(65)))})


def test_a_language_can_be_asked_for_its_own_stop_words() -> None:
    own = Params(own_stop_words=True, stop_words_languages=("*",))
    german, greek = "Der Fluss und die Mühle", "Ο μύλος και το ποτάμι"
    assert files(own) == (FILE,)
    for text, label in ((german, "de"), (greek, "el")):
        assert "stop_words" not in failed(text, own, label)
        assert "stop_words" in failed(text, own, "fr")
    assert "stop_words" in failed(german, own, "xx")  # no list: the usual words


def test_the_shipped_stop_words_are_lower_case_and_different() -> None:
    for language, listed in stop_words().items():
        assert listed, language
        assert list(listed) == [word.lower() for word in listed], language
        assert len(set(listed)) == len(listed), language
    assert len(stop_words()) > 55


def test_bullets_can_be_others() -> None:
    assert "bullet_lines" not in failed("* the\n" * 9)
    assert "bullet_lines" in failed("* the\n● of\n" * 9, Params(bullets="*●"))


def test_marks_are_words_only_for_those_who_say_so() -> None:
    text = "the , of , and"
    assert judge(batch_of([text]), Params()).signals["gopher_quality.n_tokens"].tolist() == [5]
    assert judge(batch_of(["the, of"]), Params()).signals["gopher_quality.n_tokens"].tolist() == [2]
    tokens = judge(batch_of(["the, of"]), Params(segmentation="tokens"))
    assert tokens.signals["gopher_quality.n_tokens"].tolist() == [3]


def test_stop_words_can_be_others() -> None:
    german = Params(stop_words=("der", "die", "und", "größer"), stop_words_languages=("de",))
    assert "stop_words" not in failed("der Fluss größer", german, "de")
    assert "stop_words" in failed("der Fluss", german, "de")
    assert "stop_words" not in failed("der Fluss", german, "en")


def test_more_than_64_stop_words_are_refused() -> None:
    with pytest.raises(ValidationError, match="64"):
        Params(stop_words=tuple(f"word{i}" for i in range(65)))


def test_three_dots_count_without_overlap() -> None:
    verdict = judge(batch_of(["the ....... …"]), Params())
    assert verdict.signals["gopher_quality.ellipsis_ratio"][0] == pytest.approx(1.0)  # "..." twice and "…", three words


def test_letters_tell_the_length_where_spaces_do_not() -> None:
    verdict = judge(batch_of(["水車は川にある。" * 10], labels=["ja"]), Params())
    assert verdict.signals["gopher_quality.n_words_judged"][0] == 35
    assert verdict.signals["gopher_quality.n_words"][0] == 1
