"""The two workbooks with which a lower secondary school begins: 12 classes and 40 staff, all of them invented.

The shapes are those of real files: the pupils as the ministry's system writes them (class in "Mã lớp", many columns
that are of no concern here), the staff as a clerk keeps them (a title above, phone and e-mail, and the homeroom class
sometimes in a column of its own and sometimes in the position). Some pupils have no number yet, as everywhere.
"""

import io
from collections.abc import Iterable, Sequence
from random import Random

import xlsxwriter

from idapp.demo.invented import Citizen, _Maker
from idapp.demo.two_levels import move_to_today

SCHOOL = "Trường THCS Mỹ Thạnh"
CLASSES = tuple(f"{grade}A{number}" for grade in "6789" for number in "123")
PUPILS_IN_CLASS = 42
_LEADERS = ("Hiệu trưởng", "Phó hiệu trưởng", "Phó hiệu trưởng")
_OFFICE = (
    "Văn thư",
    "Kế toán",
    "Thủ quỹ",
    "Y tế trường học",
    "Thư viện",
    "Bảo vệ",
    "Phục vụ/Tạp vụ",
)
_TEACHERS = 30
# how clerks write it, by turns; "" where the column "Chủ nhiệm lớp" says it
_HOMEROOM_POSITIONS = ("GVCN {}", "Giáo viên, chủ nhiệm lớp {}", "")
_PUPIL_HEADINGS = (
    "STT", "Khối", "Mã lớp", "Mã học sinh", "Mã định danh\nBộ GD&ĐT", "Họ tên (*)",
    "Ngày sinh\n(dd/mm/yyyy)", "Giới tính", "Trạng thái HS", "Dân tộc", "Quốc tịch",
    "Tỉnh/Thành phố\n(Theo địa chỉ\nthường trú)", "Quận/Huyện\n(Theo địa chỉ\nthường trú)",
    "Xã/Phường\n(Theo địa chỉ\nthường trú)", "Tổ/Thôn/Xóm\n(Theo địa chỉ\nthường trú)",
    "Số định danh\ncá nhân", "Số điện thoại", "Email", "Họ tên cha", "Năm sinh cha", "Họ tên mẹ",
    "Năm sinh mẹ", "Tôn giáo", "Học bán trú", "Ghi chú",
)  # fmt: skip
_STAFF_HEADINGS = (
    "STT", "Họ và tên", "Ngày sinh", "Giới tính", "Số CCCD", "Chức vụ", "Chủ nhiệm lớp",
    "Trình độ chuyên môn", "Dân tộc", "Tỉnh/Thành phố", "Quận/Huyện", "Xã/Phường", "Thôn/Xóm",
    "Số điện thoại", "Email",
)  # fmt: skip


def everybody(school_year: int, *, today: bool = False, seed: int = 6) -> list[Citizen]:
    """Pupils class by class, then the staff; ``today``: with the two levels of places since 07/2025."""
    chance = Random(seed)
    maker = _Maker(school_year, chance)
    people = [_pupil(maker, name) for name in CLASSES for _ in range(PUPILS_IN_CLASS)]
    people += [maker.staff(position) for position in _positions()]
    if today:
        move_to_today(people, chance)
    return people


def pupils_workbook(people: Iterable[Citizen]) -> bytes:
    """One sheet with all classes, one pupil in fifteen without a number."""
    pupils = [person for person in people if person.kind == "student"]
    rows = [_pupil_row(rank, pupil) for rank, pupil in enumerate(pupils, start=1)]
    title = "HỒ SƠ HỌC SINH TOÀN TRƯỜNG"
    return _workbook([SCHOOL.upper()], [title], [], _PUPIL_HEADINGS, *rows)


def staff_workbook(people: Iterable[Citizen]) -> bytes:
    """The staff, the first twelve teachers with their homeroom class."""
    staff = [person for person in people if person.kind == "staff"]
    rows = [_staff_row(rank, person) for rank, person in enumerate(staff, start=1)]
    title = "DANH SÁCH CÁN BỘ, GIÁO VIÊN, NHÂN VIÊN"
    return _workbook([SCHOOL.upper()], [title], [], _STAFF_HEADINGS, *rows)


def _positions() -> list[str]:
    return [*_LEADERS, *["Giáo viên"] * _TEACHERS, *_OFFICE]


def _pupil(maker: _Maker, class_name: str) -> Citizen:
    pupil = maker.pupil(class_name[:2])
    pupil.class_name = class_name
    return pupil


def _pupil_row(rank: int, pupil: Citizen) -> list[object]:
    values = dict(pupil.values)
    if rank % 15 == 0:
        values["identity_number"] = ""
    grade = f"Khối {pupil.class_name[0]}"
    return [
        rank, grade, pupil.class_name, f"HS{30000 + rank}", values["ministry_code"],
        values["full_name"], values["date_of_birth"], values["gender"], "Đang học",
        values["ethnic_group"], values["nationality"], values["province"],
        values.get("district", ""), values["commune"], values["address"],
        values["identity_number"], "", "", values["father_name"], values["father_birth_year"],
        values["mother_name"], values["mother_birth_year"], "", "", "",
    ]  # fmt: skip


def _staff_row(rank: int, person: Citizen) -> list[object]:
    values = person.values
    position = values["position"]
    class_column = ""
    index = rank - 1 - len(_LEADERS)
    if 0 <= index < len(CLASSES):
        pattern = _HOMEROOM_POSITIONS[index % len(_HOMEROOM_POSITIONS)]
        class_column = "" if pattern else CLASSES[index]
        position = pattern.format(CLASSES[index]) or position
    return [
        rank, values["full_name"], values["date_of_birth"], values["gender"],
        values["identity_number"], position, class_column, "Đại học", values["ethnic_group"],
        values["province"], values.get("district", ""), values["commune"], values["address"],
        f"0100 000 {rank:03d}", f"cb{rank:02d}@example.edu.vn",
    ]  # fmt: skip


def _workbook(*rows: Sequence[object]) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet("Sheet1")
    for index, row in enumerate(rows):
        sheet.write_row(index, 0, row)
    book.close()
    return out.getvalue()
