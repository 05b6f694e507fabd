"""Step of `fetch`: make a WARC file's bytes available and verified."""

import tempfile
from collections.abc import Iterable
from pathlib import Path

from gristmill.core.errors import GristmillError
from gristmill.crawl.access import Access
from gristmill.crawl.fetch import Fetched, drop, fetch
from gristmill.crawl.input_file import InputFile
from gristmill.pipelines.jobs import Draft, Job, Result
from gristmill.pipelines.politeness import manners_of, permits_of
from gristmill.pipelines.receipts import Counts
from gristmill.pipelines.store import Store, open_store

_TRANSIENT = ("fetch.unreadable", "fetch.short")


def fetch_file(job: Job, draft: Draft) -> Result:  # noqa: ARG001 - a step
    """Bring one input file here, or say why it cannot be used."""
    assert job.file is not None
    fetched = available(job)
    if fetched.reason in _TRANSIENT:  # no fact about the data: tomorrow it may be there, so nothing is committed
        raise GristmillError(f"{fetched.message}. Check the file or the server, then run the same command again.")
    reasons = {fetched.reason: 1} if fetched.reason else {}
    counts = Counts(1, 0, 0, 1) if fetched.reason else Counts(1, 1, 0, 0)
    return Result("file", counts, reasons, extra={"bytes_in": fetched.bytes, "location": job.file.location})


def available(job: Job) -> Fetched:
    """The file's bytes on this machine: in place, in the cache, or fetched again if the cache was dropped."""
    assert job.file is not None
    access = job.settings.get("access", Access())
    return fetch(job.file, cache_folder(open_store(job.store)), permits_of(access), manners_of(access))


def drop_copies(store: Store, files: Iterable[InputFile], access: Access) -> None:
    """Forget fetched copies once their documents are there, unless they are to be kept; local inputs stay where they
    are."""
    if not access.keep:
        for file in files:
            drop(file, cache_folder(store))


def cache_folder(store: Store) -> Path:
    """Where fetched files wait for extraction: in the store if it is a folder, else in the machine's temporary folder."""
    folder = store.folder / "cache" if store.folder else Path(tempfile.gettempdir()) / "gristmill-cache"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
