"""Large files are read and written by the worker, and a whole file is taken back."""

from typing import Any

import pytest

from idapp import imports, jobs, notices, people
from idapp.imports import intake
from idapp.imports.judging import judge
from idapp.models import Change, Import, ImportRow, Person
from idapp.settings import Settings
from tests.cast import Cast
from tests.test_import_decisions import CHILD, OWN_WORDS, asked
from tests.test_imports import (
    book,
    fresh,
    judged,
    line,
    newcomer,
    read,
    verdicts,
)

pytestmark = pytest.mark.usefixtures("few_places")


def test_what_is_asked_for_twice_is_written_once_and_a_crash_leaves_nothing(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = read(
        [newcomer(), line(school_class="5A", ministry_code="1000000002", address="Ấp 3")], cast.thu
    )
    assert imports.queue(upload, by=cast.thu)
    assert not imports.queue(upload, by=cast.thu)
    with monkeypatch.context() as patched:
        patched.setattr(
            people, "add_many", lambda *a, **k: (_ for _ in ()).throw(KeyboardInterrupt)
        )
        with pytest.raises(KeyboardInterrupt):  # the worker is killed
            imports.write(upload.id)
    assert Import.get_by_id(upload.id).state == "writing"
    assert fresh(cast.binh).address == ""
    assert imports.overdue() == [upload.id]
    jobs.go_on_with_import(upload.id)
    jobs.go_on_with_import(upload.id)
    upload = Import.get_by_id(upload.id)
    assert (upload.state, imports.applied(upload)) == ("confirmed", {"created": 1, "changed": 1})
    assert Person.select().where(Person.full_name == "Bùi Thị Dung").count() == 1
    assert imports.overdue() == []


def test_a_fault_puts_the_file_back_and_says_so(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = read([newcomer()], cast.thu)
    imports.queue(upload, by=cast.thu)
    monkeypatch.setattr(people, "add_many", lambda *a, **k: 1 / 0)
    imports.write(upload.id)
    upload = Import.get_by_id(upload.id)
    assert upload.state == "checked"
    assert "chưa có gì được lưu" in upload.sentence


def test_after_three_crashes_it_stops(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    upload = read([newcomer()], cast.thu)
    imports.queue(upload, by=cast.thu)
    monkeypatch.setattr(
        people, "add_many", lambda *a, **k: (_ for _ in ()).throw(KeyboardInterrupt)
    )
    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            imports.write(upload.id)
    imports.write(upload.id)
    assert Import.get_by_id(upload.id).state == "checked"


def large(cast: Cast, monkeypatch: pytest.MonkeyPatch, data: bytes) -> Import:
    """Sent from the browser, and too long for the page to wait."""
    monkeypatch.setattr(intake, "LARGE_BYTES", 100)
    upload = asked(cast, data)
    assert (upload.state, ImportRow.select().count()) == ("reading", 0)
    assert imports.overdue() == []
    return upload


def test_a_large_file_is_read_by_the_worker_once(
    cast: Cast, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = large(cast, monkeypatch, book([newcomer()]))
    with monkeypatch.context() as patched:
        patched.setattr(intake, "judge", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):  # the worker is killed
            jobs.go_on_with_import(upload.id)
    assert imports.overdue() == [upload.id]
    jobs.go_on_with_import(upload.id)
    jobs.go_on_with_import(upload.id)
    upload = Import.get_by_id(upload.id)
    assert (upload.state, verdicts(upload), imports.overdue()) == ("checked", ["new"], [])
    assert list((settings.data / "uploads").iterdir()) == []


def test_who_asks_again_while_a_file_is_read_is_no_further_try(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = large(cast, monkeypatch, book([newcomer()]))

    def judge_while_others_click(*given: Any) -> Any:
        for _ in range(4):
            imports.go_on(upload.id)
        return judge(*given)

    monkeypatch.setattr(intake, "judge", judge_while_others_click)
    imports.go_on(upload.id)
    upload = Import.get_by_id(upload.id)
    assert (upload.state, verdicts(upload), upload.sentence) == ("checked", ["new"], "")


def test_a_large_file_asks_too_and_is_read_on_after_the_answer(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = large(cast, monkeypatch, book([CHILD], OWN_WORDS))
    imports.go_on(upload.id)
    upload = Import.get_by_id(upload.id)
    assert upload.state == "asking"
    keys = {c["key"]: c["guess"] for c in upload.questions[0]["columns"]}
    assert imports.answer(upload, columns=keys, anyway=(), by=cast.thu).state == "reading"
    imports.go_on(upload.id)
    assert Import.get_by_id(upload.id).state == "checked"


def test_a_large_file_that_cannot_be_read_says_why_and_goes(
    cast: Cast, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = large(cast, monkeypatch, book([["1", "2"]], ("Món ăn", "Giá")))
    imports.go_on(upload.id)
    upload = Import.get_by_id(upload.id)
    assert upload.state == "dropped"
    assert "không có cột Họ tên" in upload.sentence
    assert list((settings.data / "uploads").iterdir()) == []


def test_a_large_file_dropped_meanwhile_stays_dropped(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = large(cast, monkeypatch, book([newcomer()]))

    def drops_first(*said: Any) -> Any:
        imports.drop(upload, by=cast.thu)
        return judge(*said)

    monkeypatch.setattr(intake, "judge", drops_first)
    imports.go_on(upload.id)
    assert (Import.get_by_id(upload.id).state, ImportRow.select().count()) == ("dropped", 0)


# taking it back


def test_a_whole_file_is_taken_back_and_can_come_again(cast: Cast) -> None:
    rows = [newcomer(), line(school_class="5B", ministry_code="1000000002", address="Ấp 3")]
    upload = read(rows, cast.thu)
    imports.confirm(upload, by=cast.thu)
    assert fresh(cast.binh).school_class == cast.class_5b
    imports.undo(Import.get_by_id(upload.id), by=cast.thu)
    upload, binh = Import.get_by_id(upload.id), fresh(cast.binh)
    assert upload.state == "undone"
    assert "1 hồ sơ mới" in upload.sentence
    assert (binh.address, binh.school_class) == ("", cast.class_5a)
    assert not Person.get(Person.full_name == "Bùi Thị Dung").active
    with pytest.raises(imports.NotUndone):
        imports.undo(upload, by=cast.thu)
    again = read(rows, cast.thu)
    imports.confirm(again, by=cast.thu)
    assert Person.select().where(Person.full_name == "Bùi Thị Dung").count() == 1
    assert Person.get(Person.full_name == "Bùi Thị Dung").active
    assert fresh(cast.binh).address == "Ấp 3"


def test_what_somebody_edited_since_stays_and_is_told(cast: Cast) -> None:
    upload = read(
        [line(school_class="5A", ministry_code="1000000002", address="Ấp 3", gender="Nữ")], cast.thu
    )
    imports.confirm(upload, by=cast.thu)
    people.change(cast.binh, "address", "Ấp 9", seen="Ấp 3", by=cast.lan)
    imports.undo(Import.get_by_id(upload.id), by=cast.thu)
    binh = fresh(cast.binh)
    assert (binh.address, binh.gender) == ("Ấp 9", "Nam")
    assert "Trần Văn Bình (Tổ/Thôn/Xóm)" in Import.get_by_id(upload.id).sentence
    assert Change.select().where(Change.event == "import.undone").count() == 1


def applied(upload: Import) -> dict[str, str]:
    return {row.values["full_name"]: row.applied for row in judged(upload)}


def test_a_notice_the_system_opened_by_itself_keeps_nobody(cast: Cast) -> None:
    names = ("Bùi Thị Dung", "Bùi Thị Em")
    upload = read([newcomer(full_name=name, identity_number=None) for name in names], cast.thu)
    imports.confirm(upload, by=cast.thu)
    dung, em = (Person.get(Person.full_name == name) for name in names)
    notices.sync_cases()  # the worker, a second later
    assert notices.open_case(dung)
    assert notices.open_case(em)
    notices.set_progress(em, "asked", by=cast.lan)
    imports.undo(Import.get_by_id(upload.id), by=cast.thu)
    assert not fresh(dung).active
    assert fresh(em).active
    upload = Import.get_by_id(upload.id)
    assert "1 hồ sơ mới" in upload.sentence
    assert "Bùi Thị Em" in upload.sentence
    assert applied(upload) == {"Bùi Thị Dung": "created", "Bùi Thị Em": "created_kept"}


def test_a_file_of_which_nothing_goes_back_is_not_called_undone(cast: Cast) -> None:
    upload = read([newcomer(identity_number=None)], cast.thu)
    imports.confirm(upload, by=cast.thu)
    people.change(
        Person.get(Person.full_name == "Bùi Thị Dung"), "address", "Ấp 9", seen="", by=cast.lan
    )
    with pytest.raises(imports.NotUndone, match="Bùi Thị Dung"):
        imports.undo(Import.get_by_id(upload.id), by=cast.thu)
    assert Import.get_by_id(upload.id).state == "confirmed"
    assert not Change.select().where(Change.event == "import.undone").exists()


def test_a_row_of_which_some_cells_stayed_says_so(cast: Cast) -> None:
    upload = read(
        [line(school_class="5A", ministry_code="1000000002", address="Ấp 3", gender="Nữ")], cast.thu
    )
    imports.confirm(upload, by=cast.thu)
    people.change(cast.binh, "address", "Ấp 9", seen="Ấp 3", by=cast.lan)
    imports.undo(Import.get_by_id(upload.id), by=cast.thu)
    assert [row.applied for row in judged(upload)] == ["changed_part"]
