"""What this school has said about addresses with several successors: said once, used by every source.

A commune of before July 2025 may have gone to several new ones. Nobody but the family, or somebody who knows the
place, can tell to which; what was answered for an old address is offered, and used, for the next record from there.
"""

from collections.abc import Mapping

from idapp import audit
from idapp.database import rows, writing
from idapp.models import PlaceChoice, User, utc_now
from idapp.rules import places
from idapp.rules.places import Finding
from idapp.rules.problem import Problem

_NO_SUCCESSOR = "Nơi đã chọn không thuộc các nơi mà xã, phường cũ chuyển về: hãy chọn lại."


def remembered() -> dict[str, str]:
    """{key of the old address (``places.choice_key``): code of the place that was chosen}."""
    return dict(rows(PlaceChoice.select(PlaceChoice.address_key, PlaceChoice.new_code)))


def remember(choices: Mapping[str, str], *, by: User | None) -> None:
    """Keep these choices, {key of the old address: code of the place}; the newest counts.

    Raises ``Problem`` ``no_successor`` if a place is none of those the address may be; nothing is kept then.
    """
    for key, code in choices.items():
        if not places.may_be_chosen(key, code):
            raise Problem("commune", "no_successor", _NO_SUCCESSOR)
    with writing():
        for key, code in choices.items():
            _store_choice(key, code, _name_of_key(key), by)


def remember_for(finding: Finding, epoch: str, code: str, *, by: User | None) -> None:
    """Keep what was chosen among the candidates of one address. What is remembered already is not said again.

    Raises ``Problem`` ``no_successor`` if it is none of them.
    """
    key = places.choice_key(finding, epoch)
    if not key or places.candidate_of(finding, code) is None:
        raise Problem("commune", "no_successor", _NO_SUCCESSOR)
    with writing():
        if remembered().get(key) != code:
            _store_choice(key, code, finding.meant, by)


def _store_choice(key: str, code: str, old_name: str, by: User | None) -> None:
    columns = {PlaceChoice.new_code: code, PlaceChoice.user: by, PlaceChoice.at: utc_now()}
    insert = PlaceChoice.insert({PlaceChoice.address_key: key, **columns})
    insert.on_conflict(conflict_target=[PlaceChoice.address_key], update=columns).execute()
    place = places.by_code(places.epoch_of_key(key), code)
    audit.record(
        "places.chosen",
        by=by,
        subject="places",
        old=old_name,
        new=place.name if place else code,
    )


def _name_of_key(key: str) -> str:
    """The name of a split commune; of another address the key itself is the best there is."""
    place = places.by_code("3level", key)
    return place.name if place else key.partition("/")[2]
