"""What the check page says of an upload, in lines: for the command line.

The figures are those of ``reviewing``; so whoever imports by a command learns what whoever looks at the page learns.
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
    "new": "hồ sơ mới", "changed": "hồ sơ thay đổi", "same": "không đổi", "conflict": "cần chọn",
    "wrong": "không nhập được",
}  # fmt: skip
_APPLIED_WORDS = {
    "created": "hồ sơ mới", "changed": "hồ sơ đã sửa", "unchanged": "không đổi",
}  # fmt: skip
_LEFT_OUT_WORDS = {
    "stale": "dòng vừa có người sửa trong hệ thống", "left_out": "dòng bỏ chọn hoặc chưa chọn",
    "refused": "dòng không nhập được",
}  # fmt: skip


def lines_before(upload: Import) -> Iterator[str]:
    """What was read, and what whoever writes it should know; errors row by row."""
    sums = ImportTotals(upload)
    yield f"Đã đọc {upload.file_name}: {_counted(sums.counts, _VERDICT_WORDS)}."
    yield from _addresses(upload)
    if sums.skipped:
        yield f"Bỏ qua: {_counted(sums.skipped, SKIPPED_WORDS)}."
    if sums.aside.get("left"):
        yield f"{sums.aside['left']} dòng là người đã chuyển đi hoặc thôi học, chưa có trong hệ thống: không nhập."
    if upload.unknown_headings:
        yield f"Cột không dùng đến: {'; '.join(upload.unknown_headings)}."
    if classes := new_classes(upload):
        yield f"Lớp mới sẽ tạo: {', '.join(classes)}."
    yield from _to_look_at(sums)
    yield from _errors(upload, sums)


def lines_after(upload: Import) -> Iterator[str]:
    """What was written, what of it has errors, and what was left out."""
    sums = ImportTotals(upload)
    yield f"Đã ghi: {_counted(sums.applied, _APPLIED_WORDS)}."
    if sums.brought:
        yield (
            f"{sums.brought} dòng đã ghi kèm ô lỗi: các ô ấy có dấu lỗi trong bảng lớp, cần sửa trước khi gửi xác thực."
        )
    if left := left_out(sums):
        yield f"Chưa ghi: {', '.join(left)}."


def left_out(sums: ImportTotals) -> list[str]:
    """What did not come in, in words; [] where everything did."""
    words = [
        f"{sums.applied[key]} {word}"
        for key, word in _LEFT_OUT_WORDS.items()
        if sums.applied.get(key)
    ]
    if sums.undecided:
        words.append(f"chỗ cần quyết định của {sums.undecided} dòng")
    if addresses := open_questions(sums.upload):
        words.append(f"chỗ cần chọn của {len(addresses)} địa chỉ cũ (đã ghi nguyên như trong tệp)")
    cells_unread = sums.unread - sums.applied.get("refused", 0)
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
    labels = {one["code"]: one["label"] for one in question["candidates"]}
    if question["choice"] in labels:
        return f"{where}: ghi là {labels[question['choice']]}, theo lần chọn trước của trường."
    if question["choice"]:
        return f"{where}: để nguyên như trong tệp."
    return f"{where} cần chọn: {' hay '.join(labels.values())}. Hãy chọn ở trang Nhập tệp."


def _to_look_at(sums: ImportTotals) -> Iterator[str]:
    told = {
        "conflict": "dòng có ô cần quyết định: hệ thống giữ giá trị đang có",
        "asked": "dòng chưa rõ là người mới hay người trường đã có: chưa chọn để ghi",
        "look": "dòng nên xem kỹ (nhiều điểm bất thường, hoặc mang số của người khác)",
        "twice": "dòng trùng người hoặc trùng số",
        "warned": "dòng có cảnh báo",
        "repaired": "dòng có ô đã chuẩn hóa",
        "moved": "dòng đổi lớp hoặc trạng thái",
        "hidden": "dòng bị ẩn trong tệp",
        "struck": "dòng bị gạch ngang trong tệp",
    }
    for view, words in told.items():
        if n := sums.views[view]:
            yield f"{n} {words}."


def _errors(upload: Import, sums: ImportTotals) -> Iterator[str]:
    total = sums.views["errors"]
    if not total:
        return
    yield f"{total} dòng có ô lỗi:"
    for row in rows_in(upload, "errors").order_by(ImportRow.id).limit(_SHOWN):
        yield f"  {_row_line(row)}"
    if total > _SHOWN:
        yield f"  và {total - _SHOWN} dòng khác."


def _row_line(row: ImportRow) -> str:
    errors = [p for p in row.problems if p["level"] == "error"]
    told = "; ".join(
        f"{label_of(p['field'])}: {p['message']}" if p["field"] else p["message"] for p in errors
    )
    place = f"{row.sheet}, dòng {row.row}" if row.sheet else f"Dòng {row.row}"
    name = name_of(row)
    return f"{place}: {told}" if name == f"Dòng {row.row}" else f"{place}, {name}: {told}"


def _counted(numbers: dict[str, int], words: dict[str, str]) -> str:
    """
    >>> _counted({"new": 2, "same": 0, "wrong": 1}, _VERDICT_WORDS), _counted({}, _VERDICT_WORDS)
    ('2 hồ sơ mới, 1 không nhập được', 'không có dòng nào')
    """
    told = [f"{n} {words[key]}" for key, n in numbers.items() if n and key in words]
    return ", ".join(told) or "không có dòng nào"
