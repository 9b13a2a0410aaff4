"""The school, its classes and the campaign."""

import logging
import re
from datetime import date
from typing import NamedTuple

from peewee import JOIN, Select, fn

from idapp import audit, homeroom, school_facts
from idapp.database import ONE_ROW, PreparedStatement, rows, writing
from idapp.models import (
    Campaign,
    Change,
    ClassTeacher,
    Person,
    Remark,
    RemovedClass,
    School,
    SchoolClass,
    User,
    in_school_order,
)
from idapp.rules import class_name, look_alikes
from idapp.rules.class_name import class_key
from idapp.rules.folding import fold, tidy
from idapp.rules.problem import Problem
from idapp.settings import Settings, SettingsError

log = logging.getLogger(__name__)
_DEMO_DATA = (
    "Dữ liệu ở {where} là của trường minh họa (người không có thật, mật khẩu ai cũng biết) nên "
    "không dùng cho trường thật được. Hãy đặt IDAPP_DATA sang một thư mục trống rồi chạy lại; muốn "
    "mở trường minh họa thì chạy make run (IDAPP_DEMO=1)."
)
_REAL_DATA = (
    "Dữ liệu ở {where} là của trường thật nên không mở ở chế độ minh họa được. Muốn làm việc với "
    "trường này thì chạy make serve (bỏ IDAPP_DEMO); muốn xem trường minh họa thì đặt IDAPP_DATA "
    "sang một thư mục trống."
)
USUAL_TITLE = (
    "Hoàn thiện và xác thực thông tin định danh cá nhân của học sinh, cán bộ quản lý, giáo viên, "
    "nhân viên với Cơ sở dữ liệu quốc gia về dân cư"
)
_OF_A_DISTRICT = re.compile(r"phong (gd|giao duc)|\b(huyen|thi xa|ubnd quan)\b")
_LONGEST_CAMPAIGN = 3 * 366  # days


class WrongMode(SettingsError):
    """The demo's data are to be served as a real school, or a real school's as the demo."""


def the_school() -> School:
    """The one school of this installation. Raises School.DoesNotExist before it is set up."""
    schools: list[School] = _SCHOOL.rows()
    if not schools:
        raise School.DoesNotExist  # type: ignore[attr-defined]
    return schools[0]


_SCHOOL = PreparedStatement(lambda: School.select().order_by(School.id).limit(ONE_ROW))


def the_campaign() -> Campaign:
    """The newest campaign: the letter that is being answered."""
    campaigns: list[Campaign] = _CAMPAIGN.rows()
    if not campaigns:
        raise Campaign.DoesNotExist  # type: ignore[attr-defined]
    return campaigns[0]


_CAMPAIGN = PreparedStatement(lambda: Campaign.select().order_by(Campaign.id.desc()).limit(ONE_ROW))


def is_set_up() -> bool:
    """Is there a school, and a letter that it answers?"""
    return what_is_here().is_set_up


class Here(NamedTuple):
    """What every request asks first. is_demo: the people are nobody's, the passwords everybody's."""

    is_set_up: bool
    is_demo: bool


def what_is_here() -> Here:
    """Read with one statement."""
    [(is_set_up, is_demo)] = _HERE.raw(True)
    return Here(bool(is_set_up), bool(is_demo))


_HERE = PreparedStatement(
    lambda demo: Select(
        columns=[
            fn.EXISTS(School.select(School.id).join(Campaign, JOIN.CROSS)),
            fn.EXISTS(School.select(School.id).where(School.demo == demo)),
        ]
    )
)


def is_office() -> bool:
    """An installation of the managing office: it has no school, only accounts of those who look on."""
    roles = {role for (role,) in rows(User.select(User.role).distinct())}
    return roles == {"reviewer"} and not is_set_up()


def is_demo() -> bool:
    """Whether the data are the demo's: people nobody is, passwords everybody knows."""
    return what_is_here().is_demo


def wrong_mode(settings: Settings, here: Here | None = None) -> str:
    """Why this program must not work with these data, or "": a demo is never served as a school, nor a
    school as a demo. An empty folder suits both. ``here``: asked before."""
    here = here or what_is_here()
    if here.is_demo == settings.demo:
        return ""
    if here.is_demo:
        return _DEMO_DATA.format(where=_whereabouts(settings))
    if not here.is_set_up and not User.select().exists():
        return ""
    return _REAL_DATA.format(where=_whereabouts(settings))


def check_mode(settings: Settings) -> None:
    """Raises WrongMode, with one Vietnamese sentence that says what to do; one in English for the log."""
    sentence = wrong_mode(settings)
    if not sentence:
        return
    if settings.demo:
        log.error("refused: the data are those of a real school, and IDAPP_DEMO is on")
    else:
        log.error("refused: the data are those of the demo school, and IDAPP_DEMO is off")
    raise WrongMode(sentence)


def _whereabouts(settings: Settings) -> str:
    if settings.sqlite_file:
        return str(settings.data)
    return "DATABASE_URL"


def set_up(
    name: str,
    *,
    school_year: int,
    deadline: date,
    opens_on: date,
    title: str,
    office: str = "",
    level: str = "TH;THCS",
    province: str = "",
    epoch: str = "3level",
    letter: str = "",
    demo: bool = False,
    by: User | None = None,
) -> School:
    """The first deed of an installation: who we are, which letter we answer, and whether all is invented."""
    with writing():
        school = School.create(
            name=tidy(name),
            school_year=school_year,
            office=office,
            level=level,
            province=province,
            demo=demo,
        )
        Campaign.create(
            title=tidy(title), letter=letter, opens_on=opens_on, deadline=deadline, epoch=epoch
        )
        audit.record("school.set_up", by=by, subject=f"school {school.id}")
    return school


def change_campaign(
    campaign: Campaign,
    *,
    title: str,
    letter: str,
    deadline: date,
    today: date,
    meant: date | None = None,
    by: User,
) -> None:
    """A new title, letter or deadline, each in the audit with what stood before.

    Raises Problem, also as ``check_days`` and, for another deadline than before, ``school_facts.check_deadline``.
    """
    title = school_facts.title_of(title)
    letter = school_facts.letter_of(letter)
    check_days(campaign.opens_on, deadline)
    if deadline != campaign.deadline:
        school_facts.check_deadline(deadline, today, meant)
    old = {
        "title": campaign.title,
        "letter": campaign.letter,
        "deadline": campaign.deadline.isoformat(),
    }
    new = {"title": title, "letter": letter, "deadline": deadline.isoformat()}
    change = Campaign.update(title=title, letter=letter, deadline=deadline)
    with writing():
        _audit_differences("campaign.changed", f"campaign {campaign.id}", old, new, by)
        change.where(Campaign.id == campaign.id).execute()


def _audit_differences(
    event: str, subject: str, old: dict[str, str], new: dict[str, str], by: User
) -> None:
    """One row for each field that has another text now."""
    for field, text in new.items():
        before = old[field]
        if before != text:
            audit.record(event, by=by, subject=subject, field=field, old=before, new=text)


def check_days(opens_on: date, deadline: date) -> None:
    """Raises Problem for a deadline that cannot be meant."""
    if deadline < opens_on:
        sentence = (
            f"Hạn hoàn thành đứng trước ngày bắt đầu ({opens_on:%d/%m/%Y}): kiểm tra lại ngày."
        )
        raise Problem("deadline", "before_start", sentence)
    if (deadline - opens_on).days > _LONGEST_CAMPAIGN:
        raise Problem(
            "deadline", "too_late", "Hạn hoàn thành cách ngày bắt đầu hơn ba năm: kiểm tra lại năm."
        )


def reviewing_office() -> str:
    """Who follows the school's progress: as the school says, else as is usual in the campaign's places."""
    school = the_school()
    return school.reviewer_title or usual_office(school.level, the_campaign().epoch)


def usual_office(level: str, epoch: str) -> str:
    """The office above a school of these levels (``TH;THCS``).

    Upper secondary schools belong to the province. All others belonged to the district, and since there are none
    (01/07/2025; Decree 142/2025, Circular 15/2025/TT-BGDĐT) to the commune.

    >>> usual_office("TH;THCS", "3level"), usual_office("TH;THCS", "2level"), usual_office("THPT", "2level")
    ('Phòng GDĐT', 'Phòng Văn hóa - Xã hội', 'Sở GDĐT')
    """
    if "THPT" in level.split(";"):
        return "Sở GDĐT"
    if epoch == "3level":
        return "Phòng GDĐT"
    return "Phòng Văn hóa - Xã hội"


def names_old_office(office: str, epoch: str) -> bool:
    """Does a school of two levels still name an office of a district above it?

    >>> names_old_office("Phòng GD&ĐT huyện Thủ Thừa", "2level"), names_old_office("UBND xã Mỹ An", "2level")
    (True, False)
    """
    return epoch == "2level" and bool(_OF_A_DISTRICT.search(fold(office)))


def change_school(
    school: School,
    *,
    name: str,
    office: str,
    reviewer_title: str,
    by: User,
    level: str | None = None,
    province: str | None = None,
    school_year: int | None = None,
    place: str | None = None,
) -> None:
    """Each change is in the audit; None leaves a value as it is. Raises Problem for an empty name.

    ``level``, ``province``, ``school_year`` and ``place`` are values as ``school_facts`` returns them. Another
    year is the correction of a number here: nobody moves up. What the rules say of everybody's age hangs on it, so the
    caller computes the records anew. Raises Problem for a year whose classes are kept as those of a past year.
    """
    new: dict[str, str] = {
        "name": school_facts.name_of(name),
        "office": tidy(office),
        "reviewer_title": tidy(reviewer_title),
    }
    if level is not None:
        new["level"] = level
    if province is not None:
        new["province"] = province
    if school_year is not None:
        new["school_year"] = str(school_year)
    if place is not None:
        new["place"] = place
    old = {field: str(getattr(school, field)) for field in new}
    with writing():
        _audit_differences("school.changed", f"school {school.id}", old, new, by)
        if school_year is not None:
            _correct_year_of_classes(school_year)
        School.update(**new).where(School.id == school.id).execute()


def _correct_year_of_classes(school_year: int) -> None:
    """The present classes are of another year than was thought."""
    past = SchoolClass.is_past & (SchoolClass.school_year >= school_year)
    if SchoolClass.select().where(past).exists():
        sentence = (
            f"Năm học {school_year}-{school_year + 1} đã kết thúc trong hệ thống, không đặt lại "
            "thành năm học hiện tại được. Nếu chuyển năm học nhầm thì hoàn tác ở trang Năm học mới."
        )
        raise Problem("school_year", "past_year", sentence)
    SchoolClass.update(school_year=school_year).where(~SchoolClass.is_past).execute()


def class_named(name: str) -> SchoolClass | None:
    """`5a`, `5A` and ` 5 A` are one class."""
    key = class_key(name)
    # the newest first: while a year ends, a name may be there twice
    for school_class in SchoolClass.present().order_by(SchoolClass.school_year.desc()):
        # in Python: the lower() of SQLite knows no Vietnamese letters
        if class_key(school_class.name) == key:
            return school_class
    return None


def name_of_class(id_: int) -> str:
    """Its name, also of a class that is gone; "" if there never was one."""
    school_class = SchoolClass.get_or_none(SchoolClass.id == id_)
    removed = RemovedClass.get_or_none(RemovedClass.id == id_)
    named = school_class or removed
    return str(named.name) if named else ""


def class_called(name: str, since: int) -> SchoolClass | None:
    """Whose name it was when the change with this id was written; None if that class is gone, or its year is over."""
    lost = Change.select().where(
        Change.event.in_(("class.renamed", "class.removed")), Change.old == name, Change.id > since
    )
    first = lost.order_by(Change.id).first()
    bearers = SchoolClass.present().order_by(SchoolClass.school_year.desc())
    if first is None:
        bearer = bearers.where(SchoolClass.name == name).first()
    else:
        # "class 17": a name is one class's at a time, so the first that lost it was its bearer
        bearer = bearers.where(SchoolClass.id == int(first.subject.split()[1])).first()
    return None if bearer is None or _is_added_after(since, bearer) else bearer


def _is_added_after(row: int, school_class: SchoolClass) -> bool:
    """Is it younger than that row of the history? So is each class of the next year that has the name of an old one."""
    subject = f"class {school_class.id}"
    added = Change.select().where(Change.event == "class.added", Change.subject == subject)
    return bool(added.where(Change.id > row).exists())


def add_class(
    name: str, *, by: User | None, homeroom_teacher: User | None = None, changeset: str = ""
) -> SchoolClass:
    """The grade is read from the leading digits of the name; kindergarten groups have none.

    Raises Problem for a name that is empty, too long, in foreign letters, or there already.
    """
    name = tidy(name)
    if not name or len(name) > 30:
        raise Problem("name", "bad_class_name", "Tên lớp viết ngắn gọn, ví dụ 5A.")
    look_alikes.check_letters(name, "name", "Tên lớp")
    with writing():
        if class_named(name):
            raise Problem("name", "taken", f"Trường đã có lớp {name}.")
        grade = class_name.grade_in(name)
        added = SchoolClass.create(
            id=id_of_no_class(),
            name=name,
            grade=grade,
            level=class_name.level_of(grade),
            position=_make_room_for(name),
            school_year=the_school().school_year,
        )
        audit.record(
            "class.added", by=by, subject=f"class {added.id}", new=name, changeset=changeset
        )
        if homeroom_teacher is not None:
            homeroom.assign_teachers(added, [homeroom_teacher], by=by, changeset=changeset)
    return added


def id_of_no_class() -> int:
    """An id that no class has or had: the history means by "class 19" one class for ever."""
    highest = SchoolClass.select(fn.MAX(SchoolClass.id)).scalar() or 0
    highest_removed = RemovedClass.select(fn.MAX(RemovedClass.id)).scalar() or 0
    return int(max(highest, highest_removed)) + 1


def _make_room_for(name: str) -> int:
    """The position of a new class: behind all that usually come before it, wherever somebody has put them."""
    position = 1
    for school_class in SchoolClass.present().order_by(*in_school_order()):
        if class_name.usual_order(school_class.name) < class_name.usual_order(name):
            position = school_class.position + 1
    behind = SchoolClass.update(position=SchoolClass.position + 1)
    behind.where(~SchoolClass.is_past, SchoolClass.position >= position).execute()
    return position


def take_back_class(school_class: SchoolClass, *, by: User, changeset: str = "") -> bool:
    """Remove a class that a mistake made; False if anybody or anything belongs to it."""
    with writing():
        if _is_used(school_class):
            return False
        school_class.delete_instance()
        RemovedClass.create(id=school_class.id, name=school_class.name)
        audit.record(
            "class.removed",
            by=by,
            subject=f"class {school_class.id}",
            old=school_class.name,
            changeset=changeset,
        )
    return True


def _is_used(school_class: SchoolClass) -> bool:
    tables = (ClassTeacher, Person, Remark)
    return any(
        table.select().where(table.school_class == school_class).exists() for table in tables
    )


# the form of classes gives them their teachers
assign_teachers = homeroom.assign_teachers
