"""The minutes (biên bản) of a batch as a workbook to print and sign: what was asked, what came back, who is left.

Identity numbers are masked: the paper lies on desks, and class, name and birth date find the pupil.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from peewee import ModelSelect

from idapp import audit, permissions
from idapp.database import writing
from idapp.models import Batch, BatchItem, Person, User, utc_now
from idapp.rules import birth_date, catalogues, identity_number, record
from idapp.school import the_campaign, the_school
from idapp.settings import VIETNAM, current
from idapp.verification.counting import (
    ITEM_ENDS,
    ITEM_WORDS,
    STATE_WORDS,
    by_class,
    items_in,
    reason_words,
    tally,
)
from idapp.verification.scopes import WHICH_WORDS, scope_words
from idapp.workbook import Paper, Strip, write_workbook

Strips = list[Strip]  # one line of the paper

_WIDTHS = (6, 16, 28, 13, 17, 17, 16, 46)
_LAST = len(_WIDTHS) - 1
_GAP: Strips = []
_ANSWERED = tuple(o for o in ITEM_ENDS if o not in ("stale", "skipped"))
_MORE = {
    "Sửa sau khi gửi": ("stale",),
    "Chưa hỏi xong": ("waiting", "sending", "skipped"),
}  # where there are any
_CHANNEL_WORDS = {"soap": "gửi trực tiếp qua dịch vụ", "file": "gửi bằng tệp theo mẫu 4.1.6"}


def minutes_workbook(batch: Batch, *, by: User) -> bytes:
    """Writes its audit row too: the paper carries names out of the house."""
    people = permissions.people_of(by, include_inactive=True)
    parts = (
        _head(batch),
        _general(batch, by),
        _results(batch),
        _classes(batch, people),
        _list(items_in(batch, "", people)),
        _signatures(),
    )
    target = io.BytesIO()
    write_workbook(
        target, sheets=[Paper("Biên bản", _WIDTHS, [line for part in parts for line in part])]
    )
    with writing():
        audit.record("export", by=by, subject=f"minutes of batch {batch.id}")
    return target.getvalue()


def _head(batch: Batch) -> list[Strips]:
    school = the_school()
    result = f"Kết quả xác thực, định danh với Cơ sở dữ liệu quốc gia về dân cư, đợt {batch.id}"
    return [
        _halves(
            (school.office or "").upper(), "centre", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "strong"
        ),
        _halves(school.name.upper(), "strong", "Độc lập - Tự do - Hạnh phúc", "motto"),
        _GAP,
        _across("BIÊN BẢN", "title"),
        _across(result, "strong"),
        _across(the_campaign().title, "centre"),
        _GAP,
    ]


def _general(batch: Batch, by: User) -> list[Strips]:
    counted = tally(batch)
    facts = [
        ("Phạm vi", scope_words(batch.scope)),
        ("Hồ sơ được chọn", WHICH_WORDS[batch.which]),
        ("Cách gửi", _CHANNEL_WORDS[batch.channel]),
        ("Người chuẩn bị", batch.prepared_by.full_name if batch.prepared_by else ""),
        ("Người mở đợt", batch.started_by.full_name),
        ("Bắt đầu", _moment(batch.started_at or batch.created_at)),
        ("Kết thúc", _moment(batch.finished_at) or "chưa kết thúc"),
        ("Tình trạng", STATE_WORDS[batch.shown_state]),
        ("Số hồ sơ gửi", f"{counted.total}"),
        ("Đã có kết quả", f"{counted.settled}/{counted.total}"),
        ("Đạt (đã xác thực)", f"{counted.by_state.get('verified', 0)}/{counted.total}"),
        ("Lập lúc", f"{_moment(utc_now())}, người lập: {by.full_name}"),
    ]
    said = [
        [Strip(0, 2, name, "label"), Strip(3, _LAST, value, "text")]
        for name, value in facts
        if value
    ]
    return [_across("I. Thông tin chung", "section"), *said, _GAP]


def _results(batch: Batch) -> list[Strips]:
    counted = tally(batch)
    always = ("verified", "mismatch", "not_found", "unanswered")
    states = (*always[:3], "rejected", "unanswered", "stale", "skipped", "waiting", "sending")
    shown = [state for state in states if state in always or counted.by_state.get(state)]
    passed = "Đợt này đạt." if counted.passed else "Đợt này chưa đạt."
    return [
        _across("II. Kết quả", "section"),
        _row(["", "Kết quả", "", "Số hồ sơ"], "heading"),
        *(_row(["", ITEM_WORDS[state], "", counted.by_state.get(state, 0)]) for state in shown),
        _row(["", "Cộng", "", counted.total], "heading"),
        _across(
            f"Đợt đã xong khi mọi hồ sơ có kết quả; đợt đạt khi mọi hồ sơ đã xác thực. {passed}",
            "text",
        ),
        _GAP,
    ]


def _classes(batch: Batch, people: ModelSelect[Person]) -> list[Strips]:
    classes = by_class(batch, people)
    there = {state for _, states in classes for state in states}
    columns = {ITEM_WORDS[s]: (s,) for s in _ANSWERED} | {
        w: of for w, of in _MORE.items() if there & set(of)
    }
    rows = []
    for at, (name, states) in enumerate(classes, start=1):
        figures = (sum(states.get(s, 0) for s in of) for of in columns.values())
        rows.append(_row([at, name or "Cán bộ, GV, NV", sum(states.values()), *figures]))
    heading = _row(["STT", "Lớp", "Cộng", *columns], "heading")
    return [_across("III. Theo lớp", "section"), heading, *rows, _GAP]


def _list(items: Iterable[BatchItem]) -> list[Strips]:
    rows = [_row([at, *_item_cells(item)]) for at, item in enumerate(items, start=1)]
    heading = [
        "STT",
        "Lớp",
        "Họ và tên",
        "Ngày sinh",
        "Giới tính",
        "Số định danh",
        "Kết quả",
        "Mục khác nhau",
    ]
    table = [_row(heading, "heading"), *rows] if rows else [_across("Không có.", "text")]
    return [_across(f"IV. Hồ sơ chưa đạt ({len(rows)})", "section"), *table, _GAP]


def _item_cells(item: BatchItem) -> list[str]:
    values, person = item.values, item.person
    return [
        person.school_class.name if person.school_class else "Cán bộ",
        values["full_name"],
        birth_date.show(values["born"]) if values["born"] else "",
        catalogues.gender_text(values["sex"]),
        identity_number.mask(values["number"]),
        ITEM_WORDS[item.counted_as],
        _what_differs(item),
    ]


def _what_differs(item: BatchItem) -> str:
    parts = []
    for name, (ours, theirs) in item.differences.items():
        if name == "identity_number":
            ours, theirs = identity_number.mask(ours), identity_number.mask(theirs)
        found = theirs or "khác (tệp không ghi)"
        parts.append(
            f"{record.FIELD[name].label}: trường ghi {ours or 'trống'}, CSDL dân cư {found}"
        )
    if item.stale:
        parts.append(f"bản đã gửi: {ITEM_WORDS[item.state].lower()}; hồ sơ đã sửa sau đó")
    if not parts and item.state in ("not_found", "unanswered", "rejected"):
        parts.append(reason_words(item.state, item.reason))
    return "; ".join(parts)


def _signatures() -> list[Strips]:
    day = current().today()
    return [
        [Strip(4, _LAST, f"Ngày {day.day} tháng {day.month} năm {day.year}", "centre")],
        _halves("NGƯỜI LẬP", "strong", "HIỆU TRƯỞNG", "strong"),
        _halves("(Ký, ghi rõ họ tên)", "centre", "(Ký, ghi rõ họ tên, đóng dấu)", "centre"),
    ]


def _moment(moment: datetime | None) -> str:
    return f"{moment.replace(tzinfo=UTC).astimezone(VIETNAM):%H:%M ngày %d/%m/%Y}" if moment else ""


# lines of the paper


def _across(text: str, look: str) -> Strips:
    return [Strip(0, _LAST, text, look)]


def _halves(left: str, left_look: str, right: str, right_look: str) -> Strips:
    return [Strip(0, 3, left, left_look), Strip(4, _LAST, right, right_look)]


def _row(values: Sequence[str | int], look: str = "") -> Strips:
    """A line of a table; it may begin further right."""
    return [
        Strip(at, at, value, look or ("number" if isinstance(value, int) else "cell"))
        for at, value in enumerate(values)
        if at or value
    ]
