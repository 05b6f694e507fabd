"""The training loader: token shards in, shuffled batches out, and a state from which the very next batch follows.

All shards in their order make one stream of T tokens. Sequence k has L + 1 of them, k·L to k·L + L: its last is the
next one's first, so that in an epoch each token but the last is an input once, and each but the first a label once (one
that another document's end would have to predict is left out of the loss). The last sequence is filled up. Every epoch
has its own order of sequences; a step takes the next batch × ranks of them. A state counts sequences: ranks may change.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gristmill.core.errors import InputError, UsageError
from gristmill.tokenize.packing import MISSING, TrainingBatch, pack
from gristmill.tokenize.shuffle import permuted
from gristmill.tokenize.token_stream import TokenStream

_STATE_VERSION = 1


class Loader(Iterator[TrainingBatch]):
    """Batches without end, epoch after epoch.

    Args:
        shards: `.npy` and `.bin` files, or folders of them.
        sequence_length: inputs of a sequence, L.
        batch: sequences that this rank gets at each step.
        end_of_document: the id that ends each document.
        seed: of the order.
        rank: of this process among those that train together, from 0.
        world_size: how many of them there are.

    Raises:
        InputError: the shards cannot be read, or have fewer than two tokens.
    """

    def __init__(
        self,
        shards: Sequence[Path],
        sequence_length: int,
        batch: int,
        end_of_document: int,
        *,
        seed: int = 0,
        rank: int = 0,
        world_size: int = 1,
    ) -> None:
        if min(sequence_length, batch) < 1 or not 0 <= rank < world_size:
            raise UsageError(
                f"sequence length {sequence_length}, batch {batch}, rank {rank} of {world_size}: "
                f"lengths must be 1 or more, and ranks count from 0"
            )
        self.stream = TokenStream(shards)
        if len(self.stream) < 2:
            raise InputError(f"the shards hold {len(self.stream)} tokens, but training needs two or more")
        self.sequence_length = sequence_length
        self.sequences_per_epoch = -(-(len(self.stream) - 1) // sequence_length)
        self._batch, self._end, self._seed = batch, end_of_document, seed
        self._rank, self._world_size = rank, world_size
        self._consumed = 0
        self._fingerprint = self.stream.fingerprint()

    @property
    def epoch(self) -> int:
        """The epoch of the next sequence, from 0."""
        return self._consumed // self.sequences_per_epoch

    def __next__(self) -> TrainingBatch:
        return pack(self.read(self.next_sequences()), self._end)

    def next_sequences(self) -> NDArray[np.int64]:
        """Take this rank's share of the next step: numbers of sequences, int64[batch]."""
        step = self._batch * self._world_size
        turns = np.arange(self._consumed + self._rank, self._consumed + step, self._world_size)
        self._consumed += step
        epochs, places = np.divmod(turns, self.sequences_per_epoch)
        numbers = np.empty(len(turns), np.int64)
        for epoch in range(int(epochs[0]), int(epochs[-1]) + 1):
            here = epochs == epoch
            numbers[here] = permuted(places[here], self.sequences_per_epoch, self._seed, epoch)
        return numbers

    def read(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """Tokens of some sequences, int64[sequences, L + 1], MISSING where the stream has ended."""
        tokens = np.full((len(numbers), self.sequence_length + 1), MISSING, np.int64)
        for row, number in zip(tokens, numbers.tolist(), strict=True):
            start = number * self.sequence_length
            read = self.stream.read(start, start + self.sequence_length + 1)
            row[: len(read)] = read
        return tokens

    def state_dict(self) -> dict[str, Any]:
        """What another loader needs to go on with the next batch: plain numbers and text, the same for all ranks."""
        return {
            "version": _STATE_VERSION,
            "fingerprint": self._fingerprint,
            "sequence_length": self.sequence_length,
            "seed": self._seed,
            "sequences": self._consumed,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where the loader stopped whose state this is.

        Raises:
            UsageError: it read other shards, or in another order.
        """
        own = self.state_dict()
        for key in ("version", "fingerprint", "sequence_length", "seed"):
            if state.get(key) != own[key]:
                raise UsageError(
                    f"the loader's state belongs to another training: its {key} is {state.get(key)}, here it is "
                    f"{own[key]}; use the same shards and settings, or start anew"
                )
        self._consumed = int(state["sequences"])
