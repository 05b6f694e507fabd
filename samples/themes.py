"""HTML of the sample's pages: six themes with the furniture that real sites put round their text."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from html import escape

from gristmill.samples.grammar import Dice, Voice
from gristmill.samples.pages import Block, Page

_CSS = (
    "*{box-sizing:border-box}body{margin:0;font:16px/1.6 Georgia,serif;color:#222;background:#fafafa}a{color:#05a}"
    ".wrap{max-width:1100px;margin:0 auto;padding:0 16px}.site-header{border-bottom:1px solid #ddd;padding:12px 0}"
    ".site-nav ul{list-style:none;display:flex;gap:14px;padding:0;margin:0}.crumbs{font-size:13px;color:#777}"
    ".cookie-banner{position:fixed;bottom:0;left:0;right:0;background:#222;color:#fff;padding:14px;z-index:99}"
    ".sidebar{float:right;width:280px;padding-left:24px}.site-footer{margin-top:40px;background:#eee;padding:24px}"
    "@media(max-width:720px){.sidebar{float:none;width:auto}.site-nav ul{flex-wrap:wrap}}"
)
_SCRIPT = (
    "window.dataLayer=window.dataLayer||[];function track(){dataLayer.push(arguments)}track('js',0);"
    "document.addEventListener('click',function(e){if(e.target.matches('.cookie-banner button'))"
    "{document.cookie='consent=1;path=/';e.target.closest('.cookie-banner').remove()}});"
)


def text(value: str) -> str:
    """Text made safe for an element or a quoted attribute."""
    return escape(value)


def render(page: Page, dice: Dice, head: str = "") -> str:
    """The whole HTML of a page; `dice` varies what is not main text, `head` is put into <head>."""
    voice = Voice(page.language, dice)
    return _THEMES[page.site.theme](page, voice, head)


def _ui(voice: Voice, name: str) -> str:
    return text(voice.word(f"ui.{name}"))


def _link(label: str, target: str) -> str:
    return f'<a href="{target}">{label}</a>'


def _titles(voice: Voice, count: int) -> list[str]:
    section = "title.news" if voice.knows("title.news") else "title"
    return [text(voice.say(section)) for _ in range(count)]


def _list(entries: Sequence[str], name: str = "") -> str:
    mark = f' class="{name}"' if name else ""
    return f"<ul{mark}>" + "".join(f"<li>{entry}</li>" for entry in entries) + "</ul>"


@lru_cache(maxsize=1024)
def _navigation(host: str, language: str) -> str:
    """The menu of a site: the same on all its pages."""
    voice = Voice(language, Dice("navigation", host))
    labels = dict.fromkeys(_ui(voice, "nav") for _ in range(12))
    entries = [_link(label, f"/{place}/") for place, label in enumerate(labels)]
    return f'<nav class="site-nav" role="navigation">{_list(entries, "menu")}</nav>'


def _head(page: Page, voice: Voice, extra: str) -> str:
    title, site = text(page.title), text(page.site.name)
    direction = ' dir="rtl"' if page.language == "ar" else ""
    summary = text(next((block.text for block in page.blocks if block.tag == "p"), page.title)[:150])
    return (
        f'<!DOCTYPE html>\n<html lang="{page.language}"{direction}>\n<head>\n{extra}'
        f"<title>{title} | {site}</title>\n"
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="description" content="{summary}">\n<link rel="canonical" href="{text(page.uri)}">\n'
        f'<meta property="og:title" content="{title}">\n<meta property="og:site_name" content="{site}">\n'
        f'<link rel="stylesheet" href="/assets/{voice.dice.number(10**8, 10**9)}.css">\n'
        f"<style>{_CSS}</style>\n<script>{_SCRIPT}</script>\n</head>\n"
    )


def _cookies(voice: Voice) -> str:
    return (
        f'<div id="cookie-banner" class="cookie-banner" role="dialog"><p>{_ui(voice, "cookie")}</p>'
        f"<button>{_ui(voice, 'accept')}</button><button>{_ui(voice, 'reject')}</button></div>\n"
    )


def _header(page: Page, voice: Voice) -> str:
    return (
        f'<a class="skip-link" href="#content">{_ui(voice, "skip")}</a>\n<header class="site-header" id="header">'
        f'<div class="logo">{_link(text(page.site.name), "/")}</div>{_navigation(page.site.host, page.language)}'
        f'<form class="search" action="/search"><input type="search" name="q">'
        f"<button>{_ui(voice, 'search')}</button></form>"
        f'<a class="login" href="/login">{_ui(voice, "login")}</a></header>\n'
    )


def _share(voice: Voice) -> str:
    label = _ui(voice, "share")
    ways = [_link(f"{label}: {way}", "#") for way in ("Mail", "Print", "RSS")]
    return f'<div class="share-buttons social">{_list(ways)}</div>\n'


def _related(voice: Voice) -> str:
    entries = [_link(title, f"/r/{voice.dice.number(1, 10**6)}") for title in _titles(voice, voice.dice.number(3, 7))]
    heading = f"<h3>{_ui(voice, 'related')}</h3>"
    return f'<aside class="related sidebar" role="complementary">{heading}{_list(entries)}</aside>\n'


def _footer(page: Page, voice: Voice) -> str:
    links = [_link(_ui(voice, name), f"/{name}") for name in ("privacy", "terms")]
    return (
        f'<footer class="site-footer" id="footer" role="contentinfo"><div class="newsletter">'
        f'<p>{_ui(voice, "newsletter")}</p><input type="email" name="mail"></div>{_list(links)}'
        f"<p>© {voice.dice.number(2012, 2025)} {text(page.site.name)}. {_ui(voice, 'rights')}</p></footer>\n"
    )


_TAGS = {"h1": "h1", "h2": "h2", "p": "p", "item": "li", "step": "li"}
_LISTS = {"item": "ul", "step": "ol"}


def body(blocks: Sequence[Block], name: str) -> str:
    """The main content as HTML, in a box with that class."""
    parts: list[str] = [f'<div class="{name}">\n']
    open_list = ""
    for block in blocks:
        wanted = _LISTS.get(block.tag, "")
        if wanted != open_list:
            parts.append((f"</{open_list}>\n" if open_list else "") + (f"<{wanted}>\n" if wanted else ""))
            open_list = wanted
        parts.append(_element(block))
    if open_list:
        parts.append(f"</{open_list}>\n")
    return "".join(parts) + "</div>\n"


def _element(block: Block) -> str:
    content = text(block.text)
    if block.tag == "pre":
        return f"<pre><code>{content}</code></pre>\n"
    if block.tag == "quote":
        return f"<blockquote><p>{content}</p></blockquote>\n"
    if block.tag == "author":
        return f'<p class="poster"><strong>{content}</strong></p>\n'
    return f"<{_TAGS[block.tag]}>{content}</{_TAGS[block.tag]}>\n"


def _main_article(page: Page, voice: Voice, head: str) -> str:
    return (
        f'{_head(page, voice, head)}<body class="single">\n{_cookies(voice)}{_header(page, voice)}'
        f'<main id="content" class="wrap"><article class="post">\n'
        f"{body(page.blocks, 'post-body')}</article>\n{_share(voice)}</main>\n"
        f"{_related(voice)}{_footer(page, voice)}</body>\n</html>\n"
    )


def _content_area(page: Page, voice: Voice, head: str) -> str:
    return (
        f'{_head(page, voice, head)}<body>\n{_header(page, voice)}<div id="page" class="wrap">'
        f'<div class="content-area"><article>\n{body(page.blocks, "entry-content")}</article></div>\n'
        f"{_related(voice)}</div>\n"
        f"{_share(voice)}{_footer(page, voice)}{_cookies(voice)}</body>\n</html>\n"
    )


def _plain_main(page: Page, voice: Voice, head: str) -> str:
    return (
        f"{_head(page, voice, head)}<body>\n{_cookies(voice)}{_header(page, voice)}{_related(voice)}"
        f'<main class="main-content" role="main"><div class="inner">\n{body(page.blocks, "text")}</div></main>\n'
        f"{_footer(page, voice)}</body>\n</html>\n"
    )


def _article_body(page: Page, voice: Voice, head: str) -> str:
    return (
        f'{_head(page, voice, head)}<body itemscope itemtype="https://schema.org/WebPage">\n{_header(page, voice)}'
        f'<div class="wrap"><article itemprop="articleBody">\n{body(page.blocks, "article-text")}</article>'
        f"{_share(voice)}{_related(voice)}</div>{_footer(page, voice)}{_cookies(voice)}</body>\n</html>\n"
    )


def _breadcrumbs(page: Page, voice: Voice, head: str) -> str:
    trail = " » ".join(_link(_ui(voice, "nav"), "/") for _ in range(3))
    return (
        f'{_head(page, voice, head)}<body>\n{_header(page, voice)}<div class="breadcrumbs nav">{trail}</div>\n'
        f'<main id="main"><article>\n{body(page.blocks, "story")}</article>\n{_share(voice)}{_related(voice)}</main>\n'
        f"{_footer(page, voice)}{_cookies(voice)}</body>\n</html>\n"
    )


def _sectioned(page: Page, voice: Voice, head: str) -> str:
    tags = _list([_link(title, "/tag") for title in _titles(voice, 3)])
    return (
        f'{_head(page, voice, head)}<body class="theme-dark">\n{_cookies(voice)}{_header(page, voice)}'
        f'<main><section class="article-content">\n{body(page.blocks, "rich-text")}</section></main>\n'
        f'<aside class="tags sidebar"><h3>{_ui(voice, "tags")}</h3>{tags}</aside>\n'
        f"{_related(voice)}{_footer(page, voice)}</body>\n</html>\n"
    )


_THEMES: tuple[Callable[[Page, Voice, str], str], ...] = (
    _main_article,
    _content_area,
    _plain_main,
    _article_body,
    _breadcrumbs,
    _sectioned,
)
