"""Telephone numbers: international and North American ones, others where the words before say so (spec pii 3.2).

No table of every country's ranges is at hand, so a national number needs a word such as "phone" before it, or the trunk
zero, grouping, and a text in a language of a country that dials so.
"""

import re
from itertools import pairwise

_GROUP = re.compile(rb"\d+")
_SPACE = rb"(?: |\xc2\xa0|\xe2\x80\xaf)"
_MARK = rb"(?:[-./~]|\xe2\x80[\x90-\x95])"
_GAP = re.compile(
    rb"(?:"
    + _SPACE
    + rb"?"
    + _MARK
    + _SPACE
    + rb"?|"
    + _SPACE
    + rb"?\(|\)"
    + _SPACE
    + rb"?"
    + _MARK
    + rb"?|"
    + _SPACE
    + rb")\Z"
)
_WIDE_GAP = re.compile(_SPACE + _MARK + _SPACE + rb"\Z|/\Z")  # may divide two numbers
_EXTENSION = re.compile(rb" ?(?:;ext=|ext\.? ?|x|#) ?\d{1,6}(?![\w])", re.I)

_PHONE_WORD = re.compile(
    rb"(?<![A-Za-z])(?:(?:tele)?phones?|tel|telephone|call(?: me| us)?|mobile|mob|cell(?:phone)?|fax|whats ?app"
    rb"|hotline|sms|dial"
    rb"|contact|reached?|desk"
    rb"|t\xc3\xa9l(?:\xc3\xa9phone)?|appelez|portable|telefon\w*|telef|telefax|handy|mobil\w*|anruf\w*|rufen|ruf"
    rb"|tel\xc3\xa9f\w*|telefono|m\xc3\xb3vil|movil|celular|llam\w+|fono|fone|telem\xc3\xb3vel|ligue"
    rb"|chiam\w+|cellulare|bel|bellen|gsm|puh|puhelin|tlf|tfn|telp|hp|hubungi|kontakt|s\xc4\x91t"
    rb"|\xc4\x91i\xe1\xbb\x87n tho\xe1\xba\xa1i)(?![A-Za-z])"
    + (
        "|тел[а-я]*|Тел[а-я]*|моб|Моб|звон[а-я]*|факс|Факс|τηλ|Τηλ|τηλέφωνο|κινητό|电话|電話|手机|手機|热线|携帯|전화|휴대|फ़ोन|फोन"
        "|दूरभाष|मोबाइल|هاتف|الهاتف|جوال|موبايل|تلفن|טלפון|נייד|โทร"
    ).encode(),
    re.I,
)
_OTHER_WORD = re.compile(
    rb"(?<![A-Za-z])(?:isbn|issn|doi|order|invoice|tracking|model|parts?|sku|version|rfc|bug|ticket|case|pp|vol|lat|lon"
    rb"|timestamp|id|serial|iban|card|account|konto|code|ref|article|art|patent|ean|upc|imei|vat|ssn|passport|pan"
    rb"|aadhaar)(?![A-Za-z])|\xe0\xa4\x86\xe0\xa4\xa7\xe0\xa4\xbe\xe0\xa4\xb0",  # आधार
    re.I,
)
_TAKES_CONTEXT = re.compile(rb"[\d@]")  # a number or address between a word and a number is what the word is about
_NEAR_BYTES = 10  # "030 123456 or 123457": both are
_CONTEXT_BYTES = 48
_DATE = re.compile(
    rb"(?:19|20)\d\d(?P<a>[-./])[01]?\d(?P=a)[0-3]?\d|[0-3]?\d(?P<b>[-./])[0-3]?\d(?P=b)(?:19|20)\d\d"
    rb"|(?:1[5-9]|20)\d\d *(?:-|\xe2\x80\x93) *(?:1[5-9]|20)\d\d"
)
_EDGE_BEFORE = re.compile(rb"[\w$%#/=*\\-]\Z|\w[.,]\Z|\xe2\x82\xac\Z|\xc2[\xa3\xa5]\Z")
_EDGE_AFTER = re.compile(rb"[\w%$=]|[.:-]\d|\xe2\x82\xac|\xc2\xb0")

_CODE_LIST = (  # ITU-T E.164 country codes
    "1 20 211 212 213 216 218 220 221 222 223 224 225 226 227 228 229 230 231 232 233 234 235 236 237 238 239 240 "
    "241 242 243 244 245 246 247 248 249 250 251 252 253 254 255 256 257 258 260 261 262 263 264 265 266 267 268 "
    "269 27 290 291 297 298 299 30 31 32 33 34 350 351 352 353 354 355 356 357 358 359 36 370 371 372 373 374 375 "
    "376 377 378 379 380 381 382 383 385 386 387 389 39 40 41 420 421 423 43 44 45 46 47 48 49 500 501 502 503 "
    "504 505 506 507 508 509 51 52 53 54 55 56 57 58 590 591 592 593 594 595 596 597 598 599 60 61 62 63 64 65 66 "
    "670 672 673 674 675 676 677 678 679 680 681 682 683 685 686 687 688 689 690 691 692 7 800 808 81 82 84 850 "
    "852 853 855 856 86 870 878 880 881 882 883 886 888 90 91 92 93 94 95 960 961 962 963 964 965 966 967 968 970 "
    "971 972 973 974 975 976 977 979 98 992 993 994 995 996 998"
)
_CODES = frozenset(_CODE_LIST.split())
# Most digits after the country code where it is less than E.164 allows.
_LONGEST = {"1": 10, "7": 10, "33": 10, "34": 9, "31": 10, "44": 11, "45": 8, "47": 8, "48": 9, "52": 11, "55": 11}
_LONGEST |= {
    "30": 10,
    "40": 10,
    "41": 10,
    "61": 10,
    "81": 11,
    "82": 11,
    "86": 12,
    "90": 11,
    "91": 11,
    "351": 9,
    "420": 9,
}

_TRUNK_LIST = "ar bg de en fi fr he hi hr id ja ko ms nl ro sk sl sr sv th tr uk vi zh"
_TRUNK_LANGUAGES = frozenset(_TRUNK_LIST.split())  # of countries that dial 0 before a national number

# Numbers set aside for fiction: NANPA's 555-01xx; Ofcom's and Arcep's and BNetzA's ranges for film and advertising.
_FICTION = re.compile(
    r"1?[2-9]\d\d55501\d\d|5550?1\d\d|(?:0|44|0044|440)(?:1632960\d{3}|2079460\d{3}|7700900\d{3}|8081570\d{3})"
    r"|(?:0|33|0033|330)(?:19900\d{4}|63998\d{4})|(?:0|49|0049|490)30231250\d\d"
)

_Groups = list[tuple[int, int]]


def find_phones(window: bytes, first: int, last: int, language: str, keep_reserved: bool) -> list[tuple[int, int]]:
    """Telephone numbers within window[first:last]; words before it are looked at, `language` is the text's or ""."""
    found = []
    for segment in _segments(window, [match.span() for match in _GROUP.finditer(window, first, last)]):
        span = _phone(window, segment, language)
        if span is None:
            continue
        if keep_reserved and _FICTION.fullmatch(b"".join(_GROUP.findall(window, *span)).decode()):
            continue
        extension = _EXTENSION.match(window, span[1])
        found.append((span[0], extension.end() if extension else span[1]))
    return found


def _segments(window: bytes, groups: _Groups) -> list[_Groups]:
    """Groups of digits that may be one number: joined by at most a mark and spaces."""
    segments: list[_Groups] = []
    digits = 0
    for group in groups:
        gap = window[segments[-1][-1][1] : group[0]] if segments else b""
        if not segments or not _GAP.match(gap) or (digits >= 7 and _WIDE_GAP.match(gap)):
            segments.append([])
            digits = 0
        segments[-1].append(group)
        digits += group[1] - group[0]
    return [segment for segment in segments if segment[-1][1] - segment[0][0] >= 7]


def _phone(window: bytes, groups: _Groups, language: str) -> tuple[int, int] | None:
    """The number that a segment is or begins with, or None."""
    start = groups[0][0]
    plus = start > 0 and window[start - 1 : start] == b"+"
    start -= plus
    bracket = start > 0 and window[start - 1 : start] == b"(" and b")" in window[start : groups[-1][1] + 1]
    start -= bracket
    if _EDGE_BEFORE.search(window[max(0, start - 3) : start]):
        return None
    context = _in_phone_context(window[max(0, start - _CONTEXT_BYTES) : start])
    taken = _international(window, groups) if plus else _national(window, groups, language, context)
    if not taken:
        return None
    end = groups[taken - 1][1]
    end += bracket and b")" not in window[start:end]
    if _EDGE_AFTER.match(window[end : end + 3]) and not _EXTENSION.match(window, end):
        return None
    return start, end


def _in_phone_context(before: bytes) -> bool | None:
    """Whether the nearest telling word is about telephones; None if there is none."""
    taken = max((match.end() for match in _TAKES_CONTEXT.finditer(before[:-_NEAR_BYTES])), default=0)
    before = before[taken:]
    phone = max((match.end() for match in _PHONE_WORD.finditer(before)), default=-1)
    other = max((match.end() for match in _OTHER_WORD.finditer(before)), default=-1)
    return None if phone == other else phone > other


def _fitting(groups: _Groups, most: int) -> int:
    """How many groups from the first on have at most so many digits together."""
    total = 0
    for count, (start, end) in enumerate(groups):
        total += end - start
        if total > most:
            return count
    return len(groups)


def _digits(window: bytes, groups: _Groups) -> str:
    return b"".join(window[start:end] for start, end in groups).decode()


def _international(window: bytes, groups: _Groups) -> int:
    """How many groups a number after "+" has; 0 if no country has that code or the length is wrong."""
    digits = _digits(window, groups[:6])
    code = next((digits[:size] for size in (1, 2, 3) if digits[:size] in _CODES), None)
    if code is None:
        return 0
    taken = _fitting(groups, len(code) + _LONGEST.get(code, 15 - len(code)))
    return taken if 8 <= len(_digits(window, groups[:taken])) <= 15 else 0


def _national(window: bytes, groups: _Groups, language: str, context: bool | None) -> int:
    """How many groups a number without "+" has; 0 if it is none."""
    if _DATE.match(window[groups[0][0] : groups[-1][1]]) or _is_dotted_quad(window, groups):
        return 0
    if context is False:
        return 0
    lengths = [end - start for start, end in groups]
    digits = _digits(window, groups[:8])
    own = 1 if lengths[0] == 1 and digits[0] == "1" else 0
    american = lengths[own:] == [3, 3, 4] or (context and lengths[own:] == [3, 7])
    if american and re.fullmatch(r"[2-9](?!11)\d\d[2-9]\d{6}", digits[own:]):
        return len(groups)
    if digits.startswith("00") and len(groups) > 1 and any(digits[2 : 2 + size] in _CODES for size in (1, 2, 3)):
        taken = _fitting(groups, 17)
        if context or (taken > 2 and len(_digits(window, groups[:taken])) >= 11):
            return taken
    trunk = digits[0] == "0" and digits[1:2] != "0" and 2 <= lengths[0] <= 5 and len(groups) > 1
    if context is None and not (trunk and language in _TRUNK_LANGUAGES and 9 <= len(digits) <= 11):
        return 0
    taken = _fitting(groups, 12)
    total = len(_digits(window, groups[:taken]))
    return taken if total >= 7 and len(digits) <= 15 else 0


def _is_dotted_quad(window: bytes, groups: _Groups) -> bool:
    """Whether it reads like an IPv4 address or a longer number of that kind."""
    return (
        len(groups) >= 4
        and all(window[left[1] : right[0]] == b"." and right[1] - right[0] <= 3 for left, right in pairwise(groups))
        and groups[0][1] - groups[0][0] <= 3
        and window[groups[0][0] : groups[0][0] + 1] != b"0"
    )
