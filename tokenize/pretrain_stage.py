"""Name, version and parameters of the optional last stage `pretrain`: proof that a training step reads the shards.

It removes nothing and is no part of the root digest: floating-point training differs between processors.
"""

from pydantic import Field

from gristmill.tokenize.pretrain import PretrainParams

NAME = "pretrain"
VERSION = 1
RULES: tuple[str, ...] = ()


class Params(PretrainParams):
    """How to train, and how long."""

    steps: int = Field(default=20, ge=1)
    """Steps of training; 20 take some 5 s on two cores."""
