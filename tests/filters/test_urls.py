"""The urls stage: hosts, public suffixes, lists and words, each kernel against the slow and obvious way."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from publicsuffixlist import PublicSuffixList

from gristmill.core.batch import Batch, text_buffers
from gristmill.core.errors import InputError
from gristmill.core.verdict import Verdict
from gristmill.filters import blocklist, suffixes
from gristmill.filters.blocklist import licence_note, load_hosts, load_words
from gristmill.filters.hash_table import backward_hash, hash_table, look_up, word_table
from gristmill.filters.subwords import automaton
from gristmill.filters.url_scan import cut, host_ranges, match_hosts, match_urls, url_hash
from gristmill.filters.url_words import distinct_words, subword_counts
from gristmill.filters.urls import Params, files, judge, licences
from tests.paths import shared

PSL = PublicSuffixList(only_icann=False)
NOTHING = hash_table(np.zeros(0, np.uint64), np.zeros(0, np.int16))


def judge_urls(*urls: str, robots: list[str] | None = None, **params: object) -> Verdict:
    columns = {
        "url": pa.array(urls, pa.string()),
        "robots": pa.array([robots or []] * len(urls), pa.list_(pa.string())),
    }
    return judge(Batch(pa.record_batch(columns)), Params.model_validate(params))


def signal(verdict: Verdict, name: str) -> Any:
    values = verdict.signals[name]
    return pa.array(values).to_pylist()


def failed(verdict: Verdict, row: int = 0) -> list[str]:
    return [rule for rule, mask in verdict.failed.items() if mask[row]]


def urls_as_column(urls: list[str], start: int) -> tuple[Any, Any]:
    buffers = text_buffers(pa.array(urls, pa.large_string())[start:])
    return buffers.data, buffers.offsets


def hash_of(text: str) -> Any:
    return np.uint64(backward_hash(np.frombuffer(text.encode() + b" ", np.uint8), 0, len(text.encode())))


HASHES = st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 9), max_size=30)


@settings(deadline=None)
@given(HASHES, HASHES)
def test_look_up_finds_the_first_value_of_each_hash(keys: list[int], others: list[int]) -> None:
    expected: dict[int, int] = {}
    for value, key in enumerate(keys):
        expected.setdefault(key, value)
    table = hash_table(np.array(keys, np.uint64), np.arange(len(keys), dtype=np.int16))
    for key in keys + others:
        assert look_up(table, np.uint64(key)) == expected.get(key, -1)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://www.Mill.example/a?b#c", "www.Mill.example"),
        ("http://user:pass@mill.example:8080/x", "mill.example"),
        ("http://user@evil@mill.example", "mill.example"),
        ("//mill.example./x", "mill.example"),
        ("mill.example/path?u=http://other.example/", "mill.example"),
        ("https://[2001:db8::1]:443/", "2001:db8::1"),
        ("http://mill.example\\@other.example/", "mill.example"),
        ("http://mill.example?x=@y", "mill.example"),
        ("https://", ""),
        ("", ""),
        ("http://水車.example/", "水車.example"),
    ],
)
def test_the_host_of_a_url(url: str, host: str) -> None:
    data, offsets = urls_as_column(["padding", url], 1)
    ((start, end),) = host_ranges(data, offsets)
    assert data[start:end].tobytes().decode() == host


# The package holds the parent of a wildcard ("kobe.jp" for "*.kobe.jp") for a suffix; the published algorithm does not.
SUFFIX_SAMPLE = [
    *[host for host, flags in sorted(suffixes.rules().items())[::97] if flags != suffixes.WILDCARD],
    *("www.ck", "a.kobe.jp", "city.kobe.jp", "github.io", "co.uk", "jp"),
]
HOSTS = st.builds(
    lambda labels, suffix: ".".join([*labels, suffix]),
    st.lists(st.sampled_from(["a", "www", "city", "b-c", "x1"]), max_size=4),
    st.sampled_from(SUFFIX_SAMPLE) | st.sampled_from(["example", "local", "a"]),
)


@settings(deadline=None, max_examples=200)
@given(st.lists(HOSTS, min_size=1, max_size=8), st.integers(0, 2))
def test_registrable_domains_are_those_of_the_public_suffix_list(hosts: list[str], start: int) -> None:
    data, offsets = urls_as_column([f"http://{host.upper()}/" for host in hosts], start)
    domains, _ = match_hosts(data, host_ranges(data, offsets), suffixes.suffix_table(), (NOTHING, NOTHING, NOTHING))
    copied, ends = cut(data, domains)
    found = [copied[ends[i] : ends[i + 1]].tobytes().decode() for i in range(len(domains))]
    assert found == [PSL.privatesuffix(host) or host for host in hosts[start:]]


@settings(deadline=None)
@given(st.lists(HOSTS, max_size=6), st.lists(HOSTS, max_size=6))
def test_a_listed_host_blocks_itself_and_its_sub_domains(listed: list[str], hosts: list[str]) -> None:
    data, offsets = urls_as_column([f"http://{host}/" for host in hosts], 0)
    table = hash_table(np.array([hash_of(host) for host in listed], np.uint64), np.arange(len(listed), dtype=np.int16))
    ranges = host_ranges(data, offsets)
    _, found = match_hosts(data, ranges, suffixes.suffix_table(), (table, table, table))
    for row, host in enumerate(hosts):
        parents = [".".join(host.split(".")[i:]) for i in range(host.count(".") + 1)]
        own = parents[: parents.index(PSL.privatesuffix(host) or host) + 1]
        first = [listed.index(parent) for parent in own if parent in listed]
        anywhere = [listed.index(parent) for parent in parents if parent in listed]
        assert found[0, row] == (first[0] if first else -1)
        assert found[1, row] == found[2, row] == (anywhere[0] if anywhere else -1)


def test_an_address_matches_only_as_a_whole(tmp_path: Path) -> None:
    (tmp_path / "domains").write_text("10.20.30.40\n2001:db8::1\n30.41\n")
    lists = {"extra_domain_lists": [str(tmp_path / "domains")]}
    verdict = judge_urls("http://10.20.30.40/", "http://10.20.30.41", "http://[2001:DB8::1]/", **lists)
    assert [failed(verdict, row) for row in range(3)] == [["urls.blocked_domain"], [], ["urls.blocked_domain"]]
    assert signal(verdict, "urls.domain") == ["10.20.30.40", "10.20.30.41", "2001:db8::1"]


WORDS = ("casino", "poker", "sex", "水車")
URLISH = st.text(st.sampled_from("aceinokprsxCASINO.-/%20?水車"), max_size=20) | st.lists(
    st.sampled_from([*WORDS, "Poker", "-", ".", "/", "%20", "x"]), max_size=8
).map("".join)


@settings(deadline=None)
@given(st.lists(URLISH, max_size=6), st.integers(0, 2))
def test_distinct_words_matches_a_regular_expression(urls: list[str], start: int) -> None:
    data, offsets = urls_as_column(urls, start)
    counts = distinct_words(data, offsets, (word_table(WORDS), NOTHING), len(WORDS))[0]
    for count, url in zip(counts, urls[start:], strict=True):
        plain = re.sub(r"%.{0,2}", " ", url, flags=re.DOTALL | re.ASCII) if url.isascii() else None
        if plain is not None:
            assert count == len({word.lower() for word in re.split("[^a-zA-Z0-9]+", plain)} & set(WORDS))


def test_words_of_other_scripts_are_words() -> None:
    data, offsets = urls_as_column(["http://a.example/水車/poker"], 0)
    assert distinct_words(data, offsets, (word_table(WORDS), NOTHING), len(WORDS))[0].tolist() == [2]


@settings(deadline=None)
@given(
    st.lists(st.text("abcA.-", max_size=20), max_size=5), st.sets(st.text("abc", min_size=1, max_size=4), max_size=5)
)
def test_subwords_are_found_wherever_they_end(urls: list[str], words: set[str]) -> None:
    data, offsets = urls_as_column(urls, 0)
    counts = subword_counts(data, offsets, automaton(tuple(sorted(words))))
    for count, url in zip(counts, urls, strict=True):
        plain = url.lower().replace("-", "").replace(".", "")
        assert count == sum(plain.startswith(word, i) for word in words for i in range(len(plain)))


def test_a_list_file_gives_hosts_categories_and_ascii_forms(tmp_path: Path) -> None:
    path = tmp_path / "mine.txt"
    path.write_text(
        "# all\nFirst.example.  # why\r\n\n[two]\n*.second.example\n.third.example\nbücher.example\nfirst.example"
    )
    hosts = load_hosts((path,))
    assert hosts.categories == ("mine", "two")
    expected = {
        "first.example": 0,
        "second.example": 1,
        "third.example": 1,
        "xn--bcher-kva.example": 1,
        "x.example": -1,
    }
    assert {host: look_up(hosts.table, hash_of(host)) for host in expected} == expected


def test_lists_in_the_layout_of_ut1_are_read(tmp_path: Path) -> None:
    (tmp_path / "astrology").mkdir()
    (tmp_path / "astrology" / "domains").write_text("stars.example\nblogspot.com\n")
    lists = {"extra_domain_lists": [str(tmp_path / "astrology" / "domains")]}
    verdict = judge_urls("https://a.stars.example/", "https://stars.example.org/", "https://me.blogspot.com/", **lists)
    assert signal(verdict, "urls.category") == ["astrology", "", ""]
    assert [failed(verdict, row) for row in range(3)] == [["urls.blocked_domain"], [], []]
    assert Path(lists["extra_domain_lists"][0]) in files(Params.model_validate(lists))


@pytest.mark.parametrize("name", ["extra_domain_lists", "extra_allowed_lists", "extra_hard_words"])
def test_a_missing_list_is_named(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.txt cannot be read"):
        judge_urls("http://a.example", **{name: [str(tmp_path / "none.txt")]})


@pytest.mark.parametrize(
    ("name", "line", "said"),
    [
        ("extra_domain_lists", "two words.example", "is not a host name"),
        ("extra_domain_lists", "http://a.example/path", "is not a host name"),
        ("extra_domain_lists", "x" * 254, "is not a host name"),
        ("extra_domain_lists", "ü" * 300, "is not a host name"),
        ("extra_domain_lists", "\x1f\x8b\x08", "is not a host name"),
        ("extra_suffix_lists", "casino?", "is not a host name"),
        ("extra_url_lists", "a.example/two words", "is not a URL"),
        ("extra_url_lists", "?path", "is not a URL"),
        ("extra_url_lists", "/only/a/path", "is not a URL"),
        ("extra_soft_words", "nul\0byte", "is not one word"),
        ("extra_hard_words", "two words", "is not one word"),
        ("extra_soft_words", "---", "is not one word"),
    ],
)
def test_a_bad_line_is_named(name: str, line: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.txt"
    path.write_text(
        f"# a list\ngood.example\n\n{line}\nfine.example\n" if "word" not in name else f"# a\nok\n\n{line}\n"
    )
    with pytest.raises(InputError, match=rf"bad\.txt, line 4: .* {said}.*Mend or delete the line"):
        judge_urls("http://a.example", **{name: [str(path)]})


def test_bytes_that_are_no_text_are_refused_with_their_line(tmp_path: Path) -> None:
    (tmp_path / "bad.txt").write_bytes(b"a.example\n\xff\xfe.example\n")
    with pytest.raises(InputError, match=r"bad\.txt, line 2"):
        load_hosts((tmp_path / "bad.txt",))


def collection(folder: Path, **categories: str) -> Path:
    """A collection in UT1's layout; "name": "domains|urls", separated by spaces."""
    for name, lists in categories.items():
        (folder / name).mkdir(parents=True)
        for kind, entries in zip(("domains", "urls"), lists.split("|"), strict=True):
            if entries:
                (folder / name / kind).write_text("\n".join(entries.split()) + "\n")
    return folder


def test_a_collection_is_read_by_category(tmp_path: Path) -> None:
    folder = collection(
        tmp_path, adult="stars.example|pages.example/~nina", gambling="dice.example|", blog="blogs.example|"
    )
    lists: dict[str, Any] = {"collection": str(folder)}
    urls = ("http://a.stars.example", "http://www.pages.example/~nina/1", "http://dice.example", "http://blogs.example")
    verdict = judge_urls(*urls, **lists)
    assert signal(verdict, "urls.category") == ["adult", "adult", "gambling", ""]
    assert [failed(verdict, row) for row in range(4)] == [
        ["urls.blocked_domain"], ["urls.blocked_url"], ["urls.blocked_domain"], [],
    ]  # fmt: skip
    assert {folder / "adult/domains", folder / "adult/urls"} <= set(files(Params.model_validate(lists)))
    chosen = judge_urls(*urls, categories=["blog"], **lists)
    assert signal(chosen, "urls.category") == ["", "", "", "blog"]


def test_a_category_that_is_not_there_is_named(tmp_path: Path) -> None:
    folder = str(collection(tmp_path, blog="blogs.example|", press="|news.example/a"))
    with pytest.raises(InputError, match=r"has no category 'adlut'.* it has: blog, press"):
        judge_urls("http://a.example", collection=folder, categories=["adlut"])
    with pytest.raises(InputError, match=r"none of the recommended categories.* it has: blog, press"):
        judge_urls("http://a.example", collection=folder)
    with pytest.raises(InputError, match="is no folder"):
        judge_urls("http://a.example", collection=str(tmp_path / "none"))


def plain_key(url: str) -> str:
    url = url.lower().partition("#")[0].partition("://")[2] or url.lower().partition("#")[0]
    host = re.split("[/?]", url)[0]
    return url.replace(host, host.removeprefix("www.").rstrip("."), 1).rstrip("/")


PIECES = st.sampled_from(["a.example", "www.b.example", "http://", "/", "/x", "/y", "?q=1", "&r", "#f", "X", "~n"])


@settings(deadline=None)
@given(st.lists(st.lists(PIECES, max_size=6).map("".join), max_size=6), st.lists(PIECES, max_size=4).map("".join))
def test_a_listed_url_holds_for_all_below_it(urls: list[str], entry: str) -> None:
    urls = [f"http://{url.replace('http://', '')}" for url in urls]
    entry = "a.example" + entry.replace("http://", "")
    key = plain_key(entry)
    data = np.frombuffer(entry.encode() + b" ", np.uint8)
    table = hash_table(np.array([url_hash(data, 0, len(entry.encode()))], np.uint64), np.zeros(1, np.int16))
    found = match_urls(*urls_as_column(urls, 0), table)
    for url, place in zip(urls, found.tolist(), strict=True):
        own = url.lower().partition("#")[0].partition("://")[2]
        host, rest = re.match("([^/?]*)(.*)", own).groups()  # type: ignore[union-attr]
        own = host.removeprefix("www.").rstrip(".") + rest
        if "/" in key or "?" in key:
            below = own == key or (own.startswith(key) and own[len(key)] in "/?&")
        else:
            below = own.rstrip("/") == key
        assert (place == 0) == below, (url, entry)


@pytest.mark.parametrize(
    ("entry", "url", "listed"),
    [
        ("http://www.a.example/~nina/", "https://A.example/~NINA", True),
        ("a.example/x", "http://a.example/x?page=2", True),
        ("a.example/x", "http://a.example/xy", False),
        ("a.example/x", "http://b.a.example/x", False),
        ("a.example/?id=3", "http://a.example:8080/?id=3&lang=en", True),
        ("a.example/?id=3", "http://a.example/?id=31", False),
        ("a.example/#top", "http://a.example/", True),
        ("a.example/#top", "http://a.example/page", False),
    ],
)
def test_which_urls_an_entry_names(entry: str, url: str, listed: bool, tmp_path: Path) -> None:
    (tmp_path / "urls.txt").write_text(entry + "\n")
    verdict = judge_urls(url, extra_url_lists=[str(tmp_path / "urls.txt")])
    assert failed(verdict) == (["urls.blocked_url"] if listed else [])


def test_a_large_list_is_kept_and_shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(blocklist, "_CACHED_BYTES", 10)
    folder = collection(tmp_path / "lists", adult="stars.example mars.example|", dating="moon.example|")
    paths = (folder / "adult/domains", folder / "dating/domains")
    first = blocklist._load(paths, urls=False)
    kept = list((tmp_path / "cache" / "gristmill" / "lists").iterdir())
    assert len(kept) == 1
    assert first.categories == ("adult", "dating")
    assert isinstance(first.table.hashes.base, np.memmap)
    assert [look_up(first.table, hash_of(f"{name}.example")) for name in ("stars", "moon", "sun")] == [0, 1, -1]
    again = blocklist._load(paths, urls=False)
    assert all(np.array_equal(getattr(first.table, name), getattr(again.table, name)) for name in first.table._fields)
    paths[1].write_text("sun.example\n")
    changed = blocklist._load(paths, urls=False)
    assert look_up(changed.table, hash_of("sun.example")) == 1
    monkeypatch.setenv("XDG_CACHE_HOME", "/dev/null/nowhere")
    assert (blocklist._load(paths, urls=False).table.hashes == changed.table.hashes).all()


def test_curated_sources_are_held_out_though_they_are_allowed() -> None:
    hosts = ("arxiv.org", "export.arxiv.org", "en.wikipedia.org", "de.wikipedia.org", "old.reddit.com", "mill.example")
    verdict = judge_urls(*(f"https://{host}/a" for host in hosts), hold_out_curated=True)
    assert verdict.failed["urls.curated_source"].tolist() == [True, True, True, False, True, False]
    assert not verdict.failed["urls.blocked_domain"].any()
    assert "urls.curated_source" not in judge_urls("https://arxiv.org/").failed


def test_every_list_has_a_note_of_its_licence(tmp_path: Path) -> None:
    for path in sorted(blocklist.LISTS.glob("*.txt")):
        assert licence_note(path) == "licence: Apache-2.0"
    folder = collection(tmp_path, adult="stars.example|")
    notes = licences(Params(collection=str(folder)))
    assert notes["domains.txt"] == "licence: Apache-2.0"
    assert notes[str(folder / "adult/domains")] == "no note of a licence"
    assert licence_note(folder / "adult/domains") == "no note of a licence"
    (folder / "LICENSE.pdf").write_bytes(b"")
    assert licence_note(folder / "adult/domains") == f"see {folder / 'LICENSE.pdf'}"


def test_the_sample_of_ut1_is_read_whole(tmp_path: Path) -> None:
    rows = pq.read_table(shared("quality", "lists", "url_blocklist_sample.parquet")).to_pylist()
    for row in rows:
        path = tmp_path / row["category"] / f"{row['kind']}s"
        path.parent.mkdir(exist_ok=True)
        with path.open("a") as file:
            file.write(row["value"] + "\n")
    categories = sorted({row["category"] for row in rows})
    urls = [f"http://{row['value']}{'/x' if row['kind'] == 'domain' else ''}" for row in rows]
    verdict = judge_urls(*urls, collection=str(tmp_path), categories=categories, shipped_lists=False)
    hosts, pages = verdict.failed["urls.blocked_domain"], verdict.failed["urls.blocked_url"]
    assert np.mean([hosts[i] for i, row in enumerate(rows) if row["kind"] == "domain"]) > 0.99  # but public suffixes
    assert all(pages[i] or hosts[i] for i, row in enumerate(rows) if row["kind"] == "url")
    assert failed(judge_urls("http://mill.example/", collection=str(tmp_path), categories=categories)) == []


def test_the_allow_list_wins_over_lists_but_not_over_wishes(tmp_path: Path) -> None:
    (tmp_path / "ok.txt").write_text("cheap-pills.example\n")
    lists = {"extra_allowed_lists": [str(tmp_path / "ok.txt")]}
    url = "http://www.cheap-pills.example/porn/onlinecasino"
    assert failed(judge_urls(url)) == ["urls.blocked_domain", "urls.hard_word", "urls.strict_subword"]
    verdict = judge_urls(url, robots=["meta robots: noai"], **lists)
    assert failed(verdict) == ["optout.noai"]
    assert signal(verdict, "urls.hard_words") == [1]
    assert signal(verdict, "urls.allowed") == [True]


def test_without_the_shipped_lists_nothing_is_blocked() -> None:
    assert failed(judge_urls("http://cheap-pills.example/porn/onlinecasino", shipped_lists=False)) == []


@pytest.mark.parametrize(
    "url",
    ["https://www.essex.ac.uk/essex-cam-pus", "http://when.tai-wan.example/", "http://a.example/Dick-Cheney-casino"],
)
def test_ordinary_urls_pass(url: str) -> None:
    assert failed(judge_urls(url)) == []


def test_shipped_words_are_clean() -> None:
    for name in ("hard_words.txt", "soft_words.txt", "strict_subwords.txt"):
        lines = [line for line in (blocklist.LISTS / name).read_text().splitlines() if not line.startswith("#")]
        assert lines == list(load_words((blocklist.LISTS / name,))) or sorted(lines) == list(
            load_words((blocklist.LISTS / name,))
        )


def test_judgements_do_not_depend_on_the_batch_and_an_empty_batch_keeps_its_types() -> None:
    urls = ["http://cheap-pills.example", "", "http://a.casino/", "http://a.co.uk/sex/nude", "ftp://x\0y"]
    whole = judge_urls(*urls)
    for row, url in enumerate(urls):
        alone = judge_urls(url)
        assert failed(alone) == failed(whole, row)
        assert all(signal(alone, name)[0] == signal(whole, name)[row] for name in whole.signals)
    empty = judge_urls()
    for name, values in whole.signals.items():
        assert pa.array(empty.signals[name]).type == pa.array(values).type


def test_a_batch_without_the_robots_column_has_no_wishes() -> None:
    batch = Batch(pa.record_batch({"url": pa.array(["http://a.example"])}))
    assert not any(mask.any() for mask in judge(batch, Params()).failed.values())
