"""A class list that may hang on a wall: names, and of the birth date the year alone. No number, no address, no state.

Source: Law 91/2025/QH15 on personal data: what is made public is as little as its purpose needs.
"""

from __future__ import annotations

from datetime import date

from idapp.documents import OfficialPaper, Table, school_paper
from idapp.models import Person, SchoolClass
from idapp.school import the_school

_HEADINGS = ("STT", "Họ và tên", "Giới tính", "Năm sinh", "Ghi chú")
_WIDTHS = (8, 44, 14, 14, 20)


def public_class_list(school_class: SchoolClass, *, day: date) -> OfficialPaper:
    """Everybody who is in this class today, by name."""
    pupils = Person.select().where(Person.school_class == school_class, Person.active)
    ordered = pupils.order_by(Person.sort_key, Person.id)
    rows: list[list[str | int]] = [
        [number, pupil.full_name, pupil.gender, (pupil.born or "")[:4], ""]
        for number, pupil in enumerate(ordered, start=1)
    ]
    year = the_school().school_year
    return school_paper(
        "DANH SÁCH",
        f"Học sinh lớp {school_class.name}, năm học {year}-{year + 1}",
        [Table(_HEADINGS, rows, _WIDTHS)],
        day=day,
    )
