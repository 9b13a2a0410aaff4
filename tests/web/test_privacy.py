"""Pages about personal data: what goes by itself, and everything about one person."""

import io
from collections.abc import Callable
from datetime import timedelta

from docx import Document
from flask.testing import FlaskClient

from idapp import maintenance, notices, people, privacy
from idapp.models import Change, Import, ImportRow, Person, User, utc_now
from idapp.privacy import retention
from idapp.settings import Settings
from tests.cast import Cast

Browsers = Callable[[User], FlaskClient]


def upload(cast: Cast, days_ago: int) -> None:
    then = utc_now() - timedelta(days=days_ago)
    stored = Import.create(
        file_name="a.xlsx", sha256="", user=cast.thu, state="dropped", created_at=then
    )
    ImportRow.create(upload=stored, row=2, verdict="new")


def due(browser: FlaskClient, kind: str) -> tuple[str, str]:
    page = browser.get("/settings/retention").text
    section = page.partition(f'data-kind="{kind}"')[2].partition("</section>")[0]
    soon = section.partition("data-soon>")[2].partition("<")[0]
    return soon, section.partition("data-later>")[2].partition("<")[0]


def test_the_preview_is_what_goes(client_of: Browsers, cast: Cast, settings: Settings) -> None:
    for days_ago in (95, 89, 70, 40):
        upload(cast, days_ago)
    browser = client_of(cast.hoa)
    assert due(browser, "import_rows") == ("2", "3")  # looked at in a day: the one of 89 days too
    everybody = Person.select().count()
    retention.purge_daily(settings)  # the first time nothing goes
    assert ImportRow.select().count() == 4
    form = {"scans": "60", "import_rows": "60", "copies": "90"}
    assert browser.post("/settings/retention", data=form).status_code == 303
    change = Change.select().where(Change.event == "retention.changed").get()
    assert (change.subject, change.old, change.new) == ("import_rows", "90", "60")
    assert due(browser, "import_rows") == ("3", "4")
    retention.stored_settings.store("retention.ran_at", "2022-10-01T00:00:00")
    retention.purge_daily(settings)
    assert ImportRow.select().count() == 1
    assert due(browser, "import_rows") == ("0", "1")
    retention.purge_daily(settings)  # the same day again
    assert Change.select().where(Change.event == "purge").count() == 1
    assert Person.select().count() == everybody
    assert "3 dòng tệp nhập" in browser.get("/settings/retention").text


def test_the_worker_looks_by_itself(cast: Cast, settings: Settings, monkeypatch: object) -> None:
    maintenance._tidied_at = float("-inf")
    maintenance.run()
    assert retention.last_run() is not None


def test_days_out_of_bounds_are_said_and_kept(client_of: Browsers, cast: Cast) -> None:
    browser = client_of(cast.hoa)
    for text in ("6", "61", "", "٣٠", "-30", "99999"):
        form = {"scans": text, "import_rows": "30", "copies": "90"}
        answer = browser.post("/settings/retention", data=form)
        assert answer.status_code == 422
        assert "hãy ghi số ngày từ 7 đến 60" in answer.text
        assert (
            'name="import_rows" inputmode="numeric" size="4"\n          value="30"' in answer.text
        )
    assert retention.days_of("import_rows") == 90  # one wrong, none stored


def test_the_history_tells_it_in_words(client_of: Browsers, cast: Cast) -> None:
    browser = client_of(cast.hoa)
    form = {"scans": "60", "import_rows": "30", "copies": "90"}
    assert browser.post("/settings/retention", data=form).status_code == 303
    page = browser.get("/history").text
    assert "Dòng của tệp Excel đã nhập" in page
    assert "90 ngày" in page
    assert "30 ngày" in page
    assert "import_rows" not in page


def test_leavers_are_counted_and_never_go(
    client_of: Browsers, cast: Cast, settings: Settings
) -> None:
    Person.update(active=False, state="Chuyển đi").where(Person.id == cast.an.id).execute()
    privacy.purge(settings, days=1)
    page = client_of(cast.hoa).get("/settings/retention").text
    assert "lớp của năm học 2022-2023" in page
    assert Person.get_by_id(cast.an.id).full_name == cast.an.full_name


def test_everything_about_one_person_is_a_paper(client_of: Browsers, cast: Cast) -> None:
    people.change(cast.an, "address", "Ấp 7", seen="", by=cast.lan)
    notices.set_progress(Person.get_by_id(cast.an.id), "asked", by=cast.lan)
    case = Person.get_by_id(cast.an.id).notices.get()
    case.note = "Anh của em: 100000000017"
    case.save()
    browser = client_of(cast.thu)
    page = browser.get(f"/people/{cast.an.id}/data").text
    answer = browser.get(f"/people/{cast.an.id}/data.docx")
    document = Document(io.BytesIO(answer.data))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    for text in (cast.an.full_name, cast.an.date_of_birth, "Ấp 7", cast.lan.full_name):
        assert text in page
        assert text in cells
    assert "100000000017" not in page  # not this person's
    for other in (cast.binh, cast.chi, cast.giang):
        assert other.full_name not in page.partition('class="official')[2]
    looked = Change.select().where(Change.event == "person.exported", Change.person == cast.an)
    assert [change.user_id for change in looked] == [cast.thu.id] * 2
    assert not Change.select().where(Change.event.in_(["print.paper", "export"])).exists()
    assert (
        "trích toàn bộ dữ liệu của một người" in browser.get(f"/people/{cast.an.id}/history").text
    )
