"""The marks of a record, for linking the rows of a list with it (rosters.linkage)."""

from idapp.models import Person
from idapp.rosters.linkage import Identifiers


def identifiers_of(person: Person) -> Identifiers:
    """What the record says about who it is; the birth date in its clean form, so that bad ones are silent."""
    return Identifiers(
        record_id=str(person.id),
        code=person.ministry_code,
        numbers=numbers_of(person),
        name=person.full_name,
        birth=person.born or "",
        class_key=class_key_of(person.school_class_id),
    )


def numbers_of(person: Person) -> tuple[str, ...]:
    """Every number by which lists may know the person."""
    return (person.identity_number,)


def class_key_of(class_id: int | None) -> str:
    """How linkage calls a class, "" for none."""
    return "" if class_id is None else str(class_id)
