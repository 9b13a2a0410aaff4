"""A long file is written and taken back in parts: others save in between, and whatever is broken off goes on."""

import itertools
import os
import signal
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from idapp import database, doctor, imports, jobs, people, stepwise
from idapp.imports import applying, reverting, under_way
from idapp.models import Change, Import, Person, utc_now
from idapp.people import states
from idapp.settings import current
from tests import shells
from tests.cast import Cast, number_for
from tests.crash.walking import forked
from tests.test_imports import line, newcomer, read
from tests.web.test_card import ClientOf

pytestmark = pytest.mark.usefixtures("few_places")
NEW = 7


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A short file takes several parts, as a long one does."""
    monkeypatch.setattr(applying, "PART", 2)
    monkeypatch.setattr(reverting, "PART", 2)
    yield


def long_list(cast: Cast, **cells: str) -> Import:
    """Seven newcomers, one of them into a class that the file makes, and two changed records."""
    rows = [
        newcomer(
            full_name=f"Bùi Thị {word}",
            school_class="5C" if word == "Bảy" else "5A",
            identity_number=number_for(2012, "Nữ", 700 + rank),
        )
        for rank, word in enumerate(("Một", "Hai", "Ba", "Bốn", "Năm", "Sáu", "Bảy"))
    ]
    rows += [
        line(school_class="5A", ministry_code="1000000001", **{"address": "Ấp 3"} | cells),
        line(school_class="5A", ministry_code="1000000002", address="Ấp 4"),
    ]
    return read(rows, cast.thu)


def newcomers() -> int:
    return Person.select().where(Person.full_name.startswith("Bùi Thị"), Person.active).count()


def after_part(
    monkeypatch: pytest.MonkeyPatch, module: object, number: int, deed: Callable[[], None]
) -> None:
    """Have something happen in the pause after this part (the first is 1)."""
    parts = iter(range(1, 1000))

    def pause(_: float) -> None:
        if next(parts) == number:
            deed()

    monkeypatch.setattr(module, "pause", pause)


def at_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every further part meets a bug."""
    monkeypatch.setattr(people, "add_many", lambda *_, **__: 1 / 0)
    monkeypatch.setattr(people, "change_many", lambda *_, **__: 1 / 0)


def later() -> None:
    """Nobody has been at work on the file for a while."""
    Import.update(heartbeat_at=utc_now() - timedelta(minutes=1)).execute()


def whole(upload: Import) -> None:
    upload = Import.get_by_id(upload.id)
    assert upload.state == "confirmed"
    assert imports.applied(upload) == {"created": NEW, "changed": 2}
    assert newcomers() == NEW
    bad = [one for one in doctor.invariants() if one.level == "bad"]
    assert bad == []
    events = Change.select().where(Change.event == "import.confirmed")
    assert [row.new for row in events] == ["changed 2, created 7"]
    came = Person.select().where(Person.full_name.startswith("Bùi Thị"))
    wrote = Change.select(Change.changeset).where(Change.person.in_(came)).distinct()
    assert [row.changeset for row in wrote] == [upload.changeset]


# beside others


def test_between_two_parts_another_connection_gets_the_lock(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    got = []

    def take_it(_: float) -> None:
        with shells.shell(current()) as other:
            shells.take_the_lock(other)
            written = other.execute("SELECT COUNT(*) FROM import_row WHERE applied <> ''")
            got.append(written.fetchone())
            other.execute("ROLLBACK")

    monkeypatch.setattr(applying, "pause", take_it)
    monkeypatch.setattr(reverting, "pause", take_it)
    upload = long_list(cast)
    imports.confirm(upload, by=cast.thu)
    assert got == [(2,), (4,), (6,), (8,)]
    whole(upload)
    got.clear()
    imports.undo(Import.get_by_id(upload.id), by=cast.thu)
    assert len(got) >= 4


def test_no_part_holds_more_rows_than_it_may(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(applying, "PART", 40)
    monkeypatch.setattr(reverting, "PART", 40)
    sizes: list[int] = []
    add_many, revert_part = people.add_many, reverting.reverting.revert_part

    def added(newcomers: list[object], **told: object) -> object:
        sizes.append(len(newcomers))
        return add_many(newcomers, **told)

    def reverted(changeset: str, ids: list[int], **told: object) -> object:
        sizes.append(len(ids))
        return revert_part(changeset, ids, **told)

    monkeypatch.setattr(people, "add_many", added)
    monkeypatch.setattr(reverting.reverting, "revert_part", reverted)
    rows = [newcomer(full_name=f"Bùi Thị Số {n}", identity_number="") for n in range(90)]
    upload = read(rows, cast.thu)
    imports.decide_all(upload, "asked", take=True)
    imports.confirm(upload, by=cast.thu)
    assert (sum(sizes), max(sizes)) == (90, 40)
    sizes.clear()
    imports.undo(Import.get_by_id(upload.id), by=cast.thu)
    assert (sum(sizes), max(sizes)) == (90, 40)


def test_no_part_reads_the_whole_school(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """A part holds the lock as long in a large school as in a small one, however many cells it writes."""
    monkeypatch.setattr(applying, "PART", 300)
    monkeypatch.setattr(reverting, "PART", 300)
    monkeypatch.setattr(states, "SchoolSnapshot", lambda: pytest.fail("reads everybody"))
    bare = _sixty(cast, number=False)
    numbered = _sixty(cast, number=True)
    assert imports.applied(bare) == {"created": 60}
    assert imports.applied(numbered) == {"changed": 60}
    imports.undo(numbered, by=cast.thu)
    assert (
        not Person.select().where(Person.full_name.startswith("Bùi"), Person.number != "").exists()
    )
    others = _sixty(cast, number=True, name="Bùi Thị Chữ")
    imports.undo(others, by=cast.thu)
    assert newcomers() == 60


def _sixty(cast: Cast, *, number: bool, name: str = "Bùi Thị Số") -> Import:
    """A written file."""
    rows = []
    for n in range(60):
        text = number_for(2012, "Nữ", 700 + n) if number else ""
        rows.append(newcomer(full_name=f"{name} {n}", identity_number=text))
    upload = read(rows, cast.thu)
    imports.decide_all(upload, "asked", take=True)
    imports.confirm(upload, by=cast.thu)
    return Import.get_by_id(upload.id)


def test_newcomers_of_two_parts_and_of_two_states_see_the_number_they_share(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applying, "PART", 4)
    states_of = ("Đang học", "Đang học", "Chuyển đi", "Đang học", "Đang học")
    rows = [
        newcomer(
            full_name=f"Bùi Thị Số {n}", identity_number=number_for(2012, "Nữ", 700), state=state
        )
        for n, state in enumerate(states_of)
    ]
    upload = read(rows, cast.thu)
    imports.decide_all(upload, "asked", take=True)
    imports.confirm(upload, by=cast.thu)
    there = Person.select().where(Person.full_name.startswith("Bùi Thị Số"), Person.active)
    told = [[problem["code"] for problem in person.problems] for person in there]
    assert len(told) == 4
    assert all("duplicate" in codes for codes in told), told
    assert there.where(Person.number.is_null(False)).count() == 1


def test_whoever_waits_finds_a_pause_that_is_longer_than_anybody_needs_to_ask_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = [100.0]
    monkeypatch.setattr(stepwise.time, "monotonic", lambda: clock[0])
    size = stepwise.PartSize(300)
    long_ones = [clock[0]]
    while clock[0] < 110:
        with size.measured(size.records):
            clock[0] += 0.08
        pause = size.pause()
        clock[0] += pause
        if pause > 0.1:  # SQLite's longest
            long_ones.append(clock[0])
    gaps = [later - earlier for earlier, later in itertools.pairwise(long_ones)]
    assert max(gaps) < 0.5


def test_what_somebody_saves_between_two_parts_stays_and_is_told(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def colleagues_work() -> None:
        people.change(cast.binh, "address", "Ấp 9", seen="", by=cast.lan)
        [row] = [row for row in upload.rows if row.values.get("full_name") == "Bùi Thị Sáu"]
        values = {name: row.values[name] for name in ("full_name", "date_of_birth")}
        people.add(kind="student", school_class=cast.class_5a, values=values, by=cast.lan)

    upload = long_list(cast)
    after_part(monkeypatch, applying, 1, colleagues_work)
    assert imports.confirm(upload, by=cast.thu) == {"created": 6, "changed": 1, "stale": 2}
    assert Person.get_by_id(cast.binh.id).address == "Ấp 9"
    assert Person.select().where(Person.full_name == "Bùi Thị Sáu").count() == 1


def test_two_workers_at_one_file_write_each_row_once(cast: Cast) -> None:
    upload = long_list(cast)
    imports.queue(upload, by=cast.thu)

    def work() -> None:
        with database.connected():
            jobs.go_on_with_import(upload.id)

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    whole(upload)


# broken off


def test_a_writing_that_was_killed_between_two_parts_is_carried_on(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = long_list(cast)
    imports.queue(upload, by=cast.thu)
    _killed_after_part(monkeypatch, applying, 2, lambda: imports.write(upload.id))
    assert newcomers() == 4
    upload = Import.get_by_id(upload.id)
    assert imports.how_far(upload)[:2] == (4, 9)
    assert [one for one in doctor.invariants() if one.level == "bad"] == []
    with pytest.raises(imports.NotUndone):
        imports.undo(upload, by=cast.thu)
    assert not imports.queue(upload, by=cast.thu)
    later()
    assert imports.overdue() == [upload.id]
    jobs.go_on_with_import(upload.id)
    whole(upload)


def test_a_way_back_that_was_killed_is_carried_on(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = long_list(cast)
    imports.confirm(upload, by=cast.thu)
    imports.queue_undo(upload, by=cast.thu)
    _killed_after_part(monkeypatch, reverting, 2, lambda: imports.take_back(upload.id))
    upload = Import.get_by_id(upload.id)
    assert (upload.state, imports.how_far(upload)[:2]) == ("undoing", (4, 9))
    people.change(cast.an, "gender", "Nam", seen=cast.an.gender, by=cast.lan)  # not what it wrote
    later()
    jobs.go_on_with_import(upload.id)
    upload = Import.get_by_id(upload.id)
    assert upload.state == "undone"
    assert "7 hồ sơ mới được gỡ" in upload.sentence
    assert "bỏ lớp 5C" in upload.sentence
    assert newcomers() == 0
    assert Person.get_by_id(cast.binh.id).address == ""
    undone = Change.select(Change.changeset).where(Change.source == "undo").distinct()
    assert undone.count() == 1
    assert [one for one in doctor.invariants() if one.level == "bad"] == []


def _killed_after_part(
    monkeypatch: pytest.MonkeyPatch, module: object, number: int, deed: Callable[[], None]
) -> None:
    """Do it in a process that is killed in the pause after this part."""
    database.close_database()

    def in_child() -> None:
        after_part(monkeypatch, module, number, lambda: os.kill(os.getpid(), signal.SIGKILL))
        with database.connected():
            deed()

    was_killed, _ = forked(in_child)
    assert was_killed
    database.db.connect(reuse_if_open=True)


def test_a_fault_in_a_later_part_stops_after_three_tries_and_says_so(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, client_of: ClientOf
) -> None:
    upload = long_list(cast)
    with monkeypatch.context() as patched:
        after_part(patched, applying, 1, lambda: at_fault(patched))
        imports.confirm(upload, by=cast.thu)
        for _ in range(under_way.TRIES):  # the first part succeeded
            assert not Import.get_by_id(upload.id).is_stopped
            later()
            jobs.go_on_with_import(upload.id)
    later()
    stopped = Import.get_by_id(upload.id)
    assert (stopped.is_stopped, newcomers(), imports.overdue()) == (True, 2, [])
    page = client_of(cast.thu).get(f"/imports/{upload.id}").text
    assert "Lưu tiếp phần còn lại" in page
    assert "Đang lưu" not in page
    assert "hx-get" not in page.partition('id="import-progress"')[2].partition(">")[0]
    client_of(cast.thu).post(f"/imports/{upload.id}/confirm", data={"all_or_nothing": "0"})
    whole(upload)


def test_what_was_written_of_a_stopped_file_can_be_taken_back(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, client_of: ClientOf
) -> None:
    upload = long_list(cast)
    with monkeypatch.context() as patched:
        after_part(patched, applying, 1, lambda: at_fault(patched))
        imports.confirm(upload, by=cast.thu)
    under_way.stop_after_crashes(Import.get_by_id(upload.id))
    client_of(cast.thu).post(f"/imports/{upload.id}/undo")
    upload = Import.get_by_id(upload.id)
    assert (upload.state, newcomers()) == ("undone", 0)
    assert "2 hồ sơ mới được gỡ" in client_of(cast.thu).get(f"/imports/{upload.id}").text


def test_a_way_back_that_meets_a_fault_stops_and_can_go_on(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, client_of: ClientOf
) -> None:
    upload = long_list(cast)
    imports.confirm(upload, by=cast.thu)
    with monkeypatch.context() as patched:
        patched.setattr(reverting.reverting, "revert_part", lambda *_, **__: 1 / 0)
        imports.queue_undo(upload, by=cast.thu)
        for _ in range(under_way.TRIES):
            imports.take_back(upload.id)
    assert Import.get_by_id(upload.id).is_stopped
    thu = client_of(cast.thu)
    assert "Gỡ tiếp phần còn lại" in thu.get(f"/imports/{upload.id}").text
    thu.post(f"/imports/{upload.id}/undo")
    assert Import.get_by_id(upload.id).state == "undone"


# all or nothing, and the same file twice


def test_all_or_nothing_is_one_part(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    after_part(monkeypatch, applying, 1, lambda: pytest.fail("there is a second part"))
    upload = long_list(cast)
    imports.set_all_or_nothing(upload, True)
    imports.confirm(upload, by=cast.thu)
    whole(upload)


def test_a_long_file_of_all_or_nothing_is_looked_through_before_its_first_part(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applying, "AT_ONCE", 3)
    upload = long_list(cast)
    imports.set_all_or_nothing(upload, True)
    people.change(cast.binh, "address", "Ấp 9", seen="", by=cast.lan)
    assert imports.confirm(upload, by=cast.thu) == {}
    upload = Import.get_by_id(upload.id)
    assert (upload.state, newcomers()) == ("checked", 0)
    assert "1 dòng vừa có người sửa hồ sơ" in upload.sentence


def test_the_same_file_is_not_written_beside_itself(cast: Cast) -> None:
    first, second = long_list(cast), long_list(cast)
    Import.update(sha256=first.sha256).execute()  # a workbook made anew bears another moment
    second = Import.get_by_id(second.id)
    imports.queue(first, by=cast.thu)
    assert not imports.queue(second, by=cast.thu)
    assert "Chính tệp này đang được lưu" in Import.get_by_id(second.id).sentence
    imports.write(first.id)
    assert imports.confirm(second, by=cast.thu) == {"stale": NEW, "unchanged": 2}
