"""The check page of lists as people make them: what was read in an unusual way, what was left aside, what is asked."""

import io
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from openpyxl import Workbook, load_workbook

from idapp import imports
from idapp.models import Import, ImportRow, User
from tests.cast import Cast, number_for

pytestmark = pytest.mark.usefixtures("few_places")
ClientOf = Callable[[User], FlaskClient]
CASES = Path(__file__).parent.parent / "samples" / "workbooks" / "cases"
OWN, MOTHERS = number_for(2012, "Nữ", 77), "100188000202"


def workbook(
    *rows: Sequence[object], more: dict[str, Sequence[Sequence[object]]] | None = None
) -> bytes:
    """A workbook with one sheet of these rows, and further sheets by name."""
    book = Workbook()
    book.active.title = "5A"
    for name, lines in {"5A": rows, **(more or {})}.items():
        sheet = book[name] if name in book.sheetnames else book.create_sheet(name)
        for line in lines:
            sheet.append(list(line))
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def upload(client: FlaskClient, data: bytes) -> str:
    """The page the clerk lands on, white space aside; in doubt about its dates only, they are read day first."""
    form = {"file": (io.BytesIO(data), "danh-sach.xlsx")}
    page = client.post(
        "/imports", data=form, content_type="multipart/form-data", follow_redirects=True
    )
    assert page.status_code == 200
    if re.findall('data-question="([a-z]+)"', page.text) == ["dates"]:
        address = f"{page.request.path}/answers"
        page = client.post(address, data={"dates": "day"}, follow_redirects=True)
    return " ".join(page.text.split())


def case(client: FlaskClient, name: str) -> str:
    return upload(client, (CASES / name).read_bytes())


def lines_told(page: str) -> str:
    return re.sub(r"\s+", " ", page.partition("<p data-lines>")[2].partition("</p>")[0]).strip()


def test_filled_down_lines_are_counted_once_and_listed_on_request(
    cast: Cast, client_of: ClientOf
) -> None:
    page = case(client_of(cast.thu), "filled_down.xlsx")
    told = (
        "Đã đọc 400 dòng: 1 hồ sơ, 1 dòng tên cột, 398 dòng trống hoặc chỉ điền sẵn lớp, giới tính."
    )
    assert lines_told(page) == told
    assert "<li>Dòng 3-400: dòng trống hoặc chỉ điền sẵn lớp, giới tính</li>" in page
    assert '<b data-count="errors">0</b>' in page


def test_the_title_of_a_section_is_listed_with_its_text(cast: Cast, client_of: ClientOf) -> None:
    rows = (("Lớp", "Họ và tên", "Ngày sinh"), ("5A", "Lý Thị Mai", "02/03/2012"))
    page = upload(client_of(cast.thu), workbook(*rows, ("", "Sĩ số: 1", "")))
    assert "<li>Dòng 3: dòng tiêu đề “Sĩ số: 1”</li>" in page


def test_what_stands_outside_the_columns_is_not_kept(cast: Cast, client_of: ClientOf) -> None:
    rows = (("Lớp", "Họ và tên", "Ngày sinh", "Ghi chú"), ("5A", "Lý Thị Mai", "02/03/2012", ""))
    page = upload(client_of(cast.thu), workbook(*rows, ("", "", "", "hay ốm")))
    assert "<li>Dòng 3: dòng tiêu đề</li>" in page
    assert "hay ốm" not in page
    assert "hay ốm" not in str(Import.get().tables)


@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("gender_as_x.xlsx", "Cột “Nữ” (cột E) có dấu ở 1 dòng"),
        ("date_in_three_columns.xlsx", "ghép từ ba cột ngày, tháng, năm (cột C, D, E)"),
        ("staff_dates_under_nam_nu.xlsx", "hai cột “Nam” và “Nữ” (cột C, D)"),
    ],
)
def test_an_unusual_reading_is_told(cast: Cast, client_of: ClientOf, name: str, note: str) -> None:
    assert note in case(client_of(cast.thu), name)


def test_lists_beside_each_other_come_in_both(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.thu)
    case(client, "side_by_side.xlsx")
    found = [(row.row, row.sheet, row.values["full_name"]) for row in ImportRow.select()]
    assert found == [
        (2, "Sheet, cột A-C", "Lý Văn Tấn"),
        (2, "Sheet, cột D-F", "Lý Văn Vàng"),
    ]


def test_a_mothers_number_is_told_as_hers(cast: Cast, client_of: ClientOf) -> None:
    page = case(client_of(cast.thu), "parents_number.xlsx")
    assert "Số CCCD (cột F, sau cột “Họ tên mẹ”)" in page
    assert MOTHERS not in page


def test_a_list_of_staff_in_a_file_of_pupils_is_told(cast: Cast, client_of: ClientOf) -> None:
    pupils = (
        ("Lớp", "Họ và tên", "Ngày sinh"),
        ("5A", "Lý A", "02/03/2012"),
        ("5A", "Lý B", "02/03/2012"),
    )
    staff = (("Họ và tên", "Chức vụ"), ("Đỗ Thị Lài", "Giáo viên"))
    page = upload(
        client_of(cast.thu), workbook(*pupils, more={"GV": staff, "DM": (("Kinh",), ("Hoa",))})
    )
    assert "“GV” là danh sách cán bộ, giáo viên (1 dòng) nên không đọc cùng" in page
    assert "2 dòng ở sheet không có danh sách, 1 dòng ở danh sách không đọc cùng" in page
    assert ImportRow.select().count() == 2


def test_a_hidden_list_is_told(cast: Cast, client_of: ClientOf) -> None:
    rows = (("Lớp", "Họ và tên", "Ngày sinh"), ("5A", "Lý Thị Mai", "02/03/2012"))
    book = load_workbook(io.BytesIO(workbook(*rows, more={"Cũ": rows})))
    book["Cũ"].sheet_state = "hidden"
    out = io.BytesIO()
    book.save(out)
    assert "Sheet ẩn “Cũ” có danh sách (2 dòng)" in upload(client_of(cast.thu), out.getvalue())


def test_one_heading_twice_is_asked_with_both_columns_in_sight(
    cast: Cast, client_of: ClientOf
) -> None:
    client = client_of(cast.thu)
    heading = ("Lớp", "Họ và tên", "Ngày sinh", "Số CCCD", "Dân tộc", "Số CCCD")
    page = upload(
        client, workbook(heading, ("5A", "Lý Thị Mai", "17/09/2012", MOTHERS, "Kinh", OWN))
    )
    assert "Tệp có 2 cột “Số CCCD” (D, F): cột nào là Số định danh cá nhân của học sinh?" in page
    assert MOTHERS in page
    assert OWN in page
    assert "Đừng chọn cột của cha mẹ. Câu trả lời chỉ dùng cho tệp này" in page
    _, second = keys = re.findall(r'name="which-key" value="([^"]+)"', page)
    answers = {"which-key": keys, "which-field": "identity_number", "which": second}
    client.post("/imports/1/answers", data=answers)
    assert ImportRow.get().values["identity_number"] == OWN


def test_each_list_of_a_sheet_goes_back_for_mending_as_its_own(
    cast: Cast, client_of: ClientOf
) -> None:
    top, bad = ("Họ và tên", "Ngày sinh") * 2, "31/02/2012"
    page = upload(client_of(cast.thu), workbook(("LỚP 5A",), top, ("Lý A", bad, "Lý B", bad)))
    assert '<b data-count="errors">2</b>' in page
    errors = load_workbook(io.BytesIO(imports.errors_workbook(Import.get())))
    shown = {sheet.title: [cell.value for cell in sheet[1] if cell.value] for sheet in errors}
    assert shown["5A, cột A-B"] == ["Cần sửa", "Dòng trong tệp", "Họ và tên", "Ngày sinh", "Lớp"]
    assert shown["5A, cột C-D"] == shown["5A, cột A-B"]
    again = io.BytesIO()
    for sheet, name in (("5A, cột A-B", "Lý A"), ("5A, cột C-D", "Lý B")):
        row = next(
            line for line in errors[sheet].iter_rows(min_row=2) if name in [c.value for c in line]
        )
        next(cell for cell in row if cell.value == bad).value = "28/02/2012"
    errors.save(again)
    upload(client_of(cast.thu), again.getvalue())
    mended = ImportRow.select().where(ImportRow.upload == 2)
    told = [
        (row.values["full_name"], row.values["date_of_birth"], row.class_name) for row in mended
    ]
    assert told == [("Lý A", "28/02/2012", "5A"), ("Lý B", "28/02/2012", "5A")]
