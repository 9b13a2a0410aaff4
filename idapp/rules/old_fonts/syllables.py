"""Could this be a word of Vietnamese? A syllable is an onset and a rime, and the rime bears at most one tone.

Names in an old font are told from good ones by this: "TrÇn" is no syllable, "Trần" is one. Spelling as taught in
school, both places of the tone mark (hòa, hoà). Names of other languages (Niê, Müller) are no syllables, which proves
nothing against them.
"""

import csv
import re
import unicodedata
from functools import lru_cache
from pathlib import Path

_DATA = Path(__file__).parents[2] / "data"
_ONSETS = "ngh|ng|nh|n|ch|c|gh|gi|g|kh|k|ph|p|qu|th|tr|t|b|d|đ|h|l|m|r|s|v|x|"
_SPLIT = re.compile(f"({_ONSETS})(.*)")
_RIMES = """
a ac ach ai am an ang anh ao ap at au ay ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây
e ec em en eng eo ep et ê êch êm ên ênh êng êp êt êu
i ia ich im in inh ip it iu iêc iêm iên iêng iêp iêt iêu y ych yn ynh yt yêm yên yêng yêt yêu
o oc oi om on ong op ot oong ooc ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt
oa oac oach oai oam oan oang oanh oao oap oat oay oăc oăm oăn oăng oăt oe oen oeo oet
u ua uc ui um un ung up ut uôc uôi uôm uôn uông uôt uơ uân uâng uât uây uê uêch uênh
uy uya uych uyên uyêt uynh uyp uyt uyu
ư ưa ưc ưi ưm ưn ưng ưt ưu ươc ươi ươm ươn ương ươp ươt ươu
""".split()  # noqa: SIM905 - the table reads by lines
_TONES = "\u0300\u0301\u0303\u0309\u0323"
_OF_A_STOP = "\u0301\u0323"  # a rime that ends in c, ch, p, t is said with one of two tones
_BEFORE_FRONT = {"k", "gh", "ngh"}  # written so before i, e, ê, y only
_BEFORE_BACK = {"c", "g", "ng"}
_FRONT = "ieêy"
_MIDDLE_NAMES = (
    "Thị Văn Minh Hoàng Quốc Gia Thanh Đức Hữu Anh Tuấn Nhật Thành Trọng Phúc Hải Ngọc Tấn Chí "
    "Bảo Thùy Kim Phương Khánh Mỹ Như Thu Quỳnh Đình Xuân Công Bá Thế Viết Đăng Hồng Bích Cẩm "
    "Diệu Tường Tố Thúy Thị Nữ Nam Kinh"
)


@lru_cache(maxsize=8192)
def is_syllable(word: str) -> bool:
    """One Vietnamese syllable with its tone, in small letters, capitals or with a capital in front.

    >>> is_syllable("Nguyễn"), is_syllable("HOÀ"), is_syllable("TrÇn"), is_syllable("Traàn"), is_syllable("HoÀ")
    (True, True, False, False, False)
    """
    return _is_cased(word) and _is_spelt(word.lower(), _TONED)


def is_bare_syllable(word: str) -> bool:
    """The same, or such a syllable without its diacritics, as names are typed on a foreign keyboard.

    >>> is_bare_syllable("Quoc"), is_bare_syllable("Hansen")
    (True, False)
    """
    return is_syllable(word) or (word.isascii() and _is_spelt(word.lower(), _BARE))


def is_known(word: str) -> bool:
    """One of the words that most Vietnamese names are made of.

    >>> is_known("LÊ"), is_known("lờ")
    (True, False)
    """
    return word.lower() in _known_words()


def _is_cased(word: str) -> bool:
    """Small letters, capitals, or a capital in front."""
    if len(word) == 1:
        return True
    return word[1:].islower() or word.isupper() or word.islower()


def _is_spelt(word: str, rimes: frozenset[str]) -> bool:
    match = _SPLIT.fullmatch(unicodedata.normalize("NFC", word))
    if match is None:
        return False
    onset, rime = match.groups()
    if rime in rimes and _goes_with(onset, rime):
        return True
    # "gì", "gìn": the i belongs to the onset and to the rime
    if onset == "gi":
        return f"i{rime}" in rimes
    return onset == "g" and rime in rimes and rime[0] in "ìíỉĩịi"


def _goes_with(onset: str, rime: str) -> bool:
    """Is the onset written so before the vowel of this rime?"""
    first = _base(rime[0])
    if onset in _BEFORE_FRONT:
        return first in _FRONT
    if onset in _BEFORE_BACK:
        return first not in _FRONT
    return True


def _base(letter: str) -> str:
    """The letter without its tone; ê stays ê."""
    decomposed = unicodedata.normalize("NFD", letter)
    toneless = [part for part in decomposed if part not in _TONES]
    return unicodedata.normalize("NFC", "".join(toneless))


def _tone_places(rime: str) -> list[int]:
    """Where the tone mark may stand in a rime: two places for oa, oe, uy.

    >>> _tone_places("oa"), _tone_places("ai"), _tone_places("oan"), _tone_places("oai"), _tone_places("ươi")
    ([0, 1], [0], [1], [1], [1])
    """
    last_marked = max(map(rime.rfind, "ăâêôơ"))
    if last_marked >= 0:  # "ươ": the tone stands on the last vowel that bears a mark
        return [last_marked]
    if rime in ("oa", "oe", "uy"):
        return [0, 1]
    vowels = len(rime.rstrip("bcdghmnpt"))
    is_closed = vowels < len(rime)
    if vowels == 3 or (vowels == 2 and is_closed):
        return [1]
    return [0]


def _toned(rime: str) -> set[str]:
    """All forms of a rime: without a tone, and with each of the tones that it can be said with."""
    forms = {rime}
    tones = _TONES
    if rime.endswith(("c", "p", "t", "ch")):
        forms = set()
        tones = _OF_A_STOP
    for place in _tone_places(rime):
        for tone in tones:
            form = rime[: place + 1] + tone + rime[place + 1 :]
            forms.add(unicodedata.normalize("NFC", form))
    return forms


def _without_marks(rime: str) -> str:
    decomposed = unicodedata.normalize("NFD", rime)
    return "".join(part for part in decomposed if not unicodedata.combining(part))


_TONED = frozenset().union(*map(_toned, _RIMES))
_BARE = frozenset(map(_without_marks, _RIMES))


@lru_cache(maxsize=1)
def _known_words() -> frozenset[str]:
    words = set(_MIDDLE_NAMES.lower().split())
    for file_name in ("family_names.csv", "male_given.csv", "female_given.csv"):
        with (_DATA / file_name).open(encoding="utf-8", newline="") as rows:
            words |= {row["name"].lower() for row in csv.DictReader(rows)}
    return frozenset(words)
