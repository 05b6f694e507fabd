"""Fields of WARC and HTTP headers: name and value pairs, folded lines, any case, bytes that are not UTF-8."""

import re

Headers = list[tuple[str, str]]
"""Name and value pairs, in the order of the header."""

_SURROGATE = re.compile("[\udc80-\udcff]")


def field_value(text: str, name: str) -> str | None:
    """Value of a header's first field of a name, or None."""
    line = f"\n{name}:"
    found = text.find(line)
    if found >= 0:
        start = found + len(line)
        end = text.find("\n", start)
        if end < 0:
            return text[start:].strip()
        if text[end + 1 : end + 2] not in (" ", "\t"):
            return text[start:end].strip()
    lower = name.lower()  # another case, or a folded line
    if found < 0 and lower not in text.lower():
        return None
    return next((value for other, value in header_pairs(text) if other.lower() == lower), None)


def header_pairs(text: str) -> Headers:
    """Name and value pairs of header lines, folded lines joined; the first line (a version or status) is left out."""
    if "\n " in text or "\n\t" in text:
        return _folded_pairs(text)
    parts = [line.partition(":") for line in text.split("\n")[1:]]
    return [(name.strip(), value.strip()) for name, colon, value in parts if colon]


def clean_pairs(text: str) -> Headers:
    """Pairs of a WARC header's text, without lone surrogates."""
    return header_pairs(clean(text))


def _folded_pairs(text: str) -> Headers:
    pairs: Headers = []
    for line in text.split("\n")[1:]:
        if line[:1] in (" ", "\t"):
            if pairs:
                name, value = pairs[-1]
                pairs[-1] = (name, f"{value} {line.strip()}")
            continue
        name, colon, value = line.partition(":")
        if colon:
            pairs.append((name.strip(), value.strip()))
    return pairs


def clean(value: str) -> str:
    """Put U+FFFD for bytes that were not UTF-8, so that no surrogate reaches Arrow or JSON."""
    return value if value.isascii() else _SURROGATE.sub("\ufffd", value)


def escape_uri(uri: str) -> str:
    """Percent-escape bytes that were not UTF-8; the same object where there are none."""
    if uri.isascii() or not _SURROGATE.search(uri):
        return uri
    return _SURROGATE.sub(lambda match: f"%{ord(match.group()) & 0xFF:02X}", uri)
