"""The same deed from several hands at the same moment: done once, told once, and every invariant holds afterwards."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from typing import Any

import peewee
import pytest
from flask.testing import FlaskClient

from idapp import doctor, imports, people, verification
from idapp.database import db
from idapp.imports import applying, under_way
from idapp.models import (
    Batch,
    BatchItem,
    Change,
    Explanation,
    Import,
    PaperCase,
    Person,
    SchoolClass,
    User,
)
from idapp.notices import explanations
from idapp.people import membership, undoing
from tests.cast import Cast

HANDS = 6
Browser = Callable[[User], FlaskClient]


@pytest.fixture(autouse=True)
def sound_afterwards(cast: Cast) -> Iterator[None]:
    yield
    assert [f.sentence for f in doctor.invariants() if f.level != "ok"] == []


def at_once(deed: Callable[[int], Any], hands: int = HANDS) -> list[Any]:
    """What each of them got; a deed that raised gives its exception."""
    gate, got = threading.Barrier(hands), [None] * hands

    def go(hand: int) -> None:
        gate.wait()
        try:
            got[hand] = deed(hand)
        except Exception as error:
            got[hand] = error
        finally:
            db.close()

    threads = [threading.Thread(target=go, args=(hand,)) for hand in range(hands)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return got


def posts(user: User, client_of: Browser, path: str, **data: object) -> list[Any]:
    browsers = [client_of(user) for _ in range(HANDS)]
    return at_once(lambda hand: browsers[hand].post(path, data=data).status_code)


def happened(event: str) -> int:
    return int(Change.select().where(Change.event == event).count())


def test_each_undo_takes_back_one_step(cast: Cast, client_of: Browser) -> None:
    for text, seen in (("Ấp 1", cast.an.address), ("Ấp 2", "Ấp 1"), ("Ấp 3", "Ấp 2")):
        people.change(cast.an, "address", text, seen=seen, by=cast.lan)
    browsers = [client_of(cast.lan) for _ in range(2)]
    at_once(
        lambda hand: browsers[hand].post("/undo", data={"table": cast.class_5a.id}).status_code,
        hands=2,
    )
    assert Person.get_by_id(cast.an.id).address == "Ấp 1"
    undone = Change.select().where(Change.person == cast.an, Change.source == "undo")
    assert [(c.old, c.new) for c in undone.order_by(Change.id)] == [
        ("Ấp 3", "Ấp 2"),
        ("Ấp 2", "Ấp 1"),
    ]


def test_a_file_is_written_once_and_taken_back_once(cast: Cast, client_of: Browser) -> None:
    lines = "".join(f"Nguyễn Thị Mới {letter},21/02/2012,Nữ,5A\n" for letter in "ABCDEF")
    sheet = io.BytesIO(("Họ và tên,Ngày sinh,Giới tính,Lớp\n" + lines).encode())
    client_of(cast.lan).post("/imports", data={"file": (sheet, "lop.csv")})
    upload, before = Import.get(), Person.select().count()
    assert posts(cast.lan, client_of, f"/imports/{upload.id}/confirm") == [303] * HANDS
    assert (Person.select().count() - before, happened("import.confirmed")) == (6, 1)
    assert posts(cast.lan, client_of, f"/imports/{upload.id}/undo") == [303] * HANDS
    assert Person.select().where(Person.state == membership.MISTAKEN).count() == 6
    assert (Import.get().state, happened("import.undone")) == ("undone", 1)


def test_who_joins_in_is_no_further_try(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three more clicks while the first one is still before its first row: the file was put back, unwritten."""
    upload = imports.read_bytes(
        "Họ và tên,Lớp\nNguyễn Thị Mới,5A\n".encode(), "lop.csv", by=cast.lan
    )
    before = Person.select().count()
    clicks = iter(range(under_way.TRIES))
    as_ever = applying._write_parts

    def write_while_others_click(now: Import) -> None:
        for _ in clicks:
            imports.go_on(now.id)
        as_ever(now)

    monkeypatch.setattr(applying, "_write_parts", write_while_others_click)
    imports.confirm(upload, by=cast.lan)
    assert (Import.get().state, Person.select().count() - before) == ("confirmed", 1)


def test_one_file_confirmed_and_dropped(cast: Cast) -> None:
    upload = imports.read_bytes(
        "Họ và tên,Lớp\nNguyễn Thị Mới,5A\n".encode(), "lop.csv", by=cast.lan
    )
    before = Person.select().count()
    at_once(lambda hand: (imports.confirm if hand % 2 else imports.drop)(upload, by=cast.lan))
    written = Person.select().count() - before
    assert (Import.get().state, written) in (("confirmed", 1), ("dropped", 0))


def test_one_batch_whoever_starts_it(cast: Cast) -> None:
    got = at_once(lambda hand: verification.start("school", by=cast.hoa).id)
    assert len(set(got)) == 1
    assert Batch.select().count() == 1
    assert BatchItem.select().count() == 3
    assert happened("batch.started") == 1


def test_one_batch_prepared(cast: Cast, client_of: Browser) -> None:
    posts(cast.thu, client_of, "/batches", scope="school", which="ready")
    assert [batch.state for batch in Batch.select()] == ["prepared"]


def test_one_newcomer_one_account_one_class_one_case(cast: Cast, client_of: Browser) -> None:
    pupil = {
        "full_name": "Võ Thị Lặp",
        "ministry_code": "1000000099",
        "date_of_birth": "01/02/2012",
    }
    assert (
        sorted(posts(cast.lan, client_of, f"/classes/{cast.class_5a.id}/people", **pupil))
        == [303] + [422] * 5
    )
    account = {
        "username": "moi",
        "full_name": "Mới",
        "role": "teacher",
        "password": "rat-dai-va-kho",
    }
    assert sorted(posts(cast.hoa, client_of, "/settings/accounts", **account)) == [302] + [422] * 5
    assert sorted(posts(cast.thu, client_of, "/settings/classes", names="5C")) == [303] + [422] * 5
    posts(cast.lan, client_of, f"/notices/{cast.binh.id}/note", note="chờ giấy")
    assert Person.select().where(Person.ministry_code == "1000000099").count() == 1
    assert SchoolClass.select().where(SchoolClass.name == "5C").count() == 1
    assert PaperCase.select().where(PaperCase.person == cast.binh).count() == 1


def test_one_save_of_many_wins(cast: Cast, client_of: Browser) -> None:
    browsers = [client_of(cast.lan) for _ in range(HANDS)]
    path = f"/people/{cast.an.id}/cells/address"
    ask = {"seen": cast.an.address}
    got = at_once(
        lambda hand: browsers[hand].post(path, data=ask | {"value": f"Nhà {hand}"}).status_code
    )
    assert sorted(got) == [200] + [409] * 5
    assert Person.get_by_id(cast.an.id).version == cast.an.version + 1


def test_an_explanation_is_approved_once(cast: Cast, client_of: Browser) -> None:
    one = explanations.propose(cast.binh, reason="other", note="chờ", evidence="", by=cast.lan)
    assert posts(cast.hoa, client_of, "/explanations/approve", explanation=one.id) == [303] * HANDS
    assert happened("explanation.approved") == 1


def test_what_was_withdrawn_meanwhile_is_not_approved(cast: Cast) -> None:
    one = explanations.propose(cast.binh, reason="other", note="chờ", evidence="", by=cast.lan)
    on_the_page = list(explanations.listed(cast.hoa))
    explanations.withdraw(one, by=cast.lan)
    assert explanations.approve(on_the_page, by=cast.hoa) == 0
    assert Explanation.get().state == "withdrawn"
    assert Person.get_by_id(cast.binh.id).status != "explained"


def test_undo_of_an_edit_does_not_bring_back_the_verification(cast: Cast) -> None:
    """Invariants 1 and 3: the record counts as confirmed only with the very values that were confirmed."""
    batch = verification.start("school", by=cast.hoa)
    assert Person.get_by_id(cast.an.id).status == "sent"
    people.change(cast.an, "full_name", "Nguyễn Thị Ân", seen=cast.an.full_name, by=cast.lan)
    undoing.undo(Person.select().where(Person.school_class == cast.class_5a), by=cast.lan)
    verification.stop(batch, by=cast.hoa)
    assert Person.get_by_id(cast.an.id).full_name == "Nguyễn Thị An"
    assert Person.get_by_id(cast.an.id).status != "verified"


REWRITING = [
    "UPDATE change SET new = 'x'",
    "DELETE FROM change",
    pytest.param("REPLACE INTO change (id) VALUES (1)", marks=pytest.mark.sqlite("REPLACE")),
]


@pytest.mark.parametrize("attack", REWRITING)
def test_the_history_cannot_be_rewritten(attack: str, cast: Cast) -> None:
    before = list(Change.select().order_by(Change.id).dicts())
    with pytest.raises(peewee.PeeweeException):
        db.execute_sql(attack)
    assert list(Change.select().order_by(Change.id).dicts()) == before
