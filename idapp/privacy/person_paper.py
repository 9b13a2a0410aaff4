"""All that the program keeps about one person as an official paper, for the family that asks (Law 91/2025, art. 4).

Whoever else might be named stays out: of the history, the texts of this person's own cells stand there, of every other
deed only its name; twelve digits in a note are masked, for they may be a brother's. Staff are named as who did what.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

from idapp import audit, people
from idapp.documents import Block, OfficialPaper, Table, Text, school_paper
from idapp.models import (
    Appointment,
    Change,
    Explanation,
    Import,
    ImportRow,
    PaperCase,
    Person,
    RegisterError,
    Scan,
    Transfer,
    User,
    Visit,
)
from idapp.notices import STATE_WORDS
from idapp.notices.explanations import REASON_WORDS
from idapp.people import former_numbers, survivors
from idapp.people.entry_papers import lines_of
from idapp.rules import identity_number
from idapp.rules.record import FIELDS
from idapp.settings import VIETNAM
from idapp.verification import ITEM_WORDS, answers_about

# title, headings, lines, widths
Part = tuple[str, Sequence[str], Sequence[Sequence[str]], Sequence[int]]
_AUTHOR = "Hệ thống"
# tables that speak of a person and are shown here; a test compares them with the models
TABLES = {
    "appointment",
    "batch_item",
    "entry_paper",
    "explanation",
    "former_number",
    "import_row",
    "paper_case",
    "register_error",
    "transfer",
}


def paper_about(person: Person, *, day: date, event_words: Mapping[str, str]) -> OfficialPaper:
    """The record, its former numbers, coming and going, papers, answers, and the whole history; of merged ones too.

    ``event_words``: what a deed of the history is called.
    """
    body: list[Block] = [
        Text("1. Hồ sơ", "section"),
        Table(("Mục", "Nội dung"), _record(person), (30, 70)),
    ]
    parts = [*_parts(person), _history(person, event_words)]
    for number, (title, headings, lines, widths) in enumerate(parts, start=2):
        body.append(Text(f"{number}. {title}", "section"))
        body.append(Table(headings, lines, widths) if lines else Text("Không có."))
    body.append(Text(_NOTE, "note"))
    return school_paper(
        "BẢN KÊ",
        f"Dữ liệu cá nhân trong phần mềm về {person.full_name or 'hồ sơ chưa có tên'}",
        body,
        day=day,
        recipients=["- Người có yêu cầu;", "- Lưu: VT."],
    )


_NOTE = (
    "Bản kê gồm mọi điều phần mềm giữ về người này vào ngày ghi ở trên. Bản sao lưu giữ dữ liệu "
    "của ngày sao lưu. Trường giao trực tiếp cho người có dữ liệu hoặc cha mẹ, người giám hộ."
)


def _parts(person: Person) -> list[Part]:
    """What stands between the record and its history."""
    ids = survivors.ids_of_one(person)
    return [
        ("Số định danh cũ", ("Số", "Vì sao"), _former(person), (40, 60)),
        (
            "Chuyển đến, chuyển đi",
            ("Ngày", "Việc", "Trường, ghi chú"),
            _transfers(ids),
            (20, 25, 55),
        ),
        ("Giấy tờ khi nhập học", ("Giấy tờ", "Nhận ngày"), _entry_papers(person), (70, 30)),
        (
            "Trả lời của Cơ sở dữ liệu quốc gia về dân cư",
            ("Lúc", "Kết quả"),
            _answers(person),
            (40, 60),
        ),
        ("Việc cần giấy tờ", ("Mở lúc", "Tình trạng", "Ghi chú"), _cases(ids), (25, 30, 45)),
        ("Ảnh giấy tờ", ("Thêm lúc", "Đã xóa lúc"), _scans(ids), (50, 50)),
        ("Đề nghị công an sửa", ("Lúc", "Trả lời"), _register_errors(ids), (30, 70)),
        ("Giải trình", ("Lúc", "Lý do", "Ghi chú, minh chứng"), _explanations(ids), (25, 30, 45)),
        (
            "Hẹn làm giấy tờ tại trường",
            ("Ngày", "Giờ", "Ghi chú"),
            _appointments(ids),
            (25, 25, 50),
        ),
        ("Dòng trong tệp Excel đã nhập", ("Tệp", "Dòng", "Lúc"), _import_rows(ids), (50, 15, 35)),
        ("Tài khoản trong phần mềm", ("Tên đăng nhập", "Số điện thoại"), _accounts(ids), (50, 50)),
    ]


def _history(person: Person, event_words: Mapping[str, str]) -> Part:
    """Oldest first."""
    changes = audit.history_of(survivors.ids_of_one(person)).order_by(Change.id)
    lines = [_line(change, event_words) for change in changes]
    return "Lịch sử", ("Lúc", "Ai", "Việc", "Cũ", "Mới"), lines, (17, 20, 19, 22, 22)


def _record(person: Person) -> list[list[str]]:
    values = people.values_of(person)
    labelled = [[field.label, values.get(field.name, "")] for field in FIELDS]
    class_name = "" if person.school_class is None else person.school_class.title
    standing = [["Lớp", class_name], ["Trạng thái", person.state]]
    standing.append(["Tình trạng xác thực", people.STATUS_WORDS[person.status]])
    return [line for line in [*labelled, *standing] if line[1]]


def _former(person: Person) -> list[list[str]]:
    words = former_numbers.ORIGIN_WORDS
    known = former_numbers.former_numbers_of(person)
    return [[former.number, words[former.origin]] for former in known]


def _transfers(ids: list[int]) -> list[list[str]]:
    kinds = {"arrival": "Chuyển đến", "class": "Đổi lớp", "state": "Đổi trạng thái"}
    stored = Transfer.select().where(Transfer.person.in_(ids), ~Transfer.undone)
    return [
        [_day(each.day), kinds[each.kind], _note(each.school, each.province, each.note)]
        for each in stored.order_by(Transfer.day, Transfer.id)
    ]


def _entry_papers(person: Person) -> list[list[str]]:
    lines = [line for line in lines_of(person) if line.received_on or line.is_owed]
    return [[line.label, _day(line.received_on) or "chưa nhận"] for line in lines]


def _answers(person: Person) -> list[list[str]]:
    return [
        [_moment(item.settled_at), ITEM_WORDS.get(item.state, item.state)]
        for item in answers_about(person)
    ]


def _cases(ids: list[int]) -> list[list[str]]:
    cases = PaperCase.select().where(PaperCase.person.in_(ids)).order_by(PaperCase.id)
    return [[_moment(case.opened_at), STATE_WORDS[case.state], _note(case.note)] for case in cases]


def _scans(ids: list[int]) -> list[list[str]]:
    stored = Scan.select().join(PaperCase).where(PaperCase.person.in_(ids)).order_by(Scan.id)
    return [[_moment(scan.added_at), _moment(scan.erased_at) or "còn giữ"] for scan in stored]


def _register_errors(ids: list[int]) -> list[list[str]]:
    errors = RegisterError.select().where(RegisterError.person.in_(ids)).order_by(RegisterError.id)
    return [[_moment(error.added_at), _note(error.answer) or "chưa có"] for error in errors]


def _explanations(ids: list[int]) -> list[list[str]]:
    stored = Explanation.select().where(Explanation.person.in_(ids)).order_by(Explanation.id)
    return [
        [
            _moment(each.proposed_at),
            REASON_WORDS.get(each.reason, each.reason),
            _note(each.note, each.evidence),
        ]
        for each in stored
    ]


def _appointments(ids: list[int]) -> list[list[str]]:
    stored = Appointment.select(Appointment, Visit).join(Visit).where(Appointment.person.in_(ids))
    return [[_day(each.visit.day), each.time, _note(each.guardian_note)] for each in stored]


def _import_rows(ids: list[int]) -> list[list[str]]:
    stored = ImportRow.select(ImportRow, Import).join(Import).where(ImportRow.person.in_(ids))
    return [
        [row.upload.file_name, str(row.row), _moment(row.upload.created_at)]
        for row in stored.order_by(ImportRow.id)
    ]


def _accounts(ids: list[int]) -> list[list[str]]:
    return [[user.username, user.phone] for user in User.select().where(User.staff_record.in_(ids))]


def _line(change: Change, event_words: Mapping[str, str]) -> list[str]:
    who = _AUTHOR if change.user is None else change.user.full_name
    # only texts of cells: what else the history says may name somebody else
    label = _LABELS.get(change.field)
    if label is None:
        return [_moment(change.at), who, event_words.get(change.event, change.event), "", ""]
    return [_moment(change.at), who, label, change.old, change.new]


_LABELS = {field.name: field.label for field in FIELDS}


def _note(*texts: str) -> str:
    return identity_number.mask_within("; ".join(text for text in texts if text))


def _day(day: date | None) -> str:
    return "" if day is None else day.strftime("%d/%m/%Y")


def _moment(moment: datetime | None) -> str:
    if moment is None:
        return ""
    return moment.replace(tzinfo=UTC).astimezone(VIETNAM).strftime("%d/%m/%Y %H:%M")
