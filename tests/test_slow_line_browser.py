"""What decides how long a class takes on a slow line (bar L3): requests, bytes, and that none waits for another.

Not the seconds, which depend on what else the machine does: these are in ``python -m tests.bench slow``.
"""

import pytest
from playwright.sync_api import Route

from idapp import accounts, people
from idapp.models import Person
from idapp.settings import Settings
from tests.bench import slow
from tests.browser import chromium, chromium_or_skip
from tests.cast import Cast, pupil
from tests.serving import served

pytestmark = pytest.mark.browser

_PUPILS = 43
FIRST = (6, 58_000)  # the page, four sheets, the table's script
LATER_BYTES = 17_500


def test_a_class_comes_in_two_rounds_and_few_bytes(cast: Cast, settings: Settings) -> None:
    newcomers = [
        ("student", cast.class_5a, pupil("Nguyễn Thị Minh Bảy", serial=100 + n, address="Ấp 3"))
        for n in range(_PUPILS)
    ]
    people.add_many(newcomers, by=cast.thu, source="import")
    token = accounts.start_session(cast.lan)
    with served(settings.data) as address, chromium(chromium_or_skip()) as browser:
        page, line = slow.slow_page(slow.window(browser, address, token))
        first = slow.visit(page, line, cast.class_5a)
        later = slow.visit(page, line, cast.class_5a)
        assert slow.save(page, "Ấp 4") > 0
    for made in (first, later):
        needed = [path for path in made.chained if path.startswith("/static/")]
        assert needed == [], "the page itself names all that its table needs"
    requests, size = FIRST
    # a line that the page asks for late may or may not be asked for by then
    assert first.requests - len(first.chained) <= requests
    assert 30_000 < first.size <= size
    assert 5_000 < later.size <= LATER_BYTES
    assert Person.select().where(Person.address == "Ấp 4").count() == 1


def test_a_cell_that_is_saved_before_htmx_came_waits_for_it(cast: Cast, settings: Settings) -> None:
    token = accounts.start_session(cast.lan)
    asked: list[str] = []

    def lose_the_first(route: Route) -> None:
        asked.append(route.request.url)
        if len(asked) == 1:
            route.abort()
        else:
            route.continue_()

    with served(settings.data) as address, chromium(chromium_or_skip()) as browser:
        page = slow.window(browser, address, token).new_page()
        page.route("**/htmx-*", lose_the_first)
        page.goto(f"/classes/{cast.class_5a.id}", wait_until="commit")
        page.locator('[role=grid] td[tabindex="0"]').wait_for(state="attached")
        slow.save(page, "Ấp 5")
        page.wait_for_load_state("networkidle")
    assert len(asked) == 2, "asked for again, and never twice at once"
    assert Person.select().where(Person.address == "Ấp 5").count() == 1
