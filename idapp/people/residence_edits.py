"""Places in the edits of one record: a name of the other epoch, or a whole address, becomes the places of the campaign.

One cell is read inside the row it stands in; several at once (a paste, a form) are one address. Only what is certain
becomes another place, and then as a repair that everybody sees; what must be chosen keeps its words, with the error and
the proposals of the rules (``places.texts_to_store``). Certain is also what the user takes from the list of a cell
(``places.written_choice``), and what the school has chosen for the same old address before.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from idapp.people.field_texts import FieldTexts
from idapp.rules import places
from idapp.rules.folding import tidy
from idapp.rules.places import Address, Finding
from idapp.rules.repairs import is_repair

RESIDENCE = ("address", "commune", "district", "province")
# sources whose texts were picked from, or typed into, our own lists
_OWN_WORDS = ("typed", "fill", "undo")


@dataclass(frozen=True)
class Surroundings:
    """Where a residence is read.

    chosen  the choices of the school, {key of an old address: code}; asked for only where one may count
    """

    epoch: str
    today: date
    chosen: Callable[[], Mapping[str, str]] = dict


@dataclass(frozen=True)
class ResidenceRead:
    """What the edits of a residence say.

    texts    field -> text to store; {} where each text may stand as it was typed. It may name cells that were not
             edited: a whole address typed into one cell fills the others, a former province brings its new one
    choice   the address for which the user took a place from the list, to be remembered
    """

    texts: dict[str, str]
    choice: Finding | None = None


def places_of_edits(
    texts: FieldTexts,
    values: FieldTexts,
    source: str,
    around: Surroundings,
) -> ResidenceRead:
    """Read the edits of one record. Never raises: a text that says nothing certain may stand as it was typed.

    texts   {field: text} of the edits
    values  {field: text} of the record as it stands
    source  ``Change.source``
    """
    typed = {}
    for level in places.LEVELS:
        text = tidy(texts.get(level, ""))
        if text:
            typed[level] = text
    if not typed:
        return ResidenceRead({})
    taken = _taken_from_list(typed, around)
    if taken is not None:
        choice = (
            taken if taken.candidates else None
        )  # without candidates there was nothing to choose
        return ResidenceRead(_of_choice(typed, taken), choice)
    if places.has_stray_code(Address(**typed)):
        return ResidenceRead({})
    # a place beside the old address that is none of its successors says nothing: the address itself counts
    old = {name: places.old_of_choice(text) for name, text in typed.items()}
    unlike = dict(old.items() - typed.items())
    return ResidenceRead(unlike | _read(old, values, source, around))


def _read(
    typed: FieldTexts,
    values: FieldTexts,
    source: str,
    around: Surroundings,
) -> dict[str, str]:
    if len(typed) == 1:
        [(level, text)] = typed.items()
        return _of_one(level, text, values, around)
    return _of_several(typed, values, source, around)


def _taken_from_list(typed: FieldTexts, around: Surroundings) -> Finding | None:
    for level in reversed(places.LEVELS):
        if places.is_choice(typed.get(level, "")):
            return places.read_choice(level, typed[level], around.epoch, around.today)
    return None


def _of_choice(typed: FieldTexts, finding: Finding) -> dict[str, str]:
    """The place that was taken, with what stands above it: it says more than what is typed beside it."""
    names = finding.values()
    names.pop("address", None)  # house and hamlet are typed beside it
    # a cell that was typed is emptied where the place has no such level
    return {level: name for level, name in names.items() if name or level in typed}


def _of_one(level: str, text: str, values: FieldTexts, around: Surroundings) -> dict[str, str]:
    reading = places.read_cells(values, level, text, around.epoch, around.today)
    finding = reading.finding
    if finding.kind == "choice":
        return _of_school_choice(level, values, finding, around)
    if not finding.is_certain or reading.left_over:
        return {}
    if set(reading.changes) - {level} and not _names_a_commune(finding):
        return {}  # half an address must not change the cells around it
    return reading.changes


def _of_school_choice(
    level: str,
    values: FieldTexts,
    finding: Finding,
    around: Surroundings,
) -> dict[str, str]:
    """What the school chose before for the old address in one cell, with a free cell for house and hamlet."""
    chosen = places.with_choice(finding, around.epoch, around.chosen())
    if not chosen.is_certain or (chosen.rest and values.get("address")):
        return {}
    names = chosen.values()
    return {name: text for name, text in names.items() if text or name == level}


def handed_of(name: str, text: str, stored: str, came_in: FieldTexts) -> str:
    """What was handed in for a cell of which ``stored`` has become: ``text`` itself, or more of the residence.

    ``came_in`` are all texts that came in together, by field. A commune that became another is told with the district
    it stood in; a cell about which nothing was said got its place from the others.

    >>> came_in = {"commune": "Xã Phú Đông", "district": "Huyện Ba Vì", "full_name": "Lê An"}
    >>> handed_of("commune", "Xã Phú Đông", "Xã Cổ Đô", came_in)
    'Xã Phú Đông, Huyện Ba Vì'
    >>> handed_of("province", "", "Thành phố Hà Nội", came_in)
    'Xã Phú Đông, Huyện Ba Vì'
    >>> handed_of("full_name", "Lê An", "Lê An", came_in)
    'Lê An'
    """
    if name not in RESIDENCE or not stored:
        return text
    if not text:
        parts = [came_in.get(level, "") for level in RESIDENCE]
        return ", ".join(part for part in parts if part.strip())
    district = tidy(came_in.get("district", ""))
    if name == "commune" and district not in text and is_repair(name, text, stored):
        return f"{text}, {district}"
    return text


def _names_a_commune(finding: Finding) -> bool:
    """Only an address down to the commune is whole; a stray "74" is no province of anybody."""
    return finding.home is not None and finding.home.commune is not None


def _of_several(
    typed: FieldTexts,
    values: FieldTexts,
    source: str,
    around: Surroundings,
) -> dict[str, str]:
    epoch = around.epoch
    merged = dict.fromkeys(places.LEVELS, "")
    for level in places.LEVELS:  # what was not typed is read as it stands
        merged[level] = typed.get(level, values.get(level, ""))
    if epoch == "2level" and "district" not in typed:
        merged["district"] = ""  # what stands there is kept and ignored
    written_in = epoch if source in _OWN_WORDS else ""
    address = Address(**merged)
    finding = places.read_address(address, epoch, around.today, written_in=written_in)
    if finding.kind == "choice" and not finding.rest:
        finding = places.with_choice(finding, epoch, around.chosen())
    if finding.is_certain and finding.rest:
        return {}
    return places.texts_to_store(address, finding, epoch)
