"""All signals of the heuristics once more, in plain Python: what the kernels must agree with, and are timed against."""

import re
from collections import Counter

from gristmill.core.characters import end_marks
from tests.plain_words import plain_words

_STOP_WORDS = {"the", "be", "to", "of", "and", "that", "have", "with"}
_END_MARKS = {chr(code) for code in end_marks()}
SYMBOLS = (
    set("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ ”“„«»《》、。，；：％１〈「」【】（）？！～．’∶´–—━…►")
    | {chr(code) for code in (*range(9), 0x0B, 0x0C, *range(0x0D, 0x20), *range(0x7F, 0xA0))}
    | _END_MARKS
)
_CITATION = re.compile(r"\[\d*\]|\[edit\]|\[citation needed\]", re.ASCII)
_POLICIES = ("terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies")
_SENTENCE_END = re.compile(r"[.!?](?=[\"'”’)\]]*(?:\s|\Z))")

Signals = dict[str, float]


def plain_signals(text: str) -> Signals:
    """Every signal of the four usual families under default parameters."""
    words = text.split()
    return (
        repetition(text, words, all_copies=True, any_top=False)
        | quality(text, words, ignore_case=True)
        | c4(text, terminal_punct=True)
        | fineweb(text, plain_words(text))
    )


def datatrove_signals(text: str) -> Signals:
    """The same as datatrove 0.10.1 counts, with C4 as FineWeb used it."""
    words = plain_words(text)
    return (
        repetition(text, words, all_copies=False, any_top=True)
        | quality(text, words, ignore_case=False)
        | c4(text, fewest_words=3, words_before_citations=True)
        | fineweb(text, words)
    )


def quality(text: str, words: list[str], ignore_case: bool) -> Signals:
    prose = [word for word in words if not set(word) <= SYMBOLS]
    forms = [{word, word.title(), word.upper()} if ignore_case else {word} for word in _STOP_WORDS]
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
        "stop_word_types": sum(bool(form & set(words)) for form in forms),
    }
    return {f"gopher_quality.{name}": value for name, value in signals.items()}


def repetition(text: str, words: list[str], all_copies: bool, any_top: bool) -> Signals:
    paragraphs = re.split(r"\n{2,}", text.strip())
    lines = re.split(r"\n+", text)
    if all_copies:
        paragraphs, lines = [unit for unit in paragraphs if unit], [line for line in lines if line]
    signals = {}
    for name, units in (("para", paragraphs), ("line", lines)):
        repeated = copies(units) if all_copies else later_copies(units)
        chars = sum(map(len, units)) if all_copies else len(text)
        signals[f"dup_{name}_frac"] = share(len(repeated), len(units))
        signals[f"dup_{name}_char_frac"] = share(sum(map(len, repeated)), chars)
    for n in range(2, 5):
        counts = Counter(sequences(words, n))
        sequence, times = counts.most_common(1)[0] if counts else ((), 0)
        if any_top:
            signals[f"top_{n}gram_char_frac"] = share(len(" ".join(sequence)) * times, len(text))
        else:
            signals[f"top_{n}gram_char_frac"] = share(
                len("".join(sequence)) * times * (times > 1), sum(map(len, words))
            )
    for n in range(5, 11):
        if all_copies:
            signals[f"dup_{n}gram_char_frac"] = share(covered_chars(words, n), sum(map(len, words)))
        else:
            signals[f"dup_{n}gram_char_frac"] = share(repeated_chars(words, n), len(text))
    return {f"gopher_repetition.{name}": value for name, value in signals.items()}


def c4(
    text: str,
    terminal_punct: bool = False,
    end_marks: str = '.?!"',
    fewest_words: int = 5,
    words_before_citations: bool = False,
) -> Signals:
    names = ("n_lines", "line_long_word", "line_terminal_punct", "line_min_words", "line_javascript", "line_policy")
    found = Counter(dict.fromkeys((*names, "n_lorem_lines", "n_curly_lines", "n_sentences", "n_bad_words"), 0))
    kept = 0
    for line in filter(None, map(str.strip, text.splitlines())):
        found["n_lines"] += 1
        cause, line = c4_line(line, terminal_punct, end_marks, fewest_words, words_before_citations)
        if cause in ("", "line_javascript", "line_policy"):
            found["n_lorem_lines"] += "lorem ipsum" in line.lower()
        if cause in ("", "line_policy"):
            found["n_curly_lines"] += "{" in line
        if cause:
            found[cause] += 1
        else:
            found["n_sentences"] += max(1, sentence_ends(line))
            kept += 1
    signals = dict(found) | {
        "n_chars": len(text),
        "lines_removed_frac": share(found["n_lines"] - kept, found["n_lines"]),
    }
    return {f"c4.{name}": value for name, value in signals.items()}


def c4_line(
    line: str, terminal_punct: bool, end_marks: str, fewest_words: int, words_before_citations: bool
) -> tuple[str, str]:
    """Why a stripped line is left out, or "", and the line without citation marks."""
    words = line.split()
    longest = max(map(len, words))
    line = _CITATION.sub("", line)
    words = words if words_before_citations else line.split()
    if longest > 1000:
        return "line_long_word", line
    if terminal_punct and (not line.endswith(tuple(end_marks)) or line.endswith("...")):
        return "line_terminal_punct", line
    if len(words) < fewest_words:
        return "line_min_words", line
    if "javascript" in line.lower():
        return "line_javascript", line
    return "line_policy" if any(policy in line.lower() for policy in _POLICIES) else "", line


def c4_text(text: str, terminal_punct: bool, fewest_words: int, span: int = 0) -> str:
    """What C4's line rules leave of a text, and the rule about spans of so many sentences."""
    lines = filter(None, map(str.strip, text.splitlines()))
    kept = [line for line in lines if not c4_line(line, terminal_punct, '.?!"', fewest_words, False)[0]]
    return "\n".join("".join(_CITATION.sub("", piece) for piece in line) for line in without_repeats(kept, span))


def without_repeats(lines: list[str], span: int) -> list[list[str]]:
    """The pieces that are left of each line that is left when spans of sentences stand once only."""
    found = [(number, *place) for number, line in enumerate(lines) for place in sentences(line)]
    texts = [lines[number][start:end] for number, start, end in found]
    gone: set[int] = set()
    seen: dict[tuple[str, ...], int] = {}
    at = 0
    while span and at + span <= len(found):
        first = seen.setdefault(tuple(texts[at : at + span]), at)
        gone |= set(range(at, at + span)) if first + span <= at else set()
        for skipped in range(at + 1, at + span if first + span <= at else at + 1):
            seen.setdefault(tuple(texts[skipped : skipped + span]), skipped)
        at += span if first + span <= at else 1
    left = []
    for number, line in enumerate(lines):
        own = [(place in gone, start, end) for place, (owner, start, end) in enumerate(found) if owner == number]
        if all(lost for lost, _, _ in own):
            continue
        marks = "".join("-" if lost else "+" for lost, _, _ in own)
        pieces, at = [], 0
        for run in re.finditer("-+", marks):
            ends_line = run.end() == len(own)
            pieces.append(line[at : own[run.start() - 1][2] if ends_line else own[run.start()][1]])
            at = len(line) if ends_line else own[run.end()][1]
        left.append([*pieces, line[at:]])
    return left


def sentences(line: str) -> list[tuple[int, int]]:
    """Where the sentences of a stripped line start and end."""
    found = []
    start = at = 0
    while at < len(line):
        mark = line[at]
        at += 1
        if mark not in _END_MARKS:
            continue
        behind = re.compile(r"[\"'”’)\]]*").match(line, at)
        end = behind.end() if behind and mark.isascii() else at
        if mark.isascii() and not (end == len(line) or line[end].isspace()):
            continue
        if not mark.isascii() and line[at : at + 1] in _END_MARKS:
            continue
        found.append((start, end))
        start = at = end + len(line[end:]) - len(line[end:].lstrip())
    return found + [(start, len(line))] * (start < len(line))


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
