"""The hour before the deadline (bar L1): 60 people, a batch, a file of the whole school and a backup, all at once.

The real process tree over HTTP, every deed as a browser sends it. Each of the 60 does a deed about every two seconds:
opens a class, types cells, filters, pastes a column, prints, sends a photo, looks at the board (``crowd.ROUND``).
Meanwhile the office runs a batch against the simulator, has a workbook checked, written and taken back, and makes a
backup. At the end every save that was answered with 200 must be in its record and in the history.
"""

import io
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from idapp import accounts, homeroom
from idapp.database import connected
from idapp.models import Batch, Change, Import, Person, SchoolClass, User
from idapp.people import catching_up
from idapp.settings import current
from idapp.workbook import Column, Page, write_workbook
from tests import photographed
from tests.bench import crowd
from tests.bench.batch import _citizen, simulator
from tests.bench.crowd import Done
from tests.bench.figures import Figure, seconds
from tests.bench.ground import Ground
from tests.bench.office import Office, Span
from tests.browser import process_tree

LONGEST_SAVE, SAVE_P95, PAGE_P95 = 1.0, 0.3, 0.8  # seconds
BARS = (
    "no error, and no acknowledged save lost (fails)",
    f"no save waits longer than {LONGEST_SAVE:.0f} s",
    f"95 of 100 saves within {SAVE_P95 * 1000:.0f} ms",
    f"95 of 100 class pages within {PAGE_P95 * 1000:.0f} ms",
)
_CODE = "100212000012|100000001|Nguyễn Thị Thu Hương|20032012|Nữ|Ấp 1, Mỹ An, Thủ Thừa, Long An|10072021"


@dataclass
class Asked:
    """How large an hour: what the command line says, and what the suite asks for."""

    minutes: float = 10
    users: int = 60
    pause: float = 2.0
    latency_ms: int = 200
    least: int = 0  # deeds of each of them, however long that takes


asked = Asked()
Site = Callable[[Path, str], AbstractContextManager[list[str]]]


@dataclass(frozen=True)
class Hour:
    """What came of it."""

    people: list[crowd.Person]
    spans: list[Span]
    faults: list[str]
    lost: int

    @property
    def done(self) -> list[Done]:
        return [done for one in self.people for done in one.done]

    def longest_save(self) -> Done:
        return max(self._saves(), key=lambda done: done.seconds)

    def longest_during(self, span: Span) -> float:
        """Of the saves that waited at some moment of it."""
        return max(
            (
                done.seconds
                for done in self._saves()
                if done.at < span.ended and done.at + done.seconds > span.begun
            ),
            default=0.0,
        )

    def _saves(self) -> list[Done]:
        return [done for done in self.done if done.deed in crowd.SAVES]


def figures(ground: Ground) -> Iterator[Figure]:
    return of_hour(play(ground.folder, asked))


def of_hour(hour: Hour) -> Iterator[Figure]:
    """A line for each kind of deed and each span of the office, and one that says what went wrong."""
    for deed in dict.fromkeys(crowd.ROUND):
        yield _of_deed(deed, [done for done in hour.done if done.deed == deed])
    for span in hour.spans:
        more = f"longest save meanwhile {seconds(hour.longest_during(span))}"
        yield Figure(span.name, span.ended - span.begun, 0, "", more)
    longest, errors = hour.longest_save(), sum(done.is_error for done in hour.done)
    more = f"{longest.deed}; errors {errors}, lost {hour.lost}; {'; '.join(hour.faults)}"
    wrong = errors + hour.lost + len(hour.faults)
    yield Figure("longest wait of any save", longest.seconds, LONGEST_SAVE, "the bar", more, wrong)


def _of_deed(deed: str, done: Sequence[Done]) -> Figure:
    times = sorted(one.seconds for one in done) or [0.0]
    p50, p95, p99 = (times[min(len(times) - 1, len(times) * part // 100)] for part in (50, 95, 99))
    wrong = {f"{one.status} {one.said}" for one in done if one.is_error}
    more = (
        f"{len(done)} times, p50 {seconds(p50)}, p99 {seconds(p99)}, slowest {seconds(times[-1])}"
    )
    bar = {"edit": SAVE_P95, "paste": SAVE_P95, "open": PAGE_P95}.get(deed, 0)
    if wrong:
        more += f"; {'; '.join(sorted(wrong)[:3])}"
    return Figure(f"{deed}, p95", p95, bar, "the bar" if bar else "", more)


@contextmanager
def one_tree(folder: Path, register: str) -> Iterator[list[str]]:
    """`python app.py` on the data folder; its address."""
    with process_tree(folder / "var", IDAPP_DEMO="0", **line_to(register)) as address:
        yield [address]


def play(folder: Path, wanted: Asked, site: Site = one_tree) -> Hour:
    """The whole hour on the data folder ``var`` within ``folder``, which holds a school and is closed.

    ``site`` gets ``folder`` and the address of the register, and starts whatever serves the school until the hour is
    over; it gives the addresses of its web processes.
    """
    with connected():
        catching_up.note_current()  # else the worker computes everybody anew, and no batch starts meanwhile
        principal, clerk = (User.get(User.role == role) for role in ("principal", "clerk"))
        tokens = accounts.start_session(principal), accounts.start_session(clerk)
        people = _people(wanted.users)
        pupils = [p for p in Person.select() if p.kind == "student" and p.active]
        citizens = [_citizen(p) for p in pupils if p.identity_number and p.gender]
        workbook = _workbook(pupils)
        before = _typed()
    with (
        simulator(folder, citizens, latency_ms=wanted.latency_ms) as register,
        site(folder, register) as addresses,
    ):
        office = Office(addresses[-1], *tokens, _is_open)
        work = crowd.all_work(
            addresses,
            people,
            seconds=wanted.minutes * 60,
            pause=wanted.pause,
            least=wanted.least,
        )
        work += _office_at_work(office, workbook, folder / "var", wanted.minutes * 60)
        for thread in work:
            thread.join()
    with connected():
        lost = _lost(people, before)
    return Hour(people, office.spans, office.faults, lost)


def line_to(register: str) -> dict[str, str]:
    """What its processes are told: the simulator, and the server of the database where there is one."""
    server = {} if current().sqlite_file else {"DATABASE_URL": current().database_url}
    return server | {
        "REGISTRY": "soap", "REGISTRY_URL": register, "REGISTRY_AUTH": "none",
        "REGISTRY_PROCEDURE": "SIM", "REGISTRY_OFFICER": "SIM",
    }  # fmt: skip


def _office_at_work(
    office: Office, workbook: bytes, data: Path, length: float
) -> list[threading.Thread]:
    """Batch, file and backup begin one soon after the other, so that they overlap."""
    deeds = (
        (0.05, office.run_batch, ()),
        (0.08, office.bring_file, (workbook,)),
        (0.10, office.back_up, (data,)),
    )
    threads = [threading.Timer(length * share, act, args) for share, act, args in deeds]
    for thread in threads:
        thread.start()
    return list(threads)


def _is_open(what: str) -> bool:
    with connected():
        if what == "batch":
            return any(batch.open for batch in Batch.select())
        return bool(Import.select().where(Import.state == what).exists())


def _people(users: int) -> list[crowd.Person]:
    """Homeroom teachers; where there are more of them than classes, two share one, each with half of the pupils."""
    classes = list(SchoolClass.select().where(SchoolClass.name.not_in(["5A", "5B"])))
    photo = photographed.jpeg(photographed.photo(_CODE, size=(2000, 1500)))
    people = []
    for rank, school_class in enumerate(classes):
        of_class = Person.select(Person.id, Person.address).where(
            Person.school_class == school_class, Person.active
        )
        pupils = list(of_class.order_by(Person.id).tuples())
        seats = len(range(rank, users, len(classes)))
        teachers = [_teacher(school_class, seat) for seat in range(seats)]
        homeroom.assign_teachers(school_class, teachers, by=None)
        people += [
            crowd.Person(accounts.start_session(one), school_class.id, pupils[seat::seats], photo)
            for seat, one in enumerate(teachers)
        ]
    return people


def _teacher(school_class: SchoolClass, seat: int) -> User:
    return User.create(
        username=f"gio{school_class.id}.{seat}",
        full_name=f"Giáo viên {school_class.name}",
        role="teacher",
        password_hash="-",
    )


def _workbook(pupils: Sequence[Person]) -> bytes:
    """Everybody again, with other years of birth of the parents, and twenty newcomers."""
    headings = ("Mã lớp", "Mã định danh Bộ GD&ĐT", "Họ tên", "Ngày sinh", "Năm sinh cha", "Năm sinh mẹ")  # fmt: skip
    lines = [
        [p.school_class.name, p.ministry_code, p.full_name, p.date_of_birth, "1986", "1988"]
        for p in pupils
        if p.ministry_code
    ]
    for rank in range(20):
        name = f"Đinh Thị Mới {chr(65 + rank)}"
        lines.append(
            [lines[0][0], f"29999{rank:05d}", name, f"{rank + 1:02d}/04/2012", "1986", "1988"]
        )
    target = io.BytesIO()
    sheet = Page("Danh sách", [Column(h, 16) for h in headings], lines, spare_rows=0)
    write_workbook(target, sheets=[sheet])
    return target.getvalue()


def _typed() -> int:
    fields, sources = ("address", "ethnic_group"), ("typed", "pasted")
    changes = Change.select().where(Change.event == "person.changed", Change.field.in_(fields))
    return int(changes.where(Change.source.in_(sources)).count())


def _lost(people: Sequence[crowd.Person], before: int) -> int:
    """Saves that were answered and that are not in their record, or not in the history.

    What was never answered may be there or not: the server may have done it after its sender gave up.
    """
    stored = {p.id: p for p in Person.select()}
    gone = 0
    for one in people:
        for (id_, name), text in one.kept.items():
            allowed = {text} | one.unanswered.get((id_, name), set())
            gone += getattr(stored[id_], name) not in allowed
    answered = sum(one.saves for one in people)
    unsure = sum(len(texts) for one in people for texts in one.unanswered.values())
    written = _typed() - before
    missing = max(0, answered - written)
    too_many = max(0, written - answered - unsure)
    return gone + missing + too_many
