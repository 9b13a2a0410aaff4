"""A text typed into one of the three cells of a record.

Mostly it is one name, read inside the places above it in the row. It may as well be a name of the other epoch, which
becomes its successor, or a whole address, which fills the cells around it. Who types into a list of the campaign's
epoch means that epoch, so a name of both is taken as it stands in the list; ``finding.also`` then says where the other
would lead.
"""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from idapp.rules.folding import tidy
from idapp.rules.places import one_text
from idapp.rules.places.finding import Finding
from idapp.rules.places.meanings import Address
from idapp.rules.places.reading import read_address
from idapp.rules.places.spelling import LEVELS


class CellsReading(NamedTuple):
    """What to store.

    changes    field -> text: the typed cell always, others where the text says more than one place or the place above
               was written in the other epoch; ``address`` if the text held a house or hamlet and that cell is empty
    finding    how it was read; ``finding.problem`` if it must be asked or is unknown
    left_over  words of the text for which there was no empty cell: to be shown, not dropped
    """

    changes: dict[str, str]
    finding: Finding
    left_over: str = ""


def read_cells(
    values: Mapping[str, str],
    field: str,
    text: str,
    epoch: str,
    day: date | None = None,
) -> CellsReading:
    """What a text typed into the cell ``field`` (province, district, commune) of a row does; ``values``: the row.

    Never raises, and changes no other cell unless the finding is certain.

    >>> row = {"province": "Tỉnh Tây Ninh", "commune": "", "address": ""}
    >>> read_cells(row, "commune", "Ấp 3, Mỹ Lạc, Thủ Thừa, Long An", "2level").changes
    {'commune': 'Xã Mỹ Thạnh', 'address': 'Ấp 3'}
    >>> read_cells({"province": "Hà Nội"}, "commune", "Xã Phú Đông", "2level").changes
    {'commune': 'Xã Cổ Đô', 'province': 'Thành phố Hà Nội'}
    >>> read_cells({"province": "Hà Nội"}, "commune", "Xã Phú Đồng", "2level").changes
    {'commune': 'Xã Phú Đồng'}
    """
    typed = {field: tidy(text)}
    if not any(letter.isalnum() for letter in text):
        return CellsReading(typed, Finding("empty"))
    finding = _finding(values, field, text, epoch, day)
    if not finding.is_certain:
        return CellsReading(typed, finding)
    names = finding.values()
    rest = names.pop("address", "")
    if epoch == "2level":
        names.pop("district", None)  # what stands there is kept and ignored
    changes = {field: names.get(field, typed[field])}
    changes |= {level: name for level, name in names.items() if values.get(level, "") != name}
    if rest and not values.get("address"):
        return CellsReading(changes | {"address": rest}, finding)
    return CellsReading(changes, finding, left_over=rest)


def _finding(
    values: Mapping[str, str],
    field: str,
    text: str,
    epoch: str,
    day: date | None,
) -> Finding:
    if one_text.has_several_parts(text):
        whole = read_address(text, epoch, day, written_in=epoch)
        if whole.kind not in ("unknown", "empty"):
            return whole
    address = Address(**{field: text})
    for level in LEVELS[: LEVELS.index(field)]:
        if level != "district" or epoch == "3level":
            address = address._replace(**{level: values.get(level, "")})
    return read_address(address, epoch, day, written_in=epoch)
