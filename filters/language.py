"""Which language a document is in, and how sure of it the model is: fastText's lid.176 on a sample of the text.

A document is scored on `sample_characters` code points of its text: the first half of them from its head, a quarter
from its middle, a quarter from its end, because pages open with menus. A threshold is valid for one sample length only:
scores rise with the length of the text.
"""

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pydantic import Field

from gristmill.core.batch import Batch, TextBuffers
from gristmill.core.errors import InputError
from gristmill.core.jit import kernel
from gristmill.core.params import StageParams
from gristmill.core.verdict import Example, Verdict
from gristmill.filters import lid176

NAME = "language"
VERSION = 1
RULES = ("language.low_score", "language.not_allowed")
UPSTREAM: tuple[str, ...] = ()
UNDETERMINED = "und"  # ISO 639-3; the label of a text without letters

_PREFIX = len("__label__")
# lid.176 knows 176 labels. Left out are those that it gives to noise (lists, names, product codes) because their
# Wikipedias were written by bots or are small: ceb, war, nds, als, vo, ia, ie, io, eo, la, min, ilo, oc … (langid 5).
_COMMON = (
    "af am ar az be bg bn bs ca cs cy da de el en es et eu fa fi fr ga gl gu he hi hr hu hy id is it ja ka kk km kn ko"
    " ky lo lt lv mk ml mn mr ms my ne nl nn no pa pl ps pt ro ru si sk sl sq sr sv sw ta te tg th tl tr uk ur uz vi"
    " yi zh"
)


class Params(StageParams):
    """What counts as a text in a wanted language."""

    model: str = ""
    """Path of a fastText model with labels like `__label__en`; empty for lid.176.ftz, which `make install` brings."""

    languages: tuple[str, ...] = tuple(_COMMON.split())
    """Labels kept, as the model gives them; empty for any. Default: the widely written languages of lid.176."""

    min_score: float = Field(default=0.65, ge=0, le=1)
    """Least probability of the first label. RefinedWeb and FineWeb: 0.65 for English."""

    sample_characters: int = Field(default=1000, ge=40)
    """Code points of a document that the model sees. On 1,105 web pages, 1,000 give the whole text's label to 99.9 %
    and its side of min_score to 99.5 % (the first 1,000: 99.8 and 99.1 %), at 7,600 documents/s instead of 190."""

    lowercase: bool = False
    """Lower-case the sample: helps pages in capitals, but the model was trained on text as written. Dolma: true."""


EXAMPLES = (
    Example(
        "The mill grinds slowly, but it grinds fine, and every farmer of the valley brings his grain here in autumn."
    ),
    Example("Die Mühle mahlt langsam, aber fein, und im Herbst bringen alle Bauern des Tales ihr Korn hierher."),
    Example("x1 q7 zz 0x3f kjh qwp", ("language.low_score",)),
    Example("", RULES),
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
    samples = sample_texts(batch.text, params.sample_characters)
    if params.lowercase:
        samples = pc.utf8_lower(samples)
    labels, scores = predict(samples, files(params)[0])
    first = pc.fill_null(labels[0], UNDETERMINED)
    allowed = pc.is_in(first, pa.array(params.languages, pa.string())).to_numpy(zero_copy_only=False)
    return Verdict(
        signals={
            "language.label": first,
            "language.score": scores[0],
            "language.second_label": pc.fill_null(labels[1], UNDETERMINED),
            "language.second_score": scores[1],
        },
        failed={
            "language.low_score": scores[0] < params.min_score,
            "language.not_allowed": ~allowed if params.languages else np.zeros(len(batch), np.bool_),
        },
    )


def predict(samples: pa.Array, model: Path) -> tuple[list[pa.Array], NDArray[np.float64]]:
    """The two likeliest labels of each sample without newlines, and their probabilities.

    Returns:
        Two string arrays, null where there is no label (a sample without letters), and float64[2, samples] in [0, 1].
    """
    scores = np.zeros((2, len(samples)))
    found = np.full((2, len(samples)), None, dtype=object)
    rows = np.flatnonzero(pc.match_substring_regex(samples, r"\p{L}").to_numpy(zero_copy_only=False))
    if len(rows):
        newline, nothing = pa.scalar("\n", samples.type), pa.scalar("", samples.type)
        lines = pc.binary_join_element_wise(samples.take(pa.array(rows)), newline, nothing)
        # The module's own predict() checks and copies each text first; this is the call underneath it.
        all_labels, all_scores = load(model).f.multilinePredict(lines.to_pylist(), 2, 0.0, "strict")
        for row, labels, probabilities in zip(rows, all_labels, all_scores, strict=True):
            for rank, (label, score) in enumerate(zip(labels, probabilities, strict=True)):
                found[rank, row] = label[_PREFIX:]
                scores[rank, row] = score
    np.clip(scores, 0.0, 1.0, out=scores)  # fastText's softmax can give 1.00001
    return [pa.array(found[rank], pa.string()) for rank in range(2)], scores


@lru_cache(maxsize=4)
def load(path: Path) -> Any:
    """A fastText model; GristmillError if it is missing or, for lid.176.ftz, not the file it should be."""
    from fasttext.FastText import _FastText  # fasttext.load_model() would print a warning to stderr

    if path == lid176.MODEL:
        lid176.check_model(path)
    if not path.is_file():
        raise InputError(f"the language model {path} does not exist; correct 'model' in the stage's parameters.")
    try:
        return _FastText(str(path))
    except ValueError as error:
        raise InputError(f"{path} is not a fastText model: {error}.") from error


def sample_texts(texts: TextBuffers, characters: int) -> pa.Array:
    """A sample of each text with white space and controls made spaces, in one line: large_string[texts].

    Texts of at most `characters` code points come whole; of longer ones three pieces, joined by a space.
    """
    data, offsets = _samples(texts.data, texts.offsets, characters)
    return pa.LargeStringArray.from_buffers(len(texts), pa.py_buffer(offsets), pa.py_buffer(data))


_CONTINUATION = 0x80  # UTF-8: every byte but a character's first is 0b10xxxxxx
_SPACE = 0x20
_LABEL = np.frombuffer(b"__label__", np.uint8)


@kernel
def _forward(data: NDArray[np.uint8], position: int, end: int, characters: int) -> int:
    """The position `characters` code points after one, at most `end`."""
    while position < end and characters > 0:
        position += 1
        while position < end and data[position] & 0xC0 == _CONTINUATION:
            position += 1
        characters -= 1
    return position


@kernel
def _backward(data: NDArray[np.uint8], position: int, start: int, characters: int) -> int:
    """The position `characters` code points before one, at least `start`."""
    while position > start and characters > 0:
        position -= 1
        while position > start and data[position] & 0xC0 == _CONTINUATION:
            position -= 1
        characters -= 1
    return position


@kernel
def _copy_line(data: NDArray[np.uint8], start: int, end: int, out: NDArray[np.uint8], at: int) -> int:
    """Copy bytes to out[at:], ASCII controls made spaces and fastText's label mark broken; where the copy ends."""
    for position in range(start, end):
        byte = data[position]
        if byte < _SPACE or byte == 0x7F:
            byte = np.uint8(_SPACE)
        elif byte == _LABEL[0] and position + len(_LABEL) <= end:
            mark = True
            for i in range(len(_LABEL)):
                mark = mark and data[position + i] == _LABEL[i]
            if mark:
                byte = np.uint8(_SPACE)
        out[at] = byte
        at += 1
    return at


@kernel
def _samples(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], characters: int
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Samples of all texts: their bytes, uint8[bytes], and offsets, int64[texts + 1]."""
    rows = len(offsets) - 1
    bounds = np.zeros((rows, 6), np.int64)  # start and end of head, middle, tail
    size = 0
    for row in range(rows):
        start, end = offsets[row], offsets[row + 1]
        head = _forward(data, start, end, characters)
        bounds[row, 0], bounds[row, 1] = start, head
        if head < end:
            quarter = characters // 4
            head = _forward(data, start, end, characters - 2 * quarter)
            centre = (start + end) // 2
            while centre > head and data[centre] & 0xC0 == _CONTINUATION:
                centre -= 1
            middle = max(head, _backward(data, centre, start, quarter // 2))
            middle_end = _forward(data, middle, end, quarter)
            tail = max(middle_end, _backward(data, end, start, quarter))
            bounds[row] = np.array([start, head, middle, middle_end, tail, end])
        for piece in range(0, 6, 2):
            size += bounds[row, piece + 1] - bounds[row, piece] + 1
    out = np.empty(size, np.uint8)
    starts = np.zeros(rows + 1, np.int64)
    at = 0
    for row in range(rows):
        for piece in range(0, 6, 2):
            if bounds[row, piece] < bounds[row, piece + 1]:
                if piece:
                    out[at] = _SPACE
                    at += 1
                at = _copy_line(data, bounds[row, piece], bounds[row, piece + 1], out, at)
        starts[row + 1] = at
    return out[:at], starts
