"""Pages left out for where they lie, or because they ask for it: block lists over URLs, and page-level opt-outs.

RefinedWeb's tests (Penedo et al. 2023, arXiv:2306.01116, 3.1, appendix G): domains, and words of the URL by strength.
Words are compared without regard to case, as in DCLM. `optout.*` comes from optout.py; no allow-list overrides it.
"""

from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field

from gristmill.core.batch import Batch, text_buffers
from gristmill.core.limits import Limit, apply_limits
from gristmill.core.params import StageParams
from gristmill.core.verdict import Example, Signal, Verdict
from gristmill.filters import suffixes
from gristmill.filters.blocklist import (
    LISTS,
    HostList,
    collection_lists,
    licence_note,
    load_hosts,
    load_urls,
    load_words,
)
from gristmill.filters.hash_table import word_table
from gristmill.filters.optout import AIPREF_TRAIN, NOAI, TDM, opt_outs
from gristmill.filters.subwords import automaton
from gristmill.filters.url_scan import cut, host_ranges, match_hosts, match_urls
from gristmill.filters.url_words import distinct_words, subword_counts

NAME = "urls"
VERSION = 2
LIMITS = (
    Limit("urls.hard_word", "urls.hard_words", "reaches", "min_hard_words", unless="urls.allowed"),
    Limit("urls.soft_words", "urls.soft_words", "reaches", "min_soft_words", unless="urls.allowed"),
    Limit("urls.strict_subword", "urls.strict_subwords", "reaches", "min_strict_subwords", unless="urls.allowed"),
    Limit("optout.noai", "optout.noai", "true", "respect_noai"),
    Limit("optout.tdm", "optout.tdm", "true", "respect_tdm"),
    Limit("optout.aipref_train", "optout.aipref_train", "true", "respect_aipref"),
)
_CURATED_LIST = LISTS / "curated.txt"
_LISTED = ("urls.blocked_domain", "urls.blocked_suffix", "urls.blocked_url")
_CURATED = "urls.curated_source"
RULES = (*_LISTED, _CURATED, *(limit.rule for limit in LIMITS))
OFF = ("urls.blocked_url", _CURATED)  # under default parameters: the project ships no list of URLs
UPSTREAM: tuple[str, ...] = ()


class Params(StageParams):
    """Which lists are read beside the project's own, and which wishes are followed."""

    shipped_lists: bool = True
    """Whether the project's own lists (filters/lists) are used beside the extra ones."""

    hold_out_curated: bool = False
    """Leave out hosts that are added from cleaner sources (filters/lists/curated.txt: arXiv, Stack Exchange, Wikipedia …).
    RefinedWeb: yes. No allow-list overrides it."""

    collection: str = ""
    """Folder of a collection of lists in UT1's layout: a folder for each category, with files `domains` and `urls`."""

    categories: tuple[str, ...] = ()
    """Categories of the collection whose pages are left out; empty for those of adult, mixed_adult, phishing, malware,
    ddos, gambling, agressif and dating that it has. Others (blog, press, forums …) hold ordinary text."""

    extra_domain_lists: tuple[str, ...] = ()
    """Files of hosts and domains, one a line (UT1's `domains`); the category is `[name]` inside, or the folder."""

    extra_url_lists: tuple[str, ...] = ()
    """Files of URLs, one a line (UT1's `urls`): what begins so is left out. One without a path is a front page."""

    extra_suffix_lists: tuple[str, ...] = ()
    """Files of ends of hosts, one a line."""

    extra_allowed_lists: tuple[str, ...] = ()
    """Files of ends of hosts that no list or word removes."""

    extra_hard_words: tuple[str, ...] = ()
    """Files of words one of which is enough. RefinedWeb's "hard" list; DCLM has 176, datatrove 215."""

    extra_soft_words: tuple[str, ...] = ()
    """Files of words of which `min_soft_words` are needed. DCLM has 83, datatrove 88."""

    extra_strict_subwords: tuple[str, ...] = ()
    """Files of strings that a URL must not hold once `-` and `.` are deleted. DCLM has 117, datatrove 134."""

    min_hard_words: int = Field(default=1, ge=1)
    """Distinct hard words that make a URL fail. RefinedWeb: one is enough."""

    min_soft_words: int = Field(default=2, ge=1)
    """Distinct soft words that make a URL fail. RefinedWeb, DCLM and datatrove: 2."""

    min_strict_subwords: int = Field(default=1, ge=1)
    """Forbidden strings that make a URL fail. RefinedWeb: one is enough."""

    respect_noai: bool = True
    """Leave out pages that say `noai` in a robots meta tag or an X-Robots-Tag header."""

    respect_tdm: bool = True
    """Leave out pages that reserve text and data mining (TDMRep, `tdm-reservation: 1`)."""

    respect_aipref: bool = True
    """Leave out pages that refuse training by `Content-Usage: train-ai=n` (IETF draft AIPREF)."""


def _example(url: str, *failed: str, robots: tuple[str, ...] = ()) -> Example:
    return Example("Some text.", failed, {"url": url, "robots": list(robots)})


EXAMPLES = (
    _example("https://mill.example/history/water-wheels.html"),
    _example("http://www.cheap-pills.example/", "urls.blocked_domain"),
    _example("https://rooms.hotel.casino/", "urls.blocked_suffix"),
    _example("https://videos.example/XXX/1", "urls.hard_word"),
    _example("https://games.example/poker/roulette.html", "urls.soft_words"),
    _example("https://games.example/poker/rules-of-poker.html"),
    _example("https://best-on-line-casino.example/", "urls.strict_subword"),
    _example("https://en.wikipedia.org/wiki/Online_casino_bonus_poker"),
    _example("https://art.example/", "optout.noai", robots=("meta robots: index, NoAI",)),
    _example("https://news.example/", "optout.tdm", robots=("header tdm-reservation: 1",)),
    _example("https://blog.example/", "optout.aipref_train", robots=("header content-usage: search=y, train-ai=n",)),
    _example("https://shop.example/", robots=("meta robots: noindex, noimageai", "header content-usage: train-ai=y")),
)


def files(params: Params) -> tuple[Path, ...]:
    """All lists, and the public suffix list."""
    lists = [_domain_lists(params), _url_lists(params)]
    lists.append(_paths("suffixes.txt", params.extra_suffix_lists, params))
    lists.append(_paths("allowed.txt", params.extra_allowed_lists, params))
    lists.append(_paths("hard_words.txt", params.extra_hard_words, params))
    lists.append(_paths("soft_words.txt", params.extra_soft_words, params))
    lists.append(_paths("strict_subwords.txt", params.extra_strict_subwords, params))
    lists.append((_CURATED_LIST,) if params.hold_out_curated else ())
    return (suffixes.FILE, *(path for paths in lists for path in paths))


def licences(params: Params) -> dict[str, str]:
    """What each list says of its licence, by path; the project's own by name."""
    lists = (path for path in files(params) if path != suffixes.FILE)
    return {path.name if path.parent == LISTS else str(path): licence_note(path) for path in lists}


def judge(batch: Batch, params: Params) -> Verdict:
    """Judge each document by its `url` and `robots` columns."""
    urls = text_buffers(batch.column("url"))
    blocked, pages = load_hosts(_domain_lists(params)), load_urls(_url_lists(params))
    ends = load_hosts(_paths("suffixes.txt", params.extra_suffix_lists, params))
    allowed = load_hosts(_paths("allowed.txt", params.extra_allowed_lists, params))
    hosts = host_ranges(urls.data, urls.offsets)
    domains, matches = match_hosts(
        urls.data, hosts, suffixes.suffix_table(), (blocked.table, ends.table, allowed.table)
    )
    listed = (matches[0], matches[1], match_urls(urls.data, urls.offsets, pages.table))
    hard, soft = _count_words(
        urls.data,
        urls.offsets,
        load_words(_paths("hard_words.txt", params.extra_hard_words, params)),
        load_words(_paths("soft_words.txt", params.extra_soft_words, params)),
    )
    strict = load_words(_paths("strict_subwords.txt", params.extra_strict_subwords, params))
    wishes = _wishes(batch)
    signals: dict[str, Signal] = {
        "urls.domain": _strings(urls.data, domains),
        "urls.category": _categories((blocked, ends, pages), listed),
        "urls.allowed": matches[2] >= 0,
        "urls.hard_words": hard,
        "urls.soft_words": soft,
        "urls.strict_subwords": subword_counts(urls.data, urls.offsets, automaton(strict)),
        "optout.noai": (wishes & NOAI) != 0,
        "optout.tdm": (wishes & TDM) != 0,
        "optout.aipref_train": (wishes & AIPREF_TRAIN) != 0,
    }
    by_list = {rule: (found >= 0) & (matches[2] < 0) for rule, found in zip(_LISTED, listed, strict=True)}
    if params.hold_out_curated:
        tables = (load_hosts((_CURATED_LIST,)).table, *(load_hosts(()).table,) * 2)
        by_list[_CURATED] = match_hosts(urls.data, hosts, suffixes.suffix_table(), tables)[1][0] >= 0
    return Verdict(signals, by_list | apply_limits(LIMITS, signals, params, batch))


def _domain_lists(params: Params) -> tuple[Path, ...]:
    return _paths("domains.txt", params.extra_domain_lists, params) + _collected(params, "domains")


def _url_lists(params: Params) -> tuple[Path, ...]:
    return tuple(Path(path) for path in params.extra_url_lists) + _collected(params, "urls")


def _collected(params: Params, kind: str) -> tuple[Path, ...]:
    return collection_lists(Path(params.collection), params.categories, kind) if params.collection else ()


def _paths(shipped: str, extra: tuple[str, ...], params: Params) -> tuple[Path, ...]:
    """The files of one kind of list: the project's own first, so that it names the category."""
    return ((LISTS / shipped,) if params.shipped_lists else ()) + tuple(Path(path) for path in extra)


def _count_words(data: NDArray[np.uint8], offsets: NDArray[np.int64], *lists: tuple[str, ...]) -> NDArray[np.int64]:
    hard, soft = lists
    return distinct_words(data, offsets, (word_table(hard), word_table(soft)), max(len(hard), len(soft), 1))


def _wishes(batch: Batch) -> NDArray[np.int8]:
    """The opt-outs of each document; none where the input has no `robots` column."""
    if "robots" not in batch.documents.schema.names:
        return np.zeros(len(batch), np.int8)
    return opt_outs(batch.column("robots"))


def _strings(data: NDArray[np.uint8], ranges: NDArray[np.int64]) -> pa.Array:
    """Pieces of a buffer in lower case: string[pieces]."""
    copied, offsets = cut(data, ranges)
    return pa.StringArray.from_buffers(len(ranges), pa.py_buffer(offsets), pa.py_buffer(copied))


def _categories(lists: tuple[HostList, ...], found: tuple[NDArray[np.int64], ...]) -> pa.Array:
    """The category of the list that names each host or URL, of the first list that does; "" where none does."""
    names = ("", *(name for each in lists for name in each.categories))
    codes = np.zeros(len(found[0]), np.int64)
    first = 1
    for each, places in zip(lists, found, strict=True):
        codes = np.where((codes == 0) & (places >= 0), places + first, codes)
        first += len(each.categories)
    return pa.array(names, pa.string()).take(pa.array(codes))
