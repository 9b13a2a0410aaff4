"""The sets on the disk, and which of them counts.

::

    places/<name>/       one loaded set: some of the rules' files, ``about.json``; written once
    places/in-use.json   which set counts; replaced in one step: a set counts whole or not at all
    places/followed      the state of the lists that the records agree with already (``syncing``)

Every process asks ``use_today`` before each request, job and round of maintenance: it reads one small
file and, where a set counts, looks at its six files. So what another process has loaded, and
midnight, are noticed without a word between processes.
"""

import json
import logging
import os
import re
import shutil
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from idapp.rules import places
from idapp.settings import current

log = logging.getLogger(__name__)
SHIPPED = ""  # name of the set that came with the program
_ABOUT = "about.json"
_PLACES = "places"
_IN_USE = "in-use.json"
_SYNCED = "followed"
_A_DAY = 24 * 3600  # seconds
_A_YEAR = timedelta(days=366)
_NAME = re.compile(r"[0-9a-zA-Z-]{1,60}")
_broken: set[Path] = set()  # logged once, not before each request


@dataclass(frozen=True)
class InUse:
    """Which set counts, and how it came to that.

    event      loaded, or back: somebody went back to it
    changeset  what the history calls it
    before     the set that counted until then
    """

    name: str = SHIPPED
    event: str = ""
    changeset: str = ""
    user_id: int | None = None
    before: str = SHIPPED


@dataclass(frozen=True)
class About:
    """Where a loaded set comes from. ``before`` is the set it was laid upon; ``renamed`` a few of
    the new names."""

    name: str
    file_name: str
    sha256: str
    loaded_on: str
    by: str
    before: str
    new: int = 0
    renamed: int = 0
    ended: int = 0
    new_names: list[str] = field(default_factory=list)

    @property
    def day(self) -> date:
        """When it was loaded."""
        return date.fromisoformat(self.loaded_on)


@dataclass(frozen=True)
class State:
    """Which lists are in use, for people. ``about`` None: those of the program; ``is_broken``: not
    the loaded ones,
    as they should be, because these cannot be read."""

    looked_up_on: date
    newest_change: date | None
    about: About | None
    is_broken: bool

    @property
    def is_good(self) -> bool:
        """Need nothing be done about it?"""
        return not (self.is_broken or self.is_old or self.is_overtaken)

    @property
    def is_old(self) -> bool:
        """Looked up more than a year ago: names may have changed since."""
        return current().today() - self.looked_up_on > _A_YEAR

    @property
    def is_overtaken(self) -> bool:
        """Has the program since brought lists that were looked up later?"""
        return self.about is not None and self.looked_up_on < places.SHIPPED_LOOKED_UP_ON

    @property
    def sentences(self) -> list[str]:
        """Which lists are in use, and what should be done about it."""
        sentences = [self._which(), self._of_which_day()]
        if self.is_broken:
            sentences.append(
                "Bản đã nạp không đọc được nên tạm dùng bản kèm phần mềm: hãy nạp lại tệp, "
                "hoặc trở lại bản trước."
            )
        if self.is_overtaken:
            sentences.append(
                "Bản kèm phần mềm nay mới hơn bản đã nạp: hãy trở lại bản kèm phần mềm."
            )
        if self.is_old:
            sentences.append(
                "Danh mục đã hơn một năm: hãy hỏi cơ quan quản lý bản mới, rồi nạp ở Cài đặt → "
                "Cập nhật danh mục địa chỉ."
            )
        return sentences

    def _which(self) -> str:
        day = f"{self.looked_up_on:%d/%m/%Y}"
        if self.about is None:
            return f"Đang dùng danh mục địa chỉ kèm phần mềm, tra cứu ngày {day}."
        sentence = f"Đang dùng danh mục địa chỉ từ tệp {self.about.file_name}, nạp ngày {day}"
        if self.about.by:
            sentence += f" ({self.about.by})"
        return f"{sentence}."

    def _of_which_day(self) -> str:
        if self.newest_change is None:
            return "Tên ghi như khi lập 34 tỉnh, thành phố (01/07/2025)."
        return f"Tên ghi theo lần đổi gần nhất, ngày {self.newest_change:%d/%m/%Y}."


def use_today() -> None:
    """Let this process take the set in use and the names of today. Cheap while nothing changed;
    never raises."""
    today = current().today()
    folder = _folder_in_use()
    if folder in _broken:
        folder = None
    try:
        places.use_catalogue(folder, today)
    except (ValueError, OSError) as fault:
        # A school works on with the program's own lists; pages and doctor say that these are in
        # use.
        log.error("the loaded lists of places cannot be read: %s", type(fault).__name__)
        if folder is not None:
            _broken.add(folder)
        places.use_catalogue(None, today)


def state() -> State:
    """Which lists are in use today."""
    use_today()
    lists = places.state_in_use()
    in_use_now = in_use()
    is_broken = in_use_now.name != SHIPPED and not lists.from_folder
    about = None
    if not is_broken:
        about = about_set(in_use_now.name)
    looked_up_on = places.SHIPPED_LOOKED_UP_ON
    if about is not None:
        looked_up_on = about.day
    return State(looked_up_on, lists.newest_change, about, is_broken)


def in_use() -> InUse:
    """Which set counts; the program's own where nothing is said, or nothing that can be read."""
    path = _file_in_use(current().data)
    try:
        # asked before each request, and missing in most installations: looking is cheaper than failing
        if not path.exists():
            return InUse()
        stored = json.loads(path.read_text(encoding="utf-8"))
        if (
            isinstance(stored, dict) and "deed" in stored
        ):  # as earlier versions of the program wrote it
            stored["changeset"] = stored.pop("deed")
        return InUse(**stored)
    except FileNotFoundError:
        return InUse()
    except (OSError, ValueError, TypeError) as fault:
        log.error("%s cannot be read: %s", _IN_USE, type(fault).__name__)
        return InUse()


def folder_of(name: str) -> Path | None:
    """The files of a set; None for the program's own."""
    # The name comes from a form, too: nothing but a plain name becomes a path.
    if not _NAME.fullmatch(name):
        return None
    return _root() / name


def about_set(name: str) -> About | None:
    """What is known of a loaded set; None for the program's own and for one that is gone."""
    folder = folder_of(name)
    if folder is None:
        return None
    try:
        return About(**json.loads((folder / _ABOUT).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def keep(texts: Mapping[str, str], about: About) -> None:
    """Write a set to the disk: {file name: text}. It does not count before ``let_count``.

    Raises ValueError for a name that no set may bear.
    """
    folder = folder_of(about.name)
    if folder is None:
        raise ValueError(about.name)
    folder.mkdir(parents=True, mode=0o700)
    for file, text in texts.items():
        _write(folder / file, text)
    _write(folder / _ABOUT, json.dumps(asdict(about), ensure_ascii=False, indent=1))


def forget_unfinished() -> int:
    """Sets whose writing was cut off go after a day: part of the maintenance. Returns how many went."""
    yesterday = time.time() - _A_DAY
    in_use_name = in_use().name
    gone = 0
    for folder in _root().glob("*/"):
        is_whole = (folder / _ABOUT).exists() or folder.name == in_use_name
        if not is_whole and folder.stat().st_mtime < yesterday:
            shutil.rmtree(folder)
            gone += 1
    return gone


def let_count(in_use_next: InUse) -> None:
    """From now on this set counts, in every process."""
    _root().mkdir(parents=True, exist_ok=True, mode=0o700)
    _write(_file_in_use(current().data), json.dumps(asdict(in_use_next)))


def state_synced() -> str:
    """What ``note_synced`` was called with last, "" if never."""
    try:
        return (_root() / _SYNCED).read_text(encoding="utf-8")
    except OSError:
        return ""


def note_synced(state_of_lists: str) -> None:
    """The records agree with this state of the lists."""
    _root().mkdir(parents=True, exist_ok=True, mode=0o700)
    _write(_root() / _SYNCED, state_of_lists)


def _root() -> Path:
    return current().data / _PLACES


@cache
def _file_in_use(data: Path) -> Path:
    return data / _PLACES / _IN_USE


def _folder_in_use() -> Path | None:
    name = in_use().name
    if not name:
        return None
    return folder_of(name)


def _write(path: Path, text: str) -> None:
    """The file is there whole, also after a power cut, or as it was before."""
    beside = path.with_name(f"{path.name}.{os.getpid()}.part")
    # In the same folder, else replace() is no single step; with the number of the process in its
    # name, else two would write into one.
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
