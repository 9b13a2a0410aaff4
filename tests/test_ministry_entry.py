"""What must still be entered into the ministry's own system: read from the history, ticked, and back again."""

import io
import re
from collections.abc import Callable

import openpyxl
import pytest
from flask.testing import FlaskClient

from idapp import imports, ministry_entry, people
from idapp.models import Change, EnteredChange, Person, User
from idapp.people import membership
from tests.cast import Cast, pupil
from tests.test_imports import fresh, line, read

pytestmark = pytest.mark.usefixtures("few_places")
ClientOf = Callable[[User], FlaskClient]
CODE = "1000000001"


@pytest.fixture
def cast(cast: Cast) -> Cast:
    """Everybody of the cast is in the ministry's system already."""
    ministry_entry.enter(ministry_entry.pending_records(cast.hoa), by=cast.hoa)
    return cast


def waiting(user: User) -> dict[str, dict[str, tuple[str, str]]]:
    """{name: {field: (old, new)}}"""
    return {
        pending.person.full_name: {c.field: (c.old, c.new) for c in pending.changes}
        for pending in ministry_entry.pending_records(user)
    }


def edit(person: Person, field: str, text: str, by: User) -> None:
    people.change(person, field, text, seen=getattr(fresh(person), field), by=by)


def tick_all(cast: Cast) -> str:
    return ministry_entry.enter(ministry_entry.pending_records(cast.hoa), by=cast.hoa)


def test_a_change_waits_until_it_is_ticked_and_the_next_one_waits_again(cast: Cast) -> None:
    edit(cast.an, "address", "Ấp 1", cast.lan)
    edit(cast.an, "address", "Ấp 2", cast.lan)
    assert waiting(cast.thu) == {"Nguyễn Thị An": {"address": ("", "Ấp 2")}}
    tick_all(cast)
    assert waiting(cast.thu) == {}
    edit(cast.an, "address", "Ấp 3", cast.lan)
    assert waiting(cast.thu) == {"Nguyễn Thị An": {"address": ("Ấp 2", "Ấp 3")}}


def test_a_change_that_is_taken_back_waits_no_more(cast: Cast) -> None:
    edit(cast.an, "gender", "Nam", cast.lan)
    edit(cast.an, "gender", "Nữ", cast.lan)
    assert waiting(cast.thu) == {}


def test_only_what_was_in_sight_is_ticked(cast: Cast) -> None:
    edit(cast.an, "address", "Ấp 1", cast.lan)
    seen = Change.select().order_by(Change.id.desc()).get().id
    edit(cast.an, "address", "Ấp 2", cast.lan)
    pending = ministry_entry.pending_records(cast.hoa, until=seen)
    ministry_entry.enter(pending, by=cast.hoa)
    assert waiting(cast.thu) == {"Nguyễn Thị An": {"address": ("Ấp 1", "Ấp 2")}}


def test_a_tick_is_taken_back_and_the_history_says_so(cast: Cast) -> None:
    edit(cast.an, "address", "Ấp 1", cast.lan)
    changeset = tick_all(cast)
    assert ministry_entry.take_back(changeset, by=cast.minh) == 0  # of another class
    assert ministry_entry.take_back(changeset, by=cast.thu) == 1
    assert ministry_entry.take_back(changeset, by=cast.thu) == 0
    assert waiting(cast.thu) == {"Nguyễn Thị An": {"address": ("", "Ấp 1")}}
    events = [change.event for change in Change.select().where(Change.person == cast.an)]
    assert events[-2:] == ["ministry.entered", "ministry.waits_again"]


def test_newcomers_moves_and_leaves_wait_too(cast: Cast) -> None:
    new = people.add(
        kind="student",
        school_class=cast.class_5a,
        values=pupil("Bùi Văn Em", serial=50),
        by=cast.lan,
    )
    membership.move(cast.chi, cast.class_5a, by=cast.thu)
    membership.set_state(cast.binh, "Chuyển đi kỳ 1", active=False, by=cast.thu)
    edit(fresh(cast.binh), "address", "Ấp 9", cast.thu)
    pending = {p.person.id: p for p in ministry_entry.pending_records(cast.thu)}
    assert pending[new.id].is_new
    assert [c.field for c in pending[cast.chi.id].changes] == ["school_class"]
    assert waiting(cast.thu)["Trần Văn Bình"] == {"state": ("Đang học", "Chuyển đi kỳ 1")}
    membership.set_state(new, membership.MISTAKEN, active=False, by=cast.thu)
    assert "Bùi Văn Em" not in waiting(cast.thu)


def test_a_new_school_year_and_its_undo_leave_nothing_to_enter(cast: Cast) -> None:
    """The ministry's system takes that step by itself."""
    membership.set_state(
        cast.an, "Hoàn thành cấp học", active=False, by=cast.thu, source="year", changeset="y"
    )
    assert waiting(cast.thu) == {}
    membership.set_state(
        cast.an, "Đang học", active=True, by=cast.thu, source="undo", undoes="y", verb="undo"
    )
    assert waiting(cast.thu) == {}
    membership.set_state(cast.an, "Nghỉ học", active=False, by=cast.thu)
    assert waiting(cast.thu) == {"Nguyễn Thị An": {"state": ("Đang học", "Nghỉ học")}}


def test_what_comes_from_the_ministrys_own_file_need_not_go_back(cast: Cast) -> None:
    edit(cast.an, "gender", "Nam", cast.lan)  # entered there by hand, and not ticked
    edit(cast.an, "ethnic_group", "Khmer", cast.lan)
    row = line(school_class="5A", ministry_code=CODE, gender="Nam", address="Ấp 7")
    same = line(school_class="5A", ministry_code="1000000002", full_name="Trần Văn Bình")
    upload = read([row, same], cast.thu)
    assert upload.from_ministry
    imports.confirm(upload, by=cast.thu)
    assert fresh(cast.an).address == "Ấp 7"
    assert waiting(cast.thu) == {"Nguyễn Thị An": {"ethnic_group": ("", "Khmer")}}


def test_an_unchanged_row_of_that_file_says_what_the_ministry_has(cast: Cast) -> None:
    edit(cast.an, "address", "Ấp 7", cast.lan)
    upload = read([line(school_class="5A", ministry_code=CODE, address="Ấp 7")], cast.thu)
    assert upload.rows[0].verdict == "same"
    imports.confirm(upload, by=cast.thu)
    assert waiting(cast.thu) == {}


def test_an_edited_copy_of_that_file_brings_news_for_the_ministry(
    cast: Cast, client_of: ClientOf
) -> None:
    upload = read([line(school_class="5A", ministry_code=CODE, address="Ấp 7")], cast.thu)
    browser = client_of(cast.thu)
    assert "chưa sửa gì" in browser.get(f"/imports/{upload.id}").text
    browser.post(f"/imports/{upload.id}/confirm", data={"from_ministry": "0"})
    assert waiting(cast.thu) == {"Nguyễn Thị An": {"address": ("", "Ấp 7")}}


def test_an_import_that_is_taken_back_leaves_nothing_to_enter(cast: Cast) -> None:
    upload = read([line(school_class="5A", ministry_code=CODE, address="Ấp 7")], cast.thu)
    imports.confirm(upload, by=cast.thu)
    imports.undo(upload, by=cast.thu)
    assert fresh(cast.an).address == ""
    assert waiting(cast.thu) == {}


def test_the_page_shows_old_and_new_and_ticks_one_a_class_or_all(
    cast: Cast, client_of: ClientOf
) -> None:
    edit(cast.an, "address", "Ấp <1>", cast.lan)
    edit(cast.binh, "address", "Ấp 2", cast.lan)
    edit(cast.chi, "address", "Ấp 3", cast.minh)
    browser = client_of(cast.thu)
    page = browser.get("/exports/changes").text
    assert re.search(r"<s>\(trống\)</s> →\s+<b>Ấp &lt;1&gt;</b>", page)
    of_school = "/exports/changes/school-count"
    assert of_school in browser.get("/progress").text
    assert 'data-count="to_enter">3<' in browser.get(of_school).text
    of_class = f"/exports/changes/count?class={cast.class_5a.id}"
    lan = client_of(cast.lan)
    assert of_class in lan.get(f"/classes/{cast.class_5a.id}").text
    assert 'data-count="to_enter">2<' in lan.get(of_class).text
    seen = re.search(r'name="seen" value="(\d+)"', page)[1]
    tick = "/exports/changes/entered"
    assert (
        client_of(cast.minh).post(tick, data={"seen": seen, "person": cast.an.id}).status_code
        == 404
    )
    browser.post(tick, data={"seen": seen, "person": cast.an.id})
    assert set(waiting(cast.thu)) == {"Trần Văn Bình", "Lê Thị Chi"}
    client_of(cast.lan).post(tick, data={"seen": seen, "all": "1"})  # all that she may see
    assert set(waiting(cast.thu)) == {"Lê Thị Chi"}
    browser.post(tick, data={"seen": seen, "class": cast.class_5b.id})
    assert waiting(cast.thu) == {}
    newest = EnteredChange.select().order_by(EnteredChange.id.desc()).get().changeset
    browser.post(f"{tick}/undo", data={"changeset": newest})
    assert set(waiting(cast.thu)) == {"Lê Thị Chi"}


def test_the_workbook_holds_only_these_people_with_the_changed_cells_marked(
    cast: Cast, client_of: ClientOf
) -> None:
    edit(cast.an, "gender", "Nam", cast.lan)
    edit(cast.an, "address", "Ấp 1", cast.lan)
    answer = client_of(cast.lan).get("/exports/changes.xlsx")
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    form = book["Sheet1"]
    headings = [cell.value for cell in form[1]]
    assert headings[:3] == ["STT", "Mã lớp", "Mã định danh Bộ GD&ĐT (trên CSDL ngành)"]
    assert form.max_row == 2
    marked = {headings[cell.column - 1] for cell in form[2] if cell.comment}
    assert marked == {"Giới tính"}
    gender = form.cell(2, headings.index("Giới tính") + 1)
    assert (gender.value, gender.comment.text) == ("Nam", "Trước: Nữ")
    changes = [row[3:6] for row in book["Thay đổi"].iter_rows(min_row=2, values_only=True)]
    assert sorted(changes) == [("Giới tính", "Nữ", "Nam"), ("Tổ/Thôn/Xóm", None, "Ấp 1")]
    assert Change.get(Change.event == "export").subject == "changes"
