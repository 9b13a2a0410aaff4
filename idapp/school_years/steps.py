"""The step into the next school year: begun with a plan, done in parts, each whole, by whoever is at work.

``begin`` makes the classes of the next year and notes where each pupil goes (``YearMove``); ``go_on`` takes some pupils
at a time, each part in a transaction of its own, so that nobody who saves a cell waits for it. Until the end the
classes of both years are present: everybody is in a class that is shown, and every sum adds up at every moment. At the
end those of the old year are past. After a crash ``go_on`` goes on with the moves that are not done.

Whoever is verified stays verified: the register has compared name, birth date, sex and number, not the class. Open
cases of those who stay go on; cases and explanations of those who leave are closed, and come back with an undo.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Mapping

from idapp import audit, homeroom, school_facts, stepwise
from idapp.database import PreparedStatement, writing
from idapp.models import Import, Person, SchoolClass, User, YearChange, YearMove, utc_now
from idapp.people import new_changeset
from idapp.people.states import people_with_class
from idapp.progress import closing
from idapp.rules.class_name import class_key, grade_in, level_of, usual_order
from idapp.rules.problem import Problem
from idapp.school import id_of_no_class, the_campaign, the_school
from idapp.school_years import moving
from idapp.school_years.figures import Outcome, check, next_names, outcome_of
from idapp.school_years.moving import year_words
from idapp.school_years.obstacles import check_nothing_is_under_way, set_school_year
from idapp.school_years.plans import ClassPlan, Plan
from idapp.school_years.undoing import end_undo
from idapp.settings import current

log = logging.getLogger(__name__)
AT_ONCE = 200  # so many pupils are taken along while the page waits
PART = 50


class PlanOutdated(Problem):
    """The school has changed since the figures of the plan were looked at."""


def planned() -> YearChange | None:
    """The plan that somebody is working on."""
    this_year = YearChange.from_year == the_school().school_year
    return YearChange.select().where(YearChange.state == "planned", this_year).first()


def keep_plan(plan: Plan, *, by: User, upload: Import | None = None) -> YearChange:
    """Store a plan in the place of the one before. ``upload``: the list from which it was made."""
    with writing():
        change = planned()
        if change is None:
            year = the_school().school_year
            change = YearChange(from_year=year, to_year=year + 1, state="planned", changeset="")
        change.user = by
        change.plan = plan.as_json()
        if upload is not None:
            change.upload = upload
        change.save()
    return change


def drop_plan() -> None:
    """Begin again with what is proposed."""
    with writing():
        YearChange.update(state="dropped").where(YearChange.state == "planned").execute()


def begin(plan: Plan, *, by: User, seen: str | None = None) -> YearChange:
    """Make the classes of the next year and note who goes where; ``go_on`` does the work.

    ``seen``: the fingerprint of the figures that somebody agreed to; None for nobody in particular.
    Raises ``Problem`` for a plan that does not do (``figures.check``), while something else is under way, for a year
    that is too far ahead; ``PlanOutdated`` where the figures are others by now.
    """
    with writing():
        check_nothing_is_under_way()
        change = keep_plan(plan, by=by)
        _check_year(change)
        outcome = outcome_of(plan)
        check(plan, outcome)
        if seen is not None and seen != outcome.fingerprint:
            sentence = "Dự kiến vừa thay đổi. Hãy xem lại số liệu dưới đây rồi bấm lần nữa."
            raise PlanOutdated("plan", "outdated", sentence)
        change.changeset = new_changeset()
        if plan.closes and the_campaign().closed_at is None:
            change.closed_campaign = closing.close(today=current().today(), by=by)
        _note_moves(change, outcome, _make_classes(change, plan, by))
        change.state = "running"
        change.started_at = utc_now()
        change.total = len(outcome.places)
        change.counts = dict(outcome.counts)
        change.save()
    return change


def go_on(change_id: int, tell: Callable[[YearChange], None] | None = None) -> None:
    """Do what is left of a step that is under way, see ``stepwise.carry_on``."""
    stepwise.carry_on(YearChange, change_id, do_part=_do_part, end=_end, tell=tell)


def overdue() -> list[int]:
    """Those that are under way and that nobody is at work on."""
    return stepwise.overdue(YearChange)


def done_of(change: YearChange) -> int:
    """How many pupils are done, forwards or backwards."""
    done = change.moves.where(YearMove.done == (change.state != "undoing"))
    return int(done.count())


# --- the beginning ---


def _check_year(change: YearChange) -> None:
    """Two years ahead is a slip: nobody moves up twice in one summer."""
    now = school_facts.school_year_of(current().today())
    if change.to_year > now + 1:
        sentence = (
            f"Hôm nay còn thuộc năm học {year_words(now)}, chưa chuyển sang năm học "
            f"{year_words(change.to_year)} được."
        )
        raise Problem("year", "too_early", sentence)


def _make_classes(change: YearChange, plan: Plan, by: User) -> dict[str, SchoolClass]:
    """The classes of the next year with their teachers, by ``class_key``."""
    made = {}
    for position, name in enumerate(sorted(next_names(plan), key=usual_order), start=1):
        grade = grade_in(name)
        added = SchoolClass.create(
            id=id_of_no_class(),
            name=name,
            grade=grade,
            level=level_of(grade),
            position=position,
            school_year=change.to_year,
        )
        audit.record(
            "class.added",
            by=by,
            subject=f"class {added.id}",
            new=name,
            source=moving.SOURCE,
            changeset=change.changeset,
        )
        made[class_key(name)] = added
    for key, teachers in _teachers_of_next_year(plan).items():
        if key in made:
            homeroom.assign_teachers(made[key], teachers, by=by, changeset=change.changeset)
    return made


def _teachers_of_next_year(plan: Plan) -> dict[str, list[User]]:
    """{class key: its homeroom teachers}: those who follow their pupils or keep the name of their class."""
    teachers: dict[str, list[User]] = defaultdict(list)
    looked_after = homeroom.by_class()
    for school_class in SchoolClass.select().where(SchoolClass.id.in_(list(plan.classes))):
        class_plan = plan.classes[school_class.id]
        name = {"follow": class_plan.name, "stay": school_class.name}.get(class_plan.teachers)
        if name:
            rows = looked_after.get(school_class.id, [])
            teachers[class_key(name)] += [row.teacher for row in rows if row.until is None]
    return teachers


_NOTE_MOVE = PreparedStatement(
    lambda change, person, to_class, to_state, kept: YearMove.insert(
        change=change,
        person=person,
        to_class=to_class,
        to_state=to_state,
        from_state="",
        kept=kept,
        done=False,
    )
)


def _note_moves(change: YearChange, outcome: Outcome, classes: Mapping[str, SchoolClass]) -> None:
    moves: list[tuple[object, ...]] = []
    for person_id, goal in outcome.places.items():
        if goal is None:
            continue
        class_id = classes[class_key(goal.class_name)].id if goal.class_name else None
        moves.append((change.id, person_id, class_id, goal.state, "{}"))
    _NOTE_MOVE.run_many(moves)


# --- the parts, and the end ---


def _do_part(change: YearChange) -> bool:
    """Take the next pupils along, forwards or backwards; False if there are none left."""
    is_undo = change.state == "undoing"
    waiting = change.moves.where(YearMove.done == is_undo).order_by(YearMove.id)
    moves = list(waiting.limit(PART))
    if not moves:
        return False
    if is_undo:
        moving.take_back(change, moves, change.user)
    else:
        moving.take_along(change, moves)
    ids = [move.id for move in moves]
    YearMove.update(done=not is_undo).where(YearMove.id.in_(ids)).execute()
    YearChange.update(heartbeat_at=utc_now()).where(YearChange.id == change.id).execute()
    return True


def _end(change: YearChange) -> None:
    if change.state == "undoing":
        end_undo(change)
    else:
        _end_forwards(change)
    log.info("change of the school year %s has ended", change.id)


def _end_forwards(change: YearChange) -> None:
    _take_latecomers(change)
    old = ~SchoolClass.is_past & (SchoolClass.school_year != change.to_year)
    SchoolClass.update(is_past=True).where(old).execute()
    set_school_year(change.to_year, change)
    ended = YearChange.update(state="done", ended_at=utc_now())
    ended.where(YearChange.id == change.id).execute()


def _take_latecomers(change: YearChange) -> None:
    """Who came into an old class while the step was under way goes up with it; where it does not, into no class."""
    plan = Plan.of_json(change.plan)
    old = SchoolClass.school_year != change.to_year
    in_old = Person.active & Person.school_class.in_(SchoolClass.present().where(old))
    next_classes = SchoolClass.select().where(SchoolClass.school_year == change.to_year)
    by_key = {class_key(each.name): each for each in next_classes}
    moves = []
    for person in people_with_class(in_old):
        class_plan = plan.classes.get(person.school_class_id or 0, ClassPlan(""))
        goal = by_key.get(class_key(class_plan.name))
        YearMove.delete().where(YearMove.change == change, YearMove.person == person).execute()
        moves.append(YearMove.create(change=change, person=person, to_class=goal, done=True))
    if moves:
        moving.take_along(change, moves)
