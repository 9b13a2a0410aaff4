"""VNI-Windows: the fonts VNI-Times, VNI-Helve ...

Two letters where Vietnamese has a vowel with marks: the vowel, then a letter of western Europe that the font drew as
the marks above it ("aà" is ầ, "ôù" is ớ). Only đ, ơ, ư and the i and y with some tones are one letter. The mark is
a capital or a small letter, as the typist pleased; the vowel says the case.
"""

WORDS = "phông chữ VNI (VNI-Times)"
_A_MARKS = "ùá øà ûả õã ïạ êă éắ èằ úẳ üẵ ëặ ââ áấ àầ åẩ ãẫ äậ"
_E_MARKS = "ùé øè ûẻ õẽ ïẹ âê áế àề åể ãễ äệ"
_O_MARKS = "ùó øò ûỏ õõ ïọ âô áố àồ åổ ãỗ äộ"
_PAIRS = {
    "a": _A_MARKS,
    "e": _E_MARKS,
    "o": _O_MARKS,
    "u": "ùú øù ûủ õũ ïụ",
    "y": "ùý øỳ ûỷ õỹ",
    "ô": "ùớ øờ ûở õỡ ïợ",
    "ö": "ùứ øừ ûử õữ ïự",
}
# letters that one sign stands for
_SINGLE = "ñđ ôơ öư æỉ óĩ òị îỵ íí ìì"


def _table() -> dict[str, str]:
    """What the font drew for each sign and each pair of signs."""
    table = {pair[0]: pair[1] for pair in _SINGLE.split()}
    for vowel, marks in _PAIRS.items():
        for pair in marks.split():
            table[vowel + pair[0]] = pair[1]
    return table


TABLE: dict[str, str] = _table()
_STRONG_MARKS = frozenset("ùøûõâáàãê")  # after a vowel these stand in no name of any language


def decode(word: str) -> str | None:
    """The letters the font drew, or None if a mark stands where the font could not draw it.

    >>> decode("Nguyeãn"), decode("ÑÖÙC"), decode("Muñoz"), decode("Niê"), decode("Nguyễn")
    ('Nguyễn', 'ĐỨC', 'Muđoz', None, None)
    """
    letters = []
    for token in tokens(word):
        letter = TABLE.get(token.lower())
        if letter is None:
            if not token.isascii():
                return None
            letter = token
        if token[0].isupper():  # the vowel says the case, not its mark
            letter = letter.upper()
        letters.append(letter)
    return "".join(letters)


def tokens(word: str) -> list[str]:
    """The word in the pieces that stand for one letter each.

    >>> tokens("Nguyeãn"), tokens("Höông")
    (['N', 'g', 'u', 'y', 'eã', 'n'], ['H', 'ö', 'ô', 'n', 'g'])
    """
    pieces = []
    rest = word
    while rest:
        size = 1
        if rest[:2].lower() in TABLE:
            size = len(rest[:2])
        pieces.append(rest[:size])
        rest = rest[size:]
    return pieces


def signs(word: str) -> tuple[int, int]:
    """How many pieces of a word that is no syllable stand in nobody's name, and how many only in no Vietnamese one.

    >>> signs("Traàn"), signs("Loïc"), signs("Höông")
    ((1, 0), (0, 1), (0, 2))
    """
    changed = [token for token in tokens(word) if not token.isascii()]
    strong = [token for token in changed if len(token) == 2 and token[1].lower() in _STRONG_MARKS]
    return len(strong), len(changed) - len(strong)
