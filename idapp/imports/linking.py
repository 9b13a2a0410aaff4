"""Second step of judging a row: whose record it is, if it is anybody's (``matching``)."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from idapp.imports.import_context import ImportContext
from idapp.imports.row_reader import ReadRow
from idapp.imports.versions import edited_since
from idapp.models import Person
from idapp.rosters.linkage import Identifiers
from idapp.rules.problem import Problem


@dataclass(frozen=True)
class Link:
    """Whose record a row is.

    person       the record; None for somebody new, or where nobody can tell
    identifiers  the marks of the row, without a hidden id that does not count
    id_refused   its hidden id is another's, and must not go back to the user
    stop         why nothing of the row can be used
    question     what the user must look at before the row is written
    problems     what is to be said of the link
    """

    person: Person | None
    identifiers: Identifiers
    id_refused: bool = False
    stop: Problem | None = None
    question: Problem | None = None
    problems: list[Problem] = field(default_factory=list)


def link_rows(rows: Sequence[ReadRow], context: ImportContext) -> list[Link]:
    """One link for each row, in their order.

    1. Find out what has changed since a workbook of ours left the house: a row may say what the record said then.
    2. Of several rows with one hidden id choose the one to which it belongs.
    3. Find the record of each row.
    """
    matcher = context.matcher
    if context.ids_count:
        matcher.exported = edited_since(_versions_in_file(rows, context))
        _add_differences_by_merge(rows, context)
    refused = _rows_without_their_id(rows, context)
    return [
        _link(row.identifiers, context, is_refused=position in refused)
        for position, row in enumerate(rows)
    ]


def _versions_in_file(rows: Sequence[ReadRow], context: ImportContext) -> dict[int, int]:
    """{person id: version in the file}; of copies the first counts."""
    versions: dict[int, int] = {}
    for row in rows:
        if row.version is None:
            continue
        holder = context.matcher.holder(row.identifiers)
        # of a merged record it is no version of the one that goes on
        if holder is not None and str(holder.id) == row.identifiers.record_id:
            versions.setdefault(holder.id, row.version)
    return versions


def _add_differences_by_merge(rows: Sequence[ReadRow], context: ImportContext) -> None:
    """What the file was given of a record that was merged since."""
    matcher = context.matcher
    for row in rows:
        differences = matcher.differences_by_merge(row.identifiers)
        survivor = matcher.holder(row.identifiers)
        if differences and survivor is not None:
            matcher.exported.setdefault(survivor.id, differences)


def _rows_without_their_id(rows: Sequence[ReadRow], context: ImportContext) -> set[int]:
    """Positions of rows whose hidden id does not count.

    Each id counts for one row: of rows copied in Excel for the one most like the record, else the first.
    The ids of another school are not ours at all.
    """
    refused = set[int]()
    position_of: dict[str, int] = {}
    score_of = context.matcher.match_score
    for position, row in enumerate(rows):
        record_id = row.identifiers.record_id
        if not record_id:
            continue
        if not context.ids_count:
            refused.add(position)
            continue
        first = position_of.setdefault(record_id, position)
        if first == position:
            continue
        if score_of(row.identifiers) > score_of(rows[first].identifiers):
            position_of[record_id] = position
            refused.add(first)
        else:
            refused.add(position)
    return refused


def _link(identifiers: Identifiers, context: ImportContext, *, is_refused: bool) -> Link:
    if is_refused:
        identifiers = replace(identifiers, record_id="")
    person = None
    stop = None
    try:
        person = context.matcher.find(identifiers)
    except Problem as problem:
        stop = problem
    # also where another record was found: the user must learn that the id is somebody else's
    holder = context.matcher.holder(identifiers)
    if holder is None or holder is person:
        return Link(person, identifiers, is_refused, stop)
    return _link_despite_id(Link(person, identifiers, stop=stop), holder)


def _link_despite_id(link: Link, holder: Person) -> Link:
    """The hidden id is the holder's, the row is not: say so, and where nobody else is found leave it to the user."""
    who = holder.full_name
    if holder.date_of_birth:
        who += f", sinh {holder.date_of_birth}"
    message = (
        f"Mã hồ sơ ẩn của dòng này là của {who}, "
        "nhưng dòng ghi một người khác nên không sửa hồ sơ ấy."
    )
    question = None
    if link.person is None and link.stop is None:
        message += (
            " Đúng là người mới thì chọn lưu dòng này; "
            f"vẫn là {holder.full_name} thì sửa họ tên trong hệ thống trước."
        )
        question = Problem("", "other_record", message)
    return Link(
        link.person,
        replace(link.identifiers, record_id=""),
        id_refused=True,
        stop=link.stop,
        question=question,
        problems=[Problem("", "other_record", message, level="warning")],
    )
