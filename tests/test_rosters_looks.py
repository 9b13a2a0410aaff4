"""What columns of texts prove: dates, class names, notes in names, states."""

import csv
from datetime import date
from pathlib import Path

import pytest

from idapp.rosters.class_names import read_class
from idapp.rosters.dates import day_first, is_swapped, order_of
from idapp.rosters.name_notes import without_note
from idapp.rules import birth_date, catalogues, states
from idapp.rules.problem import Problem

TODAY = date(2026, 11, 30)
DATA = Path(states.__file__).parent.parent / "data"


def rows_of(file_name: str) -> list[dict[str, str]]:
    with (DATA / file_name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.mark.parametrize(
    ("text", "born"),
    [
        ("20/03/2016 12:00:00 AM", "2016-03-20"),
        ("20/03/2016 12:00:00 SA", "2016-03-20"),
        ("20/03/2016 1:00:00 CH", "2016-03-20"),
        ("2016-03-24T17:00:00.000Z", "2016-03-25"),
        ("2016-03-25T00:00:00+07:00", "2016-03-25"),
        ("Năm 2016", "2016"),
        ("/2016", "2016"),
        ("00/00/2016", "2016"),
        ("../../2016", "2016"),
        ("20/3/2016.", "2016-03-20"),
        ("20\\03\\2016", "2016-03-20"),
        ("20-thg 3-2016", "2016-03-20"),
        ("20-Mar-2016", "2016-03-20"),
    ],
)
def test_dates_as_systems_write_them(text: str, born: str) -> None:
    assert birth_date.validate(text, TODAY) == born


@pytest.mark.parametrize(
    ("text", "code", "suggestion"),
    [
        ("3/20/2016 12:00:00 AM", "impossible_date", "20/03/2016"),
        ("12/5/16", "two_digit_year", "12/05/2016"),
        ("20-Mar-16", "two_digit_year", "20/03/2016"),
        ("24/03/2016 16:59:59", "moved_day", "25/03/2016"),
        ("24/03/2016 11:59:59 PM", "moved_day", "25/03/2016"),
        ("42449.7083", "moved_day", "21/03/2016"),
        ("2016-03-24T10:00:00Z", "moved_day", "25/03/2016"),
        ("03/2016", "month_only", "2016"),
        ("20/03/2016(AL)", "not_a_date", ""),
        ("20/03/2016 25:00", "not_a_date", ""),
    ],
)
def test_a_date_nobody_can_be_sure_of_is_an_error(text: str, code: str, suggestion: str) -> None:
    with pytest.raises(Problem) as refused:
        birth_date.validate(text, TODAY)
    assert (refused.value.code, refused.value.suggestion) == (code, suggestion)


def test_one_cell_proves_the_order_of_its_column() -> None:
    order = order_of(["03/04/2016", "03/25/2016", "12/31/2016"])
    assert (order.order, order.proof, order.unsure) == ("month", "03/25/2016", 1)
    assert [day_first(text) for text in ("03/04/2016", "12/31/2016")] == [
        "04/03/2016",
        "31/12/2016",
    ]


def test_both_orders_in_one_column_prove_nothing() -> None:
    assert order_of(["25/03/2016", "03/25/2016"]).order == "both"


def test_only_an_exact_swap_is_one() -> None:
    assert is_swapped("2016-06-11", "2016-11-06")
    assert not is_swapped("2016-06-11", "2015-11-06")


@pytest.mark.parametrize("row", rows_of("states.csv"), ids=lambda row: row["wording"])
def test_every_usual_wording_of_a_state_is_understood(row: dict[str, str]) -> None:
    for text in (row["wording"], row["wording"].upper(), f" {row['wording']} "):
        assert states.meaning_of(row["kind"], text) == row["meaning"]


@pytest.mark.parametrize("kind", ["student", "staff"])
def test_who_has_left_is_not_present(kind: str) -> None:
    gone = [r for r in rows_of("states.csv") if r["kind"] == kind and r["meaning"] == "left"]
    assert [row["wording"] for row in gone if catalogues.is_present(kind, row["wording"])] == []


def test_an_unknown_wording_means_nothing() -> None:
    assert states.meaning_of("student", "Chuyển trường đến") is None
    assert states.meaning_of("student", "Đi học nghề") is None


@pytest.mark.parametrize(
    ("text", "name", "note", "meaning"),
    [
        ("Trần Hải Duy (bỏ học)", "Trần Hải Duy", "bỏ học", "left"),
        ("Trần Hải Duy (chuyển trường)", "Trần Hải Duy", "chuyển trường", "left"),
        ("Lý Văn Tâm*", "Lý Văn Tâm", "*", None),
        ("Lý Văn Tân - KT", "Lý Văn Tân", "KT", None),
        ("Lý Thị Mộng Thu bỏ học", "Lý Thị Mộng Thu", "bỏ học", "left"),
        ("LÝ THỊ THU NGHỈ HỌC", "LÝ THỊ THU", "NGHỈ HỌC", "left"),
        ("Lý Văn Da HSKT", "Lý Văn Da", "HSKT", None),
        ("LÝ VĂN TÂN KT", "LÝ VĂN TÂN", "KT", None),
        ("Lý Văn Ra nghỉ", "Lý Văn Ra", "nghỉ", "left"),
        ("Lý Văn An (đã nghỉ)", "Lý Văn An", "đã nghỉ", "left"),
        ("Lý Văn Xa (mất)", "Lý Văn Xa", "mất", "left"),
        ("Em Lý Văn Va", "Lý Văn Va", "Em", None),
        ("Cô Đỗ Thị Ly", "Đỗ Thị Ly", "Cô", None),
        ("Hồ Văn Nam (chuyển đến)", "Hồ Văn Nam", "chuyển đến", "present"),
    ],
)
def test_a_note_behind_a_name(text: str, name: str, note: str, meaning: str | None) -> None:
    noted = without_note(text, "student")
    assert noted is not None
    assert (noted.name, noted.note, noted.meaning) == (name, note, meaning)


@pytest.mark.parametrize(
    "name",
    [
        "Lý Văn Tấn A",
        "Y",
        "Nguyễn Thị B",
        "Lê An - Bùi",
        "H'Hen Niê",
        "Lê Văn Lưu Ban",
        "Bùi Thị Nghỉ",
        "BÙI THỊ NGHỈ",
        "BÙI THỊ MẤT",
        "LÊ THỊ LÝ",
        "Em Ly",
        "Y KDăm",
    ],
)
def test_names_without_a_note(name: str) -> None:
    assert without_note(name, "student") is None


@pytest.mark.parametrize(
    ("text", "classes", "state", "name"),
    [
        ("05/01/2026", ["5/1", "5/2"], "repaired", "5/1"),
        ("01/05/2026", ["5/1"], "repaired", "5/1"),
        ("46027", ["5/1", "5A"], "repaired", "5/1"),
        ("05/01/2026", ["5A"], "damaged", "05/01/2026"),
        ("05/01/2026", ["5/1", "1/5"], "damaged", "05/01/2026"),
        ("5.1", ["5.10"], "repaired", "5.10"),
        ("5.1", ["5.1", "5.10"], "exact", "5.1"),
        ("10", ["1E1"], "repaired", "1E1"),
        ("1E+01", ["1E1"], "repaired", "1E1"),
        ("5-Jan", ["5/1", "5A"], "repaired", "5/1"),
        ("May-01", ["5/1"], "repaired", "5/1"),
        ("5-thg1", ["5/1"], "repaired", "5/1"),
        ("01-May", ["5A"], "damaged", "01-May"),
        ("5 Tháng 1", ["5A"], "damaged", "5 Tháng 1"),
        ("TRUE", ["5A"], "damaged", "TRUE"),
        ("#N/A", ["5A"], "damaged", "#N/A"),
        ("5", ["5A", "5B"], "damaged", "5"),
        ("5", ["5", "5B"], "exact", "5"),
        ("5", ["15A"], "new", "5"),
        ("05A", ["5A"], "exact", "5A"),
        ("Mầm May", ["5A"], "new", "Mầm May"),
        ("Lớp 6A5", ["6A5"], "exact", "6A5"),
        ("6A6", ["6A5"], "new", "6A6"),
    ],
)
def test_class_names_that_excel_has_changed(
    text: str, classes: list[str], state: str, name: str
) -> None:
    reading = read_class(text, classes)
    assert (reading.state, reading.name) == (state, name)


@pytest.mark.parametrize(
    ("rule", "text", "suggestion"),
    [
        (catalogues.ethnic_group, "Kinh tộc", "Kinh"),
        (catalogues.ethnic_group, "DT Kinh", "Kinh"),
        (catalogues.nationality, "Việt", "Việt Nam"),
    ],
)
def test_words_around_a_catalogue_name_get_its_name(rule, text: str, suggestion: str) -> None:
    with pytest.raises(Problem) as refused:
        rule(text)
    assert refused.value.suggestion == suggestion
