"""The import pages, asked of each deed: who may, what is refused, what is left behind."""

import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from idapp import imports, people, school
from idapp.models import Change, Import, ImportRow, Person, User
from tests.cast import Cast
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
    assert "Đã lưu vào hồ sơ lúc" in answer.text
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
    school.assign_teachers(cast.class_5a, [cast.minh], by=cast.hoa)
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
    assert client.get("/imports/1").text.count("Không lưu ô này") == 1
    client.post(f"/imports/1/rows/{row.id}", data={"field": "", "take": "0"})
    page = client.get("/imports/1").text
    assert "Đã bỏ" in page
    assert "Không lưu ô này" not in page
    assert "Lưu ô này" not in page


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
    assert "không lưu gì" in client.post("/imports/1/drop", follow_redirects=True).text
    assert "đã được bỏ" in client.post("/imports/1/confirm", follow_redirects=True).text
    assert client.get("/imports/1/errors.xlsx").status_code == 404
    assert not ImportRow.select().exists()
