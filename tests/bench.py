"""Benchmarks: ``make bench`` prints what the busy paths take, each beside a floor measured in the same run.

A floor is the least that the same work can cost here: the bare SELECT, one synced commit, a plain reading of the same
file, the latency of the register. The ratio is what to look at; it travels between machines, seconds do not. Nothing
is asserted about time; only a wrong answer (a record reported ``not_found`` that is in the register) ends with 1.
"""

import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from jinja2 import Template
from openpyxl import load_workbook

from app import create_app
from idapp import accounts, imports, school, verification
from idapp.database import connected, db, migrate, open_database, writing
from idapp.models import Attempt, Batch, Person, SchoolClass
from idapp.registry import RegistryConfig, open_connector
from idapp.settings import from_environment, use
from idapp.verification import runs
from idapp.web.accounts import cookie_name
from idapp.workbook import Column, Page, write_workbook
from tests import cast as the_cast
from tests.cast import HOME, Cast, number_for

ROOT = Path(__file__).resolve().parent.parent
TIMES = 60
LATENCY_MS = 50
PACE = runs.Pace(concurrency=4, slice_seconds=600)
CLASS_SIZE = 45
CLASSES = [f"{grade}{letter}" for grade in range(1, 6) for letter in "CDEFGHIKL"][1:]  # 44 x 45 = 1,980
OPENED = "5C"
HEADINGS = (
    "Mã lớp", "Mã định danh Bộ GD&ĐT", "Họ tên", "Ngày sinh", "Giới tính", "Trạng thái HS", "Số định danh cá nhân",
    "Tỉnh/Thành phố (Theo địa chỉ thường trú)", "Quận/Huyện (Theo địa chỉ thường trú)",
    "Xã/Phường (Theo địa chỉ thường trú)", "Tổ/Thôn/Xóm (Theo địa chỉ thường trú)", "Dân tộc", "Họ tên cha",
    "Năm sinh cha", "Họ tên mẹ", "Năm sinh mẹ",
)  # fmt: skip
FAMILY, MIDDLE = ("Nguyễn", "Trần", "Lê", "Phạm", "Võ", "Huỳnh"), ("Minh", "Ngọc", "Gia", "Thanh", "Bảo", "Hoài", "Anh")
GIVEN = ("An", "Bình", "Châu", "Dung", "Giang", "Hạnh", "Khánh", "Lâm", "My", "Nhi", "Oanh")


@dataclass(frozen=True)
class Figure:
    """One line of the table; ``floor`` and ``measured`` in seconds."""

    name: str
    measured: float
    floor: float
    against: str
    more: str = ""


def main() -> int:
    os.environ.update(IDAPP_TODAY=the_cast.TODAY)
    for name in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "IDAPP_DEMO", "REGISTRY", "HOST", "IDAPP_HTTPS"):
        os.environ.pop(name, None)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["IDAPP_DATA"] = str(Path(folder) / "var")
        cast = _set_up()
        with connected():
            figures = [*importing(cast)]
        client = _signed_in(cast)
        figures += [opening_a_class(client), saving_a_cell(client)]
        with connected():
            throughput, wrong = a_batch(cast, Path(folder))
    show([*figures, throughput])
    return int(wrong > 0)


def show(figures: list[Figure]) -> None:
    head = f"{'':<30}{'measured':>12}{'floor':>12}{'ratio':>8}  floor is / more"
    print(head, "-" * len(head), sep="\n")
    for one in figures:
        ratio = one.measured / one.floor
        more = one.against + (f"; {one.more}" if one.more else "")
        print(f"{one.name:<30}{_seconds(one.measured):>12}{_seconds(one.floor):>12}{ratio:>8.1f}  {more}")


def importing(cast: Cast) -> Iterator[Figure]:
    """Preview and writing of a whole school; afterwards its people are there for the other benchmarks."""
    data = workbook()
    floor = _time(lambda: sum(1 for _ in load_workbook(io.BytesIO(data), read_only=True).active.iter_rows()))
    begun = time.perf_counter()
    upload = imports.read_bytes(data, "toan-truong.xlsx", by=cast.thu)
    checked = time.perf_counter()
    outcome = imports.confirm(upload, by=cast.thu)
    written = time.perf_counter()
    rows, against = len(CLASSES) * CLASS_SIZE, "openpyxl read_only of the same file"
    yield Figure(f"import {rows:,} rows: preview", checked - begun, floor, against, f"{len(data):,} bytes")
    yield Figure(f"import {rows:,} rows: confirm", written - checked, floor, against, f"rows {outcome}")


def opening_a_class(client: FlaskClient) -> Figure:
    with connected():
        class_id = SchoolClass.get(SchoolClass.name == OPENED).id
    size = len(_get(client, f"/classes/{class_id}"))
    measured = _p50(lambda: _get(client, f"/classes/{class_id}"))
    query, nothing = Person.select().where(Person.school_class == class_id), Template("")
    with connected():
        found = len(list(query.tuples()))
        floor = _p50(lambda: (list(query.tuples()), nothing.render()))
    return Figure(f"open a class of {found}, p50", measured, floor, "bare SELECT of its rows", f"{size:,} bytes")


def saving_a_cell(client: FlaskClient) -> Figure:
    """Each save writes another text, so that each is a real change with its audit row."""
    with connected():
        person = Person.select().join(SchoolClass).where(SchoolClass.name == OPENED).first()
    sizes, last = [0], [person.address]

    def save() -> None:
        typed = f"Ấp {len(sizes)}"
        sent = {"value": typed, "seen": last[0]}
        answer = client.post(f"/people/{person.id}/cells/address", data=sent, headers={"HX-Request": "true"})
        if answer.status_code != 200:
            sys.exit(f"saving a cell answered {answer.status_code}: {answer.text[:500]}")
        sizes.append(len(answer.data))
        last[0] = typed

    measured = _p50(save)
    with connected():
        floor = _p50(lambda: _commit(person.id))
    return Figure("save a cell, p50", measured, floor, "one synced commit", f"answer {sizes[-1]:,} bytes")


def a_batch(cast: Cast, folder: Path) -> tuple[Figure, int]:
    """A grade against the simulator in a process of its own; and how many were not found though they are there."""
    batch = verification.start("grade:5", by=cast.hoa)
    with simulator(folder, [_citizen(item.person) for item in batch.items]) as url:
        config = RegistryConfig(url, auth="none", procedure="SIM", officer="SIM")
        measured = _time(lambda: _run(batch.id, config))
    batch = Batch.get_by_id(batch.id)
    by_state = verification.tally(batch).by_state
    wrong = by_state.get("not_found", 0)
    tries = Attempt.select().join(Attempt.item.rel_model).where(Attempt.item.rel_model.batch == batch).count()
    more = f"{batch.total / measured:.0f} records/s, {tries} questions, {by_state}, false not_found: {wrong}"
    ideal = batch.total * LATENCY_MS / 1000 / PACE.concurrency
    against = f"records x {LATENCY_MS} ms / {PACE.concurrency}"
    return Figure(f"batch of {batch.total} records", measured, ideal, against, more), wrong


@contextmanager
def simulator(folder: Path, people: list[dict[str, Any]]) -> Iterator[str]:
    """The rehearsal register as the demo starts it: another process, spoken to over HTTP."""
    people_file, rules_file = folder / "people.json", folder / "rules.json"
    people_file.write_text(json.dumps(people), encoding="utf-8")
    rules_file.write_text(json.dumps({"latency_ms": LATENCY_MS}), encoding="utf-8")
    command = [
        sys.executable, "-m", "idapp.registry.simulator", "--people", str(people_file), "--rules", str(rules_file),
    ]  # fmt: skip
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait(10)


def workbook() -> bytes:
    """The ministry's pupil list of the whole school: 1,980 complete records of 16 columns."""
    target = io.BytesIO()
    lines = [_line(name, seat, at) for at, (name, seat) in enumerate(_seats())]
    write_workbook(target, sheets=[Page("Danh sách", [Column(h, 16) for h in HEADINGS], lines, spare_rows=0)])
    return target.getvalue()


def _seats() -> Iterator[tuple[str, int]]:
    return ((name, seat) for name in CLASSES for seat in range(CLASS_SIZE))


def _line(class_name: str, seat: int, at: int) -> tuple[str, ...]:
    """A pupil of the age of the grade."""
    year, sex = 2017 - int(class_name[0]), ("Nam", "Nữ")[at % 2]
    family, given = FAMILY[at % len(FAMILY)], GIVEN[at % len(GIVEN)]
    born = f"{at % 28 + 1:02d}/{seat % 12 + 1:02d}/{year}"
    home = (HOME["province"], HOME["district"], HOME["commune"], f"Ấp {at % 9 + 1}")
    parents = (f"{family} Văn {GIVEN[seat % 11]}", "1985", f"Lê Thị {GIVEN[-1 - seat % 11]}", "1987")
    name, number = f"{family} {MIDDLE[at % len(MIDDLE)]} {given}", number_for(year, sex, 1000 + at)
    return (class_name, f"20000{at:05d}", name, born, sex, "Đang học", number, *home, "Kinh", *parents)


def _set_up() -> Cast:
    settings = use(from_environment())
    open_database(settings)
    with connected():
        migrate()
        cast = the_cast.assemble()
        for name in CLASSES:
            school.add_class(name, by=cast.thu, homeroom_teacher=cast.lan if name == OPENED else None)
    return cast


def _signed_in(cast: Cast) -> FlaskClient:
    """A browser of the homeroom teacher."""
    client = create_app(use(from_environment())).test_client()
    client.environ_base["HTTP_ORIGIN"] = "http://localhost"
    with connected():
        client.set_cookie(cookie_name(), accounts.start_session(cast.lan))
    return client


def _get(client: FlaskClient, path: str) -> bytes:
    answer = client.get(path)
    if answer.status_code != 200:
        sys.exit(f"GET {path} answered {answer.status_code}")
    return answer.data


def _commit(person_id: int) -> None:
    with writing():
        db.execute_sql("UPDATE person SET version = version + 1 WHERE id = ?", (person_id,))


def _run(batch_id: int, config: RegistryConfig) -> None:
    while Batch.get_by_id(batch_id).open:
        runs.run(batch_id, open_connector(config), PACE)


def _citizen(person: Person) -> dict[str, Any]:
    born, sex = "-".join(reversed(person.date_of_birth.split("/"))), {"Nam": 1, "Nữ": 2}[person.gender]
    return {"number": person.identity_number, "full_name": person.full_name, "born": born, "sex": sex}


def _p50(act: Callable[[], object]) -> float:
    """The first three warm up."""
    return statistics.median([_time(act) for _ in range(TIMES + 3)][3:])


def _time(act: Callable[[], object]) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def _seconds(value: float) -> str:
    return f"{value:.2f} s" if value >= 1 else f"{value * 1000:.2f} ms"


if __name__ == "__main__":
    sys.exit(main())
