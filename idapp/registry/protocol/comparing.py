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
    """Field -> (ours, the register's), as people read them.

    Another number is no difference but no answer at all: raises Unclear.
    """
    if not person.number:
        raise Unclear("incomplete_answer")
    if person.number != question.number:
        raise Unclear("wrong_person")
    differing = {}
    if tone_key(question.full_name) != tone_key(person.full_name):
        differing["full_name"] = (tidy(question.full_name), person.full_name)
    # of a birth whose day the register does not know only the known part is compared
    if question.born != person.born and not question.born.startswith(person.born + "-"):
        differing["date_of_birth"] = (birth_date.show(question.born), birth_date.show(person.born))
    if question.sex and person.sex and question.sex != person.sex:
        differing["gender"] = (gender_text(question.sex), gender_text(person.sex))
    return differing


def name_of(parts: list[str]) -> str:
    """The non-empty parts as one name. Raises Unclear for none, for a damaged one and for one of over 200 letters."""
    text = " ".join(parts)
    # letters lost on the way (?, U+FFFD, a wrong charset) are not another name
    if not all(_may_stand_in_name(character) for character in text):
        raise Unclear("damaged_text")
    text = tidy(text)
    if not text:
        raise Unclear("incomplete_answer")
    if len(text) > 200:
        raise Unclear("unexpected_value")
    return text


def born_of(day: str, year: str) -> str:
    """``2014-03-17``, ``2014-03`` or ``2014`` from NgayThangNam ``yyyyMMdd`` and Nam ``yyyy``.

    00 stands for a month or a day nobody knows. Raises Unclear for no date at all and for one that cannot be.
    """
    whole = day or year
    if not whole:
        raise Unclear("incomplete_answer")
    parts = re.fullmatch("([1-9][0-9]{3})([0-9]{2})?([0-9]{2})?", whole)
    if not parts or (year and parts[1] != year):
        raise Unclear("unexpected_value")
    known = [part for part in parts.groups() if part not in (None, "00")]
    try:
        date.fromisoformat("-".join([*known, "01", "01"][:3]))
    except ValueError:
        raise Unclear("unexpected_value") from None
    return "-".join(known)


def sex_of(code: str) -> str:
    """``male``, ``female``, or "" for the register's 0 (unknown) and an empty text. Raises Unclear for other codes."""
    if code not in _SEX_CODES:
        raise Unclear("unexpected_value")
    return _SEX_CODES[code]


def residence_of(province: str, district: str, commune: str) -> RegisterResidence | None:
    """The codes that look like codes; None if none does.

    A residence is only a note beside the record, so an odd one is left out and makes nothing unclear.

    >>> residence_of("01", "", "00004"), residence_of("?", "", "")
    (RegisterResidence(province='01', district='', commune='00004'), None)
    """
    residence = RegisterResidence(
        _digits_of(province, 2), _digits_of(district, 3), _digits_of(commune, 5)
    )
    if residence == RegisterResidence():
        return None
    return residence


def _digits_of(text: str, count: int) -> str:
    """The text if it is so many digits, else ""."""
    if re.fullmatch(f"[0-9]{{{count}}}", text):
        return text
    return ""


def _may_stand_in_name(character: str) -> bool:
    kind = unicodedata.category(character)
    return kind[0] in "LM" or kind in ("Zs", "Cf") or character in _IN_NAMES
