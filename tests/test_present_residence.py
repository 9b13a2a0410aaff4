"""Where a pupil lives now: asked for only where the campaign says so, kept otherwise, and never what is verified."""

import io
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook

from idapp import exports, imports, ministry_entry, people, present_residence, privacy, school
from idapp.models import Campaign, Change, Import, Person, User
from idapp.people import catching_up, epochs
from idapp.rosters import HeadingBook
from idapp.rules import record
from idapp.rules.problem import Problem
from tests.cast import HOME, Cast, pupil
from tests.test_imports import book

pytestmark = pytest.mark.usefixtures("few_places")
ClientOf = Callable[[User], FlaskClient]
PRESENT = dict(
    zip(
        ("present_province", "present_district", "present_commune"),
        (HOME["province"], HOME["district"], HOME["commune"]),
        strict=True,
    )
)
SETTING = "/settings/campaign/present-residence"
NUMBER = "Số định danh cá nhân"


@pytest.fixture
def ask(cast: Cast, client_of: ClientOf) -> Callable[..., None]:
    """Sets it as the principal does, in the browser."""

    def _ask(*groups: str) -> None:
        assert client_of(cast.hoa).post(SETTING, data={"groups": list(groups)}).status_code == 302

    return _ask


def write(person: Person, texts: dict[str, str], by: User) -> Person:
    edits = [people.Edit(person, name, text) for name, text in texts.items()]
    people.change_many(edits, by=by, source="typed", changeset="present")
    return Person.get_by_id(person.id)


def headings_of(data: bytes) -> list[str]:
    sheet = load_workbook(io.BytesIO(data)).worksheets[0]
    rows = [[str(cell.value or "") for cell in row] for row in sheet.iter_rows(max_row=4)]
    return next(row for row in rows if "STT" in row)


def stored_of(person: Person) -> dict[str, str]:
    values = people.values_of(Person.get_by_id(person.id))
    return {name: values[name] for name in record.PRESENT if values[name]}


def upload(heading: list[str], row: list[str], by: User) -> Import:
    file = imports.read_bytes(book([row], heading), "noi-o.xlsx", by=by)
    imports.confirm(file, by=by)
    return file


def of_an(cast: Cast, more: dict[str, str]) -> tuple[list[str], list[str]]:
    known = {
        "Lớp": "5A",
        "Họ tên": cast.an.full_name,
        "Ngày sinh": cast.an.date_of_birth,
        NUMBER: cast.an.identity_number,
    }
    return [*known, *more], [*known.values(), *more.values()]


def test_it_is_off_until_the_principal_asks_and_every_setting_is_audited(
    cast: Cast, client_of: ClientOf, ask: Callable[..., None]
) -> None:
    lan = client_of(cast.lan)
    page = f"/people/{cast.an.id}"
    cell = f"{page}/cells/present_commune"
    assert "present_commune" not in lan.get(page).text
    assert lan.post(cell, data={"value": "x", "seen": ""}).status_code == 404
    ask("5")
    assert 'name="present_commune"' in lan.get(page).text
    assert "present_commune" not in lan.get(f"/classes/{cast.class_5a.id}").text
    assert lan.post(page, data={**PRESENT}).status_code == 303
    assert stored_of(cast.an) == PRESENT
    assert "Xã/Phường nơi ở hiện tại" in lan.get(f"{page}/history").text
    ask()
    assert "present_" not in lan.get(page).text
    assert stored_of(cast.an) == PRESENT
    assert (
        privacy.everything_about(Person.get_by_id(cast.an.id))["person"]["present_commune"]
        == HOME["commune"]
    )
    ask("all")
    assert 'name="present_commune"' in lan.get(page).text
    rows = Change.select().where(Change.field == "present_residence").order_by(Change.id)
    assert [(row.old, row.new) for row in rows] == [
        ("không thu thập", "Khối 5"),
        ("Khối 5", "không thu thập"),
        ("không thu thập", "cả trường"),
    ]


def test_another_grade_and_the_staff_are_not_asked(cast: Cast, ask: Callable[..., None]) -> None:
    class_9a = school.add_class("9A", by=cast.thu)
    values = pupil("Bùi Văn Em", sex="Nam", born="01/02/2008", serial=70)
    em = people.add(kind="student", school_class=class_9a, values=values, by=cast.thu)
    ask("9")
    asked = [present_residence.is_asked_of(each) for each in (em, cast.an, cast.giang)]
    assert asked == [True, False, False]
    with pytest.raises(Problem):
        present_residence.ask_of(["12"], by=cast.hoa)
    assert Campaign.get().present_residence == ["9"]


def test_a_wrong_place_is_a_warning_and_changes_no_state(
    cast: Cast, ask: Callable[..., None]
) -> None:
    ask("5")
    before = Person.get_by_id(cast.an.id)
    around = people.states.RuleContext().around(before)
    hash_before = record.identity_hash(people.values_of(before), around)
    after = write(before, {**PRESENT, "present_commune": "Xã Không Có"}, cast.lan)
    assert (after.status, after.errors, after.commune) == (before.status, 0, before.commune)
    assert [(p["field"], p["level"]) for p in after.problems] == [("present_commune", "warning")]
    assert record.identity_hash(people.values_of(after), around) == hash_before
    assert "present_commune" not in ministry_entry.FIELDS
    ask()
    assert Person.get_by_id(cast.an.id).problems == []
    assert catching_up.compute_anew() == {}


@pytest.mark.parametrize(
    ("heading", "group", "field"),
    [
        ("Nơi ở hiện tại", "", "present_address"),
        ("Chỗ ở hiện nay", "", "present_address"),
        ("Địa chỉ hiện tại", "", "present_address"),
        ("Tỉnh", "Nơi ở hiện tại", "present_province"),
        ("Quận/Huyện", "Chỗ ở hiện nay", "present_district"),
        ("Xã/Phường", "Nơi ở hiện nay", "present_commune"),
        ("Xã (nơi ở hiện tại)", "", "present_commune"),
        ("Xã", "Nơi thường trú", "commune"),
    ],
)
def test_headings_of_it_are_never_those_of_the_permanent_residence(
    heading: str, group: str, field: str
) -> None:
    off = field if field == "commune" else "present_residence"
    assert HeadingBook().meaning(heading, group).field == off
    assert HeadingBook(with_present=True).meaning(heading, group).field == field


def test_a_file_leaves_nothing_where_it_is_not_asked(cast: Cast, ask: Callable[..., None]) -> None:
    more = {"Xã/Phường nơi ở hiện tại": "Xã Riêng Tư", "Chỗ ở hiện nay": "Ấp Kín, Xã Riêng Tư"}
    for groups in ((), ("9",)):
        if groups:
            school.add_class("9A", by=cast.thu)
            ask(*groups)
        file = upload(*of_an(cast, more), cast.thu)
        assert stored_of(cast.an) == {}
        texts = [str(row.__data__) for row in file.rows]
        assert not any("Riêng Tư" in text for text in texts)
    assert Person.get_by_id(cast.an.id).commune == HOME["commune"]


def test_a_file_brings_it_in_columns_or_in_one_text_and_undo_takes_it_back(
    cast: Cast, ask: Callable[..., None]
) -> None:
    ask("5")
    line = ", ".join(["Ấp 9", HOME["commune"], HOME["district"], HOME["province"]])
    file = upload(*of_an(cast, {"Nơi ở hiện tại": line}), cast.thu)
    assert stored_of(cast.an) == {**PRESENT, "present_address": "Ấp 9"}
    imports.undo(file, by=cast.thu)
    assert stored_of(cast.an) == {}
    heading = {f"{record.FIELD[name].label}": text for name, text in PRESENT.items()}
    upload(*of_an(cast, heading), cast.thu)
    assert stored_of(cast.an) == PRESENT
    upload(*of_an(cast, {"Chỗ ở hiện nay": "nhà trọ cạnh chợ"}), cast.thu)
    assert stored_of(cast.an)["present_address"] == "nhà trọ cạnh chợ"
    assert Person.get_by_id(cast.an.id).address == cast.an.address


def test_workbooks_have_it_at_their_end_and_the_ministrys_form_never(
    cast: Cast, ask: Callable[..., None]
) -> None:
    plain = headings_of(exports.class_workbook(cast.class_5a, by=cast.lan))
    form = headings_of(exports.class_workbook(cast.class_5a, by=cast.lan, form="416"))
    ask("5")
    write(cast.an, PRESENT, cast.lan)
    labels = [record.FIELD[name].label for name in record.PRESENT]
    data = exports.class_workbook(cast.class_5a, by=cast.lan)
    assert headings_of(data) == [*plain[:-2], *labels, *plain[-2:]]
    assert headings_of(exports.class_workbook(cast.class_5a, by=cast.lan, form="416")) == form
    ask()
    assert headings_of(exports.class_workbook(cast.class_5a, by=cast.lan)) == plain
    ask("5")
    file = imports.read_bytes(data, "5A.xlsx", by=cast.lan)
    assert {row.verdict for row in file.rows} <= {"same", ""}


def test_another_catalogue_leaves_its_words_and_says_so(
    cast: Cast, client_of: ClientOf, ask: Callable[..., None]
) -> None:
    ask("5")
    write(cast.an, PRESENT, cast.lan)
    page = client_of(cast.hoa).get("/settings/places").text
    assert "Nơi ở hiện tại của 1 học sinh giữ nguyên" in page
    epochs.go_on(epochs.begin("2level", by=cast.hoa).id)
    an = Person.get_by_id(cast.an.id)
    assert stored_of(an) == PRESENT
    assert an.province != HOME["province"]
    assert {p["level"] for p in an.problems if p["field"] in record.PRESENT} == {"warning"}


def test_families_check_it_and_papers_bring_it(
    cast: Cast, client_of: ClientOf, ask: Callable[..., None]
) -> None:
    lan = client_of(cast.lan)
    sheets = f"/notices/check-sheets?class={cast.class_5a.id}"
    assert "Nơi ở hiện tại" not in lan.get(sheets).text
    assert "present_commune" not in lan.get(f"/notices/{cast.binh.id}").text
    ask("5")
    assert "Nơi ở hiện tại" in lan.get(sheets).text
    page = lan.get(f"/notices/{cast.binh.id}").text
    assert 'name="present_commune"' in page
    assert "Theo CT07 hoặc VNeID" in page
    form = {"identity_number": "", "again": "", "evidence": "ct07", **PRESENT}
    lan.post(f"/notices/{cast.binh.id}", data=form)
    assert stored_of(cast.binh) == PRESENT


def test_the_list_of_places_offers_those_inside_the_present_province(
    cast: Cast, client_of: ClientOf
) -> None:
    lan = client_of(cast.lan)
    address = f"/places?field=present_commune&person={cast.an.id}&q=My An"
    above = f"&province={HOME['province']}&district={HOME['district']}"
    assert HOME["commune"] in lan.get(address + above).text
