"""Workbooks as schools and attackers make them, for the tests of reading: built by real writers, then bent."""

import io
import re
import resource
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter

from idapp.workbook import Sheet, WorkbookRefused, read_bytes

SAMPLES = Path(__file__).parent / "samples" / "workbooks"
SHEET = "xl/worksheets/sheet1.xml"
OPEN = b'<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
CLOSE = b"</sheetData></worksheet>"


def xlsx(fill: Callable[[xlsxwriter.Workbook, object], None], **options: object) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, **options})
    fill(book, book.add_worksheet("Sheet1"))
    book.close()
    return out.getvalue()


def texts(sheet: Sheet) -> list[list[str]]:
    return [[cell.text for cell in row] for row in sheet.rows]


def plain_xlsx() -> bytes:
    return xlsx(lambda book, sheet: sheet.write_row(0, 0, ["Họ tên", "Ngày sinh"]))


def with_parts(data: bytes, parts: dict[str, bytes]) -> bytes:
    """The workbook with some parts replaced or added."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            if name not in parts:
                new.writestr(name, old.read(name))
        for name, content in parts.items():
            new.writestr(name, content)
    return out.getvalue()


def with_rows(rows: bytes) -> bytes:
    return with_parts(plain_xlsx(), {SHEET: OPEN + rows + CLOSE})


def zip_of(names: list[str], content: bytes = b"x") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as new:
        for name in names:
            new.writestr(name, content)
    return out.getvalue()


def ods(table: str, *, styles: str = "") -> bytes:
    xml = (
        '<?xml version="1.0"?><office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0" '
        'xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">'
        f"<office:automatic-styles>{styles}</office:automatic-styles><office:body><office:spreadsheet>"
        f'<table:table table:name="A">{table}</table:table></office:spreadsheet></office:body>'
        "</office:document-content>"
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as new:
        new.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        new.writestr("META-INF/manifest.xml", "<manifest/>")
        new.writestr("content.xml", xml)
    return out.getvalue()


def old_xls(fill: Callable[[object], None]) -> bytes:
    xlwt = pytest.importorskip("xlwt")
    book, out = xlwt.Workbook(), io.BytesIO()
    fill(book.add_sheet("Sheet1"))
    book.save(out)
    return out.getvalue()


CASES = SAMPLES / "cases"


def case(name: str) -> list[Sheet]:
    """A file as people really made it (tests/samples/workbooks/cases)."""
    return read_bytes((CASES / name).read_bytes(), file_name=name)


def _seconds_worked() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def refused_within_bounds(data: bytes, file_name: str, *, seconds: float = 20) -> str:
    """The code of the refusal; it must be a sentence that says what to do, in little time and memory."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = _seconds_worked()
    # of the whole test run so far
    other_children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    with pytest.raises(WorkbookRefused) as refused:
        read_bytes(data, file_name=file_name)
    assert re.search(r"[:.] ?.*hãy .*\.$", refused.value.message), "what is wrong and what to do"
    # in the web and in the child together; others may be working beside us
    assert _seconds_worked() - start < seconds
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert after - before < 150_000, "kB, in the process of the web"
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    # a child counts its parent's pages until exec
    assert largest <= max(800_000, after, other_children), "the child keeps its bound"
    return refused.value.code
