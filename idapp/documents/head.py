"""What every paper of this school begins and ends with: names, place, day, symbol, who signs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from idapp.documents.paper import Block, OfficialPaper, Signature
from idapp.models import User
from idapp.rules import official_paper
from idapp.rules.folding import tidy
from idapp.school import names_old_office, reviewing_office, the_campaign, the_school

_KIND_SYMBOLS = {"BÁO CÁO": "BC", "BIÊN BẢN": "BB", "DANH SÁCH": "DS", "BẢN KÊ": "BK", "": ""}
_STAMPED = "(Ký, ghi rõ họ tên, đóng dấu)"
# what a school's name begins with, and the letters it stands for
_SCHOOL_WORDS = {
    "trường": "",
    "mầm non": "MN",
    "mẫu giáo": "MG",
    "tiểu học": "TH",
    "trung học cơ sở": "THCS",
    "trung học phổ thông": "THPT",
}


def school_paper(
    kind: str,
    subject: str,
    body: Sequence[Block],
    *,
    day: date,
    to: Sequence[str] = (),
    recipients: Sequence[str] = (),
    maker: str = "",
    landscape: bool = False,
) -> OfficialPaper:
    """A paper of the school that its principal signs.

    kind   "BÁO CÁO", "BIÊN BẢN", "DANH SÁCH"; "" for a letter
    maker  who signs on the left beside the principal, "" for nobody; the principal signs once
    """
    school = the_school()
    name = principal_name()
    signatures = [Signature("HIỆU TRƯỞNG", name, "" if name else _STAMPED)]
    if maker and maker != name:
        signatures.insert(0, Signature("NGƯỜI LẬP", maker))
    agency = school.name.upper()
    short = short_name(school.name)
    symbol = "-".join(part for part in (_KIND_SYMBOLS[kind], short) if part)
    return OfficialPaper(
        above=school.office.upper(),
        agency=agency,
        place=place_of_papers(),
        day=day,
        kind=kind,
        subject=subject,
        body=body,
        symbol=symbol,
        to=to,
        recipients=recipients,
        signatures=signatures,
        landscape=landscape,
    )


def office_addressed() -> str:
    """To whom the school reports, by the whole name where the school has set one."""
    school = the_school()
    name = school.reviewer_title or school.office
    if not name or names_old_office(name, the_campaign().epoch):
        return reviewing_office()
    return name


def place_of_papers() -> str:
    """As the school has set it; else the place that the name of its managing office tells."""
    school = the_school()
    return school.place or official_paper.place_in(school.office)


def principal_name() -> str:
    """Whoever signs; "" where several accounts could, or none: then a hand writes it."""
    names = [
        user.full_name for user in User.select().where(User.role == "principal", ~User.disabled)
    ]
    return names[0] if len(names) == 1 else ""


def short_name(name: str) -> str:
    """The school in a symbol: its kind, then the first letters of its name.

    >>> short_name("Trường TH&THCS Thủ Thừa (minh họa)"), short_name("Trường Tiểu học Mỹ An")
    ('TH&THCSTT', 'THMA')
    """
    text = tidy(name).partition("(")[0].strip().lower()
    for words, letters in _SCHOOL_WORDS.items():
        text = text.replace(words, letters.lower() + " ")
    kinds = {letters.lower() for letters in _SCHOOL_WORDS.values() if letters}
    return "".join(_letters_of(word, kinds) for word in text.split())


def _letters_of(word: str, kinds: set[str]) -> str:
    if set(word.replace("&", "-").split("-")) <= kinds:
        return word.upper()
    return word[0].upper() if word[0].isalnum() else ""
