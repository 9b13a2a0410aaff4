"""`flask import` tells what the check page tells, and ends with 1 when something of the file did not come in."""

from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pytest
from click.testing import Result
from flask import Flask

from idapp import imports, people
from idapp.models import Import, Person
from idapp.people import epochs, place_choices
from tests.cast import Cast
from tests.test_imports import PROFILE, book, fresh, line, newcomer

pytestmark = pytest.mark.usefixtures("few_places")


class Operator:
    """Types the command on a machine with this file."""

    def __init__(self, app: Flask, folder: Path) -> None:
        self.app, self.file = app, folder / "ds.xlsx"

    def imports(self, rows: Sequence[Sequence[object]], *options: object) -> Result:
        self.file.write_bytes(book(rows))
        args = ["import", str(self.file), *(str(option) for option in options)]
        result = self.app.test_cli_runner().invoke(args=args)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result


@pytest.fixture
def operator(app: Flask, tmp_path: Path) -> Operator:
    return Operator(app, tmp_path)


def test_errors_are_told_before_and_after_row_by_row(operator: Operator, cast: Cast) -> None:
    rows = [newcomer(), newcomer(full_name="Bùi Thị Em", identity_number="10031200007")]
    result = operator.imports(rows)
    assert "1 dòng có ô lỗi:" in result.output
    assert "Dòng 3, Bùi Thị Em: Số định danh cá nhân: Số định danh phải có" in result.output
    assert "Đã lưu: 2 hồ sơ mới." in result.output
    assert "1 dòng đã lưu kèm ô lỗi" in result.output
    assert result.exit_code == 0  # everything came in


def test_skipped_lines_are_told(operator: Operator, cast: Cast) -> None:
    rows = [["", "DANH SÁCH HỌC SINH"], newcomer(), ["", "Tổng số: 1 học sinh"]]
    output = operator.imports(rows).output
    assert "1 dòng tên cột, 1 dòng tiêu đề" in output
    assert "1 dòng chữ ký, tổng cộng" in output


def test_a_file_without_a_fault_ends_well(operator: Operator, cast: Cast) -> None:
    result = operator.imports([newcomer()])
    assert result.exit_code == 0
    assert "Chưa lưu" not in result.output


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (newcomer(school_class=None), "1 dòng không nhập được"),
        (newcomer(address="=A1&B1"), "ô không đọc được của 1 dòng"),
        (
            line(school_class="5A", ministry_code="1000000001", identity_number="12345"),
            "chỗ cần quyết định của 1 dòng",
        ),
        (
            line(school_class="5A", full_name="Nguyễn Thị An", date_of_birth="21/03/2012"),
            "1 dòng bỏ chọn hoặc chưa chọn",
        ),
    ],
)
def test_what_was_left_out_is_told_and_ends_with_one(
    operator: Operator, cast: Cast, row: list[object], told: str
) -> None:
    result = operator.imports([row, newcomer(full_name="Bùi Thị Em")])
    assert result.exit_code == 1
    assert told in result.output.split("Chưa lưu:")[1]
    assert Person.select().where(Person.full_name == "Bùi Thị Em").exists()


def test_both_sides_can_be_decided_by_an_option(operator: Operator, cast: Cast) -> None:
    row = line(school_class="5A", ministry_code="1000000001", identity_number="12345")
    result = operator.imports([row], "--take", "conflict")
    assert (result.exit_code, fresh(cast.an).identity_number) == (0, "12345")


def test_all_or_nothing_writes_nothing_and_says_why(operator: Operator, cast: Cast) -> None:
    rows = [newcomer(), newcomer(full_name="Bùi Thị Em", identity_number="12345")]
    result = operator.imports(rows, "--all-or-nothing")
    assert result.exit_code == 1
    assert "Chưa lưu gì: còn 1 dòng có ô lỗi" in result.output
    assert not Person.select().where(Person.full_name.startswith("Bùi")).exists()


def test_the_rows_to_mend_can_be_kept_as_a_workbook(
    operator: Operator, cast: Cast, tmp_path: Path
) -> None:
    target = tmp_path / "sua.xlsx"
    operator.imports([newcomer(identity_number="12345")], "--errors", target)
    assert target.stat().st_mode & 0o077 == 0
    assert openpyxl.load_workbook(target).worksheets[0].max_row == 2


def test_every_doubt_is_named_with_the_options_that_set_it_aside(
    operator: Operator, cast: Cast
) -> None:
    title = ["TRƯỜNG TIỂU HỌC AN LẠC - NĂM HỌC 2020-2021"]
    file = openpyxl.Workbook()
    for row in (title, [], list(PROFILE), newcomer()):
        file.active.append(row)
    file.save(operator.file)
    runner = operator.app.test_cli_runner()
    refused = runner.invoke(args=["import", str(operator.file)])
    assert refused.exit_code == 1
    assert "--anyway school --anyway year" in refused.output
    options = ["--anyway", "school", "--anyway", "year"]
    assert runner.invoke(args=["import", str(operator.file), *options]).exit_code == 0


def test_a_check_writes_nothing(operator: Operator, cast: Cast) -> None:
    result = operator.imports([newcomer(identity_number="12345")], "--check")
    assert result.exit_code == 0
    assert "1 dòng có ô lỗi" in result.output
    assert Import.get().state == "checked"
    assert not Person.select().where(Person.full_name.startswith("Bùi")).exists()


def test_a_row_edited_meanwhile_is_told(
    operator: Operator, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    confirm = imports.confirm

    def late(upload: Import, *, by: object) -> dict[str, int]:
        people.change(cast.binh, "address", "Ấp 9", seen="", by=cast.lan)
        return confirm(upload, by=by)  # type: ignore[arg-type]

    monkeypatch.setattr(imports, "confirm", late)
    result = operator.imports([line(school_class="5A", ministry_code="1000000002", address="Ấp 3")])
    assert result.exit_code == 1
    assert "1 dòng vừa có người sửa" in result.output


def test_an_old_address_that_waits_for_a_choice_ends_with_one_and_a_remembered_one_with_zero(
    operator: Operator, cast: Cast
) -> None:
    epochs.go_on(epochs.begin("2level", by=cast.hoa).id)
    ward = {"province": "Hà Nội", "district": "Ba Đình", "commune": "Phường Ngọc Hà"}
    result = operator.imports([newcomer(**ward)])
    assert "Phường Ngọc Hà, Quận Ba Đình, Thành phố Hà Nội” (1 dòng) cần chọn" in result.output
    assert "Chưa lưu: chỗ cần chọn của 1 địa chỉ cũ" in result.output
    assert result.exit_code == 1
    place_choices.remember({"00016": "00004"}, by=cast.hoa)
    result = operator.imports([newcomer(**ward)])
    assert "theo lần chọn trước của trường" in result.output
    assert result.exit_code == 0
    assert Person.select().where(Person.commune == "Phường Ba Đình").count() == 1
