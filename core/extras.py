"""torch, which only an extra installs: imported when it is needed, and told to leave the processors to others."""

import os
from typing import Any

from gristmill.core.errors import UsageError


def import_torch(who: str, extra: str) -> Any:
    """The module torch.

    Args:
        who: what needs it, for the message.
        extra: of this project, that installs it.

    Raises:
        UsageError: it is not installed.
    """
    # Waiting threads sleep instead of spinning: on two cores busy with other work a step took 2 to 4 s, not 7 to 9 s.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    try:
        import torch
    except ImportError as error:
        raise UsageError(f"{who} needs torch, which is not installed: pip install 'gristmill[{extra}]'.") from error
    return torch
