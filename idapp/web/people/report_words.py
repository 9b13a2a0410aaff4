"""What is said about an edit of many cells: one sentence for what it did, a line for everything it did otherwise."""

from collections.abc import Sequence
from dataclasses import dataclass

from idapp.models import Person
from idapp.people import Conflict
from idapp.people.aligning import Unmatched
from idapp.people.bulk_edits import Repair, Report
from idapp.people.field_words import in_sentence
from idapp.rules.record import FIELD

_HEADLINES = {
    "position": "Đã dán {} ô, lần lượt theo thứ tự dòng.",
    "name": "Đã ghép theo họ tên và dán {} ô.",
    "code": "Đã ghép theo mã của Bộ và dán {} ô.",
    "fill": "Đã dán vào {} ô đã chọn.",
    "filled": "Đã điền xuống {} ô.",
    "cleared": "Đã xóa nội dung {} ô.",
    "zeros": "Đã thêm số 0 bị mất cho {} ô.",
    "card": "Đã lưu {} mục từ thẻ.",
}
_WHO = {"student": "em", "staff": "người"}
# how many are named
_CONFLICTS = 5
_REFUSED = 3
_NAMES = 15
_TEXTS = 5
_ROWS = 60
_LONGEST = 30  # characters of a pasted text


@dataclass(frozen=True)
class Line:
    """lead: the words that stand out, or "". items: a list below."""

    lead: str
    text: str
    items: tuple[str, ...] = ()


@dataclass(frozen=True)
class Offer:
    """A sentence and the words on the button behind it."""

    text: str
    button: str


@dataclass(frozen=True)
class RepairRow:
    """One cell with what stood there otherwise (``text``), and the words on the button that brings it back."""

    repair: Repair
    text: str
    give_back: str


@dataclass(frozen=True)
class RepairList:
    """A list of cells that can be opened: its summary, the heading of the other text, what is not shown of it."""

    summary: str
    heading: str
    rows: tuple[RepairRow, ...]
    more: str = ""


def headline(report: Report) -> str:
    """What the edit did, in one sentence."""
    if not report.written:
        return "Không có ô nào thay đổi."
    return _HEADLINES[report.how].format(report.written)


def counts(report: Report) -> list[str]:
    """The short sentences behind it, each with its number."""
    sentences = (
        (report.same, "ô đã có sẵn nội dung ấy."),
        (len(report.replaced), "ô đã được thay nội dung cũ."),
        (report.wrong, "ô còn lỗi, bấm F8 để xem."),
        (report.odd, "ô cần xem lại."),
    )
    return [f"{count} {sentence}" for count, sentence in sentences if count]


def lines_of(report: Report, kind: str) -> list[Line]:
    """Everything that was not done, or done otherwise, in the order in which it matters. kind: student or staff."""
    who = _WHO[kind]
    lines = (
        _looked(report.looked),
        _conflicts(report.conflicts),
        _refused(report.refused),
        _unmatched(report.unmatched),
        _noted(report.noted),
        _left_out([person.full_name for person in report.left_out]),
        _missing([person.full_name for person in missing(report)], who),
        _untouched(len(report.absent) - len(missing(report)), who),
        _beyond(report.beyond),
        _too_wide(report.too_wide),
        _unknown(report.unknown),
        _empty(report.empty),
    )
    return [line for line in lines if line is not None]


def missing(report: Report) -> list[Person]:
    """Who is missing in the pasted list; nobody where it is only about a few of the table."""
    if len(report.absent) > len(report.saved):  # a few lines were pasted, not a list
        return []
    return report.absent


def needs_a_look(report: Report) -> bool:
    """Is anything left for the user to do, or to know?"""
    left = (
        report.unmatched,
        report.left_out,
        report.noted,
        report.beyond,
        report.too_wide,
        report.conflicts,
        report.refused,
        missing(report),
        report.wrong,
        report.odd,
    )
    return any(left)


def zeros(count: int) -> Offer | None:
    """What is proposed for numbers that have lost their leading zeros; None if there are none.

    >>> zeros(2).button
    'Thêm số 0 cho 2 ô'
    """
    if not count:
        return None
    text = (
        f"{count} số có vẻ bị Excel bỏ mất số 0 ở đầu; năm sinh và giới tính đều khớp nếu thêm lại."
    )
    return Offer(text, f"Thêm số 0 cho {count} ô")


def repairs(changes: Sequence[Repair]) -> RepairList | None:
    """The cells that hold something else than was pasted; None if there are none."""
    if not changes:
        return None
    summary = f"{len(changes)} ô được chuẩn hóa khi lưu"
    return _repair_list(summary, "Đã dán", [(change, change.typed) for change in changes])


def replaced(changes: Sequence[Repair]) -> RepairList | None:
    """The cells in which something stood before; None if there are none."""
    if not changes:
        return None
    summary = f"Xem nội dung cũ của {len(changes)} ô ấy"
    return _repair_list(summary, "Trước đó", [(change, change.before) for change in changes])


def _repair_list(summary: str, heading: str, changes: Sequence[tuple[Repair, str]]) -> RepairList:
    rows = tuple(
        RepairRow(change, text, _give_back(change.before)) for change, text in changes[:_ROWS]
    )
    hidden = len(changes) - _ROWS
    more = f"và {hidden} ô nữa." if hidden > 0 else ""
    return RepairList(summary, heading, rows, more)


def _give_back(before: str) -> str:
    """
    >>> _give_back("Ấp 3"), _give_back("")
    ('Trả lại “Ấp 3”', 'Trả lại ô trống')
    """
    if not before:
        return "Trả lại ô trống"
    return f"Trả lại “{before}”"


# --- the lines ---


def _looked(fields: Sequence[str]) -> Line | None:
    """
    >>> _looked(["identity_number"]).text
    'Số định danh cá nhân.'
    """
    if not fields:
        return None
    labels = ", ".join(FIELD[name].label for name in fields)
    return Line("Cột dán vào được nhận ra theo nội dung:", f"{labels}.")


def _conflicts(conflicts: Sequence[Conflict]) -> Line | None:
    if not conflicts:
        return None
    cells = map(_conflict, conflicts[:_CONFLICTS])
    more = " …" if len(conflicts) > _CONFLICTS else ""
    text = f"nên chưa lưu: {', '.join(cells)}{more}. Hãy chọn ngay tại ô."
    return Line(f"{len(conflicts)} ô người khác vừa sửa", text)


def _conflict(conflict: Conflict) -> str:
    by_name = conflict.by_name or "hệ thống"
    return f"{conflict.person.full_name} ({in_sentence(conflict.field)}, {by_name})"


def _refused(refused: Sequence[tuple[Person, str, str, str]]) -> Line | None:
    if not refused:
        return None
    reasons = (f"{person.full_name}: {why}" for person, _, _, why in refused[:_REFUSED])
    return Line(f"{len(refused)} ô không lưu được:", " ".join(reasons))


def _unmatched(unmatched: Sequence[Unmatched]) -> Line | None:
    """
    >>> _unmatched([Unmatched(7, "Lê An", "không có trong bảng", "Lê Ân")]).items
    ('dòng 7 “Lê An”: không có trong bảng. Có phải Lê Ân?',)
    """
    if not unmatched:
        return None
    items = list(map(_unmatched_line, unmatched[:_NAMES]))
    if len(unmatched) > _NAMES:
        items.append(f"và {len(unmatched) - _NAMES} dòng nữa")
    return Line(f"{len(unmatched)} dòng chưa ghép được", "nên chưa lưu:", tuple(items))


def _unmatched_line(unmatched: Unmatched) -> str:
    guess = f". Có phải {unmatched.near}?" if unmatched.near else ""
    return f"dòng {unmatched.line} “{unmatched.text}”: {unmatched.why}{guess}"


def _noted(texts: Sequence[str]) -> Line | None:
    """
    >>> _noted(["Lê An (bỏ học)"]).text[:60]
    'không lưu vào tên: “Lê An (bỏ học)”. Ai đã thôi học, chuyển '
    """
    if not texts:
        return None
    quoted = ", ".join(f"“{text}”" for text in texts[:_TEXTS])
    more = " …" if len(texts) > _TEXTS else ""
    text = (
        f"không lưu vào tên: {quoted}{more}. "
        "Ai đã thôi học, chuyển đi thì đổi trạng thái ở trang hồ sơ."
    )
    return Line(f"{len(texts)} họ tên có ghi chú phía sau", text)


def _left_out(names: Sequence[str]) -> Line | None:
    """
    >>> _left_out(["Lê An"])
    Line(lead='1 dòng không lưu', text='để giữ nội dung đang đúng: Lê An.', items=())
    """
    if not names:
        return None
    return Line(f"{len(names)} dòng không lưu", f"để giữ nội dung đang đúng: {_listed(names)}.")


def _missing(names: Sequence[str], who: str) -> Line | None:
    """
    >>> _missing(["Lê An"], "em").lead
    'Danh sách dán thiếu 1 em trong bảng:'
    """
    if not names:
        return None
    text = f"{_listed(names, who)}. Hồ sơ không có trong danh sách dán thì giữ nguyên."
    return Line(f"Danh sách dán thiếu {len(names)} {who} trong bảng:", text)


def _untouched(count: int, who: str) -> Line | None:
    if not count:
        return None
    return Line("", f"{count} {who} khác trong bảng giữ nguyên.")


def _beyond(count: int) -> Line | None:
    """
    >>> _beyond(3).lead
    'Thừa 3 dòng'
    """
    if not count:
        return None
    text = (
        "ở cuối bảng dán: bảng này không còn dòng nào bên dưới, "
        "nên chưa lưu và không tạo hồ sơ mới."
    )
    return Line(f"Thừa {count} dòng", text)


def _too_wide(texts: Sequence[str]) -> Line | None:
    """
    >>> _too_wide(["0912345678"])
    Line(lead='Thừa 1 cột', text='không thuộc bảng này, chưa lưu: “0912345678”.', items=())
    """
    if not texts:
        return None
    quoted = ", ".join(f"“{_shortened(text)}”" for text in texts[:_TEXTS])
    return Line(f"Thừa {len(texts)} cột", f"không thuộc bảng này, chưa lưu: {quoted}.")


def _unknown(headings: Sequence[str]) -> Line | None:
    if not headings:
        return None
    return Line("", f"Cột không có trong bảng này, bỏ qua: {', '.join(headings)}.")


def _empty(count: int) -> Line | None:
    if not count:
        return None
    return Line("", f"{count} ô trống trong bảng dán: giữ nguyên ô cũ, không xóa gì.")


def _listed(names: Sequence[str], who: str = "dòng") -> str:
    """
    >>> _listed(["An"] * 17, "em")[-18:]
    'An, An và 2 em nữa'
    """
    listed = ", ".join(names[:_NAMES])
    more = len(names) - _NAMES
    if more <= 0:
        return listed
    return f"{listed} và {more} {who} nữa"


def _shortened(text: str) -> str:
    if len(text) <= _LONGEST:
        return text
    return f"{text[:_LONGEST]}…"
