"""The life of one record in plain sentences, oldest first, by school year: arrived, moved, verified, changed, left.

All of it is read from the history and the answers; a step that was taken back is not told. The whole history, field by
field, has its own page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from idapp import notices, school, verification
from idapp.models import BatchItem, Change, Person, RecordMerge, Transfer, User, YearChange
from idapp.notices import explanations
from idapp.people import SOURCE_LABELS, transfers
from idapp.people.history import day_of
from idapp.people.membership import LEFT, MERGED, MISTAKEN
from idapp.rules import states
from idapp.rules.record import FIELD

_FIRST_MONTH = 8  # of a school year
_SENTENCES = {
    "person.papers": "Giấy tờ nhập học: {new}",
    "explanation.proposed": "Gửi giải trình",
    "explanation.approved": "Giải trình được duyệt",
    "explanation.returned": "Giải trình bị trả lại",
    "explanation.withdrawn": "Rút giải trình",
}
_CLOSED = {"verified": "đã xác thực", LEFT: "không còn ở trường"}


@dataclass(frozen=True)
class Moment:
    """One sentence. written_at: when it was written down (UTC); by: whose deed, "" for nobody's."""

    written_at: datetime
    text: str
    by: str = ""

    @property
    def day(self) -> date:
        """In Vietnam."""
        return day_of(self.written_at)


@dataclass(frozen=True)
class SchoolYear:
    """The moments of one school year, and the class at its end ("" for none)."""

    first: int
    class_name: str
    moments: Sequence[Moment]

    @property
    def words(self) -> str:
        """
        >>> SchoolYear(2022, "5A", ()).words, SchoolYear(2022, "", ()).words
        ('Năm học 2022-2023, lớp 5A', 'Năm học 2022-2023')
        """
        words = f"Năm học {self.first}-{self.first + 1}"
        return f"{words}, lớp {self.class_name}" if self.class_name else words


def life_of(person: Person) -> list[SchoolYear]:
    """The school years of which something is told, oldest first."""
    changes = _standing(person)
    moments = [*_moments_of_changes(person, changes), *_moments_of_answers(person)]
    moments.sort(key=lambda moment: moment.written_at)
    moves = [change for change in changes if change.event == "person.moved"]
    year_of = _school_years()
    by_year: dict[int, list[Moment]] = {}
    for moment in moments:
        by_year.setdefault(year_of(moment.written_at), []).append(moment)
    years_of_moves = [(year_of(move.at), move.old) for move in moves]
    present = person.school_class.name if person.school_class else ""
    return [
        SchoolYear(year, _class_at_end(year, years_of_moves, present), of_year)
        for year, of_year in by_year.items()
    ]


def _school_years() -> Callable[[datetime], int]:
    """Which school year a moment (UTC) belongs to: the school's own, from one step into the next year to another.

    Before the first step it begins in August, and is never later than the year from which the school went.
    """
    standing = YearChange.select().where(YearChange.state.in_(("running", "done")))
    steps = list(standing.order_by(YearChange.started_at))
    latest = steps[0].from_year if steps else school.the_school().school_year

    def _year_of(at: datetime) -> int:
        gone = [step.to_year for step in steps if step.started_at <= at]
        day = day_of(at)
        by_month = day.year if day.month >= _FIRST_MONTH else day.year - 1
        return gone[-1] if gone else min(by_month, latest)

    return _year_of


def _class_at_end(year: int, moves: Sequence[tuple[int, str]], present: str) -> str:
    """Where the first move after the year began; without one where the record is now.

    ``moves``: (school year, class of before), of which the step into a year says the year too.

    >>> _class_at_end(2022, [(2022, "5A"), (2023, "5B (2022-2023)")], "6B")
    '5B'
    """
    for year_of_move, class_before in moves:
        if year_of_move > year:
            return class_before.split(" (")[0]
    return present


def _standing(person: Person) -> list[Change]:
    """The history of the record without what was taken back and without the taking back, oldest first."""
    query = Change.select(Change, User).left_outer_join(User)
    changes = list(query.where(Change.person == person).order_by(Change.id))
    verb_of = {change.undoes: change.verb for change in changes if change.undoes}
    undone = {changeset for changeset, verb in verb_of.items() if verb == "undo"}
    merges = RecordMerge.select().where(
        (RecordMerge.survivor == person) | (RecordMerge.other == person),
        RecordMerge.undone_at.is_null(False),
    )
    undone |= {merge.changeset for merge in merges}
    return [
        change
        for change in changes
        if not change.undoes and (not change.changeset or change.changeset not in undone)
    ]


def _moments_of_changes(person: Person, changes: Sequence[Change]) -> Iterator[Moment]:
    about = {
        (transfer.changeset, transfer.kind): transfer
        for transfer in Transfer.select().where(Transfer.person == person)
    }
    yield from _birth(person, changes)
    yield from _edits(changes)
    for change in changes:
        text = _sentence(person, change, about)
        if text:
            yield Moment(change.at, text, _who(change))


def _sentence(person: Person, change: Change, about: dict[tuple[str, str], Transfer]) -> str:
    """What one row tells; "" if it tells nothing of a life."""
    if change.event == "person.moved":
        return _moved(change) + _circumstances(about.get((change.changeset, "class")))
    if change.event == "person.state":
        return _stated(person, change) + _circumstances(about.get((change.changeset, "state")))
    arrival = about.get((change.changeset, "arrival"))
    if change.event == "person.transfer" and change.field == "arrival" and arrival is not None:
        return _arrived(transfers.circumstances_of(arrival))
    if change.event == "notice.opened":
        reason = notices.REASON_WORDS.get(change.new, change.new)
        return f"Cần giấy tờ đối chiếu: {reason.lower()}"
    if change.event == "notice.closed":
        return f"Không cần giấy tờ đối chiếu nữa: {_CLOSED.get(change.new, change.new)}"
    if change.event == "explanation.proposed":
        reason = explanations.REASON_WORDS.get(change.new, change.new)
        return f"Gửi giải trình: {reason.lower()}"
    return _merged(change) or _SENTENCES.get(change.event, "").format(new=change.new)


def _moved(change: Change) -> str:
    if not change.old:
        return f"Vào lớp {change.new}"
    if not change.new:
        return f"Ra khỏi lớp {change.old}"
    return f"Chuyển từ lớp {change.old} sang lớp {change.new}"


def _merged(change: Change) -> str:
    """The subject says which of the two records goes on; "" for any other row."""
    if change.event != "person.merged":
        return ""
    if change.subject.startswith("from "):
        return f"Nhận hồ sơ trùng của {change.new}: hai hồ sơ đã gộp thành một"
    return f"Đã gộp vào hồ sơ của {change.new}: hồ sơ đó được dùng tiếp"


def _stated(person: Person, change: Change) -> str:
    """Left, came back, is away, or only another word."""
    state = change.new.lower()
    was_here = transfers.is_present(person.kind, change.old)
    is_here = transfers.is_present(person.kind, change.new)
    if change.new == MERGED:
        return ""  # the merge itself is told
    if change.new == MISTAKEN:
        return "Bỏ khỏi danh sách: nhập nhầm"
    if was_here and not is_here:
        return f"Rời trường: {state}"
    if is_here and not was_here:
        return f"Trở lại trường: {state}"
    if states.meaning_of(person.kind, change.old) == "away":
        return f"Hết tạm nghỉ: {state}"
    return f"Trạng thái: {state}"


def _circumstances(transfer: Transfer | None) -> str:
    """Since when, and where to."""
    if transfer is None:
        return ""
    about = transfers.circumstances_of(transfer)
    where_to = f"đến {about.place}" if about.place else ""
    parts = (f"từ ngày {about.day:%d/%m/%Y}", where_to, about.note)
    return f" ({', '.join(part for part in parts if part)})"


def _arrived(about: transfers.Circumstances) -> str:
    """
    >>> _arrived(transfers.Circumstances(date(2022, 9, 5), "Trường TH Mỹ An", note="theo cha mẹ"))
    'Đến trường ngày 05/09/2022, từ Trường TH Mỹ An, theo cha mẹ'
    """
    where_from = f"từ {about.place}" if about.place else ""
    parts = (f"Đến trường ngày {about.day:%d/%m/%Y}", where_from, about.note)
    return ", ".join(part for part in parts if part)


def _birth(person: Person, changes: Sequence[Change]) -> Iterator[Moment]:
    """How the record came into being."""
    values = [change for change in changes if change.event == "person.changed"]
    if not values:
        return
    first = values[0]
    moves = [change for change in changes if change.event == "person.moved"]
    class_name = person.school_class.name if person.school_class else ""
    if moves:
        class_name = moves[0].old.split(" (")[0]
    where = f"danh sách lớp {class_name}" if class_name else "danh sách"
    source = SOURCE_LABELS.get(first.source, first.source)
    yield Moment(first.at, f"Có tên trong {where} ({source})", _who(first))


def _edits(changes: Iterable[Change]) -> Iterator[Moment]:
    """What was changed later: the fields of one day, hand and source together."""
    groups: dict[tuple[date, str, str], list[Change]] = {}
    for change in changes:
        is_edit = change.event == "person.changed" and change.version != 1
        if is_edit and change.field in FIELD:
            key = (day_of(change.at), _who(change), change.source)
            groups.setdefault(key, []).append(change)
    for (_, who, source), edits in groups.items():
        if source == "places":  # the fields of one epoch must not be named in the other
            yield Moment(edits[0].at, "Đổi nơi thường trú theo danh mục địa chỉ mới", who)
            continue
        labels = dict.fromkeys(FIELD[change.field].label.lower() for change in edits)
        words = SOURCE_LABELS.get(source, source)
        yield Moment(edits[0].at, f"Sửa {', '.join(labels)} ({words})", who)


def _moments_of_answers(person: Person) -> Iterator[Moment]:
    for item in verification.answers_about(person):
        if item.settled_at is not None:
            yield Moment(item.settled_at, f"Đợt xác thực {item.batch_id}: {_answer(item)}")


def _answer(item: BatchItem) -> str:
    if item.state == "skipped" and item.reason == LEFT:
        return "không gửi, đã rời trường"
    words = verification.ITEM_WORDS[item.counted_as].lower()
    labels = [FIELD[name].label.lower() for name in item.differences if name in FIELD]
    return f"{words}: {', '.join(labels)}" if labels else words


def _who(change: Change) -> str:
    return change.user.full_name if change.user else ""
