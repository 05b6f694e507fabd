"""One record's bytes out of its file, as they came: inflated as far as they inflate."""

from pathlib import Path

import orjson
import pyarrow.parquet as pq

from gristmill.crawl.asking import Asker
from gristmill.crawl.gzip_codec import MAGIC as GZIP_MAGIC
from gristmill.crawl.gzip_codec import GzipCodec
from gristmill.crawl.input_file import InputFile
from gristmill.crawl.members import Codec
from gristmill.crawl.rows import open_lines
from gristmill.crawl.window import Window
from gristmill.crawl.zstd_codec import MAGIC as ZSTD_MAGIC
from gristmill.crawl.zstd_codec import ZstdCodec

_STEP_BYTES = 1 << 20


def raw_record(file: InputFile, offset: int, length: int, asker: Asker, folder: Path) -> bytes:
    """A record with its headers, a damaged range as far as it can be inflated, or a row.

    Args:
        file: where it is.
        offset, length: its place, as the records table has it.
        asker: reads from servers and buckets.
        folder: for a moment, to put a copy in.

    Raises:
        InputError: the file cannot be read.
    """
    if file.format == "jsonl":
        return _line(_local(file, asker, folder), offset, length)
    if file.format == "parquet":
        with pq.ParquetFile(_local(file, asker, folder)) as table:
            row = table.read().slice(offset, 1).to_pylist()[0]
        return orjson.dumps(row, default=str, option=orjson.OPT_INDENT_2) + b"\n"
    stored = asker.read(file.location, (offset, offset + length))
    copy = folder / "record"
    if stored[:3] != GZIP_MAGIC and stored[:4] != ZSTD_MAGIC:
        return stored
    # A zstd record may need the dictionary that its file begins with.
    dictionary = b"" if stored[:3] == GZIP_MAGIC else _dictionary(file, asker)
    copy.write_bytes(dictionary + stored)
    with Window(copy) as window:
        codec: Codec = GzipCodec() if stored[:3] == GZIP_MAGIC else ZstdCodec(window)
        return b"".join(codec.inflate(window, len(dictionary), window.size)) or stored


def _local(file: InputFile, asker: Asker, folder: Path) -> Path:
    if not file.remote:
        return Path(file.location)
    copy = folder / "rows"
    copy.write_bytes(asker.read(file.location))
    return copy


def _line(path: Path, offset: int, length: int) -> bytes:
    with open_lines(path) as lines:
        while offset:
            skipped = len(lines.read(min(offset, _STEP_BYTES)))
            if not skipped:
                return b""
            offset -= skipped
        return lines.read(length)


def _dictionary(file: InputFile, asker: Asker) -> bytes:
    head = asker.read(file.location, (0, 8))
    if head[:4] != b"\x5d\x2a\x4d\x18":
        return b""
    return asker.read(file.location, (0, 8 + int.from_bytes(head[4:8], "little")))
