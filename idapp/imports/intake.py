"""Taking a file in: read, asked about where it leaves a doubt, judged and stored. Nothing of anybody is touched.

A short file is judged while the page waits. A large one waits itself, as it came, for the worker (``reading``), whose
process ends with the work: so the web process never holds more of a large file than its bytes.
"""

import hashlib
import logging
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from idapp import faults
from idapp.imports import date_order, headings, presence, uploads
from idapp.imports.collector import paused_collector
from idapp.imports.columns import KEYS, ParsedWorkbook, detect_columns
from idapp.imports.headings import meanings_for
from idapp.imports.judging import judge
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
from idapp.workbook import MAX_FILE_BYTES, Sheet, WorkbookRefused, kind_of, turn
from idapp.workbook import read_bytes as read_cells

log = logging.getLogger(__name__)
LARGE_BYTES = 400_000  # some 5,000 rows of 16 columns: seconds of work, while a school's 2,000 are done in one
MAX_FILE_NAME = 150
_TRIES = 3
_NO_TABLE = (
    "Tệp không có cột Họ tên hay Mã định danh Bộ GD&ĐT nên không biết dòng nào là của ai: "
    "hãy tải tệp mẫu ở trang này rồi điền vào đó."
)
_RENAME = "Hãy đổi tên hoặc xóa cột không dùng trong tệp rồi nhập lại."
_EMPTY = "Tệp trống, không có ô nào được điền: hãy kiểm tra có chọn đúng tệp không."
_GONE = "Tệp này không còn chờ nữa: hãy tải tệp lên lại."
_INTERRUPTED = (
    "Việc đọc tệp bị ngắt nhiều lần nên đã dừng. Hãy tải tệp lên lại, hoặc tách tệp theo khối."
)
_FAULT = "Máy chủ gặp lỗi khi đọc tệp nên chưa có gì được ghi. Hãy tải tệp lên lại; nếu vẫn lỗi, báo kỹ thuật."


class FileRefused(Exception):
    """The file was not taken and nothing of it is kept. ``message`` says in Vietnamese what is wrong and what to do.

    ``warnings_about``: the kinds that the caller may set aside (``anyway``).
    """

    def __init__(self, message: str, *, warnings_about: Collection[str] = ()) -> None:
        super().__init__(message)
        self.message, self.warnings_about = message, tuple(warnings_about)


def read_file(
    path: Path, file_name: str, *, by: User, anyway: Collection[str] = (), dates: str = ""
) -> Import:
    """The same as ``read_bytes`` for a file on this machine (the command line)."""
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
    upload = _begun(data, file_name, by, anyway, every_column=every_column)
    if dates in date_order.ANSWERS:
        upload.answers |= {"dates": dates}
    return _continue(upload, _cells(data, file_name), data if ask else None, by)


def read_stream(
    stream: IO[bytes], file_name: str, *, by: User, every_column: bool = False
) -> Import:
    """An upload from the browser. It is taken into memory only when its turn to be read has come: few are at once.

    A large file is only looked at: it comes back in state ``reading``, and somebody must call ``read_kept``.
    """
    try:
        with turn():
            data = stream.read(MAX_FILE_BYTES + 1)
            if len(data) <= LARGE_BYTES:
                return read_bytes(data, file_name, by=by, ask=True, every_column=every_column)
            kind_of(data, file_name=file_name)
            return store_unread(_begun(data, file_name, by, every_column=every_column), data)
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
) -> Import:
    """What the user said to the questions of an upload that is ``asking``: headings explained, doubts set aside.

    ``present``: who is still at the school, {key of a wording: present or left}. ``dates``: day or month, whichever
    comes first in the birth dates. Said twice (a second click, another tab), it counts once.
    """
    if upload.state != "asking":
        return upload
    data = uploads.kept(upload)
    if data is None:
        raise FileRefused(_GONE)
    asked = {c["key"]: c["heading"] for q in upload.questions for c in q.get("columns", ())}
    said = {key: field for key, field in columns.items() if key in asked}
    general = {key: field for key, field in said.items() if "#" not in key}
    headings.remember(
        general, asked, by=by
    )  # what was said of one column of this file is true of no other
    upload.answers = upload.answers | {
        "columns": upload.answers["columns"] | said,
        "anyway": sorted({*upload.answers["anyway"], *anyway}),
        "present": _answers_about_presence(upload, present or {}),
    }
    if dates in date_order.ANSWERS:
        upload.answers |= {"dates": dates}
    if len(data) > LARGE_BYTES:
        return store_unread(upload, data)
    return _continue(upload, _cells(data, upload.file_name), data, by)


def _answers_about_presence(upload: Import, present: Mapping[str, str]) -> dict[str, str]:
    """Only what was asked, and only with an answer that there is."""
    keys = {
        wording["key"] for question in upload.questions for wording in question.get("wordings", ())
    }
    known: dict[str, str] = upload.answers.get("present", {})
    return known | {
        key: said for key, said in present.items() if key in keys and said in presence.ANSWERS
    }


def read_kept(upload_id: int) -> None:
    """Read a file that waits in state ``reading``: the work of the background. Done twice, it counts once; after three
    crashes, or a fault, the file is put away and says so."""
    upload = Import.get_or_none(Import.id == upload_id)
    if upload is None or upload.state != "reading":
        return
    data = uploads.kept(upload)
    if data is None or upload.attempts >= _TRIES:
        discard_unread(upload, _GONE if data is None else _INTERRUPTED)
        return
    Import.update(attempts=Import.attempts + 1).where(Import.id == upload_id).execute()
    try:
        with uploads.heartbeat(upload_id):
            _continue(upload, _cells(data, upload.file_name), data, upload.user)
    except FileRefused as refused:
        discard_unread(upload, refused.message)
    except Exception as fault:
        log.error("import %s was not read: %s", upload_id, faults.redacted_traceback(fault))
        discard_unread(upload, _FAULT)


def _begun(
    data: bytes,
    file_name: str,
    by: User,
    anyway: Collection[str] = (),
    *,
    every_column: bool = False,
) -> Import:
    if not may_import(by):
        raise FileRefused("Tài khoản này không nhập tệp được.")
    return Import(
        file_name=Path(file_name).name[:MAX_FILE_NAME],
        sha256=hashlib.sha256(data).hexdigest(),
        user=by,
        answers={"columns": {}, "anyway": list(anyway), "every_column": every_column},
    )


def _cells(data: bytes, file_name: str) -> list[Sheet]:
    try:
        return read_cells(data, file_name=file_name)
    except WorkbookRefused as refused:
        raise FileRefused(refused.message) from refused


@paused_collector()
def _continue(upload: Import, sheets: list[Sheet], data: bytes | None, by: User) -> Import:
    """Ask what there is to ask (``data`` is then kept), else judge."""
    meanings = meanings_for(by) | upload.answers["columns"]
    reading = detect_columns(sheets, meanings)
    every = upload.answers.get("every_column", False)
    question = headings.question(sheets, reading, meanings, upload.answers["columns"], every=every)
    if reading is None and question is None:
        raise FileRefused(_NO_TABLE if any(sheet.rows for sheet in sheets) else _EMPTY)
    if reading is not None:
        _check_allowed(reading, by)
    is_unclear = reading is None or reading.asked is not None
    dates = date_order.DateDecision()
    asked = [question] if question and (data is not None or is_unclear) else []
    if reading is not None:
        asked += [
            doubt
            for doubt in warnings_about(reading)
            if doubt["kind"] not in upload.answers["anyway"]
        ]
        asked += _about_presence(upload, reading)
    if reading is not None and not is_unclear:
        dates = date_order.decide(reading, upload.answers.get("dates", ""), by)
        asked += dates.questions
    if asked and data is None:
        raise _nobody_to_answer(asked, is_read=reading is not None)
    if not still_waits(upload):
        return upload
    if asked or reading is None:
        return store_question(upload, asked, data or b"", by)
    judged = judge(dates.applied_to(reading), by, upload.answers.get("present", {}))
    if not judged.rows and not judged.aside:
        raise FileRefused(
            "Tệp có dòng tiêu đề nhưng không có dòng nào là hồ sơ: hãy điền danh sách rồi tải lên lại."
        )
    return store_judged(upload, reading, judged, by)


def _nobody_to_answer(asked: Sequence[Mapping[str, Any]], *, is_read: bool) -> FileRefused:
    """Why a file is not taken where nobody can be asked."""
    if not is_read:
        return FileRefused(_NO_TABLE)
    if asked[0]["kind"] == "columns":
        return FileRefused(f"{asked[0]['sentence']} {_RENAME}")
    kinds = [doubt["kind"] for doubt in asked]
    sentences = [doubt["sentence"] for doubt in asked]
    if not set(WARNINGS).isdisjoint(kinds):
        sentences.append("Hãy chọn đúng tệp của trường.")
    return FileRefused(" ".join(sentences), warnings_about=kinds)


def _about_presence(upload: Import, reading: ParsedWorkbook) -> list[dict[str, Any]]:
    """Who may have left is asked once; a file whose columns are still in doubt is not read yet."""
    if reading.asked is not None or presence.KIND in upload.answers["anyway"]:
        return []
    question = presence.question(reading)
    answered = upload.answers.get("present", {})
    if question is None or all(w["key"] in answered for w in question["wordings"]):
        return []
    return [question]


def _check_allowed(reading: ParsedWorkbook, by: User) -> None:
    if reading.kind == "staff" and not may_see_staff(by):
        raise FileRefused(
            "Đây là danh sách cán bộ, giáo viên: chỉ văn thư và hiệu trưởng nhập được."
        )
    if not KEYS & reading.columns and reading.asked is None:
        raise FileRefused(_NO_TABLE)
