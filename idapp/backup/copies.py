"""The folders in which backups lie: whether one is there, what lies in it, and which old ones may go."""

import os
import re
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from idapp.backup.refusal import BackupRefused

_NAME = re.compile(r"idapp-([0-9]{8}-[0-9]{6})-([a-z0-9]{6})\.age")
_FORM = "%Y%m%d-%H%M%S"
PART = ".part"  # of the name of a file until it is whole
_A_DAY = 24 * 3600


@dataclass(frozen=True)
class Keep:
    """The newest backup of so many days, weeks and months."""

    daily: int = 7
    weekly: int = 4
    monthly: int = 6


def name_of(moment: datetime, mark: str) -> str:
    """The name of a backup of this moment, for the key with this mark.

    >>> name_of(datetime(2022, 10, 16, 22, 0), "lnm220")
    'idapp-20221016-220000-lnm220.age'
    """
    return f"idapp-{moment.strftime(_FORM)}-{mark}.age"


def moment_of(name: str, mark: str) -> datetime | None:
    """When a backup for this key was made, by its name; None for any other file.

    >>> moment_of("idapp-20221016-220000-lnm220.age", "lnm220")
    datetime.datetime(2022, 10, 16, 22, 0)
    >>> moment_of("idapp-20221016-220000-lnm220.age", "aaaaaa"), moment_of("thu.docx", "lnm220")
    (None, None)
    """
    parts = _NAME.fullmatch(name)
    if parts is None or parts[2] != mark:
        return None
    with suppress(ValueError):  # a 45th of a month
        return datetime.strptime(parts[1], _FORM)
    return None


def surplus(moments: Iterable[datetime], keep: Keep) -> list[datetime]:
    """Those that no day, week or month needs any more. Counts days that have a backup: a wrong clock takes none away.

    >>> days = [datetime(2022, 10, day, 22) for day in range(1, 17)]
    >>> [moment.day for moment in surplus(days, Keep(daily=3, weekly=2, monthly=1))]
    [1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13]
    """
    newest_first = sorted(set(moments), reverse=True)
    needed: set[datetime] = set()
    for period, count in (
        (_day, keep.daily),
        (_week, keep.weekly),
        (_month, keep.monthly),
    ):
        needed.update(_newest_of_each(newest_first, period, count))
    return sorted(set(newest_first) - needed)


def _newest_of_each(
    newest_first: list[datetime], period: Callable[[datetime], object], count: int
) -> list[datetime]:
    newest: dict[object, datetime] = {}
    for moment in newest_first:
        newest.setdefault(period(moment), moment)
    return list(newest.values())[:count]


def _day(moment: datetime) -> date:
    return moment.date()


def _week(moment: datetime) -> tuple[int, int]:
    return moment.isocalendar()[:2]


def _month(moment: datetime) -> tuple[int, int]:
    return moment.year, moment.month


def tidy(folder: Path, mark: str, keep: Keep, *, just_made: str) -> None:
    """Take the surplus away. Only files with our names for this key: nothing else in the folder is touched.

    just_made  stays whatever its name says: the clock may have been put back since the others were made

    What a process that was killed never finished goes after a day: each is as large as a backup.
    """
    files = {}
    for path in folder.iterdir():
        # a school's disk holds other things too: never go by the age or the ending alone
        moment = moment_of(path.name.removesuffix(PART), mark)
        if moment is None or not path.is_file() or path.is_symlink():
            continue
        if path.name.endswith(PART):
            _remove_if_cut_off(path)
        else:
            files[moment] = path
    for moment in surplus(files, keep):
        if files[moment].name != just_made:
            files[moment].unlink(missing_ok=True)


def _remove_if_cut_off(part: Path) -> None:
    """Another machine may be writing one into the same folder just now, and give it its name meanwhile."""
    with suppress(FileNotFoundError):
        if part.stat().st_mtime < time.time() - _A_DAY:
            part.unlink()


def check_there(folder: Path, *, away_from: Path | None) -> None:
    """Raises BackupRefused unless a file can be put there.

    ``away_from``: a folder on another disk. An empty mount point lies on the same one: its disk is not plugged in.
    """
    if not folder.is_dir():
        raise BackupRefused(
            f"Không thấy thư mục {folder}. Nếu ở ổ USB, hãy cắm lại ổ rồi bấm Sao lưu ngay."
        )
    if away_from is not None and not on_other_disk(folder, away_from):
        raise BackupRefused(
            f"Ổ đĩa của thư mục {folder} chưa được cắm vào máy. Hãy cắm ổ rồi bấm Sao lưu ngay."
        )
    if not os.access(folder, os.W_OK | os.X_OK):
        raise BackupRefused(
            f"Phần mềm không có quyền lưu tệp vào thư mục {folder}. Hãy chọn thư mục khác."
        )


def on_other_disk(folder: Path, data: Path) -> bool:
    """Do the two lie on different disks, or parts of a disk?"""
    return folder.stat().st_dev != data.stat().st_dev
