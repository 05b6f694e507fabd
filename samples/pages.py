"""Pages of the sample crawl: what each says, on which site, at which address. Page i follows from (seed, i) alone."""

import re
from dataclasses import dataclass
from functools import lru_cache

from gristmill.samples.grammar import UNSPACED, Dice, Voice

KINDS = ("news", "forum", "reference", "blog", "shop", "recipe", "docs", "mail")
LANGUAGES = {"en": 0.60, "de": 0.09, "fr": 0.08, "es": 0.07, "ru": 0.06, "zh": 0.04, "ja": 0.03, "ar": 0.03}
"""Share of each language among all pages."""

_SITES = 1500  # sites a language and kind can have; few are large
_MIN_WORDS, _MAX_WORDS = 150, 900
_LABELS = {
    "news": ("gazette", "herald", "courier", "observer", "chronicle"),
    "forum": ("forum", "boards", "talk", "community"),
    "reference": ("encyclopaedia", "lexicon", "wiki", "almanac"),
    "blog": ("notes", "diary", "journal", "blog"),
    "shop": ("store", "supplies", "goods", "outfitters"),
    "recipe": ("kitchen", "table", "cookbook", "larder"),
    "docs": ("docs", "manual", "developers", "guide"),
    "mail": ("lists", "archive", "mailman", "groups"),
}


@dataclass(frozen=True)
class Block:
    """One piece of main content: its role (h1, h2, p, item, step, pre, quote, author) and its text."""

    tag: str
    text: str


@dataclass(frozen=True)
class Site:
    """A web site: host, name and the theme that its pages are rendered in."""

    host: str
    name: str
    theme: int


@dataclass(frozen=True)
class Page:
    """What one page says and where."""

    index: int
    kind: str
    language: str
    site: Site
    title: str
    uri: str
    blocks: tuple[Block, ...]

    @property
    def main_text(self) -> str:
        """The main text: blocks in order, list items on lines of their own, a blank line between all others."""
        return join_blocks(self.blocks)


def join_blocks(blocks: tuple[Block, ...]) -> str:
    """The text of blocks: items of one list are neighbouring lines, everything else is a paragraph."""
    parts: list[str] = []
    for place, block in enumerate(blocks):
        if place:
            same_list = block.tag in ("item", "step") and blocks[place - 1].tag == block.tag
            parts.append("\n" if same_list else "\n\n")
        parts.append(block.text)
    return "".join(parts)


def compose_page(seed: int, index: int, language: str = "", kind: str = "") -> Page:
    """The page of that number; its language and kind are drawn unless they are given."""
    dice = Dice(seed, "page", index)
    language = language or page_language(seed, index)
    kind = kind or dice.pick(KINDS)
    voice = Voice(language, dice)
    section = f"title.{kind}"
    title = voice.say(section if voice.knows(section) else "title")
    site = draw_site(seed, dice, language, kind)
    return Page(
        index, kind, language, site, title, address(site, title, seed, index), _BODIES[kind](voice, kind, title)
    )


def page_language(seed: int, index: int) -> str:
    """The language that page `index` is written in, unless a plant asks for another; page 0 is always English."""
    roll = Dice(seed, "language", index).roll() if index else 0.0
    for language, share in LANGUAGES.items():
        roll -= share
        if roll < 0:
            return language
    return "en"


def draw_site(seed: int, dice: Dice, language: str, kind: str) -> Site:
    """A site of this language and kind; the sites with small numbers have many pages."""
    return _site(seed, language, kind, int(_SITES * dice.roll() ** 2))


@lru_cache(maxsize=4096)
def _site(seed: int, language: str, kind: str, number: int) -> Site:
    dice = Dice(seed, "site", language, kind, number)
    label = dice.pick(_LABELS[kind])
    place = Voice("en", dice).word("p1") + Voice("en", dice).word("p2")
    extra = Voice("en", dice).word("p2")
    name = f"{place} {label.title()}" if language == "en" else f"{Voice(language, dice).say('place')} · {place.title()}"
    prefix = dice.pick(("www.", "www.", "", f"{language}."))
    return Site(f"{prefix}{place.lower()}-{extra}-{label}.example", name, dice.number(0, 5))


def address(site: Site, title: str, seed: int, index: int) -> str:
    """The page's address on a site: readable words where the title has Latin letters, and a number of its own."""
    slug = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:60].strip("-") or "item"
    number = Dice(seed, "address", index).number(1000, 9999) * 1_000_000 + index
    return f"https://{site.host}/{slug}-{number}"


def paragraph(voice: Voice, section: str, sentences: int) -> str:
    """Some sentences of a section of the grammar, mixed with general ones."""
    own = section if voice.knows(section) else "any"
    said = [voice.say(own if voice.dice.chance(0.55) else "any") for _ in range(sentences)]
    return voice.space.join(said)


def _budget(voice: Voice) -> int:
    """How many sentences a page gets: mostly few."""
    words = _MIN_WORDS + int((_MAX_WORDS - _MIN_WORDS) * voice.dice.roll() ** 2)
    return words // (14 if voice.language not in UNSPACED else 10) + 2


def _prose(voice: Voice, section: str, sentences: int, tag: str = "p") -> list[Block]:
    blocks = []
    while sentences > 0:
        count = min(sentences, voice.dice.number(2, 5))
        blocks.append(Block(tag, paragraph(voice, section, count)))
        sentences -= count
    return blocks


def _article(voice: Voice, kind: str, title: str) -> tuple[Block, ...]:
    blocks = [Block("h1", title)]
    sentences = _budget(voice)
    while sentences > 0:
        part = min(sentences, voice.dice.number(6, 14))
        if len(blocks) > 1 and (kind != "news" or voice.dice.chance(0.3)):
            blocks.append(Block("h2", voice.say("heading")))
        blocks += _prose(voice, kind, part)
        sentences -= part
    return tuple(blocks)


def _forum(voice: Voice, kind: str, title: str) -> tuple[Block, ...]:
    blocks = [Block("h1", title)]
    sentences = _budget(voice)
    authors: set[str] = set()
    while sentences > 0:
        part = min(sentences, voice.dice.number(2, 8))
        author = voice.word("name")
        if author in authors:
            continue
        authors.add(author)
        blocks.append(Block("author", author))
        blocks += _prose(voice, kind, part)
        sentences -= part
    return tuple(blocks)


def _items(voice: Voice, section: str, tag: str, low: int, high: int) -> list[Block]:
    own = section if voice.knows(section) else "heading"
    count = voice.dice.number(low, high)
    return [Block(tag, text) for text in dict.fromkeys(voice.say(own) for _ in range(count))]


def _shop(voice: Voice, kind: str, title: str) -> tuple[Block, ...]:
    sentences = _budget(voice)
    blocks = [Block("h1", title), *_prose(voice, kind, sentences // 2)]
    blocks += _items(voice, "feature", "item", 3, 7)
    return (*blocks, *_prose(voice, kind, sentences // 2))


def _recipe(voice: Voice, kind: str, title: str) -> tuple[Block, ...]:
    sentences = _budget(voice)
    blocks = [Block("h1", title), *_prose(voice, kind, sentences // 2)]
    blocks += _items(voice, "ingredient", "item", 5, 10)
    steps = [Block("step", paragraph(voice, kind, voice.dice.number(2, 4))) for _ in range(sentences // 6 + 2)]
    return (*blocks, *steps, *_prose(voice, kind, 3))


def _docs(voice: Voice, kind: str, title: str) -> tuple[Block, ...]:
    blocks = []
    for block in _article(voice, kind, title):
        blocks.append(block)
        if block.tag == "p" and voice.knows("code") and voice.dice.chance(0.25):
            blocks.append(Block("pre", "\n".join(voice.word("code") for _ in range(voice.dice.number(2, 4)))))
    return tuple(blocks)


def _mail(voice: Voice, kind: str, title: str) -> tuple[Block, ...]:
    blocks = [Block("h1", title)]
    sentences = _budget(voice)
    while sentences > 0:
        part = min(sentences, voice.dice.number(3, 8))
        if voice.dice.chance(0.5):
            blocks.append(Block("quote", paragraph(voice, kind, voice.dice.number(1, 3))))
        blocks += _prose(voice, kind, part)
        sentences -= part
    return (*blocks, Block("p", voice.word("name")))


_BODIES = {
    "news": _article,
    "forum": _forum,
    "reference": _article,
    "blog": _article,
    "shop": _shop,
    "recipe": _recipe,
    "docs": _docs,
    "mail": _mail,
}
