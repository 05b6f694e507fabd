"""Pages with absurdly many tags: what is blanked, that ordinary pages are not touched, and what memory a page takes."""

import json
import subprocess
import sys

import numpy as np
import pytest

from gristmill.extract import thinning
from gristmill.extract.thinning import thinned

MEGABYTES = 4
MEASURED = """
import json, resource, sys
import numpy as np
from gristmill.extract.page import extract_page
from gristmill.extract.thinning import _blank_markup

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

parts = json.loads(sys.argv[1])
for part in parts:  # compiled code takes memory of its own
    extract_page(part.encode() * 100)
_blank_markup(np.frombuffer(b"<p>" * 9, np.uint8), 3, np.zeros(27, np.uint8))
before = peak()
for part in parts:
    extract_page(part.encode() * (int(sys.argv[2]) // len(part.encode())))
print(peak() - before)
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
    page = np.frombuffer(b"<p>a" * 20_000, np.uint8)
    assert thinned(page) is page


def test_memory_is_a_few_times_the_page() -> None:
    """Eight times the page and a constant; measured in a process of its own, because kernels' memory is not Python's."""
    parts = json.dumps(["<p>a", "<p>", "<td>1</td>", "<li><a href=x>a", "<div>", "a<br>", "<p id=a class=b>", "a "])
    command = [sys.executable, "-c", MEASURED, parts, str(MEGABYTES << 20)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(done.stdout) <= (8 * MEGABYTES + 32) << 20
