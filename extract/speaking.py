"""The tags by which a page speaks of itself, found by a kernel among its tokens and handed over as Python objects."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gristmill.core.jit import kernel
from gristmill.extract.elements import value_hash
from gristmill.extract.references import read_reference
from gristmill.extract.tags import tag_name, tag_number, text_hash
from gristmill.extract.tokens import (
    ATTRIBUTES,
    BEGIN,
    FIRST,
    KIND,
    NAME,
    RAW,
    START,
    STOP,
    TAG,
    TEXT,
    VALUE,
    VALUE_END,
    Tokens,
)

_HTML, _META, _TITLE, _SCRIPT, _LINK = map(tag_number, ("html", "meta", "title", "script", "link"))
_REL, _PROPERTY, _ITEMPROP, _TYPE, _NAME, _HTTP_EQUIV = map(
    ATTRIBUTES.index, ("rel", "property", "itemprop", "type", "name", "http-equiv")
)
_CANONICAL = text_hash("canonical")
_LD_JSON = text_hash("application/ld+json")
_MOST = 2000  # tags: a page that speaks more often is not listened to
_LONGEST = 16_384  # bytes of a value
_LONGEST_SCRIPT = 524_288  # bytes
_LICEN = (0x6C, 0x69, 0x63, 0x65, 0x6E)  # in lower case


@dataclass(frozen=True)
class Told:
    """A tag that says something of the page: its name, attributes (of those the tokenizer keeps), text behind it."""

    tag: str
    attributes: dict[str, str]
    text: str
    begin: int
    """First byte of that text, in the page; 0 if there is none."""
    end: int
    """The byte behind the last."""

    def get(self, name: str) -> str:
        """An attribute's value, "" if it is not there."""
        return self.attributes.get(name, "")


def name_hashes(names: Iterable[str]) -> NDArray[np.int64]:
    """Hashes of names of meta elements, for `speaking_tags`."""
    found = np.array(sorted(text_hash(name) for name in names), np.int64)
    found.flags.writeable = False
    return found


def speaking_tags(data: NDArray[np.uint8], page: Tokens, metas: NDArray[np.int64]) -> Iterator[Told]:
    """<html>, <title>, canonical links, scripts of JSON-LD, whatever names a licence, and the metas with such names."""
    rows, attributes = page.rows, page.attributes
    for token in speaking_tokens(data, page, metas).tolist():
        row, first, last = rows[token], rows[token, FIRST], rows[token + 1, FIRST]
        values = {ATTRIBUTES[name]: _value(data, begin, end) for name, begin, end in attributes[first:last].tolist()}
        text, begin, end = "", 0, 0
        if rows[token + 1, KIND] in (TEXT, RAW):
            begin, end = int(rows[token + 1, BEGIN]), int(rows[token + 1, STOP])
            is_script = rows[token + 1, TAG] == _SCRIPT
            text = _script(data, begin, end) if is_script else _value(data, begin, end, False)
        yield Told(tag_name(int(row[TAG])), values, text, begin, end)


def _script(data: NDArray[np.uint8], begin: int, end: int) -> str:
    """A script as it stands; nothing of an absurdly long one."""
    return data[begin:end].tobytes().decode("utf-8", "replace") if end - begin <= _LONGEST_SCRIPT else ""


def _value(data: NDArray[np.uint8], begin: int, end: int, in_attribute: bool = True) -> str:
    """Text with its character references decoded; of an absurdly long one the beginning."""
    end = min(end, begin + _LONGEST)
    value = data[begin:end].tobytes()
    if b"&" in value:
        value = decode_references(data, begin, end, in_attribute).tobytes()
    return value.decode("utf-8", "replace")


@kernel
def decode_references(data: NDArray[np.uint8], begin: int, end: int, in_attribute: bool) -> NDArray[np.uint8]:
    """The bytes from `begin` to `end` with their character references decoded, uint8[bytes]."""
    out = np.empty((end - begin) * 6 // 5 + 8, np.uint8)
    scratch = np.empty(8, np.uint8)
    size = 0
    at = begin
    while at < end:
        length = -1
        if data[at] == 0x26:
            behind, length = read_reference(data, at, end, in_attribute, scratch)
            for place in range(length):
                out[size + place] = scratch[place]
        if length < 0:
            out[size] = data[at]
            size += 1
            at += 1
        else:
            size += length
            at = behind
    return out[:size]


@kernel
def speaking_tokens(data: NDArray[np.uint8], page: Tokens, metas: NDArray[np.int64]) -> NDArray[np.int64]:
    """The tokens of those tags, int64[tags], the first 2,000."""
    rows, attributes = page.rows, page.attributes
    found = np.empty(_MOST, np.int64)
    count = 0
    for token in range(len(rows) - 1):
        if rows[token, KIND] != START or count == _MOST:
            continue
        tag = rows[token, TAG]
        speaks = tag == _HTML or (tag == _TITLE and rows[token + 1, KIND] == RAW)
        for row in range(rows[token, FIRST], rows[token + 1, FIRST]):
            if speaks:
                break
            name, begin, end = attributes[row, NAME], attributes[row, VALUE], attributes[row, VALUE_END]
            if tag == _META:
                if name in (_NAME, _PROPERTY, _HTTP_EQUIV, _ITEMPROP):
                    speaks = _is_among(value_hash(data, begin, end), metas)
            elif name in (_REL, _PROPERTY, _ITEMPROP):
                speaks = _names_licence(data, begin, end)
                if tag == _LINK and not speaks:
                    speaks = value_hash(data, begin, end) == _CANONICAL
            elif tag == _SCRIPT and name == _TYPE:
                speaks = value_hash(data, begin, end) == _LD_JSON
        if speaks:
            found[count] = token
            count += 1
    return found[:count]


@kernel
def _is_among(value: int, some: NDArray[np.int64]) -> bool:
    """Whether a value is in an ordered array."""
    place = np.searchsorted(some, value)
    return bool(place < len(some) and some[place] == value)


@kernel
def _names_licence(data: NDArray[np.uint8], begin: int, end: int) -> bool:
    """Whether "licen" stands in the value."""
    for at in range(begin, end - len(_LICEN) + 1):
        place = 0
        for letter in _LICEN:
            if data[at + place] | 0x20 != letter:
                break
            place += 1
        if place == len(_LICEN):
            return True
    return False
