"""Workbooks of people leaving the house: a class, the school, the staff; our own shape, or the ministry's form 4.1.6.

Our own shape carries the record's id and version in two hidden columns and the school and year on a hidden sheet, so
that the file finds its records again and a cell changed on both sides is noticed (``imports``). It is the template too:
500 spare rows keep numbers as text, and gender, ethnic group, nationality, position and places choose from catalogues.
Every export leaves an audit row: who, what, how many records; no value of anybody.
"""

import io
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from idapp import audit
from idapp.database import writing
from idapp.imports.columns import RECORD_ID, RECORD_VERSION
from idapp.models import Person, SchoolClass, User, utc_now
from idapp.people import table_of
from idapp.permissions import people_of
from idapp.rules import places, record
from idapp.rules.record import Field
from idapp.school import the_campaign, the_school
from idapp.settings import current
from idapp.workbook import Catalogue, Column, Page, write_workbook

TEMPLATE_VERSION = "1"
_WIDTHS = {"full_name": 26, "identity_number": 18, "address": 28, "ministry_code": 24, "province": 20, "commune": 20}
_CATALOGUES = {
    "gender": "GIOI_TINH", "ethnic_group": "DAN_TOC", "nationality": "QUOC_TICH", "position": "VI_TRI_VIEC_LAM",
    "province": "TINH", "district": "HUYEN", "commune": "XA",
}  # fmt: skip
"""Names of the catalogue sheets, those of the ministry's form where it has one."""

Cell = Callable[[Person], str]


def class_workbook(school_class: SchoolClass, *, by: User, form: str = "") -> bytes:
    """One class, in the order of its list. ``form="416"``: the ministry's form."""
    people = table_of(_pupils(by).where(Person.school_class == school_class))
    return _written(people, "student", f"class {school_class.id}", f"Lớp {school_class.name}", by=by, form=form)


def school_workbook(*, by: User, form: str = "") -> bytes:
    """Every pupil this user may see, class by class."""
    query = _pupils(by).order_by(SchoolClass.grade, SchoolClass.name, Person.sort_key, Person.id)
    return _written(list(query), "student", "school", "Toàn trường", by=by, form=form)


def staff_workbook(*, by: User) -> bytes:
    people = table_of(people_of(by).where(Person.kind == "staff"))
    return _written(people, "staff", "staff", "Cán bộ, giáo viên, nhân viên", by=by)


def progress_workbook(board: Any, columns: Sequence[tuple[str, str]], *, by: User) -> io.BytesIO:
    """The board for the managing office: pupils and staff on a sheet each, figures only, every line adding up.

    ``board`` is a ``progress.Board`` (that module stands above this one), ``columns`` are (name of a count, heading).
    The page that asks has scoped the board to ``by`` and writes the audit row.
    """
    headings = ["Lớp", *(words for _, words in columns), "Hoàn thành (%)"]
    pages = []
    for kind, name in (("student", "Học sinh"), ("staff", "Cán bộ")):
        lines = board.of_kind(kind)
        if lines:
            figures = [[x.name, *(x.numbers()[n] for n, _ in columns), x.percent] for x in [*lines, board.sum_of(kind)]]
            figures[-1][0] = "Cộng"
            widths = [Column(heading, 16, text=at == 0) for at, heading in enumerate(headings)]
            pages.append(Page(name, widths, figures, titles=_progress_titles(), spare_rows=0))
    target = io.BytesIO()
    write_workbook(target, sheets=pages)
    target.seek(0)
    return target


def _progress_titles() -> list[str]:
    campaign = the_campaign()
    return [
        the_school().name,
        campaign.title,
        f"Hạn {campaign.deadline:%d/%m/%Y}, số liệu ngày {current().today():%d/%m/%Y}",
    ]


def _pupils(by: User) -> Any:
    query = people_of(by).where(Person.kind == "student")
    return query.select(Person, SchoolClass).join(SchoolClass)


def _written(people: Sequence[Person], kind: str, subject: str, title: str, *, by: User, form: str = "") -> bytes:
    epoch = the_campaign().epoch
    columns, cells = _form416(epoch) if form == "416" else _own(kind, epoch)
    page = Page(
        "Sheet1" if form == "416" else "Danh sách",
        columns,
        [[str(number), *(cell(person) for cell in cells)] for number, person in enumerate(people, start=1)],
        titles=[] if form == "416" else [the_school().name, title],
    )
    target = io.BytesIO()
    used = {column.choices for column in columns}
    catalogues = [c for c in _catalogues(epoch) if c.name in used]
    write_workbook(target, sheets=[page], catalogues=catalogues, meta=None if form == "416" else _meta(kind, title))
    with writing():
        audit.record("export", by=by, subject=subject, new=f"{len(people)} hồ sơ{' (mẫu 4.1.6)' if form else ''}")
    return target.getvalue()


def _meta(kind: str, title: str) -> dict[str, str]:
    school = the_school()
    return {
        "school": school.name, "school_year": str(school.school_year), "kind": kind, "scope": title,
        "template": TEMPLATE_VERSION, "exported_at": utc_now().isoformat(timespec="seconds"),
    }  # fmt: skip


# columns


def _own(kind: str, epoch: str) -> tuple[list[Column], list[Cell]]:
    fields = [f for f in record.fields_of(kind) if not (f.name == "district" and epoch == "2level")]
    columns = [Column("STT", 6, locked=False), *(_column(f, f.label, epoch) for f in fields)]
    cells: list[Cell] = [_value(f.name) for f in fields]
    if kind == "student":
        columns.insert(1, Column("Lớp", 8))
        cells.insert(0, _class_name)
    columns += [Column(RECORD_ID, 10, hidden=True), Column(RECORD_VERSION, 10, hidden=True)]
    return columns, [*cells, lambda person: str(person.id), lambda person: str(person.version)]


def _form416(epoch: str) -> tuple[list[Column], list[Cell]]:
    """The form's columns in its own order, and after them the name, only to read: the form itself has none."""
    by_heading = {f.form416: f for f in record.FIELDS if f.form416}
    order = (
        "Mã định danh Bộ GD&ĐT (trên CSDL ngành)", "Ngày sinh", "Giới tính", "Dân tộc", "Quốc tịch", "Tỉnh", "Huyện",
        "Xã", "Họ tên cha", "Năm sinh cha", "Họ tên mẹ", "Năm sinh mẹ", "Số ĐDCN",
    )  # fmt: skip
    fields = [by_heading[heading] for heading in order]
    columns = [Column("STT", 6), Column("Mã lớp", 8), *(_column(f, f.form416, epoch, form=True) for f in fields)]
    columns.append(
        Column("Họ tên", 26, locked=True, note="Chỉ để đọc: mẫu 4.1.6 nhận diện học sinh bằng mã định danh.")
    )
    return columns, [_class_name, *(_value(f.name) for f in fields), _value("full_name")]


def _column(field: Field, heading: str, epoch: str, *, form: bool = False) -> Column:
    return Column(
        heading,
        _WIDTHS.get(field.name, 16),
        choices=_CATALOGUES.get(field.name, ""),
        depends_on=_above(field.name, epoch, form=form),
        note=_NOTES.get(field.name, ""),
    )


def _above(name: str, epoch: str, *, form: bool) -> tuple[str, ...]:
    """Headings of the places above, which decide what the list offers."""
    above = {"district": ("province",), "commune": ("province",) if epoch == "2level" else ("province", "district")}
    return tuple(record.FIELD[n].form416 if form else record.FIELD[n].label for n in above.get(name, ()))


_NOTES = {
    "identity_number": "12 chữ số, cột này ở dạng chữ nên giữ được số 0 đầu.",
    "date_of_birth": "Ngày/tháng/năm, ví dụ 25/05/2010.",
}


def _value(name: str) -> Cell:
    return lambda person: str(getattr(person, name))


def _class_name(person: Person) -> str:
    return person.school_class.name if person.school_class else ""


# catalogues


@lru_cache(maxsize=4)
def _catalogues(epoch: str) -> tuple[Catalogue, ...]:
    short = [
        Catalogue(_CATALOGUES[n], record.choices_of(n, "student")) for n in ("gender", "ethnic_group", "nationality")
    ]
    return (*short, Catalogue(_CATALOGUES["position"], record.choices_of("position", "staff")), *_places(epoch))


def _places(epoch: str) -> list[Catalogue]:
    """Districts grouped by province, communes by province and district: a name may repeat, its group does not."""
    provinces = places.children(epoch, "province")
    pairs = [(d.name, p.name) for p in provinces for d in places.children(epoch, "district", p.code)]
    parents = [(p, p.name) for p in provinces] if epoch == "2level" else _districts(epoch)
    communes = [(c.name, above) for parent, above in parents for c in places.children(epoch, "commune", parent.code)]
    found = [
        Catalogue(_CATALOGUES["province"], [p.name for p in provinces]),
        _grouped("district", pairs),
        _grouped("commune", communes),
    ]
    return [catalogue for catalogue in found if catalogue.values]


def _districts(epoch: str) -> list[tuple[places.Place, str]]:
    provinces = places.children(epoch, "province")
    return [(d, f"{p.name}|{d.name}") for p in provinces for d in places.children(epoch, "district", p.code)]


def _grouped(field: str, pairs: Sequence[tuple[str, str]]) -> Catalogue:
    return Catalogue(_CATALOGUES[field], [value for value, _ in pairs], groups=[group for _, group in pairs])
