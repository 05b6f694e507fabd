"""The ledger's verdicts stage by stage, every column in the one order of the documents, as Arrow and NumPy arrays.

Stages write a row for each document of a part, in its order, so that columns of two stages stand side by side as they are
read. A stage that sees fewer documents (behind one that edits text) is put in order by id.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gristmill.core.errors import UsageError
from gristmill.pipelines.runs import Run, StageRun

_NOT_OF_DOCUMENTS = ("fetch", "extract")


def judging_stages(run: Run) -> list[StageRun]:
    """The stages that judged documents, in the order of the flow."""
    return [
        stage
        for stage in run.stages
        if stage.name not in _NOT_OF_DOCUMENTS and any(receipt.output("verdicts") for receipt in stage.final)
    ]


class VerdictColumns:
    """Columns of a run's verdicts."""

    def __init__(self, ledger: duckdb.DuckDBPyConnection, run: Run) -> None:
        self._ledger = ledger
        ledger.execute("SET parquet_metadata_cache = true")  # a million documents' footers take longer than a column
        self._rows = {stage.name: _rows(stage, "verdicts") for stage in run.stages}
        extract = run.stage("extract")
        self._rows_here = _rows(extract, "documents") if extract else ()

    @cached_property
    def ids(self) -> pa.ChunkedArray:
        """The documents, binary(16) each."""
        return read(self._ledger, "SELECT id FROM documents").column("id")

    def __len__(self) -> int:
        return sum(self._rows_here)

    def of(self, stage: str, columns: Sequence[str]) -> pa.Table:
        """Columns of a stage, SQL expressions over its view; null for documents of which it has no row.

        Raises:
            UsageError: the stage has not measured what an expression asks for.
        """
        listed = ", ".join(columns)
        if self._rows[stage] == self._rows_here:
            return read(self._ledger, f'SELECT {listed} FROM "verdicts_{stage}"')
        table = read(self._ledger, f'SELECT id, {listed} FROM "verdicts_{stage}"')
        found = pc.index_in(self.ids, value_set=table.column("id").combine_chunks())
        return table.drop_columns(["id"]).take(found)

    def text_bytes(self) -> NDArray[np.int64]:
        """Length of each document's text as it was extracted, int64[documents]: documents lie in the order of their records."""
        table = read(self._ledger, "SELECT signals.\"extract.text_bytes\" AS size FROM records WHERE outcome = 'kept'")
        found: NDArray[np.int64] = table.column("size").fill_null(0).to_numpy()
        return found


def _rows(stage: StageRun, kind: str) -> tuple[int, ...]:
    """Rows of a stage's tables, part by part."""
    return tuple(output.rows for receipt in stage.final if (output := receipt.output(kind)))


def read(ledger: duckdb.DuckDBPyConnection, sql: str) -> pa.Table:
    """The rows of a query, in the order in which its files have them."""
    try:
        return ledger.sql(sql).to_arrow_table()
    except duckdb.BinderException as error:
        raise UsageError(
            f"the ledger does not have what this needs: {str(error).splitlines()[0]}. "
            "The run was made by another version, or its recipe leaves this filter out."
        ) from error


@dataclass(frozen=True)
class Failures:
    """Every pair of a document and a rule that it failed, in the order of the documents.

    Attributes:
        names: the rules that any document failed.
        documents: row of each pair's document, int64[pairs].
        codes: place of each pair's rule in `names`, int32[pairs].
    """

    names: list[str]
    documents: NDArray[np.int64]
    codes: NDArray[np.int32]

    def of(self, rule: str, rows: int) -> NDArray[np.bool_]:
        """Which of so many documents failed a rule, bool[rows]."""
        failed = np.zeros(rows, bool)
        if rule in self.names:
            failed[self.documents[self.codes == self.names.index(rule)]] = True
        return failed


def failures(rules: pa.ChunkedArray) -> Failures:
    """The pairs of a column of lists of rules."""
    lists = rules.combine_chunks()
    documents = pc.list_parent_indices(lists).to_numpy(zero_copy_only=False).astype(np.int64)
    names = pc.list_flatten(lists).dictionary_encode()
    return Failures(names.dictionary.to_pylist(), documents, names.indices.to_numpy(zero_copy_only=False))


def flags(table: pa.Table, name: str) -> NDArray[np.bool_]:
    """A boolean column, null as false: bool[rows]."""
    found: NDArray[np.bool_] = pc.fill_null(table.column(name), False).to_numpy()
    return found
