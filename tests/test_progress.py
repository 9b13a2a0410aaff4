"""Every record in exactly one state; every sum adds up; only what the user may see."""

from datetime import date

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idapp import people, progress, school
from idapp.models import STATUSES, Batch, BatchItem, Explanation, PaperCase, Person
from idapp.models.notices import EXPLANATION_STATES, NOTICE_STATES
from idapp.progress.board import completion
from idapp.progress.report import passport_of
from tests.cast import Cast, pupil


def test_each_line_adds_up(cast: Cast) -> None:
    view = progress.board(cast.hoa)
    for line in (*view.lines, view.whole):
        assert line.total == sum(line.by_status.values())
    assert (view.sum_of("student").total, view.sum_of("staff").total, view.whole.total) == (3, 1, 4)
    assert view.whole.with_number == 3
    assert view.whole.notice_open == 1


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.sampled_from(STATUSES), min_size=4, max_size=4))
def test_any_states_add_up(cast: Cast, statuses: list[str]) -> None:
    for person, status in zip(Person.select(), statuses, strict=True):
        Person.update(status=status).where(Person.id == person.id).execute()
    whole = progress.board(cast.hoa).whole
    assert whole.total == 4 == sum(whole.by_status.values())
    assert whole.done == sum(s in ("verified", "explained") for s in statuses)
    assert whole.to_do == sum(s != "foreign" for s in statuses)
    assert (whole.percent == 100) == (0 < whole.to_do == whole.done)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.tuples(
            *map(st.sampled_from, (STATUSES, ("", *NOTICE_STATES), ("", *EXPLANATION_STATES))),
            st.booleans(),
        ),
        min_size=4,
        max_size=4,
    )
)
def test_after_any_history_everybody_has_one_outcome_and_one_holder(
    cast: Cast, histories: list[tuple[str, str, str, bool]]
) -> None:
    for table in (PaperCase, Explanation, Batch):
        table.delete().execute()
    batch = Batch.create(scope="school", started_by=cast.hoa)
    for person, (status, case, explanation, again) in zip(Person.select(), histories, strict=True):
        Person.update(
            status=status,
            outcome="mismatch" if again else "",
            outcome_hash="as asked",
        ).where(Person.id == person.id).execute()
        if status == "sent":
            BatchItem.create(batch=batch, person=person, values={}, hash="as asked")
        for _ in range(
            2 if case == "closed" else bool(case)
        ):  # a person may have many closed cases
            PaperCase.create(person=person, reason="by_hand", state=case)
        if explanation:
            Explanation.create(
                person=person, reason="other", state=explanation, proposed_by=cast.lan
            )
    view = progress.board(cast.hoa)
    for line in (*view.lines, *map(view.sum_of, progress.KIND_WORDS), view.whole):
        assert sum(line.by_status.values()) == line.total
        assert sum(line.by_holder.values()) == line.left == line.to_do - line.done
    assert completion(cast.hoa) == (view.whole.done, view.whole.to_do)
    for column in (
        *STATUSES,
        "total",
        "left",
        "notice_open",
        *(f"holder:{who}" for who in progress.HOLDER_WORDS),
    ):
        whole = view.whole
        count = (
            whole.numbers()
            | {"left": whole.left}
            | {f"holder:{who}": n for who, n in whole.by_holder.items()}
        )
        assert progress.people_behind(cast.hoa, column=column).count() == count.get(column, 0)


def test_a_teacher_sees_the_own_class_only(cast: Cast) -> None:
    assert [line.name for line in progress.board(cast.lan).lines] == ["5A"]


def test_a_foreign_pupil_is_outside_the_percentage(cast: Cast) -> None:
    values = pupil("Kim Ana") | {"nationality": "Hàn Quốc", "identity_number": "M12345678"}
    people.add(kind="student", school_class=cast.class_5a, values=values, by=cast.thu)
    line = next(x for x in progress.board(cast.lan).lines if x.name == "5A")
    assert (line.total, line.foreign, line.to_do) == (3, 1, 2)


def test_the_report_shows_a_passport_and_never_the_number_of_a_citizen(cast: Cast) -> None:
    shown = {"M12345678": "M12345678", "123456789": "123456789", "100312000012": "100•••••••12"}
    for number, text in shown.items():
        assert passport_of(Person(identity_number=number), cast.hoa) == text
    assert passport_of(Person(identity_number="M12345678"), cast.phong) == "M12••••78"


def test_the_banner_by_role_and_urgency(cast: Cast) -> None:
    teacher = progress.banner(cast.lan, date(2022, 10, 16))
    assert (teacher.days_left, teacher.total, teacher.whose, teacher.level) == (
        9,
        2,
        "Lớp 5A",
        "far",
    )
    assert progress.banner(cast.hoa, date(2022, 10, 16)).total == 4
    school.assign_teachers(cast.class_5a, [cast.minh], by=cast.thu)
    of_nobody = progress.banner(cast.lan, date(2022, 10, 16))
    assert (of_nobody.total, of_nobody.whose) == (0, "Lớp của thầy cô")
    words = {day: progress.banner(cast.hoa, date(2022, 10, day)) for day in (19, 23, 25, 27)}
    assert [b.level for b in words.values()] == ["near", "urgent", "today", "overdue"]
    assert words[27].days_left == -2
    assert words[27].word == "Quá hạn 2 ngày"


def test_the_machine_readable_file_holds_no_person(cast: Cast) -> None:
    text = str(progress.progress_file(cast.hoa))
    assert cast.an.full_name not in text
    assert cast.an.identity_number not in text
