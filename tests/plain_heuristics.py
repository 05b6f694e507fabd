"""All signals of the heuristics once more, in plain Python: what the kernels must agree with, and are timed against."""

import re
from collections import Counter

from gristmill.core.characters import end_marks
from tests.plain_words import plain_words

_STOP_WORDS = {"the", "be", "to", "of", "and", "that", "have", "with"}
_END_MARKS = {chr(code) for code in end_marks()}
_SYMBOLS = (
    set("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ ”“„«»《》、。，；：％１〈「」【】（）？！～．’∶´–—━…►")
    | {chr(code) for code in (*range(9), 0x0B, 0x0C, *range(0x0D, 0x20), *range(0x7F, 0xA0))}
    | _END_MARKS
)
_CITATION = re.compile(r"\[\d*\]|\[edit\]|\[citation needed\]", re.ASCII)
_POLICIES = ("terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies")
_SENTENCE_END = re.compile(r"[.!?](?=[\"'”’)\]]*(?:\s|\Z))")

Signals = dict[str, float]


def plain_signals(text: str) -> Signals:
    """Every signal of the heuristics under default parameters."""
    words = plain_words(text)
    return quality(text, words) | repetition(text, words) | c4(text) | fineweb(text, words)


def quality(text: str, words: list[str]) -> Signals:
    prose = [word for word in words if not set(word) <= _SYMBOLS]
    lines = text.splitlines()
    bullets = sum(line.lstrip().startswith(("•", "-")) for line in lines)
    trailing = sum(line.rstrip().endswith(("...", "…")) for line in lines)
    signals = {
        "n_tokens": len(words),
        "n_words": len(prose),
        "n_words_judged": len(prose),
        "mean_word_len": share(sum(map(len, prose)), len(prose)),
        "hash_ratio": share(text.count("#"), len(words)),
        "ellipsis_ratio": share(text.count("...") + text.count("…"), len(words)),
        "n_lines": len(lines),
        "bullet_line_frac": share(bullets, len(lines)),
        "ellipsis_line_frac": share(trailing, len(lines)),
        "alpha_word_frac": share(sum(any(map(str.isalpha, word)) for word in words), len(words)),
        "stop_word_types": len(_STOP_WORDS & set(words)),
    }
    return {f"gopher_quality.{name}": value for name, value in signals.items()}


def repetition(text: str, words: list[str], all_copies: bool = False) -> Signals:
    paragraphs = re.split(r"\n{2,}", text.strip())
    lines = re.split(r"\n+", text)
    signals = {}
    for name, units in (("para", paragraphs), ("line", lines)):
        repeated = copies(units) if all_copies else later_copies(units)
        chars = sum(map(len, units)) if all_copies else len(text)
        signals[f"dup_{name}_frac"] = share(len(repeated), len(units))
        signals[f"dup_{name}_char_frac"] = share(sum(map(len, repeated)), chars)
    for n in range(2, 5):
        counts = Counter(sequences(words, n))
        sequence, times = counts.most_common(1)[0] if counts else ((), 0)
        signals[f"top_{n}gram_char_frac"] = share(len(" ".join(sequence)) * times, len(text))
    for n in range(5, 11):
        if all_copies:
            signals[f"dup_{n}gram_char_frac"] = share(covered_chars(words, n), sum(map(len, words)))
        else:
            signals[f"dup_{n}gram_char_frac"] = share(repeated_chars(words, n), len(text))
    return {f"gopher_repetition.{name}": value for name, value in signals.items()}


def c4(text: str, terminal_punct: bool = False) -> Signals:
    names = ("n_lines", "line_long_word", "line_terminal_punct", "line_min_words", "line_javascript", "line_policy")
    found = Counter(dict.fromkeys((*names, "n_lorem_lines", "n_curly_lines", "n_sentences", "n_bad_words"), 0))
    kept = 0
    for line in map(str.strip, text.splitlines()):
        if not line:
            continue
        found["n_lines"] += 1
        words = line.split()
        line = _CITATION.sub("", line)
        lower = line.lower()
        if max(map(len, words)) > 1000:
            found["line_long_word"] += 1
        elif terminal_punct and (not line.endswith((".", "?", "!", '"', "'")) or line.endswith("...")):
            found["line_terminal_punct"] += 1
        elif len(words) < 3:
            found["line_min_words"] += 1
        else:
            found["n_lorem_lines"] += "lorem ipsum" in lower
            if "javascript" in lower:
                found["line_javascript"] += 1
                continue
            found["n_curly_lines"] += "{" in line
            if any(policy in lower for policy in _POLICIES):
                found["line_policy"] += 1
                continue
            found["n_sentences"] += max(1, sentence_ends(line))
            kept += 1
    signals = dict(found) | {"lines_removed_frac": share(found["n_lines"] - kept, found["n_lines"])}
    return {f"c4.{name}": value for name, value in signals.items()}


def sentence_ends(line: str) -> int:
    others = sum(
        mark in _END_MARKS and not mark.isascii() and (after not in _END_MARKS or after.isascii())
        for mark, after in zip(line, line[1:] + " ", strict=True)
    )
    return len(_SENTENCE_END.findall(line)) + others


def fineweb(text: str, words: list[str]) -> Signals:
    lines = [line for line in text.split("\n") if line.strip()]
    signals = {
        "n_lines": len(lines),
        "line_punct_frac": share(sum(line[-1] in _END_MARKS for line in lines), len(lines)),
        "short_line_frac": share(sum(len(line) <= 30 for line in lines), len(lines)),
        "dup_line_char_frac": share(sum(map(len, later_copies(lines))), len(text.replace("\n", ""))),
        "newline_word_ratio": share(text.count("\n"), len(words)),
    }
    return {f"fineweb.{name}": value for name, value in signals.items()}


def share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def later_copies(units: list[str]) -> list[str]:
    seen: set[str] = set()
    return [unit for unit in units if unit in seen or seen.add(unit)]  # type: ignore[func-returns-value]


def copies(units: list[str]) -> list[str]:
    counts = Counter(units)
    return [unit for unit in units if counts[unit] > 1]


def sequences(words: list[str], n: int) -> list[tuple[str, ...]]:
    return [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]


def repeated_chars(words: list[str], n: int) -> int:
    seen: set[tuple[str, ...]] = set()
    total = i = 0
    while i <= len(words) - n:
        sequence = tuple(words[i : i + n])
        if sequence in seen:
            total += sum(map(len, sequence))
            i += n
        else:
            seen.add(sequence)
            i += 1
    return total


def covered_chars(words: list[str], n: int) -> int:
    found = sequences(words, n)
    counts = Counter(found)
    places = {i + k for i, sequence in enumerate(found) if counts[sequence] > 1 for k in range(n)}
    return sum(len(words[place]) for place in places)
