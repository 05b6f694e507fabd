"""A campaign of mutations: files of good records with one kind of damage each, by seed.

python -m tests.crawl.mutations 2500     # of each container; prints how many there were, and the peak of memory in bytes
"""

import random
import re
import sys
import tempfile
from pathlib import Path

from tests.crawl.warcs import CONTAINERS, assert_covers, pages, read_both, usable

DAMAGED = ("plain", "member for each", "stored members", "zstd")


def mutate(rng: random.Random, parts: list[bytes]) -> tuple[bytes, set[int]]:
    """A file of members with one kind of damage, and the members whose bytes are untouched and still in order."""
    kind = rng.choice(["flip", "flips", "cut", "drop", "splice", "zero"])
    data = bytearray(b"".join(parts))
    starts = [sum(map(len, parts[:number])) for number in range(len(parts) + 1)]
    start = rng.randrange(len(data))
    end = min(len(data), start + (1 if kind == "flip" else rng.randrange(1, 400)))
    touched = {number for number in range(len(parts)) if starts[number] < end and starts[number + 1] > start}
    if kind in ("flip", "flips"):
        for position in range(start, end):
            data[position] ^= rng.randrange(1, 256)
    elif kind == "zero":
        data[start:end] = bytes(end - start)
    elif kind == "drop":
        del data[start:end]
    elif kind == "cut":
        del data[start:]
        touched = {number for number in range(len(parts)) if starts[number + 1] > start}
    else:
        data[start:start] = rng.randbytes(end - start)
        touched = {number for number in range(len(parts)) if starts[number] < start < starts[number + 1]}
    return bytes(data), set(range(len(parts))) - touched


def check(container: str, seed: int, folder: Path) -> None:
    """Damage a file and see that every record whose own bytes were untouched is found, once and in order."""
    rng = random.Random(f"{container} {seed}")
    parts = [CONTAINERS[container]([part]) for part in pages(8)]
    data, untouched = mutate(rng, parts)
    path = folder / "mutated.warc"
    path.write_bytes(data)
    items = read_both(path)
    assert_covers(items, len(data))
    found = [record.uri for record in usable(items)]
    wanted = [f"http://site.example/{number}" for number in sorted(untouched)]
    if container == "plain":  # the end of a record is seen only by what follows, so a neighbour of damage may fail
        wanted = [f"http://site.example/{n}" for n in sorted(untouched) if n + 1 in untouched or n == 7]
    assert [uri for uri in found if uri in wanted] == wanted, (container, seed)
    assert len(found) == len(set(found)), (container, seed)


def main() -> None:
    seeds = int(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        for container in DAMAGED:
            for seed in range(seeds):
                check(container, seed, Path(folder))
    peak = int(re.findall(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[0]) << 10
    sys.stdout.write(f"{seeds * len(DAMAGED)} {peak}\n")


if __name__ == "__main__":
    main()
