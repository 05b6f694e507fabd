"""The command line. Commands live in commands_*.py by subject; nothing heavy is imported before a command runs."""

import os
import sys

import typer

from gristmill.core.errors import GristmillError
from gristmill.pipelines import (
    commands_ask,
    commands_crawl,
    commands_evaluate,
    commands_extract,
    commands_look,
    commands_make,
    commands_plan,
    commands_recipes,
    commands_store,
    commands_train,
    commands_tune,
)

_INTERRUPTED = 130  # what Typer makes of a KeyboardInterrupt, saying nothing

app = typer.Typer(
    name="gristmill",
    help="Common Crawl in, language-model training shards out, and every record accounted for.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
commands_make.add_to(app)
commands_plan.add_to(app)
commands_recipes.add_to(app)
commands_crawl.add_to(app)
commands_extract.add_to(app)
commands_look.add_to(app)
commands_ask.add_to(app)
commands_train.add_to(app)
commands_evaluate.add_to(app)
commands_tune.add_to(app)
commands_store.add_to(app)


def main() -> None:
    """Run the command line; an error of Gristmill's own becomes one sentence and an exit code."""
    debug = "--debug" in sys.argv
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    try:
        app(arguments)
    except GristmillError as error:
        if debug:
            raise
        _say(str(error))
        raise SystemExit(error.exit_code) from error
    except (KeyboardInterrupt, SystemExit) as end:
        if isinstance(end, SystemExit) and end.code != _INTERRUPTED:
            raise
        _say("stopped. What is finished is kept: the same command goes on from there.")
        raise SystemExit(1) from None
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader (head, less) has seen enough
        raise SystemExit(0) from None
    except Exception as error:
        if debug:
            raise
        first = (str(error).splitlines() or [""])[0]
        _say(
            f"{type(error).__name__}: {first}. This should not happen; run again with --debug for the traceback and report it."
        )
        raise SystemExit(1) from error


def _say(message: str) -> None:
    print(f"gristmill: {message}", file=sys.stderr)  # noqa: T201 - the one place that talks to the user about errors
