"""`gristmill extract`: one page, many as lines, and what it says to wrong requests."""

import base64
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gristmill.core.errors import GristmillError
from gristmill.pipelines.cli import app
from tests.pipelines.test_documented_output import differences, example

PROSE = "The mill grinds slowly, and the miller waits for the wind to turn again. "
PAGE = f"<title>Mill</title><nav><a href=/>Home</a></nav><article><p>{PROSE * 3}<p>{PROSE * 3}</article>"


@pytest.fixture
def page(tmp_path: Path) -> str:
    path = tmp_path / "page.html"
    path.write_text(PAGE)
    return str(path)


def run(*arguments: str, text: str | None = None) -> str:
    result = CliRunner().invoke(app, ["extract", *arguments], input=text)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.stdout


def test_a_file(page: str) -> None:
    assert run(page).strip() == f"{(PROSE * 3).strip()}\n\n{(PROSE * 3).strip()}"
    assert run("-", text=PAGE) == run(page)


def test_json_tells_blocks_and_decisions(page: str) -> None:
    told = json.loads(run(page, "--json"))
    assert told["title"] == "Mill"
    assert [block["kept"] for block in told["blocks"]] == [False, True, True]
    first = told["blocks"][1]
    assert PAGE[first["begin"] : first["end"]].strip() == PROSE.strip() * 1 + " " + (PROSE * 2).strip()


def test_json_is_what_the_reference_says(page: str) -> None:
    assert not list(differences(example("extract"), json.loads(run(page, "--json"))))


def test_a_view(page: str, tmp_path: Path) -> None:
    run(page, "--view", str(tmp_path / "view.html"))
    assert 'class="gone"' in (tmp_path / "view.html").read_text()


def test_lines_of_pages(page: str) -> None:
    good = {"id": 7, "html_base64": base64.b64encode(PAGE.encode()).decode(), "url": "https://example.org/"}
    deep = good | {"id": "deep", "html_base64": base64.b64encode(b"<div>" * 9999).decode()}
    lines = run("--jsonl", "--engine", "resiliparse", text="\n".join(map(json.dumps, (deep, good))) + "\n").splitlines()
    assert json.loads(lines[0]) == {"id": "deep", "text": "", "error": "extract.too_deep"}
    assert json.loads(run("--jsonl", text=json.dumps(good))) == {"id": 7, "text": run(page)[:-1]}


@pytest.mark.parametrize(
    ("arguments", "text", "message"),
    [
        (("--jsonl",), "{}\n", "line 1 of the input is not"),
        (("--jsonl",), '{"id": 1, "html_base64": "*"}\n', "line 1 of the input is not"),
        ((), None, "name one page"),
        (("x.html", "--jsonl"), None, "name one page"),
        (("nowhere.html",), None, "cannot read nowhere.html"),
        (("-", "--engine", "lynx"), "<p>x", "no engine 'lynx'"),
        (("-", "--engine", "resiliparse", "--view", "v.html"), "<p>x", "--view shows the blocks"),
    ],
)
def test_wrong_requests(arguments: tuple[str, ...], text: str | None, message: str) -> None:
    with pytest.raises(GristmillError, match=message) as caught:
        run(*arguments, text=text)
    assert caught.value.exit_code == 2
