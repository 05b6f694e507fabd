"""Pages of mathematics: signs of formulas counted in one pass, and OpenWebMath's last rules.

OpenWebMath (Paster et al. 2023, arXiv:2310.06786, 3.5) asks a classifier for a higher score where extraction found no LaTeX
(0.8) than where it did (0.17). Its model is not published with the paper; here the density of signs takes the score's
place, with a bound of its own where LaTeX is found. A classifier of one's own can stand behind this stage
(`[stages.quality]`, trained by `gristmill train quality`). Marks of formulas in the HTML (MathJax, `<math`) are gone once
the text is extracted: the stage `extract` counts them if its parameter `math_marks` says so, and a page that has some counts
as one with LaTeX.

Signs, each counted once where it stands: `$` that no digit follows (a price is no formula), LaTeX delimiters `\\(` `\\[`,
known LaTeX commands, `^{` `^2` `_{`, mathematical operators and super- or subscripts of Unicode, Greek letters in texts that
are not Greek, ` = `.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gristmill.core.batch import Batch
from gristmill.core.characters import count_code_points, decode
from gristmill.core.jit import kernel
from gristmill.core.limits import Limit, apply_limits, in_languages
from gristmill.core.params import StageParams
from gristmill.core.ratios import ratio
from gristmill.core.verdict import Example, Signal, Verdict

NAME = "math_pages"
VERSION = 2
UPSTREAM = ("language.label", "extract.math_marks")


class Params(StageParams):
    """What a page of mathematics is."""

    min_signs: float = 10.0
    """Fewest signs for each 1,000 code points of a page without LaTeX. Own choice; stands for OpenWebMath's score 0.8."""

    min_signs_with_latex: float = 2.0
    """The same for every page, also one with a known LaTeX command or delimiter, or marks of formulas in its HTML. Own choice;
    stands for OpenWebMath's score 0.17."""

    min_chars: int = 100
    """Shortest page, in code points. OpenWebMath: 100."""

    max_accent_frac: float = 0.015
    """Largest share of the letters à â ä é è ê ï î ö ô ü û, of either case, among all characters. OpenWebMath: 0.015."""

    max_newcommand_lines: int = 1
    """Most lines with `newcommand`: a style file rather than a text. OpenWebMath leaves out the lines, not the page."""

    max_url_substrings: int = 0
    """Most of the strings below in its URL. OpenWebMath: none."""

    url_substrings: tuple[str, ...] = (
        "worldwidescience",
        "science.gov",
        "archive.org",
        "scribd.com",
        "/profile/",
        "/author/",
        "/search",
        "proceedings",
        "bibtex",
        "issn",
    )
    """Strings of URLs of lists and archives. From OpenWebMath's list of about 60."""

    greek_languages: tuple[str, ...] = ("el",)
    """Languages whose texts have Greek letters anyway. By `language.label`."""


LIMITS = (
    Limit("math.few_signs", "math.signs", "below", "min_signs", unless="math.latex"),
    Limit("math.hardly_any_signs", "math.signs", "below", "min_signs_with_latex"),
    Limit("math.short", "math.chars", "below", "min_chars"),
    Limit("math.accents", "math.accent_frac", "above", "max_accent_frac"),
    Limit("math.newcommands", "math.newcommand_lines", "above", "max_newcommand_lines"),
    Limit("math.url", "math.url_substrings", "above", "max_url_substrings"),
)
RULES = tuple(limit.rule for limit in LIMITS)

_FORMULA = "Let $f(x) = x^2 + 1$ and let \\(g\\) be its inverse, so that \\frac{df}{dx} = 2x for each x of the domain. "
_PLAIN = "The area of the mill's wheel is π · r², with r = 2.5 m; hence A ≈ 19.6 m² and ω = 2π / T, for T ≥ 12 s. "
_PROSE = "The mill stands by the river. In spring the flood brings grain, and flour costs $5 or $6 a sack at the door. "

EXAMPLES = (
    Example(_FORMULA),
    Example(_PLAIN),
    Example(_PROSE, ("math.few_signs", "math.hardly_any_signs")),
    Example("", ("math.few_signs", "math.hardly_any_signs", "math.short")),
    Example("x = 1 ± 2", ("math.short",)),
    Example(f"{_FORMULA} Théorème démontré à Orléans, où l'été précède.", ("math.accents",)),
    Example(f"{_FORMULA}\n\\newcommand{{\\R}}{{}}\n\\newcommand{{\\C}}{{}}", ("math.newcommands",)),
    Example(_FORMULA, ("math.url",), {"url": "https://mill.example/author/rye"}),
)

# In LaTeX formulas of every field; a backslash before other letters may be a path or an escape.
_COMMANDS = (
    "alpha beta gamma delta epsilon varepsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau phi varphi "
    "chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega frac dfrac tfrac sqrt sum prod int iint oint lim "
    "inf sup max min log ln exp sin cos tan partial nabla infty cdot cdots ldots dots times div pm mp leq geq le ge neq "
    "approx equiv sim simeq propto in notin subset subseteq cup cap forall exists to rightarrow leftarrow Rightarrow "
    "Leftrightarrow implies iff mapsto langle rangle left right begin end mathbf mathbb mathcal mathrm mathfrak text "
    "hat bar tilde vec dot overline underline binom ref label eqref cite quad qquad displaystyle operatorname"
)
_MOST_LETTERS = 16
_ACCENTED = "àâäéèêïîöôüûÀÂÄÉÈÊÏÎÖÔÜÛ"


def _command_codes() -> NDArray[np.uint64]:
    """The commands as numbers, sorted; uint64[commands]."""
    codes = np.array(sorted(_fold(name.encode()) for name in _COMMANDS.split()), np.uint64)
    codes.flags.writeable = False
    return codes


def _fold(name: bytes) -> int:
    """A name as a number: its bytes in base 31, as `count_signs` makes it, modulo 2⁶⁴."""
    code = 0
    for byte in name:
        code = (code * 31 + byte) % 2**64
    return code


# Kernels hold these as constants.
_CODES = _command_codes()
_ACCENTS = np.array(sorted(map(ord, _ACCENTED)), np.int64)

SIGNS = ("dollars", "delimiters", "commands", "scripts", "operators", "greek", "equals")
_DOLLARS, _DELIMITERS, _KNOWN, _SCRIPTS, _OPERATORS, _GREEK, _EQUALS = range(len(SIGNS))
_ACCENT = len(SIGNS)


def judge(batch: Batch, params: Params) -> Verdict:
    """Judge each document by its signs, accents and URL."""
    counts = count_signs(batch.text.data, batch.text.offsets)
    chars = count_code_points(batch.text.data, batch.text.offsets)
    counts[_GREEK, in_languages(batch, params.greek_languages)] = 0
    signals: dict[str, Signal] = {f"math.{name}": counts[at] for at, name in enumerate(SIGNS)}
    marks = _html_marks(batch)
    signals |= {
        "math.html_marks": marks,
        "math.signs": 1000 * ratio(counts[: len(SIGNS)].sum(0), chars),
        "math.latex": counts[_KNOWN] + counts[_DELIMITERS] + marks > 0,
        "math.chars": chars,
        "math.accent_frac": ratio(counts[_ACCENT], chars),
        "math.newcommand_lines": _lines_with(batch.column("text"), "newcommand"),
        "math.url_substrings": _number_held(batch.column("url"), params.url_substrings),
    }
    return Verdict(signals, apply_limits(LIMITS, signals, params, batch))


def _html_marks(batch: Batch) -> NDArray[np.int64]:
    """Marks of formulas in each page's HTML, 0 where nobody counted them; int64[documents]."""
    marks = batch.upstream.get("extract.math_marks")
    if marks is None:
        return np.zeros(len(batch), np.int64)
    found: NDArray[np.int64] = pc.fill_null(marks, 0).to_numpy(zero_copy_only=False)
    return found.astype(np.int64)


def _lines_with(texts: pa.Array, word: str) -> NDArray[np.int64]:
    """In how many lines of each text a word stands, int64[texts]."""
    counts: NDArray[np.int64] = pc.count_substring_regex(texts, rf"{word}[^\n]*").to_numpy(zero_copy_only=False)
    return counts.astype(np.int64)


def _number_held(values: pa.Array, parts: tuple[str, ...]) -> NDArray[np.int64]:
    """How many of some parts each value holds, in lower case: int64[values]."""
    lowered = pc.utf8_lower(values)
    held = np.zeros(len(values), np.int64)
    for part in parts:
        held += pc.match_substring(lowered, part).to_numpy(zero_copy_only=False)
    return held


@kernel
def count_signs(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """Signs of each kind in each text, and letters with accents: int64[len(SIGNS) + 1, texts]."""
    counts = np.zeros((len(SIGNS) + 1, len(offsets) - 1), np.int64)
    for row in range(len(offsets) - 1):
        at, end = offsets[row], offsets[row + 1]
        while at < end:
            byte = data[at]
            following = data[at + 1] if at + 1 < end else 0
            if byte >= 0x80:
                code, size = decode(data, at)
                kind = _kind(code)
                if kind >= 0:
                    counts[kind, row] += 1
                at += size
                continue
            if byte == 0x24:  # $
                counts[_DOLLARS, row] += not 0x30 <= following <= 0x39
            elif byte == 0x5C:  # backslash
                if following in (0x28, 0x5B):
                    counts[_DELIMITERS, row] += 1
                else:
                    counts[_KNOWN, row] += _is_command(data, at + 1, end)
            elif byte == 0x5E or byte == 0x5F:  # ^ _  # noqa: PLR1714
                counts[_SCRIPTS, row] += following == 0x7B or (byte == 0x5E and 0x30 <= following <= 0x39)
            elif byte == 0x3D and following == 0x20 and at > offsets[row]:  # =
                counts[_EQUALS, row] += data[at - 1] == 0x20
            at += 1
    return counts


@kernel
def _kind(code: int) -> int:
    """Which count a code point beyond ASCII belongs to, -1 if none."""
    if 0x2200 <= code <= 0x22FF or 0x2A00 <= code <= 0x2AFF:
        return _OPERATORS
    if code in (0xB1, 0xB2, 0xB3, 0xB9, 0xD7, 0xF7) or 0x2070 <= code <= 0x209F:
        return _OPERATORS
    if 0x370 <= code <= 0x3FF:
        return _GREEK
    place = np.searchsorted(_ACCENTS, code)
    return _ACCENT if place < len(_ACCENTS) and _ACCENTS[place] == code else -1


@kernel
def _is_command(data: NDArray[np.uint8], start: int, end: int) -> bool:
    """Whether the ASCII letters from a place on are a known command."""
    at = start
    code = np.uint64(0)
    while at < end and at - start <= _MOST_LETTERS:
        byte = data[at]
        if not (0x61 <= byte <= 0x7A or 0x41 <= byte <= 0x5A):
            break
        code = code * np.uint64(31) + np.uint64(byte)
        at += 1
    place = np.searchsorted(_CODES, code)
    return bool(at > start and place < len(_CODES) and _CODES[place] == code)
