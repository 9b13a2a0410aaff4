"""Newer lists of places without a release: taken over whole, followed by the records, and given back."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from idapp import backup, doctor, exports, maintenance, people, place_sets
from idapp.models import Change, Person
from idapp.people import epochs
from idapp.place_sets import SHIPPED, SetRefused, keeping, loading, syncing
from idapp.place_sets.reading import read, read_path
from idapp.rules import places, record
from idapp.settings import Settings, use
from tests.cast import Cast
from tests.place_files import CHANGES, CITY, LATER, changes, text_of, zipped

HOME = ("Tỉnh Tây Ninh", "", "Xã Mỹ An")


@pytest.fixture
def two_levels(cast: Cast) -> Cast:
    """The cast's school after the reform: An lives in Xã Mỹ An, Tỉnh Tây Ninh."""
    epochs.go_on(epochs.begin("2level", by=cast.hoa).id)
    place_sets.sync_records(by=None)
    return cast


def home_of(person: Person) -> tuple[str, ...]:
    now = Person.get_by_id(person.id)
    return tuple(getattr(now, level) for level in places.LEVELS)


def load(text: str, cast: Cast, file: str = CHANGES) -> loading.Loaded:
    return place_sets.load({file: text}, file_name="danh-muc.csv", by=cast.thu)


def newest(event: str) -> Change:
    return Change.select().where(Change.event == event).order_by(Change.id.desc()).get()


def on_day(day: date, settings: Settings) -> None:
    """The clock of this process goes on."""
    use(replace(settings, fixed_today=day))


# --- the records follow ---


def test_records_bear_the_new_name_after_loading(two_levels: Cast) -> None:
    assert home_of(two_levels.an) == HOME
    loaded = load(changes(CITY), two_levels)
    assert loaded.records == Person.select().count()
    assert home_of(two_levels.an) == ("Thành phố Tây Ninh", "", "Xã Mỹ An")
    assert Person.get_by_id(two_levels.an.id).errors == 0


def test_the_old_name_is_still_understood_when_typed(two_levels: Cast) -> None:
    load(changes(CITY), two_levels)
    an = Person.get_by_id(two_levels.an.id)
    people.change(an, "province", "Tỉnh Tây Ninh", seen=an.province, by=two_levels.lan)
    assert Person.get_by_id(an.id).province == "Thành phố Tây Ninh"


def test_a_new_name_holds_from_its_day_on(two_levels: Cast, settings: Settings) -> None:
    load(changes(CITY, LATER), two_levels)
    assert home_of(two_levels.an)[2] == "Xã Mỹ An"
    on_day(date(2022, 10, 19), settings)
    maintenance.run()
    assert home_of(two_levels.an)[2] == "Xã Mỹ An"
    on_day(date(2022, 10, 20), settings)
    maintenance.run()
    assert home_of(two_levels.an)[2] == "Phường Mỹ An"
    assert newest("places.names").user is None


def test_who_is_verified_stays_verified(two_levels: Cast) -> None:
    an = Person.get_by_id(two_levels.an.id)
    as_asked = record.identity_hash(people.values_of(an), people.around(an))
    Person.update(outcome="verified", outcome_hash=as_asked).where(Person.id == an.id).execute()
    people.recompute(Person.get_by_id(an.id))
    load(changes(CITY), two_levels)
    assert Person.get_by_id(an.id).status == "verified"


def test_the_data_agree_with_the_history_afterwards(two_levels: Cast) -> None:
    load(changes(CITY), two_levels)
    place_sets.go_back(SHIPPED, by=two_levels.thu)
    assert [finding for finding in doctor.invariants() if finding.level != "ok"] == []


def test_an_export_offers_the_name_of_the_day(two_levels: Cast) -> None:
    def provinces() -> list[str]:
        return list(exports.catalogues_of("2level", ["TINH"])[0].values)

    assert "Tỉnh Tây Ninh" in provinces()
    load(changes(CITY), two_levels)
    assert "Thành phố Tây Ninh" in provinces()
    assert "Tỉnh Tây Ninh" not in provinces()


def test_a_new_name_does_not_forbid_the_undo_of_the_epoch(two_levels: Cast) -> None:
    load(changes(CITY), two_levels)
    epochs.go_on(epochs.begin_undo(by=two_levels.hoa).id)
    assert home_of(two_levels.an) == ("Tỉnh Long An", "Huyện Thủ Thừa", "Xã Mỹ An")


def test_what_is_remembered_of_a_conversion_is_not_older_than_the_lists(cast: Cast) -> None:
    before = epochs.convert(("Tỉnh Long An", "", ""), "3level", "2level", {})
    load(changes(CITY), cast)
    after = epochs.convert(("Tỉnh Long An", "", ""), "3level", "2level", {})
    assert (before.values[0], after.values[0]) == ("Tỉnh Tây Ninh", "Thành phố Tây Ninh")


# --- the deed ---


def test_the_history_says_who_loaded_what(two_levels: Cast) -> None:
    load(changes(CITY, LATER), two_levels)
    deed = newest("places.loaded")
    assert deed.user == two_levels.thu
    assert deed.old == "bản kèm phần mềm"
    assert deed.new == "danh-muc.csv: 2 nơi đổi tên"
    assert newest("places.names").new == f"{Person.select().count()} hồ sơ"


def test_going_back_gives_every_record_its_name_back(two_levels: Cast) -> None:
    load(changes(CITY), two_levels)
    place_sets.go_back(SHIPPED, by=two_levels.hoa)
    assert home_of(two_levels.an) == HOME
    assert Person.get_by_id(two_levels.an.id).errors == 0
    assert newest("places.back").user == two_levels.hoa
    assert place_sets.earlier_sets() == []


def test_one_can_go_back_to_the_set_before(two_levels: Cast) -> None:
    first = load(changes(CITY), two_levels).about.name
    load(changes(CITY, LATER.replace("-20,", "-02,")), two_levels)
    assert home_of(two_levels.an) == ("Thành phố Tây Ninh", "", "Phường Mỹ An")
    assert place_sets.earlier_sets() == [first, SHIPPED]
    place_sets.go_back(first, by=two_levels.thu)
    assert home_of(two_levels.an) == ("Thành phố Tây Ninh", "", "Xã Mỹ An")


def test_a_record_saved_between_the_deed_and_its_names_gets_its_name_too(
    two_levels: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(changes(CITY), two_levels)
    monkeypatch.setattr(syncing, "sync_records", lambda by: 0)
    place_sets.go_back(SHIPPED, by=two_levels.thu)
    monkeypatch.undo()
    place_sets.use_today()
    an = Person.get_by_id(two_levels.an.id)
    people.change(an, "full_name", "Nguyễn Thị Ân", seen=an.full_name, by=two_levels.lan)
    assert Person.get_by_id(an.id).province_code is None
    maintenance.run()
    assert home_of(an) == HOME


def test_a_set_is_laid_upon_the_one_in_use(two_levels: Cast) -> None:
    load(changes(CITY), two_levels)
    alias = text_of("places_aliases.csv") + "Tây Ninh mới,province,2level,80\n"
    load(alias, two_levels, "places_aliases.csv")
    assert places.find("2level", "province", "Tây Ninh mới").name == "Thành phố Tây Ninh"


def test_a_deed_that_was_cut_off_is_finished_by_the_maintenance(
    two_levels: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_off(by: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(syncing, "sync_records", cut_off)
    with pytest.raises(KeyboardInterrupt):
        load(changes(CITY), two_levels)
    monkeypatch.undo()
    assert home_of(two_levels.an) == HOME
    maintenance.run()
    assert home_of(two_levels.an)[0] == "Thành phố Tây Ninh"
    assert newest("places.loaded").user == two_levels.thu
    maintenance.run()
    assert Change.select().where(Change.event == "places.loaded").count() == 1


def test_another_process_notices_what_was_loaded(two_levels: Cast, settings: Settings) -> None:
    """The pages of a process that has loaded nothing itself: it asks before each request."""
    load(changes(CITY), two_levels)
    places.use_catalogue(None, settings.today())  # as a process that has not asked yet
    assert places.by_code("2level", "80").name == "Tỉnh Tây Ninh"
    place_sets.use_today()
    assert places.by_code("2level", "80").name == "Thành phố Tây Ninh"


def test_asking_is_cheap_while_nothing_changed(two_levels: Cast) -> None:
    load(changes(CITY), two_levels)
    lists = places.catalogue_on()
    for _ in range(3):
        place_sets.use_today()
    assert places.catalogue_on() is lists
    assert keeping.state_synced() == syncing._state_of_lists()


def test_the_same_lists_again_are_refused(two_levels: Cast) -> None:
    load(changes(CITY), two_levels)
    with pytest.raises(SetRefused, match="trùng hoàn toàn"):
        load(changes(CITY), two_levels)


def test_no_place_that_records_bear_may_get_lost(two_levels: Cast) -> None:
    newer = "".join(
        line for line in text_of("places_2level.csv").splitlines(True) if ",28066," not in line
    )
    with pytest.raises(SetRefused) as refused:
        load(newer, two_levels, "places_2level.csv")
    assert any("Xã Mỹ An (28066)" in sentence for sentence in refused.value.sentences)
    assert place_sets.state().about is None


def test_a_place_that_only_the_newer_lists_have_forbids_the_way_back(two_levels: Cast) -> None:
    new = text_of("places_2level.csv") + "commune,99999,Xã Mới Lập,80\n"
    load(new, two_levels, "places_2level.csv")
    an = Person.get_by_id(two_levels.an.id)
    people.change(an, "commune", "Xã Mới Lập", seen=an.commune, by=two_levels.lan)
    with pytest.raises(SetRefused, match="Xã Mới Lập"):
        place_sets.go_back(SHIPPED, by=two_levels.thu)
    assert place_sets.state().about is not None


def test_a_record_of_a_place_nobody_knew_is_right_once_it_is_known(two_levels: Cast) -> None:
    an = Person.get_by_id(two_levels.an.id)
    people.change(an, "commune", "Xã Mới Lập", seen=an.commune, by=two_levels.lan)
    assert Person.get_by_id(an.id).errors == 1
    new = text_of("places_2level.csv") + "commune,99999,Xã Mới Lập,80\n"
    load(new, two_levels, "places_2level.csv")
    assert Person.get_by_id(an.id).errors == 0


# --- what the operator is told ---


def finding_of(settings: Settings) -> doctor.Finding:
    [finding] = doctor.machine.places(settings)
    return finding


def test_the_doctor_says_which_lists_are_in_use(two_levels: Cast, settings: Settings) -> None:
    assert "kèm phần mềm, tra cứu ngày 25/09/2026" in finding_of(settings).sentence
    load(changes(CITY), two_levels)
    told = finding_of(settings)
    assert "danh-muc.csv, nạp ngày 16/10/2022 (Võ Thị Thư)" in told.sentence
    assert "ngày 01/10/2022" in told.sentence


@pytest.mark.parametrize(
    ("day", "level"), [(date(2027, 9, 26), "ok"), (date(2027, 9, 27), "warning")]
)
def test_lists_older_than_a_year_are_a_warning(
    cast: Cast, settings: Settings, day: date, level: str
) -> None:
    on_day(day, settings)
    assert finding_of(settings).level == level


def test_lists_of_the_program_that_are_newer_than_the_loaded_ones_are_a_warning(
    two_levels: Cast, settings: Settings
) -> None:
    load(changes(CITY), two_levels)
    assert "trở lại bản kèm phần mềm" in finding_of(settings).sentence


def test_loaded_lists_that_are_damaged_give_way_and_are_told(
    two_levels: Cast, settings: Settings
) -> None:
    name = load(changes(CITY), two_levels).about.name
    (settings.data / "places" / name / CHANGES).write_text("valid_from,code\n2022,1\n")
    place_sets.use_today()
    assert places.by_code("2level", "80").name == "Tỉnh Tây Ninh"
    told = finding_of(settings)
    assert told.level == "warning"
    assert "không đọc được" in told.sentence


@pytest.mark.parametrize("text", ["{", '{"name": "../../x"}', "[]", ""])
def test_a_note_that_makes_no_sense_means_the_lists_of_the_program(
    cast: Cast, settings: Settings, text: str
) -> None:
    folder = settings.data / "places"
    folder.mkdir()
    (folder / "in-use.json").write_text(text)
    place_sets.use_today()
    assert not places.state_in_use().from_folder


def test_a_set_that_an_earlier_version_loaded_counts_on(
    two_levels: Cast, settings: Settings
) -> None:
    load(changes(CITY), two_levels)
    note = settings.data / "places" / "in-use.json"
    in_use = keeping.in_use()
    note.write_text(note.read_text().replace('"changeset"', '"deed"'))
    assert '"deed"' in note.read_text()
    assert keeping.in_use() == in_use


@pytest.mark.usefixtures("quickly_sealed")
def test_a_backup_brings_the_loaded_lists_back(
    two_levels: Cast, settings: Settings, tmp_path: Path
) -> None:
    load(changes(CITY), two_levels)
    backup.make(tmp_path / "a.idbak", "con trâu đi trước cái cày", settings)
    place_sets.go_back(SHIPPED, by=two_levels.thu)
    backup.restore(tmp_path / "a.idbak", "con trâu đi trước cái cày", settings, force=True)
    place_sets.use_today()
    assert places.by_code("2level", "80").name == "Thành phố Tây Ninh"
    assert place_sets.state().about.day == date(2022, 10, 16)


# --- the file ---


@pytest.mark.parametrize(
    "data",
    [
        changes(CITY).encode(),
        changes(CITY).replace("\n", "\r\n").encode("utf-8-sig"),
        changes(CITY).encode("utf-16"),
        changes(CITY).replace(",", ";").encode(),
        zipped(
            {"danh mục/places (1).csv": changes(CITY), "đọc.txt": "x", "__MACOSX/._a.csv": b"\0"}
        ),
    ],
    ids=["plain", "with BOM", "UTF-16", "semicolons", "zip"],
)
def test_every_usual_way_to_send_a_list_is_read(data: bytes) -> None:
    assert read(data, "danh-muc.csv") == {CHANGES: changes(CITY)}


def test_a_folder_of_lists_is_read(tmp_path: Path) -> None:
    (tmp_path / CHANGES).write_text(changes(CITY), encoding="utf-8")
    (tmp_path / "ghi chú.txt").write_text("x")
    assert set(read_path(tmp_path)) == {CHANGES}


HUGE = 60 * 1024 * 1024
REFUSED = {
    "empty": (b"", "Tệp rỗng"),
    "too big": (b"a" * 10_000_001, "lớn hơn 10 MB"),
    "bomb": (zipped({CHANGES: b"0" * HUGE}), "hơn 10 MB"),
    "bomb in parts": (zipped({f"{n}.csv": b"0" * 5_000_000 for n in range(3)}), "hơn 10 MB"),
    "traversal": (zipped({"../../places_2level.csv": changes(CITY)}), "không an toàn"),
    "absolute": (zipped({"/etc/places_2level.csv": changes(CITY)}), "không an toàn"),
    "cut off": (zipped({CHANGES: changes(CITY)})[:-40], "bị hỏng"),
    "no list inside": (zipped({"a.txt": "x"}), "không có danh mục nào"),
    "two of one kind": (zipped({"a.csv": changes(), "b.csv": changes(CITY)}), "cùng là danh mục"),
    "other columns": ("Mã,Tên\n01,Hà Nội\n".encode(), "dòng đầu “Mã,Tên”"),
    "old encoding": (changes(CITY).encode("cp1258", "replace"), "CSV UTF-8"),
    "zero bytes": (b"valid_from,code\0", "CSV UTF-8"),
    "picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "CSV UTF-8"),
    "too many lines": (changes().encode() + b"\n" * 70_000, "quá nhiều dòng"),
    "too many cells": (changes().encode() + b"," * 1_100_000, "quá nhiều dòng hoặc ô"),
    "open quotation mark": (changes('2022-10-01,80,"province').encode(), "dấu ngoặc kép"),
    "endless cell": (changes("x" * 200_000).encode(), "ô quá dài"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_file_that_is_no_list_is_one_sentence(case: str) -> None:
    data, words = REFUSED[case]
    with pytest.raises(SetRefused) as refused:
        read(data, "danh-muc.csv")
    [sentence] = refused.value.sentences
    assert words in sentence
    assert sentence.endswith(".")


def test_a_place_renamed_without_a_day_is_refused(cast: Cast) -> None:
    newer = text_of("places_2level.csv").replace("28066,Xã Mỹ An,", "28066,Phường Mỹ An,")
    with pytest.raises(SetRefused) as refused:
        load(newer, cast, "places_2level.csv")
    assert "Xã Mỹ An (28066) trong tệp mang tên Phường Mỹ An" in refused.value.sentences[0]


def test_nothing_is_left_behind_by_a_refused_set(cast: Cast, settings: Settings) -> None:
    with pytest.raises(SetRefused):
        load(changes("2022-10-01,80,province,Tỉnh Khác,Thành phố Khác,bịa\n"), cast)
    assert [path.name for path in (settings.data / "places").iterdir()] == ["lock"]


def test_the_files_are_for_the_owner_alone(two_levels: Cast, settings: Settings) -> None:
    load(changes(CITY), two_levels)
    files = [path for path in (settings.data / "places").rglob("*.*") if path.is_file()]
    assert files
    assert {path.stat().st_mode & 0o077 for path in files} == {0}
    assert json.loads((settings.data / "places" / "in-use.json").read_text())["event"] == "loaded"
