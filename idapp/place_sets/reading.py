"""A file with newer lists of places, as somebody sends it: a zip of csv files, one csv file, or a
folder of them.

Which list a csv file is, its headings say and not its name: "places_2level (1).csv" is as
good as any. The texts are Unicode: UTF-8 with or without its mark, or UTF-16 with it ("Unicode
text" of Excel); the columns stand between commas, semicolons or tabs. Anything else is refused: in
an older encoding nobody could tell whether a name came through whole. Every refusal is
``SetRefused`` with a Vietnamese sentence.
"""

import codecs
import csv
import io
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from idapp.rules import places
from idapp.workbook import MAX_FILE_BYTES, WorkbookRefused, unpacked
from idapp.workbook.cells import MAX_CELLS, MAX_ROWS

_TOO_BIG = (
    "Tệp lớn hơn 10 MB: danh mục địa chỉ cả nước chỉ khoảng 1 MB, "
    "hãy kiểm tra xem có chọn nhầm tệp không."
)
_OF_ZIP = {
    "broken": "Tệp zip bị hỏng hoặc tải về chưa hết: hãy tải lại rồi thử lại.",
    "unsafe": "Trong tệp zip có tên tệp hoặc cách nén không an toàn nên tệp không được mở: "
    "hãy xin lại tệp từ nơi gửi.",
    "password": "Tệp zip có mật khẩu: hãy giải nén rồi gửi từng tệp csv, "
    "hoặc nén lại không đặt mật khẩu.",
    "bomb": "Các danh mục trong tệp zip giải nén ra hơn 10 MB: danh mục cả nước chỉ khoảng 1 MB, "
    "hãy xin lại tệp.",
}
_NO_CSV = (
    "Trong tệp không có danh mục nào: cần một tệp .csv, "
    "hoặc một tệp .zip có các tệp .csv bên trong."
)
_NOT_UNICODE = (
    "không đọc được chữ trong tệp: hãy lưu lại bằng kiểu “CSV UTF-8”, để nguyên dấu tiếng Việt."
)


class SetRefused(Exception):
    """Nothing was changed. ``sentences``: Vietnamese, one for each thing that is wrong."""

    def __init__(self, *sentences: str) -> None:
        self.sentences = sentences
        super().__init__("\n".join(sentences))


def read(data: bytes, file_name: str) -> dict[str, str]:
    """{one of the rules' file names: its text, between commas}. Raises ``SetRefused``."""
    if not data:
        raise SetRefused("Tệp rỗng (0 byte): hãy kiểm tra lại tệp rồi thử lại.")
    if len(data) > MAX_FILE_BYTES:
        raise SetRefused(_TOO_BIG)
    if not data.startswith(b"PK"):
        return _lists_of({file_name: data})
    try:
        return _lists_of(unpacked(data, ending=".csv", limit=MAX_FILE_BYTES))
    except WorkbookRefused as refused:
        raise SetRefused(_OF_ZIP.get(refused.code, _OF_ZIP["broken"])) from refused


def read_path(path: Path) -> dict[str, str]:
    """The same for a file or a folder on this machine. Raises ``SetRefused``."""
    if not path.is_dir():
        return read(first_bytes(path), path.name)
    parts = {}
    for file in sorted(path.glob("*.csv")):
        parts[file.name] = first_bytes(file)
        if sum(map(len, parts.values())) > MAX_FILE_BYTES:  # before the next one is read
            raise SetRefused(_TOO_BIG)
    return _lists_of(parts)


def first_bytes(path: Path) -> bytes:
    """Enough of a file to see that it is too big."""
    with path.open("rb") as file:
        return file.read(MAX_FILE_BYTES + 1)


def _lists_of(parts: Mapping[str, bytes]) -> dict[str, str]:
    lists: dict[str, str] = {}
    names: dict[str, str] = {}
    for path, data in parts.items():
        name = PurePosixPath(path).name
        if name.startswith("._"):
            continue  # a Mac's notes about the file of that name
        text = _text_of(name, data)
        file = _list_named(name, text)
        if file in lists:
            both = f"{names[file]} và {name}"
            raise SetRefused(f"{both} cùng là danh mục {file}: hãy giữ lại tệp mới hơn.")
        lists[file] = text
        names[file] = name
    if not lists:
        raise SetRefused(_NO_CSV)
    return lists


def _text_of(name: str, data: bytes) -> str:
    encoding = "utf-8-sig"
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        raise SetRefused(f"{name}: {_NOT_UNICODE}") from None
    # Either is a sign of a wrong guess about the encoding; no name of a place holds one.
    if "\0" in text or "\ufffd" in text:
        raise SetRefused(f"{name}: {_NOT_UNICODE}")
    if text.count("\n") > MAX_ROWS or sum(map(text.count, ",;\t")) > MAX_CELLS:
        raise SetRefused(f"{name}: tệp có quá nhiều dòng hoặc ô, không thể là danh mục địa chỉ.")
    return _between_commas(name, text.replace("\r\n", "\n").replace("\r", "\n"))


def _between_commas(name: str, text: str) -> str:
    heading = text.partition("\n")[0]
    # The heading alone decides: a name of a place may hold any of the three.
    delimiter = max(",;\t", key=heading.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        rows = list(reader)
    except csv.Error:
        sentence = f"{name}: có dấu ngoặc kép không đóng hoặc ô quá dài, hãy xin lại tệp."
        raise SetRefused(sentence) from None
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows(row for row in rows if any(row))
    return written.getvalue()


def _list_named(name: str, text: str) -> str:
    file = places.file_named(text)
    if file:
        return file
    heading = text.partition("\n")[0][:80]
    raise SetRefused(
        f"{name}: dòng đầu “{heading}” không phải tiêu đề của danh mục nào mà phần mềm dùng "
        f"({', '.join(places.FILES)})."
    )
