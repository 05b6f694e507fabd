"""The files that a selection comes to: asked of Common Crawl, or of what stands in for it."""

from collections.abc import Sequence

import xxhash

from gristmill.core.errors import InputError
from gristmill.crawl.access import Access
from gristmill.crawl.asking import Asker
from gristmill.crawl.crawls import Notes, crawl_paths, list_crawls, news_paths
from gristmill.crawl.index import query_index
from gristmill.crawl.input_file import InputFile
from gristmill.crawl.selection import LATEST, Selection

_WHOLE = 1 << 64


def select_files(selection: Selection, access: Access, asker: Asker, notes: Notes) -> tuple[InputFile, ...]:
    """Files of the crawls and months that a selection names, sorted by path. Its `paths` are not looked at.

    Nobody is asked for sizes or ETags: what Common Crawl has published does not change, so the path is a file's identity.

    Raises:
        InputError: a crawl or month is unknown, the network is down, or nothing is left.
    """
    crawls = resolve_crawls(selection.crawls, access, asker)
    if selection.index is not None:
        if selection.news or selection.kind != "warc":
            raise InputError("an index query selects WARC records of crawls: leave out news, and kind.")
        chosen = query_index(crawls, selection.index, access, asker, notes)
    else:
        listed = [path for crawl in crawls for path in crawl_paths(crawl, selection.kind, access, asker, notes)]
        listed += [path for month in selection.news for path in news_paths(month, access, asker)]
        chosen = dict.fromkeys(listed, b"")
    left = [path for path in sorted(chosen) if _wanted(path, selection)]
    if not left:
        raise InputError(f"the selection is empty: {_told(selection, len(chosen))}")
    return tuple(InputFile(path, f"{access.data}/{path}", -1, "", False, chosen[path]) for path in left)


def resolve_crawls(names: Sequence[str], access: Access, asker: Asker) -> list[str]:
    """Ids in the place of "latest"."""
    if LATEST not in names:
        return list(names)
    newest = list_crawls(access, asker)[:1]
    if not newest:
        raise InputError(f"{access.crawls} lists no crawl.")
    return list(dict.fromkeys(newest[0].id if name == LATEST else name for name in names))


def _wanted(path: str, selection: Selection) -> bool:
    if selection.segments and not any(f"/segments/{segment}/" in path for segment in selection.segments):
        return False
    if selection.files and not any(path == name or path.endswith(f"/{name}") for name in selection.files):
        return False
    return xxhash.xxh3_64_intdigest(path.encode()) < selection.fraction * _WHOLE


def _told(selection: Selection, files: int) -> str:
    asked = ", ".join(
        f"{name} = {value}" for name, value in selection.model_dump(mode="json", exclude_defaults=True).items()
    )
    if not files:
        return f"no capture in the index fits {asked}. Loosen the query; 'gristmill crawls' lists the crawls."
    return f"of {files:,} files none is left by {asked}. Loosen it: a fraction of few files may choose none."
