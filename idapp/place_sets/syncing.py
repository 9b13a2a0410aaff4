"""The records follow the lists: a place that got another name is written by the name of the day.

What a record means is its code, kept beside its text since it was last computed; where the code
bears another name today, the text becomes that name, with a row in the history. Nobody loses the
verified state: the register has compared no residence. After another set of lists every record is
computed anew too: what was unknown may be a place now.

Done in parts of a hundred records, each a transaction of its own; whatever is cut off is done in
the next round.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import NamedTuple

from peewee import fn

from idapp import audit
from idapp.database import rows, writing
from idapp.models import Change, Person, PlaceChoice, User
from idapp.people import new_changeset
from idapp.people.epochs import NEW_NAME
from idapp.people.states import COMPUTED, RuleContext, compute, people_with_class, update
from idapp.place_sets import keeping
from idapp.rules import places
from idapp.rules.places import Catalogue, Place
from idapp.settings import current

_PART = 100
_CODES = ("province_code", "district_code", "commune_code")
_RENAMED = "places.names"
EVENTS = {"loaded": "places.loaded", "back": "places.back"}


def sync_if_changed() -> None:
    """Sync the records if there is another day's name or another set; nothing to do in nearly every round."""
    keeping.use_today()
    if _state_of_lists() != keeping.state_synced():
        sync_records(by=None)


def sync_records(*, by: User | None) -> int:
    """Bring the records in line with the lists in use; how many got another name. May be called at
    any moment.

    1. Write the loading of the set into the history, if that is not done yet.
    2. Find the records: all after another set of lists, else those whose place has another name.
    3. Rename and compute again, a hundred in a transaction; a cut-off loses one part at most.
    4. Note down that the records agree, so that the next round has nothing to do.
    """
    keeping.use_today()
    state_of_lists = _state_of_lists()
    _enter_in_history()
    if _is_other_set(state_of_lists):
        ids = _everybody()
        run = _run_of_set(_set_part(state_of_lists), by)
    else:
        ids = _ids_with_another_name()
        run = _Run(by, new_changeset(), None)
    for start in range(0, len(ids), _PART):
        _sync_part(ids[start : start + _PART], run)
    renamed = _enter_names_in_history(run)
    keeping.note_synced(state_of_lists)
    return renamed


def _run_of_set(set_part: str, by: User | None) -> "_Run":
    """One deed of whoever loaded the set, however often it was cut off and by whom it is taken up again."""
    loader = User.get_or_none(User.id == keeping.in_use().user_id)
    changeset = sha256(f"names {set_part}".encode()).hexdigest()[:32]
    return _Run(by or loader, changeset, _lists_before())


def _enter_names_in_history(run: "_Run") -> int:
    """How many records bear another name by this run; one row says so."""
    mine = Change.changeset == run.changeset
    query = Change.select(fn.COUNT(Change.person.distinct())).where(mine, Change.source == NEW_NAME)
    renamed = int(query.scalar())
    if renamed and not Change.select().where(mine, Change.event == _RENAMED).exists():
        with writing():
            audit.record(
                _RENAMED,
                by=run.by,
                subject="places",
                new=f"{renamed} hồ sơ",
                changeset=run.changeset,
            )
    return renamed


def used_codes() -> set[tuple[str, str]]:
    """(epoch, code) of every place that a record or a remembered choice bears."""
    used: set[tuple[str, str]] = set()
    columns = [getattr(Person, name) for name in _CODES]
    for epoch, *codes in rows(Person.select(Person.epoch, *columns).distinct()):
        used |= {(epoch, code) for code in codes if code}
    for key, code in rows(PlaceChoice.select(PlaceChoice.address_key, PlaceChoice.new_code)):
        used.add((places.epoch_of_key(key), code))
        used |= places.codes_of_key(key)
    return used


def _state_of_lists() -> str:
    """Which set, by which changeset, and its last change of names that counts."""
    in_use = keeping.in_use()
    lists = places.state_in_use()
    shipped = places.SHIPPED_LOOKED_UP_ON  # a newer program may bring newer lists
    return f"{in_use.changeset or 'shipped'} {shipped} {lists.from_folder}|{lists.newest_change}"


def _is_other_set(state_of_lists: str) -> bool:
    """Do other lists count than those that the records were computed with last?"""
    synced = keeping.state_synced()
    if not synced:
        # Never loaded anything: the records were computed with the program's own lists.
        return bool(keeping.in_use().changeset)
    return _set_part(synced) != _set_part(state_of_lists)


def _set_part(state_of_lists: str) -> str:
    return state_of_lists.partition("|")[0]


def _enter_in_history() -> None:
    """That the set came to count: one row, also if whoever loaded it was cut off before writing it."""
    in_use = keeping.in_use()
    if not in_use.changeset:
        return
    if Change.select().where(Change.changeset == in_use.changeset).exists():
        return
    about = keeping.about_set(in_use.name)
    digest = ""
    if about is not None and in_use.event == "loaded":
        digest = about.sha256
    with writing():
        audit.record(
            EVENTS.get(in_use.event, EVENTS["loaded"]),
            by=User.get_or_none(User.id == in_use.user_id),
            subject="places",
            old=words_of_set(in_use.before),
            new=_words_of_change(in_use, about),
            typed=digest,
            changeset=in_use.changeset,
        )


def words_of_set(name: str) -> str:
    """A set as the history names it."""
    about = keeping.about_set(name)
    if about is None:
        return "bản kèm phần mềm"
    return f"bản {about.file_name} (nạp ngày {about.day:%d/%m/%Y})"


def words_of_changes(about: keeping.About) -> str:
    """What a set brought, in figures; those that are 0 are left out."""
    return words_of_figures(about.new, about.renamed, about.ended)


def words_of_figures(new: int, renamed: int, ended: int) -> str:
    """How many places are new, have another name, and are no more.

    >>> words_of_figures(0, 2, 1), words_of_figures(0, 0, 0)
    ('2 nơi đổi tên, 1 nơi không còn', 'chỉ khác ở tên trước kia, tên gọi khác hay nơi thay thế')
    """
    figures = {"nơi mới": new, "nơi đổi tên": renamed, "nơi không còn": ended}
    parts = [f"{count} {words}" for words, count in figures.items() if count]
    return ", ".join(parts) or "chỉ khác ở tên trước kia, tên gọi khác hay nơi thay thế"


def _words_of_change(in_use: keeping.InUse, about: keeping.About | None) -> str:
    if about is None or in_use.event != "loaded":
        return words_of_set(in_use.name)
    return f"{about.file_name}: {words_of_changes(about)}"


# --- the records ---


class _Run(NamedTuple):
    """For whom the records are synced, what the history calls it, and the lists that counted before
    (None: the same as now)."""

    by: User | None
    changeset: str
    lists_before: Catalogue | None


def _lists_before() -> Catalogue:
    folder = keeping.folder_of(keeping.in_use().before)
    return places.catalogue_in(folder, current().today())


def _everybody() -> list[int]:
    return [id_ for (id_,) in rows(Person.select(Person.id).order_by(Person.id))]


def _ids_with_another_name() -> list[int]:
    columns = [getattr(Person, name) for name in (*places.LEVELS, *_CODES)]
    query = Person.select(Person.id, Person.epoch, *columns).order_by(Person.id)
    ids = []
    for id_, epoch, *cells in rows(query):
        if _new_names(epoch, cells[:3], cells[3:]):
            ids.append(id_)
    return ids


def _new_names(epoch: str, texts: Sequence[str], codes: Sequence[str | None]) -> dict[str, str]:
    """Level -> name of today, of each text that is another name of its place."""
    names = {}
    for level, text, code in zip(places.LEVELS, texts, codes, strict=True):
        place = places.by_code(epoch, code)
        if place is not None and text and text != place.name:
            names[level] = place.name
    return names


def _codes_of(person: Person, texts: Sequence[str], run: _Run) -> list[str | None]:
    """What the texts mean. A record saved since other lists count may have lost what they meant
    before."""
    codes: list[str | None] = [getattr(person, name) for name in _CODES]
    if run.lists_before is None:
        return codes
    home = places.home_in(run.lists_before, person.epoch, texts)
    return [code or _code_of(place) for code, place in zip(codes, home, strict=True)]


def _code_of(place: Place | None) -> str | None:
    if place is None:
        return None
    return place.code


def _sync_part(ids: Sequence[int], run: _Run) -> None:
    with writing():
        context = RuleContext(bulk=True)
        for person in people_with_class(Person.id.in_(ids)):
            _sync_record(person, context, run)


def _sync_record(person: Person, context: RuleContext, run: _Run) -> None:
    """Write the names of today into one record.

    1. Find the names of today of what its texts mean; lay them into the record.
    2. Compute the state again, and store what is different from before.
    3. One audit row for each name.
    """
    before = {name: getattr(person, name) for name in (*COMPUTED, *places.LEVELS)}
    texts = [before[level] for level in places.LEVELS]
    names = _new_names(person.epoch, texts, _codes_of(person, texts, run))
    for level, name in names.items():
        setattr(person, level, name)
    if names:
        person.version += 1  # whoever has the old name on the screen gets a conflict, not a loss
    compute(person, context)
    computed = [name for name in COMPUTED if getattr(person, name) != before[name]]
    if names or computed:
        update(person, ("version", *names, *computed))
    _record_names(person, before, names, run)


def _record_names(
    person: Person, before: Mapping[str, object], names: Mapping[str, str], run: _Run
) -> None:
    for level, name in names.items():
        audit.record(
            "person.changed",
            by=run.by,
            person=person,
            field=level,
            old=str(before[level]),
            new=name,
            source=NEW_NAME,
            changeset=run.changeset,
            version=person.version,
        )
