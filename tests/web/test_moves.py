"""Coming and going on the pages: several at once, the day and the other school, papers that are owed."""

import re
from collections.abc import Callable
from datetime import date

from flask.testing import FlaskClient

from idapp.models import Change, EntryPaper, Person, Transfer, User
from idapp.people import entry_papers, transfers
from tests.cast import Cast, pupil

ClientOf = Callable[[User], FlaskClient]
TODAY = date(2022, 10, 16)


def again(person: Person) -> Person:
    return Person.get_by_id(person.id)


def post_moves(client: FlaskClient, cast: Cast, *people: Person, **form: str):  # type: ignore[no-untyped-def]
    data = {"person": [str(person.id) for person in people], "day": "14/10/2022", **form}
    return client.post(f"/classes/{cast.class_5a.id}/moves", data=data)


def test_several_change_class_and_one_undo_brings_them_back(
    cast: Cast, client_of: ClientOf
) -> None:
    client, table = client_of(cast.thu), f"/classes/{cast.class_5a.id}"
    page = client.get(f"{table}/moves?person={cast.binh.id}").text
    assert re.findall(r'value="(\d+)" checked', page) == [str(cast.binh.id)]
    answer = post_moves(
        client, cast, cast.an, cast.binh, deed="class", **{"class": str(cast.class_5b.id)}
    )
    assert answer.location.endswith(table)
    assert "Đã chuyển 2 em (Nguyễn Thị An, Trần Văn Bình) sang lớp 5B." in client.get(table).text
    assert {t.day for t in Transfer.select()} == {date(2022, 10, 14)}
    client.post("/undo", data={"table": cast.class_5a.id})
    assert again(cast.an).school_class == again(cast.binh).school_class == cast.class_5a
    client.post("/redo", data={"table": cast.class_5a.id})
    assert again(cast.an).school_class == cast.class_5b


def test_who_leaves_and_where_to(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.thu)
    post_moves(
        client, cast, cast.an, deed="state", state="Chuyển đi kỳ 1", to_school="Trường TH Mỹ An"
    )
    assert not again(cast.an).active
    assert Transfer.get().school == "Trường TH Mỹ An"
    change = Change.get(Change.event == "person.transfer")
    assert (change.user, change.new) == (cast.thu, "14/10/2022, Trường TH Mỹ An")
    post_moves(client, cast, cast.an, deed="state", state="Đang học")
    assert again(cast.an).active


def test_what_is_missing_is_said_and_what_was_typed_stays(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.thu)
    for people, form, sentence in (
        ((), {"deed": "class"}, "Hãy đánh dấu ít nhất một em."),
        ((cast.an,), {"deed": "class"}, "Hãy chọn lớp chuyển đến."),
        ((cast.an,), {"deed": "state", "state": "bịa"}, "Hãy chọn trạng thái."),
        ((cast.an,), {"deed": "state", "state": "Thôi học kỳ 1", "day": "17/10/2022"}, "chưa đến"),
        ((cast.an,), {"deed": "state", "state": "Thôi học kỳ 1", "day": "31/02"}, "Hãy viết như"),
        ((cast.an,), {"deed": "state", "state": "Thôi học kỳ 1", "note": "a" * 201}, "ngắn hơn"),
    ):
        answer = post_moves(client, cast, *people, **{"to_school": "Trường Mỹ An"} | form)
        assert answer.status_code == 422
        assert sentence in answer.text
        assert 'value="Trường Mỹ An"' in answer.text
    assert places_are_untouched(cast)


def places_are_untouched(cast: Cast) -> bool:
    return again(cast.an).active and not Change.select().where(Change.event == "person.state")


def test_a_pupil_of_another_class_is_not_moved_from_here(cast: Cast, client_of: ClientOf) -> None:
    answer = post_moves(client_of(cast.thu), cast, cast.chi, deed="state", state="Thôi học kỳ 1")
    assert answer.status_code == 422
    assert again(cast.chi).active


def test_a_wrong_day_on_the_record_loses_nothing(cast: Cast, client_of: ClientOf) -> None:
    form = {"state": "Chuyển đi kỳ 1", "day": "40/10/2022", "to_school": "Trường Mỹ An"}
    answer = client_of(cast.thu).post(f"/people/{cast.an.id}/state", data=form)
    assert answer.status_code == 422
    assert 'value="40/10/2022"' in answer.text
    assert "<option selected>Chuyển đi kỳ 1</option>" in answer.text


def test_a_move_on_the_record_is_taken_back_there(cast: Cast, client_of: ClientOf) -> None:
    client, page = client_of(cast.thu), f"/people/{cast.binh.id}"
    client.post(f"{page}/class", data={"class": cast.class_5b.id})
    answer = client.post("/undo", data={"person": cast.binh.id})
    assert answer.location.endswith(page)
    assert again(cast.binh).school_class == cast.class_5a
    assert "Đã hoàn tác: lớp, trạng thái của Trần Văn Bình." in client.get(page).text


def test_a_newcomer_owes_papers_until_they_are_ticked(cast: Cast, client_of: ClientOf) -> None:
    client, table = client_of(cast.lan), f"/classes/{cast.class_5a.id}"
    assert "data-owing" not in client.get(table).text
    form = pupil("Phạm Thị Dung", serial=9) | {
        "from_school": "Trường TH Mỹ An",
        "arrived_on": "10/10/2022",
        "papers": ["school_report"],
        "papers_due": "12/10/2022",
    }
    assert client.post(f"{table}/people", data=form).status_code == 303
    dung = Person.get(Person.full_name == "Phạm Thị Dung")
    page = client.get(f"{table}?owing=1").text
    assert 'data-owing="1" data-overdue="1"' in page
    assert re.findall(r'data-person-id="(\d+)"[^>]*data-owes="1">', page) == [str(dung.id)]
    assert page.count(" hidden>") >= 2
    assert "quá hạn 4 ngày" in client.get("/people/owing").text
    assert "Phạm Thị Dung" not in client_of(cast.minh).get("/people/owing").text
    owed = [row.paper for row in EntryPaper.select() if row.received_on is None]
    client.post(f"/people/{dung.id}/papers/received", data={"papers": owed})
    assert "data-owing" not in client.get(table).text
    arrival = transfers.arrival_of(dung)
    assert arrival
    assert (arrival.day, arrival.school) == (date(2022, 10, 10), "Trường TH Mỹ An")


def test_a_bad_day_gives_the_form_back_whole(cast: Cast, client_of: ClientOf) -> None:
    form = pupil("Phạm Thị Dung", serial=9) | {"from_school": "Trường Mỹ An", "arrived_on": "x"}
    answer = client_of(cast.lan).post(f"/classes/{cast.class_5a.id}/people", data=form)
    assert answer.status_code == 422
    assert 'value="Trường Mỹ An"' in answer.text
    assert 'value="Phạm Thị Dung"' in answer.text
    assert not Person.select().where(Person.full_name == "Phạm Thị Dung")


def test_somebody_added_without_an_arrival_owes_nothing(cast: Cast, client_of: ClientOf) -> None:
    form = pupil("Phạm Thị Dung", serial=9)
    client_of(cast.lan).post(f"/classes/{cast.class_5a.id}/people", data=form)
    assert not EntryPaper.select()
    assert not Transfer.select()


def test_who_was_here_before_is_shown_beside_what_was_typed(
    cast: Cast, client_of: ClientOf
) -> None:
    client = client_of(cast.thu)
    transfers.change_state(
        [cast.chi], "Chuyển đi kỳ 1", transfers.Circumstances(TODAY), by=cast.thu
    )
    form = {"full_name": "le thi chi", "date_of_birth": "20/03/2012", "address": "Ấp 7"}
    page = client.post(f"/classes/{cast.class_5a.id}/people", data=form).text
    assert "Lê Thị Chi trở lại: dùng hồ sơ cũ" in page
    assert "Lớp 5B, chuyển đi kỳ 1" in page
    assert "<td>le thi chi</td>" in page
    assert "<td>Lê Thị Chi</td>" in page


def test_the_form_of_papers_ticks_and_unticks(cast: Cast, client_of: ClientOf) -> None:
    client, page = client_of(cast.lan), f"/people/{cast.an.id}/papers"
    client.post(page, data={"papers": ["school_report", "identity"], "papers_due": "20/10/2022"})
    assert not Transfer.select()
    ticked = re.findall(r'value="(\w+)" checked', client.get(page).text)
    assert ticked == ["school_report", "identity"]
    client.post(page, data={"papers": ["identity"], "arrived_on": "05/09/2022"})
    assert EntryPaper.get(EntryPaper.paper == "school_report").due_on is not None
    assert EntryPaper.get(EntryPaper.paper == "application").due_on == date(2022, 10, 20)
    assert 'value="05/09/2022"' in client.get(page).text
    assert entry_papers.owing(cast.lan, TODAY).people == 1
    assert client.post(page, data={"papers_due": "mai"}).status_code == 422
    assert client_of(cast.thu).get(f"/people/{cast.giang.id}/papers").status_code == 404


def test_long_absence_is_said_in_the_table(cast: Cast, client_of: ClientOf) -> None:
    post_moves(client_of(cast.thu), cast, cast.an, deed="state", state="Tạm nghỉ học")
    page = client_of(cast.lan).get(f"/classes/{cast.class_5a.id}").text
    assert page.count('<span class="away">Tạm nghỉ học</span>') == 1
