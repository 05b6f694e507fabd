"""Character references: every name of the standard, and strings of their pieces, against Python's own table and reader."""

import html
from html.entities import html5

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gristmill.core.jit import kernel
from gristmill.extract.references import LONGEST_VALUE, read_reference


@kernel
def read_at(data: np.ndarray, in_attribute: bool) -> tuple[np.ndarray, int, int]:
    """The reference at the start of `data`."""
    out = np.zeros(8, np.uint8)
    end, size = read_reference(data, 0, len(data), in_attribute, out)
    return out, end, size


def decode(text: str, in_attribute: bool = False) -> str:
    """All references of a text decoded, one after the other."""
    data, decoded, at = text.encode(), b"", 0
    while at < len(data):
        if data[at] == 0x26:
            value, end, size = read_at(np.frombuffer(data[at:], np.uint8), in_attribute)
            decoded += bytes(value[:size]) if size >= 0 else b"&"
            at += end if size >= 0 else 1
        else:
            decoded += data[at : at + 1]
            at += 1
    return decoded.decode()


def test_every_name() -> None:
    for name, value in html5.items():
        assert decode(f"&{name}.") == f"{value}.", name
        assert len(value.encode()) <= min(LONGEST_VALUE, (len(name) + 1) * 6 / 5)


@given(
    st.lists(st.sampled_from(["&", "amp", "AMP", ";", "not", "it", "in", "lt", "=", "x", "copy", "2", " ", "é"])).map(
        "".join
    )
)
def test_names_are_read_as_python_reads_them(text: str) -> None:
    assert decode(text) == html.unescape(text)


@given(st.integers(0xA0, 0xD7FF), st.sampled_from(["", ";"]), st.booleans())
def test_numbers(code: int, end: str, is_hexadecimal: bool) -> None:
    assert decode(f"&#{f'x{code:X}' if is_hexadecimal else code}{end} ") == f"{chr(code)} "


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("&#0;", "\ufffd"),
        ("&#xD800;", "\ufffd"),
        ("&#1114112;", "\ufffd"),
        ("&#99999999999999999999;", "\ufffd"),
        ("&#128;&#x99;", "€™"),
        ("&#x81;", "\x81"),
        ("&#;", "&#;"),
        ("&#x;", "&#x;"),
        ("&", "&"),
        ("&nosuchname;", "&nosuchname;"),
        ("&ampamp;", "&amp;"),
    ],
)
def test_odd_ones(text: str, said: str) -> None:
    assert decode(text) == said


def test_in_an_attribute_an_old_name_before_a_letter_is_none() -> None:
    assert decode("?a=b&copy=c&copyright&copy;&copy", in_attribute=True) == "?a=b&copy=c&copyright©©"
