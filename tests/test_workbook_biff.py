"""Records of Excel without the OLE file around them, as scripts of web systems write them under the name .xls."""

import datetime
import struct

import pytest
from xlrd.compdoc import CompDoc

from idapp.workbook import Cell, Sheet, WorkbookRefused, read_bytes
from tests.test_workbook_csv import for_1258
from tests.workbooks import case, old_xls, texts

END = struct.pack("<HH", 0x000A, 0)


def record(kind: int, content: bytes) -> bytes:
    return struct.pack("<HH", kind, len(content)) + content


BEGINNINGS = {
    2: record(0x0009, struct.pack("<HH", 2, 0x10)),
    3: record(0x0209, struct.pack("<HHH", 0, 0x10, 0)),
    4: record(0x0409, struct.pack("<HHH", 0, 0x10, 0)),
    "of scripts": record(0x0809, struct.pack("<HHHH", 0, 0x10, 0, 0)),
}


def label(version: object, row: int, column: int, text: bytes) -> bytes:
    if version == 2:
        return record(0x0004, struct.pack("<HH3sB", row, column, b"\0\0\0", len(text)) + text)
    return record(0x0204, struct.pack("<HHHH", row, column, 0, len(text)) + text)


def number(version: object, row: int, column: int, value: float) -> bytes:
    if version == 2:
        return record(0x0003, struct.pack("<HH3sd", row, column, b"\0\0\0", value))
    return record(0x0203, struct.pack("<HHHd", row, column, 0, value))


def truth(version: object, row: int, column: int) -> bytes:
    if version == 2:
        return record(0x0005, struct.pack("<HH3sBB", row, column, b"\0\0\0", 1, 0))
    return record(0x0205, struct.pack("<HHHBB", row, column, 0, 1, 0))


def read(data: bytes) -> Sheet:
    (sheet,) = read_bytes(data, file_name="vnedu.xls")
    return sheet


def labels(version: object, *names: bytes) -> bytes:
    cells = (label(version, row, 0, name) for row, name in enumerate(names))
    return BEGINNINGS[version] + b"".join(cells) + END


def test_the_file_of_the_case_is_read() -> None:
    (sheet,) = case("raw_biff.xls")
    assert texts(sheet)[1] == ["1", "5A", "Ly Thi Mong Thu", "02/03/2016", "Nu", "100316000101"]


@pytest.mark.parametrize("version", BEGINNINGS)
def test_every_version_without_sheets_of_its_own(version: object) -> None:
    data = (
        BEGINNINGS[version]
        + label(version, 0, 0, b"Ho ten")
        + number(version, 1, 1, 100316000101)
        + truth(version, 1, 2)
        + END
    )
    assert read(data).rows == [
        (Cell("Ho ten", "text"),),
        (Cell("", "empty"), Cell("100316000101", "number"), Cell("TRUE", "bool")),
    ]


@pytest.mark.parametrize("version", BEGINNINGS)
@pytest.mark.parametrize("encoding", ["utf-8", "windows-1258"])
def test_letters_of_which_nobody_says_the_encoding(version: object, encoding: str) -> None:
    names = ["Họ và tên", "Nguyễn Thị Ánh", "Đặng Văn Hòa"]
    if encoding == "windows-1258":
        names = [for_1258(name) for name in names]
    sheet = read(labels(version, *[name.encode(encoding) for name in names]))
    assert texts(sheet) == [[name] for name in names]


def test_old_fonts_arrive_as_their_letters() -> None:
    names = ["Hä vµ tªn", "TrÇn ThÞ Hoa", "NguyÔn V¨n ¸nh"]
    sheet = read(labels("of scripts", *[name.encode("windows-1252") for name in names]))
    assert texts(sheet) == [[name] for name in names]


def test_letters_nobody_can_read_are_refused() -> None:
    with pytest.raises(WorkbookRefused) as refused:
        read(labels(4, *["姓名王小明".encode("gbk")] * 3))
    assert refused.value.code == "encoding"


def excel_5(names: list[bytes], code_page: int) -> bytes:
    page = record(0x0042, struct.pack("<H", code_page))
    start = record(0x0809, struct.pack("<HHHH", 0x0500, 0x0005, 3000, 1996))
    length = len(start) + len(page) + len(record(0x0085, bytes(6) + b"\x02S1")) + len(END)
    place = record(0x0085, struct.pack("<IBBB", length, 0, 0, 2) + b"S1")
    sheet = record(0x0809, struct.pack("<HHHH", 0x0500, 0x0010, 3000, 1996))
    cells = b"".join(label(5, row, 0, name) for row, name in enumerate(names))
    return start + page + place[: len(place)] + END + sheet + cells + END


def test_records_of_excel_5_name_their_code_page() -> None:
    name = for_1258("Nguyễn Thị Ánh")
    sheet = read(excel_5([name.encode("windows-1258")], 1258))
    assert (sheet.name, texts(sheet)) == ("S1", [[name]])


def test_records_of_excel_97_without_their_file() -> None:
    xlwt = pytest.importorskip("xlwt")

    def fill(sheet: object) -> None:
        sheet.write(0, 0, "Nguyễn Thị Ánh")
        sheet.write(0, 1, 80312000012, xlwt.easyxf(num_format_str="000000000000"))
        sheet.write(0, 2, datetime.date(2016, 3, 24), xlwt.easyxf(num_format_str="dd/mm/yyyy"))

    stream = CompDoc(old_xls(fill)).get_named_stream("Workbook")
    assert texts(read(bytes(stream)))[0] == ["Nguyễn Thị Ánh", "080312000012", "24/03/2016"]


@pytest.mark.parametrize("part", [0.3, 0.6, 0.95])
def test_records_that_came_down_in_part_are_refused(part: float) -> None:
    whole = labels("of scripts", *[b"Ly Thi Mai"] * 30)
    with pytest.raises(WorkbookRefused) as refused:
        read(whole[: int(len(whole) * part)])
    assert refused.value.code == "broken"
