"""Who has to act next on a record, and how many people wait for whom: what the board counts.

The rule is :func:`holder`, for each record. Counting everybody by it would read everybody's record and case; but nearly
all of them wait for whom their state says (:func:`usual_holder`). So everybody is counted out of an index, and only
those about whom something more is known (a case that has moved on, an explanation, a letter to the police, a question
asked again) are looked at one by one. ``flask doctor`` compares the counts with the rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from peewee import SQL, Case, Expression, ModelSelect, Value, fn

from idapp.models import (
    DISAGREES,
    DONE,
    STATUSES,
    Explanation,
    PaperCase,
    Person,
    RegisterError,
    written_out,
)
from idapp.notices import asks_the_family, needs_paper_of_active

HOLDER_WORDS = {
    "teacher": "Giáo viên, văn thư",
    "family": "Gia đình",
    "police": "Công an",
    "register_wrong": "Công an (CSDL dân cư ghi sai)",
    "service": "Dịch vụ xác thực",
    "principal": "Hiệu trưởng",
}
HOLDER_TASKS = {
    "teacher": "điền, sửa hồ sơ; phát phiếu cho gia đình; đối chiếu giấy đã nhận; "
    "gửi công văn cho công an",
    "family": "nộp bản sao giấy tờ đối chiếu",
    "police": "cấp giấy cho gia đình đã đến làm",
    "register_wrong": "sửa CSDL dân cư theo công văn nhà trường đã gửi",
    "service": "trả lời các hồ sơ đã gửi",
    "principal": "mở đợt xác thực; duyệt giải trình",
}

# The states that say by themselves who has to act, whatever case or explanation there may be.
_HOLDER_OF_STATE = {
    **dict.fromkeys((*DONE, "foreign"), ""),
    "ready": "principal",
    "changed": "principal",
    "unanswered": "service",
}
_OTHER_STATES = [status for status in STATUSES if status not in _HOLDER_OF_STATE]
_USUAL_HOLDER = {**dict.fromkeys(_OTHER_STATES, "teacher"), "sent": "service"} | _HOLDER_OF_STATE
# states of a case that change who has to act, or whom a paper is asked of
_MOVED_ON = ("asked", "police", "register_wrong")


def holder() -> Case:
    """Who has to act next on a record: a word of HOLDER_WORDS, "" when it is done. One answer for every active record.

    A batch that only asks again about a record moves nobody: whoever had to act still has to.
    """
    is_on_its_way = (Person.status == "sent") & ~needs_paper_of_active()
    holders: list[tuple[Expression, str]] = [  # the first that applies
        *((Person.status == status, held_by) for status, held_by in _HOLDER_OF_STATE.items()),
        (is_on_its_way, "service"),
        (Explanation.id.is_null(False), "principal"),
        (needs_paper_of_active() & (PaperCase.state == "asked"), "family"),
        (needs_paper_of_active() & (PaperCase.state == "police"), "police"),
        # As long as the letter has not gone out, or wants more papers, the school has to act.
        (needs_paper_of_active() & RegisterError.id.is_null(False), "register_wrong"),
    ]
    return Case(None, holders, "teacher")


def usual_holder(status: str) -> str:
    """What :func:`holder` says of a record in this state about which nothing more is known."""
    return _USUAL_HOLDER[status]


def with_cases(query: ModelSelect[Person]) -> ModelSelect[Person]:
    """With open case, proposed explanation and request sent to the police: at most one each of a person."""
    case = (PaperCase.person == Person.id) & PaperCase.is_open()
    proposed = (Explanation.person == Person.id) & (Explanation.state == "proposed")
    sent = (RegisterError.person == Person.id) & (RegisterError.state == "sent")
    return (
        query.left_outer_join(PaperCase, on=case)
        .switch(Person)
        .left_outer_join(Explanation, on=proposed)
        .switch(Person)
        .left_outer_join(RegisterError, on=sent)
    )


def counted(people: ModelSelect[Person], groups: Sequence[Any], *, in_whole_school: bool) -> Any:
    """How many people there are in each of ``groups``, whose last column is the state; the rows of a group add up.

    After the groups come: how many there are, have a number, need a paper; and how many of them wait for whom, where
    that is not the usual one (everybody is in the first count once, these are among them).

    One statement, so that nobody changes from one part to the other between two. ``in_whole_school``: the people are
    found by who they are; else they are few, and all of them are looked at.
    """
    nobody = Value(0)
    n = fn.COUNT(SQL("*"))
    needing: Any = fn.SUM(_one_if(_needs_by_state()))
    looked_at = people
    if in_whole_school:
        needing = Case(None, [(Person.status.in_(written_out(DISAGREES)), n)], 0)
        looked_at = people.where(
            Person.status.in_(written_out(_OTHER_STATES)),
            Person.id.in_(_about_whom_more_is_known()),
        )
    everybody = people.select(
        *groups, n, fn.COUNT(Person.number), needing, Value("").alias("holder"), nobody
    )
    differing = fn.SUM(_one_if(asks_the_family())) - fn.SUM(_one_if(_needs_by_state()))
    one_by_one = with_cases(looked_at).select(
        *groups, nobody, nobody, differing, holder().alias("holder"), n
    )
    parts: Any = everybody.group_by(*groups)
    if in_whole_school:
        # of few people a state is read with the record: by its index all of the school would be met
        without_number = people.where(Person.is_in_need(), Person.status == SQL("'incomplete'"))
        without_number = without_number.select(*groups, nobody, nobody, n, Value(""), nobody)
        parts = parts.union_all(without_number.group_by(*groups))
    return parts.union_all(one_by_one.group_by(*groups, SQL("holder")))


def _needs_by_state() -> Expression:
    """Who has been counted among those in need of a paper before anybody is looked at."""
    return Person.is_in_need() & (Person.status != "sent")


def _one_if(condition: Expression) -> Case:
    return Case(None, [(condition, 1)], 0)


def _about_whom_more_is_known() -> Any:
    """The ids of all for whom :func:`holder` may not say what is usual, nor the state alone who needs a paper."""
    somebody = Person.alias()
    asked_again = somebody.select(somebody.id).where(
        somebody.active, Person.is_in_need(somebody), somebody.status == SQL("'sent'")
    )
    moved_on = PaperCase.select(PaperCase.person).where(
        PaperCase.is_open(), PaperCase.state.in_(written_out(_MOVED_ON))
    )
    # the second half of each follows from the first, and names the index
    proposed = Explanation.select(Explanation.person).where(
        Explanation.state == "proposed", Explanation.is_open()
    )
    sent = RegisterError.select(RegisterError.person).where(
        RegisterError.state == "sent", RegisterError.is_open()
    )
    return asked_again.union_all(moved_on).union_all(proposed).union_all(sent)
