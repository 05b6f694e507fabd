"""Every error that Gristmill raises on purpose, and the exit code each one gives the command line.

    GristmillError              1   the work failed; the ledger is whole
    ├── UsageError              2   the command, the input or the recipe is wrong; nothing was started
    │   ├── InputError          2   an input file is missing, empty, or not what it should be
    │   │   ├── MissingError    2   crawl/asking.py: a server, bucket or folder has no such thing
    │   │   └── NothingNewError 2   pipelines/selecting.py: only new files were asked for, and there are none
    │   └── RecipeError         2   a recipe has an unknown key, a wrong type or an impossible value
    ├── StoreError              1   the store cannot be read or written
    ├── BalanceError            1   a task or a run does not account for every record
    ├── WorkerError             1   a worker process died or hung, also after its retries
    ├── PageError               1   extract/page.py: one page is over a limit or broke its parser; becomes a failed record
    ├── UnfinishedError         1   pipelines/running.py: a job has no receipt yet; the run begins
    └── VerificationError       3   the store's content is not what its receipts say

A message tells what happened, where, and what to do next.
"""


class GristmillError(Exception):
    """Something went wrong that a person can act on; its message is one sentence or two."""

    exit_code = 1


class UsageError(GristmillError):
    """The request cannot be carried out as it was made."""

    exit_code = 2


class InputError(UsageError):
    """An input is missing, empty, or of the wrong kind."""


class RecipeError(UsageError):
    """A recipe cannot be read or asks for something that does not exist."""


class StoreError(GristmillError):
    """The store refuses to be read or written."""


class BalanceError(GristmillError):
    """Records are unaccounted for: in = kept + rejected + failed does not hold."""


class WorkerError(GristmillError):
    """A worker process was lost or ran past its time-out."""


class VerificationError(GristmillError):
    """Stored content and receipts differ."""

    exit_code = 3
