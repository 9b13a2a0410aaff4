"""Pasting, filling down and clearing: the answer, who may, and that the table then shows what a fresh load shows."""

import json
import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from idapp import people
from idapp.models import Change, Person, User
from tests.cast import Cast, number_for, pupil
from tests.pasted import confirm
from tests.statements import counted
from tests.web.fragments import partials, plain, swapped

ClientOf = Callable[[User], FlaskClient]
HTMX = {"HX-Request": "true"}
AN, BINH = number_for(2012, "Nữ", 31), number_for(2012, "Nam", 32)


def deed(client: FlaskClient, path: str, **values: object) -> TestResponse:
    return client.post(path, data=values, headers=HTMX)


def paste(
    client: FlaskClient, cast: Cast, tsv: str, field: str = "identity_number", **more: object
) -> TestResponse:
    values = {"anchor_person": cast.an.id, "anchor_field": field, "tsv": tsv} | more
    return deed(client, f"/classes/{cast.class_5a.id}/paste", **values)


def stored(person: Person, field: str = "identity_number") -> str:
    return str(getattr(Person.get_by_id(person.id), field))


def part(answer: TestResponse, target: str) -> str:
    found = re.search(
        rf'<hx-partial hx-target="#{target}" hx-swap="innerHTML">(.*?)</hx-partial>',
        answer.text,
        re.DOTALL,
    )
    return found[1] if found else ""


# pasting


def test_of_two_columns_of_one_heading_the_user_chooses_one(
    cast: Cast, client_of: ClientOf
) -> None:
    client = client_of(cast.lan)
    tsv = f"Họ và tên\tSố CCCD\tDân tộc\tSố CCCD\n{cast.an.full_name}\t{BINH}\tKinh\t{AN}\n"
    answer = paste(client, cast, tsv, "full_name")
    ask = part(answer, "grid-ask")
    assert answer.status_code == 422
    assert "Cột nào là Số định danh cá nhân?" in ask
    assert "Cột thứ" in ask
    assert AN in ask
    assert BINH in ask
    offers = [json.loads(values) for values in re.findall(r"data-repost='([^']+)'", ask)]
    assert offers == [{"which": "identity_number:1"}, {"which": "identity_number:3"}]
    assert paste(client, cast, tsv, "full_name", **offers[1]).status_code == 200
    assert stored(cast.an) == AN


def test_a_choice_that_is_no_column_asks_again(cast: Cast, client_of: ClientOf) -> None:
    tsv = f"Họ và tên\tSố CCCD\tSố CCCD\n{cast.an.full_name}\t{BINH}\t{AN}\n"
    for which in (
        "identity_number:0",
        "identity_number:999",
        "x:1",
        "identity_number",
        ",:,",
        "²:²",
    ):
        answer = paste(client_of(cast.lan), cast, tsv, "full_name", which=which)
        assert answer.status_code == 422
        assert "Cột nào là" in part(answer, "grid-ask")


def test_a_block_is_pasted(cast: Cast, client_of: ClientOf) -> None:
    answer = paste(client_of(cast.lan), cast, f"{AN}\r\n{BINH}\r\n")
    assert answer.status_code == 200
    assert (stored(cast.an), stored(cast.binh)) == (AN, BINH)
    pieces = partials(answer.text)
    assert f'data-value="{BINH}"' in pieces[f"c-{cast.binh.id}-identity_number"]
    assert 'data-status="ready"' in pieces[f"s-{cast.binh.id}"]
    assert "counters" in pieces
    assert "Đã dán 2 ô" in part(answer, "grid-report")
    assert "data-undo" in part(answer, "grid-report")
    changeset = answer.headers["X-Changeset"]
    assert {
        (c.source, c.user, c.field) for c in Change.select().where(Change.changeset == changeset)
    } == {("pasted", cast.lan, "identity_number")}
    assert next(iter(pieces)) == f"c-{cast.an.id}-identity_number"


@pytest.mark.parametrize(
    ("field", "tsv"),
    [
        ("full_name", "Nguyễn Thị An\t20/03/2012\tNữ\nTrần Văn Bình\t31/02/2012\tkhác\n"),
        ("province", "Tỉnh Bến Tre\tHuyện Ba Tri\nKhông có\tx\n"),
        ("identity_number", f"{AN}\n{AN}\n"),
        ("address", "<script>alert(1)</script>\t\"'&\n"),
    ],
)
def test_the_swapped_table_equals_a_fresh_one(
    cast: Cast, client_of: ClientOf, field: str, tsv: str
) -> None:
    client = client_of(cast.lan)
    old = client.get(f"/classes/{cast.class_5a.id}").text
    answer = paste(client, cast, tsv, field, worse="all")
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text
    fresh = client.get(f"/classes/{cast.class_5a.id}").text
    assert table_of(swapped(old, answer.text)) == table_of(fresh)


def table_of(page: str) -> list[str]:
    """The table and its counters; the mark of the newest change lies outside."""
    return [line for line in plain(page) if 'id="pulse"' not in line]


def test_a_cell_others_changed_comes_back_as_a_conflict(cast: Cast, client_of: ClientOf) -> None:
    people.change(cast.an, "address", "Của Thư", seen="", by=cast.thu)
    seen = json.dumps({cast.an.id: {"address": ""}, cast.binh.id: {"address": ""}})
    answer = paste(client_of(cast.lan), cast, "Ấp 1\nẤp 2\n", "address", seen=seen)
    html = partials(answer.text)[f"c-{cast.an.id}-address"]
    assert answer.status_code == 200
    assert 'data-use="Ấp 1">Giữ của tôi' in html
    assert 'data-use="Của Thư"' in html
    assert (stored(cast.an, "address"), stored(cast.binh, "address")) == ("Của Thư", "Ấp 2")
    assert "1 ô người khác vừa sửa" in part(answer, "grid-report")


def test_a_text_too_long_comes_back_as_typed(cast: Cast, client_of: ClientOf) -> None:
    answer = paste(client_of(cast.lan), cast, "x" * 201 + "\nẤp 2\n", "address")
    html = partials(answer.text)[f"c-{cast.an.id}-address"]
    assert "data-refused" in html
    assert "201 ký tự" in html
    assert stored(cast.binh, "address") == "Ấp 2"


def test_names_that_do_not_fit_are_a_question(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.lan)
    tsv = f"Trần Văn Bình\t{BINH}\nNguyễn Thị An\t{AN}\n"
    answer = paste(client, cast, tsv, match="position")
    ask = part(answer, "grid-ask")
    assert answer.status_code == 422
    assert "X-Changeset" not in answer.headers
    assert not partials(answer.text)
    assert 'id="ask-title"' in ask
    assert "Trần Văn Bình" in ask
    assert "Nguyễn Thị An" in ask
    assert "data-close" in ask
    [values] = re.findall(r"data-repost='([^']+)'", ask)
    assert paste(client, cast, tsv, **json.loads(values)).status_code == 200
    assert (stored(cast.an), stored(cast.binh)) == (AN, BINH)


def test_without_being_told_names_are_matched(cast: Cast, client_of: ClientOf) -> None:
    answer = paste(
        client_of(cast.lan), cast, f"Trần Văn Bình\t{BINH}\nNguyễn Thị An\t{AN}\nVũ Lạ\t1\n"
    )
    report = part(answer, "grid-report")
    assert (stored(cast.an), stored(cast.binh)) == (AN, BINH)
    assert "ghép theo họ tên" in report
    assert "1 dòng chưa ghép được" in report
    assert "Vũ Lạ" in report


def test_the_report_counts_what_is_odd_replaced_and_missing(
    cast: Cast, client_of: ClientOf
) -> None:
    client = client_of(cast.lan)
    odd = number_for(2009, "Nam", 33)
    report = part(paste(client, cast, f"{odd}\n{BINH}\n"), "grid-report")
    said = " ".join(re.sub("<[^>]+>", "", report).split())
    assert "1 ô đã được thay nội dung cũ. 1 ô cần xem lại. Hoàn tác" in said
    assert 'data-kind="warn"' in report
    report = part(paste(client, cast, f"Trần Văn Bình\t{BINH}\nVũ Lạ\t1\n"), "grid-report")
    assert "Danh sách dán thiếu 1 em trong bảng:</strong> Nguyễn Thị An." in report


@pytest.mark.parametrize("tsv", ["", "\r\n", "\t\t\n"])
def test_nothing_to_paste_is_said(cast: Cast, client_of: ClientOf, tsv: str) -> None:
    answer = paste(client_of(cast.lan), cast, tsv)
    assert answer.status_code == 422
    assert "Không có chữ nào để dán" in part(answer, "grid-ask")


def test_repairs_can_be_taken_back_from_the_report(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.lan)
    old = stored(cast.an)
    report = part(paste(client, cast, "100 3 12 000031"), "grid-report")
    assert "1 ô được chuẩn hóa khi lưu" in report
    assert "100 3 12 000031" in report
    path, values = re.findall(r"hx-post=\"(/people/[^\"]+)\"\s+hx-vals='([^']+)'", report)[0]
    assert client.post(path, data=json.loads(values), headers=HTMX).status_code == 200
    assert stored(cast.an) == old


def test_lost_zeros_are_put_back_with_one_click(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.lan)
    report = part(paste(client, cast, "99312000031\n99212000032\n", worse="all"), "grid-report")
    assert stored(cast.an) == "99312000031"
    assert "Thêm số 0 cho 2 ô" in report
    [(path, values)] = re.findall(r"hx-post=\"(/classes/[^\"]+)\"\s+hx-vals='([^']+)'", report)
    answer = client.post(path, data=json.loads(values), headers=HTMX)
    assert answer.status_code == 200
    assert (stored(cast.an), stored(cast.binh)) == (
        "099312000031",
        "099212000032",
    )
    assert Change.select().where(Change.changeset == answer.headers["X-Changeset"]).count() == 2


def test_one_value_over_a_selection(cast: Cast, client_of: ClientOf) -> None:
    selection = json.dumps(
        {"rows": [cast.an.id, cast.binh.id], "fields": ["address", "ethnic_group"]}
    )
    answer = paste(client_of(cast.lan), cast, "Kinh", "address", selection=selection)
    assert answer.status_code == 200
    assert "4 ô" in part(answer, "grid-report")
    assert stored(cast.binh, "ethnic_group") == "Kinh"


def test_rows_of_others_are_not_written(cast: Cast, client_of: ClientOf) -> None:
    rows = json.dumps([cast.an.id, cast.chi.id, cast.giang.id])
    answer = paste(client_of(cast.lan), cast, "a\nb\nc\n", "address", rows=rows)
    assert stored(cast.chi, "address") == stored(cast.giang, "address") == ""
    assert "Thừa 2 dòng" in answer.text


@pytest.mark.parametrize(
    "more",
    [
        {"seen": "[1]"},
        {"seen": "{"},
        {"rows": "{}"},
        {"rows": "x"},
        {"selection": "[]"},
        {"seen": '{"a": 1}'},
    ],
)
def test_what_no_page_of_ours_sends(cast: Cast, client_of: ClientOf, more: dict[str, str]) -> None:
    assert paste(client_of(cast.lan), cast, "a", "address", **more).status_code in (200, 400)


@pytest.mark.parametrize(
    ("person", "field"), [(0, "address"), (None, "status"), (None, "full_name'")]
)
def test_a_cell_that_is_not_there(
    cast: Cast, client_of: ClientOf, person: int | None, field: str
) -> None:
    at = cast.an.id if person is None else person
    answer = deed(
        client_of(cast.lan),
        f"/classes/{cast.class_5a.id}/paste",
        anchor_person=at,
        anchor_field=field,
        tsv="a",
    )
    assert answer.status_code == 422
    assert "Hãy chọn một ô" in answer.text


def test_forty_five_numbers_in_one_request(cast: Cast, client_of: ClientOf) -> None:
    sexes = ["Nam", "Nữ"]
    everybody = [
        pupil(f"Học Sinh {'ABC'[n // 15]}{n % 15 * 'a'}", sex=sexes[n % 2]) for n in range(43)
    ]
    newcomers = [("student", cast.class_5a, one | {"identity_number": ""}) for one in everybody]
    people.add_many(newcomers, by=cast.thu, source="import")
    rows = people.table_of(Person.select().where(Person.school_class == cast.class_5a))
    tsv = "\r\n".join(number_for(2012, p.gender, 700 + at) for at, p in enumerate(rows))
    client = client_of(cast.lan)
    values = {"anchor_person": rows[0].id, "anchor_field": "identity_number", "tsv": tsv}
    path = f"/classes/{cast.class_5a.id}/paste"
    deed(
        client, path, **values | {"tsv": rows[0].identity_number or "1"}
    )  # the templates are compiled now
    with counted() as statements:
        answer = deed(client, path, **values)
    assert answer.status_code == 200
    assert answer.text.count('data-status="ready"') == 45
    assert len(answer.data) < 45_000
    assert 0 < len(statements) < 45 * 6, "\n".join(
        statements
    )  # its own update for each, and who shares a number with it before and after


# filling down and clearing


def fill(client: FlaskClient, cast: Cast, field: str, **more: object) -> TestResponse:
    values = {"field": field, "source": cast.an.id, "rows": json.dumps([cast.binh.id])} | more
    return deed(client, f"/classes/{cast.class_5a.id}/fill", **values)


def test_a_place_is_filled_down(cast: Cast, client_of: ClientOf) -> None:
    people.change(cast.an, "commune", "Xã Mỹ Lạc", seen="Xã Mỹ An", by=cast.lan)
    answer = fill(client_of(cast.lan), cast, "commune")
    assert answer.status_code == 200
    assert stored(cast.binh, "commune") == "Xã Mỹ Lạc"
    row = Change.select().where(Change.changeset == answer.headers["X-Changeset"]).get()
    assert (row.source, row.user, row.old, row.new) == ("fill", cast.lan, "Xã Mỹ An", "Xã Mỹ Lạc")
    assert "Đã điền xuống 1 ô" in part(answer, "grid-report")


def test_several_columns_are_one_step(cast: Cast, client_of: ClientOf) -> None:
    for field, text in (("commune", "Xã Mỹ Lạc"), ("address", "Ấp 9")):
        people.change(cast.an, field, text, seen=stored(cast.an, field), by=cast.lan)
    answer = fill(client_of(cast.lan), cast, "", fields=json.dumps(["commune", "address"]))
    assert Change.select().where(Change.changeset == answer.headers["X-Changeset"]).count() == 2


@pytest.mark.parametrize(
    "field", ["identity_number", "full_name", "date_of_birth", "gender", "ministry_code", "status"]
)
def test_what_each_has_alone_is_never_filled_down(
    cast: Cast, client_of: ClientOf, field: str
) -> None:
    answer = fill(client_of(cast.lan), cast, field)
    assert answer.status_code == 422
    assert "không điền" in part(answer, "grid-report")
    assert Change.select().where(Change.source == "fill").count() == 0


def test_an_empty_cell_is_not_filled_down(cast: Cast, client_of: ClientOf) -> None:
    people.change(cast.binh, "address", "Ấp 1", seen="", by=cast.lan)
    assert fill(client_of(cast.lan), cast, "address").status_code == 422
    assert stored(cast.binh, "address") == "Ấp 1"


def test_a_fill_respects_what_others_changed(cast: Cast, client_of: ClientOf) -> None:
    people.change(cast.binh, "commune", "Xã Long Thuận", seen="Xã Mỹ An", by=cast.thu)
    seen = json.dumps({cast.binh.id: {"commune": "Xã Mỹ An"}})
    answer = fill(client_of(cast.lan), cast, "commune", seen=seen)
    assert stored(cast.binh, "commune") == "Xã Long Thuận"
    assert "data-conflict" in answer.text


def clear(client: FlaskClient, cast: Cast, **more: object) -> TestResponse:
    values = {
        "rows": json.dumps([cast.an.id, cast.binh.id]),
        "fields": '["commune", "district"]',
    } | more
    return deed(client, f"/classes/{cast.class_5a.id}/clear", **values)


def test_clearing_many_cells_is_asked_about_once(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.lan)
    answer = clear(client, cast)
    assert answer.status_code == 422
    assert "Xóa nội dung 4 ô?" in part(answer, "grid-ask")
    assert stored(cast.an, "commune")
    answer = clear(client, cast, confirm="1")
    assert answer.status_code == 200
    assert stored(cast.an, "commune") == stored(cast.binh, "district") == ""
    assert "Đã xóa nội dung 4 ô" in part(answer, "grid-report")
    deed(client, "/undo", table=cast.class_5a.id)
    assert stored(cast.an, "commune") == "Xã Mỹ An"


def test_clearing_says_what_it_costs_verified_records(cast: Cast, client_of: ClientOf) -> None:
    confirm(cast.an)
    client = client_of(cast.lan)
    question = part(clear(client, cast, fields='["date_of_birth"]'), "grid-ask")
    assert "1 hồ sơ đã xác thực sẽ phải xác thực lại" in question
    assert "xác thực lại" not in part(
        clear(client, cast), "grid-ask"
    )  # the residence costs nothing


def test_a_worse_value_is_a_question_whose_answers_are_sent_again(
    cast: Cast, client_of: ClientOf
) -> None:
    client = client_of(cast.lan)
    tsv = f"Trang 1/2\n{BINH}\n"
    answer = paste(client, cast, tsv)
    ask = part(answer, "grid-ask")
    assert answer.status_code == 422
    assert "Trang 1/2 (không phải số định danh)" in ask
    offers = [json.loads(values) for values in re.findall(r"data-repost='([^']+)'", ask)]
    assert offers == [{"worse": "lines"}, {"worse": "empty"}, {"worse": "all"}]
    report = part(paste(client, cast, tsv, **offers[0]), "grid-report")
    assert "<strong>1 dòng không lưu</strong> để giữ nội dung đang đúng: Nguyễn Thị An." in report
    assert (stored(cast.an), stored(cast.binh)) == (number_for(2012, "Nữ", 1), BINH)


def test_a_fill_over_good_values_is_a_question(cast: Cast, client_of: ClientOf) -> None:
    people.change(cast.an, "ethnic_group", "Kinh tộc", seen="", by=cast.lan)
    people.change(cast.binh, "ethnic_group", "Kinh", seen="", by=cast.lan)
    client = client_of(cast.lan)
    answer = fill(client, cast, "ethnic_group")
    assert answer.status_code == 422
    assert "Kinh tộc (ngoài danh mục)" in part(answer, "grid-ask")
    assert stored(cast.binh, "ethnic_group") == "Kinh"
    assert fill(client, cast, "ethnic_group", worse="all").status_code == 200


# who may

PATHS = ("paste", "fill", "clear", "zeros")


def everything(cast: Cast) -> dict[str, object]:
    return {
        "anchor_person": cast.an.id,
        "anchor_field": "address",
        "tsv": "x",
        "field": "commune",
        "source": cast.an.id,
        "rows": json.dumps([cast.an.id]),
        "fields": '["address"]',
        "confirm": "1",
        "people": json.dumps([cast.an.id]),
    }


@pytest.mark.parametrize("path", PATHS)
def test_who_may(cast: Cast, client_of: ClientOf, client: FlaskClient, path: str) -> None:
    own, staff = f"/classes/{cast.class_5a.id}/{path}", f"/staff/{path}"
    before = Change.select().where(Change.event == "person.changed").count()
    assert deed(client_of(cast.minh), own, **everything(cast)).status_code == 404
    assert deed(client_of(cast.phong), own, **everything(cast)).status_code == 403
    assert deed(client_of(cast.lan), staff, **everything(cast)).status_code == 403
    assert deed(client_of(cast.phong), staff, **everything(cast)).status_code == 403
    assert deed(client_of(cast.lan), f"/classes/999/{path}", **everything(cast)).status_code == 404
    assert client_of(cast.lan).get(own).status_code == 405
    assert (
        client_of(cast.lan)
        .post(own, data=everything(cast), headers={"Sec-Fetch-Site": "cross-site"})
        .status_code
        == 403
    )
    assert deed(client, own, **everything(cast)).status_code == 401
    assert client.post(own, data=everything(cast)).status_code == 302
    assert Change.select().where(Change.event == "person.changed").count() == before


def test_the_office_pastes_into_the_staff_table(cast: Cast, client_of: ClientOf) -> None:
    answer = deed(
        client_of(cast.thu),
        "/staff/paste",
        anchor_person=cast.giang.id,
        anchor_field="address",
        tsv="Ấp 4\nẤp 5\n",
    )
    assert answer.status_code == 200
    assert stored(cast.giang, "address") == "Ấp 4"
    assert "Thừa 1 dòng" in answer.text
