"""Marked pages for training: which may be learnt from, in blocks with labels, split so that no site is on both sides."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from gristmill.core.errors import UsageError
from gristmill.extract.block_words import hash_words
from gristmill.extract.charset import decode
from gristmill.extract.labels import label_blocks
from gristmill.extract.main_text import Parsed, parse, text_hashes

LICENCES = ("CC-BY-4.0", "MIT", "Apache-2.0")
"""Of collections that may be learnt from."""

NEVER = ("waddle-daniel", "readability")
"""Collections that are only measured: one under the GPL, one whose marks are a tool's."""

FOLDS = 5
_COLUMNS = ["id", "source", "url", "domain", "html", "gold_text", "gold_in_page", "page_type", "charset", "licence"]
_FEWEST_IN_PAGE = 0.5  # share of the marked words that the page holds; below it no extractor can succeed
_SHORT_GOLD = 50  # words added to the length of a marked text, so that the shortest do not weigh most
_WEIGHT_POWER = 0.75


@dataclass(frozen=True)
class GoldPage:
    """A page and its marked text.

    Attributes:
        id: name in its collection.
        source: the collection.
        domain: registered domain.
        page_type: article, forum, product, listing, collection, documentation or service.
        gold: the marked text.
        parsed: the page in blocks.
        target: share of each block's words that are marked, float32[blocks].
        weight: of each block in the loss, float32[blocks].
        learns: whether it may be learnt from.
        fold: its site's part in cross-validation.
    """

    id: str
    source: str
    domain: str
    page_type: str
    gold: str
    parsed: Parsed
    target: NDArray[np.float32]
    weight: NDArray[np.float32]
    learns: bool
    fold: int


def load_gold(paths: Sequence[Path], seed: int = 0) -> list[GoldPage]:
    """Read marked pages; sites are dealt to the folds in an order that the seed decides.

    Raises:
        UsageError: a file is no Parquet of marked pages.
    """
    rows = []
    for path in paths:
        try:
            rows += pq.read_table(path, columns=_COLUMNS).to_pylist()
        except (OSError, ValueError, KeyError) as error:
            raise UsageError(
                f"{path} cannot be read as marked pages ({error}); columns: {', '.join(_COLUMNS)}"
            ) from error
    rows = [row for row in rows if row["gold_text"] and row["gold_in_page"] >= _FEWEST_IN_PAGE]
    domains = sorted({row["domain"] for row in rows})
    np.random.RandomState(seed).shuffle(domains)
    folds = {domain: place % FOLDS for place, domain in enumerate(domains)}
    return [_gold_page(row, folds[row["domain"]]) for row in rows]


def _gold_page(row: dict[str, str], fold: int) -> GoldPage:
    html: bytes = row["html"]  # type: ignore[assignment]
    parsed = parse(np.frombuffer(decode(html, None, row["charset"]).utf8, np.uint8))
    blocks = parsed.blocks
    gold = text_hashes(np.frombuffer(row["gold_text"].encode("utf-8", "replace"), np.uint8))
    labels = label_blocks(hash_words(blocks.text, blocks.rows), parsed.words.first, gold)
    words = parsed.sizes
    return GoldPage(
        id=row["id"],
        source=row["source"],
        domain=row["domain"],
        page_type=row["page_type"],
        gold=row["gold_text"],
        parsed=parsed,
        target=(labels / np.maximum(words, 1)).astype(np.float32),
        weight=((words / (len(gold) + _SHORT_GOLD)) ** _WEIGHT_POWER).astype(np.float32),
        learns=row["licence"] in LICENCES and row["source"] not in NEVER,
        fold=fold,
    )
