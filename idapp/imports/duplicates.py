"""Rows of one file that are, or may be, of one person."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import replace

from idapp.imports.drafts import Draft
from idapp.people.identifiers import match_score, may_be_one
from idapp.rules.class_name import class_key
from idapp.rules.problem import Problem


def with_second_rows_stopped(drafts: Iterable[Draft], *, with_sheet: bool) -> list[Draft]:
    """Two rows for one record: the first counts, the second is shown and nothing of it is used."""
    first_of: dict[Hashable, Draft] = {}
    checked = []
    for draft in drafts:
        person = _person_key(draft)
        if person is not None:
            first = first_of.setdefault(person, draft)
            if first is not draft and draft.stop is None:
                place = first.place(with_sheet=with_sheet)
                draft = replace(draft, stop=_second_row(place))
        checked.append(draft)
    return checked


def _second_row(place: str) -> Problem:
    sentence = f"Trùng với {place} trong tệp: chỉ {place} được dùng, hãy bỏ một dòng."
    return Problem("full_name", "twice", sentence)


def _person_key(draft: Draft) -> Hashable:
    """The same for rows that are surely of one person; None where nothing of a new row is sure."""
    marks = draft.identifiers
    if draft.person is not None:
        return draft.person.id
    # the ministry gives a code to one pupil only
    if marks.code_key:
        return marks.code_key
    # the same text that is no date is no coincidence either
    birth = marks.birth or draft.values.get("date_of_birth", "")
    if not marks.name or not birth:
        return None
    return (class_key(draft.class_name), marks.name_key, birth)


class NewRows:
    """The rows of a file that would each make a record: some may be of one person.

    Only rows of the same name are compared that share the birth date or the class (blocking).
    """

    def __init__(self, drafts: Sequence[Draft]) -> None:
        new = list(filter(_is_new, drafts))
        born = [draft for draft in new if draft.identifiers.birth]
        self._by_birth = _blocks(born, _birth_block)
        self._by_class = _blocks(new, _class_block)

    def problem_of(self, draft: Draft) -> Problem | None:
        """The warning that another row may be the same new person."""
        born_alike = self._by_birth.get(_birth_block(draft), ())
        other = _first_like(draft, born_alike, same_class=False)
        if other is None:
            in_class = self._by_class.get(_class_block(draft), ())
            other = _first_like(draft, in_class, same_class=True)
        if other is None:
            return None
        where = "Tệp"
        if other.class_name:
            where = f"Lớp {other.class_name} trong tệp"
        alike = match_score(draft.identifiers, other.identifiers)
        sentence = f"{where} cũng có người {alike}: là một người thì bỏ chọn một dòng."
        return Problem("full_name", "namesake", sentence, level="warning")


def _first_like(draft: Draft, block: Sequence[Draft], *, same_class: bool) -> Draft | None:
    for other in block:
        if other is draft:
            continue
        if may_be_one(draft.identifiers, other.identifiers, same_class=same_class):
            return other
    return None


def _blocks(
    drafts: Iterable[Draft], key_of: Callable[[Draft], Hashable]
) -> dict[Hashable, list[Draft]]:
    """Only those of several rows: most rows of a long file are alone in theirs."""
    blocks: dict[Hashable, list[Draft]] = defaultdict(list)
    for draft in drafts:
        blocks[key_of(draft)].append(draft)
    return {key: block for key, block in blocks.items() if len(block) > 1}


def _is_new(draft: Draft) -> bool:
    return draft.person is None and draft.stop is None


def _birth_block(draft: Draft) -> Hashable:
    return draft.identifiers.folded_name, draft.identifiers.birth


def _class_block(draft: Draft) -> Hashable:
    return draft.identifiers.folded_name, class_key(draft.class_name)
