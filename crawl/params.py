"""Name, version, rules and parameters of the `fetch` stage: addresses in, verified files out."""

from gristmill.core.params import Params as BaseParams

NAME = "fetch"
VERSION = 1
RULES = ("fetch.empty", "fetch.not_a_warc", "fetch.unreadable", "fetch.short")


class Params(BaseParams):
    """How files are brought here. None of it changes what is in them."""

    keep: bool = False
    """Whether fetched copies stay in the store's cache once their documents are extracted."""
