"""What pages say about themselves."""

from gristmill.extract.engines import Markup
from gristmill.extract.metadata import Metadata, read_metadata


def read(html: str, headers: tuple[tuple[str, str], ...] = (), url: str | None = "https://example.org/a/b") -> Metadata:
    return read_metadata(Markup(html.encode(), url), headers)


def test_title_and_language() -> None:
    page = read('<html lang="pt-BR"><title>\n A &amp; B\t page </title><svg><title>icon</title></svg>')
    assert (page.title, page.lang) == ("A & B page", "pt-BR")
    assert read('<html xml:lang="de"><meta property="og:title" content=" Shared  title ">')[:2] == (
        "Shared title",
        "de",
    )
    assert read("<p>nothing")[:2] == ("", "")


def test_wishes_are_recorded_verbatim_headers_first() -> None:
    headers = (
        ("X-Robots-Tag", "noai, noimageai"),
        ("x-robots-tag", "googlebot: noarchive"),
        ("TDM-Reservation", "1"),
        ("Content-Usage", "train-ai=n"),
        ("Server", "noai"),
    )
    page = read(
        '<META NAME="Robots" CONTENT="NoAI">'
        '<meta name="ccbot" content="nofollow"><meta name="tdm-reservation" content="1">'
        '<meta http-equiv="X-Robots-Tag" content="nosnippet"><meta name="description" content="noai">'
        '<body><meta name=robots content="noindex"><meta name=robots content="NoAI">',
        headers,
    )
    assert page.robots == (
        "header x-robots-tag: noai, noimageai",
        "header x-robots-tag: googlebot: noarchive",
        "header tdm-reservation: 1",
        "header content-usage: train-ai=n",
        "meta robots: NoAI",
        "meta ccbot: nofollow",
        "meta tdm-reservation: 1",
        "meta x-robots-tag: nosnippet",
        "meta robots: noindex",
    )


def test_licences_from_links_metas_and_microdata() -> None:
    page = read(
        '<link rel="LICENSE" href="//creativecommons.org/licenses/by/4.0/"><meta name="dcterms.license" content="CC BY 4.0">'
        '<a rel="nofollow license" href="../terms">terms</a><a rel="cc:license" href="http://[">broken</a>'
        '<span itemprop="license">MIT</span><a rel="licensed" href="x">no</a><a property="cc:license" href="/cc">y</a>'
    )
    assert page.licences == (
        "https://creativecommons.org/licenses/by/4.0/",
        "CC BY 4.0",
        "https://example.org/terms",
        "http://[",
        "MIT",
        "https://example.org/cc",
    )


def test_licences_from_json_ld() -> None:
    script = '<script type="application/ld+json">{}</script>'
    page = read(
        script.format(
            '{"@graph": [{"license": "https://a.example/"}, {"license": [{"@id": "https://b.example/"}, "c"]}]}'
        )
        + script.format('{"license": broken')
        + script.format("[" * 5000 + '"license"')
        + script.format('{"license": {"url": 7}}')
    )
    assert page.licences == ("https://a.example/", "https://b.example/", "c")


def test_author_day_and_canonical_address() -> None:
    page = read(
        '<meta name="Author" content=" Ann  Miller "><meta property="article:author" content="https://facebook.example/ann">'
        '<meta property="article:published_time" content="2023-04-05T06:07:08+02:00"><link rel="canonical" href="/c?a=1&amp;b=2">'
    )
    assert (page.author, page.published) == ("Ann Miller", "2023-04-05")
    assert page.canonical == "https://example.org/c?a=1&b=2"


def test_a_day_after_the_capture_is_none() -> None:
    meta = '<meta name="date" content="{}">'
    for value, said in [("2024-05-06", "2024-05-06"), ("2024-05-08", ""), ("1970-01-01", ""), ("May 2024", "")]:
        page = read_metadata(Markup(meta.format(value).encode(), None), captured="2024-05-07T01:02:03Z")
        assert page.published == said


def test_marks_are_bounded() -> None:
    page = read("".join(f'<meta name="robots" content="{i} {"x" * 5000}">' for i in range(500)))
    assert len(page.robots) == 64
    assert max(map(len, page.robots)) < 1100
