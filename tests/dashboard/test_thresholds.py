import json
import math
from collections.abc import Mapping

import pytest

from gristmill.core.errors import GristmillError
from gristmill.core.limits import families
from gristmill.dashboard.thresholds import Threshold, stage_thresholds
from gristmill.pipelines.recipe import load_recipe
from gristmill.pipelines.registry import STAGE_TYPES


def by_parameter(stage: str, params: Mapping[str, object]) -> dict[str, Threshold]:
    return {threshold.parameter: threshold for threshold in stage_thresholds(stage, json.dumps(params))}


def test_bounds_come_from_the_run_and_not_from_the_defaults() -> None:
    found = by_parameter("heuristics", {"gopher_quality": {"min_mean_word_len": 3.5, "max_hash_ratio": 0.2}})
    low = found["gopher_quality.min_mean_word_len"]
    assert (low.signal, low.side, low.bound) == ("gopher_quality.mean_word_len", "below", 3.5)
    assert low.fails(3.4) and not low.fails(3.5)
    high = found["gopher_quality.max_hash_ratio"]
    assert (high.rule, high.signal, high.bound) == ("gopher_quality.hash_ratio", "gopher_quality.hash_ratio", 0.2)


def test_names_that_differ_follow_the_filters_own_list() -> None:
    found = by_parameter("heuristics", {"gopher_quality": {"min_words": 50}, "c4": {"max_curly_lines": 0}})
    assert found["gopher_quality.min_words"].signal == "gopher_quality.n_words_judged"
    assert found["c4.max_curly_lines"].signal == "c4.n_curly_lines"


def test_languages_that_a_rule_leaves_alone_are_told() -> None:
    params = {"gopher_quality": {"min_stop_words": 2, "stop_words_languages": ["en"]}}
    assert by_parameter("heuristics", params)["gopher_quality.min_stop_words"].languages == "only for en"


@pytest.mark.parametrize(
    ("stage", "params", "signal", "bound", "failing"),
    [
        ("language", {"min_score": 0.65}, "language.score", 0.65, 0.6),
        ("quality", {"threshold": 0.1}, "quality.score", 0.1, 0.05),
        ("minhash", {"threshold": 0.8}, "minhash.jaccard", 0.8, 0.7),
        ("urls", {"min_soft_words": 2}, "urls.soft_words", 1, 2),
        ("extract", {"max_depth": 512}, "extract.depth", 512, 513),
        ("of_another_version", {"max_sheep": 3}, "of_another_version.sheep", 3, 4),
    ],
)
def test_other_stages(stage: str, params: dict[str, object], signal: str, bound: float, failing: float) -> None:
    (found,) = stage_thresholds(stage, json.dumps(params))
    assert (found.signal, found.bound) == (signal, bound)
    assert found.fails(failing) and not found.fails(bound)


def test_switches_and_lists_are_no_bounds() -> None:
    assert stage_thresholds("language", '{"languages": ["en"], "lowercase": true, "min_yes": true}') == ()


def test_every_limit_of_the_default_recipe_is_found_once() -> None:
    """The guard against a filter whose bounds the dashboard would not draw."""
    try:
        recipe = load_recipe("default")
    except GristmillError as error:
        pytest.skip(f"the recipe cannot be read here: {error}")
    for stage in recipe.stages:
        limits = getattr(STAGE_TYPES[stage.name].load(), "LIMITS", ())
        found = stage_thresholds(stage.name, stage.params.model_dump_json())
        bounds = {
            limit.rule
            for own, declared in families(limits, stage.params).values()  # type: ignore[arg-type]
            for limit in declared
            if limit.side not in ("true", "outside") and math.isfinite(getattr(own, limit.field))
        }
        assert bounds <= {threshold.rule for threshold in found}
        assert len({threshold.parameter for threshold in found}) == len(found)
