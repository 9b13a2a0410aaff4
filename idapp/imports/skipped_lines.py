"""The lines of a file that are no record, for whoever wants to see them: where they stand, what they are.

Lines of one kind that follow each other are one entry. The text is kept of titles and names of classes only: what
stands in columns nobody asks for is not kept, not even of a line that is nobody.
"""

from collections.abc import Sequence
from typing import Any

from idapp.models import Import
from idapp.rosters import FoundTable, Skipped

_WITH_TEXT = ("title", "class")
_MOST = 200  # entries of one list
_LONGEST = 100


def entries_of(table: FoundTable) -> list[list[Any]]:
    """[first line, last line, kind, text] of each run of skipped lines, as JSON keeps it."""
    entries: list[list[Any]] = []
    for line in table.skipped:
        text = _text_of(line)
        if entries and not text and _goes_on(entries[-1], line):
            entries[-1][1] = line.number
        elif len(entries) < _MOST:
            entries.append([line.number, line.number, line.kind, text])
    return entries


def sentences_of(upload: Import, words: dict[str, str]) -> list[str]:
    """One line for each entry, with the name of its list where the file has several."""
    tables: Sequence[dict[str, Any]] = upload.tables
    sentences = []
    for table in tables:
        sheet = ""
        if len(tables) > 1:
            sheet = table["sheet"]
        for first, last, kind, text in table.get("skipped", []):
            sentence = f"{_place(sheet, first, last)}: {words.get(kind, kind)}"
            if text:
                sentence += f" “{text}”"
            sentences.append(sentence)
    return sentences


def _goes_on(entry: list[Any], line: Skipped) -> bool:
    """Is a line without a text one more of the entry's kind, right below it?"""
    _, last, kind, text = entry
    return not text and kind == line.kind and last + 1 == line.number


def _place(sheet: str, first: int, last: int) -> str:
    """
    >>> _place("", 3, 3), _place("Lớp 5A", 3, 7)
    ('Dòng 3', 'Lớp 5A, dòng 3-7')
    """
    lines = f"Dòng {first}-{last}"
    if first == last:
        lines = f"Dòng {first}"
    if not sheet:
        return lines
    return f"{sheet}, {lines.lower()}"


def _text_of(line: Skipped) -> str:
    if line.kind not in _WITH_TEXT or line.outside:
        return ""
    return line.text[:_LONGEST]
