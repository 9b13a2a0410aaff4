"""The lists of places on one day: both epochs, what became of what, former names.

Two sources. The files shipped in ``idapp/data`` are the state that was looked up before the release; a folder of the
installation may hold newer files of the same names, which then count instead (``use_catalogue``). The lists of
``2level`` have days: ``places_2level_changes.csv`` renames places, and a place is shown by the name of the day while
its other name stays understood. Without a day every change in the files counts.

Everything is read when it is first asked for and kept: about 11,000 + 3,400 places, and for each place above others an
index of the names below it.
"""

import csv
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path
from typing import NamedTuple

from idapp.rules.folding import tidy
from idapp.rules.places.spelling import LEVELS, NameIndex, exact_key

SHIPPED = Path(__file__).parent.parent.parent / "data"
FILES = (
    "places_2level.csv",
    "places_2level_changes.csv",
    "places_3level.csv",
    "places_3level_to_2level.csv",
    "places_former_names.csv",
    "places_aliases.csv",
)
EPOCHS = ("3level", "2level")
REFORM = date(2025, 7, 1)  # first day without districts: Resolution 202/2025/QH15
SHIPPED_LOOKED_UP_ON = date(2026, 9, 25)  # see idapp/data/SOURCES.md, "Known weaknesses (new)"
_Rows = Callable[[str], Iterable[dict[str, str]]]
_Names = Mapping[tuple[str, str], list[str]]  # (level, code) -> other names of the place
_Stamp = tuple[tuple[str, int, int], ...]  # name, time of change, size of each list in a folder


class Place(NamedTuple):
    """A place of one epoch: a code means something only together with its epoch."""

    code: str
    name: str
    parent: str


class Home(NamedTuple):
    """A residence in one epoch, as far as it is known."""

    province: Place | None
    district: Place | None
    commune: Place | None


class FormerName(NamedTuple):
    """A name that stands in neither list: of a place merged, renamed or moved before the lists were drawn.

    province  code in ``3level`` of the province it lay in, "" for a province
    district  name of the district it lay in, "" for a province or district
    new       codes in ``2level`` of the places it went to
    until     its last day as yyyy-mm-dd, or ""
    """

    level: str
    name: str
    province: str
    district: str
    new: tuple[str, ...]
    until: str
    note: str


class State(NamedTuple):
    """Which lists are in use, for the operator."""

    looked_up_on: date
    newest_change: date | None
    from_folder: bool


class PlaceList:
    """The places of one epoch on one day.

    ``rows`` as of ``places_3level.csv``; ``others``: (level, code) -> other names a place is understood by.
    """

    def __init__(self, rows: Iterable[dict[str, str]], others: _Names) -> None:
        self.codes: dict[str, Place] = {}
        self.level_of: dict[str, str] = {}
        self._others = others
        self._below: dict[tuple[str, str], list[Place]] = defaultdict(list)
        self._indexes: dict[tuple[str, str], NameIndex[Place]] = {}
        for row in rows:
            place = Place(row["code"], row["name"], row["parent_code"])
            self.codes[place.code] = place
            self.level_of[place.code] = row["level"]
        for place in self.codes.values():
            for above in ("", *self._codes_above(place)):
                self._below[self.level_of[place.code], above].append(place)

    def children(self, level: str, parent_code: str) -> tuple[Place, ...]:
        """The places of a level below a place anywhere above them ("": the country), in the catalogue's order."""
        return tuple(self._below.get((level, parent_code), ()))

    def index(self, level: str, parent_code: str) -> NameIndex[Place]:
        """Their names, to be searched."""
        key = (level, parent_code)
        if key not in self._indexes:
            places = self.children(level, parent_code)
            named = [(place, place.name, self.other_names(place)) for place in places]
            self._indexes[key] = NameIndex(level, named)
        return self._indexes[key]

    def other_names(self, place: Place) -> list[str]:
        """Names it is understood by beside its own: aliases, and the name before or after a change."""
        return self._others.get((self.level_of[place.code], place.code), [])

    def province_of(self, place: Place) -> Place:
        """The province a place lies in; itself if it is one."""
        while place.parent:
            place = self.codes[place.parent]
        return place

    def home(self, place: Place) -> Home:
        """A place with all places above it."""
        above = {self.level_of[place.code]: place}
        while place.parent:
            place = self.codes[place.parent]
            above[self.level_of[place.code]] = place
        return Home(*map(above.get, LEVELS))

    def _codes_above(self, place: Place) -> Iterator[str]:
        while place.parent:
            yield place.parent
            place = self.codes[place.parent]


@dataclass(eq=False)
class Catalogue:
    """Everything known about places on one day. Two catalogues are equal only if they are the same object."""

    rows_of: _Rows
    day: date | None

    def list_of(self, epoch: str) -> PlaceList:
        """The list of an epoch.

        >>> catalogue_on(date(2026, 12, 1)).list_of("2level").codes["24"].name
        'Thành phố Bắc Ninh'
        """
        if epoch == "2level":
            return self._new
        return self._old

    @cached_property
    def went_to(self) -> dict[str, list[tuple[str, bool]]]:
        """Code of ``3level`` -> codes of ``2level``, the likeliest marked and first."""
        mapping = defaultdict(list)
        for row in self.rows_of("places_3level_to_2level.csv"):
            if row["new_code"]:
                mapping[row["old_code"]].append((row["new_code"], row["is_default"] == "1"))
        for successors in mapping.values():
            successors.sort(key=lambda successor: not successor[1])
        return dict(mapping)

    @cached_property
    def came_from(self) -> dict[str, list[str]]:
        """Code of ``2level`` -> codes of ``3level`` that gave it people or land, in the order of their codes."""
        origins = defaultdict(list)
        for old_code, successors in self.went_to.items():
            for new_code, _ in successors:
                origins[new_code].append(old_code)
        return dict(origins)

    def former(
        self,
        level: str,
        province_code: str,
        district: str = "",
    ) -> NameIndex[FormerName]:
        """Former names of a level in an old province; of communes with ``district`` only those of that district."""
        district_key = exact_key(district)
        key = (level, province_code, district_key)
        if key not in self._former_indexes:
            names = self.former_names(level, province_code)
            if district:
                names = [name for name in names if exact_key(name.district) == district_key]
            named = [(former, former.name, ()) for former in names]
            self._former_indexes[key] = NameIndex(level, named)
        return self._former_indexes[key]

    def former_names(self, level: str, province_code: str) -> list[FormerName]:
        """The former names of a level in an old province, "" for those of provinces."""
        return self._former.get((level, province_code), [])

    @cached_property
    def _former_indexes(self) -> dict[tuple[str, str, str], NameIndex[FormerName]]:
        return {}

    @cached_property
    def _old(self) -> PlaceList:
        return PlaceList(self.rows_of("places_3level.csv"), self._aliases("3level"))

    @cached_property
    def _new(self) -> PlaceList:
        others = self._aliases("2level")
        names = dict[tuple[str, str], str]()
        for row in self._changes_in_order():
            key = (row["level"], row["code"])
            in_force = self.day is None or row["valid_from"] <= self.day.isoformat()
            if in_force:
                names[key] = row["name_after"]
            # understood by both names, whichever is in force
            others[key] += [row["name_before"], row["name_after"]]
        rows = []
        for row in self.rows_of("places_2level.csv"):
            name = names.get((row["level"], row["code"]), row["name"])
            rows.append(row | {"name": name})
        return PlaceList(rows, others)

    def _changes_in_order(self) -> list[dict[str, str]]:
        return sorted(
            self.rows_of("places_2level_changes.csv"),
            key=lambda row: (row["valid_from"], row["level"] != "province"),
        )

    def _aliases(self, epoch: str) -> dict[tuple[str, str], list[str]]:
        aliases = defaultdict(list)
        for row in self.rows_of("places_aliases.csv"):
            if row["epoch"] == epoch:
                aliases[row["level"], row["code"]].append(row["alias"])
        return aliases

    @cached_property
    def _former(self) -> dict[tuple[str, str], list[FormerName]]:
        names = defaultdict(list)
        for row in self.rows_of("places_former_names.csv"):
            former = self._former_name(row)
            names[former.level, former.province].append(former)
        return dict(names)

    def _former_name(self, row: dict[str, str]) -> FormerName:
        district, _, province = row["parent_name"].rpartition(", ")
        provinces = self.list_of("3level").index("province", "").matches(tidy(province))
        province_code = ""
        if provinces:
            province_code = provinces[0].code
        return FormerName(
            level=row["level"],
            name=row["name"],
            province=province_code,
            district=district,
            new=tuple(row["new_code"].split(";")),
            until=row["valid_until"],
            note=row["note"],
        )


class _InUse(NamedTuple):
    """The folder of newer files, how they looked when it was last looked at, and the day."""

    folder: Path | None = None
    stamp: _Stamp = ()
    day: date | None = None


_in_use = _InUse()


def use_catalogue(folder: Path | None = None, day: date | None = None) -> None:
    """Take the lists from a folder where it has them, and the names of a day, for all calls that name no day.

    ``folder`` may hold some of ``FILES`` or not exist. Cheap while nothing changed (six looks at the folder), so that a
    process calls it before each request or job and sees what another process has installed. Raises ``ValueError`` if a
    file cannot be read; what was in use before stays in use then.
    """
    global _in_use  # decided here only, a whole value at once
    in_use = _InUse(folder, _stamp_of(folder), day)
    if in_use == _in_use:
        return
    if in_use.stamp != _in_use.stamp:
        _check_readable(in_use)
    _in_use = in_use


def catalogue_on(day: date | None = None) -> Catalogue:
    """The lists of a day; without one, of the day told to ``use_catalogue``."""
    return _on(_in_use, day)


def catalogue_in(folder: Path | None, day: date | None = None) -> Catalogue:
    """The lists of a folder (None: those shipped), whichever are in use; without a day with every change."""
    return _on(_InUse(folder, _stamp_of(folder)), day)


def state_in_use() -> State:
    """Which lists are in use: when they were looked up, and the last change of names that they know and that counts."""
    in_use = _in_use
    changes = _days_of_changes(in_use.folder, in_use.stamp)
    if in_use.day is not None:
        changes = tuple(day for day in changes if day <= in_use.day)
    newest_change = None
    if changes:
        newest_change = changes[-1]
    looked_up_on = SHIPPED_LOOKED_UP_ON
    if in_use.stamp:
        newest = max(changed for _, changed, _ in in_use.stamp)
        looked_up_on = date.fromtimestamp(newest / 1e9)
    return State(looked_up_on, newest_change, bool(in_use.stamp))


def rows_of(file: str) -> Iterator[dict[str, str]]:
    """The rows of a shipped catalogue file."""
    return _rows_in(SHIPPED / file)


def _rows_in(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def _stamp_of(folder: Path | None) -> _Stamp:
    """Name, time of change and size of each list in the folder: another stamp is another content."""
    if folder is None:
        return ()
    stamps = []
    for file in FILES:
        try:
            status = (folder / file).stat()
        except OSError:
            continue
        stamps.append((file, status.st_mtime_ns, status.st_size))
    return tuple(stamps)


def _check_readable(in_use: _InUse) -> None:
    """Build what the newer files are read for; what is shipped can be read."""
    catalogue = _catalogue(in_use.folder, in_use.stamp, None)
    newer = {file for file, _, _ in in_use.stamp}
    try:
        if newer & {"places_2level.csv", "places_2level_changes.csv", "places_aliases.csv"}:
            catalogue.list_of("2level")
            _days_of_changes(in_use.folder, in_use.stamp)
        if newer & {"places_3level.csv", "places_aliases.csv"}:
            catalogue.list_of("3level")
        if "places_3level_to_2level.csv" in newer:
            catalogue.came_from  # noqa: B018 - computed to see whether it can be
        if "places_former_names.csv" in newer:
            catalogue.former("commune", "")
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise ValueError(f"catalogue of places in {in_use.folder} cannot be read") from error


@lru_cache(maxsize=64)  # asked for each text of each record
def _on(in_use: _InUse, day: date | None) -> Catalogue:
    wanted = day or in_use.day
    return _catalogue(in_use.folder, in_use.stamp, wanted and _last_change(in_use, wanted))


@lru_cache(maxsize=6)  # shipped and loaded, before and after a change, and all changes
def _catalogue(
    folder: Path | None,
    stamp: _Stamp,
    day: date | None,
) -> Catalogue:
    return Catalogue(_reader(folder, stamp), day)


def _reader(folder: Path | None, stamp: _Stamp) -> _Rows:
    """Reads a file by its name: the newer one where there is one. Rows are not kept, the lists made of them are."""
    newer = {file for file, _, _ in stamp}

    def rows_of_file(file: str) -> Iterator[dict[str, str]]:
        """The rows of one of ``FILES``. Raises what reading a damaged file raises."""
        if folder and file in newer:
            return _rows_in(folder / file)
        return _rows_in(SHIPPED / file)

    return rows_of_file


@lru_cache(maxsize=16)
def _days_of_changes(folder: Path | None, stamp: _Stamp) -> tuple[date, ...]:
    """The days on which names change, each once, in order."""
    rows = _reader(folder, stamp)("places_2level_changes.csv")
    return tuple(sorted({date.fromisoformat(row["valid_from"]) for row in rows}))


def _last_change(in_use: _InUse, day: date) -> date:
    """The day from which the names of a day hold: one catalogue serves all days until the next change."""
    last = REFORM
    for change in _days_of_changes(in_use.folder, in_use.stamp):
        if change <= day:
            last = change
    return last
