"""Heuristics: the published rules on one pass over words and lines, every rule decided and every number kept.

Each family of rules is a file of its own: parameters, signals, rules, examples. `families` says which of them judge. A
document without a word fails `common.empty` and nothing else. The order of the first four families is that of FineWeb's
stages, so that the first failed rule is the reason FineWeb would have given.
"""

from pathlib import Path
from types import ModuleType
from typing import Literal, TypeAlias

from gristmill.core.batch import Batch
from gristmill.core.lines import BLANK, lines
from gristmill.core.params import StageParams
from gristmill.core.ratios import sums
from gristmill.core.verdict import Example, Verdict, merge
from gristmill.filters import (
    c4,
    ccnet,
    dolma,
    encoding,
    fineweb,
    fineweb2,
    gopher_quality,
    gopher_repetition,
    llama3,
    mc4,
    nemo,
    olmo,
    oscar,
    refinedweb,
    rpv2,
)

# Under other names: in the class below each family's own name is a field.
GopherRepetitionParams = gopher_repetition.Params
GopherQualityParams = gopher_quality.Params
C4Params = c4.Params
FineWebParams = fineweb.Params
FineWeb2Params = fineweb2.Params
RefinedWebParams = refinedweb.Params
RedPajamaParams = rpv2.Params
DolmaParams = dolma.Params
OlmoParams = olmo.Params
Llama3Params = llama3.Params
NemoParams = nemo.Params
EncodingParams = encoding.Params
OscarParams = oscar.Params
Mc4Params = mc4.Params
CcnetParams = ccnet.Params

NAME = "heuristics"
VERSION = 3
UPSTREAM = ("language.label",)

_MODULES = (
    *(gopher_repetition, gopher_quality, c4, fineweb),
    *(refinedweb, rpv2, dolma, olmo, llama3, nemo, encoding, oscar, mc4, ccnet, fineweb2),
)
_FAMILIES: dict[str, ModuleType] = {module.NAME: module for module in _MODULES}
Family: TypeAlias = Literal[
    "gopher_repetition",
    "gopher_quality",
    "c4",
    "fineweb",
    "refinedweb",
    "rpv2",
    "dolma",
    "olmo",
    "llama3",
    "nemo",
    "encoding",
    "oscar",
    "mc4",
    "ccnet",
    "fineweb2",
]
_USUAL: tuple[Family, ...] = ("gopher_repetition", "gopher_quality", "c4", "fineweb")

EMPTY = "common.empty"
ALONE = (EMPTY,)  # a document that fails one of these fails nothing else
LIMITS = tuple(limit for family in _FAMILIES.values() for limit in family.LIMITS)
RULES = (EMPTY, *(limit.rule for limit in LIMITS))

OFF = (*c4.OFF, *(rule for name, family in _FAMILIES.items() if name not in _USUAL for rule in family.RULES))
"""Rules that no document fails under default parameters; most are not even decided."""


def _rules(family: str, *names: str) -> tuple[str, ...]:
    return tuple(f"{family}.{name}" for name in names)


_PROSE = (
    "The mill stands by the river, below the old bridge. In spring the flood brings grain from the upper valley, and "
    "the miller has to work by night.\nWho built the bridge? Nobody can tell! Old men sit on its wall, and argue whether "
    "stones that were cut in winter wear more slowly than those of summer. The river does not care."
)
_SEQUENCES = tuple(f"dup_{n}gram_char_frac" for n in range(5, 11))
_TOP = tuple(f"top_{n}gram_char_frac" for n in range(2, 5))

EXAMPLES = (
    Example(_PROSE),
    Example("", failed=(EMPTY,)),
    Example(" \n\t", failed=(EMPTY,)),
    Example(f"{_PROSE}\nLorem ipsum dolor sit amet.", failed=("c4.lorem_ipsum",)),
    Example(f"{_PROSE}\nWrite the letter {{ in the middle.", failed=("c4.curly_bracket",)),
    Example(
        "- the flour of the mill\n" * 20,
        failed=(
            *_rules("gopher_repetition", "dup_line_frac", "dup_line_char_frac", *_TOP, *_SEQUENCES),
            "gopher_quality.bullet_lines",
            "c4.min_sentences",
            *_rules("fineweb", "line_punct_ratio", "short_line_ratio", "dup_line_char_ratio"),
        ),
    ),
    Example(
        f"{_PROSE}\n\n{_PROSE}",
        failed=(
            *_rules("gopher_repetition", "dup_para_frac", "dup_para_char_frac"),
            *_rules("gopher_repetition", "dup_line_frac", "dup_line_char_frac", *_SEQUENCES),
            "fineweb.dup_line_char_ratio",
        ),
    ),
    Example(
        "The.\n\n\nIncomprehensibilities notwithstanding.",
        failed=(
            *_rules("gopher_quality", "min_words", "max_mean_word_len", "stop_words"),
            "c4.min_sentences",
            "fineweb.newline_word_ratio",
        ),
    ),
    Example(
        "to be of it " * 15,
        failed=(
            *_rules("gopher_repetition", *_TOP, *_SEQUENCES),
            "gopher_quality.min_mean_word_len",
            "c4.min_sentences",
            "fineweb.line_punct_ratio",
        ),
    ),
    Example(
        f"{_PROSE}\n#grain #hay #oats #rye #mill #wheel #flood #bridge #stone #water #corn",
        failed=("gopher_quality.hash_ratio",),
    ),
    Example(
        f"{_PROSE}\nIn the book stand {' '.join(map(str, range(20, 45)))} bags.",
        failed=("gopher_quality.alpha_words",),
    ),
    Example(
        "The mill stands by the river and waits… " * 10 + "The end.",
        failed=(
            *_rules("gopher_repetition", *_TOP, *_SEQUENCES),
            "gopher_quality.ellipsis_ratio",
            "c4.min_sentences",
        ),
    ),
    Example(
        f"{_PROSE}\nThe river does not know who owns the mill or the old bridge …",
        failed=("gopher_quality.ellipsis_lines",),
    ),
    Example(
        f"{_PROSE} " * 2000,
        failed=(
            *_rules("gopher_repetition", "dup_line_frac", "dup_line_char_frac", *_SEQUENCES),
            "gopher_quality.max_words",
            "c4.max_chars",
            "fineweb.dup_line_char_ratio",
        ),
    ),
)


class Params(StageParams):
    """Which families judge, and their bounds."""

    families: tuple[Family, ...] = _USUAL
    """The families of rules to apply; one left out gives neither signals nor verdicts."""

    gopher_repetition: GopherRepetitionParams = GopherRepetitionParams()
    """Bounds of Gopher's repetition rules (Rae et al. 2021, table A1)."""

    gopher_quality: GopherQualityParams = GopherQualityParams()
    """Bounds of Gopher's quality rules (Rae et al. 2021, appendix A.1.1)."""

    c4: C4Params = C4Params()
    """Bounds of C4's page rules (Raffel et al. 2020, section 2.2)."""

    fineweb: FineWebParams = FineWebParams()
    """Bounds of FineWeb's rules (Penedo et al. 2024, section 3.6)."""

    refinedweb: RefinedWebParams = RefinedWebParams()
    """Bounds of RefinedWeb's line-wise corrections (Penedo et al. 2023, appendix G), judged without editing."""

    rpv2: RedPajamaParams = RedPajamaParams()
    """Bounds of rules from RedPajama-V2's annotations (Weber et al. 2024)."""

    dolma: DolmaParams = DolmaParams()
    """Bounds of Dolma's taggers (Soldaini et al. 2024)."""

    olmo: OlmoParams = OlmoParams()
    """Bounds of OLMo's repeated n-grams (OLMoE, section 2)."""

    llama3: Llama3Params = Llama3Params()
    """Bounds of Llama 3's heuristics (Grattafiori et al. 2024, section 3.1.1)."""

    nemo: NemoParams = NemoParams()
    """Bounds of NeMo Curator's heuristics for English."""

    encoding: EncodingParams = EncodingParams()
    """Bounds of traces of a wrong decoding."""

    oscar: OscarParams = OscarParams()
    """Bounds of OSCAR's rules (Abadji et al. 2022)."""

    mc4: Mc4Params = Mc4Params()
    """Bounds of mC4's rule of three long lines (Xue et al. 2021, section 3.1)."""

    ccnet: CcnetParams = CcnetParams()
    """Bounds of CCNet's length (Wenzek et al. 2020)."""

    fineweb2: FineWeb2Params = FineWeb2Params()
    """FineWeb 2's words of rare languages (Penedo et al. 2025, section 4.4)."""


def files(params: Params) -> tuple[Path, ...]:
    """The files that the chosen families read."""
    chosen = ((family, getattr(params, name)) for name, family in _FAMILIES.items() if name in params.families)
    return tuple(path for family, own in chosen if hasattr(family, "files") for path in family.files(own))


def judge(batch: Batch, params: Params) -> Verdict:
    """Judge each document by the chosen families, in a fixed order whatever order the parameters name them in."""
    table = lines(batch)
    empty = sums(table.offsets, (table.kinds & BLANK) == 0) == 0
    verdicts = [Verdict(signals={}, failed={EMPTY: empty})]
    for name, family in _FAMILIES.items():
        if name in params.families:
            verdict = family.judge(batch, getattr(params, name))
            failed = {rule: failing & ~empty for rule, failing in verdict.failed.items()}
            verdicts.append(Verdict(verdict.signals, failed))
    return merge(verdicts)
