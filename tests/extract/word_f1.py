"""Word F1 of a text against a reference: bags of words in lower case, Chinese and Japanese by character."""

import re
from collections import Counter

_WIDE = "\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0002ffff"
_WORD = re.compile(f"[{_WIDE}]|[^\\W{_WIDE}]+")


def word_f1(text: str, gold: str) -> float:
    """2·common / (words of both)."""
    found, wanted = _WORD.findall(text.lower()), _WORD.findall(gold.lower())
    common = sum((Counter(found) & Counter(wanted)).values())
    return 2 * common / (len(found) + len(wanted)) if found or wanted else 1.0
