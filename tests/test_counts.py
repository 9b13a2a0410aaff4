"""Counts that come out of indexes say what a plain look at every row says, in a school in which everything occurs.

The plain counts below go through the rows in Python and share no query and no rule with the program: what they ask of a
record stands in their own words.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from idapp import classes, homeroom, permissions, progress, school, verification
from idapp.doctor.data import sums_add_up
from idapp.models import (
    STATUSES,
    Batch,
    BatchItem,
    Explanation,
    PaperCase,
    Person,
    RegisterError,
    SchoolClass,
    User,
)
from idapp.models.notices import EXPLANATION_STATES, NOTICE_STATES, REGISTER_ERROR_STATES
from idapp.notices import listing
from idapp.progress.board import completion
from idapp.progress.grade_sums import grade_sums
from idapp.verification.counting import verified_in
from tests.cast import Cast, number_for

TODAY = date(2022, 10, 16)
PEOPLE = 400
CLASSES = ("1A", "2A", "2B", "5C", "5D")  # beside those of the cast; nobody goes to the last one
POSITIONS = ("Giáo viên", "Kế toán", "", "Hiệu trưởng")
OPEN_STATES = [state for state in NOTICE_STATES if state != "closed"]


@dataclass
class Plain:
    """A record as a plain look sees it, with all that hangs on it."""

    person: Person
    case: PaperCase | None
    explanations: set[str]  # states
    letters: set[str]  # states of what was written to the police
    open_hashes: set[str]  # of questions that are not answered

    @property
    def needs_paper(self) -> bool:
        one = self.person
        if one.status in ("mismatch", "not_found"):
            return True
        if one.status == "incomplete":
            return one.identity_number == ""
        disagreed = one.outcome in ("mismatch", "not_found")
        return one.status == "sent" and disagreed and one.outcome_hash in self.open_hashes

    @property
    def asks_family(self) -> bool:
        at_police = self.case is not None and self.case.state == "register_wrong"
        return self.needs_paper and not at_police

    @property
    def waits_for(self) -> str:
        status = self.person.status
        if status in ("verified", "explained", "foreign"):
            return ""
        if status in ("ready", "changed"):
            return "principal"
        if status == "unanswered" or (status == "sent" and not self.needs_paper):
            return "service"
        if "proposed" in self.explanations:
            return "principal"
        if self.needs_paper and self.case is not None and self.case.state in ("asked", "police"):
            return "family" if self.case.state == "asked" else "police"
        if self.needs_paper and "sent" in self.letters:
            return "register_wrong"
        return "teacher"


@pytest.fixture
def varied(cast: Cast) -> Cast:
    """The school of the cast with 400 more people, in any state, with anything hanging on them."""
    chance = random.Random(20221016)
    classes = [cast.class_5a, cast.class_5b]
    classes += [school.add_class(name, by=cast.thu) for name in CLASSES[:-1]]
    homeroom.assign_teachers(classes[2], [cast.lan], by=cast.thu)  # a second one of hers
    batch = Batch.create(scope="school", started_by=cast.hoa, state="running")
    for serial in range(PEOPLE):
        _anybody(serial, chance, classes, batch, cast)
    school.add_class(CLASSES[-1], by=cast.thu)
    return cast


def _anybody(
    serial: int, chance: random.Random, classes: list[SchoolClass], batch: Batch, cast: Cast
) -> None:
    is_staff = chance.random() < 0.15
    number = number_for(2012, "Nam", 1000 + serial)
    has_number = chance.random() < 0.7
    person = Person.create(
        kind="staff" if is_staff else "student",
        school_class=None if is_staff or chance.random() < 0.05 else chance.choice(classes),
        position=chance.choice(POSITIONS) if is_staff else "",
        active=chance.random() < 0.85,
        full_name=f"Người {serial:03d}",
        sort_key=f"{chance.randrange(50):02d}",  # so that many stand side by side
        search_key=f"nguoi {serial:03d}",
        identity_number=number if has_number or chance.random() < 0.3 else "",
        number=number if has_number else None,
        status=chance.choice((*STATUSES, "incomplete", "mismatch", "not_found", "sent")),
        outcome=chance.choice(("", "verified", "mismatch", "not_found")),
        outcome_hash=chance.choice(("h1", "h2")),
    )
    for state in chance.sample(EXPLANATION_STATES, k=chance.choice((0, 0, 1))):
        Explanation.create(person=person, reason="other", state=state, proposed_by=cast.lan)
    for state in chance.sample(REGISTER_ERROR_STATES, k=chance.choice((0, 0, 1))):
        RegisterError.create(
            person=person, hash="h1", evidence="card", state=state, added_by=cast.lan
        )
    states = ["closed"] * chance.choice((0, 0, 2))
    states += chance.sample(OPEN_STATES, k=chance.choice((0, 1, 1)))
    for state in states:
        due_on = chance.choice((None, "2022-10-15", "2022-10-16", "2022-10-17"))
        PaperCase.create(person=person, reason="by_hand", state=state, due_on=due_on)
    if person.status == "sent" or chance.random() < 0.1:
        hash_ = chance.choice(("h1", "h2"))
        BatchItem.create(batch=batch, person=person, values={}, hash=hash_, state="sending")


def plain(*, within: Callable[[Person], bool] = lambda _: True) -> Iterator[Plain]:
    """Everybody who is here, one by one."""
    by_person: dict[type, dict[int, list[Any]]] = {}
    for table in (PaperCase, Explanation, RegisterError, BatchItem):
        of_table = by_person[table] = defaultdict(list)
        for row in table.select():
            of_table[row.person_id].append(row)
    for person in Person.select():
        if not person.active or not within(person):
            continue
        cases = [case for case in by_person[PaperCase][person.id] if case.state != "closed"]
        items = by_person[BatchItem][person.id]
        yield Plain(
            person,
            cases[0] if cases else None,
            {row.state for row in by_person[Explanation][person.id]},
            {row.state for row in by_person[RegisterError][person.id]},
            {item.hash for item in items if item.state in ("waiting", "sending")},
        )


def own_classes_of(user: User) -> Callable[[Person], bool]:
    """Whom a user may see."""
    if user.role != "teacher":
        return lambda _: True
    names = {"lan": {"5A", "1A"}, "minh": {"5B"}}[user.username]
    ids = {one.id for one in SchoolClass.select() if one.name in names}
    return lambda person: person.kind == "student" and person.school_class_id in ids


EVERYBODY = ("hoa", "thu", "phong", "lan", "minh")


@pytest.mark.parametrize("name", EVERYBODY)
def test_the_board_says_what_a_plain_look_says(varied: Cast, name: str) -> None:
    user = getattr(varied, name)
    expected: dict[tuple[str, int | None], Counter[str]] = defaultdict(Counter)
    for one in plain(within=own_classes_of(user)):
        _count(one, expected[one.person.kind, one.person.school_class_id])
    lines = {(line.kind, line.class_id): line for line in progress.board(user).lines}
    without_class = [line for line in progress.board(user).lines if not line.class_id]
    assert {line.kind for line in without_class} == {
        kind for kind, class_id in expected if class_id is None
    }
    for key, line in lines.items():
        assert _said_by(line) == +expected[key], key
    assert set(expected) <= set(lines)


@pytest.mark.parametrize("name", EVERYBODY)
def test_the_line_above_every_page_says_what_a_plain_look_says(varied: Cast, name: str) -> None:
    user = getattr(varied, name)
    statuses = [one.person.status for one in plain(within=own_classes_of(user))]
    done = sum(status in ("verified", "explained") for status in statuses)
    to_do = sum(status != "foreign" for status in statuses)
    assert completion(user) == (done, to_do)
    whole = progress.board(user).whole
    assert (whole.done, whole.to_do) == (done, to_do)


def test_the_staff_by_position_say_what_a_plain_look_says(varied: Cast) -> None:
    expected: dict[str, Counter[str]] = defaultdict(Counter)
    for one in plain(within=lambda person: person.kind == "staff"):
        _count(one, expected[one.person.position])
    lines = progress.board(varied.hoa).positions
    said = sorted(sorted(_said_by(line).items()) for line in lines)
    assert said == sorted(sorted((+counter).items()) for counter in expected.values())


def _count(one: Plain, counter: Counter[str]) -> None:
    counter["total"] += 1
    counter["with_number"] += one.person.number is not None
    counter["notice_open"] += one.asks_family
    counter["done"] += one.person.status in ("verified", "explained")
    counter[one.person.status] += 1
    if one.waits_for:
        counter[f"waits for {one.waits_for}"] += 1


def _said_by(line: progress.ProgressRow) -> Counter[str]:
    said = Counter(line.by_status)
    said.update({f"waits for {who}": n for who, n in line.by_holder.items()})
    said["total"] = line.total
    said["with_number"] = line.with_number
    said["notice_open"] = line.notice_open
    said["done"] = line.done
    return +said


def test_the_people_behind_a_count_are_those_of_a_plain_look(varied: Cast) -> None:
    for who in progress.HOLDER_WORDS:
        behind = {one.id for one in progress.people_behind(varied.hoa, column=f"holder:{who}")}
        assert behind == {one.person.id for one in plain() if one.waits_for == who}
        assert behind, f"the school is not varied enough: nobody waits for {who}"


def test_the_doctor_counts_the_same(varied: Cast) -> None:
    assert sums_add_up().level == "ok"


def test_classes_without_teacher_are_those_of_a_plain_look(varied: Cast) -> None:
    with_pupils = {one.person.school_class_id for one in plain()}
    named = {one.name for one in SchoolClass.select() if one.id in with_pupils}
    assert named >= {"2A", "2B", "5C"}
    assert [one.name for one in homeroom.unassigned()] == ["2A", "2B", "5C"]
    assert {one.id for one in homeroom.unassigned()}.isdisjoint(homeroom.assigned())


# the list of cases


def whose(cast: Cast, user: User) -> list[tuple[dict[str, Any], Callable[[Person], bool]]]:
    """What of the list to ask for, and whom that means."""
    filters: list[tuple[dict[str, Any], Callable[[Person], bool]]] = [
        ({}, lambda _: True),
        ({"staff": True}, lambda person: person.kind == "staff"),
    ]
    for school_class in (cast.class_5a, cast.class_5b):
        of_class = ({"school_class": school_class}, _is_in(school_class))
        filters.append(of_class)
    return filters


def _is_in(school_class: SchoolClass) -> Callable[[Person], bool]:
    return lambda person: person.school_class_id == school_class.id


@pytest.mark.parametrize("name", EVERYBODY)
def test_the_counts_of_the_list_are_those_of_a_plain_look(varied: Cast, name: str) -> None:
    user = getattr(varied, name)
    may_see = own_classes_of(user)
    for asked, are_meant in whose(varied, user):
        listed = [
            one
            for one in plain(within=may_see)
            if are_meant(one.person) and (one.needs_paper or one.case)
        ]
        active = [one for one in listed if one.person.status != "explained"]
        counted = listing.counts(user, today=TODAY, **asked)
        assert counted.by_state == Counter(one.case.state if one.case else "open" for one in active)
        assert counted.at_rest == len(listed) - len(active)
        assert counted.need == sum(one.asks_family for one in active)
        assert counted.due == sum(map(is_due, active))


@pytest.mark.parametrize("chosen", ["", *listing.FILTERS])
def test_the_pages_of_the_list_hold_each_once_and_in_order(varied: Cast, chosen: str) -> None:
    for user in (varied.thu, varied.lan):
        may_see = own_classes_of(user)
        for asked, are_meant in whose(varied, user):
            expected = [
                one.person.id
                for one in plain(within=may_see)
                if are_meant(one.person) and _stands_under(one, chosen)
            ]
            wanted = {"chosen": chosen, "today": TODAY, **asked}
            pages = -(-len(expected) // 20)
            paged = [
                one
                for at in range(pages + 1)
                for one in listing.page_of(user, at + 1, 20, **wanted)
            ]
            assert sorted(one.id for one in paged) == sorted(expected)
            assert paged == sorted(paged, key=_place)


def _place(person: Person) -> tuple[Any, ...]:
    """Where somebody stands: pupils first, class by class, without a class last."""
    of_class = person.school_class
    place = (of_class.position, of_class.id) if of_class else (10**6, 0)
    return (person.kind == "staff", *place, person.sort_key, person.id)


def _stands_under(one: Plain, chosen: str) -> bool:
    if not (one.needs_paper or one.case):
        return False
    if one.person.status == "explained":
        return chosen == "explained"
    if chosen == "due":
        return is_due(one)
    if chosen == "need":
        return one.asks_family
    return chosen in ("", one.case.state if one.case else "open")


def is_due(one: Plain) -> bool:
    """Has the day of the reminder come, and no explanation waits for the principal?"""
    if one.case is None or one.case.due_on is None or "proposed" in one.explanations:
        return False
    return bool(one.case.due_on <= TODAY)


# before a batch


@pytest.mark.parametrize("which", ["ready", "changed", "unanswered", "unverified"])
@pytest.mark.parametrize("scope", ["school", "staff", "grade:5"])
def test_before_a_batch_everybody_is_counted_once(varied: Cast, scope: str, which: str) -> None:
    fifth = {one.id for one in SchoolClass.select() if one.grade == 5}
    within = {
        "school": lambda _: True,
        "staff": lambda person: person.kind == "staff",
        "grade:5": lambda person: person.school_class_id in fifth,
    }[scope]
    reasons = Counter(_left_out(one, which) for one in plain(within=within))
    before = verification.preflight(scope, which)
    assert before.ready == reasons.pop("", 0)
    assert before.excluded == reasons
    if scope == "school":
        assert (before.done, before.to_do) == completion(varied.hoa)


def _left_out(one: Plain, which: str) -> str:
    """Why somebody is not sent; "" for who is."""
    sendable = {"ready", "changed", "unanswered"}
    disagreed = {"mismatch", "not_found", "rejected"}
    chosen = {"ready": sendable, "unverified": sendable | disagreed}.get(which, {which})
    status = one.person.status
    if status in chosen:
        return "sent" if one.open_hashes else ""
    if status in disagreed:
        return "answered"
    return "not_chosen" if status in sendable else status


def test_of_the_last_batch_the_verified_are_counted(varied: Cast) -> None:
    batch = verification.start(f"class:{varied.class_5b.id}", "unverified", by=varied.hoa)
    items = list(batch.items)
    assert batch.total == len(items) > 2
    BatchItem.update(state="verified").where(BatchItem.batch == batch).execute()
    BatchItem.update(stale=True).where(BatchItem.id == items[0].id).execute()
    BatchItem.update(state="mismatch").where(BatchItem.id == items[1].id).execute()
    assert verified_in(batch) == verification.tally(batch).by_state["verified"] == len(items) - 2
    assert verification.tally(batch).total == batch.total


# the list of classes of a large school


@pytest.mark.parametrize("name", EVERYBODY)
def test_the_sums_of_the_grades_are_those_of_the_board(varied: Cast, name: str) -> None:
    user = getattr(varied, name)
    sums = grade_sums(user, permissions.names_and_grades_of(user))
    grade_of = {one.id: one.grade for one in SchoolClass.select()}
    expected: dict[int | None, Counter[str]] = defaultdict(Counter)
    for one in plain(within=own_classes_of(user)):
        if one.person.kind == "student" and one.person.school_class_id:
            expected[grade_of[one.person.school_class_id]][one.person.status] += 1
    assert {part.grade: part.by_status for part in sums.grades} == expected
    assert sums.completion == completion(user)
    view = progress.board(user)
    assert sums.classes == len(view.of_kind("student"))
    in_classes = progress.Board([line for line in view.of_kind("student") if line.class_id])
    said = [(line.name, line.total, line.done, line.to_do) for line in in_classes.by_grade()]
    assert [(part.name, part.total, part.done, part.to_do) for part in sums.grades] == said


def test_why_each_class_is_kept_is_what_is_said_of_it_alone(varied: Cast) -> None:
    here = Counter(one.person.school_class_id for one in plain())
    reasons = classes.why_each_is_kept()
    assert reasons == {one.id: classes.why_kept(one) for one in SchoolClass.present()}
    for id_, reason in reasons.items():
        assert (reason == f"lớp còn {here[id_]} học sinh") == (here[id_] > 0)
    assert "" in reasons.values()
