"""Care of an installation: backup and restore, examination, what is kept about a person, what is deleted."""

import json
import os
import sys
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import click

from idapp import backup, data_folder, doctor, privacy, server_move, upgrading
from idapp.backup.standing import standing
from idapp.commands.frame import command, opened, require_data
from idapp.database import connected, open_database, pending
from idapp.models import Person
from idapp.people import catching_up
from idapp.privacy import retention
from idapp.settings import VIETNAM, current

_ROOT = Path(__file__).parent.parent.parent
_MARKS = {"ok": "tốt", "warning": "chú ý", "bad": "HỎNG"}


@command(
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
    """All of an installation in one file, for which a passphrase is asked twice."""
    made = backup.make(file, _passphrase(passphrase_file, confirm=True), current())
    kilobytes = file.stat().st_size // 1024
    click.echo(
        f"Đã sao lưu {made.people} hồ sơ và {made.changes} dòng nhật ký vào {file} "
        f"({kilobytes} kB). "
        "Hãy cất tệp ở máy khác; mất cụm mật khẩu thì không ai mở được."
    )


@command("restore", "Khôi phục từ một tệp sao lưu; ứng dụng phải đang tắt.", needs_data=False)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--passphrase-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Tệp chứa cụm mật khẩu, hoặc khóa trên giấy của bản sao lưu hằng ngày.",
)
@click.option(
    "--force", is_flag=True, help="Dời dữ liệu hiện có vào một thư mục con rồi khôi phục."
)
def restore(file: Path, passphrase_file: Path | None, force: bool) -> None:
    """What a backup holds, in the place of what is there."""
    passphrase = _passphrase(passphrase_file, confirm=False)
    if data_folder.has_data(current()):
        with opened():
            restored = backup.restore(file, passphrase, current(), force=force)
    else:
        restored = backup.restore(file, passphrase, current(), force=force)
    made_at = datetime.fromisoformat(restored.made_at).astimezone(VIETNAM)
    what = restored.school or "dữ liệu"
    click.echo(
        f"Đã khôi phục {what}: {restored.people} hồ sơ, bản sao lưu lúc "
        f"{made_at:%H:%M %d/%m/%Y}. "
        "Mọi người cần đăng nhập lại."
    )


def _passphrase(file: Path | None, *, confirm: bool) -> str:
    if file is not None:
        # an editor ends the file with a line break that is not part of the phrase
        return file.read_text().strip()
    given = os.environ.get("IDAPP_BACKUP_PASSPHRASE")
    if given:
        return given
    again: str | bool = False
    if confirm:
        again = "Nhập lại cụm mật khẩu"
    what = "Cụm mật khẩu" if confirm else "Cụm mật khẩu, hoặc khóa trên giấy"
    return str(click.prompt(what, hide_input=True, confirmation_prompt=again))


@command(
    "move-to-postgresql",
    "Chuyển toàn bộ dữ liệu từ tệp SQLite sang một cơ sở dữ liệu PostgreSQL trống; ứng dụng phải "
    "đang tắt.",
)
@click.argument("address", required=False)
def move_to_postgresql(address: str | None) -> None:
    """All tables to a server, compared afterwards. Raises ClickException for an address that bears a password."""
    if address and urlsplit(address).password:
        raise click.ClickException(
            "Mật khẩu trên dòng lệnh thì mọi người dùng của máy này đọc được. Hãy chạy lại lệnh "
            "không kèm địa chỉ (chương trình sẽ hỏi), hoặc để mật khẩu trong tệp ~/.pgpass."
        )
    if not address:
        address = str(click.prompt("Địa chỉ, dạng postgresql://tên:mật-khẩu@máy/cơ-sở-dữ-liệu"))
    moved = server_move.move(address, current(), _tell_table)
    click.echo(
        f"Đã chuyển {moved.rows} dòng của {moved.tables} bảng và so từng dòng: khớp. Hãy "
        "đặt DATABASE_URL là địa chỉ ấy (trong .env) cho mọi tiến trình rồi chạy lại. Giữ nguyên "
        f"thư mục {current().data}: ảnh, tệp và khóa vẫn ở đó; tệp cũ còn nguyên để đối chiếu."
    )


def _tell_table(name: str, rows: int) -> None:
    click.echo(f"  {name:<20} {rows:>8}")


@command(
    "doctor",
    "Khám máy và thiết lập; với --invariants thì đếm lại toàn bộ dữ liệu.",
    needs_data=False,
)
@click.option("--invariants", is_flag=True, help="Kiểm tra các điều luôn phải đúng của dữ liệu.")
def examine(invariants: bool) -> None:
    """A line for each thing looked at; exit code 1 where something must be mended."""
    if not invariants and not data_folder.has_data(current()):
        findings = doctor.examine_without_data(current())
    else:
        require_data()
        with opened():
            findings = doctor.invariants() if invariants else doctor.examine(current())
    for finding in findings:
        click.echo(f"{_MARKS[finding.level]:<6} {finding.name:<15} {finding.sentence}")
    bad = sum(finding.level == "bad" for finding in findings)
    if bad:
        click.echo(f"{bad} việc phải sửa.")
        sys.exit(1)
    click.echo("Không có gì phải sửa.")


@command("person-data", "In mọi điều hệ thống giữ về một người, dạng JSON.")
@click.argument("person_id", type=int)
def person_data(person_id: int) -> None:
    """Everything that is kept about one person, as JSON. Raises ClickException for an id that nobody has."""
    person = Person.get_or_none(Person.id == person_id)
    if person is None:
        raise click.ClickException(
            f"Không có hồ sơ mã {person_id}. Mã hồ sơ là số ở cuối địa chỉ trang của hồ sơ."
        )
    click.echo(json.dumps(privacy.everything_about(person), ensure_ascii=False, indent=2))


@command("purge", "Xóa những gì đã hết việc: phiên đã kết thúc, dòng của tệp nhập cũ, bản sao cũ.")
@click.option(
    "--days",
    type=click.IntRange(min=1),
    help="Giữ lại bao nhiêu ngày. Bỏ trống thì theo Cài đặt.",
)
def purge(days: int | None) -> None:
    """What has served its purpose is deleted, and counted."""
    import_days = days or retention.days_of("import_rows")
    purged = privacy.purge(current(), days=days)
    click.echo(
        f"Đã xóa {purged.sessions} phiên đã kết thúc, {purged.import_rows} dòng của tệp nhập quá "
        f"{import_days} ngày, {purged.copies} bản sao cũ, {purged.scans} ảnh giấy tờ. "
        "Hồ sơ, nhật ký và kết quả xác thực được giữ nguyên."
    )


@command("recheck", "Kiểm tra lại mọi hồ sơ theo quy tắc của bản đang cài, nếu chưa làm.")
@click.option("--again", is_flag=True, help="Kiểm tra lại dù đã làm với bản này rồi.")
def recheck(again: bool) -> None:
    """What the worker does by itself after an update, now."""
    newest = catching_up.last()
    is_current = newest is not None and newest.rules == catching_up.fingerprint()
    if again or newest is None or newest.is_under_way or not is_current:
        newest = catching_up.begin()
        catching_up.go_on(newest.id)
        newest = catching_up.last() or newest
    click.echo(
        f"{newest.total} hồ sơ được kiểm tra lại, {newest.counts.get('states', 0)} đổi tình trạng, "
        f"{len(newest.worse)} có thêm lỗi."
    )


def _data_line() -> tuple[bool, str]:
    """How old the newest backup is; of data that an older version wrote, what will be done to them."""
    open_database(current())
    with connected():
        steps = pending()
        if steps:
            sentence = f"{len(steps)} bước nâng cấp dữ liệu sẽ làm khi khởi động, tới {steps[-1]}."
            return True, sentence
        now = standing()
    return now.state not in ("late", "failed"), now.sentence


@command("upgrade-check", "Xem trước việc cập nhật phần mềm; không đổi gì.", needs_data=False)
@click.option("--from", "source", default="", help="Thư mục hoặc tệp .tar.gz của bản mới.")
def upgrade_check(source: str) -> None:
    """A line for each matter that an upgrade would meet; exit code 1 where one stands in its way."""
    settings = current()
    here = upgrading.Installation(_ROOT, settings.data, settings.sqlite_file)
    lines = upgrading.check(here, source)
    if data_folder.has_data(settings):
        lines.append(_data_line())
    for is_good, sentence in lines:
        click.echo(f"{_MARKS['ok' if is_good else 'bad']:<6} {sentence}")
    if not all(is_good for is_good, _ in lines):
        sys.exit(1)
