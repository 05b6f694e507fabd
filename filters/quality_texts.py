"""Labelled text that the project wrote: what the shipped quality classifier learns from."""

import random
import re
import tomllib
from pathlib import Path

import pyarrow as pa

from gristmill.filters.quality_negatives import Material, low_quality

_TEXTS = Path(__file__).parent.parent / "samples" / "texts"


def compose(texts: Path = _TEXTS, seed: int = 1, variants: int = 10) -> pa.Table:
    """Labelled text from the project's own passages and phrases: per language as many low texts as high ones.

    A language with many passages gets fewer variants of each, so that none outweighs the others more than fourfold.
    """
    phrases = tomllib.loads((texts / "phrases.toml").read_text(encoding="utf-8"))
    rows: list[dict[str, str]] = []
    for language, table in sorted(phrases.items()):
        passages = [
            p
            for file in sorted(texts.glob(f"*.{language}.txt"))
            for p in file.read_text(encoding="utf-8").strip().split("\n---\n")
        ]
        draw = random.Random(f"{seed} high {language}")
        each = variants if len(passages) < 50 else max(1, variants // 3)
        frame = table["navigation"] + table["buttons"] + table["footer"]
        high = [(_variant(passage, passages, frame, draw), passage) for passage in passages for _ in range(each)]
        rows += [{"text": text, "label": "high", "group": passage} for text, passage in high]
        low = low_quality(Material(language, table, passages), len(high), seed)
        rows += [{"text": text, "label": "low", "group": text} for text in low]
    return pa.Table.from_pylist(rows)


def _variant(passage: str, others: list[str], frame: list[str], draw: random.Random) -> str:
    """A passage as a page might carry it: cut, under a heading, as a list, with dates and a little of the page's frame."""
    text = passage
    if draw.random() < 0.5:
        start = draw.randrange(len(text) // 3)
        text = text[start : start + max(150, int(len(text) * draw.uniform(0.4, 0.9)))]
    if draw.random() < 0.2:
        text = _as_list(text)
    if draw.random() < 0.3:
        text = f"{draw.choice(others)[: draw.randint(15, 50)]}\n{text}"
    if draw.random() < 0.4:
        text = "\n".join([_figures(draw), text, *(_figures(draw) for _ in range(draw.randint(0, 3)))])
    if draw.random() < 0.5:
        around = [draw.choice(frame) for _ in range(draw.randint(1, 6))]
        cut = draw.randint(0, len(around))
        text = "\n".join([*around[:cut], text, *around[cut:]])
    return text


def _as_list(text: str) -> str:
    """Clauses as the lines of a list, without the marks between them: good pages are not always sentences."""
    return "\n".join(part.strip() for part in re.split("[.,;:!?。、，；：؟،]", text) if part.strip())


def _figures(draw: random.Random) -> str:
    """A date, a price, a size or a rating, as they stand about a good text too."""
    day, month, year = draw.randint(1, 28), draw.randint(1, 12), draw.randint(1990, 2030)
    forms = (
        f"{day:02d}.{month:02d}.{year}",
        f"{year}-{month:02d}-{day:02d} {draw.randint(0, 23):02d}:{draw.randint(0, 59):02d}",
        f"{draw.randint(1, 900)},{draw.randint(0, 99):02d} {draw.choice('€$£¥')}",
        f"{draw.randint(2, 90)} x {draw.randint(2, 90)} cm, {draw.randint(1, 40)} kg",
        f"{draw.randint(1, 5)}/5 ({draw.randint(1, 400)})",
    )
    return draw.choice(forms)
