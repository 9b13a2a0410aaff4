"""Rows of .csv files: encodings, delimiters, quotation marks."""

import contextlib
import csv
import io
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idapp.workbook import WorkbookRefused, read_bytes
from idapp.workbook.csv_text import _unwrapped, read_csv
from tests.workbooks import case, texts


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "windows-1258"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_of_any_encoding_and_delimiter(encoding: str, delimiter: str) -> None:
    rows = [["Họ tên", "Ngày sinh", "Số ĐDCN"], ["Đặng Thị Mỹ Hằng", "20/03/2012", "100312000001"]]
    text = "\r\n".join(delimiter.join(row) for row in rows)
    data = for_1258(text).encode(encoding) if encoding == "windows-1258" else text.encode(encoding)
    sheet = read_bytes(data, file_name="lop.csv")[0]
    assert [[unicodedata.normalize("NFC", cell) for cell in row] for row in texts(sheet)] == rows


def for_1258(text: str) -> str:
    """windows-1258 has the letters of Vietnamese whole and the five tones as separate marks."""
    out = []
    for letter in text:
        marks = unicodedata.normalize("NFD", letter)
        tones = "".join(mark for mark in marks[1:] if mark in "\u0300\u0301\u0303\u0309\u0323")
        out.append(
            unicodedata.normalize("NFC", "".join(mark for mark in marks if mark not in tones))
            + tones
        )
    return "".join(out)


def test_csv_of_excel_habits() -> None:
    data = 'sep=;\r\nHọ tên;Số\r\n"Nguyễn; A";="0100312000001"\r\n"hai\r\ndòng";\r\n\r\n'.encode()
    assert texts(read_csv(data)[0]) == [
        ["Họ tên", "Số"],
        ["Nguyễn; A", "0100312000001"],
        ["hai\r\ndòng"],
    ]


@given(st.binary(max_size=300))
def test_any_csv_reads_or_is_refused(data: bytes) -> None:
    with contextlib.suppress(
        WorkbookRefused, csv.Error
    ):  # the child turns what csv raises into a refusal
        assert len(read_csv(data)) == 1


def rows_of(text: str | bytes) -> list[list[str]]:
    data = text.encode() if isinstance(text, str) else text
    return texts(read_bytes(data, file_name="lop.csv")[0])


def refusal_of(text: str | bytes) -> WorkbookRefused:
    with pytest.raises(WorkbookRefused) as refused:
        rows_of(text)
    return refused.value


# --- quotation marks


def test_a_lost_quotation_mark_swallows_nobody() -> None:
    (sheet,) = case("lost_quote.csv")
    assert texts(sheet) == [
        ["Lớp", "Họ và tên", "Ngày sinh", "Ghi chú"],
        ["5A", "Lý Thị Mai", "03/04/2016", '"bà nuôi'],
        ["5A", "Lý Thị Lan", "25/03/2016"],
        ["5A", "Lý Thị Na", "13/03/2016"],
    ]


HEADING = "Lớp,Họ và tên,Ghi chú\n"
MAI = ["5A", "Mai", '"bà nuôi']


@pytest.mark.parametrize(
    ("below", "read"),
    [
        ('5A,"Lan",x\n5A,Na,\n', [["5A", "Lan", "x"], ["5A", "Na"]]),
        ('5A,"Lý, Lan","x"\n"5A","Na",\n', [["5A", "Lý, Lan", "x"], ["5A", "Na"]]),
        ('5A,Lan,"nhà ""Mai"""\n', [["5A", "Lan", 'nhà "Mai"']]),
        ('5A,Lan,"ở quê\n5A,Na,\n', [["5A", "Lan", '"ở quê'], ["5A", "Na"]]),
        ("5A,Lan,\n" * 300, [["5A", "Lan"]] * 300),
    ],
)
def test_whatever_stands_below_a_lost_mark_is_read(below: str, read: list[list[str]]) -> None:
    assert rows_of(f'{HEADING}5A,Mai,"bà nuôi\n{below}')[1:] == [MAI, *read]


@pytest.mark.parametrize(
    "below",
    ['5A,Lan,bà nội"\n5A,Na,\n', '5A,Lan,\n5A,Na,bà nội"\n', '5A,Lan",\n5A,Na,x\n5A,Vy,"\n'],
)
def test_two_lost_marks_with_rows_between_them_stop_the_file(below: str) -> None:
    text = f'{HEADING}5A,An,\n5A,Mai,"bà nuôi\n{below}'
    assert refusal_of(text).code == "quote"
    assert refusal_of(text).message.startswith("Dòng 3 của tệp có dấu ngoặc kép")
    assert refusal_of(f"sep=,\n{text}").message.startswith("Dòng 4 của tệp")


def test_a_text_of_several_lines_in_quotation_marks_stays_one_text() -> None:
    address = 'Ấp 1, xã "Mỹ An"\r\nhuyện B\n\nghi thêm: hai dòng, ba dấu phẩy'
    written = address.replace('"', '""')
    assert rows_of(f'{HEADING}5A,Mai,"{written}"\r\n5A,Lan,\r\n')[1:] == [
        ["5A", "Mai", address],
        ["5A", "Lan"],
    ]


def test_quotation_marks_inside_a_text_are_letters() -> None:
    assert rows_of(f'{HEADING}5A,Mai "Bé",cao 5"\n"5A" x,"Lan" con,"a"b"\n')[1:] == [
        ["5A", 'Mai "Bé"', 'cao 5"'],
        ['"5A" x', '"Lan" con', '"a"b"'],
    ]


@given(
    st.lists(
        st.lists(st.text(st.sampled_from('aẤ1 ,;"\n\r\t='), max_size=6), min_size=2, max_size=5),
        min_size=1,
        max_size=5,
    ),
    st.sampled_from([",", ";", "\t"]),
)
def test_what_is_written_in_full_quotation_marks_is_read_or_stopped(
    rows: list[list[str]], delimiter: str
) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(rows)
    marked = f"sep={delimiter}\r\n{out.getvalue()}"
    try:
        read = texts(read_csv(marked.encode())[0])
    except WorkbookRefused as refused:
        assert refused.code == "quote"
        return
    expected = [[_unwrapped(text) for text in row] for row in rows]
    assert [padded(row, 5) for row in read] == [padded(row, 5) for row in expected][: len(read)]
    assert not any(any(row) for row in expected[len(read) :])


def padded(row: list[str], width: int) -> list[str]:
    return row + [""] * (width - len(row))


# --- lines and delimiters


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_each_kind_of_line_end(line_end: str) -> None:
    lines = ["Lớp,Họ và tên", "5A,Mai", '5A,"Lý, Lan"', "", "5A,Na"]
    read = rows_of(line_end.join(lines))
    assert read == [["Lớp", "Họ và tên"], ["5A", "Mai"], ["5A", "Lý, Lan"], [], ["5A", "Na"]]


@pytest.mark.parametrize("line", ["sep=;\r\n", "SEP=;\n", '"sep=;"\r', "sep=|\r\n"])
def test_the_line_that_names_the_delimiter_is_obeyed_and_not_shown(line: str) -> None:
    delimiter = "|" if "|" in line else ";"
    end = line[len(line.rstrip("\r\n")) :]
    assert rows_of(f"{line}Lớp{delimiter}Nơi, sinh{end}5A{delimiter}Xã B, C") == [
        ["Lớp", "Nơi, sinh"],
        ["5A", "Xã B, C"],
    ]


def test_commas_of_addresses_do_not_cut_a_file_of_semicolons() -> None:
    rows = [["Họ tên", "Nơi ở"]] + [[f"Lý {n}", "Ấp 1, xã B, huyện C, tỉnh D"] for n in range(60)]
    assert rows_of("\n".join(";".join(row) for row in rows)) == rows


def test_titles_above_the_heading_do_not_mislead() -> None:
    title = "Trường TH A, xã B; năm học 2026-2027\n\n"
    assert rows_of(title + "Lớp\tTên\tNơi ở\n5A\tMai\tẤp 1, xã B\n")[2:] == [
        ["Lớp", "Tên", "Nơi ở"],
        ["5A", "Mai", "Ấp 1, xã B"],
    ]


def test_a_line_with_another_delimiter_is_cut_all_the_same() -> None:
    text = "Lớp;Họ và tên;Ngày sinh\n5A;Mai;02/03/2016\n5A,Lan,03/03/2016\n5A;Na, Vy;04/03/2016\n"
    assert rows_of(text)[2:] == [["5A", "Lan", "03/03/2016"], ["5A", "Na, Vy", "04/03/2016"]]


def test_delimiters_behind_the_last_column_are_nothing() -> None:
    assert rows_of("Lớp,Tên,,,\n5A,Mai,,,\n,,,,\n5A,Lan,,,,,,,,\n") == [
        ["Lớp", "Tên"],
        ["5A", "Mai"],
        [],
        ["5A", "Lan"],
    ]


# --- letters


def test_old_fonts_arrive_as_their_letters() -> None:
    tcvn3 = "Hä tªn,Líp\nNguyÔn V¨n ¸nh,5A\n§Æng ThÞ Hßa,5A\n"
    vni = "Hoï vaø teân,Lôùp\nNguyeãn Vaên AÙnh,5A\nTraàn Thò Hoa,5A\nNguyeãn Vaên An,5A\n"
    for text in (tcvn3, vni):
        assert rows_of(text.encode("windows-1252")) == [
            line.split(",") for line in text.split("\n")[:-1]
        ]


def test_two_names_in_an_old_font_are_not_taken_for_windows_1258() -> None:
    assert rows_of("Ten,Lop\nNguyeãn Vaên An,5A\n".encode("windows-1252"))[1] == [
        "Nguyeãn Vaên An",
        "5A",
    ]


@pytest.mark.parametrize("name", ["Y Krông Êban", "H'Đrăng Niê", "Đinh Văn Ký", "Siu Blơch"])
def test_names_of_all_peoples_are_read_in_windows_1258(name: str) -> None:
    text = f"Họ và tên,Lớp\n{name},5A\n"
    read = rows_of(for_1258(text).encode("windows-1258"))
    assert unicodedata.normalize("NFC", read[1][0]) == name


@pytest.mark.parametrize(
    "data",
    [
        "姓名,出生日期\n王小明,2016\n李小红,2016\n".encode("gbk"),
        "氏名,生年月日\n山田太郎,2016\n".encode("shift_jis"),
        "Trần Thị Hoa,5A\n".encode() + "TrÇn ThÞ Hoa,5A\n".encode("windows-1252"),
        "Họ và tên".encode("utf-16")[:-1],
    ],
    ids=["gbk", "shift-jis", "two encodings", "half a letter of UTF-16"],
)
def test_letters_nobody_can_read_are_refused(data: bytes) -> None:
    assert refusal_of(data).code == "encoding"


def test_one_letter_cut_in_half_is_seen_and_costs_nobody() -> None:
    lines = [f"Trần Thị Hoa {seat},5A" for seat in range(40)]
    data = "\n".join(lines).encode()
    broken = data.replace(b"Hoa 7", b"Hoa \xe1\xbb7", 1)
    read = rows_of(broken)
    assert len(read) == 40
    assert read[7][0] == "Trần Thị Hoa \ufffd7"
