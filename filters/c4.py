"""C4's page rules, judged as if its line rules had been applied; the text is not edited here.

Raffel et al. 2020 (arXiv:1910.10683), section 2.2. The page rules look at the lines that the line rules leave
(filters/c4_lines.py), without their citation marks (`[1]`, `[edit]`, `[citation needed]`). Where implementations disagree
the default is the paper's, or the published code's where the paper is silent: 3 sentences, lines of 5 words, an end mark.
Sentences are counted by their end marks; C4's code asks NLTK. Repeated spans of three sentences are the stage `lines`' affair.

datatrove 0.10.1: max_chars = inf, min_sentences = 5, min_words_per_line = 3, words_before_citations = true,
end_marks = ".?!\\"'", unspaced_languages = []; so the `fineweb` recipe, with terminal_punct = false.
"""

from pathlib import Path

import numpy as np
from pydantic import Field

from gristmill.core.batch import Batch
from gristmill.core.limits import UNSPACED_LANGUAGES, Limit, apply_limits
from gristmill.core.lines import code_points, lines, stripped_lines
from gristmill.core.ratios import ratio, sums
from gristmill.core.verdict import Example, Signal, Verdict
from gristmill.filters.bad_words import count_bad_words
from gristmill.filters.c4_lines import BLANK, CAUSES, LENGTH, REMOVED, LineParams, judge_lines
from gristmill.filters.c4_search import CURLY, LOREM

NAME = "c4"
VERSION = 3
UPSTREAM = ("language.label",)


class Params(LineParams):
    """Bounds of the rules; the defaults are those of C4's paper and code."""

    min_sentences: int = 3
    """Fewest sentences in the lines left. C4's paper and code: 3; datatrove, so FineWeb: 5."""

    max_lorem_lines: int = 0
    """Most lines with "lorem ipsum". C4: none."""

    max_curly_lines: int = 0
    """Most lines with an opening curly bracket. C4: none."""

    bad_words: Path | None = None
    """UTF-8 list of words and phrases, one a line, that no page may hold (C4: LDNOOBW). None: the rule passes every
    page. Off by default: such lists remove the text of minorities (Dodge et al. 2021, arXiv:2104.08758)."""

    bad_words_by_language: dict[str, Path] = Field(default={})
    """Lists for pages of single languages instead of that one. mC4: LDNOOBW's of 28 languages."""

    max_bad_words: int = 0
    """Most bad words. C4: none."""

    unspaced_languages: tuple[str, ...] = UNSPACED_LANGUAGES
    """Languages whose words cannot be told by spaces, so that every line seems short: no sentences are asked of them.
    By `language.label`; not in the paper."""


LIMITS = (
    LENGTH,
    Limit("c4.lorem_ipsum", "c4.n_lorem_lines", "above", "max_lorem_lines"),
    Limit("c4.curly_bracket", "c4.n_curly_lines", "above", "max_curly_lines"),
    Limit("c4.min_sentences", "c4.n_sentences", "below", "min_sentences", but="unspaced_languages"),
    Limit("c4.bad_words", "c4.n_bad_words", "above", "max_bad_words"),
)
RULES = tuple(limit.rule for limit in LIMITS)
OFF = ("c4.bad_words",)  # under default parameters

_PROSE = "The mill is old. The river is older! Who built the bridge? Nobody remembers. It stands."

EXAMPLES = (
    Example(_PROSE),
    Example(f"{_PROSE}\nLorem ipsum dolor sit amet.", failed=("c4.lorem_ipsum",)),
    Example(f"{_PROSE}\nWrite the letter {{ in the middle.", failed=("c4.curly_bracket",)),
    Example(f"{_PROSE}\n" * 2200, failed=("c4.max_chars",)),
    Example("The mill is old. The river is older.", failed=("c4.min_sentences",)),
    Example("Turn on JavaScript! It helps. It does. It is. It was. Yes.", failed=("c4.min_sentences",)),
    Example("We use cookies. All do. Read our policy. Or not. Yes. No.", failed=("c4.min_sentences",)),
)


def files(params: Params) -> tuple[Path, ...]:
    """The lists of bad words, if there are any."""
    plain = (params.bad_words,) if params.bad_words else ()
    return (*plain, *(path for _, path in sorted(params.bad_words_by_language.items())))


def judge(batch: Batch, params: Params) -> Verdict:
    """Judge each document by its lines."""
    spans = stripped_lines(batch)
    found, sentences = judge_lines(batch.text.data, spans, params)
    kept = (found & REMOVED) == 0
    n_lines = sums(spans.offsets, (found & BLANK) == 0)
    signals: dict[str, Signal] = {
        "c4.n_chars": code_points(lines(batch)),
        "c4.n_lines": n_lines,
        "c4.lines_removed_frac": ratio(n_lines - sums(spans.offsets, kept), n_lines),
        **{f"c4.{cause}": sums(spans.offsets, (found & flag) != 0) for cause, flag in CAUSES.items()},
        "c4.n_lorem_lines": sums(spans.offsets, (found & LOREM) != 0),
        "c4.n_curly_lines": sums(spans.offsets, (found & CURLY) != 0),
        "c4.n_sentences": sums(spans.offsets, np.where(kept, sentences, 0)),
        "c4.n_bad_words": count_bad_words(batch, params.bad_words, params.bad_words_by_language),
    }
    return Verdict(signals, apply_limits(LIMITS, signals, params, batch))
