"""Whether newer lists of places may be taken over, before anything is written.

``check_files`` takes the texts of some of ``FILES`` and looks at the lists that would result together with those in
use. It reads and writes nothing else: the caller puts the files into the installation's folder (each beside its place,
then renamed over it) and calls ``use_catalogue``.
"""

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from typing import NamedTuple

from idapp.rules.folding import tidy
from idapp.rules.places.catalogue import EPOCHS, FILES, Catalogue, catalogue_on
from idapp.rules.places.spelling import LEVELS, exact_key
from idapp.rules.problem import Problem

COLUMNS = {
    "places_2level.csv": ("level", "code", "name", "parent_code"),
    "places_3level.csv": ("level", "code", "name", "parent_code"),
    "places_3level_to_2level.csv": ("old_code", "new_code", "is_default", "relation"),
    "places_2level_changes.csv": ("valid_from", "code", "level", "name_before", "name_after"),
    "places_former_names.csv": ("name", "level", "parent_name", "new_code", "valid_until", "note"),
    "places_aliases.csv": ("alias", "level", "epoch", "code"),
}
_CODE_LENGTH = {"province": 2, "district": 3, "commune": 5}
# of the number of places now: more is a file cut off or of another country's making
_MOST_LOST = 0.2
_MOST_NAMED = 5  # problems of one kind
_Row = dict[str, str]


class _Rows(dict[str, list[_Row]]):
    """File -> its rows with ``files`` in use, read when they are first asked for."""

    def __init__(self, files: Mapping[str, str]) -> None:
        super().__init__()
        self._files = files

    def __missing__(self, name: str) -> list[_Row]:
        self[name] = _rows_with(name, self._files)
        return self[name]


class _Lists(NamedTuple):
    """The rows that would be in use, file by file."""

    rows: Mapping[str, list[_Row]]

    def of(self, epoch: str) -> list[_Row]:
        """The rows of the places of an epoch."""
        return self.rows[f"places_{epoch}.csv"]

    def codes(self, epoch: str) -> dict[str, str]:
        """Code -> level."""
        return {row["code"]: row["level"] for row in self.of(epoch)}


def file_named(text: str) -> str:
    """Which of ``FILES`` a text is by its headings, "" if none. The two lists have the same: its districts tell.

    >>> file_named("alias,level,epoch,code\\nTPHN,province,2level,01\\n")
    'places_aliases.csv'
    """
    rows = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    headings = next(rows, [])
    names = [name for name, columns in COLUMNS.items() if set(columns) <= set(headings)]
    if not names:
        return ""
    if len(names) == 1:
        return names[0]
    level = headings.index("level")
    if any(row and row[level] == "district" for row in rows):
        return "places_3level.csv"
    return "places_2level.csv"


def check_files(
    files: Mapping[str, str], used_codes: Collection[tuple[str, str]] = ()
) -> list[Problem]:
    """What speaks against taking over ``files`` (name -> text); [] if nothing does.

    ``used_codes``: (epoch, code) of every place that records bear: none of them may get lost. The problems' field is
    the name of the file; of one kind only the first few are told.
    """
    problems = [_not_a_list(name) for name in files if name not in FILES]
    for name in files:
        if name in FILES:
            problems += _check_columns(name, files[name])
    if problems:
        return problems
    lists = _Lists(_Rows(files))
    new, changes, old, mapping, former, aliases = FILES
    # the files each check depends on: all are generators, so what is not due costs nothing
    checks = {
        (old,): _check_places(lists, "3level"),
        (new,): _check_places(lists, "2level"),
        (old, new): _check_counts(lists),
        (old, new, mapping): _check_mapping(lists),
        (new, changes): _check_changes(lists),
        (new, former): _check_former(lists),
        (old, new, aliases): _check_aliases(lists),
        (old, aliases): _check_names(lists, "3level"),
        (new, aliases, changes): _check_names(lists, "2level"),
        (new, old): _check_used(lists, used_codes),
    }
    # what depends on none of the files was checked when it was taken over
    for depends_on, check in checks.items():
        if not files.keys().isdisjoint(depends_on):
            problems += _first_of_each_kind(check)
    return problems


def catalogue_with(files: Mapping[str, str]) -> Catalogue:
    """The lists that would be in use with ``files``, every change of names counted."""
    return Catalogue(lambda name: _rows_with(name, files), None)


def is_in_use(files: Mapping[str, str]) -> bool:
    """Do these files say just what the lists in use say?"""
    return all(_rows_with(name, files) == _rows_with(name, {}) for name in files)


def _rows_with(name: str, files: Mapping[str, str]) -> list[_Row]:
    if name in files:
        text = files[name].removeprefix("\ufeff")  # as Excel begins a file
        return list(csv.DictReader(io.StringIO(text, newline="")))
    return list(catalogue_on().rows_of(name))


# --- one file ---


def _not_a_list(name: str) -> Problem:
    message = f"{name} không phải danh mục địa phương: cần một trong các tệp {', '.join(FILES)}."
    return Problem(name, "not_a_list", message)


def _check_columns(name: str, text: str) -> Iterator[Problem]:
    """Is it the whole file it is named? The first fault says enough."""
    rows = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    missing = [column for column in COLUMNS[name] if column not in (rows.fieldnames or ())]
    if missing:
        message = f"Thiếu cột {', '.join(missing)}: tệp bị cắt hoặc không đúng mẫu."
        yield Problem(name, "missing_columns", message)
        return
    for number, row in enumerate(rows, start=2):
        if any(row[column] is None for column in COLUMNS[name]):
            yield Problem(name, "short_row", f"Dòng {number} thiếu ô: tệp bị cắt giữa chừng.")
            return


# --- the places ---


def _check_places(lists: _Lists, epoch: str) -> Iterator[Problem]:
    name = f"places_{epoch}.csv"
    level_of = lists.codes(epoch)
    codes = Counter(row["code"] for row in lists.of(epoch))
    for code, count in codes.items():
        if count > 1:
            yield Problem(name, "code_twice", f"Mã {code} có {count} dòng: mỗi mã chỉ một dòng.")
    names = Counter((row["parent_code"], exact_key(row["name"])) for row in lists.of(epoch))
    for row in lists.of(epoch):
        yield from _check_place(name, row, level_of)
        if names[row["parent_code"], exact_key(row["name"])] > 1:
            message = f"{row['name']} ({row['code']}) trùng tên với nơi khác cùng một cấp trên."
            yield Problem(name, "name_twice", message)


def _check_place(
    name: str,
    row: _Row,
    level_of: Mapping[str, str],
) -> Iterator[Problem]:
    code = row["code"]
    level = row["level"]
    shown = f"{row['name']} ({code})"
    if len(code) != _CODE_LENGTH.get(level, 0) or not code.isdecimal():
        yield Problem(name, "bad_code", f"{shown}: mã hoặc cấp “{level}” không đúng.")
        return
    if not row["name"] or row["name"] != tidy(row["name"]):
        yield Problem(name, "bad_name", f"{shown}: tên trống hoặc thừa dấu cách, không phải NFC.")
    parent = row["parent_code"]
    is_placed = level_of.get(parent) in LEVELS[: LEVELS.index(level)]
    if level == "province":
        is_placed = not parent
    if not is_placed:
        yield Problem(name, "no_parent", f"{shown}: không có cấp trên mang mã “{parent}”.")


def _check_counts(lists: _Lists) -> Iterator[Problem]:
    """A reform that joins more than a fifth of the places needs a mapping, which these files do not hold."""
    for epoch in EPOCHS:
        places = catalogue_on().list_of(epoch)
        counts = Counter(row["level"] for row in lists.of(epoch))
        for level in LEVELS:
            now = len(places.children(level, ""))
            if abs(counts[level] - now) > now * _MOST_LOST:
                message = (
                    f"Cấp {level} có {counts[level]} nơi, hiện dùng {now}: chênh lệch quá lớn."
                )
                yield Problem(f"places_{epoch}.csv", "strange_count", message)


# --- what depends on them ---


def _check_mapping(lists: _Lists) -> Iterator[Problem]:
    name = "places_3level_to_2level.csv"
    old = lists.codes("3level")
    new = {"", *lists.codes("2level")}  # nobody may know what a place became
    for row in lists.rows[name]:
        if row["old_code"] not in old:
            yield Problem(name, "no_old_place", f"Mã cũ {row['old_code']} không có trong danh mục.")
        if row["new_code"] not in new:
            message = (
                f"Mã mới {row['new_code']} của mã cũ {row['old_code']} không có trong danh mục."
            )
            yield Problem(name, "no_new_place", message)
    yield from _check_defaults(name, lists.rows[name], old)


def _check_defaults(
    name: str,
    rows: list[_Row],
    old: Mapping[str, str],
) -> Iterator[Problem]:
    defaults = defaultdict(list)
    for row in rows:
        defaults[row["old_code"]].append(row["is_default"] == "1" or not row["new_code"])
    for code, level in old.items():
        if code not in defaults and level != "district":
            yield Problem(name, "not_mapped", f"Mã cũ {code} không có dòng nào nói nay thuộc đâu.")
        if code in defaults and sum(defaults[code]) != 1:
            yield Problem(name, "no_one_default", f"Mã cũ {code} cần đúng một nơi mặc định.")


def _check_changes(lists: _Lists) -> Iterator[Problem]:
    """Played through in the order of their days: each must begin with the name that stands there by then."""
    name = "places_2level_changes.csv"
    names = {row["code"]: row["name"] for row in lists.of("2level")}
    parents = {row["code"]: row["parent_code"] for row in lists.of("2level")}
    for row in sorted(lists.rows[name], key=lambda row: row["valid_from"]):
        code = row["code"]
        if not _is_day(row["valid_from"]):
            message = f"Ngày “{row['valid_from']}” của mã {code} phải viết năm-tháng-ngày."
            yield Problem(name, "bad_day", message)
        if code not in names:
            yield Problem(name, "no_place", f"Mã {code} không có trong danh mục hai cấp.")
            continue
        if exact_key(names[code]) != exact_key(row["name_before"]):
            message = f"Mã {code} trước đó là {names[code]}, không phải {row['name_before']}."
            yield Problem(name, "other_name_before", message)
        names[code] = row["name_after"]
    final_names = Counter((parents[code], exact_key(written)) for code, written in names.items())
    for (_, key), count in final_names.items():
        if count > 1:
            message = f"Sau khi đổi tên có {count} nơi cùng tên “{key}” trong một tỉnh."
            yield Problem(name, "name_twice", message)


def _check_former(lists: _Lists) -> Iterator[Problem]:
    name = "places_former_names.csv"
    new = lists.codes("2level")
    for row in lists.rows[name]:
        level = "commune"  # districts went to communes, for there are no others now
        if row["level"] == "province":
            level = "province"
        codes = row["new_code"].split(";")
        if row["level"] not in LEVELS or any(new.get(code) != level for code in codes):
            message = f"{row['name']}: nơi mới “{row['new_code']}” không có trong danh mục hai cấp."
            yield Problem(name, "no_new_place", message)


def _check_aliases(lists: _Lists) -> Iterator[Problem]:
    name = "places_aliases.csv"
    levels = {epoch: lists.codes(epoch) for epoch in EPOCHS}
    for row in lists.rows[name]:
        level_of = levels.get(row["epoch"], {})
        if level_of.get(row["code"]) != row["level"]:
            message = f"Tên khác “{row['alias']}”: không có nơi mang mã {row['code']} ở cấp đó."
            yield Problem(name, "no_place", message)


def _check_names(lists: _Lists, epoch: str) -> Iterator[Problem]:
    """A name that was official once stands in records and papers, so it must stay understood."""
    name = f"places_{epoch}.csv"
    official_now = _names_of(_Lists(_Rows({})), epoch)
    understood = _names_of(lists, epoch)
    for row in lists.rows["places_aliases.csv"]:
        if row["epoch"] == epoch:
            understood[row["level"], row["code"]].append(row["alias"])
    for place, names in official_now.items():
        if place not in understood:
            continue  # the place has ended: whether records bear it is another check
        keys = set(map(exact_key, understood[place]))
        for official in dict.fromkeys(names):
            if exact_key(official) not in keys:
                yield _lost(name, official, place[1], understood[place][0])


def _lost(
    file: str,
    name: str,
    code: str,
    name_in_file: str,
) -> Problem:
    message = (
        f"{name} ({code}) trong tệp mang tên {name_in_file} mà không có dòng nào nói tên cũ: "
        "hãy thêm một dòng đổi tên vào places_2level_changes.csv hoặc tên khác vào "
        "places_aliases.csv."
    )
    return Problem(file, "name_lost", message)


def _names_of(lists: _Lists, epoch: str) -> dict[tuple[str, str], list[str]]:
    """(level, code) -> the names a place of this epoch bears or bore, that of its list first."""
    names = defaultdict(list)
    for row in lists.of(epoch):
        names[row["level"], row["code"]].append(row["name"])
    if epoch == "2level":
        for row in lists.rows["places_2level_changes.csv"]:
            if (row["level"], row["code"]) in names:
                names[row["level"], row["code"]] += [row["name_before"], row["name_after"]]
    return names


def _check_used(lists: _Lists, used_codes: Collection[tuple[str, str]]) -> Iterator[Problem]:
    levels = {epoch: lists.codes(epoch) for epoch in EPOCHS}
    for epoch, code in sorted(used_codes):
        if code and code not in levels[epoch]:
            place = catalogue_on().list_of(epoch).codes.get(code)
            shown = code
            if place:
                shown = f"{place.name} ({code})"
            message = f"{shown} không còn trong danh mục mới nhưng có hồ sơ đang dùng."
            yield Problem(f"places_{epoch}.csv", "used_code_lost", message)


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return len(text) == 10


def _first_of_each_kind(problems: Iterable[Problem]) -> Iterator[Problem]:
    counts: Counter[str] = Counter()
    for problem in problems:
        counts[problem.code] += 1
        if counts[problem.code] <= _MOST_NAMED:
            yield problem
