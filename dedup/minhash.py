"""Near duplicates: MinHash signatures, banding, components, and a check by true Jaccard before anything goes.

A document is removed only if the Jaccard of its shingle set to that of a document that stays reaches the threshold; a
chain of neighbours each a little different removes nothing unchecked. Texts with fewer words than a shingle, and those
with more shingles than `max_shingles`, get no keys: they are left to exact deduplication.

Map 1 and reduce 2 are spread by `bucket`, uniform over the 64-bit numbers; a range of it is one reduce task. No table
depends on how its input was cut or ordered.

    band_keys      BAND_SCHEMA       one row for each document with shingles, and band; the key tells the band
    edges          EDGE_SCHEMA       distinct pairs a < b: a is the smallest id that shares a key with b
    components     components.SCHEMA id, component (the smallest id in it); sorted by id
    shingle_sets   SET_SCHEMA        one row for each document with a component
    removals       REMOVAL_SCHEMA    one row for each removed document; sorted by id
"""

from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
from pydantic import Field

from gristmill.core import params as base
from gristmill.core.batch import Batch
from gristmill.dedup import folding, rarity, shingles, signatures, survivors
from gristmill.dedup.components import components
from gristmill.dedup.hashing import mix_pairs
from gristmill.dedup.identifiers import TYPE, Ids, find, to_column, to_ids

__all__ = [
    "NAME",
    "RULES",
    "VERSION",
    "Params",
    "band_keys",
    "components",
    "edges",
    "files",
    "removals",
    "shingle_sets",
]

NAME = "minhash"
VERSION = 1
RULES = ("minhash.near_duplicate",)

BAND_SCHEMA = pa.schema([pa.field("bucket", pa.uint64(), nullable=False), pa.field("id", TYPE, nullable=False)])
EDGE_SCHEMA = pa.schema([pa.field("a", TYPE, nullable=False), pa.field("b", TYPE, nullable=False)])
SET_SCHEMA = pa.schema(
    [
        pa.field("bucket", pa.uint64(), nullable=False),  # hash of the component
        pa.field("component", TYPE, nullable=False),
        pa.field("id", TYPE, nullable=False),
        pa.field("shingles", pa.large_list(pa.uint64()), nullable=False),  # distinct hashes, ascending
        pa.field("date", pa.string(), nullable=False),  # capture time, ISO 8601 UTC; "" if unknown
        pa.field("text_bytes", pa.int64(), nullable=False),
    ]
)
REMOVAL_SCHEMA = pa.schema(
    [
        pa.field("id", TYPE, nullable=False),
        pa.field("survivor", TYPE, nullable=False),
        pa.field("jaccard", pa.float64(), nullable=False),  # true Jaccard of the two shingle sets
        pa.field("cluster_size", pa.int32(), nullable=False),  # the survivor and all that were removed for it
    ]
)


class Params(base.Params):
    """FineWeb's shingles and bands (Penedo et al. 2024, arXiv:2406.17557), with a check that FineWeb does not make."""

    shingle_words: int = Field(default=5, ge=1)
    """Words in a shingle. FineWeb: 5."""

    unspaced_shingle_words: int = Field(default=8, ge=1)
    """The same for texts mostly in scripts without spaces: characters are words, and five too common. Own choice."""

    bands: int = Field(default=14, ge=1)
    """Bands of a signature; documents that agree in one are compared. FineWeb: 14."""

    rows_per_band: int = Field(default=8, ge=1)
    """Slots in a band. FineWeb: 8. With 14 bands, a pair of J 0.8 is found with probability 0.92, of 0.9 always."""

    threshold: float = Field(default=0.8, gt=0, le=1)
    """Least true Jaccard of a removed document to its survivor. Lee et al. 2022 (arXiv:2107.06499): 0.8."""

    keep: survivors.Keep = "newest"
    """Which document of those alike stays: the newest capture (as OLMo 3), the oldest, or the longest in bytes.

    Among equals, the one with the smallest id.
    """

    seed: int = Field(default=1, ge=0, lt=2**32)
    """Seed of the slots' permutations. FineWeb: 1."""

    engine: Literal["kernel", "datasketch"] = "kernel"
    """What computes signatures: the compiled kernel, or datasketch as a reference (extra `datasketch`), far slower.

    Shingles, bands and all that follows are the same.
    """

    fold_numbers: bool = False
    """Whether a run of digits counts as 0. FineWeb does so; it makes price lists with different prices equal."""

    max_shingles: int = Field(default=1_000_000, ge=1)
    """Most shingles of a text that gets keys: they take a reducer 8 bytes each. Own choice, 6 MB of English."""


def files(params: Params) -> tuple[Path, ...]:  # noqa: ARG001 (every stage has these parameters)
    """The table of folded characters."""
    return (folding.PATH,)


def _rule(params: Params) -> shingles.ShingleRule:
    return shingles.ShingleRule(
        params.shingle_words, params.unspaced_shingle_words, params.max_shingles, params.fold_numbers
    )


def band_keys(batch: Batch, params: Params) -> pa.RecordBatch:
    """Map 1: the keys of each document, BAND_SCHEMA, `bands` rows for each document that has shingles."""
    slots = params.bands * params.rows_per_band
    if params.engine == "datasketch":
        everyone = np.arange(len(batch), dtype=np.int64)
        sets, bounds = shingles.shingle_sets(batch.text, everyone, _rule(params))
        found, counts = signatures.datasketch_signatures(sets, bounds, params.seed, slots), np.diff(bounds)
    else:
        found, counts = signatures.signatures(batch.text, _rule(params), signatures.permutations(params.seed, slots))
    rows = np.flatnonzero(counts > 0)
    keys = signatures.band_keys(found[rows], params.bands)
    ids = to_ids(batch.column("id")).take(np.repeat(rows, params.bands))
    return pa.RecordBatch.from_arrays([pa.array(keys.reshape(-1)), to_column(ids)], schema=BAND_SCHEMA)


def edges(table: pa.Table) -> pa.Table:
    """Reduce 1: link all documents with the same key to the smallest id among them.

    Args:
        table: all rows of BAND_SCHEMA in some range of `bucket`.

    Returns:
        EDGE_SCHEMA, distinct, sorted.
    """
    bucket = table["bucket"].to_numpy()
    order = np.argsort(bucket, kind="stable")
    bounds = survivors.group_bounds([bucket[order]])
    shared = np.repeat(np.diff(bounds) > 1, np.diff(bounds))  # most keys occur once: sort ids only where they do not
    order = order[shared]
    ids = to_ids(table["id"]).take(order)
    bucket = bucket[order]
    by_id = np.lexsort((ids.low, ids.high, bucket))
    ids, bucket = ids.take(by_id), bucket[by_id]
    bounds = survivors.group_bounds([bucket])
    first = ids.take(np.repeat(bounds[:-1], np.diff(bounds)))
    pairs = np.stack([first.high, first.low, ids.high, ids.low], axis=1)
    pairs = pairs[(first.high != ids.high) | (first.low != ids.low)]
    pairs = pairs[np.lexsort(pairs.T[::-1])]
    pairs = pairs[survivors.group_bounds(list(pairs.T))[:-1]]
    columns = [to_column(Ids(pairs[:, 0], pairs[:, 1])), to_column(Ids(pairs[:, 2], pairs[:, 3]))]
    return pa.Table.from_arrays(columns, schema=EDGE_SCHEMA)


def shingle_sets(batch: Batch, members: pa.Table, params: Params) -> pa.RecordBatch:
    """Map 2: the shingle sets of those documents that have a component, SET_SCHEMA.

    Args:
        batch: any documents.
        members: what components() gave, or any slice of it that holds these documents.
        params: as for band_keys.
    """
    ids = to_ids(batch.column("id"))
    places = find(to_ids(members["id"]), ids)
    rows = np.flatnonzero(places >= 0)
    values, bounds = shingles.shingle_sets(batch.text, rows, _rule(params))
    component = to_ids(members["component"]).take(places[rows])
    text_bytes = np.diff(batch.text.offsets)[rows]
    return pa.RecordBatch.from_arrays(
        [
            pa.array(mix_pairs(component.high, component.low)),
            to_column(component),
            to_column(ids.take(rows)),
            pa.LargeListArray.from_arrays(pa.array(bounds), pa.array(values)),
            batch.column("date").take(pa.array(rows)),
            pa.array(text_bytes),
        ],
        schema=SET_SCHEMA,
    )


def removals(table: pa.Table, params: Params) -> pa.Table:
    """Reduce 2: compare and decide.

    Args:
        table: all rows of SET_SCHEMA in some range of `bucket`, so that no component is cut.
        params: threshold and survivor policy.

    Returns:
        REMOVAL_SCHEMA, sorted by id.
    """
    ids, component = to_ids(table["id"]), to_ids(table["component"])
    order = survivors.survivor_order(table, component, ids, params.keep)
    groups = survivors.group_bounds(component.take(order))
    lists = table["shingles"].combine_chunks()
    sets = rarity.Sets(lists.offsets.to_numpy(), lists.values.to_numpy())
    leaders, jaccards = survivors.lead(order, groups, sets, params.threshold)
    sizes = np.bincount(leaders, minlength=len(leaders))
    removed = np.flatnonzero(leaders != np.arange(len(leaders)))
    removed = removed[np.lexsort((ids.low[removed], ids.high[removed]))]
    columns = [
        to_column(ids.take(removed)),
        to_column(ids.take(leaders[removed])),
        pa.array(jaccards[removed]),
        pa.array(sizes[leaders[removed]].astype(np.int32)),
    ]
    return pa.Table.from_arrays(columns, schema=REMOVAL_SCHEMA)
