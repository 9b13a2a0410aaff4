"""The table of what is kept says what is true: of the database, of who may see it, and in docs/privacy.md."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient

from idapp.models import Person, Table
from idapp.models.stepwise import StepwiseChange
from idapp.permissions import sees_numbers
from idapp.privacy import person_paper, retention
from idapp.privacy.data_classes import CLASSES, ROLE_WORDS, as_markdown
from idapp.web.access import MARK
from tests.cast import Cast

PAGE = Path(__file__).parent.parent / "docs" / "privacy.md"


def models(of: type[Table] = Table) -> Iterator[type[Table]]:
    for model in of.__subclasses__():
        if model is not StepwiseChange:
            yield model
        yield from models(model)


def test_every_column_stands_in_exactly_one_class() -> None:
    kept = {(m._meta.table_name, name) for m in models() for name in m._meta.fields}
    told = Counter(
        (table, name)
        for each in CLASSES
        for table, names in each.columns.items()
        for name in names.split()
    )
    assert kept - set(told) == set(), "say in privacy/data_classes.py what they are for"
    assert set(told) - kept == set(), "no such column"
    assert [column for column, count in told.items() if count > 1] == []


def test_the_page_of_the_docs_is_the_table() -> None:
    assert PAGE.read_text("utf-8") == as_markdown(), "python -m idapp.privacy.data_classes"


def test_who_sees_it_is_whom_the_page_lets_in(app: Flask) -> None:
    for each in CLASSES:
        if each.page:
            assert getattr(app.view_functions[each.page], MARK) == each.seen_by, each.key
        else:
            assert each.seen_by == ()
    assert not sees_numbers(type("User", (), {"role": "reviewer"})())
    assert "che" in ROLE_WORDS["reviewer"]


def test_what_ends_by_itself_is_a_kind_of_retention() -> None:
    assert {each.kept_by for each in CLASSES} - {""} == set(retention.KIND) - {"draft_keys"}
    by_class = {each.key: each for each in CLASSES}
    assert "chậm nhất 30 ngày" in by_class["sessions"].period
    assert retention.KIND["draft_keys"].words == "tới khi 30 ngày không dùng"


def test_nobody_needs_an_account_to_read_it(client: FlaskClient, cast: Cast) -> None:
    page = client.get("/privacy").text
    assert all(f'data-class="{each.key}"' in page for each in CLASSES)
    assert "Trường đặt: 60 ngày" in page
    assert cast.hoa.full_name not in page
    assert 'href="/privacy"' in client.get("/login").text


def test_the_paper_about_a_person_forgets_no_table() -> None:
    """A table added later that speaks of a person is shown there, or is named here with a reason."""
    pieces_elsewhere = {
        "card_photo",  # gone after a day
        "distinct_pair",  # about two people
        "entered_change",  # which cells the office has typed elsewhere: no more than the history
        "record_merge",  # in the history, and its records are taken in
        "year_move",  # in the history
    }
    speaking = {model._meta.table_name for model in Person._meta.backrefs.values()}
    assert speaking - person_paper.TABLES - {"change", "user"} == pieces_elsewhere
