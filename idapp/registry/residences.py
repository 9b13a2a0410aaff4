"""The residence of a register's answer beside that of the record, in both epochs of places.

The register's answer (operation 037, ``ThuongTru``) holds codes of provinces, districts and communes. It does not say
of which epoch they are: districts disappear from the answers since the reform of July 2025, and codes were used again
under other names. So a set of codes is read in every epoch in which it makes sense, and the record agrees if it agrees
with any reading, across the reform too. The residence was never asked about: this is a note for whoever looks at the
record, never a mismatch, and it never keeps a record from being verified.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from idapp.registry.vocabulary import RegisterResidence
from idapp.rules import places
from idapp.rules.places import Address, Place

# the newer one first: it is what a residence of today means
_EPOCHS = ("2level", "3level")


@dataclass(frozen=True)
class ResidenceNote:
    """What can be said about the register's residence of a record.

    agrees  True, False, or None: the record or the register says too little to compare
    text    the register's places by name, from the commune up; with the other epoch's in brackets
    """

    agrees: bool | None
    text: str


@dataclass(frozen=True)
class _Reading:
    """The codes as places of one epoch; ``commune`` is None where the register gives only what stands above."""

    epoch: str
    province: Place
    commune: Place | None

    @property
    def text(self) -> str:
        """Names from the commune up, with commas between."""
        names = []
        place: Place | None = self.commune or self.province
        while place is not None:
            names.append(place.name)
            place = places.by_code(self.epoch, place.parent)
        return ", ".join(names)


def as_stored(residence: RegisterResidence) -> dict[str, str]:
    """The codes that are there, as the record keeps them.

    >>> as_stored(RegisterResidence("01", "", "00004"))
    {'province': '01', 'commune': '00004'}
    """
    return {name: code for name, code in vars(residence).items() if code}


def residence_written(texts: Address | str, today: date) -> RegisterResidence | None:
    """The codes of a residence that a file with results gives by name, in the epoch in which it is written; None for
    what is no certain place of either.

    >>> residence_written(Address("Hà Nội", "Ba Vì", "Xã Phú Đông"), date(2026, 11, 30))
    RegisterResidence(province='01', district='271', commune='09643')
    """
    for epoch in _EPOCHS:
        finding = places.read_address(texts, epoch, today, written_in=epoch)
        if finding.kind == "exact" and finding.home is not None:
            return RegisterResidence(*map(_code_of, finding.home))
    return None


def note_on(
    codes: Mapping[str, str], epoch: str, province_code: str | None, commune_code: str | None
) -> ResidenceNote | None:
    """What the register's codes say beside a record's; None if they name no place we know.

    ``codes`` as of ``as_stored``; ``epoch``, ``province_code`` and ``commune_code`` are the record's.
    """
    readings = _readings(RegisterResidence(**codes))
    if not readings:
        return None
    verdicts = [_agrees(reading, epoch, province_code, commune_code) for reading in readings]
    # one is enough: the register does not say of which epoch its codes are
    if True in verdicts:
        agreeing = readings[verdicts.index(True)]
        return ResidenceNote(True, agreeing.text)
    text = " hoặc ".join(dict.fromkeys(_with_successor(reading) for reading in readings))
    if None in verdicts:
        return ResidenceNote(None, text)
    return ResidenceNote(False, text)


def _code_of(place: Place | None) -> str:
    if place is None:
        return ""
    return place.code


def _readings(residence: RegisterResidence) -> list[_Reading]:
    """Every epoch in which all the given codes stand below each other."""
    readings = [_reading(epoch, residence) for epoch in _EPOCHS]
    return [reading for reading in readings if reading is not None]


def _reading(epoch: str, residence: RegisterResidence) -> _Reading | None:
    # there are no districts any more
    if epoch == "2level" and residence.district:
        return None
    try:
        commune = _place(epoch, residence.commune)
        district = _place(epoch, residence.district)
    except LookupError:
        return None
    if district is not None and not _is_below(epoch, commune, district):
        return None
    lowest = commune or district
    province = places.by_code(epoch, residence.province) or _top(epoch, lowest)
    if province is None or not _is_below(epoch, lowest, province):
        return None
    return _Reading(epoch, province, commune)


def _place(epoch: str, code: str) -> Place | None:
    """None without a code. Raises LookupError for a code that the epoch does not have."""
    if not code:
        return None
    place = places.by_code(epoch, code)
    if place is None:
        raise LookupError(code)
    return place


def _is_below(epoch: str, place: Place | None, above: Place) -> bool:
    """Does the place stand below the other? A place that is not given contradicts nothing."""
    if place is None:
        return True
    while place is not None and place.code != above.code:
        place = places.by_code(epoch, place.parent)
    return place is not None


def _top(epoch: str, place: Place | None) -> Place | None:
    """The province of a place."""
    while place is not None and place.parent:
        place = places.by_code(epoch, place.parent)
    return place


def _agrees(
    reading: _Reading, epoch: str, province_code: str | None, commune_code: str | None
) -> bool | None:
    """None where the record has no code for the place that the register gives."""
    place = reading.commune or reading.province
    ours = province_code
    if reading.commune:
        ours = commune_code
    if ours is None:
        return None
    if reading.epoch == epoch:
        return place.code == ours
    # from here on across the reform: one code is old, the other new
    if reading.epoch == "3level":
        return ours in _successors(place.code)
    return place.code in _successors(ours)


def _successors(code: str) -> set[str]:
    """Codes of 2level that a place of 3level went to."""
    return {new for new, _ in places.old_to_new(code)}


def _with_successor(reading: _Reading) -> str:
    """An old residence with the place of today, where there is only one."""
    if reading.epoch == "2level" or reading.commune is None:
        return reading.text
    successors = _successors(reading.commune.code)
    if len(successors) != 1:
        return reading.text
    new = places.by_code("2level", successors.pop())
    if new is None:
        return reading.text
    province = places.by_code("2level", new.parent)
    today = new.name
    if province is not None:
        today = f"{new.name}, {province.name}"
    return f"{reading.text} (nay là {today})"
