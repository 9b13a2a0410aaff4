"""What Excel demands of a workbook, so that it opens without the message that it was repaired.

Written from ECMA-376 (parts 1 and 2) and from Excel's published limits; ``faults`` answers in words, [] when none.
"""

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError, fromstring

_SHEET_ORDER = [
    "sheetPr",
    "dimension",
    "sheetViews",
    "sheetFormatPr",
    "cols",
    "sheetData",
    "sheetCalcPr",
    "sheetProtection",
    "protectedRanges",
    "scenarios",
    "autoFilter",
    "sortState",
    "dataConsolidate",
    "customSheetViews",
    "mergeCells",
    "phoneticPr",
    "conditionalFormatting",
    "dataValidations",
    "hyperlinks",
    "printOptions",
    "pageMargins",
    "pageSetup",
    "headerFooter",
    "rowBreaks",
    "colBreaks",
    "customProperties",
    "cellWatches",
    "ignoredErrors",
    "smartTags",
    "drawing",
    "legacyDrawing",
    "legacyDrawingHF",
    "picture",
    "oleObjects",
    "controls",
    "webPublishItems",
    "tableParts",
    "extLst",
]
_BOOK_ORDER = [
    "fileVersion",
    "fileSharing",
    "workbookPr",
    "workbookProtection",
    "bookViews",
    "sheets",
    "functionGroups",
    "externalReferences",
    "definedNames",
    "calcPr",
    "oleSize",
    "customWorkbookViews",
    "pivotCaches",
    "extLst",
]
_NAME = re.compile(r"[A-Za-z_\\][A-Za-z0-9_.\\?]{0,254}")
_LIKE_A_CELL = re.compile(r"[A-Za-z]{1,3}[0-9]+|[Rr][0-9]*[Cc][0-9]*|[RrCc]")
_REFERENCE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_ROWS, _COLUMNS, _TEXT = 1_048_576, 16_384, 32_767


def faults(data: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    return list(_Workbook(parts).faults())


class _Workbook:
    def __init__(self, parts: dict[str, bytes]) -> None:
        self.parts = parts
        self.trees: dict[str, Element] = {}

    def faults(self) -> Iterator[str]:
        for name, content in self.parts.items():
            if name.endswith((".xml", ".rels", ".vml")):
                try:
                    self.trees[name] = fromstring(content)
                except ParseError as fault:
                    yield f"{name}: {fault}"
        yield from self._types()
        yield from self._relations()
        yield from self._book()
        for name, tree in self.trees.items():
            if name.startswith("xl/worksheets/sheet"):
                yield from (f"{name}: {fault}" for fault in self._sheet(tree))
                yield from (
                    f"{name}: formula with {word}, which is nothing"
                    for word in self._unknown_names(tree)
                )

    def _types(self) -> Iterator[str]:
        tree = self.trees["[Content_Types].xml"]
        defaults = {one.get("Extension", "").lower() for one in tree if _local(one) == "Default"}
        overrides = [one.get("PartName", "")[1:] for one in tree if _local(one) == "Override"]
        yield from (
            f"content type of a part that is not there: {name}"
            for name in set(overrides) - set(self.parts)
        )
        if len(set(overrides)) != len(overrides):
            yield "two content types for one part"
        for name in self.parts:
            if (
                name not in overrides
                and name.rsplit(".", 1)[-1].lower() not in defaults
                and "Types" not in name
            ):
                yield f"no content type: {name}"

    def _relations(self) -> Iterator[str]:
        for name, tree in self.trees.items():
            if not name.endswith(".rels"):
                continue
            folder, file = posixpath.split(name)
            source = posixpath.join(posixpath.dirname(folder), file.removesuffix(".rels"))
            ids = [one.get("Id", "") for one in tree]
            if len(set(ids)) != len(ids):
                yield f"{name}: an id twice"
            for one in tree:
                target = posixpath.normpath(
                    posixpath.join("/", posixpath.dirname(source), one.get("Target", ""))
                )
                if one.get("TargetMode") != "External" and target[1:] not in self.parts:
                    yield f"{name}: leads nowhere: {target}"
            used = set(re.findall(rb'\br:(?:id|embed)="([^"]+)"', self.parts.get(source, b"")))
            yield from (
                f"{source}: unknown relation {one!r}"
                for one in used - {id_.encode() for id_ in ids}
            )

    def _book(self) -> Iterator[str]:
        tree = self.trees["xl/workbook.xml"]
        yield from _order(tree, _BOOK_ORDER)
        names = [one.get("name", "") for one in tree.iter() if _local(one) == "sheet"]
        yield from self._sheet_names(names)
        if all(
            one.get("state", "visible") != "visible"
            for one in tree.iter()
            if _local(one) == "sheet"
        ):
            yield "no sheet to be seen"
        seen = set()
        for one in (one for one in tree.iter() if _local(one) == "definedName"):
            name, refers = one.get("name", ""), one.text or ""
            if (name.lower(), one.get("localSheetId")) in seen:
                yield f"name twice: {name}"
            seen.add((name.lower(), one.get("localSheetId")))
            if not _NAME.fullmatch(name) or _LIKE_A_CELL.fullmatch(name):
                yield f"no name: {name}"
            sheet = re.match(r"'((?:[^']|'')+)'!|([^'!]+)!", refers)
            if not sheet or (sheet[1] or sheet[2]).replace("''", "'") not in names:
                yield f"{name} refers to {refers}"

    def _unknown_names(self, tree: Element) -> set[str]:
        """Words in the rules of its cells that are neither function, nor cell, nor a name of the book."""
        known = {
            one.get("name")
            for one in self.trees["xl/workbook.xml"].iter()
            if _local(one) == "definedName"
        }
        formulas = [
            one.text or "" for one in tree.iter() if _local(one) in ("formula1", "formula2")
        ]
        texts = (re.sub(r'"[^"]*"', "", formula) for formula in formulas)
        words = {
            word
            for text in texts
            for word in re.findall(r"(?<![$\w])[A-Za-z_][\w.]*(?![\w(])", text)
        }
        return {word for word in words if not _LIKE_A_CELL.fullmatch(word)} - known

    def _sheet_names(self, names: list[str]) -> Iterator[str]:
        if len({name.lower() for name in names}) != len(names):
            yield "two sheets of one name"
        for name in names:
            if (
                not 1 <= len(name) <= 31
                or re.search(r"[\[\]:*?/\\]", name)
                or name[0] == "'"
                or name[-1] == "'"
            ):
                yield f"no sheet name: {name}"
            if name.lower() == "history":
                yield "Excel keeps the name History for itself"

    def _sheet(self, tree: Element) -> Iterator[str]:
        yield from _order(tree, _SHEET_ORDER)
        strings = len(
            [one for one in self.trees.get("xl/sharedStrings.xml", ()) if _local(one) == "si"]
        )
        styles = next(len(one) for one in self.trees["xl/styles.xml"] if _local(one) == "cellXfs")
        last_row = 0
        for row in (one for one in tree.iter() if _local(one) == "row"):
            number = int(row.get("r", "0"))
            if not last_row < number <= _ROWS:
                yield f"row {number} after {last_row}"
            last_row, last_column = number, 0
            for cell in row:
                match = _REFERENCE.fullmatch(cell.get("r", ""))
                column = _column(match[1]) if match else 0
                if not match or int(match[2]) != number or not last_column < column <= _COLUMNS:
                    yield f"cell {cell.get('r')} in row {number}"
                last_column = column
                yield from _cell(cell, strings, styles)
        yield from _columns(tree, styles)
        yield from _validations(tree)


def _cell(cell: Element, strings: int, styles: int) -> Iterator[str]:
    value = next((one.text or "" for one in cell if _local(one) == "v"), "")
    if any(_local(one) == "f" for one in cell):
        yield f"{cell.get('r')}: a formula"
    if cell.get("t") == "s" and not (value.isdecimal() and int(value) < strings):
        yield f"{cell.get('r')}: no string {value}"
    if int(cell.get("s", "0")) >= styles:
        yield f"{cell.get('r')}: no style {cell.get('s')}"
    if sum(len(text) for text in cell.itertext()) > _TEXT:
        yield f"{cell.get('r')}: too long"


def _columns(tree: Element, styles: int) -> Iterator[str]:
    last = 0
    for one in (one for one in tree.iter() if _local(one) == "col"):
        if not last < int(one.get("min", "0")) <= int(one.get("max", "0")) <= _COLUMNS:
            yield f"columns {one.get('min')} to {one.get('max')}"
        if int(one.get("style", "0")) >= styles:
            yield f"column style {one.get('style')}"
        last = int(one.get("max", "0"))


def _validations(tree: Element) -> Iterator[str]:
    limits = {"errorTitle": 32, "error": 255, "promptTitle": 32, "prompt": 255}
    for one in (one for one in tree.iter() if _local(one) == "dataValidation"):
        where = one.get("sqref", "")
        if not re.fullmatch(r"[A-Z]{1,3}[0-9]{1,7}(:[A-Z]{1,3}[0-9]{1,7})?( |$)", where):
            yield f"validation of {where}"
        for name, most in limits.items():
            if len(one.get(name, "")) > most:
                yield f"validation of {where}: {name} is {len(one.get(name, ''))} long"
        for formula in one:
            if not 1 <= len(formula.text or "") <= 255:
                yield f"validation of {where}: formula of {len(formula.text or '')}"


def _order(tree: Element, wanted: list[str]) -> Iterator[str]:
    tags = [_local(one) for one in tree]
    if unknown := set(tags) - set(wanted):
        yield f"unknown elements {sorted(unknown)}"
    ranks = [wanted.index(tag) for tag in tags if tag in wanted]
    if ranks != sorted(ranks):
        yield f"elements in the order {tags}"


def _local(one: Element) -> str:
    return one.tag.rsplit("}", 1)[-1]


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number
