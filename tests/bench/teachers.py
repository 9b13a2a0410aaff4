"""A school in the evening before the deadline: 44 teachers at once, against the real server over HTTP (bars S3).

Those who save once a second do so each at an own moment of the second; in step each waited for half of the others.
"""

import statistics
import threading
import time
from collections.abc import Callable, Iterator

from idapp.database import connected
from idapp.models import Change, SchoolClass
from tests.bench import beside
from tests.bench.figures import Figure, seconds
from tests.bench.ground import CLASSES, Ground
from tests.bench.saving import commit_p50
from tests.serving import served
from tests.teachers import Teacher, all_save, teacher_of

TURNS, SAVES_OF_A_TURN = 3, 12
ROUNDS = ("as fast as they can", 40, 0.0), ("one save a second each", 6, 1.0)


def figures(ground: Ground) -> Iterator[Figure]:
    with connected():
        teachers = [
            teacher_of(one) for one in SchoolClass.select().where(SchoolClass.name.in_(CLASSES))
        ]
        floor = commit_p50(teachers[0].pupils[0][0])
    with served(ground.folder / "var") as address:
        all_save(address, teachers, saves=2)  # warms up
        for words, saves, pause in ROUNDS:
            yield _round(words, address, teachers, saves, pause, floor)
        if beside.PEER_PYTHON.exists():
            yield _beside_flask_admin(ground, address, teachers)


def _beside_flask_admin(ground: Ground, address: str, teachers: list[Teacher]) -> Figure:
    """By turns, as fast as both can; it has neither rules nor a history to write."""
    ours = theirs = 0.0
    with beside.flask_admin(ground) as peer:
        numbers = range(len(teachers))
        saving = [beside.flask_admin_teacher(peer, number)[2] for number in numbers]
        for turn in range(TURNS):
            ours += all_save(address, teachers, saves=SAVES_OF_A_TURN)
            theirs += _all_call(saving, turn)
    saves = len(teachers) * SAVES_OF_A_TURN * TURNS
    more = f"{saves / theirs:.0f} saves/s, we {saves / ours:.0f}"
    return Figure(
        f"{len(teachers)} at once: a save of Flask-Admin",
        theirs / saves,
        ours / saves,
        "idapp",
        more,
    )


def _all_call(saving: list[Callable[[str], int]], turn: int) -> float:
    """Seconds until the last answer; each text is new."""
    begin = threading.Barrier(len(saving) + 1)

    def saves(save: Callable[[str], int]) -> None:
        begin.wait()
        for number in range(SAVES_OF_A_TURN):
            save(f"Ấp {turn} {number}")

    threads = [threading.Thread(target=saves, args=(save,)) for save in saving]
    for thread in threads:
        thread.start()
    begin.wait()
    begun = time.perf_counter()
    for thread in threads:
        thread.join()
    return time.perf_counter() - begun


def _round(
    words: str, address: str, teachers: list[Teacher], saves: int, pause: float, floor: float
) -> Figure:
    for one in teachers:
        one.seconds, one.statuses = [], []
    before = _audited()
    took = all_save(address, teachers, saves=saves, pause=pause)
    times = sorted(second for one in teachers for second in one.seconds)
    errors = sum(status != 200 for one in teachers for status in one.statuses)
    lost = len(times) - errors - (_audited() - before)
    p95, slowest = times[len(times) * 95 // 100], times[-1]
    more = (
        f"{len(times) / took:.0f} saves/s of {1 / floor:.0f} bare commits/s, p95 {seconds(p95)}, "
        f"slowest {seconds(slowest)}, errors {errors}, lost {lost}"
    )
    name = f"{len(teachers)} teachers, {words}, p50"
    return Figure(
        name, statistics.median(times), floor, "one synced commit", more, errors + abs(lost)
    )


def _audited() -> int:
    with connected():
        return Change.select().where(Change.event == "person.changed").count()
