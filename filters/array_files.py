"""NumPy archives of a model: reading some of their arrays, with errors that say what is wrong with the file."""

import zlib
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

_ZIP = b"PK"


def read_arrays(path: Path, *names: str) -> dict[str, NDArray[Any]]:
    """Some arrays of an .npz file, by name; ValueError, in words for people, if the file is none or lacks one."""
    try:
        with path.open("rb") as opened:
            if opened.read(len(_ZIP)) != _ZIP:
                raise ValueError("it is no NumPy archive")
            opened.seek(0)
            with np.load(opened, allow_pickle=False) as file:
                missing = [name for name in names if name not in file.files]
                if missing:
                    raise ValueError(f"it has no array {missing[0]!r}")
                return {name: file[name] for name in names}
    except (BadZipFile, EOFError, zlib.error, RuntimeError) as error:  # the last: encrypted, or packed in no known way
        raise ValueError("it is cut off or damaged") from error
    except OSError as error:
        raise ValueError(error.strerror or "it cannot be read") from error
