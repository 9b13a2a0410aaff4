"""What an .xlsx package says about itself: which parts are sheets, their names, what the styles
show. Child only.

Parts are found the way Excel finds them, through the relationships, never by their usual names.
Both the transitional and the strict namespaces are understood, and any prefix.
"""

import posixpath
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element, iterparse

from idapp.workbook.cells import MAX_SHEETS, WorkbookRefused
from idapp.workbook.display_text import GENERAL, NumberFormat, number_format

MAIN = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
)
_MAX_STYLES = 70_000  # Excel stops at 65,490
_BUILTIN_TWO_DECIMALS = ("2", "4", "39", "40")
_BUILTIN_DATES = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}


@dataclass(frozen=True)
class SheetPart:
    """A sheet as the book names it, and the part of the archive in which its cells stand."""

    name: str
    hidden: bool
    path: str


@dataclass(frozen=True)
class Style:
    """How a cell shows its number, and whether its font strikes it through."""

    number_format: NumberFormat = GENERAL
    struck: bool = False


PLAIN = Style()


class Package:
    """The parts of an open archive that say something about all its sheets."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        self._names = {name.lower(): name for name in archive.namelist()}
        main = [path for kind, path in self._relations("").values() if kind == "officeDocument"]
        if not main:
            raise WorkbookRefused("broken")
        self._relations_of_book = self._relations(main[0])
        self.date_1904 = False
        self.sheets = self._read_book(main[0])
        self.styles = self._read_styles()

    def open(self, path: str) -> Any:
        """The unpacked bytes of a part as a stream. Raises ``KeyError`` where there is no such
        part."""
        return self.archive.open(self._names[path.lower()])

    def part_of_kind(self, kind: str) -> str:
        """Path of the string table or the styles, "" where there is none."""
        for kind_of_part, path in self._relations_of_book.values():
            if kind_of_part == kind:
                # the first one counts, as in Excel, even where it leads nowhere
                return path if path.lower() in self._names else ""
        return ""

    def _relations(self, path: str) -> dict[str, tuple[str, str]]:
        """{id: (last word of the type, path of the target)}; what lies outside the file does not
        exist for us."""
        folder, name = posixpath.split(path)
        path_of_relations = posixpath.join(folder, "_rels", f"{name}.rels")
        relations: dict[str, tuple[str, str]] = {}
        if path_of_relations.lower() not in self._names:
            return relations
        for node in _elements(self.open(path_of_relations), "Relationship"):
            target = node.get("Target")
            if not target or node.get("TargetMode") == "External":
                continue
            kind = (node.get("Type") or "").rsplit("/", 1)[-1]
            # a target is relative to the folder, or begins at the root with a stroke
            path_from_root = posixpath.normpath(posixpath.join("/", folder, target))[1:]
            relations[node.get("Id", "")] = (kind, path_from_root)
        return relations

    def _read_book(self, path: str) -> list[SheetPart]:
        """The sheets in their order. Raises ``WorkbookRefused`` (``too_many_sheets``, ``broken``)."""
        sheets: list[SheetPart] = []
        for node in _elements(self.open(path), "sheet", "workbookPr"):
            if _local(node) == "workbookPr":
                self.date_1904 = node.get("date1904") in ("1", "true", "on")
                continue
            sheet = self._sheet_part(node)
            if sheet is not None:
                sheets.append(sheet)
            if len(sheets) > MAX_SHEETS:
                raise WorkbookRefused("too_many_sheets")
        if not sheets:
            raise WorkbookRefused("broken")
        return sheets

    def _sheet_part(self, node: Element) -> SheetPart | None:
        """A sheet of the book; None for a chart, a macro sheet, and one whose part is missing."""
        # the name of the attribute has the namespace of the relations, of which there are two
        ids = [value for name, value in node.items() if name.endswith("}id")]
        id_ = ids[0] if ids else ""
        kind, target = self._relations_of_book.get(id_, ("", ""))
        if kind != "worksheet" or target.lower() not in self._names:
            return None
        is_hidden = node.get("state", "visible") != "visible"
        return SheetPart(node.get("name", ""), is_hidden, target)

    def _read_styles(self) -> list[Style]:
        """One for each cell style (``s`` of a cell), in order."""
        path = self.part_of_kind("styles")
        if not path:
            return []
        codes: dict[str, str] = {}
        struck_fonts: set[str] = set()
        styles: list[Style] = []
        for node in _elements(self.open(path), "numFmt", "fonts", "cellXfs"):
            name = _local(node)
            if name == "numFmt":
                codes[node.get("numFmtId", "")] = node.get("formatCode", "")
            elif name == "fonts":
                struck_fonts = {str(index) for index, font in enumerate(node) if is_struck(font)}
            else:
                styles += _cell_styles(node, codes, struck_fonts)
        return styles


def _cell_styles(node: Element, codes: dict[str, str], struck_fonts: set[str]) -> list[Style]:
    """Of ``cellXfs``. ``codes`` is {id of a number format: its code}, for those the file defines itself."""
    styles: list[Style] = []
    formats: dict[str, NumberFormat] = {}  # thousands of styles share a few formats
    for xf in list(node)[:_MAX_STYLES]:
        id_ = xf.get("numFmtId", "0")
        if id_ not in formats:
            formats[id_] = _number_format(id_, codes.get(id_, ""))
        styles.append(Style(formats[id_], xf.get("fontId") in struck_fonts))
    return styles


def _number_format(id_: str, code: str) -> NumberFormat:
    """By the code in the file, else by the number of a format that Excel has built in."""
    if code:
        return number_format(code)
    if id_.isdecimal() and int(id_) in _BUILTIN_DATES:
        return NumberFormat(is_date=True)
    if id_ in _BUILTIN_TWO_DECIMALS:
        return NumberFormat(decimals=2)
    return GENERAL


def is_struck(properties: Element) -> bool:
    """Does this font, or do these properties of a piece of text, strike it through?"""
    for node in properties:
        if _local(node) == "strike":
            return node.get("val", "1") not in ("0", "false")
    return False


def _elements(source: Any, *names: str) -> Iterator[Element]:
    """Those elements in document order. The guard has refused every document type, so the C parser
    may be used."""
    with source:
        for _, node in iterparse(source):  # noqa: S314
            if _local(node) in names:
                yield node


def _local(node: Element) -> str:
    """The name of an element without its namespace, of which there are two."""
    return node.tag.rsplit("}", 1)[-1]
