"""The rows of a .csv file: encoding and delimiter are found by looking. Runs in the child process only."""

import csv
import io
import re
import unicodedata

from idapp.workbook.budget import Budget
from idapp.workbook.building import SheetBuilder
from idapp.workbook.cells import Sheet, WorkbookRefused
from idapp.workbook.shown import cell_of

_VIETNAMESE = set(
    "ăâđêôơưàáảãạằắẳẵặầấẩẫậèéẻẽẹềếểễệìíỉĩịòóỏõọồốổỗộờớởỡợùúủũụừứửữựỳýỷỹỵ’‘“”–—…•\ufeff\xa0°×«»₫"
)


def read_csv(data: bytes) -> list[Sheet]:
    text = _decoded(data)
    if marked := re.match(r"sep=(.)\r?\n", text):  # a line Excel writes for itself and never shows
        text, delimiter = text[marked.end() :], marked.group(1)
    else:
        delimiter = _delimiter(text)
    built = SheetBuilder("CSV", False, Budget())
    for number, values in enumerate(
        csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), start=1
    ):
        built.add(number, [cell_of(_unwrapped(value)) for value in values])
    return [built.sheet()]


def _unwrapped(value: str) -> str:
    """``="0123"`` is how some systems keep zeros in a CSV that Excel opens."""
    return value[2:-1] if re.fullmatch(r'="[^"]*"', value) else value


def _decoded(data: bytes) -> str:
    """UTF-8, UTF-16 with or without mark, then windows-1258, but only if what comes out is Vietnamese."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    elif b"\0" in data[:2000]:
        encodings = [
            "utf-16-le" if data[1:2000:2].count(0) >= data[0:2000:2].count(0) else "utf-16-be"
        ]
    else:
        encodings = ["utf-8-sig", "windows-1258"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding != "windows-1258" or _is_vietnamese(text):
            return text
    raise WorkbookRefused("encoding")


def _is_vietnamese(text: str) -> bool:
    """windows-1258 gives some letter to nearly every byte; fonts like .VnTime would come out as nonsense."""
    marked = [letter for letter in unicodedata.normalize("NFC", text).lower() if ord(letter) > 127]
    return sum(letter in _VIETNAMESE for letter in marked) >= 0.95 * len(marked)


def _delimiter(text: str) -> str:
    """The one that cuts the first rows into most columns."""
    head = text[:20_000].splitlines(keepends=True)[:40]
    return max(
        ",;\t",
        key=lambda one: sum(len(row) for row in csv.reader(head, delimiter=one) if len(row) > 1),
    )
