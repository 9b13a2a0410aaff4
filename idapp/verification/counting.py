"""What the rows of a batch say, while it runs and afterwards. Counted anew each time, never kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from peewee import JOIN, SQL, Case, Expression, ModelSelect, Value, fn

from idapp.database import ONE_ROW, PreparedStatement, rows
from idapp.models import (
    OPEN_BATCH,
    OPEN_ITEM,
    Batch,
    BatchItem,
    Person,
    SchoolClass,
    User,
    in_school_order,
    utc_now,
)
from idapp.permissions import people_of
from idapp.rules import record
from idapp.verification.scopes import scope_words

STATE_WORDS = {
    "prepared": "Chờ hiệu trưởng mở",
    "queued": "Đang chờ đến lượt",
    "running": "Đang chạy",
    "paused": "Tạm dừng",
    "interrupted": "Gián đoạn",
    "waiting_for_answers": "Chờ tệp kết quả",
    "finished": "Đã xong",
    "stopped": "Đã dừng",
    "failed": "Bị lỗi, chưa thực hiện",
}
ITEM_WORDS = {
    "waiting": "Chưa gửi",
    "sending": "Đang gửi",
    "verified": "Đã xác thực",
    "mismatch": "Không khớp",
    "not_found": "Không tìm thấy",
    "rejected": "Bị từ chối",
    "unanswered": "Dịch vụ chưa trả lời",
    "stale": "Sửa sau khi gửi",
    "skipped": "Chưa gửi, đợt dừng hoặc đã rời trường",
}
DIFFERENCE_WORDS = {
    "gained": "mới xác thực được",
    "lost": "trước khớp, nay không khớp",
    "newly_wrong": "lần đầu có kết quả, chưa khớp",
    "still_wrong": "vẫn chưa khớp",
    "kept": "sửa rồi, vẫn đúng",
}
_REASON_WORDS = {
    "time_out": "quá thời gian chờ",
    "no_connection": "không nối được",
    "dropped": "đứt kết nối",
    "cut": "câu trả lời bị cắt giữa chừng",
    "empty": "câu trả lời trống",
    "html": "nhận được một trang web thay cho câu trả lời",
    "fault": "dịch vụ báo lỗi",
    "wrong_person": "dịch vụ trả về người khác",
    "two_persons": "dịch vụ trả về hai người",
    "http_429": "dịch vụ quá tải, yêu cầu hỏi chậm lại",
    "no_result": "không có trong các tệp kết quả",
    "failed_without_cause": "tệp ghi không thành công, không nêu lý do",
}
ITEM_ENDS = ("verified", "mismatch", "not_found", "rejected", "unanswered", "stale", "skipped")
PROBLEMS = ("mismatch", "not_found", "rejected", "unanswered", "stale")
_WRONG = ("mismatch", "not_found", "rejected")
_SPEED_OVER = timedelta(seconds=30)
# BatchItem.counted_as in SQL: each item exactly once
_IS_STALE = BatchItem.stale & BatchItem.state.not_in(OPEN_ITEM)
_COUNTED_AS = Case(None, [(_IS_STALE, "stale")], BatchItem.state)


@dataclass(frozen=True)
class Tally:
    """The rows of a batch, counted."""

    by_state: dict[str, int]
    per_second: float = 0.0

    @property
    def total(self) -> int:
        """All that were frozen when the batch was made."""
        return sum(self.by_state.values())

    @property
    def settled(self) -> int:
        """Asked to the end. Whoever a stopped batch did not ask is not."""
        return self.total - self._count_in(*OPEN_ITEM, "skipped")

    @property
    def percent(self) -> int:
        """Of those that were frozen, rounded down: 100 only when nobody is left."""
        if not self.total:
            return 0
        return 100 * self.settled // self.total

    @property
    def problems(self) -> int:
        """Records that need somebody's hand."""
        return self._count_in(*PROBLEMS)

    @property
    def passed(self) -> bool:
        """Every record is verified: more than that every record has an answer."""
        return self.total > 0 and self.by_state.get("verified", 0) == self.total

    @property
    def seconds_left(self) -> int | None:
        """At the speed of the last half minute; None when nothing was answered in it, or nobody is left."""
        left = self.total - self.settled
        if not left or not self.per_second:
            return None
        return round(left / self.per_second)

    def _count_in(self, *states: str) -> int:
        return sum(self.by_state.get(state, 0) for state in states)


def tally(batch: Batch) -> Tally:
    """Counted from the rows, with the speed of the last half minute."""
    return Tally(_by_state(_COUNTS.raw(batch.id)), _speed(batch))


def _by_state(counts: Iterable[tuple[str, bool, int]]) -> dict[str, int]:
    """Of (state, stale, how many): each item counted as :attr:`BatchItem.counted_as` says."""
    by_state: Counter[str] = Counter()
    for state, is_stale, count in counts:
        by_state[BatchItem(state=state, stale=is_stale).counted_as] += count
    return dict(by_state)


def _speed(batch: Batch) -> float:
    """Answers a second, in the last half minute."""
    [(count, first)] = _RECENT.raw(batch.id, utc_now() - _SPEED_OVER)
    if count < 2:
        return 0.0
    # MIN() of a column comes back as the database stores it
    moment = BatchItem.settled_at.python_value(first)
    seconds = (utc_now() - moment).total_seconds()
    return count / max(seconds, 0.5)


# whoever watches a batch asks every two seconds; in the order of the index, so that nothing is sorted
_IN_STATE = (BatchItem.state, BatchItem.stale)
_COUNTS = PreparedStatement(
    lambda batch: (
        BatchItem.select(*_IN_STATE, fn.COUNT(SQL("*")))
        .where(BatchItem.batch == batch)
        .group_by(*_IN_STATE)
    )
)
_RECENT = PreparedStatement(
    lambda batch, since: BatchItem.select(
        fn.COUNT(BatchItem.id), fn.MIN(BatchItem.settled_at)
    ).where(BatchItem.batch == batch, BatchItem.settled_at >= since)
)


def tallies(batches: Sequence[Batch]) -> dict[int, Tally]:
    """Counts of many batches in one query, without speed."""
    counts = BatchItem.select(BatchItem.batch, *_IN_STATE, fn.COUNT(SQL("*")))
    counts = counts.where(BatchItem.batch.in_([batch.id for batch in batches]))
    counts_of: dict[int, list[tuple[str, bool, int]]] = {batch.id: [] for batch in batches}
    for batch_id, *count in rows(counts.group_by(BatchItem.batch, *_IN_STATE)):
        counts_of[batch_id].append((count[0], count[1], count[2]))
    return {batch_id: Tally(_by_state(counts)) for batch_id, counts in counts_of.items()}


def verified_in(batch: Batch) -> int:
    """How many of a batch are verified: ``tally(batch).by_state["verified"]``, without the others."""
    [(count,)] = _VERIFIED.raw(batch.id)
    return int(count)


_VERIFIED = PreparedStatement(
    lambda batch: BatchItem.select(fn.COUNT(SQL("*"))).where(
        BatchItem.batch == batch, BatchItem.state == "verified", BatchItem.stale == Value(False)
    )
)


@dataclass(frozen=True)
class UnderWay:
    """An open batch in one line, for the strip on every page."""

    id: int
    words: str


def under_way(user: User) -> UnderWay | None:
    """The open batch that concerns this user: of a teacher only one that asks about an own pupil."""
    if not _OPEN.raw():
        return None
    batches = Batch.select().where(Batch.state.in_(OPEN_BATCH))
    if user.role == "teacher":
        pupils = people_of(user, include_inactive=True).select(Person.id)
        about_pupils = BatchItem.select(BatchItem.batch).where(BatchItem.person.in_(pupils))
        batches = batches.where(Batch.id.in_(about_pupils))
    # false before true: one that runs comes before one that waits for the head of the school
    batch = batches.order_by(Batch.state == "prepared", Batch.id).first()
    if batch is None:
        return None
    state = STATE_WORDS[batch.shown_state].lower()
    words = f"Đợt xác thực {scope_words(batch.scope)}: {state}"
    if batch.state != "prepared":
        percent = tallies([batch])[batch.id].percent
        words += f", {percent} % đã có kết quả"
    return UnderWay(batch.id, words)


# asked by every page, most of the year in vain
_OPEN = PreparedStatement(
    lambda: Batch.select(Batch.id).where(Batch.state.in_(OPEN_BATCH)).limit(ONE_ROW)
)


def items_in(batch: Batch, only: str, people: ModelSelect[Person]) -> ModelSelect[BatchItem]:
    """Items with their people and classes, in class order, of the people in this scope.

    ``only``: what came out, a kind of difference, or "" for everything that needs somebody's hand.
    """
    query = (
        batch.items.select(BatchItem, Person, SchoolClass)
        .join(Person)
        .join(SchoolClass, JOIN.LEFT_OUTER)
    )
    chosen = query.where(_condition(only), BatchItem.person.in_(people))
    order = (*in_school_order(), Person.sort_key, BatchItem.id)
    return chosen.order_by(*order)


def answers_about(person: Person) -> list[BatchItem]:
    """What the register has said about one record, newest first, each with its batch."""
    query = BatchItem.select(BatchItem, Batch).join(Batch).where(BatchItem.person == person)
    return list(query.where(BatchItem.settled_at.is_null(False)).order_by(BatchItem.id.desc()))


def _condition(only: str) -> Expression:
    if only in DIFFERENCE_WORDS:
        return _DIFFERENCE[only] & ~BatchItem.stale
    if only in ITEM_WORDS:
        return _COUNTED_AS.in_([only])
    return _COUNTED_AS.in_(PROBLEMS)


_DIFFERENCE = {
    "gained": (BatchItem.state == "verified") & (BatchItem.outcome_before != "verified"),
    "lost": BatchItem.state.in_(_WRONG) & (BatchItem.outcome_before == "verified"),
    "newly_wrong": BatchItem.state.in_(_WRONG) & BatchItem.outcome_before.in_(["", "unanswered"]),
    "still_wrong": BatchItem.state.in_(_WRONG) & BatchItem.outcome_before.in_(_WRONG),
    "kept": (BatchItem.state == "verified") & (BatchItem.outcome_before == "verified"),
}


def difference(batch: Batch, people: ModelSelect[Person]) -> dict[str, int]:
    """What this batch changed against the register's last word on the same people before it: {kind: n}."""
    counts = [fn.SUM(Case(None, [(_condition(kind), 1)], 0)) for kind in _DIFFERENCE]
    [row] = rows(batch.items.select(*counts).where(BatchItem.person.in_(people)))
    # a sum over no rows is NULL
    return {kind: count for kind, count in zip(_DIFFERENCE, row, strict=True) if count}


def by_class(batch: Batch, people: ModelSelect[Person]) -> list[tuple[str, dict[str, int]]]:
    """(class name or "" for staff, {state: n}) in school order."""
    groups = (SchoolClass.position, SchoolClass.id, SchoolClass.name)
    query = batch.items.select(
        *groups, _COUNTED_AS.alias("counted_as"), fn.COUNT(BatchItem.id)
    ).join(Person)
    query = query.join(SchoolClass, JOIN.LEFT_OUTER).where(BatchItem.person.in_(people))
    states_of: dict[str, dict[str, int]] = {}
    query = query.group_by(*groups, SQL("counted_as")).order_by(*in_school_order())
    for _, _, name, state, count in rows(query):
        states_of.setdefault(name or "", {})[state] = count
    return list(states_of.items())


def by_reason(batch: Batch, people: ModelSelect[Person]) -> dict[str, int]:
    """Why records are not verified, in words: {words: n}, most first. A record may differ in two fields."""
    counts: Counter[str] = Counter()
    query = batch.items.select(
        BatchItem.state, BatchItem.stale, BatchItem.reason, BatchItem.differences
    )
    for item in query.where(_COUNTED_AS.in_(PROBLEMS), BatchItem.person.in_(people)):
        counts.update(_reasons_of(item))
    return dict(counts.most_common())


def _reasons_of(item: BatchItem) -> list[str]:
    if item.stale:
        return ["sửa sau khi gửi, chờ gửi lại ở đợt sau"]
    if item.differences:
        return [f"khác {record.FIELD[name].label.lower()}" for name in item.differences]
    if item.state == "mismatch":
        return ["không khớp, tệp kết quả không nêu mục nào khác"]
    words = reason_words(item.state, item.reason)
    return [words[0].lower() + words[1:]]


def reason_words(state: str, reason: str) -> str:
    """Why a record has no answer, or no better one, in words."""
    if state == "not_found":
        return "Số, họ tên hoặc năm sinh không khớp; cơ sở dữ liệu dân cư không cho biết mục nào"
    if state == "rejected":
        return "Thông tin chưa đủ hoặc chưa đúng dạng để hỏi"
    if reason.startswith("http_") and reason not in _REASON_WORDS:
        return f"Dịch vụ chưa trả lời (máy chủ báo lỗi {reason[5:]}), không phải lỗi của hồ sơ"
    words = _REASON_WORDS.get(reason, "câu trả lời không đọc được")
    return f"Dịch vụ chưa trả lời ({words}), không phải lỗi của hồ sơ"
