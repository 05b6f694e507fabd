"""Stands in for a preload that takes very long; tells by a file that it has begun."""

import os
import time
from pathlib import Path

marker = Path(os.environ["SLOW_PRELOAD_MARKER"])
part = marker.with_suffix(".part")
part.write_text(str(os.getpid()))
part.rename(marker)
time.sleep(3600)
