"""Official papers: the form of Decree 30/2020, in Word and in print; who may see which number; letters of any kind."""

import io
import re
from collections.abc import Callable
from datetime import date

import docx
import pytest
from docx.shared import Cm
from flask.testing import FlaskClient

from idapp import verification
from idapp.documents import OfficialPaper, Signature, Table, Text, docx_of
from idapp.models import BatchItem, Change, School, User
from idapp.notices import explanations
from tests.cast import Cast

ClientOf = Callable[[User], FlaskClient]
pytestmark = pytest.mark.usefixtures("few_places")


@pytest.fixture
def papers(cast: Cast) -> dict[str, str]:
    """The page of each paper; its file has the same address with .docx behind it."""
    School.update(office="Phòng GDĐT huyện Thủ Thừa").execute()
    proof = f"Giấy hẹn của {cast.an.identity_number}"
    one = explanations.propose(
        cast.binh, reason="other", note="Mất giấy", evidence=proof, by=cast.lan
    )
    explanations.approve([one], by=cast.hoa)
    batch = verification.start("school", by=cast.hoa)
    differences = {"gender": ["Nữ", "Nam"], "identity_number": [cast.an.identity_number, ""]}
    item = BatchItem.update(state="mismatch", differences=differences)
    item.where(BatchItem.person == cast.an).execute()
    return {
        "report": "/progress/report",
        "explanations": "/explanations/list",
        "minutes": f"/batches/{batch.id}/minutes",
        "class": f"/exports/classes/{cast.class_5a.id}/public",
    }


def word(browser: FlaskClient, path: str) -> docx.document.Document:
    answer = browser.get(path + ".docx")
    assert answer.status_code == 200, path
    assert answer.headers["Content-Disposition"].isascii()
    return docx.Document(io.BytesIO(answer.data))


def text_of(document: docx.document.Document) -> str:
    lines = [paragraph.text for paragraph in document.paragraphs]
    for table in document.tables:
        lines += [cell.text for row in table.rows for cell in row.cells]
    return "\n".join(lines)


HEAD = (
    "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
    "Độc lập - Tự do - Hạnh phúc",
    "PHÒNG GDĐT HUYỆN THỦ THỪA",
    "TRƯỜNG TH THỬ NGHIỆM",
    "Thủ Thừa, ngày 16 tháng 10 năm 2022",
    "HIỆU TRƯỞNG",
    "Nguyễn Thị Hoa",
)
CONTENT = {
    "report": ("BÁO CÁO", "Số: ………/BC-THTN", "Kính gửi: Phòng GDĐT huyện Thủ Thừa", "5A"),
    "explanations": (
        "DANH SÁCH",
        "Trần Văn Bình",
        "Mất giấy; Giấy hẹn của 100•••••••01",
        "Đã duyệt",
    ),
    "minutes": (
        "BIÊN BẢN",
        "IV. Hồ sơ chưa đạt (1)",
        "Nguyễn Thị An",
        "Giới tính: trường ghi Nữ, CSDL dân cư Nam",
    ),
    "class": ("DANH SÁCH", "Học sinh lớp 5A, năm học 2022-2023", "Nguyễn Thị An", "2012"),
}


@pytest.mark.parametrize("name", CONTENT)
def test_each_paper_says_the_same_in_word_and_in_print(
    cast: Cast, client_of: ClientOf, papers: dict[str, str], name: str
) -> None:
    browser = client_of(cast.hoa)
    document = word(browser, papers[name])
    page = browser.get(papers[name]).text
    in_word = text_of(document)
    for text in (*HEAD, *CONTENT[name]):
        assert text in in_word, text
        assert text.replace("&", "&amp;") in page, text
    assert not re.search(r"\b100[0-9]{9}\b", in_word + page)
    section = document.sections[0]
    margins = (section.top_margin, section.right_margin, section.bottom_margin, section.left_margin)
    assert [round(margin / Cm(1)) for margin in margins if margin] == [2, 2, 2, 3]
    sides = [side / Cm(1) for side in (section.page_width, section.page_height) if side]
    assert sorted(round(side, 1) for side in sides) == [21.0, 29.7]
    assert document.styles["Normal"].font.name == "Times New Roman"
    assert Change.select().where(Change.event == "export").count() == 1


def test_who_made_a_paper_signs_beside_the_principal_and_the_principal_once(
    cast: Cast, client_of: ClientOf
) -> None:
    by_clerk = text_of(word(client_of(cast.thu), "/progress/report"))
    assert by_clerk.index("NGƯỜI LẬP") < by_clerk.index("HIỆU TRƯỞNG")
    assert "NGƯỜI LẬP" not in text_of(word(client_of(cast.hoa), "/progress/report"))


def test_headings_of_long_tables_come_again(cast: Cast, client_of: ClientOf) -> None:
    document = word(client_of(cast.hoa), f"/exports/classes/{cast.class_5a.id}/public")
    [table] = [table for table in document.tables if table.rows[0].cells[0].text == "STT"]
    assert table.rows[0]._tr.trPr.xpath("w:tblHeader")
    assert table.rows[1]._tr.trPr.xpath("w:cantSplit")


def test_a_public_list_holds_no_number_and_no_whole_birth_date(
    cast: Cast, client_of: ClientOf
) -> None:
    path = f"/exports/classes/{cast.class_5a.id}/public"
    browser = client_of(cast.lan)
    text = text_of(word(browser, path)) + browser.get(path).text.split("<article")[1]
    for secret in (cast.an.identity_number, "20/03/2012", cast.an.commune, cast.an.ministry_code):
        assert secret not in text


STRANGE = ("=HYPERLINK(\"http://a\")", "</w:t><w:t>x", "Ngô \x00Thị\x0b\ud800 Ổi", "H'Lan Niê & Y",
           "𠀀 ẩm", "<b>đậm</b>")  # fmt: skip


@pytest.mark.parametrize("name", STRANGE)
def test_what_people_write_stays_text(name: str) -> None:
    paper = OfficialPaper(
        name, name, name, date(2026, 1, 5), "BÁO CÁO", name,
        [Text(name), Table(["STT", name], [[1, name]], [10, 90], caption=name)],
        to=[name, name], recipients=[name], signatures=[Signature("HIỆU TRƯỞNG", name)],
    )  # fmt: skip
    text = text_of(docx.Document(io.BytesIO(docx_of(paper))))
    clean = " ".join(re.sub("[\x00\x0b\ud800]", "", name).split())
    assert text.count(clean) >= 7


def test_the_place_is_the_school_s_own_word(cast: Cast, client_of: ClientOf) -> None:
    browser = client_of(cast.hoa)
    form = {"name": "Trường TH Thử Nghiệm", "place": "Mỹ An"}
    assert browser.post("/settings/school", data=form).status_code == 302
    assert "Mỹ An, ngày 16 tháng 10 năm 2022" in browser.get("/progress/report").text
    assert browser.post("/settings/school", data=form | {"place": "x" * 61}).status_code == 422
    assert School.get().place == "Mỹ An"


def test_a_teacher_s_papers_end_at_the_own_class(
    cast: Cast, client_of: ClientOf, papers: dict[str, str]
) -> None:
    other = client_of(cast.minh)
    assert "Trần Văn Bình" not in text_of(word(other, papers["explanations"]))
    assert "Trần Văn Bình" not in text_of(word(other, papers["report"]))
    assert other.get(papers["class"]).status_code == 404
