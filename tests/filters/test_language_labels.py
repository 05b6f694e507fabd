"""One label for a language, whatever a model calls it."""

import pytest

from gristmill.core.scripts import SCRIPTS
from gristmill.filters import lid176
from gristmill.filters.language import Params
from gristmill.filters.language_labels import _language_scripts, canonical, written_in
from gristmill.filters.language_model import load


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("__label__en", "en"), ("__label__eng_Latn", "en"), ("eng", "en"), ("__label__cmn_Hani", "zh"),
        ("__label__zho_Hant", "zh"), ("__label__arb_Arab", "ar"), ("__label__fas_Arab", "fa"), ("__label__pes_Arab", "fa"),
        ("__label__als_Latn", "sq"), ("__label__als", "als"), ("__label__gsw_Latn", "als"), ("__label__srp_Cyrl", "sr"),
        ("__label__yue_Hant", "yue"), ("__label__kac_Latn", "kac"), ("__label__zxx_Latn", "und"), ("__label__und_Arab", "und"),
        ("__label__ceb", "ceb"), ("__label__nob_Latn", "no"), ("__label__swh_Latn", "sw"),
    ],
)  # fmt: skip
def test_labels_of_all_models_become_one(label: str, expected: str) -> None:
    assert canonical(label) == expected
    assert canonical(expected) == expected


def test_what_lid176_says_stays() -> None:
    labels = [label.removeprefix("__label__") for label in load(lid176.MODEL).get_labels()]
    assert [canonical(label) for label in labels] == labels
    assert set(Params().languages) <= set(labels)


def test_scripts_are_those_of_the_label_or_of_the_language() -> None:
    assert written_in("__label__srp_Cyrl") == {"Cyrl"}
    assert written_in("__label__sr") == {"Cyrl", "Latn"}
    assert written_in("__label__jpn_Jpan") == written_in("__label__ja") == {"Hira", "Kana", "Hani"}
    assert written_in("__label__kac_Latn") == written_in("__label__fi") == {"Latn"}
    assert {script for scripts in _language_scripts().values() for script in scripts} <= set(SCRIPTS)
