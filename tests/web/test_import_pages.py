"""The pages around an import: lists, columns, errors, what comes in with its mark."""

import re

import pytest

from idapp import imports
from idapp.imports import intake
from idapp.models import HeadingMeaning, Import, ImportRow, Person
from tests.cast import Cast, number_for
from tests.test_imports import book, judged, line, newcomer, read
from tests.web.test_imports import ClientOf, rows_on, send


def test_the_errors_come_as_a_workbook(cast: Cast, client_of: ClientOf) -> None:
    read([newcomer(date_of_birth="31/02/2012")], cast.lan)
    answer = client_of(cast.lan).get("/imports/1/errors.xlsx")
    assert answer.status_code == 200
    assert answer.data.startswith(b"PK")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="dong-can-sua-1.xlsx"'
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_upload_page_offers_templates_of_the_own_class_only(
    cast: Cast, client_of: ClientOf
) -> None:
    page = client_of(cast.lan).get("/imports/new").text
    assert f"/exports/classes/{cast.class_5a.id}.xlsx" in page
    assert f"/exports/classes/{cast.class_5b.id}.xlsx" not in page
    assert "/exports/school.xlsx" not in page
    assert "/exports/school.xlsx" in client_of(cast.hoa).get("/imports/new").text


def test_recent_uploads_are_the_own_ones(cast: Cast, client_of: ClientOf) -> None:
    read([newcomer()], cast.lan)
    assert "danh-sach.xlsx" in client_of(cast.lan).get("/imports/new").text
    assert "danh-sach.xlsx" not in client_of(cast.minh).get("/imports/new").text


def test_a_page_of_the_check_is_light(cast: Cast, client_of: ClientOf) -> None:
    rows = [
        newcomer(full_name=f"Bùi Thị {a} {b}", identity_number=None)
        for a in "ABCDEGHIKL"
        for b in "ABCDEGHIKL"
    ]
    client = client_of(cast.thu)
    send(client, book(rows))
    answer = client.get("/imports/1?page=2")
    assert "Trang 2/2" in " ".join(answer.text.split())
    assert len(answer.data) < 150_000
    assert client.get("/imports/1?page=99&view=khong-co").status_code == 200


def test_what_the_columns_are_is_asked_and_answered(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.lan)
    heading = ("Lớp", "Cháu", "Sinh ngày", "Phái", "Ghi <b>chú")
    send(client, book([["5A", "Bùi Thị Dung", "17/09/2012", "Nữ", "<i>"]], heading))
    page = client.get("/imports/1").text
    assert "Chưa nhận ra cột nào là Họ và tên" in page
    assert "&lt;b&gt;chú" in page
    assert "<i>" not in page
    assert "/imports/1/confirm" not in page
    form = {}
    for n, key, options in re.findall(
        r'name="key-([0-9]+)" value="([^"]*)".*?<select(.*?)</select>', page, re.DOTALL
    ):
        chosen = re.search(r'value="([^"]*)" selected', options)
        form |= {f"key-{n}": key, f"column-{n}": chosen[1] if chosen else ""}
    assert client.post("/imports/1/answers", data=form).location == "/imports/1"
    assert 'data-verdict="new"' in client.get("/imports/1").text
    assert "“Cháu” là Họ và tên" in " ".join(client.get("/imports/new").text.split())
    meaning = HeadingMeaning.get(HeadingMeaning.heading == "Cháu")
    assert client_of(cast.minh).post(f"/imports/headings/{meaning.id}/forget").status_code == 404
    assert client.post(f"/imports/headings/{meaning.id}/forget").status_code == 303


def test_a_decision_tells_how_many_rows_would_be_written(cast: Cast, client_of: ClientOf) -> None:
    row, _ = judged(
        read([newcomer(), newcomer(full_name="Bùi Thị Em", identity_number=None)], cast.lan)
    )
    client = client_of(cast.lan)
    form = {"take": ["0"], "field": "", "view": "new", "page": "1"}
    fragment = client.post(
        f"/imports/1/rows/{row.id}", data=form, headers={"HX-Request": "true"}
    ).text
    card = re.search(r'<section class="card" id="import-write".*?</section>', fragment, re.DOTALL)
    assert card
    assert 'data-to-write="1"' in card[0]
    assert card[0] in client.get("/imports/1?view=new").text
    both = client.post(
        f"/imports/1/rows/{row.id}",
        data=form | {"take": ["0", "1"]},
        headers={"HX-Request": "true"},
    )
    assert 'data-to-write="2"' in both.text


def ticked(page: str) -> list[str]:
    """The columns, and parts of columns, that would be written."""
    return re.findall(r'type="checkbox" name="take" value="([a-z][^"]*)"\s* checked', page)


def test_ticks_of_rows_and_columns_without_javascript(cast: Cast, client_of: ClientOf) -> None:
    read([newcomer(gender="NU"), newcomer(full_name="Bùi Thị Em", identity_number=None)], cast.lan)
    client = client_of(cast.lan)
    page = client.get("/imports/1").text
    shown = re.findall(r'name="shown" value="([^"]*)"', page)
    assert "province" in shown
    assert "gender:repaired" in shown
    assert set(shown) == set(ticked(page))
    client.post(
        "/imports/1/columns",
        data={"shown": shown, "take": [one for one in shown if one != "province"]},
    )
    assert Import.get().left_out == ["province"]
    page = client.get("/imports/1").text
    assert "có cột đã bỏ chọn" in page
    assert set(shown) - set(ticked(page)) == {"province"}
    client.post("/imports/1/rows", data={"view": "new", "take": "0"})
    assert "Không có gì để lưu" in client.get("/imports/1").text


def test_all_or_nothing_says_what_is_in_the_way(cast: Cast, client_of: ClientOf) -> None:
    read([newcomer(date_of_birth="31/02/2012")], cast.lan)
    page = client_of(cast.lan).post(
        "/imports/1/confirm", data={"all_or_nothing": ["0", "1"]}, follow_redirects=True
    )
    assert "Chưa lưu gì: còn 1 dòng có ô lỗi" in page.text
    assert Import.get().state == "checked"


def test_a_large_file_is_written_in_the_background(
    cast: Cast, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[int] = []
    monkeypatch.setattr(
        "idapp.jobs.import_later", lambda import_id: bool(rung.append(import_id)) or True
    )
    monkeypatch.setattr(imports, "IN_BACKGROUND_FROM", 0)
    read([newcomer()], cast.lan)
    client = client_of(cast.lan)
    client.post("/imports/1/confirm")
    assert rung == [1]
    assert Import.get().state == "writing"
    page, piece = (
        client.get("/imports/1").text,
        client.get("/imports/1/progress", headers={"HX-Request": "true"}),
    )
    assert piece.text.strip() in page
    assert 'role="progressbar"' in page
    assert len(piece.data) <= 1500
    imports.write(1)
    last = client.get("/imports/1/progress", headers={"HX-Request": "true"})
    assert last.headers["HX-Redirect"] == "/imports/1"
    assert "1 hồ sơ mới" in client.get("/imports/1").text


def test_a_large_file_is_read_in_the_background(
    cast: Cast, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[int] = []
    monkeypatch.setattr(
        "idapp.jobs.import_later", lambda import_id: bool(rung.append(import_id)) or True
    )
    monkeypatch.setattr(intake, "LARGE_BYTES", 100)
    client = client_of(cast.thu)
    assert send(client, book([newcomer()])).location == "/imports/1"
    assert rung == [1]
    page, piece = (
        client.get("/imports/1").text,
        client.get("/imports/1/progress", headers={"HX-Request": "true"}),
    )
    assert "Đang đọc" in page
    assert piece.text.strip() in page
    assert "Đang đọc" in client.get("/imports/new").text
    assert client.get("/imports/1/errors.xlsx").status_code == 404
    client.post("/imports/1/read")
    last = client.get("/imports/1/progress", headers={"HX-Request": "true"})
    assert last.headers["HX-Redirect"] == "/imports/1"
    assert "hồ sơ mới" in client.get("/imports/1").text


def test_without_a_queue_a_large_file_is_read_at_once(
    cast: Cast, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("idapp.jobs.import_later", lambda import_id: False)
    monkeypatch.setattr(intake, "LARGE_BYTES", 100)
    assert send(client_of(cast.thu), book([["1"]], ("Món ăn",))).location == "/imports/1"
    page, recent = (client_of(cast.thu).get(path).text for path in ("/imports/1", "/imports/new"))
    assert "không có cột Họ tên" in page
    assert "data-count" not in page
    assert "Chọn tệp khác" in page
    assert "Không đọc được" in recent
    assert 'href="/imports/1"' in recent


def test_without_a_queue_it_is_written_at_once(
    cast: Cast, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("idapp.jobs.import_later", lambda import_id: False)
    monkeypatch.setattr(imports, "IN_BACKGROUND_FROM", 0)
    read([newcomer()], cast.lan)
    assert (
        "1 hồ sơ mới" in client_of(cast.lan).post("/imports/1/confirm", follow_redirects=True).text
    )


def test_a_whole_file_is_taken_back_from_its_page(cast: Cast, client_of: ClientOf) -> None:
    read([newcomer()], cast.lan)
    client = client_of(cast.lan)
    client.post("/imports/1/confirm")
    assert "Hoàn tác cả tệp" in client.get("/imports/1").text
    page = client.post("/imports/1/undo", follow_redirects=True).text
    assert "1 hồ sơ mới được gỡ khỏi danh sách" in page
    assert "Hoàn tác cả tệp này" not in page
    assert "đã được hoàn tác rồi" in client.post("/imports/1/undo", follow_redirects=True).text


def test_answering_twice_counts_once(cast: Cast, client_of: ClientOf) -> None:
    """A second click on a slow line: the judged file must not be put away as one that nobody waits for."""
    client = client_of(cast.thu)
    send(client, book([["5A", "Bùi Thị Dung", "Kinh", "Nữ"]], ("Lớp", "Cháu", "Nhóm", "Giới tính")))
    form = {"key-1": "chau", "column-1": "full_name", "key-2": "nhom", "column-2": "ethnic_group"}
    answers = [client.post("/imports/1/answers", data=form) for _ in range(2)]
    assert [(answer.status_code, answer.location) for answer in answers] == [
        (303, "/imports/1")
    ] * 2
    assert Import.get_by_id(1).state == "checked"
    assert ImportRow.select().exists()


def test_a_column_explained_wrongly_is_asked_about_again(cast: Cast, client_of: ClientOf) -> None:
    data = book([["5A", "Bùi Thị Dung", "Kinh", "Nữ"]], ("Lớp", "Cháu", "Nhóm", "Giới tính"))
    client = client_of(cast.thu)
    send(client, data, "a.xlsx")
    form = {"key-1": "chau", "column-1": "full_name", "key-2": "nhom", "column-2": "province"}
    assert (
        "Nhóm” là Tỉnh" in client.post("/imports/1/answers", data=form, follow_redirects=True).text
    )
    page = client.post("/imports/1/explain-again", follow_redirects=True).text
    assert "Hãy chọn lại tệp a.xlsx" in page
    assert not HeadingMeaning.select().exists()
    send(client, data, "a.xlsx")
    assert "Chưa nhận ra cột nào" in client.get("/imports/2").text
    assert client.post("/imports/1/explain-again").location.endswith(
        "/imports/1"
    )  # put away: nothing left to ask


def test_a_column_nobody_needs_may_be_explained_too(cast: Cast, client_of: ClientOf) -> None:
    row = ["5A", "Bùi Thị Dung", "17/09/2012", "Nữ", number_for(2012, "Nữ", 77), "Ấp 3", "ngoan"]
    data = book([row], ("Lớp", "Họ tên", "Ngày sinh", "Giới tính", "Số CCCD", "Chỗ ở", "Nhận xét"))
    client = client_of(cast.thu)
    send(client, data)
    assert "Cột không dùng đến: Chỗ ở; Nhận xét" in client.get("/imports/1").text
    page = client.post("/imports/1/explain-again", follow_redirects=True).text
    assert 'name="every_column" value="1" checked' in page
    send(client, data, every_column="1")
    asked = client.get("/imports/2").text
    assert "Có cột chưa dùng đến" in asked
    assert "Ấp 3" in asked
    assert "ngoan" in asked
    form = {"key-1": "cho o", "column-1": "address", "key-2": "nhan xet", "column-2": ""}
    client.post("/imports/2/answers", data=form)
    client.post("/imports/2/confirm")
    assert Person.get(Person.full_name == "Bùi Thị Dung").address == "Ấp 3"


def test_a_heading_over_known_ones_is_not_asked_about(cast: Cast, client_of: ClientOf) -> None:
    row = [
        "5A",
        "Bùi Thị Dung",
        "17/09/2012",
        "Nữ",
        number_for(2012, "Nữ", 77),
        "Tỉnh Long An",
        "Huyện Thủ Thừa",
        "ngoan",
    ]
    below = ["", "", "", "", "", "Tỉnh", "Huyện", ""]
    over = ("Lớp", "Họ tên", "Ngày sinh", "Giới tính", "Số CCCD", "Nơi thường trú", "", "Nhận xét")
    client = client_of(cast.thu)
    send(client, book([below, row], over), every_column="1")
    asked = client.get("/imports/1").text
    assert "ngoan" in asked
    assert "Nơi thường trú" not in asked


def test_the_history_names_the_file_in_words(cast: Cast, client_of: ClientOf) -> None:
    upload = read(
        [newcomer(school_class="5C"), line(school_class="5A", ministry_code="1000000001")], cast.thu
    )
    client = client_of(cast.thu)
    client.post("/imports/1/confirm")
    client.post("/imports/1/undo")
    assert "5C" in (whole := client.get("/history").text)
    assert ">class " not in whole
    page = client.get("/history?kind=import").text
    assert "hoàn tác cả tệp Excel" in page
    assert f"danh-sach.xlsx (SHA-256 {upload.sha256[:12]}" in page
    assert "1 hồ sơ mới, 1 dòng không thay đổi" in page
    assert "import.undone" not in page
    assert "import 1" not in page
    assert "created" not in page


def test_a_file_over_the_limit_is_told_in_words(cast: Cast, client_of: ClientOf) -> None:
    answer = send(client_of(cast.thu), b"a,b\n" * 2_700_000, "to.csv")
    assert answer.status_code == 413
    assert "10 MB" in answer.text


# what comes in with an error, what is decided


def test_a_row_says_which_cell_comes_in_with_its_error_and_lets_it_be_left(
    cast: Cast, client_of: ClientOf
) -> None:
    upload = read([newcomer(identity_number="10031200007")], cast.thu)
    client, (row,) = client_of(cast.thu), judged(upload)
    page = client.get(f"/imports/{upload.id}?view=errors").text
    shown = rows_on(page)[f"row-{row.id}"]
    assert "Lưu kèm dấu lỗi" in shown
    assert "Để lại ô này" in shown
    assert "Ô lỗi vẫn được lưu vào ô đang trống" in page
    assert "1 dòng mang ô lỗi vào hồ sơ" in " ".join(page.split())
    button = re.search(r'form="t-[0-9]+" name="cell" value="(identity_number:0)"', shown)
    assert button
    pressed = {"take": ["0", "1"], "cell": button[1]}  # the tick of the row is in the form too
    client.post(f"/imports/{upload.id}/rows/{row.id}", data=pressed)
    page = " ".join(client.get(f"/imports/{upload.id}?view=errors").text.split())
    assert "Không lưu ô này" in page
    assert "mang ô lỗi vào hồ sơ" not in page
    client.post(f"/imports/{upload.id}/confirm")
    assert Person.get(Person.full_name == "Bùi Thị Dung").identity_number == ""


def test_a_worse_value_stands_beside_the_better_one_and_waits(
    cast: Cast, client_of: ClientOf
) -> None:
    rows = [line(school_class="5A", ministry_code="1000000001", identity_number="12345")]
    upload = read(rows, cast.thu)
    client, (row,) = client_of(cast.thu), judged(upload)
    page = client.get(f"/imports/{upload.id}").text
    assert '<b data-count="conflict">1</b>' in page
    assert '<b data-count="errors">1</b>' in page
    shown = rows_on(page)[f"row-{row.id}"]
    assert "hồ sơ đang có giá trị dùng được" in shown
    assert "Lấy của tệp" in shown
    assert 'data-to-write="0"' in page
    assert "giữ giá trị đang có" in " ".join(page.split())


def test_one_press_decides_a_whole_address_and_the_row_is_that_of_a_fresh_page(
    cast: Cast, client_of: ClientOf
) -> None:
    other = {
        "province": "Tỉnh Tiền Giang", "district": "Huyện Cái Bè", "commune": "Xã Không Có"
    }  # fmt: skip
    upload = read([line(school_class="5A", ministry_code="1000000001", **other)], cast.thu)
    client, (row,) = client_of(cast.thu), judged(upload)
    form = {"field": "commune", "take": "1", "view": "conflict"}
    answer = client.post(
        f"/imports/{upload.id}/rows/{row.id}", data=form, headers={"HX-Request": "true"}
    )
    swapped = rows_on(answer.text)[f"row-{row.id}"]
    assert swapped == rows_on(client.get(f"/imports/{upload.id}").text)[f"row-{row.id}"]
    assert swapped.count('aria-pressed="true"') == 3
    assert 'data-to-write="1"' in answer.text


def test_the_errors_of_one_column_are_left_out_by_its_tick(cast: Cast, client_of: ClientOf) -> None:
    upload = read([newcomer(identity_number="12345")], cast.thu)
    client = client_of(cast.thu)
    page = client.get(f"/imports/{upload.id}").text
    assert 'name="take" value="identity_number:errors" checked' in page
    assert "Lưu cả 1 ô lỗi" in page
    form = {
        "shown": ["identity_number", "identity_number:errors"],
        "take": ["identity_number"],
    }
    client.post(f"/imports/{upload.id}/columns", data=form)
    page = client.get(f"/imports/{upload.id}").text
    assert 'value="identity_number:errors">' in page  # and no longer ticked
    client.post(f"/imports/{upload.id}/confirm")
    assert Person.get(Person.full_name == "Bùi Thị Dung").identity_number == ""


def test_afterwards_the_page_says_where_the_errors_are_now(cast: Cast, client_of: ClientOf) -> None:
    rows = [newcomer(identity_number="12345"), newcomer(full_name="Bùi Thị Em", address="=A1")]
    upload = read(rows, cast.thu)
    client = client_of(cast.thu)
    client.post(f"/imports/{upload.id}/confirm")
    page = " ".join(client.get(f"/imports/{upload.id}").text.split())
    assert "1 dòng đã lưu kèm ô lỗi: các ô ấy có dấu lỗi trong bảng lớp" in page
    assert "1 dòng có ô không đọc được, chưa lưu" in page
    assert "Tải 2 dòng có ô lỗi" in page
    table = client.get(f"/classes/{cast.class_5a.id}?problems=1").text
    dung = Person.get(Person.full_name == "Bùi Thị Dung")
    cell = re.search(rf'<td id="c-{dung.id}-identity_number".*?>', table, re.DOTALL)
    assert cell
    assert 'data-value="12345"' in cell[0]
    assert 'data-problem="error"' in cell[0]


def test_a_file_sent_again_unmended_says_what_is_still_wrong(
    cast: Cast, client_of: ClientOf
) -> None:
    client, data = client_of(cast.thu), book([newcomer(identity_number="12345")])
    send(client, data)
    client.post("/imports/1/confirm")
    send(client, data + b"", "lai.xlsx")
    page = " ".join(client.get("/imports/2").text.split())
    assert "0 thay đổi" in page
    assert '<b data-count="errors">1</b>' in page
    assert "Hồ sơ đang ghi như vậy" in page
    assert "Không đổi" in page


def test_a_question_shows_values_of_the_file(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.thu)
    heading = ("Lớp", "Cháu", "Sinh ngày", "Phái", "Sức khỏe")
    send(client, book([["5A", "Bùi Thị Dung", "17/09/2012", "Nữ", "hen suyễn"]], heading))
    page = client.get("/imports/1").text
    assert "hen suyễn" in page
    assert "không được lưu" in page
    assert "hen" not in str(Import.get().questions)
