"""URLs a second through the stage `urls` with lists of five million entries, and the memory that takes; one core.

    python -m bench.urls [--entries 5000000] [--urls 400000]

The lists are made up: hosts in UT1's layout (a folder for each of three categories, nine tenths in one of them), a tenth of
the entries being URLs. Of the judged URLs a tenth lie on listed hosts. A process of its own reads and judges them, first
with nothing kept from before, then as the next worker would: its peak memory is the system's figure for it.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROUNDS = 5
SHARES = {"adult": 0.9, "gambling": 0.07, "phishing": 0.03}
URL_SHARE = 0.1

CHILD = """
import resource, statistics, sys, time
import pyarrow as pa
from gristmill.core.batch import Batch
from gristmill.filters.urls import Params, judge
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
urls = pa.array(open(sys.argv[2]).read().split("\\n")[:-1], pa.string())
batches = [Batch(pa.record_batch({"url": urls.slice(start, 4096)})) for start in range(0, len(urls), 4096)]
judge(batches[0], Params())
before = peak()
params = Params(collection=sys.argv[1])
start = time.perf_counter()
judge(batches[0], params)
loaded = time.perf_counter() - start
speeds, blocked = [], 0
for _ in range(int(sys.argv[3])):
    start = time.thread_time()
    blocked = sum(int(verdict.failed["urls.blocked_domain"].sum()) for verdict in (judge(b, params) for b in batches))
    speeds.append(len(urls) / (time.thread_time() - start))
print(f"lists ready in {loaded:5.1f} s   {statistics.median(speeds):10,.0f} URLs/s   peak {peak():5.0f} MB, of which "
      f"{before:.0f} MB before the lists   {blocked:,} of {len(urls):,} blocked")
"""


def main() -> None:
    """Print one line for the first process and one for the next."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=5_000_000)
    parser.add_argument("--urls", type=int, default=400_000)
    options = parser.parse_args()
    draw = random.Random(1)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        some = write_lists(folder / "lists", options.entries, draw)
        with (folder / "urls.txt").open("w") as file:
            file.writelines(f"{url}\n" for url in urls(some, options.urls, draw))
        environment = os.environ | {"XDG_CACHE_HOME": str(folder / "cache")}
        command = [sys.executable, "-c", CHILD, str(folder / "lists"), str(folder / "urls.txt"), str(ROUNDS)]
        compile_kernels = [
            sys.executable,
            "-c",
            "from gristmill.filters.urls import *; judge(Batch(pa.record_batch({'url': ['']})), Params())",
        ]
        subprocess.run(compile_kernels, env=environment, check=False, capture_output=True)
        print(f"{options.entries:,} entries")
        for name in ("first process", "next process"):
            done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
            print(f"  {name:<14} {done.stdout.strip()}")


def write_lists(folder: Path, entries: int, draw: random.Random) -> list[str]:
    """Write the lists; a few of the hosts."""
    some: list[str] = []
    for category, share in SHARES.items():
        (folder / category).mkdir(parents=True)
        hosts = int(entries * share * (1 - URL_SHARE))
        with (folder / category / "domains").open("w") as file:
            for _ in range(hosts):
                host = made_up_host(draw)
                file.write(host + "\n")
                if draw.random() < 10_000 / entries:
                    some.append(host)
        with (folder / category / "urls").open("w") as file:
            file.writelines(
                f"{made_up_host(draw)}/{draw.getrandbits(40):x}\n" for _ in range(int(entries * share * URL_SHARE))
            )
    return some


def made_up_host(draw: random.Random) -> str:
    kind, end = draw.choice(("-shop", "cam", "", "tube")), draw.choice(("com", "net", "org", "co.uk", "de"))
    return f"{draw.getrandbits(44):x}{kind}.{end}"


def urls(listed: list[str], count: int, draw: random.Random) -> Iterator[str]:
    for _ in range(count):
        host = draw.choice(listed) if draw.random() < 0.1 else made_up_host(draw)
        words = "/".join(draw.choice(("history", "of", "mills", "2024", "river-and-bridge", "post")) for _ in range(4))
        yield f"https://www.{host}/{words}/{draw.getrandbits(30)}.html?page={draw.randrange(9)}"


if __name__ == "__main__":
    main()
