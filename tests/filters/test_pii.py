"""The pii stage as a whole: what is replaced, where it stood, and that nothing is found twice."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gristmill.core.batch import Batch
from gristmill.core.verdict import Verdict
from gristmill.filters.pii import KINDS, Params, judge
from gristmill.filters.spans import spans_type

LABELLED = Path(__file__).resolve().parents[3] / "shared/data/pii/documents.parquet"
NAMES = {
    "EMAIL": "email", "PHONE": "phone", "IPV4": "ipv4", "IPV6": "ipv6", "CREDIT_CARD": "credit_card", "IBAN": "iban",
}  # fmt: skip

PIECES = (
    *("jo@mill-museum.org", "müller@firma.de", "a@b.co.uk", "user@example.com", "@", ".", "x"),
    *("+44 1904 613161", "(212) 664-7665", "Tel. 030 123456", "tel: ", "0171/1234567", "+", "00", "555", "-", "(", ")"),
    *("163.36.107.25", "10.0.0.1", "v1.2.3.4", "2600:1f18::1a2b:3", "::", ":", "version "),
    *("5425 2334 3010 9903", "card 5425233430109903", "GB33BUKB20201555555555", "NL91 ABNA 0417 1643 00"),
    *(" ", "\n", "é", "水", "😀", "\u200b", "e\u0301", "1", "12 ", ", ", "<EMAIL>"),
)
TEXTS = st.lists(st.lists(st.sampled_from(PIECES), max_size=12).map("".join) | st.text(max_size=20), max_size=4)


def batch_of(texts: list[str], languages: list[str | None] | None = None) -> Batch:
    upstream = {"language.label": pa.array(languages, pa.string())} if languages else None
    return Batch(pa.record_batch({"text": pa.array(texts, pa.large_string())}), upstream)


def judge_texts(*texts: str, **params: object) -> Verdict:
    return judge(batch_of(list(texts)), Params.model_validate(params))


def spans(verdict: Verdict) -> list[list[dict[str, Any]]]:
    return list(pa.array(verdict.signals["pii.spans"]).to_pylist())


def results(verdict: Verdict) -> list[str]:
    assert verdict.texts is not None
    return list(verdict.texts.to_pylist())


def edited(text: str, **params: object) -> str:
    (result,) = results(judge_texts(text, **params))
    return result


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Write to Jo.Mill+news@mail.mill-museum.co.uk.", "Write to <EMAIL>."),
        ("Mail bob@corp.com or call +1 415 555 2671.", "Mail <EMAIL> or call <PHONE>."),
        ("login from 163.36.107.25:22 failed", "login from <IPV4>:22 failed"),
        ("host [2600:1f18:1234::1a2b] is up", "host [<IPV6>] is up"),
        ("card 5425 2334 3010 9903, exp 12/27", "card <CREDIT_CARD>, exp 12/27"),
        ("IBAN: NL91 ABNA 0417 1643 00.", "IBAN: <IBAN>."),
        ("电话：13812345678，邮箱：li@mail.cn。", "电话：<PHONE>，邮箱：<EMAIL>。"),
    ],
)
def test_each_kind_is_replaced_by_its_placeholder(text: str, expected: str) -> None:
    assert edited(text) == expected


def test_spans_are_in_bytes_and_code_points_of_the_text_before() -> None:
    text = "😀 Ünï: jo@mill.org, é +44 1904 613161"
    ((first, second),) = spans(judge_texts(text))
    assert (first["kind"], second["kind"]) == ("email", "phone")
    for span, value in ((first, "jo@mill.org"), (second, "+44 1904 613161")):
        assert text[span["start_char"] : span["end_char"]] == value
        assert text.encode()[span["start_byte"] : span["end_byte"]].decode() == value


def test_no_value_is_in_the_signals() -> None:
    verdict = judge_texts("Write to jo@mill-museum.org")
    assert "mill" not in str({name: pa.array(values).to_pylist() for name, values in verdict.signals.items()})


def test_actions() -> None:
    text = "jo@mill.org or 163.36.107.25"
    assert edited(text, email="remove") == " or <IPV4>"
    assert edited(text, email="keep") == "jo@mill.org or <IPV4>"
    kept = judge_texts(text, email="keep")
    assert pa.array(kept.signals["pii.email"]).to_pylist() == [1]


def test_a_finding_that_an_edit_brings_about_is_edited_too() -> None:
    text = "+44 1904 a@b.de(613) 161"
    assert edited(text, email="remove", phone="remove") == ""
    ((span,),) = spans(judge_texts(text, email="remove", phone="remove"))
    assert (span["kind"], span["start_byte"], span["end_byte"]) == ("phone", 0, len(text))


def test_a_language_helps_to_tell_national_numbers() -> None:
    text = "Anna Weber, 030 1234567, Berlin"
    judged = [results(judge(batch_of([text], [label]), Params()))[0] for label in ("de", "it", None)]
    assert judged == ["Anna Weber, <PHONE>, Berlin", text, text]


def test_reserved_values_stay_unless_asked() -> None:
    text = "user@example.com, (212) 555-0123, card 4111 1111 1111 1111, GB82 WEST 1234 5698 7654 32"
    assert edited(text) == text
    assert edited(text, keep_reserved=False) == "<EMAIL>, <PHONE>, card <CREDIT_CARD>, <IBAN>"


def test_many_findings_reject_a_document() -> None:
    verdict = judge_texts("a@b.de, c@d.de, e@f.de", "a@b.de", max_spans=2)
    assert verdict.failed["pii.too_many"].tolist() == [True, False]


@settings(deadline=None, max_examples=200)
@given(TEXTS, st.sampled_from(["replace", "remove"]))
def test_nothing_is_found_twice_and_spans_rebuild_the_text(texts: list[str], action: str) -> None:
    params = Params.model_validate(dict.fromkeys(KINDS, action))
    verdict = judge(batch_of(texts), params)
    for text, found, result in zip(texts, spans(verdict), results(verdict), strict=True):
        rebuilt, position = "", 0
        for span in found:
            assert position <= span["start_char"] < span["end_char"] <= len(text)
            piece = text[span["start_char"] : span["end_char"]]
            assert piece.encode() == text.encode()[span["start_byte"] : span["end_byte"]]
            rebuilt += text[position : span["start_char"]] + (
                f"<{span['kind'].upper()}>" if action == "replace" else ""
            )
            position = span["end_char"]
        assert result == rebuilt + text[position:]
    again = judge(batch_of(results(verdict)), params)
    assert [found for found in spans(again) if found] == []
    assert results(again) == results(verdict)


@settings(deadline=None)
@given(TEXTS)
def test_judgements_do_not_depend_on_the_batch(texts: list[str]) -> None:
    whole = judge_texts(*texts)
    column = pa.array(["padding", *texts], pa.large_string())[1:]
    sliced = judge(Batch(pa.record_batch({"text": column})), Params())
    assert spans(whole) == spans(sliced) == [found for text in texts for found in spans(judge_texts(text))]
    assert results(whole) == results(sliced)


def test_an_empty_batch_keeps_its_types() -> None:
    verdict = judge_texts()
    assert pa.array(verdict.signals["pii.spans"]).type == spans_type("kind")
    assert pa.array(verdict.signals["pii.email"]).type == pa.int64()
    assert verdict.texts is not None and verdict.texts.type == pa.large_string()


@pytest.mark.parametrize(
    "unit", ["1", "@", ":", "a.a.", "1 ", "1.", "a@", "::", "a:", "AB12", "1.2.3.4 ", "4111 ", "+1 ", "030 1234567 "]
)
def test_long_runs_of_anything_are_judged(unit: str) -> None:
    text = unit * (200_000 // len(unit))  # minutes if any rule looked at more than a bounded window of each place
    assert judge_texts(text).failed["pii.too_many"].tolist() == [False]


def recall_and_precision(kind: str, row_kind: str) -> tuple[float, float]:
    rows = [row for row in pq.read_table(LABELLED).to_pylist() if row["kind"] == row_kind]
    found = spans(judge_texts(*[row["text"] for row in rows]))
    hits = misses = false = 0
    for row, ours in zip(rows, found, strict=True):
        if kind in row["types_annotated"]:
            gold = {(span["start"], span["end"]) for span in row["spans"] or [] if span["type"] == kind}
            got = {(span["start_char"], span["end_char"]) for span in ours if span["kind"] == NAMES[kind]}
            hits, misses, false = hits + len(gold & got), misses + len(gold - got), false + len(got - gold)
    return hits / max(1, hits + misses), hits / max(1, hits + false)


@pytest.mark.skipif(not LABELLED.exists(), reason="the labelled documents are not on this machine")
@pytest.mark.parametrize(
    ("kind", "floor"),
    [("EMAIL", 0.99), ("PHONE", 0.97), ("IPV4", 0.99), ("IPV6", 0.99), ("CREDIT_CARD", 0.99), ("IBAN", 0.99)],
)
def test_labelled_documents(kind: str, floor: float) -> None:
    recall, precision = recall_and_precision(kind, "synthetic")
    assert recall >= floor
    assert precision >= 0.99


@pytest.mark.skipif(not LABELLED.exists(), reason="the labelled documents are not on this machine")
def test_traps_stay_as_they_are() -> None:
    rows = [row["text"] for row in pq.read_table(LABELLED).to_pylist() if row["kind"] == "trap"]
    changed = [text for text, found in zip(rows, spans(judge_texts(*rows)), strict=True) if found]
    assert changed == [text for text in rows if "Firefox 115.0.2.1" in text]  # nothing tells it from an address
