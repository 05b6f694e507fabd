import os
from pathlib import Path

import pytest

from gristmill.core.errors import InputError
from gristmill.crawl.input_file import part_name
from gristmill.crawl.inputs import DigestKey, expand_inputs, file_digest
from tests.crawl.warcs import gz, pages


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number, name in enumerate(
        ["b.warc.gz", "a/c.WARC", "a/d.arc.gz", "a/e/f.warc.zst", "x.warc.wet.gz", "y.warc.lz4", "z.txt"]
    ):
        path = tmp_path / "crawl" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gz(pages(number + 1)[number]))
    (tmp_path / "crawl" / "._b.warc.gz").write_bytes(b"junk of another system")
    return tmp_path / "crawl"


def addresses(*inputs: str | Path) -> list[str]:
    return [file.address for file in expand_inputs([str(text) for text in inputs])]


def test_folders_patterns_and_files(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    everything = ["a/c.WARC", "a/d.arc.gz", "a/e/f.warc.zst", "b.warc.gz"]
    assert addresses(folder) == everything
    assert addresses(folder / "**") == everything
    assert addresses(folder / "a" / "**" / "*.zst") == ["e/f.warc.zst"]
    assert addresses(folder / "[ab]*") == everything  # a folder that a pattern matches is searched
    assert addresses(folder / "b.warc.gz") == ["b.warc.gz"]
    assert addresses(folder / "b.warc.gz", folder / "a") == ["b.warc.gz", "c.WARC", "d.arc.gz", "e/f.warc.zst"]
    monkeypatch.chdir(folder)
    assert addresses("./a/../a/*.gz", "b.warc.gz") == ["b.warc.gz", "d.arc.gz"]


def test_a_file_says_what_it_is(folder: Path) -> None:
    named, found = expand_inputs([str(folder / "b.warc.gz")])[0], expand_inputs([str(folder)])[-1]
    assert named.explicit
    assert not found.explicit
    assert Path(named.location) == folder / "b.warc.gz"
    assert (named.size, named.identity) == (named.size, file_digest(folder / "b.warc.gz"))
    assert part_name(named) == part_name(found)  # the address is the same, so is the part
    assert len(part_name(named)) == 16
    (folder / "b.warc.gz").rename(folder / "a" / "b.warc.gz")
    moved = expand_inputs([str(folder / "a")])[0]
    assert moved.address == "b.warc.gz"
    assert part_name(moved) == part_name(named)


def test_an_odd_name_that_looks_like_a_pattern(tmp_path: Path) -> None:
    path = tmp_path / "a[1].warc.gz"
    path.write_bytes(gz(pages(1)[0]))
    assert addresses(path) == ["a[1].warc.gz"]


def test_known_digests_are_used_while_size_and_time_hold(folder: Path) -> None:
    known: dict[DigestKey, str] = {}
    first = expand_inputs([str(folder)], known)
    assert len(known) == 4
    assert expand_inputs([str(folder)], dict.fromkeys(known, "remembered"))[0].identity == "remembered"
    path = folder / "b.warc.gz"
    path.write_bytes(gz(pages(9)[8]))
    os.utime(path, ns=(1, 1))
    assert expand_inputs([str(folder)], known)[-1].identity not in {file.identity for file in first}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("missing.warc.gz", "does not exist"),
        ("*.nothing", "matches no WARC file"),
        ("empty", "holds no WARC file"),
        ("zero.warc.gz", "is empty"),
        ("text.warc", "is no WARC or ARC file"),
        ("html.warc.gz", "is no WARC or ARC file"),
    ],
)
def test_wrong_inputs_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, told: str) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "zero.warc.gz").touch()
    (tmp_path / "text.warc").write_text("just text\n" * 100)
    (tmp_path / "html.warc.gz").write_bytes(gz(b"<html>" * 100))
    with pytest.raises(InputError, match=told) as caught:
        expand_inputs([text])
    assert f"'{text}'" in str(caught.value)
    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)


def test_a_damaged_file_is_still_an_input(tmp_path: Path) -> None:
    path = tmp_path / "x.warc.gz"
    path.write_bytes(b"\0" * 4000 + gz(pages(1)[0]))
    assert addresses(path) == ["x.warc.gz"]
    path.write_bytes(gz(pages(1)[0])[:150])
    assert addresses(path) == ["x.warc.gz"]


def test_the_same_file_or_address_twice_is_refused(folder: Path) -> None:
    with pytest.raises(InputError, match="same file was given twice"):
        addresses(folder, folder / "b.warc.gz")
    with pytest.raises(InputError, match="same file was given twice"):
        addresses(folder, folder / "a")
    other = folder.parent / "other"
    other.mkdir()
    (other / "b.warc.gz").write_bytes(gz(pages(1)[0]))
    with pytest.raises(InputError, match=r"two inputs have the address 'b.warc.gz'") as caught:
        addresses(folder, other)
    assert str(folder.parent) in str(caught.value)
    with pytest.raises(InputError, match="no input"):
        expand_inputs([])
