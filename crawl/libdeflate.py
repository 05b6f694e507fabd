"""libdeflate's function that inflates a gzip member and tells where it ends, for kernels to call.

The package `deflate` brings the library, but hands on neither that function nor memory that can be used again.
"""

import ctypes
import functools
import weakref
from typing import Any

import llvmlite.binding as llvm
from deflate import _deflate
from numba import types

llvm.load_library_permanently(_deflate.__file__)

gzip_decompress: Any = types.ExternalFunction(
    "libdeflate_gzip_decompress_ex",
    # decompressor; members and how many bytes; where to write and the space there; where to put how many bytes of the
    # one were read and of the other written. 0 if the member holds.
    types.int32(types.intp, types.intp, types.intp, types.intp, types.intp, types.intp, types.intp),
)


@functools.cache
def _library() -> ctypes.CDLL:
    library = ctypes.CDLL(_deflate.__file__)
    library.libdeflate_alloc_decompressor.restype = ctypes.c_void_p
    library.libdeflate_free_decompressor.argtypes = [ctypes.c_void_p]
    return library


def is_available() -> bool:
    """Whether the library's functions can be reached: its builder may have hidden them (on Windows)."""
    return hasattr(ctypes.CDLL(_deflate.__file__), gzip_decompress.symbol)


class Decompressor:
    """The library's working memory; for one thread at a time.

    Attributes:
        handle: what its functions want.
    """

    def __init__(self) -> None:
        self.handle = int(_library().libdeflate_alloc_decompressor())
        weakref.finalize(self, _library().libdeflate_free_decompressor, self.handle)
