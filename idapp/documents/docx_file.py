"""An official paper as a Word file: A4, margins of 20, 20, 30 and 20 mm, Times New Roman (Decree 30/2020, annex I).

Headings of tables come again on every page, a row is never broken, pages from the second on bear their number. What
people wrote stands there as plain text: no field, no link; letters that XML cannot hold are left out.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import Any

from docx import Document
from docx.document import Document as WordDocument
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Length, Pt
from docx.table import Table as WordTable
from docx.table import _Cell, _Row
from docx.text.paragraph import Paragraph

from idapp.documents.paper import OfficialPaper, Signature, Table, Text
from idapp.rules.official_paper import number_vn

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_FONT = "Times New Roman"
_CENTRE = WD_ALIGN_PARAGRAPH.CENTER
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LONG = Cm(29.7)
_SHORT = Cm(21.0)
_TOP = Cm(2)
_LEFT = Cm(3)
_RIGHT = Cm(2)
_HEAD_SHARES = (40, 60)
_TABLE_SIZE = 11


def docx_of(paper: OfficialPaper) -> bytes:
    """The file."""
    document = _empty_document(paper.landscape)
    _add_head(document, paper)
    _add_title(document, paper)
    for block in paper.body:
        if isinstance(block, Table):
            _add_table(document, block, _line_width(paper.landscape))
        else:
            _add_text(document, block)
    _add_end(document, paper)
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


def clean_text(text: str) -> str:
    """One line without letters that XML forbids; NUL, a lone surrogate.

    >>> clean_text("Nguyễn \\x00Thị\\x0b An\\ud800")
    'Nguyễn Thị An'
    """
    return " ".join(_FORBIDDEN.sub("", text).split())


def _empty_document(landscape: bool) -> WordDocument:
    document = Document()
    properties = document.core_properties
    properties.author = properties.comments = properties.title = ""
    style: Any = document.styles["Normal"]
    style.font.name = _FONT
    style.font.size = Pt(13)
    # Word takes the font of these attributes for letters it counts as East Asian.
    style.element.rPr.rFonts.set(qn("w:eastAsia"), _FONT)
    style.paragraph_format.space_after = Pt(0)
    section = document.sections[0]
    section.page_width, section.page_height = _SHORT, _LONG
    if landscape:
        section.orientation = WD_ORIENT.LANDSCAPE
        section.page_width, section.page_height = _LONG, _SHORT
    section.top_margin = section.bottom_margin = _TOP
    section.left_margin = _LEFT
    section.right_margin = _RIGHT
    _number_pages(section)
    return document


def _line_width(landscape: bool) -> Length:
    width = _LONG if landscape else _SHORT
    return Length(width - _LEFT - _RIGHT)


def _number_pages(section: Any) -> None:
    """In the middle of the upper margin, from the second page on."""
    section.different_first_page_header_footer = True
    section.header_distance = Cm(1)
    paragraph = section.header.paragraphs[0]
    paragraph.alignment = _CENTRE
    run = paragraph.add_run()
    for kind, text in (("begin", ""), ("", "PAGE"), ("end", "")):
        element = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            element.set(qn("w:fldCharType"), kind)
        else:
            element.text = text
        run._r.append(element)


# head and title


def _add_head(document: WordDocument, paper: OfficialPaper) -> None:
    width = _line_width(paper.landscape)
    left, right = _columns(document, _HEAD_SHARES, width)
    if paper.above:
        _line(left, paper.above, 12)
    _line(left, paper.agency, 12, bold=True)
    _underline_of(left.add_paragraph(), _part(width, 40), 35)
    _line(left, paper.number_line, 13)
    if paper.is_letter:
        _line(left, f"V/v {paper.subject}", 12)
    _line(right, paper.nation, 12, bold=True)
    _line(right, paper.motto, 13, bold=True)
    _underline_of(right.add_paragraph(), _part(width, 60), 55 if not paper.landscape else 40)
    _line(right, paper.date_line, 13, italic=True)


def _add_title(document: WordDocument, paper: OfficialPaper) -> None:
    if not paper.is_letter:
        _paragraph(document, paper.kind, 14, before=14, bold=True)
        _paragraph(document, paper.subject, 14, bold=True)
        _underline_of(document.add_paragraph(), _line_width(paper.landscape), 20)
    if len(paper.to) == 1:
        _paragraph(document, f"Kính gửi: {paper.to[0]}", 14, before=12, after=6)
    elif paper.to:
        _paragraph(document, "Kính gửi:", 14, before=12)
        for name in paper.to:
            _paragraph(document, f"- {name};", 14)


def _columns(document: WordDocument, shares: Sequence[int], width: Length) -> list[_Cell]:
    """Invisible columns, each with the whole of its width for text."""
    table = document.add_table(rows=1, cols=len(shares))
    table.autofit = False
    margins = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        margin = OxmlElement(f"w:{side}")
        margin.set(qn("w:w"), "0")
        margin.set(qn("w:type"), "dxa")
        margins.append(margin)
    table._tbl.tblPr.insert_element_before(margins, "w:tblLook")
    _set_widths(table, shares, width)
    return list(table.rows[0].cells)


def _line(cell: _Cell, text: str, size: int, *, bold: bool = False, italic: bool = False) -> None:
    """A centred line of a column; the empty paragraph with which a cell begins is used first."""
    first = cell.paragraphs[0]
    paragraph = first if not first.runs and len(cell.paragraphs) == 1 else cell.add_paragraph()
    paragraph.alignment = _CENTRE
    _write(paragraph, text, size, bold=bold, italic=italic)


def _part(width: Length, percent: int) -> Length:
    return Length(width * percent // 100)


def _underline_of(paragraph: Paragraph, width: Length, share: int) -> None:
    """The line below a name or a title: a border over the middle ``share`` percent of ``width``, hardly high."""
    paragraph.alignment = _CENTRE
    layout = paragraph.paragraph_format
    layout.line_spacing = Pt(3)
    layout.space_after = Pt(5)
    layout.left_indent = layout.right_indent = Length(width * (100 - share) // 200)
    borders = OxmlElement("w:pBdr")
    bottom = OxmlElement("w:bottom")
    for name, value in (("val", "single"), ("sz", "6"), ("space", "1"), ("color", "auto")):
        bottom.set(qn(f"w:{name}"), value)
    borders.append(bottom)
    # In the order that the schema wants: before spacing, indents and alignment.
    properties = paragraph._p.get_or_add_pPr()
    properties.insert_element_before(
        borders, "w:shd", "w:tabs", "w:spacing", "w:ind", "w:jc", "w:rPr"
    )


# text and tables


def _add_text(document: WordDocument, block: Text) -> None:
    paragraph = document.add_paragraph()
    layout = paragraph.paragraph_format
    layout.space_before = Pt(3)
    layout.space_after = Pt(3)
    if block.look in ("centre", "strong"):
        paragraph.alignment = _CENTRE
    elif block.look in ("body", "note"):
        paragraph.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
        layout.first_line_indent = Cm(1)
    else:
        layout.keep_with_next = True
        layout.space_before = Pt(8)
    is_bold = block.look in ("section", "strong")
    size = 12 if block.look == "note" else 13
    _write(paragraph, block.text, size, bold=is_bold, italic=block.look == "note")


def _add_table(document: WordDocument, table: Table, width: Length) -> None:
    if table.caption:
        _paragraph(document, table.caption, 12, before=6, bold=True)
    drawn = document.add_table(rows=1, cols=len(table.headings))
    drawn.style = "Table Grid"
    drawn.alignment = WD_TABLE_ALIGNMENT.CENTER
    drawn.autofit = False
    for cell, heading in zip(drawn.rows[0].cells, table.headings, strict=True):
        _line(cell, heading, _TABLE_SIZE, bold=True)
    _mark_row(drawn.rows[0], "w:tblHeader")
    first_sum = len(table.rows) - table.sums
    for number, row in enumerate(table.rows):
        _add_row(drawn, row, bold=number >= first_sum)
    _set_widths(drawn, table.widths, width)
    document.add_paragraph().paragraph_format.line_spacing = Pt(6)


def _add_row(table: WordTable, values: Sequence[str | int | float], *, bold: bool) -> None:
    row = table.add_row()
    _mark_row(row, "w:cantSplit")
    for cell, value in zip(row.cells, values, strict=True):
        paragraph = cell.paragraphs[0]
        if isinstance(value, int | float):
            paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        _write(paragraph, shown(value), _TABLE_SIZE, bold=bold)


def shown(value: str | int | float) -> str:
    """A value of a table as people write it.

    >>> shown(1980), shown("An")
    ('1.980', 'An')
    """
    return value if isinstance(value, str) else number_vn(value)


def _mark_row(row: _Row, name: str) -> None:
    properties = row._tr.get_or_add_trPr()
    properties.append(OxmlElement(name))


def _set_widths(table: WordTable, shares: Sequence[int], width: Length) -> None:
    whole = sum(shares)
    for column, share in zip(table.columns, shares, strict=True):
        column.width = Length(width * share // whole)
        for cell in column.cells:
            cell.width = column.width


# end


def _add_end(document: WordDocument, paper: OfficialPaper) -> None:
    """One who signs stands right of the recipients; two stand side by side above them."""
    document.add_paragraph().paragraph_format.line_spacing = Pt(8)
    left, right = _columns(document, (50, 50), _line_width(paper.landscape))
    *others, last = paper.signatures
    if others:
        _sign(left, others[0])
    else:
        _add_recipients(left, paper.recipients)
    _sign(right, last)
    if others and paper.recipients:
        [below] = _columns(document, (100,), _line_width(paper.landscape))
        _add_recipients(below, paper.recipients)


def _sign(cell: _Cell, signature: Signature) -> None:
    _line(cell, signature.title, 13, bold=True)
    if signature.hint:
        _line(cell, signature.hint, 12, italic=True)
    for _ in range(4):  # room for a hand and a stamp
        cell.add_paragraph()
    _line(cell, signature.name or " ", 13, bold=True)
    for paragraph in cell.paragraphs:
        paragraph.paragraph_format.keep_with_next = True


def _add_recipients(cell: _Cell, recipients: Sequence[str]) -> None:
    if not recipients:
        return
    _write(cell.paragraphs[0], "Nơi nhận:", 12, bold=True, italic=True)
    for name in recipients:
        _write(cell.add_paragraph(), name, 11)


# one paragraph


def _paragraph(
    document: WordDocument,
    text: str,
    size: int,
    *,
    before: int = 0,
    after: int = 0,
    bold: bool = False,
) -> None:
    paragraph = document.add_paragraph()
    paragraph.alignment = _CENTRE
    paragraph.paragraph_format.space_before = Pt(before)
    paragraph.paragraph_format.space_after = Pt(after)
    _write(paragraph, text, size, bold=bold)


def _write(
    paragraph: Paragraph, text: str, size: int, *, bold: bool = False, italic: bool = False
) -> None:
    run = paragraph.add_run(clean_text(text))
    run.font.size = Pt(size)
    run.bold = bold
    run.italic = italic
