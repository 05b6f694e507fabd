"""The page that shows decisions: everything of the page is escaped, nothing runs, nothing is loaded."""

from html.parser import HTMLParser

import gristmill
from gristmill.extract.view import blocks_page

HOSTILE = "<script>alert(1)</script><img src=https://evil.example/x onerror=x()>"


def test_a_hostile_page_stays_text() -> None:
    escaped = HOSTILE.replace("<", "&lt;")
    html = f"<title>{HOSTILE}</title><p>{escaped}</p><p>{'The mill grinds slowly, and the miller waits. ' * 20}</p>"
    view = blocks_page(gristmill.extract_page(html.encode(), engine="gristmill"), HOSTILE)
    tags: list[str] = []

    class Tags(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            tags.append(tag)
            assert not {name for name, _ in attrs} & {"src", "href", "onerror", "onclick"}

    Tags().feed(view)
    assert not {"script", "img", "a", "link", "iframe"} & set(tags)
    assert "default-src 'none'" in view
    assert 'class="kept"' in view
    assert "bytes" in view
