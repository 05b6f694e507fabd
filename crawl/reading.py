"""The records of any input file: a WARC or ARC, a WET, rows of JSONL or Parquet, or single records chosen by an index."""

from collections.abc import Iterator
from pathlib import Path

from gristmill.crawl.input_file import InputFile
from gristmill.crawl.record import DEFAULT_LIMITS, Gap, Limits, Record
from gristmill.crawl.records import read_records
from gristmill.crawl.rows import read_jsonl, read_parquet
from gristmill.crawl.spans import chosen_records, unpack


def read_input(file: InputFile, path: Path, limits: Limits = DEFAULT_LIMITS) -> Iterator[Record | Gap]:
    """Read an input file's bytes, which lie at `path`, to their end.

    Raises:
        OSError: the file cannot be opened or read.
    """
    if file.format == "jsonl":
        return read_jsonl(path, dict(file.columns), limits)
    if file.format == "parquet":
        return read_parquet(path, dict(file.columns), limits)
    items = read_records(path, limits)
    return chosen_records(items, unpack(file.ranges)) if file.ranges else items


def holds_records(file: InputFile, path: Path) -> bool:
    """Whether any record, whole or damaged, is found in a file; a good file is read to its first record only."""
    return any(isinstance(item, Record) for item in read_input(file, path))
