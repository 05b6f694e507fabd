"""Train the n-gram model of perplexity.py: interpolated modified Kneser-Ney smoothing, as KenLM's `lmplz`.

Chen and Goodman 1999 (Computer Speech & Language 13), with the discounts of each order from its own counts of counts; where
those are too few, KenLM's fallback 0.5, 1, 1.5. Lower orders count in how many ways an n-gram is preceded, except those
that open a line. N-grams seen fewer than `min_count` times may be left out of the longer orders, which makes the file
smaller and backs off to the shorter ones.
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import xxhash
from numpy.typing import NDArray
from pydantic import Field

from gristmill.core.batch import text_buffers
from gristmill.core.errors import InputError
from gristmill.core.params import Params
from gristmill.core.polynomial import HASH_BASE
from gristmill.filters.ngram_model import NgramModel, make_table, perplexities
from gristmill.filters.ngram_symbols import START, Unit, all_symbols, folding_table
from gristmill.filters.quality_negatives import Material, low_quality

_TEXTS = Path(__file__).parent.parent / "samples" / "texts"
_SHIPPED = Path(__file__).parent / "models" / "perplexity.npz"
_HELD_OUT = 2**64 // 5  # hashes below

_FALLBACK = (0.5, 1.0, 1.5)
_LEAST = 1e-30  # a context all of whose n-grams stay without a discount would leave 0


class Settings(Params):
    """How a model is made; the defaults made the shipped one."""

    unit: Unit = "characters"
    """What the model predicts: characters suit little text, words much. CCNet: pieces of SentencePiece."""

    order: int = Field(default=5, ge=1, le=8)
    """Symbols of the longest n-grams, the predicted one included. CCNet: 5."""

    min_count: int = Field(default=2, ge=1)
    """N-grams of three and more symbols seen less often are left out. KenLM's default: 1, all stay."""

    head: float = Field(default=0.3, gt=0, lt=1)
    """Share of the reference texts in the head. CCNet: 0.30."""

    middle: float = Field(default=0.6, gt=0, lt=1)
    """Share in head and middle together. CCNet: 0.60."""


@dataclass(frozen=True)
class _Order:
    """Distinct n-grams of one length, by hash.

    Attributes:
        hashes: ascending, uint64[n-grams].
        contexts: hashes without the last symbol, uint64[n-grams].
        suffixes: hashes without the first, uint64[n-grams].
        counts: how often each occurs, int64[n-grams].
        opening: whether it starts with a line's start, bool[n-grams].
    """

    hashes: NDArray[np.uint64]
    contexts: NDArray[np.uint64]
    suffixes: NDArray[np.uint64]
    counts: NDArray[np.int64]
    opening: NDArray[np.bool_]


def train(texts: pa.Array, settings: Settings = Settings(), reference: pa.Array | None = None) -> NgramModel:
    """A model of texts; the cut-offs between buckets are percentiles of the reference texts, else of the texts.

    Raises:
        InputError: there is no text to learn from.
    """
    folding = folding_table()
    folding.flags.writeable = False
    buffers = text_buffers(texts)
    symbols, lengths = all_symbols(buffers.data, buffers.offsets, folding, settings.unit == "words")
    if not len(symbols):
        raise InputError("there is no text to train on; give texts with letters in them.")
    layers, unknown = _estimate(_count(symbols, lengths, settings.order), settings.min_count)
    model = NgramModel(
        hashes=np.concatenate([layer.hashes[layer.kept] for layer in layers]),
        scores=_logs([layer.probabilities[layer.kept] for layer in layers]),
        backoffs=_logs([layer.spare[layer.kept] for layer in layers]),
        folding=folding,
        order=settings.order,
        unknown=float(np.log10(unknown)),
        words=settings.unit == "words",
        cutoffs=(0.0, 0.0),
    )
    measured, counts = perplexities(text_buffers(texts if reference is None else reference), model, make_table(model))
    known = measured[counts > 0]
    if not len(known):
        raise InputError("there is no reference text to take the cut-offs from; give texts with letters in them.")
    head, middle = np.quantile(known, [settings.head, settings.middle], method="inverted_cdf")
    return NgramModel(**vars(model) | {"cutoffs": (float(head), float(middle))})


def _logs(pieces: list[NDArray[np.float64]]) -> NDArray[np.float32]:
    """log10 of probabilities, at least 1e-30."""
    return np.log10(np.maximum(np.concatenate(pieces), _LEAST)).astype(np.float32)


def _count(symbols: NDArray[np.uint64], lengths: NDArray[np.int64], longest: int) -> list[_Order]:
    """The distinct n-grams of each length; those of one symbol have context and suffix 0."""
    starts = np.repeat(np.cumsum(lengths) - lengths, lengths)
    places = np.arange(len(symbols)) - starts  # of each symbol in its line
    orders: list[_Order] = []
    shorter = np.zeros(len(symbols), np.uint64)  # hash of the n-gram one shorter that ends at each symbol
    for size in range(1, longest + 1):
        context = np.concatenate([np.zeros(1, np.uint64), shorter[:-1]])
        ending = (context * HASH_BASE if size > 1 else np.zeros(len(symbols), np.uint64)) + symbols
        at = np.flatnonzero(places >= size - 1)
        hashes, first, counts = np.unique(ending[at], return_index=True, return_counts=True)
        at = at[first]
        opening = places[at] == size - 1
        orders.append(_Order(hashes, context[at] * (size > 1), shorter[at], counts.astype(np.int64), opening))
        shorter = ending
    return orders


@dataclass(frozen=True)
class _Layer:
    """What is said of the n-grams of an order.

    Attributes:
        hashes: of `_Order`.
        probabilities: of the last symbol behind the others, float64[n-grams].
        kept: whether the model keeps them, bool[n-grams].
        spare: what is left for shorter contexts behind each, float64[n-grams].
    """

    hashes: NDArray[np.uint64]
    probabilities: NDArray[np.float64]
    kept: NDArray[np.bool_]
    spare: NDArray[np.float64]


def _estimate(orders: Sequence[_Order], min_count: int) -> tuple[list[_Layer], float]:
    """The layers of all orders, and the probability of a symbol never seen."""
    layers: list[_Layer] = []
    root = _Layer(np.zeros(1, np.uint64), np.full(1, 1 / len(orders[0].hashes)), np.ones(1, bool), np.ones(1))
    for number, order in enumerate(orders):
        shorter = layers[-1] if layers else root
        contexts = np.searchsorted(shorter.hashes, order.contexts)
        below = shorter.probabilities[np.searchsorted(shorter.hashes, order.suffixes)]
        adjusted = _adjusted(order, orders[number + 1] if number + 1 < len(orders) else None)
        kept = (order.counts >= min_count) | (number < 2)
        gains = np.where(kept, adjusted - _discounts(adjusted)[np.minimum(adjusted, 3)], 0.0)
        totals = np.maximum(np.bincount(contexts, adjusted, len(shorter.hashes)), 1)
        # What discounts take, and what is left out, goes to the shorter context.
        shorter.spare[:] = 1 - np.bincount(contexts, gains, len(shorter.hashes)) / totals
        probabilities = gains / totals[contexts] + shorter.spare[contexts] * below
        layers.append(_Layer(order.hashes, probabilities, kept, np.ones(len(kept))))
    return layers, float(root.spare[0] * root.probabilities[0])


def _adjusted(order: _Order, longer: _Order | None) -> NDArray[np.int64]:
    """How many symbols precede each n-gram; of those that open a line, and of the longest, how often they occur."""
    if longer is None:
        counts = order.counts
    else:
        preceded = np.bincount(np.searchsorted(order.hashes, longer.suffixes), minlength=len(order.hashes))
        counts = np.where(order.opening, order.counts, preceded)
    return np.where(order.hashes == START, 0, counts)  # never predicted


def _discounts(adjusted: NDArray[np.int64]) -> NDArray[np.float64]:
    """What is taken from counts of 0, 1, 2, and 3 or more: float64[4]."""
    once, twice, thrice, four = (int((adjusted == count).sum()) for count in (1, 2, 3, 4))
    if not (once and twice and thrice and four):
        return np.array([0.0, *_FALLBACK])
    share = once / (once + 2 * twice)
    found = (1 - 2 * share * twice / once, 2 - 3 * share * thrice / twice, 3 - 4 * share * four / thrice)
    if not all(0 <= one <= most for one, most in zip(found, (1, 2, 3), strict=True)):
        return np.array([0.0, *_FALLBACK])
    return np.array([0.0, *found])


def shipped(
    settings: Settings = Settings(), reference: pa.Array | None = None, texts: Path = _TEXTS, seed: int = 1
) -> NgramModel:
    """The model of filters/models: English passages of the project, but for a fifth of them chosen by hash.

    That fifth and as many documents of what pages hold beside prose (quality_negatives.py) are the reference, if none is
    given.
    """
    passages = [
        passage
        for file in sorted(texts.glob("*.en.txt"))
        for passage in file.read_text(encoding="utf-8").strip().split("\n---\n")
    ]
    held_out = [xxhash.xxh64_intdigest(passage.encode()) < _HELD_OUT for passage in passages]
    if reference is None:
        good = [passage for passage, out in zip(passages, held_out, strict=True) if out]
        phrases = tomllib.loads((texts / "phrases.toml").read_text(encoding="utf-8"))["en"]
        low = low_quality(Material("en", phrases, passages), len(good), seed)
        reference = pa.array(good + low, pa.large_string())
    known = [passage for passage, out in zip(passages, held_out, strict=True) if not out]
    return train(pa.array(known, pa.large_string()), settings, reference)


def main() -> None:
    """Train the shipped model again and print its figures."""
    model = shipped()
    model.save(_SHIPPED)
    print(f"{len(model.hashes)} n-grams, cut-offs {model.cutoffs[0]:.2f} and {model.cutoffs[1]:.2f}")  # noqa: T201


if __name__ == "__main__":
    main()
