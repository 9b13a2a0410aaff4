"""A workbook that was exported, edited and comes back: three-way merge, choices, the workbook of errors."""

import io

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as rules_of
from hypothesis import strategies as st
from openpyxl import load_workbook

from idapp import exports, imports, people, school
from idapp.database import db
from idapp.imports.columns import ParsedWorkbook
from idapp.imports.decisions import cells_to_write
from idapp.imports.judging import judge
from idapp.models import Change, Import, ImportRow, Person, SchoolClass, User
from idapp.rosters import FoundRow, FoundTable
from idapp.workbook import Cell, read_bytes
from tests.cast import Cast
from tests.test_imports import _KEYS, fresh, judged, line, newcomer, read

pytestmark = pytest.mark.usefixtures("few_places")


def exported_and_edited(cast: Cast, cells: dict[str, str], by: User) -> bytes:
    """Export 5A, then write into An's row of the file."""
    file = load_workbook(io.BytesIO(exports.class_workbook(cast.class_5a, by=by)))
    sheet = file.worksheets[0]
    heading = next(row for row in sheet.iter_rows() if any(c.value == "Họ và tên" for c in row))
    column = {c.value: c.column for c in heading}
    row = next(r[0].row for r in sheet.iter_rows() if any(c.value == "Nguyễn Thị An" for c in r))
    for label, text in cells.items():
        sheet.cell(row, column[label], text)
    target = io.BytesIO()
    file.save(target)
    return target.getvalue()


def test_a_cell_changed_on_both_sides_is_a_conflict_and_the_newer_edit_stays(cast: Cast) -> None:
    data = exported_and_edited(cast, {"Tổ/Thôn/Xóm": "Ấp 1", "Dân tộc": "Khmer"}, cast.lan)
    people.change(cast.an, "address", "Ấp 2", seen="", by=cast.thu)
    upload = imports.read_bytes(data, "5a.xlsx", by=cast.lan)
    row = next(r for r in judged(upload) if r.person == cast.an)
    assert row.verdict == "conflict"
    assert cells_to_write(row) == ["ethnic_group"]
    assert "Võ Thị Thư đã sửa ô này thành “Ấp 2” sau khi tệp được xuất." in str(row.choices)
    imports.confirm(upload, by=cast.lan)
    assert (fresh(cast.an).address, fresh(cast.an).ethnic_group) == ("Ấp 2", "Khmer")


def test_a_conflict_may_be_decided_for_the_file(cast: Cast) -> None:
    data = exported_and_edited(cast, {"Tổ/Thôn/Xóm": "Ấp 1"}, cast.lan)
    people.change(cast.an, "address", "Ấp 2", seen="", by=cast.thu)
    upload = imports.read_bytes(data, "5a.xlsx", by=cast.lan)
    row = next(r for r in judged(upload) if r.person == cast.an)
    imports.decide(row, "address", take=True)
    assert imports.confirm(upload, by=cast.lan)["changed"] == 1
    assert fresh(cast.an).address == "Ấp 1"


def test_a_cell_the_file_left_alone_keeps_what_was_edited_here_meanwhile(cast: Cast) -> None:
    data = exported_and_edited(cast, {"Dân tộc": "Khmer"}, cast.lan)
    people.change(cast.an, "address", "Ấp 2", seen="", by=cast.thu)
    people.change(cast.an, "gender", "Nam", seen="Nữ", by=cast.thu)
    upload = imports.read_bytes(data, "5a.xlsx", by=cast.lan)
    row = next(r for r in judged(upload) if r.person == cast.an)
    assert row.verdict == "changed"
    assert set(row.seen) == {"ethnic_group"}


def test_an_export_of_another_school_or_year_is_stopped(cast: Cast) -> None:
    data = exports.class_workbook(cast.class_5a, by=cast.lan)
    school.the_school().__class__.update(school_year=2023).execute()
    with pytest.raises(imports.FileRefused, match="năm học khác"):
        imports.read_bytes(data, "5a.xlsx", by=cast.lan)


# choices and the workbook of errors


def test_a_row_left_out_is_not_written_and_counted(cast: Cast) -> None:
    upload = read(
        [newcomer(), line(school_class="5A", ministry_code="1000000002", address="Ấp 3")], cast.thu
    )
    new, changed = judged(upload)
    imports.decide(new, "", take=False)
    imports.decide(changed, "address", take=False)
    assert imports.confirm(upload, by=cast.thu) == {"left_out": 2}
    imports.decide(ImportRow.get_by_id(new.id), "", take=True)  # too late: nothing changes any more
    assert not imports.is_used(ImportRow.get_by_id(new.id))


def test_a_dropped_file_keeps_no_personal_data(cast: Cast) -> None:
    upload = read([newcomer()], cast.thu)
    imports.drop(upload, by=cast.thu)
    assert not ImportRow.select().exists()
    assert imports.confirm(upload, by=cast.thu) == {}
    assert Person.select().where(Person.full_name == "Bùi Thị Dung").count() == 0


def test_the_workbook_of_errors_can_be_mended_and_uploaded(cast: Cast) -> None:
    upload = read(
        [
            newcomer(date_of_birth="31/02/2012"),
            newcomer(full_name="Bùi Thị Em", identity_number=None),
        ],
        cast.thu,
    )
    file = load_workbook(io.BytesIO(imports.errors_workbook(upload)))
    sheet = file.worksheets[0]
    column = {c.value: c.column for c in sheet[1]}
    assert sheet.max_row == 2
    assert "Ngày sinh" in column
    assert imports.review(upload, by=cast.thu).totals.views["errors"] == 1
    cell = sheet.cell(2, column["Ngày sinh"])
    assert cell.value == "31/02/2012"
    assert "31/02/2012" in cell.comment.text
    assert cell.fill.fgColor.rgb != "00000000"
    cell.value = "28/02/2012"
    target = io.BytesIO()
    file.save(target)
    imports.confirm(imports.read_bytes(target.getvalue(), "sua.xlsx", by=cast.thu), by=cast.thu)
    assert Person.get(Person.full_name == "Bùi Thị Dung").date_of_birth == "28/02/2012"


def test_the_sums_add_up_to_the_rows_of_the_file(cast: Cast) -> None:
    rows = [
        newcomer(),
        newcomer(full_name=None),
        newcomer(state="Chuyển đi kỳ 1", full_name="Bùi Thị Em"),
        line(school_class="5A", ministry_code="1000000001"),
        line(school_class="5A", ministry_code="1000000002", address="Ấp 3"),
    ]
    review = imports.review(read(rows, cast.thu), by=cast.thu)
    assert review.totals.total == len(rows)
    assert sum(review.totals.counts.values()) == 4


def test_the_import_is_in_the_audit_without_values(cast: Cast) -> None:
    upload = read([newcomer()], cast.thu)
    imports.confirm(upload, by=cast.thu)
    rows = list(Change.select().where(Change.subject == f"import {upload.id}"))
    assert [r.event for r in rows] == ["import.checked", "import.confirmed"]
    assert {r.user for r in rows} == {cast.thu}
    assert not any("Dung" in r.new or "100" in r.new for r in rows)


TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)


@rules_of(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(cells=st.dictionaries(st.sampled_from(_KEYS[1:]), TEXTS))
def test_whatever_stands_in_a_row_it_gets_a_verdict_and_confirming_writes_what_was_shown(
    cast: Cast, cells: dict[str, str]
) -> None:
    names = {"card": "identity_number"}
    row = FoundRow(2, {names.get(key, key): Cell(text, "text") for key, text in cells.items()})
    table = FoundTable("Sheet1", 1, {}, {}, [], [row], [])
    with db.atomic() as undone:
        judged = judge(ParsedWorkbook([table], "profile", "student", {}), cast.thu)
        assert len(judged.rows) + sum(judged.aside.values()) == 1
        for one in judged.rows:
            assert one.verdict in ("new", "changed", "same", "wrong", "conflict")
            assert set(one.seen) <= set(one.values)
            upload = Import.create(file_name="x", sha256="x", user=cast.thu)
            one.upload = upload
            one.save(force_insert=True)
            imports.confirm(upload, by=cast.thu)
            kept = ImportRow.get_by_id(one.id)
            if kept.applied in ("created", "changed"):
                stored = people.values_of(kept.person)
                assert all(stored[n] == one.values[n] for n in cells_to_write(one) if n in stored)
        undone.rollback()


def test_reading_asks_the_database_the_same_number_of_times_for_any_number_of_rows(
    cast: Cast,
) -> None:
    def questions(n: int) -> int:
        seen: list[str] = []
        hook = lambda event: seen.append(event.sql)  # noqa: E731
        db.obj.query_hooks.append(hook)
        try:
            read(
                [
                    newcomer(
                        full_name=f"Bùi Thị {'ABCDEGHIKLMNOPQRSTUVXY'[i]}", identity_number=None
                    )
                    for i in range(n)
                ],
                cast.thu,
            )
        finally:
            db.obj.query_hooks.remove(hook)
        return len(seen)

    assert questions(2) == questions(20)
    assert SchoolClass.select().count() == 2


def test_what_is_read_back_from_our_own_sheet_is_text(cast: Cast) -> None:
    sheets = read_bytes(exports.class_workbook(cast.class_5a, by=cast.lan), file_name="a.xlsx")
    cells = [c for row in sheets[0].rows for c in row if c.text == cast.an.identity_number]
    assert [c.kind for c in cells] == ["text"]
