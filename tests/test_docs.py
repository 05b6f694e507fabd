"""The documentation says what the code does: generated parts are fresh, commands parse, code runs, links lead somewhere."""

import ast
import importlib.util
import inspect
import itertools
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import click
import pytest
import typer

from gristmill.core import documents, errors
from gristmill.pipelines.cli import app
from gristmill.pipelines.recipe import load_recipe
from gristmill.pipelines.registry import STAGE_TYPES, StageType
from tests.docs_blocks import DOCS, MARKED, commands, make
from tests.filters import test_contract
from tests.paths import ROOT
from tests.test_layout import FOLDERS, tracked

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted(DOCS.glob("*.md"))]
every_page = pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
BLOCK = re.compile(r"^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
TEXT_ENDINGS = (".py", ".md", ".toml", ".yaml", ".yml", ".txt", ".cfg", ".json", ".sh", ".in", "")


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of a page in one language."""
    return [found["text"] for found in BLOCK.finditer(page.read_text("utf-8")) if found["language"] == language]


def shell_lines() -> Iterator[tuple[str, str]]:
    """Page and words of each command in a `console` block; those that are piped are left out."""
    for page in PAGES:
        for block in blocks(page, "console"):
            for line in block.splitlines():
                if line.startswith("$ ") and "|" not in line:
                    yield page.name, line.removeprefix("$ ").partition("   # ")[0]


# What is made from the code


@every_page
def test_generated_parts_are_fresh(page: Path) -> None:
    for found in MARKED.finditer(page.read_text("utf-8")):
        assert found["text"] == make(found["name"]), f"run: python -m tests.docs_blocks ({found['name']})"


def test_every_stage_has_its_parts() -> None:
    names = {found["name"] for found in MARKED.finditer((DOCS / "recipes.md").read_text("utf-8"))}
    assert names >= {f"parameters {stage}" for stage in STAGE_TYPES}
    ruled = {f"rules {name}" for name, stage in STAGE_TYPES.items() if getattr(stage.load(), "RULES", ())}
    assert names >= ruled


@pytest.mark.parametrize(("names", "command"), list(commands()), ids=str)
def test_every_command_has_help_and_an_example(names: tuple[str, ...], command: click.Command) -> None:
    text = inspect.cleandoc(command.help or "")
    assert text.split("\n")[0].endswith((".", ":")) or "." in text
    example = re.search(r"^Example: (gristmill .+)$", text, re.MULTILINE)
    assert example, f"the help of {names} has no line 'Example: gristmill …'"
    assert example[1].split()[1 : 1 + len(names)] == list(names)
    parse(example[1])


def test_the_tree_of_errors_is_complete() -> None:
    drawn = {name: int(code) for name, code in re.findall(r"(\w+Error)(?:, [\w/.]+)? +(\d) ", errors.__doc__ or "")}
    assert drawn == dict(error_classes())


def error_classes() -> Iterator[tuple[str, int]]:
    """Name and exit code of GristmillError and of every class that comes of it, wherever it is defined."""
    bases: dict[str, str] = {}
    codes: dict[str, int] = {"GristmillError": errors.GristmillError.exit_code}
    for path in tracked(*FOLDERS):
        if path.suffix != ".py":
            continue
        for node in ast.walk(ast.parse((ROOT / path).read_text("utf-8"))):
            if isinstance(node, ast.ClassDef) and node.bases and isinstance(node.bases[0], ast.Name):
                bases[node.name] = node.bases[0].id
                for line in node.body:
                    if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) == "exit_code":
                        codes[node.name] = ast.literal_eval(line.value)
    for name in bases:
        ancestors = list(itertools.takewhile(lambda one: one in bases or one in codes, chain(name, bases)))
        if "GristmillError" in ancestors:
            yield name, next(codes[one] for one in ancestors if one in codes)


def chain(name: str, bases: dict[str, str]) -> Iterator[str]:
    while name:
        yield name
        name = bases.get(name, "")


# What is written by hand


def test_readme_and_commands_parse() -> None:
    seen = 0
    for page, line in shell_lines():
        words = shlex.split(line.replace("$(sed 's/^/--input /' urls.txt)", "--input URL"))
        if words[0] == "gristmill":
            parse(line.replace("$(sed 's/^/--input /' urls.txt)", "--input URL"))
            seen += 1
        elif words[0] == "make":
            targets = [word for word in words[1:] if "=" not in word]
            assert set(targets) <= make_targets(), f"{page}: {line}"
    assert seen >= 8


def parse(line: str) -> None:
    """Have the command line understand a command without doing it."""
    command: Any = typer.main.get_command(app)
    words = shlex.split(line.partition(" && ")[0])[1:]
    context = command.make_context("gristmill", [], resilient_parsing=True)
    while hasattr(command, "commands"):
        name, command, words = command.resolve_command(context, words)
        deeper = hasattr(command, "commands")
        context = command.make_context(name, [] if deeper else words, parent=context, resilient_parsing=deeper)


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


def test_the_readme_shows_a_funnel_of_the_default_recipe() -> None:
    """Its shape; numbers change with every version."""
    shown = next(block for block in blocks(ROOT / "README.md", "text") if block.startswith("default-"))
    title, header, *lines = shown.splitlines()
    assert re.fullmatch(r"default-[0-9a-f]{12} +root [0-9a-f]{32}", title)
    assert " ".join(header.split()) == "stage unit in kept rejected failed seconds most frequent reasons"
    assert lines[-1] == "every record is accounted for"
    rows = [line.split() for line in lines if line[0] != " " and line != lines[-1]]
    stages = [stage.name for stage in load_recipe("default").stages if stage.name != "pretrain"]
    assert [row[0] for row in rows] == stages
    for name, _, *numbers in rows:
        came, kept, rejected, failed = (int(number.replace(",", "")) for number in numbers[:4])
        assert came == kept + rejected + failed, name
    for before, after in itertools.pairwise(rows[1:]):
        assert before[3] == after[2], after[0]


def test_documented_parameters_of_the_deployment_are_those_of_the_flow() -> None:
    source = ast.parse((ROOT / "pipelines" / "curate.py").read_text("utf-8"))
    flow = next(node for node in source.body if isinstance(node, ast.FunctionDef) and node.name == "curate")
    table = (DOCS / "deployment.md").read_text("utf-8").partition("| parameter | meaning |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| `(\w+)`", table, re.MULTILINE) == [argument.arg for argument in flow.args.args]


def test_documented_columns_are_those_of_the_documents_table() -> None:
    text = (DOCS / "reference.md").read_text("utf-8")
    row = next(line for line in text.splitlines() if line.startswith("| `documents`, `kept` |"))
    assert re.findall(r"`(\w+)`", row.split("|")[2]) == documents.SCHEMA.names


@every_page
def test_links_lead_somewhere(page: Path) -> None:
    text = BLOCK.sub("", page.read_text("utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith(("http://", "https://")):
            continue
        name, _, anchor = target.partition("#")
        file = page.parent / name if name else page
        assert file.exists(), f"{page.name} links to {target}"
        if anchor:
            assert anchor in anchors(file), f"{page.name} links to {target}"


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", BLOCK.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@every_page
def test_named_files_exist(page: Path) -> None:
    for name in re.findall(
        rf"`((?:{'|'.join((*FOLDERS, 'deploy', 'tests', 'bench', 'docs'))})/[\w/.-]+)`", page.read_text("utf-8")
    ):
        if "shouting" not in name:  # the filter that a page writes
            assert (ROOT / name).exists(), f"{page.name} names {name}"


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "toml")], ids=lambda page: page.name)
def test_toml_blocks_are_recipes(page: Path, tmp_path: Path) -> None:
    for block in blocks(page, "toml"):
        if "stages" in tomllib.loads(block) and "fetch" in tomllib.loads(block)["stages"]:
            path = tmp_path / "recipe.toml"
            path.write_text(block, "utf-8")
            assert load_recipe(str(path)).stages


def test_python_blocks_are_all_run_by_a_test() -> None:
    counts = {page.name: len(found) for page in PAGES if (found := blocks(page, "python"))}
    assert counts == {"adding-a-filter.md": 3, "extraction.md": 1}


def test_a_page_is_read_as_documented(capsys: pytest.CaptureFixture[str]) -> None:
    exec(blocks(DOCS / "extraction.md", "python")[0], {})
    assert capsys.readouterr().out.startswith("Mill ")


# The filter that adding-a-filter.md writes


@pytest.fixture(scope="module")
def shouting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """The first code block of the page as the module that it says it is."""
    patch = pytest.MonkeyPatch()
    folder = tmp_path_factory.mktemp("shouting")
    patch.setenv("XDG_CACHE_HOME", str(folder))  # its machine code is of no use later
    path = folder / "shouting.py"
    path.write_text(blocks(DOCS / "adding-a-filter.md", "python")[0], "utf-8")
    name = "gristmill.filters.shouting"
    specification = importlib.util.spec_from_file_location(name, path)
    assert specification and specification.loader
    module = importlib.util.module_from_spec(specification)
    patch.setitem(sys.modules, name, module)
    specification.loader.exec_module(module)
    yield module
    patch.undo()


@pytest.mark.xdist_group("shouting")
def test_the_new_filter_keeps_the_contract(shouting: ModuleType) -> None:
    checks = [check for name, check in vars(test_contract).items() if name.startswith("test_")]
    alone = [check for check in checks if list(inspect.signature(check).parameters) == ["module"]]
    assert len(alone) >= 8
    for check in alone:
        check(shouting)
    for name in test_contract.ODD_TEXTS:
        test_contract.test_no_text_is_too_odd(shouting, name)


@pytest.mark.xdist_group("shouting")
def test_the_new_filters_test_passes(shouting: ModuleType) -> None:
    space: dict[str, Any] = {"__name__": "test_shouting"}
    exec(compile(blocks(DOCS / "adding-a-filter.md", "python")[2], "test_shouting.py", "exec"), space)
    tests = [value for name, value in space.items() if name.startswith("test_")]
    assert tests
    for test in tests:
        test()


@pytest.mark.xdist_group("shouting")
def test_the_new_filter_can_be_registered(
    shouting: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = eval(blocks(DOCS / "adding-a-filter.md", "python")[1], {"StageType": StageType})
    monkeypatch.setitem(STAGE_TYPES, stage.name, stage)
    path = tmp_path / "mine.toml"
    table = blocks(DOCS / "adding-a-filter.md", "toml")[0]
    path.write_text(f"[stages.fetch]\n[stages.extract]\n{table}[stages.encode]\n[stages.shards]\n", "utf-8")
    assert load_recipe(str(path)).stage("shouting").params == shouting.Params(max_capitals=0.4)


def test_the_new_filter_is_in_the_house_style() -> None:
    for path, source in zip(
        ("filters/shouting.py", "tests/filters/test_shouting.py"),
        (blocks(DOCS / "adding-a-filter.md", "python")[i] for i in (0, 2)),
        strict=True,
    ):
        for command in (["check"], ["format", "--check"]):
            done = subprocess.run(
                [sys.executable, "-m", "ruff", *command, "--stdin-filename", path, "-"],
                cwd=ROOT, input=source, capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert done.returncode == 0, done.stdout + done.stderr


# What must not be in the repository


def text_files() -> list[Path]:
    return [
        path
        for path in tracked()
        if path.suffix in TEXT_ENDINGS and (ROOT / path).is_file() and path.parts[0] != "samples"
    ]


@pytest.mark.parametrize(
    ("what", "pattern"),
    [
        ("unfinished work", r"\b(TODO|FIXME|HACK)\b"),
        ("a path of one machine", r"(?<![\w.~}])/(work|opt(?!/gristmill)|root|home/\w+|Users)/"),
        (
            "a registry's host",
            r"(?i)\b(?:files\.pythonhosted|pypi\.org/simple|test\.pypi|registry\.npmjs|artifactory|nexus\.)",
        ),
    ],
    ids=["unfinished", "paths", "hosts"],
)
def test_no_text_file_holds(what: str, pattern: str) -> None:
    own = Path(__file__).relative_to(ROOT)
    found = [
        f"{path}:{number}: {line.strip()[:100]}"
        for path in text_files()
        if path != own
        for number, line in enumerate((ROOT / path).read_text("utf-8", "replace").splitlines(), 1)
        if re.search(pattern, line)
    ]
    assert not found, f"{what}: {found}"
