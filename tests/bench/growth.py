"""Growth (bar L4): what a page and a save cost among 2,000, 6,000 and 20,000 people.

The school grows as schools do: more classes of 45, and for each copied pupil the history, the case and the answers of
the pupil it is a copy of. The processor time of the one thread is taken, of forty tries the least: what else runs on
the machine can make a try dearer, through the caches of the processor, and never cheaper. A page that shows one class,
or one page of a list, must cost the same in a larger school; one with a line for each class, or counts everybody, must
cost the same for each record. Over :data:`BAR` times as much fails.
"""

import functools
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from flask.testing import FlaskClient

from idapp import notices, verification
from idapp.database import connected, db, writing
from idapp.models import Person, SchoolClass
from tests.bench.figures import Figure, seconds_of
from tests.bench.ground import CLASS_SIZE, CLASSES, Ground, get

SIZES = (5_900, 19_800)  # reached by whole copies of the school
BAR = 1.3
BARS = (f"at most {BAR} times as much per record, or per page, among ten times as many people",)
_STEP = 10_000_000  # ids of one copy of the school begin with it
_TIMES = 40
_WARMING_UP = 3


@dataclass(frozen=True)
class Deed:
    name: str
    act: Callable[[], object]
    is_flat: bool = True  # else: it counts everybody, or offers every class to choose from


def figures(ground: Ground) -> Iterator[Figure]:
    _answer_and_ask(ground)
    with connected():
        few = Person.select().count()
    before = {deed.name: _cost(deed) for deed in _deeds(ground)}
    copies = 1
    for size in SIZES:
        with connected():
            while Person.select().count() < size:
                _copy_school(copies)
                copies += 1
            many = Person.select().count()
        for deed in _deeds(ground):
            yield _compared(deed, before[deed.name], _cost(deed), few, many)


def _compared(deed: Deed, before: float, after: float, few: int, many: int) -> Figure:
    growth = after / before
    growth_of_record = growth * few / many
    for_each_record = f"for each record {growth_of_record:.1f} x"
    judged = growth if deed.is_flat else growth_of_record
    against = f"the same at {few:,} people"
    more = "" if deed.is_flat else for_each_record
    name = f"{deed.name}, {many:,} people"
    return Figure(name, after, before, against, more, wrong=int(judged > BAR))


def _cost(deed: Deed) -> float:
    tries = [seconds_of(deed.act, time.thread_time) for _ in range(_WARMING_UP + _TIMES)]
    return min(tries[_WARMING_UP:])


def _deeds(ground: Ground) -> list[Deed]:
    lan, hoa, thu = map(ground.client, (ground.cast.lan, ground.cast.hoa, ground.cast.thu))
    with connected():
        class_id = ground.opened_class.id
        person = Person.select().where(Person.school_class == class_id).first()
    page = functools.partial(functools.partial, get)  # page(client, path)() opens it
    return [
        Deed(f"class of {CLASS_SIZE}", page(lan, f"/classes/{class_id}")),
        Deed("save a cell", _saving(lan, person)),
        Deed("record", page(thu, f"/people/{person.id}"), is_flat=False),
        Deed("list of classes", page(thu, "/classes"), is_flat=False),
        Deed("board", page(hoa, "/progress"), is_flat=False),
        Deed("list of cases", page(thu, "/notices"), is_flat=False),
        Deed("cases of a class", page(lan, "/notices")),
        Deed("history", page(hoa, "/history"), is_flat=False),
        Deed("before a batch", page(hoa, "/batches/new"), is_flat=False),
        Deed("search", functools.partial(_search, thu, "an nguyen"), is_flat=False),
    ]


def _saving(client: FlaskClient, person: Person) -> Callable[[], object]:
    texts = [person.address]

    def save() -> None:
        typed = f"Ấp {time.monotonic_ns()}"
        sent = {"value": typed, "seen": texts[-1]}
        path = f"/people/{person.id}/cells/address"
        answer = client.post(path, data=sent, headers={"HX-Request": "true"})
        if answer.status_code != 200:
            sys.exit(f"saving a cell answered {answer.status_code}: {answer.text[:500]}")
        texts.append(typed)

    with connected():
        texts.append(Person.get_by_id(person.id).address)
    return save


def _search(client: FlaskClient, text: str) -> None:
    answer = client.post("/search", data={"q": text}, headers={"HX-Request": "true"})
    if answer.status_code != 200:
        sys.exit(f"searching answered {answer.status_code}")


def _answer_and_ask(ground: Ground) -> None:
    """Every seventh pupil was not found and has a case; a batch has answered about everybody else."""
    with connected():
        batch = verification.start("school", by=ground.cast.hoa)
        verification.stop(batch, by=ground.cast.hoa)
        pupils = [one.id for one in Person.select(Person.id).where(Person.kind == "student")]
        Person.update(status="verified").where(Person.id.in_(pupils)).execute()
        Person.update(status="not_found").where(Person.id.in_(pupils[::7])).execute()
        notices.sync_cases()


_COPIED = {
    # table: {column: what it becomes in the copy}
    "person": {"school_class_id": "school_class_id + {step}", "number": "NULL",
               "identity_number": "'1' || substr(identity_number, 2, 2) || '{copy:02d}' || substr(identity_number, 6)"},
    "change": {"person_id": "person_id + {step}", "changeset": "changeset || '-{copy}'"},
    "paper_case": {"person_id": "person_id + {step}"},
    "batch_item": {"person_id": "person_id + {step}"},
}  # fmt: skip


def _copy_school(copy: int) -> None:
    """The measured 44 classes once more, with their people and what hangs on them."""
    step = copy * _STEP
    with writing():
        _let_history_be_copied()
        _copy_rows("school_class", _of_the_original("id"), step,
                   {"name": f"name || '.{copy}'"})  # fmt: skip
        _copy_rows("person", _of_the_original("school_class_id"), step,
                   _filled("person", copy, step))  # fmt: skip
        of_people = (
            f"person_id IN (SELECT id FROM person WHERE {_of_the_original('school_class_id')})"
        )
        for table in ("change", "paper_case", "batch_item"):
            _copy_rows(table, of_people, step, _filled(table, copy, step))


def _let_history_be_copied() -> None:
    """Its rows are chained and held by triggers; the copies are there to be searched, nobody verifies them."""
    held = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'change'"
    for (name,) in db.execute_sql(held).fetchall():
        db.execute_sql(f'DROP TRIGGER "{name}"')


def _filled(table: str, copy: int, step: int) -> dict[str, str]:
    return {column: sql.format(copy=copy, step=step) for column, sql in _COPIED[table].items()}


def _of_the_original(column: str) -> str:
    ids = [one.id for one in SchoolClass.select().where(SchoolClass.name.in_(CLASSES))]
    return f"{column} IN ({', '.join(map(str, ids))})"


def _copy_rows(table: str, where: str, step: int, changed: dict[str, str]) -> None:
    columns = [column.name for column in db.get_columns(table)]
    into = ", ".join(f'"{column}"' for column in columns)
    values = {"id": f"id + {step}"} | changed
    out = ", ".join(values.get(column, f'"{column}"') for column in columns)
    db.execute_sql(f'INSERT INTO "{table}" ({into}) SELECT {out} FROM "{table}" WHERE {where}')
