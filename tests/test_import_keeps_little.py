"""Columns that nobody asks for are never kept: canary values are looked for wherever something could lie."""

import io
import json
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playhouse.migrations import Runner

from idapp import imports
from idapp.database import _MIGRATIONS, connected, db, migrate, open_database
from idapp.imports import uploads
from idapp.models import Import, ImportRow, Person
from idapp.settings import Settings
from tests.cast import Cast, number_for
from tests.test_imports import judged

pytestmark = pytest.mark.usefixtures("few_places")
CANARIES = ("hen-suyen-canary", "dao-canary", "0900-canary", "ho-ngheo-canary")
HEADING = "Lớp,Họ tên,Ngày sinh,Giới tính,Số định danh cá nhân,Sức khỏe,Tôn giáo,Điện thoại,Diện chính sách"
NUMBER = number_for(2012, "Nữ", 77)


def csv(*rows: str, heading: str = HEADING) -> bytes:
    return "\n".join([heading, *(f"{row},{','.join(CANARIES)}" for row in rows)]).encode()


WRONG = csv(
    f"5A,Bùi Thị Dung,31/02/2012,Nữ,{NUMBER}",
    "5A,Bùi Thị Em,17/09/2012,Nữ,12345",
    ",Bùi Thị Hạnh,17/09/2012,Nữ,",  # no class: the whole row stays out
)
# the column of numbers is called otherwise, so that all unknown columns are asked about
ASKED = csv(f"5A,Bùi Thị Dung,31/02/2012,Nữ,{NUMBER}", heading=HEADING.replace("cá nhân", "bé"))


def kept_bytes(settings: Settings) -> bytes:
    """Everything of the data folder: database, WAL, uploads, keys; and all that a server's tables hold."""
    files = [path for path in settings.data.rglob("*") if path.is_file()]
    kept = b"".join(path.read_bytes() for path in files)
    if settings.sqlite_file:
        assert any(path.name == "idapp.db" for path in files)
        return kept
    for table in db.get_tables():
        kept += repr(db.execute_sql(f'SELECT * FROM "{table}"').fetchall()).encode()
    return kept


def assert_no_canary(data: bytes) -> None:
    assert [canary for canary in CANARIES if canary.encode() in data] == []


def asked(cast: Cast) -> Import:
    upload = imports.read_stream(io.BytesIO(ASKED), "a.csv", by=cast.thu, every_column=True)
    assert upload.state == "asking"
    return upload


def test_rows_to_mend_keep_only_the_columns_we_use(cast: Cast, settings: Settings) -> None:
    upload = imports.read_bytes(WRONG, "a.csv", by=cast.thu)
    assert all(row.raw for row in judged(upload))
    assert_no_canary(kept_bytes(settings))
    imports.confirm(upload, by=cast.thu)
    assert_no_canary(kept_bytes(settings))
    imports.undo(Import.get_by_id(upload.id), by=cast.thu)
    assert_no_canary(kept_bytes(settings))


def test_their_headings_stand_in_the_errors_workbook_and_their_cells_are_empty(
    cast: Cast,
) -> None:
    upload = imports.read_bytes(WRONG, "a.csv", by=cast.thu)
    heading, *rows = load_workbook(io.BytesIO(imports.errors_workbook(upload))).worksheets[0]
    words = [cell.value for cell in heading]
    assert words[-4:] == ["Sức khỏe", "Tôn giáo", "Điện thoại", "Diện chính sách"]
    assert [[cell.value for cell in row[-4:]] for row in rows] == [[None] * 4] * 3
    assert [row[words.index("Họ tên")].value for row in rows] == [
        "Bùi Thị Dung",
        "Bùi Thị Em",
        "Bùi Thị Hạnh",
    ]


def test_a_question_shows_values_that_lie_encrypted_with_the_file_only(
    cast: Cast, settings: Settings
) -> None:
    upload = asked(cast)
    (question,) = imports.questions_of(Import.get_by_id(upload.id))
    assert {c["heading"]: c["samples"] for c in question["columns"]}["Sức khỏe"] == [CANARIES[0]]
    assert_no_canary(kept_bytes(settings))


@pytest.mark.parametrize("end", ["answered", "dropped"])
def test_after_the_answer_nothing_of_the_question_is_left(
    cast: Cast, settings: Settings, end: str
) -> None:
    upload = asked(cast)
    keys = {c["key"]: c["guess"] for q in upload.questions for c in q["columns"]}
    if end == "dropped":
        imports.drop(upload, by=cast.thu)
    else:
        upload = imports.answer(upload, columns=keys, anyway=(), by=cast.thu)
        assert upload.state == "checked"
        assert judged(upload)[0].raw
    assert list((settings.data / "uploads").iterdir()) == []
    assert_no_canary(kept_bytes(settings))


def test_a_file_kept_by_an_older_version_is_called_gone(cast: Cast, settings: Settings) -> None:
    upload = asked(cast)
    (path,) = (settings.data / "uploads").iterdir()
    path.write_bytes(ASKED)
    assert uploads.read_kept_file(upload) is None
    assert "samples" not in str(imports.questions_of(upload))
    with pytest.raises(imports.FileRefused, match="tải tệp lên lại"):
        imports.answer(upload, columns={}, anyway=(), by=cast.thu)


def test_one_kept_file_cannot_be_passed_off_as_another(cast: Cast, settings: Settings) -> None:
    one, other = asked(cast), asked(cast)
    folder = settings.data / "uploads"
    (folder / f"import-{one.id}.upload").replace(folder / f"import-{other.id}.upload")
    assert uploads.read_kept_file(other) is None


def test_a_wider_form_of_the_ministry_keeps_names_of_parents_and_nothing_else(
    cast: Cast,
) -> None:
    """Names of parents are asked for (form 4.1.6), their work and phones are not."""
    heading = "Lớp,Họ tên,Ngày sinh,Họ tên mẹ,Nghề nghiệp mẹ,Số điện thoại mẹ"
    row = "5A,Bùi Thị Dung,31/02/2012,Vũ Thị Mận,may-canary,0900-canary"
    upload = imports.read_bytes(f"{heading}\n{row}".encode(), "a.csv", by=cast.thu)
    assert judged(upload)[0].raw == ["5A", "Bùi Thị Dung", "31/02/2012", "Vũ Thị Mận", "", ""]


@pytest.mark.sqlite("rows of an older file, written as SQLite takes them")
def test_rows_kept_by_an_older_version_forget_what_nobody_asks_for(
    tmp_path: Path, settings: Settings
) -> None:
    open_database(settings)
    with connected():
        runner = Runner(db.obj, str(_MIGRATIONS))
        runner.up("0006_import_counts")
        db.execute_sql(
            "INSERT INTO user (id, username, full_name, role, password_hash, must_change_password, disabled,"
            " created_at) VALUES (1, 'thu', 'Thư', 'clerk', 'x', 0, 0, '2022-10-01')"
        )
        table = {
            "sheet": "5A",
            "heading_row": 1,
            "headings": ["Họ", "Tên", "Ngày sinh", "Sức khỏe"],
            "columns": {"full_name": 0, "date_of_birth": 2},
            "joined": {"full_name": [0, 1]},
            "others": {},
        }
        question = {"kind": "columns", "columns": [{"key": "suc khoe", "samples": [CANARIES[0]]}]}
        db.execute_sql(
            "INSERT INTO import (id, file_name, sha256, user_id, created_at, state, shape, skipped, unknown_headings,"
            " step, tables, questions) VALUES (1, 'a.xlsx', 'x', 1, '2022-10-01', 'checked', 'profile', '{}', '[]',"
            " '', ?, ?)",
            (json.dumps([table]), json.dumps([question])),
        )
        raw = json.dumps(["Bùi", "Dung", "31/02/2012", CANARIES[0]])
        db.execute_sql(
            'INSERT INTO import_row (upload_id, row, verdict, class_name, "values", seen, repairs, problems, applied,'
            " raw) VALUES (1, 2, 'new', '5A', '{}', '{}', '{}', '[]', '', ?)",
            (raw,),
        )
        migrate()
        assert ImportRow.get().raw == ["Bùi", "Dung", "31/02/2012", ""]
        assert Import.get().questions == [{"kind": "columns", "columns": [{"key": "suc khoe"}]}]
    assert_no_canary((settings.data / "idapp.db").read_bytes())


def test_what_arrives_is_not_lost_for_it(cast: Cast) -> None:
    upload = imports.read_bytes(WRONG, "a.csv", by=cast.thu)
    imports.confirm(upload, by=cast.thu)
    assert Person.get(Person.full_name == "Bùi Thị Em").identity_number == "12345"
