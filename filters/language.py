"""Which language a document is in, how sure of it the model is, and how many of its lines are in another.

A fastText model scores `sample_characters` code points of the text: the first half of them from its head, a quarter from
its middle, a quarter from its end, because pages open with menus. A threshold is valid for one model and one sample length
only: scores rise with the length of the text. What models are known to get wrong on short text is looked after here:

* letters decide what a language can be: a label in whose scripts less than `min_script_share` of the letters are is `und`,
  score 0 (a model has a label for every text, also in a script that it has never seen);
* Chinese, Japanese and Korean are told apart by kana and hangul;
* texts in capitals are scored in lower case, as the models were trained on ordinary text;
* fastText's own words in a page (`__label__…`) are broken.
"""

from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pydantic import Field

from gristmill.core.batch import Batch, text_buffers
from gristmill.core.characters import LOWER, UPPER, classes, decode
from gristmill.core.jit import kernel
from gristmill.core.limits import Limit, apply_limits
from gristmill.core.params import LanguageParams
from gristmill.core.ratios import ratio
from gristmill.core.scripts import SCRIPTS, script_counts, scripts
from gristmill.core.verdict import Example, Signal, Verdict
from gristmill.filters import lid176
from gristmill.filters.language_labels import UNDETERMINED, canonical, written_in
from gristmill.filters.language_model import predict
from gristmill.filters.language_samples import sample_lines, sample_texts

NAME = "language"
VERSION = 2
LIMITS = (
    Limit("language.low_score", "language.score", "below", "min_score"),
    Limit("language.not_allowed", "language.label", "outside", "languages"),
    Limit("language.mixed", "language.other_lines", "above", "max_other_lines"),
)
RULES = tuple(limit.rule for limit in LIMITS)
OFF = ("language.mixed",)  # under default parameters
UPSTREAM: tuple[str, ...] = ()

# lid.176 knows 176 labels. Left out are those that it gives to noise (lists, names, product codes) because their
# Wikipedias were written by bots or are small: ceb, war, nds, als, vo, ia, ie, io, eo, la, min, ilo, oc … (langid 5).
_COMMON = (
    "af am ar az be bg bn bs ca cs cy da de el en es et eu fa fi fr ga gl gu he hi hr hu hy id is it ja ka kk km kn ko"
    " ky lo lt lv mk ml mn mr ms my ne nl nn no pa pl ps pt ro ru si sk sl sq sr sv sw ta te tg th tl tr uk ur uz vi"
    " yi zh"
)


class Params(LanguageParams):
    """What counts as a text in a wanted language."""

    model: str = ""
    """Path of a fastText model with labels like `__label__en` or `__label__eng_Latn` (GlotLID, OpenLID, NLLB); empty for
    lid.176.ftz, which `make install` brings."""

    languages: tuple[str, ...] = tuple(_COMMON.split())
    """Languages kept, as `language.label` has them (ISO 639-1, else 639-3); empty for any. Default: the widely written ones
    of lid.176."""

    min_score: float = Field(default=0.65, ge=0, le=1)
    """Least probability of the first label. RefinedWeb and FineWeb: 0.65 for English; FineWeb 2: for each language
    clip(median - standard deviation, 0.3, 0.9) of its scores, which `gristmill tune` computes, in `by_language`."""

    sample_characters: int = Field(default=1000, ge=40)
    """Code points of a document that the model sees. On 1,105 web pages, 1,000 give the whole text's label to 99.9 %
    and its side of min_score to 99.5 % (the first 1,000: 99.8 and 99.1 %), at 7,600 documents/s instead of 190."""

    sample_lines: int = Field(default=8, ge=0)
    """Lines of a document that are scored one by one for the mix of languages; 0 for none. OSCAR scores all."""

    min_line_score: float = Field(default=0.8, ge=0, le=1)
    """Least probability at which a line's label counts; others are unknown. OSCAR: 0.8."""

    max_other_lines: float = Field(default=1.0, ge=0, le=1)
    """Largest share of the scored lines' text in languages other than the document's. 1: no such rule, as in the source;
    0.4 is near to OSCAR, which wants 0.6 of the bytes times their probability in one language."""

    min_script_share: float = Field(default=0.2, ge=0, le=1)
    """Least share of the letters that are of a script of the label's language; below it the label is `und`. Own choice:
    pages in Hindi or Urdu may have more letters in their English menus; a model that guesses has next to none right."""

    normaliser: Literal["none", "openlid"] = "none"
    """What is done to samples first. OpenLID-v2 and v3 were trained on text in lower case with letters, marks and spaces
    alone, and need `openlid`; lid.176 and GlotLID want text as it was written."""

    lowercase: bool = False
    """Lower-case every sample. Dolma: true."""

    lowercase_capitals: bool = True
    """Lower-case the samples most of whose letters are capitals. Own choice."""


EXAMPLES = (
    Example(
        "The mill grinds slowly, but it grinds fine, and every farmer of the valley brings his grain here in autumn."
    ),
    Example("Die Mühle mahlt langsam, aber fein, und im Herbst bringen alle Bauern des Tales ihr Korn hierher."),
    Example("x1 q7 zz 0x3f kjh qwp", ("language.low_score",)),
    Example("", ("language.low_score", "language.not_allowed")),
    Example(
        "La muelejo muelas malrapide sed fajne, kaj ĉiuj kamparanoj de la valo alportas sian grenon ĉi tien en aŭtuno.",
        ("language.not_allowed",),
    ),
)


def files(params: Params) -> tuple[Path, ...]:
    """The model."""
    return (Path(params.model) if params.model else lid176.MODEL,)


def judge(batch: Batch, params: Params) -> Verdict:
    """Score each text; one without a letter is `und` with score 0."""
    model = files(params)[0]
    samples = prepared(sample_texts(batch.text, params.sample_characters), params)
    raw, scores = predict(samples, model)
    counts = script_counts(*_buffers(samples), scripts(), len(SCRIPTS))
    share = script_shares(raw[0], counts)
    labels = [_told_apart(_canonical(names), counts) for names in raw]
    lost = share < params.min_script_share
    labels[0] = pc.if_else(pa.array(lost), UNDETERMINED, labels[0])
    signals: dict[str, Signal] = {
        "language.label": labels[0],
        "language.score": np.where(pc.equal(labels[0], UNDETERMINED).to_numpy(zero_copy_only=False), 0.0, scores[0]),
        "language.second_label": labels[1],
        "language.second_score": scores[1],
        "language.model_label": pc.fill_null(raw[0], UNDETERMINED),
        "language.script": pa.array(SCRIPTS, pa.string()).take(pa.array(counts.argmax(axis=1))),
        "language.script_share": share,
        **line_signals(batch, params, model, labels[0]),
    }
    return Verdict(signals, apply_limits(LIMITS, signals, params, batch))


_LINE_BYTES = 40  # a shorter line says little: 10 words are the least for which scores mean something
_LINE_CHARACTERS = 200


def line_signals(batch: Batch, params: Params, model: Path, labels: pa.Array) -> dict[str, Signal]:
    """Of the scored lines of each document: how many, shares of their text, and the language that most of the rest is in."""
    lines, bounds = sample_lines(batch.text, params.sample_lines, _LINE_BYTES, _LINE_CHARACTERS)
    names, scores = predict(prepared(lines, params), model, 1)
    sure = scores[0] >= params.min_line_score
    found = pc.if_else(pa.array(sure), _canonical(names[0]), UNDETERMINED).dictionary_encode()
    rows = np.repeat(np.arange(len(batch)), np.diff(bounds))
    sizes = np.diff(_buffers(lines)[1])
    table = np.zeros((len(batch), len(found.dictionary) + 1), np.int64)  # bytes by language; the last is for none
    np.add.at(table, (rows, found.indices.to_numpy(zero_copy_only=False)), sizes)
    own = pc.index_in(labels, value_set=found.dictionary).fill_null(len(found.dictionary)).to_numpy()
    unknown = (
        pc.index_in(pa.array([UNDETERMINED]), value_set=found.dictionary).fill_null(len(found.dictionary))[0].as_py()
    )
    total, here = table.sum(axis=1), np.arange(len(batch))
    own_bytes, unknown_bytes = np.where(own == unknown, 0, table[here, own]), table[:, unknown].copy()
    table[here, own] = table[:, unknown] = 0
    first = pa.array(table.argmax(axis=1), mask=table.max(axis=1) == 0)
    return {
        "language.lines": np.diff(bounds),
        "language.own_lines": ratio(own_bytes, total),
        "language.unknown_lines": ratio(unknown_bytes, total),
        "language.other_lines": ratio(table.sum(axis=1), total),
        "language.other_label": pc.fill_null(found.dictionary.take(first), ""),
    }


def _canonical(names: pa.Array) -> pa.Array:
    """The one label of each of a model's; `und` where there is none."""
    encoded = pc.fill_null(names, UNDETERMINED).dictionary_encode()
    return pa.array([canonical(name) for name in encoded.dictionary.to_pylist()], pa.string()).take(encoded.indices)


_KANA_SHARE, _HANGUL_SHARE = (
    0.05,
    0.3,
)  # spec: of the letters; Japanese has half kana, Korean hardly a Chinese character
_ENOUGH_LETTERS = 10  # of Japanese hardly ever without kana, but for names and headings
_CJK = pa.array(["zh", "yue", "wuu", "ja", "ko"])


def _told_apart(labels: pa.Array, counts: NDArray[np.int64]) -> pa.Array:
    """Labels of Chinese, Japanese and Korean, put right by their letters."""
    letters = counts.sum(axis=1)
    kana = counts[:, SCRIPTS.index("Hira")] + counts[:, SCRIPTS.index("Kana")]
    hangul = ratio(counts[:, SCRIPTS.index("Hang")], letters) > _HANGUL_SHARE
    among = pc.is_in(labels, value_set=_CJK).to_numpy(zero_copy_only=False)
    labels = pc.if_else(pa.array(among & (ratio(kana, letters) > _KANA_SHARE)), "ja", labels)
    without = pc.and_(pc.equal(labels, "ja"), pa.array((kana == 0) & (letters >= _ENOUGH_LETTERS)))
    labels = pc.if_else(without, "zh", labels)
    return pc.if_else(pa.array(among & hangul), "ko", labels)


def script_shares(names: pa.Array, counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Share of each text's letters that are of a script of its label, float64[texts]; 0 without a label.

    Args:
        names: a model's labels, null where there is none.
        counts: letters by script, int64[texts, scripts].
    """
    encoded = names.dictionary_encode()
    masks = np.zeros((len(encoded.dictionary) + 1, len(SCRIPTS)), np.int64)  # the last row is for no label
    for place, name in enumerate(encoded.dictionary.to_pylist()):
        masks[place, [SCRIPTS.index(script) for script in written_in(name) if script in SCRIPTS]] = 1
    places = encoded.indices.fill_null(len(encoded.dictionary)).to_numpy()
    return ratio((counts * masks[places]).sum(axis=1), counts.sum(axis=1))


def prepared(samples: pa.Array, params: Params) -> pa.Array:
    """Samples as the model is to see them."""
    if params.normaliser == "openlid":
        bare = pc.replace_substring_regex(pc.utf8_lower(samples), r"[^\p{L}\p{M}\p{Nl}\p{Pc}\p{Zs}]", "")
        return pc.utf8_trim_whitespace(pc.replace_substring_regex(bare, r"\p{Zs}{2,}", " "))
    if params.lowercase:
        return pc.utf8_lower(samples)
    if not params.lowercase_capitals or not len(samples):
        return samples
    capitals = pa.array(mostly_capitals(*_buffers(samples), classes()))
    return pc.if_else(capitals, pc.utf8_lower(samples), samples) if pc.any(capitals).as_py() else samples


def _buffers(samples: pa.Array) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    buffers = text_buffers(samples)
    return buffers.data, buffers.offsets


@kernel
def mostly_capitals(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], table: NDArray[np.uint16]
) -> NDArray[np.bool_]:
    """Texts more than half of whose letters with case are capitals, bool[texts]."""
    found = np.zeros(len(offsets) - 1, np.bool_)
    for row in range(len(found)):
        at = offsets[row]
        balance = 0
        while at < offsets[row + 1]:
            code, size = decode(data, at)
            case = table[code] & (UPPER | LOWER)
            balance += (case == UPPER) - (case == LOWER)
            at += size
        found[row] = balance > 0
    return found
