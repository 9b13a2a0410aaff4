"""What a file leaves open and only the user can say: which of two columns counts, whether the day comes first."""

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from idapp import imports, people
from idapp.models import Import, User
from idapp.settings import Settings
from tests.cast import Cast, number_for, pupil
from tests.test_imports import book, judged

pytestmark = pytest.mark.usefixtures("few_places")
ClientOf = Callable[[User], FlaskClient]
NAMES = ("Bùi Thị Dung", "Bùi Thị Em", "Bùi Thị Giang", "Bùi Thị Hà", "Bùi Thị Kim")
UNSURE = ("03/04/2012", "05/06/2012", "07/08/2012", "09/10/2012", "11/12/2012")
OWN, OTHER = number_for(2012, "Nữ", 77), number_for(2012, "Nữ", 88)
NUMBERS = ("Lớp", "Họ và tên", "Ngày sinh", "Số CCCD", "Số định danh cá nhân")
DATES = ("Lớp", "Họ và tên", "Ngày sinh")


def two_numbers() -> bytes:
    rows = [
        ["5A", NAMES[0], "17/09/2012", OTHER, OWN],
        ["5A", NAMES[1], "18/09/2012", number_for(2012, "Nữ", 78), ""],
    ]
    return book(rows, NUMBERS)


def dates(*texts: str) -> bytes:
    return book([["5A", name, text] for name, text in zip(NAMES, texts, strict=False)], DATES)


def asked(cast: Cast, data: bytes, by: User | None = None) -> Import:
    return imports.read_stream(io.BytesIO(data), "tep.xlsx", by=by or cast.thu)


def question_of(upload: Import) -> dict[str, Any]:
    (question,) = imports.questions_of(upload)
    return question


def births(upload: Import) -> list[str]:
    return [row.values["date_of_birth"] for row in judged(upload)]


def numbers(upload: Import) -> list[str]:
    return [row.values.get("identity_number", "") for row in judged(upload)]


# two columns of one field


def test_two_columns_that_contradict_each_other_are_shown_side_by_side(cast: Cast) -> None:
    question = question_of(asked(cast, two_numbers()))
    assert question["sentence"] == (
        "Tệp có 2 cột “Số CCCD” (D) và “Số định danh cá nhân” (E): "
        "cột nào là Số định danh cá nhân của học sinh?"
    )
    assert question["differing"] == 1
    assert question["examples"][0] == {"row": 2, "name": NAMES[0], "texts": [OTHER, OWN]}
    assert [column["filled"] for column in question["columns"]] == [2, 1]


def test_of_the_numbers_shown_beside_a_question_none_comes_into_the_database(
    cast: Cast, settings: Settings
) -> None:
    upload = asked(cast, two_numbers())
    assert OTHER not in str(Import.get_by_id(upload.id).questions)
    assert OTHER.encode() not in settings.data.joinpath("uploads", "import-1.upload").read_bytes()


@pytest.mark.parametrize(
    ("chosen", "read"),
    [(0, [OTHER, number_for(2012, "Nữ", 78)]), (1, [OWN, ""]), (None, ["", ""])],
)
def test_one_choice_holds_for_the_whole_file(
    cast: Cast, client_of: ClientOf, chosen: int | None, read: list[str]
) -> None:
    client = client_of(cast.thu)
    upload = asked(cast, two_numbers())
    page = client.get(f"/imports/{upload.id}").text
    keys = re.findall(r'name="which-key" value="([^"]+)"', page)
    which = "" if chosen is None else keys[chosen]
    assert "Bỏ cả hai cột" in page
    form = {"which-key": keys, "which-field": "identity_number", "which": which}
    client.post(f"/imports/{upload.id}/answers", data=form)
    answered = Import.get_by_id(upload.id)
    assert answered.state == "checked"
    assert numbers(answered) == read


def test_both_columns_said_to_be_the_number_are_asked_about_again(cast: Cast) -> None:
    upload = asked(cast, two_numbers())
    both = {column["key"]: "identity_number" for column in question_of(upload)["columns"]}
    assert imports.answer(upload, columns=both, anyway=(), by=cast.thu).state == "asking"


def test_an_old_card_beside_the_number_is_no_question(cast: Cast) -> None:
    rows = [["Đỗ Thị Lài", "17/09/1982", "024135678", number_for(1982, "Nữ", 5), "Giáo viên"]]
    heading = ("Họ và tên", "Ngày sinh", "Số CMND/CCCD", "Số định danh cá nhân", "Chức vụ")
    upload = asked(cast, book(rows, heading))
    assert numbers(upload) == [number_for(1982, "Nữ", 5)]
    assert "1 dòng có cả số CMND 9 chữ số" in " ".join(upload.notes)


def test_a_second_column_written_otherwise_is_no_question(cast: Cast) -> None:
    heading = (*NUMBERS, "Mã lớp")
    spaced = f"{OWN[:3]} {OWN[3:]}"
    upload = asked(cast, book([["5A", NAMES[0], "17/09/2012", spaced, OWN, "Lớp 5a"]], heading))
    assert (upload.state, numbers(upload)) == ("checked", [OWN])


# dates that prove nothing


def test_dates_that_prove_nothing_are_asked_about_with_both_readings(cast: Cast) -> None:
    question = question_of(asked(cast, dates(*UNSURE)))
    example = question["examples"][0]
    assert question["count"] == 5
    assert (example["text"], example["day"], example["month"]) == (
        "03/04/2012",
        "3 tháng 4",
        "4 tháng 3",
    )


@pytest.mark.parametrize(("said", "read"), [("day", "03/04/2012"), ("month", "04/03/2012")])
def test_the_answer_about_the_dates_holds_for_the_file(
    cast: Cast, client_of: ClientOf, said: str, read: str
) -> None:
    client = client_of(cast.thu)
    upload = asked(cast, dates(*UNSURE))
    page = client.get(f"/imports/{upload.id}").text
    assert re.search('name="dates" value="day" required checked', page), "one click goes on"
    client.post(f"/imports/{upload.id}/answers", data={"dates": said})
    answered = Import.get_by_id(upload.id)
    assert births(answered)[0] == read
    assert "theo lựa chọn của thầy cô" in " ".join(answered.notes)


@pytest.mark.parametrize(
    "texts", [("03/04/2012", "17/09/2012"), ("2012-04-03",), ("05/05/2012",), ("2012",)]
)
def test_dates_that_are_plain_are_not_asked_about(cast: Cast, texts: tuple[str, ...]) -> None:
    assert asked(cast, dates(*texts)).state == "checked"


def test_another_column_of_dates_decides(cast: Cast) -> None:
    rows = [["5A", NAMES[0], "03/04/2012", "09/25/2018"]]
    upload = asked(cast, book(rows, (*DATES, "Ngày vào trường")))
    assert births(upload) == ["04/03/2012"]
    assert "như các ngày khác trong tệp" in " ".join(upload.notes)


@pytest.mark.parametrize(
    ("stored", "read"), [("03/04/2012", "05/06/2012"), ("04/03/2012", "06/05/2012")]
)
def test_the_stored_date_of_a_known_pupil_decides(cast: Cast, stored: str, read: str) -> None:
    values = pupil(NAMES[0], born=stored, serial=41)
    people.add(kind="student", school_class=cast.class_5a, values=values, by=cast.thu)
    upload = asked(cast, dates("03/04/2012", "05/06/2012"))
    known, new = judged(upload)
    assert (known.verdict, new.values["date_of_birth"]) == ("same", read)
    assert "khớp ngày sinh đang có của 1 người" in " ".join(upload.notes)


def test_stored_dates_that_disagree_are_shown_beside_the_question(cast: Cast) -> None:
    for serial, (name, born) in enumerate(
        ((NAMES[0], "03/04/2012"), (NAMES[1], "06/05/2012")), start=41
    ):
        values = pupil(name, born=born, serial=serial)
        people.add(kind="student", school_class=cast.class_5a, values=values, by=cast.thu)
    question = question_of(asked(cast, dates("03/04/2012", "05/06/2012", "07/08/2012")))
    assert question["mixed"]
    assert [e["stored"] for e in question["examples"]] == ["03/04/2012", "06/05/2012", ""]


def test_a_teacher_is_not_shown_dates_of_another_class(cast: Cast) -> None:
    values = pupil(NAMES[0], born="03/04/2012", serial=41)
    people.add(kind="student", school_class=cast.class_5b, values=values, by=cast.thu)
    question = question_of(asked(cast, dates(*UNSURE), by=cast.lan))
    assert {e["stored"] for e in question["examples"]} == {""}


def test_a_few_such_dates_are_read_day_first_and_named(cast: Cast) -> None:
    """Each of them stands on the check page anyway."""
    upload = asked(cast, dates("03/04/2012", "05/06/2012"))
    assert births(upload) == ["03/04/2012", "05/06/2012"]
    assert "03/04/2012 là 3 tháng 4, 05/06/2012 là 5 tháng 6" in " ".join(upload.notes)


def test_day_month_and_year_in_columns_of_their_own_are_in_no_doubt(cast: Cast) -> None:
    heading = ("Lớp", "Họ và tên", "Ngày", "Tháng", "Năm")
    assert births(asked(cast, book([["5A", NAMES[0], "3", "4", "2012"]], heading))) == [
        "03/04/2012"
    ]


# the command line


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (two_numbers, "cột nào là Số định danh cá nhân của học sinh?"),
        (lambda: dates(*UNSURE), "--dates day"),
    ],
    ids=["columns", "dates"],
)
def test_the_command_line_refuses_what_nobody_answers(
    app: Flask, cast: Cast, tmp_path: Path, make: Callable[[], bytes], told: str
) -> None:
    file = tmp_path / "tep.xlsx"
    file.write_bytes(make())
    result = app.test_cli_runner().invoke(args=["import", str(file)])
    assert (result.exit_code, told in result.output) == (1, True)
    assert not Import.select().exists()


def test_the_command_line_may_say_how_dates_are_written(
    app: Flask, cast: Cast, tmp_path: Path
) -> None:
    file = tmp_path / "tep.xlsx"
    file.write_bytes(dates("03/04/2012"))
    app.test_cli_runner().invoke(args=["import", str(file), "--dates", "month"])
    assert births(Import.get()) == ["04/03/2012"]


def test_the_command_line_may_set_aside_who_has_left(
    app: Flask, cast: Cast, tmp_path: Path
) -> None:
    file = tmp_path / "tep.xlsx"
    file.write_bytes(book([["5A", f"{NAMES[0]} (bỏ học)", "17/09/2012"]], DATES))
    runner = app.test_cli_runner()
    assert "--anyway presence" in runner.invoke(args=["import", str(file)]).output
    runner.invoke(args=["import", str(file), "--anyway", "presence"])
    assert Import.get().state == "confirmed"


# classes that Excel turned into something else


def in_class(text: str) -> bytes:
    rows = [[text, NAMES[0], "17/09/2012"], ["5A", NAMES[1], "18/09/2012"]]
    return book(rows, DATES)


def test_a_class_that_became_a_date_is_asked_about_once(cast: Cast) -> None:
    question = question_of(asked(cast, in_class("05/01/2026")))
    assert [(entry["text"], entry["count"]) for entry in question["texts"]] == [("05/01/2026", 1)]
    assert question["classes"] == ["5A", "5B"]


def test_the_answer_puts_the_rows_into_that_class(cast: Cast, client_of: ClientOf) -> None:
    upload = asked(cast, in_class("05/01/2026"))
    client = client_of(cast.thu)
    assert "Là lớp" in client.get(f"/imports/{upload.id}").text
    said = {"class-key-1": "05/01/2026", "class-1": "5B"}
    client.post(f"/imports/{upload.id}/answers", data=said)
    rows = judged(Import.get_by_id(upload.id))
    assert [row.class_name for row in rows] == ["5B", "5A"]


def test_a_class_nobody_knows_leaves_its_rows_out(cast: Cast) -> None:
    upload = asked(cast, in_class("05/01/2026"))
    upload = imports.answer(upload, columns={}, anyway=(), classes={"05/01/2026": ""}, by=cast.thu)
    first, second = judged(upload)
    assert first.verdict == "wrong"
    assert second.verdict == "new"


def test_a_class_that_was_not_offered_counts_as_no_answer(cast: Cast) -> None:
    upload = asked(cast, in_class("05/01/2026"))
    upload = imports.answer(
        upload, columns={}, anyway=(), classes={"05/01/2026": "9Z"}, by=cast.thu
    )
    assert upload.state == "asking"


def test_a_teacher_is_offered_the_own_classes_only(cast: Cast) -> None:
    question = question_of(asked(cast, in_class("05/01/2026"), by=cast.lan))
    assert question["classes"] == ["5A"]
