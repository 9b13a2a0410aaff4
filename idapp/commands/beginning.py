"""The first commands of an installation: the school, its accounts, the demo school."""

import shlex
import time
from collections.abc import Mapping
from datetime import date
from typing import Any

import click

from idapp import (
    accounts,
    data_folder,
    demo,
    first_passwords,
    homeroom,
    school,
    school_facts,
    second_step,
    setup,
)
from idapp.commands.frame import class_named, command, opened, refusals_as_sentences
from idapp.database import writing
from idapp.demo import year
from idapp.demo.invented import CLASSES, EPOCH
from idapp.models import ROLES, User
from idapp.rules.folding import tidy
from idapp.settings import current, use


@command(
    "setup",
    "Thiết lập trường thật lần đầu và tạo tài khoản hiệu trưởng, như các trang thiết lập.",
    needs_data=False,
)
@click.option("--name", required=True, help="Tên trường.")
@click.option(
    "--deadline",
    required=True,
    type=click.DateTime(["%Y-%m-%d", "%d/%m/%Y"]),
    help="Hạn chót của công văn.",
)
@click.option("--title", default=school.USUAL_TITLE, show_default=False, help="Tên đợt thu thập.")
@click.option("--letter", default="", help="Số và ngày của công văn.")
@click.option("--office", default="", help="Cơ quan quản lý.")
@click.option(
    "--level",
    default="TH;THCS",
    show_default=True,
    help="Cấp học: MN, TH, THCS, THPT, cách nhau bằng ;",
)
@click.option("--province", default="", help="Tỉnh, thành phố của trường.")
@click.option("--year", default="", help="Năm học, ví dụ 2026-2027; nếu bỏ trống thì năm học này.")
@click.option(
    "--places",
    type=click.Choice(["3level", "2level"]),
    help="Danh mục địa danh; nếu bỏ trống thì theo hạn chót.",
)
@click.option(
    "--anyway", is_flag=True, help="Vẫn dùng hạn ấy, dù đã qua hoặc còn hơn một năm nữa mới tới."
)
@click.option("--username", default="hieutruong", show_default=True, help="Tài khoản hiệu trưởng.")
@click.option(
    "--principal", "full_name", prompt="Họ và tên hiệu trưởng", help="Họ và tên hiệu trưởng."
)
@click.password_option(prompt="Mật khẩu", confirmation_prompt="Nhập lại mật khẩu", hidden=True)
def set_up(username: str, full_name: str, password: str, **given: Any) -> None:
    """The school, its campaign and the account of its head, in one transaction, as the pages do it.

    Raises ClickException for a second school.
    """
    settings = current()
    if data_folder.has_data(settings):
        # first: that the folder is another's matters more than any answer
        with opened():
            school.check_mode(settings)
    letter = _letter_in(given, settings.today())
    facts = _school_in(given, settings.today())
    principal = setup.FirstUser(username, full_name, password)
    setup.check_mode(settings)
    principal.check("principal")
    try:
        with opened():
            user = setup.found_school(facts, letter, principal, settings)
    except setup.AlreadySetUp:
        raise click.ClickException(
            "Trường đã được thiết lập. Hãy đổi tên, hạn chót ở trang Cài đặt."
        ) from None
    click.echo(
        f"Đã thiết lập {facts.name}, hạn chót {letter.deadline:%d/%m/%Y}. Đăng nhập bằng tài "
        f"khoản {user.username} rồi nhập danh sách."
    )


def _school_in(given: Mapping[str, Any], today: date) -> setup.SchoolFacts:
    """Raises Problem for what no school can be; a province may be left for the page of settings."""
    province = given["province"]
    if province:
        province = school_facts.province_of(province, today)
    year = school_facts.school_year_of(today)
    if given["year"]:
        year = school_facts.school_year_in(given["year"], today)
    return setup.SchoolFacts(
        name=school_facts.name_of(given["name"]),
        level=school_facts.level_of([given["level"]]),
        province=province,
        school_year=year,
        office=tidy(given["office"]),
    )


def _letter_in(given: Mapping[str, Any], today: date) -> setup.CampaignFacts:
    """Raises Problem, ClickException for a deadline that is asked about."""
    deadline = given["deadline"].date()
    if not given["anyway"]:
        try:
            school_facts.check_deadline(deadline, today)
        except school_facts.UnusualDeadline as question:
            sentence = question.message.replace("đánh dấu “Vẫn dùng ngày này”", "thêm --anyway")
            raise click.ClickException(sentence) from question
    return setup.CampaignFacts(
        title=school_facts.title_of(given["title"]),
        letter=school_facts.letter_of(given["letter"]),
        deadline=deadline,
        epoch=school_facts.epoch_or_proposed(given["places"] or "", deadline),
    )


def _needs_a_school(context: click.Context, parameter: click.Parameter, role: str) -> str:
    """Asked before the password is: who works at a school needs the school first, or meets closed pages."""
    with refusals_as_sentences():
        if not data_folder.has_data(current()):
            has_school = False
        else:
            with opened():
                school.check_mode(current())
                has_school = school.is_set_up()
    if role == "reviewer" or has_school:
        return role
    raise click.ClickException(
        "Chưa thiết lập trường nên chưa tạo được tài khoản của giáo viên, văn thư hay hiệu "
        "trưởng. Hãy chạy make serve rồi mở địa chỉ thiết lập mà cửa sổ ấy in ra, hoặc chạy lệnh "
        "flask --app app setup; cả hai tạo luôn tài khoản hiệu trưởng. Máy của cơ quan quản lý "
        "thì không có trường: thêm --role reviewer."
    )


@command(
    "create-user",
    "Tạo một tài khoản; mật khẩu được hỏi, không gõ trên dòng lệnh.",
    needs_data=False,
)
@click.argument("username")
@click.option(
    "--role",
    type=click.Choice(ROLES),
    default="teacher",
    show_default=True,
    # before click asks for the name and the password
    is_eager=True,
    callback=_needs_a_school,
    help="Giáo viên, văn thư, hiệu trưởng, hoặc cán bộ cơ quan quản lý (reviewer).",
)
@click.option("--name", "full_name", prompt="Họ và tên", help="Họ và tên người dùng.")
@click.option("--class", "class_name", default="", help="Lớp chủ nhiệm (giáo viên).")
@click.password_option(prompt="Mật khẩu", confirmation_prompt="Nhập lại mật khẩu", hidden=True)
def create_user(username: str, role: str, full_name: str, class_name: str, password: str) -> None:
    """An account, for a teacher perhaps with the class. Raises ClickException for another role with a class."""
    if class_name and role != "teacher":
        raise click.ClickException("Chỉ tài khoản giáo viên mới gắn với một lớp. Hãy bỏ --class.")
    setup.FirstUser(username, full_name, password).check(role)
    with opened():
        school_class = None
        if class_name:
            school_class = class_named(class_name)
        with writing():
            user = accounts.create_user(username, full_name, role, password, by=None)
            if school_class is not None:
                teachers = [*homeroom.teachers_of(school_class), user]
                homeroom.assign_teachers(school_class, teachers, by=None)
    click.echo(f"Đã tạo tài khoản {user.username} cho {user.full_name}.")


@command("reset-password", "Đặt mật khẩu mới cho một tài khoản và in ra một lần.")
@click.argument("username")
def reset_password(username: str) -> None:
    """A readable password, on the terminal this once; its owner replaces it at the next sign-in.

    Raises ClickException for a name that no account has.
    """
    user = User.get_or_none(User.username == tidy(username).lower())
    if user is None:
        raise click.ClickException(f"Không có tài khoản nào tên là {username}.")
    password = first_passwords.readable(user.username)
    accounts.change_password(user, password, by=None)
    click.echo(f"Mật khẩu mới của {user.username} ({user.full_name}): {password}")
    click.echo("Chỉ hiện lần này. Người dùng đăng nhập rồi đặt mật khẩu của riêng mình.")
    if user.disabled:
        click.echo("Tài khoản này đang khóa: mở lại ở Cài đặt, Tài khoản thì mới đăng nhập được.")


@command("remove-second-step", "Gỡ mã khi đăng nhập của một tài khoản đã mất điện thoại và phiếu.")
@click.argument("username")
def remove_second_step(username: str) -> None:
    """The last resort, where nobody is left who could do it in the browser. Raises ClickException for no account."""
    user = User.get_or_none(User.username == tidy(username).lower())
    if user is None:
        raise click.ClickException(f"Không có tài khoản nào tên là {username}.")
    if not second_step.is_on(user):
        raise click.ClickException(f"Tài khoản {user.username} không dùng mã khi đăng nhập.")
    second_step.turn_off(user, by=None)
    click.echo(f"Đã gỡ mã khi đăng nhập của {user.username} ({user.full_name}).")
    click.echo("Người dùng đăng nhập lại bằng mật khẩu, rồi bật lại ở Tài khoản của tôi.")


@command("demo", "Tạo trường minh họa trong thư mục dữ liệu trống.", needs_data=False)
@click.option("--seed", default=1, show_default=True, help="Cùng một số thì ra cùng một trường.")
@click.option(
    "--year",
    "with_year",
    is_flag=True,
    help="Diễn cả năm học 2022-2023 cho tới tháng 10/2023 (khoảng một phút).",
)
@click.option("--small", is_flag=True, help="Cùng với --year: chỉ bốn lớp, xong trong vài giây.")
def make_demo(seed: int, with_year: bool, small: bool) -> None:
    """The demo school, and its accounts on the terminal; perhaps with a year behind it.

    Raises ClickException where ``small`` or another day is asked for what has none.
    """
    if with_year:
        _play_year(seed, small)
        return
    if small:
        raise click.ClickException("--small chỉ dùng cùng với --year.")
    begun = time.monotonic()
    demo.check_day(current())
    with opened():
        made = demo.seed(current(), number=seed)
        accounts_text = demo.accounts_text(current().demo_places or "3level")
    seconds = time.monotonic() - begun
    click.echo(
        f"Đã tạo {demo.SCHOOL_NAME}: {made.classes} lớp, {made.pupils} học sinh, {made.staff} cán "
        f"bộ, giáo viên, nhân viên trong {seconds:.1f} giây."
    )
    click.echo(accounts_text)


def _play_year(seed: int, small: bool) -> None:
    """One line for each day on which something is done, and how to open what came of it."""
    settings = current()
    if settings.demo_places not in ("", EPOCH):
        raise click.ClickException(
            "Năm học 2022-2023 dùng địa danh ba cấp: hãy bỏ IDAPP_DEMO_PLACES rồi chạy lại."
        )
    classes = year.FEW_CLASSES if small else CLASSES
    begun = time.monotonic()
    with opened():
        for evening in year.play(settings, number=seed, classes=classes):
            if evening.story:
                click.echo(year.line_of(evening))
    use(settings)
    click.echo(demo.accounts_text(EPOCH, classes))
    folder = shlex.quote(str(settings.data))
    click.echo(f"Xong trong {time.monotonic() - begun:.0f} giây. Mở trường này bằng lệnh:")
    click.echo(
        f"  IDAPP_DEMO=1 IDAPP_TODAY={year.LAST_DAY} IDAPP_DATA={folder} .venv/bin/python app.py"
    )
