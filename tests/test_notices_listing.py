"""The list of cases, a page at a time: what is worded once for each filter says what is worded anew."""

from datetime import date
from itertools import product
from typing import Any

import pytest

from idapp import notices, permissions
from idapp.database import rows
from idapp.models import STATUSES, PaperCase, Person, SchoolClass, User
from idapp.models.notices import NOTICE_STATES
from idapp.notices import listing
from tests.cast import Cast

TODAY = date(2022, 10, 16)
SIZE = 2


def everybody_stands_at(status: str) -> None:
    """With a case in each of its states, due today; one of them without a number."""
    PaperCase.delete().execute()
    Person.update(status=status, outcome="mismatch").execute()
    first, *_ = people = list(Person.select())
    Person.update(identity_number="", number=None).where(Person.id == first.id).execute()
    for state, person in zip(NOTICE_STATES, people, strict=False):
        PaperCase.create(person=person, reason="by_hand", state=state, due_on=TODAY)


def whom(cast: Cast) -> list[dict[str, Any]]:
    return [{}, {"staff": True}, {"school_class": cast.class_5a}, {"school_class": cast.class_5b}]


@pytest.mark.parametrize("chosen", ["", *listing.FILTERS])
def test_the_pages_of_a_list_are_the_list(chosen: str, cast: Cast) -> None:
    for status, user, whose in product(STATUSES, (cast.thu, cast.lan), whom(cast)):
        everybody_stands_at(status)
        wanted = {"chosen": chosen, "today": TODAY, **whose}
        listed = list(notices.listed(user, **wanted))
        pages = -(-len(listed) // SIZE)
        paged = [
            one for at in range(pages) for one in listing.page_of(user, at + 1, SIZE, **wanted)
        ]
        assert paged == listed
        assert [case_of(one) for one in paged] == [case_of(one) for one in listed]
        assert not listing.page_of(user, pages + 1, SIZE, **wanted)


def case_of(person: Person) -> PaperCase | None:
    return getattr(person, "case", None)


def test_the_counts_are_those_that_are_worded_anew(cast: Cast) -> None:
    for status, user, whose in product(STATUSES, (cast.thu, cast.lan, cast.hoa), whom(cast)):
        everybody_stands_at(status)
        counted = listing.counts(user, today=TODAY, **whose)
        assert counted == listing.counts(user, today=TODAY, name=" ", **whose)
        assert sorted(_counted(user, **whose)) == sorted(_worded_anew(user, **whose))


def _counted(
    user: User, school_class: SchoolClass | None = None, staff: bool = False
) -> list[tuple[Any, ...]]:
    return listing._counted(user, TODAY, school_class, staff, "")


def _worded_anew(
    user: User, school_class: SchoolClass | None = None, staff: bool = False
) -> list[tuple[Any, ...]]:
    people = permissions.people_of(user)
    return rows(
        listing._by_state(
            listing._Part(
                listing._everybody(people, school_class, staff), notices.needs_paper_of_active()
            ),
            TODAY,
        )
    )
