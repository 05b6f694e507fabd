"""Near duplicates: a page's text edited until it has a wanted Jaccard similarity to what it was."""

import re
from dataclasses import replace

from gristmill.samples.grammar import Voice
from gristmill.samples.pages import Block, join_blocks, paragraph

SHINGLE_WORDS = 5
_WORD = re.compile(r"\w+")
_EDITABLE = ("p", "step", "quote")
_SENTENCE = re.compile(r"(?<=[.!?]) ")


def shingles(text: str) -> set[tuple[str, ...]]:
    """The set of word 5-grams of a text: lower case, words are runs of letters, digits and underscores."""
    words = _WORD.findall(text.lower())
    return {tuple(words[place : place + SHINGLE_WORDS]) for place in range(len(words) - SHINGLE_WORDS + 1)}


def jaccard(one: str, other: str) -> float:
    """Jaccard similarity of the word 5-grams of two texts; 1.0 for two texts without any."""
    return _similarity(shingles(one), shingles(other))


def _similarity(left: set[tuple[str, ...]], right: set[tuple[str, ...]]) -> float:
    shared = len(left & right)
    return shared / (len(left) + len(right) - shared) if left or right else 1.0


def near_duplicate(blocks: tuple[Block, ...], level: float, voice: Voice) -> tuple[tuple[Block, ...], float]:
    """The blocks edited to about that Jaccard similarity, and the similarity reached.

    Down to 0.85 single words are changed, as an editor does; below, whole sentences are written anew first.
    """
    before = shingles(join_blocks(blocks))
    edited = list(blocks)
    if level < 0.85:
        edited = _rewrite_sentences(edited, _losses(len(before), 1.0, level), voice)
    reached = _similarity(before, shingles(join_blocks(tuple(edited))))
    for _ in range(4):  # each round aims at what is still missing
        changes = round(_losses(len(before), reached, level) / SHINGLE_WORDS)
        if changes < 1:
            break
        edited = _change_words(edited, changes, voice)
        reached = _similarity(before, shingles(join_blocks(tuple(edited))))
    return tuple(edited), reached


def _losses(size: int, reached: float, level: float) -> float:
    """How many shingles of two sets of `size` must still differ: they share 2 J / (1 + J) of them."""
    return 2 * size * (reached / (1 + reached) - level / (1 + level))


def _rewrite_sentences(blocks: list[Block], losses: float, voice: Voice) -> list[Block]:
    """Write sentences anew until about four fifths of that many shingles are lost."""
    texts = {place: _SENTENCE.split(block.text) for place, block in enumerate(blocks) if block.tag in _EDITABLE}
    lost = 0
    for place, number in voice.dice.shuffled([(place, n) for place, said in texts.items() for n in range(len(said))]):
        cost = len(_WORD.findall(texts[place][number])) + SHINGLE_WORDS - 1
        if lost + cost <= 0.8 * losses:
            texts[place][number] = paragraph(voice, "any", 1)
            lost += cost
    return [replace(block, text=" ".join(texts[n])) if n in texts else block for n, block in enumerate(blocks)]


def _change_words(blocks: list[Block], changes: int, voice: Voice) -> list[Block]:
    """Change that many words, five or more apart within a block."""
    words = {place: block.text.split(" ") for place, block in enumerate(blocks) if block.tag in _EDITABLE}
    spots = [(place, word) for place, texts in words.items() for word in range(2, len(texts) - 2, SHINGLE_WORDS)]
    fresh = [word for word in _WORD.findall(paragraph(voice, "any", 2 + changes // 2)) if len(word) > 3]
    for place, word in voice.dice.shuffled(spots)[:changes]:
        shift = min(voice.dice.number(0, 4), len(words[place]) - 1 - word)
        bare = _WORD.search(words[place][word + shift])
        if bare:
            old = words[place][word + shift]
            words[place][word + shift] = old[: bare.start()] + voice.dice.pick(fresh) + old[bare.end() :]
    return [
        replace(block, text=" ".join(words[place])) if place in words else block for place, block in enumerate(blocks)
    ]
