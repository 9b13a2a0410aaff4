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
- the present residence, asked for only where the campaign asks for it: warnings at most, compared by nobody;
- two-level epoch (since 01/07/2025): no district, whatever stands there is kept and ignored;
- nationality empty or unreadable counts as Việt Nam; any other country: counted apart, never sent. Of a foreigner the
  school needs name, birth date, gender and nationality; a passport number may stand in the number field, and what else
  is missing or odd stops nobody. A 12-digit number beside another nationality frees nobody silently: a warning asks.

Sources: Decree 137/2015/NĐ-CP art. 13, Circular 59/2021/TT-BCA art. 4 and form 01, Law 59/2014/QH13 (population data).
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, lru_cache
from typing import Literal, NamedTuple, TypeVar

from idapp.rules import birth_date, catalogues, full_name, identity_number, places
from idapp.rules.folding import tidy
from idapp.rules.problem import Problem

MAX_LENGTH = 200
Input = Literal["text", "number", "date", "choice", "place", "code"]
T = TypeVar("T")
# a tidied text and the record around it -> the text to store; raises Problem if the text is refused
_Canonical = Callable[[str, Mapping[str, str], "RecordContext"], str]
# a text that is not empty and the record it stands in -> what is wrong with it
_Check = Callable[[str, "_Row"], list[Problem]]
STUDENT = frozenset({"student"})
STAFF = frozenset({"staff"})
BOTH = STUDENT | STAFF


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
    optional       asked for only where the campaign asks for the present residence (``idapp.present_residence``)
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
    optional: bool = False


FIELDS: tuple[Field, ...] = (
    Field("full_name", "Họ và tên", required=True, identity=True),
    Field("date_of_birth", "Ngày sinh", required=True, identity=True,
          kind_of_input="date", form416="Ngày sinh"),
    Field("gender", "Giới tính", required=True, identity=True,
          kind_of_input="choice", form416="Giới tính"),
    Field("identity_number", "Số định danh cá nhân", required=True, identity=True,
          kind_of_input="number", form416="Số ĐDCN"),
    Field("province", "Tỉnh/Thành phố", required=True,
          kind_of_input="place", form416="Tỉnh", fill_down=True),
    Field("district", "Quận/Huyện", required=True,
          kind_of_input="place", form416="Huyện", fill_down=True),
    Field("commune", "Xã/Phường", required=True,
          kind_of_input="place", form416="Xã", fill_down=True),
    Field("address", "Tổ/Thôn/Xóm", fill_down=True),
    Field("ethnic_group", "Dân tộc", kind_of_input="choice", form416="Dân tộc", fill_down=True),
    Field("nationality", "Quốc tịch",
          kind_of_input="choice", form416="Quốc tịch", fill_down=True),
    Field("ministry_code", "Mã định danh Bộ GD&ĐT",
          kind_of_input="code", form416="Mã định danh Bộ GD&ĐT (trên CSDL ngành)"),
    Field("father_name", "Họ tên cha", STUDENT, form416="Họ tên cha", in_table=False),
    Field("father_birth_year", "Năm sinh cha", STUDENT,
          kind_of_input="number", form416="Năm sinh cha", in_table=False),
    Field("mother_name", "Họ tên mẹ", STUDENT, form416="Họ tên mẹ", in_table=False),
    Field("mother_birth_year", "Năm sinh mẹ", STUDENT,
          kind_of_input="number", form416="Năm sinh mẹ", in_table=False),
    Field("position", "Vị trí việc làm", STAFF, kind_of_input="choice"),
    Field("present_province", "Tỉnh/Thành phố nơi ở hiện tại", STUDENT,
          kind_of_input="place", in_table=False, optional=True),
    Field("present_district", "Quận/Huyện nơi ở hiện tại", STUDENT,
          kind_of_input="place", in_table=False, optional=True),
    Field("present_commune", "Xã/Phường nơi ở hiện tại", STUDENT,
          kind_of_input="place", in_table=False, optional=True),
    Field("present_address", "Tổ/Thôn/Xóm nơi ở hiện tại", STUDENT,
          in_table=False, optional=True),
)  # fmt: skip
FIELD: dict[str, Field] = {field.name: field for field in FIELDS}
PRESENT = tuple(field.name for field in FIELDS if field.optional)
_PRESENT_PREFIX = "present_"
# the number depends on the nationality, a place on the one above it
_OF_FOREIGNERS = frozenset({"full_name", "date_of_birth", "gender", "nationality"})
_NATIONALITY_FIRST = sorted(FIELD, key=lambda name: name != "nationality")
NORMALISING_ORDER = {name: rank for rank, name in enumerate(_NATIONALITY_FIRST)}
_ORDER = {field.name: rank for rank, field in enumerate(FIELDS)}


@lru_cache(maxsize=4)
@cache
def fields_of(kind: str, *, with_present: bool = False) -> tuple[Field, ...]:
    """The fields a ``student`` or a ``staff`` record has, in order; the present residence where it is asked for."""
    fields = (field for field in FIELDS if kind in field.kinds)
    return tuple(field for field in fields if with_present or not field.optional)


@dataclass(frozen=True, kw_only=True)
class RecordContext:
    """What a record stands in.

    grade        1-12; at level ``MN`` the place in grades.csv, 1 (3-12 months) to 6 (5-6 years); None: no age rule
    school_year  its first calendar year
    epoch        ``3level`` (until 30/06/2025) or ``2level``
    same_number  "" nobody else active holds this number; ``class`` / ``school``: another record there holds it too
    confirmed    the register has confirmed exactly these identity values
    with_present the campaign asks for the present residence of such a record
    """

    kind: str = "student"
    grade: int | None = None
    level: str = ""
    school_year: int = 2022
    epoch: str = "3level"
    today: date
    same_number: str = ""
    confirmed: bool = False
    with_present: bool = False


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


def normalise(
    field: str,
    typed: str,
    values: Mapping[str, str],
    context: RecordContext,
) -> str:
    """The text to store: the canonical form where the rule accepts it, otherwise the tidied text as typed.

    ``values`` are the texts of the record: a place is read inside the place above it there, the number by the
    nationality there. So normalise a whole row in ``NORMALISING_ORDER``. Raises ``Problem`` ``too_long`` for a text of
    more than 200 characters, and for nothing else.

    >>> normalise("gender", " NU ", {}, RecordContext(today=date(2022, 10, 16)))
    'Nữ'
    >>> normalise("date_of_birth", "31.02.2012", {}, RecordContext(today=date(2022, 10, 16)))
    '31.02.2012'
    """
    text = tidy(typed)
    if len(text) > MAX_LENGTH:
        message = (
            f"{FIELD[field].label} dài {len(text)} ký tự, nhiều nhất là {MAX_LENGTH}: "
            "hãy rút ngắn rồi nhập lại."
        )
        raise Problem(field, "too_long", message)
    canonical = _CANONICAL.get(field)
    if not text or canonical is None:
        return text
    try:
        return canonical(text, values, context)
    except Problem:
        return text


def clean(values: Mapping[str, str], context: RecordContext) -> Clean:
    """What the record means. Never raises."""
    foreign = catalogues.is_foreign(values.get("nationality", ""))
    number = None
    if not foreign:  # else a passport number may stand there
        number = _accepted(identity_number.validate, values.get("identity_number", ""))
    home = _home(values, context)
    return Clean(
        number=number,
        born=_accepted_day(values.get("date_of_birth", ""), context.today),
        sex=_accepted(catalogues.sex, values.get("gender", "")),
        province_code=home.province and home.province.code,
        district_code=home.district and home.district.code,
        commune_code=home.commune and home.commune.code,
        foreign=foreign,
    )


def problems_of(
    values: Mapping[str, str],
    context: RecordContext,
    meant: Clean | None = None,
) -> list[Problem]:
    """All errors and warnings of the record, in the order of ``FIELDS``. Never raises. ``meant`` spares reading twice.

    Required and empty is an error ``missing``, except: the district in the two-level epoch; the commune where the
    district has none; of a foreigner all but name, birth date and gender, where a fault is no more than a warning.
    """
    row = _Row(values, context, meant or clean(values, context))
    problems = _disagreements(row)
    for field in fields_of(context.kind, with_present=context.with_present):
        text = values.get(field.name, "")
        if text.strip():
            check = _CHECKS.get(field.name)
            if check is not None:  # any address will do
                problems += check(text, row)
        elif field.required and not _may_be_empty(field.name, row):
            problems.append(_missing(field))
    if row.clean.foreign:
        problems = [_of_a_foreigner(problem) for problem in problems]
    # stable: what the number contradicts goes before the other faults of its field
    return sorted(problems, key=lambda problem: _ORDER[problem.field])


def identity_values(
    values: Mapping[str, str],
    context: RecordContext,
    meant: Clean | None = None,
) -> dict[str, str]:
    """What is sent and compared: ``full_name``, ``born``, ``sex``, ``number``, clean; "" where there is none.

    ``meant`` spares reading the texts once more.
    """
    meant = meant or clean(values, context)
    return {
        "full_name": tidy(values.get("full_name", "")),
        "born": meant.born or "",
        "sex": meant.sex or "",
        "number": meant.number or "",
    }


def identity_hash(
    values: Mapping[str, str],
    context: RecordContext,
    meant: Clean | None = None,
) -> str:
    """Fingerprint of the identity values, in hexadecimal digits: an answer of the register is about these alone."""
    text = _AS_JSON.encode(identity_values(values, context, meant))
    return hashlib.sha256(text.encode()).hexdigest()


# made once: json.dumps would make one for each record
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


def _of_text_alone(rule: Callable[[str], str]) -> _Canonical:
    """The canonical form of a field that needs nothing of its surroundings."""

    def canonical(
        text: str,
        values: Mapping[str, str],
        context: RecordContext,
    ) -> str:
        """See ``_Canonical``. Raises what the rule raises."""
        return rule(text)

    return canonical


def _canonical_birth_date(
    text: str,
    values: Mapping[str, str],
    context: RecordContext,
) -> str:
    return birth_date.show(birth_date.validate(text, context.today))


def _canonical_number(
    text: str,
    values: Mapping[str, str],
    context: RecordContext,
) -> str:
    if catalogues.is_foreign(values.get("nationality", "")):
        return identity_number.passport(text)
    return identity_number.normalise(text)


def _canonical_gender(text: str) -> str:
    return catalogues.gender_text(catalogues.sex(text))


def _canonical_parent_year(field: str) -> _Canonical:
    return _of_text_alone(lambda text: str(birth_date.parent_year(field, text)))


def _canonical_place(level: str, prefix: str = "") -> _Canonical:
    """The name of the catalogue, looked for inside the place above it in the record; as typed while that is unknown.

    ``prefix``: of the fields of this residence.
    """

    def canonical(
        text: str,
        values: Mapping[str, str],
        context: RecordContext,
    ) -> str:
        """Raises ``Problem`` where the place above has no such place."""
        home = _home(values, context, prefix)
        above = places.above_code(
            context.epoch,
            level,
            home.province and home.province.code,
            home.district and home.district.code,
        )
        if above is None:
            return text
        return places.find(context.epoch, level, text, above, context.today).name

    return canonical


_CANONICAL: dict[str, _Canonical] = {
    "date_of_birth": _canonical_birth_date,
    "gender": _of_text_alone(_canonical_gender),
    "identity_number": _canonical_number,
    "province": _canonical_place("province"),
    "district": _canonical_place("district"),
    "commune": _canonical_place("commune"),
    "ethnic_group": _of_text_alone(catalogues.ethnic_group),
    "nationality": _of_text_alone(catalogues.nationality),
    "ministry_code": _of_text_alone(catalogues.ministry_code),
    "father_birth_year": _canonical_parent_year("father_birth_year"),
    "mother_birth_year": _canonical_parent_year("mother_birth_year"),
    "position": _of_text_alone(catalogues.position),
    "present_province": _canonical_place("province", _PRESENT_PREFIX),
    "present_district": _canonical_place("district", _PRESENT_PREFIX),
    "present_commune": _canonical_place("commune", _PRESENT_PREFIX),
}


# --- what the texts mean ---


def _accepted(rule: Callable[[str], T], text: str) -> T | None:
    """What a rule makes of a text; None if the text is empty or refused."""
    if not text:
        return None
    try:
        return rule(text)
    except Problem:
        return None


def _accepted_day(text: str, today: date) -> str | None:
    """The same for a birth date, whose rule needs the day of today."""
    if not text:
        return None
    try:
        return birth_date.validate(text, today)
    except Problem:
        return None


def _home(values: Mapping[str, str], context: RecordContext, prefix: str = "") -> places.Home:
    return places.home_of(
        context.epoch,
        values.get(f"{prefix}province", ""),
        values.get(f"{prefix}district", ""),
        values.get(f"{prefix}commune", ""),
        context.today,
    )


# --- what is wrong ---


class _Row(NamedTuple):
    """A record while it is judged: its texts, what it stands in, and what the texts mean."""

    values: Mapping[str, str]
    context: RecordContext
    clean: Clean

    @property
    def birth_year(self) -> int | None:
        """Four digits of a date that was accepted, also where only the year is known."""
        if self.clean.born is None:
            return None
        return birth_date.year_of(self.clean.born)


def _of_a_foreigner(problem: Problem) -> Problem:
    """Only what the school itself needs can be wrong; the rest is odd at most."""
    if problem.field in _OF_FOREIGNERS or problem.level == "warning":
        return problem
    return replace(problem, level="warning")


def _may_be_empty(field: str, row: _Row) -> bool:
    if row.clean.foreign:
        return field not in _OF_FOREIGNERS
    if field not in places.LEVELS:
        return False
    return not places.is_asked(row.context.epoch, field, row.clean.district_code)


def _missing(field: Field) -> Problem:
    paper = "giấy tờ"
    if field.identity:
        paper = identity_number.PAPERS
    message = f"Chưa có {field.label.lower()}: hãy nhập theo {paper}."
    return Problem(field.name, "missing", message)


def _disagreements(row: _Row) -> list[Problem]:
    """Where the number contradicts the row; nothing any more once the register has confirmed both."""
    number = row.clean.number
    if number is None or row.context.confirmed:
        return []
    name_sex = full_name.sex_of(row.values.get("full_name", ""))
    usual_year = _usual_year(row.context)
    return identity_number.disagreements(
        number, row.birth_year, row.clean.sex, name_sex, usual_year
    )


def _usual_year(context: RecordContext) -> int | None:
    """The birth year that is normal for the grade of a pupil; None where nothing is."""
    if context.kind != "student":
        return None
    age = catalogues.usual_age(context.grade, context.level)
    if age is None:
        return None
    return context.school_year - age


def _refusals(rule: Callable[[str], object], text: str) -> list[Problem]:
    """The fault that a rule finds in a text, as a list of none or one."""
    try:
        rule(text)
    except Problem as problem:
        return [problem.with_traceback(None)]  # the frames would keep personal data alive
    return []


def _check_name(text: str, row: _Row) -> list[Problem]:
    return list(full_name.problems_of(text))


def _check_parent_name(field: str) -> _Check:
    """As of the person, but only ever a warning: the register compares no names of parents."""

    def check(text: str, row: _Row) -> list[Problem]:
        """See ``_Check``."""
        warnings = []
        for problem in full_name.problems_of(text, field):
            if problem.level != "warning":
                problem = replace(problem, level="warning")
            warnings.append(problem)
        return warnings

    return check


def _check_parent_year(field: str) -> _Check:
    def check(text: str, row: _Row) -> list[Problem]:
        """A year after today is refused here only: what is stored does not depend on the day."""
        today = row.context.today
        return _refusals(lambda year: birth_date.parent_year(field, year, today), text)

    return check


def _check_born(text: str, row: _Row) -> list[Problem]:
    today = row.context.today
    born = row.clean.born
    if born is None:
        return _refusals(lambda typed: birth_date.validate(typed, today), text)
    usual_year = _usual_year(row.context)
    return list(birth_date.warnings(born, today, row.context.kind, usual_year))


def _check_number(text: str, row: _Row) -> list[Problem]:
    if row.clean.foreign:
        return _refusals(identity_number.passport, text)
    if row.clean.number is None:
        zeros = identity_number.lost_zeros(text, row.birth_year, row.clean.sex)
        refusals = _refusals(identity_number.validate, text)
        return [replace(problem, suggestion=zeros) for problem in refusals]
    context = row.context
    if not context.same_number:
        return []
    return [identity_number.duplicate(context.same_number, context.confirmed)]


def _check_place(level: str) -> _Check:
    def check(text: str, row: _Row) -> list[Problem]:
        """Silent as long as the place above is not known."""
        epoch = row.context.epoch
        known = row.clean
        if not places.is_asked(epoch, level, known.district_code):
            return []
        above = places.above_code(epoch, level, known.province_code, known.district_code)
        if above is None:  # which has its own problem first
            return []
        day = row.context.today
        return _refusals(lambda name: places.find(epoch, level, name, above, day), text)

    return check


def _check_present_place(level: str) -> _Check:
    def check(text: str, row: _Row) -> list[Problem]:
        """As of the permanent residence, but only ever a warning: it is sent to nobody and stops nobody."""
        context = row.context
        home = _home(row.values, context, _PRESENT_PREFIX)
        district = home.district and home.district.code
        if not places.is_asked(context.epoch, level, district):
            return []
        above = places.above_code(
            context.epoch, level, home.province and home.province.code, district
        )
        if above is None:
            return []
        refusals = _refusals(
            lambda name: places.find(context.epoch, level, name, above, context.today), text
        )
        field = f"{_PRESENT_PREFIX}{level}"
        return [replace(problem, field=field, level="warning") for problem in refusals]

    return check


def _check_text(rule: Callable[[str], object]) -> _Check:
    """The check of a field whose rule needs nothing but the text."""

    def check(text: str, row: _Row) -> list[Problem]:
        """See ``_Check``."""
        return _refusals(rule, text)

    return check


def _check_nationality(text: str, row: _Row) -> list[Problem]:
    if not row.clean.foreign:
        return _refusals(catalogues.nationality, text)
    number = row.values.get("identity_number", "")
    if _accepted(identity_number.validate, number) is None:
        return []
    message = (
        f"Có số định danh 12 số mà quốc tịch là {text}: nếu là công dân Việt Nam thì chọn "
        "Việt Nam, hồ sơ mới được gửi xác thực."
    )
    return [Problem("nationality", "citizen_number", message, level="warning")]


_CHECKS: dict[str, _Check] = {
    "full_name": _check_name,
    "date_of_birth": _check_born,
    "gender": _check_text(catalogues.sex),
    "identity_number": _check_number,
    "province": _check_place("province"),
    "district": _check_place("district"),
    "commune": _check_place("commune"),
    "ethnic_group": _check_text(catalogues.ethnic_group),
    "nationality": _check_nationality,
    "ministry_code": _check_text(catalogues.ministry_code),
    "father_name": _check_parent_name("father_name"),
    "father_birth_year": _check_parent_year("father_birth_year"),
    "mother_name": _check_parent_name("mother_name"),
    "mother_birth_year": _check_parent_year("mother_birth_year"),
    "position": _check_text(catalogues.position),
    "present_province": _check_present_place("province"),
    "present_district": _check_present_place("district"),
    "present_commune": _check_present_place("commune"),
}
