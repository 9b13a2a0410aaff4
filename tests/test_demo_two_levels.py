"""The demo school since July 2025: what is true, what the school has written, what there is to import.

The test that changes the school, and the one with a database of its own, stand last.
"""

import io
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import openpyxl
import pytest

from idapp import demo, doctor, imports, school
from idapp.database import db, migrate, open_database
from idapp.demo import invented, two_levels
from idapp.models import Person, User
from idapp.people import epochs
from idapp.rules import places, record
from idapp.settings import Settings, SettingsError, from_environment, use

TODAY = date(2026, 11, 30)


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """The demo with two classes, which is enough to see and spares seconds."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(invented, "CLASSES", ("5A", "5B"))
        settings = _settings(tmp_path_factory.mktemp("demo"), "2level")
        open_database(settings)
        db.connect(reuse_if_open=True)
        migrate()
        demo.seed(settings)
        yield settings
    db.close()


def _settings(folder: object, demo_places: str) -> Settings:
    environment = {
        "IDAPP_DATA": f"{folder}/var",
        "IDAPP_DEMO": "1",
        "IDAPP_DEMO_PLACES": demo_places,
        "IDAPP_TODAY": TODAY.isoformat(),
        "DATABASE_URL": "",
    }
    return use(from_environment(environment))


def test_the_truth_is_of_two_levels_and_has_no_errors():
    for citizen in demo.invent(TODAY, epoch="2level"):
        grade = int(citizen.class_name[:-1]) if citizen.class_name else None
        around = record.RecordContext(
            kind=citizen.kind, grade=grade, school_year=2026, epoch="2level", today=TODAY
        )
        found = record.problems_of(citizen.values, around)
        assert not [problem for problem in found if problem.level == "error"]


def test_the_people_are_those_of_the_letter():
    old, new = demo.invent(TODAY), demo.invent(TODAY, epoch="2level")
    assert [citizen.typed for citizen in old] == [citizen.typed for citizen in new]


def test_the_school_and_its_campaign_are_of_2026(seeded: Settings):
    campaign = school.the_campaign()
    assert (campaign.epoch, campaign.days_left(TODAY)) == ("2level", 9)
    assert school.the_school().school_year == 2026
    assert school.the_school().province == "Tỉnh Tây Ninh"
    assert school.reviewing_office() == "Phòng Văn hóa - Xã hội"


def test_records_stand_in_both_spellings(seeded: Settings):
    communes = [person.commune for person in Person.select(Person.commune)]
    old = [commune for commune in communes if "Huyện" in commune]
    assert 0.1 < len(old) / len(communes) < 0.4
    assert Person.select().where(Person.epoch != "2level").count() == 0
    assert not [finding for finding in doctor.invariants() if finding.level == "bad"]


def test_the_register_knows_new_old_and_other_residences(seeded: Settings):
    truth = {c.values["identity_number"]: c for c in demo.invent(TODAY, epoch="2level")}
    kinds: Counter[str] = Counter()
    for known in json.loads((seeded.data / "register.json").read_text()):
        citizen = truth[known["number"]]
        home = places.home_of("2level", citizen.values["province"], "", citizen.values["commune"])
        is_new = not known["district"] and known["commune"] == home.commune.code
        kinds["old" if known["district"] else "new" if is_new else "other"] += 1
    assert min(kinds.values()) > 5
    assert set(kinds) == {"old", "new", "other"}


def test_the_papers_name_no_district(seeded: Settings):
    heading, *_ = (seeded.data / "demo-giay-thong-bao.csv").read_text().splitlines()
    assert "Huyện" not in heading
    assert "Xã/Phường" in heading


def test_the_list_of_old_addresses_is_read_and_asks_for_the_split_ones(seeded: Settings):
    clerk = User.get(User.username == "vanthu")
    data = (seeded.data / two_levels.COLUMNS_FILE).read_bytes()
    upload = imports.read_bytes(data, two_levels.COLUMNS_FILE, by=clerk)
    assert upload.state == "checked"
    told = " ".join(imports.lines_before(upload))
    assert "địa chỉ cũ đã đổi" in told
    assert "cần chọn" in told
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert book.active.max_row == 1 + Person.select().where(_is_in("5A")).count()


def test_the_change_can_be_rehearsed(seeded: Settings):
    principal = User.get(User.username == "hieutruong")
    texts = [Person.province, Person.district, Person.commune]
    before = list(Person.select(*texts).tuples())
    epochs.go_on(epochs.begin_undo(by=principal).id)
    assert school.the_campaign().epoch == "3level"
    assert epochs.preview("2level").to_choose
    epochs.go_on(epochs.begin("2level", by=principal).id)
    assert list(Person.select(*texts).tuples()) == before


def test_the_folder_remembers_which_school_it_holds(seeded: Settings):
    assert demo.places_of(seeded) == "2level"
    demo.check_places(_settings(seeded.data.parent, ""))
    with pytest.raises(SettingsError, match="IDAPP_DEMO_PLACES"):
        demo.check_places(_settings(seeded.data.parent, "3level"))


def test_other_places_are_refused(tmp_path: object):
    with pytest.raises(SettingsError):
        _settings(tmp_path, "2")


def test_the_list_with_one_text_brings_nobody_to_another_place(seeded: Settings):
    use(seeded)  # the tests before asked for others
    clerk = User.get(User.username == "vanthu")
    data = (seeded.data / two_levels.ONE_TEXT_FILE).read_bytes()
    before = {person.id: person.commune_code for person in Person.select()}
    upload = imports.read_bytes(data, two_levels.ONE_TEXT_FILE, by=clerk)
    assert upload.state == "checked"
    imports.confirm(upload, by=clerk)
    after = {person.id: person.commune_code for person in Person.select()}
    filled = {id_ for id_ in before if before[id_] is None and after[id_]}
    assert filled
    truth = {c.values["identity_number"]: c.values for c in demo.invent(TODAY, epoch="2level")}
    for person in Person.select().where(Person.id.in_(filled)):
        if person.identity_number in truth:
            assert person.commune == truth[person.identity_number]["commune"]


def _is_in(class_name: str) -> object:
    return Person.school_class == school.class_named(class_name)


def test_the_school_of_2026_is_none_of_2022(database: Settings):
    with pytest.raises(SettingsError, match="IDAPP_TODAY"):
        demo.seed(replace(database, demo_places="2level"))
    assert not school.is_set_up()
