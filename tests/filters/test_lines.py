"""Taking lines out: against plain Python line by line, against the reference outputs, and the record of what went."""

import re

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gristmill.core.batch import Batch
from gristmill.core.characters import SYMBOL, classes
from gristmill.core.verdict import Verdict
from gristmill.filters import c4_edits, refinedweb
from gristmill.filters.lines import Params, judge
from tests.filters.heuristic_texts import TEXTS, batch_of
from tests.paths import shared
from tests.plain_heuristics import c4_text

C4 = Params(family="c4")
PIECES = st.sampled_from(
    [
        *(
            "THE ",
            "MILL",
            "3",
            "99",
            " likes",
            "12k views!",
            "mill ",
            "\n",
            "\n\n",
            "Sign-in ",
            " Read more...",
            "é",
            "水",
        ),
        *("items in cart", " ", "go on and on for ten words so that nothing is cut", "\t", "…", "😀"),
    ]
)
NOISY_TEXTS = st.lists(st.lists(PIECES, max_size=14).map("".join), max_size=4)
COUNTER = re.compile(
    r"^\W*\d(?:,|\.|\d)*(?:K|k|M|m|B|b)?\s+(?:likes|shares|comments|retweets|reposts|quotes|bookmarks|upvotes|downvotes|"
    r"downloads|views|followers)\W*$"
)


def corrected(text: str) -> tuple[str, float]:
    """The text without what RefinedWeb's rules take, and the share of words that went."""
    left = []
    for line in text.split("\n"):
        new = corrected_line(line)
        if new is not None:
            left.append(new)
    result = "\n".join(left)
    before = spoken(text)
    return result, (before - spoken(result)) / before if before else 0.0


def corrected_line(line: str) -> str | None:
    if not line:
        return line
    if sum(map(str.isupper, line)) / len(line) > 0.5 or sum(map(str.isdigit, line)) / len(line) > 0.999999:
        return None
    if COUNTER.match(line.lower()) or len(line.split()) < 2:
        return None
    if len(line.split()) > 10:
        return line
    new = re.sub(r"\s?items in cart|\s?Read more...\Z|\ASign-in\s?", "", line, flags=re.IGNORECASE)
    return new if new.strip() or new == line else None


def spoken(text: str) -> int:
    return sum(any(not classes()[ord(character)] & SYMBOL for character in word) for word in text.split())


def applied(text: str, verdict: Verdict, row: int) -> str:
    """The text with the recorded spans taken out, in code points."""
    pieces, at = [], 0
    for span in pa.array(verdict.signals["lines.spans"])[row].as_py():
        assert (
            text.encode()[span["start_byte"] : span["end_byte"]].decode() == text[span["start_char"] : span["end_char"]]
        )
        pieces += [text[at : span["start_char"]], "\n" if span["rule"] == "c4.line_join" else ""]
        at = span["end_char"]
    return "".join([*pieces, text[at:]])


@given(NOISY_TEXTS, st.integers(0, 2))
def test_corrections_match_plain_python(texts: list[str], start: int) -> None:
    verdict = judge(batch_of(texts, start), Params(remove_urls=False))
    assert verdict.texts is not None
    for row, text in enumerate(texts[start:]):
        expected, ratio = corrected(text)
        assert verdict.texts[row].as_py() == expected
        assert applied(text, verdict, row) == expected
        assert verdict.signals["refinedweb.doc_removed_ratio"][row] == pytest.approx(ratio)


REPEATING = st.sampled_from(
    [*("It is. ", "So be it! ", "[1] No? ", "ay.) ", "水。", "水！！"), *("and so on", "\n", " \n", "e.g. ", "。.")]
)
SAID_AGAIN = st.lists(st.lists(REPEATING, max_size=30).map("".join), max_size=3)


@given(TEXTS | SAID_AGAIN, st.integers(0, 2), st.sampled_from([1, 5]), st.sampled_from([0, 1, 2, 3]))
def test_c4_matches_plain_python(texts: list[str], start: int, fewest: int, span: int) -> None:
    params = Params(family="c4", c4=c4_edits.Params(min_words_per_line=fewest, span_sentences=span))
    verdict = judge(batch_of(texts, start), params)
    assert verdict.texts is not None
    for row, text in enumerate(texts[start:]):
        expected = c4_text(text, terminal_punct=True, fewest_words=fewest, span=span)
        assert verdict.texts[row].as_py() == expected
        assert applied(text, verdict, row) == expected


def test_c4_texts_equal_the_reference() -> None:
    table = pq.read_table(shared("conformance", "filters.parquet"))
    table = table.filter(table["c4_quality_keep"])
    params = c4_edits.Params(min_words_per_line=3, words_before_citations=True, end_marks=".?!\"'", span_sentences=0)
    verdict = judge(Batch(table.select(["text"]).combine_chunks().to_batches()[0]), Params(family="c4", c4=params))
    assert verdict.texts is not None
    pairs = zip(verdict.texts.to_pylist(), table["c4_text"].to_pylist(), strict=True)
    assert sum(ours == theirs for ours, theirs in pairs) >= 0.99 * len(table)


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("THE OLD MILL stands", "line_uppercase"),
        ("1990", "line_numeric"),
        ("- 1,234 likes!", "line_counter"),
        ("12k Views", "line_counter"),
        ("mill", "line_one_word"),
        ("Sign-in", "line_one_word"),
        ("Sign-in read more...", "line_substring"),
        ("Below the bridge is the mill. Read more...", "line_substring"),
        ("3 items in cart", "line_substring"),
        ("the mill stands by the river", ""),
        ("3 mills and 4 likes of them", ""),
        ("Read more...and then some more of what there is to read, all of it", ""),
    ],
)
def test_each_correction_has_its_rule(line: str, rule: str) -> None:
    text = f"Below the old bridge it stands.\n{line}\nIn spring the flood brings grain."
    spans = pa.array(judge(batch_of([text]), Params()).signals["lines.spans"])[0].as_py()
    assert [span["rule"] for span in spans] == ([f"refinedweb.{rule}"] if rule else [])


def test_a_document_on_the_bound_of_lost_words_passes() -> None:
    lines = ["one two three four five six seven eight nine ten"] * 2
    on, beyond = "\n".join([*lines[:1], "nine of ten and so on it goes on", "mill"]), "\n".join([*lines[:1], "mill"])
    verdict = judge(batch_of([on, beyond]), Params())
    assert verdict.signals["refinedweb.doc_removed_ratio"][0] == 0.05
    assert verdict.failed["refinedweb.doc_removed_ratio"].tolist() == [False, True]


def test_c4_keeps_a_span_of_three_sentences_once() -> None:
    span = "The mill is old. Who built it? Nobody knows."
    text = f"{span} It stands by the river below.\nAnd then he said: {span}\n{span}\nThe river does not care at all."
    verdict = judge(batch_of([text, f"{span}\n" * 5]), C4)
    assert verdict.texts is not None
    said = "And then he said: The mill is old. Who built it? Nobody knows."
    expected = f"{span} It stands by the river below.\n{said}\nThe river does not care at all."
    assert verdict.texts.to_pylist() == [expected, span]
    assert verdict.signals["c4.span_dedup"].tolist() == [1, 4]


def test_c4_leaves_out_pages_over_its_length() -> None:
    verdict = judge(batch_of(["x" * 190_000, "é" * 190_001]), C4)
    assert verdict.failed["c4.max_chars"].tolist() == [False, True]


def test_llama3_takes_out_lines_of_repeated_words() -> None:
    log = "error in line of the mill " * 5
    texts = [f"{log}\nThe mill.\n{log}\n{log}\nThe river.\n{log}", log, "The mill.\n\n", ""]
    verdict = judge(batch_of(texts), Params(family="llama3"))
    assert verdict.texts is not None
    assert verdict.texts.to_pylist() == ["The mill.\nThe river.", "", "The mill.\n\n", ""]
    assert verdict.signals["llama3.dup_ngram_coverage"].tolist() == [4, 1, 0, 0]
    assert [applied(text, verdict, row) for row, text in enumerate(texts)] == verdict.texts.to_pylist()


def test_fineweb2_takes_out_lines_of_pipes() -> None:
    verdict = judge(batch_of(["|\nThe mill.\n | | \n\n|x|\n||", "|", " ", ""]), Params(family="fineweb2"))
    assert verdict.texts is not None
    assert verdict.texts.to_pylist() == ["The mill.\n\n|x|", "", " ", ""]
    assert verdict.signals["fineweb2.pipe_lines"].tolist() == [3, 1, 0, 0]


ADDRESSES = st.sampled_from(
    [
        *(
            "http://",
            "HTTPS://",
            "www.",
            "mill.example/é?a=b",
            " ",
            "\n",
            "(",
            "<",
            "the mill grinds ",
            "www",
            "x",
            "…",
        ),
        "THE MILL ",
    ]
)


@given(st.lists(st.lists(ADDRESSES, max_size=12).map("".join), max_size=3), st.integers(0, 1))
def test_urls_go_from_lines_that_stay(texts: list[str], start: int) -> None:
    plain, without = (judge(batch_of(texts, start), Params(remove_urls=remove)) for remove in (False, True))
    assert plain.texts is not None and without.texts is not None
    pattern = re.compile(r"(?<!\S)([\"'(<\[]*)(?:https?://|www\.)\S+", re.IGNORECASE)
    for row, text in enumerate(texts[start:]):
        lines = (re.sub(r" (?=\0)|\0", "", pattern.sub("\\1\0", line)) for line in plain.texts[row].as_py().split("\n"))
        assert without.texts[row].as_py() == "\n".join(lines)
        assert applied(text, without, row) == without.texts[row].as_py()
    ratios = [pa.array(verdict.signals["refinedweb.doc_removed_ratio"]) for verdict in (plain, without)]
    assert ratios[0].equals(ratios[1])


def test_dolma_takes_out_lines_without_an_end_mark_alone() -> None:
    nopunc = c4_edits.Params(
        min_words_per_line=0, javascript=False, policy=False, max_word_length=10**9, span_sentences=0
    )
    verdict = judge(batch_of(["Yes.\nno\nOur privacy policy.\nTurn on JavaScript."]), Params(family="c4", c4=nopunc))
    assert verdict.texts is not None
    assert verdict.texts[0].as_py() == "Yes.\nOur privacy policy.\nTurn on JavaScript."


def test_judging_alone_and_editing_see_the_same() -> None:
    batch = batch_of(["THE MILL\nThe mill stands by the river.\nshare"])
    alone, editing = refinedweb.judge(batch, refinedweb.Params()), judge(batch, Params())
    assert alone.failed["refinedweb.doc_removed_ratio"].tolist() == [True]
    for name, values in alone.signals.items():
        assert pa.array(values).equals(pa.array(editing.signals[name])), name
