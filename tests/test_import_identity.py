"""The hidden record id of our own exports: it finds a mended record, and never beats what the row plainly says."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from openpyxl import load_workbook

from idapp import exports, imports, people, school
from idapp.models import Import, ImportRow, Person
from tests.cast import Cast, number_for, pupil
from tests.test_imports import codes, fresh, judged

pytestmark = pytest.mark.usefixtures("few_places")
Cells = dict[str, str | None]
OTHER: Cells = {
    "Họ và tên": "Bùi Thị Dung", "Ngày sinh": "17/09/2012", "Số định danh cá nhân": number_for(2012, "Nữ", 77)
}  # fmt: skip


class OwnFile:
    """An export of 5A opened in Excel."""

    def __init__(self, cast: Cast, data: bytes = b"") -> None:
        self.cast = cast
        self.book = load_workbook(
            io.BytesIO(data or exports.class_workbook(cast.class_5a, by=cast.lan))
        )
        self.sheet = self.book.worksheets[0]
        self.heading = next(
            r[0].row for r in self.sheet.iter_rows() if any(c.value == "Họ và tên" for c in r)
        )
        self.at = {c.value: c.column for c in self.sheet[self.heading] if c.value}

    def row_of(self, name: str) -> int:
        return next(r[0].row for r in self.sheet.iter_rows() if any(c.value == name for c in r))

    def write(self, row: int, cells: Cells) -> None:
        for label, text in cells.items():
            self.sheet.cell(row, self.at[label]).value = text

    def copy(self, row: int, to: int) -> None:
        for column in self.at.values():
            self.sheet.cell(to, column).value = self.sheet.cell(row, column).value

    def swap(self, one: int, other: int, where: Callable[[str], bool]) -> None:
        for label, column in self.at.items():
            if where(label):
                a, b = self.sheet.cell(one, column), self.sheet.cell(other, column)
                a.value, b.value = b.value, a.value

    def read(self) -> Import:
        out = io.BytesIO()
        self.book.save(out)
        return imports.read_bytes(out.getvalue(), "5a.xlsx", by=self.cast.thu)


def what(upload: Import) -> dict[int, tuple[str, Person | None]]:
    return {row.row: (row.verdict, row.person) for row in judged(upload)}


def values() -> list[dict[str, Any]]:
    return [people.values_of(p) for p in Person.select().order_by(Person.id)]


@pytest.mark.parametrize(
    ("label", "text"),
    [
        ("Họ và tên", "Nguyễn Thị Ân"),
        ("Ngày sinh", "21/03/2012"),
        ("Mã định danh Bộ GD&ĐT", "1000000009"),
    ],
)
def test_a_typo_mended_in_one_mark_still_finds_the_record(
    cast: Cast, label: str, text: str
) -> None:
    file = OwnFile(cast)
    file.write(file.row_of("Nguyễn Thị An"), {label: text})
    upload = file.read()
    assert what(upload)[file.row_of(text if label == "Họ và tên" else "Nguyễn Thị An")] == (
        "changed",
        cast.an,
    )
    assert imports.totals_of(upload).to_write == 1


def test_a_row_overtyped_with_another_child_is_asked_about_and_not_ticked(cast: Cast) -> None:
    file = OwnFile(cast)
    at = file.row_of("Nguyễn Thị An")
    file.write(at, OTHER | {"Mã định danh Bộ GD&ĐT": None})
    upload, before = file.read(), values()
    row = ImportRow.get(ImportRow.upload == upload, ImportRow.row == at)
    assert (row.verdict, row.person, row.writes) == ("new", None, 0)
    assert "Nguyễn Thị An" in str(row.problems)
    assert imports.review(upload, by=cast.thu).totals.views["asked"] == 1
    imports.confirm(upload, by=cast.thu)
    assert values() == before
    again = file.read()
    assert imports.totals_of(again).unknown == 1
    imports.decide_all(again, "asked", take=True)
    assert (imports.totals_of(again).unknown, imports.totals_of(again).views["asked"]) == (0, 1)
    imports.confirm(again, by=cast.thu)
    assert Person.get(Person.full_name == "Bùi Thị Dung").school_class == cast.class_5a
    assert fresh(cast.an).full_name == "Nguyễn Thị An"


def test_an_overtyped_row_that_kept_the_ministrys_code_is_refused(cast: Cast) -> None:
    file = OwnFile(cast)
    at = file.row_of("Nguyễn Thị An")
    file.write(at, OTHER)
    row = ImportRow.get(ImportRow.upload == file.read(), ImportRow.row == at)
    assert (row.verdict, codes(row)) == ("wrong", {"other_person", "other_record"})


def test_another_childs_name_with_its_own_code_is_no_correction(cast: Cast) -> None:
    file = OwnFile(cast)
    at = file.row_of("Nguyễn Thị An")
    file.write(
        at,
        {
            "Họ và tên": "Bùi Thị Dung",
            "Mã định danh Bộ GD&ĐT": "1000000009",
            "Số định danh cá nhân": number_for(2012, "Nữ", 77),
        },
    )
    assert what(file.read())[at] == ("new", None)


def test_of_a_row_with_nothing_but_a_known_code_that_one_is_meant(cast: Cast) -> None:
    file = OwnFile(cast)
    at = file.row_of("Nguyễn Thị An")
    file.write(at, dict.fromkeys(OTHER) | {"Mã định danh Bộ GD&ĐT": "1000000003"})
    assert what(file.read())[at][1] == cast.chi


def test_columns_sorted_without_the_hidden_ones_change_nobody(cast: Cast) -> None:
    file = OwnFile(cast)
    file.swap(
        file.row_of("Nguyễn Thị An"),
        file.row_of("Trần Văn Bình"),
        lambda label: "idapp" not in label,
    )
    assert {verdict for verdict, _ in what(file.read()).values()} == {"same"}


def test_a_sorted_file_still_knows_what_was_edited_here_since(cast: Cast) -> None:
    file = OwnFile(cast)
    file.write(file.row_of("Nguyễn Thị An"), {"Tổ/Thôn/Xóm": "Ấp 1"})
    people.change(cast.an, "address", "Ấp 2", seen="", by=cast.thu)
    people.change(cast.an, "ethnic_group", "Khmer", seen="", by=cast.thu)
    file.swap(
        file.row_of("Nguyễn Thị An"),
        file.row_of("Trần Văn Bình"),
        lambda label: "idapp" not in label,
    )
    assert what(file.read())[file.row_of("Nguyễn Thị An")] == ("conflict", cast.an)


def test_a_namesake_moved_onto_another_id_keeps_the_own_record(cast: Cast) -> None:
    twin = people.add(
        kind="student",
        school_class=cast.class_5a,
        by=cast.thu,
        values=pupil("Nguyễn Thị An", born="09/09/2012", serial=55),
    )
    people.change(cast.an, "ministry_code", "", seen="1000000001", by=cast.thu)
    file = OwnFile(cast)
    one, other = (
        r[0].row for r in file.sheet.iter_rows() if any(c.value == "Nguyễn Thị An" for c in r)
    )
    file.swap(one, other, lambda label: "idapp" not in label)
    assert {what(file.read())[at] for at in (one, other)} == {("same", cast.an), ("same", twin)}


def test_ids_of_another_school_are_not_ours(cast: Cast) -> None:
    data = exports.class_workbook(cast.class_5a, by=cast.lan)
    school.the_school().__class__.update(name="Trường TH Khác").execute()
    Person.update(full_name="Võ Văn Khác", ministry_code="").where(
        Person.id == cast.an.id
    ).execute()
    upload = imports.read_bytes(data, "5a.xlsx", by=cast.thu, anyway=["school"])
    verdict = {
        r.values.get("full_name", r.person and r.person.full_name): r.verdict
        for r in judged(upload)
    }
    assert verdict == {"Nguyễn Thị An": "new", "Trần Văn Bình": "same"}


def test_a_row_copied_to_add_a_child_is_a_new_child(cast: Cast) -> None:
    file = OwnFile(cast)
    at = file.row_of("Nguyễn Thị An")
    file.copy(at, at + 2)
    # a twin: the birth date stays as it was copied
    file.write(
        at + 2,
        {"Họ và tên": "Nguyễn Thị Ân", "Số định danh cá nhân": None, "Mã định danh Bộ GD&ĐT": None},
    )
    upload = file.read()
    assert what(upload)[at] == ("same", cast.an)
    assert what(upload)[at + 2] == ("new", None)
    imports.confirm(upload, by=cast.thu)
    again = file.read()
    assert {verdict for verdict, _ in what(again).values()} == {"same"}


def test_the_copy_above_its_original_does_not_take_its_id(cast: Cast) -> None:
    file = OwnFile(cast)
    original, above = file.row_of("Trần Văn Bình"), file.row_of("Nguyễn Thị An")
    file.copy(original, above)
    file.write(above, {"Họ và tên": "Trần Văn Ba", "Mã định danh Bộ GD&ĐT": None})
    found = what(file.read())
    assert found[original] == ("same", cast.binh)
    assert found[above] == ("new", None)


def test_the_copy_above_with_another_number_does_not_take_the_id(cast: Cast) -> None:
    people.change(cast.binh, "identity_number", number_for(2012, "Nam", 9), seen="", by=cast.thu)
    file = OwnFile(cast)
    original, above = file.row_of("Trần Văn Bình"), file.row_of("Nguyễn Thị An")
    file.copy(original, above)
    file.write(original, {"Ngày sinh": "06/06/2012"})
    file.write(
        above,
        {
            "Họ và tên": "Trần Văn Ba",
            "Số định danh cá nhân": number_for(2012, "Nam", 10),
            "Mã định danh Bộ GD&ĐT": None,
        },
    )
    found = what(file.read())
    assert found[original] == ("changed", cast.binh)
    assert found[above] == ("new", None)


def test_the_workbook_of_errors_forgets_an_id_that_was_refused(cast: Cast) -> None:
    file = OwnFile(cast)
    at = file.row_of("Nguyễn Thị An")
    file.copy(at, at + 2)
    file.write(at + 2, OTHER)  # its code was copied too, which is refused
    upload = file.read()
    assert what(upload)[at + 2][0] == "wrong"
    mended = OwnFile(cast, imports.errors_workbook(upload))
    row = mended.row_of("Bùi Thị Dung")
    assert not mended.sheet.cell(row, mended.at["Mã hồ sơ idapp"]).value
    mended.write(row, {"Mã định danh Bộ GD&ĐT": None})
    assert list(what(mended.read()).values()) == [("new", None)]
