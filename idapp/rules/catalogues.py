"""The short catalogues: sex, ethnic groups, nationalities, positions, states of pupils and staff, grades.

Texts are stored under the catalogue's name. Read as well: other spellings (``aliases``), without diacritics, with
hyphens, apostrophes or spaces elsewhere; exact diacritics win over folded ones. Sources: Decision 121-TCTK/PPCĐ 1979
and 1019/QĐ-TCTK 2008 (54 ethnic groups), ISO 3166-1 (nationalities), Education Law 2019 art. 28 (grades and ages); the
rest and all details in ``idapp/data/SOURCES.md``.

Sex must be read, the register compares it. The other values are not compared: unknown texts are warnings.
"""

import re
from collections import defaultdict
from difflib import get_close_matches
from functools import lru_cache
from typing import Literal, NamedTuple

from idapp.rules import homeroom_title, ministry_codes
from idapp.rules.folding import fold, tidy, tone_key
from idapp.rules.places import rows_of
from idapp.rules.problem import Problem, raise_again
from idapp.rules.states import is_present

__all__ = [
    "GENDERS",
    "PRESENT",
    "VIETNAM",
    "Grade",
    "Sex",
    "StudentState",
    "ethnic_group",
    "ethnic_groups",
    "gender_text",
    "grades",
    "is_foreign",
    "is_present",
    "ministry_code",
    "nationalities",
    "nationality",
    "position",
    "positions",
    "sex",
    "staff_states",
    "student_states",
    "usual_age",
]
Sex = Literal["male", "female"]
GENDERS = ("Nam", "Nữ")
VIETNAM = "Việt Nam"
PRESENT = {"student": "Đang học", "staff": "Đang làm việc"}  # the state of whoever is simply there
_SEXES: dict[str, Sex] = {
    **dict.fromkeys(("nam", "male", "m", "trai"), "male"),
    **dict.fromkeys(("nu", "female", "f", "gai"), "female"),
}
_TEMPORARY_CODE = (
    "Mã tạm: khi CSDL ngành đã cấp mã định danh, nhập tệp hồ sơ lấy từ CSDL ngành để thay mã này."
)
_MINISTRY_CODE = re.compile("[0-9A-Za-z]{10}|[0-9A-Za-z]{20}")
# two separators of one kind at least: a single one may be a decimal point
_GROUPED_CODE = re.compile(r"[0-9]{1,4}([.,])[0-9]{3}(?:\1[0-9]{3})+")
# words that people write around the name of an ethnic group or a country: "Kinh tộc", "Người Kinh", "DT Kinh"
_NOISE = re.compile("^(nguoi|dantoc|dt|nuoc|quoctich|qt)|(toc|dantoc)$")
_LABEL = {"ethnic_group": "dân tộc", "nationality": "quốc tịch", "position": "vị trí việc làm"}
_Names = dict[str, dict[str, None]]  # key of a writing -> the names it may mean, in order


class Grade(NamedTuple):
    """A grade of school or a group of the nursery; ``order`` is its place among those of its level."""

    order: int
    level: str
    name: str
    short_name: str
    normal_age: int


class StudentState(NamedTuple):
    """A state of a pupil as the ministry lists it."""

    code: str
    name: str
    group: str


def sex(text: str) -> Sex:
    """What a word says, in Vietnamese or English. Raises ``Problem`` ``unknown_gender`` for any other.

    >>> sex("NU"), sex("Nam")
    ('female', 'male')
    """
    meaning = _SEXES.get(fold(text))
    if meaning is None:
        message = "Giới tính ghi bằng chữ “Nam” hoặc “Nữ”: hãy chọn lại."
        raise Problem("gender", "unknown_gender", message)
    return meaning


def gender_text(person_sex: str) -> str:
    """The word that is stored and shown; "" for none.

    >>> gender_text("female"), gender_text("")
    ('Nữ', '')
    """
    return {"male": "Nam", "female": "Nữ"}.get(person_sex, "")


def ethnic_group(text: str) -> str:
    """The catalogue's name. Raises ``Problem`` ``unknown_ethnic_group``, a warning.

    >>> ethnic_group("h'mông"), ethnic_group("e de")
    ('Mông', 'Ê Đê')
    """
    return _named("ethnic_group", text)


def nationality(text: str) -> str:
    """The catalogue's name, also of a code of ISO 3166-1. Raises ``Problem`` ``unknown_nationality``, a warning.

    >>> nationality("VIET NAM"), nationality("VN"), nationality("Cam-pu-chia")
    ('Việt Nam', 'Việt Nam', 'Campuchia')
    """
    return _named("nationality", text)


def is_foreign(text: str) -> bool:
    """A known country other than Việt Nam. An unreadable text is not: a typing error frees nobody.

    >>> is_foreign("Lào"), is_foreign(""), is_foreign("Vịt Nam")
    (True, False, False)
    """
    if not text:
        return False
    name = _lookup("nationality", tidy(text))
    return isinstance(name, str) and name != VIETNAM


def position(text: str) -> str:
    """The catalogue's title of a member of staff; with a homeroom class as it is written, where the rest is known.

    Raises ``Problem`` ``unknown_position``, a warning.

    >>> position("phó Hiệu Trưởng"), position("GVCN 6A1"), position("Giáo viên, chủ nhiệm lớp 6A2")
    ('Phó hiệu trưởng', 'GVCN 6A1', 'Giáo viên, chủ nhiệm lớp 6A2')
    """
    with_class = homeroom_title.read(text)
    if with_class is not None and isinstance(_lookup("position", with_class.title), str):
        return tidy(text)
    return _named("position", text)


def compact_code(text: str) -> str:
    """A code without what people and Excel put into it: spaces, an apostrophe, points between groups of
    digits, the ".0" of a float. A single point may be a decimal one and stays.

    >>> compact_code("8012.345.678"), compact_code("8012345678.0"), compact_code("801234567.5")
    ('8012345678', '8012345678', '801234567.5')
    """
    if text.isascii() and text.isalnum():  # nearly all are, and a list has thousands
        return text
    code = "".join(tidy(text).lstrip("'’` ").split())
    if _GROUPED_CODE.fullmatch(code):
        return re.sub("[.,]", "", code)
    return re.sub(r"(?<=[0-9])[.,]0+$", "", code)


def ministry_code(text: str) -> str:
    """The ministry's code of a person: text of 10 or 20 letters and digits, never a number.

    Raises ``Problem``, a warning: ``temporary_code`` for a code until the ministry gives one (``ministry_codes``),
    ``ministry_code`` for a text of any other form.

    >>> ministry_code("'8012345678"), ministry_code("8012 345 678")
    ('8012345678', '8012345678')
    """
    code = compact_code(text)
    if ministry_codes.is_temporary(code):
        raise Problem("ministry_code", "temporary_code", _TEMPORARY_CODE, level="warning")
    if not _MINISTRY_CODE.fullmatch(code):
        message = (
            f"Mã định danh Bộ GD&ĐT có 10 hoặc 20 ký tự, ở đây có {len(code)}: "
            "hãy chép lại từ CSDL ngành."
        )
        raise Problem("ministry_code", "ministry_code", message, level="warning")
    return code


@lru_cache(maxsize=1)
def ethnic_groups() -> tuple[str, ...]:
    """The 54 groups and "Người nước ngoài"."""
    return tuple(row["name"] for row in rows_of("ethnic_groups.csv"))


@lru_cache(maxsize=1)
def nationalities() -> tuple[str, ...]:
    """Countries, Việt Nam first."""
    names = [row["name"] for row in rows_of("nationalities.csv")]
    names.remove(VIETNAM)
    return (VIETNAM, *names)


@lru_cache(maxsize=1)
def positions() -> tuple[str, ...]:
    """Titles of staff."""
    return tuple(row["title"] for row in rows_of("staff_positions.csv"))


@lru_cache(maxsize=1)
def grades() -> tuple[Grade, ...]:
    """Nursery groups and grades, the youngest first."""
    listed = []
    for row in rows_of("grades.csv"):
        grade = Grade(
            order=int(row["sort_order"]),
            level=row["level"],
            name=row["name"],
            short_name=row["short_name"],
            normal_age=int(row["normal_age"]),
        )
        listed.append(grade)
    return tuple(listed)


def usual_age(grade: int | None, level: str = "") -> int | None:
    """First year of the school year minus usual birth year; None if unknown.

    >>> usual_age(5), usual_age(6, "MN"), usual_age(None)
    (10, 5, None)
    """
    if level == "MN":
        return _nursery_ages().get(grade or 0)
    if not grade or not 1 <= grade <= 12:
        return None
    return grade + 5


@lru_cache(maxsize=1)
def _nursery_ages() -> dict[int, int]:
    """Place of a nursery group in the catalogue -> its usual age."""
    return {group.order: group.normal_age for group in grades() if group.level == "MN"}


@lru_cache(maxsize=1)
def student_states() -> tuple[StudentState, ...]:
    """The ministry's 12 states of a pupil; ``group`` is Đang học, Chuyển đi or Thôi học."""
    rows = rows_of("student_states.csv")
    return tuple(StudentState(row["code"], row["name"], row["group"]) for row in rows)


@lru_cache(maxsize=1)
def staff_states() -> dict[str, bool]:
    """The ministry's 8 states of staff: does the person still work here?"""
    return {row["name"]: row["is_working"] == "1" for row in rows_of("staff_states.csv")}


def _named(field: str, text: str) -> str:
    """The catalogue's name of a text, or a ``Problem``."""
    name = _lookup(field, tidy(text))
    if isinstance(name, Problem):
        raise_again(name)
    return name


@lru_cache(maxsize=4096)
def _lookup(field: str, text: str) -> str | Problem:
    """The name a text can only mean; else what to say, with the likeliest name as suggestion."""
    exact, loose = _index(field)
    key = _close(fold(text))
    name = _only_name(exact, _close(tone_key(text))) or _only_name(loose, key)
    if name:
        return name
    inside = _only_name(loose, _NOISE.sub("", key))
    if inside:
        message = f"“{text}” không có trong danh mục {_LABEL[field]}: có phải là {inside}?"
        return Problem(field, f"unknown_{field}", message, inside, "warning")
    near = ""
    hint = ""
    for near_key in get_close_matches(key, loose, n=1, cutoff=0.7):
        near = next(iter(loose[near_key]))
        hint = f" Có phải là {near}?"
    message = f"Không có “{text}” trong danh mục {_LABEL[field]}: hãy chọn trong danh sách.{hint}"
    return Problem(field, f"unknown_{field}", message, near, "warning")


def _only_name(names_of: _Names, key: str) -> str:
    """The name of a key if it is the only one, else ""."""
    names = names_of.get(key, {})
    if len(names) != 1:
        return ""
    return next(iter(names))


@lru_cache(maxsize=3)
def _index(field: str) -> tuple[_Names, _Names]:
    """The names by exact key and by folded key; aliases of two names may fold to one key."""
    exact: dict[str, dict[str, None]] = defaultdict(dict)
    loose: dict[str, dict[str, None]] = defaultdict(dict)
    for name, spellings in _spellings(field):
        for spelling in spellings:
            exact[_close(tone_key(spelling))][name] = None
            loose[_close(fold(spelling))][name] = None
    return dict(exact), dict(loose)


def _spellings(field: str) -> list[tuple[str, list[str]]]:
    """Each name of a catalogue with all that is read as it."""
    if field == "position":
        return [(title, [title]) for title in positions()]
    listed = []
    if field == "ethnic_group":
        for row in rows_of("ethnic_groups.csv"):
            listed.append((row["name"], [row["name"], *_aliases(row)]))
        return listed
    for row in rows_of("nationalities.csv"):
        listed.append((row["name"], [row["name"], row["code"], *_aliases(row)]))
    return listed


def _aliases(row: dict[str, str]) -> list[str]:
    return [alias for alias in row["aliases"].split(";") if alias]


def _close(text: str) -> str:
    """Without spaces, hyphens and the like: "Cam-pu-chia" is Campuchia."""
    return re.sub(r"[\s'\-‐‑–,()/]+", "", text)
