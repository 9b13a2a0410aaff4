"""Bringing Vietnamese text into one form: to store it, to compare it, to search it, to sort it.

Every person types Vietnamese differently: composed or decomposed (NFD, from macOS files), ``hòa`` or ``hoà``,
``'`` or ``’``, no-break spaces from Word, the Icelandic Ð (U+00D0) for Đ (U+0110). Sources: TCVN 6909:2001
(composed Unicode), Decision 1989/QĐ-BGDĐT 2018 (tone placement).
"""

import re
import unicodedata
from functools import lru_cache

_APOSTROPHES = str.maketrans(dict.fromkeys("’ʼ‘`´ʻ", "'"))
# acute, grave, hook above, tilde, dot below: the five tones. Breve, circumflex and horn belong to the letter.
_TONES = {"\u0301": "1", "\u0300": "2", "\u0309": "3", "\u0303": "4", "\u0323": "5"}
_MARKS = re.compile("[\u0300-\u034e\u0350-\u036f]+")  # all that Vietnamese letters can bear
# letters and marks by their kind, and yet nobody sees them (Unicode: Default_Ignorable_Code_Point)
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_VIETNAMESE_ORDER = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_RANK = {letter: f"{rank:02d}" for rank, letter in enumerate(_VIETNAMESE_ORDER, start=10)}


@lru_cache(maxsize=8192)  # one text is tidied by every rule that looks at it
def tidy(text: str) -> str:
    """NFC, one space between words, nothing invisible; letters and case as they came.

    >>> tidy("  Nguye\\u0302\\u0303n\\u00a0 Va\\u0306n\\u200b A ")
    'Nguyễn Văn A'
    >>> tidy("Lan\u202e\u034f Anh\u3164")
    'Lan Anh'
    """
    if not text.isascii():
        text = _UNSEEN.sub("", text)
    if not text.isprintable():  # nearly every text is: letters, marks, signs and the plain space
        text = "".join(map(_visible, text))
    # composed last: something invisible may have stood between a letter and its mark
    text = unicodedata.normalize("NFC", " ".join(text.split()))
    # a table to translate by takes five times as long
    return text.replace("Ð", "Đ").replace("ð", "đ").replace("Ɖ", "Đ")


def _visible(letter: str) -> str:
    """The letter, a plain space for any white space, "" for what nobody sees."""
    if letter.isspace():
        return " "
    if letter.isprintable():
        return letter
    return ""


@lru_cache(maxsize=8192)
def fold(text: str) -> str:
    """Key for finding: lower case, no diacritics, one kind of apostrophe, single spaces.

    >>> fold("Huyện Thủ Thừa") == fold("HUYEN  THU THUA")
    True
    """
    small = tidy(text).lower().replace("đ", "d")
    text = _MARKS.sub("", unicodedata.normalize("NFD", small))
    if not text.isascii():  # what is left is no Vietnamese: seldom, so it may take its time
        text = "".join(c for c in text.translate(_APOSTROPHES) if not unicodedata.combining(c))
    return text.replace("`", "'")


def without_telex(word: str) -> str:
    """A folded word that was typed by the rules of Telex while no input method was on.

    >>> [without_telex(word) for word in ("nguyeenx", "vawn", "ddawngf", "thij", "huwowng", "an")]
    ['nguyen', 'van', 'dang', 'thi', 'huong', 'an']
    """
    word = re.sub(r"([aeod])\1", r"\1", word)
    word = re.sub("(?<=[aou])w", "", word)
    # no Vietnamese syllable has these letters behind its vowel
    return re.sub("(?<=[aeiouy])[sfrxjz](?=[a-z]|$)|(?<=[a-z])[sfrxjz]$", "", word)


def tone_key(text: str) -> str:
    """Key for comparing names with their diacritics: where a tone mark sits inside a syllable does not matter.

    >>> tone_key("Đào Hoà") == tone_key("ĐÀO HÒA")
    True
    >>> tone_key("Hoa") == tone_key("Hòa")
    False
    """
    words = tidy(text).translate(_APOSTROPHES).lower().split()
    return " ".join(map(_syllable_key, words))


@lru_cache(maxsize=4096)
def _syllable_key(word: str) -> str:
    """The letters without a tone, and the digits of the tones behind them: where the mark stood is forgotten."""
    letters: list[str] = []
    tones: list[str] = []
    for letter in unicodedata.normalize("NFD", word):
        if letter in _TONES:
            tones.append(letter)
        else:
            letters.append(letter)
    digits = [_TONES[tone] for tone in sorted(tones)]
    return unicodedata.normalize("NFC", "".join(letters)) + "".join(digits)


@lru_cache(maxsize=4096)
def sort_key(full_name: str) -> str:
    """Order of a Vietnamese class list: given name (last word) first, then family and middle names.

    Letters in the order a ă â b … đ e ê … o ô ơ … u ư …; at equal letters the tone decides: none, huyền, hỏi, ngã,
    sắc, nặng.

    >>> names = ["Trần Văn Ân", "Lê Thị An", "Bùi Đào", "Hồ Dũng"]
    >>> sorted(names, key=sort_key)
    ['Lê Thị An', 'Trần Văn Ân', 'Hồ Dũng', 'Bùi Đào']
    """
    words = tidy(full_name).lower().split()
    given_name_first = [*words[-1:], *words[:-1]]
    return "|".join(map(_word_order, given_name_first))


_TONE_ORDER = {"": "0", "\u0300": "1", "\u0309": "2", "\u0303": "3", "\u0301": "4", "\u0323": "5"}


@lru_cache(maxsize=4096)  # names are made of few words
def _word_order(word: str) -> str:
    tone = ""
    letters = []
    for letter in unicodedata.normalize("NFD", word):
        if letter not in _TONES:
            letters.append(letter)
        elif not tone:
            tone = letter
    ranks = []
    for letter in unicodedata.normalize("NFC", "".join(letters)):
        ranks.append(_RANK.get(letter, "99" + letter))
    return "".join(ranks) + " " + _TONE_ORDER[tone]
