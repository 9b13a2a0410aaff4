"""One value in two columns: a name under "Họ và tên đệm | Tên", or under one heading that is merged over both.

Vietnamese class lists are sorted by the given name, so many keep it in a column of its own. What a file says by its
headings is believed; a second column without a heading is taken only where its values are plainly given names. A column
that repeats the given name beside whole names, for sorting, is left alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from idapp.rules.folding import fold, tidy
from idapp.workbook.cells import EMPTY, Cell, Sheet

Parts = Mapping[str, Mapping[str, Sequence[str]]]
"""{field: {part: its headings}}, in the order in which the parts are read; the first and the last are needed."""

_LOOKED_AT = 200
_MOSTLY = 0.6
_NO_NAMES = {
    "nam",
    "nu",
    "x",
    "co",
    "khong",
    "k",
    "c",
}  # sex and ticks; "Nam" is a name too, but not a whole column's


@dataclass(frozen=True)
class Joined:
    """``columns`` without the parts; ``places``: {field: the columns whose texts make one}, from 0; ``words``: what
    may stand in a second row of headings, below the one that is merged over both."""

    columns: dict[str, list[int]]
    places: dict[str, tuple[int, ...]]
    words: frozenset[str] = frozenset()


def join(sheet: Sheet, at: int, found: Mapping[str, list[int]], parts: Parts) -> Joined:
    """``found`` holds the columns of the wanted fields and of the parts; ``at`` is the index of the heading row."""
    names = {part for of in parts.values() for part in of}
    columns = {name: list(several) for name, several in found.items() if name not in names}
    places: dict[str, tuple[int, ...]] = {}
    for field, of in parts.items():
        first, *between, last = of
        begins = [c for c in found.get(first, ()) if c not in columns.get(field, ())]
        ends = [c for c in found.get(last, ()) if c not in columns.get(field, ())]
        if field not in columns and begins:
            end = next((c for c in ends if c > begins[0]), None) or _without_heading(
                sheet, at, begins[0], columns
            )
            if end is not None:
                middle = [found[name][0] for name in between if name in found]
                columns[field], places[field] = [begins[0]], (begins[0], *middle, end)
        elif field in columns:
            start = columns[field][0]
            named = start + 1 if start + 1 in ends and _goes_on(_pairs(sheet, at, start)) else None
            end = named or _without_heading(sheet, at, start, columns)
            if end is not None:
                columns[field], places[field] = [start], (start, end)
    return Joined(
        columns,
        places,
        frozenset(word for of in parts.values() for words in of.values() for word in words),
    )


def joined_cell(cells: Sequence[Cell], places: Sequence[int]) -> Cell:
    """One cell of several; of a cell nobody can read its kind stays."""
    parts = [cells[column] if column < len(cells) else EMPTY for column in places]
    bad = next((part for part in parts if part.kind in ("formula", "error")), None)
    text = " ".join(tidy(part.text) for part in parts if part.text.strip())
    return bad or (Cell(text, "text") if text else EMPTY)


def _without_heading(
    sheet: Sheet, at: int, start: int, columns: Mapping[str, list[int]]
) -> int | None:
    """The column right of ``start`` if its heading is empty (merged with the one before) and it holds given names."""
    heading = sheet.rows[at]
    own = [field for field, several in columns.items() if start in several]
    taken = {c for field, several in columns.items() for c in several if field not in own}
    text = tidy(heading[start + 1].text) if start + 1 < len(heading) else ""
    if start + 1 in taken or text not in ("", tidy(heading[start].text)):
        return None
    pairs = _pairs(sheet, at, start)
    return start + 1 if _are_given_names([b for _, b in pairs if b]) and _goes_on(pairs) else None


def _pairs(sheet: Sheet, at: int, start: int) -> list[tuple[str, str]]:
    """The words of the column and of its neighbour, of the first rows that have words in the first."""
    pairs: list[tuple[str, str]] = []
    for row in sheet.rows[at + 1 :]:
        if len(pairs) == _LOOKED_AT:
            break
        first, second = (row[c] if c < len(row) else EMPTY for c in (start, start + 1))
        if (
            first.kind == "text"
            and (text := tidy(first.text))
            and not any(c.isdigit() for c in text)
        ):
            pairs.append((text, tidy(second.text) if second.kind == "text" else ""))
    return pairs


def _goes_on(pairs: Sequence[tuple[str, str]]) -> bool:
    """Is the second text there, and not the end of the first once more?"""
    both = [(fold(a), fold(b)) for a, b in pairs if b]
    again = sum(a == b or a.endswith(f" {b}") for a, b in both)
    return bool(both) and len(both) >= _MOSTLY * len(pairs) and again < len(both) / 2


def _are_given_names(texts: Sequence[str]) -> bool:
    """One or two words each, of letters, and as varied as names are."""
    words = [fold(text) for text in texts]
    plain = [
        w for w, text in zip(words, texts, strict=True) if len(w.split()) < 3 and _letters(text)
    ]
    names = [w for w in plain if w not in _NO_NAMES]
    varied = len(set(words)) > max(len(words) // 3, min(len(words), 2) - 1)
    return varied and len(names) >= _MOSTLY * len(words)


def _letters(text: str) -> bool:
    return text.replace(" ", "").isalpha() and text[0].isupper()
