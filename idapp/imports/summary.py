"""What the check page says of an upload, in lines: for the command line.

The figures are those of ``totals``; so whoever imports by a command learns what whoever looks at the page learns.
"""

from collections.abc import Iterator
from typing import Any

from idapp.imports.address_questions import asked_in, open_questions
from idapp.imports.headings import label_of
from idapp.imports.review_page import SKIPPED_WORDS, name_of, new_classes
from idapp.imports.row_lists import rows_in
from idapp.imports.totals import ImportTotals
from idapp.models import Import, ImportRow

_SHOWN = 20  # rows told one by one; the others stand in the workbook of errors
_VERDICT_WORDS = {
    "new": "hồ sơ mới",
    "changed": "hồ sơ thay đổi",
    "same": "không đổi",
    "conflict": "cần chọn",
    "wrong": "không nhập được",
}
_APPLIED_WORDS = {
    "created": "hồ sơ mới",
    "changed": "hồ sơ đã sửa",
    "unchanged": "không đổi",
}
_LEFT_OUT_WORDS = {
    "stale": "dòng vừa có người sửa trong hệ thống",
    "left_out": "dòng bỏ chọn hoặc chưa chọn",
    "refused": "dòng không nhập được",
}
_TO_LOOK_AT = {
    "conflict": "dòng có ô cần quyết định: hệ thống giữ giá trị đang có",
    "asked": "dòng chưa rõ là người mới hay người trường đã có: chưa chọn để lưu",
    "look": "dòng nên xem kỹ (nhiều điểm bất thường, hoặc mang số của người khác)",
    "twice": "dòng trùng người hoặc trùng số",
    "warned": "dòng có cảnh báo",
    "repaired": "dòng có ô đã chuẩn hóa",
    "moved": "dòng đổi lớp hoặc trạng thái",
    "hidden": "dòng bị ẩn trong tệp",
    "struck": "dòng bị gạch ngang trong tệp",
}


def lines_before(upload: Import) -> Iterator[str]:
    """What was read, and what whoever writes it should know; errors row by row."""
    totals = ImportTotals(upload)
    yield f"Đã đọc {upload.file_name}: {_counted(totals.counts, _VERDICT_WORDS)}."
    yield from _addresses(upload)
    if totals.skipped:
        yield f"Bỏ qua: {_counted(totals.skipped, SKIPPED_WORDS)}."
    if totals.aside.get("left"):
        yield (
            f"{totals.aside['left']} dòng là người đã chuyển đi hoặc thôi học, "
            "chưa có trong hệ thống: không nhập."
        )
    if upload.unknown_headings:
        yield f"Cột không dùng đến: {'; '.join(upload.unknown_headings)}."
    if classes := new_classes(upload):
        yield f"Lớp mới sẽ tạo: {', '.join(classes)}."
    yield from _to_look_at(totals)
    yield from _errors(upload, totals)


def lines_after(upload: Import) -> Iterator[str]:
    """What was written, what of it has errors, and what was left out."""
    totals = ImportTotals(upload)
    yield f"Đã lưu: {_counted(totals.applied, _APPLIED_WORDS)}."
    if totals.brought:
        yield (
            f"{totals.brought} dòng đã lưu kèm ô lỗi: các ô ấy có dấu lỗi trong bảng lớp, "
            "cần sửa trước khi gửi xác thực."
        )
    if left := left_out(totals):
        yield f"Chưa lưu: {', '.join(left)}."


def left_out(totals: ImportTotals) -> list[str]:
    """What did not come in, in words; [] where everything did."""
    words = []
    for outcome, word in _LEFT_OUT_WORDS.items():
        n = totals.applied.get(outcome, 0)
        if n:
            words.append(f"{n} {word}")
    if totals.undecided:
        words.append(f"chỗ cần quyết định của {totals.undecided} dòng")
    if addresses := open_questions(totals.upload):
        words.append(f"chỗ cần chọn của {len(addresses)} địa chỉ cũ (đã lưu nguyên như trong tệp)")
    cells_unread = totals.unread - totals.applied.get("refused", 0)
    if cells_unread > 0:
        words.append(f"ô không đọc được của {cells_unread} dòng")
    return words


def _addresses(upload: Import) -> Iterator[str]:
    """Addresses of another time: how many were converted, which were chosen before, which must still be chosen."""
    if converted := upload.addresses.get("converted"):
        rows = sum(count for _, _, count in converted)
        yield f"{len(converted)} địa chỉ cũ đã đổi sang tên trong danh mục ({rows} dòng)."
    for question in asked_in(upload):
        yield _address_line(question)


def _address_line(question: dict[str, Any]) -> str:
    where = f"“{question['meant']}” ({question['rows']} dòng)"
    labels = {candidate["code"]: candidate["label"] for candidate in question["candidates"]}
    if question["choice"] in labels:
        return f"{where}: ghi là {labels[question['choice']]}, theo lần chọn trước của trường."
    if question["choice"]:
        return f"{where}: để nguyên như trong tệp."
    return f"{where} cần chọn: {' hay '.join(labels.values())}. Hãy chọn ở trang Nhập tệp."


def _to_look_at(totals: ImportTotals) -> Iterator[str]:
    for view, words in _TO_LOOK_AT.items():
        n = totals.views[view]
        if n:
            yield f"{n} {words}."


def _errors(upload: Import, totals: ImportTotals) -> Iterator[str]:
    total = totals.views["errors"]
    if not total:
        return
    yield f"{total} dòng có ô lỗi:"
    for row in rows_in(upload, "errors").order_by(ImportRow.id).limit(_SHOWN):
        yield f"  {_row_line(row)}"
    if total > _SHOWN:
        yield f"  và {total - _SHOWN} dòng khác."


def _row_line(row: ImportRow) -> str:
    sentences = [_error_sentence(p) for p in row.problems if p["level"] == "error"]
    errors = "; ".join(sentences)
    number = f"Dòng {row.row}"
    place = number
    if row.sheet:
        place = f"{row.sheet}, dòng {row.row}"
    name = name_of(row)
    if name == number:  # nobody is named in it
        return f"{place}: {errors}"
    return f"{place}, {name}: {errors}"


def _error_sentence(problem: dict[str, Any]) -> str:
    message = str(problem["message"])
    if not problem["field"]:
        return message
    return f"{label_of(problem['field'])}: {message}"


def _counted(numbers: dict[str, int], words: dict[str, str]) -> str:
    """
    >>> _counted({"new": 2, "same": 0, "wrong": 1}, _VERDICT_WORDS), _counted({}, _VERDICT_WORDS)
    ('2 hồ sơ mới, 1 không nhập được', 'không có dòng nào')
    """
    counted = [f"{n} {words[key]}" for key, n in numbers.items() if n and key in words]
    return ", ".join(counted) or "không có dòng nào"
