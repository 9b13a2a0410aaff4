"""Taking a file in: read, asked about where it leaves a doubt, judged and stored. Nothing of anybody is touched.

A short file is judged while the page waits. A large one waits itself, as it came, for the worker (``reading``), whose
process ends with the work: so the web process never holds more of a large file than its bytes.
"""

import hashlib
import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from idapp import faults, present_residence
from idapp.imports import (
    class_questions,
    column_questions,
    date_order,
    headings,
    presence,
    under_way,
    uploads,
)
from idapp.imports.collector import paused_collector
from idapp.imports.columns import KEYS, ParsedWorkbook, detect_columns
from idapp.imports.headings import meanings_for
from idapp.imports.judging import Judged, judge
from idapp.imports.plausibility import WARNINGS, warnings_about
from idapp.imports.storing import (
    discard_unread,
    still_waits,
    store_judged,
    store_question,
    store_unread,
)
from idapp.models import Import, User
from idapp.permissions import may_import, may_see_staff
from idapp.rules.folding import tidy
from idapp.workbook import MAX_FILE_BYTES, Sheet, WorkbookRefused, kind_of, turn
from idapp.workbook import read_bytes as read_cells

log = logging.getLogger(__name__)
# some 5,000 rows of 16 columns: seconds of work, while a school's 2,000 are done in one
LARGE_BYTES = 400_000
MAX_FILE_NAME = 150
_TRIES = 3
_NO_TABLE = (
    "Tệp không có cột Họ tên hay Mã định danh Bộ GD&ĐT nên không biết dòng nào là của ai, "
    "hoặc không có cột nào khác để lưu: hãy tải tệp mẫu ở trang này rồi điền vào đó."
)
_RENAME = "Hãy đổi tên hoặc xóa cột không dùng trong tệp rồi nhập lại."
_EMPTY = "Tệp trống, không có ô nào được điền: hãy kiểm tra có chọn đúng tệp không."
_GONE = "Tệp này không còn chờ nữa: hãy tải tệp lên lại."
_INTERRUPTED = (
    "Việc đọc tệp bị ngắt nhiều lần nên đã dừng. Hãy tải tệp lên lại, hoặc tách tệp theo khối."
)
_FAULT = (
    "Máy chủ gặp lỗi khi đọc tệp nên chưa có gì được lưu. "
    "Hãy tải tệp lên lại; nếu vẫn lỗi, báo kỹ thuật."
)
_NO_ROWS = (
    "Tệp có dòng tiêu đề nhưng không có dòng nào là hồ sơ: hãy điền danh sách rồi tải lên lại."
)
_STAFF_ONLY = "Đây là danh sách cán bộ, giáo viên: chỉ văn thư và hiệu trưởng nhập được."
_NO_IMPORTS = "Tài khoản này không nhập tệp được."


class FileRefused(Exception):
    """The file was not taken and nothing of it is kept. ``message`` says in Vietnamese what is wrong and what to do.

    ``kinds``: the kinds of question that nobody was there to answer; the caller may set them aside (``anyway``).
    """

    def __init__(self, message: str, *, kinds: Collection[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.kinds = tuple(kinds)


def read_file(
    path: Path, file_name: str, *, by: User, anyway: Collection[str] = (), dates: str = ""
) -> Import:
    """The same as ``read_bytes`` for a file on this machine (the command line).

    Raises ``FileRefused`` like it, and OSError where the file cannot be opened.
    """
    return read_bytes(path.read_bytes(), file_name, by=by, anyway=anyway, dates=dates)


def read_bytes(
    data: bytes,
    file_name: str,
    *,
    by: User,
    ask: bool = False,
    every_column: bool = False,
    anyway: Collection[str] = (),
    dates: str = "",
) -> Import:
    """Judge a workbook and keep the judgement. Raises ``FileRefused``.

    ``ask``: there is somebody to answer, so a doubt gives an upload in state ``asking``; otherwise a doubt refuses the
    file, unless its kind (``school``, ``year``, ``level``) stands in ``anyway``. ``every_column``: ask about each
    column nobody recognises, also where none that is needed is missing. ``dates``: what comes first in birth dates that
    do not prove it, ``day`` or ``month``; "" is a doubt.
    """
    upload = _new_upload(data, file_name, by, anyway, every_column=every_column)
    if dates in date_order.ANSWERS:
        upload.answers |= {"dates": dates}
    sheets = _read_sheets(data, file_name)
    if ask:
        return _continue(upload, sheets, data, by)
    return _continue(upload, sheets, None, by)


def read_stream(
    stream: IO[bytes], file_name: str, *, by: User, every_column: bool = False
) -> Import:
    """An upload from the browser. It is taken into memory only when its turn to be read has come: few are at once.

    A large file is only looked at: it comes back in state ``reading``, and somebody must call ``read_kept``.
    Raises ``FileRefused``.
    """
    try:
        with turn():
            data = stream.read(MAX_FILE_BYTES + 1)
            if len(data) <= LARGE_BYTES:
                return read_bytes(data, file_name, by=by, ask=True, every_column=every_column)
            # refuses at once what is no workbook, before anybody waits for the worker
            kind_of(data, file_name=file_name)
            upload = _new_upload(data, file_name, by, every_column=every_column)
            return store_unread(upload, data)
    except WorkbookRefused as refused:
        raise FileRefused(refused.message) from refused


def answer(
    upload: Import,
    *,
    columns: Mapping[str, str],
    anyway: Collection[str],
    by: User,
    present: Mapping[str, str] | None = None,
    dates: str = "",
    classes: Mapping[str, str] | None = None,
) -> Import:
    """What the user said to the questions of an upload that is ``asking``: headings explained, doubts set aside.

    ``present``: who is still at the school, {key of a wording: present or left}. ``dates``: day or month, whichever
    comes first in the birth dates. ``classes``: {text of a cell that is no class's name: the class}. Said twice (a
    second click, another tab), it counts once. Raises ``FileRefused``.
    """
    if upload.state != "asking":
        return upload
    data = uploads.read_kept_file(upload)
    if data is None:
        raise FileRefused(_GONE)
    upload.answers = upload.answers | {
        "columns": upload.answers["columns"] | _remember_columns(upload, columns, by),
        "anyway": sorted({*upload.answers["anyway"], *anyway}),
        "present": _answers_about_presence(upload, present or {}),
    }
    if classes:
        said = class_questions.checked_answers(upload.questions, classes)
        upload.answers |= {"classes": upload.answers.get("classes", {}) | said}
    if dates in date_order.ANSWERS:
        upload.answers |= {"dates": dates}
    if len(data) > LARGE_BYTES:
        return store_unread(upload, data)
    return _continue(upload, _read_sheets(data, upload.file_name), data, by)


def _remember_columns(upload: Import, columns: Mapping[str, str], by: User) -> dict[str, str]:
    """{key of a column: field} of the columns that were asked about; kept for the next file too."""
    heading_of: dict[str, str] = {}
    for question in upload.questions:
        for column in question.get("columns", ()):
            heading_of[column["key"]] = column["heading"]
    explained = {key: field for key, field in columns.items() if key in heading_of}
    # what was said of one column of this file ("#" in its key) is true of no other file
    general = {key: field for key, field in explained.items() if "#" not in key}
    headings.remember(general, heading_of, by=by)
    return explained


def _answers_about_presence(upload: Import, present: Mapping[str, str]) -> dict[str, str]:
    """Only what was asked, and only with an answer that there is."""
    answers = dict(upload.answers.get("present", {}))
    for question in upload.questions:
        for wording in question.get("wordings", ()):
            answer = present.get(wording["key"])
            if answer in presence.ANSWERS:
                answers[wording["key"]] = answer
    return answers


def judged_again(upload: Import, by: User) -> Judged | None:
    """The rows of a file that is ``asking``, judged with the answers so far; nothing is stored.

    None where it waits no longer, or an answer about its columns or dates is still missing.
    """
    data = uploads.read_kept_file(upload)
    if data is None or upload.state != "asking":
        return None
    sheets = _read_sheets(data, upload.file_name)
    reading = detect_columns(
        sheets,
        meanings_for(by) | upload.answers["columns"],
        with_present=bool(present_residence.asked_groups()),
    )
    if reading is None or reading.asked is not None:
        return None
    dates = _date_decision(upload, reading, by)
    if dates.questions:
        return None
    reading = replace(reading, classes_said=upload.answers.get("classes", {}))
    return judge(dates.applied_to(reading), by, upload.answers.get("present", {}))


def read_kept(upload_id: int) -> None:
    """Read a file that waits in state ``reading``: the work of the background. Done twice, it counts once; after three
    crashes, or a fault, the file is put away and says so."""
    upload = Import.get_or_none(Import.id == upload_id)
    if upload is None or upload.state != "reading":
        return
    data = uploads.read_kept_file(upload)
    if data is None:
        discard_unread(upload, _GONE)
        return
    if upload.attempts and not under_way.is_silent(upload):
        return  # somebody reads it: who clicks again is no further try
    if upload.attempts >= _TRIES:
        discard_unread(upload, _INTERRUPTED)
        return
    # before the reading: a crash of the whole process must count as well
    Import.update(attempts=Import.attempts + 1).where(Import.id == upload_id).execute()
    try:
        with uploads.heartbeat(upload_id):
            _continue(upload, _read_sheets(data, upload.file_name), data, upload.user)
    except FileRefused as refused:
        discard_unread(upload, refused.message)
    except Exception as fault:
        log.error("import %s was not read: %s", upload_id, faults.redacted_traceback(fault))
        discard_unread(upload, _FAULT)


def _new_upload(
    data: bytes,
    file_name: str,
    by: User,
    anyway: Collection[str] = (),
    *,
    every_column: bool = False,
) -> Import:
    if not may_import(by):
        raise FileRefused(_NO_IMPORTS)
    return Import(
        file_name=tidy(Path(file_name).name)[:MAX_FILE_NAME],
        sha256=hashlib.sha256(data).hexdigest(),
        user=by,
        answers={"columns": {}, "anyway": list(anyway), "every_column": every_column},
    )


def _read_sheets(data: bytes, file_name: str) -> list[Sheet]:
    try:
        return read_cells(data, file_name=file_name)
    except WorkbookRefused as refused:
        raise FileRefused(refused.message) from refused


@paused_collector()
def _continue(upload: Import, sheets: list[Sheet], data: bytes | None, by: User) -> Import:
    """Ask what there is to ask (``data`` is then kept), else judge. Without ``data`` nobody can be asked."""
    answered = upload.answers["columns"]
    meanings = meanings_for(by) | answered
    reading = detect_columns(sheets, meanings, with_present=bool(present_residence.asked_groups()))
    every = upload.answers.get("every_column", False)
    question = column_questions.question(sheets, reading, meanings, answered, every=every)
    if reading is None:
        return _ask_for_headings(upload, sheets, question, data, by)
    _check_allowed(reading, by)
    dates = _date_decision(upload, reading, by)
    open_questions = [
        *_open_warnings(upload, reading, sheets),
        *_about_presence(upload, reading),
        *dates.questions,
        *_about_classes(upload, reading, data, by),
    ]
    # Without anybody to answer, an unknown heading is left out: no reason to refuse the file.
    if question and (data is not None or reading.asked):
        open_questions.insert(0, question)
    if open_questions and data is None:
        raise _nobody_to_answer(open_questions)
    if not still_waits(upload):
        return upload
    if data is not None and open_questions:
        return store_question(upload, open_questions, data, by)
    reading = replace(reading, classes_said=upload.answers.get("classes", {}))
    return _judge_and_store(upload, dates.applied_to(reading), by)


def _ask_for_headings(
    upload: Import,
    sheets: Sequence[Sheet],
    question: dict[str, Any] | None,
    data: bytes | None,
    by: User,
) -> Import:
    """No row reads like the headings of a list of people: somebody may say what the columns are."""
    if question is None and not any(sheet.rows for sheet in sheets):
        raise FileRefused(_EMPTY)
    if question is None or data is None:
        raise FileRefused(_NO_TABLE)
    if not still_waits(upload):
        return upload
    return store_question(upload, [question], data, by)


def _judge_and_store(upload: Import, reading: ParsedWorkbook, by: User) -> Import:
    judged = judge(reading, by, upload.answers.get("present", {}))
    if not judged.rows and not judged.aside:
        raise FileRefused(_NO_ROWS)
    return store_judged(upload, reading, judged, by)


def _open_warnings(
    upload: Import, reading: ParsedWorkbook, sheets: Sequence[Sheet]
) -> list[dict[str, Any]]:
    """Another school, year or level, as far as nobody has set it aside."""
    set_aside = upload.answers["anyway"]
    warnings = warnings_about(reading, sheets)
    return [warning for warning in warnings if warning["kind"] not in set_aside]


def _date_decision(upload: Import, reading: ParsedWorkbook, by: User) -> date_order.DateDecision:
    """What comes first in the dates; undecided while it is not known which column holds them."""
    if reading.asked is not None:
        return date_order.DateDecision()
    return date_order.decide(reading, upload.answers.get("dates", ""), by)


def _nobody_to_answer(questions: Sequence[Mapping[str, Any]]) -> FileRefused:
    """Why a file is not taken where nobody can be asked."""
    first = questions[0]
    if first["kind"] == "columns":
        return FileRefused(f"{first['sentence']} {_RENAME}")
    kinds = [question["kind"] for question in questions]
    sentences = [question["sentence"] for question in questions]
    if not set(WARNINGS).isdisjoint(kinds):
        sentences.append("Hãy chọn đúng tệp của trường.")
    return FileRefused(" ".join(sentences), kinds=kinds)


def _about_presence(upload: Import, reading: ParsedWorkbook) -> list[dict[str, Any]]:
    """Who may have left is asked once; a file whose columns are still in doubt is not read yet."""
    if reading.asked is not None or presence.KIND in upload.answers["anyway"]:
        return []
    question = presence.question(reading)
    if question is None:
        return []
    answered = upload.answers.get("present", {})
    if all(wording["key"] in answered for wording in question["wordings"]):
        return []
    return [question]


def _about_classes(
    upload: Import, reading: ParsedWorkbook, data: bytes | None, by: User
) -> list[dict[str, Any]]:
    """Which classes Excel has turned into dates; not while it is in doubt which column holds them.

    Where nobody can be asked (without ``data``) the rows of such a class are left out and told.
    """
    if reading.asked is not None or data is None:
        return []
    question = class_questions.question(reading, upload.answers.get("classes", {}), by)
    return [question] if question else []


def _check_allowed(reading: ParsedWorkbook, by: User) -> None:
    if reading.kind == "staff" and not may_see_staff(by):
        raise FileRefused(_STAFF_ONLY)
    if not KEYS & reading.columns and reading.asked is None:
        raise FileRefused(_NO_TABLE)
