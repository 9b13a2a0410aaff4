"""The one list of fields, and the one rule for a whole record.

Every reader of a person's data (cells on the page, paste, Excel columns, comparison with the register, labels,
history) takes its fields from ``FIELDS``, so that nothing can drift apart. The fields are those the education
authority's letter of October 2022 asks for (function 4.1.1) and those of the ministry's form 4.1.6.

A record is a mapping *field name -> stored text* ("" = empty). Text is stored by ``normalise`` and judged by
``problems_of``; wrong text is stored too, because what a person typed is never thrown away. Errors keep the record
from being sent to the population database, warnings are only odd. Rules for single values stand in the modules beside
this one; here stands what needs several fields:

- number against birth year and sex: a warning on the likelier wrong field (``identity_number.disagreements``), and none
  once the register has confirmed exactly these values;
- birth year against grade; residence from the top down; commune not asked where the district has none;
- two-level epoch (since 01/07/2025): no district, whatever stands there is kept and ignored;
- nationality empty or unreadable counts as Việt Nam; any other country: counted apart, never sent, a passport number
  may stand in the number field.

Sources: Decree 137/2015/NĐ-CP art. 13, Circular 59/2021/TT-BCA art. 4 and form 01, Law 59/2014/QH13 (population data).
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Literal, NamedTuple, TypeVar

from idapp.rules import birth_date, catalogues, full_name, identity_number, places
from idapp.rules.folding import tidy
from idapp.rules.problem import Problem

MAX_LENGTH = 200
Input = Literal["text", "number", "date", "choice", "place", "code"]
T = TypeVar("T")
_Canonical = Callable[[str, Mapping[str, str], "RecordContext"], str]
_Check = Callable[[str, "_Row"], list[Problem]]
STUDENT, STAFF, BOTH = frozenset({"student"}), frozenset({"staff"}), frozenset({"student", "staff"})


@dataclass(frozen=True)
class Field:
    """One field of a record.

    label          Vietnamese column heading
    kinds          whose records have it
    required       empty is an error (for exceptions see ``problems_of``)
    identity       one of the four values the register compares
    kind_of_input  what the cell editor is
    form416        heading in the ministry's form 4.1.6, or ""
    in_table       shown as a column of the class or staff table
    fill_down      one value may be filled into many rows
    """

    name: str
    label: str
    kinds: frozenset[str] = BOTH
    required: bool = False
    identity: bool = False
    kind_of_input: Input = "text"
    form416: str = ""
    in_table: bool = True
    fill_down: bool = False


FIELDS: tuple[Field, ...] = (
    Field("full_name", "Họ và tên", required=True, identity=True),
    Field("date_of_birth", "Ngày sinh", required=True, identity=True, kind_of_input="date", form416="Ngày sinh"),
    Field("gender", "Giới tính", required=True, identity=True, kind_of_input="choice", form416="Giới tính"),
    Field("identity_number", "Số định danh cá nhân", required=True, identity=True, kind_of_input="number",
          form416="Số ĐDCN"),
    Field("province", "Tỉnh/Thành phố", required=True, kind_of_input="place", form416="Tỉnh", fill_down=True),
    Field("district", "Quận/Huyện", required=True, kind_of_input="place", form416="Huyện", fill_down=True),
    Field("commune", "Xã/Phường", required=True, kind_of_input="place", form416="Xã", fill_down=True),
    Field("address", "Tổ/Thôn/Xóm", fill_down=True),
    Field("ethnic_group", "Dân tộc", kind_of_input="choice", form416="Dân tộc", fill_down=True),
    Field("nationality", "Quốc tịch", kind_of_input="choice", form416="Quốc tịch", fill_down=True),
    Field("ministry_code", "Mã định danh Bộ GD&ĐT", kind_of_input="code",
          form416="Mã định danh Bộ GD&ĐT (trên CSDL ngành)"),
    Field("father_name", "Họ tên cha", STUDENT, form416="Họ tên cha", in_table=False),
    Field("father_birth_year", "Năm sinh cha", STUDENT, kind_of_input="number", form416="Năm sinh cha",
          in_table=False),
    Field("mother_name", "Họ tên mẹ", STUDENT, form416="Họ tên mẹ", in_table=False),
    Field("mother_birth_year", "Năm sinh mẹ", STUDENT, kind_of_input="number", form416="Năm sinh mẹ",
          in_table=False),
    Field("position", "Vị trí việc làm", STAFF, kind_of_input="choice"),
)  # fmt: skip
FIELD: dict[str, Field] = {field.name: field for field in FIELDS}
# the number depends on the nationality, a place on the one above it
NORMALISING_ORDER = {
    name: rank for rank, name in enumerate(sorted(FIELD, key=lambda name: name != "nationality"))
}
_ORDER = {field.name: rank for rank, field in enumerate(FIELDS)}


@lru_cache(maxsize=4)
def fields_of(kind: str) -> tuple[Field, ...]:
    """The fields a ``student`` or a ``staff`` record has, in order."""
    return tuple(field for field in FIELDS if kind in field.kinds)


@dataclass(frozen=True, kw_only=True)
class RecordContext:
    """What a record stands in.

    grade        1-12; at level ``MN`` the place in grades.csv, 1 (3-12 months) to 6 (5-6 years); None: no age rule
    school_year  its first calendar year
    epoch        ``3level`` (until 30/06/2025) or ``2level``
    same_number  "" nobody else active holds this number; ``class`` / ``school``: another record there holds it too
    confirmed    the register has confirmed exactly these identity values
    """

    kind: str = "student"
    grade: int | None = None
    level: str = ""
    school_year: int = 2022
    epoch: str = "3level"
    today: date
    same_number: str = ""
    confirmed: bool = False


@dataclass(frozen=True)
class Clean:
    """What the texts of a record mean; None where a text is empty or not accepted.

    number  12 ASCII digits without an error of its own form    born  "2012-03-20", or "2012" if only the year is known
    """

    number: str | None
    born: str | None
    sex: catalogues.Sex | None
    province_code: str | None
    district_code: str | None
    commune_code: str | None
    foreign: bool


def normalise(field: str, typed: str, values: Mapping[str, str], around: RecordContext) -> str:
    """The text to store: the canonical form where the rule accepts it, otherwise the tidied text as typed.

    Only a text of more than 200 characters is refused (Problem ``too_long``). Places are read inside the place above
    them in ``values``, the number by the nationality there: settle a row nationality first, then as in ``FIELDS``.

    >>> normalise("gender", " NU ", {}, RecordContext(today=date(2022, 10, 16)))
    'Nữ'
    >>> normalise("date_of_birth", "31.02.2012", {}, RecordContext(today=date(2022, 10, 16)))
    '31.02.2012'
    """
    text = tidy(typed)
    if len(text) > MAX_LENGTH:
        message = f"{FIELD[field].label} dài {len(text)} ký tự, nhiều nhất là {MAX_LENGTH}: hãy rút ngắn rồi nhập lại."
        raise Problem(field, "too_long", message)
    if not text:
        return ""
    try:
        return _CANONICAL.get(field, _as_typed)(text, values, around)
    except Problem:
        return text


def clean(values: Mapping[str, str], around: RecordContext) -> Clean:
    """What the record means. Never raises."""
    foreign = catalogues.is_foreign(values.get("nationality", ""))
    home = _home(values, around)
    return Clean(
        number=None
        if foreign
        else _accepted(identity_number.validate, values.get("identity_number", "")),
        born=_accepted(
            lambda text: birth_date.validate(text, around.today), values.get("date_of_birth", "")
        ),
        sex=_accepted(catalogues.sex, values.get("gender", "")),
        province_code=home.province and home.province.code,
        district_code=home.district and home.district.code,
        commune_code=home.commune and home.commune.code,
        foreign=foreign,
    )


def problems_of(
    values: Mapping[str, str], around: RecordContext, meant: Clean | None = None
) -> list[Problem]:
    """All errors and warnings of the record, in the order of ``FIELDS``. Never raises. ``meant`` spares reading twice.

    Required and empty is an error ``missing``, except: the number of a foreigner; the district in the two-level epoch;
    the commune where the district has none.
    """
    row = _Row(values, around, meant or clean(values, around))
    found: list[Problem] = _disagreements(row)
    for field in fields_of(around.kind):
        text = values.get(field.name, "")
        if text.strip():
            found += _CHECKS[field.name](text, row) if field.name in _CHECKS else ()
        elif field.required and not _may_be_empty(field.name, row):
            found.append(_missing(field))
    return sorted(found, key=lambda problem: _ORDER[problem.field])


def identity_values(
    values: Mapping[str, str], around: RecordContext, meant: Clean | None = None
) -> dict[str, str]:
    """The clean values that are sent and compared; "" where there is none."""
    meant = meant or clean(values, around)
    name = tidy(values.get("full_name", ""))
    return {
        "full_name": name,
        "born": meant.born or "",
        "sex": meant.sex or "",
        "number": meant.number or "",
    }


def identity_hash(
    values: Mapping[str, str], around: RecordContext, meant: Clean | None = None
) -> str:
    """Fingerprint of the identity values: a result of the register belongs to exactly this version of a record."""
    text = _AS_JSON.encode(identity_values(values, around, meant))
    return hashlib.sha256(text.encode()).hexdigest()


_AS_JSON = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def choices_of(field: str, kind: str) -> tuple[str, ...]:
    """Texts to choose from in a table or a workbook; () for fields without a short catalogue (places: ``places``)."""
    if kind not in FIELD[field].kinds or FIELD[field].kind_of_input != "choice":
        return ()
    return _CHOICES[field]()


_CHOICES: dict[str, Callable[[], tuple[str, ...]]] = {
    "gender": lambda: catalogues.GENDERS,
    "ethnic_group": catalogues.ethnic_groups,
    "nationality": catalogues.nationalities,
    "position": catalogues.positions,
}


# --- the text to store ---


def _as_typed(text: str, values: Mapping[str, str], around: RecordContext) -> str:
    return text


def _canonical_number(text: str, values: Mapping[str, str], around: RecordContext) -> str:
    if catalogues.is_foreign(values.get("nationality", "")):
        return identity_number.passport(text)
    return identity_number.settled(text)


def _canonical_place(level: str) -> _Canonical:
    def canonical(text: str, values: Mapping[str, str], around: RecordContext) -> str:
        home = _home(values, around)
        above = places.above_code(
            around.epoch,
            level,
            home.province and home.province.code,
            home.district and home.district.code,
        )
        if above is None:
            return text
        return places.find(around.epoch, level, text, above, around.today).name

    return canonical


_CANONICAL: dict[str, _Canonical] = {
    "date_of_birth": lambda text, values, around: birth_date.show(
        birth_date.validate(text, around.today)
    ),
    "gender": lambda text, values, around: catalogues.gender_text(catalogues.sex(text)),
    "identity_number": _canonical_number,
    "province": _canonical_place("province"),
    "district": _canonical_place("district"),
    "commune": _canonical_place("commune"),
    "ethnic_group": lambda text, values, around: catalogues.ethnic_group(text),
    "nationality": lambda text, values, around: catalogues.nationality(text),
    "ministry_code": lambda text, values, around: catalogues.ministry_code(text),
    "father_birth_year": lambda text, values, around: str(
        birth_date.parent_year("father_birth_year", text)
    ),
    "mother_birth_year": lambda text, values, around: str(
        birth_date.parent_year("mother_birth_year", text)
    ),
    "position": lambda text, values, around: catalogues.position(text),
}


# --- what the texts mean ---


def _accepted(rule: Callable[[str], T], text: str) -> T | None:
    try:
        return rule(text) if text else None
    except Problem:
        return None


def _home(values: Mapping[str, str], around: RecordContext) -> places.Home:
    province, district, commune = (values.get(level, "") for level in places.LEVELS)
    return places.home_of(around.epoch, province, district, commune, around.today)


# --- what is wrong ---


class _Row(NamedTuple):
    values: Mapping[str, str]
    around: RecordContext
    clean: Clean

    @property
    def birth_year(self) -> int | None:
        return birth_date.year_of(self.clean.born) if self.clean.born else None


def _may_be_empty(field: str, row: _Row) -> bool:
    if field == "identity_number":
        return row.clean.foreign
    return field in places.LEVELS and not places.is_asked(
        row.around.epoch, field, row.clean.district_code
    )


def _missing(field: Field) -> Problem:
    paper = "giấy thông báo số định danh hoặc thẻ căn cước" if field.identity else "giấy tờ"
    message = f"Chưa có {field.label.lower()}: hãy nhập theo {paper}."
    return Problem(field.name, "missing", message)


def _disagreements(row: _Row) -> list[Problem]:
    around, known = row.around, row.clean
    if known.number is None or around.confirmed:
        return []
    name_sex = full_name.sex_of(row.values.get("full_name", ""))
    return identity_number.disagreements(
        known.number, row.birth_year, known.sex, name_sex, _usual_year(around)
    )


def _usual_year(around: RecordContext) -> int | None:
    age = catalogues.usual_age(around.grade, around.level) if around.kind == "student" else None
    return None if age is None else around.school_year - age


def _refusals(rule: Callable[[str], object], text: str) -> list[Problem]:
    try:
        rule(text)
    except Problem as problem:
        return [problem.with_traceback(None)]  # the frames would keep personal data alive
    return []


def _check_name(text: str, row: _Row) -> list[Problem]:
    return list(full_name.problems_of(text))


def _check_parent_name(field: str) -> _Check:
    def check(text: str, row: _Row) -> list[Problem]:
        found = full_name.problems_of(text, field)
        return [p if p.level == "warning" else replace(p, level="warning") for p in found]

    return check


def _check_parent_year(field: str) -> _Check:
    return lambda text, row: _refusals(
        lambda year: birth_date.parent_year(field, year, row.around.today), text
    )


def _check_born(text: str, row: _Row) -> list[Problem]:
    around = row.around
    if row.clean.born is None:
        return _refusals(lambda born: birth_date.validate(born, around.today), text)
    return list(birth_date.warnings(row.clean.born, around.today, around.kind, _usual_year(around)))


def _check_number(text: str, row: _Row) -> list[Problem]:
    if row.clean.foreign:
        return _refusals(identity_number.passport, text)
    if row.clean.number is None:
        zeros = identity_number.lost_zeros(text, row.birth_year, row.clean.sex)
        return [
            replace(problem, suggestion=zeros)
            for problem in _refusals(identity_number.validate, text)
        ]
    around = row.around
    return (
        [identity_number.duplicate(around.same_number, around.confirmed)]
        if around.same_number
        else []
    )


def _check_place(level: str) -> _Check:
    def check(text: str, row: _Row) -> list[Problem]:
        epoch, known = row.around.epoch, row.clean
        if not places.is_asked(epoch, level, known.district_code):
            return []
        above = places.above_code(epoch, level, known.province_code, known.district_code)
        if above is None:  # that has its own problem first
            return []
        day = row.around.today
        return _refusals(lambda name: places.find(epoch, level, name, above, day), text)

    return check


def _check_nationality(text: str, row: _Row) -> list[Problem]:
    if not row.clean.foreign:
        return _refusals(catalogues.nationality, text)
    message = (
        "Người có quốc tịch nước ngoài được tính riêng, không gửi xác thực và cần ghi giải trình."
    )
    return [Problem("nationality", "foreign", message, level="warning")]


_CHECKS: dict[str, _Check] = {
    "full_name": _check_name,
    "date_of_birth": _check_born,
    "gender": lambda text, row: _refusals(catalogues.sex, text),
    "identity_number": _check_number,
    "province": _check_place("province"),
    "district": _check_place("district"),
    "commune": _check_place("commune"),
    "ethnic_group": lambda text, row: _refusals(catalogues.ethnic_group, text),
    "nationality": _check_nationality,
    "ministry_code": lambda text, row: _refusals(catalogues.ministry_code, text),
    "father_name": _check_parent_name("father_name"),
    "father_birth_year": _check_parent_year("father_birth_year"),
    "mother_name": _check_parent_name("mother_name"),
    "mother_birth_year": _check_parent_year("mother_birth_year"),
    "position": lambda text, row: _refusals(catalogues.position, text),
}
