"""Places in the edits of one record: a name of the other epoch, or a whole address, becomes the places of the campaign.

One cell is read inside the row it stands in; several at once (a paste, a form) are one address. Only what is certain
changes another text than it came, and then as a repair that everybody sees; everything else stays as it was typed, with
the error and the proposals of the rules.
"""

from collections.abc import Mapping
from datetime import date

from idapp.rules import places
from idapp.rules.folding import tidy
from idapp.rules.places import Address

_OWN_WORDS = (
    "typed",
    "fill",
    "undo",
)  # sources whose texts were picked from, or typed into, our own lists


def places_of_edits(
    texts: Mapping[str, str], values: Mapping[str, str], epoch: str, source: str, today: date
) -> dict[str, str]:
    """Field -> text to store, for the edits of a residence that can be read with certainty; {} otherwise.

    ``texts`` are the edits of one record by field, ``values`` the record as it stands. The answer may name cells that
    were not edited: a whole address typed into one cell fills the others, a former province brings its new one.
    """
    typed = {level: tidy(texts[level]) for level in places.LEVELS if texts.get(level, "").strip()}
    if not typed:
        return {}
    if len(typed) == 1:
        [(level, text)] = typed.items()
        reading = places.read_cells(values, level, text, epoch, today)
        if not reading.finding.is_certain or reading.left_over:
            return {}
        return reading.changes
    return _of_several(typed, values, epoch, source, today)


def _of_several(
    typed: Mapping[str, str], values: Mapping[str, str], epoch: str, source: str, today: date
) -> dict[str, str]:
    merged = {level: typed.get(level, values.get(level, "")) for level in places.LEVELS}
    if epoch == "2level" and "district" not in typed:
        merged["district"] = ""  # what stands there is kept and ignored
    written_in = epoch if source in _OWN_WORDS else ""
    finding = places.read_address(Address(**merged), epoch, today, written_in=written_in)
    if not finding.is_certain or finding.rest:
        return {}
    return finding.values()
