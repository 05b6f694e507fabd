"""Options that several commands share."""

from typing import Annotated

import typer

StoreOption = Annotated[
    str, typer.Option("--store", help="Folder or bucket that holds the runs.")
]  # a Path would eat s3://
RunOption = Annotated[str | None, typer.Option("--run", help="Id of a run, or its beginning; default: the newest.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")]
