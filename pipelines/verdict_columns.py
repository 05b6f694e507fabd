"""The ledger's verdicts stage by stage, every column in the one order of the documents, as Arrow and NumPy arrays.

Stages write a row for each document of a part, in its order, so that columns of two stages stand side by side as they are
read. A stage that sees fewer documents (behind one that edits text) is put in order by id.
"""

from collections.abc import Sequence

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gristmill.core.errors import UsageError
from gristmill.pipelines.runs import Run

_NOT_OF_DOCUMENTS = ("fetch", "extract")


def judging_stages(run: Run) -> list[str]:
    """Names of the stages that judged documents, in the order of the flow."""
    return [
        stage.name
        for stage in run.stages
        if stage.name not in _NOT_OF_DOCUMENTS and any(receipt.output("verdicts") for receipt in stage.final)
    ]


class VerdictColumns:
    """Columns of a run's verdicts.

    Attributes:
        ids: the documents, binary(16) each.
    """

    def __init__(self, ledger: duckdb.DuckDBPyConnection) -> None:
        self._ledger = ledger
        self.ids = read(ledger, "SELECT id FROM documents").column("id")

    def __len__(self) -> int:
        return len(self.ids)

    def of(self, stage: str, columns: Sequence[str]) -> pa.Table:
        """Columns of a stage, SQL expressions over its view; null for documents of which it has no row.

        Raises:
            UsageError: the stage has not measured what an expression asks for.
        """
        table = read(self._ledger, f'SELECT id, {", ".join(columns)} FROM "verdicts_{stage}"')
        if not table.column("id").equals(self.ids):
            table = table.take(pc.index_in(self.ids, value_set=table.column("id").combine_chunks()))
        return table.drop_columns(["id"])

    def text_bytes(self) -> NDArray[np.int64]:
        """Length of each document's text as it was extracted, int64[documents]."""
        table = read(self._ledger, 'SELECT id, signals."extract.text_bytes" AS size FROM records WHERE outcome = \'kept\'')
        sizes = table.column("size").take(pc.index_in(self.ids, value_set=table.column("id").combine_chunks()))
        found: NDArray[np.int64] = sizes.fill_null(0).to_numpy()
        return found


def read(ledger: duckdb.DuckDBPyConnection, sql: str) -> pa.Table:
    """The rows of a query, in the order in which its files have them."""
    try:
        return ledger.sql(sql).to_arrow_table()
    except duckdb.BinderException as error:
        raise UsageError(
            f"the ledger does not have what this needs: {str(error).splitlines()[0]}. "
            "The run was made by another version, or its recipe leaves this filter out."
        ) from error


def flags(table: pa.Table, name: str) -> NDArray[np.bool_]:
    """A boolean column, null as false: bool[rows]."""
    found: NDArray[np.bool_] = pc.fill_null(table.column(name), False).to_numpy()
    return found
