"""The command that reads single pages: `gristmill extract`."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO

import typer

from gristmill.pipelines.options import JsonOption

if TYPE_CHECKING:
    from gristmill.extract.page import Page

_TIMEOUT_SECONDS = 30.0


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(extract)


def extract(
    target: Annotated[
        str | None, typer.Argument(metavar="URL|FILE", help="A page; '-' reads it from the input.")
    ] = None,
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help='Read lines {"id", "html_base64", "url"}, write lines {"id", "text"}.')
    ] = False,
    engine: Annotated[
        str | None, typer.Option(help="gristmill, resiliparse or trafilatura; default: recipes'.")
    ] = None,
    url: Annotated[str | None, typer.Option(help="The page's address, where a file is read.")] = None,
    view: Annotated[
        Path | None, typer.Option(help="Write a page that shows every block, coloured by decision.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Print the main text of a page, or of many.

    With --jsonl, a page that cannot be read gives a line with text "" and its error; the others go on.

    Example: gristmill extract https://example.org/ --json
    """
    from gristmill.core.errors import UsageError
    from gristmill.extract.page import extract_page

    if jsonl == (target is not None) or (jsonl and (view or as_json or url)):
        raise UsageError("name one page, or give --jsonl alone and the pages as lines on the input.")
    if jsonl:
        _extract_lines(sys.stdin.buffer, engine)
        return
    assert target is not None
    html, address, content_type = _read(target)
    page = extract_page(html, url=url or address, engine=engine, content_type=content_type)
    if view is not None:
        _write_view(page, target, view)
    elif as_json:
        typer.echo(_as_json(page))
    else:
        typer.echo(page.text)


def _extract_lines(lines: Iterable[bytes], engine: str | None) -> None:
    """One line out for each line in, in order; a page's failure is told in its line."""
    import base64

    import orjson

    from gristmill.core.errors import InputError
    from gristmill.extract.page import PageError, extract_page

    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = orjson.loads(line)
            name, html = row["id"], base64.b64decode(row["html_base64"], validate=True)
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(
                f'line {number} of the input is not {{"id", "html_base64", "url"}}: {type(error).__name__}: {error}.'
            ) from error
        answer: dict[str, Any] = {"id": name}
        try:
            answer["text"] = extract_page(html, url=row.get("url"), engine=engine).text
        except PageError as error:
            answer |= {"text": "", "error": error.error_class}
        _write(sys.stdout.buffer, orjson.dumps(answer, option=orjson.OPT_APPEND_NEWLINE))


def _write(out: BinaryIO, line: bytes) -> None:
    out.write(line)


def _read(target: str) -> tuple[bytes, str | None, str | None]:
    """A page's bytes, its address and its Content-Type, from the web, a file or the input."""
    from gristmill.core.errors import InputError

    if target.startswith(("http://", "https://")):
        return _fetch(target)
    if target == "-":
        return sys.stdin.buffer.read(), None, None
    try:
        return Path(target).read_bytes(), None, None
    except OSError as error:
        raise InputError(f"cannot read {target}: {error.strerror}. Give a file, an http(s) address or '-'.") from error


def _fetch(address: str) -> tuple[bytes, str, str | None]:
    """A page from a server: no more of it than the engines would read."""
    import httpx

    from gristmill.core.errors import InputError
    from gristmill.crawl.remote import open_client
    from gristmill.extract.params import Params

    most = Params().max_html_bytes
    body = bytearray()
    try:
        with open_client(timeout_seconds=_TIMEOUT_SECONDS) as client, client.stream("GET", address) as answer:
            if not answer.is_success:
                raise InputError(
                    f"cannot get {address}: the server answers {answer.status_code} {answer.reason_phrase}"
                )
            for piece in answer.iter_bytes():
                body += piece
                if len(body) > most:
                    raise InputError(f"cannot get {address}: it is larger than {most:,} bytes (max_html_bytes)")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise InputError(f"cannot get {address}: {error or type(error).__name__}") from error
    return bytes(body), str(answer.url), answer.headers.get("content-type")


def _write_view(page: "Page", name: str, path: Path) -> None:
    from gristmill.core.errors import UsageError
    from gristmill.extract.view import blocks_page

    if page.main is None:
        raise UsageError("--view shows the blocks of the engine gristmill; the others have none.")
    try:
        path.write_text(blocks_page(page, name), "utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}.") from error


def _as_json(page: "Page") -> str:
    import orjson

    told: dict[str, Any] = {
        "text": page.text,
        "text_source": page.text_source,
        "title": page.title,
        "lang": page.lang,
        "author": page.author,
        "published": page.published,
        "canonical": page.canonical,
        "charset": page.charset,
        "charset_source": page.charset_source,
        "undecodable": page.undecodable,
        "robots": page.robots,
        "licences": page.licences,
        "page_type": page.page_type,
        "confidence": page.confidence,
        "blocks": page.blocks,
    }
    return orjson.dumps(told, option=orjson.OPT_INDENT_2).decode()
