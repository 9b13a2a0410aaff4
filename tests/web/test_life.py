"""The life of a record in plain sentences: in order, by school year, without what was taken back."""

import re
from collections.abc import Callable
from datetime import date, datetime

from flask.testing import FlaskClient

from idapp import people, permissions, school_years
from idapp.doubles import merging, sides
from idapp.doubles.merging import Decision
from idapp.models import Batch, BatchItem, Person, School, User, utc_now
from idapp.notices import cases, explanations
from idapp.people import transfers, undoing
from idapp.people.transfers import Circumstances
from idapp.school_years.plans import proposal
from idapp.web.people import life
from tests.cast import Cast

ClientOf = Callable[[User], FlaskClient]
ABOUT = Circumstances(date(2022, 10, 14), "Trường TH Mỹ An", "Tỉnh Long An")


def sentences(person: Person) -> list[str]:
    record = Person.get_by_id(person.id)
    return [moment.text for year in life.life_of(record) for moment in year.moments]


def test_a_life_is_told_in_its_order(cast: Cast) -> None:
    transfers.note_arrival(cast.binh, ABOUT, by=cast.lan)
    cases.sync_cases()
    people.change_many(
        [people.Edit(cast.binh, "address", "Ấp 1"), people.Edit(cast.binh, "ethnic_group", "Kinh")],
        by=cast.lan,
        source="typed",
    )
    transfers.change_class([cast.binh], cast.class_5b, ABOUT, by=cast.thu)
    batch = Batch.create(scope="school", started_by=cast.hoa)
    BatchItem.create(
        batch=batch,
        person=cast.binh,
        values={},
        hash="",
        state="mismatch",
        differences={"full_name": ["a", "b"]},
        settled_at=utc_now(),
    )
    explanations.propose(cast.binh, reason="foreign", note="a", evidence="", by=cast.minh)
    transfers.change_state([Person.get_by_id(cast.binh.id)], "Chuyển đi kỳ 1", ABOUT, by=cast.thu)
    cases.sync_cases()
    back = Circumstances(date(2022, 10, 16))
    transfers.change_state([Person.get_by_id(cast.binh.id)], "Đang học", back, by=cast.thu)
    at_school = "Trường TH Mỹ An (Tỉnh Long An)"
    assert sentences(cast.binh) == [
        "Có tên trong danh sách lớp 5A (tệp Excel)",
        f"Đến trường ngày 14/10/2022, từ {at_school}",
        "Cần giấy tờ đối chiếu: chưa có số định danh",
        "Sửa tổ/thôn/xóm, dân tộc (gõ tay)",
        f"Chuyển từ lớp 5A sang lớp 5B (từ ngày 14/10/2022, đến {at_school})",
        f"Đợt xác thực {batch.id}: không khớp: họ và tên",
        "Gửi giải trình: quốc tịch nước ngoài",
        f"Rời trường: chuyển đi kỳ 1 (từ ngày 14/10/2022, đến {at_school})",
        "Không cần giấy tờ đối chiếu nữa: không còn ở trường",
        "Trở lại trường: đang học (từ ngày 16/10/2022)",
    ]


def test_what_was_taken_back_is_not_told(cast: Cast) -> None:
    before = sentences(cast.an)
    transfers.change_class([cast.an], cast.class_5b, ABOUT, by=cast.thu)
    everybody = permissions.people_of(cast.thu, include_inactive=True)
    undoing.undo(everybody, by=cast.thu)
    assert sentences(cast.an) == before
    undoing.redo(everybody, by=cast.thu)
    assert sentences(cast.an)[-1].startswith("Chuyển từ lớp 5A sang lớp 5B")


def test_school_years_begin_in_august(cast: Cast) -> None:
    moments = [datetime(2022, 7, 31, 16), datetime(2022, 7, 31, 17)]  # 17:00 UTC is midnight here
    assert [life._school_years()(at) for at in moments] == [2021, 2022]


def test_the_page_tells_it_to_whoever_may_see_the_record(cast: Cast, client_of: ClientOf) -> None:
    for user in (cast.lan, cast.thu, cast.phong):
        page = client_of(user).get(f"/people/{cast.an.id}").text
        told = re.search(r'id="life".*?</section>', page, re.S)
        assert told
        assert "Có tên trong danh sách lớp 5A" in told[0]
        assert cast.an.identity_number not in told[0]


def test_a_life_goes_by_the_years_of_the_school(cast: Cast) -> None:
    School.update(level="TH;THCS").execute()
    change = school_years.begin(proposal(school_years.present_classes(), range(1, 10)), by=cast.hoa)
    school_years.go_on(change.id)  # in October, long before the usual day
    years = life.life_of(Person.get_by_id(cast.an.id))
    assert [year.words for year in years] == [
        "Năm học 2022-2023, lớp 5A",
        "Năm học 2023-2024, lớp 6A",
    ]
    texts = [moment.text for moment in years[1].moments]
    assert texts == ["Chuyển từ lớp 5A (2022-2023) sang lớp 6A (2023-2024)"]


def test_a_merge_is_told_until_it_is_undone(cast: Cast) -> None:
    compared = sides.side_by_side(cast.an, cast.giang)
    chosen = {choice.group: "survivor" for choice in compared.choices}
    decision = Decision(chosen, sides.fingerprint(cast.an, cast.giang))
    joined = merging.merge(cast.an, cast.giang, decision, by=cast.thu)
    kept, gone = cast.an.full_name, cast.giang.full_name
    assert sentences(cast.an)[-1] == f"Nhận hồ sơ trùng của {gone}: hai hồ sơ đã gộp thành một"
    into = f"Đã gộp vào hồ sơ của {kept}: hồ sơ đó được dùng tiếp"
    assert sentences(cast.giang)[-1] == into
    merging.undo_merge(joined, by=cast.thu)
    assert not any("gộp" in text for text in sentences(cast.an) + sentences(cast.giang))
