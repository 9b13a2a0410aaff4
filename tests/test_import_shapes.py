"""Classes and states of a file, a teacher's file, and the shapes in which lists come."""

import pytest

from idapp import exports, imports, school
from idapp.models import Import, ImportRow, Person, User
from tests.cast import Cast, number_for
from tests.test_imports import (
    PROFILE,
    SAMPLES,
    book,
    codes,
    fresh,
    judged,
    line,
    newcomer,
    read,
    verdicts,
)

pytestmark = pytest.mark.usefixtures("few_places")


def test_the_office_creates_a_class_that_is_new(cast: Cast) -> None:
    upload = read([newcomer(school_class="Lớp 5C")], cast.thu)
    assert imports.review(upload, by=cast.thu).new_classes == ["5C"]
    assert school.class_named("5C") is None
    imports.confirm(upload, by=cast.thu)
    assert Person.get(Person.full_name == "Bùi Thị Dung").school_class.name == "5C"


def test_a_row_without_class_cannot_become_a_record(cast: Cast) -> None:
    assert [codes(r) for r in judged(read([newcomer(school_class=None)], cast.thu))] == [
        {"no_class"}
    ]


def test_somebody_who_left_is_not_imported_and_one_who_is_here_is_proposed_to_leave(
    cast: Cast,
) -> None:
    rows = [
        newcomer(state="Chuyển đi kỳ 1"),
        line(school_class="5A", ministry_code="1000000001", state="Thôi học kỳ 1"),
    ]
    upload = read(rows, cast.thu)
    assert upload.skipped["left"] == 1
    assert [r.seen for r in judged(upload)] == [{"state": "Đang học"}]
    imports.confirm(upload, by=cast.thu)
    assert not fresh(cast.an).active
    assert Person.select().where(Person.full_name == "Bùi Thị Dung").count() == 0


def test_people_who_are_not_in_the_file_are_told_and_stay(cast: Cast) -> None:
    upload = read([line(school_class="5A", ministry_code="1000000001", address="Ấp 1")], cast.thu)
    assert imports.review(upload, by=cast.thu).coverage.absent == [cast.binh]
    imports.confirm(upload, by=cast.thu)
    assert fresh(cast.binh).active


@pytest.mark.parametrize("name", ["Lớp 5A", "Lớp: 5A"])
def test_who_stands_behind_the_name_of_the_class_is_no_name_of_a_class(
    cast: Cast, name: str
) -> None:
    heading = ["Lớp", "Họ và tên", "Ngày sinh", "Giới tính", "Dân tộc"]
    upload = read([[name, "Bùi Thị Dung", "17/09/2012", "Nữ", "Kinh"]], cast.thu, heading)
    assert [(row.verdict, row.class_name) for row in judged(upload)] == [("new", "5A")]


def test_a_field_in_two_columns_is_shown_under_both_headings(cast: Cast) -> None:
    upload = read([newcomer(identity_number=None, card=number_for(2012, "Nữ", 77))], cast.thu)
    [column] = [
        column
        for column in imports.review(upload, by=cast.thu).columns
        if column.field == "identity_number"
    ]
    assert column.heading == "Số định danh cá nhân + Số CCCD"


def test_a_file_of_names_alone_hears_that_there_is_nothing_to_keep(cast: Cast) -> None:
    with pytest.raises(imports.FileRefused, match="hoặc không có cột nào khác để lưu"):
        read([["Bùi Thị Dung"]], cast.lan, heading=["Họ và tên"])


def test_a_long_text_that_begins_like_a_title_is_shown_and_not_left_out(cast: Cast) -> None:
    title = "Danh sách học sinh của lớp đã nộp đủ giấy tờ theo yêu cầu của nhà trường, " * 2
    upload = read([newcomer(), line(full_name=title[:60]), line(full_name=title)], cast.thu)
    assert [(row.row, row.verdict) for row in judged(upload)] == [(2, "new"), (4, "wrong")]
    assert upload.skipped["title"] == 1


# a teacher's file


def test_only_the_list_of_a_teacher_with_one_class_need_not_name_it(cast: Cast) -> None:
    def entered(by: User, **values: object) -> list[tuple[str, str]]:
        return [(row.verdict, row.class_name) for row in judged(read([newcomer(**values)], by))]

    assert entered(cast.lan, school_class=None) == [("new", "5A")]
    assert entered(cast.lan, school_class="5B") == []
    assert entered(cast.thu, school_class=None) == [("wrong", "")]
    cast.class_5b.delete_instance(recursive=True)
    assert entered(cast.thu, school_class=None) == [("wrong", "")]


def test_a_list_of_codes_and_names_below_another_list_is_read_by_its_own_heading(
    cast: Cast,
) -> None:
    rows = [
        ["Bùi Thị Dung", "17/09/2012"],
        ["Mã định danh Bộ GD&ĐT", "Họ và tên"],
        ["1000000060", "Bùi Thị Em"],
    ]
    upload = read(rows, cast.lan, heading=["Họ và tên", "Ngày sinh"])
    assert [row.values["full_name"] for row in judged(upload)] == ["Bùi Thị Dung", "Bùi Thị Em"]


def test_a_teacher_writes_the_own_class_and_is_told_only_how_many_rows_were_not(cast: Cast) -> None:
    rows = [
        newcomer(),
        newcomer(school_class="5B", full_name="Bùi Thị Em"),
        line(school_class="5B", ministry_code="1000000003", gender="Nam"),
    ]
    upload = read(rows, cast.lan)
    assert upload.skipped["other_class"] == 2
    assert verdicts(upload) == ["new"]
    assert not ImportRow.select().where(ImportRow.class_name == "5B").exists()
    imports.confirm(upload, by=cast.lan)
    assert fresh(cast.chi).gender == "Nữ"
    assert Person.select().where(Person.full_name == "Bùi Thị Em").count() == 0


def test_a_teacher_creates_no_class(cast: Cast) -> None:
    upload = read([newcomer(school_class="5C")], cast.lan)
    assert upload.skipped["other_class"] == 1
    assert school.class_named("5C") is None


def test_a_teacher_cannot_take_a_pupil_of_another_class_by_code(cast: Cast) -> None:
    upload = read([newcomer(ministry_code="1000000003")], cast.lan)
    (row,) = judged(upload)
    assert (row.verdict, codes(row)) == ("wrong", {"elsewhere"})
    assert "Chi" not in str(row.problems)


def test_a_teacher_who_lost_the_class_writes_nothing(cast: Cast) -> None:
    upload = read(
        [newcomer(), line(school_class="5A", ministry_code="1000000001", address="Ấp 1")], cast.lan
    )
    school.assign_teachers(cast.class_5a, [cast.minh], by=cast.hoa)
    assert imports.import_for(cast.lan, upload.id) is None
    assert imports.confirm(upload, by=cast.lan) == {"stale": 2}


@pytest.mark.parametrize("who", ["lan", "phong"])
def test_staff_lists_are_for_the_office(cast: Cast, who: str) -> None:
    staff = exports.staff_workbook(by=cast.thu)
    with pytest.raises(imports.FileRefused):
        imports.read_bytes(staff, "can-bo.xlsx", by=getattr(cast, who))


# shapes


def test_the_ministrys_profile_export_in_its_real_form(cast: Cast) -> None:
    upload = imports.read_file(
        SAMPLES / "ho-so-hoc-sinh.xlsx", "ho-so-hoc-sinh.xlsx", by=cast.thu, anyway=["school"]
    )
    review = imports.review(upload, by=cast.thu)
    assert upload.shape == "profile"
    assert review.totals.counts["new"] == 40
    assert review.new_classes == ["5C"]
    assert review.totals.skipped["signature"]
    assert review.totals.skipped["class"]
    assert review.totals.views["repaired"]
    assert imports.confirm(upload, by=cast.thu) == {"created": 40}
    again = imports.read_file(
        SAMPLES / "ho-so-hoc-sinh.xlsx", "ho-so-hoc-sinh.xlsx", by=cast.thu, anyway=["school"]
    )
    assert imports.review(again, by=cast.thu).totals.to_write == 0


def test_the_old_xls_and_the_416_form_find_the_same_pupils(cast: Cast) -> None:
    first = imports.read_file(
        SAMPLES / "ho-so-hoc-sinh.xlsx", "a.xlsx", by=cast.thu, anyway=["school"]
    )
    imports.confirm(first, by=cast.thu)
    count = Person.select().count()
    old = imports.read_file(SAMPLES / "ho-so-hoc-sinh.xls", "a.xls", by=cast.thu, anyway=["school"])
    form = imports.read_file(SAMPLES / "mau-4-1-6.xlsx", "mau.xlsx", by=cast.thu, anyway=["school"])
    assert imports.review(old, by=cast.thu).totals.counts["new"] == 0
    assert form.shape == "form416"
    assert imports.review(form, by=cast.thu).totals.counts["new"] == 0
    assert imports.review(form, by=cast.thu).totals.counts["changed"] > 0
    imports.confirm(form, by=cast.thu)
    assert Person.select().count() == count


def test_the_416_form_creates_nobody(cast: Cast) -> None:
    heading = (
        "STT",
        "Mã lớp",
        "Mã định danh Bộ GD&ĐT (trên CSDL ngành)",
        "Ngày sinh",
        "Giới tính",
        "Số ĐDCN",
    )
    upload = read(
        [
            ["1", "5A", "1000000099", "21/02/2012", "Nam", ""],
            ["2", "5A", None, "21/02/2012", "Nam", ""],
        ],
        cast.thu,
        heading,
    )
    assert [codes(r) for r in judged(upload)] == [{"unknown_code"}, {"missing"}]


def test_a_staff_export_updates_staff_only(cast: Cast) -> None:
    heading = (
        "STT",
        "Mã cán bộ",
        "Họ và tên",
        "Ngày sinh",
        "Giới tính",
        "Số CMTND/TCC",
        "Vị trí việc làm",
        "Trạng thái",
    )
    rows = [
        [
            "1",
            "CB1",
            "Đỗ Văn Giang",
            "12/09/1980",
            "Nam",
            cast.giang.identity_number,
            "Phó hiệu trưởng",
            "Đang làm việc",
        ],
        [
            "2",
            "CB2",
            "Vũ Thị Hằng",
            "01/01/1985",
            "Nữ",
            number_for(1985, "Nữ", 5),
            "Kế toán",
            "Đang làm việc",
        ],
        [
            "3",
            "CB3",
            "Vũ Thị Huệ",
            "01/01/1965",
            "Nữ",
            number_for(1965, "Nữ", 6),
            "Kế toán",
            "Đã nghỉ hưu",
        ],
    ]
    upload = read(rows, cast.thu, heading)
    assert upload.shape == "staff"
    assert verdicts(upload) == ["changed", "new"]
    assert upload.skipped["left"] == 1
    imports.confirm(upload, by=cast.thu)
    assert fresh(cast.giang).position == "Phó hiệu trưởng"
    hang = Person.get(Person.full_name == "Vũ Thị Hằng")
    assert (hang.kind, hang.school_class, hang.state) == ("staff", None, "Đang làm việc")


def test_a_file_without_people_is_refused_with_a_sentence(cast: Cast) -> None:
    for data in (b"khong phai tep excel", book([["a", "b"]], ("Món", "Giá")), book([], PROFILE)):
        with pytest.raises(imports.FileRefused) as refused:
            imports.read_bytes(data, "tep.xlsx", by=cast.thu)
        assert len(refused.value.message) > 20
    assert Import.select().count() == 0
    assert ImportRow.select().count() == 0
