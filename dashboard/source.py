"""The ledger behind the page: opened once for all visitors, and asked through a cache."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import duckdb
import streamlit as st

from gristmill.pipelines.ledger import open_ledger
from gristmill.pipelines.runs import Run, read_run
from gristmill.pipelines.store import open_store
from gristmill.pipelines.story import story

P = ParamSpec("P")
T = TypeVar("T")

_REMEMBERED = 300  # answers; the largest are texts of at most 40,000 characters


@dataclass(frozen=True)
class Source:
    """A run and its ledger."""

    run: Run
    ledger: duckdb.DuckDBPyConnection

    def story(self, document: str) -> dict[str, Any]:
        """What happened to a document, by its id, as `gristmill show --json` tells it."""
        key = (self.run.id, self.run.root, "story", document)
        return cast(dict[str, Any], _answer(key, lambda: story(self.ledger.cursor(), self.run, document)))

    def ask(
        self, question: Callable[Concatenate[duckdb.DuckDBPyConnection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """The answer to a question of queries.py and its like, remembered by run, question and arguments.

        A finished run does not change, but its id may come again with other content; the root tells that.
        """
        name = f"{question.__module__}.{question.__qualname__}"
        key = (self.run.id, self.run.root, name, args, tuple(sorted(kwargs.items())))
        # A cursor is a connection of its own: each visitor's thread needs one.
        return cast(T, _answer(key, lambda: question(self.ledger.cursor(), *args, **kwargs)))


@st.cache_data(max_entries=_REMEMBERED, show_spinner="Reading the ledger …")
def _answer(key: tuple[Any, ...], _question: Callable[[], Any]) -> Any:  # noqa: ARG001 (the key is what is cached by)
    return _question()


@st.cache_resource(show_spinner="Opening the ledger …")
def open_source(store: str, run_id: str | None) -> Source:
    """Open the ledger of a run, the newest if none is named.

    Raises:
        GristmillError: there is no such store or finished run.
    """
    place = open_store(store)
    run = read_run(place, run_id)
    return Source(run, open_ledger(place, run.id))
