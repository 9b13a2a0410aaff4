"""Newer lists taken over, and the way back: each counts whole or not at all.

A set is laid upon the one in use: a file that does not hold one of the lists leaves that list as it
is. It is checked by the rules together with what stays (``places.check_files``); no place that a
record bears may get lost, on the way back neither.
"""

import fcntl
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256

from idapp.models import User, utc_now
from idapp.place_sets import keeping, syncing
from idapp.place_sets.keeping import SHIPPED, About, InUse
from idapp.place_sets.reading import SetRefused
from idapp.rules import places
from idapp.rules.places import Catalogue
from idapp.settings import current

_MOST_SHOWN = 20  # new names that are listed
_MOST_LOST = 5
_LONGEST_NAME = 100


@dataclass(frozen=True)
class Comparison:
    """What other lists would bring, both epochs together; ``new_names`` as "before → after"."""

    new: int
    renamed: int
    ended: int
    new_names: list[str]


@dataclass(frozen=True)
class Loaded:
    """A set that counts now, and how many records bear another name since."""

    about: About
    records: int


def check(texts: Mapping[str, str]) -> Comparison:
    """What loading these lists, {file name: text}, would bring.

    Raises ``SetRefused`` with all that speaks against.
    """
    keeping.use_today()
    problems = places.check_files(texts, syncing.used_codes())
    if problems:
        sentences = [f"{problem.field}: {problem.message}" for problem in problems]
        raise SetRefused(*sentences)
    if places.is_in_use(texts):
        raise SetRefused(
            "Danh mục trong tệp trùng hoàn toàn với danh mục đang dùng: không có gì để nạp."
        )
    epochs = [epoch for epoch in places.EPOCHS if f"places_{epoch}.csv" in texts]
    now = places.catalogue_in(keeping.folder_of(keeping.in_use().name))
    # 2level always: a file of changes alone renames places of that epoch.
    return _compare(now, places.catalogue_with(texts), {"2level", *epochs})


def load(texts: Mapping[str, str], *, file_name: str, by: User | None) -> Loaded:
    """Check, keep, let count, and write the new names into the records. Raises ``SetRefused``;
    nothing changed then."""
    with _alone():
        comparison = check(texts)
        before = keeping.in_use()
        about = _about(texts, file_name, by, before, comparison)
        # A list that the file does not hold stays as it is in use.
        keeping.keep(_files_of(before.name) | dict(texts), about)
        keeping.let_count(_next_in_use("loaded", about.name, before, by))
        return Loaded(about, syncing.sync_records(by=by))


def go_back(to: str, *, by: User | None) -> int:
    """Let an earlier set count again, ``SHIPPED`` or one of ``earlier_sets``; how many records bear
    another name since.

    Raises ``SetRefused`` if it is not there, or if a record bears a place that it does not have.
    """
    with _alone():
        before = keeping.in_use()
        if to not in earlier_sets():
            raise SetRefused("Không có bản ấy để trở lại: hãy tải lại trang rồi chọn lại.")
        keeping.use_today()
        lost = _lost_names(places.catalogue_in(keeping.folder_of(to)))
        if lost:
            words = "không có trong bản ấy nhưng có hồ sơ đang dùng."
            sentences = [f"{name} {words}" for name in lost[:_MOST_LOST]]
            raise SetRefused(*sentences)
        keeping.let_count(_next_in_use("back", to, before, by))
        return syncing.sync_records(by=by)


def earlier_sets() -> list[str]:
    """The sets one can go back to, the last one first; the program's own at the end."""
    name = keeping.in_use().name
    if name == SHIPPED:
        return []
    names: list[str] = []
    about = keeping.about_set(name)
    while about is not None and about.before not in (*names, name):  # no circle, whatever is stored
        names.append(about.before)
        about = keeping.about_set(about.before)
    if SHIPPED not in names:
        names.append(SHIPPED)
    return names


@contextmanager
def _alone() -> Iterator[None]:
    """One process at a time: the second set is laid upon what the first has left."""
    folder = current().data / "places"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _compare(now: Catalogue, then: Catalogue, epochs: Iterable[str]) -> Comparison:
    """What changes between two states of the lists, each with every change of names it knows."""
    new = ended = 0
    names = []
    for epoch in epochs:
        places_now = now.list_of(epoch).codes
        places_then = then.list_of(epoch).codes
        new += len(places_then.keys() - places_now.keys())
        ended += len(places_now.keys() - places_then.keys())
        for code in sorted(places_now.keys() & places_then.keys()):
            if places_now[code].name != places_then[code].name:
                names.append(f"{places_now[code].name} → {places_then[code].name}")
    return Comparison(new, len(names), ended, names[:_MOST_SHOWN])


def _files_of(name: str) -> dict[str, str]:
    """The lists that a set holds itself; {} of the program's own."""
    folder = keeping.folder_of(name)
    if folder is None:
        return {}
    files = [folder / file for file in places.FILES]
    return {path.name: path.read_text(encoding="utf-8") for path in files if path.exists()}


def _about(
    texts: Mapping[str, str], file_name: str, by: User | None, before: InUse, comparison: Comparison
) -> About:
    digest = sha256("".join(texts[file] for file in sorted(texts)).encode()).hexdigest()
    return About(
        name=f"{utc_now():%Y%m%dT%H%M%S}-{digest[:8]}-{uuid.uuid4().hex[:4]}",
        file_name=file_name[-_LONGEST_NAME:],
        sha256=digest,
        loaded_on=current().today().isoformat(),
        by=_name_of(by),
        before=before.name,
        new=comparison.new,
        renamed=comparison.renamed,
        ended=comparison.ended,
        new_names=comparison.new_names,
    )


def _name_of(user: User | None) -> str:
    """Nobody is named where the command line loads."""
    if user is None:
        return ""
    return user.full_name


def _next_in_use(event: str, name: str, before: InUse, by: User | None) -> InUse:
    user_id = by.id if by else None
    return InUse(name, event, uuid.uuid4().hex, user_id, before.name)


def _lost_names(lists: Catalogue) -> list[str]:
    """The places that records bear and these lists do not have, by their names today."""
    names = []
    for epoch, code in sorted(syncing.used_codes()):
        place = places.by_code(epoch, code)
        is_lost = code not in lists.list_of(epoch).codes
        if is_lost and place is not None:
            names.append(f"{place.name} ({place.code})")
    return names
