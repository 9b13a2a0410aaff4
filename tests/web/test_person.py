"""One record: the plain form, where it stands, its history; the audit of the school."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from idapp import notices, people, school, verification
from idapp.models import Batch, BatchItem, Change, PaperCase, Person, User, utc_now
from idapp.notices import explanations
from idapp.rules.record import fields_of
from idapp.settings import VIETNAM
from idapp.verification.minutes import minutes_workbook
from idapp.web.notices import drawn_cases
from tests.cast import Cast, number_for

ClientOf = Callable[[User], FlaskClient]


def form_of(person: Person, **typed: str) -> dict[str, str]:
    """What a browser sends: every field with the text the user saw."""
    stored = {f.name: getattr(person, f.name) for f in fields_of(person.kind)}
    return stored | {f"seen-{name}": text for name, text in stored.items()} | typed


def save(client: FlaskClient, person: Person, **typed: str) -> TestResponse:
    return client.post(f"/people/{person.id}", data=form_of(person, **typed))


def again(person: Person) -> Person:
    return Person.get_by_id(person.id)


def test_the_form_saves_what_was_changed(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.lan)
    answer = save(client, cast.binh, identity_number=number_for(2012, "Nam", 2), address="Ấp 3")
    assert answer.status_code == 303
    assert answer.location.endswith(f"/people/{cast.binh.id}")
    assert again(cast.binh).status == "ready"
    assert again(cast.binh).address == "Ấp 3"
    assert "Đã lưu hồ sơ Trần Văn Bình" in client.get(answer.location).text
    rows = Change.select().where(Change.person == cast.binh, Change.user == cast.lan)
    assert sorted(c.field for c in rows) == ["address", "identity_number"]
    assert len({c.changeset for c in rows}) == 1


def test_the_script_of_the_form_is_told_where_to_go_on(cast: Cast, client_of: ClientOf) -> None:
    client, page = client_of(cast.lan), f"/people/{cast.an.id}"
    form, asks = (
        form_of(cast.an, address="Ấp 3", go="next"),
        {"HX-Request": "true", "X-User": str(cast.lan.id)},
    )
    answer = client.post(page, data=form, headers=asks)
    assert answer.status_code == 204
    assert answer.headers["X-Next"] == f"/people/{cast.binh.id}"
    assert "Đã lưu hồ sơ Nguyễn Thị An" in client.get(answer.headers["X-Next"]).text
    assert (
        client.post(page, data=form, headers=asks | {"X-User": str(cast.minh.id)}).status_code
        == 401
    )


def test_nothing_changed_leaves_no_trace(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.lan)
    before = Change.select().count()
    assert "Không có gì thay đổi" in client.get(save(client, cast.an).location).text
    assert Change.select().count() == before


def test_an_error_is_saved_and_shown_beside_its_field(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.lan)
    page = client.get(save(client, cast.an, date_of_birth="31/02/2012").location).text
    assert again(cast.an).date_of_birth == "31/02/2012"
    assert "Còn 1 lỗi cần sửa" in page
    assert 'id="why-date_of_birth"' in page
    assert 'aria-describedby="why-date_of_birth"' in page


def test_a_conflict_keeps_both_and_saves_the_rest(cast: Cast, client_of: ClientOf) -> None:
    form = form_of(cast.an, address="Ấp Của Lan", ethnic_group="Kinh")
    people.change(cast.an, "address", "Ấp Của Thư", seen="", by=cast.thu)
    answer = client_of(cast.lan).post(f"/people/{cast.an.id}", data=form)
    assert answer.status_code == 409
    assert "Ấp Của Lan" in answer.text
    assert "Võ Thị Thư" in answer.text
    assert 'name="seen-address" value="Ấp Của Thư"' in answer.text
    assert (again(cast.an).address, again(cast.an).ethnic_group) == ("Ấp Của Thư", "Kinh")


def test_fields_left_alone_never_conflict(cast: Cast, client_of: ClientOf) -> None:
    form = form_of(cast.an, ethnic_group="Kinh")
    people.change(cast.an, "address", "Ấp Của Thư", seen="", by=cast.thu)
    assert client_of(cast.lan).post(f"/people/{cast.an.id}", data=form).status_code == 303
    assert again(cast.an).address == "Ấp Của Thư"


def test_a_text_too_long_comes_back_as_typed(cast: Cast, client_of: ClientOf) -> None:
    answer = save(client_of(cast.lan), cast.an, address="x" * 201)
    assert answer.status_code == 422
    assert "x" * 201 in answer.text
    assert "201 ký tự" in answer.text


def test_a_suggestion_is_said_once_and_offered(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.lan)
    page = client.get(save(client, cast.an, commune="Xã Mỹ Ann").location).text
    assert re.search(r"Có phải là Xã Mỹ An\b", page)
    assert 'data-use="Xã Mỹ An"' in page
    assert "Gợi ý: Xã" not in page


def test_the_office_says_who_left_and_who_came_back(cast: Cast, client_of: ClientOf) -> None:
    client, path = client_of(cast.thu), f"/people/{cast.an.id}"
    assert 'name="state"' not in client_of(cast.lan).get(path).text
    assert ">Chuyển đi kỳ 1</option>" in client.get(path).text
    answer = client.post(f"{path}/state", data={"state": "Chuyển đi kỳ 1"})
    assert answer.status_code == 303
    assert (again(cast.an).state, again(cast.an).active) == (
        "Chuyển đi kỳ 1",
        False,
    )
    assert (
        "Đã lưu Nguyễn Thị An: chuyển đi kỳ 1, không còn trong danh sách" in client.get(path).text
    )
    change = Change.get(Change.event == "person.state")
    assert (change.user, change.old, change.new) == (cast.thu, "Đang học", "Chuyển đi kỳ 1")
    page = client.get(path).text
    assert "Không còn trong danh sách: chuyển đi kỳ 1" in page
    assert "tô đỏ" not in page
    assert 'class="chip' not in page
    client.post(f"{path}/state", data={"state": "Đang học"})
    assert again(cast.an).active
    assert again(cast.an).status == "ready"
    client.post(f"{path}/state", data={"state": "Nhập nhầm"})
    assert not again(cast.an).active
    client.post(f"{path}/state", data={"state": "bịa"})
    assert again(cast.an).state == "Nhập nhầm"


def test_the_office_moves_a_pupil_to_another_class(cast: Cast, client_of: ClientOf) -> None:
    client, path = client_of(cast.thu), f"/people/{cast.binh.id}"
    assert 'name="class"' not in client_of(cast.lan).get(path).text
    assert f'<option value="{cast.class_5a.id}" selected>5A</option>' in client.get(path).text
    assert client.post(f"{path}/class", data={"class": cast.class_5b.id}).status_code == 303
    assert again(cast.binh).school_class == cast.class_5b
    assert "Đã chuyển Trần Văn Bình sang lớp 5B." in client.get(path).text
    move = Change.get(Change.event == "person.moved")
    assert (move.user, move.person, move.old, move.new) == (cast.thu, cast.binh, "5A", "5B")
    assert client_of(cast.lan).get(path).status_code == 404


def test_who_may_move_a_pupil(cast: Cast, client_of: ClientOf, client: FlaskClient) -> None:
    path, there = f"/people/{cast.binh.id}/class", {"class": str(cast.class_5b.id)}
    assert client_of(cast.lan).post(path, data=there).status_code == 403
    assert client_of(cast.minh).post(path, data=there).status_code == 404
    assert client_of(cast.phong).post(path, data=there).status_code == 403
    assert "/login" in client.post(path, data=there).location
    office = client_of(cast.thu)
    assert office.post("/people/999/class", data=there).status_code == 404
    assert office.post(path, data={"class": "bịa"}).status_code == 404
    assert office.post(f"/people/{cast.giang.id}/class", data=there).status_code == 403
    assert again(cast.binh).school_class == cast.class_5a
    assert not Change.select().where(Change.event == "person.moved")


def test_who_left_is_listed_under_the_table(cast: Cast, client_of: ClientOf) -> None:
    client, table = client_of(cast.thu), f"/classes/{cast.class_5a.id}"
    assert "Không còn trong danh sách" not in client.get(table).text
    client.post(f"/people/{cast.binh.id}/state", data={"state": "Chuyển đi kỳ 1"})
    page = client_of(cast.lan).get(table).text
    assert "Không còn trong danh sách: 1 em" in page
    assert f'<a href="/people/{cast.binh.id}">Trần Văn Bình</a>, chuyển đi kỳ 1' in page
    client.post(f"/people/{cast.giang.id}/state", data={"state": "Nhập nhầm"})
    assert (
        f'<a href="/people/{cast.giang.id}">Đỗ Văn Giang</a>, nhập nhầm'
        in client.get("/staff").text
    )
    assert "Đỗ Văn Giang" not in client.get(table).text


def test_on_to_the_next_pupil(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.lan)
    assert save(client, cast.an, go="next").location.endswith(f"/people/{cast.binh.id}")
    assert save(client, cast.binh, go="next").location.endswith(f"/people/{cast.binh.id}")


def test_only_fields_of_the_record_are_taken(cast: Cast, client_of: ClientOf) -> None:
    save(
        client_of(cast.lan),
        cast.an,
        status="verified",
        school_class=str(cast.class_5b.id),
        position="Hiệu trưởng",
    )
    assert (again(cast.an).status, again(cast.an).school_class, again(cast.an).position) == (
        "ready",
        cast.class_5a,
        "",
    )


def test_where_the_record_stands(cast: Cast, client_of: ClientOf) -> None:
    differences = {"date_of_birth": ["20/03/2012", "21/03/2012"]}
    answered = {
        "status": "mismatch",
        "outcome": "mismatch",
        "outcome_at": utc_now(),
        "differences": differences,
    }
    Person.update(answered).where(Person.id == cast.an.id).execute()
    page = client_of(cast.lan).get(f"/people/{cast.an.id}").text
    assert "Không khớp" in page
    assert "21/03/2012" in page
    assert f"/notices/{cast.an.id}" in page


def test_what_is_to_be_done_is_told_to_those_who_can(cast: Cast, client_of: ClientOf) -> None:
    path, todo = f"/people/{cast.binh.id}", "Hãy sửa các mục được tô đỏ."
    assert todo in client_of(cast.lan).get(path).text
    assert todo not in client_of(cast.phong).get(path).text
    people.change(cast.an, "nationality", "Lào", seen="", by=cast.lan)
    page = client_of(cast.lan).get(f"/people/{cast.an.id}").text
    assert todo not in page
    assert 'class="chip foreign">Ngoài diện' in page
    assert "có quốc tịch nước ngoài: không gửi xác thực" in page


def test_who_sees_the_record(cast: Cast, client_of: ClientOf) -> None:
    for path in (f"/people/{cast.an.id}", f"/people/{cast.an.id}/history"):
        assert client_of(cast.lan).get(path).status_code == 200
        assert client_of(cast.thu).get(path).status_code == 200
        assert client_of(cast.minh).get(path).status_code == 404
    for path in ("/people/999", "/people/999/history", "/people/99999999999999999999"):
        assert client_of(cast.thu).get(path).status_code == 404


def test_who_may_save(cast: Cast, client_of: ClientOf, client: FlaskClient) -> None:
    assert save(client_of(cast.minh), cast.an, address="x").status_code == 404
    assert save(client_of(cast.phong), cast.an, address="x").status_code == 403
    assert "/login" in save(client, cast.an, address="x").location
    assert client_of(cast.thu).post("/people/999", data={}).status_code == 404
    assert again(cast.an).address == ""


def test_the_reviewer_gets_no_form(cast: Cast, client_of: ClientOf) -> None:
    page = client_of(cast.phong).get(f"/people/{cast.an.id}").text
    assert f'action="/people/{cast.an.id}"' not in page
    assert cast.an.identity_number not in page


def test_what_was_typed_is_escaped(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.lan)
    save(
        client,
        cast.an,
        address="<img src=x onerror=alert(1)>",
        full_name='"><script>alert(1)</script>',
    )
    for path in (
        f"/people/{cast.an.id}",
        f"/people/{cast.an.id}/history",
        f"/classes/{cast.class_5a.id}",
    ):
        page = client.get(path).text
        assert "<img src=x" not in page, path
        assert "<script>alert" not in page, path


# history


def test_the_history_says_who_when_what_and_how(cast: Cast, client_of: ClientOf) -> None:
    people.change(cast.an, "address", "Ấp 3", seen="", by=cast.lan)
    page = client_of(cast.lan).get(f"/people/{cast.an.id}/history").text
    assert "Lê Thị Lan" in page
    assert "Tổ/Thôn/Xóm" in page
    assert "Ấp 3" in page
    assert "gõ tay" in page
    assert "tệp Excel" in page


def test_the_history_says_what_the_register_answered(cast: Cast, client_of: ClientOf) -> None:
    for state, differences in (("unanswered", {}), ("mismatch", {"gender": ["Nữ", "Nam"]})):
        batch = verification.start(f"class:{cast.class_5a.id}", by=cast.hoa)
        batch.items.model.update(
            state=state, settled_at=utc_now(), differences=differences, reason="time_out"
        ).where(BatchItem.batch == batch).execute()
        Batch.update(state="finished").where(Batch.id == batch.id).execute()
        Person.update(status="ready").where(Person.id == cast.an.id).execute()
    page = client_of(cast.lan).get(f"/people/{cast.an.id}/history").text
    assert re.search(
        r"Không khớp</span>\s+giới tính.*Dịch vụ chưa trả lời</span>.*quá thời gian chờ",
        page,
        re.DOTALL,
    )


def test_a_long_history_is_paged(cast: Cast, client_of: ClientOf) -> None:
    for i in range(60):
        people.change(cast.an, "address", f"Ấp {i}", seen=f"Ấp {i - 1}" if i else "", by=cast.lan)
    client = client_of(cast.lan)
    first = client.get(f"/people/{cast.an.id}/history").text
    older = first.partition("before=")[2].partition('"')[0]
    second = client.get(f"/people/{cast.an.id}/history?before={older}").text
    assert "Ấp 59" in first
    assert "Ấp 59" not in second
    assert ">Ấp 0<" in second


def test_the_audit_is_for_the_office(cast: Cast, client_of: ClientOf) -> None:
    people.change(cast.an, "address", "Ấp 3", seen="", by=cast.lan)
    for user in (cast.thu, cast.hoa):
        page = client_of(user).get("/history").text
        assert "Nguyễn Thị An" in page
        assert "Ấp 3" in page
    for user in (cast.lan, cast.phong):
        assert client_of(user).get("/history").status_code == 403


@pytest.mark.parametrize(
    ("query", "there", "absent"),
    [
        ("kind=class", "thêm lớp", "sửa:"),
        ("kind=person", "sửa:", "thêm lớp"),
        ("kind=x'--", "thêm lớp", "???"),
        ("user=999", "Chưa có gì ở đây", "sửa:"),
        ("before=abc", "thêm lớp", "???"),
    ],
)
def test_the_audit_is_filtered(
    cast: Cast, client_of: ClientOf, query: str, there: str, absent: str
) -> None:
    page = client_of(cast.thu).get(f"/history?{query}").text
    assert there in page
    assert absent not in page


def test_the_audit_speaks_in_words(cast: Cast, client_of: ClientOf) -> None:
    one = explanations.propose(cast.binh, reason="other", note="Mất giấy", evidence="", by=cast.lan)
    explanations.approve([one], by=cast.hoa)
    explanations.send_back(one, "Thiếu chữ ký", by=cast.phong)
    notices.set_progress(cast.binh, "asked", by=cast.lan)
    batch = verification.start("school", by=cast.hoa)
    verification.stop(batch, by=cast.hoa)
    minutes_workbook(batch, by=cast.hoa)
    school.change_campaign(
        school.the_campaign(),
        title="Đợt hai",
        letter="",
        deadline=date(2022, 11, 30),
        today=date(2022, 10, 16),
        by=cast.hoa,
    )
    school.assign_teachers(cast.class_5a, [cast.minh], by=cast.hoa)
    page = client_of(cast.thu).get("/history").text
    cells = " ".join(
        re.sub(r"<[^>]+>", " ", page[page.index("<tbody>") : page.index("</tbody>")]).split()
    )
    for words in (
        "Bị trả lại: Thiếu chữ ký",
        "Chờ hiệu trưởng duyệt → Đã duyệt",
        "Chưa yêu cầu → Đã phát phiếu",
        "mở đợt xác thực Toàn trường",
        "Đang chờ đến lượt → Đã dừng",
        f"Biên bản đợt xác thực {batch.id}",
        "Hạn 25/10/2022 → 30/11/2022",
        "Lê Thị Lan → Phạm Văn Minh",
        "tạo tài khoản Cán bộ quản lý",
    ):
        assert words in cells, words
    assert not re.search(
        r"\b(asked|open|approved|proposed|school|batch|queued|campaign|teacher|user)\b", cells
    )


def test_a_case_is_as_old_as_the_calendar_says(cast: Cast) -> None:
    midnight = datetime.now(VIETNAM).replace(hour=0, minute=0, second=0, microsecond=0)
    case = notices.open_by_hand(cast.binh, by=cast.lan)
    for opened, age in (
        (midnight, 0),
        (midnight - timedelta(minutes=1), 1),
        (midnight - timedelta(hours=25), 2),
    ):
        case.opened_at = opened.astimezone(UTC).replace(tzinfo=None)
        assert drawn_cases.age_of(case) == age


def test_the_record_says_since_when_the_case_stands_where_it_stands(
    cast: Cast, client_of: ClientOf
) -> None:
    notices.open_by_hand(cast.binh, by=cast.lan)
    PaperCase.update(
        opened_at=datetime(2022, 10, 4, 1, 0), state_at=datetime(2022, 10, 4, 1, 0)
    ).execute()
    notices.set_progress(cast.binh, "received", by=cast.lan)
    page = client_of(cast.lan).get(f"/people/{cast.binh.id}").text
    assert "Đã nhận bản photo, từ " in page
    assert "04/10/2022" not in page
