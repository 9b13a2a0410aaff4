"""The demo school: invented people with the usual mistakes, and a register that knows the truth about them.

Everything comes in by the same verbs as in a real school (accounts, school, people) and leaves the same audit rows. The
same seed gives the same school again. Nothing here is about a real person: all numbers begin with 100, which no
province has.

Beside the database these files are written into the data folder:

register.json              the people as the simulator knows them
register-rules.json        how it behaves: its credentials, its latency, now and then a failure that passes
register-corrected.json    the numbers of whom the police have corrected the register, once they have
demo-giay-thong-bao.csv    what the families' papers say, for whoever plays step 3
demo-anh-the/              photos of cards of one class, to be dropped on its page

``IDAPP_DEMO_PLACES=2level`` gives the same school after the reform of July 2025 (``two_levels``). Which of the two a
data folder holds is remembered in it. ``demo.year`` plays a whole school year with the first.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from idapp import accounts, people, school, school_facts, staff_accounts
from idapp.database import connected, writing
from idapp.demo import card_photos, invented, mistakes, police, two_levels
from idapp.demo.invented import Citizen
from idapp.models import SchoolClass, User
from idapp.people import catching_up
from idapp.rules.class_name import class_key
from idapp.rules.places import REFORM
from idapp.settings import Settings, SettingsError

SCHOOL_NAME = "Trường TH&THCS Thủ Thừa (minh họa)"
OFFICE = "Phòng GDĐT huyện Thủ Thừa (minh họa)"
_PLACES_FILE = "demo-places"
_WRONG_PLACES = (
    "Trường minh họa trong {where} dùng địa chỉ {kept}, còn IDAPP_DEMO_PLACES là {asked}. Hãy bỏ "
    "IDAPP_DEMO_PLACES để mở lại trường ấy, hoặc đặt IDAPP_DATA sang một thư mục trống."
)
_DAYS_TO_DEADLINE = 9
_DAYS_SINCE_OPENING = 6
_ROLE_WORDS = {
    "teacher": "giáo viên chủ nhiệm",
    "clerk": "văn thư",
    "principal": "hiệu trưởng",
    "reviewer": "{office}, chỉ xem",
}
registry_environment = police.registry_environment


class AlreadySetUp(SettingsError):
    """There is a school in this data folder; the demo is never mixed into it."""


@dataclass(frozen=True)
class Seeded:
    """What the demo school was born with."""

    classes: int
    pupils: int
    staff: int


def seed(settings: Settings, *, number: int = 1, classes: Sequence[str] = ()) -> Seeded:
    """Make the demo school in an empty, migrated database: all of it in one transaction, or nothing.

    The same ``number`` and ``classes`` (names; () for all), the same school. Raises AlreadySetUp, and
    SettingsError for an epoch that today is before.
    """
    with connected():
        if school.is_set_up() or User.select().exists():
            raise AlreadySetUp(
                f"Thư mục {settings.data} đã có một trường. Hãy đặt IDAPP_DATA sang một thư mục "
                "trống."
            )
        epoch = settings.demo_places or invented.EPOCH
        classes = classes or invented.CLASSES
        check_day(settings)
        everybody = invent(settings.today(), number, epoch, classes)
        police.write_files(settings, everybody, number)
        card_photos.write_photos(settings, everybody, number)
        if epoch == two_levels.EPOCH:
            two_levels.write_lists(settings, everybody)
        (settings.data / _PLACES_FILE).write_text(epoch)
        # the files before the database: a failure leaves no school, and the next start tries again
        with writing():
            _store(everybody, settings.today(), epoch, classes)
            catching_up.note_current()
    pupils = sum(citizen.kind == "student" for citizen in everybody)
    return Seeded(len(classes), pupils, len(everybody) - pupils)


def places_of(settings: Settings) -> str:
    """The epoch of places in which the demo of this folder was born; "" if there is none yet."""
    if not school.is_set_up():
        return ""
    file = settings.data / _PLACES_FILE
    if not file.exists():  # born before there was a choice
        return invented.EPOCH
    return file.read_text().strip()


def check_places(settings: Settings) -> None:
    """Raises SettingsError if another demo school is asked for than the one that is there."""
    stored = places_of(settings)
    wanted = settings.demo_places
    if stored and wanted and stored != wanted:
        sentence = _WRONG_PLACES.format(where=settings.data, kept=stored, asked=wanted)
        raise SettingsError(sentence)


def check_day(settings: Settings) -> None:
    """Raises SettingsError for a demo school of a day that is still to come."""
    epoch = settings.demo_places or invented.EPOCH
    today = settings.today()
    if epoch == two_levels.EPOCH and today < REFORM:
        raise SettingsError(
            f"IDAPP_DEMO_PLACES=2level là trường từ ngày {REFORM:%d/%m/%Y}, mà hôm nay là "
            f"{today:%d/%m/%Y}. Hãy bỏ IDAPP_TODAY."
        )


def invent(
    today: date,
    number: int = 1,
    epoch: str = invented.EPOCH,
    classes: Sequence[str] = (),
) -> list[Citizen]:
    """All people of the school, the truth about them and what the school has written down."""
    chance = Random(f"idapp demo {number}")  # noqa: S311  (invented people, no secret)
    everybody = invented.everybody(school_facts.school_year_of(today), chance, classes)
    mistakes.spread(everybody, chance)
    mistakes.spread_in_register(everybody)
    if epoch == two_levels.EPOCH:
        two_levels.move_to_today(everybody, chance)
    return everybody


def accounts_text(epoch: str = invented.EPOCH, classes: Sequence[str] = ()) -> str:
    """The accounts of the demo, for the terminal."""
    office = school.usual_office("", epoch)
    names = [teacher_name(class_name) for class_name in classes or invented.CLASSES]
    first, second, *_, last = names
    lines = [f"  {'Tài khoản':<12} {'Mật khẩu':<17} Vai trò"]
    for name, role in _OFFICE_ACCOUNTS.items():
        lines.append(_account_line(name, _ROLE_WORDS[role].format(office=office)))
    for name in (first, "gv5a", last):
        lines.append(_account_line(name, _ROLE_WORDS["teacher"]))
    lines.append(
        f"  Mỗi lớp một tài khoản ({first}, {second} ... {last}); mật khẩu là demo- cộng tên tài "
        "khoản."
    )
    return "\n".join(lines)


def _account_line(name: str, role_words: str) -> str:
    return f"  {name:<12} demo-{name:<12} {role_words}"


def teacher_name(class_name: str) -> str:
    """User name of a homeroom teacher.

    >>> teacher_name("5A")
    'gv5a'
    """
    return "gv" + class_key(class_name)


_OFFICE_ACCOUNTS = {"vanthu": "clerk", "hieutruong": "principal", "phong": "reviewer"}


def _store(everybody: list[Citizen], today: date, epoch: str, class_names: Sequence[str]) -> None:
    """The school, its accounts, classes and records; inside one transaction."""
    office = OFFICE
    province = invented.PROVINCE
    if epoch == two_levels.EPOCH:
        office = two_levels.OFFICE
        province = two_levels.province_of(everybody)
    school.set_up(
        SCHOOL_NAME,
        school_year=school_facts.school_year_of(today),
        opens_on=today - timedelta(days=_DAYS_SINCE_OPENING),
        deadline=today + timedelta(days=_DAYS_TO_DEADLINE),
        title=school.USUAL_TITLE,
        office=office,
        province=province,
        demo=True,
    )
    staff = [citizen for citizen in everybody if citizen.kind == "staff"]
    clerk = _add_accounts(staff, school.usual_office("", epoch))
    classes = _add_classes(class_names, staff, clerk)
    for kind in ("student", "staff"):
        people.add_many(_newcomers(everybody, kind, classes), by=clerk, source="import")
    staff_accounts.link_all(by=clerk)
    if epoch == two_levels.EPOCH:
        two_levels.change_catalogue(User.get(User.username == "hieutruong"))


def _newcomers(
    everybody: list[Citizen], kind: str, classes: dict[str, SchoolClass]
) -> Iterable[tuple[str, SchoolClass | None, dict[str, str]]]:
    for citizen in everybody:
        if citizen.kind == kind:
            yield kind, classes.get(citizen.class_name), citizen.typed


def _add_accounts(staff: list[Citizen], office: str) -> User:
    """Principal, clerk and reviewer; the clerk, who then does the rest."""
    holders = {
        "vanthu": _first_with(staff, "Văn thư"),
        "hieutruong": _first_with(staff, "Hiệu trưởng"),
        "phong": f"Cán bộ {office} (minh họa)",
    }
    for name, role in _OFFICE_ACCOUNTS.items():
        accounts.create_user(name, holders[name], role, f"demo-{name}", by=None, demo=True)
    return User.get(User.username == "vanthu")


def _add_classes(names: Sequence[str], staff: list[Citizen], clerk: User) -> dict[str, SchoolClass]:
    """Each class with its homeroom teacher, who is one of the staff."""
    teachers = [citizen for citizen in staff if citizen.values["position"].startswith("Giáo viên")]
    classes = {}
    for class_name, citizen in zip(names, teachers, strict=False):
        name = teacher_name(class_name)
        user = accounts.create_user(
            name, citizen.values["full_name"], "teacher", f"demo-{name}", by=clerk, demo=True
        )
        classes[class_name] = school.add_class(class_name, by=clerk, homeroom_teacher=user)
    return classes


def _first_with(staff: list[Citizen], position: str) -> str:
    return next(
        citizen.values["full_name"] for citizen in staff if citizen.values["position"] == position
    )
