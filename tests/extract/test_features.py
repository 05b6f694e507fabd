"""What kind of element a block is in reaches the classifier, for every kind."""

import numpy as np
import pytest

from gristmill.extract.feature_names import NAMES
from gristmill.extract.main_text import features_of, load_model, parse

KINDS = ["article", "aside", "nav", "footer", "form", "li", "p", "td", "dt", "pre", "code"]
AROUND = {"td": "<table><tr>{}</table>", "dt": "<dl>{}</dl>", "li": "<ul>{}</ul>", "code": "<pre>{}</pre>"}
COLUMNS = [NAMES.index(f"in_{kind}") for kind in KINDS]


@pytest.mark.parametrize("kind", KINDS)
def test_a_block_is_in_its_own_kind_of_element_only(kind: str) -> None:
    html = f"<body>{AROUND.get(kind, '{}').format(f'<{kind}>grain</{kind}>')}</body>"
    (row,) = features_of(parse(np.frombuffer(html.encode(), np.uint8)), load_model().linear)
    expected = {kind, "pre"} if kind == "code" else {kind}
    assert {kind for kind, column in zip(KINDS, COLUMNS, strict=True) if row[column]} == expected
    assert np.isfinite(row).all()
