"""What a wording of a state means: is somebody at the school, away for a while, gone, or has finished it?

Ministry exports, vnEdu and teachers' own lists each have their words ("Chuyển đi kỳ 2", "Đã nghỉ hưu", "Bỏ học"). They
stand in ``idapp/data/states.csv`` (sources there), beside the ministry's own lists. A wording nobody knows means
nothing here: whoever reads a list must ask about it, and never count somebody as present for it in silence.
"""

import csv
import re
from functools import lru_cache
from pathlib import Path
from typing import Literal

from idapp.rules.folding import fold, tidy, tone_key

Meaning = Literal["present", "away", "left", "graduated"]
_DATA = Path(__file__).parent.parent / "data"
# what may follow a wording without changing it: when it happened
_WHEN = re.compile(
    r"(?:\b(?:hoc|ky|ki|hk[12]?|i{1,2}|[0-9/.-]+|nam|thang|ngay|tu|trong|dau|giua|cuoi|he)\b"
    r"[\s,.:()-]*)*"
)
_GROUPS: dict[str, Meaning] = {"Đang học": "present", "Chuyển đi": "left", "Thôi học": "left"}


@lru_cache(maxsize=4096)  # a list has few wordings, and asks for each row
def meaning_of(kind: str, text: str) -> Meaning | None:
    """What a state means for a ``student`` or for ``staff``; None if nobody knows the wording, or it is empty.

    >>> meaning_of("student", "Chuyển đi kỳ II"), meaning_of("staff", "NGHỈ HƯU"), meaning_of("student", "04")
    ('left', 'left', 'left')
    >>> meaning_of("student", "Đang học"), meaning_of("student", "Lưu ban hè"), meaning_of("student", "?")
    ('present', 'present', None)
    """
    wanted = tidy(text).strip(" .:;-–*")
    if not wanted:
        return None
    exact, folded = _wordings(kind)
    meaning = exact.get(tone_key(wanted)) or folded.get(fold(wanted))
    return meaning or _begun(fold(wanted), folded)


def meaning_in(kind: str, title: str) -> Meaning | None:
    """The state that a title above some rows speaks of; None if it speaks of none, or of several.

    >>> meaning_in("student", "HỌC SINH CHUYỂN ĐI"), meaning_in("student", "II. Bỏ học")
    ('left', 'left')
    >>> meaning_in("staff", "Danh sách cán bộ nghỉ hưu năm 2025"), meaning_in("student", "Lớp 5A")
    ('left', None)
    """
    text = f" {_words_of(title)} "
    _, folded = _wordings(kind)
    meanings = set()
    for wording in sorted(folded, key=len, reverse=True):
        if f" {wording} " in text:
            meanings.add(folded[wording])
            # "chuyển đi" inside "chuyển đi kỳ 2" is no second state
            text = text.replace(f" {wording} ", " ")
    if len(meanings) != 1:
        return None
    return meanings.pop()


def is_present(kind: str, text: str) -> bool:
    """Does somebody in this state belong to the school? A wording nobody knows removes nobody.

    >>> is_present("student", "Chuyển đi kỳ 1"), is_present("student", "Bảo lưu"), is_present("staff", "?")
    (False, True, True)
    """
    return meaning_of(kind, text) not in ("left", "graduated")


def _words_of(text: str) -> str:
    """Letters and digits only, so that a number or a bracket before a wording does not hide it."""
    return " ".join(re.findall(r"[0-9a-z]+", fold(text)))


def _begun(key: str, folded: dict[str, Meaning]) -> Meaning | None:
    """The longest wording that the text begins with, if only a time follows."""
    for wording in sorted(folded, key=len, reverse=True):
        if key.startswith(f"{wording} ") and _WHEN.fullmatch(key[len(wording) + 1 :]):
            return folded[wording]
    return None


@lru_cache(maxsize=2)
def _wordings(kind: str) -> tuple[dict[str, Meaning], dict[str, Meaning]]:
    """Meanings by exact key and by folded key; two meanings under one folded key are none."""
    exact: dict[str, Meaning] = {}
    folded: dict[str, set[Meaning]] = {}
    for wording, meaning in _listed(kind):
        exact.setdefault(tone_key(wording), meaning)
        folded.setdefault(fold(wording), set()).add(meaning)
    unambiguous = {}
    for key, meanings in folded.items():
        if len(meanings) == 1:
            (unambiguous[key],) = meanings
    return exact, unambiguous


def _listed(kind: str) -> list[tuple[str, Meaning]]:
    """Every known wording of a kind with its meaning, the ministry's own first."""
    listed = _of_students()
    if kind == "staff":
        listed = _of_staff()
    for row in _rows("states.csv"):
        if row["kind"] == kind:
            listed.append((row["wording"], row["meaning"]))  # type: ignore[arg-type]
    return listed


def _of_staff() -> list[tuple[str, Meaning]]:
    listed: list[tuple[str, Meaning]] = []
    for row in _rows("staff_states.csv"):
        if row["is_working"] == "1":
            listed.append((row["name"], "present"))
        else:
            listed.append((row["name"], "left"))
    return listed


def _of_students() -> list[tuple[str, Meaning]]:
    """Lists of pupils write the code of a state as well as its name."""
    listed: list[tuple[str, Meaning]] = []
    for row in _rows("student_states.csv"):
        meaning = _GROUPS[row["group"]]
        listed += [(row["name"], meaning), (row["code"], meaning)]
    return listed


def _rows(file_name: str) -> list[dict[str, str]]:
    with (_DATA / file_name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
