"""Low-quality documents from a seed: what a quality classifier should learn to refuse.

Each kind imitates one sort of waste that page extraction leaves over or spammers write. Phrases come from
samples/texts/phrases.toml, words and sentences from the passages beside it; nothing is taken from real pages.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_CONFUSIONS = str.maketrans("oOlIeaSBgnmcuvrt", "0QI1cs58qhnrevnf")  # what bad scans make of letters
_LEVELS = ("INFO", "WARN", "ERROR", "DEBUG", "TRACE")
_DOMAINS = (
    "best-deals",
    "casino",
    "cheap-shop",
    "free-stuff",
    "forum",
    "img",
    "cdn",
    "news24",
    "my-page",
    "seo-tools",
    "xx",
)
_ENDINGS = ("com", "net", "info", "biz", "de", "fr", "ru", "cn", "co.uk", "shop", "xyz", "top")
_EMOJI = "🔥💰👉❤️😂✅⭐🎁💯👇"


@dataclass(frozen=True)
class Material:
    """What the documents of one language are made of.

    Attributes:
        language: ISO 639-1.
        phrases: the language's table in phrases.toml.
        passages: good passages in the language, whose words and sentences are misused.
    """

    language: str
    phrases: dict[str, list[str]]
    passages: Sequence[str]

    @property
    def space(self) -> str:
        """What stands between two words."""
        return "" if self.language in {"zh", "ja"} else " "


def low_quality(material: Material, count: int, seed: int) -> list[str]:
    """So many documents of one language, all kinds in turn; the same seed gives the same documents."""
    draw = random.Random(f"{seed} {material.language}")
    return [KINDS[i % len(KINDS)](material, draw) for i in range(count)]


def _sample(draw: random.Random, phrases: Sequence[str], low: int, high: int) -> list[str]:
    return [draw.choice(phrases) for _ in range(draw.randint(low, high))]


def _navigation(material: Material, draw: random.Random) -> str:
    between = draw.choice(("\n", " ", " | ", " > ", "\n- ", " · "))
    return between.join(_sample(draw, material.phrases["navigation"], 15, 90))


def _notices(material: Material, draw: random.Random) -> str:
    parts = _sample(draw, material.phrases["notices"], 2, 6) + _sample(draw, material.phrases["buttons"], 2, 5)
    return " ".join(parts + _sample(draw, material.phrases["footer"], 1, 4))


def _page_frame(material: Material, draw: random.Random) -> str:
    """Menu, a teaser of half a sentence, buttons, footer: a page whose text got lost."""
    teasers = [
        f"{_sentence(material, draw)[:60]}… {draw.choice(material.phrases['buttons'])}"
        for _ in range(draw.randint(0, 4))
    ]
    parts = _sample(draw, material.phrases["navigation"], 8, 40) + teasers
    parts += _sample(draw, material.phrases["notices"], 1, 3) + _sample(draw, material.phrases["footer"], 3, 8)
    return "\n".join(parts)


def _keywords(material: Material, draw: random.Random) -> str:
    phrases, space = material.phrases, material.space
    terms = []
    for _ in range(draw.randint(25, 90)):
        term = [
            draw.choice(phrases["praise"]),
            draw.choice(phrases["goods"]),
            draw.choice(phrases["places"] + phrases["praise"]),
        ]
        draw.shuffle(term)
        terms.append(space.join(term))
    return draw.choice((", ", " ", "\n", " | ")).join(terms)


def _advertising(material: Material, draw: random.Random) -> str:
    parts = _sample(draw, material.phrases["promises"], 3, 9) + _sample(draw, material.phrases["buttons"], 1, 4)
    parts += [draw.choice(_EMOJI) for _ in range(draw.randint(0, 4))] + [
        _address(draw) for _ in range(draw.randint(0, 2))
    ]
    draw.shuffle(parts)
    return " ".join(part.upper() if draw.random() < 0.15 else part for part in parts)


def _doorway(material: Material, draw: random.Random) -> str:
    """One search term pushed into every sentence, as pages made for search engines do."""
    phrases, space = material.phrases, material.space
    term = space.join((draw.choice(phrases["praise"]), draw.choice(phrases["goods"])))
    parts = []
    for _ in range(draw.randint(8, 25)):
        parts.append(space.join((term, draw.choice(phrases["places"]), draw.choice(phrases["promises"]))))
    return " ".join(parts)


def _products(material: Material, draw: random.Random) -> str:
    phrases = material.phrases
    lines = []
    for _row in range(draw.randint(8, 35)):
        name = f"{draw.choice(phrases['goods'])} {_code(draw)} {draw.choice(phrases['praise'])}"
        price = f"{draw.randint(1, 999)}.{draw.randint(0, 99):02d} {draw.choice('€$£¥')}"
        lines.append(f"{name} {price} {draw.choice(phrases['buttons'])}")
    return "\n".join(lines)


def _word_salad(material: Material, draw: random.Random) -> str:
    """Words of several passages in random order, without sentence marks."""
    words = [word for passage in draw.choices(material.passages, k=4) for word in _words(material, passage)]
    draw.shuffle(words)
    return material.space.join(words[: draw.randint(60, 200)])


def _bad_scan(material: Material, draw: random.Random) -> str:
    rate = draw.uniform(0.12, 0.35)
    noise = "|~^*_¬§°\\ .;"
    characters = []
    for character in draw.choice(material.passages):
        if draw.random() < rate:
            character = draw.choice((character.translate(_CONFUSIONS), draw.choice(noise), character + " ", ""))
        characters.append(character)
    return "".join(characters)


def _gibberish(_: Material, draw: random.Random) -> str:
    letters = draw.choice(
        ("abcdefghijklmnopqrstuvwxyz", "abcdef0123456789", "qwertyuiopasdfghjkl", "ABCDEFGHIJKLMNOPQRSTUVWXYZ+/abcxyz=")
    )
    return " ".join("".join(draw.choices(letters, k=draw.randint(2, 18))) for _ in range(draw.randint(40, 150)))


def _log(_: Material, draw: random.Random) -> str:
    lines = []
    for _row in range(draw.randint(8, 40)):
        date = f"20{draw.randint(10, 29)}-{draw.randint(1, 12):02d}-{draw.randint(1, 28):02d}"
        time = ":".join(f"{draw.randint(0, limit):02d}" for limit in (23, 59, 59))
        place = f"/{draw.choice(_DOMAINS)}/{_code(draw)}.{draw.choice(('php', 'log', 'js', 'html', 'c'))}:{draw.randint(1, 900)}"
        answer = f"status={draw.choice((200, 302, 404, 500))} {draw.randint(1, 9000)}ms"
        lines.append(f"[{date} {time}] {draw.choice(_LEVELS)} {place} {_code(draw)} {answer}")
    return "\n".join(lines)


def _links(_: Material, draw: random.Random) -> str:
    return draw.choice(("\n", " ")).join(_address(draw) for _ in range(draw.randint(15, 80)))


def _numbers(material: Material, draw: random.Random) -> str:
    """A table without its header: names and figures."""
    words = [word for word in _words(material, draw.choice(material.passages)) if len(word) > 1]
    rows = [
        f"{draw.choice(words)} {' '.join(str(draw.randint(0, 5000)) for _ in range(draw.randint(2, 8)))}"
        for _ in range(draw.randint(10, 40))
    ]
    return "\n".join(rows)


def _sentence(material: Material, draw: random.Random) -> str:
    return draw.choice([part for part in draw.choice(material.passages).split(". ") if part])


def _words(material: Material, passage: str) -> list[str]:
    plain = passage.translate(str.maketrans("", "", '.,;:!?"()。，、؟،'))
    return plain.split() if material.space else [plain[i : i + 2] for i in range(0, len(plain), 2)]


def _code(draw: random.Random) -> str:
    return "".join(draw.choices("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789", k=draw.randint(3, 9)))


def _address(draw: random.Random) -> str:
    host = f"{draw.choice(('www', 'm', 'shop', 'img'))}.{draw.choice(_DOMAINS)}{draw.randint(1, 99)}.{draw.choice(_ENDINGS)}"
    return draw.choice((host, f"http://{host}/{_code(draw).lower()}", f"https://{host}/?id={draw.randint(1, 9999)}"))


KINDS: tuple[Callable[[Material, random.Random], str], ...] = (
    _navigation,
    _page_frame,
    _keywords,
    _advertising,
    _notices,
    _doorway,
    _products,
    _word_salad,
    _bad_scan,
    _navigation,
    _log,
    _advertising,
    _links,
    _gibberish,
    _page_frame,
    _numbers,
)
