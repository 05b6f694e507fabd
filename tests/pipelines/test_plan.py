import random
import shutil
from pathlib import Path

import pytest

from gristmill.core.errors import InputError, RecipeError, StoreError
from gristmill.crawl.input_file import InputFile
from gristmill.pipelines import selecting
from gristmill.pipelines.plan import Plan, plan_run
from tests.pipelines.conftest import Crawl


def names(plan: Plan) -> list[str]:
    return [part.name for part in plan.parts]


def test_one_part_for_each_file(small_crawl: Crawl, recipe: Path, tmp_path: Path) -> None:
    plan = plan_run(str(recipe), [str(small_crawl.folder)], str(tmp_path))
    assert [part.file.location for part in plan.parts] == [str(path) for path in small_crawl.warcs]
    assert len(set(names(plan))) == 3


def test_the_order_of_the_inputs_does_not_matter(small_crawl: Crawl, recipe: Path, tmp_path: Path) -> None:
    files = [str(path) for path in small_crawl.warcs]
    straight = plan_run(str(recipe), files, str(tmp_path))
    random.Random(1).shuffle(files)
    shuffled = plan_run(str(recipe), files, str(tmp_path))
    assert (names(shuffled), shuffled.run_id) == (names(straight), straight.run_id)


def test_where_a_folder_lies_does_not_matter(small_crawl: Crawl, recipe: Path, tmp_path: Path) -> None:
    shutil.copytree(small_crawl.folder, tmp_path / "elsewhere")
    here = plan_run(str(recipe), [str(small_crawl.folder)], str(tmp_path / "store"))
    there = plan_run(str(recipe), [str(tmp_path / "elsewhere")], str(tmp_path / "store"))
    assert (names(there), there.run_id) == (names(here), here.run_id)


def test_other_files_do_not_rename_a_part(small_crawl: Crawl, recipe: Path, tmp_path: Path) -> None:
    files = [str(path) for path in small_crawl.warcs]
    few, all_of_them = (plan_run(str(recipe), files[:count], str(tmp_path)) for count in (2, 3))
    assert names(few) == names(all_of_them)[:2]
    assert few.run_id != all_of_them.run_id


def test_a_changed_file_is_another_part(small_crawl: Crawl, recipe: Path, tmp_path: Path) -> None:
    copy = tmp_path / "crawl"
    shutil.copytree(small_crawl.folder, copy)
    before = names(plan_run(str(recipe), [str(copy)], str(tmp_path / "store")))
    changed = copy / small_crawl.warcs[1].relative_to(small_crawl.folder)
    changed.write_bytes(changed.read_bytes() + b"\0")
    after = names(plan_run(str(recipe), [str(copy)], str(tmp_path / "store")))
    assert [one == other for one, other in zip(before, after, strict=True)] == [True, False, True]


def test_the_run_is_named_by_what_comes_out(small_crawl: Crawl, recipe: Path, tmp_path: Path) -> None:
    def run_id(*overrides: str) -> str:
        return plan_run(str(recipe), [str(small_crawl.folder)], str(tmp_path), overrides).run_id

    assert run_id() == run_id("minhash.threshold=0.8")
    assert run_id() != run_id("minhash.threshold=0.9")


def test_planning_writes_nothing_but_the_note_of_digests(small_crawl: Crawl, recipe: Path, tmp_path: Path) -> None:
    plan_run(str(recipe), [str(small_crawl.folder)], str(tmp_path / "store"))
    files = [path for path in (tmp_path / "store").rglob("*") if path.is_file()]
    assert [path.name for path in files] == ["inputs.cache"]


def test_digests_are_not_computed_twice(
    small_crawl: Crawl, recipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = plan_run(str(recipe), [str(small_crawl.folder)], str(tmp_path))

    def refuse(path: Path) -> str:
        raise AssertionError(path)

    monkeypatch.setattr("gristmill.crawl.inputs.file_digest", refuse)
    assert plan_run(str(recipe), [str(small_crawl.folder)], str(tmp_path)) == before


def test_what_is_wrong_is_said_before_anything_starts(recipe: Path, tmp_path: Path) -> None:
    store = str(tmp_path / "store")
    with pytest.raises(InputError, match="no input given"):
        plan_run(str(recipe), [], store)
    with pytest.raises(InputError, match="nowhere"):
        plan_run(str(recipe), ["nowhere"], store)
    with pytest.raises(RecipeError, match="there is no recipe"):
        plan_run("none", ["nowhere"], store)
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot open the store"):
        plan_run(str(recipe), ["nowhere"], str(tmp_path / "file"))


def test_addresses_that_hash_alike_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selecting, "file_prefix", lambda _address: b"\0" * 8)
    files = [InputFile(address, address, 1, "", False) for address in ("a.warc", "b.warc")]
    with pytest.raises(InputError, match=r"a\.warc and b\.warc hash alike"):
        selecting._check_prefixes(files)
