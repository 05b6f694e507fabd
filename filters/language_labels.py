"""Languages by one kind of label, whatever model names them, and the scripts that each is written in.

lid.176 says `__label__en`, GlotLID and OpenLID say `__label__eng_Latn`. Recipes and rules say "en": ISO 639-1 where it has
the language, else ISO 639-3. Individual languages are given the label of what lid.176 calls them ("cmn" and "zho" are
"zh", "arb" is "ar"), so that lists of languages mean the same under every model.
"""

import re
from functools import lru_cache

UNDETERMINED = "und"
_PREFIX = "__label__"
_WITH_SCRIPT = re.compile(r"([a-z]{3})_([A-Z][a-z]{3})")
_NO_LANGUAGE = ("zxx", "und", "mis", "mul")

_TWO_LETTERS = """
aar aa, abk ab, afr af, aka ak, amh am, ara ar, arg an, asm as, ava av, aym ay, aze az, bak ba, bel be, ben bn, bih bh,
bis bi, bod bo, bos bs, bre br, bul bg, cat ca, ces cs, cha ch, che ce, chv cv, cor kw, cos co, cre cr, cym cy, dan da,
deu de, div dv, dzo dz, ell el, eng en, epo eo, est et, eus eu, ewe ee, fao fo, fas fa, fij fj, fin fi, fra fr, fry fy,
ful ff, gla gd, gle ga, glg gl, glv gv, grn gn, guj gu, hat ht, hau ha, hbs sh, heb he, her hz, hin hi, hmo ho, hrv hr,
hun hu, hye hy, ibo ig, ido io, iii ii, iku iu, ile ie, ina ia, ind id, ipk ik, isl is, ita it, jav jv, jpn ja, kal kl,
kan kn, kas ks, kat ka, kau kr, kaz kk, khm km, kik ki, kin rw, kir ky, kom kv, kon kg, kor ko, kua kj, kur ku, lao lo,
lat la, lav lv, lim li, lin ln, lit lt, ltz lb, lub lu, lug lg, mah mh, mal ml, mar mr, mkd mk, mlg mg, mlt mt, mon mn,
mri mi, msa ms, mya my, nau na, nav nv, nbl nr, nde nd, ndo ng, nep ne, nld nl, nno nn, nor no, nya ny, oci oc, oji oj,
ori or, orm om, oss os, pan pa, pli pi, pol pl, por pt, pus ps, que qu, roh rm, ron ro, run rn, rus ru, sag sg, san sa,
sin si, slk sk, slv sl, sme se, smo sm, sna sn, snd sd, som so, sot st, spa es, sqi sq, srd sc, srp sr, ssw ss, sun su,
swa sw, swe sv, tah ty, tam ta, tat tt, tel te, tgk tg, tgl tl, tha th, tir ti, ton to, tsn tn, tso ts, tuk tk, tur tr,
twi tw, uig ug, ukr uk, urd ur, uzb uz, ven ve, vie vi, vol vo, wln wa, wol wo, xho xh, yid yi, yor yo, zha za, zho zh,
zul zu
"""
# Individual languages by the label of the larger one; of `als`, Tosk Albanian here, lid.176 has its own meaning (Alemannic).
_INDIVIDUAL = """
cmn zh, arb ar, pes fa, prs fa, swh sw, nob no, ekk et, lvs lv, als sq, azj az, uzn uz, khk mn, npi ne, ory or, pbt ps,
pbu ps, kmr ku, plt mg, zsm ms, ydd yi, fil tl, gsw als, gug gn, quy qu, ayr ay, fuv ff, dik din
"""

# Scripts of languages that are not written in Latin letters alone.
_SCRIPTS = """
Cyrl: ab av ba be bg bua bxr ce cv kk koi kv krc ky lez mdf mhr mk mn mrj myv os ru rue sah sh sr tg tt tyv udm uk uz xal
Latn: ku kk sh sr uz tt tg az tk crh mn ms su jv hif gom pa ks
Arab: ar arz ary ars apc acm aeb ajp azb bal bgn ckb fa glk khw ks ku kk ky lki lrc mzn pnb pa ps sd skr ug ur uz ms
Cyrl: az tk crh ku
Hebr: he yi lad
Deva: hi mr ne sa new mai bh gom kok dty bho awa mag hne doi brx ks sd
Beng: bn as bpy mni
Guru: pa
Gujr: gu
Orya: or
Taml: ta
Telu: te
Knda: kn tcy gom
Mlym: ml
Sinh: si
Thai: th
Laoo: lo
Khmr: km
Mymr: my shn mnw ksw blk
Tibt: bo dz
Geor: ka xmf
Armn: hy hyw
Grek: el pnt grc
Ethi: am ti tig gez
Thaa: dv
Mong: mn
Hani: zh yue wuu lzh gan hak nan cdo ja ko
Bopo: zh
Hira: ja
Kana: ja
Hang: ko
Cans: iu cr oj
Cher: chr
Tfng: zgh tzm taq ber
Olck: sat
Mtei: mni
Nkoo: nqo
Yiii: ii
Adlm: ff
Java: jv
Sund: su
Gran: sa
Syrc: syr aii arc
"""


@lru_cache(maxsize=4096)
def canonical(label: str) -> str:
    """The one label of a language: `__label__eng_Latn`, `__label__en`, "eng" and "en" are "en"; no language is "und"."""
    name = label.removeprefix(_PREFIX)
    found = _WITH_SCRIPT.fullmatch(name)
    if found:
        name = _individual().get(found[1], found[1])
    name = _two_letters().get(name, name)
    return UNDETERMINED if name in _NO_LANGUAGE else name


@lru_cache(maxsize=4096)
def written_in(label: str) -> frozenset[str]:
    """The scripts (ISO 15924, as core/scripts.py has them) of a model's label: the one it names, else its language's."""
    found = _WITH_SCRIPT.fullmatch(label.removeprefix(_PREFIX))
    if found:
        return _PARTS.get(found[2], frozenset((found[2],)))
    return _language_scripts().get(canonical(label), frozenset(("Latn",)))


# Codes of writing that mixes scripts.
_PARTS = {
    "Jpan": frozenset(("Hira", "Kana", "Hani")),
    "Kore": frozenset(("Hang", "Hani")),
    "Hans": frozenset(("Hani", "Bopo")),
    "Hant": frozenset(("Hani", "Bopo")),
    "Hani": frozenset(("Hani", "Bopo")),
    "Zyyy": frozenset(),
    "Zxxx": frozenset(),
    "Zzzz": frozenset(),
}


@lru_cache(maxsize=1)
def _two_letters() -> dict[str, str]:
    return _pairs(_TWO_LETTERS)


@lru_cache(maxsize=1)
def _individual() -> dict[str, str]:
    return _pairs(_INDIVIDUAL)


def _pairs(text: str) -> dict[str, str]:
    words = text.replace(",", " ").split()
    return dict(zip(words[::2], words[1::2], strict=True))


@lru_cache(maxsize=1)
def _language_scripts() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for line in _SCRIPTS.strip().splitlines():
        script, _, languages = line.partition(":")
        for language in languages.split():
            found.setdefault(language, set()).add(script)
    return {language: frozenset(scripts) for language, scripts in found.items()}
