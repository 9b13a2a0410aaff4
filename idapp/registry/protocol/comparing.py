"""The register's person beside ours. A value we cannot read is no difference: it makes the whole answer unclear.

Equal are: names whose tone marks only sit elsewhere (òa, oà), names split or whole, any case. Sex 0 is unknown to the
register and differs from nothing. The register may know only the year (or year and month) of a birth: then only that
part can disagree. The other way round, a date of which we hold the year alone while the register holds the day, is a
difference: the record is not what the register holds, and the person gets to see the day.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from idapp.registry.vocabulary import Question, RegisterResidence
from idapp.rules import birth_date
from idapp.rules.catalogues import gender_text
from idapp.rules.folding import tidy, tone_key

_SEX_CODES = {"": "", "0": "", "1": "male", "2": "female"}
_IN_NAMES = "'’ʼ‘ʻ`´.-‐‑\t\r\n"


class Unclear(Exception):
    """Not an answer to build on; ``reason`` is the stable word for it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class RegisterPerson:
    """What is read of the register's record. ``born`` is ``2014-03-17``, ``2014-03`` or ``2014``."""

    number: str
    full_name: str
    born: str
    sex: str
    residence: RegisterResidence | None = None


def differences(question: Question, person: RegisterPerson) -> dict[str, tuple[str, str]]:
    """Field -> (ours, the register's), as people read them. Another number is no difference but no answer at all."""
    if person.number != question.number:
        raise Unclear("wrong_person" if person.number else "incomplete_answer")
    found = {}
    if tone_key(question.full_name) != tone_key(person.full_name):
        found["full_name"] = (tidy(question.full_name), person.full_name)
    if question.born != person.born and not question.born.startswith(person.born + "-"):
        found["date_of_birth"] = (birth_date.show(question.born), birth_date.show(person.born))
    if question.sex and person.sex and question.sex != person.sex:
        found["gender"] = (gender_text(question.sex), gender_text(person.sex))
    return found


def name_of(parts: list[str]) -> str:
    """The non-empty parts as one name."""
    text = " ".join(parts)
    if any(not _may_stand_in_name(c) for c in text):
        raise Unclear(
            "damaged_text"
        )  # letters lost on the way (?, U+FFFD, a wrong charset) are not another name
    text = tidy(text)
    if not text or len(text) > 200:
        raise Unclear("incomplete_answer" if not text else "unexpected_value")
    return text


def born_of(day: str, year: str) -> str:
    """From NgayThangNam ``yyyyMMdd`` and Nam ``yyyy``; 00 stands for a month or a day nobody knows."""
    whole = day or year
    if not whole:
        raise Unclear("incomplete_answer")
    parts = re.fullmatch("([1-9][0-9]{3})([0-9]{2})?([0-9]{2})?", whole)
    if not parts or (year and parts[1] != year):
        raise Unclear("unexpected_value")
    known = [parts[1], *(p for p in parts.groups()[1:] if p not in (None, "00"))]
    try:
        date.fromisoformat("-".join([*known, "01", "01"][:3]))
    except ValueError:
        raise Unclear("unexpected_value") from None
    return "-".join(known)


def sex_of(code: str) -> str:
    """0 unknown, 1 male, 2 female."""
    if code not in _SEX_CODES:
        raise Unclear("unexpected_value")
    return _SEX_CODES[code]


def residence_of(province: str, district: str, commune: str) -> RegisterResidence | None:
    """The codes that look like codes; None if none does.

    A residence is only a note beside the record, so an odd one is left out and makes nothing unclear.

    >>> residence_of("01", "", "00004"), residence_of("?", "", "")
    (RegisterResidence(province='01', district='', commune='00004'), None)
    """
    codes = RegisterResidence(
        province if re.fullmatch("[0-9]{2}", province) else "",
        district if re.fullmatch("[0-9]{3}", district) else "",
        commune if re.fullmatch("[0-9]{5}", commune) else "",
    )
    return None if codes == RegisterResidence() else codes


def _may_stand_in_name(c: str) -> bool:
    kind = unicodedata.category(c)
    return kind[0] in "LM" or kind in ("Zs", "Cf") or c in _IN_NAMES
