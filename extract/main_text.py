"""The project's own engine: a page's bytes to its main text, with a classifier of blocks trained on marked pages.

tokens → blocks → words → features → scores → choice → text, each a kernel over the page's bytes or the arrays of the one
before. docs/extraction.md describes it; extract/models/gristmill.md tells what it was trained on.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gristmill.extract.block_words import Words, count_words, hash_words
from gristmill.extract.blocks import Blocks, build_blocks
from gristmill.extract.choice import choose, fill_gaps
from gristmill.extract.comments import comment_blocks
from gristmill.extract.elements import PARENT, TAG
from gristmill.extract.feature_names import COLUMNS
from gristmill.extract.features import PageFacts, block_features, page_facts
from gristmill.extract.forest import Forest, probabilities, score_rows
from gristmill.extract.hints import page_hints
from gristmill.extract.name_scores import Linear
from gristmill.extract.page_type import PAGE_TYPES, add_blocks, begin_page, page_features, type_probabilities
from gristmill.extract.params import MODEL, Comments
from gristmill.extract.reasons import block_reasons
from gristmill.extract.render import lay_out, render
from gristmill.extract.tags import tag_name
from gristmill.extract.thinning import thinned
from gristmill.extract.tokens import Tokens, tokenize_page
from gristmill.extract.writing import BEGIN, ELEMENT, SOURCE, SOURCE_END, STOP

_MOST_TITLE_WORDS = 64
_CHUNK = 512  # blocks whose features are in memory at once: 344 kB
_FORESTS = ("blocks", "types")


class Model(NamedTuple):
    """What the engine has learnt."""

    linear: Linear
    forest: Forest
    types: Forest


class Parsed(NamedTuple):
    """A page in blocks, before anything is decided. Its tokens are not needed any more: they take 40 bytes a tag."""

    data: NDArray[np.uint8]
    attributes: NDArray[np.int32]
    """Of its tags: see extract/tokens.py."""
    hints: NDArray[np.float32]
    """What it says about its kind: see extract/hints.py."""
    blocks: Blocks
    words: Words

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Words of each block."""
        return np.diff(self.words.first)


@dataclass(frozen=True)
class Block:
    """A block of text and what was decided about it.

    Attributes:
        text: the block's text.
        kept: whether it is main text.
        probability: that it is, as the classifier sees it.
        tag: the block-level element that it stands in.
        begin: first byte that it came from, in the decoded page as UTF-8.
        end: the byte behind the last.
        reasons: facts that spoke for or against it, in words.
    """

    text: str
    kept: bool
    probability: float
    tag: str
    begin: int
    end: int
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class MainText:
    """What the engine found.

    Attributes:
        text: the text.
        probability: of each block, float32[blocks].
        kept: which blocks are the text, bool[blocks].
        places: where they stand in it, in bytes, int32[blocks, 2].
        confidence: word F1 that is expected of the choice.
        page_type: one of PAGE_TYPES.
        elements: elements of the page.
        depth: its deepest nesting, html and body included.
    """

    text: str
    probability: NDArray[np.float32]
    kept: NDArray[np.bool_]
    places: NDArray[np.int32]
    confidence: float
    page_type: str
    elements: int
    depth: int

    def described(self, page: Parsed) -> tuple[Block, ...]:
        """Every block of the page, in order. The page is to be read again: what tells of its blocks is several times its size."""
        blocks, text = page.blocks, page.blocks.text.tobytes()
        rows = feature_rows(page, load_model().linear)
        return tuple(
            Block(
                text=text[row[BEGIN] : row[STOP]].decode("utf-8", "replace"),
                kept=bool(self.kept[place]),
                probability=float(self.probability[place]),
                tag=tag_name(int(blocks.elements[row[ELEMENT], TAG])),
                begin=int(row[SOURCE]),
                end=int(row[SOURCE_END]),
                reasons=block_reasons(features),
            )
            for place, (row, features) in enumerate(zip(blocks.rows, chain.from_iterable(rows), strict=True))
        )


@lru_cache(maxsize=1)
def load_model() -> Model:
    """The shipped model."""
    with np.load(MODEL, allow_pickle=False) as arrays:
        blocks, types = ({name: _fixed(arrays[f"{kind}_{name}"]) for name in Forest._fields} for kind in _FORESTS)
        linear = Linear(_fixed(arrays["names"].astype(np.float32)), _fixed(arrays["words"].astype(np.float32)))
    return Model(linear, Forest(**blocks), Forest(**types))


def _fixed(array: NDArray[Any]) -> NDArray[Any]:
    array.flags.writeable = False
    return array


def parse(data: NDArray[np.uint8], tokens: Tokens | None = None) -> Parsed:
    """Cut a page of UTF-8 bytes into blocks; its tokens may be known (then it is thinned)."""
    if tokens is None:
        data = thinned(data)
        tokens = tokenize_page(data)
    blocks = build_blocks(data, tokens)
    begin, end = blocks.title
    title = _fixed(np.unique(text_hashes(data[begin:end]))[:_MOST_TITLE_WORDS])
    return Parsed(data, tokens.attributes, page_hints(data, tokens), blocks, count_words(blocks, title))


def text_hashes(text: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """Hashes of the words of a text that is no page."""
    rows = np.zeros((1, 10), np.int32)
    rows[0, STOP] = len(text)
    return hash_words(text, rows)


def facts_of(page: Parsed, linear: Linear) -> PageFacts:
    """What the features of a page's blocks are made from."""
    return page_facts(page.data, page.attributes, page.hints, page.blocks, page.words, linear)


def feature_rows(page: Parsed, linear: Linear) -> Iterator[NDArray[np.float32]]:
    """The features of a page's blocks in order, of so many blocks at a time that memory stays bounded."""
    count = len(page.blocks.rows)
    if count:
        facts = facts_of(page, linear)
        for begin in range(0, count, _CHUNK):
            yield block_features(facts, begin, min(begin + _CHUNK, count))


def features_of(page: Parsed, linear: Linear) -> NDArray[np.float32]:
    """The features of all blocks of a page, for training."""
    return np.concatenate([np.zeros((0, COLUMNS), np.float32), *feature_rows(page, linear)])


def features_of_page(
    page: Parsed, features: NDArray[np.float32], probability: NDArray[np.float32]
) -> NDArray[np.float32]:
    """The features of a page as a whole, for training."""
    sums = begin_page(COLUMNS)
    add_blocks(sums, features, probability, page.sizes)
    return page_features(sums)


def find_main_text(data: NDArray[np.uint8], model: Model | None = None) -> MainText:
    """Find the main text of a page of UTF-8 bytes, uint8[bytes]; see `main_text`."""
    return main_text(parse(data), model)


def main_text(page: Parsed, model: Model | None = None, comments: Comments = "auto") -> MainText:
    """Find a page's main text.

    Args:
        page: the page in blocks; whoever calls should not keep it.
        model: another model than the shipped one.
        comments: what becomes of blocks that are named after comments; "auto": as the classifier sees them.
    """
    probability, page_type = _judge(page, model or load_model())
    blocks, sizes = page.blocks, page.sizes
    kept, confidence = choose(probability, sizes)
    fill_gaps(kept, probability, blocks.elements[blocks.rows[:, ELEMENT], PARENT])
    if comments != "auto":
        kept[comment_blocks(page.data, page.attributes, blocks)] = comments == "keep"
    layout = lay_out(page.data, page.attributes, blocks.elements)
    del page  # each of these is as large as the page
    text, places = render(blocks, sizes, layout, kept)
    elements, depth = len(blocks.elements), int(blocks.depth) + 2
    del blocks, layout  # text with one wide character takes four bytes for each
    return MainText(
        str(text.data, "utf-8", "replace"),
        probability,
        kept,
        places,
        float(confidence),
        page_type,
        elements,
        depth,
    )


def all_text(data: NDArray[np.uint8]) -> str:
    """The text of all blocks of a page or a piece of one, in UTF-8."""
    page = parse(data)
    every = np.ones(len(page.blocks.rows), np.bool_)
    layout = lay_out(page.data, page.attributes, page.blocks.elements)
    return str(render(page.blocks, page.sizes, layout, every)[0].data, "utf-8", "replace")


def _judge(page: Parsed, model: Model) -> tuple[NDArray[np.float32], str]:
    """The probability of each block of a page, float32[blocks], and the kind of page."""
    sizes, sums = page.sizes, begin_page(COLUMNS)
    probability = np.empty(len(sizes), np.float32)
    begin = 0
    for rows in feature_rows(page, model.linear):
        part = slice(begin, begin + len(rows))
        probability[part] = probabilities(score_rows(model.forest, rows))
        add_blocks(sums, rows, probability[part], sizes[part])
        begin = part.stop
    return probability, PAGE_TYPES[int(type_probabilities(model.types, page_features(sums)).argmax())]
