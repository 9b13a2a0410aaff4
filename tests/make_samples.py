"""Builds tests/samples/workbooks/: the ministry's files as schools really have them, with invented people.

    python tests/make_samples.py [FOLDER]

The result is committed and the same on every run (``test_workbook.py`` builds it again and compares what it reads).
All numbers begin with 100, a prefix that no province has. Needs xlwt for the .xls file only.

Put in on purpose: title rows, class rows, the heading again for each class, signatures, phantom rows, headings with
line breaks and in NFD, dates as text, as real dates and as serial numbers in text, numbers as floats, grouped, with
no-break spaces and in full-width digits, a number that is one digit short, two pupils with one number, 31/02, ALL
CAPS, "36" and #N/A in place of nothing, the number under "Số CCCD" instead of "Số định danh cá nhân", no pupil code.
"""

import csv
import datetime
import random
import sys
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xlsxwriter

ROOT = Path(__file__).resolve().parent
FOLDER = ROOT / "samples" / "workbooks"
DATA = ROOT.parent / "idapp" / "data"
RESIDENCE = "(Theo địa chỉ\nthường trú)"
SCHOOL = "TRƯỜNG TH&THCS THỦ THỪA (MINH HỌA)"
ETHNIC, NATIONS = ("Kinh", "Khmer", "Hoa", "Chăm", "Ê-đê"), ("Việt Nam", "Campuchia", "Lào")


@dataclass
class Pupil:
    class_name: str
    code: str
    name: str
    born: datetime.date
    sex: str
    number: str
    commune: str
    ethnic: str
    father: tuple[str, int]
    mother: tuple[str, int]


def main(folder: Path = FOLDER) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    pupils = invented_pupils()
    write_profile(folder / "ho-so-hoc-sinh.xlsx", pupils)
    write_form_416(
        folder / "mau-4-1-6.xlsx", [pupil for pupil in pupils if pupil.class_name == "5A"]
    )
    write_staff(folder / "can-bo.xlsx")
    write_profile_xls(
        folder / "ho-so-hoc-sinh.xls", [pupil for pupil in pupils if pupil.class_name != "5C"]
    )


def invented_pupils() -> list[Pupil]:
    chance = random.Random(2022)
    places = communes()
    sizes = {"5A": 18, "5B": 16, "5C": 6}
    return [
        _pupil(chance, class_name, 1000520000 + 100 * at + seat, places)
        for at, (class_name, size) in enumerate(sizes.items())
        for seat in range(1, size + 1)
    ]


def communes() -> list[str]:
    rows = _rows("places_3level")
    district = next(row["code"] for row in rows if row["name"] == "Huyện Thủ Thừa")
    return [
        row["name"] for row in rows if row["level"] == "commune" and row["parent_code"] == district
    ]


def _pupil(chance: random.Random, class_name: str, code: int, places: list[str]) -> Pupil:
    sex = chance.choice(["Nam", "Nữ"])
    born = datetime.date(2012, 1, 1) + datetime.timedelta(days=chance.randrange(365))
    family = chance.choice(["Nguyễn", "Trần", "Lê", "Phạm", "Huỳnh", "Võ", "Đặng", "Bùi"])
    middle = chance.choice(
        ["Văn", "Minh", "Gia", "Hữu"] if sex == "Nam" else ["Thị", "Ngọc", "Thanh", "Mỹ"]
    )
    return Pupil(
        class_name,
        str(code),
        f"{family} {middle} {_given(chance, sex)}",
        born,
        sex,
        f"100{2 if sex == 'Nam' else 3}{born:%y}{chance.randrange(10**6):06d}",
        chance.choice(places),
        "Kinh",
        (f"{family} Văn {_given(chance, 'Nam')}", chance.randrange(1975, 1990)),
        (
            f"{chance.choice(['Lê', 'Trần', 'Ngô', 'Đỗ'])} Thị {_given(chance, 'Nữ')}",
            chance.randrange(1978, 1992),
        ),
    )


def _given(chance: random.Random, sex: str) -> str:
    names = [row["name"] for row in _rows("male_given" if sex == "Nam" else "female_given")]
    return chance.choice(names[:60])


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# --- the pupil profile export (4.1.1) ---------------------------------------------------------------------------------

_BEFORE = [
    "STT",
    "Khối",
    "Mã lớp",
    "Mã học sinh",
    "Mã định danh\nBộ GD&ĐT",
    "Họ tên (*)",
    "Ngày sinh\n(dd/mm/yyyy)",
]
_BEFORE += ["Giới tính", "Trạng thái HS", "Dân tộc", "Quốc tịch"]
_PLACES = [f"Tỉnh/Thành phố\n{RESIDENCE}", f"Quận/Huyện\n{RESIDENCE}", f"Xã/Phường\n{RESIDENCE}"]
_PLACES += [
    f"Tổ/Thôn/Xóm\n{RESIDENCE}",
    "Tỉnh/Thành phố (Nơi sinh)",
    "Quận/Huyện (Quê quán)",
    "Chỗ ở hiện nay",
]
_PAPERS = [
    "Số CCCD",
    "Ngày cấp CCCD",
    "Nơi cấp CCCD",
    "Số định danh\ncá nhân",
    "Số điện thoại",
    "Email",
]
_FAMILY = ["Họ tên cha", "Năm sinh cha", "Nghề nghiệp cha", "Điện thoại cha"]
_FAMILY += [
    "Họ tên mẹ",
    "Năm sinh mẹ",
    "Nghề nghiệp mẹ",
    "Điện thoại mẹ",
    "Họ tên người giám hộ",
    "Năm sinh người giám hộ",
]
# fmt: off
_REST = [
    "Đội viên", "Đoàn viên", "Tôn giáo", "Khu vực", "Loại khuyết tật", "Học hòa nhập", "Đối tượng chính sách",
    "Miễn giảm học phí", "Diện ưu tiên", "Hỗ trợ nhà ở", "Cấp tiền hàng tháng", "Cấp gạo", "Biết bơi",
    "Con liệt sĩ", "Con thương binh", "Hộ nghèo", "Cận nghèo", "Mồ côi", "Số buổi học", "Học bán trú",
    "Học nội trú", "Ngoại ngữ 1", "Ngoại ngữ 2", "Tin học", "Lưu ban", "Chuyển từ trường", "Ngày vào trường",
    "Nhóm máu", "Chiều cao", "Cân nặng", "Bệnh bẩm sinh", "Bảo hiểm y tế", "Số sổ đăng bộ", "Ghi chú",
]
# fmt: on
HEADINGS = [*_BEFORE, *_PLACES, *_PAPERS, *_FAMILY, *_REST]
_NFD = {"Họ tên cha", "Họ tên mẹ", "Dân tộc", f"Xã/Phường\n{RESIDENCE}"}


def headings() -> list[str]:
    return [unicodedata.normalize("NFD", text) if text in _NFD else text for text in HEADINGS]


def write_profile(path: Path, pupils: list[Pupil]) -> None:
    book = xlsxwriter.Workbook(str(path))
    book.set_properties({"created": datetime.datetime(2022, 10, 10)})
    sheet = book.add_worksheet("Sheet1")
    writer = _XlsxCells(book, sheet)
    _fill_profile(writer, pupils)
    for name, values in catalogues().items():
        one = book.add_worksheet(name)
        for row, value in enumerate(["Tên trường dữ liệu", *values]):
            one.write_string(row, 0, value)
    book.close()


class _XlsxCells:
    def __init__(self, book: Any, sheet: Any) -> None:
        self._sheet = sheet
        self._text, self._bold = (
            book.add_format({"num_format": "@"}),
            book.add_format({"bold": True, "text_wrap": True}),
        )
        self._date = book.add_format({"num_format": "dd/mm/yyyy"})
        self._zeros = book.add_format({"num_format": "000000000000"})

    def put(self, row: int, column: int, value: Any) -> None:
        if isinstance(value, datetime.date):
            self._sheet.write_datetime(
                row, column, datetime.datetime.combine(value, datetime.time()), self._date
            )
        elif isinstance(value, float):
            self._sheet.write_number(row, column, value)
        elif isinstance(value, int):
            self._sheet.write_number(row, column, value, self._zeros if value > 10**9 else None)
        elif value == "#N/A":
            self._sheet.write_formula(row, column, "=NA()", None, "#N/A")
        elif value:
            self._sheet.write_string(row, column, value, self._text)

    def heading(self, row: int, texts: list[str]) -> None:
        for column, text in enumerate(texts):
            self._sheet.write_string(row, column, text, self._bold)


def _fill_profile(writer: Any, pupils: list[Pupil]) -> None:
    writer.put(0, 0, "PHÒNG GD&ĐT HUYỆN THỦ THỪA")
    writer.put(1, 0, SCHOOL)
    writer.put(3, 4, "HỒ SƠ HỌC SINH KHỐI 5 - NĂM HỌC 2022-2023")
    row, seat = 5, 0
    for class_name in dict.fromkeys(pupil.class_name for pupil in pupils):
        writer.put(row, 0, f"Lớp: {class_name}")
        writer.heading(row + 1, headings())
        row += 2
        for pupil in (one for one in pupils if one.class_name == class_name):
            seat += 1
            for heading, value in profile_values(seat, pupil).items():
                writer.put(row, HEADINGS.index(heading), value)
            row += 1
        writer.put(
            row, 0, float(seat + 1)
        )  # a phantom row: a running number, and the code for nothing
        writer.put(row, HEADINGS.index("Quốc tịch"), "36")
        row += 2
    writer.put(row, 5, f"Danh sách này có {len(pupils)} học sinh")
    writer.put(row + 1, 12, "Thủ Thừa, ngày 10 tháng 10 năm 2022")
    writer.put(row + 2, 5, "Người lập biểu")
    writer.put(row + 2, 12, "HIỆU TRƯỞNG")
    writer.put(row + 3, 5, "(Ký, ghi rõ họ tên)")
    writer.put(row + 5, 5, "Lê Thị Minh Họa")
    writer.put(row + 5, 12, "Trần Văn Ví Dụ")


def profile_values(seat: int, pupil: Pupil) -> dict[str, Any]:
    """One row, good values first, then the defect of this seat."""
    values: dict[str, Any] = {
        "STT": float(seat),
        "Khối": "Khối 5",
        "Mã lớp": pupil.class_name,
        "Mã học sinh": f"HS{pupil.code[-5:]}",
        "Mã định danh\nBộ GD&ĐT": pupil.code,
        "Họ tên (*)": pupil.name,
        "Ngày sinh\n(dd/mm/yyyy)": f"{pupil.born:%d/%m/%Y}",
        "Giới tính": pupil.sex,
        "Trạng thái HS": "Đang học",
        "Dân tộc": pupil.ethnic,
        "Quốc tịch": "Việt Nam",
        _PLACES[0]: "Tỉnh Long An",
        _PLACES[1]: "Huyện Thủ Thừa",
        _PLACES[2]: pupil.commune,
        _PLACES[3]: f"Ấp {1 + seat % 5}",
        "Tỉnh/Thành phố (Nơi sinh)": "Thành phố Hồ Chí Minh" if seat % 4 == 0 else "Tỉnh Long An",
        "Số định danh\ncá nhân": pupil.number,
        "Họ tên cha": pupil.father[0],
        "Năm sinh cha": float(pupil.father[1]),
        "Họ tên mẹ": pupil.mother[0],
        "Năm sinh mẹ": str(pupil.mother[1]),
        "Loại khuyết tật": "36" if seat % 3 == 0 else "",
        "Khu vực": "Nông thôn",
    }
    return values | _defects(seat, pupil)


def _defects(seat: int, pupil: Pupil) -> dict[str, Any]:
    name, born, number = "Họ tên (*)", "Ngày sinh\n(dd/mm/yyyy)", "Số định danh\ncá nhân"
    serial = (pupil.born - datetime.date(1899, 12, 30)).days
    return {
        2: {born: str(serial)},
        3: {number: float(pupil.number)},
        4: {born: pupil.born, number: ""},
        5: {name: unicodedata.normalize("NFD", pupil.name), number: int(pupil.number)},
        6: {name: pupil.name.upper()},
        7: {
            number: " ".join(
                (pupil.number[:3], pupil.number[3:6], pupil.number[6:9], pupil.number[9:])
            )
        },
        8: {number: "", "Số CCCD": pupil.number},
        9: {
            name: pupil.name.replace(" ", "  ") + "\u00a0",
            born: f"{pupil.born.day}-{pupil.born.month}-2012",
        },
        10: {number: pupil.number[:-1]},
        11: {number: "36", "Quốc tịch": ""},
        12: {born: "31/02/2012"},
        13: {number: pupil.number.translate({48 + digit: 0xFF10 + digit for digit in range(10)})},
        14: {name: "H'Hen Niê", "Dân tộc": "Ê-đê", "Giới tính": "nữ"},
        15: {_PLACES[2]: "#N/A", number: ""},
        16: {"Giới tính": "Nam" if pupil.sex == "Nữ" else "Nữ"},
        20: {number: f"{pupil.number[:3]}\u00a0{pupil.number[3:]}", "Số CCCD": pupil.number},
        21: {number: "100212000021"},
        22: {number: "100212000021"},
        23: {born: f"{pupil.born:%Y-%m-%d}", number: float(pupil.number)},
        24: {
            _PLACES[0]: "Long An",
            _PLACES[1]: "H. Thủ Thừa",
            _PLACES[2]: pupil.commune.replace("Xã ", "X. "),
        },
        27: {number: ""},
        30: {"Mã định danh\nBộ GD&ĐT": "", "Trạng thái HS": "Chuyển đến kỳ 1"},
        37: {"Mã định danh\nBộ GD&ĐT": ""},
    }.get(seat, {})


def catalogues() -> dict[str, list[str]]:
    """The sheets of allowed values: six with content, ten of the small ones that such files also carry."""
    small = [
        "KHOI",
        "TRANG_THAI",
        "TON_GIAO",
        "KHU_VUC",
        "KHUYET_TAT",
        "CHINH_SACH",
        "NGHE_NGHIEP",
        "NHOM_MAU",
    ]
    small += ["BAN_TRU", "NGOAI_NGU"]
    return {
        "GIOI_TINH": ["Nam", "Nữ"],
        "DAN_TOC": list(ETHNIC),
        "QUOC_TICH": list(NATIONS),
        "TINH": ["Tỉnh Long An", "Thành phố Hồ Chí Minh"],
        "HUYEN": ["Huyện Thủ Thừa", "Huyện Bến Lức"],
        "XA": communes(),
        **{name: ["36", "Khác"] for name in small},
    }


# --- the form of function 4.1.6 ---------------------------------------------------------------------------------------

FORM_416 = [
    "STT",
    "Mã lớp",
    "Mã định danh Bộ GD&ĐT (trên CSDL ngành)",
    "Ngày sinh",
    "Giới tính",
    "Dân tộc",
    "Quốc tịch",
]
FORM_416 += [
    "Tỉnh",
    "Huyện",
    "Xã",
    "Họ tên cha",
    "Năm sinh cha",
    "Họ tên mẹ",
    "Năm sinh mẹ",
    "Số ĐDCN",
]


def write_form_416(path: Path, pupils: list[Pupil]) -> None:
    """No names; the pupils of 5A, with the numbers that the profile export lacks."""
    book = xlsxwriter.Workbook(str(path))
    book.set_properties({"created": datetime.datetime(2022, 10, 12)})
    text = book.add_format({"num_format": "@"})
    sheet = book.add_worksheet("DANH_SACH")
    sheet.set_column(0, len(FORM_416) - 1, 16, text)
    for column, heading in enumerate(FORM_416):
        sheet.write_string(0, column, heading, book.add_format({"bold": True}))
    for row, pupil in enumerate(pupils, start=1):
        for column, value in enumerate(_form_values(row, pupil)):
            sheet.write_string(row, column, value, text)
    lists = {"GIOI_TINH": 4, "DAN_TOC": 5, "QUOC_TICH": 6, "TINH": 7, "HUYEN": 8, "XA": 9}
    for name, column in lists.items():
        values = catalogues()[name]
        one = book.add_worksheet(name)
        for row, value in enumerate(["Tên trường dữ liệu", *values]):
            one.write_string(row, 0, value)
        source = f"='{name}'!$A$2:$A${len(values) + 1}"
        sheet.data_validation(1, column, 500, column, {"validate": "list", "source": source})
    book.close()


def _form_values(seat: int, pupil: Pupil) -> list[str]:
    born = f"{pupil.born:%d/%m/%Y}"
    return [
        *(str(seat), pupil.class_name, pupil.code, born, pupil.sex, pupil.ethnic, "Việt Nam"),
        *("Tỉnh Long An", "Huyện Thủ Thừa", pupil.commune),
        *(
            pupil.father[0],
            str(pupil.father[1]),
            pupil.mother[0],
            str(pupil.mother[1]),
            pupil.number,
        ),
    ]


# --- a staff export ---------------------------------------------------------------------------------------------------

_STAFF_HEADINGS = [
    "STT", "Mã cán bộ", "Mã định danh\nBộ GD&ĐT", "Họ và tên (*)", "Ngày sinh", "Giới tính", "Trạng thái", "Dân tộc",
    "Số CMTND/TCC", "Ngày cấp", f"Tỉnh/Thành phố\n{RESIDENCE}", f"Quận/Huyện\n{RESIDENCE}",
    f"Xã/Phường\n{RESIDENCE}", "Vị trí việc làm", "Nhóm chức vụ", "Trình độ chuyên môn", "Số điện thoại", "Ghi chú",
]  # fmt: skip
_STAFF = (
    (
        "Lê Thị Hồng Cúc",
        datetime.date(1979, 4, 12),
        "Nữ",
        "Hiệu trưởng",
        "Đang làm việc",
        "100179000101",
    ),
    (
        "Trần Quốc Khải",
        datetime.date(1985, 11, 2),
        "Nam",
        "Phó hiệu trưởng",
        "Đang làm việc",
        100085000102.0,
    ),
    (
        "Nguyễn Ngọc Trâm",
        datetime.date(1990, 1, 25),
        "Nữ",
        "Giáo viên",
        "Đang làm việc",
        "100 190 000 103",
    ),
    (
        "Phạm Văn Lực",
        datetime.date(1976, 7, 30),
        "Nam",
        "Giáo viên",
        "Đang làm việc",
        "100760104",
    ),  # the old card
    ("Võ Thị Mỹ Lệ", datetime.date(1992, 9, 9), "Nữ", "Văn thư", "Đang làm việc", "36"),
    ("Đỗ Thành Danh", datetime.date(1960, 3, 3), "Nam", "Bảo vệ", "Đã nghỉ hưu", "100060000106"),
)


def write_staff(path: Path) -> None:
    """With an old card of 9 digits, a number as float, "36" for nothing, and somebody who has retired."""
    book = xlsxwriter.Workbook(str(path))
    book.set_properties({"created": datetime.datetime(2022, 10, 10)})
    sheet = book.add_worksheet("Sheet1")
    writer = _XlsxCells(book, sheet)
    sheet.write_string(0, 0, SCHOOL)
    sheet.write_string(1, 0, "DANH SÁCH CÁN BỘ, GIÁO VIÊN, NHÂN VIÊN - NĂM HỌC 2022-2023")
    writer.heading(3, _STAFF_HEADINGS)
    for seat, (name, born, sex, position, state, number) in enumerate(_STAFF, start=1):
        cells = [
            seat,
            f"CB{seat:03d}",
            f"10009900{seat:02d}",
            name,
            born,
            sex,
            state,
            "Kinh",
            number,
            None,
            "Tỉnh Long An",
            "Huyện Thủ Thừa",
            communes()[seat],
            position,
            "",
            "Đại học",
            "",
            "",
        ]
        for column, value in enumerate(cells):
            writer.put(3 + seat, column, value)
    sheet.write_string(12, 13, "HIỆU TRƯỞNG")
    book.close()


# --- the same profile in the old binary format ------------------------------------------------------------------------


class _XlsCells:
    def __init__(self, sheet: Any, date_style: Any, text_style: Any) -> None:
        self._sheet, self._date, self._text = sheet, date_style, text_style

    def put(self, row: int, column: int, value: Any) -> None:
        if isinstance(value, datetime.date):
            self._sheet.write(
                row, column, datetime.datetime.combine(value, datetime.time()), self._date
            )
        elif isinstance(value, int | float):
            self._sheet.write(row, column, float(value))
        elif value and value != "#N/A":
            self._sheet.write(row, column, value, self._text)

    def heading(self, row: int, texts: list[str]) -> None:
        for column, text in enumerate(texts):
            self._sheet.write(row, column, text, self._text)


def write_profile_xls(path: Path, pupils: list[Pupil]) -> None:
    import xlwt  # only whoever builds the samples again needs it

    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("Sheet1")
    writer = _XlsCells(
        sheet, xlwt.easyxf(num_format_str="dd/mm/yyyy"), xlwt.easyxf(num_format_str="@")
    )
    _fill_profile(writer, pupils)
    for name, values in catalogues().items():
        one = book.add_sheet(name)
        for row, value in enumerate(["Tên trường dữ liệu", *values]):
            one.write(row, 0, value)
    book.save(str(path))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
