"""Personal data that belongs to nobody: well-formed values drawn at random, and look-alikes that are not personal."""

from itertools import pairwise

from gristmill.samples.grammar import Dice, Voice

Span = tuple[str, str]
"""Kind (EMAIL, PHONE, IPV4, IPV6, CREDIT_CARD, IBAN) and value."""

_MAIL_HOSTS = ("brenwickmail.com", "postvelden.net", "harrowdeanpost.org", "mail.quillmarsh.co.uk", "torrinbrief.de")
_CARD_SHAPES = (("4", 16), ("51", 16), ("55", 16), ("37", 15))
_IBAN_DIGITS = {"DE": 18, "AT": 16, "DK": 14, "BE": 12}


def _digits(dice: Dice, count: int) -> str:
    return "".join(str(dice.number(0, 9)) for _ in range(count))


def email(voice: Voice) -> str:
    """An address at a made-up mail host."""
    name = voice.word("first").lower() if voice.language == "en" else Voice("en", voice.dice).word("first").lower()
    family = Voice("en", voice.dice).word("s1").lower()
    mark = voice.dice.pick((".", "_", "-", ""))
    return f"{name}{mark}{family}{voice.dice.number(1, 99)}@{voice.dice.pick(_MAIL_HOSTS)}"


def phone(dice: Dice) -> str:
    """A telephone number written the international way (United States, Germany, United Kingdom, France)."""
    return dice.pick(
        (
            f"+1 {dice.pick(('415', '212', '312', '617'))} {dice.number(221, 499)} {_digits(dice, 4)}",
            f"+49 30 {dice.number(2, 8)}{_digits(dice, 7)}",
            f"+44 20 7{dice.number(1, 8)}{_digits(dice, 2)} {_digits(dice, 4)}",
            f"+33 1 4{dice.number(0, 9)} {' '.join(_digits(dice, 2) for _ in range(3))}",
        )
    )


def ipv4(dice: Dice) -> str:
    """A public IPv4 address: its first number lies in ranges without private or reserved networks."""
    first = dice.pick((23, 45, 62, 81, 93, 109, 151, 178, 212))
    return f"{first}.{dice.number(1, 99)}.{dice.number(0, 254)}.{dice.number(1, 254)}"


def ipv6(dice: Dice) -> str:
    """A public IPv6 address."""
    groups = [f"{dice.number(0x1000, 0xFFFF):x}" for _ in range(4)]
    return f"2a0{dice.number(1, 9)}:{groups[0]}:{groups[1]}::{groups[2]}:{groups[3]}"


def luhn_digit(digits: str) -> str:
    """The check digit that makes `digits` + it pass Luhn's test."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 if place % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return str(-total % 10)


def card(dice: Dice) -> str:
    """A payment card number with a right check digit, in groups as printed on cards."""
    prefix, length = dice.pick(_CARD_SHAPES)
    digits = prefix + _digits(dice, length - len(prefix) - 1)
    digits += luhn_digit(digits)
    cuts = (0, 4, 8, 12, 16) if length == 16 else (0, 4, 10, 15)
    return dice.pick((" ", "-")).join(digits[low:high] for low, high in pairwise(cuts))


def iban_check(country: str, account: str) -> str:
    """The two check digits of an IBAN (ISO 13616, mod 97)."""
    moved = "".join(str(int(letter, 36)) for letter in f"{account}{country}00")
    return f"{98 - int(moved) % 97:02d}"


def iban(dice: Dice) -> str:
    """An IBAN with right check digits, in groups of four."""
    country = dice.pick(tuple(_IBAN_DIGITS))
    account = _digits(dice, _IBAN_DIGITS[country])
    whole = country + iban_check(country, account) + account
    return " ".join(whole[place : place + 4] for place in range(0, len(whole), 4))


def contact_sentence(voice: Voice) -> tuple[str, list[Span]]:
    """A sentence with an e-mail address and a telephone number."""
    mail, number, name = email(voice), phone(voice.dice), voice.word("name")
    shape = voice.dice.pick(
        (
            "Write to {name} at {mail} or call {number} in the evening.",
            "My e-mail is {mail}, and my telephone number is {number}, said {name}.",
            "{name} can be reached by phone under {number} or by mail: {mail}.",
        )
    )
    return shape.format(name=name, mail=mail, number=number), [("EMAIL", mail), ("PHONE", number)]


def network_sentence(voice: Voice) -> tuple[str, list[Span]]:
    """A sentence with a public IPv4 and a public IPv6 address."""
    four, six = ipv4(voice.dice), ipv6(voice.dice)
    shape = voice.dice.pick(
        (
            "The last request came from {four}, and a minute later another one came from {six} too.",
            "My router at home answers under {four} and also under {six} since yesterday.",
        )
    )
    return shape.format(four=four, six=six), [("IPV4", four), ("IPV6", six)]


def finance_sentence(voice: Voice) -> tuple[str, list[Span]]:
    """A sentence with a card number and an IBAN."""
    number, account = card(voice.dice), iban(voice.dice)
    shape = voice.dice.pick(
        (
            "I paid with the card {number} and asked for the money back to IBAN {account} last week.",
            "Please transfer the rest to {account} because my credit card {number} was blocked.",
        )
    )
    return shape.format(number=number, account=account), [("CREDIT_CARD", number), ("IBAN", account)]


def lookalike_sentence(voice: Voice) -> str:
    """A sentence with a look-alike: a reserved or private value, or one with a wrong check digit."""
    dice = voice.dice
    digits = "4" + _digits(dice, 14)
    wrong = str((int(luhn_digit(digits)) + dice.number(1, 9)) % 10)
    account = _digits(dice, 18)
    bad = f"{(int(iban_check('DE', account)) + dice.number(1, 90)) % 97:02d}"
    return dice.pick(
        (
            f"The manual uses jane.doe{dice.number(1, 99)}@example.com as an address throughout.",
            f"Inside the house the printer listens on 192.168.{dice.number(0, 254)}.{dice.number(1, 254)} only.",
            f"The example in the text is 192.0.2.{dice.number(1, 254)}, which nobody may use.",
            f"Version 4.{dice.number(10, 30)}.{dice.number(1, 9)} of it followed version 3.{dice.number(1, 9)}.",
            f"The order number {digits}{wrong} stands on the receipt.",
            f"He mistyped the account as DE{bad}{account} and the bank refused it.",
            f"In the film she dials (212) 555-01{_digits(dice, 2)} and nobody answers.",
            f"The network 2001:db8::{dice.number(1, 9)}:{dice.number(10, 99)} appears in the second chapter.",
        )
    )
