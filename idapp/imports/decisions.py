"""What the person decides on the check page: a cell, a row, a list of rows, a column, all or nothing.

A choice is kept with the row, so that paging and reloading lose nothing: ``ImportRow.choices`` is {field: choice}, ""
for the whole row. A conflict begins as not taken: the system's newer value stays until somebody says otherwise; so does
a value that is worse than the good one of the record (``worse``), and a row of which nobody can tell whose it is
(``asked``). Anything else is taken until somebody leaves it out. A whole column is left out with the upload:
``Import.left_out`` holds its field, or ``field:repaired``, ``field:errors`` where only the cells that were brought into
form, or have an error, stay out.

Cells that make sense only together are written together, whoever leaves one of them out: no commune under the district
of another address, no passport number at a Vietnamese.

A file already written has nothing left to decide. ``writes`` of the rows follows each decision, so that the page can
say how many rows confirming would write.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import NotRequired, TypedDict

from idapp.database import writing
from idapp.imports.marks import ASKED, BROUGHT, UNDECIDED, UNREAD
from idapp.imports.row_lists import rows_in
from idapp.models import Import, ImportRow
from idapp.rules import catalogues, places

CONFLICT = "conflict"
WORSE = "worse"
LEFT_OUT = "left_out"
TWO_SIDES = (CONFLICT, WORSE)  # the system's value or the file's
REPAIRED = ":repaired"
ERRORS = ":errors"
_BEGIN_OPEN = (*TWO_SIDES, ASKED)
_WRITING = ("new", "changed", "conflict")
_AT_ONCE = 500
_PARAMETERS_A_ROW = 7  # of one UPDATE: SQLite takes so many in one statement, and no more


class Choice(TypedDict):
    """What is to be decided, or was, about a cell or a row.

    code     conflict, worse, asked: somebody has to choose; left_out: somebody did without having to
    take     would the file's side be written?
    message  why there are two sides, for the user
    decided  somebody has chosen
    """

    code: str
    take: bool
    message: str
    decided: NotRequired[bool]


def choice(code: str, *, message: str = "") -> Choice:
    """A choice that nobody has made yet: not taken."""
    return {"code": code, "take": False, "message": message}


def choices_of(row: ImportRow) -> dict[str, Choice]:
    """{field: choice}, "" for the whole row."""
    choices: dict[str, Choice] = row.choices
    return choices


# --- what would be written ---


def is_used(row: ImportRow) -> bool:
    """Is anything of the row to be written, as far as its own tick decides?"""
    whole = choices_of(row).get("")
    return whole is None or whole["take"]


def is_taken(row: ImportRow, field: str, left_out: Collection[str] = ()) -> bool:
    """Would this cell be written, by the choices made so far and the columns left out?"""
    if not is_used(row):
        return False
    together = [field, *_goes_with(row, field)]
    return all(_is_ticked(row, name, left_out) for name in together)


def cells_to_write(row: ImportRow, left_out: Collection[str] = ()) -> list[str]:
    """The fields that confirming would write, by the choices made so far."""
    if not row.choices and not left_out:  # nearly every row of a long file
        return list(row.seen)
    return [field for field in row.seen if is_taken(row, field, left_out)]


def recount(row: ImportRow, left_out: Collection[str] = ()) -> None:
    """Bring ``writes`` and the marks that follow from the choices up to date (not saved)."""
    cells = _cells_written(row, left_out)
    row.writes = len(cells)
    moving = {
        UNREAD: cannot_be_read(row),
        BROUGHT: not fields_with_error(row).isdisjoint(cells),
        UNDECIDED: is_undecided(row),
    }
    marks = [mark for mark in row.marks if mark not in moving]
    row.marks = marks + [mark for mark, is_so in moving.items() if is_so]


def counted_by_column(rows: Iterable[ImportRow]) -> dict[str, list[int]]:
    """What ``Import.counts`` holds: {field: [cells, of them brought into form, bad cells, of them to be written]}."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for row in rows:
        for field in row.seen:
            counts[field][0] += 1
        for field in row.repairs:
            counts[field][1] += 1
        written = cells_to_write(row)
        for field in fields_with_error(row):
            counts[field][2] += 1
            counts[field][3] += field in written
    return dict(counts)


def is_undecided(row: ImportRow) -> bool:
    """Is there something nobody has chosen yet? A row left out whole needs no choice in its cells."""
    choices = choices_of(row)
    whole = choices.get("")
    if whole is not None and whole.get("decided") and not whole["take"]:
        return False
    return any(map(_waits, choices.values()))


def _waits(made: Choice) -> bool:
    return made["code"] in _BEGIN_OPEN and not made.get("decided")


def cannot_be_read(row: ImportRow) -> bool:
    """Does something of the row stay out whatever is decided: the row itself, or a cell that holds no value at all?"""
    if row.verdict == "wrong":
        return True
    for problem in row.problems:
        field = problem["field"]
        is_error = problem["level"] == "error" and not problem.get("stands")
        if is_error and field in row.values and field not in row.seen:
            return True
    return False


# --- deciding ---


def note(row: ImportRow, field: str, take: bool, left_out: Collection[str] = ()) -> None:
    """Note the choice in the row (not saved). A field the row would not write has nothing to decide."""
    if field and field not in row.seen:
        return
    choices = dict(choices_of(row))
    for name in _decided_together(choices, field):
        before = choices.get(name, choice(LEFT_OUT))
        choices[name] = {**before, "take": take, "decided": True}
    row.choices = choices
    recount(row, left_out)


def decide(row: ImportRow, field: str, *, take: bool) -> None:
    """One row (``field`` "") or one of its cells."""
    with writing():
        upload = _open(row.upload_id)
        if upload is not None:
            note(row, field, take, upload.left_out)
            row.save(only=[ImportRow.choices, ImportRow.marks, ImportRow.writes])


def decide_all(upload: Import, view: str, *, take: bool) -> int:
    """Every row of one list of the check page; among those with two sides, every cell that has them.

    Returns the number of rows.
    """
    with writing():
        if _open(upload.id) is None:
            return 0
        rows = list(rows_in(upload, view))
        for row in rows:
            for field in _fields_to_decide(row, view):
                note(row, field, take, upload.left_out)
        _save(rows)
    return len(rows)


def leave_out_columns(upload: Import, left_out: Collection[str]) -> None:
    """The columns that stay unwritten, in place of those before: fields, ``field:repaired``, ``field:errors``."""
    wanted = _known_columns(upload, left_out)
    with writing():
        if _open(upload.id) is None or wanted == upload.left_out:
            return
        upload.left_out = wanted
        upload.save(only=[Import.left_out])
        changed = []
        for row in ImportRow.select().where(ImportRow.upload == upload, ImportRow.seen != {}):
            before = (row.writes, row.marks)
            recount(row, wanted)
            if (row.writes, row.marks) != before:
                changed.append(row)
        _save(changed)


def set_all_or_nothing(upload: Import, wanted: bool) -> None:
    """Is the file to be written only where all of it can be? Nothing changes once it is written."""
    with writing():
        Import.update(all_or_nothing=wanted).where(
            Import.id == upload.id, Import.state == "checked"
        ).execute()
        upload.all_or_nothing = wanted


def set_from_ministry(upload: Import, wanted: bool) -> None:
    """Was the file taken as it is from the ministry's own system? Nothing changes once it is written."""
    with writing():
        Import.update(from_ministry=wanted).where(
            Import.id == upload.id, Import.state == "checked"
        ).execute()
        upload.from_ministry = wanted


def _open(upload_id: int) -> Import | None:
    return Import.select().where(Import.id == upload_id, Import.state == "checked").first()


def _fields_to_decide(row: ImportRow, view: str) -> list[str]:
    if view != "conflict":
        return [""]
    return [field for field, made in choices_of(row).items() if made["code"] in TWO_SIDES]


def _known_columns(upload: Import, left_out: Collection[str]) -> list[str]:
    """Those of ``left_out`` that are columns of the file."""
    known = {"school_class"}
    for table in upload.tables:
        known.update(table["columns"])
    return sorted(
        {name for name in left_out if name.removesuffix(REPAIRED).removesuffix(ERRORS) in known}
    )


def _save(rows: list[ImportRow]) -> None:
    columns = [ImportRow.choices, ImportRow.marks, ImportRow.writes]
    for start in range(0, len(rows), _AT_ONCE):
        part = rows[start : start + _AT_ONCE]
        ImportRow.bulk_update(part, columns, batch_size=_AT_ONCE // _PARAMETERS_A_ROW)


# --- which cells go together ---


def _cells_written(row: ImportRow, left_out: Collection[str]) -> list[str]:
    if row.verdict not in _WRITING:
        return []
    cells = cells_to_write(row, left_out)
    if row.verdict == "new" and "full_name" not in cells:
        return []  # nobody is created without a name
    return cells


def _decided_together(choices: dict[str, Choice], field: str) -> list[str]:
    """Of an address with a fault one side is taken whole."""
    worse = [name for name in places.LEVELS if name in choices and choices[name]["code"] == WORSE]
    if field in worse:
        return worse
    return [field]


def _is_ticked(row: ImportRow, field: str, left_out: Collection[str]) -> bool:
    made = choices_of(row).get(field)
    if made is not None and not made["take"]:
        return False
    return not _is_column_left_out(row, field, left_out)


def _goes_with(row: ImportRow, field: str) -> Sequence[str]:
    """The other cells without which this one would bring something false into a record that holds something there."""
    if field in places.LEVELS:
        return [name for name in places.LEVELS if name != field and row.seen.get(name)]
    both = ("identity_number", "nationality")
    # a passport number is none of a Vietnamese, and the other way round
    if field in both and row.seen.get("identity_number") and _changes_country(row):
        return both
    return ()


def _changes_country(row: ImportRow) -> bool:
    if "nationality" not in row.seen:
        return False
    was_foreign = catalogues.is_foreign(row.seen["nationality"])
    return was_foreign != catalogues.is_foreign(row.values["nationality"])


def _is_column_left_out(row: ImportRow, field: str, left_out: Collection[str]) -> bool:
    if not left_out:
        return False
    if field in left_out:
        return True
    if field + REPAIRED in left_out and field in row.repairs:
        return True
    return field + ERRORS in left_out and field in fields_with_error(row)


def fields_with_error(row: ImportRow) -> set[str]:
    """The fields of which an error is told; "" if the whole row is wrong."""
    return {problem["field"] for problem in row.problems if problem["level"] == "error"}
