"""Memory of the whole tree (bar L2): web server, worker and Redis as ``python app.py`` starts them.

Counted is what each process holds for itself, with its share of what several hold (PSS). First 44 teachers save as fast
as they can, then a day of light use goes by as fast as it is answered, in quarters: all pages that a school opens again
and again, files that are made and a list that is read. What the last quarter adds to the second is what would go
on growing.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Thread

from idapp import accounts
from idapp.database import connected
from idapp.models import SchoolClass, User
from idapp.web.accounts import cookie_name
from tests.bench.beside import Browser
from tests.bench.figures import Figure
from tests.bench.ground import CLASSES, Ground
from tests.ports import free_port
from tests.teachers import Teacher, all_save, teacher_of

ROOT = Path(__file__).resolve().parents[2]
TREE_BAR, WEB_BAR = 250.0, 150.0  # MB
GROWTH_BAR = 1.05  # from the second quarter to the last
BARS = (
    f"the whole tree within {TREE_BAR:.0f} MB, the web server within {WEB_BAR:.0f} MB",
    f"no more than {GROWTH_BAR} x from the second quarter of the day to the last",
)
_OF_THE_OFFICE = (
    "/progress",
    "/classes",
    "/notices",
    "/staff",
    "/history",
    "/batches",
    "/batches/new",
    "/exports/school.xlsx",
)
_OPENINGS_OF_A_QUARTER = 4


def figures(ground: Ground) -> Iterator[Figure]:
    with connected():
        classes = list(SchoolClass.select().where(SchoolClass.name.in_(CLASSES)))
        teachers = [teacher_of(school_class) for school_class in classes]
    pages = [f"/classes/{school_class.id}" for school_class in classes]
    with _tree(ground.folder / "var") as (address, web):
        begun = _megabytes(web)
        all_save(address, teachers, saves=40)
        loaded = _megabytes(web)
        yield _against("after 44 teachers' load", loaded, f"{_sum(begun):.0f} MB at the start")
        office = [_signed_in(address, user) for user in (ground.cast.hoa, ground.cast.thu)]
        quarters = []
        for _ in range(4):
            _quarter(address, teachers, pages, office)
            quarters.append(_megabytes(web))
        growth = _sum(quarters[-1]) / _sum(quarters[1])
        more = f"{growth:.2f} x from the second quarter to the last"
        yield _against("after a day of light use", quarters[-1], more, grows=growth > GROWTH_BAR)


def _against(name: str, measured: dict[str, float], more: str, *, grows: bool = False) -> Figure:
    web = measured["web"]
    parts = ", ".join(f"{part} {size:.0f}" for part, size in measured.items())
    too_much = _sum(measured) > TREE_BAR or web > WEB_BAR
    return Figure(
        f"tree {name}",
        _sum(measured),
        TREE_BAR,
        f"the bar (web {WEB_BAR:.0f})",
        f"{parts}; {more}",
        wrong=int(too_much or grows),
        unit="MB",
    )


def _sum(measured: dict[str, float]) -> float:
    return sum(measured.values())


@contextmanager
def _tree(data: Path) -> Iterator[tuple[str, int]]:
    """Its address, and the number of the web server's process, which started the others."""
    port = free_port()
    told = os.environ | {"IDAPP_DATA": str(data), "PORT": str(port)}
    process = subprocess.Popen(
        [sys.executable, "app.py"], cwd=ROOT, env=told, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        if not process.stdout.readline():
            sys.exit("the tree did not come up")
        Thread(target=process.stdout.read, daemon=True).start()
        yield f"http://127.0.0.1:{port}", process.pid
    finally:
        process.terminate()
        process.wait(40)


def _megabytes(web: int) -> dict[str, float]:
    """{what the process is: MB}."""
    sizes = {"web": _of_process(web)}
    for child in _children(web):
        command = Path(f"/proc/{child}/cmdline").read_text().split("\0")
        name = "worker" if "worker.py" in " ".join(command) else "redis"
        sizes[name] = sizes.get(name, 0) + _of_process(child)
    return sizes


def _children(parent: int) -> Iterator[int]:
    for tasks in Path(f"/proc/{parent}/task").glob("*/children"):
        for child in map(int, tasks.read_text().split()):
            yield child
            yield from _children(child)


def _of_process(pid: int) -> float:
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    [kilobytes] = [line.split()[1] for line in text.splitlines() if line.startswith("Pss:")]
    return int(kilobytes) / 1024


def _signed_in(address: str, user: User) -> Browser:
    with connected():
        token = accounts.start_session(user)
    browser = Browser(address)
    browser.cookies[cookie_name()] = token
    return browser


def _quarter(
    address: str, teachers: list[Teacher], pages: list[str], office: list[Browser]
) -> None:
    """Everybody at once, as in the hours when many work: the server's threads all have something to do."""
    work = [partial(_of_a_teacher, address, *each) for each in zip(teachers, pages, strict=True)]
    work += [partial(_of_the_office, browser) for browser in office]
    with ThreadPoolExecutor(len(work)) as everybody:
        for each in [everybody.submit(each) for each in work]:
            each.result()  # in a thread of its own an error would end that thread alone
    all_save(address, teachers, saves=4)


def _of_a_teacher(address: str, teacher: Teacher, page: str) -> None:
    browser = Browser(address)
    browser.cookies[cookie_name()] = teacher.token
    for _ in range(_OPENINGS_OF_A_QUARTER):
        _open(browser, page)
        _open(browser, f"{page}/changes?after=0")
        _open(browser, f"/people/{teacher.pupils[0][0]}")


def _of_the_office(browser: Browser) -> None:
    for _ in range(_OPENINGS_OF_A_QUARTER):
        for path in _OF_THE_OFFICE:
            _open(browser, path)


def _open(browser: Browser, path: str) -> None:
    status, _, _ = browser.ask(path)
    if status not in (200, 204):
        raise RuntimeError(f"GET {path} answered {status}")
