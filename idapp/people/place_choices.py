"""What this school has said about communes that were split: said once, used at every door.

A commune of before July 2025 may have gone to several new ones. Nobody but the family, or somebody who knows the
place, can tell to which; what was answered for an old commune is offered, and used, for the next record from there.
"""

from collections.abc import Mapping

from idapp import audit
from idapp.database import rows, writing
from idapp.models import PlaceChoice, User, utc_now
from idapp.rules import places
from idapp.rules.problem import Problem


def remembered() -> dict[str, str]:
    """{code of the old commune: code of the new one}."""
    return dict(rows(PlaceChoice.select(PlaceChoice.old_code, PlaceChoice.new_code)))


def remember(choices: Mapping[str, str], *, by: User | None) -> None:
    """Keep these choices, {old code: new code}; the newest counts.

    Raises ``Problem`` ``no_successor`` if a new commune is none of the old one's successors; nothing is kept then.
    """
    for old_code, new_code in choices.items():
        if new_code not in {code for code, _ in places.old_to_new(old_code)}:
            message = "Nơi đã chọn không thuộc các nơi mà xã, phường cũ chuyển về: hãy chọn lại."
            raise Problem("commune", "no_successor", message)
    with writing():
        for old_code, new_code in choices.items():
            columns = {
                PlaceChoice.new_code: new_code,
                PlaceChoice.user: by,
                PlaceChoice.at: utc_now(),
            }
            insert = PlaceChoice.insert({PlaceChoice.old_code: old_code, **columns})
            insert.on_conflict(conflict_target=[PlaceChoice.old_code], update=columns).execute()
            audit.record(
                "places.chosen",
                by=by,
                subject="places",
                old=_name_of("3level", old_code),
                new=_name_of("2level", new_code),
            )


def _name_of(epoch: str, code: str) -> str:
    place = places.by_code(epoch, code)
    return place.name if place else code
