"""The marks of a record, for linking the rows of a list with it (rosters.linkage)."""

from collections.abc import Callable

from idapp.models import Person
from idapp.people.former_numbers import FormerNumbers
from idapp.rosters.linkage import (
    Identifiers,
    code_key,
    compare_births,
    compare_names,
    number_key,
)
from idapp.rules import catalogues, identity_number
from idapp.rules.problem import Problem

_NO_FORMER: FormerNumbers = {}


def identifiers_of(person: Person, former: FormerNumbers = _NO_FORMER) -> Identifiers:
    """What the record says about who it is; the birth date in its clean form, so that bad ones are silent.

    former  also the numbers by which older lists know the person
    """
    return Identifiers(
        record_id=str(person.id),
        code=person.ministry_code,
        numbers=(person.identity_number, *former.get(person.id, ())),
        name=person.full_name,
        birth=person.born or "",
        class_key=class_key_of(person.school_class_id),
    )


def with_former(former: FormerNumbers) -> Callable[[Person], Identifiers]:
    """How ``LinkageIndex`` reads the marks of records, former numbers among them."""
    return lambda person: identifiers_of(person, former)


def class_key_of(class_id: int | None) -> str:
    """How linkage calls a class, "" for none."""
    return "" if class_id is None else str(class_id)


def says_the_same(field: str, text: str, stored: str) -> bool:
    """Is ``text`` another writing, with lost zeros perhaps, of the good code or number that is ``stored``?

    >>> says_the_same("identity_number", "99212000012", "099212000012")
    True
    >>> says_the_same("identity_number", "099212000012", "99212000012")
    False
    """
    key_of, rule = _KEYS[field]
    if not key_of(text) or key_of(text) != key_of(stored):
        return False
    try:
        return rule(stored) == stored
    except Problem:
        return False


_Reader = Callable[[str], str]
_KEYS: dict[str, tuple[_Reader, _Reader]] = {
    "ministry_code": (code_key, catalogues.ministry_code),
    "identity_number": (number_key, identity_number.validate),
}


def may_be_one(new: Identifiers, other: Identifiers, *, same_class: bool) -> bool:
    """May somebody new be the ``other`` of this name, so that the user must be asked?

    A name needs the birth date beside it, but for people of one class; without its diacritics it needs
    the very day.
    """
    if not new.folded_name or new.folded_name != other.folded_name:
        return False
    if compare_names(new, other) != "agree":
        return bool(new.birth) and new.birth == other.birth
    birth = compare_births(new, other)
    return birth == "agree" or (birth == "silent" and same_class)


def match_score(new: Identifiers, other: Identifiers) -> str:
    """In words for the user, what two people have in common who ``may_be_one``.

    >>> an = Identifiers(name="Lê Thị An", birth="2012-03-20")
    >>> match_score(an, an), match_score(an, Identifiers(name="Lê Thị An", birth="2012"))
    ('cùng họ tên và ngày sinh', 'cùng họ tên và năm sinh')
    """
    if compare_names(new, other) != "agree":
        return "có họ tên chỉ khác dấu và cùng ngày sinh"
    if compare_births(new, other) != "agree":
        return "cùng họ tên"
    if new.birth == other.birth:
        return "cùng họ tên và ngày sinh"
    return "cùng họ tên và năm sinh"
