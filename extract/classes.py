"""Names that authors gave their elements: tokens of class, id and itemprop, as hashes."""

import numpy as np
from numpy.typing import NDArray

from gristmill.core.jit import kernel
from gristmill.extract.elements import FIRST, LAST
from gristmill.extract.tags import mix, whole
from gristmill.extract.tokens import ATTRIBUTES, NAME, VALUE, VALUE_END

_CLASS, _ID, _ITEMPROP = map(ATTRIBUTES.index, ("class", "id", "itemprop"))
ITEMPROP_SALT = 7
"""What the hash of an itemprop's token begins with."""

_LONGEST = 200  # bytes of an attribute that are read
_MOST = 24  # tokens of an element


@kernel
def name_tokens(
    data: NDArray[np.uint8], node: NDArray[np.int32], attributes: NDArray[np.int32], out: NDArray[np.int64]
) -> int:
    """Write the tokens of one element to `out`; how many there are.

    A token is a run of letters, in lower case, ended also by a capital after a small letter: "postBody-2" is post, body.
    Tokens of an itemprop are others than those of a class.

    Args:
        data: the page, uint8[bytes].
        node: the element's row.
        attributes: the page's attributes.
        out: int64[>= 24].
    """
    count = 0
    for row in range(node[FIRST], node[LAST]):
        name = attributes[row, NAME]
        if name not in (_CLASS, _ID, _ITEMPROP):
            continue
        salt = whole(ITEMPROP_SALT if name == _ITEMPROP else 0)
        key = salt
        length = 0
        was_small = False
        begin = attributes[row, VALUE]
        end = min(attributes[row, VALUE_END], begin + _LONGEST)
        for at in range(begin, end + 1):
            byte = whole(data[at]) if at < end else whole(0x20)
            is_small = 0x61 <= byte <= 0x7A
            is_letter = is_small or 0x41 <= byte <= 0x5A
            if length and (not is_letter or (was_small and not is_small)):
                if count == _MOST:
                    return count
                if length > 1:
                    out[count] = key
                    count += 1
                key = salt
                length = 0
            if is_letter:
                key = mix(key, (byte | 0x20))
                length += 1
            was_small = is_small
    return count


@kernel
def bucket(key: int, salt: int, bits: int) -> int:
    """A hash's bucket of 2**bits; the salt tells places apart."""
    mixed = np.uint64(key + salt) * np.uint64(0x9E3779B97F4A7C15)
    return whole(mixed >> np.uint64(33)) & ((1 << bits) - 1)
