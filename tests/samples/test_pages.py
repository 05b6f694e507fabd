"""What the pages say: no two alike by accident, in the languages they claim, and main text that an extractor finds."""

import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from resiliparse.extract.html2text import extract_plain_text

from gristmill.samples import themes
from gristmill.samples.edits import jaccard, shingles
from gristmill.samples.grammar import Dice, Voice
from gristmill.samples.pages import KINDS, LANGUAGES, Page, compose_page, page_language
from gristmill.samples.plants import capture_page

SEED = 23
MODEL = Path(themes.__file__).resolve().parent.parent / "filters" / "models" / "lid.176.ftz"


def words(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", text))


def word_f1(found: str, wanted: str) -> float:
    one, other = words(found), words(wanted)
    return 2 * sum((one & other).values()) / max(1, one.total() + other.total())


@cache
def english_pages(kind: str, count: int) -> tuple[Page, ...]:
    return tuple(compose_page(SEED, index, "en", kind) for index in range(count))


@pytest.mark.parametrize("kind", KINDS)
def test_pages_of_one_kind_are_unlike(kind: str) -> None:
    """Each of 780 pairs, far below what duplicates are planted at."""
    sets = [shingles(page.main_text) for page in english_pages(kind, 40)]
    pairs = [(one, other) for place, one in enumerate(sets) for other in sets[:place]]
    assert max(len(one & other) / len(one | other) for one, other in pairs) < 0.05


@pytest.mark.parametrize("language", [name for name in LANGUAGES if name not in ("zh", "ja")])
def test_pages_of_one_language_are_unlike(language: str) -> None:
    texts = [compose_page(SEED, index, language).main_text for index in range(25)]
    assert max(jaccard(one, other) for place, one in enumerate(texts) for other in texts[:place]) < 0.1


@pytest.mark.parametrize("language", ["zh", "ja"])
def test_pages_without_spaces_are_unlike(language: str) -> None:
    """Where no spaces part the words, 8-grams of characters stand for them."""
    texts = [compose_page(SEED, index, language).main_text for index in range(25)]
    sets = [{text[place : place + 8] for place in range(len(text) - 7)} for text in texts]
    pairs = [(one, other) for place, one in enumerate(sets) for other in sets[:place]]
    assert max(len(one & other) / len(one | other) for one, other in pairs) < 0.1


def test_addresses_and_texts_are_unique() -> None:
    pages = [compose_page(SEED, index) for index in range(600)]
    assert len({page.uri for page in pages}) == len({page.main_text for page in pages}) == 600
    assert len({page.site.host for page in pages}) > 300


def test_languages_have_their_shares() -> None:
    drawn = Counter(page_language(SEED, index) for index in range(3000))
    for language, share in LANGUAGES.items():
        assert abs(drawn[language] / 3000 - share) < 0.03


@pytest.mark.skipif(not MODEL.exists(), reason=f"no language model at {MODEL}")
@pytest.mark.parametrize("language", list(LANGUAGES))
def test_a_language_identifier_agrees(language: str) -> None:
    import fasttext

    model = fasttext.FastText._FastText(str(MODEL))
    texts = [compose_page(SEED, index, language).main_text.replace("\n", " ") for index in range(20)]
    labels, scores = model.predict(texts)
    assert [label[0] for label in labels] == [f"__label__{language}"] * 20
    assert sum(score[0] > 0.8 for score in scores) >= 19


@pytest.mark.parametrize("theme", range(6))
def test_an_extractor_finds_the_main_text(theme: int) -> None:
    found = []
    for index in range(24):
        page = compose_page(SEED, index)
        html = themes._THEMES[theme](page, Voice(page.language, Dice("furniture", index)), "")
        found.append(word_f1(extract_plain_text(html, main_content=True), page.main_text))
    assert sum(found) / len(found) > 0.97
    assert min(found) > 0.9


@pytest.mark.parametrize("plant", ["exact-mirror", "exact-recapture"])
def test_exact_duplicates_are_extracted_alike(plant: str) -> None:
    """The furniture of another theme neither leaks into the main text nor takes from it."""
    for index in range(10, 60):
        capture = capture_page(SEED, index, plant)
        assert capture.original is not None
        original = capture_page(SEED, capture.original, "normal")
        texts = [extract_plain_text(page.body.decode(), main_content=True) for page in (original, capture)]
        assert texts[0] == texts[1]
        assert original.body != capture.body


def test_pages_have_the_length_of_articles() -> None:
    lengths = [len(page.main_text.split()) for kind in KINDS for page in english_pages(kind, 40)]
    assert min(lengths) > 100
    assert 250 < sum(lengths) / len(lengths) < 700
    assert max(lengths) < 1500
