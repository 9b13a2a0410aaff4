"""One address, as somebody wrote it, in the places of a campaign.

``read_address`` is the one judge for every source (cell, paste, upload, card, transfer, change of epoch). It never
makes one place out of another:

- ``exact``      the names are the places of the campaign's epoch, in whatever writing;
- ``converted``  they are names of the other epoch or former names, and all that place went to one place of the campaign
                 (or came from one, in a campaign of three levels);
- ``choice``     several places are possible, likeliest first, each with its reason: a person must choose;
- ``unknown``    no list knows them; ``candidates`` then holds at most what differs by one letter under the same parent;
- ``empty``      nothing is written.

Only ``exact`` and ``converted`` may be stored without a question, ``converted`` as a repair that is shown.

**When nothing tells the epoch.** Without a district the same words can be an address of today and one of before 2025:
"Xã Tân Tiến, Tỉnh Hưng Yên" is a commune of today; the former Xã Tân Tiến there (Huyện Văn Giang) is Xã Văn Giang now.
Of the 3,321 communes of today 140 have such a double in a province that kept its name. Both readings are honest, so
the finding is a choice with today's first, unless ``written_in`` says how the list is written: ``2level`` for what was
picked from or typed into a list of today, for our own templates, and for a column of which ``epoch_written`` says so.
The other reading then stands in ``also``.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from functools import lru_cache
from itertools import chain

from idapp.rules.places import one_text
from idapp.rules.places.catalogue import REFORM, Catalogue, Place, catalogue_on
from idapp.rules.places.finding import Finding, choice, distinct
from idapp.rules.places.judging import all_candidates, judged
from idapp.rules.places.meanings import Address, clean, has_stray_code, meanings_of
from idapp.rules.places.slips import unknown
from idapp.rules.places.spelling import LEVELS, bare_name, exact_key, full_name
from idapp.rules.problem import Problem


def read_address(
    texts: Address | str,
    epoch: str,
    day: date | None = None,
    *,
    written_in: str = "",
) -> Finding:
    """What an address means in the places of ``epoch``. Never raises.

    ``texts``: three texts or one whole text. ``day``: names are those of this day; before the reform nobody can have
    written names of today. ``written_in``: the epoch to prefer where the words fit both, see the module.

    >>> finding = read_address(Address("Hà Nội", "Ba Vì", "Xã Phú Đông"), "2level")
    >>> finding.kind, finding.home.commune.name, finding.meant
    ('converted', 'Xã Cổ Đô', 'Xã Phú Đông, Huyện Ba Vì, Thành phố Hà Nội')
    >>> finding = read_address(Address("Hà Nội", "Ba Đình", "Phường Ngọc Hà"), "2level")
    >>> finding.kind, [(c.place.name, c.is_default) for c in finding.candidates]
    ('choice', [('Phường Ba Đình', True), ('Phường Ngọc Hà', False)])
    >>> read_address("Ấp 3, Mỹ An, Thủ Thừa, Long An", "2level").values()
    {'province': 'Tỉnh Tây Ninh', 'district': '', 'commune': 'Xã Mỹ An', 'address': 'Ấp 3'}
    """
    is_before_reform = day is not None and day < REFORM
    if is_before_reform and epoch == "3level" and not written_in:
        written_in = "3level"
    if isinstance(texts, Address):
        texts = Address(*map(str.strip, texts))
    return read(catalogue_on(day), texts, epoch, written_in)


def epoch_written(addresses: Iterable[Address], day: date | None = None) -> str:
    """The epoch in which a list of addresses is written, as far as its rows prove it; "" if they do not.

    One address that only one epoch knows proves it for the list, unless another proves the contrary. To be told to the
    user, and passed as ``written_in`` for the rows that fit both.

    >>> epoch_written([Address("Tỉnh Hưng Yên", "", "Xã Tân Tiến"), Address("Tây Ninh", "", "Xã Thủ Thừa")])
    '2level'
    """
    catalogue = catalogue_on(day)
    proven = set()
    for address in dict.fromkeys(addresses):
        epochs = {meaning.epoch for meaning in meanings_of(catalogue, clean(address))}
        if address.commune and len(epochs) == 1:
            proven |= epochs
    if len(proven) != 1:
        return ""
    return proven.pop()


@lru_cache(maxsize=4096)  # a school's families live in few places
def read(
    catalogue: Catalogue,
    texts: Address | str,
    epoch: str,
    written_in: str = "",
) -> Finding:
    """``read_address`` in one catalogue, remembered."""
    if isinstance(texts, str):
        return _read_text(catalogue, texts, epoch, written_in)
    finding = _read_joined(catalogue, texts, epoch, written_in)
    if finding is None:
        finding = _read_cells(catalogue, clean(texts), epoch, written_in)
    return finding


# --- three cells ---


def _read_joined(
    catalogue: Catalogue,
    texts: Address,
    epoch: str,
    written_in: str,
) -> Finding | None:
    """Cells of which one holds several names; None if none does, or they make no address together."""
    joined = _joined_text(texts)
    if not joined:
        return None
    has_district = bool(clean(texts).district)
    finding = _read_text(catalogue, joined, epoch, written_in, has_district=has_district)
    if finding.kind != "unknown":
        return finding
    return _read_whole_commune(catalogue, texts, epoch, written_in)


def _read_cells(
    catalogue: Catalogue,
    address: Address,
    epoch: str,
    written_in: str,
) -> Finding:
    if not address.deepest:
        return Finding("empty")
    meanings = meanings_of(catalogue, address)
    if not meanings:
        return unknown(catalogue, address, epoch)
    return judged(catalogue, address, meanings, epoch, written_in)


def _read_whole_commune(
    catalogue: Catalogue,
    texts: Address,
    epoch: str,
    written_in: str,
) -> Finding | None:
    """A whole address in the commune cell that says another province than the one above it, of places that all lie
    there: "Xã Tân Thành, Huyện Thủ Thừa, Tỉnh Long An" below "Tỉnh Tây Ninh"; None if it is no such."""
    if not one_text.has_several_parts(texts.commune):
        return None
    finding = _read_text(catalogue, texts.commune, epoch, written_in)
    provinces = {
        place for candidate in all_candidates(finding) if (place := candidate.home.province)
    }
    if finding.kind == "unknown" or not _lie_in(catalogue, provinces, texts.province, epoch):
        return None
    return finding


def _lie_in(catalogue: Catalogue, provinces: set[Place], above: str, epoch: str) -> bool:
    """Are these provinces of ``epoch`` the one that is written above, or, in a campaign of three levels, did all their
    land go to a province of today that is written there?"""
    if provinces == set(catalogue.list_of(epoch).index("province", "").matches(above)):
        return bool(provinces)
    if epoch == "2level" or not provinces:
        return False
    today = catalogue.list_of("2level").index("province", "").matches(above)
    land = {code for place in today for code in catalogue.came_from.get(place.code, [])}
    return {place.code for place in provinces} <= land


def _joined_text(texts: Address) -> str:
    """Three cells as one text if one of them holds several names ("Mỹ Thạnh, Thủ Thừa"), without what they repeat;
    "" if none does."""
    if not any(map(one_text.has_several_parts, texts)):
        return ""
    parts: list[str] = []
    for text in texts:
        below = one_text.hard_parts(text)
        # what a cell repeats of the cells above it stands at its end
        for above in reversed(parts):
            if len(below) > 1 and _bare_key(below[-1]) == _bare_key(above):
                below.pop()
        parts = [*below, *parts]
    return ", ".join(parts)


def _bare_key(text: str) -> str:
    """The key of a name of whatever level, without its prefix."""
    for level in LEVELS:
        name = full_name(level, text)
        bare = bare_name(level, name)
        if bare != name:
            return exact_key(bare)
    return exact_key(text)


# --- one text ---


def _read_text(
    catalogue: Catalogue,
    text: str,
    epoch: str,
    written_in: str,
    *,
    has_district: bool = False,
) -> Finding:
    ways = one_text.split(catalogue, text, has_district=has_district)
    splits = [part for part in ways if not has_stray_code(part.address)]
    if not splits:
        return _read_partly(catalogue, text, epoch, written_in)
    rest = splits[0].rest
    findings = [_read_split(catalogue, part, epoch, written_in) for part in splits]
    outcomes = {(finding.kind, finding.home) for finding in findings}
    if len(outcomes) == 1:
        return replace(findings[0], rest=rest)
    candidates = distinct(chain.from_iterable(map(all_candidates, findings)))
    return replace(choice(splits[0].address, candidates), rest=rest)


def _read_split(
    catalogue: Catalogue,
    part: one_text.Split,
    epoch: str,
    written_in: str,
) -> Finding:
    finding = judged(catalogue, part.address, part.meanings, epoch, written_in)
    if not part.is_doubtful:
        return finding
    # nothing is likeliest here, and what a slip of the pen in the commune may have been comes first
    others = [replace(candidate, is_default=False) for candidate in all_candidates(finding)]
    if part.instead is None:
        return choice(part.address, distinct(others))
    slips = unknown(catalogue, part.instead, epoch).candidates
    return choice(part.instead, distinct([*slips, *others]))


def _read_partly(
    catalogue: Catalogue,
    text: str,
    epoch: str,
    written_in: str,
) -> Finding:
    """A text of which no province and commune were recognised together: a district or province alone, or an error."""
    address, before = one_text.partial(catalogue, text)
    if not address.deepest and not before:
        return Finding("empty")
    if not address.deepest or has_stray_code(address):
        return Finding("unknown", "commune", rest=text, problem=_unread(text))
    if address.province and before and not one_text.is_detail(before[-1]):
        address = address._replace(commune=before.pop())
        return replace(unknown(catalogue, clean(address), epoch), rest=", ".join(before))
    address = clean(address)
    finding = judged(catalogue, address, meanings_of(catalogue, address), epoch, written_in)
    return replace(finding, rest=", ".join(before))


def _unread(text: str) -> Problem:
    message = (
        f"Không nhận ra tỉnh, xã trong “{text}”: "
        "hãy ghi đủ tên xã/phường và tỉnh/thành phố, cách nhau bằng dấu phẩy."
    )
    return Problem("province", "unknown_place", message)
