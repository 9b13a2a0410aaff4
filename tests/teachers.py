"""Many teachers at once: each has a class, a session and a connection of its own, and saves cell after cell."""

import html
import http.client
import re
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

from idapp import accounts, homeroom
from idapp.models import Person, SchoolClass, User
from idapp.web.accounts import cookie_name


@dataclass
class Teacher:
    """What one of them is about to save, and what came of it."""

    token: str
    pupils: list[tuple[int, str]]  # id, address as it stands
    seconds: list[float] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    seen: dict[int, str] = field(default_factory=dict)  # what stands on the own screen by now
    kept: dict[int, str] = field(default_factory=dict)  # what the server said it has saved
    typed: int = 0  # texts so far, so that no text comes twice


def teacher_of(school_class: SchoolClass) -> Teacher:
    """The teacher of this class, a new one if it has none, signed in."""
    teachers = homeroom.teachers_of(school_class)
    if not teachers:
        user = User.create(
            username=f"gv{school_class.id}",
            full_name=f"Giáo viên {school_class.name}",
            role="teacher",
            password_hash="-",
        )
        teachers = [user]
        homeroom.assign_teachers(school_class, teachers, by=None)
    user = teachers[0]
    pupils = Person.select(Person.id, Person.address).where(Person.school_class == school_class)
    return Teacher(accounts.start_session(user), list(pupils.tuples()))


def all_save(address: str, teachers: Sequence[Teacher], *, saves: int, pause: float = 0.0) -> float:
    """Everybody saves so many cells, from the same moment on; seconds until the last answer.

    With a pause between saves they begin one after another within its length: in step, all would press Enter at once,
    and each would wait for half of the others.
    """
    begin = threading.Barrier(len(teachers) + 1)
    work = []
    for rank, one in enumerate(teachers):
        first = pause * rank / len(teachers)
        work.append(
            threading.Thread(target=_saves, args=(address, one, saves, pause, first, begin))
        )
    for thread in work:
        thread.start()
    begin.wait()
    begun = time.perf_counter()
    for thread in work:
        thread.join()
    return time.perf_counter() - begun


def _saves(
    address: str,
    teacher: Teacher,
    saves: int,
    pause: float,
    first: float,
    begin: threading.Barrier,
) -> None:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
    begin.wait()
    time.sleep(first)
    for number in range(saves):
        if number:
            time.sleep(max(0.0, pause - teacher.seconds[-1]))
        person_id, stored = teacher.pupils[teacher.typed % len(teacher.pupils)]
        teacher.typed += 1
        typed = f"Ấp {teacher.typed} của {teacher.token[:6]}"
        begun = time.perf_counter()
        status, text = _save(
            connection,
            address,
            teacher.token,
            person_id,
            typed,
            teacher.seen.get(person_id, stored),
        )
        teacher.seconds.append(time.perf_counter() - begun)
        teacher.statuses.append(status)
        if status == 200:
            teacher.seen[person_id] = teacher.kept[person_id] = typed
        elif status == 409:
            teacher.seen[person_id] = html.unescape(_THEIRS.search(text)[1])
    connection.close()


def _save(
    connection: http.client.HTTPConnection,
    address: str,
    token: str,
    person_id: int,
    typed: str,
    seen: str,
) -> tuple[int, str]:
    body = urlencode({"value": typed, "seen": seen})
    headers = {
        "Cookie": f"{cookie_name()}={token}",
        "Origin": address,
        "HX-Request": "true",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    connection.request("POST", f"/people/{person_id}/cells/address", body, headers)
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


_THEIRS = re.compile(r'data-field="address" data-value="([^"]*)"')
