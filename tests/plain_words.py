"""The segmentation of core/words.py once more, in plain Python with regular expressions: slow, and easy to believe."""

import re
from functools import lru_cache

import numpy as np

from gristmill.core.characters import ICON, LOWER, UPPER, classes
from gristmill.core.special_words import abbreviations, units

_QUOTES = "'\"”“`‘´’‚„»«「」『』（）〔〕【】《》〈〉〈〉⟦⟧"
_MARKS = ",:;!?¿؟¡()[]{}<>_#*&。？！，、；：～·।،۔؛٪"
_CURRENCIES = "$£€¥฿﷼" + "".join(map(chr, range(0x20A0, 0x20C0)))
_HYPHENS = ("---", "--", "——", "-", "–", "—", "~")
_HOST_MARKS = "-_"


@lru_cache
def _classes() -> dict[str, str]:
    """Characters for the inside of a regular expression's brackets, by kind of letter."""
    table = classes()
    return {
        kind: _ranges(np.flatnonzero(table & flag).tolist())
        for kind, flag in (("lower", LOWER), ("upper", UPPER), ("icon", ICON))
    }


def _ranges(codes: list[int]) -> str:
    """Sorted code points as ranges: a bracket of 100,000 single ones takes seconds to compile."""
    parts = []
    start = 0
    for i, code in enumerate(codes):
        if i + 1 == len(codes) or codes[i + 1] != code + 1:
            parts.append(f"\\U{codes[start]:08x}-\\U{code:08x}")
            start = i + 1
    return "".join(parts)


@lru_cache
def _expressions() -> dict[str, re.Pattern[str]]:
    lower, upper, icon = (_classes()[kind] for kind in ("lower", "upper", "icon"))
    letter = lower + upper
    quote = re.escape(_QUOTES)
    mark = re.escape(_MARKS + "…")
    both = rf"\.\.+|…+|[{mark}{quote}—–{icon}]"
    unit = "|".join(map(re.escape, sorted(units(), key=len, reverse=True)))
    hyphen = "|".join(map(re.escape, _HYPHENS))
    suffixes = (
        both,
        "['’][sS]",
        r"(?<=[0-9])\+",
        rf"(?<=[0-9])[{re.escape(_CURRENCIES)}]",
        rf"(?<=[0-9])(?:{unit})",
        rf"(?<=[0-9%²+\-{lower}{mark}{quote}])\.",
        rf"(?<=[{upper}][{upper}])\.",
    )
    infixes = (
        r"\.\.+",
        rf"[…{icon}]",
        r"(?<=[0-9])[+\-*^](?=[0-9-])",
        rf"(?<=[{lower}{quote}])\.(?=[{upper}{quote}])",
        rf"(?<=[{letter}]),(?=[{letter}])",
        rf"(?<=[{letter}0-9])(?:{hyphen})(?=[{letter}])",
        rf"(?<=[{letter}0-9])[:<>=/](?=[{letter}])",
    )
    return {
        "prefix": re.compile(rf"{both}|[§%=]|US\$|[AC]\$|[{re.escape(_CURRENCIES)}]|\+(?![0-9])"),
        "suffix": re.compile(rf"(?:{'|'.join(suffixes)})\Z"),
        "infix": re.compile("|".join(infixes)),
        "contraction": re.compile(rf"([{letter}]+)(n['’]t|['’](?:ll|re|ve|d|m))", re.IGNORECASE),
        "top_label": re.compile(rf"[{lower}]{{2,63}}"),
    }


def plain_words(text: str) -> list[str]:
    """The words of a text."""
    return [word for chunk in text.split() for word in _cut(chunk)]


def _cut(chunk: str) -> list[str]:
    expressions = _expressions()
    special = set(abbreviations())
    before: list[str] = []
    after: list[str] = []
    whole = False
    while chunk:
        if chunk in special:
            whole = True
            break
        found = expressions["prefix"].match(chunk)
        prefix = found.group() if found else ""
        if prefix and chunk[len(prefix) :] in special:
            before.append(prefix)
            chunk, whole = chunk[len(prefix) :], True
            break
        found = expressions["suffix"].search(chunk[len(prefix) :])
        suffix = found.group() if found else ""
        if suffix and chunk[: -len(suffix)] in special:
            after.append(suffix)
            chunk, whole = chunk[: -len(suffix)], True
            break
        if not prefix and not suffix:
            break
        before += [prefix] * bool(prefix)
        after += [suffix] * bool(suffix)
        chunk = chunk[len(prefix) : len(chunk) - len(suffix)]
    middle = ([chunk] * bool(chunk)) if whole or _is_address(chunk) else _middle(chunk)
    return before + middle + after[::-1]


def _middle(chunk: str) -> list[str]:
    contraction = _expressions()["contraction"].fullmatch(chunk)
    if contraction:
        return list(contraction.groups())
    pieces = []
    start = 0
    for infix in _expressions()["infix"].finditer(chunk):
        if infix.start() > start:
            pieces += [chunk[start : infix.start()], infix.group()]
            start = infix.end()
    return pieces + [chunk[start:]] * bool(chunk[start:])


def _is_address(chunk: str) -> bool:
    scheme = re.match(r"[^:]{2,}?://", chunk)
    rest = chunk[scheme.end() :] if scheme else chunk
    places = [0, *(i + 1 for i, character in enumerate(rest) if character == "@" and i)]
    return any(_is_host(rest[place:]) for place in places)


def _is_host(text: str) -> bool:
    end = next((i for i, character in enumerate(text) if not _in_host(character) and character != "."), len(text))
    host, rest = text[:end], text[end:]
    labels = host.split(".")
    if len(labels) < 2 or not all(labels) or any(label[0] == "-" or label[-1] == "-" for label in labels):
        return False
    octets = len(labels) == 4 and all(re.fullmatch("[0-9]{1,3}", label) for label in labels)
    if not octets and not _expressions()["top_label"].fullmatch(labels[-1]):
        return False
    return bool(re.fullmatch(r"(:[0-9]{2,5})?([/?#].*)?", rest, re.DOTALL))


def _in_host(character: str) -> bool:
    ascii_letter = character.isascii() and character.isalnum()
    return ascii_letter or character in _HOST_MARKS or character.isalpha() or 0xA1 <= ord(character) <= 0xFFFF
