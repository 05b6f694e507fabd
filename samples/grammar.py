"""Text from grammars: word lists and sentence templates of one language, expanded at random but reproducibly.

A grammar is a text file in `samples/words/`: sections headed `[name]` hold one alternative a line, sections headed
`[name*]` hold words separated by white space (`_` stands for a space within a word). An alternative refers to other
sections as `<name>`; `<$name>` is expanded once and then kept for the whole page, so that a page has a subject.
Section `fix` holds `pattern => replacement` lines that set right what templates cannot know: "a old" becomes "an old".
"""

import hashlib
import random
import re
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from typing import TypeVar

Item = TypeVar("Item")

UNSPACED = ("zh", "ja")
"""Languages written without spaces between words and sentences."""

_SLOT = re.compile(r"<(\$?[\w.]+)>")
_SECTION = re.compile(r"\[([\w.]+)(\*?)\]")


class Dice:
    """Random choices that follow from a key alone; only `Random.random` is used, which Python keeps stable."""

    def __init__(self, *key: object) -> None:
        seed = hashlib.blake2b("\0".join(map(str, key)).encode(), digest_size=16).digest()
        self.roll = random.Random(int.from_bytes(seed)).random

    def number(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return low + int(self.roll() * (high - low + 1))

    def pick(self, items: Sequence[Item]) -> Item:
        """One of the items."""
        return items[int(self.roll() * len(items))]

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return self.roll() < probability

    def shuffled(self, items: Sequence[Item]) -> list[Item]:
        """The items in a new order."""
        return [item for _, _, item in sorted((self.roll(), place, item) for place, item in enumerate(items))]


class _Slot:
    """A reference to a section, kept for the page or not."""

    __slots__ = ("kept", "name")

    def __init__(self, reference: str) -> None:
        self.kept = reference.startswith("$")
        self.name = reference.removeprefix("$")


Alternative = tuple[str | _Slot, ...]


class Grammar:
    """The compiled sections of one language."""

    def __init__(self, source: str) -> None:
        self.sections: dict[str, list[Alternative]] = {}
        self.fixes: list[tuple[re.Pattern[str], str]] = []
        current, words = "", False
        for line in source.splitlines():
            heading = _SECTION.fullmatch(line)
            if heading:
                current, words = heading[1], bool(heading[2])
            elif line and not line.startswith("# "):
                self._add(current, line, words)

    def _add(self, section: str, line: str, words: bool) -> None:
        if section == "fix":
            pattern, replacement = line.split(" => ")
            self.fixes.append((re.compile(pattern), replacement))
            return
        alternatives = self.sections.setdefault(section, [])
        if words:
            alternatives.extend((word.replace("_", " "),) for word in line.split())
        else:
            parts = _SLOT.split(line.replace("\\n", "\n"))
            alternatives.append(tuple(_Slot(part) if i % 2 else part for i, part in enumerate(parts) if part))


@lru_cache
def load_grammar(language: str) -> Grammar:
    """The grammar of a language ("en"), read once."""
    return Grammar((files("gristmill") / "samples" / "words" / f"{language}.txt").read_text(encoding="utf-8"))


class Voice:
    """Says things in one language for one page: it remembers what the page is about."""

    def __init__(self, language: str, dice: Dice) -> None:
        self.language = language
        self.dice = dice
        self.space = "" if language in UNSPACED else " "
        self._grammar = load_grammar(language)
        self._kept: dict[str, str] = {}

    def knows(self, section: str) -> bool:
        """Whether the language has such a section."""
        return section in self._grammar.sections

    def say(self, section: str) -> str:
        """One expansion of a section, its first letter raised and the language's fixes applied."""
        out: list[str] = []
        self._expand(section, out)
        text = "".join(out)
        for pattern, replacement in self._grammar.fixes:
            text = pattern.sub(replacement, text)
        return _raise_first(text)

    def word(self, section: str) -> str:
        """One expansion of a section as it stands."""
        out: list[str] = []
        self._expand(section, out)
        return "".join(out)

    def _expand(self, section: str, out: list[str]) -> None:
        alternatives = self._grammar.sections[section]
        for part in alternatives[int(self.dice.roll() * len(alternatives))]:
            if type(part) is str:
                out.append(part)
            elif part.kept:  # type: ignore[union-attr]
                out.append(self._keep(part.name))  # type: ignore[union-attr]
            else:
                self._expand(part.name, out)  # type: ignore[union-attr]

    def _keep(self, section: str) -> str:
        if section not in self._kept:
            self._kept[section] = self.word(section)
        return self._kept[section]


def _raise_first(text: str) -> str:
    """Raise the first letter, which may stand behind a quotation mark."""
    for place, character in enumerate(text[:3]):
        if character.isalnum():
            return text[:place] + character.upper() + text[place + 1 :]
    return text
