"""The walk along the points of a deed: each in a copy of one folder, in a process that is killed there.

What is required after each restart: the doctor finds nothing; the rows are those of before, or those of the deed done;
where they are those of before, doing the deed again brings those of the deed done; no file is left that nobody needs.
What is left of many points is the same: each is killed there, the program is started once on each state (``states``).
"""

import os
import pickle
import shutil
import signal
import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from idapp.database import connected, db, open_database
from idapp.settings import Settings, from_environment, use
from tests.cast import TODAY
from tests.crash import restart
from tests.crash.deeds import Deed, Ground, nothing
from tests.crash.points import Points
from tests.crash.restart import Found
from tests.crash.states import state_of

_MOST_SHOWN = 12


class ChildFault(AssertionError):
    """What was to be done in a process of its own raised; the message is its traceback."""


@dataclass
class Walked:
    """What a walk along a deed saw."""

    deed: str
    points: list[str]
    tried: int = 0
    absent: int = 0  # times the folder was as before
    whole: int = 0
    states: int = 0  # different ones among the folders that were left
    faults: dict[int, list[str]] = field(default_factory=dict)  # {point: sentences}

    def line(self) -> str:
        """For the terminal."""
        return (
            f"{self.deed:28} {len(self.points):5} points, {self.tried:5} killed: "
            f"{self.absent} absent, {self.whole} whole, {len(self.faults)} at fault; {self.states} states"
        )


def forked(deed: Callable[[], Any]) -> tuple[bool, Any]:
    """What ``deed`` returns in a process of its own; was it killed on the way? Raises ChildFault."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _answer(deed, writing)
    os.close(writing)
    try:
        with os.fdopen(reading, "rb") as answer:
            said = answer.read()
    except BaseException:  # the time of a test is over: nobody waits for the child any more
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        raise
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
        return True, None
    is_good, result = pickle.loads(said)
    if not is_good:
        raise ChildFault(result)
    return False, result


def _answer(deed: Callable[[], Any], writing: int) -> None:
    """In the child: says what came of it, and ends at once, whatever the parent would do at its end."""
    try:
        said = pickle.dumps((True, deed()))
    except BaseException:
        said = pickle.dumps((False, traceback.format_exc()))
    try:
        with os.fdopen(writing, "wb") as answer:
            answer.write(said)
    finally:  # where nobody listens too: it must not go on as a second parent
        os._exit(0)


def settings_of(folder: Path, environment: Mapping[str, str]) -> Settings:
    """Of an installation in this home, whose data folder is ``var`` in it, on the day of the tests."""
    told = {"IDAPP_DATA": str(folder / "var"), "IDAPP_TODAY": TODAY, "DATABASE_URL": ""}
    return use(from_environment(told | environment))


@dataclass(frozen=True)
class Verdict:
    """What became of one state."""

    is_whole: bool
    faults: list[str]


class Walk:
    """One deed, on the ground of one small school."""

    def __init__(self, deed: Deed, ground: Ground, place: Path) -> None:
        self.deed = deed
        self.ground = ground
        self.place = place / deed.name.replace(" ", "-")
        self.place.mkdir()
        self.verdicts: dict[str, Verdict] = {}  # of the states that the program was started on
        self.before = self._prepared()
        self.points: list[str] = forked(lambda: self._act(self._copy(), 0))[1]
        self.absent: Found = forked(lambda: self._settled(self._before_copied(), is_absent=True))[1]
        self.whole: Found = forked(lambda: self._settled(self.place / "at-0"))[1]
        assert self.absent.rows != self.whole.rows or self.deed.changes_no_row, "nothing was done"
        problems = self.absent.faults + self.whole.faults
        assert not problems, problems

    def go(self, points: Iterable[int]) -> Walked:
        """Kill at each of these points (the first is 1)."""
        walked = Walked(self.deed.name, self.points)
        for point in points:
            folder = self._copy(point)
            killed, _ = forked(lambda point=point, folder=folder: self._act(folder, point))
            if killed:
                self._look(folder, point, walked)
            shutil.rmtree(folder)
        return walked

    def go_at_moments(self, count: int, chance: Random) -> Walked:
        """Kill from outside, at moments that no point names: in the middle of what SQLite writes."""
        walked = Walked(f"{self.deed.name}, any moment", self.points)
        begun = time.monotonic()
        forked(lambda: self._act(self._copy(), 0))
        lasts = time.monotonic() - begun
        for number in range(1, count + 1):
            folder = self._copy(-number)
            if self._killed_after(chance.uniform(0, lasts), folder):
                self._look(folder, -number, walked)
            shutil.rmtree(folder)
        return walked

    def _killed_after(self, seconds: float, folder: Path) -> bool:
        child = os.fork()
        if child == 0:
            _answer(lambda: self._act(folder, 0), os.open(os.devnull, os.O_WRONLY))
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        return os.WIFSIGNALED(status)

    def _look(self, folder: Path, point: int, walked: Walked) -> None:
        walked.tried += 1
        state = state_of(folder)
        if state not in self.verdicts:
            self.verdicts[state] = self._judge(folder)
            walked.states += 1
        verdict = self.verdicts[state]
        walked.whole += verdict.is_whole
        walked.absent += not verdict.is_whole
        if verdict.faults:
            walked.faults[point] = [self._name_of(point), *verdict.faults]

    def _judge(self, folder: Path) -> Verdict:
        try:
            found: Found = forked(lambda: self._settled(folder, repeat=True))[1]
        except ChildFault as fault:
            return Verdict(is_whole=False, faults=[str(fault)])
        is_whole = "repeated" not in found.files
        found.files.pop("repeated", None)
        return Verdict(is_whole, found.faults + differences(found, self.whole))

    def _name_of(self, point: int) -> str:
        if point < 0:
            return "a moment between two points"
        return (
            self.points[point - 1] if point <= len(self.points) else "a point beyond the first walk"
        )

    # --- folders ---

    def _prepared(self) -> Path:
        folder = self.place / "before"
        if self.deed.lay is not None:
            folder.mkdir()
            self.deed.lay(folder / "var")
        else:
            shutil.copytree(self.ground.folder, folder)
        if self.deed.lay is not None and self.deed.prepare is nothing:
            return folder  # the first start on it belongs to the deed

        def prepare() -> None:
            settings = self._settings(folder)
            restart.start(settings)
            with connected():
                self.deed.prepare(settings)
            if not self.deed.begins_amiss:
                restart.work(settings)
            with connected():
                db.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")

        forked(prepare)
        return folder

    def _settings(self, folder: Path) -> Settings:
        return settings_of(folder, self.deed.environment(self.ground))

    def _before_copied(self) -> Path:
        return Path(shutil.copytree(self.before, self.place / "as-before"))

    def _copy(self, point: int = 0) -> Path:
        folder = self.place / f"at-{point}"
        if folder.exists():
            shutil.rmtree(folder)
        return Path(shutil.copytree(self.before, folder))

    # --- in a process of their own ---

    def _act(self, folder: Path, last: int) -> list[str]:
        """Do the deed; its points."""
        points = Points(folder, last)
        points.listen()
        settings = self._settings(folder)
        open_database(settings)
        with connected():
            self.deed.act(settings)
        points.step("the end")  # all is written, and nobody has been told yet
        points.end()
        return points.names

    def _settled(self, folder: Path, *, repeat: bool = False, is_absent: bool = False) -> Found:
        """Start again, let the worker work, look; with ``repeat`` do what turns out not to be done.

        ``is_absent``: nothing has been done here, the deed's own check would find nothing to look at.
        """
        settings = self._settings(folder)
        restart.start(settings)
        found = Found()
        if not self.deed.begins_amiss:
            found.faults += restart.faults()
        restart.work(settings)
        found.rows = restart.rows_of(self.deed.tables)
        is_repeated = repeat and found.rows == self.absent.rows
        if repeat and self.deed.is_in_parts:
            is_repeated = found.rows != self.whole.rows
        if is_repeated:
            with connected():
                self.deed.act(settings)
            if self.deed.needs_start:
                restart.start(settings)
            restart.work(settings)
            found.rows = restart.rows_of(self.deed.tables)
        restart.tidy(settings)
        found.faults += restart.faults(of_level=("bad", "warning"))
        if not is_absent:
            found.faults += self.deed.check(settings)
        found.files = restart.files_of(folder)
        if is_repeated:
            found.files["repeated"] = True
        return found


def differences(found: Found, wanted: Found) -> list[str]:
    """Where a folder is not as it should be: the first few rows and files."""
    sentences = []
    for table in sorted(found.rows.keys() | wanted.rows.keys()):
        here = found.rows.get(table, [])
        there = wanted.rows.get(table, [])
        if len(here) != len(there):
            sentences.append(f"{table}: {len(here)} rows, should be {len(there)}")
        for one, other in zip(here, there, strict=False):
            if one != other:
                sentences.append(f"{table}: {_differing(one, other)}")
    for name in sorted(found.files.keys() | wanted.files.keys()):
        here, there = found.files.get(name), wanted.files.get(name)
        if here != there:
            sentences.append(f"file {name}: {here}, should be {there}")
    return sentences[:_MOST_SHOWN]


def _differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    cells = [
        f"{name} {one[name]!r}, should be {other.get(name)!r}"
        for name in one
        if one[name] != other.get(name)
    ]
    return f"id {one.get('id')}: {'; '.join(cells)}"[:300]


def evenly(total: int, count: int) -> list[int]:
    """So many points of so many, spread evenly, the first and the last among them.

    >>> evenly(10, 4), evenly(3, 9)
    ([1, 4, 7, 10], [1, 2, 3])
    """
    if total <= count:
        return list(range(1, total + 1))
    return sorted({1 + round(at * (total - 1) / (count - 1)) for at in range(count)})
