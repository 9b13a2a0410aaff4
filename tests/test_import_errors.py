"""The workbook of errors, what is told of a file, and files of any kind."""

import io
import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as rules_of
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from playhouse.migrations import Runner

from idapp import imports
from idapp.database import _MIGRATIONS, connected, db, migrate, open_database
from idapp.imports.import_context import _LEANS_ON
from idapp.models import HeadingMeaning, Import, ImportRow, Person
from idapp.rules import record
from idapp.settings import Settings
from tests.cast import HOME, Cast, number_for
from tests.excel_rules import faults
from tests.test_import_decisions import CHILD, MOTHERS, asked
from tests.test_imports import (
    PROFILE,
    SAMPLES,
    book,
    codes,
    judged,
    newcomer,
    read,
)

pytestmark = pytest.mark.usefixtures("few_places")


def two_sheets() -> bytes:
    file = Workbook()
    file.active.title = "5A"
    file.create_sheet("Lớp 5B")
    for name in ("5A", "Lớp 5B"):
        file[name].append(
            ["STT", "Họ tên", "Ghi chú của cô", "Ngày sinh", "Giới tính", "Số định danh cá nhân"]
        )
    file["5A"].append(
        ["1", "Bùi Thị Dung", "hay ốm", "31/02/2012", "Nữ", number_for(2012, "Nữ", 77)]
    )
    file["5A"].append(["2", "Bùi Thị Em", "", "17/09/2012", "Nữ", number_for(2012, "Nữ", 78)])
    file["Lớp 5B"].append(["1", "Bùi Văn Khoa", "ngồi bàn đầu", "17/09/2012", "Nam", "12345"])
    file["Lớp 5B"].append(["2", "Bùi Thị Hoa", "", "17/09/2012", "Nữ", number_for(2012, "Nữ", 78)])
    out = io.BytesIO()
    file.save(out)
    return out.getvalue()


def test_rows_of_several_sheets_are_named_with_their_sheet(cast: Cast) -> None:
    upload = asked(cast, two_sheets())
    rows = judged(upload)
    assert [(r.sheet, r.row, r.class_name) for r in rows[:3]] == [
        ("5A", 2, "5A"),
        ("5A", 3, "5A"),
        ("Lớp 5B", 2, "5B"),
    ]
    assert "dòng 3 của sheet “Lớp 5B”" in str(rows[1].problems)
    assert imports.totals_of(upload).views["twice"] == 2


def test_the_workbook_of_errors_has_the_users_own_shape_and_finishes_the_job(cast: Cast) -> None:
    upload = asked(cast, two_sheets())
    imports.confirm(upload, by=cast.thu)
    file = load_workbook(io.BytesIO(imports.errors_workbook(upload)))
    assert file.sheetnames == ["5A", "Lớp 5B"]
    one, other = file.worksheets
    heading = ["STT", "Họ tên", "Ghi chú của cô", "Ngày sinh", "Giới tính", "Số định danh cá nhân"]
    assert [c.value for c in one[1]] == ["Cần sửa", "Dòng trong tệp", *heading, "Lớp"]
    assert [c.value for c in one[2]][1:6] == ["2", "1", "Bùi Thị Dung", None, "31/02/2012"]
    assert one.max_row + other.max_row - 2 == imports.totals_of(upload).views["errors"] == 4
    assert "Không có ngày 31/02/2012" in one["F2"].comment.text
    assert "Đã đọc: 31/02/2012" in one["F2"].comment.text
    one["F2"], one["H3"] = "28/02/2012", number_for(2012, "Nữ", 79)
    other["H2"] = number_for(2012, "Nam", 80)
    out = io.BytesIO()
    file.save(out)
    mended = asked(cast, out.getvalue())
    assert mended.unknown_headings == ["Ghi chú của cô"]
    assert imports.totals_of(mended).views["errors"] == 0
    imports.confirm(mended, by=cast.thu)
    born = {p.full_name: (p.date_of_birth, p.identity_number) for p in Person.select()}
    assert born["Bùi Thị Dung"] == ("28/02/2012", number_for(2012, "Nữ", 77))
    assert (
        born["Bùi Thị Em"][1][-2:] + born["Bùi Văn Khoa"][1][-2:] + born["Bùi Thị Hoa"][1][-2:]
        == "798078"
    )


def test_an_empty_column_is_not_in_the_workbook_of_errors(cast: Cast) -> None:
    heading = ["Lớp", "Họ và tên", "", "Số định danh cá nhân"]
    upload = read([["5A", "Bùi Thị Dung", "", "12345"]], cast.thu, heading)
    sheet = load_workbook(io.BytesIO(imports.errors_workbook(upload))).worksheets[0]
    rows = list(sheet.iter_rows(values_only=True))
    [headings] = [row for row in rows if "Họ và tên" in row]
    at = headings.index("Lớp")
    assert headings[at : at + 3] == ("Lớp", "Họ và tên", "Số định danh cá nhân")


def test_two_columns_of_one_name_that_differ_are_asked_about(cast: Cast) -> None:
    heading = ("Lớp", "Họ tên", "Ngày sinh", "Giới tính", "Ngày sinh")
    rows = [["5A", "Bùi Thị Dung", "17/09/2012", "Nữ", "18/09/2012"]]
    upload = asked(cast, book(rows, heading))
    (question,) = upload.questions
    assert "2 cột “Ngày sinh” (C, E)" in question["sentence"]
    (shown,) = imports.questions_of(upload)
    assert [column["samples"] for column in shown["columns"]] == [["17/09/2012"], ["18/09/2012"]]
    first, second = (column["key"] for column in question["columns"])
    imports.answer(upload, columns={first: "", second: "date_of_birth"}, anyway=(), by=cast.thu)
    assert [row.values["date_of_birth"] for row in judged(upload)] == ["18/09/2012"]
    assert HeadingMeaning.select().count() == 0, (
        "what is said of one column is true of no other file"
    )


@pytest.mark.parametrize(
    ("first", "second", "guesses"),
    [
        ("", CHILD[-1], ["", "identity_number"]),
        (MOTHERS, CHILD[-1], ["", "identity_number"]),
        (CHILD[-1], MOTHERS, ["identity_number", ""]),
        (MOTHERS, MOTHERS[:-1] + "9", ["", ""]),
        ("", MOTHERS, ["identity_number", ""]),
    ],
)
def test_of_two_columns_of_numbers_the_one_of_the_birth_years_is_proposed(
    cast: Cast, first: str, second: str, guesses: list[str]
) -> None:
    heading = ("Lớp", "Họ tên", "Ngày sinh", "Số CCCD", "Dân tộc", "Số CCCD")
    rows = [["5A", "Bùi Thị Dung", "17/09/2012", first, "Kinh", second]]
    (question,) = asked(cast, book(rows, heading)).questions
    assert [column["guess"] for column in question["columns"]] == guesses


@pytest.mark.parametrize("heading", ["Số thẻ BHYT", "Mã số BHXH", "Số CCCD mẹ", "Bảo hiểm"])
@pytest.mark.parametrize("every", [False, True])
def test_another_ones_number_is_not_even_proposed(cast: Cast, heading: str, *, every: bool) -> None:
    headings = ("Lớp", "Họ tên", "Ngày sinh", "Giới tính", heading, "Nhóm máu")
    data = book([["5A", "Bùi Thị Dung", "17/09/2012", "Nữ", CHILD[-1], "O"]], headings)
    stream = io.BytesIO(data)
    upload = imports.read_stream(stream, "tep.xlsx", by=cast.thu, every_column=every)
    shown = [column["heading"] for question in upload.questions for column in question["columns"]]
    assert shown == (["Nhóm máu"] if every else [])


def test_two_columns_of_one_name_that_say_the_same_are_no_question(cast: Cast) -> None:
    heading = ("Lớp", "Họ tên", "Ngày sinh", "Giới tính", "Ngày sinh")
    upload = asked(cast, book([["5A", "Bùi Thị Dung", "17/09/2012", "Nữ", "17/09/2012"]], heading))
    assert upload.state == "checked"


def test_without_anybody_to_answer_two_columns_of_one_name_refuse_the_file(cast: Cast) -> None:
    heading = ("Lớp", "Họ tên", "Số CCCD", "Số CCCD")
    with pytest.raises(imports.FileRefused, match=r"2 cột “Số CCCD” \(C, D\)"):
        read([["5A", "Bùi Thị Dung", "", CHILD[-1]]], cast.thu, heading)


def test_a_hidden_row_is_told(cast: Cast) -> None:
    file = load_workbook(
        io.BytesIO(book([newcomer(), newcomer(full_name="Bùi Thị Em", identity_number=None)]))
    )
    file.active.row_dimensions[3].hidden = True
    out = io.BytesIO()
    file.save(out)
    upload = imports.read_bytes(out.getvalue(), "a.xlsx", by=cast.thu)
    assert imports.totals_of(upload).views["hidden"] == 1
    assert "hidden_row" in codes(judged(upload)[1])


def test_the_staff_export_of_the_ministry(cast: Cast) -> None:
    upload = imports.read_file(
        SAMPLES / "can-bo.xlsx", "can-bo.xlsx", by=cast.thu, anyway=["school"]
    )
    told = imports.totals_of(upload)
    assert (upload.shape, told.counts["new"], told.aside) == ("staff", 5, {"left": 1})
    imports.confirm(upload, by=cast.thu)
    luc = Person.get(Person.full_name == "Phạm Văn Lực")
    assert (luc.kind, luc.position, luc.identity_number) == (
        "staff",
        "Giáo viên",
        "100760104",
    )  # the old card comes in with its error
    assert Person.get(Person.full_name == "Trần Quốc Khải").identity_number == "100085000102"
    again = imports.read_file(
        SAMPLES / "can-bo.xlsx", "can-bo.xlsx", by=cast.thu, anyway=["school"]
    )
    assert imports.totals_of(again).to_write == 0


# whatever the file


CELL = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.dates(),
    st.times(),
    st.text(max_size=12),
    st.sampled_from(
        [
            "=1+1",
            "=A1",
            "#N/A",
            "xoá",
            "36",
            "5A",
            "Nam",
            "17/09/2012",
            "100312000077",
            "Lớp: 5A",
            "STT",
        ]
    ),
)
HEADINGS = st.sampled_from([*PROFILE, "Ghi chú", "", "Phiên bản idapp", "Mã hồ sơ idapp", "Cột lạ"])


@rules_of(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    heading=st.lists(HEADINGS, min_size=2, max_size=8),
    rows=st.lists(st.lists(CELL, max_size=8), max_size=6),
)
def test_any_workbook_ends_in_a_classified_result_and_twice_changes_nothing(
    cast: Cast, heading: list[str], rows: list[list[object]]
) -> None:
    def attempt() -> Import | None:
        try:
            return asked(cast, data)
        except imports.FileRefused as refused:
            assert len(refused.message) > 20
            return None

    file = Workbook()
    for row in [heading, *rows]:
        file.active.append(
            [str(v)[:0] if isinstance(v, str) and _unwritable(v) else v for v in row]
        )
    out = io.BytesIO()
    file.save(out)
    data = out.getvalue()
    with db.atomic() as undone:
        upload = attempt()
        if upload is not None and upload.state == "checked":
            told = imports.totals_of(upload)
            assert sum(told.counts.values()) == len(judged(upload))
            assert faults(imports.errors_workbook(upload)) == []
            outcome = imports.confirm(upload, by=cast.thu)
            assert sum(outcome.values()) == len(judged(upload))
            assert not outcome.get("stale")
            again = attempt()
            assert again is not None
            assert imports.totals_of(again).to_write == 0
        undone.rollback()


def _unwritable(text: str) -> bool:
    return any(ord(c) < 32 or 0xD800 <= ord(c) < 0xE000 or c in "\ufffe\uffff" for c in text)


@rules_of(max_examples=60, deadline=None)
@given(
    name=st.sampled_from([f.name for f in record.FIELDS]),
    text=st.text(max_size=20)
    | st.sampled_from(["Tỉnh Long An", "Thủ Thừa", "Mỹ An", "100312000077", "B1234567"]),
    others=st.dictionaries(
        st.sampled_from([f.name for f in record.FIELDS]), st.sampled_from(["", "Lào", "5", "Nam"])
    ),
)
def test_a_text_is_read_by_no_other_fields_than_an_import_thinks(
    name: str, text: str, others: dict[str, str]
) -> None:
    """An import keeps what ``normalise`` answered, under the fields it is said to lean on."""
    around = record.RecordContext(today=date(2022, 10, 16))
    leaning = {field: others.get(field, "") for field in _LEANS_ON.get(name, ())}
    assert record.normalise(name, text, others, around) == record.normalise(
        name, text, leaning, around
    )


def test_nothing_of_an_upload_is_left_in_the_data_folder(cast: Cast, settings: Settings) -> None:
    upload = asked(cast, book([newcomer(**HOME)]))
    imports.confirm(upload, by=cast.thu)
    assert list(Path(settings.data, "uploads").glob("*")) == []


@pytest.mark.sqlite("rows of an older file, written as SQLite takes them")
def test_imports_of_the_first_schema_are_carried_over(tmp_path: Path, settings: Settings) -> None:
    """A file that was checked before the update can be looked at, mended and written after it."""
    open_database(settings)
    with connected():
        runner = Runner(db.obj, str(_MIGRATIONS))
        runner.up("0001_first_schema")
        db.execute_sql(
            "INSERT INTO user (id, username, full_name, role, password_hash, must_change_password, disabled,"
            " created_at) VALUES (1, 'thu', 'Thư', 'clerk', 'x', 0, 0, '2022-10-01')"
        )
        db.execute_sql(
            "INSERT INTO import (id, file_name, sha256, user_id, created_at, state, shape, skipped, unknown_headings,"
            " step) VALUES (1, 'a.xlsx', 'x', 1, '2022-10-01', 'checked', 'profile', '{}', '[]', '')"
        )
        row = (
            'INSERT INTO import_row (upload_id, row, verdict, class_name, "values", seen, repairs, problems, applied)'
            " VALUES (1, ?, ?, '5A', ?, ?, '{}', ?, '')"
        )
        bad = '[{"field":"date_of_birth","code":"x","message":"m","suggestion":"","level":"error"}]'
        db.execute_sql(
            row, (1, "heading", '{"full_name":"Họ tên","date_of_birth":"Ngày sinh"}', "{}", "[]")
        )
        db.execute_sql(
            row,
            (2, "new", '{"full_name":"A","date_of_birth":"31/02/2012"}', '{"full_name":""}', bad),
        )
        migrate()
        upload = Import.get()
        assert upload.tables[0]["columns"] == {"full_name": 0, "date_of_birth": 1}
        told = imports.totals_of(upload)
        assert (told.counts["new"], told.views["errors"], told.to_write) == (1, 1, 1)
        assert upload.counts == {"full_name": [1, 0, 0], "date_of_birth": [0, 0, 1]}
        sheet = load_workbook(io.BytesIO(imports.errors_workbook(upload))).active
        assert [c.value for c in sheet[2]][2:4] == ["A", "31/02/2012"]


@pytest.mark.sqlite("rows of an older file, written as SQLite takes them")
def test_decisions_of_the_version_before_get_a_column_of_their_own(settings: Settings) -> None:
    choice = {"field": "commune", "code": "worse", "message": "m", "level": "choice", "take": True}
    error = {"field": "commune", "code": "x", "message": "m", "suggestion": "", "level": "error"}
    problems = json.dumps([error, choice])
    address = json.dumps({"key": "k", "open": {"problems": [error, choice]}})
    open_database(settings)
    with connected():
        Runner(db.obj, str(_MIGRATIONS)).up("0017_field_words")
        db.execute_sql(
            "INSERT INTO user (id, username, full_name, role, password_hash, must_change_password, disabled,"
            " created_at) VALUES (1, 'thu', 'Thư', 'clerk', 'x', 0, 0, '2022-10-01')"
        )
        db.execute_sql(
            "INSERT INTO import (id, file_name, sha256, user_id, created_at, state, shape, skipped, unknown_headings,"
            " changeset) VALUES (1, 'a.xlsx', 'x', 1, '2022-10-01', 'checked', 'profile', '{}', '[]', '')"
        )
        db.execute_sql(
            'INSERT INTO import_row (upload_id, row, verdict, class_name, "values", seen, repairs, problems, applied,'
            " address, marks) VALUES (1, 2, 'conflict', '5A', '{}', '{}', '{}', ?, '', ?, ' errors undecided ')",
            (problems, address),
        )
        migrate()
        row = ImportRow.get()
    made = {"code": "worse", "message": "m", "take": True}
    assert (row.problems, row.choices) == ([error], {"commune": made})
    assert row.address["open"] == {"problems": [error], "choices": {"commune": made}}
    assert row.marks == ["errors", "undecided"]
