"""E-mail addresses: a practical part of RFC 5321 and 6531, and what only looks like one (spec pii 3.1)."""

import re
from functools import lru_cache

from gristmill.filters.suffixes import top_level_domains

_LATIN = rb"\xc3[\x80-\xbf]|[\xc4-\xc9][\x80-\xbf]"  # U+00C0 to U+027F in UTF-8: letters with marks
# Of RFC 5322's atoms those that addresses have; "/", "=" and their like stand before addresses in URLs and code.
_LOCAL = re.compile(rb"(?:[A-Za-z0-9._%+'-]|" + _LATIN + rb")+\Z")
_ARTEFACT = re.compile(rb"\A(?:(?:%[0-9A-Fa-f]{2})+|u00[0-9a-f]{2}|[.'%+-])+(?=[A-Za-z0-9\x80-\xff])")
_ASCII_DOMAIN = re.compile(rb"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]*[A-Za-z0-9]")
_FOREIGN_DOMAIN = re.compile(rb"(?:[A-Za-z0-9\x80-\xff-]{1,63}\.)+[A-Za-z0-9\x80-\xff-]{2,63}")

_RESERVED = re.compile(rb"(?:\A|\.)(?:example\.(?:com|net|org)|(?:example|test|invalid|localhost|local))\Z")
_MAX_BYTES = 254  # RFC 5321 erratum 1690


def find_email(window: bytes, at: int, first: int, last: int, keep_reserved: bool) -> tuple[int, int] | None:
    """The address around window[at] == "@" within window[first:last], or None.

    Left alone are names that are no mail (`@user@server.example`, `git@host.example:repository`) and, if asked, domains
    that RFC 2606 and 6761 reserve.
    """
    match = _LOCAL.search(window, first, at)
    if match is None:
        return None
    start = match.start()
    artefact = _ARTEFACT.match(window[start:at])
    start += artefact.end() if artefact else 0
    local = window[start:at]
    if not local or local.startswith(b".") or local.endswith(b".") or b".." in local:
        return None
    if (start and window[start - 1 : start] in (b"@", b"\\")) or not re.search(rb"[A-Za-z0-9\x80-\xff]", local):
        return None
    domain = _domain(window[at + 1 : last])
    if domain is None or at - start + 1 + len(domain) > _MAX_BYTES:
        return None
    end = at + 1 + len(domain)
    if re.match(rb":[A-Za-z~/]", window[end : end + 2]):  # scp's and git's way to name a file
        return None
    if keep_reserved and _RESERVED.search(domain.lower()):
        return None
    return start, end


def _domain(text: bytes) -> bytes | None:
    """The longest domain at the start of a text whose last label is a top-level domain, or None."""
    foreign = _FOREIGN_DOMAIN.match(text)
    if foreign and not foreign[0].isascii() and _is_top_level(foreign[0].rpartition(b".")[2]):
        return foreign[0]
    match = _ASCII_DOMAIN.match(text)
    domain = match[0] if match else b""
    while b"." in domain:
        head, _, last = domain.rpartition(b".")
        if _is_top_level(last):
            return domain
        domain = head  # "write to jo@mill.org.Thank you": a sentence began without a space
    return None


@lru_cache(maxsize=4096)
def _is_top_level(label: bytes) -> bool:
    try:
        name = label.decode().lower().encode("idna").decode()
    except UnicodeError:
        return False
    return name in top_level_domains() or name in ("example", "test", "invalid", "localhost", "local")
