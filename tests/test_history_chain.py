"""The history as a chain: what a foreign hand does to the database is found, and where; and nothing else is.

The hands here are those of somebody with a plain shell: no trigger of ours, on SQLite no recursive_triggers.
"""

import hashlib
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from idapp import audit, backup, doctor, history_chain, history_heads, people, privacy
from idapp.database import connected, db
from idapp.history_chain import Break, Head, Said
from idapp.models import Change, Person
from idapp.people import Edit
from idapp.settings import Settings, use
from tests import postgresql, shells
from tests.cast import Cast

Shell = Callable[..., None]
TRIGGERS = ("change_no_update", "change_no_delete", "change_no_replace")
REPLACES = pytest.mark.sqlite("REPLACE")
INSERT = (
    "INSERT INTO change (id, at, event, subject, undoes, verb, field, old, new, typed, source, changeset, address,"
    " seal, link) SELECT ?, at, event, 'x', undoes, verb, field, old, new, typed, source, changeset, address, ?, ?"
    " FROM change ORDER BY id LIMIT 1"
)


@pytest.fixture
def shell(cast: Cast, settings: Settings) -> Shell:
    """Runs statements beside the program, with the triggers taken away first unless they stay."""
    people.change_many(
        [Edit(cast.an, "address", f"Ấp {number}") for number in range(3)],
        by=cast.lan,
        source="typed",
    )

    def run(*statements: str, triggers_stay: bool = False) -> None:
        db.close()
        with shells.shell(settings) as connection:
            if not triggers_stay:
                _take_triggers_away(connection, settings)
            for statement in statements:
                connection.execute(statement)
        db.connect()

    return run


def _take_triggers_away(connection: Any, settings: Settings) -> None:
    if not settings.sqlite_file:
        connection.execute("ALTER TABLE change DISABLE TRIGGER USER")
        return
    for name in TRIGGERS:
        connection.execute(f"DROP TRIGGER {name}")


def last() -> int:
    return history_chain.head().id


def test_everything_the_school_did_is_one_chain(cast: Cast, shell: Shell) -> None:
    nul = "" if postgresql.is_used() else "\x00"  # no server keeps it
    audit.record("test", by=None, new=f"‮ {nul} \" 'ệ' 😀", typed="\n")
    audit.record_many("test", [(cast.an.id, "a", "b"), (cast.binh.id, "", "c")], by=cast.hoa)
    audit.record_many("test", [], by=cast.hoa)
    assert Change.select().count() == last() > 20
    assert history_chain.examine() is None
    assert Change.select(Change.seal).distinct().count() == last()


def test_the_form_of_a_link_never_changes() -> None:
    said = Said(
        "2026-11-30 07:05:09.000001",
        3,
        "person.changed",
        17,
        "",
        "",
        "",
        "full_name",
        "Nguyễn Thị An",
        "Nguyễn Thị Ân",
        "NGUYỄN THỊ ÂN",
        "typed",
        "4f2a",
        2,
        "192.0.2.7",
    )
    texts = history_chain.texts_hash("00" * 16, said.old, said.new, said.typed)
    assert texts == "d16dcb2783ad9264a9a3421207f7e3cf0d852235e12a0ced708b9d8b05bdea94"
    link = history_chain.link_of("ab" * 32, 5, said, texts)
    assert link == "d9fa6fd3a786346e8da465294b727f44871bd4fff62dae37551ff4f90aed24f3"


@given(st.lists(st.text(st.characters(exclude_categories=[])), min_size=3, max_size=3))
@example(["", '"\\', "\x00\n\u2028"])
def test_texts_are_hashed_as_the_page_about_the_chain_says(texts: list[str]) -> None:
    """``SHA256(seal + JSON[old, new, typed])``, whatever stands in them."""
    try:
        written = ("00" + json.dumps(texts, ensure_ascii=False, separators=(",", ":"))).encode()
    except UnicodeEncodeError:  # half a letter, which no database takes
        with pytest.raises(UnicodeEncodeError):
            history_chain.texts_hash("00", *texts)
        return
    assert history_chain.texts_hash("00", *texts) == hashlib.sha256(written).hexdigest()


@pytest.mark.parametrize(
    ("statement", "how", "behind"),
    [
        ("UPDATE change SET new = 'x' WHERE id = 4", "changed", 4),
        ("UPDATE change SET user_id = 1 WHERE id = 1", "changed", 1),
        ("UPDATE change SET at = '2020-01-01 00:00:00' WHERE id = 9", "changed", 9),
        (
            "UPDATE change SET address = '192.0.2.9' WHERE id = (SELECT MAX(id) FROM change)",
            "changed",
            0,
        ),
        ("UPDATE change SET link = '' WHERE id = 4", "foreign", 4),
        (f"UPDATE change SET link = '{'c' * 64}' WHERE id = 4", "changed", 4),
        ("DELETE FROM change WHERE id = 4", "removed", 5),
        ("DELETE FROM change WHERE id BETWEEN 4 AND 9", "removed", 10),
        ("DELETE FROM change WHERE id < 3", "removed", 3),
        ("INSERT INTO change (at, event) VALUES ('2026-01-01 00:00:00', 'x')", "", 0),
        (
            INSERT.replace("?", "-7", 1).replace("?", f"'{'a' * 32}'").replace("?", "'b'"),
            "changed",
            -7,
        ),
    ],
)
def test_a_foreign_hand_is_found_where_it_was(
    shell: Shell, settings: Settings, statement: str, how: str, behind: int
) -> None:
    try:
        shell(statement)
    except shells.refusals(settings):  # a column without a value
        assert not how
        return
    assert history_chain.examine() == Break(behind or last(), how)  # type: ignore[arg-type]
    bad = {
        finding.name: finding.sentence for finding in doctor.invariants() if finding.level == "bad"
    }
    assert f"òng {behind or last()} của nhật ký" in bad["chain"]
    audit.record("test", by=None)  # work goes on, and the place stays found
    assert history_chain.examine().id <= last() - 1  # type: ignore[union-attr]


def test_a_row_that_no_verb_wrote_is_foreign(shell: Shell) -> None:
    Change.create(id=last() + 1, event="test")
    assert history_chain.examine() == Break(last(), "foreign")


def test_what_is_cut_off_the_end_is_missing_from_the_kept_head(
    shell: Shell, settings: Settings
) -> None:
    use(settings)
    history_heads.keep(settings)
    assert _head_level() == "ok"
    kept = history_heads.kept_head(settings)
    shell(f"DELETE FROM change WHERE id > {last() - 2}")
    assert history_chain.examine() is None  # the rest fits together
    assert _head_level() == "bad"
    for _ in range(5):
        audit.record("test", by=None)
    history_heads.keep(settings)  # the maintenance does not cover it up
    assert history_heads.kept_head(settings) == kept
    assert _head_level() == "bad"


def _head_level() -> str:
    return next(finding.level for finding in doctor.invariants() if finding.name == "head")


def test_a_chain_written_anew_does_not_have_the_kept_head(shell: Shell, settings: Settings) -> None:
    use(settings)
    history_heads.keep(settings)
    shell("UPDATE change SET new = 'x' WHERE id = 4")
    link = ""
    for row, id_, seal, _ in list(history_chain._stored()):
        texts = history_chain.texts_hash(seal, row.old, row.new, row.typed)
        link = history_chain.link_of(link, id_, row, texts)
        Change.update(link=link).where(Change.id == id_).execute()
    assert history_chain.examine() is None
    assert _head_level() == "bad"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE change SET new = 'x' WHERE id = 4",
        "UPDATE change SET new = '' WHERE id = 4",
        "UPDATE change SET old = '', new = '', typed = '', seal = '', link = '' WHERE id = 4",
        f"UPDATE change SET old = '', new = '', typed = '', seal = '{'a' * 64}', event = 'x' WHERE id = 4",
        pytest.param(
            f"UPDATE OR REPLACE change SET id = 5, old = '', new = '', typed = '', seal = '{'a' * 64}' WHERE id = 4",
            marks=REPLACES,
        ),
        "DELETE FROM change WHERE id = 4",
        "INSERT INTO change SELECT * FROM change WHERE id = 4 ON CONFLICT (id) DO UPDATE SET new = 'x'",
        pytest.param(
            "INSERT OR REPLACE INTO change SELECT * FROM change WHERE id = 4", marks=REPLACES
        ),
        pytest.param(
            "REPLACE INTO change SELECT * FROM change WHERE id = (SELECT MAX(id) FROM change)",
            marks=REPLACES,
        ),
    ],
)
def test_no_plain_shell_gets_past_the_triggers(
    shell: Shell, settings: Settings, statement: str
) -> None:
    """Also one without recursive_triggers, in which REPLACE deletes without asking the trigger of DELETE."""
    before = list(Change.select().order_by(Change.id).dicts())
    with pytest.raises(shells.refusals(settings), match="append only"):
        shell(statement, triggers_stay=True)
    db.connect(reuse_if_open=True)
    assert list(Change.select().order_by(Change.id).dicts()) == before


def test_erased_texts_are_gone_and_the_chain_holds(
    cast: Cast, shell: Shell, settings: Settings
) -> None:
    name = cast.an.full_name
    assert audit.erase_texts(cast.an, by=cast.hoa, why="request 7") == 9
    rows = Change.select().where(
        Change.person == cast.an, Change.event != history_chain.ERASED_EVENT
    )
    assert {(row.old, row.new, row.typed) for row in rows} == {("", "", "")}
    assert name not in str(privacy.everything_about(cast.an)["change"])
    assert history_chain.examine() is None
    assert audit.erase_texts(cast.an, by=cast.hoa, why="request 7") == 2  # what came since


def test_texts_that_somebody_erased_without_a_word_are_found(cast: Cast, shell: Shell) -> None:
    row = Change.get_by_id(4)
    history_hash = history_chain.texts_hash(row.seal, row.old, row.new, row.typed)
    shell(
        f"UPDATE change SET old = '', new = '', typed = '', seal = '{history_hash}' WHERE id = 4",
        triggers_stay=True,
    )
    assert history_chain.examine() == Break(4, "erased")


def test_two_who_write_at_once_do_not_follow_the_same_row(cast: Cast) -> None:
    def work(person: Person) -> None:
        with connected():
            for number in range(20):
                audit.record("test", by=cast.lan, person=person, new=str(number))
                people.change_many(
                    [Edit(person, "address", f"Ấp {number}")], by=cast.lan, source="typed"
                )

    threads = [threading.Thread(target=work, args=[each]) for each in (cast.an, cast.chi)]
    before = last()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert last() == before + 80 == Change.select().count()
    assert history_chain.examine() is None


@pytest.mark.usefixtures("quickly_sealed")
def test_a_backup_says_its_head_and_brings_it_along(cast: Cast, settings: Settings) -> None:
    use(settings)
    history_heads.keep(settings)
    target = settings.data.parent / "truong.idbak"
    content = backup.make(target, "con trâu đi trước cái cày", settings)
    at_backup = history_heads.from_text(content.head)
    assert isinstance(at_backup, Head)
    audit.record("test", by=None)
    history_heads.keep(settings)
    db.close()
    backup.restore(target, "con trâu đi trước cái cày", settings, force=True)
    assert history_chain.is_whole_since(at_backup)
    assert _head_level() == "ok"
    assert history_chain.head().id == at_backup.id + 1  # that it was restored
