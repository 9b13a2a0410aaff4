"""Notes that teachers write behind a name, or before it: "(bỏ học)", "- KT", "*", "Em".

They are taken out of the name and shown with what they mean, never stored inside a name and never dropped silently. A
single letter behind a name is part of it ("Lý Văn Tấn A"), for Vietnamese lists tell namesakes apart that way.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from idapp.rules import states
from idapp.rules.folding import fold, tidy

_BRACKETS = re.compile(r"\s*[(\[{]([^)\]}]*)[)\]}]?\s*")
_BEHIND_DASH = re.compile(r"\s+[-–—:;,/]+\s*([^-–—]*)$")
_MARKS = re.compile(r"^\s*[*#†+.]+\s*|\s*[*#†+.]+\s*$")
# abbreviations of lists: disabled, repeating, staying down, poor household ... ; none of them a state
_ABBREVIATED = frozenset(
    {
        "kt",
        "ktat",
        "k.tat",
        "khuyet tat",
        "hn",
        "hoa nhap",
        "ho ngheo",
        "hcn",
        "lt",
        "lop truong",
        "lp",
        "lop pho",
        "tt",
        "to truong",
        "bt",
        "ban tru",
        "moi",
        "dt",
        "nu",
        "nam",
        "cbg",
    }
)
_STATES_BEHIND = re.compile(
    r"\s+((?:đã |xin )?(?:bỏ học|thôi học|nghỉ học|chuyển trường|chuyển đi|chuyển lớp|chuyển đến"
    r"|bảo lưu|lưu ban|nghỉ hưu|nghỉ việc|đã mất|đã nghỉ|tạm nghỉ)(?:\s.*)?"
    r"|(?-i:nghỉ|mất))$",  # "Nghỉ" is a name
    re.IGNORECASE,
)
# "HSKT", "KT", "CĐ": no Vietnamese name is written without a vowel
_ABBREVIATION = re.compile(r"\s+([BCDĐGHKLMNPQRSTVX]{2,5})$")
_TITLE = re.compile(r"^(thầy|cô|em|cháu|hs|hv)\.?\s+(?=\S+\s+\S)", re.IGNORECASE)


@dataclass(frozen=True)
class NotedName:
    """A name and what was written around it.

    meaning  of the note as a state: present, away, left, graduated, or None where it says nothing of the kind
    """

    name: str
    note: str
    meaning: states.Meaning | None


@lru_cache(maxsize=8192)  # asked more than once for each row of a file
def without_note(text: str, kind: str) -> NotedName | None:
    """The name without its note; None if nothing is written behind it or before it. ``kind``: student or staff.

    >>> without_note("Trần Hải Duy (bỏ học)", "student")
    NotedName(name='Trần Hải Duy', note='bỏ học', meaning='left')
    >>> without_note("Lý Văn Tân - KT", "student").note, without_note("Lý Văn Tâm*", "student").name
    ('KT', 'Lý Văn Tâm')
    >>> without_note("Lý Văn Da HSKT", "student").note, without_note("Cô Đỗ Thị Ly", "staff").name
    ('HSKT', 'Đỗ Thị Ly')
    >>> without_note("Lý Văn Tấn A", "student"), without_note("Nguyễn-Lê An", "student"), without_note("Y", "student")
    (None, None, None)
    """
    name = tidy(text)
    notes = [tidy(bracket[1]) for bracket in _BRACKETS.finditer(name)]
    name = tidy(_BRACKETS.sub(" ", name))
    # each step looks at what the one before it has left of the name
    for split in (_split_at_dash, _split_at_state):
        name, note = split(name, kind)
        notes += note
    for pattern in (_ABBREVIATION, _TITLE):
        if match := pattern.search(name):
            notes.append(match[1])
            name = tidy(pattern.sub("", name))
    notes += [mark.strip() for mark in _MARKS.findall(name)]
    name = tidy(_MARKS.sub("", name))
    if not notes or not any(map(str.isalpha, name)):
        return None
    return NotedName(name, "; ".join(filter(None, notes)), _meaning_of(notes, kind))


def _split_at_dash(name: str, kind: str) -> tuple[str, list[str]]:
    """The name and [what stands behind a dash], or [] where that could be the rest of the name."""
    dash = _BEHIND_DASH.search(name)
    if dash is None or not _is_note(dash[1], kind):
        return name, []
    return name[: dash.start()], [tidy(dash[1])]


def _split_at_state(name: str, kind: str) -> tuple[str, list[str]]:
    """The name and [the state written behind it]."""
    behind = _STATES_BEHIND.search(name)
    if behind is None or _is_written_as_name(behind[1], name):
        return name, []
    return name[: behind.start()], [tidy(behind[1])]


def _meaning_of(notes: Sequence[str], kind: str) -> states.Meaning | None:
    """The one state that the notes speak of; None where they speak of none, or of several."""
    meanings = {states.meaning_of(kind, note) for note in notes} - {None}
    if len(meanings) != 1:
        return None
    return meanings.pop()


def _is_written_as_name(words: str, whole: str) -> bool:
    """ "Lê Văn Lưu Ban" is a name, "Lê Văn An lưu ban" is not; in capitals both look alike, and a state is likelier."""
    return words == words.title() and whole != whole.upper()


def _is_note(text: str, kind: str) -> bool:
    """Behind a dash stands a note, unless it could be the rest of a name."""
    key = fold(text).strip(" .")
    return not key or key in _ABBREVIATED or states.meaning_of(kind, text) is not None
