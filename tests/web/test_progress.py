"""The board, the people behind its counts, reports, remarks, the end of a campaign, many schools."""

import io
import json
import re
from collections.abc import Callable
from datetime import date

import openpyxl
import pytest
from flask.testing import FlaskClient

from idapp import people, progress, school
from idapp.models import Campaign, Change, Person, Remark, School, SchoolFigures, User
from idapp.notices import explanations
from idapp.people import membership
from idapp.progress.report import COLUMNS
from idapp.web import grades
from tests.cast import Cast

ClientOf = Callable[[User], FlaskClient]


def counts(page: str, line: str) -> dict[str, int]:
    """The counts in one row of the board."""
    row = page[page.index(f'<tr data-class="{line}">') :].split("</tr>")[0]
    cells = re.findall(r'data-count="([a-z_]+)">(.*?)</(?:td|li)>', row, re.S)
    return {name: int(re.sub(r"<[^>]+>|\s", "", text)) for name, text in cells}


def test_the_board_says_what_the_json_says(cast: Cast, client_of: ClientOf) -> None:
    browser = client_of(cast.hoa)
    page, told = browser.get("/progress").text, browser.get("/progress.json").get_json()
    for group in told["groups"]:
        shown = counts(page, group["class"] or "Cán bộ, giáo viên, nhân viên")
        assert {k: v for k, v in group.items() if k in shown} == {
            k: v for k, v in shown.items() if k != "left"
        }
        assert shown["left"] == group["to_do"] - group["done"]
        folded = [name for name, _ in COLUMNS if name not in shown]
        assert [group[name] for name in folded] == [0] * len(folded)


def test_a_pupil_in_no_class_stands_on_the_board_too(cast: Cast, client_of: ClientOf) -> None:
    """Found by a season (seed 200): the board of the whole school was a page of an error."""
    membership.take_out_of_class([cast.binh], by=cast.thu, source="typed", changeset="out")
    answer = client_of(cast.hoa).get("/progress")
    assert answer.status_code == 200
    assert "Chưa xếp lớp" in answer.text


@pytest.mark.parametrize("many", [60, 2], ids=["each class", "by grade"])
def test_a_count_leads_to_exactly_its_people(
    cast: Cast, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    """Also where a class has no grade, and where somebody is in no class."""
    monkeypatch.setattr(grades, "MANY", many)
    nursery = school.add_class("Mầm 1", by=cast.thu)
    Person.create(kind="student", full_name="Lê Văn Tư", school_class=nursery, sort_key="tu")
    membership.take_out_of_class([cast.binh], by=cast.thu, source="typed", changeset="out")
    browser = client_of(cast.hoa)
    page = browser.get("/progress").text
    assert "grade=other" in page
    links = set(re.findall(r'href="(/progress/people\?[^"]+)">(\d+)</a>', page))
    assert len(links) > 5
    for link, n in links:
        listed = browser.get(link.replace("&amp;", "&")).text
        assert f"<p>{n} người</p>" in listed
        assert listed.count('data-label="Tình trạng"') == int(n)


def test_sorting_and_filtering(cast: Cast, client_of: ClientOf) -> None:
    browser = client_of(cast.hoa)
    order = re.findall(r'<tr data-class="(5.)">', browser.get("/progress?sort=total&dir=down").text)
    assert order == ["5A", "5B"]
    assert re.findall(r'<tr data-class="(5.)">', browser.get("/progress?sort=total").text) == [
        "5B",
        "5A",
    ]
    page = browser.get("/progress?sort=total&dir=down").text
    assert 'aria-sort="descending"' in page
    assert 'data-class="5A"' not in browser.get("/progress?kind=staff").text
    assert 'data-class="5A"' not in browser.get("/progress?grade=4").text
    assert browser.get("/progress?sort=password&grade=x&kind=y").status_code == 200


def test_the_office_sees_people_without_numbers(cast: Cast, client_of: ClientOf) -> None:
    page = client_of(cast.phong).get("/progress/people?column=total").text
    assert cast.an.full_name in page
    assert cast.an.identity_number not in page
    assert cast.an.date_of_birth not in page


def test_a_teacher_is_reminded_on_signing_in(cast: Cast, client: FlaskClient) -> None:
    from tests.cast import PASSWORD

    answer = client.post("/login", data={"username": "lan", "password": PASSWORD})
    page = client.get(answer.location, follow_redirects=True).text
    assert (
        "Lớp 5A còn 2 em: 1 em cần thầy cô điền, sửa hoặc phát phiếu, 1 em chờ hiệu trưởng." in page
    )


def test_foreigners_are_explained_wherever_the_sums_stand(cast: Cast, client_of: ClientOf) -> None:
    people.change(cast.binh, "nationality", "Lào", seen="", by=cast.thu)
    browser, sentence = client_of(cast.hoa), "người có quốc tịch nước ngoài (ngoài diện) nằm trong"
    book = openpyxl.load_workbook(io.BytesIO(browser.get("/progress.xlsx").data))
    assert all(f"1 {sentence}" in [cell.value or "" for cell in sheet["A"]][3] for sheet in book)
    assert f"1 {sentence}" in browser.get("/progress/report").text
    assert f"1 {sentence}" in browser.get("/progress").text


def test_the_printed_report_is_an_official_paper(cast: Cast, client_of: ClientOf) -> None:
    School.update(office="Phòng GDĐT huyện Thủ Thừa").execute()
    people.change(cast.binh, "nationality", "Lào", seen="", by=cast.thu)
    page = client_of(cast.hoa).get("/progress/report").text
    for line in ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc"):
        assert line in page
    assert "Thủ Thừa, ngày 16 tháng 10 năm 2022" in page
    assert "PHÒNG GDĐT HUYỆN THỦ THỪA" in page
    named = page.split("có quốc tịch nước ngoài: ngoài diện xác thực</h2>")[1]
    assert cast.binh.full_name in named.split("</table>")[0]


def test_on_the_first_day_no_pace_is_claimed(cast: Cast, client_of: ClientOf) -> None:
    page = client_of(cast.hoa).get("/progress").text
    assert "Mới có số liệu của một ngày" in page
    assert "<b>–</b><span>hồ sơ/ngày, 7 ngày qua" in page


def test_the_workbook_for_the_office(cast: Cast, client_of: ClientOf) -> None:
    answer = client_of(cast.hoa).get("/progress.xlsx")
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    assert book.sheetnames == [
        "Tổng hợp",
        "Học sinh",
        "Cán bộ",
        "Lý do chưa xác thực",
        "Có giải trình",
    ]
    text = "\n".join(
        str(c)
        for sheet in book
        for row in sheet.iter_rows(values_only=True)
        for c in row
        if c is not None
    )
    assert "người lập: Nguyễn Thị Hoa" in text
    assert "Chưa có: Số định danh cá nhân" in text
    assert not re.search(r"\b100[0-9]{9}\b", text)
    total = [row for row in book["Học sinh"].iter_rows(values_only=True) if row[0] == "Cộng"]
    assert total[0][1] == 3
    assert Change.get(Change.event == "export").user == cast.hoa


def test_the_explained_stand_in_the_report_with_what_proves_it(
    cast: Cast, client_of: ClientOf
) -> None:
    proof = f"Giấy hẹn của {cast.an.identity_number}"
    one = explanations.propose(
        cast.binh, reason="other", note="Mất giấy", evidence=proof, by=cast.lan
    )
    explanations.approve([one], by=cast.hoa)
    browser = client_of(cast.hoa)
    book = openpyxl.load_workbook(io.BytesIO(browser.get("/progress.xlsx").data))
    masked = proof.replace(cast.an.identity_number[3:10], "•••••••")
    assert [c.value for c in book["Có giải trình"][book["Có giải trình"].max_row]][-2:] == [
        "Mất giấy",
        masked,
    ]
    assert f"Mất giấy; {masked}" in browser.get("/progress/report").text


def test_the_printed_report(cast: Cast, client_of: ClientOf) -> None:
    page = client_of(cast.hoa).get("/progress/report").text
    assert "0/4" in page
    assert "Nguyễn Thị Hoa" in page
    assert "Chưa có: Số định danh cá nhân" in page


# remarks


def test_a_remark_is_read_and_answered_by_the_school(cast: Cast, client_of: ClientOf) -> None:
    client_of(cast.phong).post(
        "/progress/remarks", data={"class": cast.class_5a.id, "text": " Lớp 5A  chậm "}
    )
    remark = Remark.get()
    assert (remark.text, remark.author) == ("Lớp 5A chậm", cast.phong)
    assert "Lớp 5A chậm" in client_of(cast.lan).get("/progress").text
    assert "Lớp 5A chậm" not in client_of(cast.minh).get("/progress").text
    path = f"/progress/remarks/{remark.id}/answer"
    assert client_of(cast.minh).post(path, data={"text": "x"}).status_code == 404
    assert client_of(cast.phong).post(path, data={"text": "x"}).status_code == 403
    answer = {"text": "Đã sửa 100123456789, sẽ xong trong tuần"}
    assert client_of(cast.lan).post(path, data=answer).status_code == 303
    assert "Đã sửa 100•••••••89, sẽ xong trong tuần" in client_of(cast.phong).get("/progress").text
    assert "Đã sửa 100123456789, sẽ xong trong tuần" in client_of(cast.hoa).get("/progress").text
    assert {c.event for c in Change.select() if c.event.startswith("remark")} == {
        "remark.made",
        "remark.answered",
    }


@pytest.mark.parametrize("text", ["", "   ", "x" * 1001])
def test_an_empty_or_endless_remark_is_refused_with_a_sentence(
    text: str, cast: Cast, client_of: ClientOf
) -> None:
    browser = client_of(cast.phong)
    page = browser.post("/progress/remarks", data={"text": text}, follow_redirects=True).text
    assert "hãy rút ngắn" in page or "Hãy viết một câu" in page
    assert not Remark.select().exists()


def test_a_remark_is_shown_as_text(cast: Cast, client_of: ClientOf) -> None:
    browser = client_of(cast.phong)
    browser.post("/progress/remarks", data={"text": "<img src=x onerror=alert(1)>"})
    assert "<img src=x" not in browser.get("/progress").text


# the end of a campaign


def test_the_principal_closes_reopens_and_opens_the_next(cast: Cast, client_of: ClientOf) -> None:
    browser = client_of(cast.hoa)
    assert "Kết thúc và chốt báo cáo" in browser.get("/settings").text
    browser.post("/settings/campaign/close")
    Person.update(status="verified").execute()
    page = browser.get("/progress").text
    assert "Đợt thu thập đã kết thúc" in page
    assert "0 đã xác thực + 0 có giải trình = 0,0%" in page
    assert 'data-banner="deadline"' in page
    assert "Đã kết thúc" in page
    assert "0/4" in browser.get("/progress/report").text
    assert (
        browser.get("/progress.json").get_json()["school"]["done"] == 0
    )  # frozen, as the report is
    assert browser.post("/settings/campaign/close").status_code == 422
    bad = {"title": "Đợt hai", "opens_on": "31/02/2023", "deadline": "01/03/2023"}
    assert "25/10/2022" in browser.post("/settings/campaign/next", data=bad).text
    browser.post("/settings/campaign/next", data=bad | {"opens_on": "01/02/2023"})
    assert school.the_campaign().title == "Đợt hai"
    assert 'data-days-left="136"' in browser.get("/progress").text


# many schools


def test_files_of_schools_are_taken_one_by_one(cast: Cast, client_of: ClientOf) -> None:
    good = client_of(cast.hoa).get("/progress.json").data
    bad = json.dumps(json.loads(good) | {"campaign": "khác"}).encode()
    browser = client_of(cast.phong)
    files = [
        (io.BytesIO(good), "a.json"),
        (io.BytesIO(bad), "b.json"),
        (io.BytesIO(b"?"), "c.json"),
    ]
    page = " ".join(browser.post("/progress/schools", data={"files": files}).text.split())
    assert "Đã nhận 1 tệp, 2 tệp không nhận được." in page
    again = browser.post("/progress/schools", data={"files": (io.BytesIO(good), "a.json")}).text
    assert "Đã nhận 0 tệp, 1 tệp không mới hơn số đang có." in " ".join(again.split())
    assert "<b>b.json</b>: Tệp đã bị sửa" in page
    assert "Trường TH Thử Nghiệm" in page
    figures = SchoolFigures.get()
    assert figures.total == 4
    assert figures.received_by == cast.phong
    assert "5A" in browser.get(f"/progress/schools/{figures.id}").text
    whole = figures.figures
    SchoolFigures.update(figures=whole | {"school": {"holders": "x"}}).execute()
    assert "số liệu không hợp lệ" in browser.get(f"/progress/schools/{figures.id}").text
    SchoolFigures.update(figures=whole).execute()
    assert browser.post(f"/progress/schools/{figures.id}/forget").status_code == 303
    assert not SchoolFigures.select().exists()


def test_no_file_chosen_is_said(cast: Cast, client_of: ClientOf) -> None:
    page = client_of(cast.phong).post("/progress/schools", follow_redirects=True).text
    assert "Hãy chọn một hoặc nhiều tệp tiến độ" in page


def test_an_office_without_a_school_lands_on_the_schools_page(
    client_of: ClientOf, cast: Cast
) -> None:
    Campaign.delete().execute()
    School.delete().execute()
    User.update(role="reviewer").execute()  # nobody there works at a school
    browser = client_of(cast.phong)
    for path in ("/progress", "/staff", "/progress.xlsx", "/progress.json", "/progress/report"):
        assert browser.get(path).location == "/progress/schools", path
    page = browser.get("/progress/schools")
    assert page.status_code == 200
    assert "/staff" not in page.text
    assert "/batches" not in page.text
    assert browser.get("/staff", headers={"HX-Request": "true"}).status_code == 404
    for path in ("/", "/classes", "/batches", "/people/1", "/explanations"):
        assert browser.get(path).status_code < 500, path


@pytest.mark.parametrize(
    ("today", "level", "word"),
    [
        ("2022-10-10", "far", "Còn 15 ngày"),
        ("2022-10-19", "near", "Còn 6 ngày"),
        ("2022-10-23", "urgent", "Gấp: còn 2 ngày"),
        ("2022-10-25", "today", "Hạn là hôm nay"),
        ("2022-10-27", "overdue", "Quá hạn 2 ngày"),
    ],
)
def test_the_banner_by_a_movable_clock(today: str, level: str, word: str, cast: Cast) -> None:
    shown = progress.banner(cast.hoa, date.fromisoformat(today))
    assert (shown.level, shown.word) == (level, word)


def test_nobody_is_never_a_hundred_percent(cast: Cast, client_of: ClientOf) -> None:
    """An empty class beside full ones, then a school of nobody: no page, file or banner claims that all is done."""
    school.add_class("5C", by=cast.thu)
    browser = client_of(cast.hoa)
    row = (
        browser.get("/progress?sort=percent")
        .text.split('<tr data-class="5C">')[1]
        .split("</tr>")[0]
    )
    assert 'data-label="Hoàn thành">–</td>' in row
    Person.update(active=False).execute()
    board, printed = browser.get("/progress").text, browser.get("/progress/report").text
    assert "chưa có hồ sơ" in board
    assert "Nhập danh sách học sinh" in board
    assert "chart-title" not in board
    assert "Chưa có hồ sơ nào phải xác thực" in printed
    told = browser.get("/progress.json").get_json()
    assert told["school"]["percent"] is None
    assert told["completed_on"] is None
    file = (io.BytesIO(browser.get("/progress.json").data), "a.json")
    schools = browser.post("/progress/schools", data={"files": file}).text
    assert "<b>0/1</b><span>trường đã xong" in schools
    book = openpyxl.load_workbook(io.BytesIO(browser.get("/progress.xlsx").data))
    cells = {cell.value for sheet in book for line in sheet.iter_rows() for cell in line}
    assert "–" in cells
    assert 100 not in cells
    for page in (board, printed, schools):
        assert not re.search(
            r"\b100(,0)?\s?%", re.sub("<desc.*?</desc>|<text.*?</text>", "", page, flags=re.S)
        )
    shown = progress.banner(cast.hoa, date(2022, 10, 16))
    assert (shown.total, shown.level) == (0, "far")


def test_a_school_that_is_complete_is_not_called_overdue(cast: Cast, client_of: ClientOf) -> None:
    Person.update(status="verified").execute()
    shown = progress.banner(cast.hoa, date(2022, 10, 27))
    assert (shown.level, shown.word) == ("complete", "Đã hoàn thành")
