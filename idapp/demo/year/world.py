"""The stage of the played year: the clock, the register, who acts, and the truth about everybody who will come."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from random import Random

from idapp import demo, homeroom, place_sets
from idapp.database import rows
from idapp.demo import invented, police
from idapp.demo.invented import Citizen
from idapp.models import Person, User
from idapp.people.states import people_with_class
from idapp.registry.simulator.server import Server
from idapp.settings import Settings, current, use

_CLASSES_TO_A_NEWCOMER = 3
_NEWCOMERS_AT_LEAST = 2
_FIRST_GRADE_SIZE = 38


@dataclass
class World:
    """What the deeds share.

    truth    {person id: the citizen whose record it is}
    waiting  {when they come: citizens who are not at the school yet}
    present  ids of who was at the school when ``traffic`` was asked last
    corrected  numbers of those about whom the police have put the register right
    """

    settings: Settings
    number: int
    classes: Sequence[str]
    chance: Random
    truth: dict[int, Citizen] = field(default_factory=dict)
    waiting: dict[str, list[Citizen]] = field(default_factory=dict)
    present: set[int] = field(default_factory=set)
    corrected: list[str] = field(default_factory=list)
    day: date = date.min

    def set_day(self, day: date) -> None:
        """From now on the program believes that today is ``day``."""
        self.day = day
        use(replace(self.settings, fixed_today=day))
        place_sets.use_today()

    def traffic(self) -> tuple[int, int]:
        """How many have come and gone since this was asked last."""
        before = self.present
        self.present = {id_ for (id_,) in rows(Person.select(Person.id).where(Person.active))}
        return len(self.present - before), len(before - self.present)

    def let_police_correct(self, numbers: Sequence[str]) -> None:
        """The register is right about these people from now on."""
        self.corrected = list(numbers)
        police.write_rules(self.settings, self.number, at_once=True, corrected=numbers)

    @property
    def clerk(self) -> User:
        """Who does the work of the office."""
        return User.get(User.username == "vanthu")

    @property
    def principal(self) -> User:
        """Who decides."""
        return User.get(User.username == "hieutruong")

    def keeper_of(self, person: Person) -> User:
        """The homeroom teacher of a pupil; the clerk where there is none."""
        if person.school_class is None:
            return self.clerk
        return next(iter(homeroom.teachers_of(person.school_class)), self.clerk)

    def people(self, *statuses: str) -> list[Person]:
        """Everybody at the school in one of these states, by id; in any without ``statuses``."""
        everybody = sorted(people_with_class(Person.active == True), key=_id_of)  # noqa: E712
        if not statuses:
            return everybody
        return [person for person in everybody if person.status in statuses]


def _id_of(person: Person) -> int:
    return int(person.id)


@contextmanager
def opened_world(
    settings: Settings, number: int, classes: Sequence[str], first_day: date
) -> Iterator[World]:
    """The school on its first day, with a register that knows everybody who will come. Raises as ``demo.seed``.

    Afterwards clock and settings are as before, and the register behaves as in every demo.
    """
    of_demo = replace(settings, demo=True, demo_places=invented.EPOCH)
    chance = Random(f"idapp year {number}")  # noqa: S311  (invented people, no secret)
    world = World(of_demo, number, classes, chance)
    try:
        world.set_day(first_day)
        demo.seed(current(), number=number, classes=classes)
        everybody = demo.invent(first_day, number, classes=classes)
        _meet(world, everybody)
        _invent_newcomers(world, everybody)
        with _register(world, everybody):
            yield world
    finally:
        use(settings)
        place_sets.use_today()


def _meet(world: World, everybody: list[Citizen]) -> None:
    """Records and citizens stand in the same order, each kind for itself."""
    for kind in ("student", "staff"):
        records = Person.select().where(Person.kind == kind).order_by(Person.id)
        citizens = [citizen for citizen in everybody if citizen.kind == kind]
        for person, citizen in zip(records, citizens, strict=True):
            world.truth[person.id] = citizen


def _invent_newcomers(world: World, everybody: list[Citizen]) -> None:
    """Who will come, when, and into which class; some of their papers were copied badly."""
    size = max(_NEWCOMERS_AT_LEAST, len(world.classes) // _CLASSES_TO_A_NEWCOMER)
    first_grade = [name for name in world.classes if name.startswith("1")]
    after_summer = [name for name in world.classes if name.startswith(("1", "5", "6"))]
    groups = {
        "autumn": (2022, [world.chance.choice(world.classes) for _ in range(size)]),
        "winter": (2022, [world.chance.choice(world.classes) for _ in range(size)]),
        "first grade": (2023, first_grade * _FIRST_GRADE_SIZE),
        "next autumn": (2023, [world.chance.choice(after_summer) for _ in range(size)]),
    }
    for when, (school_year, class_names) in groups.items():
        citizens = invented.more_pupils(school_year, class_names, world.chance, beside=everybody)
        for place, citizen in enumerate(citizens):
            _copy_badly(citizen, place)
        world.waiting[when] = citizens
        everybody += citizens


def _copy_badly(citizen: Citizen, place: int) -> None:
    if place % 4 == 1:
        citizen.typed["identity_number"] = ""
    elif place % 4 == 2:
        citizen.typed["gender"] = {"Nam": "Nữ", "Nữ": "Nam"}[citizen.values["gender"]]


@contextmanager
def _register(world: World, everybody: list[Citizen]) -> Iterator[None]:
    """The simulator beside the play, answering at once; the real one of the demo later finds the same people."""
    settings = world.settings
    police.write_files(settings, everybody, world.number)
    police.write_rules(settings, world.number, at_once=True)
    rules = settings.data / "register-rules.json"
    server = Server(settings.data / "register.json", rules_file=rules)
    port = int(server.address.rstrip("/").rpartition(":")[2])
    world.settings = replace(settings, registry=demo.registry_environment(settings, port))
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.stop()
        thread.join(timeout=5)
        police.write_rules(settings, world.number, corrected=world.corrected)
