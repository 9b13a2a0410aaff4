"""What a scanned card would change in a record: shown first, then written as one step."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from idapp.database import writing
from idapp.models import Person, User
from idapp.people import former_numbers, residence_edits
from idapp.people.bulk_edits import Report, Seen, write
from idapp.people.field_texts import FieldTexts
from idapp.people.states import around, values_of
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
    """What a card says about a record.

    differences  what the card would change
    warnings     reasons to look at the card again, as sentences
    left_out     what the card says and no field takes
    issued       the day of issue
    residence    as the card writes it
    notes        what else the card says, as sentences
    number       whose card it is
    former       other numbers of the same person on it
    """

    person: Person
    differences: tuple[CardDifference, ...]
    warnings: tuple[str, ...]
    left_out: tuple[str, ...]
    issued: str
    residence: str = ""
    notes: tuple[str, ...] = ()
    number: str = ""
    former: tuple[str, ...] = ()


def propose(person: Person, text: str) -> Proposal:
    """Compare the card with the record; ``text``: what a reader makes of the QR code. Raises Problem ``not_a_card``."""
    return propose_read(person, card.read(text, person.epoch, current().today()))


def propose_read(person: Person, scanned: card.Card) -> Proposal:
    """Compare a card that was read already, in the places of the record's epoch, with the record."""
    differences = _differences(person, scanned)
    warnings = (
        *_verification_lost(person, differences),
        *_other_name(scanned.values.get("full_name", ""), person),
        *_other_holders(scanned, person),
    )
    return Proposal(
        person,
        differences,
        warnings,
        scanned.left_out,
        scanned.issued,
        scanned.residence,
        scanned.notes,
        scanned.values["identity_number"],
        scanned.numbers,
    )


def apply(
    proposal: Proposal,
    seen: FieldTexts,
    *,
    by: User,
    fields: list[str] | None = None,
) -> Report:
    """Write what was shown (or the chosen fields of it) as one step; ``seen``: the texts that stood there then."""
    if fields:
        chosen = tuple(each for each in proposal.differences if each.field in fields)
        proposal = replace(proposal, differences=chosen)
    return apply_many([proposal], {proposal.person.id: seen}, by=by)


def apply_many(proposals: Sequence[Proposal], seen: Seen, *, by: User) -> Report:
    """Write the cards of several people as one step; ``seen``: {person id: the texts that stood there then}."""
    cells = []
    handed = {}
    for proposal in proposals:
        texts = {difference.field: difference.new for difference in proposal.differences}
        cells.append((proposal.person, texts))
        # the card writes one address; each place that is read from it is told with all of it
        places_written = dict.fromkeys(residence_edits.RESIDENCE, proposal.residence)
        handed[proposal.person.id] = places_written
    with writing():
        report = write(cells, seen, by=by, source=SOURCE, how="card", handed=handed)
        _remember_former(proposals, report)
    return report


def _remember_former(proposals: Sequence[Proposal], report: Report) -> None:
    """The old CMND and cancelled numbers on a card find its bearer, if the card's number is the record's by now."""
    number_of = {saved.person.id: saved.person.identity_number for saved in report.saved}
    for proposal in proposals:
        id_ = proposal.person.id
        if not proposal.number or number_of.get(id_) != proposal.number:
            continue
        for text in proposal.former:
            former = former_numbers.former_key(text)
            if former and former != proposal.number:
                former_numbers.remember(id_, former, origin="card", changeset=report.changeset)


def _differences(person: Person, scanned: card.Card) -> tuple[CardDifference, ...]:
    before = values_of(person)
    values = dict(before)  # with what the card says, since one field is read beside the others
    surroundings = around(person)
    differences = []
    for field in record.FIELDS:
        name = field.name
        text = scanned.values.get(name, "")
        if not text or _says_the_same(name, text, before[name]):
            continue
        values[name] = record.normalise(name, text, values, surroundings)
        if values[name] != before[name]:
            differences.append(CardDifference(name, before[name], values[name]))
    return tuple(differences)


def _says_the_same(name: str, new: str, old: str) -> bool:
    """A name in capitals or without marks is no other name; the record's writing stays."""
    if name != "full_name" or not old:
        return new == old
    is_without_marks = new.isascii() and fold(new) == fold(old)
    return is_without_marks or tone_key(new) == tone_key(old)


def _verification_lost(person: Person, differences: Sequence[CardDifference]) -> list[str]:
    is_identity = any(record.FIELD[difference.field].identity for difference in differences)
    if person.status != "verified" or not is_identity:
        return []
    return ["Hồ sơ này đã xác thực: nếu lưu khác đi thì phải xác thực lại."]


def _other_name(name: str, person: Person) -> list[str]:
    if not name or not person.full_name or fold(name) == fold(person.full_name):
        return []
    sentence = (
        f"Tên trên thẻ là {name}, trong bảng là {person.full_name}: "
        "hãy xem có đúng thẻ của người này không."
    )
    return [sentence]


def _other_holders(scanned: card.Card, person: Person) -> list[str]:
    """Somebody else holds the number: named inside the same class (or staff), only said elsewhere."""
    number = scanned.values["identity_number"]
    others = Person.select().where(
        Person.active, Person.identity_number == number, Person.id != person.id
    )
    for other in others:
        if (other.kind, other.school_class_id) == (person.kind, person.school_class_id):
            sentence = (
                f"Số này đang ghi cho {other.full_name} trong cùng bảng: "
                "một trong hai người đang ghi nhầm số."
            )
            return [sentence]
    if others.exists():
        return ["Số này đang ghi cho một hồ sơ khác trong trường: hãy nhờ văn thư xem lại."]
    return []
