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
_LONGEST_NAME = 60


class SharedNumbers:
    """The numbers of a file beside those of the school.

    drafts      the rows of the file                with_sheet  is a row told with its sheet?
    visible     the records this user may see, by id: only they are named
    """

    def __init__(
        self, drafts: Iterable[Draft], visible: Mapping[int, Person], *, with_sheet: bool
    ) -> None:
        self._visible = visible
        self._with_sheet = with_sheet
        self._rows: dict[str, list[Draft]] = defaultdict(list)
        # records of whose number the file decides: they are counted as rows, not as records
        spoken_for = set[int]()
        for draft in drafts:
            if draft.stop is not None or FIELD not in draft.values:
                continue
            number = draft.values[FIELD]
            if number:
                self._rows[number].append(draft)
            if draft.person is not None and _replaces(number, draft.person.identity_number):
                spoken_for.add(draft.person.id)
        self._records: dict[str, list[int]] = defaultdict(list)
        for id_, number in _holders():
            if id_ not in spoken_for:
                self._records[number].append(id_)

    def is_shared(self, draft: Draft, number: str, *, changes: bool) -> bool:
        """Would another hold the number of this row too?

        ``changes``: the row would give its record this number; else the record holds it already.
        """
        others = self._other_rows(draft, number, changes=changes)
        return bool(others or self._other_records(draft, number))

    def with_names(self, draft: Draft, number: str, problem: Problem, *, changes: bool) -> Problem:
        """The duplicate ``problem`` of this row with the names of the others."""
        others = self._other_rows(draft, number, changes=changes)
        in_file = [self._row_word(other) for other in others]
        # whom this user may not see is counted and not named
        ids = self._other_records(draft, number)
        named = [_record_word(self._visible[id_]) for id_ in ids if id_ in self._visible]
        places = []
        code = problem.code
        if in_file:
            code = "twice_in_file"
            places.append(f"ở {_listed(in_file)} trong tệp")
        if named:
            places.append(f"ở hồ sơ của {_listed(named)}")
        if not places:
            return problem
        sentence = (
            f"Số này còn {' và '.join(places)}, mà mỗi người chỉ có một số: "
            "hãy đối chiếu giấy tờ xem số của ai."
        )
        return replace(problem, code=code, message=sentence)

    def _other_records(self, draft: Draft, number: str) -> list[int]:
        """Their ids."""
        holders = self._records.get(number, [])
        if draft.person is None or not holders:
            return holders
        return [id_ for id_ in holders if id_ != draft.person.id]

    def _other_rows(self, draft: Draft, number: str, *, changes: bool) -> list[Draft]:
        """To a record that has its number already, a row that would only be asked about does no harm."""
        others = [other for other in self._rows.get(number, ()) if other is not draft]
        # a number that comes in is told of whoever else has it
        if changes:
            return others
        return [other for other in others if _comes_in(other, number)]

    def _row_word(self, draft: Draft) -> str:
        place = draft.place(with_sheet=self._with_sheet)
        name = draft.values.get("full_name")
        if not name and draft.person is not None:
            name = draft.person.full_name
        if not name:
            return place
        return f"{place} ({name[:_LONGEST_NAME]})"


def _holders() -> list[tuple[int, str]]:
    """(person id, number) of everybody at the school, also those this user may not see."""
    query = Person.select(Person.id, Person.identity_number)
    return rows(query.where(Person.active, Person.identity_number != ""))


def _comes_in(draft: Draft, number: str) -> bool:
    """Would this number be written, though another has it? Not over a number that is good."""
    if draft.person is None:
        return True
    stored = draft.person.identity_number
    return stored == number or not _is_number(stored)


def _replaces(number: str, stored: str) -> bool:
    """Does the row speak for the number of its record? What is no number does not, over one that is."""
    if not number or number == stored:
        return True
    return _is_number(number) or not _is_number(stored)


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
    """
    >>> _listed(["An", "Bình", "Chi", "Dung", "Giang", "Hà"])
    'An, Bình, Chi, Dung, Giang …'
    """
    listed = ", ".join(words[:_NAMED])
    if len(words) > _NAMED:
        listed += " …"
    return listed
