"""The `gristmill` command, also as `python -m gristmill`."""

import os
import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line and end the process at once.

    The interpreter's own shutdown would wait for idle threads of libraries, and DuckDB's bindings, torn down after threads
    have used them, fill the terminal with lines about leaks that are none.
    """
    from gristmill.pipelines.cli import main as run_command_line

    code = 0
    try:
        run_command_line()
    except SystemExit as stopped:
        code = stopped.code if isinstance(stopped.code, int) else int(stopped.code is not None)
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:
        pass  # whoever read the output has seen enough
    os._exit(code)


if __name__ == "__main__":
    main()
