"""The file way: a workbook goes out, result files come back in parts; and the minutes of a batch."""

import io
from datetime import date

import pytest
from openpyxl import load_workbook

from idapp import exports, people, verification
from idapp.models import Batch, BatchFile, BatchItem, Change, Person
from idapp.registry import ResultRefused
from idapp.rules.problem import Problem
from idapp.verification.files import receive, request_workbook
from idapp.verification.minutes import minutes_workbook
from tests.cast import Cast

RESULT = "Kết quả xác thực"


@pytest.fixture(autouse=True)
def without_catalogues(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sheets with 10,599 communes cost each workbook here seconds; test_exports looks at them."""
    monkeypatch.setattr(exports, "catalogues_of", lambda *_: ())


@pytest.fixture
def batch(cast: Cast) -> Batch:
    return verification.start("school", by=cast.hoa, channel="file")


def filled(data: bytes, results: dict[str, str]) -> bytes:
    """The workbook as it comes back: a result beside each of these numbers."""
    book = load_workbook(io.BytesIO(data))
    for sheet in book.worksheets:
        heading = [cell.value for cell in sheet[1]]
        if RESULT not in heading:
            continue
        number_at = heading.index("Số ĐDCN" if "Số ĐDCN" in heading else "Số định danh cá nhân")
        for row in sheet.iter_rows(min_row=2):
            row[heading.index(RESULT)].value = results.get(row[number_at].value, "")
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def status(person: Person) -> str:
    return Person.get_by_id(person.id).status


def test_the_workbook_holds_the_frozen_values(cast: Cast, batch: Batch) -> None:
    people.change(cast.an, "date_of_birth", "21/03/2012", seen="20/03/2012", by=cast.lan)
    book = load_workbook(io.BytesIO(request_workbook(batch, by=cast.thu)))
    pupils, staff = book["Sheet1"], book["Cán bộ"]
    head = [cell.value for cell in pupils[1]]
    rows = [
        dict(zip(head, row, strict=True)) for row in pupils.iter_rows(min_row=2, values_only=True)
    ]
    an = next(row for row in rows if row["Số ĐDCN"] == cast.an.number)
    born = an["Ngày sinh"].date() if hasattr(an["Ngày sinh"], "date") else an["Ngày sinh"]
    assert born in (date(2012, 3, 20), "20/03/2012")
    assert an["Mã lớp"] == "5A"
    assert not an[RESULT]
    assert len(rows) == 2
    assert staff.max_row == 2
    assert (
        Change.select()
        .where(Change.event == "export", Change.subject == f"batch {batch.id}")
        .count()
        == 1
    )


def test_results_come_back_in_parts(cast: Cast, batch: Batch) -> None:
    assert batch.state == "waiting_for_answers"
    assert status(cast.an) == "sent"
    data = request_workbook(batch, by=cast.thu)
    first = receive(
        batch, filled(data, {cast.an.number: "Đã xác thực"}), file_name="a.xlsx", by=cast.thu
    )
    assert first.counts["settled"] == 1
    assert first.counts["waiting"] == 2
    assert status(cast.an) == "verified"
    assert Batch.get_by_id(batch.id).state == "waiting_for_answers"
    rest = {
        cast.chi.number: "Không khớp",
        cast.giang.number: "Không tìm thấy",
        cast.an.number: "Đã xác thực",
    }
    second = receive(Batch.get_by_id(batch.id), filled(data, rest), file_name="b.xlsx", by=cast.thu)
    assert (second.counts["settled"], second.counts["already"]) == (2, 1)
    assert (status(cast.chi), status(cast.giang)) == ("mismatch", "not_found")
    assert Batch.get_by_id(batch.id).state == "finished"


def test_the_same_file_again_changes_nothing(cast: Cast, batch: Batch) -> None:
    data = filled(request_workbook(batch, by=cast.thu), {cast.an.number: "Đã xác thực"})
    receive(batch, data, file_name="a.xlsx", by=cast.thu)
    before = [(i.id, i.state, i.settled_at) for i in batch.items]
    kept = receive(Batch.get_by_id(batch.id), data, file_name="a.xlsx", by=cast.thu)
    assert kept.counts["settled"] == 0
    assert [(i.id, i.state, i.settled_at) for i in batch.items] == before


def test_a_verdict_follows_where_an_earlier_file_had_none(cast: Cast, batch: Batch) -> None:
    data = request_workbook(batch, by=cast.thu)
    failed = filled(
        data, {cast.an.number: "Không thành công", cast.giang.number: "Không thành công"}
    )
    receive(batch, failed, file_name="a.xlsx", by=cast.thu)
    assert (status(cast.an), status(cast.giang)) == ("unanswered", "unanswered")
    again = receive(Batch.get_by_id(batch.id), failed, file_name="a.xlsx", by=cast.thu)
    assert (again.counts["settled"], again.counts["already"]) == (0, 2)
    elsewhere = verification.start("staff", by=cast.hoa, channel="file")
    receive(
        elsewhere,
        filled(data, {cast.giang.number: "Đã xác thực"}),
        file_name="cb.xlsx",
        by=cast.thu,
    )
    failed_again = receive(Batch.get_by_id(batch.id), failed, file_name="a.xlsx", by=cast.thu)
    assert (failed_again.counts["settled"], failed_again.counts["already"], failed_again.odd) == (
        0,
        2,
        [],
    )
    late = {cast.an.number: "Đã xác thực", cast.giang.number: "Không tìm thấy"}
    kept = receive(Batch.get_by_id(batch.id), filled(data, late), file_name="b.xlsx", by=cast.thu)
    assert (kept.counts["settled"], kept.counts["odd"]) == (1, 1)
    assert (status(cast.an), status(cast.giang)) == ("verified", "verified")
    assert verification.tally(Batch.get_by_id(batch.id)).by_state == {
        "verified": 1,
        "waiting": 1,
        "unanswered": 1,
    }


def test_a_row_that_fits_nobody_is_listed(cast: Cast, batch: Batch) -> None:
    book = load_workbook(io.BytesIO(request_workbook(batch, by=cast.thu)))
    sheet = book["Sheet1"]
    head = [cell.value for cell in sheet[1]]
    sheet.cell(2, head.index("Số ĐDCN") + 1).value = "100999999999"
    sheet.cell(2, head.index(RESULT) + 1).value = "Đã xác thực"
    target = io.BytesIO()
    book.save(target)
    kept = receive(batch, target.getvalue(), file_name="la.xlsx", by=cast.thu)
    assert kept.counts["settled"] == 0
    assert [(o["sheet"], o["row"]) for o in kept.odd] == [("Sheet1", 2)]
    assert "verified" not in {status(p) for p in (cast.an, cast.chi)}, (
        "somebody else's number confirms nobody"
    )


def test_a_record_edited_meanwhile_keeps_its_edit(cast: Cast, batch: Batch) -> None:
    data = filled(request_workbook(batch, by=cast.thu), {cast.an.number: "Đã xác thực"})
    people.change(cast.an, "full_name", "Nguyễn Thị Ân", seen="Nguyễn Thị An", by=cast.lan)
    receive(batch, data, file_name="a.xlsx", by=cast.thu)
    assert batch.items.where(BatchItem.person == cast.an).get().stale
    assert status(cast.an) == "ready"


def test_the_end_without_the_rest(cast: Cast, batch: Batch) -> None:
    data = filled(request_workbook(batch, by=cast.thu), {cast.an.number: "Đã xác thực"})
    receive(batch, data, file_name="a.xlsx", by=cast.thu)
    assert verification.end(Batch.get_by_id(batch.id), by=cast.hoa) == 2
    ended = Batch.get_by_id(batch.id)
    assert ended.state == "finished"
    assert verification.tally(ended).by_state == {
        "verified": 1,
        "unanswered": 2,
    }
    assert (status(cast.an), status(cast.chi), status(cast.giang)) == (
        "verified",
        "unanswered",
        "unanswered",
    )
    assert verification.end(ended, by=cast.hoa) == 0
    with pytest.raises(Problem, match="không còn chờ"):
        receive(ended, data, file_name="a.xlsx", by=cast.thu)
    assert verification.retry(ended, by=cast.hoa) == 2
    assert Batch.get_by_id(batch.id).state == "waiting_for_answers"
    assert status(cast.chi) == "sent"


def test_a_file_that_is_none_settles_nothing(cast: Cast, batch: Batch) -> None:
    with pytest.raises(ResultRefused):
        receive(batch, b"not a workbook", file_name="a.xlsx", by=cast.thu)
    assert not BatchFile.select().exists()
    assert status(cast.an) == "sent"


def test_the_minutes_of_a_stopped_batch_add_up(cast: Cast, batch: Batch) -> None:
    results = {cast.an.number: "Đã xác thực"}
    receive(
        batch,
        filled(request_workbook(batch, by=cast.thu), results),
        file_name="a.xlsx",
        by=cast.thu,
    )
    verification.stop(Batch.get_by_id(batch.id), by=cast.hoa)
    sheet = load_workbook(
        io.BytesIO(minutes_workbook(Batch.get_by_id(batch.id), by=cast.hoa))
    ).active
    table = [[cell.value for cell in row] for row in sheet.iter_rows()]
    at = next(n for n, row in enumerate(table) if row[1] == "Lớp")
    assert [row[2:] for row in table[at + 1 : at + 4]] == [
        [1, 1, 0, 0, 0, 0, 0],
        [1, 0, 0, 0, 0, 0, 1],
        [1, 0, 0, 0, 0, 0, 1],
    ]
    assert table[at][-1] == "Chưa gửi xong"
    assert any("1/3" in row for row in table)


def test_the_minutes_say_everything_and_show_no_number(cast: Cast, batch: Batch) -> None:
    results = {
        cast.an.number: "Đã xác thực",
        cast.chi.number: "Không khớp",
        cast.giang.number: "Không tìm thấy",
    }
    receive(
        batch,
        filled(request_workbook(batch, by=cast.thu), results),
        file_name="a.xlsx",
        by=cast.thu,
    )
    sheet = load_workbook(
        io.BytesIO(minutes_workbook(Batch.get_by_id(batch.id), by=cast.hoa))
    ).active
    text = "\n".join(
        str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value is not None
    )
    for words in (
        "BIÊN BẢN",
        "Độc lập - Tự do - Hạnh phúc",
        cast.hoa.full_name,
        "Toàn trường",
        "HIỆU TRƯỞNG",
        "NGƯỜI LẬP",
        ", ngày 16 tháng 10 năm 2022",
        cast.chi.full_name,
        cast.giang.full_name,
        "Không khớp",
        "Đợt này chưa đạt.",
        "3/3",
        "1/3",
    ):
        assert words in text, words
    assert cast.an.full_name not in text, "who is verified needs no line"
    assert not any(p.number in text for p in (cast.an, cast.chi, cast.giang))
    assert "100•••" in text
    assert not any(cell.data_type == "f" for row in sheet.iter_rows() for cell in row)
