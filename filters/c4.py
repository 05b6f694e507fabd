"""C4's page rules, judged as if its line rules had been applied; the text is not edited here.

Raffel et al. 2020 (arXiv:1910.10683), section 2.2, as datatrove 0.10.1 does it and FineWeb used it. A line, stripped,
is left out if it has an overlong word, no end mark (if asked), too few words, the word JavaScript, or a policy notice.
The page rules look at the lines that are left, without their citation marks (`[1]`, `[edit]`, `[citation needed]`).
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gristmill.core.batch import Batch
from gristmill.core.characters import END_MARK, SPACE, classes, decode
from gristmill.core.jit import kernel
from gristmill.core.limits import UNSPACED_LANGUAGES, Limit, apply_limits
from gristmill.core.lines import stripped_lines
from gristmill.core.params import LanguageParams
from gristmill.core.phrases import phrase_at, phrases
from gristmill.core.ratios import ratio, sums
from gristmill.core.verdict import Example, Signal, Verdict
from gristmill.filters.bad_words import count_bad_words

NAME = "c4"
VERSION = 1
UPSTREAM = ("language.label",)


class Params(LanguageParams):
    """Bounds of the rules; the defaults are FineWeb's (datatrove's), the paper's numbers are named."""

    max_word_length: int = 1000
    """Longest word of a line kept, in code points. C4's code: 1,000."""

    terminal_punct: bool = False
    """Leave out lines that do not end with one of `. ? ! " '`, or end with `...`. C4: yes; FineWeb: no (it alone costs
    30 % of the tokens)."""

    min_words_per_line: int = 3
    """Fewest words, cut at spaces, of a line kept. datatrove and FineWeb: 3; C4's paper and code: 5."""

    min_sentences: int = 5
    """Fewest sentences in the lines left. datatrove and FineWeb: 5; C4's paper and code: 3."""

    max_lorem_lines: int = 0
    """Most lines with "lorem ipsum". C4: none."""

    max_curly_lines: int = 0
    """Most lines with an opening curly bracket. C4: none."""

    bad_words: Path | None = None
    """UTF-8 list of words and phrases, one a line, that no page may hold (C4: LDNOOBW). None: the rule passes every
    page. Off by default: such lists remove the text of minorities (Dodge et al. 2021, arXiv:2104.08758)."""

    max_bad_words: int = 0
    """Most bad words. C4: none."""

    unspaced_languages: tuple[str, ...] = UNSPACED_LANGUAGES
    """Languages whose words cannot be told by spaces, so that every line seems short: no sentences are asked of them.
    By `language.label`; not in the paper."""


LIMITS = (
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
    Example(f"{_PROSE}\nvoid turn() {{ wheel++; }}", failed=("c4.curly_bracket",)),
    Example("The mill is old. The river is older.", failed=("c4.min_sentences",)),
    Example("Turn on JavaScript! It helps. It does. It is. It was. Yes.", failed=("c4.min_sentences",)),
    Example("We use cookies. All do. Read our policy. Or not. Yes. No.", failed=("c4.min_sentences",)),
)

# What became of a line, and what else it has; the causes in the order they are tried.
BLANK = 1
LONG_WORD = 2
NO_END_MARK = 4
FEW_WORDS = 8
JAVASCRIPT = 16
POLICY = 32
LOREM = 64
CURLY = 128
_REMOVED = BLANK | LONG_WORD | NO_END_MARK | FEW_WORDS | JAVASCRIPT | POLICY

_CAUSES = {
    "line_long_word": LONG_WORD,
    "line_terminal_punct": NO_END_MARK,
    "line_min_words": FEW_WORDS,
    "line_javascript": JAVASCRIPT,
    "line_policy": POLICY,
}
_JAVASCRIPT_PHRASE = 1
_PHRASES = phrases(
    "lorem ipsum",
    "javascript",
    "terms of use",
    "privacy policy",
    "cookie policy",
    "uses cookies",
    "use of cookies",
    "use cookies",
)
# Kernels hold these as constants.
_PHRASE_DATA, _PHRASE_OFFSETS, _ANCHORS, _BY_BYTE, _FOLLOWING = vars(_PHRASES).values()
_EDIT = np.frombuffer(b"[edit]", np.uint8)
_CITATION_NEEDED = np.frombuffer(b"[citation needed]", np.uint8)
_OPEN_CURLY = 0x7B
_OPEN_SQUARE = 0x5B
_CLOSE_SQUARE = 0x5D

# What a byte may be part of: a phrase, the end of a sentence, or a bracket (no bit above the others).
_ANCHOR = 1
_ASCII_END = 2
_LEAD = 4  # the first byte of a code point beyond Latin letters
_BRACKET = 8
_ACTIONS = np.zeros(256, np.uint8)
_ACTIONS[_BY_BYTE >= 0] = _ANCHOR
_ACTIONS[list(b".?!")] = _ASCII_END
_ACTIONS[0xD6:] = _LEAD  # U+0580; the first end mark beyond ASCII is U+0589
_ACTIONS[list(b"{[")] = _BRACKET


def files(params: Params) -> tuple[Path, ...]:
    """The list of bad words, if there is one."""
    return (params.bad_words,) if params.bad_words else ()


def judge(batch: Batch, params: Params) -> Verdict:
    """Judge each document by its lines."""
    spans = stripped_lines(batch)
    found, sentences = line_findings(
        batch.text.data,
        spans.starts,
        spans.sizes,
        spans.words,
        spans.longest,
        classes(),
        params.max_word_length,
        params.min_words_per_line,
        params.terminal_punct,
    )
    kept = (found & _REMOVED) == 0
    n_lines = sums(spans.offsets, (found & BLANK) == 0)
    signals: dict[str, Signal] = {
        "c4.n_lines": n_lines,
        "c4.lines_removed_frac": ratio(n_lines - sums(spans.offsets, kept), n_lines),
        **{f"c4.{cause}": sums(spans.offsets, (found & flag) != 0) for cause, flag in _CAUSES.items()},
        "c4.n_lorem_lines": sums(spans.offsets, (found & LOREM) != 0),
        "c4.n_curly_lines": sums(spans.offsets, (found & CURLY) != 0),
        "c4.n_sentences": sums(spans.offsets, np.where(kept, sentences, 0)),
        "c4.n_bad_words": count_bad_words(batch, params.bad_words),
    }
    return Verdict(signals, apply_limits(LIMITS, signals, params, batch))


@kernel
def line_findings(
    data: NDArray[np.uint8],
    starts: NDArray[np.int64],
    sizes: NDArray[np.int64],
    words: NDArray[np.int64],
    longest: NDArray[np.int64],
    classes: NDArray[np.uint16],
    longest_word: int,
    fewest_words: int,
    terminal_punct: bool,
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """What each stripped line is left out for or holds (flags, uint8[lines]), and its sentences, int64[lines]."""
    found = np.zeros(len(starts), np.uint8)
    sentences = np.zeros(len(starts), np.int64)
    edited = np.empty(256, np.uint8)
    for line in range(len(starts)):
        start = starts[line]
        end = start + sizes[line]
        if start == end:
            found[line] = BLANK
        elif longest[line] > longest_word:
            found[line] = LONG_WORD
        elif words[line] < fewest_words and not terminal_punct:
            found[line] = FEW_WORDS
        else:
            flags, marks, brackets = _search(data, start, end, classes)
            last = _last_three(data, start, end)
            if brackets:
                if len(edited) < sizes[line]:
                    edited = np.empty(2 * sizes[line], np.uint8)
                end = _without_citations(data, start, end, edited)
                flags, marks, brackets = _search(edited, 0, end, classes)
                last = _last_three(edited, 0, end)
            if terminal_punct and not _ends_sentence(last):
                flags = NO_END_MARK
            elif words[line] < fewest_words:
                flags = FEW_WORDS
            found[line] = flags
            sentences[line] = max(marks, 1)
    return found, sentences


@kernel
def _last_three(text: NDArray[np.uint8], start: int, end: int) -> int:
    """The last three bytes of a line, the very last one lowest."""
    last = 0
    for at in range(max(start, end - 3), end):
        last = last << 8 | text[at]
    return last


@kernel
def _ends_sentence(last: int) -> bool:
    """Whether a line ends with one of . ? ! " ' and not with three dots, by its last three bytes."""
    return last & 0xFF in (0x2E, 0x3F, 0x21, 0x22, 0x27) and last != 0x2E2E2E


@kernel
def _without_citations(data: NDArray[np.uint8], start: int, end: int, edited: NDArray[np.uint8]) -> int:
    """Copy a line to `edited` without `[1]`, `[]` and the like; the number of bytes written."""
    written = 0
    at = start
    while at < end:
        skip = 0
        if data[at] == _OPEN_SQUARE:
            close = at + 1
            while close < end and 0x30 <= data[close] <= 0x39:
                close += 1
            skip = close + 1 - at if close < end and data[close] == _CLOSE_SQUARE else 0
            for citation in (_EDIT, _CITATION_NEEDED):
                same = at + len(citation) <= end
                for k in range(len(citation)):
                    same = same and data[at + k] == citation[k]
                skip = len(citation) if same else skip
        if skip:
            at += skip
        else:
            edited[written] = data[at]
            written += 1
            at += 1
    return written


@kernel
def _search(text: NDArray[np.uint8], start: int, end: int, classes: NDArray[np.uint16]) -> tuple[int, int, bool]:
    """Search a line once: the flags of phrases and curly bracket, the ends of sentences, and whether there is a `[`.

    A line left out for JavaScript has no other cause. A sentence ends at . ? or !, then perhaps closing quotes and
    brackets, then whitespace or the end; in other scripts at any of their end marks: some put no space behind it.
    """
    found = 0
    sentences = 0
    brackets = False
    for at in range(start, end):
        byte = text[at]
        action = _ACTIONS[byte]
        if action == 0:
            continue
        if action & _ANCHOR:
            phrase = _BY_BYTE[byte]
            while phrase >= 0:
                if phrase_at(text, start, end, at, phrase, _PHRASE_DATA, _PHRASE_OFFSETS, _ANCHORS):
                    found |= LOREM if phrase == 0 else JAVASCRIPT if phrase == _JAVASCRIPT_PHRASE else POLICY
                phrase = _FOLLOWING[phrase]
        elif action & _ASCII_END:
            sentences += _closes(text, at + 1, end, classes)
        elif action & _LEAD:
            code, size = decode(text, at)
            if classes[code] & END_MARK:
                behind = at + size
                sentences += behind >= end or not classes[decode(text, behind)[0]] & END_MARK
        elif byte == _OPEN_CURLY:
            found |= CURLY
        else:
            brackets = True
    if found & JAVASCRIPT:
        found &= ~(CURLY | POLICY)
    return found, sentences, brackets


@kernel
def _closes(text: NDArray[np.uint8], at: int, end: int, classes: NDArray[np.uint16]) -> bool:
    """Whether closing quotes and brackets, if any, and then whitespace or the end stand at `at`."""
    while at < end:
        code, size = decode(text, at)
        if code not in (0x22, 0x27, 0x29, 0x5D, 0x2019, 0x201D):
            return bool(classes[code] & SPACE)
        at += size
    return True
