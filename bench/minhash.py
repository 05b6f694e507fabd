"""MinHash signatures from raw text on one core: the kernel against datasketch, in turns in the same run.

    python bench/minhash.py [PARQUET] [--megabytes 40]

Both sides go from the `text` column to 112 slots for each document and 5-word shingles. datasketch gets its shingles
as its users make them: `re` words of the lower-cased text, joined by spaces, one update_batch for each document; it
sees a fifth of the texts. Without a file, texts are composed here.
"""

import argparse
import random
import re
import statistics
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from datasketch import MinHash

from gristmill.core.batch import TextBuffers, text_buffers
from gristmill.dedup.shingles import ShingleRule
from gristmill.dedup.signatures import permutations, signatures

SLOTS, ROUNDS, SHARE = 112, 5, 5
RULE = ShingleRule(5, 8, 1_000_000, False)


def compose(megabytes: float) -> pa.Array:
    rng = random.Random(1)
    sounds = [a + b for a in "bcdfghlmnprst" for b in ("a", "e", "i", "o", "u", "an", "er", "is")]
    words = ["".join(rng.choices(sounds, k=rng.choice([1, 2, 2, 3, 4]))) for _ in range(30_000)] + [
        "the",
        "and,",
        "of",
    ] * 2000
    texts: list[str] = []
    size = 0
    while size < megabytes * 1e6:
        texts.append(" ".join(rng.choices(words, k=rng.choice([60, 200, 500, 1500]))).capitalize() + ".")
        size += len(texts[-1])
    return pa.array(texts, pa.large_string())


def read(path: Path, megabytes: float) -> pa.Array:
    column = pq.read_table(path, columns=["text"])["text"].cast(pa.large_string()).combine_chunks()
    times = max(1, round(megabytes * 1e6 / column.nbytes))
    return pa.concat_arrays([column] * times)


def with_datasketch(texts: list[str]) -> None:
    empty = MinHash(num_perm=SLOTS, seed=1)
    for text in texts:
        words = re.findall(r"\w+", text.lower())
        signature = empty.copy()
        signature.update_batch([" ".join(words[at : at + 5]).encode() for at in range(len(words) - 4)])


def with_kernel(text: TextBuffers) -> None:
    signatures(text, RULE, permutations(1, SLOTS))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parquet", type=Path, nargs="?")
    parser.add_argument("--megabytes", type=float, default=40)
    options = parser.parse_args()
    column = read(options.parquet, options.megabytes) if options.parquet else compose(options.megabytes)
    text = text_buffers(column)
    share = column[: len(column) // SHARE // ROUNDS].to_pylist()
    megabytes = float(text.offsets[-1] - text.offsets[0]) / 1e6
    share_megabytes = sum(len(each.encode()) for each in share) / 1e6
    with_kernel(text_buffers(column[:1]))  # compiles
    rates = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        with_kernel(text)
        middle = time.perf_counter()
        with_datasketch(share)
        end = time.perf_counter()
        rates.append((megabytes / (middle - start), share_megabytes / (end - middle)))
    ours, theirs = (statistics.median(side) for side in zip(*rates, strict=True))
    print(f"{megabytes:.0f} MB, {len(column):,} documents, {SLOTS} slots, one core, median of {ROUNDS} rounds in turns")
    print(f"kernel      {ours:8.1f} MB/s")
    print(f"datasketch  {theirs:8.2f} MB/s")
    print(f"ratio       {ours / theirs:8.0f}")


if __name__ == "__main__":
    main()
