"""Marks of formulas in a page's HTML, which are gone once its text is extracted.

Those by which OpenWebMath chose its candidates (Paster et al. 2023, arXiv:2310.06786; `extract_from_cc/extract_from_warc.py`):
MathJax, MathML, KaTeX, and services that draw formulas. Here in either case.
"""

import numpy as np
from numpy.typing import NDArray

from gristmill.core.batch import TextBuffers
from gristmill.core.phrases import find_phrases, phrases

_MARKS = phrases(
    *("mathjax", "<math", "math-container", "katex.min.css", "latex.php", "codecogs", "tex.cgi"),
    *('class="tex"', "class='tex'"),
)


def count_math_marks(data: NDArray[np.uint8]) -> int:
    """How often such marks stand in a page's bytes, uint8[bytes]."""
    ends = np.array([0, len(data)], np.int64)
    ends.flags.writeable = False
    return len(find_phrases(TextBuffers(data, ends), _MARKS).starts)
