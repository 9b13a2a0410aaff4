"""Who in a list is still at the school? What the list only hints at is asked, once for each wording.

A state in a column of its own that everybody knows ("Chuyển đi") is believed. Asked about are: a wording nobody knows,
a title above some rows that says they have left ("HỌC SINH CHUYỂN ĐI"), and a note behind a name ("(bỏ học)"). So
nobody who has left is counted as present in silence, and nobody is taken off the list by a guess.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from idapp.imports.columns import ParsedWorkbook
from idapp.rosters import FoundRow
from idapp.rosters.name_notes import without_note
from idapp.rules import states
from idapp.rules.folding import fold, tidy

KIND = "presence"
ANSWERS = ("present", "left")
_ROWS_SHOWN = 5
_SOURCE_WORDS = {
    "state": "Cột trạng thái ghi",
    "section": "Nằm dưới dòng tiêu đề",
    "note": "Ghi chú sau họ tên",
}


@dataclass(frozen=True)
class Hint:
    """What a row says about whether somebody is there, besides a state that everybody knows.

    source  state, section or note    text  as it stands    guess  present or left: what it probably means
    """

    source: str
    text: str
    guess: str

    @property
    def key(self) -> str:
        """The same for every row with this wording."""
        return f"{self.source}:{fold(self.text)}"


def hint_of(row: FoundRow, kind: str) -> Hint | None:
    """The hint that must be asked about; None where the row says nothing, or something that everybody knows."""
    state = tidy(row.text("state"))
    if state:
        if states.meaning_of(kind, state):
            return None
        return Hint("state", state, "present")
    noted = without_note(row.text("full_name"), kind)
    if noted is not None and noted.meaning in ("left", "graduated", "away"):
        return Hint("note", noted.note, _guess(noted.meaning))
    section = tidy(row.section)
    if section:
        return Hint("section", section, _guess(states.meaning_in(kind, section)))
    return None


def _guess(meaning: str | None) -> str:
    """Who is only away for a time is still at the school."""
    if meaning in ("present", "away"):
        return "present"
    return "left"


def question(reading: ParsedWorkbook) -> dict[str, Any] | None:
    """What to ask about the rows of a file, each wording once; None if nothing is in doubt.

    Holds no value of anybody: wordings, counts and the numbers of rows.
    """
    # our own export says the state of each
    if reading.shape == "own":
        return None
    hints: dict[str, Hint] = {}
    rows: dict[str, list[int]] = defaultdict(list)
    for row in reading.rows:
        hint = hint_of(row, reading.kind)
        if hint is not None:
            hints[hint.key] = hint
            rows[hint.key].append(row.number)
    if not hints:
        return None
    wordings = [
        {
            "key": key,
            "source": _SOURCE_WORDS[hint.source],
            "text": hint.text[:120],
            "guess": hint.guess,
            "count": len(rows[key]),
            "rows": listed(rows[key], _ROWS_SHOWN),
        }
        for key, hint in hints.items()
    ]
    count = sum(len(numbers) for numbers in rows.values())
    return {
        "kind": KIND,
        "wordings": wordings,
        "sentence": f"Có {count} dòng cho biết người ấy có thể không còn ở trường.",
    }


def state_of(row: FoundRow, kind: str, answers: Mapping[str, str]) -> str:
    """The state of a row as it is stored, "" for whoever is simply there.

    ``answers`` is {key of the hint: present or left}; a hint without an answer counts as it was guessed.
    """
    hint = hint_of(row, kind)
    if hint is None:
        return row.text("state")
    if answers.get(hint.key, hint.guess) == "present":
        return row.text("state")
    return _left_state(hint.text, kind)


def _left_state(text: str, kind: str) -> str:
    """The catalogue's state of somebody who has left, as near to the wording as it can be told.

    >>> _left_state("HỌC SINH CHUYỂN ĐI", "student"), _left_state("bỏ học", "student"), _left_state("?", "staff")
    ('Chuyển đi', 'Thôi học', 'Thôi việc')
    """
    key = fold(text)
    if kind == "staff" and "huu" in key:
        return "Đã nghỉ hưu"
    if kind == "staff":
        return "Thôi việc"
    if "chuyen" in key:
        return "Chuyển đi"
    return "Thôi học"


def listed(numbers: list[int], most: int) -> str:
    """The first lines of the file in words.

    >>> listed([2, 3, 9], 2)
    'dòng 2, 3 …'
    """
    shown = ", ".join(str(number) for number in numbers[:most])
    if len(numbers) > most:
        shown += " …"
    return f"dòng {shown}"
