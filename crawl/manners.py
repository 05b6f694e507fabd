"""How a server is treated when it fails, refuses or keeps silent."""

import email.utils
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import version

RETRY_STATUS = frozenset((408, 429, 500, 502, 503, 504, 509))
"""HTTP statuses after which asking again may help: among them 429 and 503, which ask to go slower."""


@dataclass(frozen=True)
class Manners:
    """Waits and attempts."""

    attempts: int = 8
    """Requests in a row that bring no byte before a file is given up."""

    first_wait_seconds: float = 1.0
    """Wait after the first failure; it doubles with each further one, and is spread by ±50 %."""

    longest_wait_seconds: float = 60.0
    """Longest wait that is chosen here."""

    longest_retry_after_seconds: float = 3600.0
    """Longest wait that a server may ask for with Retry-After."""

    timeout_seconds: float = 60.0
    """Silence after which a connection counts as lost."""

    contact: str = ""
    """Mail or web address for the User-Agent header, so that whoever runs the server can complain."""

    sleep: Callable[[float], None] = field(default=time.sleep, repr=False, compare=False)
    """How waiting is done."""

    def wait(self, failures: int, asked_seconds: float = 0.0) -> None:
        """Wait after the n-th failure in a row, at least as long as the server asked for."""
        chosen = min(self.longest_wait_seconds, self.first_wait_seconds * 2 ** (failures - 1))
        # Unseeded on purpose: workers that failed together must not come back together. No data depends on it.
        self.sleep(max(min(asked_seconds, self.longest_retry_after_seconds), chosen * random.uniform(0.5, 1.5)))


PLANNING = Manners(attempts=4, longest_wait_seconds=8.0, timeout_seconds=30.0, longest_retry_after_seconds=60.0)
"""Manners of somebody who waits at the terminal."""


def retry_after(value: str) -> float:
    """Seconds that a Retry-After header asks for, given in seconds or as a date; 0.0 if it says nothing."""
    if value.strip().isdecimal():
        return float(value)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, TypeError):
        return 0.0


def user_agent(contact: str = "") -> str:
    """Who asks, honestly: tool, version, and where to complain."""
    return f"gristmill/{version('gristmill')}" + (f" (+{contact})" if contact else "")
