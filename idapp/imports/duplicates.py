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
        self._blocks: dict[Hashable, list[Draft]] = defaultdict(list)
        for draft in drafts:
            if draft.person is None and draft.stop is None:
                for key in _blocking_keys(draft):
                    self._blocks[key].append(draft)

    def problem_of(self, draft: Draft) -> Problem | None:
        """The warning that another row may be the same new person."""
        other = self._other(draft)
        if other is None:
            return None
        where = f"Lớp {other.class_name} trong tệp" if other.class_name else "Tệp"
        alike = likeness(draft.identifiers, other.identifiers)
        sentence = f"{where} cũng có người {alike}: là một người thì bỏ chọn một dòng."
        return Problem("full_name", "namesake", sentence, level="warning")

    def _other(self, draft: Draft) -> Draft | None:
        for key in _blocking_keys(draft):
            for other in self._blocks[key]:
                same_class = class_key(other.class_name) == class_key(draft.class_name)
                if other is not draft and may_be_one(
                    draft.identifiers, other.identifiers, same_class=same_class
                ):
                    return other
        return None


def _blocking_keys(draft: Draft) -> list[Hashable]:
    marks = draft.identifiers
    in_class = (marks.folded_name, "class", class_key(draft.class_name))
    return [(marks.folded_name, "birth", marks.birth), in_class] if marks.birth else [in_class]
