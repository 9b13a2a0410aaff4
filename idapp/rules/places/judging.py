"""From what an address can mean to what it is: certain, or a question."""

from collections.abc import Sequence
from dataclasses import replace

from idapp.rules.places.catalogue import Catalogue, FormerName, Home, Place
from idapp.rules.places.finding import Finding, Kind, choice, distinct, word_for
from idapp.rules.places.meanings import Address, Meaning
from idapp.rules.places.outcomes import Candidate, candidates_of
from idapp.rules.places.spelling import LEVELS
from idapp.rules.problem import Problem


def judged(
    catalogue: Catalogue,
    address: Address,
    meanings: Sequence[Meaning],
    epoch: str,
    written_in: str = "",
) -> Finding:
    """The finding of an address with at least one meaning. ``written_in``: the epoch whose meanings are preferred."""
    meanings = _without_far_fetched(meanings, epoch)
    preferred = _preferred(meanings, epoch, written_in)
    candidates = _merged(catalogue, preferred, epoch)
    if not candidates:
        return _gone(address, preferred[0], epoch)
    if len(candidates) > 1 or any(meaning.is_unsure for meaning in preferred):
        return _asked(choice(address, candidates), preferred)
    certain = _certain(address, preferred[0], candidates[0].home, epoch)
    others = [meaning for meaning in meanings if meaning not in preferred]
    elsewhere = _merged(catalogue, others, epoch)
    also = [candidate for candidate in elsewhere if candidate.home != certain.home]
    return replace(certain, also=tuple(also))


def _asked(question: Finding, meanings: Sequence[Meaning]) -> Finding:
    """The choice with the one place it is about, where there is only one."""
    meaning = meanings[0]
    if not question.meant:
        return question
    if len(meanings) > 1 or meaning.is_unsure or not isinstance(meaning.deepest, Place):
        return question
    return replace(
        question,
        meant=meaning.label(),
        written_in=meaning.epoch,
        origin=meaning.deepest.code,
    )


def _without_far_fetched(meanings: Sequence[Meaning], epoch: str) -> Sequence[Meaning]:
    """Who writes a name of the campaign's own epoch does not mean a commune of before in a province joined since."""
    near = [meaning for meaning in meanings if not meaning.is_joined]
    if any(_is_exact(meaning, epoch) for meaning in near):
        return near
    return meanings


def _preferred(
    meanings: Sequence[Meaning],
    epoch: str,
    written_in: str,
) -> list[Meaning]:
    """Those of the preferred epoch if there are any, the names of the campaign's own epoch first.

    Where all names are known to be of before, the province is the one that bore its name then.
    """
    preferred = [
        meaning for meaning in meanings if meaning.epoch == written_in and not meaning.is_joined
    ]
    return sorted(preferred or meanings, key=lambda meaning: not _is_exact(meaning, epoch))


def _certain(
    address: Address,
    meaning: Meaning,
    home: Home,
    epoch: str,
) -> Finding:
    kind: Kind = "converted"
    if _is_exact(meaning, epoch):
        kind = "exact"
    return Finding(
        kind,
        address.deepest,
        home=home,
        meant=meaning.label(),
        written_in=meaning.epoch,
        filled=_filled(address, home),
        note=_note(meaning),
    )


def all_candidates(finding: Finding) -> tuple[Candidate, ...]:
    """The places of a finding, certain or not; none of a certain one is marked as likeliest."""
    if not finding.is_certain or finding.home is None:
        return finding.candidates
    return (Candidate(finding.home, is_default=False, reason=finding.meant),)


def _is_exact(meaning: Meaning, epoch: str) -> bool:
    return meaning.epoch == epoch and isinstance(meaning.deepest, Place)


def _merged(
    catalogue: Catalogue,
    meanings: Sequence[Meaning],
    epoch: str,
) -> tuple[Candidate, ...]:
    """The candidates of all meanings, each place once. Of several meanings only the name of the epoch itself is the
    likeliest: nothing weighs one old district against another."""
    exact = [meaning for meaning in meanings if _is_exact(meaning, epoch)]
    likeliest = exact or meanings
    candidates = []
    for meaning in meanings:
        has_default = len(likeliest) == 1 and meaning is likeliest[0]
        for candidate in candidates_of(catalogue, meaning, epoch):
            is_default = candidate.is_default and has_default
            candidates.append(replace(candidate, is_default=is_default))
    return distinct(candidates)


def _filled(address: Address, home: Home) -> tuple[str, ...]:
    """The levels above the written one that were left empty and are known now."""
    above = LEVELS[: LEVELS.index(address.deepest)]
    filled = []
    for level, place in zip(above, home, strict=False):
        if place and not getattr(address, level):
            filled.append(level)
    return tuple(filled)


def _note(meaning: Meaning) -> str:
    notes = [unit.note for unit in meaning if isinstance(unit, FormerName)]
    return "; ".join(dict.fromkeys(filter(None, notes)))


def _gone(address: Address, meaning: Meaning, epoch: str) -> Finding:
    """A place whose successor no list tells: an error without an offer."""
    message = (
        f"Không rõ “{meaning.label()}” nay thuộc đâu: "
        f"hãy chọn {word_for(address.deepest, epoch)} theo giấy tờ mới nhất của gia đình."
    )
    problem = Problem(address.deepest, "unknown_successor", message)
    return Finding("unknown", address.deepest, problem=problem)
