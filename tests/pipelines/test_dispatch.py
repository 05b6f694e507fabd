"""The order in which steps are handed out."""

from itertools import pairwise

import pytest

from gristmill.crawl.input_file import InputFile
from gristmill.pipelines.dispatch import fetch_windows, staggered
from gristmill.pipelines.plan import Part


@pytest.mark.parametrize(("parts", "in_flight"), [(0, 8), (1, 8), (3, 1), (40, 8), (40, 1000)])
def test_steps_are_staggered(parts: int, in_flight: int) -> None:
    names = ["fetch", "extract", "urls", "map"]
    seen: list[str] = []
    some = tuple(Part(f"{n:02d}", InputFile(f"{n}.warc", f"/{n}.warc", 1, "", False)) for n in range(parts))
    for name, part in staggered(names, some, in_flight):
        seen.append(f"{part.name} {name}")
    assert sorted(seen) == sorted(f"{part.name} {name}" for part in some for name in names)
    for name in names:  # parts in their order, whatever the runner holds
        assert [said for said in seen if said.endswith(name)] == [f"{part.name} {name}" for part in some]
    for part in some:
        places = [seen.index(f"{part.name} {name}") for name in names]
        assert places == sorted(places)
        if (parts, in_flight) == (40, 8):  # a step has waited for as many others, at the run's ends for some
            assert min(after - before for before, after in pairwise(places)) >= (8 if 6 < int(part.name) < 33 else 3)


def test_remote_files_are_fetched_in_windows_of_half_the_cache() -> None:
    sizes = [40, 40, 40, -1, 90, 10, 10]
    files = [InputFile(f"{n}.warc", f"https://site.example/{n}.warc", size, "", True) for n, size in enumerate(sizes)]
    parts = [Part(str(n), file) for n, file in enumerate(files)]
    told = [[part.name for part in window] for window in fetch_windows(parts, 200)]
    assert told == [["0", "1"], ["2"], ["3"], ["4", "5"], ["6"]]
    local = [Part(str(n), InputFile(f"{n}.warc", f"/{n}.warc", 1 << 40, "", False)) for n in range(3)]
    assert fetch_windows(local, 200) == [local]
