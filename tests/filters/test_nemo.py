"""NeMo Curator's signals against plain Python."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gristmill.filters.nemo import Params, judge
from tests.filters.heuristic_texts import TEXTS, batch_of

NOTICES = (
    *("terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies"),
    "privacy overview",
)
PIECES = st.sampled_from(
    ["http://a.b/c ", "HTTPS://x", "http:/", "hhttp://é水 ", "(", ")", "12", " ", "\n\n", "The mill.", "³"]
)
URL_TEXTS = st.lists(st.lists(PIECES, max_size=12).map("".join), max_size=4)


def plain(text: str) -> dict[str, float]:
    words, lines = text.split(), [line.strip() for line in text.splitlines() if line.strip()]
    paragraphs = [unit for unit in re.split(r"\n{2,}", text.strip()) if unit]
    noticed = [any(notice in unit.lower() for notice in NOTICES) for unit in paragraphs]
    urls = re.findall(r"https?://\S+", text, re.IGNORECASE)
    signals = {
        "n_chars": len(text),
        "non_alnum_frac": share(sum(not character.isalnum() for character in text), len(text)),
        "symbol_word_ratio": share(text.count("#") + text.count("...") + text.count("…"), len(words)),
        "digit_frac": share(sum(map(str.isdigit, text)), len(text)),
        "url_char_frac": share(sum(len(url.encode()) for url in urls), len(text.encode())),
        "whitespace_frac": share(sum(map(str.isspace, text)), len(text)),
        "parenthesis_frac": share(text.count("(") + text.count(")"), len(text)),
        "longest_word": max(map(len, words), default=0),
        "boilerplate_frac": share(sum(noticed), len(noticed)),
        "boilerplate_edge": bool(noticed) and (noticed[0] or noticed[-1]),
        "unended_line_frac": share(sum(not line.endswith((".", "?", "!", '"', "'")) for line in lines), len(lines)),
        **distinct("line", [line for line in text.split("\n") if line]),
        **distinct("para", paragraphs),
    }
    return {f"nemo.{name}": float(value) for name, value in signals.items()}


def distinct(name: str, units: list[str]) -> dict[str, float]:
    return {
        f"distinct_{name}_frac": share(len(set(units)), len(units)) if units else 1.0,
        f"distinct_{name}_char_frac": share(sum(map(len, set(units))), sum(map(len, units))) if units else 1.0,
    }


def share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


@given(TEXTS | URL_TEXTS, st.integers(0, 2))
def test_signals_match_plain_python(texts: list[str], start: int) -> None:
    verdict = judge(batch_of(texts, start), Params())
    for row, text in enumerate(texts[start:]):
        for name, value in plain(text).items():
            assert verdict.signals[name][row] == pytest.approx(value), name


# Documents exactly on a bound pass: rule, text on the bound, text beyond.
@pytest.mark.parametrize(
    ("rule", "on", "beyond"),
    [
        ("non_alnum_frac", "aaa.", "aa.."),
        ("digit_frac", "a" * 17 + "123", "a" * 16 + "1234"),
        ("whitespace_frac", "aaa aaa ", "aaa aaa  "),
        ("longest_word", "x" * 1000, "x" * 1001),
        ("distinct_line_frac", "\n".join([*"abcdefg", *"abc"]), "\n".join([*"abcdef", *"abcd"])),
    ],
)
def test_a_document_on_the_bound_passes(rule: str, on: str, beyond: str) -> None:
    assert judge(batch_of([on, beyond]), Params()).failed[f"nemo.{rule}"].tolist() == [False, True]
