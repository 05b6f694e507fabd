"""What training stands on: labels by alignment, linear models, trees as arrays, and a whole small training."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from gristmill.core.errors import UsageError
from gristmill.extract.block_words import hash_words
from gristmill.extract.forest import clear_bounds, forest_of, score_rows
from gristmill.extract.gold import load_gold
from gristmill.extract.labels import common_subsequence, label_blocks
from gristmill.extract.main_text import parse, text_hashes

SEQUENCE = st.lists(st.integers(0, 6), min_size=1, max_size=150).map(lambda words: np.array(words, np.uint32))


def longest(left: list[int], right: list[int]) -> int:
    """Length of the longest common subsequence, by the table."""
    table = [[0] * (len(right) + 1) for _ in range(len(left) + 1)]
    for i, a in enumerate(left):
        for j, b in enumerate(right):
            table[i + 1][j + 1] = table[i][j] + 1 if a == b else max(table[i][j + 1], table[i + 1][j])
    return table[-1][-1]


@given(SEQUENCE, SEQUENCE)
def test_alignment_is_as_long_as_any(left: NDArray[np.uint32], right: NDArray[np.uint32]) -> None:
    pairs = common_subsequence(left, right)
    assert len(pairs) == longest(left.tolist(), right.tolist())
    assert (left[pairs[:, 0]] == right[pairs[:, 1]]).all()
    assert (np.diff(pairs, axis=0) > 0).all()


def test_labels_are_words_of_the_gold_also_where_text_was_moved() -> None:
    html = b"<p>home news about<p>one two three four<p>five six seven<p>one contact"
    page = parse(np.frombuffer(html, np.uint8))
    gold = text_hashes(np.frombuffer(b"five six seven one two three four", np.uint8))
    words = hash_words(page.blocks.text, page.blocks.rows)
    assert label_blocks(words, page.words.first, gold).tolist() in ([0, 4, 3, 0], [0, 3, 3, 1])  # "one" stands twice


@pytest.fixture(scope="module")
def trees() -> tuple[Any, NDArray[np.float32]]:
    lightgbm = pytest.importorskip("lightgbm", reason="training needs the extra extract-train")
    random = np.random.RandomState(0)
    rows: NDArray[np.float32] = (random.randint(0, 50, (3000, 6)) / 8).astype(np.float32)
    target = (rows[:, 0] + rows[:, 1] * rows[:, 2] > 12).astype(np.float32)
    settings = {"objective": "cross_entropy", "num_leaves": 15, "num_threads": 1, "verbose": -1, "seed": 1}
    return lightgbm.train(settings, lightgbm.Dataset(rows, target), 40), rows


def test_scores_are_the_librarys(trees: tuple[Any, NDArray[np.float32]]) -> None:
    model, rows = trees
    scores = score_rows(forest_of(model.dump_model()), rows)
    np.testing.assert_allclose(scores, model.predict(rows, raw_score=True), atol=1e-4)


def test_clear_rows_keep_their_side(trees: tuple[Any, NDArray[np.float32]]) -> None:
    model, rows = trees
    forest = forest_of(model.dump_model())
    whole = score_rows(forest, rows)
    quick = score_rows(forest._replace(bounds=clear_bounds(forest, rows, (10, 20))), rows)
    assert ((whole > 0) == (quick > 0)).mean() > 0.995
    assert (whole != quick).any()


def gold_file(folder: Path) -> Path:
    """Marked pages that a model can be trained on."""
    rows = []
    for number in range(12):
        prose = f"The mill number {number} grinds slowly and the miller waits for the wind to turn again today. " * 4
        html = f"<nav><a href=/>Home</a></nav><div class=post><p>{prose}<p>{prose}</div><div class=foot>Terms {number}</div>"
        rows.append(
            {
                "id": str(number),
                "source": "readability" if number == 11 else "wcxb",
                "url": f"https://site{number}.example/",
                "domain": f"site{number}.example",
                "html": html.encode(),
                "gold_text": prose * 2,
                "gold_in_page": 1.0,
                "page_type": "article",
                "charset": "UTF-8",
                "licence": "GPL-3.0" if number == 10 else "MIT",
            }
        )
    path = folder / "gold.parquet"
    pq.write_table(pa.Table.from_pylist(rows), path)
    return path


def test_what_may_be_learnt_from_and_that_sites_stay_together(tmp_path: Path) -> None:
    pages = load_gold([gold_file(tmp_path)])
    assert [page.learns for page in pages] == [True] * 10 + [False] * 2
    assert {page.fold for page in pages} == set(range(5))
    assert all(page.target.round().tolist() == [0, 1, 1, 0] for page in pages)


def test_training_gives_the_same_file_twice(tmp_path: Path) -> None:
    pytest.importorskip("lightgbm", reason="training needs the extra extract-train")
    from gristmill.extract.train import main

    gold = gold_file(tmp_path)
    for name in ("a.npz", "b.npz"):
        main([str(gold), "--out", str(tmp_path / name)])
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_a_file_that_is_no_gold(tmp_path: Path) -> None:
    path = tmp_path / "gold.parquet"
    pq.write_table(pa.table({"id": ["a"]}), path)
    with pytest.raises(UsageError, match="cannot be read as marked pages"):
        load_gold([path])
