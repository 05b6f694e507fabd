"""What is planted in the sample crawl: each plant turns page i into a capture with a known fate."""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from importlib.resources import files

from gristmill.samples import personal
from gristmill.samples.capture import Capture, html_capture
from gristmill.samples.edits import near_duplicate
from gristmill.samples.grammar import Dice, Voice
from gristmill.samples.junk import JUNK, junk_capture
from gristmill.samples.oddities import no_page, old_charset, utf16
from gristmill.samples.pages import Block, Page, Site, address, compose_page, draw_site
from gristmill.samples.personal import Span
from gristmill.samples.plan import NEAR_LEVELS, original_of

_BLOCKED_HOSTS = (
    "casino-royale-bonus.example",
    "hot-singles.example",
    "cheap-pills.example",
    "lucky-jackpot-slots.example",
)
"""Used where the shipped block list is absent or names no such host."""


def capture_page(seed: int, index: int, plant: str) -> Capture:
    """The capture that page `index` becomes under a plant."""
    return _PLANTS.get(plant, _normal)(seed, index, plant)


def _normal(seed: int, index: int, plant: str) -> Capture:
    return html_capture(compose_page(seed, index), seed, index, plant)


def _move(page: Page, seed: int, index: int) -> Page:
    """The page on another site, in another theme."""
    dice = Dice(seed, "move", index)
    site = draw_site(seed, dice, page.language, page.kind)
    site = replace(site, theme=(page.site.theme + dice.number(1, 5)) % 6)
    return replace(page, index=index, site=site, uri=address(site, page.title, seed, index))


def _mirror(seed: int, index: int, plant: str) -> Capture:
    original = original_of(seed, index, plant)
    page = _move(compose_page(seed, original), seed, index)
    return replace(html_capture(page, seed, index, plant), original=original, duplicate_kind="exact", jaccard=1.0)


def _recapture(seed: int, index: int, plant: str) -> Capture:
    original = original_of(seed, index, plant)
    page = replace(compose_page(seed, original), index=index)
    return replace(html_capture(page, seed, index, plant), original=original, duplicate_kind="exact", jaccard=1.0)


def _near(seed: int, index: int, plant: str) -> Capture:
    original = original_of(seed, index, plant)
    page = _move(compose_page(seed, original), seed, index)
    voice = Voice(page.language, Dice(seed, "near", index))
    blocks, reached = near_duplicate(page.blocks, NEAR_LEVELS[plant], voice)
    capture = html_capture(replace(page, blocks=blocks), seed, index, plant)
    return replace(capture, original=original, duplicate_kind="near", jaccard=reached)


def _personal(seed: int, index: int, plant: str) -> Capture:
    """An English page with sentences of personal data, or of look-alikes, at the end of some paragraphs."""
    page = compose_page(seed, index, language="en", kind=Dice(seed, "kind", index).pick(("forum", "blog", "mail")))
    voice = Voice("en", Dice(seed, plant, index))
    say = _SENTENCES[plant]
    blocks, spans = list(page.blocks), list[Span]()
    paragraphs = [place for place, block in enumerate(blocks) if block.tag == "p"]
    for place in sorted(voice.dice.shuffled(paragraphs)[: voice.dice.number(1, 3)]):
        sentence, found = say(voice)
        blocks[place] = replace(blocks[place], text=f"{blocks[place].text} {sentence}")
        spans += found
    capture = html_capture(replace(page, blocks=tuple(blocks)), seed, index, plant)
    return replace(capture, spans=tuple(spans))


_SENTENCES: dict[str, Callable[[Voice], tuple[str, list[Span]]]] = {
    "pii-contact": personal.contact_sentence,
    "pii-network": personal.network_sentence,
    "pii-finance": personal.finance_sentence,
    "pii-lookalike": lambda voice: (personal.lookalike_sentence(voice), []),
}


@lru_cache(maxsize=1)
def blocked_hosts() -> tuple[str, ...]:
    """Fictitious hosts of the shipped block list, or a few well-known ones of our own where there is no list."""
    shipped = files("gristmill") / "filters" / "lists" / "domains.txt"
    if not shipped.is_file():
        return _BLOCKED_HOSTS
    lines = (line.strip() for line in shipped.read_text(encoding="utf-8").splitlines())
    return tuple(line for line in lines if line.endswith(".example") and not line.startswith("#")) or _BLOCKED_HOSTS


def _blocked(seed: int, index: int, plant: str) -> Capture:
    page = compose_page(seed, index)
    dice = Dice(seed, plant, index)
    host = dice.pick(("", "www.", "m.")) + dice.pick(blocked_hosts())
    site = Site(host, page.site.name, page.site.theme)
    page = replace(page, site=site, uri=address(site, page.title, seed, index))
    return html_capture(page, seed, index, plant)


@lru_cache(maxsize=1)
def benchmark_questions() -> tuple[tuple[str, str, str], ...]:
    """The planted test's items: (id, question, answer)."""
    source = (files("gristmill") / "samples" / "words" / "benchmark.txt").read_text(encoding="utf-8")
    rows = (line.split(" | ") for line in source.splitlines() if line and not line.startswith("# "))
    return tuple((name, question, answer) for name, question, answer in rows)


def _benchmark(seed: int, index: int, plant: str) -> Capture:
    page = compose_page(seed, index, language="en")
    dice = Dice(seed, plant, index)
    name, question, answer = dice.pick(benchmark_questions())
    place = dice.number(1, len(page.blocks))
    blocks = (*page.blocks[:place], Block("p", f"{question} The answer is: {answer}."), *page.blocks[place:])
    return replace(html_capture(replace(page, blocks=blocks), seed, index, plant), benchmark=name)


def _optout_meta(seed: int, index: int, plant: str) -> Capture:
    value = Dice(seed, plant, index).pick(("noai", "noai, noimageai", "index, follow, NoAI"))
    head = f'<meta charset="utf-8">\n<meta name="robots" content="{value}">\n'
    capture = html_capture(compose_page(seed, index), seed, index, plant, head)
    return replace(capture, optout=f"meta robots: {value}")


def _optout_header(seed: int, index: int, plant: str) -> Capture:
    value = Dice(seed, plant, index).pick(("noai", "noai, noimageai"))
    headers = (("X-Robots-Tag", value),)
    return replace(_normal(seed, index, plant), headers=headers, optout=f"header x-robots-tag: {value}")


def _optout_tdm(seed: int, index: int, plant: str) -> Capture:
    if Dice(seed, plant, index).chance(0.5):
        headers = (("tdm-reservation", "1"),)
        return replace(_normal(seed, index, plant), headers=headers, optout="header tdm-reservation: 1")
    head = '<meta charset="utf-8">\n<meta name="tdm-reservation" content="1">\n'
    return replace(html_capture(compose_page(seed, index), seed, index, plant, head), optout="meta tdm-reservation: 1")


def _truncated(seed: int, index: int, plant: str) -> Capture:
    capture = _normal(seed, index, plant)
    return replace(capture, body=capture.body[: len(capture.body) * 7 // 10], truncated="length")


_PLANTS: dict[str, Callable[[int, int, str], Capture]] = {
    "exact-mirror": _mirror,
    "exact-recapture": _recapture,
    **dict.fromkeys(NEAR_LEVELS, _near),
    **dict.fromkeys(JUNK, junk_capture),
    **dict.fromkeys(_SENTENCES, _personal),
    "blocked": _blocked,
    "benchmark": _benchmark,
    "optout-meta": _optout_meta,
    "optout-header": _optout_header,
    "optout-tdm": _optout_tdm,
    "charset-header": old_charset,
    "charset-meta": old_charset,
    "charset-none": old_charset,
    "charset-utf16": utf16,
    **dict.fromkeys(("pdf", "json", "image", "status-404", "status-301", "empty"), no_page),
    "truncated": _truncated,
}
"""What turns a page into each plant; what is missing here is a normal page (that may be broken when it is written)."""
