"""The letters of a text file that does not say in which encoding it is written, or says it wrongly.
Child only.

Tried in this order: the mark of UTF-16 or UTF-8 and the zero bytes of UTF-16 without one; UTF-8,
which no other text of more than a few words happens to be; what a web page or XML declares;
windows-1258, if Vietnamese words come out.

What is left may be written in an old font: TCVN3 and VNI put their own pictures on the letters of
windows-1252, so ``TrÇn ThÞ Hoa`` is what such a file says. It is handed on as those letters and
somebody above knows the fonts. The rule for that is careful: marked letters must stand in words
among plain ones. Anything else is refused.
"""

import codecs
import re
import unicodedata

from idapp.workbook.cells import WorkbookRefused

_VIETNAMESE = set(
    "ăâđêôơưàáảãạằắẳẵặầấẩẫậèéẻẽẹềếểễệìíỉĩịòóỏõọồốổỗộờớởỡợùúủũụừứửữựỳýỷỹỵ"
    "’‘“”–—…•\ufeff\xa0°×«»₫\u0300\u0301\u0303\u0309\u0323"
)
_TONES = re.compile("[\u0300\u0301\u0303\u0309\u0323]")
_WORD = re.compile(r"[^\W\d_]+")
# not strict about consonants: names of the peoples of Vietnam have more of them
_SYLLABLE = re.compile(
    "(?:gi|qu|[b-df-hj-np-tv-xzđ]{0,3})"
    "(?:[aăâeêioôơuưy]|a[iouy]|â[uy]|eo|êu|i[aêu]|iêu|o[aăeio]|oa[ioy]|oeo|ôi|ơi"
    "|u[aâêiôơy]|uây|uôi|uy[aêu]|ư[aiơu]|ươ[iu]|yêu?)"
    "(?:ch|ng|nh|[cmnptklrh])?"
)
_SINGLE_BYTE = re.compile(r"(?:windows-|cp-?)125[0-8]|iso-8859-[0-9]{1,2}")
_WESTERN = {"windows-1252", "cp1252", "iso-8859-1", "latin1", "us-ascii", "ascii"}
_PIECE_OF_UTF8 = re.compile(rb"\xe1[\xba\xbb][\x80-\xbf]")  # ạ to ỹ: three bytes, in no other way


def decoded(data: bytes, *, declared: str = "") -> str:
    """The text of these bytes; ``declared`` is the encoding that the file names for itself, if any.

    Raises ``WorkbookRefused`` (``encoding``) where no reading makes sense.

    >>> decoded("Lý Thị Mai".encode()), decoded(b"L\\xfd Th\\xf2 Mai", declared="windows-1252")
    ('Lý Thị Mai', 'Lý Thò Mai')
    """
    wide = _wide_encoding(data)
    if wide:
        return _strictly(data, wide)
    text = _as_utf8(data)
    if text is not None:
        return text
    text = _as_declared(data, declared.strip().lower())
    if text is not None:
        return text
    return _as_single_bytes(data)


def _wide_encoding(data: bytes) -> str:
    """Of two bytes a letter, with their mark or without it; "" for other texts."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if b"\0" not in data[:2000]:
        return ""
    zeros_behind = data[1:2000:2].count(0)
    zeros_before = data[0:2000:2].count(0)
    if zeros_behind >= zeros_before:
        return "utf-16-le"
    return "utf-16-be"


def _strictly(data: bytes, encoding: str) -> str:
    """The text. Raises ``WorkbookRefused`` (``encoding``) where a byte has no letter."""
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as fault:
        raise WorkbookRefused("encoding") from fault


def _as_utf8(data: bytes) -> str | None:
    """Also where a letter or two were cut in half on the way; the hole is seen in the text."""
    text = data.decode("utf-8-sig", "replace")
    holes = text.count("\ufffd")
    if not holes:
        return text
    letters = len(_PIECE_OF_UTF8.findall(data))
    if holes > 2 or letters < 20 * holes:
        return None
    return text


def _as_declared(data: bytes, name: str) -> str | None:
    """The text in an encoding of one byte a letter; None where there is none of this name, or it does not fit."""
    if name in _WESTERN:
        name = "windows-1252"
    if not _SINGLE_BYTE.fullmatch(name):
        return None
    try:
        return data.decode(name)
    except (UnicodeDecodeError, LookupError):
        return None


def _as_single_bytes(data: bytes) -> str:
    """Windows for Vietnamese, or the bytes of an old font. Raises ``WorkbookRefused`` (``encoding``)."""
    try:
        text = data.decode("windows-1258")
        if _is_vietnamese(text):
            return text
    except UnicodeDecodeError:
        pass
    text = _strictly(data, "windows-1252")
    if _PIECE_OF_UTF8.search(data) or not _may_be_an_old_font(text):
        raise WorkbookRefused("encoding")
    return text


def _is_vietnamese(text: str) -> bool:
    """windows-1258 gives some letter to nearly every byte, so it must be the letters, and the words
    too: VNI in it reads ``Nguyeăn Vaên``.

    >>> _is_vietnamese("Nguyễn Văn Ánh"), _is_vietnamese("Nguyeăn Vaên An")
    (True, False)
    """
    text = unicodedata.normalize("NFC", text).lower()
    marked = [letter for letter in text if ord(letter) > 127]
    good_letters = sum(letter in _VIETNAMESE for letter in marked)
    if good_letters < 0.95 * len(marked):
        return False
    words = [word for word in _WORD.findall(_without_tones(text)) if not word.isascii()]
    good_words = sum(bool(_SYLLABLE.fullmatch(word)) for word in words)
    return good_words >= 0.5 * len(words)


def _without_tones(text: str) -> str:
    """
    >>> _without_tones("Nguyễn Ánh")
    'Nguyên Anh'
    """
    return unicodedata.normalize("NFC", _TONES.sub("", unicodedata.normalize("NFD", text)))


def _may_be_an_old_font(text: str) -> bool:
    """Does the text have more plain letters than marked ones, and most of these within words?

    >>> _may_be_an_old_font("TrÇn ThÞ Hoa, §Æng V¨n ¸nh"), _may_be_an_old_font("ÐÕÃû,³öÉúÈÕÆÚ")
    (True, False)
    """
    marked = [index for index, letter in enumerate(text) if ord(letter) > 127]
    plain = sum(letter.isalpha() for letter in text) - len(marked)
    in_words = sum(_touches_a_letter(text, index) for index in marked)
    return plain >= len(marked) and in_words >= 0.7 * len(marked)


def _touches_a_letter(text: str, index: int) -> bool:
    """Does a plain letter stand right before or behind this place?"""
    neighbours = text[max(index - 1, 0) : index] + text[index + 1 : index + 2]
    return any(letter.isascii() and letter.isalpha() for letter in neighbours)
