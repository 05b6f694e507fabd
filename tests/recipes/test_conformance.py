"""The fineweb recipe through `judge`, against what datatrove 0.10.1 said of 600 documents."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from gristmill.filters import lid176
from gristmill.pipelines.judging import Judge, judge_file
from gristmill.pipelines.recipe import load_recipe
from gristmill.pipelines.texts import read_texts
from tests.paths import shared

FAMILIES = {
    "gopher_quality_keep": "gopher_quality",
    "gopher_repetition_keep": "gopher_repetition",
    "fineweb_quality_keep": "fineweb",
}


def test_decisions_are_datatroves_but_for_texts_without_a_word(tmp_path: Path) -> None:
    if not lid176.MODEL.is_file():
        pytest.skip("not installed here: lid.176.ftz")
    reference = pq.read_table(shared("conformance", "filters.parquet"))
    texts = tmp_path / "texts.parquet"
    pq.write_table(reference.select(["doc_id", "text"]).rename_columns(["id", "text"]), texts)
    judge_file(Judge(load_recipe("fineweb")), read_texts(texts), tmp_path / "verdicts.parquet")
    failed: dict[str, set[str]] = {}
    for row in pq.read_table(tmp_path / "verdicts.parquet", columns=["id", "rules"]).to_pylist():
        failed.setdefault(row["id"], set()).update(row["rules"])
    for row in reference.to_pylist():
        if row["text"].strip():
            families = {rule.partition(".")[0] for rule in failed[str(row["doc_id"])]}
            assert {column: family not in families for column, family in FAMILIES.items()} == {
                column: bool(row[column]) for column in FAMILIES
            }, row["doc_id"]
        else:
            assert "common.empty" in failed[str(row["doc_id"])]
