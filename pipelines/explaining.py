"""What is wrong with a stage's parameters, in a sentence: where, the value, and what may have been meant."""

import difflib

from pydantic import BaseModel, ValidationError

_SHOWN = 60  # characters of a value
_INSTEAD = {
    "model_type": "it is a table of parameters; write them one by one",
    "tuple_type": 'a list is expected, such as ["en", "de"]',
    "dict_type": "a table is expected",
    "path_type": "a path in quotes is expected",
}
"""Words for what pydantic tells in those of Python."""


def explain(stage: str, model: type[BaseModel], error: ValidationError) -> str:
    """What is wrong with a stage's table."""
    return explain_table(f"stages.{stage}", model, error)


def explain_table(table: str, model: type[BaseModel], error: ValidationError) -> str:
    """What is wrong with a table of a recipe."""
    first = error.errors()[0]
    place = ".".join([table, *(str(step) for step in first["loc"])])
    if first["type"] == "extra_forbidden":
        return unknown_key(place, str(first["loc"][-1]), _field_names(model))
    if first["type"] == "value_error":  # a check of our own, which names the value
        return f"{place}: {first['ctx']['error']}."
    shown = repr(first.get("input"))
    shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
    message = _INSTEAD.get(first["type"], first["msg"])
    return f"{place} = {shown}: {message[0].lower()}{message[1:]}."


def unknown_key(place: str, key: str, known: list[str]) -> str:
    """That there is no such parameter, and the nearest one."""
    near = difflib.get_close_matches(key, known, 1)
    return f"unknown key {place}; " + (f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}.")


def _field_names(model: type[BaseModel]) -> list[str]:
    names: list[str] = []
    for name, info in model.model_fields.items():
        names.append(name)
        if isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel):
            names.extend(_field_names(info.annotation))
    return names
