"""The import pages, asked of each deed: who may, what is refused, what is left behind."""

import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from idapp import imports, people, school
from idapp.imports import intake
from idapp.models import Change, HeadingMeaning, Import, ImportRow, Person, User
from tests.cast import Cast, number_for
from tests.test_imports import SAMPLES, book, judged, line, newcomer, read

ClientOf = Callable[[User], FlaskClient]


def send(
    client: FlaskClient, data: bytes, name: str = "danh-sach.xlsx", **more: str
) -> TestResponse:
    form = {"file": (io.BytesIO(data), name), **more}
    return client.post("/imports", data=form, content_type="multipart/form-data")


def rows_on(page: str) -> dict[str, str]:
    """The rows of the check page by id, white space aside."""
    found = re.findall(r'(<tr id="(row-[0-9]+)".*?</tr>)', page, re.DOTALL)
    return {name: " ".join(html.split()) for html, name in found}


# uploading


def test_the_clerk_uploads_looks_and_confirms(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.thu)
    answer = send(client, (SAMPLES / "ho-so-hoc-sinh.xlsx").read_bytes(), "ho-so.xlsx")
    upload = Import.get()
    assert (answer.status_code, answer.location) == (303, f"/imports/{upload.id}")
    asking = client.get(f"/imports/{upload.id}").text
    assert "Đúng tệp của trường mình không?" in asking
    assert "THỦ THỪA" in asking
    client.post(f"/imports/{upload.id}/answers", data={"anyway": "school"})
    page = client.get(f"/imports/{upload.id}").text
    assert '<b data-count="new">40</b>' in page
    assert "Sẽ tạo lớp mới: 5C" in page
    people_before = Person.select().count()
    answer = client.post(f"/imports/{upload.id}/confirm", follow_redirects=True)
    assert answer.status_code == 200
    assert answer.text.count("40 hồ sơ mới") == 1  # said once
    assert "Đã ghi vào hồ sơ lúc" in answer.text
    assert "0 dòng lỗi" not in answer.text
    assert Person.select().count() == people_before + 40


def test_the_same_file_again_says_when(cast: Cast, client_of: ClientOf) -> None:
    client, data = client_of(cast.thu), book([newcomer()])
    send(client, data)
    client.post("/imports/1/confirm")
    send(client, data)
    page = client.get("/imports/2").text
    assert "0 thay đổi, tệp này đã nhập lúc" in " ".join(page.split())
    assert "/imports/2/confirm" not in page


@pytest.mark.parametrize(
    ("data", "name", "word"),
    [
        (b"", "rong.xlsx", "rỗng"),
        (b"\x89PNG\r\n\x1a\n" + b"0" * 100, "anh.xlsx", "ảnh"),
        (b"PK\x03\x04" + b"0" * 100, "hong.xlsx", "hỏng"),
    ],
)
def test_a_bad_file_is_422_with_a_sentence_and_nothing_kept(
    cast: Cast, client_of: ClientOf, data: bytes, name: str, word: str
) -> None:
    answer = send(client_of(cast.thu), data, name)
    assert answer.status_code == 422
    assert word in answer.text
    assert not Import.select().exists()
    assert not ImportRow.select().exists()


def test_no_file_is_422(cast: Cast, client_of: ClientOf) -> None:
    answer = client_of(cast.thu).post("/imports", data={})
    assert answer.status_code == 422
    assert "Chưa chọn tệp" in answer.text


def test_an_upload_leaves_no_file_behind(cast: Cast, client_of: ClientOf, tmp_path: Path) -> None:
    send(client_of(cast.thu), book([newcomer()]))
    assert not [
        p
        for p in tmp_path.rglob("*")
        if p.is_file() and p.suffix in (".xlsx", ".tmp", "") and "secret" not in p.name
    ]


def test_file_names_and_cells_are_escaped(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.thu)
    send(client, book([newcomer(address="<script>alert(1)</script>")]), "<img src=x>.xlsx")
    page = client.get("/imports/1").text
    assert "<script>alert" not in page
    assert "<img src=x>" not in page
    assert "&lt;script&gt;alert" in page


# who may


PATHS = (
    ("GET", "/imports/new"), ("POST", "/imports"), ("GET", "/imports/1"), ("POST", "/imports/1/confirm"),
    ("POST", "/imports/1/drop"), ("POST", "/imports/1/rows/1"), ("GET", "/imports/1/errors.xlsx"),
    ("POST", "/imports/1/answers"), ("POST", "/imports/1/read"), ("POST", "/imports/1/rows"),
    ("POST", "/imports/1/columns"), ("POST", "/imports/1/explain-again"),
    ("GET", "/imports/1/progress"), ("POST", "/imports/1/undo"),
)  # fmt: skip


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_nobody_signed_in_goes_to_the_login_page(
    cast: Cast, client: FlaskClient, method: str, path: str
) -> None:
    read([newcomer()], cast.lan)
    answer = client.open(path, method=method)
    assert answer.status_code == 302
    assert "/login" in answer.location


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_the_reviewer_may_not(cast: Cast, client_of: ClientOf, method: str, path: str) -> None:
    read([newcomer()], cast.lan)
    assert client_of(cast.phong).open(path, method=method).status_code == 403


@pytest.mark.parametrize(("method", "path"), PATHS[2:])
def test_a_colleagues_import_is_not_there(
    cast: Cast, client_of: ClientOf, method: str, path: str
) -> None:
    read([newcomer()], cast.lan)
    assert client_of(cast.minh).open(path, method=method).status_code == 404
    assert Import.get().state == "checked"
    assert Person.select().where(Person.full_name == "Bùi Thị Dung").count() == 0


@pytest.mark.parametrize(("method", "path"), [(m, p.replace("/1", "/99")) for m, p in PATHS[2:]])
def test_an_import_that_does_not_exist_is_404(
    cast: Cast, client_of: ClientOf, method: str, path: str
) -> None:
    assert client_of(cast.thu).open(path, method=method).status_code == 404


@pytest.mark.parametrize(
    "path", [path for method, path in PATHS[1:] if method == "POST" and path != "/imports"]
)
def test_reading_changes_nothing(cast: Cast, client_of: ClientOf, path: str) -> None:
    read([newcomer()], cast.lan)
    assert client_of(cast.lan).get(path).status_code == 405


def test_a_row_of_another_import_is_not_there(cast: Cast, client_of: ClientOf) -> None:
    read([newcomer()], cast.lan)
    theirs = judged(read([newcomer(school_class="5B")], cast.minh))[0]
    answer = client_of(cast.lan).post(f"/imports/1/rows/{theirs.id}", data={"take": "0"})
    assert answer.status_code == 404
    assert imports.is_used(ImportRow.get_by_id(theirs.id))


def test_another_site_cannot_confirm(cast: Cast, client_of: ClientOf) -> None:
    read([newcomer()], cast.lan)
    answer = client_of(cast.lan).post(
        "/imports/1/confirm", headers={"Origin": "http://evil.example"}
    )
    assert answer.status_code == 403
    assert Import.get().state == "checked"


def test_the_office_opens_what_a_teacher_uploaded(cast: Cast, client_of: ClientOf) -> None:
    read([newcomer()], cast.lan)
    assert client_of(cast.thu).get("/imports/1").status_code == 200


def test_a_teacher_who_gave_the_class_away_no_longer_sees_its_pupils(
    cast: Cast, client_of: ClientOf
) -> None:
    read([line(school_class="5A", ministry_code="1000000001", address="Ấp 1")], cast.lan)
    school.assign_teacher(cast.class_5a, cast.minh, by=cast.hoa)
    client = client_of(cast.lan)
    assert client.get("/imports/1").status_code == 404
    assert client.get("/imports/1/errors.xlsx").status_code == 404
    listed = client.get("/imports/new").text
    assert "hãy nhờ văn thư mở" in listed
    assert '"/imports/1"' not in listed


def test_a_teacher_learns_only_how_many_rows_were_of_others(
    cast: Cast, client_of: ClientOf
) -> None:
    client = client_of(cast.lan)
    send(
        client,
        book(
            [
                newcomer(),
                line(school_class="5B", ministry_code="1000000003", full_name="Lê Thị Chi"),
            ]
        ),
    )
    page = client.get("/imports/1").text
    assert "1 dòng thuộc lớp khác, không nhập." in page
    assert "Chi" not in page
    assert "5B" not in page


# deciding


def test_leaving_a_row_out_swaps_what_a_fresh_page_shows(cast: Cast, client_of: ClientOf) -> None:
    row = judged(read([newcomer()], cast.lan))[0]
    client = client_of(cast.lan)
    form = {"take": "0", "field": "", "view": "new", "page": "1"}
    fragment = client.post(
        f"/imports/1/rows/{row.id}", data=form, headers={"HX-Request": "true"}
    ).text
    assert rows_on(fragment) == rows_on(client.get("/imports/1?view=new").text)
    assert "Đã bỏ" in fragment
    client.post("/imports/1/confirm")
    assert Person.select().where(Person.full_name == "Bùi Thị Dung").count() == 0


def test_a_row_left_out_whole_does_not_say_so_of_each_cell(cast: Cast, client_of: ClientOf) -> None:
    read([newcomer(identity_number="100 312 000077", school_class="5A")], cast.lan)
    (row,) = ImportRow.select()
    client = client_of(cast.lan)
    client.post("/imports/1/columns", data={"shown": ["gender"]})
    assert client.get("/imports/1").text.count("Không ghi ô này") == 1
    client.post(f"/imports/1/rows/{row.id}", data={"field": "", "take": "0"})
    page = client.get("/imports/1").text
    assert "Đã bỏ" in page
    assert "Không ghi ô này" not in page
    assert "Ghi ô này" not in page


def test_a_repair_may_be_refused_without_javascript(cast: Cast, client_of: ClientOf) -> None:
    row = judged(read([newcomer(gender="NU")], cast.lan))[0]
    client = client_of(cast.lan)
    answer = client.post(
        f"/imports/1/rows/{row.id}", data={"take": "0", "field": "gender", "view": "repaired"}
    )
    assert answer.status_code == 303
    assert answer.location == f"/imports/1?view=repaired&page=1#row-{row.id}"
    client.post("/imports/1/confirm")
    assert Person.get(Person.full_name == "Bùi Thị Dung").gender == ""


def test_confirming_twice_writes_once_under_the_right_name(cast: Cast, client_of: ClientOf) -> None:
    read([line(school_class="5A", ministry_code="1000000002", address="Ấp 3")], cast.lan)
    client = client_of(cast.lan)
    for _ in range(2):
        assert client.post("/imports/1/confirm").status_code == 303
    rows = list(Change.select().where(Change.person == cast.binh, Change.field == "address"))
    assert [(r.user, r.source, r.new, r.address) for r in rows] == [
        (cast.lan, "import", "Ấp 3", "127.0.0.1")
    ]
    assert Change.select().where(Change.event == "import.confirmed").count() == 1


def test_a_stale_row_is_said(cast: Cast, client_of: ClientOf) -> None:
    read([line(school_class="5A", ministry_code="1000000002", address="Ấp 3")], cast.lan)
    people.change(cast.binh, "address", "Ấp 9", seen="", by=cast.thu)
    page = client_of(cast.lan).post("/imports/1/confirm", follow_redirects=True).text
    assert "vừa có người sửa" in page
    assert Person.get_by_id(cast.binh.id).address == "Ấp 9"


def test_a_dropped_file_is_gone(cast: Cast, client_of: ClientOf) -> None:
    read([newcomer()], cast.lan)
    client = client_of(cast.lan)
    assert "không ghi gì" in client.post("/imports/1/drop", follow_redirects=True).text
    assert "đã được bỏ" in client.post("/imports/1/confirm", follow_redirects=True).text
    assert client.get("/imports/1/errors.xlsx").status_code == 404
    assert not ImportRow.select().exists()


# the rest of the pages


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


def test_ticks_of_rows_and_columns_without_javascript(cast: Cast, client_of: ClientOf) -> None:
    read([newcomer(gender="NU"), newcomer(full_name="Bùi Thị Em", identity_number=None)], cast.lan)
    client = client_of(cast.lan)
    page = client.get("/imports/1").text
    shown = re.findall(r'name="shown" value="([^"]*)"', page)
    assert "province" in shown
    assert "gender:repaired" in shown
    client.post(
        "/imports/1/columns",
        data={"shown": shown, "take": [one for one in shown if one != "province"]},
    )
    assert Import.get().left_out == ["province"]
    assert "có cột đã bỏ chọn" in client.get("/imports/1").text
    client.post("/imports/1/rows", data={"view": "new", "take": "0"})
    assert "Không có gì để ghi" in client.get("/imports/1").text


def test_all_or_nothing_says_what_is_in_the_way(cast: Cast, client_of: ClientOf) -> None:
    read([newcomer(date_of_birth="31/02/2012")], cast.lan)
    page = client_of(cast.lan).post(
        "/imports/1/confirm", data={"all_or_nothing": ["0", "1"]}, follow_redirects=True
    )
    assert "Chưa ghi gì: còn 1 dòng có ô lỗi" in page.text
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
    assert "Lớp đã xóa" in (whole := client.get("/history").text)
    assert ">class " not in whole
    page = client.get("/history?kind=import").text
    assert "hoàn tác cả tệp Excel" in page
    assert f"danh-sach.xlsx (SHA-256 {upload.sha256[:12]}" in page
    assert "1 hồ sơ mới, 1 dòng giống hồ sơ" in page
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
    assert "Ghi kèm dấu lỗi" in shown
    assert "Để lại ô này" in shown
    assert "Ô lỗi vẫn được ghi vào ô đang trống" in page
    assert "1 dòng mang ô lỗi vào hồ sơ" in " ".join(page.split())
    button = re.search(r'form="t-[0-9]+" name="cell" value="(identity_number:0)"', shown)
    assert button
    pressed = {"take": ["0", "1"], "cell": button[1]}  # the tick of the row is in the form too
    client.post(f"/imports/{upload.id}/rows/{row.id}", data=pressed)
    page = " ".join(client.get(f"/imports/{upload.id}?view=errors").text.split())
    assert "Không ghi ô này" in page
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
    assert "Ghi cả 1 ô lỗi" in page
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
    assert "1 dòng đã ghi kèm ô lỗi: các ô ấy có dấu lỗi trong bảng lớp" in page
    assert "1 dòng có ô không đọc được, chưa ghi" in page
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
