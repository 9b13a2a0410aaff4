"""Rows of one file that are, or may be, of one person."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence

from idapp.imports.drafts import Draft
from idapp.people.identifiers import likeness, may_be_one
from idapp.rules.problem import Problem
from idapp.school import class_key


def stop_second_rows(drafts: Iterable[Draft], *, with_sheet: bool) -> None:
    """Two rows for one record: the first counts, the second is shown."""
    first: dict[Hashable, Draft] = {}
    for draft in drafts:
        person = _person_key(draft)
        if person is None:
            continue
        if draft.stop is None and person in first:
            place = first[person].place(with_sheet=with_sheet)
            draft.stop = Problem(
                "full_name",
                "twice",
                f"Trùng với {place} trong tệp: chỉ {place} được dùng, hãy bỏ một dòng.",
            )
        first.setdefault(person, draft)


def _person_key(draft: Draft) -> Hashable:
    """The same for rows that are surely of one person; None where nothing of a new row is sure."""
    marks = draft.identifiers
    if draft.person is not None:
        return draft.person.id
    if marks.code_key:
        return marks.code_key
    # the same text that is no date is no coincidence either
    birth = marks.birth or draft.values.get("date_of_birth", "")
    return (class_key(draft.class_name), marks.name_key, birth) if marks.name and birth else None


class NewRows:
    """The rows of a file that would each make a record: some may be of one person.

    Only rows of the same name are compared that share the birth date or the class (blocking).
    """

    def __init__(self, drafts: Sequence[Draft]) -> None:
        self._by_birth: dict[Hashable, list[Draft]] = defaultdict(list)
        self._by_class: dict[Hashable, list[Draft]] = defaultdict(list)
        for draft in drafts:
            if draft.person is None and draft.stop is None:
                self._by_birth[_birth_block(draft)].append(draft)
                self._by_class[_class_block(draft)].append(draft)

    def problem_of(self, draft: Draft) -> Problem | None:
        """The warning that another row may be the same new person."""
        same_birth = self._first_like(draft, self._by_birth[_birth_block(draft)], same_class=False)
        in_class = self._by_class[_class_block(draft)]
        other = same_birth or self._first_like(draft, in_class, same_class=True)
        if other is None:
            return None
        where = f"Lớp {other.class_name} trong tệp" if other.class_name else "Tệp"
        alike = likeness(draft.identifiers, other.identifiers)
        sentence = f"{where} cũng có người {alike}: là một người thì bỏ chọn một dòng."
        return Problem("full_name", "namesake", sentence, level="warning")

    def _first_like(
        self, draft: Draft, block: Sequence[Draft], *, same_class: bool
    ) -> Draft | None:
        if len(block) < 2:
            return None
        marks = draft.identifiers
        others = (other for other in block if other is not draft)
        alike = (o for o in others if may_be_one(marks, o.identifiers, same_class=same_class))
        return next(alike, None)


def _birth_block(draft: Draft) -> Hashable:
    marks = draft.identifiers
    return marks.birth and (marks.folded_name, marks.birth)


def _class_block(draft: Draft) -> Hashable:
    return draft.identifiers.folded_name, class_key(draft.class_name)
