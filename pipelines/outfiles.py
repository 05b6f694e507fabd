"""Files for other programs: they appear under their name when they are whole."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from gristmill.core.errors import UsageError


@contextlib.contextmanager
def appearing(target: Path) -> Iterator[Path]:
    """A path to write to; what is there takes the target's name when the block has ended well."""
    partial = target.with_name(target.name + ".partial")
    try:
        yield partial
        partial.replace(target)
    except OSError as error:
        raise UsageError(f"cannot write {target}: {error.strerror}. Name another place, or make room there.") from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
