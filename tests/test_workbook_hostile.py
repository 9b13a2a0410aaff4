"""Files nobody should send: each ends in one sentence, in little time and memory."""

import io
import random
import struct
import subprocess
import zipfile
from collections.abc import Callable

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idapp.workbook import WorkbookRefused, read_bytes
from idapp.workbook.cells import SENTENCES
from idapp.workbook.guard import kind_of
from tests.workbooks import (
    CLOSE,
    OPEN,
    SAMPLES,
    SHEET,
    ods,
    plain_xlsx,
    refused_within_bounds,
    with_parts,
    with_rows,
    zip_of,
)


def duplicated() -> bytes:
    out = io.BytesIO(plain_xlsx())
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(out, "a") as new:
        new.writestr(SHEET, OPEN + CLOSE)
    return out.getvalue()


def ole(stream: str) -> bytes:
    entry = stream.encode("utf-16-le").ljust(128, b"\0")
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(512, b"\0") + entry + b"\0" * 2000


def marked_encrypted() -> bytes:
    data = bytearray(plain_xlsx())
    at = data.find(b"PK\x01\x02")
    data[at + 8] |= 1
    return bytes(data)


def lying_about_sizes() -> bytes:
    """A part of 200 MB whose directory entry says 1,000 bytes."""
    data = bytearray(with_rows(b"<row/>" * 33_000_000))
    at = 0
    while (at := data.find(b"PK\x01\x02", at + 1)) > 0:
        data[at + 24 : at + 28] = struct.pack("<I", 1000)
    return bytes(data)


FILLED_ROWS = (
    '<table:table-row table:number-rows-repeated="1048576"><table:table-cell table:number-columns-repeated="16384" '
    'office:value-type="string"><text:p>x</text:p></table:table-cell></table:table-row>'
)


def scrambled_xls() -> bytes:
    data = bytearray((SAMPLES / "ho-so-hoc-sinh.xls").read_bytes())
    chance = random.Random(1)
    for at in chance.sample(range(512, len(data)), 4000):
        data[at] = chance.randrange(256)
    return bytes(data)


def cells_of(rows: int, columns: int) -> bytes:
    letters = [openpyxl.utils.get_column_letter(at + 1).encode() for at in range(columns)]
    cell = b'<c r="%s%d"><v>%d</v></c>'
    return b"".join(
        b"<row>"
        + b"".join(cell % (one, row + 1, row * 7919 + at) for at, one in enumerate(letters))
        + b"</row>"
        for row in range(rows)
    )


def million_strings() -> bytes:
    strings = b'<?xml version="1.0"?><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    return with_parts(
        plain_xlsx(),
        {"xl/sharedStrings.xml": strings + b"<si><t>a</t></si>" * 6_000_000 + b"</sst>"},
    )


DOCTYPE = b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "lol">]>'
ROW = b'<row r="%d"><c r="A%d" t="inlineStr"><is><t>x</t></is></c></row>'

HOSTILE: dict[str, tuple[str, Callable[[], bytes], set[str]]] = {
    "empty": ("a.xlsx", lambda: b"", {"empty_file"}),
    "11 MB": ("a.csv", lambda: b"a,b\n" * 2_800_000, {"too_big"}),
    "png": ("a.xlsx", lambda: b"\x89PNG\r\n\x1a\n" + bytes(range(256)), {"image"}),
    "pdf": ("a.xlsx", lambda: b"%PDF-1.7\n%\xe2\xe3", {"pdf"}),
    "docx": ("a.xlsx", lambda: zip_of(["[Content_Types].xml", "word/document.xml"]), {"word"}),
    "xlsb": (
        "a.xlsx",
        lambda: zip_of(["[Content_Types].xml", "xl/workbook.bin"]),
        {"binary_workbook"},
    ),
    "other zip": ("a.xlsx", lambda: zip_of(["anh.jpg"]), {"not_workbook"}),
    "only the names of a workbook": (
        "a.xlsx",
        lambda: zip_of(["[Content_Types].xml", "xl/workbook.xml"]),
        {"broken"},
    ),
    "binary": ("a.csv", lambda: bytes(range(1, 256)) * 20, {"not_workbook"}),
    "letters of nobody": ("a.csv", lambda: "姓名,王小明,李小红\n".encode("gbk"), {"encoding"}),
    "password xlsx": ("a.xlsx", lambda: ole("EncryptedPackage"), {"password"}),
    "word doc": ("a.xls", lambda: ole("WordDocument"), {"word"}),
    "hollow xls": ("a.xls", lambda: ole("Workbook"), {"broken", "too_heavy"}),
    "truncated xls": (
        "a.xls",
        lambda: (SAMPLES / "ho-so-hoc-sinh.xls").read_bytes()[:9000],
        {"broken", "not_workbook"},
    ),
    "truncated xlsx": ("a.xlsx", lambda: plain_xlsx()[:-700], {"broken"}),
    "encrypted part": ("a.xlsx", marked_encrypted, {"password"}),
    "duplicate part": ("a.xlsx", duplicated, {"unsafe"}),
    "traversal": (
        "a.xlsx",
        lambda: with_parts(plain_xlsx(), {"xl/../../x.xml": b"<a/>"}),
        {"unsafe"},
    ),
    "3,000 parts": (
        "a.xlsx",
        lambda: with_parts(plain_xlsx(), {f"xl/{n}.xml": b"" for n in range(3000)}),
        {"unsafe"},
    ),
    "macro in xlsx": (
        "a.xlsx",
        lambda: with_parts(plain_xlsx(), {"xl/vbaProject.bin": b"x"}),
        {"macro"},
    ),
    "embedded": (
        "a.xlsx",
        lambda: with_parts(plain_xlsx(), {"xl/embeddings/o.bin": b"x"}),
        {"embedded"},
    ),
    "doctype": (
        "a.xlsx",
        lambda: with_parts(plain_xlsx(), {SHEET: DOCTYPE + OPEN[21:] + CLOSE}),
        {"unsafe"},
    ),
    "utf-16 part": (
        "a.xlsx",
        lambda: with_parts(plain_xlsx(), {SHEET: DOCTYPE.decode().encode("utf-16")}),
        {"unsafe"},
    ),
    "bomb": ("a.xlsx", lambda: with_rows(b" " * 90_000_000), {"bomb"}),
    "bomb in small steps": (
        "a.xlsx",
        lambda: with_rows(random.Random(1).randbytes(1 << 14) * 8000),
        {"bomb"},
    ),
    "lying directory": ("a.xlsx", lying_about_sizes, {"bomb", "broken"}),
    "cell at the far corner": (
        "a.xlsx",
        lambda: with_rows(b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'),
        {"too_many_columns", "too_many_rows"},
    ),
    "1,048,576 rows": (
        "a.xlsx",
        lambda: with_rows(b"".join(ROW % (n, n) for n in range(1, 1_048_577))),
        {"too_many_rows"},
    ),
    "201 columns": (
        "a.xlsx",
        lambda: with_rows(b"<row>" + b"<c><v>1</v></c>" * 201 + b"</row>"),
        {"too_many_columns"},
    ),
    "million cells": (
        "a.xlsx",
        lambda: with_rows(cells_of(5100, 200)),
        {"too_many_cells", "too_heavy"},
    ),
    "six million strings": ("a.xlsx", million_strings, {"bomb", "too_heavy"}),
    "two rows of one number": (
        "a.xlsx",
        lambda: with_rows(b'<row r="1"><c r="A1"><v>1</v></c></row>' * 2),
        {"broken"},
    ),
    "packed": ("a.xlsx", lambda: zip_of(["lop 5a.xlsx"]), {"archive"}),
    "rar": ("a.xls", lambda: b"Rar!\x1a\x07\x01\0" + bytes(99), {"archive"}),
    "broken xml": ("a.xlsx", lambda: with_rows(b"<row><c>"), {"broken"}),
    "ods of a million rows": (
        "a.ods",
        lambda: ods(FILLED_ROWS),
        {"too_many_columns", "too_many_rows"},
    ),
    "csv of 70,000 rows": ("a.csv", lambda: b"a,b\n" * 70_000, {"too_many_rows"}),
    "csv of 300 columns": ("a.csv", lambda: b"a," * 300 + b"b\n", {"too_many_columns"}),
    "csv of one huge cell": ("a.csv", lambda: b'"' + b"a" * 9_000_000, {"broken"}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_end_in_one_sentence(name: str) -> None:
    file_name, build, codes = HOSTILE[name]
    assert refused_within_bounds(build(), file_name) in codes


def test_a_scrambled_xls_is_read_or_refused() -> None:
    try:
        assert read_bytes(scrambled_xls(), file_name="a.xls")
    except WorkbookRefused as refused:
        assert refused.message


def test_a_child_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("idapp.workbook.reading.SECONDS", 0.02)
    with pytest.raises(WorkbookRefused) as refused:
        read_bytes(plain_xlsx(), file_name="a.xlsx")
    assert refused.value.code == "too_heavy"


def test_the_child_gets_nothing_of_our_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "x")
    seen: dict[str, str] = {}
    run = subprocess.run
    monkeypatch.setattr(
        subprocess,
        "run",
        lambda *args, **kwargs: seen.update(kwargs["env"]) or run(*args, **kwargs),
    )
    assert read_bytes(plain_xlsx(), file_name="a.xlsx")
    assert seen
    assert "SECRET_KEY" not in seen


def test_every_refusal_says_what_to_do() -> None:
    assert all("hãy" in sentence or "cần" in sentence for sentence in SENTENCES.values())


@given(st.binary(max_size=400), st.sampled_from(["", "PK\x03\x04", "\ufeff"]))
def test_the_guard_answers_or_refuses_whatever_the_bytes(data: bytes, start: str) -> None:
    try:
        assert kind_of(start.encode("latin-1", "ignore") + data, file_name="a.xlsx") in (
            "xlsx",
            "xls",
            "ods",
            "csv",
        )
    except WorkbookRefused as refused:
        assert refused.message


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_a_mutated_workbook_is_read_or_refused(data: st.DataObject) -> None:
    good = bytearray((SAMPLES / "mau-4-1-6.xlsx").read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        good[data.draw(st.integers(4, len(good) - 1))] = data.draw(st.integers(0, 255))
    try:
        assert isinstance(read_bytes(bytes(good), file_name="a.xlsx"), list)
    except WorkbookRefused as refused:
        assert refused.message
