"""Places in the edits of one record: a name of the other epoch, or a whole address, becomes the places of the campaign.

One cell is read inside the row it stands in; several at once (a paste, a form) are one address. Only what is certain
becomes another place, and then as a repair that everybody sees; what must be chosen keeps its words, with the error and
the proposals of the rules (``places.texts_to_store``).
"""

from collections.abc import Mapping
from datetime import date

from idapp.rules import places
from idapp.rules.folding import tidy
from idapp.rules.places import Address, Finding
from idapp.rules.repairs import is_repair

RESIDENCE = ("address", "commune", "district", "province")
_OWN_WORDS = (
    "typed",
    "fill",
    "undo",
)  # sources whose texts were picked from, or typed into, our own lists


def places_of_edits(
    texts: Mapping[str, str], values: Mapping[str, str], epoch: str, source: str, today: date
) -> dict[str, str]:
    """Field -> text to store, for the edits of a residence; {} where each text may stand as it was typed.

    ``texts`` are the edits of one record by field, ``values`` the record as it stands. The answer may name cells that
    were not edited: a whole address typed into one cell fills the others, a former province brings its new one.
    """
    typed = {level: tidy(texts[level]) for level in places.LEVELS if texts.get(level, "").strip()}
    if not typed or places.has_stray_code(Address(**typed)):
        return {}
    if len(typed) == 1:
        [(level, text)] = typed.items()
        reading = places.read_cells(values, level, text, epoch, today)
        if not reading.finding.is_certain or reading.left_over:
            return {}
        if set(reading.changes) - {level} and not _names_a_commune(reading.finding):
            return {}  # half an address must not change the cells around it
        return reading.changes
    return _of_several(typed, values, epoch, source, today)


def handed_of(name: str, text: str, stored: str, said: Mapping[str, str]) -> str:
    """What was handed in for a cell of which ``stored`` has become: ``text`` itself, or more of the residence.

    ``said`` are all texts that came in together, by field. A commune that became another is told with the district it
    stood in; a cell about which nothing was said got its place from the others.

    >>> said = {"commune": "Xã Phú Đông", "district": "Huyện Ba Vì", "full_name": "Lê An"}
    >>> handed_of("commune", "Xã Phú Đông", "Xã Cổ Đô", said)
    'Xã Phú Đông, Huyện Ba Vì'
    >>> handed_of("province", "", "Thành phố Hà Nội", said)
    'Xã Phú Đông, Huyện Ba Vì'
    >>> handed_of("full_name", "Lê An", "Lê An", said)
    'Lê An'
    """
    if name not in RESIDENCE or not stored:
        return text
    if not text:
        return ", ".join(said[level] for level in RESIDENCE if said.get(level, "").strip())
    district = tidy(said.get("district", ""))
    if name == "commune" and district not in text and is_repair(name, text, stored):
        return f"{text}, {district}"
    return text


def _names_a_commune(finding: Finding) -> bool:
    """Only an address down to the commune is whole; a stray "74" is no province of anybody."""
    return finding.home is not None and finding.home.commune is not None


def _of_several(
    typed: Mapping[str, str], values: Mapping[str, str], epoch: str, source: str, today: date
) -> dict[str, str]:
    merged = {level: typed.get(level, values.get(level, "")) for level in places.LEVELS}
    if epoch == "2level" and "district" not in typed:
        merged["district"] = ""  # what stands there is kept and ignored
    written_in = epoch if source in _OWN_WORDS else ""
    address = Address(**merged)
    finding = places.read_address(address, epoch, today, written_in=written_in)
    if finding.is_certain and finding.rest:
        return {}
    return places.texts_to_store(address, finding, epoch)
