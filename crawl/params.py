"""Name, version, rules and parameters of the `fetch` stage: addresses in, verified files out."""

from gristmill.core.params import Params as BaseParams

NAME = "fetch"
VERSION = 1
RULES = ("fetch.empty", "fetch.not_a_warc", "fetch.unreadable", "fetch.short")


class Params(BaseParams):
    """None yet: how a file is brought here does not change what is in it, so it is not the recipe's affair."""
