"""An address that no list knows: at which level it fails, and what one other letter there would make of it.

An offer lies under the same parent and is never more than one letter away. The same letters with other diacritics go
before another letter. A text that is a whole name elsewhere in the province, today or before, is no slip of the pen: it
gets no offer, because its neighbour in the alphabet is another place.
"""

from dataclasses import replace

from idapp.rules.places.catalogue import Catalogue
from idapp.rules.places.finding import Finding, distinct, in_a_sentence, word_for
from idapp.rules.places.judging import all_candidates, judged
from idapp.rules.places.meanings import Address, indexes_near, is_known_elsewhere, meanings_of
from idapp.rules.places.outcomes import Candidate
from idapp.rules.places.spelling import LEVELS, bare_name, folded_key, full_name
from idapp.rules.problem import Problem


def unknown(catalogue: Catalogue, address: Address, epoch: str) -> Finding:
    """The finding of a cleaned address without any meaning."""
    deepest = address.deepest
    if not address.province:
        message = f"Chưa có tỉnh, thành phố của “{address.label()}”: hãy ghi thêm tỉnh, thành phố."
        return Finding("unknown", deepest, problem=Problem("province", "missing_above", message))
    level = _first_unknown(catalogue, address)
    if is_known_elsewhere(catalogue, address, level):
        return Finding("unknown", deepest, problem=_elsewhere(address, level, epoch))
    offers = _offers(catalogue, address, level, epoch)
    problem = _not_known(address, level, epoch, offers)
    return Finding("unknown", deepest, candidates=offers, problem=problem)


def _first_unknown(catalogue: Catalogue, address: Address) -> str:
    """The level at which the address stops to be one, from the province down."""
    if not meanings_of(catalogue, Address(address.province)):
        return "province"
    if address.district and not meanings_of(catalogue, address._replace(commune="")):
        return "district"
    return "commune"


def _offers(
    catalogue: Catalogue,
    address: Address,
    level: str,
    epoch: str,
) -> tuple[Candidate, ...]:
    """What the address would be with a near name at one level, where that is an address."""
    offers = []
    for name in _near_names(catalogue, address, level):
        meant = address._replace(**{level: name})
        meanings = meanings_of(catalogue, meant)
        if not meanings:
            continue
        for candidate in all_candidates(judged(catalogue, meant, meanings, epoch)):
            reason = f"gần giống {meant.label()}"
            offers.append(replace(candidate, is_default=False, reason=reason))
    return distinct(offers)


def _near_names(
    catalogue: Catalogue,
    address: Address,
    level: str,
) -> list[str]:
    """Names within one letter of the text of a level; only those of the same letters, if there are such."""
    text = getattr(address, level)
    names: dict[str, None] = {}  # each once, in order
    for index in indexes_near(catalogue, address, level):
        names.update(dict.fromkeys(unit.name for unit in index.near(text)))
    key = folded_key(bare_name(level, full_name(level, text)))
    same_letters = [name for name in names if folded_key(bare_name(level, name)) == key]
    return same_letters or list(names)


def _elsewhere(address: Address, level: str, epoch: str) -> Problem:
    text = getattr(address, level)
    above = _above(address, level)
    inside = "không có trong danh mục"
    if above:
        inside = f"không thuộc {above}"
    message = f"{text} {inside}: hãy xem lại {word_for(level, epoch)} và nơi ghi phía trên."
    return Problem(level, "not_within", message)


def _not_known(
    address: Address,
    level: str,
    epoch: str,
    offers: tuple[Candidate, ...],
) -> Problem:
    above = _above(address, level)
    inside = "trong danh mục"
    if above:
        inside = f"trong {above}"
    word = word_for(level, epoch)
    message = f"Không có “{getattr(address, level)}” {inside}: hãy xem lại {word}."
    if offers:
        message += f" Có phải là {in_a_sentence(offers)}?"
    suggestion = ""
    if len(offers) == 1:
        suggestion = offers[0].place.name
    return Problem(level, "unknown_place", message, suggestion)


def _above(address: Address, level: str) -> str:
    return Address(*address[: LEVELS.index(level)]).label()
