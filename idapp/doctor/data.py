"""What the doctor counts again from the rows: the invariants of ``docs/architecture.md`` on a living database."""

from collections import defaultdict
from collections.abc import Mapping

from peewee import fn

from idapp import people, progress, scans
from idapp.database import rows
from idapp.doctor.finding import Finding, all_good, verdict
from idapp.models import (
    OPEN_BATCH,
    STATUSES,
    Batch,
    BatchItem,
    Change,
    PaperCase,
    Person,
    Scan,
    SchoolClass,
    User,
)
from idapp.notices.papers import names_in_use
from idapp.people.states import COMPUTED, RuleContext, compute, values_of
from idapp.progress.board import ProgressRow
from idapp.rules import record
from idapp.settings import current

_SEES_ALL = User(role="principal")  # nobody in particular: never stored


def states(everybody: list[Person]) -> Finding:
    """Every record is in the one state that its values and surroundings say, computed columns included."""
    if not everybody:
        return Finding("states", "ok", "Chưa có hồ sơ nào.")
    context = RuleContext(bulk=True)
    wrong = []
    for person in everybody:
        stored = _computed_values(person)
        # in memory only: the doctor mends nothing
        compute(person, context)
        if person.status not in STATUSES or stored != _computed_values(person):
            wrong.append(person.id)
    return all_good(
        "states",
        wrong,
        "Mỗi hồ sơ ở đúng một trạng thái, tính lại không khác.",
        "hồ sơ có trạng thái hay giá trị tính sẵn đã cũ",
    )


def _computed_values(person: Person) -> dict[str, object]:
    return {name: getattr(person, name) for name in COMPUTED}


def verified_are_confirmed(everybody: list[Person]) -> Finding:
    """Asked of the stored rows: ``everybody`` may have been computed anew in memory."""
    verified = {id_ for (id_,) in rows(Person.select(Person.id).where(Person.status == "verified"))}
    wrong = []
    if verified:  # without a school there is nothing that the context could read
        context = RuleContext(bulk=True)
        candidates = [person for person in everybody if person.id in verified]
        wrong = [person.id for person in candidates if not _is_confirmed(person, context)]
    return all_good(
        "verified",
        wrong,
        "Hồ sơ đã xác thực đều giữ đúng giá trị được xác nhận.",
        "hồ sơ ghi đã xác thực mà giá trị đã khác",
    )


def _is_confirmed(person: Person, context: RuleContext) -> bool:
    """Did the register confirm exactly the values that the record has?"""
    hash_ = record.identity_hash(values_of(person), context.around(person))
    return person.outcome == "verified" and person.outcome_hash == hash_


def pupils_sit_in_present_classes() -> Finding:
    """Nobody who is at the school sits in a class whose year is over, where no list shows them."""
    in_past = Person.select(Person.id).join(SchoolClass).where(Person.active, SchoolClass.is_past)
    return all_good(
        "classes",
        [id_ for (id_,) in rows(in_past)],
        "Học sinh đang học đều ở lớp của năm học này.",
        "học sinh đang học mà còn ở lớp của năm học trước",
    )


def one_holder_per_number() -> Finding:
    """No two people who are here have one number; those who left may have the number of somebody who came."""
    holders = Person.select(fn.MIN(Person.id)).where(Person.active, Person.number.is_null(False))
    several = holders.group_by(Person.number).having(fn.COUNT(Person.id) > 1)
    twice = [id_ for (id_,) in rows(several)]
    return all_good(
        "numbers",
        twice,
        "Mỗi số định danh chỉ một người giữ.",
        "số định danh có hai người cùng giữ",
    )


def sums_add_up() -> Finding:
    """The board, the counters and the rows tell the same."""
    total = Person.select().where(Person.active).count()
    board = progress.board(_SEES_ALL)
    counts = people.counts(Person.select().where(Person.active))
    lines_add_up = all(_adds_up(line) for line in [*board.lines, board.whole])
    totals = {
        total,
        board.whole.total,
        sum(board.sum_of(kind).total for kind in progress.KIND_WORDS),
        counts.total,
        sum(counts.by_status.values()),
    }
    return verdict(
        "sums",
        lines_add_up and totals == {total} and _says_what_is_true_of_each(board.whole),
        f"Mọi tổng đều khớp: {total} hồ sơ.",
        f"Tổng trên bảng tiến độ không khớp với {total} hồ sơ.",
    )


def _adds_up(line: ProgressRow) -> bool:
    by_status = sum(line.by_status.values())
    by_holder = sum(line.by_holder.values())
    return line.total == by_status and line.left == by_holder


def _says_what_is_true_of_each(whole: ProgressRow) -> bool:
    """Out of indexes the board counts as many as there are for whom, one by one, it is true."""
    counts = {f"holder:{who}": whole.by_holder[who] for who in progress.HOLDER_WORDS}
    counts["notice_open"] = whole.notice_open
    return all(
        progress.people_behind(_SEES_ALL, column=column).count() == count
        for column, count in counts.items()
    )


def cases_follow_the_records() -> Finding:
    """An open case belongs to a record that is here and not confirmed. The worker closes them within seconds."""
    gone = ~Person.active | Person.status.in_(("verified", "foreign"))
    cases = PaperCase.select(PaperCase.person).join(Person)
    wrong = rows(cases.where(PaperCase.is_open(), gone))
    return verdict(
        "cases",
        not wrong,
        "Hồ sơ chờ giấy đều là của người đang ở trường, chưa xác thực.",
        f"{len(wrong)} hồ sơ chờ giấy chưa được khép lại: hãy xem worker có đang chạy không.",
        "warning",
    )


def papers_have_their_files() -> Finding:
    """Photos of papers: each row with its file, no file without a row."""
    stored = rows(Scan.select(Scan.id, Scan.name).where(Scan.erased_at.is_null()))
    # minus one: those of this very moment too
    files = scans.names_older_than(current(), minutes=-1)
    left_over = files - names_in_use()
    if left_over:
        sentence = f"{len(left_over)} ảnh giấy tờ không còn ai cần: worker sẽ xóa."
        return Finding("papers", "warning", sentence)
    return all_good(
        "papers",
        [id_ for id_, name in stored if name not in files],
        "Mỗi ảnh giấy tờ có đủ tệp, không thừa tệp nào.",
        "ảnh giấy tờ đã mất tệp",
    )


def versions_are_audited(everybody: list[Person]) -> Finding:
    """The history has as many versions of a record as were written after its first."""
    changes = Change.select(Change.person, fn.COUNT(Change.version.distinct()))
    # the first version is the birth of the record
    later = changes.where(Change.event == "person.changed", Change.version > 1)
    versions = dict(rows(later.group_by(Change.person)))
    wrong = [person.id for person in everybody if person.version - 1 != versions.get(person.id, 0)]
    return all_good(
        "versions",
        wrong,
        "Mỗi lần sửa đều có trong nhật ký.",
        "hồ sơ có lần sửa không thấy trong nhật ký",
    )


def history_ends_in_the_record(everybody: list[Person]) -> Finding:
    """The last audited value of every field is what the record holds now."""
    newest = (
        Change.select(fn.MAX(Change.id))
        .where(Change.event == "person.changed")
        .group_by(Change.person, Change.field)
    )
    changes = Change.select(Change.person, Change.field, Change.new).where(Change.id.in_(newest))
    texts_of: dict[int, dict[str, str]] = defaultdict(dict)
    for id_, field, text in rows(changes):
        texts_of[id_][field] = text
    wrong = [person.id for person in everybody if not _holds(person, texts_of[person.id])]
    return all_good(
        "history",
        wrong,
        "Nhật ký kết thúc đúng ở giá trị đang lưu.",
        "hồ sơ có giá trị khác với nhật ký",
    )


def _holds(person: Person, texts: Mapping[str, str]) -> bool:
    """Does the record hold exactly these texts? A field that was never written is empty."""
    return all(texts.get(name, "") == value for name, value in values_of(person).items())


def batches_add_up() -> Finding:
    """Nobody of those that were frozen at the start of a batch has vanished from it."""
    items = BatchItem.select(BatchItem.batch, fn.COUNT(BatchItem.id))
    counted = dict(rows(items.group_by(BatchItem.batch)))
    wrong = [batch.id for batch in Batch.select() if batch.total != counted.get(batch.id, 0)]
    return all_good(
        "batches",
        wrong,
        "Mỗi đợt xác thực có đủ số hồ sơ lúc bắt đầu.",
        "đợt xác thực không đủ hồ sơ",
    )


def open_items_are_in_open_batches() -> Finding:
    """Whatever ended a batch has also ended its items."""
    query = BatchItem.select(BatchItem.batch).join(Batch).where(BatchItem.is_open())
    items = rows(query.where(Batch.state.not_in(OPEN_BATCH)))
    wrong = list(dict.fromkeys(batch_id for (batch_id,) in items))
    return all_good(
        "open items",
        wrong,
        "Đợt đã kết thúc không còn hồ sơ dở dang.",
        "đợt đã kết thúc còn hồ sơ dở dang",
    )
