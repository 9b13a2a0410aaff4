"""Who comes, who goes, who goes up: newcomers with their papers, the ministry's files, the step into the next year."""

import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from idapp import homeroom, imports, school, school_years
from idapp.demo.invented import Citizen
from idapp.demo.year.world import World
from idapp.models import ClassTeacher, Person, SchoolClass, User, YearChange
from idapp.people import newcomers, transfers
from idapp.people.newcomers import Arrival
from idapp.rules.class_name import grades_of
from idapp.rules.entry_papers import papers_for
from idapp.rules.record import FIELD
from idapp.school_years import Destination, proposal

_OTHER_SCHOOL = "Trường TH&THCS Mỹ An (minh họa)"
_PROVINCE = "Tỉnh Long An"
_BRING_CODES = ("full_name", "date_of_birth", "ministry_code")
_BRING_PUPILS = (
    "full_name",
    "date_of_birth",
    "gender",
    "identity_number",
    "province",
    "district",
    "commune",
    "address",
    "ethnic_group",
    "nationality",
)
_REPEATERS = 2
_LEAVERS = {"autumn": 3, "spring": 2}


# coming


def receive_autumn(world: World) -> str:
    """From other schools, in the first weeks."""
    return _receive(world, "autumn")


def receive_winter(world: World) -> str:
    """At the turn of the term; who was absent for long is back too."""
    absent = [person for person in world.people() if transfers.is_away(person)]
    about = transfers.circumstances(world.day, today=world.day)
    back = transfers.change_state(absent, "Đang học", about, by=world.clerk)
    return f"{_receive(world, 'winter')} {len(back)} em nghỉ dài ngày đã trở lại."


def receive_next_autumn(world: World) -> str:
    """Into the classes of the new year."""
    return _receive(world, "next autumn")


def _receive(world: World, when: str) -> str:
    """Each with the day, the old school and some of the papers; the others are owed."""
    owing = 0
    for place, citizen in enumerate(world.waiting[when]):
        school_class = _class_named(citizen.class_name)
        needed = [paper.key for paper in papers_for(school_class.grade) if paper.is_needed]
        brought = frozenset(needed[: len(needed) - place % 2])
        owing += len(brought) < len(needed)
        about = transfers.circumstances(
            world.day, today=world.day, school=_OTHER_SCHOOL, province=_PROVINCE
        )
        arrival = Arrival(
            "student", school_class, citizen.typed, sure=True, about=about, papers=brought
        )
        received = newcomers.receive(arrival, move=None, by=world.clerk)
        world.truth[received.person.id] = citizen
    return f"Tiếp nhận {len(world.waiting[when])} em chuyển đến, {owing} em còn nợ giấy tờ."


# the ministry's files


def bring_codes(world: World) -> str:
    """The ministry has given the new first grade its codes; its file brings them.

    Names and dates in it are those that the school has sent up: a record keeps its answer.
    """
    without = [person for person in world.people() if _lacks_code(world, person)]
    lines = []
    for person, code in zip(without, _free_codes(world, len(without)), strict=True):
        world.truth[person.id].values["ministry_code"] = code
        lines.append([_class_of(person).name, person.full_name, person.date_of_birth, code])
    _bring(world, "ma-dinh-danh-bo.csv", _BRING_CODES, lines)
    still = sum(_lacks_code(world, person) for person in world.people())
    return f"Tệp của Bộ: {len(without) - still} em lớp Một có mã, {still} em chưa có."


def bring_first_grade(world: World) -> str:
    """The lists of the new first classes, without codes, and for each class a teacher who has none."""
    known = len(world.truth)
    citizens = world.waiting["first grade"]
    lines = []
    for citizen in citizens:
        citizen.values["ministry_code"] = ""
        lines.append([citizen.class_name, *(citizen.typed[name] for name in _BRING_PUPILS)])
    _bring(world, "danh-sach-lop-1.csv", _BRING_PUPILS, lines)
    _meet(world, citizens)
    for name in sorted({citizen.class_name for citizen in citizens}):
        _give_teacher(world, _class_named(name))
    return f"Lớp Một mới: nhập danh sách {len(world.truth) - known}/{len(citizens)} em."


def _lacks_code(world: World, person: Person) -> bool:
    return person.kind == "student" and person.id in world.truth and not person.ministry_code


def _free_codes(world: World, count: int) -> Sequence[str]:
    everybody = [
        *world.truth.values(),
        *(each for group in world.waiting.values() for each in group),
    ]
    highest = max(int(citizen.values["ministry_code"] or 0) for citizen in everybody)
    return [str(highest + place) for place in range(1, count + 1)]


def _bring(
    world: World, file_name: str, fields: Sequence[str], lines: Sequence[Sequence[str]]
) -> None:
    """A file comes in and is confirmed, as on the pages. Raises FileRefused.

    ``lines``: of each pupil the class and the texts of ``fields``.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["STT", "Lớp", *(FIELD[name].label for name in fields)])
    for number, line in enumerate(lines, start=1):
        writer.writerow([number, *line])
    content = text.getvalue().encode("utf-8-sig")
    upload = imports.read_bytes(content, file_name, by=world.clerk)
    imports.confirm(upload, by=world.clerk)


def _meet(world: World, citizens: Sequence[Citizen]) -> None:
    """Whose records the new ones are: by class, name and birth date, as they were written."""
    by_key: dict[tuple[str, ...], list[Citizen]] = {}
    for citizen in citizens:
        written = citizen.typed
        key = (citizen.class_name, written["full_name"], written["date_of_birth"])
        by_key.setdefault(key, []).append(citizen)
    for person in world.people():
        if person.id in world.truth or person.school_class is None:
            continue
        key = (person.school_class.name, person.full_name, person.date_of_birth)
        same = by_key.get(key, [])
        if same:
            world.truth[person.id] = same.pop(0)


def _give_teacher(world: World, school_class: SchoolClass) -> None:
    present = SchoolClass.present().select(SchoolClass.id)
    busy = ClassTeacher.select(ClassTeacher.teacher).where(ClassTeacher.school_class.in_(present))
    free = User.select().where(User.role == "teacher", ~User.disabled, User.id.not_in(busy))
    teacher = free.order_by(User.id).first()
    if teacher is not None:
        homeroom.assign_teachers(school_class, [teacher], by=world.principal)


# going


def leave_in_autumn(world: World) -> str:
    """Some leave for another school, one is away for long, one goes into the class beside."""
    gone = _leave(world, "autumn", "Chuyển đi kỳ 1")
    about = transfers.circumstances(world.day, today=world.day, note="Chữa bệnh dài ngày")
    [absent, moving] = world.chance.sample(_pupils(world), 2)
    transfers.change_state([absent], transfers.AWAY, about, by=world.clerk)
    story = f"{gone} em chuyển đi, 1 em nghỉ dài ngày"
    if _change_class(world, moving):
        story += ", 1 em đổi lớp"
    return f"{story}."


def leave_in_spring(world: World) -> str:
    """At the end of the year some more."""
    return f"{_leave(world, 'spring', 'Chuyển đi kỳ 2')} em chuyển đi."


def _leave(world: World, when: str, state: str) -> int:
    leaving = world.chance.sample(_pupils(world), _LEAVERS[when])
    about = transfers.circumstances(
        world.day, today=world.day, school=_OTHER_SCHOOL, province=_PROVINCE
    )
    return len(transfers.change_state(leaving, state, about, by=world.clerk))


def _change_class(world: World, person: Person) -> int:
    """Into another class of the grade, where there is one."""
    beside = SchoolClass.present().where(
        SchoolClass.grade == _class_of(person).grade, SchoolClass.id != person.school_class_id
    )
    goal = beside.order_by(SchoolClass.id).first()
    if goal is None:
        return 0
    about = transfers.circumstances(world.day, today=world.day, note="Theo đơn của gia đình")
    return len(transfers.change_class([person], goal, about, by=world.clerk))


def _pupils(world: World) -> list[Person]:
    return [person for person in world.people() if person.kind == "student"]


# the next year


def go_up(world: World) -> str:
    """Each class one grade up, the last grade out, some of the first grade repeat it."""
    plan = proposal(school_years.present_classes(), grades_of(school.the_school().level))
    repeaters = world.chance.sample(_first_graders(world), _REPEATERS)
    goals = {person.id: Destination(_class_of(person).name) for person in repeaters}
    plan = replace(plan, apart=goals)
    change = school_years.begin(plan, by=world.principal)
    school_years.go_on(change.id)
    counts = Counter(YearChange.get_by_id(change.id).counts)
    return (
        f"Sang năm học {school_years.year_words(change.to_year)}: {counts['up']} em lên lớp, "
        f"{counts['stay']} em ở lại, {counts['completed']} em hoàn thành cấp học."
    )


def _first_graders(world: World) -> list[Person]:
    return [person for person in _pupils(world) if _class_of(person).grade == 1]


def _class_of(person: Person) -> SchoolClass:
    """Every pupil of the play sits in one. Raises LookupError."""
    if person.school_class is None:
        raise LookupError(f"pupil {person.id} sits in no class")
    return person.school_class


def _class_named(name: str) -> SchoolClass:
    """Raises LookupError where nobody has made it."""
    school_class = school.class_named(name)
    if school_class is None:
        raise LookupError(f"the played school has no class {name}")
    return school_class
