"""Scripts written without spaces, cut by ICU's dictionaries."""

import re
from itertools import chain

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from icu4py.breakers import WordBreaker

from gristmill.core.batch import text_buffers
from gristmill.core.words import segment
from tests.plain_words import plain_words

RUNS = re.compile(
    "[\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3041-\u30fa\u30fc-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\uff66-\uff9d\U00020000-\U0003ffff]+"
)
PIECES = st.sampled_from(
    [*"水車はミー々𠀀ข้าวမြန်ខ្មែรབོད་、。 a5.-\n·😀ｶ", "そして", "ร้านข้าว", "mill", "don't", "中文分词", "\u0301"]
)
TEXTS = st.lists(PIECES, max_size=16).map("".join) | st.text(max_size=12)


def cut(texts: list[str], start: int = 0) -> list[list[str]]:
    buffers = text_buffers(pa.array(texts, pa.large_string())[start:])
    table = segment(buffers, "icu")
    data = buffers.data.tobytes()
    found = [data[at : at + size].decode() for at, size in zip(table.starts, table.sizes, strict=True)]
    return [found[table.offsets[i] : table.offsets[i + 1]] for i in range(len(texts[start:]))]


def plain(text: str) -> list[str]:
    """Each run's words by themselves, and the tokens of what is between the runs."""
    pieces: list[str] = []
    last = 0
    for run in RUNS.finditer(text):
        pieces += [text[last : run.start()], *_words(run.group())]
        last = run.end()
    return list(chain.from_iterable(plain_words(piece) for piece in [*pieces, text[last:]]))


def _words(run: str) -> list[str]:
    units = run.encode("utf-16-le")  # ICU counts UTF-16 units
    return [units[2 * start : 2 * end].decode("utf-16-le") for start, end in WordBreaker(run, "en").segments()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("水車は川にある。", "水車|は|川|に|ある|。"),
        ("ร้านข้าว ok", "ร้าน|ข้าว|ok"),
        ("我爱北京天安门", "我|爱|北京|天安门"),
        ("the mill's wheel.", "the|mill|'s|wheel|."),
        ("한국어 문장", "한국어|문장"),
        ("", ""),
    ],
)
def test_known_cuts(text: str, expected: str) -> None:
    assert cut([text]) == [[word for word in expected.split("|") if word]]


@given(st.lists(TEXTS, max_size=4), st.integers(0, 2))
def test_breaks_are_those_of_each_run(texts: list[str], start: int) -> None:
    assert cut(texts, start) == [plain(text) for text in texts[start:]]
