"""The politeness budget: how many requests and bytes a second are asked of other people's servers.

`Pace` keeps it within one process. `Leased` shares it with other processes and machines through whoever grants permits
(Prefect's global limits, see pipelines/politeness.py), a batch at a time, and paces single requests by itself.
"""

import math
import random
import threading
import time
from collections.abc import Callable
from typing import Protocol

LEASE_SECONDS = 0.25
"""What of a leased batch is not used within this time after it was asked for is given up."""

_BATCHES_PER_SECOND = 8
_MOST_FAILURES = 20  # in a row; a Prefect server on SQLite answers every third with 503 when eight ask at once
_ASKING_WORKERS = 4  # of more than these each asks as much less often

BYTES_UNIT = 1 << 20
"""Bytes are leased by the MiB: limits count in whole permits."""


class Permits(Protocol):
    """A budget that others draw from as well; it blocks until the server may be asked."""

    def acquire(self, requests: int, bytes: int) -> None:
        """Wait until so many requests may start and so many bytes may be taken."""


class Unlimited:
    """No budget: for one's own servers and for tests."""

    def acquire(self, requests: int, bytes: int) -> None:
        """Return at once."""


class Meter:
    """Lets an amount through each second, evenly: the next may start when the last one's share of time is over.

    In any second it lets through `rate`, and one amount more.
    """

    def __init__(
        self,
        rate: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._rate, self._clock, self._sleep = rate, clock, sleep
        self._free = -math.inf
        self._lock = threading.Lock()

    def take(self, amount: int) -> None:
        """Wait for the turn of an amount. A rate of 0 knows no turns."""
        if not amount or not self._rate:
            return
        with self._lock:
            now = self._clock()
            start = max(now, self._free)
            self._free = start + amount / self._rate
        if start > now:
            self._sleep(start - now)


class Pace:
    """A budget of one process, safe to share between threads.

    Args:
        requests_per_second: 0 means as many as one likes.
        bytes_per_second: likewise.
    """

    def __init__(self, requests_per_second: float, bytes_per_second: float) -> None:
        self._requests, self._bytes = Meter(requests_per_second), Meter(bytes_per_second)

    def acquire(self, requests: int, bytes: int) -> None:
        """See `Permits.acquire`."""
        self._requests.take(requests)
        self._bytes.take(bytes)


Lease = Callable[[int], bool]
"""Asks for so many permits: True if they were granted, False if one must wait.

Raises:
    ConnectionError: whoever grants them does not answer.
"""


class LeasedMeter:
    """Lets through what was leased, a batch at a time.

    Batches are granted at least batch / rate apart, and each is used within LEASE_SECONDS of its grant or not at all. So
    in any second all processes together get at most `most_in_a_second`.

    Args:
        rate: permits a second that all processes share.
        lease: asks for permits.
        workers: processes that share the rate, should nobody grant permits any more.
    """

    def __init__(
        self,
        rate: float,
        lease: Lease,
        workers: int,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._rate, self._lease, self._workers = rate, lease, workers
        self._clock, self._sleep = clock, sleep
        self._batch = batch_size(rate)
        self._left, self._until = 0, -math.inf
        self._even = Meter(rate, clock, sleep)
        self._alone: Meter | None = None
        self._lock = threading.Lock()

    def take(self, amount: int) -> None:
        """Wait until so many permits were leased and their turn has come."""
        if not self._rate:
            return
        with self._lock:
            while amount and self._alone is None:
                self._even.take(1)
                if not self._left or self._clock() > self._until:
                    self._renew()
                self._left -= 1
                amount -= 1
        if self._alone is not None:
            self._alone.take(amount)

    def _renew(self) -> None:
        """Get a batch. Without an answer in time, again and again, this process keeps to its share from now on."""
        # Together the workers ask a few times a turn; spread on purpose, or they would come back together.
        turn_seconds = self._batch / self._rate * max(1.0, self._workers / _ASKING_WORKERS)
        failures = 0
        while failures < _MOST_FAILURES:
            until = self._clock() + LEASE_SECONDS
            try:
                granted = self._lease(self._batch)
                failed = self._clock() > until
            except ConnectionError:
                granted, failed = False, True
            if granted and not failed:
                self._left, self._until = self._batch, until
                return
            failures = failures + 1 if failed else 0
            self._sleep(turn_seconds * random.uniform(0.5, 1.5))
        self._alone = Meter(self._rate / self._workers, self._clock, self._sleep)
        self._alone.take(1)
        self._left = 1


def batch_size(rate: float) -> int:
    """Permits in a batch, at least one; a limit must hold no more, so that batches are granted one after the other."""
    return max(1, int(rate / _BATCHES_PER_SECOND))


def most_in_a_second(rate: float) -> float:
    """The most permits that all processes together use in any second."""
    return rate * (1 + LEASE_SECONDS) + batch_size(rate)


class Leased:
    """A budget shared by many processes.

    Args:
        requests_per_second: of all processes together; 0 means as many as one likes.
        bytes_per_second: likewise.
        lease_requests: asks for permits for requests.
        lease_bytes: asks for permits for MiB.
        workers: processes that share the budget, should nobody grant permits any more.
    """

    def __init__(
        self,
        requests_per_second: float,
        bytes_per_second: float,
        lease_requests: Lease,
        lease_bytes: Lease,
        workers: int,
    ) -> None:
        self._requests = LeasedMeter(requests_per_second, lease_requests, workers)
        mebibytes = bytes_per_second / BYTES_UNIT
        self._mebibytes = LeasedMeter(mebibytes, lease_bytes, workers)
        self._odd_bytes = 0
        self._lock = threading.Lock()

    def acquire(self, requests: int, bytes: int) -> None:
        """See `Permits.acquire`; bytes are charged once they make a MiB."""
        if requests:
            self._requests.take(requests)
        with self._lock:
            whole, self._odd_bytes = divmod(self._odd_bytes + bytes, BYTES_UNIT)
        if whole:
            self._mebibytes.take(whole)
