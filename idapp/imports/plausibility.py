"""Is this the file the user meant? Another school, year or level is said before anything is compared.

Our own exports say what they are on their hidden sheet. Other files say it in their title rows, in the names of their
classes, and in the ages of their pupils. None of that is proof, so the user decides; nothing is refused for it.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from idapp.imports.columns import ParsedWorkbook
from idapp.models import School
from idapp.rosters.linkage import birth_key
from idapp.rules import birth_date, catalogues
from idapp.rules.folding import fold, tidy
from idapp.school import grade_in, the_school
from idapp.settings import current

_YEARS = re.compile(r"nam hoc\s*:?\s*(20[0-9]{2})\s*[-–/]")
_SCHOOL = re.compile(r"truong\s+\S")
_KINDS_OF_SCHOOL = {
    "truong", "th", "thcs", "thpt", "tieu", "hoc", "trung", "co", "so", "pho", "thong", "mam", "non", "va", "tieuhoc",
}  # fmt: skip
_GRADES = {"TH": range(1, 6), "THCS": range(6, 10), "THPT": range(10, 13)}
WARNINGS = ("school", "year", "level")
_ENOUGH_PUPILS = 10
_MOST = 0.6


def warnings_about(reading: ParsedWorkbook) -> list[dict[str, Any]]:
    """Questions of kind ``school``, ``year``, ``level``, each with a sentence for the user."""
    school = the_school()
    found = [
        _other_school(reading, school),
        _other_year(reading, school),
        _other_level(reading, school),
    ]
    return [{"kind": kind, "sentence": sentence} for kind, sentence in filter(None, found)]


def is_ours(reading: ParsedWorkbook) -> bool:
    """Do the hidden record ids of the file belong to this school? Only an export says which school wrote it."""
    named = reading.meta.get("school", "")
    return not named or _same_name(named, the_school().name)


def _other_school(reading: ParsedWorkbook, school: School) -> tuple[str, str] | None:
    named = reading.meta.get("school") or next(_schools_in(reading.titles), "")
    if not named or _same_name(named, school.name):
        return None
    return "school", f"Tệp ghi tên trường khác: “{named}”. Hệ thống này là của {school.name}."


def _schools_in(titles: list[str]) -> Iterator[str]:
    for title in titles:
        for part in title.split(" | "):
            if _SCHOOL.match(fold(part)):
                yield tidy(part)[:120]


def _same_name(one: str, other: str) -> bool:
    """``TRƯỜNG TIỂU HỌC AN LẠC (HUYỆN X)`` and ``Trường TH An Lạc`` are one school."""
    a, b = (set(re.findall(r"[0-9a-z]+", fold(name))) - _KINDS_OF_SCHOOL for name in (one, other))
    return a <= b or b <= a


def _other_year(reading: ParsedWorkbook, school: School) -> tuple[str, str] | None:
    said = reading.meta.get("school_year", "")
    years = [int(said)] if said.isdecimal() else _years_in(reading.titles)
    ours = f"năm học {school.school_year}-{school.school_year + 1}"
    if years and school.school_year not in years:
        return (
            "year",
            f"Tệp này là của năm học khác ({years[0]}-{years[0] + 1}). Trường đang làm {ours}.",
        )
    shift = _years_off(reading, school.school_year) if not years else 0
    if shift:
        age = "lớn hơn" if shift > 0 else "nhỏ hơn"
        return "year", (
            f"Phần lớn học sinh trong tệp {age} tuổi thường của khối khoảng {abs(shift)} năm: có thể đây là tệp của "
            f"năm học khác. Trường đang làm {ours}."
        )
    return None


def _years_in(titles: list[str]) -> list[int]:
    return [int(year) for title in titles for year in _YEARS.findall(fold(title))]


def _years_off(reading: ParsedWorkbook, school_year: int) -> int:
    """By how many years most pupils are older than their grade; 0 where they are not, or too few to tell."""
    if reading.kind != "student":
        return 0
    today, off = current().today(), Counter[int]()
    for row in reading.rows:
        grade = grade_in(row.text("school_class") or row.class_hint)
        age = catalogues.usual_age(grade, "") if grade else None
        born = birth_key(row.text("date_of_birth"), today)
        if born and age is not None:
            off[school_year - age - birth_date.year_of(born)] += 1
    shift, n = off.most_common(1)[0] if off else (0, 0)
    return shift if n >= max(_ENOUGH_PUPILS, _MOST * off.total()) else 0


def _other_level(reading: ParsedWorkbook, school: School) -> tuple[str, str] | None:
    levels = [level for level in school.level.split(";") if level in _GRADES]
    if reading.kind != "student" or not levels:
        return None
    ours = {grade for level in levels for grade in _GRADES[level]}
    names = Counter(tidy(row.text("school_class") or row.class_hint) for row in reading.rows)
    outside = {
        name: n for name, n in names.items() if (grade := grade_in(name)) and grade not in ours
    }
    if 2 * sum(outside.values()) <= len(reading.rows):
        return None
    return "level", (
        f"Tệp có các lớp {', '.join(sorted(outside)[:5])} không thuộc cấp học của trường ({', '.join(levels)})."
    )
