"""Words that the general rules of segmentation would cut wrongly, as sorted arrays that kernels hold as constants."""

import numpy as np
from numpy.typing import NDArray

from gristmill.core.jit import kernel

# Words that keep their full stop: titles, Latin, months, states of the USA; and a lone 's, which keeps its apostrophe.
_ABBREVIATIONS = """
    Mr. Mrs. Ms. Dr. Prof. St. Jr. Gen. Gov. Sen. Rep. Rev. Adm. Messrs. Ph.D. Co. Corp. Inc. Ltd. Bros. Mt.
    vs. v.s. e.g. i.e. E.g. I.e. E.G. I.E. a.m. p.m. A.M. P.M. D.C. N.C. N.D. N.H. N.J. N.M. N.Y. S.C.
    Jan. Feb. Mar. Apr. Jun. Jul. Aug. Sep. Sept. Oct. Nov. Dec.
    Ala. Ariz. Ark. Calif. Colo. Conn. Del. Fla. Ga. Ia. Id. Ill. Ind. Kan. Kans. Ky. La. Mass. Md. Mich. Minn. Miss.
    Mo. Mont. Neb. Nebr. Nev. Okla. Ore. Pa. Tenn. Va. Wash. Wis.
    a. b. c. d. e. f. g. h. i. j. k. l. m. n. o. p. q. r. s. t. u. v. w. x. y. z. 's 'S
"""

# Units that are a word of their own after a digit.
_UNITS = """
    km km² km³ m m² m³ dm dm² dm³ cm cm² cm³ mm mm² mm³ ha µm nm yd in ft kg g mg µg t lb oz m/s km/h mph hPa Pa mbar
    mb MB kb KB gb GB tb TB T G M K % км км² км³ м м² м³ дм см мм нм кг г мг м/с км/ч кПа Па мбар Кб КБ кб Мб МБ Гб ГБ
"""


def packed_abbreviations() -> NDArray[np.uint64]:
    """The abbreviations, each packed into 8 bytes with the first character lowest, sorted."""
    return _sorted({sum(ord(character) << 8 * i for i, character in enumerate(name)) for name in abbreviations()})


def packed_units() -> NDArray[np.uint64]:
    """The units, each packed as up to four 16-bit code points with the first lowest, sorted."""
    return _sorted({sum(ord(character) << 16 * i for i, character in enumerate(name)) for name in units()})


def abbreviations() -> list[str]:
    """The words that keep their full stop."""
    return _ABBREVIATIONS.split()


def units() -> list[str]:
    """The units of measurement."""
    return _UNITS.split()


def _sorted(numbers: set[int]) -> NDArray[np.uint64]:
    return np.array(sorted(numbers), np.uint64)


_PACKED_ABBREVIATIONS = packed_abbreviations()
_PACKED_UNITS = packed_units()
_MULTIPLIER = np.uint64(0xD6E8FEB86659FD93)
_SHIFT = np.uint64(52)
_LIKELY = np.zeros(4096, np.bool_)  # by the upper bits of a product: most words are no abbreviation
_LIKELY[(_PACKED_ABBREVIATIONS * _MULTIPLIER) >> _SHIFT] = True


@kernel
def is_abbreviation(packed: np.uint64) -> bool:
    """Whether up to 8 ASCII characters, packed, are an abbreviation."""
    if not _LIKELY[packed * _MULTIPLIER >> _SHIFT]:
        return False
    low = 0
    high = len(_PACKED_ABBREVIATIONS)
    while low < high:
        middle = (low + high) >> 1
        if _PACKED_ABBREVIATIONS[middle] < packed:
            low = middle + 1
        else:
            high = middle
    return low < len(_PACKED_ABBREVIATIONS) and _PACKED_ABBREVIATIONS[low] == packed


@kernel
def is_unit(packed: np.uint64) -> bool:
    """Whether up to four code points, packed, are a unit."""
    low = 0
    high = len(_PACKED_UNITS)
    while low < high:
        middle = (low + high) >> 1
        if _PACKED_UNITS[middle] < packed:
            low = middle + 1
        else:
            high = middle
    return low < len(_PACKED_UNITS) and _PACKED_UNITS[low] == packed
