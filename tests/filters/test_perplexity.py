"""Perplexity: symbols, smoothing and scores against plain Python, the shipped model, buckets and bad models."""

import itertools
import math
import re
import unicodedata
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gristmill.core.batch import Batch, TextBuffers, text_buffers
from gristmill.core.errors import InputError
from gristmill.filters import ngram_model, ngram_symbols, ngram_training, perplexity
from gristmill.filters.ngram_training import Settings, train
from tests.filters.test_contract import documents

FOLDING = ngram_symbols.folding_table()
FOLDING.flags.writeable = False
LETTERS = st.lists(st.sampled_from(["a", "b", "c", " ", "\n", "ab", "abc", "\u200b", "É", "7"]), max_size=30).map(
    "".join
)


def buffers(texts: list[str]) -> TextBuffers:
    return text_buffers(pa.array(texts, pa.large_string()))


def plain_lines(text: str, words: bool = False) -> list[list[str]]:
    """The symbols of a text's lines, with "^" and "$" at their ends; for texts without punctuation of other scripts."""
    found = []
    for line in text.split("\n"):
        folded = "".join(
            char
            for char in unicodedata.normalize("NFD", line.lower())
            if unicodedata.category(char) not in ("Mn", "Cf")
        )
        folded = re.sub(r"\s+", " ", re.sub(r"\d", "0", folded)).strip()
        if folded:
            found.append(["^", *(re.findall(r"[a-z0]+|[^a-z0 ]", folded) if words else folded), "$"])
    return found


@given(LETTERS, st.booleans())
def test_symbols_are_those_of_plain_python(text: str, words: bool) -> None:
    text_bytes = buffers([text])
    symbols, lengths = ngram_symbols.all_symbols(text_bytes.data, text_bytes.offsets, FOLDING, words)
    expected = plain_lines(text, words)
    assert lengths.tolist() == [len(line) for line in expected]
    names: dict[int, str] = {}
    for symbol, name in zip(symbols.tolist(), itertools.chain(*expected), strict=True):
        assert names.setdefault(symbol, name) == name
    assert len(set(names.values())) == len(names)


@pytest.mark.parametrize(
    ("char", "read"), [("É", "e"), ("ß", "ß"), ("٣", "0"), ("“", '"'), ("—", "-"), ("\u0301", ""), ("\u00ad", "")]
)
def test_characters_are_folded(char: str, read: str) -> None:
    assert FOLDING[ord(char)] == (ord(read) if read else 0)


class PlainModel:
    """Interpolated modified Kneser-Ney with dictionaries, all n-grams kept, discounts 0.5, 1, 1.5."""

    def __init__(self, lines: list[list[str]], order: int) -> None:
        self.order = order
        grams = {
            n: Counter(tuple(line[i : i + n]) for line in lines for i in range(len(line) - n + 1))
            for n in range(1, order + 1)
        }
        self.counts: dict[int, dict[tuple[str, ...], int]] = {}
        for n in range(1, order + 1):
            before: Counter[tuple[str, ...]] = Counter(gram[1:] for gram in grams.get(n + 1, ()))
            self.counts[n] = {
                gram: count if n == order or gram[0] == "^" else before[gram]
                for gram, count in grams[n].items()
                if gram != ("^",)
            }
        self.followers: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for n in range(1, order + 1):
            for gram, count in self.counts[n].items():
                self.followers[gram[:-1]].append(count)
        self.vocabulary = len(self.counts[1]) + 1

    def probability(self, context: tuple[str, ...], symbol: str) -> float:
        below = self.probability(context[1:], symbol) if context else 1 / self.vocabulary
        followers = self.followers.get(context)
        if not followers:
            return below
        discounts = (0.0, 0.5, 1.0, 1.5)
        count = self.counts[len(context) + 1].get((*context, symbol), 0)
        spare = sum(discounts[min(one, 3)] for one in followers) / sum(followers)
        return (count - discounts[min(count, 3)]) / sum(followers) + spare * below

    def perplexity(self, lines: list[list[str]]) -> float:
        logs = [
            math.log10(self.probability(tuple(line[max(0, i - self.order + 1) : i]), line[i]))
            for line in lines
            for i in range(1, len(line))
        ]
        return 10 ** (-sum(logs) / len(logs)) if logs else 0.0


@given(st.lists(LETTERS, min_size=1, max_size=4), LETTERS, st.integers(1, 4), st.booleans())
def test_perplexity_is_that_of_plain_python(texts: list[str], text: str, order: int, words: bool) -> None:
    lines = [line for one in texts for line in plain_lines(one, words)]
    if not lines:
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ngram_training, "_discounts", lambda _: np.array([0.0, 0.5, 1.0, 1.5]))
        model = train(
            pa.array(texts, pa.large_string()),
            Settings(order=order, min_count=1, unit="words" if words else "characters"),
        )
    measured, counts = ngram_model.perplexities(buffers([text]), model, ngram_model.make_table(model))
    expected = plain_lines(text, words)
    assert counts.tolist() == [sum(len(line) - 1 for line in expected)]
    np.testing.assert_allclose(measured, [PlainModel(lines, order).perplexity(expected)], rtol=1e-4)


@pytest.mark.parametrize("min_count", [1, 2, 3])
def test_probabilities_behind_a_context_add_up(min_count: int) -> None:
    text = "the mill stands by the river\nthe river stands still\nby the mill the miller stands\n" * 2
    model = train(pa.array([text], pa.large_string()), Settings(order=4, min_count=min_count))
    table = ngram_model.make_table(model)
    bits = len(table.hashes).bit_length() - 1
    alphabet = sorted(set(text) - {"\n"})
    for context in ("", "t", "th", "the", "he m", "q", "zq"):
        total = 0.0
        for symbol in [*map(ord, alphabet), ngram_symbols.END, 0xFFFF]:  # the last stands for all that is unknown
            sequence = np.array([ngram_symbols.START, *map(ord, context), symbol], np.uint64)
            total += 10 ** (
                ngram_model.sequence_score(
                    sequence, table.hashes, table.scores, table.backoffs, bits, model.order, model.unknown
                )
                - ngram_model.sequence_score(
                    sequence[:-1], table.hashes, table.scores, table.backoffs, bits, model.order, model.unknown
                )
            )
        assert total == pytest.approx(1, abs=1e-5)


def test_discounts_are_chen_and_goodmans() -> None:
    adjusted = np.array([1] * 40 + [2] * 20 + [3] * 10 + [4] * 6)
    share = 40 / 80
    expected = [0, 1 - 2 * share * 20 / 40, 2 - 3 * share * 10 / 20, 3 - 4 * share * 6 / 10]
    np.testing.assert_allclose(ngram_training._discounts(adjusted), expected)
    np.testing.assert_allclose(ngram_training._discounts(adjusted[:50]), [0, 0.5, 1, 1.5])


def test_the_same_texts_give_the_same_bytes(tmp_path: Path) -> None:
    texts = pa.array(["the mill stands by the river", "and grinds"], pa.large_string())
    for name in ("a.npz", "b.npz"):
        train(texts).save(tmp_path / name)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    model, _ = ngram_model.load_ngram_model(tmp_path / "a.npz")
    assert model.cutoffs == train(texts).cutoffs


def test_the_shipped_model_can_be_made_again() -> None:
    shipped, _ = ngram_model.load_ngram_model(perplexity._path(perplexity.Params()))
    again = ngram_training.shipped()
    np.testing.assert_array_equal(again.hashes, shipped.hashes)
    np.testing.assert_allclose(again.scores, shipped.scores, atol=1e-4)
    np.testing.assert_allclose(again.cutoffs, shipped.cutoffs, atol=1e-3)


def judged(text: str, **params: object) -> tuple[str, list[str]]:
    batch = Batch(documents([{"text": text}]), {"language.label": pa.array(["de" if "Mühle" in text else "en"])})
    verdict = perplexity.judge(batch, perplexity.Params.model_validate(params))
    bucket = verdict.signals["perplexity.bucket"]
    assert isinstance(bucket, pa.Array)
    return bucket[0].as_py(), [rule.partition(".")[2] for rule, failing in verdict.failed.items() if failing[0]]


PROSE = "The mill stands by the river, and in the spring the water was so high that nobody could cross the bridge."
NOISE = "Qxz vrk 0x7f jjq wpl zzt kfw qrx vbn mxq zkj wqp xvz grt kkq"


def test_buckets_and_bounds() -> None:
    assert judged(PROSE) == ("head", [])
    assert judged(NOISE) == ("tail", [])
    assert judged(NOISE, keep=("head", "middle")) == ("tail", ["bucket"])
    assert judged(PROSE, head_below=1.0, middle_below=1000.0, keep=("tail",)) == ("middle", ["bucket"])
    assert judged(NOISE, max_perplexity=50.0) == ("tail", ["too_high"])
    assert judged(PROSE, min_perplexity=50.0) == ("head", ["too_low"])


def test_what_the_model_does_not_know_is_left_alone() -> None:
    strict = {"keep": ("all",), "max_perplexity": 1.0}
    assert judged("Die Mühle steht am Fluss.", **strict) == ("all", [])
    assert judged("", **strict) == ("all", [])
    assert judged("Die Mühle steht am Fluss.", languages=(), **strict) == ("tail", ["bucket", "too_high"])


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x93NUMPY"])
def test_a_wrong_model_is_the_recipes_fault(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "m.npz"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"m\.npz is no perplexity model"):
        ngram_model.load_ngram_model(path)
    with pytest.raises(InputError, match=r"none\.npz does not exist"):
        ngram_model.load_ngram_model(tmp_path / "none.npz")
    with pytest.raises(InputError, match="no text to train on"):
        train(pa.array(["", "\n \n"], pa.large_string()))
