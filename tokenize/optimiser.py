"""AdamW (Loshchilov and Hutter 2019) around torch's own update function.

torch's optimiser classes import its compiler when they are made, 4 to 8 s of CPU that a run of a few steps would feel.
"""

from collections.abc import Iterable
from typing import Any

import torch
from torch.optim.adamw import adamw

_BETAS = (0.9, 0.95)  # as GPT-3 and most language models since
_EPSILON = 1e-8


class AdamW:
    """AdamW without weight decay over a fixed list of parameters."""

    def __init__(self, parameters: Iterable[torch.nn.Parameter], fused: bool) -> None:
        """Start with empty moments; `fused` asks for one kernel over all parameters, on CUDA only."""
        self._parameters = list(parameters)
        self._first = [torch.zeros_like(parameter) for parameter in self._parameters]
        self._second = [torch.zeros_like(parameter) for parameter in self._parameters]
        device = self._parameters[0].device if fused else torch.device("cpu")
        self._steps = [torch.zeros((), dtype=torch.float32, device=device) for _ in self._parameters]
        self._fused = fused

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for parameter in self._parameters:
            parameter.grad = None

    @torch.no_grad()
    def step(self, learning_rate: float) -> None:
        """Update every parameter by its gradient."""
        update: Any = adamw
        update(
            self._parameters,
            [parameter.grad for parameter in self._parameters],
            self._first,
            self._second,
            [],
            self._steps,
            foreach=not self._fused,
            fused=self._fused,
            amsgrad=False,
            beta1=_BETAS[0],
            beta2=_BETAS[1],
            lr=learning_rate,
            weight_decay=0.0,
            eps=_EPSILON,
            maximize=False,
        )

    def state_dict(self) -> dict[str, list[torch.Tensor]]:
        """The moments and step counts."""
        return {"first": self._first, "second": self._second, "steps": self._steps}

    @torch.no_grad()
    def load_state_dict(self, state: dict[str, list[torch.Tensor]]) -> None:
        """Take over moments and step counts; KeyError or ValueError if they are of another optimiser."""
        for own, given in (
            (self._first, state["first"]),
            (self._second, state["second"]),
            (self._steps, state["steps"]),
        ):
            for target, source in zip(own, given, strict=True):
                target.copy_(source)
