"""The states of a family's case, and which may follow which. ``docs/states.md`` shows this table as a picture."""

from collections.abc import Iterable, Mapping

from idapp.models import PaperCase

_BY_HAND = frozenset({"open", "asked", "police", "received"})
# Whatever a case stands at: people may put it back, a paper may be compared, the record may be
# corrected or verified.
_ALWAYS = _BY_HAND | {"compared", "waiting", "closed"}

CASE: Mapping[str, frozenset[str]] = {
    "open": _ALWAYS - {"open"},
    "asked": _ALWAYS - {"asked"},
    "police": _ALWAYS - {"police"},
    "received": _ALWAYS - {"received"},
    "compared": _ALWAYS - {"compared"},
    "waiting": _ALWAYS - {"waiting"},
    # A closed case never opens again: the next disagreement begins a case of its own.
    "closed": frozenset(),
}


def check_move(cases: Iterable[PaperCase], to: str) -> None:
    """Raises ValueError if one of these cases may not come into this state. Staying is always allowed."""
    for case in cases:
        if to != case.state and to not in CASE[case.state]:
            raise ValueError(f"a case never goes from {case.state} to {to}")
