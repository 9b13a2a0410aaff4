"""Words follow the campaign's places: no district is asked, shown or exported in two levels."""

import io
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from docx import Document
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import Workbook, load_workbook

from idapp import exports, imports, notices, people, school, verification
from idapp.documents import DOCX
from idapp.imports import headings
from idapp.models import Batch, Campaign, Person, School, User
from idapp.notices import slips, visits
from idapp.people import epochs
from idapp.settings import current
from tests.cast import Cast, pupil
from tests.test_documents import text_of

pytestmark = pytest.mark.usefixtures("few_places")
ClientOf = Callable[[User], FlaskClient]
OLD_WORDS = re.compile(r"huyện|\bquận\b|phòng gd|căn cước công dân", re.IGNORECASE)
NEW_WORDS = re.compile(r"công an cấp xã|phòng văn hóa|CCCD còn hạn", re.IGNORECASE)
NEW_HOME = {"province": "Tỉnh Tây Ninh", "district": "", "commune": "Xã Mỹ An"}
# the change itself, and what stood in a record before it, name both times
OF_BOTH_TIMES = {
    "places.settings", "audit.history", "people.person_history", "privacy.about_person", "privacy.about_person_file",
}  # fmt: skip
FOR_MACHINES = {"static", "health"}


@pytest.fixture
def two_levels(cast: Cast) -> Cast:
    """The school since July 2025, with a case, a batch, a visit and an address that must be decided."""
    change = epochs.begin("2level", by=cast.hoa)
    epochs.go_on(change.id)
    _play(cast)
    return cast


@pytest.fixture
def three_levels(cast: Cast) -> Cast:
    _play(cast)
    return cast


def _play(cast: Cast) -> None:
    batch = verification.start("school", by=cast.hoa)
    Batch.update(state="finished").where(Batch.id == batch.id).execute()
    notices.sync_cases()
    notices.open_by_hand(cast.binh, by=cast.thu)
    visits.plan(
        current().today(), place="Phòng hội đồng", note="", by=cast.thu, today=current().today()
    )


def pages(cast: Cast, app: Flask) -> Iterator[str]:
    """Every address that shows something, with the cast in its gaps."""
    gaps: dict[str, Any] = {
        "class_id": cast.class_5a.id,
        "person_id": cast.binh.id,
        "batch_id": 1,
        "visit_id": 1,
        "name": "5A",
        "field": "commune",
    }
    with app.test_request_context():
        urls = app.url_map.bind("localhost")
        for rule in app.url_map.iter_rules():
            shows = "GET" in rule.methods and rule.endpoint not in OF_BOTH_TIMES | FOR_MACHINES
            if shows and rule.arguments <= set(gaps):
                yield urls.build(rule.endpoint, {name: gaps[name] for name in rule.arguments})


def texts_of(answer: Any) -> str:
    """What somebody reads: a page, every cell of every sheet, or a paper."""
    if not answer.data.startswith(b"PK"):
        return answer.text
    if answer.mimetype == DOCX:
        return text_of(Document(io.BytesIO(answer.data)))
    return "\n".join(texts_in(load_workbook(io.BytesIO(answer.data))))


def texts_in(book: Workbook) -> Iterator[str]:
    for sheet in book:
        yield sheet.title
        if sheet.title in ("TINH", "HUYEN", "XA"):  # names of places may hold any word
            continue
        for row in sheet.iter_rows():
            yield from (str(cell.value) for cell in row if cell.value is not None)
            yield from (cell.comment.text for cell in row if cell.comment)


def words_of(cast: Cast, client_of: ClientOf, app: Flask, wanted: re.Pattern[str]) -> dict:
    met = {}
    for user in (cast.lan, cast.hoa, cast.phong):
        client = client_of(user)
        for address in pages(cast, app):
            found = wanted.findall(texts_of(client.get(address, follow_redirects=True)))
            if found:
                met[user.username, address] = found
    return met


def test_no_page_and_no_file_of_two_levels_names_a_district(
    two_levels: Cast, client_of: ClientOf, app: Flask
) -> None:
    assert words_of(two_levels, client_of, app, OLD_WORDS) == {}


def test_no_page_of_three_levels_speaks_of_2025(
    three_levels: Cast, client_of: ClientOf, app: Flask
) -> None:
    assert words_of(three_levels, client_of, app, NEW_WORDS) == {}


def headings_of(data: bytes, sheet: str) -> list[str]:
    rows = load_workbook(io.BytesIO(data))[sheet].iter_rows(values_only=True)
    return [str(value) for value in next(rows) if value]


def test_the_form_has_the_columns_of_its_time(cast: Cast) -> None:
    old = exports.class_workbook(cast.class_5a, by=cast.lan, form="416")
    assert headings_of(old, "Sheet1")[7:10] == ["Tỉnh", "Huyện", "Xã"]
    assert "HUYEN" in load_workbook(io.BytesIO(old)).sheetnames
    Campaign.update(epoch="2level").execute()
    new = exports.class_workbook(cast.class_5a, by=cast.lan, form="416")
    assert headings_of(new, "Sheet1")[7:10] == ["Tỉnh", "Xã", "Họ tên cha"]
    assert "HUYEN" not in load_workbook(io.BytesIO(new)).sheetnames


@pytest.mark.parametrize("form", ["", "416"])
def test_a_file_of_two_levels_comes_back_unchanged(two_levels: Cast, form: str) -> None:
    data = exports.class_workbook(two_levels.class_5a, by=two_levels.lan, form=form)
    upload = imports.read_bytes(data, "lop-5a.xlsx", by=two_levels.lan)
    told = imports.totals_of(upload)
    assert (upload.state, told.to_write, told.views["errors"]) == ("checked", 0, 0)


def test_the_police_are_named_as_they_are_called_then(cast: Cast) -> None:
    assert slips.police_of(cast.an) == "Công an xã Mỹ An, huyện Thủ Thừa, tỉnh Long An"
    epochs.go_on(epochs.begin("2level", by=cast.hoa).id)
    assert slips.police_of(Person.get_by_id(cast.an.id)) == "Công an xã Mỹ An, tỉnh Tây Ninh"


def test_no_family_is_sent_to_a_commune_that_is_gone(cast: Cast) -> None:
    home = {"district": "Huyện Thủ Thừa", "commune": "Xã Tân Thành"}
    values = pupil("Hồ Văn Chia", sex="Nam", serial=77) | home
    split = people.add(kind="student", school_class=cast.class_5a, values=values, by=cast.thu)
    epochs.go_on(epochs.begin("2level", by=cast.hoa).id)
    now = Person.get_by_id(split.id)
    assert slips.police_of(now) == "công an cấp xã nơi gia đình đăng ký thường trú"


def test_a_district_left_in_a_record_of_two_levels_is_on_no_slip(two_levels: Cast) -> None:
    left = Person.get_by_id(two_levels.binh.id)
    left.district = "Huyện Thủ Thừa"
    slip = slips.slip_for(left, School.get(), Campaign.get(), today=current().today())
    assert not OLD_WORDS.search(slip.text)


@pytest.mark.parametrize(
    ("epoch", "heading", "sample", "is_offered"),
    [
        ("3level", "Ghi chú", "giỏi", True),
        ("2level", "Ghi chú", "giỏi", False),
        ("2level", "Nơi ở 2", "Huyện Thủ Thừa", True),
        ("2level", "Q/H", "Quận 5", True),
        ("2level", "Huyện TT", "Thủ Thừa", True),
        ("2level", "Mẹ", "Lê Thị Huyền", False),
    ],
)
def test_a_column_is_a_district_only_where_there_are_districts(
    epoch: str, heading: str, sample: str, is_offered: bool
) -> None:
    questions = [{"columns": [{"heading": heading, "samples": [sample]}]}]
    assert ("district" in dict(headings.choices(questions, epoch))) == is_offered


def test_an_unknown_old_district_asks_for_the_commune(two_levels: Cast) -> None:
    text = "Xã Mỹ An, Huyện Không Có, Tỉnh Long An"
    people.change(two_levels.an, "commune", text, seen="Xã Mỹ An", by=two_levels.lan)
    told = Person.get_by_id(two_levels.an.id).problem_of("commune")["message"]
    assert "quận/huyện" not in told


@pytest.mark.parametrize(
    ("level", "epoch", "office"),
    [
        ("TH;THCS", "3level", "Phòng GDĐT"),
        ("TH;THCS", "2level", "Phòng Văn hóa - Xã hội"),
        ("THPT", "2level", "Sở GDĐT"),
    ],
)
def test_the_office_follows_the_places_until_the_school_names_it(
    cast: Cast, client_of: ClientOf, level: str, epoch: str, office: str
) -> None:
    School.update(level=level).execute()
    Campaign.update(epoch=epoch).execute()
    principal = client_of(cast.hoa)
    page = principal.get("/settings").text
    assert f"Cán bộ {office}" in principal.get("/settings/accounts").text
    assert f'class="deadline-title">{office}: ' in page
    assert f"Kính gửi: {office}" in principal.get("/progress/report").text
    form = {"name": "Trường TH Thử Nghiệm", "office": "", "reviewer_title": "UBND phường Long An"}
    principal.post("/settings/school", data=form)
    assert school.reviewing_office() == "UBND phường Long An"


@pytest.mark.parametrize(
    ("office", "epoch", "is_told"),
    [
        ("Phòng GD&ĐT huyện Thủ Thừa", "2level", True),
        ("Phòng GDĐT huyện Thủ Thừa", "3level", False),
        ("Cơ quan quản lý: UBND xã Mỹ An", "2level", False),
    ],
)
def test_an_office_that_is_gone_is_told(
    cast: Cast, client_of: ClientOf, office: str, epoch: str, is_told: bool
) -> None:
    School.update(office=office).execute()
    Campaign.update(epoch=epoch).execute()
    page = client_of(cast.hoa).get("/settings").text
    assert ("không còn cơ quan này" in page) == is_told
