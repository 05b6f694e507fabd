"""HTML's tokenizer, slow and obvious: the reference for extract/tokens.py. Written after the HTML Standard, 13.2.5."""

import re

RAW = {"script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"}
_SPACE = " \t\n\r\f"

Token = tuple[str, str, dict[str, str]]
"""Kind, text or tag name, attributes."""


def tokenize(page: str) -> list[Token]:
    """Tokens of a page without SVG or MathML; neighbouring text is one token; character references stay."""
    tokens: list[Token] = []
    at = text = 0

    def add_text(end: int) -> None:
        if text < end:
            tokens.append(("text", page[text:end], {}))

    while at < len(page):
        if not re.match(r"</?[a-zA-Z]|<[!?/]", page[at : at + 3]):
            at += 1
            continue
        if re.match(r"</?[a-zA-Z]", page[at : at + 3]):
            closes = page[at + 1] == "/"
            found = _tag(page, at + 1 + closes)
            if found is None:  # never ends
                add_text(at)
                return tokens
            name, attributes, end = found
            add_text(at)
            tokens.append(("end" if closes else "start", name, {} if closes else attributes))
            at = text = end
            if not closes and name == "plaintext":
                if at < len(page):
                    tokens.append(("raw", page[at:], {}))
                return tokens
            if not closes and name in RAW:
                end = _raw_end(page, at, name)
                if at < end:
                    tokens.append(("raw", page[at:end], {}))
                at = text = end
            continue
        if at + 1 == len(page):
            break
        add_text(at)
        at = text = _markup_end(page, at)
    add_text(len(page))
    return tokens


def _tag(page: str, at: int) -> tuple[str, dict[str, str], int] | None:
    """Name, attributes, end of the tag whose name begins at `at`."""
    match = re.compile(r"[^ \t\n\r\f/>]*").match(page, at)
    assert match
    name, at = match[0], match.end()
    attributes: dict[str, str] = {}
    while True:
        while at < len(page) and page[at] in _SPACE + "/":
            at += 1
        if at >= len(page):
            return None
        if page[at] == ">":
            return _lower(name), attributes, at + 1
        start = at
        at += 1
        while at < len(page) and page[at] not in _SPACE + "/>=":
            at += 1
        key, value = _lower(page[start:at]), ""
        while at < len(page) and page[at] in _SPACE:
            at += 1
        if at < len(page) and page[at] == "=":
            at += 1
            while at < len(page) and page[at] in _SPACE:
                at += 1
            if at < len(page) and page[at] in "\"'":
                end = page.find(page[at], at + 1)
                if end < 0:
                    return None
                value, at = page[at + 1 : end], end + 1
            else:
                start = at
                while at < len(page) and page[at] not in _SPACE + ">":
                    at += 1
                value = page[start:at]
        attributes.setdefault(key, value)


def _lower(text: str) -> str:
    """Lower case of ASCII letters only."""
    return "".join(chr(ord(c) + 32) if "A" <= c <= "Z" else c for c in text)


def _markup_end(page: str, at: int) -> int:
    """End of a comment, doctype or bogus comment."""
    if page.startswith("<!--", at):
        if page.startswith((">", "->"), at + 4):
            return page.index(">", at) + 1
        match = re.compile(r"--!?>").search(page, at + 4)
        return match.end() if match else len(page)
    end = page.find(">", at + 2)
    return len(page) if end < 0 else end + 1


def _raw_end(page: str, at: int, name: str) -> int:
    """Where the end tag of raw text begins; `name` is not script, whose escapes are tested by examples."""
    match = re.compile(rf"</{name}(?=[ \t\n\r\f/>])", re.IGNORECASE | re.ASCII).search(page, at)
    return match.start() if match else len(page)
