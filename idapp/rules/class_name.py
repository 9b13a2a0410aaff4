"""Names of classes: how one is written, when two are the same, which grade it is, what comes before what.

Grades and levels: Education Law 2019, article 28 (primary 1 to 5, lower secondary 6 to 9, upper secondary 10 to 12).
Kindergarten groups have names without digits in front, and no grade.
"""

import re
from functools import lru_cache

from idapp.rules.folding import fold, tidy
from idapp.rules.look_alikes import check_letters
from idapp.rules.problem import Problem

LONGEST = 30
_GRADES = {"TH": range(1, 6), "THCS": range(6, 10), "THPT": range(10, 13)}
_CALLED = re.compile(r"^l[oớ]p(?:\s*[:.]\s*|\s+|(?=[0-9]))", re.IGNORECASE)
_USUAL = re.compile(r"0?([0-9]{1,2})\s*([a-zđ]{0,2})\s*([/.-]?)\s*([0-9]{0,2})", re.IGNORECASE)


def clean(text: str) -> str:
    """The name as lists write it: without the word for a class, the usual forms in capitals and without spaces.

    >>> clean("Lớp 6A5"), clean("lop 6a5"), clean("5 a"), clean("05A"), clean("6 / 1")
    ('6A5', '6A5', '5A', '5A', '6/1')
    >>> clean("Mầm 1"), clean("9A chuyên Anh")
    ('Mầm 1', '9A chuyên Anh')
    """
    name = _CALLED.sub("", tidy(text))
    usual = _USUAL.fullmatch(name)
    if usual is None:
        return name
    return "".join(usual.groups()).upper()


def check(name: str, level: str) -> None:
    """Raises Problem for a cleaned name that is empty, too long, in foreign letters, or of a grade the school has not.

    ``level``: the levels of the school, ``TH;THCS``. Where it names none of the three, every grade passes.

    >>> check("Mầm 1", "MN;TH"), check("Chuyên Anh", "THCS"), check("5A", "TH"), check("9A", "MN")
    (None, None, None, None)
    """
    if not name or len(name) > LONGEST:
        raise Problem("name", "bad_class_name", "Tên lớp viết ngắn gọn, ví dụ 5A.")
    check_letters(name, "name", "Tên lớp")
    grade = grade_in(name)
    ours = grades_of(level)
    if not ours or (grade is None and not name[0].isdigit()) or grade in ours:
        return
    sentence = (
        f"Trường không có khối của lớp {name}: cấp học của trường gồm khối {_words_of(ours)}. "
        "Hãy kiểm tra lại tên lớp."
    )
    raise Problem("name", "grade_not_ours", sentence)


def grades_of(level: str) -> list[int]:
    """The grades of a school's levels, in order; kindergarten has none.

    >>> grades_of("MN;TH"), grades_of("THCS")
    ([1, 2, 3, 4, 5], [6, 7, 8, 9])
    """
    grades: list[int] = []
    for one_level in level.split(";"):
        grades += _GRADES.get(one_level, ())
    return sorted(grades)


def _words_of(grades: list[int]) -> str:
    """
    >>> _words_of([1, 2, 3]), _words_of([1, 2, 10, 11])
    ('1 đến 3', '1, 2, 10, 11')
    """
    if grades == list(range(grades[0], grades[-1] + 1)):
        return f"{grades[0]} đến {grades[-1]}"
    return ", ".join(map(str, grades))


@lru_cache(maxsize=4096)  # a list names few classes, each for many rows
def class_key(name: str) -> str:
    """What two ways of writing the name of one class have in common.

    >>> class_key("Lớp 5 A"), class_key("5a"), class_key("lop 5A")
    ('5a', '5a', '5a')
    """
    key = re.sub(r"[\s./_-]", "", tidy(name)).lower()
    return key.removeprefix("lớp").removeprefix("lop")


@lru_cache(maxsize=4096)
def grade_in(name: str) -> int | None:
    """The grade a class name begins with.

    >>> grade_in("Lớp 10A1"), grade_in("5 B"), grade_in("7/1"), grade_in("Mầm 1")
    (10, 5, 7, None)
    """
    digits = re.match(r"[0-9]{1,2}", clean(name))  # not the key: there 7/1 is 71
    if digits is None:
        return None
    grade = int(digits[0])
    if not 1 <= grade <= 12:
        return None
    return grade


def level_of(grade: int | None) -> str:
    """The level a grade belongs to; "" without a grade."""
    for level, grades in _GRADES.items():
        if grade in grades:
            return level
    return ""


def usual_order(name: str) -> tuple[bool, int, list[str | int]]:
    """Sorts classes as lists do unless somebody has moved them: by grade, 5A9 before 5A10, groups without a grade last.

    >>> sorted(["Mầm 1", "10A", "5A10", "5A9"], key=usual_order)
    ['5A9', '5A10', '10A', 'Mầm 1']
    """
    grade = grade_in(name)
    parts = re.split("([0-9]+)", fold(name))
    by_number = [int(part) if part.isdecimal() else part for part in parts]
    return grade is None, grade or 0, by_number
