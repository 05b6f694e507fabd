"""Documents through stages: kept, removed, or unknown."""

from typing import Any

import numpy as np
import pyarrow as pa

from gristmill.pipelines.fates import ALIVE, REMOVED, UNKNOWN, Word, behind, counts, without_orphans, word_of_keeper

IDS = [bytes([i]) * 16 for i in range(5)]


class Columns:
    """The documents' ids."""

    ids = pa.chunked_array([pa.array(IDS, pa.binary(16))])


def said(stage: str, known: str, kept: str, **table: Any) -> Word:
    masks = [np.array([letter == "1" for letter in text]) for text in ("1" * len(known), known, "0" * len(known), kept)]
    alive, knows, failed, keeps = masks
    return Word(stage, alive, knows, failed, keeps, keeps, pa.table(table))


def test_unknown_stays_until_a_stage_that_knows_rejects() -> None:
    state = np.array([ALIVE, ALIVE, REMOVED, UNKNOWN, UNKNOWN], np.uint8)
    told = said("quality", known="10111", kept="10110")
    after = behind(state, told, told.kept)
    assert after.tolist() == [ALIVE, UNKNOWN, REMOVED, UNKNOWN, REMOVED]
    assert counts(state, after, told) == {"in": 4, "kept": 1, "rejected": 1, "failed": 0, "unknown": 2}


def test_a_copy_is_known_as_long_as_its_survivor_is_there() -> None:
    survivors = pa.array([None, IDS[0], IDS[2], None, IDS[3]], pa.binary(16))
    told = said("exact", known="11111", kept="10010", survivor=survivors)
    state = np.array([ALIVE, ALIVE, REMOVED, UNKNOWN, ALIVE], np.uint8)
    columns: Any = Columns()
    assert without_orphans(columns, told, state).known.tolist() == [True, True, False, True, False]
    other = said("quality", known="11111", kept="10010")
    assert without_orphans(columns, other, state) is other


def test_a_deduplication_that_removed_nothing_has_no_orphans() -> None:
    columns: Any = Columns()
    alive = np.array([True, False, True, True, True])
    told = word_of_keeper("exact", alive)
    state = np.array([ALIVE, ALIVE, REMOVED, ALIVE, ALIVE], np.uint8)
    assert without_orphans(columns, told, state) is told
    assert behind(state, told, told.kept_now).tolist() == [ALIVE, UNKNOWN, REMOVED, ALIVE, ALIVE]
