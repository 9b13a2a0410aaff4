"""One identity number at several people: who would hold it once the file is in, and how that is told.

Two numbers that change places inside one file are no fault. A number that stays at two people is: both keep it and are
marked, and the sentence names the other, a row of the file or a record, to those who may see it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from idapp.database import rows
from idapp.imports.drafts import Draft
from idapp.models import Person
from idapp.rules import identity_number
from idapp.rules.problem import Problem

FIELD = "identity_number"
_NAMED = 5


class SharedNumbers:
    """The numbers of a file beside those of the school.

    drafts      the rows of the file                with_sheet  is a row told with its sheet?
    visible     the records this user may see, by id: only they are named
    """

    def __init__(
        self, drafts: Iterable[Draft], visible: Mapping[int, Person], *, with_sheet: bool
    ) -> None:
        self._visible, self._with_sheet = visible, with_sheet
        self._rows: dict[str, list[Draft]] = defaultdict(list)
        leaving = set[int]()
        for draft in drafts:
            number = draft.values.get(FIELD, "")
            if draft.stop is not None or FIELD not in draft.values:
                continue
            if number:
                self._rows[number].append(draft)
            if draft.person is not None and _replaces(number, draft.person.identity_number):
                leaving.add(draft.person.id)
        self._records: dict[str, list[tuple[int, int | None]]] = defaultdict(list)
        for id_, class_id, number in _bearers():
            if id_ not in leaving:
                self._records[number].append((id_, class_id))

    def shared_with(self, draft: Draft, number: str, *, changes: bool) -> str:
        """``class`` or ``school``, where another there would hold the number of this row too, else "".

        ``changes``: the row would give its record this number; else the record holds it already.
        """
        classes = [class_id for _, class_id in self._other_records(draft, number)]
        for other in self._other_rows(draft, number, changes=changes):
            classes.append(other.school_class.id if other.school_class else None)
        if not classes:
            return ""
        return "class" if draft.school_class and draft.school_class.id in classes else "school"

    def told(self, draft: Draft, number: str, problem: Problem, *, changes: bool) -> Problem:
        """The duplicate ``problem`` of this row with the names of the others."""
        in_file = [
            self._row_word(other) for other in self._other_rows(draft, number, changes=changes)
        ]
        ids = [id_ for id_, _ in self._other_records(draft, number)]
        named = [_record_word(self._visible[id_]) for id_ in ids if id_ in self._visible]
        if not in_file and not named:
            return problem
        places = [f"ở {_listed(in_file)} trong tệp"] if in_file else []
        places += [f"ở hồ sơ của {_listed(named)}"] if named else []
        sentence = (
            f"Số này còn {' và '.join(places)}, mà mỗi người chỉ có một số: "
            "hãy đối chiếu giấy tờ xem số của ai."
        )
        return replace(problem, code="twice_in_file" if in_file else problem.code, message=sentence)

    def _other_records(self, draft: Draft, number: str) -> list[tuple[int, int | None]]:
        own = draft.person.id if draft.person else None
        return [(id_, where) for id_, where in self._records.get(number, ()) if id_ != own]

    def _other_rows(self, draft: Draft, number: str, *, changes: bool) -> list[Draft]:
        """To a record that has its number already, a row that would only be asked about does no harm."""
        others = [other for other in self._rows.get(number, ()) if other is not draft]
        return others if changes else [other for other in others if _comes_in(other, number)]

    def _row_word(self, draft: Draft) -> str:
        name = draft.values.get("full_name") or (draft.person.full_name if draft.person else "")
        return draft.place(with_sheet=self._with_sheet) + (f" ({name[:60]})" if name else "")


def _bearers() -> list[tuple[int, int | None, str]]:
    query = Person.select(Person.id, Person.school_class, Person.identity_number)
    return rows(query.where(Person.active, Person.identity_number != ""))


def _comes_in(draft: Draft, number: str) -> bool:
    """Would this number be written, though another has it? Not over a number that is good."""
    stored = draft.person.identity_number if draft.person else ""
    return stored == number or not _is_number(stored)


def _replaces(number: str, stored: str) -> bool:
    """Does the row speak for the number of its record? What is no number does not, over one that is."""
    return number == stored or _is_number(number) or not number or not _is_number(stored)


def _is_number(text: str) -> bool:
    try:
        identity_number.validate(text)
    except Problem:
        return False
    return True


def _record_word(person: Person) -> str:
    if person.school_class is None:
        return person.full_name
    return f"{person.full_name}, lớp {person.school_class.name}"


def _listed(words: Sequence[str]) -> str:
    return ", ".join(words[:_NAMED]) + (" …" if len(words) > _NAMED else "")
