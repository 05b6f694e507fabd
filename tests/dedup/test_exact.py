import random
import unicodedata

import pyarrow as pa
import pytest
import xxhash
from hypothesis import given, settings
from hypothesis import strategies as st

from gristmill.core.batch import Batch
from gristmill.dedup import exact
from gristmill.dedup.survivors import Keep
from tests.dedup.tables import batch, exact_removals, name

PARAMS = exact.Params()
TEXT = st.text(
    st.sampled_from("ab é水e\u0301\u00a0\u3000\u200b\u2028\x85\x1c\n\t가ᄀ\u1161\x00") | st.characters(), max_size=30
)


def normalised(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


@settings(deadline=None, max_examples=300)
@given(st.lists(TEXT, max_size=6), st.integers(0, 2))
def test_digests_match_the_reference(texts: list[str], start: int) -> None:
    whole = batch(texts)
    found = exact.signatures(Batch(whole.documents[start:]), PARAMS)
    digests = [xxhash.xxh3_128_digest(normalised(text).encode()) for text in texts[start:]]
    assert found.schema == exact.SIGNATURE_SCHEMA
    assert found["digest"].to_pylist() == digests
    assert found["bucket"].to_pylist() == [int.from_bytes(digest[:8]) for digest in digests]
    assert found["text_bytes"].to_pylist() == [len(text.encode()) for text in texts[start:]]
    assert found["id"].to_pylist() == [name(row) for row in range(len(texts))][start:]


def test_every_white_space_character() -> None:
    spaces = [chr(code) for code in range(0x110000) if chr(code).isspace()]
    found = exact.signatures(batch(["a b", *(f"{each}a{each}{each}b{each}" for each in spaces)]), PARAMS)
    assert len(set(found["digest"].to_pylist())) == 1
    others = exact.signatures(batch(["ab", "a b", "a\u200bb", "A b", "a\u2060b"]), PARAMS)
    assert len(set(others["digest"].to_pylist())) == 5


@pytest.mark.parametrize(("keep", "survivor"), [("newest", 2), ("oldest", 1), ("longest", 3)])
def test_policies(keep: Keep, survivor: int) -> None:
    texts = ["the  mill", "the mill", "the\nmill", "the \n mill", "another"]
    dates = ["", "2019-01-01T00:00:00Z", "2024-01-01T00:00:00Z", "2020-01-01T00:00:00Z", ""]
    found = exact_removals([batch(texts, dates)], exact.Params(keep=keep))
    assert found.schema == exact.REMOVAL_SCHEMA
    assert set(found["id"].to_pylist()) == {name(row) for row in range(4) if row != survivor}
    assert set(found["survivor"].to_pylist()) == {name(survivor)}
    assert set(found["cluster_size"].to_pylist()) == {4}


@settings(deadline=None)
@given(st.lists(st.sampled_from(["a", "b", "c", "c ", ""]), max_size=20), st.randoms())
def test_one_document_stays_of_each_text(texts: list[str], shuffled: random.Random) -> None:
    found = exact_removals([batch(texts)], PARAMS)
    groups: dict[str, list[bytes]] = {}
    for row, text in enumerate(texts):
        groups.setdefault(text.strip(), []).append(name(row))
    expected = [
        {"id": each, "survivor": min(group), "cluster_size": len(group)}
        for group in groups.values()
        for each in group
        if each != min(group)
    ]
    assert found.to_pylist() == sorted(expected, key=lambda row: bytes(row["id"]))  # type: ignore[call-overload]
    order = list(range(len(texts)))
    shuffled.shuffle(order)
    parts = [batch([texts[row]], ids=[name(row)]) for row in order]
    again = exact_removals([batch([]), *parts], PARAMS)
    assert again.equals(found)


def test_nothing() -> None:
    empty = exact.signatures(batch([]), PARAMS)
    assert empty.schema == exact.SIGNATURE_SCHEMA and empty.num_rows == 0
    assert exact.removals(pa.Table.from_batches([empty]), PARAMS).equals(exact.REMOVAL_SCHEMA.empty_table())
    assert exact.removals(exact.SIGNATURE_SCHEMA.empty_table(), PARAMS).num_rows == 0


def test_parameters_are_documented() -> None:
    assert all(field.description for field in exact.Params.model_fields.values())
    assert all(path.is_file() for path in exact.files(PARAMS))
