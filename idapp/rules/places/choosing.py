"""What a school has chosen for an address with several successors, and an address read with that.

A choice is remembered by a key: the code of the commune of before July 2025 that was split, where the address is sure
to mean that one; else the address as it was written. A district or a province alone has no key: its people live in many
communes, and no choice for one of them is true for the others.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date

from idapp.rules.places.catalogue import EPOCHS
from idapp.rules.places.finding import Finding
from idapp.rules.places.judging import all_candidates
from idapp.rules.places.lookup import by_code, new_to_old, old_to_new
from idapp.rules.places.meanings import Address
from idapp.rules.places.outcomes import Candidate
from idapp.rules.places.reading import read_address
from idapp.rules.places.spelling import exact_key

ARROW = " → "
_LONGEST = 250  # letters of a key


def choice_key(finding: Finding, epoch: str) -> str:
    """By what a choice of this school is remembered; "" if there is nothing to choose.

    >>> from idapp.rules.places.reading import read_address
    >>> finding = read_address("Phường Ngọc Hà, Quận Ba Đình, Hà Nội", "2level")
    >>> choice_key(finding, "2level")
    '00016'
    """
    if not finding.candidates or not finding.meant:
        return ""
    if finding.origin and (finding.written_in, epoch) == ("3level", "2level"):
        return finding.origin
    source = exact_key(finding.meant)
    if finding.origin:
        source = f"{finding.written_in}:{finding.origin}"
    return f"{epoch}/{source}"[:_LONGEST]


def epoch_of_key(key: str) -> str:
    """The epoch of the places that are chosen for a key."""
    epoch, slash, _ = key.partition("/")
    if not slash:  # the first keys of all were codes alone
        return "2level"
    return epoch


def codes_of_key(key: str) -> set[tuple[str, str]]:
    """(epoch, code) of the place whose people a choice is about; none of an address kept by its words.

    >>> codes_of_key("00016"), codes_of_key("3level/2level:00004"), codes_of_key("2level/xa tan tien")
    ({('3level', '00016')}, {('2level', '00004')}, set())
    """
    _, slash, source = key.partition("/")
    if not slash:
        return {("3level", key)}
    written_in, colon, code = source.partition(":")
    if not colon or written_in not in EPOCHS:
        return set()
    return {(written_in, code)}


def with_choice(
    finding: Finding,
    epoch: str,
    chosen: Mapping[str, str],
) -> Finding:
    """The finding as the school has chosen before, ``chosen`` as {key: code of the place}; the same if it has not.

    It is ``converted`` then, its candidates still stand in it: to be told as a choice of the school, never silently.
    """
    if finding.kind != "choice" or not chosen:
        return finding
    candidate = candidate_of(finding, chosen.get(choice_key(finding, epoch), ""))
    if candidate is None:
        return finding
    return replace(finding, kind="converted", home=candidate.home, problem=None)


def candidate_of(finding: Finding, code: str) -> Candidate | None:
    """The candidate with this code; None if there is none."""
    for candidate in finding.candidates:
        if candidate.place.code == code:
            return candidate
    return None


def may_be_chosen(key: str, code: str) -> bool:
    """Is the place one of those that the address of a key may be? Of an address that means no one place the caller
    knows the candidates; here only that there is such a place."""
    epoch, slash, source = key.partition("/")
    if not slash:
        return code in {new for new, _ in old_to_new(key)}
    of_new = source.removeprefix("2level:")
    if epoch == "3level" and of_new != source:
        return code in new_to_old(of_new)
    return by_code(epoch, code) is not None


# --- a choice as a text ---


def written_choice(old: str, candidate: Candidate) -> str:
    """An old address and the place that was chosen for it, as one text: so every source can carry it, and so the
    history tells it."""
    return f"{old}{ARROW}{candidate.label()}"


def is_choice(text: str) -> bool:
    """Is it an old address with the place chosen for it?"""
    return ARROW in text


def old_of_choice(text: str) -> str:
    """The old address of such a text; any other text as it is."""
    return text.partition(ARROW)[0]


def read_choice(
    level: str,
    text: str,
    epoch: str,
    day: date | None = None,
) -> Finding | None:
    """The finding of a text of ``written_choice`` for a cell; None if the place is none of those the address may be.

    ``candidates`` are all places that were to choose from, so that the choice can be remembered.

    >>> finding = read_choice("commune", "Xã Phú Đông, Huyện Ba Vì, Hà Nội → Xã Cổ Đô, Thành phố Hà Nội", "2level")
    >>> finding.kind, finding.values()
    ('converted', {'province': 'Thành phố Hà Nội', 'district': '', 'commune': 'Xã Cổ Đô'})
    >>> read_choice("commune", "Xã Phú Đông, Huyện Ba Vì, Hà Nội → Xã Phù Đổng, Thành phố Hà Nội", "2level")
    """
    old, _, new = text.partition(ARROW)
    for finding in _readings(level, old, epoch, day):
        for candidate in all_candidates(finding):
            if exact_key(candidate.label()) == exact_key(new):
                return replace(finding, kind="converted", home=candidate.home, problem=None)
    return None


def _readings(
    level: str,
    old: str,
    epoch: str,
    day: date | None,
) -> Iterator[Finding]:
    """The old text as a name or address of the other epoch, else of any."""
    other = next(name for name in EPOCHS if name != epoch)
    texts: Address | str = old
    if level == "province":
        texts = Address(province=old)
    for written_in in (other, ""):
        yield read_address(texts, epoch, day, written_in=written_in)
