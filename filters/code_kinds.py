"""Rules for one kind of file of code, which the end of the URL's path tells; part of filters/code_pages.py."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pydantic import Field

from gristmill.core.params import StageParams

STYLE_ENDS = ("xsl", "xslt")
_JSON_ENDS = ("json", "yaml", "yml")
_TEXT_ENDS = ("txt",)
_HASHLESS = "c cc cpp cs css dart go h hpp hs html java js jsx kt lua rs scala scss sql swift ts tsx xml"

KIND_RULES = ("code.json_yaml_size", "code.text_files", "code.comment_ratio", "code.fertility")


class KindParams(StageParams):
    """Bounds of these rules."""

    comment_extensions: tuple[str, ...] = ("py", "java", "js")
    """Files whose share of comments is judged. SantaCoder: Python, Java, JavaScript."""

    min_comment_ratio: float = 0.01
    """Smallest share of their characters in comments. SantaCoder: 0.01."""

    max_comment_ratio: float = 0.80
    """Largest share of their characters in comments. SantaCoder: 0.80 (NeMo Curator: 0.85)."""

    min_fertility: dict[str, float] = Field(default={"py": 2.5, "java": 2.9, "js": 2.6})
    """Fewest characters for each token, by the file's ending. SantaCoder's experiment: these."""

    min_json_chars: int = 50
    """Shortest JSON or YAML file, in code points. StarCoder: 50."""

    max_json_chars: int = 5000
    """Longest JSON or YAML file, in code points. StarCoder: 5,000."""

    text_file_stems: tuple[str, ...] = ("readme", "notes", "todo", "description", "cmakelists")
    """Text files kept, beside those with "requirement" in the name. StarCoder2's list."""


def failed_by_kind(
    stems: pa.Array,
    ends: pa.Array,
    chars: NDArray[np.int64],
    comment_frac: NDArray[np.float64],
    fertility: NDArray[np.float64],
    params: KindParams,
) -> dict[str, NDArray[np.bool_]]:
    """Which documents fail which of KIND_RULES: rule to bool[documents].

    Args:
        stems: names of the files without their endings, lower-case.
        ends: the endings.
        chars: code points of the texts, int64[documents].
        comment_frac: share of them in comments, float64[documents].
        fertility: code points for each token, 0 where nobody counted, float64[documents].
        params: the bounds.
    """
    wanted = among(stems, params.text_file_stems) | _flags(pc.match_substring(stems, "requirement"))
    odd_size = _outside(chars, params.min_json_chars, params.max_json_chars)
    odd_comments = _outside(comment_frac, params.min_comment_ratio, params.max_comment_ratio)
    least = np.zeros(len(ends))
    for end, bound in params.min_fertility.items():
        least[among(ends, (end,))] = bound
    failed = (
        among(ends, _JSON_ENDS) & odd_size,
        among(ends, _TEXT_ENDS) & ~wanted,
        among(ends, params.comment_extensions) & odd_comments,
        (fertility > 0) & (fertility < least),
    )
    return dict(zip(KIND_RULES, failed, strict=True))


def hash_comments(ends: pa.Array) -> NDArray[np.bool_]:
    """Whether `#` begins a comment in a file: not in languages known for another sign; bool[documents], read-only."""
    hashes = ~among(ends, tuple(_HASHLESS.split()))
    hashes.flags.writeable = False
    return hashes


def among(values: pa.Array, names: tuple[str, ...]) -> NDArray[np.bool_]:
    """Which values are one of some names, bool[values]."""
    return _flags(pc.is_in(values, pa.array(names, values.type)))


def _flags(values: pa.Array) -> NDArray[np.bool_]:
    flags: NDArray[np.bool_] = values.to_numpy(zero_copy_only=False)
    return flags


def _outside(values: NDArray[np.int64] | NDArray[np.float64], low: float, high: float) -> NDArray[np.bool_]:
    outside: NDArray[np.bool_] = (values < low) | (values > high)
    return outside
