"""Two records of one person become one, and become two again.

The record that goes on (``survivor``) gets the values that were chosen side by side, and all that hung on the other.
The other record leaves the tables in the state "Đã gộp"; its texts and its history stay as they are, and whoever comes
for it, by a link or in an older file, is led to the first one.

One transaction: read both afresh, compare with what the user saw, write. So a number never has two holders (the other
record gives it up first), and two people who merge or edit at once cannot both be right: the second one is told. What
was confirmed stays confirmed only if it goes on as it was confirmed: the values go the way of every change
(``people.changing``), and an answer of the register comes along only where it was about the very values that go on.

``journal`` of the merge says what stood before; ``undo_merge`` puts back exactly that, as long as nobody has worked on
either record since.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from peewee import fn

from idapp import audit
from idapp.database import rows, writing
from idapp.doubles.belongings import move_belongings
from idapp.doubles.journal import Journal, JournalEntry, holds, put_back, rows_of_entries
from idapp.doubles.pairs import pair_of
from idapp.doubles.sides import PLACE, Difference, SideBySide, fingerprint, side_by_side
from idapp.models import (
    OPEN_ITEM,
    UNDER_WAY,
    BatchItem,
    Change,
    EpochChange,
    FormerNumber,
    Person,
    RecordMerge,
    SchoolClass,
    User,
    YearChange,
    utc_now,
)
from idapp.people import former_numbers, membership
from idapp.people.changing import Edit, change_many, new_changeset
from idapp.people.membership import MERGED, NOBODY
from idapp.people.states import RuleContext, people_with_class, recompute_all
from idapp.people.survivors import merge_of, merged_into
from idapp.rules import record
from idapp.rules.problem import Problem

SOURCE = "merge"
_ANSWER = (
    "outcome",
    "outcome_hash",
    "outcome_at",
    "differences",
    "outcome_reason",
    "register_residence",
)
_PLACE_COLUMNS = ("school_class", "state", "active")
# what people do to a record; looking at it and what the program does by itself are no work
_WORK = ("person.changed", "person.moved", "person.state")
_WORK_KINDS = ("notice.", "explanation.", "scan.added", "scan.erased")


@dataclass(frozen=True)
class Decision:
    """What the user decided: {group of a difference: side}, having seen the records of this ``fingerprint``."""

    sides: Mapping[str, str]
    seen: str


class ChangedMeanwhile(Exception):
    """One of the records is no longer as the user saw it. Nothing was written."""


def why_not(survivor: Person, other: Person) -> str:
    """The sentence that says why these two cannot be merged now; "" if they can."""
    if survivor.id == other.id:
        return "Đây là một hồ sơ, không phải hai."
    for person in (survivor, other):
        if person.state in NOBODY:
            return f"Hồ sơ {_named(person)} không còn dùng ({person.state.lower()})."
    if pair_of(survivor, other) is not None:
        return "Đã lưu đây là hai người khác nhau. Nếu nhầm thì bỏ ghi nhận ấy trước, rồi gộp."
    batch = _open_batch(survivor, other)
    if batch:
        return (
            f"Có hồ sơ đang chờ kết quả ở đợt xác thực số {batch}. "
            "Chờ đợt ấy có kết quả rồi hãy gộp, để kết quả không tính nhầm."
        )
    return _what_is_under_way()


def _what_is_under_way() -> str:
    """The sentence about a change of everybody that is not over yet, "" if there is none."""
    if EpochChange.select().where(EpochChange.state.in_(UNDER_WAY)).exists():
        return "Trường đang đổi danh mục địa chỉ: chờ đổi xong rồi hãy gộp."
    if YearChange.select().where(YearChange.state.in_(UNDER_WAY)).exists():
        return "Trường đang chuyển sang năm học mới: chờ chuyển xong rồi hãy gộp."
    return ""


def merge(survivor: Person, other: Person, decision: Decision, *, by: User) -> RecordMerge:
    """Make one record of two, in one transaction.

    1. Read both; stop if they are not as they were seen, or may not be merged.
    2. Put ``other`` away: its number is free from here on.
    3. Move what hangs on it; write the chosen values, class and state; take over its answer where it fits.
    4. Keep its number as a former one.

    Raises ``ChangedMeanwhile``, and ``Problem`` with the sentence of ``why_not`` or for a value without a choice.
    """
    with writing():
        survivor, other = _afresh(survivor, other)
        reason = why_not(survivor, other)
        if reason:
            raise Problem("", "not_mergeable", reason)
        if fingerprint(survivor, other) != decision.seen:
            raise ChangedMeanwhile
        sides = side_by_side(survivor, other)
        _check_choices(sides, decision)
        changeset = new_changeset()
        journal = Journal()
        _put_away(other, journal, changeset, by)
        move_belongings(survivor, other, journal=journal, by=by)
        _take_place(sides, decision, journal, changeset, by)
        _take_values(sides, decision, journal, changeset, by)
        _take_answer(survivor, other, journal)
        _keep_number(survivor, other, changeset)
        merge = RecordMerge.create(
            survivor=survivor, other=other, by=by, changeset=changeset, journal=journal.entries
        )
        _record_both("person.merged", merge, by)
    return merge


def undo_merge(merge: RecordMerge, *, by: User) -> None:
    """Two records again, each with what it had before, to the letter.

    Raises ``Problem`` where somebody has worked on one of them since, and nothing is written.
    """
    with writing():
        merge = RecordMerge.get_by_id(merge.id)
        entries = rows_of_entries(merge.journal)
        reason = _why_not_undone(merge, entries)
        if reason:
            raise Problem("", "not_undoable", reason)
        changeset = new_changeset()
        _put_values_back(merge, changeset, by)
        for entry, row in reversed(entries):
            if row is not None and not _is_text_or_number(entry):
                put_back(entry, row)
        _record_places(merge, changeset, by)
        FormerNumber.delete().where(FormerNumber.changeset == merge.changeset).execute()
        _recompute(merge)
        RecordMerge.update(undone_at=utc_now()).where(RecordMerge.id == merge.id).execute()
        _record_both("person.unmerged", merge, by)


# --- joining ---


def _afresh(*people: Person) -> list[Person]:
    """The records as they are stored now, each with its class."""
    by_id = {person.id: person for person in people_with_class(Person.id.in_(_ids(people)))}
    return [by_id[person.id] for person in people]


def _ids(people: Sequence[Person]) -> list[int]:
    return [person.id for person in people]


def _open_batch(survivor: Person, other: Person) -> int:
    """The number of a batch that owes an answer about one of them, 0 for none."""
    waiting = BatchItem.select(BatchItem.batch).where(
        BatchItem.person.in_([survivor.id, other.id]), BatchItem.state.in_(OPEN_ITEM)
    )
    batches = rows(waiting.limit(1))
    return batches[0][0] if batches else 0


def _check_choices(sides: SideBySide, decision: Decision) -> None:
    """Raises Problem ``missing`` for a difference about which nothing was decided."""
    for difference in sides.choices:
        if decision.sides.get(difference.group) not in ("survivor", "other"):
            sentence = f"Chọn một bên cho mục {difference.label}."
            raise Problem(difference.group, "missing", sentence)
        if difference.survivor_only and decision.sides[difference.group] != "survivor":
            sentence = f"Mục {difference.label} chỉ giữ được của hồ sơ được giữ."
            raise Problem(difference.group, "survivor_only", sentence)


def _put_away(other: Person, journal: Journal, changeset: str, by: User) -> None:
    journal.note(other, "state", other.state, MERGED)
    journal.note(other, "active", other.active, False)
    journal.note(other, "number", other.number, None)  # of two with one number: who held it
    membership.set_state(other, MERGED, active=False, by=by, source=SOURCE, changeset=changeset)


def _take_place(
    sides: SideBySide, decision: Decision, journal: Journal, changeset: str, by: User
) -> None:
    """Class and state of ``other`` as they were before it was put away, if they were chosen."""
    if sides.place is None or decision.sides[PLACE] == "survivor":
        return
    survivor = sides.survivor
    other = sides.other
    for name in _PLACE_COLUMNS:
        before, left = survivor.__data__[name], other.__data__[name]
        journal.note(survivor, name, before, left)
    if other.school_class is not None:
        membership.move(survivor, other.school_class, by=by, source=SOURCE, changeset=changeset)
    elif survivor.school_class is not None:
        membership.take_out_of_class([survivor], by=by, source=SOURCE, changeset=changeset)
    if (survivor.state, survivor.active) != (other.state, other.active):
        membership.set_state(
            survivor, other.state, active=other.active, by=by, source=SOURCE, changeset=changeset
        )


def _take_values(
    sides: SideBySide, decision: Decision, journal: Journal, changeset: str, by: User
) -> None:
    """The values of ``other`` that were chosen, to the letter, and what was noted of their repair."""
    [survivor] = _afresh(sides.survivor)
    edits = []
    for difference in sides.differences:
        if decision.sides[difference.group] == "other":
            edits += _edits(survivor, difference)
    if not edits:
        return
    repaired = dict(survivor.repaired)
    written = change_many(edits, by=by, source=SOURCE, changeset=changeset)
    if written.conflicts or written.refused:  # read in this very transaction: cannot be
        raise ChangedMeanwhile
    for edit in edits:
        journal.note(survivor, edit.field, edit.seen, edit.text)
    [now] = _afresh(survivor)
    journal.note(survivor, "repaired", repaired, now.repaired)


def _edits(survivor: Person, difference: Difference) -> list[Edit]:
    edits = []
    for name, text in difference.texts("other").items():
        stored = getattr(survivor, name)
        if stored != text:
            edits.append(Edit(survivor, name, text, seen=stored, exact=True))
    return edits


def _take_answer(survivor: Person, other: Person, journal: Journal) -> None:
    """The register's last word about ``other`` counts if it was about the values that stand in ``survivor`` now."""
    [survivor] = _afresh(survivor)
    context = RuleContext()
    now = context.identity_hash_of(survivor)
    if not other.outcome or other.outcome_hash != now:
        return
    is_answered = bool(survivor.outcome) and survivor.outcome_hash == now
    if is_answered and not _is_later(other, survivor):
        return
    journal.write(survivor, **{name: getattr(other, name) for name in _ANSWER})
    recompute_all([survivor], context)


def _is_later(other: Person, survivor: Person) -> bool:
    if other.outcome_at is None or survivor.outcome_at is None:
        return survivor.outcome_at is None
    return bool(other.outcome_at > survivor.outcome_at)


def _keep_number(survivor: Person, other: Person, changeset: str) -> None:
    """Whatever number ``other`` had, older lists may still name it."""
    [survivor] = _afresh(survivor)
    number = former_numbers.former_key(other.identity_number)
    if number and number != former_numbers.former_key(survivor.identity_number):
        former_numbers.remember(survivor.id, number, origin="merged", changeset=changeset)


def _record_both(event: str, merge: RecordMerge, by: User) -> None:
    """The history of each of the two names the other one."""
    pairs = ((merge.survivor, merge.other, "from"), (merge.other, merge.survivor, "into"))
    for person, counterpart, direction in pairs:
        audit.record(
            event,
            by=by,
            person=person,
            subject=f"{direction} person {counterpart.id}",
            new=_named(counterpart),
            source=SOURCE,
            changeset=merge.changeset if event == "person.merged" else "",
        )


def _named(person: Person) -> str:
    return str(person.full_name) or "(chưa có tên)"


# --- and apart again ---


def _why_not_undone(merge: RecordMerge, entries: Sequence[tuple[JournalEntry, object]]) -> str:
    """The sentence that says why the merge stays; "" if it can be taken back."""
    if merge.undone_at is not None:
        return "Lần gộp này đã được hoàn tác rồi."
    if merge_of(merge.survivor) is not None:
        return "Hồ sơ được giữ đã gộp tiếp vào một hồ sơ khác: hoàn tác lần gộp ấy trước."
    if any(later.id > merge.id for later in merged_into(merge.survivor)):
        return "Sau đó còn gộp thêm một hồ sơ khác vào hồ sơ này: hoàn tác lần gộp ấy trước."
    batch = _open_batch(merge.survivor, merge.other)
    if batch:
        return f"Hồ sơ đang chờ kết quả ở đợt xác thực số {batch}: chờ có kết quả rồi hãy hoàn tác."
    last = _work_since(merge)
    if last is not None:
        who = last.user.full_name if last.user else "Hệ thống"
        return (
            f"{who} đã làm việc với hồ sơ này sau khi gộp nên không hoàn tác được nữa. "
            "Hồ sơ đã gộp vẫn còn nguyên để xem."
        )
    for entry, row in entries:
        if not holds(entry, row):  # type: ignore[arg-type]
            return (
                "Hồ sơ hoặc giấy tờ của em đã thay đổi sau khi gộp nên không hoàn tác được nữa. "
                "Hồ sơ đã gộp vẫn còn nguyên để xem."
            )
    return ""


def _work_since(merge: RecordMerge) -> Change | None:
    """The last thing that somebody did to one of the two after the merge."""
    of_merge = Change.select(fn.MAX(Change.id)).where(Change.changeset == merge.changeset)
    end_of_merge = of_merge.scalar() or 0
    is_work = Change.event.in_(_WORK)
    for kind in _WORK_KINDS:
        is_work |= Change.event.startswith(kind)
    query = Change.select(Change, User).join(User)
    of_both = query.where(
        Change.person.in_([merge.survivor_id, merge.other_id]), Change.id > end_of_merge, is_work
    )
    return of_both.order_by(Change.id.desc()).first()


def _is_text(entry: JournalEntry) -> bool:
    """One of the texts of a record, which goes back the way of every change."""
    table, _, column, _, _ = entry
    return bool(table == Person._meta.table_name and column in record.FIELD)


def _is_text_or_number(entry: JournalEntry) -> bool:
    """The number is computed from its text, where nobody else holds it by now."""
    return _is_text(entry) or entry[2] == "number"


def _put_values_back(merge: RecordMerge, changeset: str, by: User) -> None:
    edits = []
    for entry in merge.journal:
        if _is_text(entry):
            _, _, name, before, left = entry
            edits.append(Edit(merge.survivor, name, before, seen=left, exact=True))
    written = change_many(
        edits, by=by, source="undo", changeset=changeset, undoes=merge.changeset, verb="undo"
    )
    if written.conflicts or written.refused:
        raise Problem("", "not_undoable", "Hồ sơ vừa được sửa nên không hoàn tác được nữa.")


def _record_places(merge: RecordMerge, changeset: str, by: User) -> None:
    """The history of class and state, which went back with the rows."""
    for table, id_, column, before, left in merge.journal:
        is_place = table == Person._meta.table_name and column in ("state", "school_class")
        if not is_place:
            continue
        event = "person.state" if column == "state" else "person.moved"
        old, new = left, before
        if column == "school_class":
            old, new = _class_name(left), _class_name(before)
        audit.record(
            event,
            by=by,
            person=Person.get_by_id(id_),
            field=column,
            old=old,
            new=new,
            source="undo",
            undoes=merge.changeset,
            verb="undo",
            changeset=changeset,
        )


def _class_name(class_id: int | None) -> str:
    school_class = SchoolClass.get_or_none(SchoolClass.id == class_id)
    return str(school_class.name) if school_class else ""


def _recompute(merge: RecordMerge) -> None:
    """Both, and who shares a number with one of them; first the one that held it before."""
    both_ids = [merge.survivor_id, merge.other_id]
    Person.update(number=None).where(Person.id.in_(both_ids)).execute()
    context = RuleContext()
    people = _afresh(merge.survivor, merge.other)
    if any(entry[2] == "number" for entry in merge.journal):
        people.reverse()
    sharers = {person.id: person for person in people}
    for person in people:
        for sharer in context.number_sharers(person, {person.identity_number}):
            sharers.setdefault(sharer.id, sharer)
    recompute_all(sharers.values(), context)
