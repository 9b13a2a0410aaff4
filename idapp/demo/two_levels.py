"""The demo school since July 2025: where its people live now, and lists that still say it in the old way.

The school of 2022 is born first, with its old addresses and mistakes, and then changes its catalogue by the same deed
as a real school. So most records bear the new names, those of split communes and with mistakes still the old ones, and
the change can be undone and rehearsed. Two files to import hold what such a school finds in its drawers:

demo-danh-sach-dia-chi-cu.xlsx   half of the classes with province, district and commune in three columns, as in 2024
demo-ho-khau-mot-cot.csv         the other half with the residence as one text, in old words and in new ones
"""

import csv
import io
from collections.abc import Iterable, Sequence
from random import Random

from idapp.demo.invented import Citizen
from idapp.models import User
from idapp.people import epochs
from idapp.rules import places, record
from idapp.settings import Settings
from idapp.workbook import Column, Page, write_workbook

EPOCH = "2level"
OFFICE = "UBND xã Thủ Thừa, Phòng Văn hóa - Xã hội (minh họa)"
COLUMNS_FILE = "demo-danh-sach-dia-chi-cu.xlsx"
ONE_TEXT_FILE = "demo-ho-khau-mot-cot.csv"
_LISTED = (
    "ministry_code",
    "full_name",
    "date_of_birth",
    "gender",
    "identity_number",
    "province",
    "district",
    "commune",
    "address",
)
# where a commune was split, three of its people went the usual way to one who did not
_WEIGHTS = {True: 3, False: 1}


def move_to_today(everybody: Iterable[Citizen], chance: Random) -> None:
    """What is true of everybody's residence becomes what it is called now; what the school wrote stays as it was."""
    for citizen in everybody:
        old = {level: citizen.values[level] for level in places.LEVELS}
        citizen.before_2025 = old
        citizen.values |= _home_today(old, chance)


def change_catalogue(principal: User) -> None:
    """The deed of the page "Danh mục địa chỉ", for everybody at the school."""
    epochs.go_on(epochs.begin(EPOCH, by=principal).id)


def province_of(everybody: Iterable[Citizen]) -> str:
    """Where the school stands: most of its people live there."""
    provinces = [citizen.values["province"] for citizen in everybody]
    return max(set(provinces), key=provinces.count)


def lists_of(everybody: Sequence[Citizen]) -> dict[str, bytes]:
    """The files to import, by their names."""
    # the staff have no class, so they stand in neither
    in_columns = [citizen for citizen in everybody if citizen.class_name.endswith("A")]
    in_one_text = [citizen for citizen in everybody if citizen.class_name.endswith("B")]
    return {COLUMNS_FILE: _workbook(in_columns), ONE_TEXT_FILE: _csv(in_one_text)}


def write_lists(settings: Settings, everybody: Sequence[Citizen]) -> None:
    """The files to import, in the data folder."""
    for name, data in lists_of(everybody).items():
        path = settings.data / name
        path.touch(mode=0o600)
        path.write_bytes(data)


def _home_today(old: dict[str, str], chance: Random) -> dict[str, str]:
    """Raises LookupError for an old home without a place of today."""
    commune = places.home_of("3level", old["province"], old["district"], old["commune"]).commune
    if commune is None:
        raise LookupError(f"{old['commune']} is no commune of three levels")
    successors = places.old_to_new(commune.code)
    weights = [_WEIGHTS[is_default] for _, is_default in successors]
    [(code, _)] = chance.choices(successors, weights)
    new = places.by_code(EPOCH, code)
    if new is None:
        raise LookupError(f"{code} is no commune of two levels")
    province = places.by_code(EPOCH, new.parent)
    if province is None:
        raise LookupError(f"{code} stands in no province")
    return {"province": province.name, "district": "", "commune": new.name}


def _workbook(pupils: Iterable[Citizen]) -> bytes:
    columns = [Column("Lớp", 20)]
    columns += [Column(record.FIELD[name].label, 20) for name in _LISTED]
    rows = [[pupil.class_name, *_as_written(pupil).values()] for pupil in pupils]
    target = io.BytesIO()
    write_workbook(target, sheets=[Page("Danh sách", columns, rows, spare_rows=0)])
    return target.getvalue()


def _as_written(pupil: Citizen) -> dict[str, str]:
    """The record as the school has it, with the residence as the family said it before 2025."""
    texts = pupil.typed | pupil.before_2025
    return {name: texts[name] for name in _LISTED}


def _csv(pupils: Iterable[Citizen]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["Lớp", "Họ và tên", "Ngày sinh", "Hộ khẩu thường trú"])
    for number, pupil in enumerate(pupils):
        home = pupil.values
        if number % 2:  # every second one in the old words
            home = pupil.before_2025
        parts = [pupil.values["address"], *(home[level] for level in reversed(places.LEVELS))]
        residence = ", ".join(part for part in parts if part)
        typed = pupil.typed
        writer.writerow([pupil.class_name, typed["full_name"], typed["date_of_birth"], residence])
    return ("\ufeff" + text.getvalue()).encode()  # the mark tells Excel that this is UTF-8
