"""The three-way merge: what changed here since the workbook left the house.

Our exports carry the version of each record. The audit knows what stood in a cell at that version, so a cell that the
file left alone is told apart from one that both sides changed.
"""

from peewee import chunked

from idapp.database import rows
from idapp.models import Change, Person, User

# {person id: {field: (text at the exported version, sentence about the last edit)}}, of records edited since
Edited = dict[int, dict[str, tuple[str, str]]]


def edited_since(versions: dict[int, int]) -> Edited:
    """The edits of each record since the version that the file carries: {person id: version}."""
    stale = _behind(versions)
    edited: Edited = {}
    for part in chunked(stale, 500):
        query = (
            Change.select(Change, User)
            .left_outer_join(User)
            .where(Change.person.in_(part), Change.event == "person.changed")
        )
        for change in query.order_by(Change.id):
            person_id = change.person_id or 0
            if change.version and change.version > versions[person_id]:
                cells = edited.setdefault(person_id, {})
                # the first edit knows what was exported, the last one who did it
                exported, _ = cells.get(change.field, (change.old, ""))
                cells[change.field] = (exported, _sentence(change))
    return edited


def _behind(versions: dict[int, int]) -> list[int]:
    behind: list[int] = []
    for part in chunked(versions, 500):
        query = Person.select(Person.id, Person.version).where(Person.id.in_(part))
        behind += [id_ for id_, version in rows(query) if version > versions[id_]]
    return behind


def _sentence(change: Change) -> str:
    who = "Hệ thống"
    if change.user is not None:
        who = change.user.full_name
    return f"{who} đã sửa ô này thành “{change.new or '(trống)'}” sau khi tệp được xuất."
