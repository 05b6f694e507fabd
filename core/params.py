"""Parameters of stages and filters: frozen, documented field by field, and strict about misspelt keys."""

from typing import Literal

from pydantic import BaseModel, ConfigDict


class Params(BaseModel):
    """Base of every parameter class. A field's docstring gives its unit and its source."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, validate_default=True)


class StageParams(Params):
    """Base of a document stage's parameters."""

    scope: Literal["all", "alive"] = "all"
    """Which documents are judged: all that were extracted, so that the ledger knows every reason, or only the alive ones.

    "alive" saves time: what an earlier stage rejected is not looked at.
    """
