"""What a scanned card would change in a record: shown first, then written as one step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from idapp import people
from idapp.models import Person, User
from idapp.people import residence_edits
from idapp.people.bulk_edits import Report, write
from idapp.rules import card, record
from idapp.rules.folding import fold, tone_key
from idapp.settings import current

SOURCE = "card"


@dataclass(frozen=True)
class CardDifference:
    """One field: what stands in the record, and what the card says (in stored form)."""

    field: str
    old: str
    new: str


@dataclass(frozen=True)
class Proposal:
    """differences: what the card would change. warnings: reasons to look at the card again. residence: as the card
    writes it."""

    person: Person
    differences: tuple[CardDifference, ...]
    warnings: tuple[str, ...]
    left_out: tuple[str, ...]
    issued: str
    residence: str = ""


def propose(person: Person, text: str) -> Proposal:
    """Compare the card with the record. Raises Problem ``not_a_card``."""
    found = card.read(text, person.epoch, current().today())
    now, wanted = people.values_of(person), people.values_of(person)
    around = people.around(person)
    differences = []
    for field in record.FIELDS:
        new = found.values.get(field.name, "")
        if not new or _says_the_same(field.name, new, now[field.name]):
            continue
        wanted[field.name] = record.normalise(field.name, new, wanted, around)
        if wanted[field.name] != now[field.name]:
            differences.append(CardDifference(field.name, now[field.name], wanted[field.name]))
    warnings = (
        *_verification_lost(person, differences),
        *_other_name(found.values.get("full_name", ""), person),
        *_other_bearers(found, person),
    )
    return Proposal(
        person, tuple(differences), warnings, found.left_out, found.issued, found.residence
    )


def apply(
    proposal: Proposal, seen: Mapping[str, str], *, by: User, fields: list[str] | None = None
) -> Report:
    """Write what was shown (or the chosen fields of it) as one step."""
    texts = {
        one.field: one.new for one in proposal.differences if not fields or one.field in fields
    }
    id_ = proposal.person.id
    places_written = dict.fromkeys(residence_edits.RESIDENCE, proposal.residence)
    return write(
        [(proposal.person, texts)],
        {id_: seen},
        by=by,
        source=SOURCE,
        how="card",
        handed={id_: places_written},
    )


def _says_the_same(name: str, new: str, old: str) -> bool:
    """A name in capitals or without marks is no other name; the record's writing stays."""
    if name == "full_name" and old:
        return tone_key(new) == tone_key(old) or (new.isascii() and fold(new) == fold(old))
    return new == old


def _verification_lost(person: Person, differences: Sequence[CardDifference]) -> list[str]:
    if person.status != "verified" or not any(record.FIELD[d.field].identity for d in differences):
        return []
    return ["Hồ sơ này đã xác thực: nếu ghi khác đi thì phải xác thực lại."]


def _other_name(name: str, person: Person) -> list[str]:
    if not name or not person.full_name or fold(name) == fold(person.full_name):
        return []
    return [
        f"Tên trên thẻ là {name}, trong bảng là {person.full_name}: hãy xem có đúng thẻ của người này không."
    ]


def _other_bearers(found: card.Card, person: Person) -> list[str]:
    """Somebody else holds the number: named inside the same class (or staff), only said elsewhere."""
    number = found.values["identity_number"]
    others = Person.select().where(
        Person.active, Person.identity_number == number, Person.id != person.id
    )
    near = [
        p for p in others if p.kind == person.kind and p.school_class_id == person.school_class_id
    ]
    if near:
        return [
            f"Số này đang ghi cho {near[0].full_name} trong cùng bảng: một trong hai người đang ghi nhầm số."
        ]
    if others.exists():
        return ["Số này đang ghi cho một hồ sơ khác trong trường: hãy nhờ văn thư xem lại."]
    return []
