"""The rows that need mending, as a workbook in the columns of the user's own file: mend it, upload it again."""

import io

from idapp.imports.applying import HEADING
from idapp.imports.reviewing import has_errors, label_of
from idapp.models import Import, ImportRow
from idapp.rules import record
from idapp.workbook import Column, Mark, Page, write_workbook

_ROW, _WHY = "Dòng trong tệp", "Cần sửa"
_WITHOUT = {"version", "state", "pupil_code", "staff_code", "position_group"}  # not kept, or of no use for mending


def errors_workbook(upload: Import) -> bytes:
    """Exactly the rows the page counts under "Có ô lỗi", each bad cell coloured and explained in a comment."""
    query = ImportRow.select().where(ImportRow.upload == upload).order_by(ImportRow.id)
    heading = next(row.values for row in query if row.verdict == HEADING)
    rows = [row for row in query if row.verdict != HEADING and has_errors(row)]
    names = [name for name in heading if name not in _WITHOUT]
    columns = [Column(_ROW, 9, locked=False), *(_column(name, heading[name]) for name in names), Column(_WHY, 60)]
    target = io.BytesIO()
    write_workbook(
        target,
        sheets=[
            Page(
                "Cần sửa", columns, [_values(row, names) for row in rows],
                marks={at: mark for index, row in enumerate(rows) for at, mark in _marks(index, row, names).items()},
                spare_rows=0,
            )
        ],
    )  # fmt: skip
    return target.getvalue()


def _column(name: str, heading: str) -> Column:
    return Column(
        heading, 26 if name in ("full_name", "identity_number", "address") else 18, hidden=name == "record_id"
    )


def _values(row: ImportRow, names: list[str]) -> list[str]:
    extra = {"school_class": row.class_name, "record_id": str(row.person_id or "")}
    why = "; ".join(f"{label_of(p['field'])}: {p['message']}" for p in row.problems if p["level"] == "error")
    return [str(row.row), *(extra.get(name) or row.values.get(name, "") for name in names), why]


def _marks(index: int, row: ImportRow, names: list[str]) -> dict[tuple[int, int], Mark]:
    marks: dict[tuple[int, int], Mark] = {}
    for problem in row.problems:
        if problem["level"] == "error":
            at = names.index(problem["field"]) + 1 if problem["field"] in names else len(names) + 1
            marks[index, at] = Mark("error", _comment(row, problem))
    return marks


def _comment(row: ImportRow, problem: dict[str, str]) -> str:
    """The rule, what was read, what is proposed."""
    read = row.values.get(problem["field"], "") if problem["field"] in record.FIELD else ""
    parts = [
        problem["message"],
        f"Đã đọc: {read}" if read else "",
        f"Gợi ý: {problem['suggestion']}" if problem["suggestion"] else "",
    ]
    return "\n".join(part for part in parts if part)
