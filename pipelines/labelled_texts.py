"""Texts of a file with their languages: as the file says, or as a recipe's language stage takes them for."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from gristmill.core.batch import Batch
from gristmill.core.limits import LANGUAGE
from gristmill.filters.language_labels import canonical
from gristmill.pipelines.recipe import Recipe
from gristmill.pipelines.texts import read_texts


def labelled(recipe: Recipe, path: Path) -> Iterator[tuple[pa.RecordBatch, pa.Array]]:
    """Documents and labels in batches, documents without a text left out; labels are `language.label`'s, null if unknown.

    Raises:
        InputError: the file cannot be read.
        RecipeError: it has no column `language`, and the recipe no stage.
    """
    for texts in read_texts(path):
        present = pc.invert(texts.missing)
        documents = texts.documents.filter(present)
        yield (
            documents,
            _labels(recipe, documents) if texts.language is None else _given(texts.language.filter(present)),
        )


def _given(labels: pa.Array) -> pa.Array:
    return pa.array([label and canonical(label) for label in labels.to_pylist()], pa.string())


def _labels(recipe: Recipe, documents: pa.RecordBatch) -> pa.Array:
    stage = recipe.stage("language")
    return stage.type.load().judge(Batch(documents), stage.params).signals[LANGUAGE]
