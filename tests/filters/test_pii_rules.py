"""The careful rules of the pii stage, one by one: what each takes, and what only looks like it."""

import re

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gristmill.core.batch import Batch, text_buffers
from gristmill.filters.pii import Params, judge
from gristmill.filters.pii_payment import is_card, is_iban, passes_luhn
from gristmill.filters.pii_scan import AT, COLONS, IBAN, NUMBER, candidates
from gristmill.filters.spans import END, KIND, ROW, START, code_points, edited, without_overlaps


def found(text: str) -> list[tuple[str, str]]:
    """Kind and value of each finding."""
    verdict = judge(Batch(pa.record_batch({"text": pa.array([text], pa.large_string())})), Params())
    (spans,) = pa.array(verdict.signals["pii.spans"]).to_pylist()
    return [(span["kind"], text[span["start_char"] : span["end_char"]]) for span in spans]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("<jane.doe@mail.org>", "jane.doe@mail.org"),
        ("mailto:jo@mill.org?subject=x", "jo@mill.org"),
        ("https://a.org/?email=jo%2Bx@mill.org&x", "jo%2Bx@mill.org"),
        ("'jo@mill.org'", "jo@mill.org"),
        ("Write to jo@mill.org.Thank you", "jo@mill.org"),
        ("jo@mill.org...", "jo@mill.org"),
        ("联系jo@mill.org谢谢", "jo@mill.org"),
        ("jürgen.groß@müller.de", "jürgen.groß@müller.de"),
        ("ivan@почта.рф.", "ivan@почта.рф"),
        ("x@xn--80a1acny.xn--p1ai", "x@xn--80a1acny.xn--p1ai"),
        ("JO@MILL.ORG", "JO@MILL.ORG"),
        ("a,jo@mill.org,b", "jo@mill.org"),
    ],
)
def test_addresses(text: str, address: str) -> None:
    assert found(text) == [("email", address)]


@pytest.mark.parametrize(
    "text",
    [
        *(
            "icon@2x.png",
            "package@1.2.3",
            "user@host",
            "git@github.com:org/repo",
            "@media",
            "@user@host.org",
            "a..b@c.org",
        ),
        *(
            "user@example.com",
            "x@mail.example.org",
            "jo@machine.local",
            "3@5.99",
            "a@b.notatld",
            "@mill.org",
            "jo@.org",
        ),
    ],
)
def test_no_addresses(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "text",
    [
        *(
            "+49 30 1234567",
            "+1-604-696-5272x565",
            "(212) 664-7665",
            "212-664-7665",
            "1.212.664.7665",
            "+4915123441900",
        ),
        *("+41 (0)85 806 98 67", "+33 1 23 42 11 44"),
    ],
)
def test_numbers_that_need_no_word(text: str) -> None:
    assert found(f"Jo Miller, {text}, York") == [("phone", text)]


@pytest.mark.parametrize(
    "text", ["030 123456", "2126647665", "(02) 1234 1124", "612 32 27 88", "13812345678", "668 5702"]
)
def test_numbers_that_need_a_word(text: str) -> None:
    assert found(f"Jo Miller, {text}, York") == []
    for word in ("phone: ", "Tel. ", "тел. ", "電話：", "teléfono "):
        assert found(f"Jo Miller, {word}{text}, York") == [("phone", text)]


@pytest.mark.parametrize(
    "text",
    [
        *(
            "ISBN 978-0-306-40615-7",
            "2024-01-31 12:30",
            "born 1999-2004",
            "call on 2024-01-31",
            "call on 31.12.2024 or",
        ),
        *(
            "order 212-664-7665",
            "+999 123 4567",
            "+1 23",
            "(212) 555-0123",
            "$212-664-7665",
            "x212-664-7665",
            "211-664-766",
        ),
        *("192.168.100.200", "3.14159265358979", "1 234 567 890", "10.1000/182 2126647665", "phone 123"),
    ],
)
def test_no_numbers(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "text", ["163.36.107.25", "4.132.211.142", "http://211.154.134.27/x", "[144.137.3.98]", "1.2.3.40, "]
)
def test_public_ipv4(text: str) -> None:
    (value,) = re.findall(r"[\d.]+\d", text)
    assert found(text) == [("ipv4", value)]


@pytest.mark.parametrize(
    "text",
    [
        *(
            "192.0.2.1",
            "198.51.100.7",
            "203.0.113.9",
            "100.64.0.1",
            "169.254.1.1",
            "198.18.0.1",
            "224.0.0.1",
            "8.8.8.8",
        ),
        *(
            "255.255.255.0",
            "999.999.999.999",
            "108.0.0.01",
            "00.0000.00.00",
            "192.168.l.1",
            "163.36.107.25.4",
            "v16.3.10.25",
        ),
        *("version 16.3.10.25", "1.2.3.4", "a163.36.107.25", "163.36.107.256", "§ 12.4.5.60", "OID 1.3.6.1.4.1.311"),
    ],
)
def test_no_public_ipv4(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "address", ["2600:1f18:1234::1a2b", "2a00:1450:4001:0830:0000:0000:0000:200e", "2A02::1:2", "::ffff:163.36.107.25"]
)
def test_public_ipv6(address: str) -> None:
    for text in (address, f"at {address}.", f"[{address}]:80", f"ip {address}/64", f"水{address}水"):
        assert found(text)[0] == ("ipv6", address)


@pytest.mark.parametrize(
    "text",
    [
        *("2001:db8::1", "fe80::1", "fd00::1", "::1", "3fff::1", "::", "std::vector", "12:34:56", "00:1b:44:11:3a:b7"),
        *(
            "A::B",
            "a::b::c:1:2",
            "::ffff:10.0.0.1",
            "64:ff9b::192.0.2.1",
            "2002:0a00:0001::1:1",
            "John 3:16:4",
            "xab::c:1:2",
        ),
    ],
)
def test_no_public_ipv6(text: str) -> None:
    assert found(text) == []


def test_check_digits() -> None:
    valid = ("4111111111111111", "378282246310005", "5555555555554444", "6011111111111117", "30569309025904")
    assert all(passes_luhn(digits) and is_card(digits.encode()) for digits in valid)
    assert passes_luhn("79927398713")
    assert not passes_luhn("4532123456789010")
    assert not is_card(b"79927398713")  # no issuer
    assert not is_card(b"0000000000000000")
    ibans = ("GB82WEST12345698765432", "DE89370400440532013000", "BE31435411161155", "FR1420041010050500013M02606")
    assert all(map(is_iban, ibans))
    assert not is_iban("GB82WEST12345698765433")
    assert not is_iban("GB8212341234569876543")
    assert not is_iban("")


@settings(deadline=None)
@given(st.sampled_from(["DE", "NO", "BE"]), st.integers(0, 10**18 - 1), st.integers(0, 96))
def test_one_pair_of_check_digits_in_97_is_right(country: str, account: int, check: int) -> None:
    body = f"{account:018}"[: {"DE": 18, "NO": 11, "BE": 12}[country]]
    number = int("".join(str(int(c, 36)) for c in f"{body}{country}00"))
    assert is_iban(f"{country}{check + 2:02}{body}") == (check + 2 == 98 - number % 97 and check + 2 < 99)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5425 2334 3010 9903", "5425 2334 3010 9903"),
        ("5425-2334-3010-9903", "5425-2334-3010-9903"),
        ("no. 5425 2334 3010 9903 123", "5425 2334 3010 9903"),
        ("3400 000000 00009", "3400 000000 00009"),
        ("visa 5425233430109903", "5425233430109903"),
    ],
)
def test_cards(text: str, value: str) -> None:
    assert found(text) == [("credit_card", value)]


@pytest.mark.parametrize(
    "text",
    [
        "5425233430109903",
        "5425 2334 3010 9904",
        "1 5425-2334-3010 9903",
        "5425 2334 3010 9903 1234",
        "x5425233430109903",
    ],
)
def test_no_cards(text: str) -> None:
    assert found(text) == []


def test_ibans_in_any_dress() -> None:
    for text in ("NL91ABNA0417164300", "NL91 ABNA 0417 1643 00", "nl91abna0417164300", "NL91-ABNA-0417-1643-00"):
        assert found(f"to {text}, please") == [("iban", text)]
    for text in ("NL91ABNA0417164301", "XNL91ABNA0417164300", "NL91ABNA04171643001", "ZZ91ABNA0417164300", "NL91ABNA"):
        assert found(text) == []


def by_hand(text: bytes) -> set[tuple[int, int]]:
    """Kinds and starts of places by regular expressions: the same definition, written another way."""
    places = {(AT, match.start(1)) for match in re.finditer(rb"(?=([A-Za-z0-9._%+'-]+@[A-Za-z0-9._%+'-]*\.))", text)}
    return {
        (kind, start) for kind, start in places if start == 0 or not re.match(rb"[A-Za-z0-9._%+'-]", text[start - 1 :])
    }


@settings(deadline=None)
@given(st.lists(st.text(st.sampled_from("ab.@ -"), max_size=30), max_size=4), st.integers(0, 2))
def test_places_around_at_signs(texts: list[str], start: int) -> None:
    buffers = text_buffers(pa.array(texts, pa.large_string())[start:])
    places = candidates(buffers.data, buffers.offsets)
    for row, text in enumerate(texts[start:]):
        ours = places[(places[:, 0] == row) & (places[:, 1] == AT)]
        assert {(AT, int(place - buffers.offsets[row])) for place in ours[:, 2]} == by_hand(text.encode())


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("1234567", [(NUMBER, 0, 7)]),
        ("12 34-56.7", [(NUMBER, 0, 10)]),
        ("12\n34567", []),
        ("1" * 20, []),
        ("1" * 20 + " 1234567", [(NUMBER, 21, 28)]),
        ("1.2.3.4", [(NUMBER, 0, 7)]),
        ("12:34:56", []),
        ("2a00::1", [(COLONS, 0, 7)]),
        ("10:30 1234567", [(NUMBER, 3, 13)]),
        ("NL91ABNA0417164300", [(IBAN, 0, 4), (NUMBER, 8, 18)]),
        ("012\u00a0345\u20116789", [(NUMBER, 0, 15)]),
    ],
)
def test_places(text: str, places: list[tuple[int, int, int]]) -> None:
    buffers = text_buffers(pa.array(["x", text], pa.large_string())[1:])
    base = int(buffers.offsets[0])
    assert [(k, s - base, e - base) for _, k, s, e in candidates(buffers.data, buffers.offsets).tolist()] == places


def test_of_overlapping_spans_the_first_kind_stays() -> None:
    spans = np.array([[0, 3, 5, 9], [0, 1, 0, 6], [0, 2, 8, 12], [1, 5, 0, 3], [1, 5, 0, 4]], np.int64)
    assert without_overlaps(spans).tolist() == [[0, 1, 0, 6], [0, 2, 8, 12], [1, 5, 0, 4]]
    assert without_overlaps(spans[:0]).shape == (0, 4)


@settings(deadline=None)
@given(st.lists(st.text("aé😀", max_size=12), min_size=1, max_size=5), st.data())
def test_editing_and_counting_match_python(texts: list[str], data: st.DataObject) -> None:
    column = pa.array(["é", *texts], pa.large_string())[1:]
    buffers = text_buffers(column)
    rows, expected, places = [], [], []
    for row, text in enumerate(texts):
        cuts = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=4)))
        result, position = "", 0
        for start, end in zip(cuts[::2], cuts[1::2], strict=False):
            at = [len(text[:cut].encode()) + int(buffers.offsets[row]) for cut in (start, end)]
            rows.append([row, 1, *at])
            places.append([start, end])
            result, position = result + text[position:start] + "<x>", end
        expected.append(result + text[position:])
    spans = np.array(rows, np.int64).reshape(-1, 4)
    assert edited(buffers, spans, [b"", b"<x>"]).to_pylist() == expected
    assert code_points(buffers.data, buffers.offsets, spans).tolist() == places
    assert (ROW, KIND, START, END) == (0, 1, 2, 3)
