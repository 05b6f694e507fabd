"""The plan and what is planted: shares, similarities, check digits, charsets."""

import ipaddress
import zlib
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gristmill.samples import personal
from gristmill.samples.capture import Capture
from gristmill.samples.edits import jaccard
from gristmill.samples.grammar import Dice, Voice
from gristmill.samples.pages import compose_page
from gristmill.samples.plan import NEAR_LEVELS, NORMAL, SHARES, TAIL, original_of, plan_page, plant_of
from gristmill.samples.plants import benchmark_questions, blocked_hosts, capture_page
from gristmill.samples.truth import fate

SEED = 31


def test_blocks_hold_the_documented_shares() -> None:
    drawn = Counter(plant_of(SEED, index) for index in range(50, 50 + 3 * 200))
    assert {plant: drawn[plant] for plant in SHARES} == {plant: 3 * count for plant, count in SHARES.items()}
    assert drawn[NORMAL] == 3 * (200 - sum(SHARES.values()))
    assert 0.65 < drawn[NORMAL] / 600 < 0.72


def test_the_showcase_holds_every_plant_once() -> None:
    drawn = Counter(plant_of(SEED, index) for index in range(50))
    assert all(drawn[plant] == 1 for plant in SHARES)


def test_only_the_last_page_depends_on_their_number() -> None:
    assert plan_page(SEED, 99, 100) == TAIL
    assert [plan_page(SEED, i, 100) for i in range(99)] == [plan_page(SEED, i, 500) for i in range(99)]
    showcased = next(index for index in range(50) if plant_of(SEED, index) == "pdf")
    assert plan_page(SEED, showcased, showcased + 1) == "pdf"


@pytest.mark.parametrize("plant", ["exact-mirror", "near-50"])
def test_originals_are_earlier_and_normal(plant: str) -> None:
    for index in range(6, 200):
        original = original_of(SEED, index, plant)
        assert original < index
        assert plant_of(SEED, original) == NORMAL


@pytest.mark.parametrize("plant", list(NEAR_LEVELS))
def test_near_duplicates_reach_their_similarity(plant: str) -> None:
    for index in range(10, 50):
        capture = capture_page(SEED, index, plant)
        assert capture.original is not None
        assert capture.jaccard == jaccard(compose_page(SEED, capture.original).main_text, capture.main_text)
        assert abs(capture.jaccard - NEAR_LEVELS[plant]) < 0.05


def test_similarity_of_known_texts() -> None:
    assert jaccard("a b c d e", "A, b; c d e!") == 1.0
    assert jaccard("a b c d e f", "a b c d e g") == 1 / 3
    assert jaccard("a b c d e", "f g h i j") == 0.0
    assert jaccard("too short", "") == 1.0


@given(st.integers(0, 10**9))
def test_card_numbers_pass_luhn(key: int) -> None:
    """Against the textbook's table of doubled digits."""
    digits = [int(digit) for digit in personal.card(Dice(key)) if digit.isdigit()]
    doubled = [0, 2, 4, 6, 8, 1, 3, 5, 7, 9]
    assert (sum(digits[-1::-2]) + sum(doubled[digit] for digit in digits[-2::-2])) % 10 == 0


@given(st.integers(0, 10**9))
def test_ibans_have_the_right_check_digits(key: int) -> None:
    iban = personal.iban(Dice(key)).replace(" ", "")
    assert int("".join(str(int(character, 36)) for character in iban[4:] + iban[:4])) % 97 == 1


def test_a_known_iban() -> None:
    assert personal.iban_check("DE", "370400440532013000") == "89"


@given(st.integers(0, 10**9))
def test_addresses_are_public(key: int) -> None:
    dice = Dice(key)
    assert ipaddress.IPv4Address(personal.ipv4(dice)).is_global
    assert ipaddress.IPv6Address(personal.ipv6(dice)).is_global


@given(st.integers(0, 10**6))
def test_sentences_hold_their_values(key: int) -> None:
    voice = Voice("en", Dice(key))
    for say in (personal.contact_sentence, personal.network_sentence, personal.finance_sentence):
        sentence, spans = say(voice)
        assert all(sentence.count(value) == 1 for _, value in spans)


def captures(plant: str, count: int = 30) -> list[Capture]:
    return [capture_page(SEED, index, plant) for index in range(10, 10 + count)]


@pytest.mark.parametrize("plant", ["charset-header", "charset-meta", "charset-none", "charset-utf16"])
def test_old_charsets_decode_to_the_main_text(plant: str) -> None:
    codecs = {"gb2312": "gb18030", "utf-16-le": "utf-16"}
    seen = set()
    for capture in captures(plant):
        html = capture.body.decode(codecs.get(capture.charset, capture.charset))
        longest = max(capture.main_text.split("\n"), key=len)
        assert longest[:20] in html.replace("&quot;", '"').replace("&#x27;", "'").replace("&amp;", "&")
        seen.add(capture.charset)
    assert seen == {"utf-16-le"} or len(seen) > 5


def test_broken_html_is_shorter_than_its_page() -> None:
    for capture in captures("truncated", 5):
        assert b"</html>" not in capture.body
        assert capture.truncated == "length"


def test_files_that_are_no_pages() -> None:
    starts = {"pdf": b"%PDF-", "json": b'{"', "image": b"\x89PNG\r\n\x1a\n", "empty": b""}
    for plant, start in starts.items():
        capture = captures(plant, 1)[0]
        assert capture.body.startswith(start)
        assert fate(plant) == ("rejected", ("extract",))
    png = captures("image", 1)[0].body
    assert len(zlib.decompress(png[41 : 41 + int.from_bytes(png[33:37])])) == 24 * 25


def test_blocked_hosts_are_fictitious_and_used() -> None:
    assert all(host.endswith(".example") for host in blocked_hosts())
    for capture in captures("blocked"):
        assert capture.page.site.host.removeprefix("www.").removeprefix("m.") in blocked_hosts()


def test_benchmark_questions_are_planted_whole() -> None:
    questions = {name: question for name, question, _ in benchmark_questions()}
    assert len(questions) >= 10
    for capture in captures("benchmark"):
        assert questions[capture.benchmark] in capture.main_text


def test_junk_is_junk() -> None:
    stuffed, salad, short, repeated = (
        captures(plant, 1)[0].main_text for plant in ("stuffing", "salad", "short", "repeated")
    )
    counts = Counter(stuffed.split())
    assert counts.most_common(1)[0][1] > len(stuffed.split()) / 12
    assert not {"the", "of", "and", "to", "that"} & set(salad.split())
    assert len(short.split()) < 50
    assert len(set(repeated.split("\n\n"))) == 2
