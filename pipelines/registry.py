"""The stages there are: where each lives and how it runs. Recipes name them; the order is the recipe's."""

from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Literal

from gristmill.core.errors import RecipeError

Kind = Literal["fetch", "extract", "document", "exact", "minhash", "encode", "shards", "pretrain"]


@dataclass(frozen=True)
class StageType:
    """One kind of stage.

    Attributes:
        name: as in recipes and in the funnel.
        kind: which steps it is made of (pipelines/steps).
        module: holds NAME, VERSION and Params.
        edits: whether it writes documents again.
    """

    name: str
    kind: Kind
    module: str
    edits: bool = False

    def load(self) -> ModuleType:
        """Import the stage's module."""
        return import_module(self.module)


STAGE_TYPES = {
    stage.name: stage
    for stage in (
        StageType("fetch", "fetch", "gristmill.crawl.params"),
        StageType("extract", "extract", "gristmill.extract.params"),
        StageType("urls", "document", "gristmill.filters.urls"),
        StageType("language", "document", "gristmill.filters.language"),
        StageType("lines", "document", "gristmill.filters.lines", edits=True),
        StageType("heuristics", "document", "gristmill.filters.heuristics"),
        StageType("quality", "document", "gristmill.filters.quality"),
        StageType("quality_buckets", "document", "gristmill.filters.quality_buckets"),
        StageType("embedding", "document", "gristmill.filters.embedding"),
        StageType("perplexity", "document", "gristmill.filters.perplexity"),
        StageType("code_pages", "document", "gristmill.filters.code_pages"),
        StageType("math_pages", "document", "gristmill.filters.math_pages"),
        StageType("exact", "exact", "gristmill.dedup.exact"),
        StageType("minhash", "minhash", "gristmill.dedup.minhash"),
        StageType("pii", "document", "gristmill.filters.pii", edits=True),
        StageType("encode", "encode", "gristmill.tokenize.encode"),
        StageType("shards", "shards", "gristmill.tokenize.shards"),
        StageType("pretrain", "pretrain", "gristmill.tokenize.pretrain_stage"),
    )
}

CORPUS_KINDS: tuple[Kind, ...] = ("exact", "minhash", "shards")


def stage_type(name: str) -> StageType:
    """Look a stage up by name; RecipeError if there is none."""
    try:
        return STAGE_TYPES[name]
    except KeyError:
        raise RecipeError(f"there is no stage {name!r}; there are {', '.join(STAGE_TYPES)}.") from None
