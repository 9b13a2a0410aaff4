"""The days so far, the pace, the forecast; closing a campaign freezes its report."""

import io
from datetime import date, datetime, timedelta

import openpyxl
import pytest

from idapp import audit, people, progress, school
from idapp.models import STATUSES, Campaign, Change, Person, Snapshot
from idapp.notices import explanations
from idapp.progress import chart, closing, history, reasons, report
from idapp.progress.history import Forecast, Point
from idapp.rules.problem import Problem
from tests.cast import Cast

START, DEADLINE = date(2022, 10, 3), date(2022, 10, 25)


def points(*done: int, to_do: int = 100, start: date = START) -> list[Point]:
    return [Point(start + timedelta(days=n), d, to_do, d) for n, d in enumerate(done)]


def ahead(*done: int, today: date | None = None, to_do: int = 100) -> Forecast:
    days = points(*done, to_do=to_do)
    return progress.forecast(days, DEADLINE, today or days[-1].day)


def test_a_steady_pace_goes_straight_on() -> None:
    told = ahead(0, 10, 20, 30)  # 6 October: 70 left at 10 a day
    assert (told.left, told.pace, told.finish) == (70, 10.0, date(2022, 10, 13))
    assert told.needed == 4  # 70 in the 20 days that are left, today counted: 3.5, rounded up
    assert told.in_time(DEADLINE)


def test_only_the_last_seven_days_count() -> None:
    told = ahead(0, 50, 50, 50, 50, 50, 50, 50, 50, 54)
    assert told.pace == pytest.approx(4 / 7)
    assert told.finish == date(2022, 10, 12) + timedelta(days=81)
    assert not told.in_time(DEADLINE)


def test_nothing_moves_and_nothing_is_promised() -> None:
    told = ahead(5, 5, 5)
    assert (told.pace, told.finish) == (0.0, None)
    assert not told.in_time(DEADLINE)


def test_going_backwards_is_no_pace() -> None:
    assert ahead(30, 20, 10).pace == 0.0


def test_done_is_done_today() -> None:
    told = ahead(0, 100)
    assert (told.left, told.finish, told.needed) == (0, date(2022, 10, 4), 0)


def test_on_the_last_day_everything_is_needed_today_and_afterwards_no_number_helps() -> None:
    assert ahead(10, today=DEADLINE).needed == 90
    assert ahead(10, today=DEADLINE + timedelta(days=1)).needed is None


def test_a_first_day_alone_has_no_pace() -> None:
    assert ahead(40).finish is None
    assert ahead(40).pace is None


def test_the_chart_stays_in_its_box_and_ends_where_the_words_say() -> None:
    days = points(0, 10, 20, 30)
    told = progress.forecast(days, DEADLINE, days[-1].day)
    drawn = chart.draw(days, told, START, DEADLINE, days[-1].day)
    for pair in f"{drawn.done} {drawn.ahead} {drawn.plan}".split():
        x, y = map(float, pair.split(","))
        assert 0 <= x <= chart.WIDTH
        assert 0 <= y <= chart.HEIGHT
    assert drawn.ahead.split()[-1].endswith(f",{float(chart.TOP)}")  # 100 %
    assert len(drawn.days) <= chart.MOST_LABELS + 1


# snapshots


@pytest.mark.parametrize(
    ("kept", "opens_on", "deadline", "today"),
    [
        ([], START, START + timedelta(days=9), START),  # not a point
        (points(3), START, START + timedelta(days=9), START),  # the first day
        (points(0, 0, to_do=0), START, START + timedelta(days=9), START),  # nobody on the list yet
        (
            points(*range(400), to_do=1000),
            START,
            START + timedelta(days=9),
            START + timedelta(days=400),
        ),  # long overdue
        (
            points(0, 1, to_do=9000),
            START,
            START + timedelta(days=9),
            START + timedelta(days=1),
        ),  # decades ahead
        (
            points(5, 100),
            START + timedelta(days=90),
            START + timedelta(days=99),
            START,
        ),  # before the opening
    ],
)
def test_any_chart_stays_in_its_box(
    kept: list[Point], opens_on: date, deadline: date, today: date
) -> None:
    drawn = chart.draw(kept, history.forecast(kept, deadline, today), opens_on, deadline, today)
    corners = [
        tuple(map(float, xy.split(",")))
        for xy in f"{drawn.done} {drawn.ahead} {drawn.plan}".split()
    ]
    corners += [(x, y) for x, y, _ in drawn.dots] + [
        (x, 0) for x in (drawn.deadline_x, *(x for x, _ in drawn.days))
    ]
    for x, y in corners:
        assert 0 <= x <= chart.WIDTH
        assert 0 <= y <= chart.HEIGHT
    assert len(drawn.dots) <= chart.MOST_DOTS
    assert len(drawn.days) <= chart.MOST_LABELS + 1
    assert bool(drawn.dots) == any(p.to_do for p in kept)


def verify(*people_: Person) -> None:
    for one in people_:
        Person.update(status="verified").where(Person.id == one.id).execute()
    audit.record("test.changed", by=None)


def test_a_day_is_kept_up_to_date_until_it_ends(cast: Cast) -> None:
    assert progress.keep_today(date(2022, 10, 15))
    assert not progress.keep_today(date(2022, 10, 15))
    verify(cast.an)
    assert progress.keep_today(date(2022, 10, 15))
    verify(cast.chi)
    assert progress.keep_today(date(2022, 10, 16))
    days = {s.day: sum(line["done"] for line in s.lines) for s in Snapshot.select()}
    assert days == {date(2022, 10, 15): 1, date(2022, 10, 16): 2}


def test_the_past_does_not_change_when_records_do(cast: Cast) -> None:
    verify(cast.an, cast.chi)
    progress.keep_today(date(2022, 10, 15))
    Person.update(status="changed").where(Person.id == cast.an.id).execute()
    told = progress.series(
        school.the_campaign(), progress.board(cast.hoa), date(2022, 10, 16), whole_school=True
    )
    assert [(p.day.day, p.done, p.to_do) for p in told] == [(15, 2, 4), (16, 1, 4)]


def test_a_snapshot_after_a_batch_replaces_the_day_only_if_it_is_later(cast: Cast) -> None:
    progress.keep_today(date(2022, 10, 14))
    verify(cast.an)
    progress.keep_after("batch 1", date(2022, 10, 14))
    told = progress.series(
        school.the_campaign(), progress.board(cast.hoa), date(2022, 10, 16), whole_school=True
    )
    assert [(p.day.day, p.done) for p in told] == [(14, 1), (16, 1)]


def test_a_teacher_sees_the_days_of_the_own_class(cast: Cast) -> None:
    verify(cast.an, cast.chi)
    progress.keep_today(date(2022, 10, 15))
    told = progress.series(
        school.the_campaign(), progress.board(cast.lan), date(2022, 10, 16), whole_school=False
    )
    assert [(p.done, p.to_do) for p in told] == [(1, 2), (1, 2)]


def test_before_the_school_is_set_up_there_is_nothing_to_keep(database: object) -> None:
    assert progress.keep_today(date(2022, 10, 15)) is False


# the end


def test_closing_freezes_the_report(cast: Cast) -> None:
    verify(cast.an)
    closing.close(today=date(2022, 10, 25), by=cast.hoa)
    verify(cast.chi)
    frozen = closing.frozen_board(school.the_campaign())
    assert frozen
    assert frozen.whole.done == 1
    assert progress.board(cast.hoa).whole.done == 2
    assert frozen.lines[0].as_dict()["name"] == "5A"
    assert progress.banner(cast.hoa, date(2022, 10, 26)).word == "Đã kết thúc"
    assert not progress.keep_today(date(2022, 10, 26))
    assert Change.get(Change.event == "campaign.closed").user == cast.hoa


@pytest.mark.parametrize(
    "status", sorted({*STATUSES} - {"verified", "explained", "incomplete", "foreign"})
)
def test_whoever_is_not_done_has_a_reason(cast: Cast, status: str) -> None:
    Person.update(status=status).execute()
    assert sum(n for *_, n in reasons.reasons(cast.hoa, school.the_campaign())) == 4


def test_a_mismatch_is_counted_by_the_fields_that_differ(cast: Cast) -> None:
    differing = {"date_of_birth": ["1", "2"], "a field of later": ["1", "2"]}
    Person.update(status="mismatch", differences=differing).where(Person.kind == "staff").execute()
    told = reasons.reasons(cast.hoa, school.the_campaign())
    assert [reason for kind, reason, _ in told if kind.startswith("Cán bộ")] == [
        "Không khớp: Ngày sinh"
    ]


def test_what_came_after_the_end_is_not_in_the_frozen_report(cast: Cast) -> None:
    """Reasons, explained people and the chart end where the campaign ended, not only its figures."""
    accepted = explanations.propose(
        cast.chi, reason="other", note="Chờ công an", evidence="", by=cast.lan
    )
    explanations.approve([accepted], by=cast.hoa)
    for day in (15, 16):
        history.keep_today(date(2022, 10, day))
    closing.close(today=date(2022, 10, 16), by=cast.hoa)
    campaign = school.the_campaign()
    before = reasons.reasons(cast.hoa, campaign)
    Person.update(status="not_found", problems=[]).where(
        Person.id << [cast.chi.id, cast.binh.id]
    ).execute()
    history.keep_after("batch 1", date(2022, 10, 18))
    assert reasons.reasons(cast.hoa, campaign) == before != []
    assert [one.id for one, _ in reasons.explained_people(cast.hoa, campaign)] == [cast.chi.id]
    assert ("Học sinh", "Không tìm thấy trong CSDL", 1) in reasons.reasons(
        cast.lan, campaign
    )  # her class, as it is
    days = [
        p.day.day
        for p in history.series(
            campaign, progress.board(cast.hoa), date(2022, 10, 20), whole_school=True
        )
    ]
    assert days == [15, 16]


def test_a_campaign_closed_after_midnight_says_the_day_of_vietnam(cast: Cast) -> None:
    closing.close(today=date(2022, 10, 26), by=cast.hoa)
    Campaign.update(closed_at=datetime(2022, 10, 25, 17, 30)).execute()
    book = openpyxl.load_workbook(
        io.BytesIO(report.workbook(progress.board(cast.hoa), by=cast.hoa))
    )
    assert "Số liệu chốt ngày 26/10/2022" in str([cell.value for cell in book.worksheets[0]["A"]])


def test_closing_twice_reopening_and_the_next_campaign(cast: Cast) -> None:
    next_one = {
        "title": "Đợt hai",
        "letter": "",
        "opens_on": date(2023, 1, 3),
        "deadline": date(2023, 2, 1),
        "today": date(2023, 1, 2),
    }
    with pytest.raises(Problem, match="kết thúc đợt đang mở"):
        closing.open_next(**next_one, by=cast.hoa)
    closing.close(today=DEADLINE, by=cast.hoa)
    with pytest.raises(Problem):
        closing.close(today=DEADLINE, by=cast.hoa)
    assert closing.reopen(by=cast.hoa).report == {}
    with pytest.raises(Problem):
        closing.reopen(by=cast.hoa)
    closing.close(today=DEADLINE, by=cast.hoa)
    with pytest.raises(Problem, match="đứng trước ngày bắt đầu"):
        closing.open_next(**next_one | {"deadline": date(2023, 1, 1)}, by=cast.hoa)
    closing.open_next(**next_one, by=cast.hoa)
    assert school.the_campaign().title == "Đợt hai"
    assert history.keep_today(date(2023, 1, 4))


# who holds it


def test_everyone_who_is_not_done_is_held_by_exactly_one(cast: Cast) -> None:
    from idapp import notices

    notices.set_progress(cast.binh, "asked", by=cast.lan)
    view = progress.board(cast.hoa)
    for line in (*view.lines, view.whole):
        assert sum(line.by_holder.values()) == line.left
    assert dict(view.whole.by_holder) == {"family": 1, "principal": 3}
    notices.set_progress(cast.binh, "police", by=cast.lan)
    assert progress.board(cast.hoa).whole.by_holder["police"] == 1
    assert (
        progress.reminder(cast.lan, date(2022, 10, 16))
        == "Lớp 5A còn 2 em: 1 em chờ công an cấp giấy, 1 em chờ hiệu trưởng."
    )
    assert progress.reminder(cast.hoa, date(2022, 10, 16)) == ""


def test_each_count_opens_exactly_its_people(cast: Cast) -> None:
    people.add(kind="staff", school_class=None, values={"full_name": "Bùi Văn Tư"}, by=cast.thu)
    view = progress.board(cast.hoa)
    for column, n in view.whole.numbers().items():
        assert progress.people_behind(cast.hoa, column=column).count() == n, column
    for who in progress.HOLDER_WORDS:
        assert (
            progress.people_behind(cast.hoa, column=f"holder:{who}").count()
            == view.whole.by_holder[who]
        )
    for line in view.lines:
        found = progress.people_behind(
            cast.hoa, kind=line.kind, class_id=line.class_id, column="left"
        )
        assert found.count() == line.left
    assert progress.people_behind(cast.lan, column="total").count() == 2
    assert progress.people_behind(cast.hoa, kind="student", grade=5).count() == 3
    with pytest.raises(KeyError):
        progress.people_behind(cast.hoa, column="password")
