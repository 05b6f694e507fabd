"""What must be known of HTML's elements: which are void, raw text, closed by others, reopened.

The table follows the HTML Standard's tree construction (section 13.2.6) as far as it decides nesting.
"""

from typing import SupportsInt

import numpy as np
from numpy.typing import NDArray

from gristmill.core.jit import inlined, kernel

VOID = 1  # no content, no end tag
RAW_TEXT = 2  # content is text up to the matching end tag
SPECIAL = 4  # ordinary end tags do not reach past it
CLOSES_P = 8  # its start tag ends an open paragraph
FORMATTING = 16  # reopened after whatever closed it implicitly ("active formatting elements")
SCOPE = 32  # end tags and implied ends do not reach past it
BREAKS_OUT = 64  # its start tag ends SVG and MathML content
SVG_POINT = 128  # SVG element whose content is HTML again
HEADING = 256
ROOT = 512  # html, head, body: there is one, whatever the page repeats
IN_TABLE = 1024  # its start tag is ignored outside a table
FOREIGN = 2048  # svg, math
FORM = 4096  # a form in a form is ignored
LAST = 8192  # plaintext: nothing after it is markup
INLINE = 16384  # special, but what was closed implicitly is reopened before it
MATH_POINT = 32768  # MathML element whose content is HTML again
LIST = 65536  # no end tag of an item reaches past it
BUTTON_SCOPE = 131072  # no end of a paragraph reaches past it
TABLE_SCOPE = 262144  # no end of a row or cell reaches past it

BREAK = 524288  # text before and after it does not belong together
SKIPPED = 1048576  # its text is no text of the page
BOLD = 2097152
PREFORMATTED = 4194304  # white space counts

_LISTS = {
    VOID: "area base basefont bgsound br col embed frame hr image img input keygen link meta param source track wbr",
    RAW_TEXT: "iframe noembed noframes script style textarea title xmp",
    SPECIAL: (
        "address applet area article aside base basefont bgsound blockquote body br button caption center col "
        "colgroup dd details dir div dl dt embed fieldset figcaption figure footer form frame frameset h1 h2 "
        "h3 h4 h5 h6 head header hgroup hr html iframe img input keygen li link listing main marquee menu "
        "meta nav noembed noframes noscript object ol p param plaintext pre script search section select "
        "source style summary table tbody td template textarea tfoot th thead title tr track ul wbr xmp"
    ),
    CLOSES_P: (
        "address article aside blockquote center dd details dialog dir div dl dt fieldset figcaption figure "
        "footer form h1 h2 h3 h4 h5 h6 header hgroup hr li listing main menu nav ol p plaintext pre search "
        "section summary ul xmp"
    ),
    FORMATTING: "a b big code em font i nobr s small strike strong tt u",
    SCOPE: "applet caption html marquee object table td template th",
    BREAKS_OUT: (
        "b big blockquote body br center code dd div dl dt em embed h1 h2 h3 h4 h5 h6 head hr i img li "
        "listing menu meta nobr ol p pre ruby s small span strong strike sub sup table tt u ul var"
    ),
    SVG_POINT: "desc foreignobject title",
    HEADING: "h1 h2 h3 h4 h5 h6",
    ROOT: "body head html",
    IN_TABLE: "caption col colgroup tbody td tfoot th thead tr",
    FOREIGN: "math svg",
    FORM: "form",
    LAST: "plaintext",
    MATH_POINT: "mi mn mo ms mtext",
    LIST: "ol ul",
    BUTTON_SCOPE: "button",
    TABLE_SCOPE: "table template",
    BREAK: (
        "address article aside blockquote body button caption center dd details dialog dir div dl dt fieldset figcaption "
        "figure footer form frameset h1 h2 h3 h4 h5 h6 header hgroup hr html legend li listing main menu nav "
        "noscript ol optgroup option p plaintext pre search section select summary table tbody td textarea tfoot th thead "
        "title tr ul video audio xmp"
    ),
    SKIPPED: (
        "script style template svg iframe noembed noframes textarea select datalist canvas audio video rt "
        "rp title del annotation annotation-xml"
    ),
    BOLD: "b strong em",
    PREFORMATTED: "pre listing xmp plaintext",
    INLINE: "applet area br button embed image img input keygen marquee object select wbr xmp",
}

_PLAIN = """
    span time cite q abbr sub sup code kbd samp var mark picture label legend dialog math annotation rt rp rb rtc ruby del
    ins
"""

HASH_BASE = 131
_HASH_MASK = (1 << 54) - 1
_SLOTS = 1024
TAGS = _SLOTS
"""Numbers of the tags in the table are below."""


@inlined
def whole(value: SupportsInt) -> int:
    """A number as int64: what stands in an array may be narrower, or have no sign."""
    number: int = np.int64(value)  # type: ignore[assignment]
    return number


@inlined
def mix(value: int, more: int) -> int:
    """Hash of what has the hash `value` and `more` behind it. Never negative, and never wraps: compiled code may take it
    for granted that whole numbers do not, and did so once, in a comparison that was false for equal numbers."""
    return (value * HASH_BASE + (more & _HASH_MASK)) & _HASH_MASK


def text_hash(text: str) -> int:
    """The number kernels compute for a name: base-131 polynomial of its bytes modulo 2⁵⁴."""
    value = 0
    for byte in text.encode():
        value = (value * HASH_BASE + byte) & _HASH_MASK
    return value


def tag_hash(name: str) -> int:
    """The same for a tag's name, in lower case."""
    return text_hash(name.lower())


_NAMES = {tag_hash(name): name for names in (*_LISTS.values(), _PLAIN) for name in names.split()}


def _tag_table() -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    flags: dict[str, int] = {}
    for flag, names in _LISTS.items():
        for name in names.split():
            flags[name] = flags.get(name, 0) | flag
    keys = np.zeros(_SLOTS, np.int64)
    values = np.zeros(_SLOTS, np.int32)
    for name in _PLAIN.split():
        flags.setdefault(name, 0)
    for name in sorted(flags):
        slot = tag_hash(name) % _SLOTS
        while keys[slot]:
            slot = (slot + 1) % _SLOTS
        keys[slot] = tag_hash(name)
        values[slot] = flags[name]
    keys.flags.writeable = values.flags.writeable = False
    return keys, values


# Open addressing: the tag with hash h lies at slot h % 1024 or behind it; key 0 is an empty slot. int64[1024],
# int32[1024].
TAG_KEYS, TAG_FLAGS = _tag_table()


@kernel
def tag_of(name: int) -> int:
    """A tag's number by its hash, for int32: its slot in the table, or some number above for one that is not there."""
    slot = name & (_SLOTS - 1)
    while TAG_KEYS[slot] != 0:
        if TAG_KEYS[slot] == name:
            return slot
        slot = (slot + 1) & (_SLOTS - 1)
    return TAGS + (name >> 8 & 0x3FFFFFFF)


@kernel
def flags_of(name: int) -> int:
    """The flags of a tag by its hash; 0 for one that the table does not know."""
    tag = tag_of(name)
    return int(TAG_FLAGS[tag]) if tag < TAGS else 0


def tag_name(number: int) -> str:
    """The name of a tag by its number, "" for one that is not in the table."""
    return _NAMES.get(int(TAG_KEYS[number]), "") if number < TAGS else ""


def tag_number(name: str) -> int:
    """The number that `tag_of` gives a tag of the table, for kernels' constants."""
    return int(np.flatnonzero(tag_hash(name) == TAG_KEYS)[0])


P, LI, DD, DT, A, NOBR, BUTTON, OPTION, OPTGROUP, BR, ADDRESS, DIV = map(
    tag_hash, ("p", "li", "dd", "dt", "a", "nobr", "button", "option", "optgroup", "br", "address", "div")
)
TABLE, TBODY, THEAD, TFOOT, TR, TD, TH, TEMPLATE = map(
    tag_hash, ("table", "tbody", "thead", "tfoot", "tr", "td", "th", "template")
)
