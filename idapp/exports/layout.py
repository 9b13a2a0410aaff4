"""Columns of an exported workbook, and what stands in each for a record."""

import datetime
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from idapp import present_residence
from idapp.exports.catalogues import SHEETS
from idapp.imports.columns import RECORD_ID, RECORD_VERSION
from idapp.models import Person
from idapp.rules import record
from idapp.rules.record import Field
from idapp.workbook import Column, Value

Reader = Callable[[Person], Value]
_WIDTHS = {  # in letters, as Excel counts
    "full_name": 26,
    "identity_number": 18,
    "address": 28,
    "ministry_code": 24,
    "province": 20,
    "commune": 20,
    "present_province": 28,
    "present_district": 26,
    "present_commune": 26,
    "present_address": 28,
    "father_name": 26,
    "mother_name": 26,
}
_USUAL_WIDTH = 16
_NOTES = {
    "identity_number": (
        "12 chữ số. Cột này ở dạng chữ nên giữ được số 0 đầu; khi dán, chọn “Chỉ dán giá trị”."
    ),
    "date_of_birth": "Ngày/tháng/năm, ví dụ 25/05/2010.",
}
_READ_ONLY = (
    "Chỉ để đọc: mẫu 4.1.6 nhận diện học sinh bằng mã định danh. "
    "Cách điền các cột khác ở sheet Hướng dẫn, cuối tệp."
)
_ORDER_416 = (
    "Mã định danh Bộ GD&ĐT (trên CSDL ngành)",
    "Ngày sinh",
    "Giới tính",
    "Dân tộc",
    "Quốc tịch",
    "Tỉnh",
    "Huyện",
    "Xã",
    "Họ tên cha",
    "Năm sinh cha",
    "Họ tên mẹ",
    "Năm sinh mẹ",
    "Số ĐDCN",
)


@dataclass(frozen=True)
class Layout:
    """``readers`` answers ``columns`` one to one after the first, the running number."""

    columns: list[Column]
    readers: list[Reader]

    def rows(self, people: Iterable[Person]) -> list[list[Value]]:
        """A row for each person, in the order of the columns."""
        rows = []
        for number, person in enumerate(people, start=1):
            row: list[Value] = [str(number)]
            for read in self.readers:
                row.append(read(person))
            rows.append(row)
        return rows

    @property
    def catalogues(self) -> set[str]:
        """Names of the sheets that the columns choose from."""
        return {column.choices for column in self.columns if column.choices}

    @property
    def name_column(self) -> int:
        """Index of the column with the full name. Raises ValueError if the layout has none under that heading."""
        headings = [column.heading for column in self.columns]
        return headings.index(record.FIELD["full_name"].label)


def own(kind: str, epoch: str, *, present_groups: Collection[str] = ()) -> Layout:
    """Our own shape for a ``student`` or ``staff``: every field of the record under its label.

    ``present_groups``: whose present residence stands at the end (``present_residence``); of others nothing does.
    """
    columns = [Column("STT", 6)]
    readers: list[Reader] = []
    for field in record.fields_of(kind, with_present=bool(present_groups)):
        if _is_asked(field, epoch):
            columns.append(_column(field, field.label, epoch))
            reader = _value(field)
            if field.optional:
                reader = _only_of(present_groups, reader)
            readers.append(reader)
    if kind == "student":
        # the running number has no reader, so the class is one place earlier among them
        columns.insert(1, Column("Lớp", 8))
        readers.insert(0, _class_name)
    return Layout([*columns, *_HIDDEN], [*readers, _id, _version])


def form_416(epoch: str) -> Layout:
    """The form's columns in its own order, and after them the name, only to read: the form itself has none.

    In two levels it goes without the column Huyện and its sheet.
    """
    by_heading = {field.form416: field for field in record.FIELDS}
    columns = [Column("STT", 6), Column("Mã lớp", 8)]
    readers: list[Reader] = [_class_name]
    for heading in _ORDER_416:
        field = by_heading[heading]
        if _is_asked(field, epoch):
            columns.append(_column(field, heading, epoch, form=True))
            readers.append(_value(field))
    columns.append(Column("Họ tên", 26, locked=True, note=_READ_ONLY))
    readers.append(_value(record.FIELD["full_name"]))
    return Layout([*columns, *_HIDDEN], [*readers, _id, _version])


def _is_asked(field: Field, epoch: str) -> bool:
    """Since 01/07/2025 there are no districts: no column, and no sheet HUYEN."""
    return not (field.name in ("district", "present_district") and epoch == "2level")


_HIDDEN = (Column(RECORD_ID, 10, hidden=True), Column(RECORD_VERSION, 10, hidden=True))


def _column(field: Field, heading: str, epoch: str, *, form: bool = False) -> Column:
    """In our own shape a list only advises: "xóa" must be possible, and what is already stored may be off the list."""
    return Column(
        heading,
        _WIDTHS.get(field.name, _USUAL_WIDTH),
        date=field.kind_of_input == "date",
        choices=SHEETS.get(field.name),
        strict=form,
        depends_on=_above(field.name, epoch, form=form),
        note=_NOTES.get(field.name, ""),
    )


def _above(name: str, epoch: str, *, form: bool) -> tuple[str, ...]:
    """Headings of the places above, which decide what the list offers."""
    levels: list[str] = []
    if name in ("district", "commune"):
        levels.append("province")
    if name == "commune" and epoch != "2level":
        levels.append("district")
    fields = [record.FIELD[level] for level in levels]
    if form:
        return tuple(field.form416 for field in fields)
    return tuple(field.label for field in fields)


def _only_of(groups: Collection[str], read: Reader) -> Reader:
    """Nothing for pupils of whom it is not asked."""

    def value(person: Person) -> Value:
        """See ``Reader``."""
        if not present_residence.is_asked_of(person, groups):
            return ""
        return read(person)

    return value


def _value(field: Field) -> Reader:
    """What reads a field of a record for its cell: a text, or a date."""
    if field.kind_of_input == "date":
        return _birth_date
    return lambda person: str(getattr(person, field.name))


def _birth_date(person: Person) -> Value:
    """A real date where the record holds one; a year alone, and what is no date, stay as they were typed."""
    text = str(person.date_of_birth)
    try:
        day = datetime.datetime.strptime(text, "%d/%m/%Y").date()
    except ValueError:
        return text
    # Excel knows no day before 1900, and counts a 29/02/1900 that never was
    if day.year <= 1900 or f"{day:%d/%m/%Y}" != text:
        return text
    return day


def _class_name(person: Person) -> str:
    if person.school_class is None:
        return ""
    return str(person.school_class.name)


def _id(person: Person) -> str:
    return str(person.id)


def _version(person: Person) -> str:
    return str(person.version)
