"""RedPajama-V2's annotations against plain Python, as its code reads."""

import math
import re
import string
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gristmill.core.normal import normal
from gristmill.filters.rpv2 import Params, judge
from gristmill.filters.stop_words import stop_words
from tests.filters.heuristic_texts import TEXTS, batch_of
from tests.plain_heuristics import covered_chars

BULLETS = tuple("\u2022\u2023\u25b6\u25c0\u25e6\u25a0\u25a1\u25aa\u25ab\u2013")
NO_PUNCTUATION = str.maketrans("", "", string.punctuation)


def plain(text: str) -> dict[str, float]:
    raw, norm = re.findall(r"\w+|[^\w\s]+", text), normal(text)
    words, lines = norm.split(), re.findall(r"[^\n]*\n|[^\n]+$", text)
    counts = Counter(words)
    signals = {
        "ccnet_length": len(text),
        "ccnet_nlines": len(lines),
        "rps_doc_curly_bracket": share(text.count("{") + text.count("}"), len(text)),
        "rps_doc_frac_all_caps_words": share(sum(map(str.isupper, raw)), len(raw)),
        "rps_doc_frac_no_alph_words": share(sum(not re.search("[a-zA-Z]", word) for word in raw), len(raw)),
        "rps_doc_num_sentences": len(re.findall(r"\b[^.!?]+[.!?]*", text)),
        "rps_doc_stop_word_fraction": share(sum(word in stop_words()["en"] for word in raw), len(raw)),
        "rps_doc_symbol_to_word_ratio": share(text.count("#") + text.count("...") + text.count("…"), len(raw)),
        "rps_doc_word_count": len(words),
        "rps_doc_mean_word_length": share(sum(map(len, words)), len(words)),
        "rps_doc_frac_unique_words": share(len(counts), len(words)),
        "rps_doc_unigram_entropy": -sum(n / len(words) * math.log(n / len(words)) for n in counts.values()),
        "rps_doc_lorem_ipsum": share(norm.count("lorem ipsum"), len(norm)),
        "rps_doc_frac_lines_end_with_ellipsis": share(
            sum(line.rstrip().endswith(("...", "…")) for line in lines), len(lines)
        ),
        "bulletpoint_line_frac": share(sum(line.lstrip().startswith(BULLETS) for line in lines), len(lines)),
        **{
            f"rps_doc_frac_chars_dupe_{n}grams": share(covered_chars(words, n), sum(map(len, words)))
            for n in range(5, 11)
        },
    }
    return {f"rpv2.{name}": float(value) for name, value in signals.items()}


def plain_lines(text: str) -> dict[str, list[float]]:
    lines = re.findall(r"[^\n]*\n|[^\n]+$", text)
    bare = [" ".join(line.translate(NO_PUNCTUATION).split()) for line in lines]
    signals = {
        "ending_with_terminal_punctution_mark": [line.rstrip().endswith((".", "!", "?", "”")) for line in lines],
        "javascript_counts": [line.lower().split().count("javascript") for line in bare],
        "num_words": [len(line.split()) for line in bare],
        "numerical_chars_fraction": [share(sum(map(str.isnumeric, line)), len(line)) for line in bare],
        "start_with_bulletpoint": [line.lstrip().startswith(BULLETS) for line in lines],
        "uppercase_letter_fraction": [share(sum(map(str.isupper, line)), len(line)) for line in lines],
    }
    return {f"rpv2.rps_lines_{name}": [float(value) for value in values] for name, values in signals.items()}


def share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


@given(TEXTS, st.integers(0, 2))
def test_annotations_match_plain_python(texts: list[str], start: int) -> None:
    verdict = judge(batch_of(texts, start), Params())
    for row, text in enumerate(texts[start:]):
        for name, value in plain(text).items():
            assert verdict.signals[name][row] == pytest.approx(value), name
        for name, values in plain_lines(text).items():
            assert pa.array(verdict.signals[name])[row].as_py() == pytest.approx(values), name


def test_stop_words_are_those_of_the_language() -> None:
    texts, name = ["der Fluss und die Mühle"] * 2, "rpv2.rps_doc_stop_word_fraction"
    verdict = judge(batch_of(texts, labels=["de", "xx"]), Params())
    assert pa.array(verdict.signals[name]).to_pylist() == [pytest.approx(3 / 5), 0.0]


def test_phrases_of_a_list_are_counted_as_normalised_words(tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    path.write_text("bad\nvery bad word\nÉclat\n", "utf-8")
    texts = ["Bad, bad!", "badly", "a very-bad Word: very BAD, word", "éclat", ""]
    verdict = judge(batch_of(texts), Params(bad_words=path))
    assert pa.array(verdict.signals["rpv2.rps_doc_ldnoobw_words"]).to_pylist() == [2, 0, 2, 1, 0]
