"""Dolma's taggers against plain Python, as its code reads."""

import statistics
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gristmill.filters.dolma import Params, judge
from tests.filters.heuristic_texts import TEXTS, batch_of
from tests.plain_heuristics import sequences

STOP_WORDS = {"the", "be", "to", "of", "and", "that", "have", "with"}


def plain(text: str, empty_lines: bool) -> dict[str, float]:
    words, lines = text.split(), text.split("\n")
    chars = sum(map(len, words))
    counted = lines if empty_lines else [line for line in lines if line]
    repeated = [line for line in counted if Counter(counted)[line] > 1]
    signals = {
        "n_words": len(words),
        "median_word_len": statistics.median(map(len, words)) if words else 0,
        "symbol_ratio": share(sum("#" in word or "…" in word for word in words), len(words)),
        "alpha_word_frac": share(sum(any(map(str.isalpha, word)) for word in words), len(words)),
        "n_stop_words": sum(word in STOP_WORDS for word in words),
        "bullet_line_frac": share(sum(line.startswith(("*", "-")) for line in lines), len(lines)),
        "ellipsis_line_frac": share(sum(line.endswith("…") for line in lines), len(lines)),
        "dup_line_frac": share(len(repeated), len(counted)),
        "dup_line_char_frac": share(sum(map(len, repeated)), chars),
        "line_no_end_punct_frac": share(sum(not line.endswith((".", "?", "!", '"')) for line in lines), len(lines)),
        "line_few_words_frac": share(sum(len(line.split()) < 3 for line in lines), len(lines)),
        "has_lorem_ipsum": "lorem ipsum" in text.lower(),
        "has_curly_brace": "{" in text,
        "has_javascript": "javascript" in (word.lower() for word in words),
    }
    for n in range(2, 5):
        sequence, times = Counter(sequences(words, n)).most_common(1)[0] if len(words) >= n else ((), 0)
        signals[f"top_{n}gram_char_frac"] = share(len("".join(sequence)) * times, chars)
    for n in range(5, 11):
        counts = Counter(sequences(words, n))
        sizes = {sequence: len("".join(sequence)) * times for sequence, times in counts.items()}
        repeats = sum(size for sequence, size in sizes.items() if counts[sequence] > 1)
        signals[f"dup_{n}gram_char_frac"] = share(repeats, sum(sizes.values()))
    return {f"dolma.{name}": float(value) for name, value in signals.items()}


def share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


@given(TEXTS, st.integers(0, 2), st.booleans())
def test_signals_match_plain_python(texts: list[str], start: int, empty_lines: bool) -> None:
    verdict = judge(batch_of(texts, start), Params(empty_lines=empty_lines))
    for row, text in enumerate(texts[start:]):
        for name, value in plain(text, empty_lines).items():
            assert verdict.signals[name][row] == pytest.approx(value), name


def test_top_sequences_are_judged_on_demand() -> None:
    batch = batch_of(["stone and stone and stone and stone"])
    assert not judge(batch, Params()).failed["dolma.top_2gram_char_frac"][0]
    assert judge(batch, Params(top_rules=True)).failed["dolma.top_2gram_char_frac"][0]
