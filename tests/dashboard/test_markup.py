import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gristmill.dashboard import markup

HOSTILE = '<script>window.pwned=1</script><img src=http://evil.example/x.png onerror="window.pwned=2"> [a](javascript:b) ![c](d)'


@pytest.mark.parametrize("url", ["http://a.example/", "https://a.example/ä?b=<script>#c", "https://user@a.example:80/"])
def test_web_addresses_are_links(url: str) -> None:
    assert markup.web_link(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "", "javascript:alert(1)", "JAVASCRIPT:alert(1)//http://a", " javascript:alert(1)", "java\nscript:alert(1)",
        "data:text/html,<script>", "file:///etc/passwd", "//a.example/", "a.example", "http://", "https:///x",
        "http:\\\\a.example", "http://[::1",
        "ftp://a.example/", "http://a.example/\u202e", "http://a.example/ b", "http://a.example/" + "a" * 3000,
    ],
)  # fmt: skip
def test_everything_else_is_not(url: str) -> None:
    assert markup.web_link(url) is None


def test_hostile_text_is_escaped_everywhere() -> None:
    made = (
        markup.marked_text(HOSTILE, [{"kind": HOSTILE, "start_char": 0, "end_char": 9}])
        + markup.table([HOSTILE], [(HOSTILE, [HOSTILE])])
        + markup.lines([HOSTILE])
    )
    assert made.count('"') == 2 * made.count('="')  # no value ends before its time
    tags = set(re.findall(r"<\s*/?\s*(\w+)", made))
    assert tags == {"div", "mark", "table", "thead", "tbody", "tr", "th", "td"}
    assert "<script" not in made and "<img" not in made


@given(st.text(), st.lists(st.tuples(st.integers(-5, 50), st.integers(-5, 50)), max_size=5))
def test_marks_never_change_the_text(text: str, places: list[tuple[int, int]]) -> None:
    spans = [{"kind": "email", "start_char": start, "end_char": end} for start, end in places]
    assert html.unescape(re.sub(r"<[^>]*>", "", markup.marked_text(text, spans))) == html.unescape(html.escape(text))


def test_marks_hold_the_span() -> None:
    made = markup.marked_text("é: a@b.example, <x>", [{"kind": "email", "start_char": 3, "end_char": 14}])
    assert 'é: <mark title="email">a@b.example</mark>, &lt;x&gt;' in made


@pytest.mark.parametrize(
    ("value", "shown"),
    [(True, "yes"), (1234567, "1,234,567"), (0.123456, "0.1235"), (None, "–"), ("", "–"), ([], "none"),
      ([1, 2], "2 found"), ("en", "en")],
)  # fmt: skip
def test_plain_values(value: object, shown: str) -> None:
    assert markup.plain(value) == shown
