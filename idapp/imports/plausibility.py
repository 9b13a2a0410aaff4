"""Is this the file the user meant? Another school, year or level is said before anything is compared.

Our own exports say what they are on their hidden sheet. Other files say it in their title rows, in the names of their
classes, and in the ages of their pupils. None of that is proof, so the user decides; nothing is refused for it.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from idapp.imports.columns import ParsedWorkbook
from idapp.models import School
from idapp.rosters.linkage import birth_key
from idapp.rules import birth_date, catalogues
from idapp.rules.class_name import grade_in, grades_of
from idapp.rules.folding import fold, tidy
from idapp.school import the_school
from idapp.settings import current
from idapp.workbook import Sheet

_YEARS = re.compile(r"nam hoc\s*:?\s*(20[0-9]{2})\s*[-–/]")
_YEAR_CELL = re.compile(r"\s*(?:năm học\s*)?(20[0-9]{2})\s*[-–]\s*20[0-9]{2}\s*", re.IGNORECASE)
_SCHOOL = re.compile(r"truong\s+\S")
# words that say what kind of school it is, and not which
_KINDS_OF_SCHOOL = {
    *("truong", "th", "thcs", "thpt", "tieu", "hoc", "trung", "co", "so"),
    *("pho", "thong", "mam", "non", "va", "tieuhoc"),
}
WARNINGS = ("school", "year", "level")
_ENOUGH_PUPILS = 10
_MOST = 0.6
_CLASSES_NAMED = 5


def warnings_about(reading: ParsedWorkbook, sheets: Sequence[Sheet] = ()) -> list[dict[str, Any]]:
    """Questions of kind ``school``, ``year``, ``level``, each with a sentence for the user.

    ``sheets``: as they were read, for a column that names the school year. A list of the next year's classes has
    ``next_year`` in its question: the school can go into that year with it.
    """
    school = the_school()
    questions: list[dict[str, Any]] = [
        {"kind": "school", "sentence": _other_school(reading, school)},
        _about_year(reading, school, sheets),
        {"kind": "level", "sentence": _other_level(reading, school)},
    ]
    return [question for question in questions if question["sentence"]]


def is_ours(reading: ParsedWorkbook) -> bool:
    """Do the hidden record ids of the file belong to this school? Only an export says which school wrote it."""
    named = reading.meta.get("school", "")
    return not named or _same_name(named, the_school().name)


def _other_school(reading: ParsedWorkbook, school: School) -> str:
    named = reading.meta.get("school") or next(_schools_in(reading.titles), "")
    if not named or _same_name(named, school.name):
        return ""
    return f"Tệp ghi tên trường khác: “{named}”. Hệ thống này là của {school.name}."


def _schools_in(titles: list[str]) -> Iterator[str]:
    for title in titles:
        for part in title.split(" | "):
            if _SCHOOL.match(fold(part)):
                yield tidy(part)[:120]


def _same_name(name: str, other: str) -> bool:
    """``TRƯỜNG TIỂU HỌC AN LẠC (HUYỆN X)`` and ``Trường TH An Lạc`` are one school."""
    words = _own_words(name)
    other_words = _own_words(other)
    return words <= other_words or other_words <= words


def _own_words(name: str) -> set[str]:
    return set(re.findall(r"[0-9a-z]+", fold(name))) - _KINDS_OF_SCHOOL


def _about_year(reading: ParsedWorkbook, school: School, sheets: Sequence[Sheet]) -> dict[str, Any]:
    """The question about another year; its sentence is "" where the file is of this one."""
    ours = school.school_year
    years = _years_named(reading, sheets)
    # the ages of the pupils tell where no year is named; and where our own export, which names
    # the year in which it was made, got the classes of another one in Excel
    shift = _years_off(reading, ours)
    is_own = reading.meta.get("school_year", "").isdecimal()
    if shift == -1 and (not years or (is_own and years == [ours])):
        return {"kind": "year", "sentence": _next_by_age(ours), "next_year": True}
    if years == [ours + 1] and not (is_own and shift == 0 and _ages_tell(reading)):
        return {"kind": "year", "sentence": _next_by_name(ours), "next_year": True}
    return {"kind": "year", "sentence": _other_year(years, ours, shift, reading)}


def _next_by_name(ours: int) -> str:
    return (
        f"Tệp này là của năm học sau ({ours + 1}-{ours + 2}). "
        f"Trường đang ở năm học {ours}-{ours + 1}."
    )


def _next_by_age(ours: int) -> str:
    return (
        f"Phần lớn học sinh trong tệp ở lớp trên một khối: có lẽ đây là danh sách lớp của năm học "
        f"{ours + 1}-{ours + 2}. Trường đang ở năm học {ours}-{ours + 1}."
    )


def _other_year(years: list[int], school_year: int, shift: int, reading: ParsedWorkbook) -> str:
    ours = f"năm học {school_year}-{school_year + 1}"
    if years:
        # our own export of last year, brought up to date by hand
        is_brought_up = reading.meta.get("school_year") == str(school_year - 1) and not shift
        if school_year in years or (is_brought_up and _ages_tell(reading)):
            return ""
        theirs = f"{years[0]}-{years[0] + 1}"
        return f"Tệp này là của năm học khác ({theirs}). Trường đang làm {ours}."
    if not shift:
        return ""
    age = "nhỏ hơn"
    if shift > 0:
        age = "lớn hơn"
    return (
        f"Phần lớn học sinh trong tệp {age} tuổi thường của khối khoảng {abs(shift)} năm: "
        f"có thể đây là tệp của năm học khác. Trường đang làm {ours}."
    )


def _years_named(reading: ParsedWorkbook, sheets: Sequence[Sheet]) -> list[int]:
    """First calendar years of the school years that the file names; our own export says its year itself."""
    exported = reading.meta.get("school_year", "")
    if exported.isdecimal():
        return [int(exported)]
    return _years_in(reading.titles) or _years_in_cells(sheets, len(reading.rows))


def _years_in_cells(sheets: Sequence[Sheet], rows: int) -> list[int]:
    """The year that a column of its own says in most rows: "2023-2024"."""
    counts = Counter[int]()
    for sheet in sheets:
        for row in sheet.rows:
            years = {int(year[1]) for cell in row if (year := _YEAR_CELL.fullmatch(cell.text))}
            counts.update(years)
    return [year for year, n in counts.items() if n >= max(1, _MOST * rows)]


def _years_in(titles: list[str]) -> list[int]:
    years: list[int] = []
    for title in titles:
        years += map(int, _YEARS.findall(fold(title)))
    return years


def _years_off(reading: ParsedWorkbook, school_year: int) -> int:
    """By how many years most pupils are older than their grade; 0 where they are not, or too few to tell."""
    shifts = _shifts(reading, school_year)
    if not shifts:
        return 0
    shift, n = shifts.most_common(1)[0]
    if n < max(_ENOUGH_PUPILS, _MOST * shifts.total()):
        return 0
    return shift


def _ages_tell(reading: ParsedWorkbook) -> bool:
    """Are there enough pupils with a birth date and a grade?"""
    return _shifts(reading, 0).total() >= _ENOUGH_PUPILS


def _shifts(reading: ParsedWorkbook, school_year: int) -> Counter[int]:
    """{years older than the grade has it: pupils} of those with a birth date in a grade."""
    if reading.kind != "student":
        return Counter()
    today = current().today()
    shifts = Counter[int]()
    for row in reading.rows:
        grade = grade_in(row.text("school_class") or row.class_hint)
        born = birth_key(row.text("date_of_birth"), today)
        if not grade or not born:
            continue
        age = catalogues.usual_age(grade, "")
        if age is not None:
            shifts[school_year - age - birth_date.year_of(born)] += 1
    return shifts


def _classes_outside(ours: list[int], reading: ParsedWorkbook) -> dict[str, int]:
    """{class: rows} of the classes whose grade the school does not have."""
    names = Counter(tidy(row.text("school_class") or row.class_hint) for row in reading.rows)
    outside: dict[str, int] = {}
    for name, n in names.items():
        grade = grade_in(name)
        if grade and grade not in ours:
            outside[name] = n
    return outside


def _other_level(reading: ParsedWorkbook, school: School) -> str:
    ours = grades_of(school.level)
    if reading.kind != "student" or not ours:
        return ""
    outside = _classes_outside(ours, reading)
    # a few pupils of another level are no other file
    if 2 * sum(outside.values()) <= len(reading.rows):
        return ""
    classes = ", ".join(sorted(outside)[:_CLASSES_NAMED])
    levels = ", ".join(school.level.split(";"))
    return f"Tệp có các lớp {classes} không thuộc cấp học của trường ({levels})."
