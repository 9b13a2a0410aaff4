"""A paste that names its rows: by name, by code, by numbers alone."""

import random
from collections.abc import Sequence

import pytest

from idapp import people
from idapp.models import Person
from idapp.rules.problem import Problem
from tests.cast import Cast, pupil
from tests.test_people_pasting import (
    asked,
    column,
    numbers,
    paste,
    rows,  # noqa: F401 (fixtures)
    table,
)


def lines(rows: Sequence[Person], *fields: str) -> str:
    return "".join("\t".join(getattr(p, f) for f in fields) + "\r\n" for p in rows)


def with_numbers(rows: Sequence[Person], key: str = "full_name") -> str:
    return "".join(f"{getattr(p, key)}\t{n}\r\n" for p, n in zip(rows, numbers(rows), strict=True))


def test_names_in_the_same_order_are_just_pasted(cast: Cast, rows: list[Person]) -> None:
    report = paste(cast, with_numbers(rows), (0, "identity_number"))
    assert report.how == "position"
    assert column(cast, "identity_number") == numbers(rows)


@pytest.mark.parametrize("key", ["full_name", "ministry_code"])
def test_two_names_or_codes_in_another_order_are_asked_about(
    cast: Cast, rows: list[Person], key: str
) -> None:
    swapped = lines([rows[1], rows[0]], key)
    assert asked(cast, swapped, (0, key)).sentence.startswith("2/2 dòng dán có")
    with pytest.raises(Problem) as nothing:
        paste(cast, swapped, (0, "address"))
    assert nothing.value.code == "nothing"
    assert column(cast, "address") == [""] * len(rows)


@pytest.mark.parametrize("key", ["full_name", "ministry_code"])
@pytest.mark.parametrize("anchor", ["identity_number", "full_name"])
def test_another_order_cannot_shift_a_number(
    cast: Cast, rows: list[Person], key: str, anchor: str
) -> None:
    if (key, anchor) == ("ministry_code", "full_name"):
        return  # codes stand beside the numbers, never under the names
    shuffled = rows.copy()
    random.Random(5).shuffle(shuffled)
    text = with_numbers(shuffled, key)
    if anchor == "full_name":
        text = "".join(
            f"{p.full_name}\t{p.date_of_birth}\t{p.gender}\t{n}\n"
            for p, n in zip(shuffled, numbers(shuffled), strict=True)
        )
    report = paste(cast, text, (0, anchor))
    stored = {p.id: p.identity_number for p in table(cast)}
    assert report.how == {"full_name": "name", "ministry_code": "code"}[key]
    assert stored == dict(zip((p.id for p in shuffled), numbers(shuffled), strict=True))
    assert column(cast, "full_name") == [p.full_name for p in rows]


def test_a_row_missing_in_the_source_is_noticed(cast: Cast, rows: list[Person]) -> None:
    source = rows[:4] + rows[5:]
    report = paste(cast, with_numbers(source), (0, "identity_number"))
    assert [p.id for p in report.absent] == [rows[4].id]
    assert Person.get_by_id(rows[4].id).identity_number == ""
    assert report.written == 11


def test_a_line_too_many_in_the_source_is_listed(cast: Cast, rows: list[Person]) -> None:
    text = with_numbers(rows[:6]) + "Bùi Văn Cườn\t100212009999\r\n" + with_numbers(rows[6:])
    report = paste(cast, text, (0, "identity_number"), worse="all")
    [unmatched] = report.unmatched
    assert (unmatched.line, unmatched.text, unmatched.near) == (7, "Bùi Văn Cườn", "Bùi Văn Cường")
    assert "100212009999" not in column(cast, "identity_number")


def test_names_of_another_class_stop_the_paste(cast: Cast, rows: list[Person]) -> None:
    text = "Trịnh Văn Ất\t100212000001\nTrịnh Thị Bính\t100312000002\n"
    question = asked(cast, text, (0, "identity_number"))
    assert [(s.row, s.ours, s.pasted) for s in question.sides] == [
        (1, rows[0].full_name, "Trịnh Văn Ất"),
        (2, rows[1].full_name, "Trịnh Thị Bính"),
    ]
    assert "lớp khác" in question.sentence
    assert [words for words, _ in question.offers] == ["Bỏ, không dán"]


def test_by_position_names_that_differ_stop_and_show(cast: Cast, rows: list[Person]) -> None:
    moved = rows[1:] + rows[:1]
    question = asked(cast, with_numbers(moved), (0, "identity_number"), match="position")
    assert question.sides[0].ours == rows[0].full_name
    assert question.sides[0].pasted == rows[1].full_name
    assert ("Ghép theo tên (12/12 dòng)", {"match": "name"}) in question.offers
    report = paste(cast, with_numbers(moved), (0, "identity_number"), match="name")
    assert report.written == 12
    assert report.how == "name"


def test_names_without_marks_and_in_capitals_match(cast: Cast, rows: list[Person]) -> None:
    text = "BUI VAN CUONG\t100212000777\nĐỖ THỊ DUNG\t100312000778\n"
    report = paste(cast, text, (0, "identity_number"))
    assert report.written == 2
    assert not report.unmatched
    assert Person.get(Person.full_name == "Bùi Văn Cường").identity_number == "100212000777"


def test_hoa_is_not_taken_for_hoa_with_a_mark(cast: Cast, rows: list[Person]) -> None:
    people.change(rows[-1], "full_name", "Mai Văn Hoa", seen=rows[-1].full_name, by=cast.thu)
    paste(
        cast,
        "Mai Văn Hoà\t100212000001\nMai Văn Hoa\t100212000002\nBùi Văn Cường\t100212000003\n",
        (0, "identity_number"),
    )
    assert Person.get(Person.full_name == "Mai Văn Hòa").identity_number == "100212000001"
    assert Person.get(Person.full_name == "Mai Văn Hoa").identity_number == "100212000002"


def test_namesakes_need_the_birth_date(cast: Cast, rows: list[Person]) -> None:
    twin = people.add(
        kind="student",
        school_class=cast.class_5a,
        values=pupil("Bùi Văn Cường", sex="Nam", born="09/09/2012", serial=55),
        by=cast.thu,
    )
    text = "Bùi Văn Cường\t100212000001\nĐỗ Thị Dung\t100312000002\nHồ Văn Em\t100212000003\n"
    report = paste(cast, text, (5, "identity_number"), match="name")
    assert [u.text for u in report.unmatched] == ["Bùi Văn Cường"]
    assert "Ngày sinh" in report.unmatched[0].why
    text = "Họ tên\tNgày sinh\tSố ĐDCN\nBùi Văn Cường\t09/09/2012\t100212000009\n"
    paste(cast, text, (5, "identity_number"), match="name")
    assert Person.get_by_id(twin.id).identity_number == "100212000009"


def test_the_number_of_one_namesake_says_which(cast: Cast, rows: list[Person]) -> None:
    duplicate = pupil("Bùi Văn Cường", sex="Nam", born="09/09/2012", serial=55)
    same_name = people.add(
        kind="student", school_class=cast.class_5a, values=duplicate, by=cast.thu
    )
    line = f"Bùi Văn Cường\tẤp 9\t{same_name.identity_number}\n"
    text = f"Họ tên\tThôn/Xóm\tSố ĐDCN\n{line}"
    paste(cast, text, (5, "identity_number"), match="name")
    assert [p.full_name for p in table(cast) if p.address == "Ấp 9"] == ["Bùi Văn Cường"]
    assert Person.get_by_id(same_name.id).address == "Ấp 9"


@pytest.mark.parametrize("turned", [False, True])
def test_a_name_without_its_diacritics_never_takes_the_place_of_the_name_itself(
    cast: Cast, rows: list[Person], turned: bool
) -> None:
    lines = ["Ho Văn Em\t100212000001", "Hồ Văn Em\t100212000002", "Bùi Văn Cường\t100212000003"]
    text = "\n".join(lines[::-1] if turned else lines)
    report = paste(cast, text, (5, "identity_number"), match="name")
    assert Person.get(Person.full_name == "Hồ Văn Em").identity_number == "100212000002"
    assert [(u.text, "Hồ Văn Em" in u.why) for u in report.unmatched] == [("Ho Văn Em", True)]


def test_of_two_names_that_both_lack_something_neither_is_guessed(
    cast: Cast, rows: list[Person]
) -> None:
    text = "Bui Van Cuong\t100212000001\nBùi Vạn Cường\t100212000002\nHồ Văn Em\t100212000003\n"
    report = paste(cast, text, (5, "identity_number"), match="name")
    assert [u.text for u in report.unmatched] == ["Bui Van Cuong", "Bùi Vạn Cường"]
    assert Person.get(Person.full_name == "Bùi Văn Cường").identity_number == ""


def test_a_name_without_diacritics_and_of_another_birth_date_is_somebody_else(
    cast: Cast, rows: list[Person]
) -> None:
    text = "Họ tên\tNgày sinh\tSố ĐDCN\nHo Van Em\t13/04/2012\t100212000001\nTạ Thị Lan\t\t100312000002\n"
    report = paste(cast, text, (5, "identity_number"), match="name")
    assert [u.text for u in report.unmatched] == ["Ho Van Em"]
    assert report.written == 1


def test_a_code_in_groups_is_the_code(cast: Cast, rows: list[Person]) -> None:
    wanted = numbers(rows)
    text = "".join(
        f"{p.ministry_code[:4]} {p.ministry_code[4:7]} {p.ministry_code[7:]}\t{number}\n"
        for p, number in list(zip(rows, wanted, strict=True))[::-1]
    )
    report = paste(cast, text, (0, "identity_number"))
    assert report.how == "code"
    assert [p.identity_number for p in table(cast)] == wanted


def test_codes_in_groups_one_row_too_low_are_seen(cast: Cast, rows: list[Person]) -> None:
    codes = [f"{p.ministry_code[:5]} {p.ministry_code[5:]}" for p in rows]
    text = "".join(f"Việt Nam\t{code}\n" for code in codes[:-1])
    question = asked(cast, text, (1, "nationality"))
    assert "lệch một dòng" in question.title


def test_a_name_and_a_code_of_two_people_are_told_and_not_written(
    cast: Cast, rows: list[Person]
) -> None:
    text = "Họ tên\tMã định danh Bộ GD&ĐT\tSố ĐDCN\nHồ Văn Em\t2000000000\t100212000001\n"
    text += "Hồ Văn Én\t2000000002\t100212000001\nBùi Văn Khang\t2000000000\t100212000003\n"
    report = paste(cast, text, (5, "identity_number"), match="name")
    assert "của Bùi Văn Cường" in report.unmatched[0].why
    assert Person.get(Person.full_name == "Hồ Văn Em").identity_number == "100212000001"
    assert Person.get(Person.full_name == "Bùi Văn Cường").identity_number == "100212000003"


def test_a_row_of_nearly_the_same_name_is_not_taken_for_the_other_by_position(
    cast: Cast, rows: list[Person]
) -> None:
    people.change(rows[-1], "full_name", "Mai Văn Hoa", seen=rows[-1].full_name, by=cast.thu)
    names = [p.full_name for p in table(cast)]
    both = sorted(names.index(name) for name in ("Mai Văn Hoa", "Mai Văn Hòa"))
    turned = [(names[both[1]], "100212000001"), (names[both[0]], "100212000002")]
    text = "\n".join("\t".join(line) for line in turned)
    shown = [table(cast)[at] for at in both]
    report = paste(cast, text, (0, "identity_number"), rows=shown)
    assert report.how == "name"
    assert {
        p.full_name: p.identity_number for p in table(cast) if p.id in {s.id for s in shown}
    } == dict(turned)


def test_the_same_name_twice_in_the_source_counts_once(cast: Cast, rows: list[Person]) -> None:
    text = "Bùi Văn Cường\t100212000001\nBùi Văn Cường\t100212000002\nHồ Văn Em\t100212000003\n"
    report = paste(cast, text, (3, "identity_number"), match="name")
    assert [u.why for u in report.unmatched] == ["trùng với dòng 1 đã dán"]
    assert report.written == 2


def test_headings_decide_the_columns(cast: Cast, rows: list[Person]) -> None:
    text = "STT\tSố CCCD\tGhi chú\tHọ và tên\tMã định danh Bộ GD&ĐT\n" + "".join(
        f"{at}\t{n}\tx\t{p.full_name}\t{p.ministry_code}\n"
        for at, (p, n) in enumerate(zip(rows[::-1], numbers(rows[::-1]), strict=True), 1)
    )
    report = paste(cast, text, (4, "address"))
    assert report.written == 12
    assert report.unknown == ["Ghi chú"]
    assert report.how == "name"
    assert [p.identity_number for p in table(cast)[::-1]] == numbers(rows[::-1])


def test_row_numbers_before_the_names_are_passed_over(cast: Cast, rows: list[Person]) -> None:
    text = "".join(
        f"{at}\t{p.full_name}\t{n}\n"
        for at, (p, n) in enumerate(zip(rows[::-1], numbers(rows[::-1]), strict=True), 1)
    )
    assert paste(cast, text, (0, "identity_number")).written == 12


def test_a_note_behind_a_name_is_told_and_not_stored(cast: Cast, rows: list[Person]) -> None:
    wanted = numbers(rows)
    notes = {2: " (bỏ học)", 5: " - KT", 7: " *"}
    named = [p.full_name + notes.get(at, "") for at, p in enumerate(rows)]
    text = "\n".join(f"{name}\t{n}" for name, n in zip(named, wanted, strict=True))
    for heading in ("", "Họ và tên\tSố CCCD\n"):
        for anchor in ("full_name", "identity_number"):
            report = paste(cast, heading + text, (0, anchor))
            assert column(cast, "identity_number") == wanted
            assert report.noted == [named[2], named[5], named[7]]
            assert not report.unmatched
    assert column(cast, "full_name") == [p.full_name for p in rows]


def test_all_names_may_have_a_note(cast: Cast, rows: list[Person]) -> None:
    text = "\n".join(f"{p.full_name} (5A)\t{n}" for p, n in zip(rows, numbers(rows), strict=True))
    assert len(paste(cast, text, (0, "full_name")).noted) == len(rows)


def test_brackets_elsewhere_are_no_notes(cast: Cast, rows: list[Person]) -> None:
    report = paste(cast, "Ấp Bình An (cũ)\nẤp Hòa Hưng (cũ)\n", (0, "address"))
    assert column(cast, "address")[:2] == ["Ấp Bình An (cũ)", "Ấp Hòa Hưng (cũ)"]
    assert report.noted == []


@pytest.mark.parametrize(
    "written", ["{at}. {name}", "{at}) {name}", "{at}.{name}", "{at} - {name}"]
)
def test_numbered_names_are_names(cast: Cast, rows: list[Person], written: str) -> None:
    wanted = numbers(rows)
    named = [written.format(at=at, name=p.full_name) for at, p in enumerate(rows[3:], start=4)]
    text = "\n".join(f"{name}\t{n}" for name, n in zip(named, wanted[3:], strict=True))
    report = paste(cast, text, (0, "full_name"))
    assert report.how == "name"
    assert column(cast, "identity_number")[3:] == wanted[3:]
    assert column(cast, "full_name") == [p.full_name for p in rows]


@pytest.mark.parametrize(
    "written",
    [
        "{at}. {name}: {n}",
        "{name} - {n}",
        "{name} {n}",
        "{at}/ {name}, số CCCD {n}",
        "{name} ({n})",
        "{name} – {born} – {n}",
        "{name}:'{n}",
    ],
)
@pytest.mark.parametrize("anchor", ["full_name", "identity_number"])
def test_names_with_their_numbers_in_one_cell(
    cast: Cast, rows: list[Person], written: str, anchor: str
) -> None:
    """As parents write in a message: in any order, with a greeting above."""
    wanted = numbers(rows)
    told = [
        written.format(at=at, name=p.full_name, born=p.date_of_birth, n=n)
        for at, (p, n) in enumerate(zip(rows[::-1], wanted[::-1], strict=True), 1)
    ]
    report = paste(cast, "\n".join(["Em gửi cô danh sách ạ:", *told]), (0, anchor))
    assert column(cast, "identity_number") == wanted
    assert report.how == "name"
    assert [(u.line, u.text) for u in report.unmatched] == [(1, "Em gửi cô danh sách ạ:")]
    assert column(cast, "full_name") == [p.full_name for p in rows]


def test_telephone_numbers_are_nobodys_number(cast: Cast, rows: list[Person]) -> None:
    phones = [f"0912 345 6{at:02d}" for at in range(len(rows))]
    asked_about = asked(cast, "\n".join(phones), (0, "identity_number"))
    assert "trông như Số điện thoại" in asked_about.sentence
    assert asked_about.offers[0][1] == {}
    for between in ("\t", ": "):
        text = "\n".join(
            f"{p.full_name}{between}{phone}" for p, phone in zip(rows, phones, strict=True)
        )
        with pytest.raises(Problem) as refused:
            paste(cast, text, (0, "identity_number"))
        report = paste(cast, text, (0, "full_name"))
        assert "chỉ có họ tên" in refused.value.message
        assert (report.written, report.too_wide) == (0, [phones[0]])
    text = "\n".join(
        f"{p.full_name}\t{phone}\t{n}"
        for p, phone, n in zip(rows, phones, numbers(rows), strict=True)
    )
    report = paste(cast, text, (0, "full_name"))
    assert column(cast, "identity_number") == numbers(rows)
    assert report.too_wide == [phones[0]]


def test_addresses_that_end_in_a_number_stay_one_text(cast: Cast, rows: list[Person]) -> None:
    paste(cast, "Ấp Bình An 0912345679\nKhu phố Hòa Hưng 0912345678\n", (0, "address"))
    assert column(cast, "address")[:2] == ["Ấp Bình An 0912345679", "Khu phố Hòa Hưng 0912345678"]


def test_numbers_beside_names_go_to_the_column_of_numbers_wherever_they_are_pasted(
    cast: Cast, rows: list[Person]
) -> None:
    """Two columns copied from another list: names and numbers, without what stands between them in our table."""
    wanted = numbers(rows)
    text = "\n".join(f"{p.full_name}\t{n}" for p, n in zip(rows, wanted, strict=True))
    report = paste(cast, text, (0, "full_name"))
    assert [p.identity_number for p in table(cast)] == wanted
    assert report.looked == ["identity_number"]
    assert [p.date_of_birth for p in table(cast)] == [p.date_of_birth for p in rows]


def test_a_column_without_a_look_that_lost_its_place_is_left_out_and_said(
    cast: Cast, rows: list[Person]
) -> None:
    wanted = numbers(rows)
    text = "\n".join(f"{p.full_name}\tghi chú\t{n}" for p, n in zip(rows, wanted, strict=True))
    report = paste(cast, text, (0, "full_name"))
    assert [p.identity_number for p in table(cast)] == wanted
    assert report.too_wide == ["ghi chú"]


def test_columns_that_stand_right_keep_their_places(cast: Cast, rows: list[Person]) -> None:
    text = "\n".join(f"{p.full_name}\t{p.date_of_birth}\t{p.gender}" for p in rows)
    assert paste(cast, text, (0, "full_name")).looked == []


def test_only_names_write_nothing_beside_them(cast: Cast, rows: list[Person]) -> None:
    with pytest.raises(Problem) as refused:
        paste(cast, lines(rows[::-1], "full_name"), (0, "identity_number"))
    assert "chỉ có họ tên" in refused.value.message


def test_other_names_over_names_are_asked_about(cast: Cast, rows: list[Person]) -> None:
    text = lines(rows[1:4], "full_name")
    assert "Vẫn lưu đè họ tên" in dict(asked(cast, text, (0, "full_name")).offers)
    paste(cast, text, (0, "full_name"), sure=True, match="position")
    assert Person.get_by_id(rows[0].id).full_name == rows[1].full_name


def test_one_name_into_one_cell_is_a_plain_change(cast: Cast, rows: list[Person]) -> None:
    assert paste(cast, "Bùi Văn Kường", (0, "full_name")).written == 1


def test_match_by_name_without_names(cast: Cast, rows: list[Person]) -> None:
    with pytest.raises(Problem) as refused:
        paste(cast, "1\n2\n", (0, "address"), match="name")
    assert refused.value.code == "no_key"
