"""What the register's last answer says about where somebody lives, beside the record."""

from idapp.models import Person
from idapp.registry.residences import ResidenceNote, note_on


def note_of(person: Person) -> ResidenceNote | None:
    """The note on a record; None if the register has not told a residence for these very values."""
    if not person.register_residence:
        return None
    return note_on(
        person.register_residence, person.epoch, person.province_code, person.commune_code
    )
