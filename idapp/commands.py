"""`flask --app app ...`: what is done at the machine itself, by whoever runs the installation.

Commands call the same verbs as the pages and leave the same audit rows. Passwords are asked for, never given on the
command line, where every user of the machine could read them; unattended backups read the passphrase from
`IDAPP_BACKUP_PASSPHRASE`, or from a file.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click
from flask import Flask

from idapp import (
    accounts,
    backup,
    demo,
    doctor,
    exports,
    imports,
    jobs,
    permissions,
    privacy,
    school,
    verification,
)
from idapp.database import connected, writing
from idapp.models import ROLES, Batch, Import, Person, SchoolClass, User
from idapp.progress import schools
from idapp.rules.problem import Problem
from idapp.settings import VIETNAM, SettingsError, current

F = TypeVar("F", bound=Callable[..., Any])
_EPOCH_CHANGED = date(2025, 7, 1)  # two levels of places since then
_POLL_SECONDS = 0.5
_MARKS = {"ok": "tốt", "warning": "chú ý", "bad": "HỎNG"}


def register(app: Flask) -> None:
    """Hang the commands on `flask --app app`."""
    for command in (
        set_up,
        create_user,
        make_demo,
        import_file,
        export,
        verify,
        make_backup,
        restore,
        examine,
        person_data,
        purge,
        progress_import,
    ):
        app.cli.add_command(command)


@contextmanager
def _said() -> Iterator[None]:
    """One connection for the command; what a person can mend becomes a sentence and exit code 1."""
    try:
        with connected():
            yield
    except Problem as problem:
        raise click.ClickException(problem.message) from problem
    except (imports.FileRefused, backup.BackupRefused, SettingsError) as refusal:
        raise click.ClickException(str(refusal)) from refusal


def _command(name: str, help_text: str) -> Callable[[F], click.Command]:
    """A command under this name, with the sentence that `--help` shows."""

    def made(act: F) -> click.Command:
        @wraps(act)
        def safely(*args: Any, **kwargs: Any) -> None:
            with _said():
                act(*args, **kwargs)

        return click.command(name, help=help_text)(safely)

    return made


# school and accounts


@_command("setup", "Thiết lập trường thật lần đầu và tạo tài khoản hiệu trưởng.")
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
@click.option(
    "--places",
    type=click.Choice(["3level", "2level"]),
    help="Danh mục địa danh; nếu bỏ trống thì theo hạn chót.",
)
@click.option("--username", default="hieutruong", show_default=True, help="Tài khoản hiệu trưởng.")
@click.option(
    "--principal", "full_name", prompt="Họ và tên hiệu trưởng", help="Họ và tên hiệu trưởng."
)
@click.password_option(prompt="Mật khẩu", confirmation_prompt="Nhập lại mật khẩu", hidden=True)
def set_up(
    name: str,
    deadline: datetime,
    places: str | None,
    username: str,
    full_name: str,
    password: str,
    **letter: Any,
) -> None:
    today, day = current().today(), deadline.date()
    school.check_mode(current())
    if school.is_set_up():
        raise click.ClickException(
            "Trường đã được thiết lập. Hãy đổi tên, hạn chót ở trang Thiết lập."
        )
    if day < today:
        raise click.ClickException(
            f"Hạn chót {day:%d/%m/%Y} đã qua. Hãy kiểm tra lại ngày trong công văn."
        )
    epoch = places or ("3level" if day < _EPOCH_CHANGED else "2level")
    with writing():
        school.set_up(
            name,
            school_year=school.school_year_of(today),
            deadline=day,
            opens_on=today,
            epoch=epoch,
            **letter,
        )
        accounts.create_user(username, full_name, "principal", password, by=None)
    click.echo(
        f"Đã thiết lập {name}, hạn chót {day:%d/%m/%Y}. Đăng nhập bằng tài khoản {username} rồi nhập danh sách."
    )


def _needs_a_school(context: click.Context, parameter: click.Parameter, role: str) -> str:
    """Asked before the password is: who works at a school needs the school first, or meets closed pages."""
    with _said():
        school.check_mode(current())
        if role == "reviewer" or school.is_set_up():
            return role
    raise click.ClickException(
        "Chưa thiết lập trường nên chưa tạo được tài khoản của giáo viên, văn thư hay hiệu trưởng. Hãy chạy lệnh "
        "flask --app app setup trước; lệnh ấy tạo luôn tài khoản hiệu trưởng. Máy của cơ quan quản lý thì không có "
        "trường: thêm --role reviewer."
    )


@_command("create-user", "Tạo một tài khoản; mật khẩu được hỏi, không ghi trên dòng lệnh.")
@click.argument("username")
@click.option(
    "--role",
    type=click.Choice(ROLES),
    default="teacher",
    show_default=True,
    is_eager=True,
    callback=_needs_a_school,
    help="Giáo viên, văn thư, hiệu trưởng, hoặc cán bộ cơ quan quản lý (reviewer).",
)
@click.option("--name", "full_name", prompt="Họ và tên", help="Họ và tên người dùng.")
@click.option("--class", "class_name", default="", help="Lớp chủ nhiệm (giáo viên).")
@click.password_option(prompt="Mật khẩu", confirmation_prompt="Nhập lại mật khẩu", hidden=True)
def create_user(username: str, role: str, full_name: str, class_name: str, password: str) -> None:
    own = _class_named(class_name) if class_name else None
    if own is not None and role != "teacher":
        raise click.ClickException("Chỉ tài khoản giáo viên mới gắn với một lớp. Hãy bỏ --class.")
    with writing():
        user = accounts.create_user(username, full_name, role, password, by=None)
        if own is not None:
            school.assign_teacher(own, user, by=None)
    click.echo(f"Đã tạo tài khoản {user.username} cho {user.full_name}.")


@_command("demo", "Tạo trường minh họa trong thư mục dữ liệu trống.")
@click.option("--seed", default=1, show_default=True, help="Cùng một số thì ra cùng một trường.")
def make_demo(seed: int) -> None:
    begun = time.monotonic()
    made = demo.seed(current(), number=seed)
    click.echo(
        f"Đã tạo {demo.SCHOOL_NAME}: {made.classes} lớp, {made.pupils} học sinh, {made.staff} cán bộ, giáo viên, "
        f"nhân viên trong {time.monotonic() - begun:.1f} giây.\n{demo.accounts_text()}"
    )


# workbooks


@_command(
    "import",
    "Nhập một tệp Excel (hồ sơ, mẫu 4.1.6, cán bộ). Kết thúc với mã 1 nếu có phần của tệp không được ghi.",
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--user", "username", default="", help="Làm thay tài khoản nào; nếu bỏ trống thì văn thư."
)
@click.option("--check", is_flag=True, help="Chỉ đọc và kiểm tra, không ghi.")
@click.option(
    "--anyway",
    type=click.Choice(imports.DOUBTS),
    multiple=True,
    help="Vẫn nhận tệp của trường, năm học hoặc cấp học khác.",
)
@click.option(
    "--take",
    type=click.Choice(["conflict", "asked"]),
    multiple=True,
    help="conflict: ô cần quyết định thì lấy của tệp; asked: ghi cả dòng chưa rõ là ai như người mới.",
)
@click.option(
    "--all-or-nothing", is_flag=True, help="Còn ô lỗi hay chỗ chưa quyết định thì không ghi gì."
)
@click.option(
    "--errors",
    "errors_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Ghi các dòng có ô lỗi ra tệp Excel này, để sửa rồi nhập lại.",
)
def import_file(
    file: Path,
    username: str,
    check: bool,
    anyway: tuple[str, ...],
    take: tuple[str, ...],
    all_or_nothing: bool,
    errors_file: Path | None,
) -> None:
    by = _user(username, "clerk", "principal")
    upload = _read_for_import(file, by, anyway)
    for view in take:
        imports.decide_all(upload, view, take=True)
    imports.set_all_or_nothing(upload, all_or_nothing)
    _echo(imports.lines_before(upload))
    if errors_file:
        _write_privately(errors_file, imports.errors_workbook(upload))
        click.echo(f"Các dòng có ô lỗi: {errors_file}.")
    if check:
        click.echo(f"Chưa ghi gì. Xem và xác nhận ở trang Nhập tệp, lần nhập {upload.id}.")
        return
    imports.confirm(upload, by=by)
    _tell_outcome(upload.id)


def _read_for_import(file: Path, by: User, anyway: tuple[str, ...]) -> Import:
    try:
        return imports.read_file(file, file.name, by=by, anyway=anyway)
    except imports.FileRefused as refused:
        options = " ".join(f"--anyway {doubt}" for doubt in refused.doubts)
        hint = f" Nếu vẫn muốn nhập tệp này, thêm {options}." if options else ""
        raise click.ClickException(refused.message + hint) from refused


def _tell_outcome(import_id: int) -> None:
    """What was written; exit code 1 where something was left out."""
    upload = Import.get_by_id(import_id)
    if upload.state != "confirmed":
        raise click.ClickException(upload.sentence)
    _echo(imports.lines_after(upload))
    if imports.left_out(imports.sums(upload)):
        raise click.exceptions.Exit(1)


def _echo(lines: Iterator[str]) -> None:
    for line in lines:
        click.echo(line)


def _write_privately(path: Path, data: bytes) -> None:
    """A list with everybody's number is for its owner only."""
    path.write_bytes(data)
    path.chmod(0o600)


def _counted(numbers: dict[str, int], words: dict[str, str]) -> str:
    return (
        ", ".join(f"{n} {words.get(key, key)}" for key, n in numbers.items()) or "không có dòng nào"
    )


@_command("export", "Xuất danh sách học sinh (một lớp hoặc toàn trường) hay cán bộ ra tệp Excel.")
@click.option(
    "--class", "class_name", default="", help="Một lớp, ví dụ 5A; nếu bỏ trống thì toàn trường."
)
@click.option("--staff", is_flag=True, help="Cán bộ, giáo viên, nhân viên.")
@click.option("--form", type=click.Choice(["416"]), help="416: mẫu 4.1.6 của Bộ.")
@click.option(
    "--user", "username", default="", help="Làm thay tài khoản nào; nếu bỏ trống thì văn thư."
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Tên tệp.")
def export(class_name: str, staff: bool, form: str | None, username: str, out: Path | None) -> None:
    by = _user(username, "clerk", "principal")
    if not permissions.may_export(by):
        raise click.ClickException("Tài khoản này không xuất tệp được.")
    if staff:
        data, name = exports.staff_workbook(by=by), "can-bo.xlsx"
    elif class_name:
        data, name = (
            exports.class_workbook(_class_named(class_name), by=by, form=form or ""),
            f"lop-{class_name}.xlsx",
        )
    else:
        data, name = exports.school_workbook(by=by, form=form or ""), "toan-truong.xlsx"
    target = out or Path(name)
    _write_privately(target, data)
    click.echo(
        f"Đã ghi {target} ({len(data) // 1024} kB). Tệp có số định danh: hãy giữ kín và xóa khi xong việc."
    )


# verification


@_command("verify", "Bắt đầu một đợt xác thực thay hiệu trưởng.")
@click.option(
    "--scope", default="school", show_default=True, help="school, staff, grade:5 hoặc class:5A."
)
@click.option(
    "--user", "username", default="", help="Làm thay tài khoản nào; nếu bỏ trống thì hiệu trưởng."
)
@click.option("--again", is_flag=True, help="Hỏi lại cả hồ sơ đã có kết quả mà chưa sửa.")
@click.option("--wait", is_flag=True, help="Đợi đến khi xong và in tiến độ.")
def verify(scope: str, username: str, again: bool, wait: bool) -> None:
    by = _user(username, "principal")
    if not permissions.may_start_batch(by):
        raise click.ClickException("Chỉ hiệu trưởng bắt đầu được đợt xác thực.")
    batch = verification.start(_scope(scope), "unverified" if again else "ready", by=by, way=_way())
    awake = jobs.verify_later(batch.id)
    click.echo(f"Đợt {batch.id}: {batch.total} hồ sơ, {verification.scope_words(batch.scope)}.")
    if not awake:
        click.echo(
            "Hàng đợi chưa chạy: đợt này nằm chờ và tự bắt đầu khi ứng dụng được bật.", err=True
        )
    if wait and awake and not _wait_for(batch.id):
        sys.exit(1)


def _way() -> str:
    """By files if the settings say so; without any connection the batch waits, and says why."""
    return "file" if current().registry_mode == "file" else "soap"


def _scope(text: str) -> str:
    """`class:5A` as people write it; the database knows the class by its id."""
    kind, _, name = text.partition(":")
    return f"class:{_class_named(name).id}" if kind == "class" else text


def _wait_for(batch_id: int) -> bool:
    """Print the progress whenever it changes; True if the batch finished. Ctrl-C leaves the batch running."""
    told = ""
    while True:
        batch = Batch.get_by_id(batch_id)
        line = _progress_line(batch)
        if line != told:
            click.echo(line)
            told = line
        if not batch.open:
            return bool(batch.state == "finished")
        time.sleep(_POLL_SECONDS)


def _progress_line(batch: Batch) -> str:
    tally = verification.tally(batch)
    outcomes = {
        state: tally.by_state[state]
        for state in verification.ITEM_ENDS
        if tally.by_state.get(state)
    }
    words = _counted(outcomes, verification.ITEM_WORDS) if outcomes else ""
    state = verification.STATE_WORDS[batch.shown_state]
    parts = [f"{state}: {tally.settled}/{tally.total}", words, batch.sentence]
    return " · ".join(part for part in parts if part)


# many schools


@_command(
    "progress-import",
    "Nhận tệp tiến độ (.json) của các trường trong một thư mục, cho cơ quan quản lý.",
)
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def progress_import(folder: Path) -> None:
    received = [
        schools.receive(file.name, file.read_bytes(), by=None)
        for file in sorted(folder.glob("*.json"))
    ]
    for one in received:
        old = "" if one.newer else " (không mới hơn số đang có)"
        click.echo(f"{one.file_name}: {one.problem or one.school + old}")
    refused = sum(bool(one.problem) for one in received)
    click.echo(f"Đã nhận {len(received) - refused} tệp, không nhận {refused} tệp.")
    if refused:
        sys.exit(1)


# care of the installation


@_command(
    "backup",
    "Sao lưu toàn bộ (cơ sở dữ liệu, khóa, tệp) vào một tệp mã hóa, trong khi ứng dụng vẫn chạy.",
)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--passphrase-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Tệp chứa cụm mật khẩu.",
)
def make_backup(file: Path, passphrase_file: Path | None) -> None:
    made = backup.make(file, _passphrase(passphrase_file, confirm=True), current())
    click.echo(
        f"Đã sao lưu {made.people} hồ sơ và {made.changes} dòng nhật ký vào {file} ({file.stat().st_size // 1024} kB). "
        "Hãy cất tệp ở máy khác; mất cụm mật khẩu thì không ai mở được."
    )


@_command("restore", "Khôi phục từ một tệp sao lưu; ứng dụng phải đang tắt.")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--passphrase-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Tệp chứa cụm mật khẩu.",
)
@click.option(
    "--force", is_flag=True, help="Dời dữ liệu hiện có vào một thư mục con rồi khôi phục."
)
def restore(file: Path, passphrase_file: Path | None, force: bool) -> None:
    back = backup.restore(file, _passphrase(passphrase_file, confirm=False), current(), force=force)
    made_at = datetime.fromisoformat(back.made_at).astimezone(VIETNAM)
    click.echo(
        f"Đã khôi phục {back.school or 'dữ liệu'}: {back.people} hồ sơ, bản sao lưu lúc {made_at:%H:%M %d/%m/%Y}. "
        "Mọi người cần đăng nhập lại."
    )


def _passphrase(file: Path | None, *, confirm: bool) -> str:
    if file is not None:
        return file.read_text().strip()
    if given := os.environ.get("IDAPP_BACKUP_PASSPHRASE"):
        return given
    again = "Nhập lại cụm mật khẩu" if confirm else False
    return str(click.prompt("Cụm mật khẩu", hide_input=True, confirmation_prompt=again))


@_command("doctor", "Khám máy và thiết lập; với --invariants thì đếm lại toàn bộ dữ liệu.")
@click.option("--invariants", is_flag=True, help="Kiểm tra các điều luôn phải đúng của dữ liệu.")
def examine(invariants: bool) -> None:
    findings = doctor.invariants() if invariants else doctor.examine(current())
    for finding in findings:
        click.echo(f"{_MARKS[finding.level]:<6} {finding.name:<15} {finding.sentence}")
    bad = sum(finding.level == "bad" for finding in findings)
    click.echo(f"{bad} việc phải sửa." if bad else "Không có gì phải sửa.")
    if bad:
        sys.exit(1)


@_command("person-data", "In mọi điều hệ thống giữ về một người, dạng JSON.")
@click.argument("person_id", type=int)
def person_data(person_id: int) -> None:
    person = Person.get_or_none(Person.id == person_id)
    if person is None:
        raise click.ClickException(
            f"Không có hồ sơ mã {person_id}. Mã hồ sơ là số ở cuối địa chỉ trang của hồ sơ."
        )
    click.echo(json.dumps(privacy.everything_about(person), ensure_ascii=False, indent=2))


@_command("purge", "Xóa những gì đã hết việc: phiên đã kết thúc, dòng của tệp nhập cũ, bản sao cũ.")
@click.option(
    "--days",
    type=click.IntRange(min=1),
    default=90,
    show_default=True,
    help="Giữ lại bao nhiêu ngày.",
)
def purge(days: int) -> None:
    done = privacy.purge(current(), days=days)
    click.echo(
        f"Đã xóa {done.sessions} phiên đã kết thúc, {done.import_rows} dòng của tệp nhập quá {days} ngày, "
        f"{done.copies} bản sao cũ, {done.scans} ảnh giấy tờ. Hồ sơ, nhật ký và kết quả xác thực được giữ nguyên."
    )


# in whose name


def _user(username: str, *roles: str) -> User:
    """The account named, else the first one of these roles that is not disabled."""
    if username:
        user = User.get_or_none(User.username == username.lower(), ~User.disabled)
        if user is None:
            raise click.ClickException(f"Không có tài khoản đang dùng nào tên là {username}.")
        return user
    for role in roles:
        if user := User.select().where(User.role == role, ~User.disabled).order_by(User.id).first():
            return user
    raise click.ClickException(
        "Chưa có tài khoản phù hợp. Hãy tạo bằng lệnh create-user, hoặc chỉ ra bằng --user."
    )


def _class_named(name: str) -> SchoolClass:
    found = school.class_named(name)
    if found is None:
        raise click.ClickException(f"Trường không có lớp {name}.")
    return found
