"""Characters for each token of a tokenizer that the user names."""

from pathlib import Path

import pyarrow as pa
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from gristmill.core.batch import Batch
from gristmill.core.errors import InputError
from gristmill.filters import code_pages
from gristmill.filters.token_counts import chars_per_token
from tests.filters.test_contract import documents


@pytest.fixture
def tokenizer(tmp_path: Path) -> Path:
    """One that cuts at white space and marks, and has truncation and padding set, which do not count."""
    made = Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.enable_truncation(3)
    made.enable_padding(length=50)
    made.save(str(tmp_path / "tokenizer.json"))
    return tmp_path / "tokenizer.json"


def test_characters_are_shared_by_tokens(tokenizer: Path) -> None:
    texts = pa.array(["mill grind rye oats", "水", "", " "], pa.large_string())
    assert chars_per_token(texts, tokenizer).tolist() == [19 / 4, 1.0, 0.0, 0.0]
    assert chars_per_token(texts, None).tolist() == [0.0] * 4


def test_rules_about_tokens(tokenizer: Path) -> None:
    params = code_pages.Params(tokenizer=tokenizer)
    rows = [("a = b ( c ) ;", "a.py"), ("grinding = milling", "a.py"), ("a = b ( c ) ;", "a.html")]
    batch = Batch(documents([{"text": text, "url": f"https://mill.example/{name}"} for text, name in rows]))
    failed = code_pages.judge(batch, params).failed
    assert failed["code.fertility"].tolist() == [True, False, False]
    assert failed["code.alpha_token_ratio"].tolist() == [True, False, True]
    assert code_pages.files(params) == (tokenizer,)
    assert not code_pages.judge(batch, code_pages.Params()).failed["code.fertility"].any()


def test_a_file_that_holds_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text("{}")
    with pytest.raises(InputError, match=r"t\.json holds no tokenizer: .*Name a tokenizer\.json"):
        chars_per_token(pa.array(["a"], pa.large_string()), tmp_path / "t.json")
