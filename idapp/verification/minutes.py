"""The minutes (biên bản) of a batch as a workbook to print and sign: what was asked, what came back, who is left.

Identity numbers are masked: the paper lies on desks, and class, name and birth date find the pupil. Every text is
written as text, so that no value of a person becomes a formula.
"""

import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from idapp import audit, permissions
from idapp.database import writing
from idapp.models import Batch, BatchItem, User, utc_now
from idapp.rules import birth_date, identity_number, record
from idapp.school import the_campaign, the_school
from idapp.settings import VIETNAM, current
from idapp.verification.counting import ITEM_WORDS, OUTCOMES, STATE_WORDS, by_class, items_in, reason_words, tally
from idapp.verification.scopes import WHICH_WORDS, scope_words

if TYPE_CHECKING:
    from xlsxwriter.format import Format

_WIDTHS = (6, 16, 28, 13, 17, 17, 16, 46)
_SHOWN = tuple(o for o in OUTCOMES if o != "skipped")
_WAY_WORDS = {"soap": "gửi trực tiếp qua dịch vụ", "file": "gửi bằng tệp theo mẫu 4.1.6"}


def minutes_workbook(batch: Batch, *, by: User) -> bytes:
    """Writes its audit row too: the paper carries names out of the house."""
    people = permissions.people_of(by, include_inactive=True)
    target = io.BytesIO()
    sheet = _Sheet(target)
    _head(sheet, batch)
    _general(sheet, batch, by)
    _results(sheet, batch)
    _classes(sheet, batch, people)
    _list(sheet, items_in(batch, "", people))
    _signatures(sheet)
    sheet.close()
    with writing():
        audit.record("export", by=by, subject=f"minutes of batch {batch.id}")
    return target.getvalue()


def _head(sheet: "_Sheet", batch: Batch) -> None:
    school = the_school()
    sheet.across(0, 3, (school.office or "").upper(), "centre")
    sheet.across(4, 7, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "strong")
    sheet.down()
    sheet.across(0, 3, school.name.upper(), "strong")
    sheet.across(4, 7, "Độc lập - Tự do - Hạnh phúc", "motto")
    sheet.down(2)
    sheet.across(0, 7, "BIÊN BẢN", "title")
    sheet.down()
    sheet.across(0, 7, f"Kết quả xác thực, định danh với Cơ sở dữ liệu quốc gia về dân cư, đợt {batch.id}", "strong")
    sheet.down()
    sheet.across(0, 7, the_campaign().title, "centre")
    sheet.down(2)


def _general(sheet: "_Sheet", batch: Batch, by: User) -> None:
    counted = tally(batch)
    ended = _moment(batch.finished_at) or "chưa kết thúc"
    facts = [
        ("Phạm vi", scope_words(batch.scope)),
        ("Hồ sơ được chọn", WHICH_WORDS[batch.which]),
        ("Cách gửi", _WAY_WORDS[batch.way]),
        ("Người chuẩn bị", batch.prepared_by.full_name if batch.prepared_by else ""),
        ("Người mở đợt", batch.started_by.full_name),
        ("Bắt đầu", _moment(batch.started_at or batch.created_at)),
        ("Kết thúc", ended),
        ("Tình trạng", STATE_WORDS[batch.shown_state]),
        ("Số hồ sơ gửi", f"{counted.total}"),
        ("Đã có kết quả", f"{counted.settled}/{counted.total}"),
        ("Đạt (đã xác thực)", f"{counted.by_state.get('verified', 0)}/{counted.total}"),
        ("Lập lúc", f"{_moment(utc_now())}, người lập: {by.full_name}"),
    ]
    sheet.section("I. Thông tin chung")
    for name, value in facts:
        if value:
            sheet.across(0, 2, name, "label")
            sheet.across(3, 7, value, "text")
            sheet.down()
    sheet.down()


def _results(sheet: "_Sheet", batch: Batch) -> None:
    counted = tally(batch)
    sheet.section("II. Kết quả")
    sheet.row(["", "Kết quả", "", "Số hồ sơ"], "heading")
    for state in ("verified", "mismatch", "not_found", "rejected", "unanswered", "skipped", "waiting", "sending"):
        n = counted.by_state.get(state, 0)
        if n or state in ("verified", "mismatch", "not_found", "unanswered"):
            sheet.row(["", ITEM_WORDS[state], "", n])
    sheet.row(["", "Cộng", "", counted.total], "heading")
    sheet.line(
        "Đợt đã xong khi mọi hồ sơ có kết quả; đợt đạt khi mọi hồ sơ đã xác thực. "
        + ("Đợt này đạt." if counted.passed else "Đợt này chưa đạt.")
    )
    sheet.down()


def _classes(sheet: "_Sheet", batch: Batch, people: Any) -> None:
    sheet.section("III. Theo lớp")
    sheet.row(["STT", "Lớp", "Cộng", *(ITEM_WORDS[s] for s in _SHOWN)], "heading")
    for at, (name, states) in enumerate(by_class(batch, people), start=1):
        figures = [states.get(s, 0) for s in _SHOWN]
        sheet.row([at, name or "Cán bộ, GV, NV", sum(states.values()), *figures])
    sheet.down()


def _list(sheet: "_Sheet", items: Iterable[BatchItem]) -> None:
    found = list(items)
    sheet.section(f"IV. Hồ sơ chưa đạt ({len(found)})")
    if not found:
        sheet.line("Không có.")
    else:
        head = ["STT", "Lớp", "Họ và tên", "Ngày sinh", "Giới tính", "Số định danh", "Kết quả", "Mục khác nhau"]
        sheet.row(head, "heading")
    for at, item in enumerate(found, start=1):
        sheet.row([at, *_item_cells(item)])
    sheet.down()


def _item_cells(item: BatchItem) -> list[str]:
    values, person = item.values, item.person
    return [
        person.school_class.name if person.school_class else "Cán bộ",
        values["full_name"],
        birth_date.show(values["born"]) if values["born"] else "",
        {"male": "Nam", "female": "Nữ"}.get(values["sex"], ""),
        identity_number.mask(values["number"]),
        ITEM_WORDS[item.state],
        _what_differs(item),
    ]


def _what_differs(item: BatchItem) -> str:
    parts = []
    for name, (ours, theirs) in item.differences.items():
        if name == "identity_number":
            ours, theirs = identity_number.mask(ours), identity_number.mask(theirs)
        found = theirs or "khác (tệp không ghi)"
        parts.append(f"{record.FIELD[name].label}: trường ghi {ours or 'trống'}, CSDL dân cư {found}")
    if item.stale:
        parts.append("hồ sơ đã sửa sau khi gửi")
    if not parts and item.state in ("not_found", "unanswered", "rejected"):
        parts.append(reason_words(item.state, item.reason))
    return "; ".join(parts)


def _signatures(sheet: "_Sheet") -> None:
    day = current().today()
    sheet.across(4, 7, f"Ngày {day.day} tháng {day.month} năm {day.year}", "centre")
    sheet.down()
    sheet.across(0, 3, "NGƯỜI LẬP", "strong")
    sheet.across(4, 7, "HIỆU TRƯỞNG", "strong")
    sheet.down()
    sheet.across(0, 3, "(Ký, ghi rõ họ tên)", "centre")
    sheet.across(4, 7, "(Ký, ghi rõ họ tên, đóng dấu)", "centre")
    sheet.down(5)


def _moment(moment: datetime | None) -> str:
    return f"{moment.replace(tzinfo=UTC).astimezone(VIETNAM):%H:%M ngày %d/%m/%Y}" if moment else ""


class _Sheet:
    """A page written from the top down."""

    _STYLES: dict[str, dict[str, object]] = {  # noqa: RUF012
        "text": {}, "label": {"bold": True}, "centre": {"align": "center"},
        "strong": {"align": "center", "bold": True}, "motto": {"align": "center", "bold": True, "underline": 1},
        "title": {"align": "center", "bold": True, "font_size": 15}, "section": {"bold": True, "font_size": 12},
        "heading": {"bold": True, "border": 1, "bg_color": "#E7EEF3", "align": "center", "valign": "vcenter"},
        "cell": {"border": 1, "valign": "top"}, "number": {"border": 1, "valign": "top", "align": "center"},
    }  # fmt: skip

    def __init__(self, target: io.BytesIO) -> None:
        import xlsxwriter  # 0.1 s, which the start of the web need not pay

        options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        self._book = xlsxwriter.Workbook(target, options)
        self._sheet = self._book.add_worksheet("Biên bản")
        self._formats: dict[str, Format] = {}
        self._at = 0
        for column, width in enumerate(_WIDTHS):
            self._sheet.set_column(column, column, width)
        self._sheet.set_landscape()
        self._sheet.set_paper(9)  # A4
        self._sheet.fit_to_pages(1, 0)
        self._sheet.set_footer("&C&P/&N")

    def down(self, rows: int = 1) -> None:
        self._at += rows

    def across(self, first: int, last: int, text: str, style: str) -> None:
        self._sheet.merge_range(self._at, first, self._at, last, "", self._style(style))
        self._sheet.write_string(self._at, first, text, self._style(style))

    def section(self, words: str) -> None:
        self.across(0, 7, words, "section")
        self.down()

    def line(self, words: str) -> None:
        self.across(0, 7, words, "text")
        self.down()

    def row(self, values: Sequence[str | int], style: str = "") -> None:
        for column, value in enumerate(values):
            if isinstance(value, int):
                self._sheet.write_number(self._at, column, value, self._style(style or "number"))
            elif value or column:
                self._sheet.write_string(self._at, column, value, self._style(style or "cell"))
        self.down()

    def close(self) -> None:
        self._book.close()

    def _style(self, name: str) -> "Format":
        if name not in self._formats:
            plain = {"font_name": "Times New Roman", "font_size": 11, "text_wrap": True}
            self._formats[name] = self._book.add_format(plain | self._STYLES[name])
        return self._formats[name]
