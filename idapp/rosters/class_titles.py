"""Where a sheet says which class a list is of: on a row of its own, in a title, in the name of the sheet."""

import re
from collections.abc import Iterable, Sequence

from idapp.rules.folding import tidy

_CLASS_ROW = re.compile(
    r"(?:danh sách\s+)?(?:học sinh\s+)?(?:tên\s+)?l[oớ]p(?:\s+học)?\s*[:\-–]?\s*(\S.*)",
    re.IGNORECASE,
)
_CLASS_END = re.compile(
    r"\s+[-–(|]|[,;(]|\s+(?:GVCN|giáo viên|sĩ số|si so|năm học|nam hoc|tổng)\b", re.IGNORECASE
)
_CLASS_IN_TITLE = re.compile(
    r"\bl[oớ]p\s*:?\s*([0-9]{1,2}\s?[./\-]?\s?[A-Za-zĐđ0-9]{1,4})\b", re.IGNORECASE
)
_CLASS_SHEET = re.compile(r"(?:l[oớ]p\s*)?([0-9]{1,2}[./\-_]?[A-Za-zĐđ0-9]{1,3})", re.IGNORECASE)
_LONGEST = 80  # letters behind "Lớp"; more of them are a sentence


def class_of_row(texts: Sequence[str]) -> str | None:
    """The class that the texts of a row name when all of the row is the name of a class; None if it is no such row.

    >>> class_of_row(["Lớp:", "5A - GVCN: cô Lan"]), class_of_row(["Lê Văn An"]) is None
    ('5A', True)
    """
    match = _CLASS_ROW.match(" ".join(texts))
    if match is None or len(match[1]) > _LONGEST:
        return None
    return _class_name(match[1])


def class_in_titles(texts: Iterable[str]) -> str:
    """The one class that titles name somewhere in their text, "" if they name none or several.

    >>> class_in_titles(["DANH SÁCH HỌC SINH LỚP 5A NĂM HỌC 2022"]), class_in_titles(["Lớp 5A và lớp 5B"])
    ('5A', '')
    """
    names: set[str] = set()
    for text in texts:
        names.update(_class_name(name) for name in _CLASS_IN_TITLE.findall(text))
    return names.pop() if len(names) == 1 else ""


def class_of_sheet(name: str) -> str:
    """The class a sheet is named after, "" if none.

    >>> class_of_sheet("Lớp 5A"), class_of_sheet("Danh sách")
    ('5A', '')
    """
    match = _CLASS_SHEET.fullmatch(tidy(name))
    return match[1] if match else ""


def _class_name(text: str) -> str:
    """
    >>> _class_name("5A - GVCN: cô Lan"), _class_name("6/2"), _class_name("Mầm 1 (sĩ số 25)")
    ('5A', '6/2', 'Mầm 1')
    """
    return tidy(_CLASS_END.split(text)[0]).strip(" .:")
