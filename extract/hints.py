"""What a page says about its kind: types in JSON-LD and microdata, og:type, the software that made it."""

import numpy as np
from numpy.typing import NDArray

from gristmill.core.jit import kernel
from gristmill.extract.elements import value_hash
from gristmill.extract.scan import is_blank
from gristmill.extract.tags import mix, tag_number, text_hash, whole
from gristmill.extract.tokens import (
    ATTRIBUTES,
    BEGIN,
    FIRST,
    KIND,
    NAME,
    RAW,
    START,
    STOP,
    TAG,
    VALUE,
    VALUE_END,
    Tokens,
)

_WORDS = {
    "article": "article newsarticle reportagenewsarticle techarticle scholarlyarticle advertisercontentarticle",
    "blog": "blogposting blog wordpress blogger ghost hugo jekyll typepad",
    "forum": "discussionforumposting qapage question discourse phpbb vbulletin xenforo mybb invision flarum vanilla smf",
    "product": "product offer aggregateoffer productgroup",
    "shop": "shopify woocommerce magento prestashop opencart bigcommerce",
    "listing": "itemlist collectionpage searchresultspage offercatalog",
    "documentation": "sphinx docusaurus mkdocs readthedocs gitbook vitepress docfx doxygen apireference techarticle",
    "wiki": "mediawiki dokuwiki confluence",
    "recipe": "recipe howto",
    "faq": "faqpage",
    "local": "localbusiness organization service professionalservice corporation hotel restaurant",
    "webpage": "webpage website",
    "builder": "wix squarespace weebly webflow duda joomla drupal typo",
}
HINTS = tuple(_WORDS)
"""The kinds of hint, in order."""

_LD_JSON, _OG_TYPE, _GENERATOR = text_hash("application/ld+json"), text_hash("og:type"), text_hash("generator")
_SCRIPT, _META = tag_number("script"), tag_number("meta")
_A_TYPE, _A_PROPERTY, _A_NAME, _A_CONTENT, _A_ITEMTYPE = map(
    ATTRIBUTES.index, ("type", "property", "name", "content", "itemtype")
)
_QUOTE, _COLON, _COMMA, _OPEN, _AT = 0x22, 0x3A, 0x2C, 0x5B, 0x40
_MOST_TYPES = 8  # in one list


def _hint_table() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    pairs = [(text_hash(word), place) for place, words in enumerate(_WORDS.values()) for word in words.split()]
    keys = np.array([key for key, _ in pairs], np.int64)
    places = np.array([place for _, place in pairs], np.int64)
    keys.flags.writeable = places.flags.writeable = False
    return keys, places


_KEYS, _PLACES = _hint_table()


@kernel
def _note(data: NDArray[np.uint8], begin: int, end: int, hints: NDArray[np.float32]) -> None:
    """Note the words between two places."""
    key = 0
    for at in range(begin, min(end, begin + 200) + 1):
        byte = whole(data[at]) if at < min(end, begin + 200) else whole(0x20)
        if 0x61 <= byte | 0x20 <= 0x7A:
            key = mix(key, (byte | 0x20))
        elif key:
            for place in range(len(_KEYS)):
                if _KEYS[place] == key:
                    hints[_PLACES[place]] = 1
            key = 0


@kernel
def _note_types(data: NDArray[np.uint8], at: int, end: int, hints: NDArray[np.float32]) -> None:
    """Note the values of every "@type" in a script of JSON-LD."""
    while at + 8 < end:
        if not (data[at] == _QUOTE and data[at + 1] == _AT and data[at + 2] == 0x74 and data[at + 6] == _QUOTE):
            at += 1
            continue
        at += 7
        for _ in range(_MOST_TYPES):
            while at < end and (is_blank(data[at]) or data[at] in (_COLON, _OPEN, _COMMA)):
                at += 1
            if at >= end or data[at] != _QUOTE:
                break
            begin = at + 1
            at = begin
            while at < end and data[at] != _QUOTE:
                at += 1
            _note(data, begin, at, hints)
            at += 1


@kernel
def page_hints(data: NDArray[np.uint8], page: Tokens) -> NDArray[np.float32]:
    """Which kinds of hint a page has, float32[len(HINTS)] of 0 and 1."""
    hints = np.zeros(len(HINTS), np.float32)
    for token in range(len(page.rows) - 1):
        kind, tag = page.rows[token, KIND], page.rows[token, TAG]
        first, last = page.rows[token, FIRST], page.rows[token + 1, FIRST]
        if kind == RAW and tag == _SCRIPT:
            for row in range(page.rows[token - 1, FIRST], first):
                begin, end = page.attributes[row, VALUE], page.attributes[row, VALUE_END]
                if page.attributes[row, NAME] == _A_TYPE and value_hash(data, begin, end) == _LD_JSON:
                    _note_types(data, page.rows[token, BEGIN], page.rows[token, STOP], hints)
        elif kind == START and last > first:
            speaks = False
            for row in range(first, last):
                name = page.attributes[row, NAME]
                begin, end = page.attributes[row, VALUE], page.attributes[row, VALUE_END]
                if name == _A_ITEMTYPE:
                    _note(data, begin, end, hints)
                elif tag == _META and (name in (_A_PROPERTY, _A_NAME)):
                    value = value_hash(data, begin, end)
                    speaks |= value in (_OG_TYPE, _GENERATOR)
            if speaks:
                for row in range(first, last):
                    if page.attributes[row, NAME] == _A_CONTENT:
                        _note(data, page.attributes[row, VALUE], page.attributes[row, VALUE_END], hints)
    return hints
