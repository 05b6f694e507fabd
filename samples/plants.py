"""What is planted in the sample crawl: each plant turns page i into a capture with a known fate."""

import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib.resources import files

from gristmill.samples import personal
from gristmill.samples.edits import near_duplicate
from gristmill.samples.grammar import Dice, Voice
from gristmill.samples.pages import Block, Page, Site, address, compose_page, draw_site, paragraph
from gristmill.samples.personal import Span
from gristmill.samples.plan import NEAR_LEVELS, original_of
from gristmill.samples.themes import render

_BLOCKED_HOSTS = (
    "casino-royale-bonus.example",
    "hot-singles.example",
    "cheap-pills.example",
    "lucky-jackpot-slots.example",
)
"""Used where the shipped block list is absent or names no such host."""

_ENCODINGS = (
    ("en", "windows-1252", "cp1252"),
    ("de", "windows-1252", "cp1252"),
    ("fr", "iso-8859-1", "latin-1"),
    ("es", "windows-1252", "cp1252"),
    ("ru", "koi8-r", "koi8-r"),
    ("ru", "windows-1251", "cp1251"),
    ("zh", "gb18030", "gb18030"),
    ("zh", "gb2312", "gb18030"),
    ("ja", "shift_jis", "cp932"),
    ("ja", "euc-jp", "euc_jp"),
    ("ar", "windows-1256", "cp1256"),
)
"""Language, label on the page, Python's codec."""

_LOREM = (
    "lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt ut labore et dolore magna "
    "aliqua enim ad minim veniam quis nostrud exercitation ullamco laboris nisi aliquip ex ea commodo consequat duis aute "
    "irure in reprehenderit voluptate velit esse cillum eu fugiat nulla pariatur excepteur sint occaecat cupidatat non "
    "proident sunt culpa qui officia deserunt mollit anim id est laborum"
).split()


@dataclass(frozen=True)
class Capture:
    """One capture before it is written: what the server said, and what the truth table will say about it."""

    page: Page
    plant: str
    body: bytes
    status: int = 200
    mime: str = "text/html"
    content_type: str = "text/html; charset=UTF-8"
    headers: tuple[tuple[str, str], ...] = ()
    charset: str = "utf-8"
    charset_source: str = "header"
    truncated: str = ""
    original: int | None = None
    duplicate_kind: str = ""
    jaccard: float | None = None
    spans: tuple[Span, ...] = field(default=())
    benchmark: str = ""
    optout: str = ""
    main_text: str = ""


def capture_page(seed: int, index: int, plant: str) -> Capture:
    """The capture that page `index` becomes under a plant."""
    return _PLANTS.get(plant, _normal)(seed, index, plant)


def _html(page: Page, seed: int, index: int, plant: str, head: str = '<meta charset="utf-8">\n') -> Capture:
    """A page served as UTF-8 HTML with nothing special about it; furniture follows from the index."""
    body = render(page, Dice(seed, "furniture", index), head).encode()
    return Capture(page, plant, body, main_text=page.main_text)


def _normal(seed: int, index: int, plant: str) -> Capture:
    return _html(compose_page(seed, index), seed, index, plant)


def _move(page: Page, seed: int, index: int) -> Page:
    """The page on another site, in another theme."""
    dice = Dice(seed, "move", index)
    site = draw_site(seed, dice, page.language, page.kind)
    site = replace(site, theme=(page.site.theme + dice.number(1, 5)) % 6)
    return replace(page, index=index, site=site, uri=address(site, page.title, seed, index))


def _mirror(seed: int, index: int, plant: str) -> Capture:
    original = original_of(seed, index, plant)
    page = _move(compose_page(seed, original), seed, index)
    return replace(_html(page, seed, index, plant), original=original, duplicate_kind="exact", jaccard=1.0)


def _recapture(seed: int, index: int, plant: str) -> Capture:
    original = original_of(seed, index, plant)
    page = replace(compose_page(seed, original), index=index)
    return replace(_html(page, seed, index, plant), original=original, duplicate_kind="exact", jaccard=1.0)


def _near(seed: int, index: int, plant: str) -> Capture:
    original = original_of(seed, index, plant)
    page = _move(compose_page(seed, original), seed, index)
    voice = Voice(page.language, Dice(seed, "near", index))
    blocks, reached = near_duplicate(page.blocks, NEAR_LEVELS[plant], voice)
    capture = _html(replace(page, blocks=blocks), seed, index, plant)
    return replace(capture, original=original, duplicate_kind="near", jaccard=reached)


def _replaced(seed: int, index: int, plant: str, write: Callable[[Voice, str], list[Block]]) -> Capture:
    """An English page whose main content is written by `write` instead."""
    page = compose_page(seed, index, language="en")
    voice = Voice("en", Dice(seed, plant, index))
    blocks = (Block("h1", page.title), *write(voice, page.title))
    return _html(replace(page, blocks=blocks), seed, index, plant)


def _stuffing(voice: Voice, _title: str) -> list[Block]:
    goods, place = f"{voice.word('adj')} {voice.word('noun')}", voice.word("place")
    phrases = (f"buy {goods} in {place}", f"best {goods} {place}", f"{goods} price {place}", f"cheap {goods} online")
    return [Block("p", ", ".join(voice.dice.pick(phrases) for _ in range(18)) + ".") for _ in range(7)]


def _salad(voice: Voice, _title: str) -> list[Block]:
    sections = ("adj", "noun", "nouns", "verb", "adv", "food", "first")
    return [Block("p", " ".join(voice.word(voice.dice.pick(sections)) for _ in range(60))) for _ in range(6)]


def _lorem(voice: Voice, _title: str) -> list[Block]:
    def sentence() -> str:
        return " ".join(voice.dice.pick(_LOREM) for _ in range(voice.dice.number(8, 16))).capitalize() + "."

    start = "Lorem ipsum dolor sit amet, consectetur adipiscing elit. "
    return [Block("p", start + " ".join(sentence() for _ in range(5))) for _ in range(6)]


def _short(voice: Voice, _title: str) -> list[Block]:
    return [Block("p", paragraph(voice, "any", 1))]


def _repeated(voice: Voice, _title: str) -> list[Block]:
    line = paragraph(voice, "any", 1)
    return [Block("p", line) for _ in range(40)]


def _links(seed: int, index: int, plant: str) -> Capture:
    page = compose_page(seed, index, language="en")
    voice = Voice("en", Dice(seed, plant, index))
    blocks = [Block("h1", page.title), *(Block("item", voice.say("title.news")) for _ in range(80))]
    capture = _html(replace(page, blocks=tuple(blocks)), seed, index, plant)
    body = capture.body.replace(b"<li>", b'<li><a href="/out">').replace(b"</li>", b"</a></li>")
    return replace(capture, body=body)


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
    capture = _html(replace(page, blocks=tuple(blocks)), seed, index, plant)
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
    return _html(page, seed, index, plant)


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
    return replace(_html(replace(page, blocks=blocks), seed, index, plant), benchmark=name)


def _optout_meta(seed: int, index: int, plant: str) -> Capture:
    value = Dice(seed, plant, index).pick(("noai", "noai, noimageai", "index, follow, NoAI"))
    head = f'<meta charset="utf-8">\n<meta name="robots" content="{value}">\n'
    capture = _html(compose_page(seed, index), seed, index, plant, head)
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
    return replace(_html(compose_page(seed, index), seed, index, plant, head), optout="meta tdm-reservation: 1")


def _old_charset(seed: int, index: int, plant: str) -> Capture:
    """A page in an old charset that its header, its meta element or nothing tells."""
    source = plant.removeprefix("charset-")
    language, label, codec = Dice(seed, plant, index).pick(_ENCODINGS)
    page = compose_page(seed, index, language=language)
    head = f'<meta http-equiv="Content-Type" content="text/html; charset={label}">\n' if source == "meta" else ""
    html = render(page, Dice(seed, "furniture", index), head)
    content_type = f"text/html; charset={label}" if source == "header" else "text/html"
    body = html.encode(codec, "xmlcharrefreplace")
    return Capture(
        page, plant, body, content_type=content_type, charset=label, charset_source=source, main_text=page.main_text
    )


def _utf16(seed: int, index: int, plant: str) -> Capture:
    page = compose_page(seed, index)
    html = render(page, Dice(seed, "furniture", index))
    body = b"\xff\xfe" + html.encode("utf-16-le")
    return Capture(
        page, plant, body, content_type="text/html", charset="utf-16-le", charset_source="bom", main_text=page.main_text
    )


def _no_page(seed: int, index: int, plant: str) -> Capture:
    """A PDF, JSON or PNG file, an error page, a redirect, or nothing at all."""
    page = compose_page(seed, index)
    dice = Dice(seed, plant, index)
    noise = bytes(dice.number(0, 255) for _ in range(600))
    if plant == "pdf":
        stream = zlib.compress(noise)
        body = b"%%PDF-1.4\n1 0 obj\n<</Length %d/Filter/FlateDecode>>\nstream\n" % len(stream)
        body += stream + b"\nendstream\nendobj\ntrailer\n<</Root 1 0 R>>\n%%EOF\n"
        return Capture(page, plant, body, mime="application/pdf", content_type="application/pdf")
    if plant == "json":
        body = json.dumps({"title": page.title, "tags": page.title.split(), "views": index}).encode()
        return Capture(page, plant, body, mime="application/json", content_type="application/json")
    if plant == "image":
        return Capture(page, plant, _png(noise[:576]), mime="image/png", content_type="image/png")
    if plant == "status-404":
        body = b"<!DOCTYPE html><html><head><title>404 Not Found</title></head><body><h1>Not Found</h1></body></html>"
        return Capture(page, plant, body, status=404)
    if plant == "status-301":
        target = (("Location", f"https://{page.site.host}/moved/{index}"),)
        body = b"<html><head><title>301 Moved Permanently</title></head><body><h1>Moved Permanently</h1></body></html>"
        return Capture(page, plant, body, status=301, headers=target)
    return Capture(page, plant, b"")


def _png(pixels: bytes) -> bytes:
    """A grey image of 24 × 24 pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4) + name + data + zlib.crc32(name + data).to_bytes(4)

    rows = b"".join(b"\0" + pixels[row : row + 24] for row in range(0, 576, 24))
    size = (24).to_bytes(4) * 2 + bytes((8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def _truncated(seed: int, index: int, plant: str) -> Capture:
    capture = _normal(seed, index, plant)
    return replace(capture, body=capture.body[: len(capture.body) * 7 // 10], truncated="length")


def _writer(write: Callable[[Voice, str], list[Block]]) -> Callable[[int, int, str], Capture]:
    return lambda seed, index, plant: _replaced(seed, index, plant, write)


_PLANTS: dict[str, Callable[[int, int, str], Capture]] = {
    "exact-mirror": _mirror,
    "exact-recapture": _recapture,
    **dict.fromkeys(NEAR_LEVELS, _near),
    "stuffing": _writer(_stuffing),
    "salad": _writer(_salad),
    "links": _links,
    "lorem": _writer(_lorem),
    "short": _writer(_short),
    "repeated": _writer(_repeated),
    **dict.fromkeys(_SENTENCES, _personal),
    "blocked": _blocked,
    "benchmark": _benchmark,
    "optout-meta": _optout_meta,
    "optout-header": _optout_header,
    "optout-tdm": _optout_tdm,
    "charset-header": _old_charset,
    "charset-meta": _old_charset,
    "charset-none": _old_charset,
    "charset-utf16": _utf16,
    **dict.fromkeys(("pdf", "json", "image", "status-404", "status-301", "empty"), _no_page),
    "truncated": _truncated,
}
"""What turns a page into each plant; what is missing here is a normal page (that may be broken when it is written)."""
