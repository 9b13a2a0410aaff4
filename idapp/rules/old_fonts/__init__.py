"""Names that were typed for an old font, or whose bytes were read in a wrong code page, brought back to Unicode.

Before Unicode a Vietnamese letter was a code of western Europe that only the right font drew as it was meant. Lists of
schools still carry such names: "TrÇn ThÞ Hoa" (TCVN3), "Traàn Thò Hoa" (VNI), "Tra^`n Thi. Hoa" (VIQR), "Tráº§n"
(UTF-8 read as windows-1252). Each writing has a module with its table; here they are compared. A text is only ever
restored to words that are syllables of Vietnamese, so that names of other languages stay as they are.

Sources of the tables: TCVN 5712:1993 (VN3), the published key tables of VNI-Windows and RFC 1456 (VIQR), UTF-8 (RFC
3629); written anew, as facts.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from idapp.rules.old_fonts import mojibake, tcvn3, viqr, vni
from idapp.rules.old_fonts.syllables import is_syllable

# of the rows with letters beyond ASCII: so many prove the font of a row that proves nothing itself
_MOSTLY = 0.8


@dataclass(frozen=True)
class Restored:
    """A text in Unicode and the words for what it was written in.

    certain  nobody's name is written so
    others   further texts it may be, in other old writings: "Thuû" is Thuỷ in TCVN3 and Thủ in VNI
    """

    text: str
    font: str
    certain: bool
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class Finding:
    """What a column of names was written in.

    fonts  words for each old writing, the commonest first
    texts  {index of the row: its text in Unicode}, only of rows that become another text
    """

    fonts: tuple[str, ...]
    texts: dict[int, str]


@dataclass(frozen=True)
class _Reading:
    """``telling``: signs that stand in nobody's name; ``weak``: signs that only no Vietnamese name has."""

    text: str
    telling: int
    weak: int


def restored(text: str) -> Restored | None:
    """One name in Unicode; None if it is no old writing, or nobody can tell.

    >>> restored("TrÇn ThÞ Hoa").text, restored("Traàn Thò Hoa").text, restored("Muñoz")
    ('Trần Thị Hoa', 'Trần Thị Hoa', None)
    """
    return _restored(text)


@lru_cache(maxsize=8192)
def _restored(text: str) -> Restored | None:
    readings = _readings(text)
    if not readings:
        return None
    font = max(readings, key=lambda name: (readings[name].telling, readings[name].weak))
    reading = readings[font]
    others = {other.text: None for other in readings.values() if other.text != reading.text}
    return Restored(reading.text, font, reading.telling > 0, tuple(others))


def possible_texts(text: str) -> list[str]:
    """What a text says if it was typed for an old font or read in a wrong code page, each way that gives another text.
    Nothing is proven by it: for texts that are looked up among known ones.

    >>> possible_texts("Hä vµ tªn"), possible_texts("Giới tính"), possible_texts("Lop")
    (['Họ và tên'], [], [])
    """
    if text.isascii():
        return []
    readings = (
        _decoded_by_word(text, tcvn3.decode),
        _decoded_by_word(text, vni.decode),
        mojibake.decode(text),
    )
    return [reading for reading in dict.fromkeys(readings) if reading not in (None, text)]


def _decoded_by_word(text: str, decode: Callable[[str], str | None]) -> str | None:
    """The words decoded one by one; None if one of them cannot be."""
    decoded = []
    for word in text.split():
        letters = decode(word)
        if not letters:
            return None
        decoded.append(letters)
    return " ".join(decoded)


def recognise(texts: Sequence[str]) -> Finding | None:
    """The old writing of a column of names; None if no row proves one.

    A row that proves nothing by itself ("Hïng", "Dòng", "Thuû") is read as the rows around it, if they are of one font.

    >>> recognise(["TrÇn V¨n An", "Lª Hïng", "Nguyễn Văn Bình"])
    Finding(fonts=('phông chữ TCVN3 (.VnTime, ABC)',), texts={0: 'Trần Văn An', 1: 'Lê Hùng'})
    """
    suspicious = {row: _readings(text) for row, text in enumerate(texts) if _may_be_old(text)}
    proven_fonts = map(_proof, suspicious.values())
    fonts = Counter(filter(None, proven_fonts))
    if not fonts:
        return None
    usual_font, rows_of_it = fonts.most_common(1)[0]
    is_usual = rows_of_it >= _MOSTLY * _count_marked(texts)
    changed = _read_suspicious(suspicious, usual_font, is_one_font=is_usual or len(fonts) == 1)
    if is_usual:
        changed |= _read_alike(texts, usual_font, known=set(suspicious))
    names = tuple(font for font, _ in fonts.most_common())
    return Finding(names, dict(sorted(changed.items())))


def _read_suspicious(
    suspicious: dict[int, dict[str, _Reading]],
    usual_font: str,
    *,
    is_one_font: bool,
) -> dict[int, str]:
    """Row -> its text in the font that it proves, else in that of the other rows."""
    changed: dict[int, str] = {}
    for row, readings in suspicious.items():
        # readings that differ are told apart only by the font of the other rows
        if not is_one_font and _differ(readings):
            continue
        reading = readings.get(_proof(readings) or usual_font)
        if reading is not None:
            changed[row] = reading.text
    return changed


def _count_marked(texts: Sequence[str]) -> int:
    """How many of the rows bear any mark of Vietnamese, in whatever writing."""
    return sum(not text.isascii() or _has_viqr(text) for text in texts)


def _may_be_old(text: str) -> bool:
    """Does a word of the text look odd? Most names are plain ASCII or good Vietnamese: no need to look at them."""
    if text.isascii():
        return _has_viqr(text)
    return any(not word.isascii() and not is_syllable(word) for word in text.split())


def _has_viqr(text: str) -> bool:
    return viqr.SIGNS.search(text) is not None


def _proof(readings: dict[str, _Reading]) -> str:
    """The font whose signs the text holds, "" if it holds none, or reads as another name in another font."""
    if _differ(readings):
        return ""
    for font, reading in readings.items():
        if reading.telling:
            return font
    return ""


def _differ(readings: dict[str, _Reading]) -> bool:
    return len({reading.text for reading in readings.values()}) > 1


def _read_alike(
    texts: Sequence[str],
    font: str,
    known: set[int],
) -> dict[int, str]:
    """The rows that look like good names and were typed in the font of all the others all the same."""
    alike: dict[int, str] = {}
    for row, text in enumerate(texts):
        if row in known or (text.isascii() and font != tcvn3.WORDS):
            continue
        reading = _FONTS[font](text)
        if reading is not None and reading.text != text:
            alike[row] = reading.text
    return alike


def _readings(text: str) -> dict[str, _Reading]:
    """How the text reads in each writing in which it makes sense."""
    readings: dict[str, _Reading] = {}
    if not _may_be_old(text):
        return readings
    for font, read in _FONTS.items():
        reading = read(text)
        if reading is not None and reading.text != text:
            readings[font] = reading
    return readings


def _read_tcvn3(text: str) -> _Reading | None:
    words = text.split(" ")
    decoded = _decoded_words(words, _whole_word)
    if decoded is None or not _are_syllables(words, decoded):
        return None
    telling, weak = _signs(words, tcvn3.signs)
    cased = tcvn3.recase(text, " ".join(decoded)).split(" ")
    return _Reading(" ".join(map(tcvn3.with_lost_letter, cased)), telling, weak)


def _decoded_words(
    words: Sequence[str],
    decode: Callable[[str], str | None],
) -> list[str] | None:
    """The words with those beyond ASCII decoded; None if one of them cannot be."""
    decoded = []
    for word in words:
        letters: str | None = word
        if not word.isascii():
            letters = decode(word)
        if letters is None:
            return None
        decoded.append(letters)
    return decoded


def _whole_word(word: str) -> str | None:
    """A word in TCVN3 decoded, with the invisible ư where it was lost."""
    letters = tcvn3.decode(word)
    if letters is None or is_syllable(letters.lower()):
        return letters
    return tcvn3.with_lost_letter(letters)


def _read_vni(text: str) -> _Reading | None:
    words = text.split(" ")
    decoded = _decoded_words(words, vni.decode)
    if decoded is None or not _are_syllables(words, decoded):
        return None
    telling, weak = _signs(words, vni.signs)
    return _Reading(" ".join(decoded), telling, weak)


def _read_viqr(text: str) -> _Reading | None:
    words = text.split(" ")
    decoded = [viqr.decode(word) for word in words]
    telling, weak = _signs(words, viqr.signs)
    if not _are_syllables(words, decoded):
        return None
    return _Reading(" ".join(decoded), telling, weak)


def _read_mojibake(text: str) -> _Reading | None:
    decoded = mojibake.decode(text)
    if decoded is None or not _are_syllables(text.split(" "), decoded.split(" ")):
        return None
    return _Reading(decoded, len(mojibake.SIGNS.findall(text)), 0)


def _are_syllables(typed: Sequence[str], decoded: Sequence[str]) -> bool:
    """Is every word that was decoded to another one a word of Vietnamese?"""
    plain = set(typed)
    return all(is_syllable(word.lower()) for word in decoded if word and word not in plain)


def _signs(
    words: Sequence[str],
    signs_of: Callable[[str], tuple[int, int]],
) -> tuple[int, int]:
    """The telling and the weak signs of all words, as ``_Reading`` counts them."""
    telling = 0
    weak = 0
    for word in words:
        if not is_syllable(word):
            strong_signs, weak_signs = signs_of(word)
            telling += strong_signs
            weak += weak_signs
    return telling, weak


_FONTS: dict[str, Callable[[str], _Reading | None]] = {
    mojibake.WORDS: _read_mojibake,
    tcvn3.WORDS: _read_tcvn3,
    vni.WORDS: _read_vni,
    viqr.WORDS: _read_viqr,
}
