"""The homeroom class inside the position of a teacher, as clerks write it: "GVCN 6A1", "Giáo viên, chủ nhiệm lớp 6A1".

The ministry's list of positions knows only "Giáo viên". Which class somebody looks after stands in many staff lists all
the same, and the accounts of teachers are proposed from it; so the text is kept as it is, and read in two parts here.
"""

import re
from typing import NamedTuple

from idapp.rules.folding import tidy

TEACHER = "Giáo viên"
# "CN" alone is a subject too ("Công nghệ"): it counts only before a class
_HOMEROOM = re.compile(
    r"(?P<title>.*?)[\s,;:(–-]*\b(?:ch[uủ] nhi[eệ]m|gvcn|cn(?=\W*(?:l[oớ]p\W*)?\d))\b"
    r"(?:\s*:?\s*(?:c[aá]c )?l[oớ]p\b)?\s*:?\s*(?P<classes>[^)]*)\)?",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"\s*(?:,|;|\+|&|\bvà\b|\bva\b)\s*", re.IGNORECASE)
_SHORT = {"": TEACHER, "gv": TEACHER}
_LONGEST_NAME = 2  # words of the name of a class; "chủ nhiệm câu lạc bộ" names none


class HomeroomTitle(NamedTuple):
    """``title``: the position without the class; ``classes``: as written, none where only "GVCN" stands there."""

    title: str
    classes: tuple[str, ...]


def read(position: str) -> HomeroomTitle | None:
    """Both parts of a position that names a homeroom teacher; None for any other.

    >>> read("GVCN 6A1"), read("Giáo viên, chủ nhiệm lớp 5A và 5 B")
    (HomeroomTitle(title='Giáo viên', classes=('6A1',)), HomeroomTitle(title='Giáo viên', classes=('5A', '5 B')))
    >>> read("Giáo viên - Tổ trưởng chuyên môn (CN 9A2)").title
    'Giáo viên - Tổ trưởng chuyên môn'
    >>> read("Giáo viên"), read("Giáo viên CN"), read("Chủ nhiệm câu lạc bộ Toán")
    (None, None, None)
    """
    match = _HOMEROOM.fullmatch(tidy(position))
    if match is None:
        return None
    classes = tuple(name for name in _BETWEEN.split(match["classes"].strip()) if name)
    if any(len(name.split()) > _LONGEST_NAME for name in classes):
        return None
    title = match["title"].strip()
    return HomeroomTitle(_SHORT.get(title.lower(), title), classes)


def with_class(position: str, classes: str) -> str:
    """The position that also says the class; one that says a class already stays.

    >>> with_class("Giáo viên", "6A1"), with_class("GVCN 6A1", "6A1"), with_class("", "6A1")
    ('Giáo viên, chủ nhiệm lớp 6A1', 'GVCN 6A1', 'Giáo viên, chủ nhiệm lớp 6A1')
    """
    title = tidy(position) or TEACHER
    written = read(title)
    if written is not None and written.classes:
        return title
    if written is not None:
        title = written.title
    return f"{title}, chủ nhiệm lớp {tidy(classes)}"
