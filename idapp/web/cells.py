"""How a record shows itself as cells: the text, what is wrong with it, what a conflict offers.

The table, the answer to a saved cell and the form of one record all draw from here: a swapped cell
equals a fresh one. Who may not see numbers gets them masked everywhere: in the value, the text, the sentences.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, cast

from flask import Flask
from markupsafe import Markup

from idapp.models import Person, SchoolClass, User
from idapp.people import Conflict
from idapp.permissions import people_of, sees_numbers
from idapp.rules import identity_number, ministry_codes, record
from idapp.rules.record import Field
from idapp.web.access import may_edit

_NAMED = 3
Holders = Mapping[str, Sequence[Person]]
"""{number: the records that hold it}, of those that somebody may see."""


@dataclass(frozen=True)
class Cell:
    """One value of one record, ready to be drawn.

    value     the stored text (masked for those who only look)
    typed     what the user typed and the server could not take, or ""
    problems  those of this field, errors first
    conflict  somebody else's newer value, with what the user wanted
    handed    what came in for the value, where the last step converted or repaired it
    fresh     who changed it just now, where it comes as news from others
    """

    person_id: int
    field: Field
    value: str
    problems: tuple[dict[str, str], ...] = ()
    typed: str = ""
    conflict: Conflict | None = None
    may_edit: bool = False
    fresh: str = ""
    handed: str = ""

    @property
    def id(self) -> str:
        """Of its element on the page."""
        return f"{self.person_id}-{self.field.name}"

    @property
    def level(self) -> str:
        """Of the gravest problem: error, warning or "" for none."""
        return self.problems[0]["level"] if self.problems else ""

    @property
    def text(self) -> str:
        """What stands in the cell: the text that was refused rather than the stored one."""
        return self.typed or self.value

    @property
    def reasons(self) -> str:
        """Keys of ``people.reasons`` for the filter in the browser."""
        reasons = dict.fromkeys(reason_of(problem) for problem in self.problems)
        if self.field.name == "ministry_code" and not ministry_codes.is_final(self.value):
            reasons["code_missing"] = None  # no fault: nobody can be blamed for it
        return " ".join(reasons)

    @property
    def groups(self) -> list[str]:
        """The identity number in its groups 3-1-2-6, for the eye; [] for everything else."""
        if self.field.name != "identity_number" or not re.fullmatch(r"[0-9]{12}", self.text):
            return []
        return [self.text[:3], self.text[3], self.text[4:6], self.text[6:]]


def register(app: Flask) -> None:
    """Give the templates of tables the cell and the state of a record, as ``people/_cell.html`` draws them.

    The macros, called as they are: where a template imports one, Jinja compares all globals each time.
    """

    def macros() -> Any:
        """Those of the template as it is, also where it is read anew after each change."""
        return app.jinja_env.get_template("people/_cell.html").module

    read_once = macros if app.jinja_env.auto_reload else cache(macros)

    def draw_cell(cell: Cell) -> Markup:
        """A cell of the table."""
        return cast(Markup, read_once().draw(cell))

    def draw_state(person: Person, root: str) -> Markup:
        """Where a record stands."""
        return cast(Markup, read_once().state(person, root))

    app.jinja_env.globals.update(draw_cell=draw_cell, draw_state=draw_state)


def columns_of(
    kind: str, epoch: str, *, all_fields: bool = False, with_present: bool = False
) -> tuple[Field, ...]:
    """The fields of a table, or of a form; without districts since there are none (01/07/2025)."""
    fields = record.fields_of(kind, with_present=with_present)
    if not all_fields:
        fields = tuple(field for field in fields if field.in_table)
    if epoch == "2level":
        fields = tuple(field for field in fields if field.name not in _DISTRICTS)
    return fields


def cells_of(person: Person, columns: Iterable[Field], user: User) -> tuple[Cell, ...]:
    """The cells of one record as this user may see them."""
    return plain_cells(
        person,
        columns,
        names_beside(person, holders_of([person], user)),
        may_edit=may_edit(user, person),
        masked=not sees_numbers(user),
    )


def plain_cells(
    person: Person,
    columns: Iterable[Field],
    names: Sequence[str],
    *,
    may_edit: bool,
    masked: bool,
) -> tuple[Cell, ...]:
    """The cells of one record. Reads nothing but its arguments: tables keep what was drawn from them.

    ``names``: who else has the same number (``names_beside``).
    """
    by_field: dict[str, list[dict[str, str]]] = {}
    for problem in sorted(person.problems, key=lambda p: p["level"] != "error"):
        by_field.setdefault(problem["field"], []).append(_with_names(problem, names))
    cells = (
        Cell(
            person.id,
            field,
            getattr(person, field.name),
            tuple(by_field.get(field.name, ())),
            may_edit=may_edit,
            handed=person.repaired.get(field.name, ""),
        )
        for field in columns
    )
    if masked:
        return tuple(_masked(cell) for cell in cells)
    return tuple(cells)


def errors_of(people: Sequence[Person], user: User) -> dict[int, list[str]]:
    """{id of a record: the sentences of its errors}, as this user may read them."""
    holders = holders_of(people, user)
    sentences: dict[int, list[str]] = {}
    for person in people:
        names = names_beside(person, holders)
        errors = [problem for problem in person.problems if problem["level"] == "error"]
        sentences[person.id] = [_with_names(problem, names)["message"] for problem in errors]
    return sentences


def cell_of(person: Person, name: str, user: User) -> Cell:
    """One cell of a record as this user may see it; ``name``: of its field."""
    return cells_of(person, [record.FIELD[name]], user)[0]


def reason_of(problem: Mapping[str, str]) -> str:
    """The reason (a key of ``people.reasons.REASON_WORDS``) to which a problem belongs."""
    field = problem["field"]
    code = problem["code"]
    if code in _REASON_OF_CODE:
        return _REASON_OF_CODE[code]
    if field == "identity_number" and code in ("missing", "duplicate"):
        return {"missing": "number_missing", "duplicate": "number_shared"}[code]
    subject = _SUBJECTS.get(field, "")
    is_error = problem["level"] == "error"
    if not subject or (subject == "residence" and not is_error):
        return "other"
    if subject in ("born", "residence") and code == "missing":
        return f"{subject}_missing"
    return f"{subject}_wrong" if is_error else f"{subject}_odd"


# what asks for a deed of its own, whatever the field
_REASON_OF_CODE = {"temporary_code": "code_temporary", "cmnd": "number_cmnd"}
_DISTRICTS = ("district", "present_district")
_SUBJECTS = {
    "identity_number": "number",
    "date_of_birth": "born",
    "full_name": "name",
    "gender": "gender",
    "province": "residence",
    "district": "residence",
    "commune": "residence",
}


def refused(cell: Cell, typed: str, sentence: str) -> Cell:
    """The text could not be stored: the cell keeps it and says why."""
    problem = {
        "field": cell.field.name,
        "code": "refused",
        "level": "error",
        "message": sentence,
        "suggestion": "",
    }
    return replace(cell, typed=typed, problems=(problem, *cell.problems))


def in_conflict(cell: Cell, conflict: Conflict) -> Cell:
    """Somebody else has another value by now: the cell shows both."""
    return replace(cell, conflict=conflict)


def hide_numbers(text: str, field: str = "") -> str:
    """A sentence or an old value with every long number masked. What was ever written as the number of somebody, in
    whatever spelling, is masked whole."""
    if field == "identity_number":
        return identity_number.mask(text)
    return identity_number.mask_within(text)


def holders_of(people: Iterable[Person], user: User) -> Holders:
    """Who holds the numbers that stand twice among these records, read once for all of them."""
    numbers = {
        person.identity_number
        for person in people
        if any(problem["code"] == "duplicate" for problem in person.problems)
    }
    if not numbers:
        return {}
    query = people_of(user).select(Person, SchoolClass).left_outer_join(SchoolClass)
    holders: dict[str, list[Person]] = defaultdict(list)
    for holder in query.where(Person.identity_number.in_(numbers)).order_by(Person.sort_key):
        holders[holder.identity_number].append(holder)
    return holders


def names_beside(person: Person, holders: Holders) -> tuple[str, ...]:
    """The names of the others who hold the number of this record, the first few; () for most."""
    sharing = holders.get(person.identity_number, ())
    others = [holder for holder in sharing if holder.id != person.id]
    return tuple(_holder_word(other, beside=person) for other in others[:_NAMED])


def _with_names(problem: dict[str, str], names: Sequence[str]) -> dict[str, str]:
    """A number that stands twice: whose else it is. The stored sentence is read by everybody, so that the names are
    added only here, for the one who looks."""
    if problem["code"] != "duplicate" or not names:
        return problem
    return {**problem, "message": f"{problem['message']} Hồ sơ kia: {', '.join(names)}."}


def _holder_word(other: Person, *, beside: Person) -> str:
    if other.school_class is None or other.school_class_id == beside.school_class_id:
        return other.full_name
    return f"{other.full_name} ({other.school_class.name})"


def _masked(cell: Cell) -> Cell:
    problems = tuple(
        {**p, "message": hide_numbers(p["message"]), "suggestion": ""} for p in cell.problems
    )
    value = cell.value
    if cell.field.name == "identity_number" and value:
        value = identity_number.mask(value)
    return replace(
        cell,
        value=hide_numbers(value),
        problems=problems,
        handed=hide_numbers(cell.handed, cell.field.name),
    )
