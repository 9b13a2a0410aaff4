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
TABLE: dict[str, str] = {pair[0]: pair[1] for pair in _CODES} | {SOFT_HYPHEN: "ư", "ư": "ư"}
# letters that no name of any other language is written with
_TELLING = frozenset("¡¢£¤¥¦§¨©ª«¬®µ¶·¸¹»¼½¾×÷Þþ" + SOFT_HYPHEN)
_ONSET = re.compile("(ngh?|nh|n|ch|c|gh|gi|g|kh|k|ph|p|qu|th|tr|t|[bdđhlmrsvx])(.*)", re.IGNORECASE)


def decode(word: str) -> str | None:
    """The letters the font drew, or None if the word holds a letter without a code. The case is not yet right.

    >>> decode("NguyÔn"), decode("§¹t"), decode("Müller"), decode("Nguyễn")
    ('Nguyễn', 'Đạt', 'Mỹller', None)
    """
    letters = [letter if letter.isascii() else TABLE.get(letter, "") for letter in word]
    return "".join(letters) if all(letters) else None


def with_lost_letter(word: str) -> str:
    """A decoded word that is no syllable because its ư, the invisible letter, was lost on the way.

    >>> with_lost_letter("Hng"), with_lost_letter("Dơng"), with_lost_letter("Nam")
    ('Hưng', 'Dương', 'Nam')
    """
    parts = _ONSET.fullmatch(word)
    if parts is None or is_syllable(word):
        return word
    restored = f"{parts[1]}ư{parts[2]}"
    return restored if is_syllable(restored) else word


def signs(word: str) -> tuple[int, int]:
    """How many letters of a word that is no syllable nobody's name holds, and how many only no Vietnamese name.

    >>> signs("TrÇn"), signs("V¨n"), signs("Hïng")
    ((1, 0), (1, 0), (0, 1))
    """
    foreign = [at for at, letter in enumerate(word) if not letter.isascii()]
    telling = [at for at in foreign if word[at] in _TELLING or _is_capital_inside(word, at)]
    return len(telling), len(foreign) - len(telling)


def _is_capital_inside(word: str, at: int) -> bool:
    return at > 0 and word[at].isupper() and word[at - 1].isascii() and word[at - 1].islower()


def recase(typed: str, decoded: str) -> str:
    """The decoded text with the capitals its capital font drew, as far as the plain letters around tell.

    >>> recase("NGUYÔN THÞ ¸NH", "NGUYễN THị áNH"), recase("Lª ThÞ ¸nh", "Lê Thị ánh")
    ('NGUYỄN THỊ ÁNH', 'Lê Thị Ánh')
    """
    plain = [letter for letter in typed if letter.isascii() and letter.isalpha()]
    if len(plain) > 1 and all(letter.isupper() for letter in plain) and _has_two_capitals(typed):
        return decoded.upper()
    words = decoded.split(" ")
    typed_words = typed.split(" ")
    if len(words) != len(typed_words):
        return decoded
    is_title = _is_title(typed_words)
    cased = [_recase_word(*pair, is_title) for pair in zip(typed_words, words, strict=True)]
    return " ".join(cased)


def _has_two_capitals(typed: str) -> bool:
    return re.search("[A-Z]{2}|[A-Z][^\x00-\x7f][A-Z]", typed) is not None


def _is_title(typed_words: list[str]) -> bool:
    """Does every word whose first letter shows its case begin with a capital?"""
    plain = [word for word in typed_words if word[:1].isascii() and word[:1].isalpha()]
    return bool(plain) and all(word[0].isupper() for word in plain)


def _recase_word(typed: str, decoded: str, is_title: bool) -> str:
    plain = [letter for letter in typed if letter.isascii() and letter.isalpha()]
    if len(plain) > 1 and all(letter.isupper() for letter in plain):
        return decoded.upper()
    # ă â ê ô ơ ư đ have codes of their own as capitals, so here they were meant to be small
    if is_title and typed and not typed[0].isascii() and decoded[0] not in "ăâêôơưđ":
        return decoded[0].upper() + decoded[1:]
    return decoded
