"""Spam and low-quality pages, all in English: what each writes in place of an article."""

from collections.abc import Callable
from dataclasses import replace

from gristmill.samples.capture import Capture, html_capture
from gristmill.samples.grammar import Dice, Voice
from gristmill.samples.pages import Block, compose_page, paragraph

_LOREM_TEXT = """
lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt ut labore et dolore
magna aliqua enim ad minim veniam quis nostrud exercitation ullamco laboris nisi aliquip ex ea commodo
consequat duis aute irure in reprehenderit voluptate velit esse cillum eu fugiat nulla pariatur excepteur sint
occaecat cupidatat non proident sunt culpa qui officia deserunt mollit anim id est laborum
"""
_LOREM = tuple(_LOREM_TEXT.split())


def _replaced(seed: int, index: int, plant: str, write: Callable[[Voice], list[Block]]) -> Capture:
    """An English page whose main content is written by `write` instead."""
    page = compose_page(seed, index, language="en")
    voice = Voice("en", Dice(seed, plant, index))
    title = [] if plant == "salad" else [Block("h1", page.title)]  # a title may hold the stop words that salad lacks
    blocks = (*title, *write(voice))
    return html_capture(replace(page, blocks=blocks), seed, index, plant)


def _stuffing(voice: Voice) -> list[Block]:
    goods, place = f"{voice.word('adj')} {voice.word('noun')}", voice.word("place")
    phrases = (f"buy {goods} in {place}", f"best {goods} {place}", f"{goods} price {place}", f"cheap {goods} online")
    return [Block("p", ", ".join(voice.dice.pick(phrases) for _ in range(18)) + ".") for _ in range(7)]


def _salad(voice: Voice) -> list[Block]:
    sections = ("adj", "noun", "nouns", "verb", "adv", "food", "first")
    return [Block("p", " ".join(voice.word(voice.dice.pick(sections)) for _ in range(60))) for _ in range(6)]


def _lorem(voice: Voice) -> list[Block]:
    def sentence() -> str:
        return " ".join(voice.dice.pick(_LOREM) for _ in range(voice.dice.number(8, 16))).capitalize() + "."

    start = "Lorem ipsum dolor sit amet, consectetur adipiscing elit. "
    return [Block("p", start + " ".join(sentence() for _ in range(5))) for _ in range(6)]


def _short(voice: Voice) -> list[Block]:
    return [Block("p", paragraph(voice, "any", 1))]


def _repeated(voice: Voice) -> list[Block]:
    line = paragraph(voice, "any", 1)
    return [Block("p", line) for _ in range(40)]


def _links(seed: int, index: int, plant: str) -> Capture:
    page = compose_page(seed, index, language="en")
    voice = Voice("en", Dice(seed, plant, index))
    blocks = [Block("h1", page.title), *(Block("item", voice.say("title.news")) for _ in range(80))]
    capture = html_capture(replace(page, blocks=tuple(blocks)), seed, index, plant)
    body = capture.body.replace(b"<li>", b'<li><a href="/out">').replace(b"</li>", b"</a></li>")
    return replace(capture, body=body)


_WRITERS: dict[str, Callable[[Voice], list[Block]]] = {
    "stuffing": _stuffing,
    "salad": _salad,
    "lorem": _lorem,
    "short": _short,
    "repeated": _repeated,
}

JUNK = (*_WRITERS, "links")
"""Plants that this module knows."""


def junk_capture(seed: int, index: int, plant: str) -> Capture:
    """The page of that number, written anew as junk of that kind."""
    return _links(seed, index, plant) if plant == "links" else _replaced(seed, index, plant, _WRITERS[plant])
