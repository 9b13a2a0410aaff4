"""Which of the three groups of the office's statistics a position of a member of staff belongs to.

The groups and the titles are those of ``data/staff_positions.csv``. Schools also write "GV Toán", "P. Hiệu trưởng",
"BGH", "Bảo vệ hợp đồng": the words below read them without diacritics. A text that says nothing of the kind belongs to
no group, and is counted as such.
"""

import re
from functools import lru_cache

from idapp.rules.folding import fold
from idapp.rules.places import rows_of

MANAGER = "manager"
TEACHER = "teacher"
EMPLOYEE = "employee"
UNKNOWN = ""
GROUP_WORDS = {
    MANAGER: "Cán bộ quản lý",
    TEACHER: "Giáo viên",
    EMPLOYEE: "Nhân viên",
    UNKNOWN: "Chưa rõ vị trí việc làm",
}
# the first that applies: "Giáo viên kiêm thư viện" is a teacher
_USUAL_WORDINGS = (
    (MANAGER, r"hieu truong|hieu pho|ban giam hieu|can bo quan ly|h ?t|p ?ht|bgh|cbql"),
    (TEACHER, r"giao vien|gv|gvcn|to truong chuyen mon|ttcm|tong phu trach|tpt"),
    (
        EMPLOYEE,
        r"nhan vien|nv|ke toan|van thu|thu quy|y te|thu vien|thiet bi|thi nghiem"
        r"|cong nghe thong tin|cntt|cap duong|nau an|nha bep|bao ve"
        r"|phuc vu|tap vu|hanh chinh|giao vu|lao cong|ho tro",
    ),
)


@lru_cache(maxsize=512)
def group_of(position: str) -> str:
    """A key of ``GROUP_WORDS``.

    >>> group_of("Phó hiệu trưởng"), group_of("GV Toán"), group_of("Bảo vệ hợp đồng"), group_of("?")
    ('manager', 'teacher', 'employee', '')
    >>> group_of("P. Hiệu trưởng"), group_of("GVCN 6A1"), group_of("Giáo viên kiêm thư viện")
    ('manager', 'teacher', 'teacher')
    """
    words = " ".join(re.findall("[a-z]+", fold(position)))
    title = _catalogue().get(words)
    if title is not None:
        return title
    for group, wordings in _USUAL_WORDINGS:
        if re.search(rf"\b({wordings})\b", words):
            return group
    return UNKNOWN


@lru_cache(maxsize=1)
def _catalogue() -> dict[str, str]:
    """{title of the catalogue, folded to its words: its group}."""
    key_of = {words: group for group, words in GROUP_WORDS.items()}
    titles = {}
    for row in rows_of("staff_positions.csv"):
        titles[" ".join(re.findall("[a-z]+", fold(row["title"])))] = key_of[row["group"]]
    return titles
