"""The states of a family's case and of a request to the police, and which may follow which.

``docs/states.md`` shows these tables as pictures.
"""

from collections.abc import Iterable, Mapping

from idapp.models import PaperCase

_BY_HAND = frozenset({"open", "asked", "police", "received"})
# Whatever a case stands at: people may put it back, a paper may be compared, the record may be
# corrected or verified.
_ALWAYS = _BY_HAND | {"compared", "register_wrong", "waiting", "closed"}

CASE: Mapping[str, frozenset[str]] = {
    "open": _ALWAYS - {"open"},
    "asked": _ALWAYS - {"asked"},
    "police": _ALWAYS - {"police"},
    "received": _ALWAYS - {"received"},
    "compared": _ALWAYS - {"compared"},
    "register_wrong": _ALWAYS - {"register_wrong"},
    "waiting": _ALWAYS - {"waiting"},
    # A closed case never opens again: the next disagreement begins a case of its own.
    "closed": frozenset(),
}

# A request to the police to correct the register.
REGISTER_ERROR: Mapping[str, frozenset[str]] = {
    "prepared": frozenset({"sent", "withdrawn", "confirmed"}),
    "sent": frozenset({"prepared", "more", "corrected", "refused", "withdrawn", "confirmed"}),
    "more": frozenset({"sent", "withdrawn", "confirmed"}),
    "corrected": frozenset({"sent", "confirmed", "still_wrong", "withdrawn"}),
    # taken back by whoever noted it by mistake
    "refused": frozenset({"sent"}),
    "confirmed": frozenset(),
    "still_wrong": frozenset(),
    "withdrawn": frozenset(),
}


def check_move(cases: Iterable[PaperCase], to: str) -> None:
    """Raises ValueError if one of these cases may not come into this state. Staying is always allowed."""
    for case in cases:
        if to != case.state and to not in CASE[case.state]:
            raise ValueError(f"a case never goes from {case.state} to {to}")
