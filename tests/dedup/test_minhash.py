import random
from itertools import combinations
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from gristmill.core.batch import Batch
from gristmill.dedup import minhash
from gristmill.dedup.components import SCHEMA as COMPONENT_SCHEMA
from gristmill.dedup.minhash import Params
from tests.dedup.tables import batch, jaccard, minhash_removals, name, shingles

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
ENGINES = pytest.mark.parametrize("engine", ["kernel", "datasketch"])


def page(seed: int, words: int = 200) -> str:
    """A text that shares no shingle with that of another seed."""
    rng = random.Random(seed)
    return " ".join(f"{rng.choice('bdfgklmn')}{rng.choice('aeiou')}{rng.randrange(10**6)}" for _ in range(words))


def changed(text: str, places: int, seed: int = 0) -> str:
    """The text with some words, far from one another, replaced."""
    words = text.split(" ")
    for place in range(places):
        words[(place + 1) * len(words) // (places + 1)] = f"new{seed}x{place}"
    return " ".join(words)


def removed(found: pa.Table) -> dict[bytes, bytes]:
    return dict(zip(found["id"].to_pylist(), found["survivor"].to_pylist(), strict=True))


@ENGINES
def test_planted_duplicates(engine: str) -> None:
    """Of each family the newest stays; a copy of Jaccard 0.9 is found almost surely, one of 0.6 never removed."""
    texts: list[str] = []
    dates: list[str] = []
    expected: dict[bytes, bytes] = {}
    for family in range(20):
        original = page(family)
        first = len(texts)
        texts += [original, changed(original, 1, family), original.upper(), changed(original, 10, family)]
        dates += ["2024-01-01T00:00:00Z", "2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z", "2022-01-01T00:00:00Z"]
        expected |= {name(first + 1): name(first), name(first + 2): name(first)}
    found = minhash_removals([batch(texts, dates)], Params.model_validate({"engine": engine}))
    assert found.schema == minhash.REMOVAL_SCHEMA
    assert removed(found) == expected
    assert set(found["cluster_size"].to_pylist()) == {3}
    assert set(found["jaccard"].to_pylist()) == {1.0, 191 / 201}


@ENGINES
def test_a_chain_removes_nothing_unchecked(engine: str) -> None:
    """A ~ B ~ C, but A and C are not alike: with B first both go, with A first C stays, though all are connected."""
    words = page(7, 260).split(" ")
    a, b, c = (" ".join(words[start : start + 220]) for start in (0, 20, 40))
    sets = [shingles(text) for text in (a, b, c)]
    assert jaccard(sets[0], sets[1]) > 0.8 > jaccard(sets[0], sets[2])
    params = Params.model_validate({"engine": engine, "bands": 40, "rows_per_band": 4})
    b_newest = minhash_removals([batch([a, b, c], ["2020", "2022", "2021"])], params)
    assert removed(b_newest) == {name(0): name(1), name(2): name(1)}
    a_newest = minhash_removals([batch([a, b, c], ["2022", "2021", "2020"])], params)
    assert removed(a_newest) == {name(1): name(0)}


def corpus(seed: int) -> tuple[list[str], list[str]]:
    rng = random.Random(seed)
    texts = []
    for family in range(8):
        original = page(seed * 100 + family, rng.choice([20, 60, 150]))
        texts += [changed(original, rng.randrange(5), copy) for copy in range(rng.randrange(1, 6))]
    return texts, [rng.choice(["", "2020", "2021"]) for _ in texts]


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10**6), st.sampled_from(["newest", "oldest", "longest"]))
def test_no_order_and_no_split_shows(seed: int, keep: str) -> None:
    texts, dates = corpus(seed)
    params = Params.model_validate({"keep": keep})
    whole = minhash_removals([batch(texts, dates)], params)
    order = list(range(len(texts)))
    random.Random(seed).shuffle(order)
    parts = [batch([texts[row]], [dates[row]], [name(row)]) for row in order]
    assert minhash_removals([batch([]), *parts], params).equals(whole)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10**6), st.sampled_from([0.5, 0.7, 0.8, 0.95]))
def test_with_many_bands_it_finds_what_comparing_all_pairs_finds(seed: int, threshold: float) -> None:
    """128 bands of one slot make candidates of all pairs with a Jaccard of 0.1 or more."""
    texts, dates = corpus(seed)
    params = Params(bands=128, rows_per_band=1, threshold=threshold)
    sets = [shingles(text) for text in texts]
    by_id = sorted(range(len(texts)), key=name)
    order = sorted(by_id, key=lambda row: dates[row], reverse=True)
    leaders: list[int] = []
    expected = {}
    for row in order:
        alike = [leader for leader in leaders if jaccard(sets[row], sets[leader]) >= threshold]
        if alike:
            expected[name(row)] = name(alike[0])
        else:
            leaders.append(row)
    found = minhash_removals([batch(texts, dates)], params)
    assert removed(found) == expected
    for row in found.to_pylist():
        left, right = (sets[[name(n) for n in range(len(texts))].index(row[key])] for key in ("id", "survivor"))
        assert row["jaccard"] == jaccard(left, right)


def test_running_again_removes_nothing() -> None:
    texts, dates = corpus(3)
    params = Params(bands=128, rows_per_band=1)
    gone = removed(minhash_removals([batch(texts, dates)], params))
    stay = [row for row in range(len(texts)) if name(row) not in gone]
    again = batch([texts[row] for row in stay], [dates[row] for row in stay], [name(row) for row in stay])
    assert gone and minhash_removals([again], params).num_rows == 0


def test_an_unrelated_file_changes_nothing() -> None:
    texts, dates = corpus(4)
    before = minhash_removals([batch(texts, dates)], Params())
    ids = [name(1000 + row) for row in range(10)]
    others = batch([page(5000 + row) for row in range(10)], ["2030"] * 10, ids)
    assert minhash_removals([others, batch(texts, dates)], Params()).equals(before)


def test_short_and_enormous_texts_get_no_keys() -> None:
    texts = ["", "one two three four", "one two three four five", page(1, 104), page(1, 105)]
    keys = minhash.band_keys(batch(texts), Params(max_shingles=100))
    assert keys.schema == minhash.BAND_SCHEMA
    assert keys["id"].to_pylist() == [name(2)] * 14 + [name(3)] * 14
    assert len(set(keys["bucket"].to_pylist())) == 28


@ENGINES
def test_a_slice_of_a_batch(engine: str) -> None:
    params = Params.model_validate({"engine": engine})
    whole = batch([page(row, 30) for row in range(6)])
    part = Batch(whole.documents[2:5])
    assert minhash.band_keys(part, params).to_pylist() == minhash.band_keys(whole, params).to_pylist()[2 * 14 : 5 * 14]
    members = pa.table({"id": sorted(map(name, range(1, 4))), "component": [name(9)] * 3}, COMPONENT_SCHEMA)
    sets = minhash.shingle_sets(part, members, params)
    assert sets.schema == minhash.SET_SCHEMA
    assert sets["id"].to_pylist() == [name(2), name(3)]
    assert sets["text_bytes"].to_pylist() == [len(page(2, 30)), len(page(3, 30))]


def test_price_lists_differ_in_numbers_only() -> None:
    lists = [" ".join(f"article{item} costs {item * 37 % factor} euros" for item in range(50)) for factor in (91, 97)]
    assert minhash_removals([batch(lists)], Params()).num_rows == 0
    assert minhash_removals([batch(lists)], Params(fold_numbers=True)).num_rows == 1


def test_texts_without_spaces() -> None:
    rng = random.Random(0)
    text = "".join(chr(rng.randrange(0x4E00, 0x9FFF)) for _ in range(400))
    other = "".join(chr(rng.randrange(0x4E00, 0x9FFF)) for _ in range(400))
    found = minhash_removals([batch([text, text[:200] + "，" + text[201:], other])], Params())
    assert found["jaccard"].to_pylist() == [(393 - 8) / (393 + 7)]


def test_edges_are_stars_to_the_smallest_id() -> None:
    a, b, c, d = sorted(name(row) for row in range(4))
    table = pa.table({"bucket": [5, 5, 5, 7, 7, 9, 9], "id": [c, a, b, b, c, d, d]}, minhash.BAND_SCHEMA)
    expected = [{"a": a, "b": b}, {"a": a, "b": c}, {"a": b, "b": c}]
    assert minhash.edges(table).to_pylist() == expected
    assert minhash.edges(table.take(pa.array([6, 5, 4, 3, 2, 1, 0]))).to_pylist() == expected


def test_nothing() -> None:
    params = Params()
    assert minhash.band_keys(batch([]), params).num_rows == 0
    edges = minhash.edges(minhash.BAND_SCHEMA.empty_table())
    assert edges.equals(minhash.EDGE_SCHEMA.empty_table())
    sets = minhash.shingle_sets(batch(["a b c d e f"]), minhash.components(edges), params)
    assert sets.schema == minhash.SET_SCHEMA and sets.num_rows == 0
    assert minhash.removals(minhash.SET_SCHEMA.empty_table(), params).equals(minhash.REMOVAL_SCHEMA.empty_table())


def test_parameters() -> None:
    assert all(field.description for field in Params.model_fields.values())
    assert all(path.is_file() for path in minhash.files(Params()))
    with pytest.raises(ValidationError):
        Params.model_validate({"treshold": 0.8})
    with pytest.raises(ValidationError):
        Params(threshold=0)


def shared_texts() -> tuple[Batch, list[str]]:
    path = SHARED / "dedup" / "texts.parquet"
    if not path.exists():
        pytest.skip(f"{path} is not here")
    table = pq.read_table(path)
    texts, dates, ids = (table[column].to_pylist() for column in ("text", "date", "id"))
    return batch(texts, dates, [bytes.fromhex(each).rjust(16, b"\0") for each in ids]), texts


@ENGINES
def test_texts_with_known_overlap(engine: str) -> None:
    """Every removal has the Jaccard it claims; nearly all texts that have a twin above the threshold go."""
    documents, texts = shared_texts()
    row_of = {each: row for row, each in enumerate(documents.column("id").to_pylist())}
    found = minhash_removals([documents], Params.model_validate({"engine": engine})).to_pylist()
    for row in found:
        left, right = (shingles(texts[row_of[row[key]]]) for key in ("id", "survivor"))
        assert row["jaccard"] == jaccard(left, right) >= 0.8
    gone = {row["id"][8:].hex() for row in found}
    assert not gone & {row["survivor"][8:].hex() for row in found}
    pairs = pq.read_table(SHARED / "dedup" / "pairs.parquet").to_pylist()
    close = [(pair["a"], pair["b"]) for pair in pairs if pair["true_jaccard_word5"] >= 0.9]
    missed = [pair for pair in close if not gone & set(pair)]
    assert len(close) > 100 and not missed
    alike = [(pair["a"], pair["b"]) for pair in pairs if pair["true_jaccard_word5"] >= 0.8]
    assert sum(bool(gone & set(pair)) for pair in alike) >= 0.97 * len(alike)


def test_candidates_are_about_those_of_the_published_implementations() -> None:
    """Two texts match when a band is equal: of pairs at each Jaccard, as many as datatrove and datasketch find."""
    documents, _ = shared_texts()
    reference = SHARED / "conformance" / "minhash_pairs.parquet"
    if not reference.exists():
        pytest.skip(f"{reference} is not here")
    keys = minhash.band_keys(documents, Params())
    groups: dict[int, list[str]] = {}
    for bucket, each in zip(keys["bucket"].to_pylist(), keys["id"].to_pylist(), strict=True):
        groups.setdefault(bucket, []).append(each[8:].hex())
    matches = {frozenset(pair) for group in groups.values() for pair in combinations(group, 2)}
    pairs = pq.read_table(reference).to_pylist()
    for low, high in ((0.1, 0.5), (0.5, 0.7), (0.7, 0.8), (0.8, 0.9), (0.9, 1.01)):
        within = [pair for pair in pairs if low <= pair["true_jaccard_word5"] < high]
        ours = sum(frozenset((pair["a"], pair["b"])) in matches for pair in within) / len(within)
        theirs = sum(pair["match_datasketch"] for pair in within) / len(within)
        assert ours == pytest.approx(theirs, abs=0.12), (low, high)
