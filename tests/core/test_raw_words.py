"""Raw words against the regular expression they are named after."""

import re

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from gristmill.core.batch import text_buffers
from gristmill.core.categories import categories
from gristmill.core.raw_words import CAPITALS, COUNT, LETTERS, WANTED, raw_word_totals
from gristmill.core.word_totals import word_hashes
from gristmill.core.words import segment

PIECES = st.sampled_from(
    [
        "the",
        "The",
        "USA",
        "U.S",
        "don't",
        "_",
        "é",
        "É",
        "水",
        "3",
        "²",
        "...",
        "#",
        " ",
        "\n",
        "\u3000",
        "ǅ",
        ",",
        "\0",
    ]
)
TEXTS = st.lists(st.lists(PIECES, max_size=20).map("".join), max_size=4)


@given(TEXTS, st.integers(0, 2))
def test_totals_are_those_of_plain_python(texts: list[str], start: int) -> None:
    buffers = text_buffers(pa.array(texts, pa.large_string())[start:])
    wanted = {"the", "don", "水", ","}
    table = segment(buffers, "spaces")
    pieces = (table.offsets, table.starts, table.sizes, table.hashes, table.kinds)
    totals = raw_word_totals(buffers.data, *pieces, categories(), word_hashes(*wanted))
    for row, text in enumerate(texts[start:]):
        words = re.findall(r"\w+|[^\w\s]+", text)
        assert totals[row, COUNT] == len(words)
        assert totals[row, CAPITALS] == sum(map(str.isupper, words))
        assert totals[row, LETTERS] == sum(bool(re.search("[a-zA-Z]", word)) for word in words)
        assert totals[row, WANTED] == sum(word in wanted for word in words)
