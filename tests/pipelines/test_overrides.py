"""Settings that cannot be meant: each says in one line what, where, and what to do."""

from pathlib import Path

import pytest

from gristmill.core.errors import RecipeError
from gristmill.pipelines.recipe import load_recipe
from tests.pipelines.serial import write_recipe


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(write_recipe(tmp_path / "r.toml"))


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("gopher_qualty.min_words=40", "did you mean 'gopher_quality'"),
        ("xyzzy.min_words=40", "it has fetch, "),
        ("gopher_quality.min_wrds=40", "did you mean 'min_words'"),
        ("gopher_quality.min_words", "write FAMILY.PARAMETER=VALUE"),
        ("min_words=40", "write FAMILY.PARAMETER=VALUE"),
        ("gopher_quality.min_words=many", "min_words = 'many': input should be a valid number"),
        ("gopher_quality.min_words=nan", "min_words = nan is no number; inf switches a bound off"),
        ("gopher_quality=5", "write FAMILY.PARAMETER=VALUE"),
        ("heuristics.gopher_quality=5", "gopher_quality = 5: it is a table of parameters"),
        ("language.languages=en", "languages = 'en': a list is expected, such as"),
        ("c4.bad_words=5", "bad_words = 5: a path in quotes is expected"),
        ("language.min_score=2", "min_score = 2: input should be less than or equal to 1"),
        ("gopher_quality.by_language={de={min_wrds=3}}", "by_language.de.min_wrds = 3.0: there is no such parameter"),
        ("gopher_quality.by_language={de={segmentation=3}}", "by_language.de.segmentation = 3.0: input should be"),
        ("gopher_quality.by_language={de=3}", "by_language.de = 3: a table is expected"),
        ('urls.extra_hard_words=["none.txt"]', "cannot read none.txt: No such file"),
        ("quality.model=none.ftz", "none.ftz: No such file or directory. Mend the path"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_refused(path: str, override: str, said: str) -> None:
    with pytest.raises(RecipeError) as caught:
        load_recipe(path, [override])
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500


def test_infinity_switches_a_bound_off(path: str) -> None:
    params = load_recipe(path, ["gopher_quality.max_words=inf"]).stage("heuristics").params
    assert params.gopher_quality.max_words == float("inf")  # type: ignore[attr-defined]
