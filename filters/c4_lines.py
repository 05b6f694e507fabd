"""C4's line rules: why a line of a page is left out, and what the lines that stay hold.

Raffel et al. 2020 (arXiv:1910.10683), section 2.2; the order of the rules is that of the published code (TFDS `c4_utils`)
and of datatrove. A line, stripped, is left out for an overlong word, no end mark (if asked), too few words, the word
JavaScript, or a policy notice. filters/c4.py judges pages by them, filters/lines.py takes the lines out.
"""

import numpy as np
from numpy.typing import NDArray

from gristmill.core.characters import SPACE, classes, decode
from gristmill.core.jit import kernel
from gristmill.core.limits import Limit
from gristmill.core.lines import StrippedLines
from gristmill.core.params import LanguageParams
from gristmill.filters.c4_search import CURLY, JAVASCRIPT, LOREM, POLICY, search


class LineParams(LanguageParams):
    """Bounds of the line rules, and of a page's length; the defaults are those of C4's paper and code."""

    max_chars: float = 190_000
    """Longest page kept, in code points, before its lines are judged. C4's code: 190,000; datatrove has no such rule."""

    max_word_length: int = 1000
    """Longest word of a line kept, in code points. C4's code: 1,000."""

    terminal_punct: bool = True
    """Leave out lines that do not end with an end mark, or end with `...`. C4: yes; FineWeb: no (it alone costs 30 % of
    the tokens)."""

    end_marks: str = '.?!"'
    """The end marks, each character one. C4's code: `. ? ! "`; datatrove has `'` too; DCLM `. ? ! " …`."""

    min_words_per_line: int = 5
    """Fewest words, cut at spaces, of a line kept. C4's paper and code: 5; datatrove, so FineWeb, and Dolma: 3."""

    words_before_citations: bool = False
    """Count a line's words before its citation marks are taken out, as datatrove does; C4's code counts afterwards."""

    javascript: bool = True
    """Leave out lines with the word JavaScript. C4: yes."""

    policy: bool = True
    """Leave out lines with "terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies" or "use
    cookies". C4: yes."""


LENGTH = Limit("c4.max_chars", "c4.n_chars", "above", "max_chars")

# What became of a line, beside the flags of filters/c4_search.py.
BLANK = 1
LONG_WORD = 2
NO_END_MARK = 4
FEW_WORDS = 8
CAUSES = {
    "line_long_word": LONG_WORD,
    "line_terminal_punct": NO_END_MARK,
    "line_min_words": FEW_WORDS,
    "line_javascript": JAVASCRIPT,
    "line_policy": POLICY,
}
"""Why a line is left out, in the order the causes are tried."""
REMOVED = BLANK | LONG_WORD | NO_END_MARK | FEW_WORDS | JAVASCRIPT | POLICY

_EDIT = np.frombuffer(b"[edit]", np.uint8)
_CITATION_NEEDED = np.frombuffer(b"[citation needed]", np.uint8)
_DOT = 0x2E
_OPEN_SQUARE = 0x5B
_CLOSE_SQUARE = 0x5D


def judge_lines(
    data: NDArray[np.uint8], spans: StrippedLines, params: LineParams
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """What each line is left out for or holds (flags, uint8[lines]), and its sentences, int64[lines]."""
    ends = np.array([ord(mark) for mark in params.end_marks if params.terminal_punct], np.int64)
    ends.flags.writeable = False
    wanted = LOREM | CURLY | (JAVASCRIPT if params.javascript else 0) | (POLICY if params.policy else 0)
    return line_findings(
        data,
        spans.starts,
        spans.sizes,
        spans.words,
        spans.longest,
        classes(),
        params.max_word_length,
        params.min_words_per_line,
        params.words_before_citations,
        ends,
        wanted,
    )


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
    words_before_citations: bool,
    ends: NDArray[np.int64],
    wanted: int,
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """What each stripped line is left out for or holds (flags, uint8[lines]), and its sentences, int64[lines].

    The arrays are those of `StrippedLines`; `ends` are the code points that end a line that is kept, none for all;
    `wanted` are the flags of phrases and brackets to look for. A line left out for JavaScript has no other cause.
    """
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
        elif words[line] < fewest_words and len(ends) == 0:  # citations only take words away
            found[line] = FEW_WORDS
        else:
            flags, marks, brackets = search(data, start, end, classes)
            count = words[line]
            closed = _ends_sentence(data, start, end, ends)
            if brackets:
                if len(edited) < sizes[line]:
                    edited = np.empty(2 * sizes[line], np.uint8)
                end = _without_citations(data, start, end, edited)
                flags, marks, brackets = search(edited, 0, end, classes)
                closed = _ends_sentence(edited, 0, end, ends)
                if not words_before_citations:
                    count = _count_words(edited, end, classes)
            flags &= wanted
            if flags & JAVASCRIPT:
                flags = JAVASCRIPT | flags & LOREM
            if not closed:
                flags = NO_END_MARK
            elif count < fewest_words:
                flags = FEW_WORDS
            found[line] = flags
            sentences[line] = max(marks, 1)
    return found, sentences


@kernel
def _ends_sentence(text: NDArray[np.uint8], start: int, end: int, ends: NDArray[np.int64]) -> bool:
    """Whether a line ends with one of some code points and not with three dots; any does if there are none."""
    if len(ends) == 0:
        return True
    last = end - 1
    while last > start and text[last] & 0xC0 == 0x80:
        last -= 1
    if last < start:
        return False
    if last >= start + 2 and text[last] == _DOT and text[last - 1] == _DOT and text[last - 2] == _DOT:
        return False
    code = decode(text, last)[0]
    closed = False
    for mark in ends:
        closed |= code == mark
    return closed


@kernel
def _count_words(text: NDArray[np.uint8], end: int, classes: NDArray[np.uint16]) -> int:
    """Pieces between whitespace in text[:end]."""
    count = at = 0
    inside = False
    while at < end:
        code, size = decode(text, at)
        space = classes[code] & SPACE != 0
        count += not space and not inside
        inside = not space
        at += size
    return count


@kernel
def citation_size(data: NDArray[np.uint8], at: int, end: int) -> int:
    """Length of the citation mark `[1]`, `[]`, `[edit]` or `[citation needed]` at `at`, or 0."""
    if data[at] != _OPEN_SQUARE:
        return 0
    close = at + 1
    while close < end and 0x30 <= data[close] <= 0x39:
        close += 1
    if close < end and data[close] == _CLOSE_SQUARE:
        return close + 1 - at
    for citation in (_EDIT, _CITATION_NEEDED):
        same = at + len(citation) <= end
        for k in range(len(citation)):
            same = same and data[at + k] == citation[k]
        if same:
            return len(citation)
    return 0


@kernel
def _without_citations(data: NDArray[np.uint8], start: int, end: int, edited: NDArray[np.uint8]) -> int:
    """Copy a line to `edited` without its citation marks; the number of bytes written."""
    written = 0
    at = start
    while at < end:
        skip = citation_size(data, at, end)
        at += skip
        if skip == 0:
            edited[written] = data[at]
            written += 1
            at += 1
    return written
