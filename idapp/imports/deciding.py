"""What the user decides on the check page: a cell, a row, a list of rows, a column, all or nothing.

A file already written has nothing left to decide. ``writes`` of the rows follows each decision, so that the page can
say how many rows confirming would write.
"""

from collections.abc import Collection

from idapp.database import writing
from idapp.imports.choices import ERRORS, REPAIRED, TWO_SIDES, choices_of, recount
from idapp.imports.choices import decide as note
from idapp.imports.review_page import rows_in
from idapp.models import Import, ImportRow

_AT_ONCE = 500


def decide(row: ImportRow, field: str, *, take: bool) -> None:
    """One row (``field`` "") or one of its cells."""
    with writing():
        upload = _open(row.upload_id)
        if upload is not None:
            note(row, field, take, upload.left_out)
            row.save(only=[ImportRow.problems, ImportRow.marks, ImportRow.writes])


def decide_all(upload: Import, view: str, *, take: bool) -> int:
    """Every row of one list of the check page; among those with two sides, every cell that has them."""
    with writing():
        open_one = _open(upload.id)
        found = list(rows_in(upload, view)) if open_one is not None else []
        for row in found:
            two_sides = [f for f, made in choices_of(row).items() if made["code"] in TWO_SIDES]
            for field in two_sides if view == "conflict" else [""]:
                note(row, field, take, upload.left_out)
        _save(found)
    return len(found)


def leave_out_columns(upload: Import, left_out: Collection[str]) -> None:
    """The columns that stay unwritten, in place of those before: fields, ``field:repaired``, ``field:errors``."""
    known = {f for table in upload.tables for f in table["columns"]} | {"school_class"}
    wanted = sorted(
        {one for one in left_out if one.removesuffix(REPAIRED).removesuffix(ERRORS) in known}
    )
    with writing():
        if _open(upload.id) is None or wanted == upload.left_out:
            return
        upload.left_out = wanted
        upload.save(only=[Import.left_out])
        found = list(ImportRow.select().where(ImportRow.upload == upload, ImportRow.seen != {}))
        before = {row.id: (row.writes, row.marks) for row in found}
        for row in found:
            recount(row, wanted)
        _save([row for row in found if (row.writes, row.marks) != before[row.id]])


def set_all_or_nothing(upload: Import, wanted: bool) -> None:
    with writing():
        Import.update(all_or_nothing=wanted).where(
            Import.id == upload.id, Import.state == "checked"
        ).execute()
        upload.all_or_nothing = wanted


def _open(upload_id: int) -> Import | None:
    return Import.select().where(Import.id == upload_id, Import.state == "checked").first()


def _save(found: list[ImportRow]) -> None:
    for start in range(0, len(found), _AT_ONCE):
        ImportRow.bulk_update(
            found[start : start + _AT_ONCE],
            [ImportRow.problems, ImportRow.marks, ImportRow.writes],
            batch_size=_AT_ONCE // 7,
        )
