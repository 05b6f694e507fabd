"""Strings looked for anywhere inside a URL, all in one pass: Aho and Corasick's machine."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

SKIPPED = 255


class Automaton(NamedTuple):
    """Aho and Corasick's machine over ASCII letters and digits.

    Attributes:
        steps: the next state by state and class of the byte: int32[states, classes].
        ends: how many words end in a state: int32[states].
        classes: class of each byte; 0 begins anew, SKIPPED is passed over: uint8[256].
    """

    steps: NDArray[np.int32]
    ends: NDArray[np.int32]
    classes: NDArray[np.uint8]


@lru_cache(maxsize=16)
def automaton(words: tuple[str, ...]) -> Automaton:
    """The machine that finds any of the words, with `-` and `.` passed over wherever they stand."""
    letters = sorted({letter for word in words for letter in word.encode()})
    classes = np.zeros(256, np.uint8)
    for number, letter in enumerate(letters, 1):
        classes[letter] = number
        classes[ord(chr(letter).upper()) if letter < 0x80 else letter] = number
    classes[[ord("-"), ord(".")]] = SKIPPED
    trie: list[dict[int, int]] = [{}]
    ends = [0]
    for word in words:
        state = 0
        for letter in word.encode():
            if int(classes[letter]) not in trie[state]:
                trie[state][int(classes[letter])] = len(trie)
                trie.append({})
                ends.append(0)
            state = trie[state][int(classes[letter])]
        ends[state] += 1
    return _with_failures(trie, ends, classes, len(letters) + 1)


def _with_failures(trie: list[dict[int, int]], ends: list[int], classes: NDArray[np.uint8], width: int) -> Automaton:
    """Close a trie under failure: where no edge leads on, go where the longest proper suffix would."""
    steps = np.zeros((len(trie), width), np.int32)
    total = np.array(ends, np.int32)
    queue = [(0, 0)]  # states in order of depth, each with the state of its longest proper suffix
    for state, fallback in queue:
        if state:
            total[state] += total[fallback]
            steps[state] = steps[fallback]
        for letter, target in trie[state].items():
            queue.append((target, int(steps[state, letter])))
            steps[state, letter] = target
    steps[:, 0] = 0
    machine = Automaton(steps, total, classes)
    for array in machine:
        array.flags.writeable = False
    return machine
