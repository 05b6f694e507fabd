"""Train the classifier of blocks: `python -m gristmill.extract.train GOLD.parquet … --out MODEL.npz` (extra `extract-train`).

Two linear models over hashed names and words come first; their scores are features of the trees. So that trees learn how
far to trust scores on sites never seen, the scores that they learn from are those of linear models trained on the other
folds. One thread and fixed seeds: the same pages give the same file.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gristmill.core.errors import GristmillError, UsageError
from gristmill.core.jit import kernel
from gristmill.extract.blocks import Blocks
from gristmill.extract.forest import Forest, clear_bounds, forest_of, probabilities, score_rows
from gristmill.extract.gold import FOLDS, GoldPage, load_gold
from gristmill.extract.linear import train_linear
from gristmill.extract.main_text import Model, features_of, features_of_page
from gristmill.extract.name_scores import Linear, block_names
from gristmill.extract.page_type import PAGE_TYPES

_MOST_NAMES = 512  # of a block: 9 elements of up to 24, and its path
_SCALE = 100.0  # of weights: one block's is small, and the trees' least sum in a leaf is a whole number

SETTINGS: dict[str, Any] = {
    "objective": "cross_entropy",
    "learning_rate": 0.05,
    "num_leaves": 31,
    "feature_fraction": 0.3,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "min_data_in_leaf": 40,
    "max_bin": 127,
    "num_threads": 1,
    "seed": 1,
    "deterministic": True,
    "force_row_wise": True,
    "verbose": -1,
}
TREES = 300
CHECKS = (30, 80, 150)
"""After how many trees a block may be clear."""

TYPE_SETTINGS: dict[str, Any] = {
    "objective": "multiclass",
    "num_class": len(PAGE_TYPES),
    "num_leaves": 6,
    "min_data_in_leaf": 8,
}
TYPE_ROUNDS = 40


@dataclass
class Trainer:
    """Marked pages, and the linear models of each set of folds once they are trained."""

    pages: Sequence[GoldPage]
    seed: int = 0
    _linear: dict[tuple[int, ...], Linear] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._names, self._name_ends = _rows([_name_buckets(page) for page in self.pages])
        self._words, self._word_ends = _rows([_word_buckets(page) for page in self.pages])
        self._target = np.concatenate([page.target for page in self.pages])
        self._weight = np.concatenate([page.weight for page in self.pages]) * np.float32(_SCALE)
        fold = [np.full(len(page.target), page.fold if page.learns else -1) for page in self.pages]
        self._fold = np.concatenate(fold)
        self._order = np.random.RandomState(self.seed).permutation(len(self._fold))

    def linear(self, without: Sequence[int] = ()) -> Linear:
        """The linear models trained without some folds."""
        key = tuple(sorted(set(without)))
        if key not in self._linear:
            order = self._order[~np.isin(self._fold[self._order], (*key, -1))]
            rows = (self._target, self._weight, order)
            self._linear[key] = Linear(
                _half(train_linear(self._names, self._name_ends, *rows, mean=False)),
                _half(train_linear(self._words, self._word_ends, *rows, mean=True)),
            )
        return self._linear[key]

    def train(self, without: Sequence[int] = ()) -> Model:
        """The whole model trained without some folds."""
        import lightgbm

        learnt = [page for page in self.pages if page.learns and page.fold not in without]
        rows = [features_of(page.parsed, self.linear((*without, page.fold))) for page in learnt]
        data = lightgbm.Dataset(
            np.concatenate(rows),
            np.concatenate([page.target for page in learnt]),
            weight=np.concatenate([page.weight for page in learnt]) * _SCALE,
        )
        trees = lightgbm.train(SETTINGS | {"seed": SETTINGS["seed"] + self.seed}, data, TREES)
        forest = forest_of(trees.dump_model())
        forest = forest._replace(bounds=clear_bounds(forest, np.concatenate(rows), CHECKS))
        return Model(self.linear(without), forest, self._train_types(learnt, rows, forest))

    def _train_types(self, pages: Sequence[GoldPage], rows: Sequence[NDArray[np.float32]], forest: Forest) -> Forest:
        """The trees that tell the kind of page."""
        import lightgbm

        features = [
            features_of_page(page.parsed, row, probabilities(score_rows(forest, row)))
            for page, row in zip(pages, rows, strict=True)
        ]
        kinds = np.array([PAGE_TYPES.index(page.page_type) for page in pages])
        weight = np.bincount(kinds, minlength=len(PAGE_TYPES)).clip(1) ** -0.5  # rare kinds count, but not as much
        data = lightgbm.Dataset(np.stack(features), kinds, weight=weight[kinds])
        settings = SETTINGS | TYPE_SETTINGS | {"seed": SETTINGS["seed"] + self.seed}
        return forest_of(lightgbm.train(settings, data, TYPE_ROUNDS).dump_model())

    def cross_validated(self) -> list[Model]:
        """One model for each fold, that has seen none of its sites."""
        return [self.train((fold,)) for fold in range(FOLDS)]


def _half(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Weights as the file holds them."""
    return weights.astype(np.float16).astype(np.float32)


def _rows(parts: Sequence[tuple[NDArray[np.int32], NDArray[np.int64]]]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Join the rows of all pages; the second are lengths before, ends after."""
    lengths = np.concatenate([lengths for _, lengths in parts])
    return np.concatenate([buckets for buckets, _ in parts]), np.concatenate([[0], np.cumsum(lengths)])


def _name_buckets(page: GoldPage) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    parsed = page.parsed
    return _all_names(parsed.data, parsed.attributes, parsed.blocks)


def _word_buckets(page: GoldPage) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    words = page.parsed.words
    return words.buckets.astype(np.int32), np.diff(words.first)


@kernel
def _all_names(
    data: NDArray[np.uint8], attributes: NDArray[np.int32], blocks: Blocks
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Buckets of the names of all blocks, one after the other, and how many each has."""
    out = np.empty(_MOST_NAMES, np.int64)
    lengths = np.empty(len(blocks.rows), np.int64)
    for block in range(len(blocks.rows)):
        lengths[block] = block_names(data, attributes, blocks, block, out)
    buckets = np.empty(lengths.sum(), np.int32)
    at = 0
    for block in range(len(blocks.rows)):
        for place in range(block_names(data, attributes, blocks, block, out)):
            buckets[at] = out[place]
            at += 1
    return buckets, lengths


def save_model(model: Model, path: Path) -> None:
    """Write the model; the same model gives the same bytes."""
    arrays: dict[str, Any] = {}
    for kind, forest in (("blocks", model.forest), ("types", model.types)):
        arrays |= {f"{kind}_{name}": array for name, array in zip(Forest._fields, forest, strict=True)}
    arrays |= {"names": model.linear.names.astype(np.float16), "words": model.linear.words.astype(np.float16)}
    with path.open("wb") as file:
        np.savez_compressed(file, **arrays)


def main(arguments: Sequence[str] | None = None) -> None:
    """Train on marked pages and write the model."""
    parser = argparse.ArgumentParser(prog="python -m gristmill.extract.train", description=__doc__.partition("\n")[0])
    parser.add_argument("gold", nargs="+", type=Path, help="Parquet files of marked pages")
    parser.add_argument("--out", required=True, type=Path, help="the model's file, .npz")
    parser.add_argument("--seed", type=int, default=0, help="of the folds, the order of rows and the trees")
    chosen = parser.parse_args(arguments)
    pages = load_gold(chosen.gold, chosen.seed)
    if not any(page.learns for page in pages):
        raise UsageError("none of the pages may be learnt from; see LICENCES in extract/gold.py.")
    save_model(Trainer(pages, chosen.seed).train(), chosen.out)
    print(f"{chosen.out}: {sum(page.learns for page in pages)} pages of {len(pages)} learnt from")  # noqa: T201


if __name__ == "__main__":
    try:
        main()
    except GristmillError as error:
        print(f"gristmill: {error}", file=sys.stderr)  # noqa: T201
        raise SystemExit(error.exit_code) from error
