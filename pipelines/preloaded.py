"""What the fork server loads before it forks workers: everything warm, or the reason why not.

A fork server swallows an ImportError of its preload and dies of any other error, and nobody would learn of either; so the
reason is kept here, and each worker tells it (pipelines/pool.py).
"""

import signal

signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's affair, also while this is loading

FAILURE: str | None = None
"""Why warming up failed; None if it did not."""

try:
    from gristmill.pipelines import warm
except Exception as error:
    FAILURE = f"{type(error).__name__}: {error}"
else:
    if not warm.WARM:
        FAILURE = "gristmill.pipelines.warm was loaded but did not warm up"
