"""The charset decisions of extract/charset.py, by examples that name the case, and its promises on any bytes."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st
from resiliparse.parse.encoding import map_encoding_to_html5

from gristmill.extract.charset import Decoded, decode
from gristmill.extract.charset_labels import CODECS, by_label, charset_of

GERMAN = "<p>Größe – „fünf“ Äpfel für 5 €, naïve Übung</p>"
RUSSIAN = "<p>Москва просыпается рано, и первые трамваи уже звенят на кольце, а город ещё спит.</p>"
JAPANESE = "<p>朝の港はもう目を覚ましている。漁船はとっくに出て行った。</p>"
CHINESE = "<p>清晨的港口已经醒来，朱镕基说渔船早已出海。</p>"  # 镕 is in GBK but not in GB 2312
GB2312 = CHINESE.replace("镕", "")
META = '<meta charset="{}">'


def told(decoded: Decoded) -> tuple[str, str]:
    return decoded.charset, decoded.source


@pytest.mark.parametrize(
    ("text", "data", "content_type", "expected"),
    [
        (GERMAN, GERMAN.encode(), "text/html; charset=iso-8859-1", ("utf-8", "utf-8")),  # UTF-8 under an old label
        (
            GERMAN,
            GERMAN.encode("cp1252"),
            "text/html; charset=ISO-8859-1",
            ("windows-1252", "header"),
        ),  # quotes at 80-9F
        (RUSSIAN, RUSSIAN.encode("cp1251"), "text/html; charset=utf-8", ("windows-1251", "detected")),  # the other lie
        (RUSSIAN, codecs.BOM_UTF8 + RUSSIAN.encode(), "text/html; charset=windows-1251", ("utf-8", "bom")),
        (GERMAN, codecs.BOM_UTF16_LE + GERMAN.encode("utf-16-le"), None, ("utf-16le", "bom")),
        (GERMAN, codecs.BOM_UTF16_BE + GERMAN.encode("utf-16-be"), None, ("utf-16be", "bom")),
        (GERMAN, codecs.BOM_UTF32_LE + GERMAN.encode("utf-32-le"), None, ("utf-32le", "bom")),
        (GERMAN, GERMAN.encode("utf-16-le"), "text/html; charset=utf-16", ("utf-16le", "header")),
        (GERMAN, GERMAN.encode("utf-16-be"), None, ("utf-16be", "detected")),
        (JAPANESE, JAPANESE.encode("cp932"), 'text/html; charset="Shift_JIS"', ("shift_jis", "header")),
        (JAPANESE, JAPANESE.encode("iso2022_jp"), "text/html; charset=iso-2022-jp", ("iso-2022-jp", "header")),
        (JAPANESE, JAPANESE.encode("iso2022_jp"), None, ("iso-2022-jp", "detected")),
        (CHINESE, CHINESE.encode("gbk"), "text/html;charset=gb2312", ("gbk", "header")),
        (GB2312, GB2312.encode("hz"), "text/html; charset=hz-gb-2312", ("hz-gb-2312", "header")),
        ("<p>plain</p>", b"<p>plain</p>", "text/html; charset=shift_jis", ("utf-8", "utf-8")),
        ("<p>~{ is no Chinese</p>", b"<p>~{ is no Chinese</p>", None, ("utf-8", "utf-8")),
    ],
)
def test_who_decides(text: str, data: bytes, content_type: str | None, expected: tuple[str, str]) -> None:
    decoded = decode(data, content_type)
    assert decoded.text == text
    assert told(decoded) == expected
    assert decoded.undecodable == 0


def test_meta_is_read_beyond_the_first_kilobyte() -> None:
    page = ("<!-- " + "x" * 3000 + " -->" + META.format("windows-1251")).encode() + RUSSIAN.encode("cp1251")
    assert told(decode(page)) == ("windows-1251", "meta")


@pytest.mark.parametrize(
    "head",
    [
        META.format("koi8-r"),
        '<META http-equiv=Content-Type content="text/html; charset=koi8-r">',
        '<?xml version="1.0" encoding="koi8-r"?>',
        "<!-- " + META.format("utf-16") + " -->" + META.format("KOI8-R"),  # a meta in a comment is none
    ],
)
def test_labels_in_the_page(head: str) -> None:
    decoded = decode((head + RUSSIAN).encode("koi8-r"))
    assert told(decoded) == ("koi8-r", "meta")
    assert decoded.text == head + RUSSIAN


def test_utf16_in_a_meta_means_utf8() -> None:
    page = META.format("utf-16").encode() + GERMAN.encode() + b"\xff"
    assert told(decode(page)) == ("utf-8", "meta")


def test_an_unknown_label_is_passed_over() -> None:
    page = META.format("windows-1251").encode() + RUSSIAN.encode("cp1251")
    assert told(decode(page, "text/html; charset=x-not-a-charset")) == ("windows-1251", "meta")


def test_a_label_that_cannot_be_right_is_passed_over() -> None:
    page = META.format("windows-1251").encode() + (RUSSIAN * 5).encode("cp1251")
    assert told(decode(page, "text/html; charset=euc-kr")) == ("windows-1251", "meta")


def test_the_last_resort_is_windows_1252(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gristmill.extract.charset.detect_encoding", lambda *_, **__: "utf-8")  # its word for "no idea"
    assert decode(b"\x93It\x92s\x94\x81") == Decoded("“It’s”\ufffd".encode(), "windows-1252", 1, "fallback")


def test_a_cut_sequence_at_the_end_is_tolerated_and_dropped() -> None:
    page = GERMAN.encode() + "€".encode()[:2]
    assert decode(page, "text/html; charset=iso-8859-1") == Decoded(GERMAN.encode(), "utf-8", 0, "utf-8")


def test_foreign_pieces_in_a_utf8_page_are_counted() -> None:
    page = (GERMAN * 20).encode() + b"<p>caf\xe9 na\xefve</p>" + "\ufffd".encode()
    decoded = decode(page, "text/html; charset=utf-8")
    assert told(decoded) == ("utf-8", "header")
    assert decoded.undecodable == 2  # the page's own U+FFFD is none
    assert "caf\ufffd na\ufffdve" in decoded.text


def test_nul_goes_and_line_ends_become_one() -> None:
    assert decode(b"a\0b\r\nc\rd\n").text == "ab\nc\nd\n"


def test_a_given_charset_counts_as_the_header() -> None:
    assert told(decode(RUSSIAN.encode("koi8-r"), "text/html; charset=windows-1251", "koi8-r")) == ("koi8-r", "header")


@pytest.mark.parametrize(
    ("header", "charset"),
    [
        ("text/html; charset=UTF-8", "UTF-8"),
        ("text/html;CHARSET = 'koi8-r' ; x=y", "koi8-r"),
        ("text/html", None),
        (None, None),
        ("text/html; charset=", None),
    ],
)
def test_charset_of_a_header(header: str | None, charset: str | None) -> None:
    assert charset_of(header) == charset


def test_every_name_of_the_table_is_one_that_the_label_map_gives_and_decodes() -> None:
    for name, (standard, names) in CODECS.items():
        assert map_encoding_to_html5(standard, fallback_utf8=False) == name
        for codec in names:
            codecs.lookup(codec)


@pytest.mark.parametrize(
    "label", ["latin1", "ascii", "iso-8859-9", "iso-8859-8-i", "tis-620", "ks_c_5601-1987", "x-mac-cyrillic", "logical"]
)
def test_labels_of_the_standard_have_a_codec(label: str) -> None:
    charset = by_label(label)
    assert charset is not None
    for codec in charset.codecs:
        codecs.lookup(codec)


@given(st.binary(max_size=300), st.sampled_from([None, "x; charset=utf-8", "x; charset=big5", "x; charset=utf-16"]))
def test_any_bytes_become_clean_text_and_always_the_same(data: bytes, content_type: str | None) -> None:
    decoded = decode(data, content_type)
    assert decoded.text.encode() == decoded.utf8
    assert "\0" not in decoded.text
    assert "\r" not in decoded.text
    assert decode(data, content_type) == decoded
    assert decode(data, charset=decoded.charset).utf8 == decoded.utf8  # a page can be read again by its charset's name


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), min_size=1))
def test_utf8_is_always_recognised(text: str) -> None:
    decoded = decode(text.encode(), "text/html; charset=iso-8859-1")
    if text.startswith("\ufeff"):
        assert told(decoded) == ("utf-8", "bom")
    elif not text.isascii():
        assert decoded == Decoded(text.encode(), "utf-8", 0, "utf-8")
