"""Main-text extraction, engines side by side: quality on marked pages, and speed on the same pages in the same run.

    python -m bench.extraction GOLD.parquet … [--speed-only] [--plot docs/extraction.svg]

Quality of the own engine is cross-validated: five models are trained (a minute each; extra `extract-train`), and every page
is read by one that has seen no page of its site. `waddle-daniel` is learnt from by none. Intervals are bootstraps over
registered domains. Source `readability` is left out of all means: its marks are a tool's.
"""

import argparse
import json
import re
import time
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from gristmill.extract.charset import decode
from gristmill.extract.engines import Markup, resiliparse_text, trafilatura_text
from gristmill.extract.gold import GoldPage, load_gold
from gristmill.extract.main_text import find_main_text
from gristmill.extract.train import Trainer

_WIDE = "\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0002ffff"
_WORD = re.compile(f"[{_WIDE}]|[^\\W{_WIDE}]+")
_SAMPLES = 1000
Scores = dict[str, list[tuple[float, float]]]  # by engine: word F1 and 4-gram F1 of each page


def f1(found: Sequence[object], wanted: Sequence[object]) -> float:
    common = (Counter(found) & Counter(wanted)).total()
    return 2 * common / (len(found) + len(wanted)) if found or wanted else 1.0


def score(text: str, gold: str) -> tuple[float, float]:
    found, wanted = _WORD.findall(text.lower()), _WORD.findall(gold.lower())
    return f1(found, wanted), f1(_grams(found), _grams(wanted))


def _grams(words: list[str]) -> list[tuple[str, ...]]:
    return [tuple(words[place : place + 4]) for place in range(max(1, len(words) - 3))] if words else []


def quality(pages: Sequence[GoldPage]) -> Scores:
    models = Trainer(pages).cross_validated()
    scores: Scores = defaultdict(list)
    for page in pages:
        data = page.parsed.data
        markup = Markup(data.tobytes(), None)
        texts = {
            "gristmill": find_main_text(data, models[page.fold]).text,
            "resiliparse": resiliparse_text(markup).text,
            "trafilatura": trafilatura_text(markup).text,
        }
        for engine, text in texts.items():
            scores[engine].append(score(text, page.gold))
    return scores


def script(text: str) -> str:
    """The script of most of a text's letters; languages are told for few pages."""
    counts = Counter(
        unicodedata.name(character, "").partition(" ")[0] for character in text[:2000] if character.isalpha()
    )
    return counts.most_common(1)[0][0].title() if counts else "none"


def interval(values: Sequence[float], domains: Sequence[str]) -> tuple[float, float]:
    """95 % of the means of samples of domains, drawn with replacement."""
    groups: dict[str, list[float]] = defaultdict(list)
    for value, domain in zip(values, domains, strict=True):
        groups[domain].append(value)
    sums = np.array([sum(group) for group in groups.values()])
    sizes = np.array([len(group) for group in groups.values()])
    drawn = np.random.RandomState(0).randint(0, len(sums), (_SAMPLES, len(sums)))
    low, high = np.percentile(sums[drawn].sum(1) / sizes[drawn].sum(1), (2.5, 97.5))
    return float(low), float(high)


def table(pages: Sequence[GoldPage], scores: Scores) -> str:
    """Markdown: each group's means, and how far the own engine is ahead of trafilatura, with its interval."""
    lines = [
        "| pages | number | gristmill | resiliparse | trafilatura | ahead of trafilatura (95 %) | 4-grams, ahead |",
        "|---|---|---|---|---|---|---|",
    ]
    groups: dict[str, list[int]] = defaultdict(list)
    for place, page in enumerate(pages):
        if page.source != "readability":
            for group in ("all", f"source {page.source}", f"type {page.page_type}", f"script {script(page.gold)}"):
                groups[group].append(place)
    for group, places in sorted(groups.items()):
        domains = [pages[place].domain for place in places]
        word = {engine: [scores[engine][place][0] for place in places] for engine in scores}
        gram = {engine: [scores[engine][place][1] for place in places] for engine in scores}
        ahead = np.subtract(word["gristmill"], word["trafilatura"])
        low, high = interval(ahead.tolist(), domains)
        lines.append(
            f"| {group} | {len(places)} | {np.mean(word['gristmill']):.3f} | {np.mean(word['resiliparse']):.3f} | "
            f"{np.mean(word['trafilatura']):.3f} | {ahead.mean():+.3f} [{low:+.3f}, {high:+.3f}] | "
            f"{np.mean(gram['gristmill']):.3f}, {np.subtract(gram['gristmill'], gram['trafilatura']).mean():+.3f} |"
        )
    return "\n".join(lines)


def worst(pages: Sequence[GoldPage], scores: Scores, number: int = 20) -> str:
    ranked = sorted(range(len(pages)), key=lambda place: scores["gristmill"][place][0])
    lines = ["| page | type | gristmill | trafilatura |", "|---|---|---|---|"]
    for place in [place for place in ranked if pages[place].source != "readability"][:number]:
        page = pages[place]
        values = " | ".join(f"{scores[engine][place][0]:.2f}" for engine in ("gristmill", "trafilatura"))
        lines.append(f"| {page.id} | {page.page_type} | {values} |")
    return "\n".join(lines)


def _markup(html: str) -> Markup:
    """A page that is decoded already."""
    markup = Markup(b"", None)
    markup.html = html
    return markup


def speed(paths: Sequence[Path], pages: int = 300) -> dict[str, float]:
    """MB of HTML a second of one core's time, from decoded bytes to text, the second of two passes."""
    bodies = [body.as_py() for path in paths for body in pq.read_table(path, columns=["html"])["html"]][:pages]
    decoded = [decode(body) for body in bodies]
    utf8 = [np.frombuffer(page.utf8, np.uint8) for page in decoded]
    html = [page.text for page in decoded]
    engines: dict[str, Callable[[int], object]] = {
        "gristmill": lambda place: find_main_text(utf8[place]),
        "resiliparse": lambda place: resiliparse_text(_markup(html[place])),
        "trafilatura": lambda place: trafilatura_text(_markup(html[place])),
    }
    told = {}
    for name, read in engines.items():
        places = range(len(bodies)) if name != "trafilatura" else range(0, len(bodies), 10)
        for _ in range(2):
            start = time.process_time()
            for place in places:
                read(place)
            seconds = time.process_time() - start
        told[name] = sum(len(utf8[place]) for place in places) / 1e6 / seconds
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gold", nargs="+", type=Path)
    parser.add_argument("--speed-only", action="store_true")
    parser.add_argument("--plot", type=Path, help="write quality against speed as an SVG")
    chosen = parser.parse_args()
    rates = speed(chosen.gold)
    print(json.dumps({"mb_per_second": {name: round(rate, 1) for name, rate in rates.items()}}))
    if chosen.speed_only:
        return
    pages = load_gold(chosen.gold)
    scores = quality(pages)
    print(table(pages, scores), worst(pages, scores), sep="\n\n")
    if chosen.plot:
        counted = [place for place, page in enumerate(pages) if page.source != "readability"]
        means = {name: float(np.mean([scores[name][place][0] for place in counted])) for name in scores}
        chosen.plot.write_text(plot(rates, means), "utf-8")


def plot(rates: dict[str, float], means: dict[str, float]) -> str:
    """Word F1 against MB/s (logarithmic), as an SVG."""
    width, height, left, bottom = 560, 320, 60, 50

    def x(rate: float) -> float:
        return float(left + np.log10(rate) / 2.5 * (width - left - 60))

    def y(mean: float) -> float:
        return height - bottom - (mean - 0.78) / 0.14 * (height - bottom - 20)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif" font-size="13">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
        f'<path d="M{left} 20V{height - bottom}H{width - 20}" fill="none" stroke="#555"/>',
    ]
    for rate in (1, 3, 10, 30, 100):
        parts.append(f'<text x="{x(rate):.0f}" y="{height - bottom + 20}" text-anchor="middle">{rate}</text>')
    for mean in (0.80, 0.84, 0.88, 0.92):
        parts.append(f'<text x="{left - 8}" y="{y(mean) + 4:.0f}" text-anchor="end">{mean:.2f}</text>')
    parts.append(
        f'<text x="{width / 2:.0f}" y="{height - 8}" text-anchor="middle">MB of HTML a second, one core</text>'
    )
    parts.append(f'<text x="{left + 8}" y="16">mean word F1, sites not seen</text>')
    for name, mean in means.items():
        parts.append(f'<circle cx="{x(rates[name]):.0f}" cy="{y(mean):.0f}" r="6" fill="#2b7a4b"/>')
        parts.append(f'<text x="{x(rates[name]):.0f}" y="{y(mean) - 12:.0f}" text-anchor="middle">{name}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


if __name__ == "__main__":
    main()
