"""The work of a school, and of the office above it, without a browser: workbooks, verification, progress files."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click

from idapp import exports, imports, jobs, permissions, verification
from idapp.commands.frame import class_named, command, user_named
from idapp.models import Batch, Import, User
from idapp.progress import schools
from idapp.registry import way
from idapp.rules.folding import tidy
from idapp.settings import current

_POLL_SECONDS = 0.5
_OPTIONS = {"dates": "--dates day (ngày trước) hoặc --dates month (tháng trước)"}


@command(
    "import",
    "Nhập một tệp Excel (hồ sơ, mẫu 4.1.6, cán bộ). Kết thúc với mã 1 nếu có phần của tệp không "
    "được lưu.",
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--user", "username", default="", help="Làm thay tài khoản nào; nếu bỏ trống thì văn thư."
)
@click.option("--check", is_flag=True, help="Chỉ đọc và kiểm tra, không lưu.")
@click.option(
    "--anyway",
    type=click.Choice([*imports.WARNINGS, "presence"]),
    multiple=True,
    help="Vẫn nhận tệp của trường, năm học hoặc cấp học khác; presence: có người có thể đã rời "
    "trường.",
)
@click.option(
    "--dates",
    type=click.Choice(["day", "month"]),
    help="Ngày sinh đọc được hai cách (03/04/2016) thì đọc ngày trước (day) hay tháng trước "
    "(month).",
)
@click.option(
    "--take",
    type=click.Choice(["conflict", "asked"]),
    multiple=True,
    help="conflict: ô cần quyết định thì lấy của tệp; asked: ghi cả dòng chưa rõ là ai như người "
    "mới.",
)
@click.option(
    "--all-or-nothing", is_flag=True, help="Còn ô lỗi hay chỗ chưa quyết định thì không lưu gì."
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
    dates: str | None,
    take: tuple[str, ...],
    all_or_nothing: bool,
    errors_file: Path | None,
) -> None:
    """Read, decide as the options say, write. Exit code 1 where a part of the file was left out.

    Raises ClickException for a file that is refused, with the option that would take it all the same.
    """
    by = user_named(username, "clerk", "principal")
    upload = _read_for_import(file, by, anyway, dates)
    # first: the lines below count what would be written after these decisions
    for view in take:
        imports.decide_all(upload, view, take=True)
    imports.set_all_or_nothing(upload, all_or_nothing)
    _echo(imports.lines_before(upload))
    if errors_file:
        _write_privately(errors_file, imports.export_errors(upload, by=by))
        click.echo(f"Các dòng có ô lỗi: {errors_file}.")
    if check:
        click.echo(f"Chưa lưu gì. Xem và xác nhận ở trang Nhập tệp, lần nhập {upload.id}.")
        return
    imports.confirm(upload, by=by)
    _tell_outcome(upload.id)


def _read_for_import(file: Path, by: User, anyway: tuple[str, ...], dates: str | None) -> Import:
    try:
        # in this process, however large it is: a terminal has the time to wait
        return imports.read_file(file, file.name, by=by, anyway=anyway, dates=dates or "")
    except imports.FileRefused as refused:
        sentence = refused.message
        if refused.kinds:
            options = " ".join(_OPTIONS.get(kind, f"--anyway {kind}") for kind in refused.kinds)
            sentence += f" Nếu vẫn muốn nhập tệp này, thêm {options}."
        raise click.ClickException(sentence) from refused


def _tell_outcome(import_id: int) -> None:
    """What was written; exit code 1 where something was left out."""
    upload = Import.get_by_id(import_id)
    if upload.state != "confirmed":
        raise click.ClickException(upload.sentence)
    _echo(imports.lines_after(upload))
    if imports.left_out(imports.totals_of(upload)):
        raise click.exceptions.Exit(1)


def _echo(lines: Iterator[str]) -> None:
    for line in lines:
        click.echo(line)


def _write_privately(path: Path, data: bytes) -> None:
    """A list with everybody's number is for its owner only."""
    path.write_bytes(data)
    path.chmod(0o600)


def _counted(numbers: dict[str, int], words: dict[str, str]) -> str:
    parts = [f"{number} {words.get(key, key)}" for key, number in numbers.items()]
    return ", ".join(parts) or "không có dòng nào"


@command("export", "Xuất danh sách học sinh (một lớp hoặc toàn trường) hay cán bộ ra tệp Excel.")
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
    """One class, the staff, or all pupils, into a file for its owner only.

    Raises ClickException for an account that may not, and for a class that there is not.
    """
    by = user_named(username, "clerk", "principal")
    if not permissions.may_export(by):
        raise click.ClickException("Tài khoản này không xuất tệp được.")
    if staff:
        name = "can-bo.xlsx"
        data = exports.staff_workbook(by=by)
    elif class_name:
        name = f"lop-{class_name}.xlsx"
        data = exports.class_workbook(class_named(class_name), by=by, form=form or "")
    else:
        name = "toan-truong.xlsx"
        data = exports.school_workbook(by=by, form=form or "")
    target = out or Path(name)
    _write_privately(target, data)
    kilobytes = len(data) // 1024
    click.echo(
        f"Đã lưu {target} ({kilobytes} kB). Tệp có số định danh: hãy giữ kín và xóa khi xong việc."
    )


@command("verify", "Bắt đầu một đợt xác thực thay hiệu trưởng.")
@click.option(
    "--scope", default="school", show_default=True, help="school, staff, grade:5 hoặc class:5A."
)
@click.option(
    "--user", "username", default="", help="Làm thay tài khoản nào; nếu bỏ trống thì hiệu trưởng."
)
@click.option("--again", is_flag=True, help="Gửi lại cả hồ sơ đã có kết quả mà chưa sửa.")
@click.option("--wait", is_flag=True, help="Đợi đến khi xong và in tiến độ.")
def verify(scope: str, username: str, again: bool, wait: bool) -> None:
    """A batch as the head of the school starts it; with ``wait`` exit code 1 if it did not finish.

    Raises ClickException for another account.
    """
    by = user_named(username, "principal")
    if not permissions.may_start_batch(by):
        raise click.ClickException("Chỉ hiệu trưởng bắt đầu được đợt xác thực.")
    whom = "ready"
    if again:
        whom = "unverified"
    batch = verification.start(_scope(scope), whom, by=by, channel=_channel())
    awake = jobs.verify_later(batch.id)
    click.echo(f"Đợt {batch.id}: {batch.total} hồ sơ, {verification.scope_words(batch.scope)}.")
    if not awake:
        click.echo(
            "Hàng đợi chưa chạy: đợt này nằm chờ và tự bắt đầu khi ứng dụng được bật.", err=True
        )
    # a batch waits in the database: without a worker there is nothing to wait for
    if wait and awake and not _wait_for(batch.id):
        sys.exit(1)


def _channel() -> str:
    """By files if the settings say so; without any connection the batch waits, and says why."""
    if way.obeyed(current()).registry_mode == "file":
        return "file"
    return "soap"


def _scope(text: str) -> str:
    """`class:5A` as people write it; the database knows the class by its id."""
    kind, _, name = text.partition(":")
    if kind == "class":
        return f"class:{class_named(name).id}"
    return text


def _wait_for(batch_id: int) -> bool:
    """Print the progress whenever it changes; True if the batch finished. Ctrl-C leaves the batch running."""
    printed = ""
    while True:
        batch = Batch.get_by_id(batch_id)
        line = _progress_line(batch)
        if line != printed:
            click.echo(line)
            printed = line
        if not batch.open:
            return bool(batch.state == "finished")
        time.sleep(_POLL_SECONDS)


def _progress_line(batch: Batch) -> str:
    tally = verification.tally(batch)
    state = verification.STATE_WORDS[batch.shown_state]
    parts = [f"{state}: {tally.settled}/{tally.total}"]
    ends = [end for end in verification.ITEM_ENDS if tally.by_state.get(end)]
    if ends:
        outcomes = {end: tally.by_state[end] for end in ends}
        parts.append(_counted(outcomes, verification.ITEM_WORDS))
    if batch.sentence:
        parts.append(batch.sentence)
    return " · ".join(parts)


@command(
    "progress-import",
    "Nhận tệp tiến độ (.json) của các trường trong một thư mục, cho cơ quan quản lý.",
)
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def progress_import(folder: Path) -> None:
    """Every file of the folder, each with a line; exit code 1 if one was refused."""
    files = sorted(folder.glob("*.json"))
    receipts = [schools.receive(tidy(file.name), file.read_bytes(), by=None) for file in files]
    for receipt in receipts:
        click.echo(f"{receipt.file_name}: {receipt.problem or _received(receipt)}")
    refused = sum(bool(receipt.problem) for receipt in receipts)
    click.echo(f"Đã nhận {len(receipts) - refused} tệp, không nhận {refused} tệp.")
    if refused:
        sys.exit(1)


def _received(receipt: schools.Received) -> str:
    if receipt.newer:
        return receipt.school
    return f"{receipt.school} (không mới hơn số đang có)"
