"""Jobs for the tests of pools and clusters: what a worker does with one stands in its settings. Imported by the workers."""

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from gristmill.core.errors import InputError
from gristmill.filters import urls
from gristmill.pipelines.jobs import Job
from gristmill.pipelines.receipts import Counts, Receipt
from gristmill.pipelines.recipe import Stage
from gristmill.pipelines.registry import stage_type

STAGE = Stage(stage_type("urls"), urls.Params(), "0" * 12)


def job(do: str, **settings: Any) -> Job:
    """A job that makes its worker do something."""
    return Job("nowhere", STAGE, "judge", do, settings={"do": do, **settings})


def work(given: Job) -> Receipt:
    """Do what the job says; the receipt tells which process did it."""
    settings = given.settings
    match settings["do"]:
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "kill once":
            marker = Path(settings["marker"])
            if not marker.exists():
                marker.touch()
                os.kill(os.getpid(), signal.SIGKILL)
        case "exit":
            os._exit(3)
        case "hang":
            Path(settings["marker"]).write_text(str(os.getpid()))
            time.sleep(3600)
        case "wrong input":
            raise InputError("page.warc is empty. Remove it.")
        case "fault":
            raise ZeroDivisionError("a fault in the stage")
        case "disk full":
            raise OSError(28, "No space left on device", "/store/part")
        case "memory":
            raise MemoryError
    warm: Any = sys.modules.get("gristmill.pipelines.warm")
    extra = {"pid": os.getpid(), "warm": bool(warm and warm.WARM), "main": "pytest" in sys.modules}
    return Receipt("urls", "0" * 12, "judge", given.unit, "", "document", Counts(1, 1), extra=extra)
