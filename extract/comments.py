"""Which blocks are comments of readers, by the names that authors give to what holds them."""

import numpy as np
from numpy.typing import NDArray

from gristmill.core.jit import kernel
from gristmill.extract.blocks import Blocks
from gristmill.extract.classes import ITEMPROP_SALT, name_tokens
from gristmill.extract.elements import MARK_OF, MARKS, PARENT, TAG
from gristmill.extract.tags import mix, tag_number
from gristmill.extract.writing import LEAF

_NAMES_TEXT = """
    comment comments commentlist commentthread disqus kommentar kommentare commentaire commentaires comentario comentarios
    commento commenti reactie reacties komentarz komentarze
"""
_NAMES = _NAMES_TEXT.split()
_H1 = tag_number("h1")
_CONTROLS = 1 << MARK_OF["form"] | 1 << MARK_OF["button"]


def _keys() -> NDArray[np.int64]:
    keys = []
    for salt, names in ((0, _NAMES), (ITEMPROP_SALT, ["comment", "comments"])):
        for name in names:
            key = salt
            for byte in name.encode():
                key = int(mix(key, byte))
            keys.append(key)
    found = np.array(sorted(keys), np.int64)
    found.flags.writeable = False
    return found


_KEYS = _keys()


@kernel
def comment_blocks(data: NDArray[np.uint8], attributes: NDArray[np.int32], blocks: Blocks) -> NDArray[np.bool_]:
    """Whether each block stands in an element that is named after comments and holds no h1, bool[blocks].

    Such a name on html, body or around the page's h1 says that there are comments, not that all of it is one. Forms and
    buttons are not counted: nobody wrote them as a comment.
    """
    nodes = blocks.elements
    has_h1 = np.zeros(len(nodes), np.bool_)
    for node in range(len(nodes) - 1, 0, -1):
        if has_h1[node] or nodes[node, TAG] == _H1:
            has_h1[nodes[node, PARENT]] = True
    inside = np.zeros(len(nodes), np.bool_)
    keys = np.empty(32, np.int64)
    for node in range(2, len(nodes)):
        inside[node] = inside[nodes[node, PARENT]]
        if inside[node] or has_h1[node]:
            continue
        for token in range(name_tokens(data, nodes[node], attributes, keys)):
            for key in _KEYS:
                if key == keys[token]:
                    inside[node] = True
    found = np.zeros(len(blocks.rows), np.bool_)
    for block in range(len(found)):
        leaf = blocks.rows[block, LEAF]
        found[block] = inside[leaf] and nodes[leaf, MARKS] & _CONTROLS == 0
    return found
