"""Who sees what in the class table, and newcomers."""

import re

import pytest
from flask.testing import FlaskClient

from idapp import people
from idapp.models import Change, Person
from idapp.people import membership
from tests.cast import Cast, number_for, pupil
from tests.web.test_class_table import ClientOf, table


def test_a_teacher_lands_in_the_own_class(cast: Cast, client_of: ClientOf) -> None:
    assert client_of(cast.lan).get("/").location.endswith(f"/classes/{cast.class_5a.id}")
    assert client_of(cast.hoa).get("/").location.endswith("/progress")


def test_a_teacher_sees_no_other_class(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.lan)
    for path in (
        f"/classes/{cast.class_5b.id}",
        "/classes/999",
        "/classes/by-name/5B",
        "/classes/by-name/9Z",
    ):
        assert client.get(path).status_code == 404, path
    assert client.get("/staff").status_code == 403
    assert "5B" not in client.get("/classes").text


def test_a_class_by_its_name(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.lan)
    assert client.get("/classes/by-name/5a").location.endswith(f"/classes/{cast.class_5a.id}")
    filtered = client.get("/classes/by-name/5A?reason=number_missing&q=b%C3%ACnh")
    assert filtered.location.endswith(
        f"/classes/{cast.class_5a.id}?reason=number_missing&q=b%C3%ACnh"
    )


def test_the_office_sees_all_classes_and_staff(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.thu)
    listed = client.get("/classes").text
    assert "5A" in listed
    assert "5B" in listed
    assert "Lê Thị Lan" in listed
    staff = client.get("/staff").text
    assert "Đỗ Văn Giang" in staff
    assert 'data-class-id="staff"' in staff
    assert 'data-field="position"' in staff


def test_the_reviewer_reads_masked_records(cast: Cast, client_of: ClientOf) -> None:
    people.change(cast.binh, "identity_number", cast.an.identity_number, seen="", by=cast.lan)
    people.change(
        cast.chi, "identity_number", "10031200000", seen=cast.chi.identity_number, by=cast.thu
    )
    client = client_of(cast.phong)
    for path in (
        f"/classes/{cast.class_5a.id}",
        f"/classes/{cast.class_5b.id}",
        "/staff",
        f"/people/{cast.binh.id}",
        f"/people/{cast.chi.id}/history",
        f"/people/{cast.binh.id}/history",
    ):
        page = client.get(path).text
        # the fingerprint of the files in their address may be ten digits
        told = re.sub(r"<option>[^<]*|/static/[0-9a-f]+", "", page)
        assert not re.search(r"[0-9]{9,}", told), path
        assert "100•••••••01" in page or path in (
            "/staff",
            f"/classes/{cast.class_5b.id}",
            f"/people/{cast.chi.id}/history",
        )
    page = table(client, cast)
    assert 'aria-readonly="true"' in page
    assert 'method="post" action="/classes' not in page
    assert "data-use=" not in page


@pytest.mark.parametrize(
    "path", ["/", "/classes", "/classes/1", "/staff", "/people/1", "/people/1/history", "/history"]
)
def test_nobody_signed_in_goes_to_the_login_page(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 302
    assert "/login" in answer.location


# newcomers


def add(client: FlaskClient, cast: Cast, **values: str):  # type: ignore[no-untyped-def]
    return client.post(f"/classes/{cast.class_5a.id}/people", data=values)


def test_a_teacher_adds_a_pupil(cast: Cast, client_of: ClientOf) -> None:
    answer = add(client_of(cast.lan), cast, **pupil("Võ Thị Em", serial=20))
    new = Person.get(Person.full_name == "Võ Thị Em")
    assert answer.status_code == 303
    assert answer.location.endswith(f"/classes/{cast.class_5a.id}#r-{new.id}")
    assert (new.school_class, new.kind, new.status) == (cast.class_5a, "student", "ready")
    assert {c.user for c in Change.select().where(Change.person == new)} == {cast.lan}


def test_a_nameless_pupil_is_refused_with_what_was_typed(cast: Cast, client_of: ClientOf) -> None:
    before = Person.select().count()
    answer = add(client_of(cast.lan), cast, full_name=" ", date_of_birth="5/6/2012")
    assert answer.status_code == 422
    assert 'value="5/6/2012"' in answer.text
    assert "Hãy nhập họ và tên" in answer.text
    assert Person.select().count() == before


def test_only_fields_of_a_pupil_are_taken(cast: Cast, client_of: ClientOf) -> None:
    add(
        client_of(cast.lan),
        cast,
        **pupil("Võ Thị Em", serial=20),
        status="verified",
        school_class="2",
        position="Hiệu trưởng",
    )
    new = Person.get(Person.full_name == "Võ Thị Em")
    assert (new.status, new.school_class, new.position) == ("ready", cast.class_5a, "")


def test_a_teacher_is_told_to_ask_the_office(cast: Cast, client_of: ClientOf) -> None:
    answer = add(
        client_of(cast.lan),
        cast,
        full_name="Lê Thị Chi",
        ministry_code=cast.chi.ministry_code,
        move=str(cast.chi.id),
    )
    assert answer.status_code == 422
    assert "nhờ văn thư" in answer.text
    assert "5B" not in answer.text
    assert Person.get_by_id(cast.chi.id).school_class == cast.class_5b


def test_the_office_moves_the_known_record(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.thu)
    number = " ".join(re.findall("...", cast.chi.identity_number))  # as a person types it
    offered = add(client, cast, full_name="Lê Thị Chi", identity_number=number)
    assert offered.status_code == 422
    assert f'name="move" value="{cast.chi.id}"' in offered.text
    moved = add(client, cast, full_name="Lê Thị Chi", identity_number=number, move=str(cast.chi.id))
    assert moved.status_code == 303
    assert Person.get_by_id(cast.chi.id).school_class == cast.class_5a
    assert Person.select().where(Person.full_name == "Lê Thị Chi").count() == 1
    assert Change.get(Change.event == "person.moved").user == cast.thu
    told = client.get(moved.location).text
    assert "Đã chuyển hồ sơ Lê Thị Chi về lớp 5A." in told


def test_what_a_moved_record_says_otherwise_is_told(cast: Cast, client_of: ClientOf) -> None:
    client, chi = client_of(cast.thu), cast.chi
    typed = {
        "full_name": "Lê Thị Chi",
        "ministry_code": chi.ministry_code,
        "gender": "Nam",
        "date_of_birth": "20-3-2012",
    }
    moved = add(client, cast, **typed, ethnic_group="Khmer", move=str(chi.id))
    now = Person.get_by_id(chi.id)
    assert (now.gender, now.ethnic_group, now.school_class) == (chi.gender, "Khmer", cast.class_5a)
    assert "khác với hồ sơ nên không lưu: Giới tính. Nếu nhầm" in client.get(moved.location).text


def test_who_says_they_are_two_moves_nobody(cast: Cast, client_of: ClientOf) -> None:
    """Enter in a field presses the first button of the form, whatever was ticked below it."""
    client, chi = client_of(cast.thu), {"full_name": "Lê Thị Chi", "date_of_birth": "20/03/2012"}
    form = add(client, cast, **chi).text.split('/people"')[1]
    assert 'name="move"' in form
    assert 'name="move"' not in form[: form.index("</button>")]
    assert add(client, cast, **chi, sure="1", move=str(cast.chi.id)).status_code == 303
    assert Person.get_by_id(cast.chi.id).school_class == cast.class_5b
    assert Person.select().where(Person.full_name == "Lê Thị Chi").count() == 2


def test_moving_somebody_else_by_a_forged_id_does_nothing(cast: Cast, client_of: ClientOf) -> None:
    answer = add(
        client_of(cast.thu),
        cast,
        full_name="X",
        ministry_code=cast.chi.ministry_code,
        move=str(cast.giang.id),
    )
    assert answer.status_code == 422
    assert Person.get_by_id(cast.giang.id).school_class is None


def test_who_comes_back_gets_the_old_record(cast: Cast, client_of: ClientOf) -> None:
    membership.set_state(cast.chi, "Chuyển đi", active=False, by=cast.thu)
    add(
        client_of(cast.thu),
        cast,
        full_name="Lê Thị Chi",
        ministry_code=cast.chi.ministry_code,
        move=str(cast.chi.id),
    )
    back = Person.get_by_id(cast.chi.id)
    assert back.active
    assert back.school_class == cast.class_5a
    assert back.state == "Đang học"


def test_a_namesake_is_asked_about_once(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.lan)
    twin = pupil("Nguyễn Thị An", serial=30)
    assert "cùng họ tên và ngày sinh" in add(client, cast, **twin).text
    assert add(client, cast, **twin, sure="1").status_code == 303


def test_a_namesake_elsewhere_may_be_the_same_child(cast: Cast, client_of: ClientOf) -> None:
    """Typed without a number or a code, as on the day a pupil changes class: no second record unasked."""
    chi = {
        "full_name": "lê thị chi",
        "date_of_birth": "20/3/2012",
        "address": "Ấp 7",
        "ethnic_group": "Kinh",
    }
    told = add(client_of(cast.lan), cast, **chi)
    assert told.status_code == 422
    assert "nhờ văn thư" in told.text
    assert "5B" not in told.text
    assert 'name="move"' not in told.text
    assert 'name="sure"' in told.text
    assert add(client_of(cast.lan), cast, **chi, move=str(cast.chi.id)).status_code == 422
    office = client_of(cast.thu)
    offered = add(office, cast, **chi)
    assert "hồ sơ Lê Thị Chi (lớp 5B) cùng họ tên và ngày sinh" in offered.text
    assert f'name="move" value="{cast.chi.id}"' in offered.text
    assert 'name="sure"' in offered.text
    people.change(cast.chi, "ethnic_group", "Hoa", seen="", by=cast.minh)
    assert add(office, cast, **chi, move=str(cast.chi.id)).status_code == 303
    moved = Person.get_by_id(cast.chi.id)
    assert moved.school_class == cast.class_5a
    assert (moved.address, moved.ethnic_group) == (
        "Ấp 7",
        "Hoa",
    )
    assert moved.full_name == "Lê Thị Chi"
    assert Person.select().where(Person.full_name ** "lê thị chi").count() == 1


def test_a_new_colleague_works_and_does_not_study_here(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.thu)
    client.post("/staff/people", data={"full_name": "Võ Thị Em", "date_of_birth": "02/03/1990"})
    new = Person.get(Person.full_name == "Võ Thị Em")
    page = client.get(f"/people/{new.id}").text
    assert "<option selected>Đang làm việc</option>" in page
    assert "Đang học" not in page


def test_a_colleague_who_comes_back_is_offered(cast: Cast, client_of: ClientOf) -> None:
    membership.set_state(cast.giang, "Đã nghỉ hưu", active=False, by=cast.thu)
    client, wish = client_of(cast.thu), {"full_name": "Đỗ Văn Giang", "date_of_birth": "12/09/1980"}
    assert (
        "hồ sơ Đỗ Văn Giang (đã nghỉ hưu) cùng họ tên"
        in client.post("/staff/people", data=wish).text
    )
    assert client.post("/staff/people", data=wish | {"move": cast.giang.id}).status_code == 303
    assert Person.get_by_id(cast.giang.id).active
    assert "Đã chuyển hồ sơ Đỗ Văn Giang về danh sách cán bộ." in client.get("/staff").text


def test_a_namesake_elsewhere_without_a_birth_date_is_nobody(
    cast: Cast, client_of: ClientOf
) -> None:
    people.change(cast.chi, "date_of_birth", "", seen=cast.chi.date_of_birth, by=cast.minh)
    assert add(client_of(cast.thu), cast, full_name="Lê Thị Chi").status_code == 303


@pytest.mark.parametrize(
    "typed", [{"ministry_code": "1000 000 003"}, {"identity_number": "100 312 000 003"}]
)
def test_a_code_or_number_in_groups_is_the_same(
    cast: Cast, client_of: ClientOf, typed: dict[str, str]
) -> None:
    answer = add(client_of(cast.thu), cast, full_name="Lê Thị Chi", **typed)
    assert answer.status_code == 422
    assert "mang cùng số định danh hoặc mã" in answer.text


def test_no_code_in_words_is_nobodys(cast: Cast, client_of: ClientOf) -> None:
    people.change(cast.chi, "ministry_code", "chưa có", seen="1000000003", by=cast.minh)
    answer = add(client_of(cast.thu), cast, full_name="Võ Thị Em", ministry_code="chưa có")
    assert answer.status_code == 303


@pytest.mark.parametrize(
    ("typed", "match_score"),
    [
        ({"full_name": "Le Thi Chi", "date_of_birth": "20/03/2012"}, "có họ tên chỉ khác dấu"),
        ({"full_name": "Lê Thị Chi", "date_of_birth": "2012"}, "cùng họ tên và năm sinh"),
        ({"full_name": "Nguyễn Thị An"}, "đã có người cùng họ tên."),
        ({"full_name": "Lê Thị Chỉ", "date_of_birth": "21/03/2012"}, ""),
        ({"full_name": "Lê Thị Chi", "date_of_birth": "21/03/2012"}, ""),
        ({"full_name": "Lê Thị Chi"}, ""),
    ],
)
def test_who_may_be_somebody_of_the_school_is_asked_about_as_in_a_file(
    cast: Cast, client_of: ClientOf, typed: dict[str, str], match_score: str
) -> None:
    answer = add(client_of(cast.thu), cast, **typed)
    assert answer.status_code == (422 if match_score else 303)
    assert match_score in answer.text


def test_who_may_add(cast: Cast, client_of: ClientOf, client: FlaskClient) -> None:
    assert add(client_of(cast.minh), cast, full_name="Võ Thị Em").status_code == 404
    assert add(client_of(cast.phong), cast, full_name="Võ Thị Em").status_code == 403
    assert "/login" in add(client, cast, full_name="Võ Thị Em").location
    assert (
        client_of(cast.thu).post("/classes/999/people", data={"full_name": "Võ Thị Em"}).status_code
        == 404
    )
    assert client_of(cast.lan).get(f"/classes/{cast.class_5a.id}/people").status_code == 405
    assert (
        client_of(cast.lan).post("/staff/people", data={"full_name": "Võ Thị Em"}).status_code
        == 403
    )


def test_the_office_adds_staff(cast: Cast, client_of: ClientOf) -> None:
    values = pupil("Hồ Thị Kim", born="02/02/1985", serial=40) | {"position": "Giáo viên"}
    assert client_of(cast.thu).post("/staff/people", data=values).location.startswith("/staff#r-")
    again = client_of(cast.thu).post("/staff/people", data=values | {"full_name": "Hồ Thị Kim Hai"})
    assert again.status_code == 422
    assert "đã có hồ sơ Hồ Thị Kim" in again.text
    assert Person.get(Person.full_name == "Hồ Thị Kim").identity_number == number_for(
        1985, "Nữ", 40
    )
