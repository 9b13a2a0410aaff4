"""The deeds of a school that take more than one step, on the ground of one small school.

``prepare`` brings the folder to the moment before; ``act`` is what the process does that is killed, and what is done
again where nothing of it is left. Both find what they need in the rows: they run in processes of their own.
"""

import gzip
import io
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

from PIL import Image

import app
from idapp import (
    backup,
    card_photos,
    exports,
    imports,
    jobs,
    maintenance,
    notices,
    people,
    place_sets,
    privacy,
    scans,
    school_years,
    verification,
)
from idapp.backup import nightly, plan, staged
from idapp.database import writing
from idapp.doubles import merging, sides
from idapp.imports import applying, intake, reverting
from idapp.models import (
    Batch,
    CardPhoto,
    Import,
    Person,
    Recheck,
    RecordMerge,
    SchoolClass,
    Session,
    User,
    utc_now,
)
from idapp.notices import papers
from idapp.people import catching_up, epochs
from idapp.people.states import RuleContext, recompute_all
from idapp.place_sets import syncing
from idapp.progress import closing
from idapp.school_years import steps
from idapp.school_years.plans import proposal
from idapp.settings import Settings
from idapp.setup import founding
from idapp.verification import files
from idapp.verification.files import receive, request_workbook
from tests import age_files
from tests.cast import pupil
from tests.place_files import CHANGES, CITY, changes
from tests.test_imports import book, line, newcomer
from tests.test_verification_files import filled

Step = Callable[[Settings], object]
_PART = 3  # records in a part of a deed in parts, so that a small school takes several
_PEOPLE = 8
PASSPHRASE = "bon-tu-ghep-lai-dai"
_OLDER_PHRASE = "con trâu đi trước cái cày"
_SAMPLES = Path(__file__).parents[1] / "samples"


@dataclass(frozen=True)
class Ground:
    """The home of the small school (its data folder is ``var`` in it), and where its register answers."""

    folder: Path
    url: str


def nothing(_: Settings) -> None:
    """Where nothing need be prepared."""


def no_fault(_: Settings) -> list[str]:
    """Where rows and files say all there is to say."""
    return []


@dataclass(frozen=True)
class Deed:
    """``tables``: those that are compared, () for all; ``is_asked``: the register takes part; ``check``: what the
    deed's own check finds wrong at the end.

    begins_amiss  what stands there before was computed by other rules: the worker judges it anew
    needs_start   the deed is done by the start after it
    """

    name: str
    act: Step
    prepare: Step = nothing
    check: Callable[[Settings], list[str]] = no_fault
    tables: tuple[str, ...] = ()
    is_asked: bool = False
    changes_no_row: bool = False
    is_in_parts: bool = False
    begins_amiss: bool = False
    needs_start: bool = False
    lay: Callable[[Path], None] | None = None
    settings: Mapping[str, str] = field(default_factory=dict)

    def environment(self, ground: Ground) -> dict[str, str]:
        """What is set in the environment of the processes of this deed."""
        told = dict(self.settings)
        if self.is_asked:
            told |= {"REGISTRY": "soap", "REGISTRY_URL": ground.url, "REGISTRY_AUTH": "none"}
            told |= {"REGISTRY_PROCEDURE": "SIM", "REGISTRY_OFFICER": "SIM"}
            told |= {"REGISTRY_CONCURRENCY": "2", "REGISTRY_READ_TIMEOUT": "3"}
        return told


def user(name: str) -> User:
    """One of the cast."""
    found: User = User.get(User.username == name)
    return found


def person(name: str) -> Person:
    """The newest record of this name."""
    found: Person = Person.select().where(Person.full_name == name).order_by(Person.id.desc()).get()
    return found


# --- workbooks ---

LIST = book(
    [
        *(
            newcomer(full_name=f"Bùi Thị {name}", identity_number="")
            for name in ("Một", "Hai", "Ba")
        ),
        newcomer(
            school_class="5C",
            full_name="Cao Thị Bốn",
            date_of_birth="01/02/2012",
            identity_number="",
        ),
        line(
            school_class="5A",
            ministry_code="1000000002",
            address="Ấp 3",
            identity_number="100212000555",
        ),
        line(school_class="5A", ministry_code="1000000003", address="Ấp 4"),
    ]
)


def read_list(_: Settings) -> Import:
    return imports.read_bytes(LIST, "danh-sach.xlsx", by=user("thu"))


def read_long_list(_: Settings) -> None:
    """As the page and the worker do it: kept, then read in the background."""
    intake.LARGE_BYTES = 100
    upload = imports.read_stream(io.BytesIO(LIST), "danh-sach.xlsx", by=user("thu"))
    jobs.go_on_with_import(upload.id)


def newest_import() -> Import:
    upload: Import = Import.select().order_by(Import.id.desc()).get()
    return upload


def write_list(_: Settings) -> None:
    imports.confirm(newest_import(), by=user("thu"))


def write_long_list(_: Settings) -> None:
    upload = newest_import()
    imports.queue(upload, by=user("thu"))
    jobs.go_on_with_import(upload.id)


def with_written_list(settings: Settings) -> None:
    read_list(settings)
    write_list(settings)


def take_list_back(_: Settings) -> None:
    imports.undo(newest_import(), by=user("thu"))


def take_long_list_back(_: Settings) -> None:
    """As the page and the worker do it."""
    upload = newest_import()
    imports.queue_undo(upload, by=user("thu"))
    jobs.go_on_with_import(upload.id)


# --- the register ---


def ask_register(_: Settings) -> None:
    batch = verification.start("school", by=user("hoa"))
    _work_on(batch)


def _work_on(batch: Batch) -> None:
    jobs._enqueue = lambda *_: True  # type: ignore[assignment]
    jobs.verify(batch.id)


def with_file_batch(settings: Settings) -> None:
    exports.catalogues_of = lambda *_: ()  # type: ignore[assignment]
    batch = verification.start("school", by=user("hoa"), channel="file")
    form = request_workbook(batch, by=user("thu"))
    names = ("Nguyễn Thị An", "Lê Thị Chi", "Hồ Thị Lan", "Hồ Thị Mai")
    numbers = [person(name).identity_number for name in names]
    results = dict(
        zip(numbers, ("Khớp đúng", "Không tìm thấy", "Khớp đúng", "Khớp đúng"), strict=True)
    )
    (settings.data / "result.xlsx").write_bytes(filled(form, results))


def take_results(settings: Settings) -> None:
    batch = Batch.select().order_by(Batch.id.desc()).get()
    data = (settings.data / "result.xlsx").read_bytes()
    receive(batch, data, file_name="ket-qua.xlsx", by=user("thu"))


# --- everybody at once ---


@contextmanager
def in_small_parts() -> Iterator[None]:
    """In every process of a walk: a small school takes several parts, as a large one does."""
    places = [
        *((epochs, "_PART"), (steps, "PART"), (syncing, "_PART"), (files, "_PART")),
        *((applying, "PART"), (reverting, "PART"), (catching_up, "_PART")),
    ]
    before = [getattr(module, name) for module, name in places]
    for module, name in places:
        setattr(module, name, _PART)
    try:
        yield
    finally:
        for (module, name), size in zip(places, before, strict=True):
            setattr(module, name, size)


def change_epoch(_: Settings) -> None:
    epochs.go_on(epochs.begin("2level", by=user("hoa")).id)


def undo_epoch(_: Settings) -> None:
    epochs.go_on(epochs.begin_undo(by=user("hoa")).id)


def change_year(_: Settings) -> None:
    plan = proposal(school_years.present_classes(), range(1, 6))
    school_years.go_on(school_years.begin(plan, by=user("hoa")).id)


def undo_year(_: Settings) -> None:
    school_years.go_on(school_years.begin_undo(by=user("hoa")).id)


def with_new_lists(settings: Settings) -> None:
    change_epoch(settings)
    place_sets.sync_records(by=None)


def load_lists(_: Settings) -> None:
    place_sets.load({CHANGES: changes(CITY)}, file_name="danh-muc.csv", by=user("thu"))


def with_older_rules(_: Settings) -> None:
    """As another version left the records: whatever they hold, it found nothing amiss."""
    catching_up.go_on(catching_up.begin().id)
    Recheck.update(rules="of another version").execute()
    Person.update(status="ready", problems=[], errors=0, warnings=0).execute()


def check_records_anew(_: Settings) -> None:
    for id_ in catching_up.owed():
        catching_up.go_on(id_)


# --- doubles ---


def with_double(_: Settings) -> None:
    values = pupil("Nguyễn Thị An", serial=9, father_name="Nguyễn Văn Ba", address="Ấp 3")
    class_5b = SchoolClass.get(SchoolClass.name == "5B")
    double = people.add(kind="student", school_class=class_5b, values=values, by=user("minh"))
    notices.set_progress(double, "asked", by=user("minh"))


def merge(_: Settings) -> None:
    an = Person.select().where(Person.full_name == "Nguyễn Thị An").order_by(Person.id).get()
    other = person("Nguyễn Thị An")
    compared = sides.side_by_side(an, other)
    chosen = {choice.group: choice.proposal for choice in compared.choices}
    decision = merging.Decision(chosen, sides.fingerprint(an, other))
    merging.merge(an, other, decision, by=user("thu"))


def with_merged(settings: Settings) -> None:
    with_double(settings)
    merge(settings)


def undo_merge(_: Settings) -> None:
    merging.undo_merge(RecordMerge.select().get(), by=user("thu"))


# --- papers and photos ---


def paper() -> bytes:
    """A photo, as small as can be."""
    target = io.BytesIO()
    Image.new("RGB", (60, 80), "white").save(target, "JPEG")
    return target.getvalue()


def add_paper(settings: Settings) -> None:
    binh = person("Trần Văn Bình")
    papers.add(binh, paper(), evidence="notice", by=user("lan"), settings=settings)


def with_paper_of_verified(settings: Settings) -> None:
    """A photo whose record is verified since: the maintenance erases it, closes the case and counts the day."""
    an = person("Nguyễn Thị An")
    papers.attach(an, scans.keep([b"jpeg"], settings), evidence="notice", by=user("lan"))
    notices.sync_cases()


def verify_an(_: Settings) -> None:
    """As an answer of the register leaves the record."""
    an = person("Nguyễn Thị An")
    an.outcome = "verified"
    an.outcome_hash = RuleContext().identity_hash_of(an)
    an.outcome_at = utc_now()
    with writing():
        an.save()
        recompute_all([an], RuleContext())


def night(settings: Settings) -> None:
    verify_an(settings)
    maintenance._tidied_at = float("-inf")
    maintenance.run()


def send_photo(settings: Settings) -> None:
    class_5a = SchoolClass.get(SchoolClass.name == "5A")
    card_photos.add(paper(), "1.jpg", by=user("lan"), school_class=class_5a, settings=settings)
    card_photos.go_on(settings)


def with_photo(settings: Settings) -> None:
    CardPhoto.create(
        user=user("lan"),
        school_class=SchoolClass.get(SchoolClass.name == "5A"),
        name=scans.keep([b"jpeg", b"small"], settings),
        state="read",
        code="100212000321||Trần Văn Bình|05062012|Nam|Ấp 3, Xã Mỹ Lạc, Thủ Thừa, Long An|",
    )


def confirm_photo(settings: Settings) -> None:
    class_5a = SchoolClass.get(SchoolClass.name == "5A")
    pupils = list(Person.select().where(Person.school_class == class_5a, Person.active))
    photos = card_photos.stack_of(class_5a, user("lan"))
    pairs = card_photos.pairs_of(photos, pupils, settings.today())
    seen = {
        pair.proposal.person.id: {each.field: each.old for each in pair.proposal.differences}
        for pair in pairs
        if pair.proposal
    }
    card_photos.confirm(pairs, seen, keep=False, by=user("lan"), settings=settings)


# --- keeping ---


def with_old_things(settings: Settings) -> None:
    read_list(settings)
    long_ago = utc_now() - timedelta(days=90)
    Import.update(created_at=long_ago).execute()
    Session.create(token_hash="0" * 64, user=user("lan"), created_at=long_ago, seen_at=long_ago)
    for name in ("idapp.before-0050_old.db", "uploads/import-99.upload"):
        path = settings.data / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"old")
        os.utime(path, (time.time() - 90 * 86400,) * 2)


def purge(settings: Settings) -> None:
    privacy.purge(settings, days=30)


def make_backup(settings: Settings) -> None:
    backup.sealed = age_files.sealed  # type: ignore[attr-defined]
    target = _kept(settings)
    if not target.exists():
        target.parent.mkdir(exist_ok=True)
        backup.make(target, PASSPHRASE, settings)


def _kept(settings: Settings) -> Path:
    return settings.data.parent / "kept" / "school.age"


def check_backup(settings: Settings) -> list[str]:
    """Can it be put in place elsewhere?"""
    elsewhere = replace(settings, data=settings.data.parent / "elsewhere", database_url="")
    try:
        content = backup.restore(_kept(settings), PASSPHRASE, elsewhere)
    except backup.BackupRefused as refused:
        return [f"the backup: {refused}"]
    finally:
        shutil.rmtree(elsewhere.data, ignore_errors=True)
    if content.people != _PEOPLE:
        return [f"the backup holds {content.people} people"]
    return []


def with_key(_: Settings) -> None:
    """The school has printed the key for which it is backed up every day."""
    key = plan.propose_key()
    plan.take_key(key.secret[-6:].lower(), by=user("hoa"))


def back_up_by_itself(settings: Settings) -> None:
    nightly.run(nightly.begin(by=None).id, settings)


def check_own_backup(settings: Settings) -> list[str]:
    """After days one is there, whatever became of the one that was cut off."""
    jobs.enqueue_stale()
    run = nightly.last()
    if run is None or run.state != "done":
        return [f"the newest backup is {run.state if run else 'none'}"]
    # made within a second of each other one may be the surplus of its day, whichever that is
    kept = list((settings.data / "backups").glob("*.age"))
    if not any(file.read_bytes().startswith(b"age-encryption.org/v1") for file in kept):
        return ["no backup is there"]
    return []


def with_backup(settings: Settings) -> None:
    """Made before a pupil came: who restores it is without her."""
    make_backup(settings)
    values = pupil("Mai Thị Mới", serial=88)
    class_5a = SchoolClass.get(SchoolClass.name == "5A")
    people.add(kind="student", school_class=class_5a, values=values, by=user("lan"))


def restore_backup(settings: Settings) -> None:
    backup.restore(_kept(settings), PASSPHRASE, settings, force=True)


def lay_sealed(data: Path) -> None:
    """An empty folder on a new machine, and the backup of an earlier version on a stick."""
    lay_nothing(data)
    kept = data.parent / "kept"
    kept.mkdir()
    shutil.copy(_SAMPLES / "backup-version-1.idbak", kept / "school.age")


def started(_: Settings) -> None:
    """The first start is over."""


def restore_in_browser(settings: Settings) -> None:
    """As the page of the set-up does it; the start after it puts everything in its place."""
    staged.stage(_kept(settings), _OLDER_PHRASE, settings)


def close_campaign(settings: Settings) -> None:
    closing.close(today=settings.today(), by=user("hoa"))


# --- beginnings ---


def lay_older(data: Path) -> None:
    """A school as an earlier version left it."""
    older = _SAMPLES / "older" / "7bb4630.db.gz"
    data.mkdir(mode=0o700)
    (data / "idapp.db").write_bytes(gzip.decompress(older.read_bytes()))


def upgrade(settings: Settings) -> None:
    app.prepare_data(settings)


def lay_nothing(data: Path) -> None:
    data.mkdir(mode=0o700)


def found(settings: Settings) -> None:
    """The first start and the set-up in the browser; done already, it is refused."""
    app.prepare_data(settings)
    facts = founding.SchoolFacts("Trường TH Mới", "TH", "Tỉnh Long An", 2022)
    letter = founding.CampaignFacts("Định danh", "1/GDĐT", date(2022, 10, 25), "3level")
    principal = founding.FirstUser("hoa", "Nguyễn Thị Hoa", "xe-dap-mau-xanh")
    founding.found_school(facts, letter, principal, settings)


_OF_PEOPLE = ("person", "batch", "batch_item", "paper_case")
DEEDS = [
    Deed("read a list", read_list),
    Deed("read a long list", read_long_list),
    Deed("write a list", write_list, read_list),
    Deed("write a long list", write_long_list, read_list),
    Deed("take a list back", take_list_back, with_written_list),
    Deed("take a long list back", take_long_list_back, with_written_list),
    Deed("ask the register", ask_register, tables=_OF_PEOPLE, is_asked=True),
    Deed(
        "take results of a file", take_results, with_file_batch, tables=_OF_PEOPLE, is_in_parts=True
    ),
    Deed("change of places", change_epoch),
    Deed("take places back", undo_epoch, change_epoch),
    Deed("newer lists of places", load_lists, with_new_lists),
    Deed("new school year", change_year),
    Deed("take the year back", undo_year, change_year),
    Deed("merge", merge, with_double),
    Deed("take a merge back", undo_merge, with_merged),
    Deed("photo of a paper", add_paper),
    Deed("photo of a card", send_photo),
    Deed("write a card", confirm_photo, with_photo),
    Deed("close the campaign", close_campaign),
    Deed("maintenance", night, with_paper_of_verified, tables=(*_OF_PEOPLE, "scan", "snapshot")),
    Deed("purge", purge, with_old_things, tables=("import", "import_row", "session", "scan")),
    Deed("backup", make_backup, check=check_backup, tables=_OF_PEOPLE, changes_no_row=True),
    Deed(
        "backup by itself",
        back_up_by_itself,
        with_key,
        check=check_own_backup,
        tables=_OF_PEOPLE,
        changes_no_row=True,
    ),
    Deed("restore", restore_backup, with_backup),
    Deed(
        "restore in the browser",
        restore_in_browser,
        started,
        lay=lay_sealed,
        begins_amiss=True,
        needs_start=True,
    ),
    Deed(
        "check records anew",
        check_records_anew,
        with_older_rules,
        begins_amiss=True,
        changes_no_row=True,
    ),
    Deed(
        "upgrade",
        upgrade,
        lay=lay_older,
        begins_amiss=True,
        changes_no_row=True,
        settings={"IDAPP_DEMO": "1"},
    ),
    Deed("found a school", found, lay=lay_nothing, tables=("school", "campaign", "change")),
]
BY_NAME = {deed.name: deed for deed in DEEDS}
