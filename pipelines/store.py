"""The store: one code path to a local folder or a bucket, through obstore.

Data objects are streamed straight to their final name, which carries the name of the attempt that writes them; a receipt is
put only where none exists yet. Nothing is ever renamed, because buckets cannot.
"""

import contextlib
import io
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import obstore
import orjson
import pyarrow as pa
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import LocalStore, ObjectStore, from_url

from gristmill.core.errors import StoreError, UsageError
from gristmill.crawl.bucket import reason_of, trouble_of

_BUFFER_BYTES = 8 * 1024 * 1024


class Store:
    """A folder or bucket that holds runs; cheap to open, safe to share between threads."""

    def __init__(self, url: str) -> None:
        """Open a store by folder path or by URL (s3://, gs://, az://)."""
        self.url = url
        self.folder: Path | None = None
        self._made = False
        try:
            if "://" in url and not url.startswith("file://"):
                self._objects: ObjectStore = from_url(url)
            else:
                self.folder = Path(url.removeprefix("file://")).absolute()
                self._made = not self.folder.exists()
                self.folder.mkdir(parents=True, exist_ok=True)
                self._objects = LocalStore(self.folder)
        except (OSError, BaseError, ValueError) as error:
            raise StoreError(
                f"cannot open the store {url}: {_reason(self.url, error)}. Name a folder or bucket you may write to."
            ) from error

    @property
    def place(self) -> str:
        """Where it is, however it was spelt: the folder's absolute path, or the bucket's URL."""
        return self.url.rstrip("/") if self.folder is None else str(self.folder)

    def withdraw(self) -> None:
        """Take the folder away again if opening the store made it and nothing was put in it."""
        if self._made and self.folder is not None:
            with contextlib.suppress(OSError):
                self.folder.rmdir()
            open_store.cache_clear()

    @property
    def objects(self) -> ObjectStore:
        """The obstore handle, for libraries that take one."""
        return self._objects

    def read(self, path: str) -> bytes | None:
        """The bytes of an object, or None if there is none of that name."""
        if self.folder is not None:  # a plain read is five times faster than obstore's, and receipts are many
            try:
                return (self.folder / path).read_bytes()
            except FileNotFoundError:
                return None
            except OSError as error:
                raise StoreError(f"cannot read {path} in the store {self.url}: {_reason(self.url, error)}.") from error
        try:
            return bytes(obstore.get(self._objects, path).bytes())
        except FileNotFoundError:
            return None
        except BaseError as error:
            raise StoreError(f"cannot read {path} in the store {self.url}: {_reason(self.url, error)}.") from error

    def read_json(self, path: str) -> Any | None:
        """A JSON object of the store, or None if there is none of that name."""
        data = self.read(path)
        try:
            return None if data is None else orjson.loads(data)
        except orjson.JSONDecodeError as error:
            raise StoreError(
                f"{path} in the store {self.url} is damaged. Delete it and run again; finished work is kept."
            ) from error

    def put(self, path: str, data: bytes) -> None:
        """Write a whole object, replacing what was there."""
        with self._writing(path):
            obstore.put(self._objects, path, data)

    def put_new(self, path: str, data: bytes) -> bool:
        """Write an object only if none of that name exists; False if one does. This is how work is committed."""
        try:
            with self._writing(path):
                obstore.put(self._objects, path, data, mode="create")
        except AlreadyExistsError:
            return False
        return True

    def delete(self, path: str) -> None:
        """Delete an object; nothing happens if there is none."""
        try:
            obstore.delete(self._objects, path)
        except FileNotFoundError:
            return

    def list(self, prefix: str) -> Iterator[str]:
        """Names of all objects under a prefix, sorted."""
        yield from sorted(item["path"] for item in self._listed(prefix))

    def entries(self, prefix: str = "") -> Iterator[tuple[str, int, datetime]]:
        """Name, size in bytes and time of writing of all objects under a prefix, sorted by name."""
        yield from sorted((item["path"], item["size"], item["last_modified"]) for item in self._listed(prefix))

    def _listed(self, prefix: str) -> "Sequence[obstore.ObjectMeta]":
        try:
            return [item for chunk in obstore.list(self._objects, prefix or None) for item in chunk]
        except (OSError, BaseError) as error:
            raise StoreError(f"cannot list the store {self.url}: {_reason(self.url, error)}.") from error

    @contextmanager
    def writer(self, path: str) -> Iterator[io.RawIOBase]:
        """Stream an object of any size; nothing appears if the block raises."""
        with self._writing(path):
            target = obstore.open_writer(self._objects, path, buffer_size=_BUFFER_BYTES)
            target.__enter__()
        try:
            yield _Stream(target, lambda: self._writing(path))
        except BaseException:
            target.__exit__(*sys.exc_info())
            raise
        with self._writing(path):  # only here, or a broken input read in the block would be told as a full disk
            target.__exit__(None, None, None)

    def reader(self, path: str) -> pa.NativeFile:
        """Open an object for random access: memory-mapped in a folder, by ranges in a bucket."""
        try:
            if self.folder is not None:
                return pa.memory_map(str(self.folder / path))
            return pa.PythonFile(_Ranges(self._objects, path), mode="r")
        except FileNotFoundError as error:
            raise StoreError(
                f"{path} is missing in the store {self.url}. Delete the receipt that names it and run again."
            ) from error
        except (OSError, BaseError) as error:
            raise StoreError(f"cannot read {path} in the store {self.url}: {_reason(self.url, error)}.") from error

    def local_path(self, path: str) -> str:
        """How DuckDB names an object: an absolute path, or its URL in a bucket."""
        return f"{self.place}/{path}"

    @contextmanager
    def _writing(self, path: str) -> Iterator[None]:
        try:
            yield
        except AlreadyExistsError:
            raise
        except (OSError, BaseError) as error:
            raise StoreError(
                f"cannot write {path} in the store {self.url}: {_reason(self.url, error)}. "
                "Free space or fix the permissions and run again; finished work is kept."
            ) from error


@lru_cache(maxsize=8)
def open_store(url: str) -> Store:
    """Open a store, once a process."""
    return Store(url)


def existing_store(url: str) -> Store:
    """Open a store to look at it; UsageError if the folder is not there, so that looking makes none."""
    if "://" not in url and not Path(url).is_dir():
        raise UsageError(
            f"there is no store {url}. Name one with --store, or make it with 'gristmill run --store {url}'."
        )
    return open_store(url)


class _Stream(io.RawIOBase):
    """A file object over obstore's multipart writer; Arrow closes what it writes to, obstore must not be closed twice."""

    def __init__(self, target: Any, writing: Callable[[], AbstractContextManager[None]]) -> None:
        self._target, self._writing = target, writing
        self._written = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        view = memoryview(data).cast("B")
        with self._writing():
            self._target.write(bytes(view) if view.readonly else view)
        self._written += len(view)
        return len(view)

    def tell(self) -> int:
        return self._written


class _Ranges(io.RawIOBase):
    """A seekable file over an object in a bucket; each read is one range request."""

    def __init__(self, objects: ObjectStore, path: str) -> None:
        self._objects, self._path, self._position = objects, path, 0
        self._size = int(obstore.head(objects, path)["size"])

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}[whence]
        self._position = base + offset
        return self._position

    def read(self, size: int = -1) -> bytes:
        end = self._size if size < 0 else min(self._size, self._position + size)
        if end <= self._position:
            return b""
        data = obstore.get_range(self._objects, self._path, start=self._position, end=end)
        self._position = end
        return data.to_bytes()


def _reason(url: str, error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return str(trouble_of(url, error)) if "://" in url else reason_of(error)
