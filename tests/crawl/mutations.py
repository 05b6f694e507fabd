"""A campaign of mutations: files of good records with one kind of damage each, by seed.

python -m tests.crawl.mutations 2500              # of each container of made records
python -m tests.crawl.mutations 10000 FILE…       # of pieces of these files

Prints how many there were, and the peak of memory in bytes.
"""

import functools
import hashlib
import itertools
import random
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from gristmill.crawl.record import Gap, Record
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


Key = tuple[str, str, str, bytes]
Piece = tuple[bytes, Counter[Key]]


def key_of(record: Record) -> Key:
    return record.type, record.record_id, record.uri, hashlib.sha1(record.body).digest()


@functools.cache
def pieces_of(path: Path) -> list[Piece]:
    """The members (or, uncompressed, the records) of a file, each with the records that it holds; up to the first that
    is not as it should be."""
    stored = path.read_bytes()
    pieces: list[Piece] = []
    items = itertools.groupby(read_both(path), lambda item: item.start if isinstance(item, Gap) else item.offset)
    for start, group in items:
        records = list(group)
        first = records[0]
        if isinstance(first, Gap) or start != sum(len(piece) for piece, _ in pieces):
            break
        whole = [record for record in records if isinstance(record, Record) and record.outcome == "usable"]
        if len(whole) < len(records):
            break
        pieces.append((stored[start : start + first.length], Counter(map(key_of, whole))))
    return pieces


def check_real(paths: Sequence[Path], seed: int, folder: Path) -> None:
    """Damage some members of a real file that lie together, and see that all records of the others are found."""
    rng = random.Random(f"real {seed}")
    pieces = pieces_of(rng.choice(paths))
    start = rng.randrange(len(pieces))
    pieces = pieces[start : start + rng.randrange(2, 12)]
    data, untouched = mutate(rng, [piece for piece, _ in pieces])
    path = folder / "mutated.warc"
    path.write_bytes(data)
    items = read_both(path)
    assert_covers(items, len(data))
    found = Counter(map(key_of, usable(items)))
    packed = pieces[0][0][:2] == b"\x1f\x8b"
    # Uncompressed, the end of a record is seen only by what follows, so a neighbour of damage may fail.
    sure = [n for n in untouched if packed or n + 1 in untouched or n == len(pieces) - 1]
    wanted = sum((pieces[number][1] for number in sure), Counter[Key]())
    assert not wanted - found, seed
    if packed:  # nothing that the checksums do not vouch for
        assert not found - sum((keys for _, keys in pieces), Counter[Key]()), seed


def main() -> None:
    count, paths = int(sys.argv[1]), [Path(name) for name in sys.argv[2:]]
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(count):
            if paths:
                check_real(paths, seed, Path(folder))
                continue
            for container in DAMAGED:
                check(container, seed, Path(folder))
    peak = int(re.findall(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[0]) << 10
    sys.stdout.write(f"{count * (1 if paths else len(DAMAGED))} {peak}\n")


if __name__ == "__main__":
    main()
