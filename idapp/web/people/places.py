"""Type-ahead for places: those of the campaign, then names of the other epoch with the places they became.

An option of a former name holds the old address and its successor as one text (``places.written_choice``): whoever
takes it has chosen, and the verb that changes a record reads, stores and remembers that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from flask import abort, render_template, request

from idapp import school
from idapp.models import Person
from idapp.people import place_choices
from idapp.rules import places
from idapp.rules.folding import fold
from idapp.rules.places import Candidate, Finding, Place
from idapp.rules.problem import Problem
from idapp.settings import current
from idapp.web.access import person_or_404, signed_in
from idapp.web.people import bp

_NO_PROVINCE = "Hãy chọn tỉnh, thành phố trước."
_NO_DISTRICT = "Hãy chọn tỉnh và quận, huyện trước."
_NO_MATCH = "Không có nơi nào khớp với chữ đã gõ."
_TIMES = {"3level": " (cũ)", "2level": " (mới)"}  # of names of one epoch only
_MOST_OF_CAMPAIGN = 40
_MOST_FORMER = 12  # former names below the places of the campaign


@dataclass(frozen=True)
class Option:
    """A line of the list.

    value      the text that the cell gets
    name       what is read
    note       what stands under it in small letters
    above      the district of a commune, where none was chosen yet
    must_pick  one of several successors: offered, never marked as the likely one
    """

    value: str
    name: str
    note: str = ""
    above: str = ""
    must_pick: bool = False


@bp.get("/places")
@signed_in
def find_places() -> str:
    """Type-ahead for a place. What stands above comes from the record, or from the form as it is being filled."""
    field = request.args.get("field", "")
    level = field.removeprefix("present_")
    if level not in ("province", "district", "commune"):
        abort(404)
    person_id = request.args.get("person", type=int)
    person = None  # the form of somebody who is only being added
    if person_id:
        person = person_or_404(person_id)
    epoch, above = _residence_so_far(person)
    inside = _code_above(level, epoch, above)
    query = request.args.get("q", "")[:200]
    options = _of_campaign(level, query, epoch, inside, with_district=not above["district"])
    if field == level:  # the present residence is kept as it is written, and converted by nobody
        options = _with_former(options, level, query, epoch, inside, person)
    why_none = _why_none(epoch, level, inside)
    return render_template("people/_places.html", options=options, sentence=why_none)


# --- what may be taken ---


def _with_former(
    options: list[Option],
    level: str,
    query: str,
    epoch: str,
    inside: str | None,
    person: Person | None,
) -> list[Option]:
    """With the names of the other epoch; a whole address first: whoever typed one wants nothing else."""
    options = _of_address(level, query, epoch, person) + options
    options += _of_other_epoch(level, query, epoch, inside)
    if level == "commune" and epoch == "2level":
        options += _of_other_provinces(query, options)
    return options


def _of_campaign(
    level: str,
    query: str,
    epoch: str,
    inside: str | None,
    *,
    with_district: bool,
) -> list[Option]:
    is_under_district = level == "commune" and epoch == "3level" and with_district
    options = []
    for place in places.search(epoch, level, query[:100], inside, limit=_MOST_OF_CAMPAIGN):
        above = _name_above(epoch, place) if is_under_district else ""
        options.append(Option(place.name, place.name, above, above))
    return options


def _of_other_epoch(level: str, query: str, epoch: str, inside: str | None) -> list[Option]:
    """Former names, each with what it became; of a split one every successor, likeliest first."""
    if not query.strip():
        return []
    others = places.search_other_names(
        epoch, level, query[:100], inside, limit=_MOST_FORMER, day=current().today()
    )
    options = []
    for other in others:
        # read as if the first successor had been taken: that tells what the old name means
        choice = places.written_choice(other.whole, other.candidates[0])
        finding = places.read_choice(level, choice, epoch)
        options += _successors(other.label, other.whole, other.candidates, finding, epoch)
    return options


def _of_other_provinces(query: str, options: Iterable[Option]) -> list[Option]:
    """Former communes of exactly this name elsewhere in the country, where the province has none: it may be wrong, or
    not chosen yet. They are never marked as the likely ones: taking one changes the province too.
    """
    # "Ba" begins too many names to mean the Xã Ba of another province
    is_one_word = len(query.split()) < 2
    if is_one_word or any(_bears_name(option, query) for option in options):
        return []
    elsewhere = []
    for other in places.search_former_communes(query[:100]):
        finding = places.read_address(other.whole, "2level", written_in="3level")
        options_of_name = _successors(other.label, other.whole, other.candidates, finding, "2level")
        elsewhere += [replace(option, must_pick=True) for option in options_of_name]
    return elsewhere


def _bears_name(option: Option, query: str) -> bool:
    name = option.name.partition(",")[0].partition(" (")[0]
    return fold(name).endswith(fold(query.strip()))


def _of_address(level: str, query: str, epoch: str, person: Person | None) -> list[Option]:
    """The places that a whole address may be: the one that is typed, or the one that waits in the cell."""
    if level != "commune":
        return []
    text = query
    if not query.strip() and person is not None and person.problem_of("commune"):
        text = person.commune
    if "," not in text:  # no whole address
        return []
    finding = places.read_address(text, epoch, written_in=epoch)
    if finding.kind != "choice":
        return []
    old = finding.meant or text
    return _successors(old, text, finding.candidates, finding, epoch)


def _successors(
    label: str,
    old: str,
    candidates: Iterable[Candidate],
    finding: Finding | None,
    epoch: str,
) -> list[Option]:
    candidates = list(candidates)
    must_pick = len(candidates) > 1
    chosen = ""
    if must_pick:
        chosen = _chosen_before(finding, epoch)
        candidates.sort(key=lambda candidate: candidate.place.code != chosen)
    time = ""
    if finding is not None:
        time = _TIMES.get(finding.written_in, "")
    return [
        Option(
            value=places.written_choice(old, candidate),
            name=f"{label}{time} → {candidate.place.name}",
            note=_note(candidate, chosen, len(candidates)),
            must_pick=must_pick,
        )
        for candidate in candidates
    ]


def _note(candidate: Candidate, chosen: str, count: int) -> str:
    if candidate.place.code == chosen:
        return "trường đã chọn nơi này lần trước"
    if candidate.is_default and count > 1:
        return f"phần chính · {candidate.label()}"
    return candidate.label()


def _chosen_before(finding: Finding | None, epoch: str) -> str:
    """The code that the school has chosen for the same old address."""
    if finding is None:
        return ""
    return place_choices.remembered().get(places.choice_key(finding, epoch), "")


# --- what stands above ---


def _code_above(level: str, epoch: str, above: Mapping[str, str | None]) -> str | None:
    """The code of the place inside which to search, None for everywhere: the district, else the province."""
    if level == "province":
        return None
    if level == "commune" and epoch == "3level" and above["district"]:
        return above["district"]
    return above["province"]


def _why_none(epoch: str, level: str, inside: str | None) -> str:
    if level == "province" or inside:
        return _NO_MATCH
    if level == "commune" and epoch == "3level":
        return _NO_DISTRICT
    return _NO_PROVINCE


def _residence_so_far(person: Person | None) -> tuple[str, Mapping[str, str | None]]:
    """The epoch, and the codes of province and district: as the form says, else as the record does."""
    epoch = person.epoch if person else school.the_campaign().epoch
    is_present = request.args.get("field", "").startswith("present_")
    if person and "province" not in request.args and not is_present:
        return epoch, {"province": person.province_code, "district": person.district_code}
    province = _code(epoch, "province", request.args.get("province", ""), None)
    return epoch, {
        "province": province,
        "district": _code(epoch, "district", request.args.get("district", ""), province),
    }


def _code(epoch: str, level: str, text: str, inside: str | None) -> str | None:
    if not text.strip() or (level != "province" and not inside):
        return None
    try:
        return places.find(epoch, level, text[:100], inside).code
    except Problem:
        return None


def _name_above(epoch: str, place: Place) -> str:
    above = places.by_code(epoch, place.parent)
    return above.name if above else ""
