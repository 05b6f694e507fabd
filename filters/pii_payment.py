"""Payment cards and IBANs: numbers with check digits (spec pii 3.4 and 3.5)."""

import re

_GROUP = re.compile(rb"\d+")
_SEPARATORS = (b" ", b"-", b"\xc2\xa0")
_SHAPES = ((4, 4, 4, 4), (4, 4, 4, 4, 3), (4, 6, 5), (4, 6, 4))
_CARD_WORD = re.compile(
    rb"\b(?:cards?|visa|mastercard|maestro|amex|american express|discover|diners|jcb|unionpay|cvv2?|cvc2?|pan|cc"
    rb"|credit|debit|cr\xc3\xa9dit|carte|karte|kreditkarte|tarjeta|cart\xc3\xa3o|cartao|carta|kaart|karta|kort|kart"
    rb"|kortti|expir\w*|exp|valid thru)\b" + "|карт|卡|カード|카드".encode(),
    re.I,
)
_EDGE_BEFORE = re.compile(rb"[\w-]\Z|\w[.,]\Z")
# Numbers that payment providers publish for tests.
_TEST_CARD_LIST = (
    "4111111111111111 4242424242424242 4012888888881881 5555555555554444 5105105105105100 2223003122003222"
    " 378282246310005 371449635398431 6011111111111117 30569309025904 3530111333300000"
)
_TEST_CARDS = frozenset(_TEST_CARD_LIST.split())
_TEST_IBANS = frozenset(("GB82WEST12345698765432", "DE89370400440532013000", "FR1420041010050500013M02606"))


def _ranges(text: str) -> tuple[tuple[str, str], ...]:
    """First and last prefix of each range of "51-55 34"."""
    return tuple((part.partition("-")[0], part.rpartition("-")[2]) for part in text.split())


_ISSUERS = (  # prefixes and lengths; ISO/IEC 7812 as published by the brands
    (_ranges("4"), (13, 16, 19)),
    (_ranges("51-55 2221-2720"), (16,)),
    (_ranges("34 37"), (15,)),
    (_ranges("6011 644-649 65 622126-622925 62 81"), (16, 17, 18, 19)),
    (_ranges("300-305 3095 36 38-39"), tuple(range(14, 20))),
    (_ranges("3528-3589 2200-2204 9792"), (16, 17, 18, 19)),
    (_ranges("5018 5020 5038 5893 6304 6759 6761-6763"), tuple(range(12, 20))),
    (_ranges("60 82 508"), (16,)),
)


def find_cards(window: bytes, first: int, last: int, keep_reserved: bool) -> list[tuple[int, int]]:
    """Card numbers within window[first:last]: grouped as on cards, or without a break beside a word about cards."""
    if last - first < 12:
        return []
    groups = [match.span() for match in _GROUP.finditer(window, first, last)]
    found = []
    index = 0
    while index < len(groups):
        taken = _card_at(window, groups, index, keep_reserved)
        if taken:
            found.append((groups[index][0], groups[index + taken - 1][1]))
        index += max(taken, 1)
    return found


def _length(group: tuple[int, int]) -> int:
    return group[1] - group[0]


def _card_at(window: bytes, groups: list[tuple[int, int]], index: int, keep_reserved: bool) -> int:
    """How many groups of digits from one on are a card number; 0 if none."""
    start, end = groups[index]
    if _EDGE_BEFORE.search(window[max(0, start - 2) : start]) or end - start not in (4, *range(12, 20)):
        return 0
    if end - start > 4:
        context = window[max(0, start - 60) : start] + b"\n" + window[end : end + 24]
        alone = not re.match(rb"\w|[.,-]\d", window[end : end + 2])
        return int(alone and _CARD_WORD.search(context) is not None and is_card(window[start:end], keep_reserved))
    separator = window[end : groups[index + 1][0]] if index + 1 < len(groups) else b""
    if separator not in _SEPARATORS:
        return 0
    if index and window[groups[index - 1][1] : start] == separator and _length(groups[index - 1]) == 4:
        return 0
    chain = index + 1  # groups joined by the same separator
    while chain < len(groups) and chain - index < 6 and window[groups[chain - 1][1] : groups[chain][0]] == separator:
        chain += 1
    lengths = tuple(stop - begin for begin, stop in groups[index:chain])
    for shape in sorted(_SHAPES, key=len, reverse=True):
        follows = lengths[len(shape) : len(shape) + 1]
        # a fifth group of four means a table of numbers; one of three may be the security code
        if lengths[: len(shape)] != shape or follows == (4,):
            continue
        stop = groups[index + len(shape) - 1][1]
        if window[stop : stop + 1].isalnum():
            continue
        if is_card(b"".join(window[begin:stop] for begin, stop in groups[index : index + len(shape)]), keep_reserved):
            return len(shape)
    return 0


def is_card(digits: bytes, keep_reserved: bool = False) -> bool:
    """Whether digits have an issuer's prefix, its length and Luhn's check digit."""
    text = digits.decode()
    if len(set(text)) == 1 or text in "01234567890123456789" or (keep_reserved and text in _TEST_CARDS):
        return False
    issued = any(
        len(text) in lengths and any(low <= text[: len(low)] <= high for low, high in prefixes)
        for prefixes, lengths in _ISSUERS
    )
    return issued and passes_luhn(text)


def passes_luhn(digits: str) -> bool:
    """ISO/IEC 7812-1, annex B: from the right every second digit is doubled; the sum of all digits ends in 0."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 * (value > 9)
    return total % 10 == 0


# Country, total length, structure of what follows the check digits: n digits, a letters, c both (SWIFT registry 101).
_IBAN_TABLE = """
AD24 8n12c AE23 19n AL28 8n16c AT20 16n AZ28 4a20c BA20 16n BE16 12n BG22 4a6n8c BH22 4a14c BI27 23n BR29 23n1a1c
BY28 4c4n16c CH21 5n12c CR22 18n CY28 8n16c CZ24 20n DE22 18n DJ27 23n DK18 14n DO28 4c20n EE20 16n EG29 25n ES24 20n
FI18 14n FK18 2a12n FO18 14n FR27 10n11c2n GB22 4a14n GE22 2a16n GI23 4a15c GL18 14n GR27 7n16c GT28 24c HN28 4a20n
HR21 17n HU28 24n IE22 4a14n IL23 19n IQ23 4a15n IS26 22n IT27 1a10n12c JO30 4a4n18c KW30 4a22c KZ20 3n13c LB28 4n20c
LC32 4a24c LI21 5n12c LT20 16n LU20 3n13c LV21 4a13c LY25 21n MC27 10n11c2n MD24 20c ME22 18n MK19 3n10c2n MN20 16n
MR27 23n MT31 4a5n18c MU30 4a19n3a NI28 4a20n NL18 4a10n NO15 11n OM23 3n16c PK24 4a16c PL28 24n PS29 4a21c PT25 21n
QA29 4a21c RO24 4a16c RS22 18n RU33 14n15c SA24 2n18c SC31 4a20n3a SD18 14n SE24 20n SI19 15n SK24 20n SM27 1a10n12c
SO23 19n ST25 21n SV28 4a20n TL23 19n TN24 20n TR26 6n16c UA29 6n19c VA22 18n VG24 4a16n XK20 16n YE30 4a4n18c
"""
_SETS = {"n": "[0-9]", "a": "[A-Z]", "c": "[0-9A-Z]"}


def _iban_patterns() -> dict[str, tuple[int, re.Pattern[str]]]:
    """Length and structure of the IBANs of each country."""
    cells = _IBAN_TABLE.split()
    patterns = {}
    for head, structure in zip(cells[::2], cells[1::2], strict=True):
        parts = re.findall(r"(\d+)([nac])", structure)
        body = "".join(f"{_SETS[kind]}{{{count}}}" for count, kind in parts)
        patterns[head[:2]] = (int(head[2:]), re.compile(rf"[A-Z]{{2}}\d\d{body}"))
    return patterns


_IBANS = _iban_patterns()
_IBAN_CHARACTER = re.compile(rb"(?:[ -]|\xc2\xa0)?([0-9A-Za-z])")
IBAN_BYTES = 34 * 3
"""Bytes in which the longest IBAN ends, a no-break space before each character."""


def find_iban(window: bytes, start: int, keep_reserved: bool) -> tuple[int, int] | None:
    """The IBAN that starts at window[start], or None; single spaces and hyphens may stand within it."""
    length, _ = _IBANS.get(window[start : start + 2].decode("ascii", "replace").upper(), (0, None))
    compact = ""
    end = start
    while len(compact) < length:
        match = _IBAN_CHARACTER.match(window, end)
        if match is None:
            return None
        compact += match[1].decode()
        end = match.end()
    if not length or re.match(rb"[0-9A-Za-z]", window[end : end + 1]):
        return None
    compact = compact.upper()
    return (start, end) if is_iban(compact) and not (keep_reserved and compact in _TEST_IBANS) else None


def is_iban(compact: str) -> bool:
    """Whether a compact IBAN has its country's length and structure and right check digits (ISO 13616, mod 97 is 1)."""
    length, pattern = _IBANS.get(compact[:2], (0, re.compile("")))
    if not length or len(compact) != length or not pattern.fullmatch(compact) or compact[2:4] in ("00", "01", "99"):
        return False
    number = "".join(str(int(character, 36)) for character in compact[4:] + compact[:4])
    return int(number) % 97 == 1
