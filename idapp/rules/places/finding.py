"""What reading an address brings to light, and the sentences about it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from idapp.rules.places.catalogue import Home, Place
from idapp.rules.places.meanings import Address
from idapp.rules.places.outcomes import Candidate
from idapp.rules.places.spelling import LEVELS
from idapp.rules.problem import Problem

Kind = Literal["exact", "converted", "choice", "unknown", "empty"]
WORDS = {"province": "tỉnh/thành phố", "district": "quận/huyện", "commune": "xã/phường"}
_MOST_NAMED = 3  # in a sentence; the list of candidates is whole
_NOWHERE = Home(None, None, None)


@dataclass(frozen=True)
class Finding:
    """What an address is in the places of a campaign.

    kind        see ``reading``
    level       the lowest level at which something is written
    home        the place, for ``exact`` and ``converted``; for ``choice`` what all candidates share
    meant       the address as the lists write it, in the epoch it was read in: "Xã Phú Đông, Huyện Ba Vì, ..."; of a
                ``choice`` between several readings as it was written, "" if no commune was
    written_in  the epoch of the names, "" if it is not one
    candidates  for ``choice``: at least one; for ``unknown``: what differs by one letter, never to be taken unasked
    also        for ``exact`` and ``converted``: where the same words lead if they are of the other epoch
    origin      for ``choice``: the code in ``written_in`` of the one place that was split, "" if that is not sure
    filled      levels that were not written and that the rest decides ("Xã Mỹ An, Tỉnh Long An": the district)
    note        what became of a former name, in Vietnamese, or ""
    rest        what is no place: house, street, hamlet
    problem     for ``choice`` and ``unknown``: which field, and the sentence for the user
    """

    kind: Kind
    level: str = ""
    home: Home | None = None
    meant: str = ""
    written_in: str = ""
    candidates: tuple[Candidate, ...] = ()
    also: tuple[Candidate, ...] = ()
    origin: str = ""
    filled: tuple[str, ...] = ()
    note: str = ""
    rest: str = ""
    problem: Problem | None = None

    @property
    def is_certain(self) -> bool:
        """Whether it may be stored without a question."""
        return self.kind in ("exact", "converted")

    def values(self) -> dict[str, str]:
        """Field -> text to store, for a certain finding; {} otherwise. The rest goes to ``address`` if there is one. A
        province alone says nothing about the commune, so that key is missing then."""
        if not self.is_certain or self.home is None:
            return {}
        values = values_of(self.home, self.level)
        if self.rest:
            values["address"] = self.rest
        return values


def values_of(home: Home, level: str = "province") -> dict[str, str]:
    """Level -> name down to the lowest place, and at least down to ``level``; "" where there is none.

    >>> from idapp.rules.places.catalogue import Place
    >>> values_of(Home(Place("80", "Tỉnh Tây Ninh", ""), None, Place("28036", "Xã Thủ Thừa", "80")))
    {'province': 'Tỉnh Tây Ninh', 'district': '', 'commune': 'Xã Thủ Thừa'}
    """
    lowest = LEVELS.index(level)
    values = {}
    for index, place in enumerate(home):
        values[LEVELS[index]] = ""
        if place is not None:
            values[LEVELS[index]] = place.name
            lowest = max(lowest, index)
    for below in LEVELS[lowest + 1 :]:
        del values[below]
    return values


def word_for(level: str, epoch: str) -> str:
    """What somebody is asked to choose: where there are no districts, the commune in their place."""
    if level == "district" and epoch == "2level":
        return WORDS["commune"]
    return WORDS[level]


def choice(address: Address, candidates: tuple[Candidate, ...]) -> Finding:
    """Ask between candidates. The problem suggests the likeliest name if no other candidate bears it too."""
    level = address.deepest
    if any(candidate.home.commune for candidate in candidates):
        level = "commune"
    label = address.label()
    meant = ""
    if address.commune:
        meant = label
    message = (
        f"“{label}” có thể là {in_a_sentence(candidates)}: "
        f"hãy chọn đúng {WORDS[level]} theo giấy tờ mới nhất của gia đình."
    )
    return Finding(
        "choice",
        level,
        home=shared(candidates),
        meant=meant,
        candidates=candidates,
        problem=Problem(level, "choose_place", message, _likeliest_name(candidates)),
    )


def _likeliest_name(candidates: tuple[Candidate, ...]) -> str:
    """A name alone must say which candidate is meant; "" if none is the likeliest or two bear its name."""
    names = [candidate.place.name for candidate in candidates]
    for candidate, name in zip(candidates, names, strict=True):
        if candidate.is_default and names.count(name) == 1:
            return name
    return ""


def distinct(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """Each place once, with the first reason."""
    by_place: dict[Home, Candidate] = {}
    for candidate in candidates:
        by_place.setdefault(candidate.home, candidate)
    return tuple(by_place.values())


def shared(candidates: tuple[Candidate, ...]) -> Home:
    """The province and district that all candidates agree on."""
    province = _only({candidate.home.province for candidate in candidates})
    district = _only({candidate.home.district for candidate in candidates})
    return Home(province, district, None)


def _only(places: set[Place | None]) -> Place | None:
    if len(places) != 1:
        return None
    return places.pop()


def in_a_sentence(candidates: tuple[Candidate, ...]) -> str:
    """The first few, without what all share: "Phường Ba Đình hay Phường Ngọc Hà"."""
    known = _NOWHERE
    if len(candidates) > 1:
        known = shared(candidates)
    labels = []
    for candidate in candidates[:_MOST_NAMED]:
        places = [place for place in reversed(candidate.home) if place and place not in known]
        labels.append(", ".join(place.name for place in places))
    if len(candidates) > _MOST_NAMED:
        labels.append(f"{len(candidates) - _MOST_NAMED} nơi khác")
    return " hay ".join(dict.fromkeys(labels))
