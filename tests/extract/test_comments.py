"""The switch for comments, in all engines, and what the own engine takes for one."""

import pytest

from gristmill.extract.page import extract_page
from gristmill.extract.params import Params

PROSE = "The harbour wakes before the town does, and nets are mended on the quay while the last boats come in. "
REMARK = "I was there in that year and I can tell you that the nets were blue, every single one of them."


def page(container: str, *, around_all: str = "") -> bytes:
    return f"""<title>Harbour</title><body class="comments-open"><div {around_all}><h1>Harbour</h1>
    <article>{f"<p>{PROSE * 3}</p>" * 5}</article>
    <div {container}><h3>2 replies</h3><div><p>{REMARK}</p></div><form><p>Leave a reply</p></form></div></div>""".encode()


def read(html: bytes, comments: str, engine: str = "gristmill") -> str:
    return extract_page(html, engine=engine, params=Params.model_validate({"comments": comments})).text


@pytest.mark.parametrize(
    "container",
    ['class="post-comments"', 'id="commentList"', 'itemprop="comment"', 'class="Kommentare"', "id=disqus_thread"],
)
def test_comments_go_and_stay_as_asked(container: str) -> None:
    for around in ("", "class=has-comments"):
        html = page(container, around_all=around)
        assert PROSE.strip() in read(html, "drop")
        assert "the nets were blue" not in read(html, "drop")
        assert "the nets were blue" in read(html, "keep")
        assert "Leave a reply" not in read(html, "keep")


@pytest.mark.parametrize("container", ['class="commentary"', 'itemprop="text"', "title=comments"])
def test_other_names_change_nothing(container: str) -> None:
    html = page(container)
    assert read(html, "drop") == read(html, "auto") == read(html, "keep")


@pytest.mark.parametrize("engine", ["resiliparse", "trafilatura"])
def test_other_engines_have_their_own_switch(engine: str) -> None:
    html = page('id="comments" class="comments"')
    assert "the nets were blue" not in read(html, "drop", engine)
    assert "the nets were blue" in read(html, "keep", engine)


def test_the_default_leaves_keys_as_they_were() -> None:
    assert "comments" not in Params().model_dump(mode="json")
    assert Params(comments="drop").model_dump(mode="json")["comments"] == "drop"
