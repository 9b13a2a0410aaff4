"""Which class a cell means of which Excel left a date, a number or an error: asked once for each text.

"5/1" becomes 05/01/2026 in Excel. Where the school has only one class that can have been meant, that is taken and told
(``rosters.class_names``); where it has none or several, somebody must say. A date never becomes a class by itself.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

from idapp.imports.columns import ParsedWorkbook
from idapp.imports.presence import listed
from idapp.models import User
from idapp.permissions import classes_of
from idapp.rosters.class_names import read_class
from idapp.rules.folding import tidy

KIND = "classes"
_ROWS_SHOWN = 5


def question(
    reading: ParsedWorkbook, answered: Mapping[str, str], by: User
) -> dict[str, Any] | None:
    """What to ask about the classes of a file of pupils; None if every one is known, new or answered already.

    ``answered`` is {text of the cell: class}. Offers the classes that this user may see; holds no value of anybody.
    """
    # our own export names each class as the school does
    if reading.kind != "student" or reading.shape == "own":
        return None
    names = [school_class.name for school_class in classes_of(by)]
    rows = _rows_by_text(reading, names)
    open_texts = [text for text in rows if text not in answered]
    if not open_texts or not names:
        return None
    return {
        "kind": KIND,
        "sentence": "Cột Lớp có chỗ không phải tên lớp.",
        "texts": [
            {
                "text": text[:120],
                "count": len(rows[text]),
                "rows": listed(rows[text], _ROWS_SHOWN),
            }
            for text in open_texts
        ],
        "classes": names,
    }


def _rows_by_text(reading: ParsedWorkbook, names: Collection[str]) -> dict[str, list[int]]:
    """{text that is no class's name: numbers of its rows}."""
    rows: dict[str, list[int]] = defaultdict(list)
    for row in reading.rows:
        text = tidy(row.text("school_class") or row.class_hint)
        if text and read_class(text, names).state == "damaged":
            rows[text].append(row.number)
    return rows


def checked_answers(questions: list[dict[str, Any]], answers: Mapping[str, str]) -> dict[str, str]:
    """Only what was asked: {text of the cell: a class that was offered, or "" for "nobody knows"}."""
    checked = {}
    for asked in questions:
        if asked["kind"] != KIND:
            continue
        for entry in asked["texts"]:
            answer = answers.get(entry["text"])
            if answer is not None and answer in ("", *asked["classes"]):
                checked[entry["text"]] = answer
    return checked
