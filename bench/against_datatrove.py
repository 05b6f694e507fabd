"""The whole pipeline against datatrove's chain of the same steps: same WARCs, same cores, one after the other.

    python -m bench.against_datatrove FOLDER_OF_WARCS --datatrove PYTHON [--workers 2] [--rounds 1]

PYTHON is one of an environment of its own with datatrove 0.10.1 (`pip install 'datatrove[io,processing]==0.10.1' 'xxhash<4' spacy
fasttext-community faust-cchardet python-magic tokenizers`; with xxhash 4 its MinHash fails).

Both sides start cold in each round: interpreter, imports, Prefect's server and worker
processes are in the time, as a user would feel it; `bench.pipeline` leaves them out.
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.pipeline import recipe_without_training
from tokenizers import ByteLevelBPETokenizer

from gristmill.filters.lid176 import MODEL
from gristmill.pipelines.export import export_documents
from gristmill.pipelines.runs import read_run
from gristmill.pipelines.store import open_store

CHAIN = Path(__file__).parent / "datatrove_chain.py"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--datatrove", required=True)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    seconds: dict[str, list[float]] = {"gristmill": [], "datatrove": []}
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        recipe = recipe_without_training(work)
        for number in range(options.rounds):
            store = work / f"store-{number}"
            words = ["run", recipe, "--input", options.folder, "--store", str(store), "--workers", str(options.workers)]
            seconds["gristmill"].append(_timed([sys.executable, "-m", "gristmill", *words]))
            tokenizer = _tokenizer(store, work)
            out = work / "datatrove"
            words = [options.folder, str(out), str(options.workers), str(MODEL), tokenizer]
            seconds["datatrove"].append(_timed([options.datatrove, str(CHAIN), *words]))
            shutil.rmtree(out)
    medians = {side: statistics.median(values) for side, values in seconds.items()}
    for side, median in medians.items():
        print(f"{side:<12}{median:8.1f} s")
    print(f"gristmill is {medians['datatrove'] / medians['gristmill']:.1f} times as fast, start included")


def _timed(command: list[str]) -> float:
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{command[0]} failed:\n{done.stderr[-2000:]}")
    return time.perf_counter() - started


def _tokenizer(store: Path, work: Path) -> str:
    """A byte-level BPE of the same size as Gristmill's, in the form that datatrove reads."""
    path = work / "tokenizer.json"
    if not path.exists():
        opened = open_store(str(store))
        texts = work / "kept.jsonl"
        export_documents(opened, read_run(opened), texts)
        tokenizer = ByteLevelBPETokenizer()
        tokenizer.train([str(texts)], vocab_size=8192, show_progress=False)
        tokenizer.save(str(path))
    return str(path)


if __name__ == "__main__":
    main()
