"""The minutes (biên bản) of a batch as a workbook to print and sign: what was asked, what came back, who is left.

Identity numbers are masked: the paper lies on desks, and class, name and birth date find the pupil.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from peewee import ModelSelect

from idapp import disclosures, permissions
from idapp.documents import place_of_papers
from idapp.models import Batch, BatchItem, Person, User, utc_now
from idapp.rules import birth_date, catalogues, identity_number, official_paper, record
from idapp.school import the_campaign, the_school
from idapp.settings import VIETNAM, current
from idapp.verification.counting import (
    ITEM_WORDS,
    STATE_WORDS,
    by_class,
    items_in,
    reason_words,
    tally,
)
from idapp.verification.scopes import WHICH_WORDS, scope_words
from idapp.workbook import Paper, Strip, workbook_bytes

Strips = list[Strip]  # one line of the paper

_WIDTHS = (6, 16, 28, 13, 17, 17, 16, 46)
_LAST = len(_WIDTHS) - 1
_GAP: Strips = []
ITEM_HEADINGS = (
    "STT",
    "Lớp",
    "Họ và tên",
    "Ngày sinh",
    "Giới tính",
    "Số định danh",
    "Kết quả",
    "Mục khác nhau",
)
_ANSWERED = ("verified", "mismatch", "not_found", "rejected", "unanswered")
# columns that are there only if a class has somebody in them
_MORE = {
    "Sửa sau khi gửi": ("stale",),
    "Chưa gửi xong": ("waiting", "sending", "skipped"),
}
_CHANNEL_WORDS = {"soap": "gửi trực tiếp qua dịch vụ", "file": "gửi bằng tệp theo mẫu 4.1.6"}


def minutes_workbook(batch: Batch, *, by: User) -> bytes:
    """The xlsx. Writes its audit row too: the paper carries names out of the house."""
    people = permissions.people_of(by, include_inactive=True)
    left = list(items_in(batch, "", people))
    lines = [
        *_head(batch),
        *_general(batch, by),
        *_results(batch),
        *_classes(batch, people),
        *_list(left),
        *_signatures(),
    ]
    content = workbook_bytes([Paper("Biên bản", _WIDTHS, lines)])
    disclosures.record("export", f"minutes of batch {batch.id}", by=by, count=len(left))
    return content


def _head(batch: Batch) -> list[Strips]:
    school = the_school()
    return [
        _halves(school.office.upper(), "centre", official_paper.NATION, "strong"),
        _halves(school.name.upper(), "strong", official_paper.MOTTO, "motto"),
        _GAP,
        _across("BIÊN BẢN", "title"),
        _across(subject_of(batch), "strong"),
        _across(the_campaign().title, "centre"),
        _GAP,
    ]


def subject_of(batch: Batch) -> str:
    """What the minutes are about."""
    return f"Kết quả xác thực, định danh với Cơ sở dữ liệu quốc gia về dân cư, đợt {batch.id}"


def facts_of(batch: Batch, by: User) -> list[tuple[str, str]]:
    """(name, text) of everything that is said about a batch in general; a text may be empty."""
    counted = tally(batch)
    prepared_by = ""
    if batch.prepared_by is not None:
        prepared_by = batch.prepared_by.full_name
    return [
        ("Phạm vi", scope_words(batch.scope)),
        ("Hồ sơ được chọn", WHICH_WORDS[batch.which]),
        ("Cách gửi", _CHANNEL_WORDS[batch.channel]),
        ("Người chuẩn bị", prepared_by),
        ("Người mở đợt", batch.started_by.full_name),
        ("Bắt đầu", _moment(batch.started_at or batch.created_at)),
        ("Kết thúc", _moment(batch.finished_at) or "chưa kết thúc"),
        ("Tình trạng", STATE_WORDS[batch.shown_state]),
        ("Số hồ sơ gửi", f"{counted.total}"),
        ("Đã có kết quả", f"{counted.settled}/{counted.total}"),
        ("Đạt (đã xác thực)", f"{counted.by_state.get('verified', 0)}/{counted.total}"),
        ("Lập lúc", f"{_moment(utc_now())}, người lập: {by.full_name}"),
    ]


def _general(batch: Batch, by: User) -> list[Strips]:
    lines = [_across("I. Thông tin chung", "section")]
    for name, value in facts_of(batch, by):
        if value:
            lines.append([Strip(0, 2, name, "label"), Strip(3, _LAST, value, "text")])
    return [*lines, _GAP]


def result_rows(batch: Batch) -> list[tuple[str, int]]:
    """How many records came out how; the last row is the sum."""
    counted = tally(batch)
    always = ("verified", "mismatch", "not_found", "unanswered")
    states = (*always[:3], "rejected", "unanswered", "stale", "skipped", "waiting", "sending")
    shown = [state for state in states if state in always or counted.by_state.get(state)]
    rows = [(ITEM_WORDS[state], counted.by_state.get(state, 0)) for state in shown]
    return [*rows, ("Cộng", counted.total)]


def conclusion_of(batch: Batch) -> str:
    """Whether the batch has passed, and what that means."""
    passed = "Đợt này chưa đạt."
    if tally(batch).passed:
        passed = "Đợt này đạt."
    return f"Đợt đã xong khi mọi hồ sơ có kết quả; đợt đạt khi mọi hồ sơ đã xác thực. {passed}"


def _results(batch: Batch) -> list[Strips]:
    *rows, total = result_rows(batch)
    return [
        _across("II. Kết quả", "section"),
        _row(["", "Kết quả", "", "Số hồ sơ"], "heading"),
        *(_row(["", words, "", count]) for words, count in rows),
        _row(["", total[0], "", total[1]], "heading"),
        _across(conclusion_of(batch), "text"),
        _GAP,
    ]


def class_table(
    batch: Batch, people: ModelSelect[Person]
) -> tuple[list[str], list[list[str | int]]]:
    """Headings and rows: each class with its counts."""
    classes = by_class(batch, people)
    columns = _columns([states for _, states in classes])
    rows: list[list[str | int]] = []
    for number, (name, counts) in enumerate(classes, start=1):
        figures = [_sum_of(counts, states) for states in columns.values()]
        rows.append([number, name or "Cán bộ, GV, NV", sum(counts.values()), *figures])
    return ["STT", "Lớp", "Cộng", *columns], rows


def _classes(batch: Batch, people: ModelSelect[Person]) -> list[Strips]:
    headings, rows = class_table(batch, people)
    drawn = [_row(row) for row in rows]
    return [_across("III. Theo lớp", "section"), _row(headings, "heading"), *drawn, _GAP]


def _columns(classes: list[dict[str, int]]) -> dict[str, tuple[str, ...]]:
    """Heading -> the states that are counted below it."""
    occurring: set[str] = set().union(*classes)
    more = {
        heading: states for heading, states in _MORE.items() if not occurring.isdisjoint(states)
    }
    return {ITEM_WORDS[state]: (state,) for state in _ANSWERED} | more


def _sum_of(counts: dict[str, int], states: Iterable[str]) -> int:
    return sum(counts.get(state, 0) for state in states)


def _list(items: Iterable[BatchItem]) -> list[Strips]:
    rows = [_row([number, *item_cells(item)]) for number, item in enumerate(items, start=1)]
    table = [_across("Không có.", "text")]
    if rows:
        table = [_row(ITEM_HEADINGS, "heading"), *rows]
    return [_across(f"IV. Hồ sơ chưa đạt ({len(rows)})", "section"), *table, _GAP]


def item_cells(item: BatchItem) -> list[str]:
    """A record that has not passed, below ITEM_HEADINGS without the first."""
    values = item.values
    class_name = "Cán bộ"
    if item.person.school_class is not None:
        class_name = item.person.school_class.name
    born = values["born"]
    if born:
        born = birth_date.show(born)
    return [
        class_name,
        values["full_name"],
        born,
        catalogues.gender_text(values["sex"]),
        identity_number.mask(values["number"]),
        ITEM_WORDS[item.counted_as],
        _what_differs(item),
    ]


def _what_differs(item: BatchItem) -> str:
    parts = []
    for name, (ours, theirs) in item.differences.items():
        if name == "identity_number":
            ours = identity_number.mask(ours)
            theirs = identity_number.mask(theirs)
        label = record.FIELD[name].label
        ours = ours or "trống"
        theirs = theirs or "khác (tệp không ghi)"
        parts.append(f"{label}: trường ghi {ours}, CSDL dân cư {theirs}")
    if item.counted_as == "stale":
        parts.append(
            f"bản đã gửi: {ITEM_WORDS[item.state].lower()}; hồ sơ hoặc CSDL dân cư đã sửa sau đó"
        )
    if not parts and item.state in ("not_found", "unanswered", "rejected"):
        parts.append(reason_words(item.state, item.reason))
    return "; ".join(parts)


def _signatures() -> list[Strips]:
    place = place_of_papers()
    date_line = official_paper.date_line(place, current().today())
    return [
        [Strip(4, _LAST, date_line, "centre")],
        _halves("NGƯỜI LẬP", "strong", "HIỆU TRƯỞNG", "strong"),
        _halves("(Ký, ghi rõ họ tên)", "centre", "(Ký, ghi rõ họ tên, đóng dấu)", "centre"),
    ]


def _moment(moment: datetime | None) -> str:
    """In Vietnamese time, as people write it; "" for none."""
    if moment is None:
        return ""
    return f"{moment.replace(tzinfo=UTC).astimezone(VIETNAM):%H:%M ngày %d/%m/%Y}"


# lines of the paper


def _across(text: str, look: str) -> Strips:
    return [Strip(0, _LAST, text, look)]


def _halves(left: str, left_look: str, right: str, right_look: str) -> Strips:
    return [Strip(0, 3, left, left_look), Strip(4, _LAST, right, right_look)]


def _row(values: Sequence[str | int], look: str = "") -> Strips:
    """A line of a table; it may begin further right. ``look`` of all its cells, else each by its kind."""
    strips = []
    for column, value in enumerate(values):
        if column == 0 and not value:
            continue
        kind = "cell"
        if isinstance(value, int):
            kind = "number"
        strips.append(Strip(column, column, value, look or kind))
    return strips
