"""Taking the step back: every pupil, class and teacher as before, as long as nobody has worked on what it changed."""

from __future__ import annotations

from peewee import fn

from idapp import audit
from idapp.database import rows, writing
from idapp.models import (
    Change,
    ClassTeacher,
    Person,
    Remark,
    RemovedClass,
    SchoolClass,
    User,
    YearChange,
    YearMove,
    utc_now,
)
from idapp.progress import closing
from idapp.rules.problem import Problem
from idapp.school import the_campaign
from idapp.school_years.moving import named, year_words
from idapp.school_years.obstacles import check_nothing_is_under_way, set_school_year


def begin_undo(*, by: User) -> YearChange:
    """Start to take the last step back; ``steps.go_on`` does the work.

    Raises ``Problem``: ``nothing`` to undo, ``edited`` since, and as ``check_nothing_is_under_way``.
    """
    with writing():
        change = last_change()
        if change is None or change.state != "done":
            sentence = "Không có lần chuyển năm học nào để hoàn tác."
            raise Problem("year", "nothing", sentence)
        check_nothing_is_under_way()
        edits = edited_since(change)
        if edits:
            sentence = f"Không hoàn tác được nữa: {'; '.join(edits)}."
            raise Problem("year", "edited", sentence)
        old = SchoolClass.is_past & (SchoolClass.school_year == change.from_year)
        SchoolClass.update(is_past=False).where(old).execute()
        YearChange.update(state="undoing", user=by, heartbeat_at=utc_now()).where(
            YearChange.id == change.id
        ).execute()
    return YearChange.get_by_id(change.id)


def last_change() -> YearChange | None:
    """The newest step that was begun."""
    begun = YearChange.state.not_in(("planned", "dropped"))
    return YearChange.select().where(begun).order_by(YearChange.id.desc()).first()


def edited_since(change: YearChange) -> list[str]:
    """What somebody has done since to what the step changed, each as a clause of a sentence.

    Values of records do not count: an undo touches none.
    """
    made = _made_by(change)
    counts = {
        "{n} học sinh đã được xếp lớp hoặc đổi trạng thái lại": _moved_since(change),
        "{n} học sinh mới đã vào lớp của năm học mới": _newcomers(change, made),
        "{n} lớp đã được thêm, sửa hoặc phân công lại": _classes_edited(change, made),
        "{n} nhận xét đã có ở lớp của năm học mới": _remarks(made),
        "{n} đợt thu thập mới đã mở": _campaigns_since(change),
    }
    return [words.format(n=n) for words, n in counts.items() if n]


def end_undo(change: YearChange) -> None:
    """Everybody is back: the classes of the next year go, the campaign opens again. Inside the caller's transaction.

    A class in which somebody sits who came in the last seconds stays, under a name that says its year.
    """
    for school_class in SchoolClass.select().where(SchoolClass.id.in_(_made_by(change))):
        _remove(school_class, change)
    set_school_year(change.from_year, change)
    campaign = the_campaign()
    if change.closed_campaign_id == campaign.id and campaign.closed_at is not None:
        closing.reopen(by=change.user or User(full_name=""))
    ended = YearChange.update(state="undone", ended_at=utc_now())
    ended.where(YearChange.id == change.id).execute()
    _offer_again(change)


def _offer_again(change: YearChange) -> None:
    """What was planned is not typed twice: the plan waits to be mended."""
    YearChange.update(state="dropped").where(YearChange.state == "planned").execute()
    YearChange.create(
        user=change.user,
        from_year=change.from_year,
        to_year=change.to_year,
        state="planned",
        changeset="",
        plan=change.plan,
        upload=change.upload,
    )


def _remove(school_class: SchoolClass, change: YearChange) -> None:
    ClassTeacher.delete().where(ClassTeacher.school_class == school_class).execute()
    if Person.select().where(Person.school_class == school_class).exists():
        name = f"{school_class.name} ({year_words(change.to_year)})"
        SchoolClass.update(name=name, school_year=change.from_year).where(
            SchoolClass.id == school_class.id
        ).execute()
        return
    school_class.delete_instance()
    RemovedClass.create(id=school_class.id, name=named(school_class))
    audit.record(
        "class.removed",
        by=change.user,
        subject=f"class {school_class.id}",
        old=named(school_class),
        source="undo",
        undoes=change.changeset,
        verb="undo",
        changeset=f"{change.changeset}-undo",
    )


# --- what was done since ---


def _made_by(change: YearChange) -> list[int]:
    """Ids of the classes that the step made, as the history tells: "class 17"."""
    query = Change.select(Change.subject).where(
        Change.changeset == change.changeset, Change.event == "class.added"
    )
    return [int(subject.split()[1]) for (subject,) in rows(query)]


def _moved_since(change: YearChange) -> int:
    """Pupils of the step who are not where it left them. What was taken back since (a merge, a move) counts no more."""
    query = change.moves.join(Person).where(YearMove.from_state != "")
    places: list[tuple[int | None, int | None, str, str, int | None, str]] = rows(
        query.select(
            YearMove.from_class,
            YearMove.to_class,
            YearMove.from_state,
            YearMove.to_state,
            Person.school_class,
            Person.state,
        )
    )
    elsewhere = 0
    for from_class, to_class, from_state, to_state, class_now, state_now in places:
        left_in = from_class if to_state else to_class  # who leaves the school keeps the old class
        elsewhere += (class_now, state_now) != (left_in, to_state or from_state)
    return elsewhere


def _newcomers(change: YearChange, made: list[int]) -> int:
    of_step = YearMove.select(YearMove.person).where(YearMove.change == change)
    query = Person.select().where(Person.school_class.in_(made), Person.id.not_in(of_step))
    return int(query.count())


def _classes_edited(change: YearChange, made: list[int]) -> int:
    """Classes of which the history tells something else than the step itself wrote, and classes added since."""
    subjects = [f"class {id_}" for id_ in made]
    mine = Change.changeset == change.changeset
    first = Change.select(fn.MIN(Change.id)).where(mine)
    is_new = Change.event == "class.added"
    query = Change.select(fn.COUNT(Change.subject.distinct())).where(
        Change.event.startswith("class."),
        Change.subject.in_(subjects) | is_new,
        Change.id > first,
        ~mine,
    )
    return int(query.scalar())


def _remarks(made: list[int]) -> int:
    return int(Remark.select().where(Remark.school_class.in_(made)).count())


def _campaigns_since(change: YearChange) -> int:
    first = Change.select(fn.MIN(Change.id)).where(Change.changeset == change.changeset)
    opened = Change.select().where(Change.event == "campaign.opened", Change.id > first)
    return int(opened.count())
