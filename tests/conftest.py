"""Fixtures: a database per test, the cast in it, clients signed in as anybody.

A real SQLite file each; with ``IDAPP_TEST_DATABASE`` a real database on that PostgreSQL server (``tests/postgresql``).
"""

import copy
import fcntl
import gc
import os
import shutil
import sys
from collections.abc import Callable, Collection, Generator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from _pytest.doctest import DoctestModule
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from idapp import accounts, backup, demo, exports
from idapp.database import close_database, db, empty_journal, migrate, open_database
from idapp.exports.catalogues import catalogues_of
from idapp.models import User
from idapp.people import catching_up
from idapp.rules import places
from idapp.settings import Settings, from_environment, use
from idapp.web.accounts import cookie_name
from idapp.web.guessing import limiter
from idapp.web.refusals import budget
from idapp.workbook import Catalogue
from tests import age_files, postgresql
from tests import cast as the_cast
from tests.cast import Cast

# Files that take long: mostly waiting for browsers, processes and clocks. The longest come first, so
# that none is still busy alone when all the others are done.
LONG = (
    "test_looks_browser.py",
    "test_crash.py",
    "test_grid_phone_browser.py",
    "test_workbook_hostile_web.py",
    "test_import_arrives.py",
    "web/test_who_may.py",
    "test_folders.py",
    "test_grid_saving_browser.py",
    "test_notices_listing.py",
    "test_prose.py",
    "test_loop_browser.py",
    "test_import_cases.py",
    "web/test_attacks.py",
    "test_server_move.py",
    "test_import_errors.py",
    "test_place_sets.py",
    "test_workbook_hostile.py",
    "test_demo_year.py",
    "test_second_step.py",
    "test_commands.py",
    "test_grid_later_browser.py",
    "test_verification.py",
    "web/test_proxies.py",
    "test_import_review.py",
    "test_import_browser.py",
    "test_import_questions.py",
    "test_demo_or_real.py",
    "test_slow_line_browser.py",
    "test_older_folders.py",
    "test_rosters_sources.py",
    "test_jobs.py",
    "test_batches_browser.py",
    "test_season.py",
    "web/test_import_pages.py",
    "test_people_interleaved.py",
    "test_import_parts.py",
    "test_workbook_web.py",
    "test_places_browser.py",
    "test_no_trace.py",
    "test_grid_paste_browser.py",
    "test_scale.py",
    "test_first_day_browser.py",
    "test_rules_places_epochs.py",
    "web/test_words_of_the_epoch.py",
    "test_import_background.py",
    "test_import_identity.py",
    "test_exports.py",
    "test_rules_properties.py",
    "test_import_merge.py",
    "test_rules_places_reading.py",
    "test_imports.py",
    "test_scans.py",
    "test_progress.py",
    "test_verification_outages.py",
    "test_processes.py",
    "web/test_exports.py",
    "test_card_photos.py",
    "test_grid_keys_browser.py",
    "test_upgrading.py",
    "test_workbook_reading.py",
)

MEMORY = Path("/dev/shm")
ROOM_IN_MEMORY = 2 * 2**30  # bytes; a whole run with four processes never held more than a tenth


def pytest_configure(config: pytest.Config) -> None:
    """Temporary folders in memory where the system has such a place: each commit of a test waits five
    milliseconds for a disk otherwise, and there are about 40,000 of them."""
    if _suits_tests(MEMORY):
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


def _suits_tests(folder: Path) -> bool:
    """Containers often give it 64 MB, or allow no program to be started from there, as some tests do."""
    if not os.access(folder, os.W_OK):
        return False
    if os.statvfs(folder).f_flag & os.ST_NOEXEC:
        return False
    return shutil.disk_usage(folder).free > ROOM_IN_MEMORY


def pytest_collection_finish(session: pytest.Session) -> None:
    """What is there before the first test stays until the last one: searching it for garbage again
    and again is a twentieth of a run."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish() -> None:
    """The browser that the files of this process shared."""
    if "tests.browser" in sys.modules:
        sys.modules["tests.browser"].close_chromium()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long files to the front; within a file nothing moves."""
    here = Path(__file__).parent
    places = {here / name: place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: places.get(item.path, len(LONG)))
    if postgresql.is_used():
        _leave_out_what_is_about_sqlite(items)


def _leave_out_what_is_about_sqlite(items: list[pytest.Item]) -> None:
    for item in items:
        mark = item.get_closest_marker("sqlite")
        if mark is not None:
            item.add_marker(pytest.mark.skip(f"NOT RUN ON POSTGRESQL: {mark.args[0]}"))


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(
    file_path: Path,
) -> Generator[None, list[pytest.Collector], list[pytest.Collector]]:
    """Examples are looked for where some stand: going through every name of every test file for
    them is a fifth of what each of the four processes spends before its first test."""
    collectors = yield
    if file_path.suffix != ".py" or ">>> " in file_path.read_text(encoding="utf-8"):
        return collectors
    return [one for one in collectors if not isinstance(one, DoctestModule)]


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """A server, whatever the other tests run on; without its programs a test is skipped, and says so loudly."""
    if postgresql.is_used():
        yield postgresql.address_of("postgres")
        return
    try:
        with postgresql.cluster() as address:
            yield address
    except postgresql.NotInstalled as missing:
        print(f"\n*** THE LARGER SET-UP WAS NOT TESTED. {missing} ***", file=sys.__stderr__)
        pytest.skip(f"PostgreSQL and several workers were NOT tested: {missing}")


@pytest.fixture
def empty_server(postgresql_server: str) -> Iterator[str]:
    """The address of an empty database of its own there."""
    address = postgresql.fresh(server=postgresql_server)
    yield address
    postgresql.drop(address)


@pytest.fixture(scope="session")
def templates() -> Iterator[dict[str, str]]:
    """Names of the databases on the server that this process has made for copying, by what is in them."""
    made: dict[str, str] = {}
    yield made
    for name in made.values():
        postgresql.drop(postgresql.address_of(name))


@pytest.fixture
def database_address(request: pytest.FixtureRequest) -> Iterator[str]:
    """What `DATABASE_URL` says: nothing, for a file in the data folder, or a database of the test's own on the
    server, with in it what the test's other fixtures promise."""
    if not postgresql.is_used():
        yield ""
        return
    address = postgresql.fresh(_template_for(request))
    yield address
    if db.obj is not None and not db.is_closed():
        db.close()
    postgresql.drop(address)


def _template_for(request: pytest.FixtureRequest) -> str:
    if "cast" in request.fixturenames:
        template, _ = request.getfixturevalue("assembled")
        return template
    if "database" in request.fixturenames:
        return _migrated(request.getfixturevalue("templates"))
    return "template0"


def _migrated(templates: dict[str, str]) -> str:
    """An empty school in all its tables: bringing them about takes half a second."""
    if "migrated" not in templates:
        address = postgresql.fresh()
        templates["migrated"] = postgresql.name_of(address)
        open_database(use(from_environment({"DATABASE_URL": address})))
        db.connect(reuse_if_open=True)
        migrate()
        close_database()
    return templates["migrated"]


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_address: str) -> Settings:
    """An installation of its own in a temporary folder; nothing of the developer's environment."""
    for name in (
        "DATABASE_URL",
        "REDIS_URL",
        "SECRET_KEY",
        "IDAPP_DEMO",
        "IDAPP_DEMO_PLACES",
        "REGISTRY",
        "HOST",
        "IDAPP_HTTPS",
    ):
        monkeypatch.delenv(name, raising=False)
    if database_address:
        monkeypatch.setenv("DATABASE_URL", database_address)
    monkeypatch.setenv("IDAPP_DATA", str(tmp_path / "var"))
    monkeypatch.setenv("IDAPP_TODAY", the_cast.TODAY)
    return use(from_environment())


@pytest.fixture(autouse=True)
def lists_of_no_day() -> Iterator[None]:
    """Whatever day and lists a test has taken into use, the next one finds the shipped lists, every change counted."""
    yield
    places.use_catalogue()


@pytest.fixture
def database(settings: Settings) -> Iterator[Settings]:
    """The open database, without Flask."""
    open_database(settings)
    db.connect(reuse_if_open=True)
    migrate()
    yield settings
    db.close()


@pytest.fixture(scope="session")
def assembled(
    tmp_path_factory: pytest.TempPathFactory, templates: dict[str, str]
) -> tuple[str, Cast]:
    """The cast in a database, made once: hashing five passwords for every test would take minutes. Returns the path
    of its file, or its name on the server."""
    folder = tmp_path_factory.mktemp("cast")
    address = postgresql.fresh() if postgresql.is_used() else ""
    told = {"IDAPP_DATA": str(folder), "IDAPP_TODAY": the_cast.TODAY, "DATABASE_URL": address}
    settings = use(from_environment(told))
    open_database(settings)
    db.connect(reuse_if_open=True)
    migrate()
    made = the_cast.assemble()
    catching_up.note_current()  # else a worker computes them anew, and no batch starts meanwhile
    rows = {name: type(one).get_by_id(one.id) for name, one in vars(made).items()}
    empty_journal()
    close_database()
    if not address:
        return settings.sqlite_file, Cast(**rows)
    templates["cast"] = postgresql.name_of(address)
    return templates["cast"], Cast(**rows)


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a demo school on the day of the tests, for copying: seeded once for all the
    processes of a run. That `app.py` and `flask demo` seed one themselves is played elsewhere."""
    run = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        run = run.parent
    folder = run / "demo-school"
    with (run / "demo-school.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            _seed_demo(run / "demo-school-begun").rename(folder)
    return folder


def _seed_demo(folder: Path) -> Path:
    told = {"IDAPP_DATA": str(folder), "IDAPP_TODAY": the_cast.TODAY, "DATABASE_URL": ""}
    settings = use(from_environment(told))
    open_database(settings)
    db.connect(reuse_if_open=True)
    migrate()
    demo.seed(settings)
    empty_journal()
    db.close()
    return folder


@pytest.fixture
def cast(assembled: tuple[str, Cast], settings: Settings) -> Iterator[Cast]:
    """A copy of that database, and everybody in it."""
    original, everybody = assembled
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    if db.obj is not None and not db.is_closed():
        db.close()  # an open connection must not see its file replaced
    if settings.sqlite_file:
        for old in settings.data.glob("idapp.db*"):
            old.unlink()
        shutil.copy(original, settings.sqlite_file)
    use(settings)
    open_database(settings)
    db.connect(reuse_if_open=True)
    yield copy.deepcopy(everybody)
    db.close()


@pytest.fixture
def quickly_sealed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Backups are sealed at a cost of a millisecond. The product's own way costs a second of work each
    time and is left to the tests that are marked ``own_sealing``; opening is the product's in all."""
    if "own_sealing" not in request.keywords:
        monkeypatch.setattr(backup, "sealed", age_files.sealed)


@pytest.fixture(scope="session")
def wired(
    assembled: tuple[str, Cast],
    templates: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Flask:
    """The app, wired once: its addresses and compiled templates are the same whatever the data folder is."""
    original, _ = assembled
    folder, address = str(Path(original).parent), ""
    if postgresql.is_used():
        folder = str(tmp_path_factory.mktemp("wired"))
        # to the original nobody may be connected
        address = postgresql.fresh(original)
        templates["wired"] = postgresql.name_of(address)
    told = {"IDAPP_DATA": folder, "IDAPP_TODAY": the_cast.TODAY, "DATABASE_URL": address}
    return create_app(from_environment(told))


@pytest.fixture
def app(wired: Flask, cast: Cast, settings: Settings) -> Flask:
    """Reads settings and database anew for each test; nothing that a test left in it is still there."""
    use(settings)
    wired.config.update(
        SECRET_KEY=settings.secret_key, TESTING=False
    )  # errors must become pages, as in service
    wired.extensions.pop("registry_trial", None)
    limiter.reset()
    budget.forget()
    return wired


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Nobody signed in; speaks as our own pages do."""
    client = app.test_client()
    client.environ_base["HTTP_ORIGIN"] = "http://localhost"
    return client


@pytest.fixture
def client_of(app: Flask) -> Callable[[User], FlaskClient]:
    """A browser in which this user is signed in."""

    def signed_in(user: User) -> FlaskClient:
        client = app.test_client()
        client.environ_base["HTTP_ORIGIN"] = "http://localhost"
        client.set_cookie(cookie_name(), accounts.start_session(user))
        return client

    return signed_in


@pytest.fixture
def few_places(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exports carry the communes of the cast's province only: writing 10,600 and reading them with openpyxl takes a
    second each time, and only a test marked ``all_places`` is about them."""
    if "all_places" in request.keywords:
        return

    def near(epoch: str, names: Collection[str]) -> list[Catalogue]:
        return [
            _within(catalogue, the_cast.HOME["province"])
            for catalogue in catalogues_of(epoch, names)
        ]

    monkeypatch.setattr(exports, "catalogues_of", near)


def _within(catalogue: Catalogue, province: str) -> Catalogue:
    kept = [
        (v, g)
        for v, g in zip(catalogue.values, catalogue.groups, strict=False)
        if g.split("|")[0] == province
    ]
    return (
        replace(catalogue, values=[v for v, _ in kept], groups=[g for _, g in kept])
        if kept
        else catalogue
    )
