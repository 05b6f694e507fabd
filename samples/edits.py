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
    left, right = shingles(one), shingles(other)
    return len(left & right) / len(left | right) if left or right else 1.0


def near_duplicate(blocks: tuple[Block, ...], level: float, voice: Voice) -> tuple[tuple[Block, ...], float]:
    """The blocks edited to about that Jaccard similarity, and the similarity reached.

    Down to 0.85 single words are changed, as an editor does; below, whole sentences are written anew first.
    """
    before = join_blocks(blocks)
    edited = list(blocks)
    if level < 0.85:
        edited = _rewrite_sentences(edited, before, level, voice)
    reached = jaccard(before, join_blocks(tuple(edited)))
    for _ in range(4):  # each round aims at what is still missing
        changes = _changes_wanted(len(shingles(before)), reached, level)
        if changes < 1:
            break
        edited = _change_words(edited, changes, voice)
        reached = jaccard(before, join_blocks(tuple(edited)))
    return tuple(edited), reached


def _changes_wanted(size: int, reached: float, level: float) -> int:
    """How many single words to change: each lone change takes five shingles of `size` away and brings five new ones."""
    shared_now, shared_then = (2 * size * value / (1 + value) for value in (reached, level))
    return round((shared_now - shared_then) / SHINGLE_WORDS)


def _rewrite_sentences(blocks: list[Block], before: str, level: float, voice: Voice) -> list[Block]:
    """Write sentences anew, one after the other, as long as the similarity stays above the level."""
    places = [place for place, block in enumerate(blocks) if block.tag in _EDITABLE]
    for place in voice.dice.shuffled([place for place in places for _ in range(4)]):
        sentences = _SENTENCE.split(blocks[place].text)
        sentences[voice.dice.number(0, len(sentences) - 1)] = paragraph(voice, "any", 1)
        trial = list(blocks)
        trial[place] = replace(blocks[place], text=" ".join(sentences))
        if jaccard(before, join_blocks(tuple(trial))) >= level:
            blocks = trial
    return blocks


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
