"""What a recipe's [input] table may ask for; crawl/selected.py finds the files.

[input]
crawls = ["CC-MAIN-2024-10"]
fraction = 0.01
[input.index]
languages = ["deu"]
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

LATEST = "latest"


class IndexFilter(BaseModel):
    """Which captures of Common Crawl's columnar index are wanted; what is left empty does not matter."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    domains: tuple[str, ...] = ()
    """Registered domains: "example.org" takes all its hosts."""

    tlds: tuple[str, ...] = ()
    """Top-level domains, without the dot."""

    languages: tuple[str, ...] = ()
    """A page's first language as CLD2 saw it, ISO 639-3: "deu". Indexes before CC-MAIN-2018-39 do not tell."""

    mimes: tuple[str, ...] = ()
    """Media types as Tika detected them: "text/html". Indexes before CC-MAIN-2018-39 do not tell."""

    statuses: tuple[int, ...] = (200,)
    """HTTP statuses; others than 200 are in files of their own (crawldiagnostics)."""

    since: date | None = None
    """First day of capture, UTC."""

    until: date | None = None
    """Last day of capture, UTC."""


class Selection(BaseModel):
    """Inputs of a recipe: files by path, files of crawls, or single records that an index query selects."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    paths: tuple[str, ...] = ()
    """Files, folders, patterns and URLs, as for --input."""

    columns: dict[Literal["text", "url", "id", "date"], str] = {}
    """Of JSONL and Parquet: which column is what; else the usual names are looked for."""

    crawls: tuple[str, ...] = ()
    """Ids of crawls; "latest" is the newest there is."""

    news: tuple[Annotated[str, Field(pattern=r"^20\d\d-(0[1-9]|1[0-2])$")], ...] = ()
    """Months of CC-NEWS: "2024-02"."""

    kind: Literal["warc", "wet"] = "warc"
    """Files of a crawl: captures, or the texts that Common Crawl extracted."""

    segments: tuple[str, ...] = ()
    """Only files of these segments: "1707947473347.0"."""

    files: tuple[str, ...] = ()
    """Only files whose path ends so: a whole path or a file's name."""

    fraction: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Share of the files, chosen by a hash of their paths: 0.02 holds all of 0.01."""

    new: bool = False
    """Only files that no finished run of the store was about: the next month, or what has joined a folder."""

    index: IndexFilter | None = None
    """Only captures that an index query finds; they are fetched by their byte ranges."""

    @property
    def remote(self) -> bool:
        """Whether Common Crawl (or what stands in for it) must be asked."""
        return bool(self.crawls or self.news)
