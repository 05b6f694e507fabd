"""The polynomial hash against its definition."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gristmill.core.polynomial import HASH_BASE, polynomial_hash, text_hash


@given(st.text(), st.text())
def test_the_kernel_hashes_as_the_definition(left: str, right: str) -> None:
    data = np.frombuffer((left + right).encode(), np.uint8)
    cut = len(left.encode())
    assert int(polynomial_hash(data, 0, cut)) == text_hash(left)
    assert int(polynomial_hash(data, cut, len(data))) == text_hash(right)
    power = pow(int(HASH_BASE), len(right.encode()), 1 << 64)
    assert text_hash(left + right) == (text_hash(left) * power + text_hash(right)) % (1 << 64)


def test_nul_is_no_nothing() -> None:
    assert len({text_hash(text) for text in ("", "\x00", "\x00\x00", "a", "a\x00", "\x00a")}) == 6
