"""Parameters of stages and filters: frozen, documented field by field, and strict about misspelt keys."""

import math
from typing import ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator


class Params(BaseModel):
    """Base of every parameter class. A field's docstring gives its unit and its source."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        validate_default=True,
        ser_json_inf_nan="strings",  # a bound that is switched off comes back from JSON as it was
    )

    @model_validator(mode="after")
    def _every_number_is_one(self) -> Self:
        for name, value in self:
            if isinstance(value, float) and math.isnan(value):
                raise ValueError(f"{name} = nan is no number; inf switches a bound off")
        return self


class StageParams(Params):
    """Base of a document stage's parameters."""

    measuring: ClassVar[tuple[str, ...]] = ()
    """Fields that a rule's limit names although they also decide what is measured: not to be changed after the fact."""

    scope: Literal["all", "alive"] = "all"
    """Which documents are judged: all that were extracted, so that the ledger knows every reason, or only the alive ones.

    "alive" saves time: what an earlier stage rejected is not looked at.
    """


class LanguageParams(StageParams):
    """Base of parameters whose bounds may differ from language to language (core/limits.py applies them)."""

    by_language: dict[str, dict[str, float]] = {}
    """Bounds of single languages, by `language.label`: `[….by_language.de]` with `max_mean_word_len = 15`. They go before
    the plain ones, and hold also where a rule leaves the language alone. `gristmill tune` writes such tables."""

    @model_validator(mode="after")
    def _own_bounds_are_possible(self) -> Self:
        plain = self.model_dump(exclude={"by_language"})
        for language, bounds in self.by_language.items():
            try:
                type(self).model_validate(plain | bounds)
            except ValidationError as error:
                first = error.errors()[0]
                name = ".".join(str(step) for step in first["loc"])
                known = name.partition(".")[0] in plain
                why = first["msg"].lower() if known else "there is no such parameter"
                raise ValueError(f"by_language.{language}.{name} = {first['input']!r}: {why}") from None
        return self
