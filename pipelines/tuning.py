"""Bounds of single languages from a reference corpus, by the methods of FineWeb 2 (Penedo et al. 2025, arXiv:2506.20920).

With m, sd, med, F the mean, standard deviation, median and distribution of a signal, t the English bound, l another language:

    meanstd       t_l = m_l + (t - m_en) / sd_en * sd_l
    quantile      t_l = F_l⁻¹(F_en(t))
    10tail        t_l = the 10th percentile of l for a lower bound, the 90th for an upper one
    medianratio   t_l = t * med_l / med_en

FineWeb 2 chose 10tail for FineWeb's rules, quantile for Gopher's quality rules (both on Wikipedia), meanstd for Gopher's
repetition rules (on crawled pages). The bound of the language model's score is clip(median - sd, 0.3, 0.9) over all pages
that it takes for the language.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import duckdb
import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from gristmill.core.batch import Batch
from gristmill.core.errors import InputError
from gristmill.core.limits import LANGUAGE, Limit, families
from gristmill.pipelines.labelled_texts import labelled
from gristmill.pipelines.recipe import Recipe
from gristmill.pipelines.verdict_columns import read

Method = Literal["auto", "10tail", "quantile", "meanstd", "medianratio"]
Values = Mapping[str, Mapping[str, NDArray[np.float64]]]  # language -> signal -> float64[documents]

ENGLISH = "en"
LEAST_SCORES = 1000
LEAST_DOCUMENTS = 100
_CLIP = (0.3, 0.9)
_ELSE = 0.5  # the bound of a score where there are too few pages to tell
_DECIMALS = 3

# The rules that FineWeb 2 has by language, and the method it chose for their family.
_RULES: dict[str, Method] = {
    "fineweb.line_punct_ratio": "10tail",
    "fineweb.newline_word_ratio": "10tail",
    "gopher_quality.min_mean_word_len": "quantile",
    "gopher_quality.max_mean_word_len": "quantile",
    "gopher_quality.alpha_words": "quantile",
    "gopher_repetition.dup_line_frac": "meanstd",
    **{f"gopher_repetition.top_{n}gram_char_frac": "meanstd" for n in range(2, 5)},
    **{f"gopher_repetition.dup_{n}gram_char_frac": "meanstd" for n in range(5, 11)},
}


@dataclass(frozen=True)
class Bound:
    """A language's own bound.

    Attributes:
        table: the recipe's table that it belongs to, "stages.heuristics.gopher_quality".
        field: the parameter.
        value: the bound.
        removed: share of the reference that it removes.
        documents: how many it was made from.
    """

    table: str
    language: str
    field: str
    value: float
    removed: float
    documents: int


def bounds_from_texts(recipe: Recipe, path: Path, method: Method = "auto") -> list[Bound]:
    """Bounds of the heuristics for each language of a reference corpus with at least 100 documents.

    Args:
        recipe: its stage `heuristics` says which families, how they measure, and the English bounds.
        path: texts (pipelines/texts.py); without a column `language`, the recipe's language stage labels them.

    Raises:
        InputError: the file cannot be read, no language has enough documents, or English is needed and has too few.
        RecipeError: the recipe has no such stages.
    """
    stage = recipe.stage("heuristics")
    limits = [
        limit for limit in stage.type.load().LIMITS if limit.rule in _RULES and limit.family in _families(stage.params)
    ]
    values = _measure(recipe, path, limits)
    enough = {name: own for name, own in values.items() if any(len(one) >= LEAST_DOCUMENTS for one in own.values())}
    if not enough.keys() - {ENGLISH}:
        raise InputError(f"{path} has no language besides English with {LEAST_DOCUMENTS} documents; give more texts.")
    owners = families(limits, stage.params)  # type: ignore[arg-type]
    bounds = []
    for limit in limits:
        chosen = _RULES[limit.rule] if method == "auto" else method
        if chosen != "10tail" and ENGLISH not in enough:
            raise InputError(
                f"the method {chosen} compares with English, of which {path} has fewer than {LEAST_DOCUMENTS} documents; "
                "add some (language en), or choose --method 10tail."
            )
        params: Any = owners[limit.family][0]
        plain = params.by_language.get(ENGLISH, {}).get(limit.field, getattr(params, limit.field))
        for language in sorted(enough.keys() - {ENGLISH}):
            own = enough[language][limit.signal]
            english = enough.get(ENGLISH, {}).get(limit.signal, own)
            value = round(derived(chosen, limit.side == "below", plain, english, own), _DECIMALS)
            removed = float(np.mean(own < value if limit.side == "below" else own > value))
            bounds.append(Bound(f"stages.heuristics.{limit.family}", language, limit.field, value, removed, len(own)))
    return bounds


def derived(method: Method, lower: bool, bound: float, english: NDArray[np.float64], own: NDArray[np.float64]) -> float:
    """A language's bound from the English one and both languages' signals; the English one where these have no spread."""
    if method == "10tail":
        return float(np.quantile(own, 0.1 if lower else 0.9))
    if method == "quantile":
        beyond = np.mean(english < bound) if lower else np.mean(english <= bound)
        return float(np.quantile(own, beyond))
    if method == "meanstd":
        spread = float(english.std())
        return float(own.mean() + (bound - english.mean()) / spread * own.std()) if spread else bound
    middle = float(np.median(english))
    return bound * float(np.median(own)) / middle if middle else bound


def score_bound(scores: NDArray[np.float64]) -> float:
    """FineWeb 2's least score of a language: clip(median - standard deviation, 0.3, 0.9); 0.5 for fewer than 1,000 pages."""
    if len(scores) < LEAST_SCORES:
        return _ELSE
    return float(np.clip(np.median(scores) - scores.std(), *_CLIP))


def bounds_from_scores(ledger: duckdb.DuckDBPyConnection) -> list[Bound]:
    """The least score of each language from all pages of a run that its model took for the language.

    Raises:
        UsageError: the run has no language stage.
    """
    columns = f'signals."{LANGUAGE}" AS label, signals."language.score" AS score'
    table = read(ledger, f"SELECT {columns} FROM verdicts_language WHERE outcome IS NOT NULL")
    labels = table.column("label").combine_chunks().dictionary_encode()
    codes, scores = labels.indices.to_numpy(), table.column("score").to_numpy()
    bounds = []
    for code, language in sorted(enumerate(labels.dictionary.to_pylist()), key=lambda item: item[1]):
        own = scores[codes == code]
        if language != "und":
            value = round(score_bound(own), _DECIMALS)
            removed = float(np.mean(own < value))
            bounds.append(Bound("stages.language", language, "min_score", value, removed, len(own)))
    return bounds


def fragment(bounds: Sequence[Bound], notes: Sequence[str], recipe: str) -> str:
    """The bounds as a recipe that extends another, with comments on what they stand on."""
    tables: dict[str, list[Bound]] = defaultdict(list)
    for bound in bounds:
        tables[f"{bound.table}.by_language.{_key(bound.language)}"].append(bound)
    lines = [*(f"# {note}" for note in notes), f"extends = {json.dumps(recipe)}"]
    for table, own in tables.items():
        lines += ["", f"[{table}]  # {own[0].documents:,} documents"]
        lines += [f"{bound.field} = {bound.value}  # removes {bound.removed:.1%}" for bound in own]
    return "\n".join(lines) + "\n"


def words_fragment(lists: Mapping[str, Sequence[str]], asked: Sequence[str]) -> str:
    """Stop words by language as tables of a recipe that asks these languages for some, beside those asked already."""
    languages = list(dict.fromkeys((*asked, *lists)))
    lines = ["", "[stages.heuristics.gopher_quality]", f"stop_words_languages = {json.dumps(languages)}"]
    lines += ["", "[stages.heuristics.gopher_quality.stop_words_by_language]"]
    lines += [
        f"{_key(language)} = {json.dumps(list(listed), ensure_ascii=False)}" for language, listed in lists.items()
    ]
    return "\n".join(lines) + "\n"


def _key(language: str) -> str:
    """A language as a key of TOML."""
    return language if re.fullmatch("[A-Za-z0-9_-]+", language) else json.dumps(language)


def _families(params: Any) -> tuple[str, ...]:
    names: tuple[str, ...] = params.families
    return names


def _measure(recipe: Recipe, path: Path, limits: Sequence[Limit]) -> Values:
    found: dict[str, dict[str, list[NDArray[np.float64]]]] = defaultdict(lambda: defaultdict(list))
    for language, signal, values in _measured(recipe, path, limits):
        found[language][signal].append(values)
    return {
        language: {signal: np.concatenate(parts) for signal, parts in own.items()} for language, own in found.items()
    }


def _measured(recipe: Recipe, path: Path, limits: Sequence[Limit]) -> Iterator[tuple[str, str, NDArray[np.float64]]]:
    """Language, signal and values, for each batch of the texts; documents without a word do not count."""
    stage = recipe.stage("heuristics")
    module = stage.type.load()
    for documents, labels in labelled(recipe, path):
        verdict = module.judge(Batch(documents, {LANGUAGE: labels}), stage.params)
        judged = ~np.logical_or.reduce([verdict.failed[rule] for rule in module.ALONE])
        for language in pc.unique(labels).drop_null().to_pylist():
            rows = pc.equal(labels, language).fill_null(False).to_numpy(zero_copy_only=False) & judged
            for signal in {limit.signal: None for limit in limits}:
                yield language, signal, np.asarray(verdict.signals[signal], np.float64)[rows]
