"""Tables of texts from elsewhere: kinds of columns, JSON Lines, and what is said of a broken file."""

import gzip
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gristmill.core import documents
from gristmill.core.errors import InputError
from gristmill.pipelines.texts import Texts, read_texts


def parquet(path: Path, **columns: Any) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


def only(path: Path) -> Texts:
    (texts,) = read_texts(path)
    return texts


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        (pa.array(["a", "b"]), ["a", "b"]),
        (pa.array([1, 20]), ["1", "20"]),
        (pa.array([b"\x01\xff", b""], pa.binary()), ["01ff", ""]),
        (pa.array([b"\x01" * 16] * 2, pa.binary(16)), ["01" * 16] * 2),
        (pa.array(["x", "x"]).dictionary_encode(), ["x", "x"]),
        (pa.array([None, "b"]), [None, "b"]),
    ],
)
def test_ids_become_text(tmp_path: Path, ids: pa.Array, expected: list[str]) -> None:
    texts = only(parquet(tmp_path / "t.parquet", id=ids, text=["one", "two"]))
    assert texts.ids.to_pylist() == expected
    assert texts.documents.schema == documents.SCHEMA


def test_columns_that_are_there_are_used(tmp_path: Path) -> None:
    path = parquet(
        tmp_path / "t.parquet",
        text=pa.array(["one", None], pa.string()), id=["a", "b"], url=[None, "https://b.example/"],
        language=["de", None], score=[0.1, 0.2],
    )  # fmt: skip
    texts = only(path)
    assert texts.documents["text"].to_pylist() == ["one", ""]
    assert texts.missing.to_pylist() == [False, True]
    assert texts.documents["url"].to_pylist() == ["", "https://b.example/"]
    assert texts.language is not None and texts.language.to_pylist() == ["de", None]
    assert only(parquet(tmp_path / "u.parquet", id=["a"], text=["one"])).language is None


def test_batches_are_cut_and_in_order(tmp_path: Path) -> None:
    path = parquet(tmp_path / "t.parquet", id=list(range(10)), text=[f"text {i}" for i in range(10)])
    batches = list(read_texts(path, rows=4))
    assert [len(batch.ids) for batch in batches] == [4, 4, 2]
    assert [one for batch in batches for one in batch.ids.to_pylist()] == [str(i) for i in range(10)]


def test_long_texts_come_in_small_batches(tmp_path: Path) -> None:
    text = (
        "".join(map(chr, range(0x4E00, 0x9000))) * 100
    )  # 5 MB; a text that repeats itself more would be stored as shorter
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"id": list(range(8)), "text": [text] * 8}), path, use_dictionary=False, compression="none")
    assert [len(batch.ids) for batch in read_texts(path)] == [6, 2]


@pytest.mark.parametrize("ending", [".jsonl", ".jsonl.gz"])
def test_json_lines(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"texts{ending}"
    lines = b'{"id": 7, "text": "one\\ntwo", "url": null, "extra": [1]}\n\n{"id": "b", "text": null}\n'
    path.write_bytes(gzip.compress(lines) if ending.endswith("gz") else lines)
    texts = only(path)
    assert texts.ids.to_pylist() == ["7", "b"]
    assert texts.documents["text"].to_pylist() == ["one\ntwo", ""]
    assert texts.missing.to_pylist() == [False, True]


def test_half_a_surrogate_pair_becomes_a_replacement_character(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text('{"id": "a", "text": "half \\ud83d of \\ud83d\\ude00"}\n')
    assert only(path).documents["text"].to_pylist() == ["half \ufffd of 😀"]


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("t.csv", b"id,text\n", "end it in .parquet"),
        ("t.parquet", b"PAR1 not really", "cannot be read as Parquet"),
        ("t.jsonl", b'{"id": 1, "text": "a"}\n{"id": 2\n', "t.jsonl, line 2 is no JSON"),
        ("t.jsonl", b"[1]\n", "line 1 is no JSON object"),
        ("t.jsonl", b'{"id": 1, "body": "a"}\n', "line 1 has no 'text'; it has id, body"),
        ("t.jsonl", b'{"id": 1, "text": 5}\n', "line 1: text = '5' is no text"),
        ("t.jsonl", b'{"id": null, "text": "a"}\n', "line 1: the id is null"),
        ("t.jsonl", b'{"id": 1, "text": "caf\xe9"}\n', "line 1 is no JSON"),
        ("t.jsonl.gz", b"no gzip", "cannot be read"),
    ],
)
def test_a_broken_file_is_told_by_its_name_and_line(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    path = write(tmp_path / name, content)
    with pytest.raises(InputError, match=re.escape(said)):
        list(read_texts(path))


def test_a_damaged_parquet_file_is_told_in_one_line(tmp_path: Path) -> None:
    path = parquet(tmp_path / "t.parquet", id=["a", "b"], text=["one", "two"])
    whole = path.read_bytes()
    for broken in (whole[: len(whole) // 2], whole[:20] + bytes(40) + whole[60:], b""):
        with pytest.raises(InputError, match=r"t\.parquet cannot be read as Parquet: [^\n]*$"):
            list(read_texts(write(path, broken)))


def test_a_missing_file_or_column_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not a file"):
        read_texts(tmp_path / "none.parquet")
    with pytest.raises(InputError, match="has no column 'text'; it has id, body"):
        list(read_texts(parquet(tmp_path / "t.parquet", id=["a"], body=["b"])))
    with pytest.raises(InputError, match="the column 'text' is int64"):
        list(read_texts(parquet(tmp_path / "u.parquet", id=["a"], text=[1])))


def test_columns_of_a_documents_table_are_used_where_they_have_its_types(tmp_path: Path) -> None:
    robots = pa.array([["meta robots: noai"]], pa.list_(pa.string()))
    ids = pa.array([b"0123456789abcdef"], pa.binary(16))
    texts = only(
        parquet(tmp_path / "t.parquet", id=ids, text=["one"], robots=robots, status=["fine"], date=["2026-01-12"])
    )
    row = texts.documents.to_pylist()[0]
    assert (row["id"], row["robots"], row["status"], row["date"]) == (
        b"0123456789abcdef",
        ["meta robots: noai"],
        0,
        "2026-01-12",
    )
    assert texts.ids.to_pylist() == [b"0123456789abcdef".hex()]
