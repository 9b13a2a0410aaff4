"""The lines of a file that are no record, for whoever wants to see them: where they stand, what they are.

Lines of one kind that follow each other are one entry. The text is kept of titles and names of classes only: what
stands in columns nobody asks for is not kept, not even of a line that is nobody.
"""

from collections.abc import Iterable, Sequence
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
        last = entries[-1] if entries else None
        if last and not text and last[2:] == [line.kind, ""] and last[1] + 1 == line.number:
            last[1] = line.number
        elif len(entries) < _MOST:
            entries.append([line.number, line.number, line.kind, text])
    return entries


def sentences_of(upload: Import, words: dict[str, str]) -> list[str]:
    """One line for each entry, with the name of its list where the file has several."""
    tables: Sequence[dict[str, Any]] = upload.tables
    return [
        f"{_place(table, first, last, several=len(tables) > 1)}: {words.get(kind, kind)}"
        + (f" “{text}”" if text else "")
        for table in tables
        for first, last, kind, text in _entries(table)
    ]


def _entries(table: dict[str, Any]) -> Iterable[list[Any]]:
    found: list[list[Any]] = table.get("skipped", [])
    return found


def _place(table: dict[str, Any], first: int, last: int, *, several: bool) -> str:
    lines = f"Dòng {first}" if first == last else f"Dòng {first}-{last}"
    return f"{table['sheet']}, {lines.lower()}" if several else lines


def _text_of(line: Skipped) -> str:
    if line.kind not in _WITH_TEXT or line.outside:
        return ""
    return line.text[:_LONGEST]
