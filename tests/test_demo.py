"""The demo school: its size, its mistakes, and that the whole loop can be played with it against the simulator."""

import csv
import json
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from idapp import (
    accounts,
    demo,
    doctor,
    homeroom,
    jobs,
    notices,
    people,
    school,
    school_facts,
    verification,
)
from idapp.database import db, migrate, open_database
from idapp.demo import mistakes, police
from idapp.models import Batch, Campaign, Change, Person, SchoolClass, User
from idapp.notices import register_errors
from idapp.people.states import values_of
from idapp.registry.protocol import name_key
from idapp.registry.protocol.comparing import RegisterPerson, differences
from idapp.registry.rehearsal import rehearsal_of
from idapp.registry.simulator.people import match, people_of
from idapp.registry.simulator.server import Server
from idapp.registry.vocabulary import Question
from idapp.rules import record
from idapp.settings import Settings, from_environment, use
from idapp.verification import runs

TODAY = date(2022, 10, 16)
_PAPER_FIELDS = (
    "full_name",
    "date_of_birth",
    "gender",
    "identity_number",
    "province",
    "district",
    "commune",
)


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """The demo school, born once for this file; the tests that change it stand last."""
    data = tmp_path_factory.mktemp("demo") / "var"
    settings = use(
        from_environment(
            {"IDAPP_DATA": str(data), "IDAPP_TODAY": TODAY.isoformat(), "DATABASE_URL": ""}
        )
    )
    open_database(settings)
    db.connect(reuse_if_open=True)
    migrate()
    demo.seed(settings)
    yield settings
    db.close()


def test_the_same_seed_gives_the_same_people():
    first, again, other = demo.invent(TODAY), demo.invent(TODAY), demo.invent(TODAY, 2)
    assert first == again
    assert first != other


@pytest.mark.parametrize(
    ("today", "year"),
    [("2022-10-16", 2022), ("2022-09-01", 2022), ("2023-01-05", 2022), ("2023-08-31", 2022)],
)
def test_the_school_year_begins_in_september(today: str, year: int):
    assert school_facts.school_year_of(date.fromisoformat(today)) == year


@pytest.mark.parametrize("today", [date(2022, 10, 16), date(2024, 2, 29), date(2026, 9, 1)])
def test_the_school_has_the_promised_shape_in_any_year(today: date):
    everybody = demo.invent(today)
    sizes = Counter(citizen.class_name for citizen in everybody)
    assert sizes.pop("") == 46
    assert sorted(sizes) == sorted(f"{grade}{letter}" for grade in range(1, 10) for letter in "AB")
    assert all(35 <= size <= 45 for size in sizes.values())
    assert 1 <= sum(citizen.foreign for citizen in everybody) <= 2
    numbers = [citizen.values["identity_number"] for citizen in everybody if not citizen.foreign]
    assert all(
        number.startswith("100") and len(number) == 12 and number.isdigit() for number in numbers
    )
    assert len(set(numbers)) == len(numbers)


def test_the_truth_has_no_errors():
    """What the register holds must be sendable, or nobody could reach 100 %."""
    for citizen in demo.invent(TODAY):
        grade = int(citizen.class_name[:-1]) if citizen.class_name else None
        around = record.RecordContext(kind=citizen.kind, grade=grade, school_year=2022, today=TODAY)
        errors = [p for p in record.problems_of(citizen.values, around) if p.level == "error"]
        assert not errors, (citizen.class_name, errors)


def test_every_kind_of_mistake_stands_in_5a():
    kinds = {
        kind
        for citizen in demo.invent(TODAY)
        if citizen.class_name == "5A"
        for kind in citizen.mistakes
    }
    every = (*mistakes.ERRORS, *mistakes.DISAGREEMENTS, *mistakes.SLIPS)
    assert {mistake.name for mistake in every if mistake.share} <= kinds


def test_there_is_no_mistake_without_a_person():
    known = {
        mistake.name for mistake in (*mistakes.ERRORS, *mistakes.DISAGREEMENTS, *mistakes.SLIPS)
    }
    assert {kind for citizen in demo.invent(TODAY) for kind in citizen.mistakes} == known | {
        "number_shared"
    }


def test_slips_are_put_right_by_the_rules():
    slips = {mistake.name for mistake in mistakes.SLIPS}
    around = record.RecordContext(school_year=2022, today=TODAY)
    met = set()
    for citizen in demo.invent(TODAY):
        if set(citizen.mistakes) <= slips and citizen.mistakes and not citizen.foreign:
            settled: dict[str, str] = {}
            for name, text in citizen.typed.items():
                settled[name] = record.normalise(name, text, settled, around)
            wanted = citizen.values | {"full_name": settled["full_name"]}
            assert settled == wanted, citizen.mistakes
            assert settled["full_name"].lower() == citizen.values["full_name"].lower()
            met |= set(citizen.mistakes)
    assert met == slips


def test_school_campaign_and_accounts(seeded: Settings):
    assert school.the_school().name == "Trường TH&THCS Thủ Thừa (minh họa)"
    assert school.the_school().school_year == 2022
    campaign = school.the_campaign()
    assert (campaign.deadline, campaign.days_left(TODAY), campaign.letter) == (
        date(2022, 10, 25),
        9,
        "",
    )
    roles = Counter(user.role for user in User.select())
    assert roles == {"teacher": 18, "clerk": 1, "principal": 1, "reviewer": 1}
    for school_class in SchoolClass.select():
        [teacher] = homeroom.teachers_of(school_class)
        assert teacher.username == f"gv{school_class.name.lower()}"
    for username in ("gv5a", "vanthu", "hieutruong", "phong"):
        assert accounts.user_with_password(username, f"demo-{username}")
        assert f"demo-{username}" in demo.accounts_text()


def test_a_teacher_is_one_of_the_staff(seeded: Settings):
    names = {person.full_name for person in Person.select().where(Person.kind == "staff")}
    teachers = {user.full_name for user in User.select().where(User.role == "teacher")}
    assert len(teachers - names) <= 3  # a staff record may bear a mistake in its name


def test_three_quarters_are_ready_and_everything_is_audited(seeded: Settings):
    total = Person.select().count()
    ready = Person.select().where(Person.status == "ready").count()
    assert 0.75 <= ready / total <= 0.80
    assert (
        Change.select().where(Change.source == "import", Change.user.is_null(False)).count()
        > 10 * total
    )
    assert not [finding for finding in doctor.invariants() if finding.level == "bad"]


def test_the_register_confirms_most_of_them_and_not_all(seeded: Settings):
    """What one batch would bring, asked of the simulator's own matching; the HTTP run is further down, on one class."""
    register = people_of(json.loads((seeded.data / "register.json").read_text()))
    assert all(number.startswith("100") for number in register)
    ready = list(Person.select().where(Person.status == "ready"))
    outcomes = Counter(_foreseen(person, register) for person in ready)
    assert 0.85 <= outcomes["verified"] / len(ready) <= 0.88
    assert outcomes["mismatch"] >= 30
    assert outcomes["not_found"] >= 15


def _foreseen(person: Person, register: dict) -> str:
    found = match(register, person.number, name_key(person.full_name, "letters"), person.born[:4])
    if found is None:
        return "not_found"
    question = Question(1, "1", person.number, person.full_name, person.born, person.sex)
    sex = {1: "male", 2: "female"}[found.sex]
    theirs = RegisterPerson(found.number, found.full_name, found.born, sex)
    return "mismatch" if differences(question, theirs) else "verified"


def test_the_files_are_for_their_owner_only(seeded: Settings):
    for name in ("register.json", "register-rules.json", police.PAPERS, "register-secret"):
        assert (seeded.data / name).stat().st_mode & 0o077 == 0


def test_a_second_demo_is_refused(seeded: Settings):
    before = Person.select().count()
    with pytest.raises(demo.AlreadySetUp):
        demo.seed(seeded)
    assert (Person.select().count(), Campaign.select().count()) == (before, 1)


def test_a_demo_that_breaks_leaves_nothing(database: Settings, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(people, "add_many", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        demo.seed(database)
    assert not school.is_set_up()
    assert not User.select().exists()


def test_the_whole_loop_brings_5a_to_a_hundred_percent(seeded: Settings):
    """First batch, the families' papers typed in, the police asked about whom they are right, second batch: over HTTP,
    with the moods of the demo's simulator."""
    settings = use(seeded)
    open_database(settings)  # the test before used another one
    class_5a = school.class_named("5A")
    own = Person.select().where(Person.school_class == class_5a)
    principal = User.get(User.username == "hieutruong")
    with _simulator(settings) as connected:
        _run_batch(class_5a, principal, connected)
        first = Counter(person.status for person in own)
        assert first["verified"] == own.count() - len(_PAPER_KINDS) - 1  # the register is wrong
        assert min(first["mismatch"], first["not_found"]) >= 3
        assert {notices.reason_of(p) for p in own if p.status != "verified"} >= {
            "no_number",
            "mismatch",
            "not_found",
        }
        _type_in_the_papers(settings, list(own), User.get(User.username == "gv5a"))
        _let_the_police_correct(connected, list(own.clone()), principal)
        assert _run_batch(class_5a, principal, connected).total == len(_PAPER_KINDS) + 1
    assert {person.status for person in own.clone()} == {"verified"}  # a clone asks again
    assert not [finding for finding in doctor.invariants() if finding.level == "bad"]


_PAPER_KINDS = [
    *(mistake.name for mistake in (*mistakes.ERRORS, *mistakes.DISAGREEMENTS) if mistake.share), "number_shared",
]  # fmt: skip


class _simulator:
    """The simulator with the demo's own files, and the settings that `make run` would give the worker."""

    def __init__(self, settings: Settings) -> None:
        files = {"rules_file": settings.data / "register-rules.json"}
        self.server = Server(settings.data / "register.json", **files)
        port = int(self.server.address.rstrip("/").rpartition(":")[2])
        self.settings = replace(settings, registry=demo.registry_environment(settings, port))

    def __enter__(self) -> Settings:
        self.thread = threading.Thread(target=self.server.serve, daemon=True)
        self.thread.start()
        return self.settings

    def __exit__(self, *_: object) -> None:
        self.server.stop()
        self.thread.join(timeout=5)


def _run_batch(school_class: SchoolClass, by: User, settings: Settings) -> Batch:
    batch = verification.start(f"class:{school_class.id}", by=by)
    while runs.run(batch.id, jobs.connector_of(settings), jobs.pace_of(settings)):
        pass
    batch = Batch.get_by_id(batch.id)
    assert (batch.state, batch.sentence) == ("finished", "")
    return batch


def _type_in_the_papers(settings: Settings, pupils: list[Person], teacher: User) -> None:
    """What each paper says goes into the record of the pupil whom the paper is about, cell by cell."""
    with (settings.data / police.PAPERS).open(encoding="utf-8-sig", newline="") as file:
        papers = [list(row.values()) for row in csv.DictReader(file) if row["Lớp"] == "5A"]
    truth = {citizen.values["identity_number"]: citizen for citizen in demo.invent(TODAY)}
    assigned = set()
    for _, *printed in papers:
        values = dict(zip(_PAPER_FIELDS, printed, strict=True))
        code = truth[values["identity_number"]].values["ministry_code"]
        person = next(p for p in pupils if p.ministry_code == code)
        assigned.add(person.id)
        for name, text in values.items():
            held = Person.get_by_id(person.id)
            people.change(held, name, text, seen=values_of(held)[name], by=teacher, source="notice")
    assert len(assigned) == len(papers) == len(_PAPER_KINDS) + 1


def _let_the_police_correct(settings: Settings, pupils: list[Person], by: User) -> None:
    """The one with whose papers the record agrees and the register does not."""
    [wrong] = [person for person in pupils if register_errors.may_begin(person)]
    request = register_errors.begin(
        wrong,
        dict.fromkeys(wrong.differences, ""),
        evidence="notice",
        papers_agree=True,
        note="",
        by=by,
    )
    register_errors.send([request], on=TODAY, today=TODAY, remind_on=None, by=by)
    rehearsal = rehearsal_of(replace(settings, demo=True))
    assert rehearsal is not None
    assert rehearsal.correct(register_errors.numbers_written_about())
    register_errors.note_answer([request], "corrected", text="", on=TODAY, today=TODAY, by=by)
