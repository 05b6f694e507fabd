"""Pages with absurdly many tags: what is blanked, that ordinary pages are not touched, and what memory a page takes."""

import subprocess
import sys

import numpy as np
import pytest

from gristmill.extract import thinning
from gristmill.extract.thinning import thinned

SIZES = (1 << 20, 3 << 20)  # Thai in windows-874 is three times as long in UTF-8, and a text has a limit
MOST = 8  # times the page
PAGES = {
    "tags": (b"<p>a", None),
    "cells": (b"<td>1</td>", None),
    "links": (b"<li><a href=x>a", None),
    "depth": (b"<div>", None),
    "breaks": (b"a<br>", None),
    "attributes": (b"<p id=a class=b rel=c lang=d alt=e>x ", None),
    "paragraphs": (b"<p>The harbour wakes before the town does, and nets are mended on the quay.</p>\n", None),
    "words": (b"a ", None),
    "title": (b"<title>a mill ", None),
    "meta": (b"<meta name=author content='a mill ", None),
    "brackets": (b"< ", None),
    "scripts": (b'<script type=application/ld+json>{"license": [[], {}, [], {}]}</script>', None),
    "one script": (b"<script type=application/ld+json>[[], 'license', ", None),
    "Latin-1": ("été déjà vu çà et là ".encode("latin-1"), "latin1"),
    "Latin-1 letters": ("é".encode("latin-1"), "latin1"),
    "Latin-1 words": ("é à ".encode("latin-1"), "latin1"),
    "Chinese": ("水车慢慢地转，".encode(), None),
    "Chinese in GBK": ("水车慢慢地转，".encode("gbk"), "gbk"),
    "Russian in windows-1251": ("Мельница мелет медленно. ".encode("cp1251"), "windows-1251"),
    "Thai in windows-874": ("โรงสีบดข้าวช้า ".encode("cp874"), "windows-874"),
    "an emoji": ("The mill 😀 grinds slowly. ".encode(), None),
    "accents that are not composed": ("The cafe\u0301 at the mill. ".encode(), None),
    "one tag in each of many lines": (b"<p>a b c d e f g h i j k l m n o p</p>\n", None),
}
MEASURED = """
import os, resource, sys
import numpy as np
from gristmill.extract.page import extract_page
from gristmill.extract.thinning import _blank_markup
from tests.extract.test_thinning import PAGES, SIZES

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

for part, charset in PAGES.values():  # compiled code takes memory of its own
    extract_page(part * 100, charset=charset)
_blank_markup(np.frombuffer(b"<p>" * 9, np.uint8), 3, np.zeros(27, np.uint8))
for name, (part, charset) in PAGES.items():
    for size in SIZES:
        child = os.fork()  # a peak cannot be reset, and a new process has its own
        if not child:
            extract_page(part * 100, charset=charset)  # and what it shares with its parent it must touch
            before = peak()
            extract_page(part * (size // len(part)), charset=charset)
            print(name, size, (peak() - before) / size, sep=":", flush=True)
            os._exit(0)
        os.waitpid(child, 0)
"""


def thin(html: bytes, most: int, monkeypatch: pytest.MonkeyPatch) -> bytes:
    monkeypatch.setattr(thinning, "FEWEST", most)
    return thinned(np.frombuffer(html, np.uint8)).tobytes()


@pytest.mark.parametrize(
    ("html", "said"),
    [
        (b"<p>a<p>b", b"<p>a<p>b"),
        (b"<p>a<p>b<p>c", b"<p>a<p>b   c"),
        (b"<div>a<p>b<i>c</i>d<br>e</div>f", b"<div>a<p>b   c    d    e</div>f"),  # what is open is still closed
        (b"<p><p>a<script>b<i></script>c", b"<p><p>a                     c"),
        (b"<p><script>b<i></script>c<b>d", b"<p><script>b<i></script>c   d"),
        (b"<p><p>a<!--<p>-->b<!doctype x>c", b"<p><p>a          b            c"),
        (b"<p><p>a < b <3 </>c<p", b"<p><p>a < b <3    c<p"),
        (b"<p></p></p></p></p></p>", b"<p></p></p></p>        "),
    ],
)
def test_tags_beyond_the_limit_are_blanks(html: bytes, said: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    assert thin(html, 2, monkeypatch) == said


def test_all_text_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    from gristmill.extract.main_text import parse

    html = b"<div><p>a1<b>b2</b><p>c3<br>d4<table><tr><td>e5</table><ul><li>f6</ul></div><p>g7"
    whole = parse(np.frombuffer(html, np.uint8)).blocks.text.tobytes().split()
    for most in range(1, 16):
        page = parse(np.frombuffer(thin(html, most, monkeypatch), np.uint8))
        assert b"".join(page.blocks.text.tobytes().split()) == b"".join(whole)


def test_an_ordinary_page_is_itself() -> None:
    page = np.frombuffer(b"<p>a" * 12_000, np.uint8)
    assert thinned(page) is page


@pytest.fixture(scope="module")
def memory() -> dict[tuple[str, int], float]:
    """Memory that pages take, their own included, in times of their sizes: measured in processes of their own."""
    done = subprocess.run([sys.executable, "-c", MEASURED], capture_output=True, text=True, check=True)
    lines = [line.split(":") for line in done.stdout.splitlines()]
    return {(name, int(size)): float(times) for name, size, times in lines}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", PAGES)
def test_memory_is_a_few_times_the_page(name: str, size: int, memory: dict[tuple[str, int], float]) -> None:
    assert 1 < memory[name, size] <= MOST
