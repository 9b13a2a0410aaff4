"""Many at once against the real server, each thread of it with a connection of its own: nothing fails, nothing is lost.

How fast that is stands in tests/bench/teachers.py; here only whether it is right.
"""

import threading

from idapp import accounts, homeroom, people, school
from idapp.database import connected
from idapp.models import Change, Person, SchoolClass
from idapp.settings import Settings
from tests.cast import Cast, pupil
from tests.serving import served
from tests.teachers import Teacher, all_save, teacher_of

TEACHERS, SAVES, PUPILS = 44, 10, 3


def classes_of_three(cast: Cast) -> list[SchoolClass]:
    classes = [school.add_class(f"{1 + at % 5}T{at}", by=cast.thu) for at in range(TEACHERS)]
    seats = [(one, seat) for one in classes for seat in range(PUPILS)]
    newcomers = [
        ("student", one, pupil(f"Nguyễn Thị {one.name[2:]}", serial=100 + at))
        for at, (one, _) in enumerate(seats)
    ]
    people.add_many(newcomers, by=cast.thu, source="import")
    return classes


def chain_of(person: Person) -> list[Change]:
    """The typed changes of the cell, each beginning where the one before ended; up to what is stored."""
    changes = list(
        person.changes.where(Change.field == "address", Change.source == "typed").order_by(
            Change.id
        )
    )
    assert [c.old for c in changes] == ["", *(c.new for c in changes[:-1])]
    assert not changes or changes[-1].new == person.address
    return changes


def test_forty_four_teachers_save_at_once(cast: Cast, settings: Settings) -> None:
    classes = classes_of_three(cast)
    teachers = [teacher_of(one) for one in classes]
    with served(settings.data) as address:
        all_save(address, teachers, saves=SAVES)
    assert {status for one in teachers for status in one.statuses} == {200}
    for teacher, school_class in zip(teachers, classes, strict=True):
        pupils = list(Person.select().where(Person.school_class == school_class))
        assert {p.id: p.address for p in pupils} == teacher.kept
        chains = [chain_of(p) for p in pupils]
        assert sum(map(len, chains)) == SAVES
        [user] = homeroom.teachers_of(school_class)
        assert {c.user_id for chain in chains for c in chain} == {user.id}
        assert [[c.version for c in chain] for chain in chains] == [
            list(range(2, len(chain) + 2)) for chain in chains
        ]


def test_twelve_on_one_cell_lose_nothing_silently(cast: Cast, settings: Settings) -> None:
    """Each save is either written and audited, or answered with what stands there now."""
    rivals = [Teacher(accounts.start_session(cast.thu), [(cast.an.id, "")]) for _ in range(12)]
    with served(settings.data) as address:
        all_save(address, rivals, saves=8)
    answers = [status for one in rivals for status in one.statuses]
    an = Person.get_by_id(cast.an.id)
    assert set(answers) <= {200, 409}
    assert answers.count(200) >= 8
    assert len(chain_of(an)) == answers.count(200) == an.version - 1


def test_writers_of_one_process_take_turns(cast: Cast) -> None:
    """Threads that read, think and write inside one transaction; under a plain BEGIN most of these would fail."""
    failures: list[BaseException] = []

    def work(serial: int) -> None:
        try:
            with connected():
                for round_ in range(10):
                    people.change_many(
                        [people.Edit(cast.chi, "address", f"Ấp {serial}.{round_}")],
                        by=cast.thu,
                        source="typed",
                    )
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(serial,)) for serial in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    chi = Person.get_by_id(cast.chi.id)
    assert failures == []
    assert len(chain_of(chi)) == 80 == chi.version - 1
