"""The pre-training step: a small GPT learns from token shards, and can be stopped and resumed at any step.

The checkpoint is one file, replaced as a whole: weights, optimiser, step, loader state, and the settings of all.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field

from gristmill.core.errors import InputError, StoreError, UsageError
from gristmill.core.extras import import_torch
from gristmill.core.params import Params
from gristmill.tokenize.packing import TrainingBatch
from gristmill.tokenize.reader import Loader

CHECKPOINT = "checkpoint.pt"
_CHECKPOINT_VERSION = 1
_WARM_UP_STEPS = 5


class PretrainParams(Params):
    """How to train; the defaults take seconds on two CPU cores."""

    layers: int = Field(default=2, ge=1)
    """Transformer blocks."""

    width: int = Field(default=128, ge=2)
    """Values that stand for a token."""

    heads: int = Field(default=4, ge=1)
    """Attention heads; width / heads must be even."""

    sequence_length: int = Field(default=256, ge=1)
    """Inputs of a sequence, in tokens."""

    batch: int = Field(default=8, ge=1)
    """Sequences per step."""

    learning_rate: float = Field(default=3e-3, gt=0)
    """AdamW's, after a warm-up of 5 steps. It stays constant: so more steps can be added to a finished training."""

    seed: int = 0
    """Of the weights and of the order of sequences."""

    checkpoint_steps: int = Field(default=100, ge=1)
    """Steps between two checkpoints; there is one after the last step too."""


@dataclass(frozen=True)
class Step:
    """One step of training.

    Attributes:
        step: number, from 1.
        loss: mean cross-entropy of the step's batch before its update, in nats per token.
        tokens: inputs that were read since the first step.
    """

    step: int
    loss: float
    tokens: int


def pretrain(
    shards: Sequence[Path],
    vocabulary_size: int,
    end_of_document: int,
    out: Path,
    steps: int,
    *,
    params: PretrainParams | None = None,
) -> Iterator[Step]:
    """Train up to a number of steps, from the checkpoint in `out` if there is one.

    Runs in bfloat16 and compiled on CUDA where there is a device, else in float32 on the CPU.

    Args:
        shards: `.npy` and `.bin` files, or folders of them.
        vocabulary_size: number of ids.
        end_of_document: the id that ends each document.
        out: folder of the checkpoint.
        steps: number of the last step; nothing is done if the checkpoint has reached it.
        params: how to train.

    Raises:
        UsageError: torch is missing, or the checkpoint belongs to other shards or settings.
        InputError: the shards cannot be read, or hold ids that the vocabulary has not.
        StoreError: the checkpoint cannot be written.
    """
    params = params or PretrainParams()
    training = _Training(shards, vocabulary_size, end_of_document, params)
    checkpoint = out / CHECKPOINT
    if checkpoint.exists():
        training.load(checkpoint)
    while training.step < steps:
        step = training.advance()
        if step.step == steps or step.step % params.checkpoint_steps == 0:
            training.save(checkpoint)
        yield step


class _Training:
    """A model, its optimiser and its loader, at some step."""

    def __init__(
        self, shards: Sequence[Path], vocabulary_size: int, end_of_document: int, params: PretrainParams
    ) -> None:
        self._torch = torch = import_torch("pretrain", "train")
        from gristmill.tokenize.model import GPT, ModelParams, loss_of
        from gristmill.tokenize.optimiser import AdamW

        self._params = params
        self._vocabulary_size = vocabulary_size
        self._settings = {
            **params.model_dump(exclude={"checkpoint_steps"}),
            "vocabulary_size": vocabulary_size,
            "end_of_document": end_of_document,
        }
        self.loader = Loader(shards, params.sequence_length, params.batch, end_of_document, seed=params.seed)
        self._cuda = torch.cuda.is_available()
        self._device = torch.device("cuda" if self._cuda else "cpu")
        shape = params.model_dump(include={"layers", "width", "heads"})
        model = GPT(ModelParams(vocabulary_size=vocabulary_size, **shape))
        model.initialise(params.seed)
        self._model = model.to(self._device)
        self._forward = torch.compile(self._model) if self._cuda else self._model
        self._loss_of = loss_of
        self._optimiser = AdamW(self._model.parameters(), fused=self._cuda)
        self.step = 0

    def advance(self) -> Step:
        """Train on the next batch."""
        batch = next(self.loader)
        self._check(batch)
        inputs, labels, documents, positions = (
            self._torch.from_numpy(values).to(self._device)
            for values in (batch.inputs, batch.labels, batch.documents, batch.positions)
        )
        with self._torch.autocast(self._device.type, self._torch.bfloat16, enabled=self._cuda):
            loss: Any = self._loss_of(self._forward(inputs, positions, documents), labels)
        self._optimiser.zero_grad()
        loss.backward()
        self.step += 1
        self._optimiser.step(self._params.learning_rate * min(1.0, self.step / _WARM_UP_STEPS))
        return Step(self.step, loss.detach().item(), self.step * batch.inputs.size)

    def _check(self, batch: TrainingBatch) -> None:
        if (largest := int(batch.inputs.max())) >= self._vocabulary_size:
            raise InputError(
                f"the shards hold id {largest}, but the vocabulary has {self._vocabulary_size} ids: "
                f"train with the vocabulary that they were encoded with"
            )

    def save(self, path: Path) -> None:
        """Replace the checkpoint; whatever happens, the old one or the new one is there."""
        partial = path.with_name(path.name + ".partial")
        content = {
            "version": _CHECKPOINT_VERSION,
            "settings": self._settings,
            "step": self.step,
            "model": self._model.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "loader": self.loader.state_dict(),
        }
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with partial.open("wb") as out:
                self._torch.save(content, out)
                out.flush()
                os.fsync(out.fileno())
            partial.replace(path)
        except OSError as error:
            raise StoreError(f"the checkpoint {path} cannot be written: {error.strerror or error}") from error
        finally:
            if path.parent.is_dir():
                partial.unlink(missing_ok=True)

    def load(self, path: Path) -> None:
        """Go on from a checkpoint."""
        try:
            content: dict[str, Any] = self._torch.load(path, map_location=self._device, weights_only=True)
            version, settings = content["version"], content["settings"]
        except Exception as error:  # a damaged file raises almost anything
            raise UsageError(f"the checkpoint {path} cannot be read ({error}); move it away to start anew") from error
        changed = [
            f"{name} is {settings.get(name)} there and {value} here"
            for name, value in self._settings.items()
            if settings.get(name) != value
        ]
        if version != _CHECKPOINT_VERSION or changed:
            reason = "; ".join(changed) or f"its version is {version}"
            raise UsageError(f"the checkpoint {path} belongs to another training: {reason}. Choose another folder")
        try:
            self.loader.load_state_dict(content["loader"])
        except UsageError as error:
            raise UsageError(f"the checkpoint {path} does not fit: {error}") from error
        self._model.load_state_dict(content["model"])
        self._optimiser.load_state_dict(content["optimiser"])
        self.step = content["step"]
