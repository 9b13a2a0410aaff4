"""No deed of everyday goes through a table that grows with the school (bar L4).

SQLite plans without statistics here (nobody runs ANALYZE): the plans of a small school are those of a large one.
"""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from idapp import verification
from idapp.models import Person, User
from tests.cast import Cast, number_for
from tests.statements import counted, planned

pytestmark = pytest.mark.sqlite("reads SQLite's own plan")
ClientOf = Callable[[User], FlaskClient]
GROWING = {
    "person", "change", "batch_item", "attempt", "paper_case", "scan", "explanation", "entry_paper", "transfer",
    "import_row", "former_number", "entered_change", "register_error", "appointment", "card_photo", "session",
    "year_move", "distinct_pair", "snapshot",
}  # fmt: skip
# Half of all records have the same kind, or are active: going through them by an index is going through the table.
_BY_A_STATE = re.compile(
    r"SEARCH \w+ USING (?:COVERING )?INDEX (?:person_standing|person_in_need) "
)
_BY_A_COMMON_VALUE = re.compile(
    r"SEARCH (\w+) USING (?:COVERING )?INDEX (\w+) \((?:kind|active)=\?\)"
)
_SCAN = re.compile(r"SCAN (\w+)(?: USING (?:COVERING )?INDEX (\w+))?")
# counts of everybody; newest first and one page long; only what is open, or lacks a code, stands in the last ones
_MAY = {"person_standing", "person_without_code", "batch_item_open_person", "notice_open_person", "entry_paper_owed",
        "change_backup_made", "explanation_open_person", "register_error_open_person", "person_in_need",
        "notice_open_state"}  # fmt: skip


def test_a_teachers_deeds_touch_the_own_class_only(cast: Cast, client_of: ClientOf) -> None:
    lan, table = client_of(cast.lan), f"/classes/{cast.class_5a.id}"
    assert not went_through(lambda: opened(lan, table))
    assert not went_through(lambda: opened(lan, "/notices"))
    assert not went_through(lambda: opened(lan, "/classes"))
    assert not went_through(lambda: opened(lan, f"/people/{cast.an.id}"))
    address = {"value": "Ấp 7", "seen": cast.an.address}
    cell = f"/people/{cast.an.id}/cells/address"
    assert not went_through(lambda: sent(lan, cell, address))
    number = {"value": number_for(2012, "Nam", 77), "seen": ""}
    cell = f"/people/{cast.binh.id}/cells/identity_number"
    assert not went_through(lambda: sent(lan, cell, number))
    pasted = {"anchor_person": cast.an.id, "anchor_field": "address", "tsv": "Ấp 8\nẤp 9"}
    assert not went_through(lambda: sent(lan, f"{table}/paste", pasted))


def test_no_page_of_a_teacher_goes_through_a_state_of_the_school(
    cast: Cast, client_of: ClientOf
) -> None:
    """Most of a school may be in one state."""
    lan = client_of(cast.lan)
    for path in (f"/classes/{cast.class_5a.id}", "/notices", "/classes", "/progress"):
        with planned() as plans:
            opened(lan, path)
        steps = [f"{step}: {sql}" for sql, steps in plans for step in steps]
        assert not [step for step in steps if _BY_A_STATE.match(step)], path


def test_what_a_saved_cell_asks_is_planned_once(cast: Cast, client_of: ClientOf) -> None:
    """SQLite plans a statement anew each time a value comes for its LIMIT."""
    lan = client_of(cast.lan)
    address = {"value": "Ấp 7", "seen": cast.an.address}
    with counted() as statements:
        sent(lan, f"/people/{cast.an.id}/cells/address", address)
    limited = [sql for sql in statements if "LIMIT" in sql]
    assert limited
    assert not [sql for sql in limited if "LIMIT ?" in sql]


def test_the_offices_everyday_pages_go_through_nothing(cast: Cast, client_of: ClientOf) -> None:
    hoa, thu = client_of(cast.hoa), client_of(cast.thu)
    batch = verification.start("school", by=cast.hoa)
    paths = ("/history", f"/people/{cast.an.id}", f"/classes/{cast.class_5a.id}",
             f"/batches/{batch.id}/progress")  # fmt: skip
    for path in paths:
        assert not went_through(lambda path=path: opened(hoa, path)), path
    assert not went_through(lambda: opened(thu, f"/people/{cast.an.id}/history"))


def test_what_counts_everybody_reads_an_index_and_no_record(
    cast: Cast, client_of: ClientOf
) -> None:
    hoa, thu = client_of(cast.hoa), client_of(cast.thu)
    assert not went_through(lambda: opened(hoa, "/progress"))
    assert not went_through(lambda: opened(thu, "/classes"))
    assert not went_through(lambda: opened(hoa, "/batches/new"))
    assert not went_through(lambda: opened(thu, "/notices"))


def test_the_watch_itself_sees_a_scan_and_a_search_by_a_common_value(cast: Cast) -> None:
    assert went_through(lambda: list(Person.select().where(Person.address == "Ấp 1")))
    assert went_through(lambda: list(Person.select().where(Person.kind == "student")))


def opened(client: FlaskClient, path: str) -> None:
    answer = client.get(path, headers={"HX-Request": "true"} if "progress" in path else {})
    assert answer.status_code == 200


def sent(client: FlaskClient, path: str, form: dict[str, object]) -> None:
    answer = client.post(path, data=form, headers={"HX-Request": "true"})
    assert answer.status_code == 200


def went_through(deed: Callable[[], object]) -> list[str]:
    """The statements of a deed that read a growing table from end to end."""
    with planned() as plans:
        deed()
    assert plans
    return [f"{step}: {sql}" for sql, steps in plans for step in steps if _is_whole(step, sql)]


def _is_whole(step: str, sql: str) -> bool:
    """Is this step of a plan one through a whole table? It names tables by their alias in the statement."""
    found = _BY_A_COMMON_VALUE.match(step) or _SCAN.match(step)
    if found is None or _table(found[1], sql) not in GROWING:
        return False
    return found[2] not in _MAY and not _is_one_page(sql)


def _table(alias: str, sql: str) -> str:
    named = re.search(rf'"(\w+)" AS "{alias}"', sql)
    return named[1] if named else alias


def _is_one_page(sql: str) -> bool:
    """The newest or oldest rows by their id: reading ends with the page."""
    return re.search(r'ORDER BY "t1"."id"(?: DESC)? LIMIT (?:\?|1)$', sql.strip()) is not None
