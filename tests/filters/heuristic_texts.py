"""Texts that meet the rules of the heuristics more often than chance would."""

import pyarrow as pa
from hypothesis import strategies as st

from gristmill.core.batch import Batch

PIECES = st.sampled_from(
    [
        *(
            "the mill ",
            "of ",
            "and ",
            "The river. ",
            "# ",
            "...",
            "…",
            "- ",
            "• ",
            ". ",
            '." ',
            "!\n",
            "\n",
            "\n\n",
            "\r\n",
            "\u2028",
        ),
        *(
            "lorem ipsum ",
            "JavaScript ",
            "{",
            "we use cookies ",
            "Privacy Policy ",
            "[1]",
            "[edit]",
            "[",
            "]",
            "[citation needed]",
        ),
        *(
            "水車は川にある。",
            "نص؟ ",
            "é",
            "😀",
            "\u0301",
            "\x00",
            " ",
            "\t",
            "\u3000",
            "5km ",
            "x" * 1001,
            "well-known ",
        ),
    ]
)
TEXTS = st.lists(st.lists(PIECES, max_size=40).map("".join) | st.text(max_size=20), max_size=4)


def batch_of(texts: list[str], start: int = 0, labels: list[str | None] | None = None) -> Batch:
    documents = pa.RecordBatch.from_pydict({"text": pa.array(texts, pa.large_string())}).slice(start)
    return Batch(documents, {} if labels is None else {"language.label": pa.array(labels, pa.string()).slice(start)})
