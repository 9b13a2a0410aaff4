"""Which record goes on for one that was merged: followed from merge to merge, and back to all that one holds."""

from idapp.database import rows
from idapp.models import Person, RecordMerge


def survivors() -> dict[int, int]:
    """{id of a merged record: id of the record that goes on for it}, through any number of merges."""
    query = RecordMerge.select(RecordMerge.other, RecordMerge.survivor)
    merged = dict(rows(query.where(RecordMerge.undone_at.is_null())))
    return {other: _end_of(survivor, merged) for other, survivor in merged.items()}


def _end_of(id_: int, merged: dict[int, int]) -> int:
    while id_ in merged:
        id_ = merged[id_]
    return id_


def survivor_of(person: Person) -> Person | None:
    """The record into which this one was merged, one step; None if it was not."""
    merge = merge_of(person)
    return merge.survivor if merge is not None else None


def merge_of(person: Person) -> RecordMerge | None:
    """The standing merge that put this record away."""
    return RecordMerge.get_or_none(RecordMerge.other == person, RecordMerge.undone_at.is_null())


def merged_into(person: Person) -> list[RecordMerge]:
    """The merges whose other record goes on in this one, newest first."""
    standing = RecordMerge.undone_at.is_null()
    query = RecordMerge.select().where(RecordMerge.survivor == person, standing)
    return list(query.order_by(RecordMerge.id.desc()))


def ids_of_one(person: Person) -> list[int]:
    """The record and all that went into it, through any number of merges: whose history is one person's."""
    of_kept: dict[int, list[int]] = {}
    query = RecordMerge.select(RecordMerge.other, RecordMerge.survivor)
    for other, survivor in rows(query.where(RecordMerge.undone_at.is_null())):
        of_kept.setdefault(survivor, []).append(other)
    ids = [person.id]
    for id_ in ids:  # grows while it is read
        ids += of_kept.get(id_, [])
    return ids
