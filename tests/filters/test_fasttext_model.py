"""Files that are no whole fastText classifier are refused before fastText reads them: it would crash, or never end."""

from pathlib import Path

import fasttext
import numpy as np
import pytest

from gristmill.core.errors import InputError
from gristmill.filters import language_model, lid176, quality
from gristmill.filters.fasttext_model import check_whole, load_fasttext

LINES = "__label__high the mill stands by the river\n__label__low buy cheap flour now\n" * 20
MODELS = [quality.model_path("quality.ftz"), lid176.MODEL]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a plain classifier and with word vectors."""
    folder = tmp_path_factory.mktemp("fasttext")
    (folder / "lines.txt").write_text(LINES)
    settings = {"input": str(folder / "lines.txt"), "dim": 4, "bucket": 50, "thread": 1, "verbose": 0, "minCount": 1}
    fasttext.train_supervised(wordNgrams=2, **settings).save_model(str(folder / "classifier.bin"))
    fasttext.train_unsupervised(**settings).save_model(str(folder / "vectors.bin"))
    return folder


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.name)
def test_quantised_models_are_whole_and_no_part_of_them_is(path: Path) -> None:
    if not path.is_file():
        pytest.skip(f"not installed here: {path.name}")
    data = np.fromfile(path, np.uint8)
    check_whole(data)
    for size in (*range(200), *range(200, len(data), 40_009), len(data) - 1):
        with pytest.raises(ValueError, match=r"cut off|begin as one"):
            check_whole(data[:size])


def test_plain_models_are_whole_and_no_part_of_them_is(trained: Path) -> None:
    data = np.fromfile(trained / "classifier.bin", np.uint8)
    check_whole(data)
    for size in range(len(data)):
        with pytest.raises(ValueError, match=r"cut off|begin as one"):
            check_whole(data[:size])


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "cut off"), (b"PK\x03\x04 and so on", "begin as one"), (b"\xba\x16\x4f\x2f\x63\0\0\0", "its version is 99")],
)
def test_other_files_are_refused(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "m.ftz"
    path.write_bytes(content)
    with pytest.raises(InputError, match=f"quality model .*m.ftz is no fastText classifier: .*{said}"):
        load_fasttext(path, "quality")


def test_word_vectors_are_no_classifier(trained: Path) -> None:
    with pytest.raises(InputError, match="word vectors"):
        load_fasttext(trained / "vectors.bin", "quality")


def test_labels_that_name_no_languages_are_refused(trained: Path) -> None:
    with pytest.raises(InputError, match="'__label__high', which name no languages"):
        language_model.load(trained / "classifier.bin")
