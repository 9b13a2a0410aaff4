"""Rows of .csv files: encodings, delimiters, quotation marks."""

import contextlib
import csv
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idapp.workbook import WorkbookRefused, read_bytes
from idapp.workbook.csv_text import read_csv
from tests.workbooks import texts


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
