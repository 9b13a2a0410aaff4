"""TCVN3 (also called ABC): the fonts .VnTime, .VnArial ... and their capital sisters .VnTimeH ...

One byte a letter (TCVN 5712:1993, VN3). A file made with them holds letters of western Europe, and only the font drew
Vietnamese. There are codes for the seven letters Ă Â Ê Ô Ơ Ư Đ as capitals and for no other: a capital Ấ is typed in
a capital font, whose small letters look like capitals, so the case has to be found again from the rest of the text.
The letter ư is the soft hyphen, which most programs neither show nor keep.
"""

import re

from idapp.rules.old_fonts.syllables import is_syllable

WORDS = "phông chữ TCVN3 (.VnTime, ABC)"
SOFT_HYPHEN = "\u00ad"
_CODES = """
¡Ă ¢Â £Ê ¤Ô ¥Ơ ¦Ư §Đ ¨ă ©â ªê «ô ¬ơ ®đ
µà ¶ả ·ã ¸á ¹ạ »ằ ¼ẳ ½ẵ ¾ắ Æặ Çầ Èẩ Éẫ Êấ Ëậ
Ìè Îẻ Ïẽ Ðé Ñẹ Òề Óể Ôễ Õế Öệ ×ì Øỉ Üĩ Ýí Þị
ßò áỏ âõ ãó äọ åồ æổ çỗ èố éộ êờ ëở ìỡ íớ îợ
ïù ñủ òũ óú ôụ õừ öử ÷ữ øứ ùự úỳ ûỷ üỹ ýý þỵ
""".split()  # noqa: SIM905 - the table reads by lines
TABLE: dict[str, str] = {pair[0]: pair[1] for pair in _CODES}
# a ư that stands there already is left as it is
TABLE |= {SOFT_HYPHEN: "ư", "ư": "ư"}
# letters that no name of any other language is written with
_TELLING = frozenset("¡¢£¤¥¦§¨©ª«¬®µ¶·¸¹»¼½¾×÷Þþ" + SOFT_HYPHEN)
_ONSET = re.compile("(ngh?|nh|n|ch|c|gh|gi|g|kh|k|ph|p|qu|th|tr|t|[bdđhlmrsvx])(.*)", re.IGNORECASE)


def decode(word: str) -> str | None:
    """The letters the font drew, or None if the word holds a letter without a code. The case is not yet right.

    >>> decode("NguyÔn"), decode("§¹t"), decode("Müller"), decode("Nguyễn")
    ('Nguyễn', 'Đạt', 'Mỹller', None)
    """
    letters = []
    for letter in word:
        drawn: str | None = letter
        if not letter.isascii():
            drawn = TABLE.get(letter)
        if drawn is None:
            return None
        letters.append(drawn)
    return "".join(letters)


def with_lost_letter(word: str) -> str:
    """A decoded word that is no syllable because its ư, the invisible letter, was lost on the way.

    >>> with_lost_letter("Hng"), with_lost_letter("Dơng"), with_lost_letter("Nam")
    ('Hưng', 'Dương', 'Nam')
    """
    parts = _ONSET.fullmatch(word)
    if parts is None or is_syllable(word):
        return word
    restored = f"{parts[1]}ư{parts[2]}"
    if not is_syllable(restored):
        return word
    return restored


def signs(word: str) -> tuple[int, int]:
    """How many letters of a word that is no syllable nobody's name holds, and how many only no Vietnamese name.

    >>> signs("TrÇn"), signs("V¨n"), signs("Hïng")
    ((1, 0), (1, 0), (0, 1))
    """
    telling = 0
    weak = 0
    before = ""
    for letter in word:
        if letter.isascii():
            pass
        elif letter in _TELLING or _is_capital_inside(before, letter):
            telling += 1
        else:
            weak += 1
        before = letter
    return telling, weak


def _is_capital_inside(before: str, letter: str) -> bool:
    """A capital beyond ASCII behind a small plain letter: no name is written so."""
    return letter.isupper() and before.isascii() and before.islower()


def recase(typed: str, decoded: str) -> str:
    """The decoded text with the capitals its capital font drew, as far as the plain letters around tell.

    >>> recase("NGUYÔN THÞ ¸NH", "NGUYễN THị áNH"), recase("Lª ThÞ ¸nh", "Lê Thị ánh")
    ('NGUYỄN THỊ ÁNH', 'Lê Thị Ánh')
    """
    if _is_all_capitals(typed) and _has_two_capitals(typed):
        return decoded.upper()
    words = decoded.split(" ")
    typed_words = typed.split(" ")
    if len(words) != len(typed_words):
        return decoded
    is_title = _is_title(typed_words)
    cased = [_recase_word(*pair, is_title) for pair in zip(typed_words, words, strict=True)]
    return " ".join(cased)


def _is_all_capitals(typed: str) -> bool:
    """Are the plain letters, of which there are two at least, all capitals?"""
    plain = [letter for letter in typed if letter.isascii() and letter.isalpha()]
    return len(plain) > 1 and all(map(str.isupper, plain))


def _has_two_capitals(typed: str) -> bool:
    """Side by side or around one letter: initials of single letters prove no capital font."""
    return re.search("[A-Z]{2}|[A-Z][^\x00-\x7f][A-Z]", typed) is not None


def _is_title(typed_words: list[str]) -> bool:
    """Does every word whose first letter shows its case begin with a capital?"""
    initials = [word[:1] for word in typed_words]
    plain = [initial for initial in initials if initial.isascii() and initial.isalpha()]
    return bool(plain) and all(map(str.isupper, plain))


def _recase_word(typed: str, decoded: str, is_title: bool) -> str:
    if _is_all_capitals(typed):
        return decoded.upper()
    if not is_title or typed[:1].isascii():  # an empty text too
        return decoded
    # ă â ê ô ơ ư đ have codes of their own as capitals, so here they were meant to be small
    if decoded[0] in "ăâêôơưđ":
        return decoded
    return decoded[0].upper() + decoded[1:]
