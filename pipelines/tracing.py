"""From a token back to the page it came from."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gristmill.core.documents import file_prefix
from gristmill.core.errors import UsageError
from gristmill.pipelines.receipts import Receipt
from gristmill.pipelines.runs import Run
from gristmill.pipelines.store import Store
from gristmill.pipelines.tables import read_table
from gristmill.tokenize.shard_index import locate
from gristmill.tokenize.shard_writer import shard_name
from gristmill.tokenize.vocabulary import Vocabulary, load_vocabulary

_CONTEXT_TOKENS = 12


def trace(store: Store, run: Run, shard: str, position: int) -> dict[str, Any]:
    """The document of a token, as `trace --json` prints it.

    Args:
        shard: its number, or the path of one of its files.
        position: of the token in the shard, from 0.

    Returns:
        id, url, warc (file, offset, length); token (its id) and text (what it stands for); `context`, the text around it in
        the same document; `offset`, which of the document's tokens it is.

    Raises:
        UsageError: there is no such shard or position.
    """
    receipt = _find(run, shard)
    index = receipt.output("index")
    assert index is not None
    number = int(receipt.extra["shard"])
    place = locate(read_table(store, index.path), number, position)
    tokens = shard_tokens(store, receipt)[place.start : place.start + place.length]
    vocabulary = run_vocabulary(run)
    token = int(tokens[place.offset])
    around = tokens[max(0, place.offset - _CONTEXT_TOKENS) : place.offset + _CONTEXT_TOKENS]
    document = _document(store, run, place.id)
    return {
        "id": place.id.hex(),
        "url": document["url"],
        "warc": {name: document[name] for name in ("file", "offset", "length")},
        "token": token,
        "text": vocabulary.decode(np.array([token])),
        "offset": place.offset,
        "context": vocabulary.decode(around),
    }


def run_vocabulary(run: Run) -> Vocabulary:
    """The vocabulary a run's shards were encoded with."""
    stage = run.stage("encode")
    assert stage is not None
    return load_vocabulary(stage.params["vocabulary"], stage.params["end_of_document"])


def shard_receipts(run: Run) -> tuple[Receipt, ...]:
    """The receipts of a run's shards, in order."""
    stage = run.stage("shards")
    assert stage is not None
    return stage.final


def shard_tokens(store: Store, receipt: Receipt) -> Any:
    """The tokens of a shard as an array, mapped and not read where the store is a folder."""
    dtype = np.dtype(receipt.extra["dtype"]).newbyteorder("<")
    binary, array = receipt.output("bin"), receipt.output("npy")
    if binary is not None:
        with store.reader(binary.path) as source:
            return np.frombuffer(source.read_buffer(), dtype)
    assert array is not None
    with store.reader(array.path) as source:
        data = source.read_buffer()
    return np.frombuffer(data, dtype, offset=data.size - receipt.extra["tokens"] * dtype.itemsize)


def _find(run: Run, shard: str) -> Receipt:
    receipts = shard_receipts(run)
    if shard.isdigit():
        number = int(shard)
        if number < len(receipts):
            return receipts[number]
    path = Path(shard)
    for number, receipt in enumerate(receipts):
        exported = path.stem == shard_name(number)  # the plain name that 'gristmill export --shards' gives it
        if exported or any(Path(output.path).name == path.name for output in receipt.outputs):
            return receipt
    raise UsageError(f"there is no shard {shard}; the run has {len(receipts)}, numbered from 0.")


def _document(store: Store, run: Run, key: bytes) -> dict[str, Any]:
    """Where a document came from; the first half of its id says which file, so one part is read."""
    stage = run.stage("extract")
    assert stage is not None
    for receipt in stage.final:
        output = receipt.output("documents")
        assert output is not None
        if file_prefix(receipt.address) != key[:8]:
            continue
        table = read_table(store, output.path, ["id", "url", "file", "offset", "length"])
        found = table.filter(pc.equal(table["id"], pa.scalar(key, pa.binary(16))))
        if found.num_rows:
            return dict(found.to_pylist()[0])
    raise UsageError(f"document {key.hex()} of the shard's index is in no part of the run.")
