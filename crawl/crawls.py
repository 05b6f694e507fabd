"""What Common Crawl has: its crawls (collinfo.json), and the paths of their files (*.paths.gz)."""

import difflib
import gzip
import zlib
from collections.abc import MutableMapping
from dataclasses import dataclass

import orjson

from gristmill.core.errors import InputError
from gristmill.crawl.access import Access
from gristmill.crawl.asking import Asker, MissingError

Notes = MutableMapping[str, bytes]
"""Answers that never change, kept so that they are asked for once."""


@dataclass(frozen=True)
class Crawl:
    """A monthly crawl.

    Attributes:
        id: "CC-MAIN-2024-10".
        name: "February/March 2024 Index".
        since, until: first and last capture, ISO 8601; "" where the list does not say.
    """

    id: str
    name: str
    since: str
    until: str


def list_crawls(access: Access, asker: Asker) -> list[Crawl]:
    """All crawls, newest first.

    Raises:
        InputError: the list cannot be read.
    """
    try:
        rows = orjson.loads(asker.read(access.crawls))
        return [Crawl(row["id"], row.get("name", ""), row.get("from", ""), row.get("to", "")) for row in rows]
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{access.crawls} is no list of crawls ({error}); check GRISTMILL_CRAWLS_URL.") from error


def crawl_paths(crawl: str, kind: str, access: Access, asker: Asker, notes: Notes) -> list[str]:
    """Paths of a crawl's files, as published.

    Args:
        crawl: id of a crawl.
        kind: "warc", "wet", or "cc-index-table".

    Raises:
        InputError: there is no such crawl, or the list cannot be read.
    """
    name = f"crawl-data/{crawl}/{kind}.paths.gz"
    if name not in notes:
        try:
            notes[name] = asker.read(f"{access.data}/{name}")
        except MissingError as error:
            raise InputError(_unknown(crawl, kind, access, asker)) from error
    return _lines(notes[name], f"{access.data}/{name}")


def news_paths(month: str, access: Access, asker: Asker) -> list[str]:
    """Paths of the CC-NEWS files of a month ("2024-02"). They are asked for each time: the list grows by the day."""
    name = f"crawl-data/CC-NEWS/{month[:4]}/{month[5:]}/warc.paths.gz"
    try:
        return _lines(asker.read(f"{access.data}/{name}"), f"{access.data}/{name}")
    except MissingError as error:
        raise InputError(f"{access.data} has no CC-NEWS of {month}; it begins in 2016-08.") from error


def _lines(packed: bytes, where: str) -> list[str]:
    try:
        return [line for line in gzip.decompress(packed).decode().split("\n") if line]
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise InputError(f"{where} is no list of paths ({error}); try again, or check GRISTMILL_DATA_URL.") from error


def _unknown(crawl: str, kind: str, access: Access, asker: Asker) -> str:
    said = f"{access.data} has no {kind} files of the crawl {crawl!r}"
    try:
        known = [one.id for one in list_crawls(access, asker)]
    except InputError:
        return f"{said}; 'gristmill crawls' lists those there are."
    if crawl in known:
        return f"{said}, though the crawl exists: it may be too new or too old to have them."
    near = difflib.get_close_matches(crawl, known, 1)
    hint = f"did you mean {near[0]}?" if near else f"the newest are {', '.join(known[:3])}."
    return f"{said}; {hint} 'gristmill crawls' lists all."
