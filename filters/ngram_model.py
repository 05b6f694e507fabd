"""An n-gram language model in one file, and the perplexity of texts under it.

The file is a NumPy archive:

    hashes       uint64[n-grams]   of the symbols of each n-gram: h(s1 … sk) = h(s1 … sk-1) · HASH_BASE + sk
    scores       float32[n-grams]  log10 of the last symbol's probability behind the others
    backoffs     float32[n-grams]  log10 of the weight that shorter contexts get behind this n-gram
    folding      uint16[12288]     how characters are read (ngram_symbols.py)
    order        int64             symbols of the longest n-grams
    unknown      float64           log10 of the probability of a symbol never seen
    words        bool              whether symbols are words rather than characters
    cutoffs      float64[2]        perplexities below which a text is in the head, and in the middle
"""

import zipfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gristmill.core.batch import TextBuffers
from gristmill.core.errors import InputError
from gristmill.core.jit import kernel
from gristmill.core.polynomial import HASH_BASE
from gristmill.filters.array_files import read_arrays
from gristmill.filters.ngram_symbols import FOLDED, line_symbols

_MAX_ORDER = 8
_NEWLINE = 0x0A
_LOAD = 2  # slots for each n-gram, at least
_SLOT_FACTOR = np.uint64(0x9E3779B97F4A7C15)  # 2⁶⁴ / golden ratio: spreads hashes over the upper bits
_WORD_BITS = 64


@dataclass(frozen=True)
class NgramModel:
    """What the file holds, under the same names."""

    hashes: NDArray[np.uint64]
    scores: NDArray[np.float32]
    backoffs: NDArray[np.float32]
    folding: NDArray[np.uint16]
    order: int
    unknown: float
    words: bool
    cutoffs: tuple[float, float]

    def save(self, path: Path) -> None:
        """Write the file; the same model gives the same bytes."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, value in vars(self).items():
                entry = zipfile.ZipInfo(f"{name}.npy")  # its date is 1980-01-01, not now
                entry.compress_type = zipfile.ZIP_DEFLATED
                with archive.open(entry, "w") as file:
                    np.lib.format.write_array(file, np.asarray(value), allow_pickle=False)


@dataclass(frozen=True)
class Table:
    """A model's n-grams by slot, for look-up: the first free slot from where its hash points has an n-gram."""

    hashes: NDArray[np.uint64]
    scores: NDArray[np.float32]
    backoffs: NDArray[np.float32]


@lru_cache(maxsize=4)
def load_ngram_model(path: Path) -> tuple[NgramModel, Table]:
    """A model and its table, once per process; InputError if the file is missing or no such model."""
    if not path.is_file():
        raise InputError(f"the perplexity model {path} does not exist; correct 'model' in the stage's parameters.")
    try:
        fields = read_arrays(path, *NgramModel.__dataclass_fields__)
        model = NgramModel(
            np.asarray(fields["hashes"], np.uint64),
            np.asarray(fields["scores"], np.float32),
            np.asarray(fields["backoffs"], np.float32),
            np.asarray(fields["folding"], np.uint16),
            int(fields["order"]),
            float(fields["unknown"]),
            bool(fields["words"]),
            (float(fields["cutoffs"][0]), float(fields["cutoffs"][1])),
        )
        if len(model.folding) != FOLDED or not 1 <= model.order <= _MAX_ORDER or not len(model.hashes):
            raise ValueError("its arrays have the wrong sizes")
    except (ValueError, IndexError, TypeError) as error:
        raise InputError(
            f"{path} is no perplexity model: {error}. Make one with 'gristmill train perplexity'."
        ) from error
    return model, make_table(model)


def make_table(model: NgramModel) -> Table:
    """The n-grams of a model by slot."""
    bits = max(1, (_LOAD * len(model.hashes) - 1).bit_length())
    arrays = fill_slots(model.hashes, model.scores, model.backoffs, bits)
    for array in (*arrays, model.folding):
        array.flags.writeable = False
    return Table(*arrays)


def perplexities(text: TextBuffers, model: NgramModel, table: Table) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Perplexity of each text, 0.0 for one without symbols, and its number of symbols, ends of lines included.

    As CCNet's: ten to the power of the mean of -log10 of the probability of each symbol and of each line's end.
    """
    logs, counts = line_scores(
        text.data, text.offsets, model.folding, model.words, table.hashes, table.scores, table.backoffs, model.order,
        model.unknown,
    )  # fmt: skip
    mean = np.divide(logs, counts, out=np.zeros(len(text)), where=counts > 0)
    return np.where(counts > 0, np.power(10.0, -mean), 0.0), counts


@kernel
def fill_slots(
    hashes: NDArray[np.uint64], scores: NDArray[np.float32], backoffs: NDArray[np.float32], bits: int
) -> tuple[NDArray[np.uint64], NDArray[np.float32], NDArray[np.float32]]:
    """Put n-grams into 2 ** bits slots, where an empty one has hash 0: the arrays of `Table`."""
    slots = 1 << bits
    keys = np.zeros(slots, np.uint64)
    slot_scores = np.zeros(slots, np.float32)
    slot_backoffs = np.zeros(slots, np.float32)
    for i in range(len(hashes)):
        slot = np.int64((hashes[i] * _SLOT_FACTOR) >> np.uint64(_WORD_BITS - bits))
        while keys[slot]:
            slot = (slot + 1) & (slots - 1)
        keys[slot] = hashes[i]
        slot_scores[slot] = scores[i]
        slot_backoffs[slot] = backoffs[i]
    return keys, slot_scores, slot_backoffs


@kernel
def find_slot(hashes: NDArray[np.uint64], wanted: np.uint64, bits: int) -> int:
    """The slot of an n-gram, -1 if the model has not seen it."""
    slot = np.int64((wanted * _SLOT_FACTOR) >> np.uint64(_WORD_BITS - bits))
    while hashes[slot]:
        if hashes[slot] == wanted:
            return int(slot)
        slot = (slot + 1) & (len(hashes) - 1)
    return -1


@kernel
def line_scores(
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    folding: NDArray[np.uint16],
    words: bool,
    hashes: NDArray[np.uint64],
    scores: NDArray[np.float32],
    backoffs: NDArray[np.float32],
    order: int,
    unknown: float,
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Sum over each text's lines of log10 of the symbols' probabilities, and their number: float64, int64[texts]."""
    logs = np.zeros(len(offsets) - 1)
    counts = np.zeros(len(offsets) - 1, np.int64)
    bits = 0
    while 1 << bits < len(hashes):
        bits += 1
    symbols = np.empty(0, np.uint64)
    for row in range(len(logs)):
        start = offsets[row]
        while start < offsets[row + 1]:
            end = start
            while end < offsets[row + 1] and data[end] != _NEWLINE:
                end += 1
            if len(symbols) < 2 * (end - start) + 2:
                symbols = np.empty(4 * (end - start) + 64, np.uint64)
            length = line_symbols(data, start, end, folding, words, symbols)
            if length > 2:
                logs[row] += sequence_score(symbols[:length], hashes, scores, backoffs, bits, order, unknown)
                counts[row] += length - 1
            start = end + 1
    return logs, counts


@kernel
def sequence_score(
    symbols: NDArray[np.uint64],
    hashes: NDArray[np.uint64],
    scores: NDArray[np.float32],
    backoffs: NDArray[np.float32],
    bits: int,
    order: int,
    unknown: float,
) -> float:
    """Sum of log10 of the probability of each symbol but the first behind those before it.

    The longest n-gram that the model knows decides; each longer context that it knows adds its backoff.
    """
    total = 0.0
    contexts = np.zeros(_MAX_ORDER + 1, np.uint64)  # by length: hashes of the symbols before, the last one included
    places = np.full(_MAX_ORDER + 1, -1, np.int64)  # and their slots
    here = np.zeros(_MAX_ORDER + 1, np.uint64)
    here_places = np.full(_MAX_ORDER + 1, -1, np.int64)
    contexts[1] = symbols[0]
    places[1] = find_slot(hashes, symbols[0], bits)
    for at in range(1, len(symbols)):
        longest = min(order, at + 1)
        found = False
        score = 0.0
        for size in range(longest, 0, -1):
            here[size] = (contexts[size - 1] * HASH_BASE if size > 1 else np.uint64(0)) + symbols[at]
            # Behind an n-gram that is not known, longer ones are not either.
            known = size == 1 or places[size - 1] >= 0
            here_places[size] = find_slot(hashes, here[size], bits) if known else -1
            if found:
                continue
            if here_places[size] >= 0:
                score += scores[here_places[size]]
                found = True
            elif size > 1 and places[size - 1] >= 0:
                score += backoffs[places[size - 1]]
        total += score if found else score + unknown
        contexts[: longest + 1] = here[: longest + 1]
        places[: longest + 1] = here_places[: longest + 1]
    return total
