"""The catalogue of places without a browser: the change of epoch, newer lists, the way back.

Exit codes: 0 done, or shown and nothing written; 1 refused, with a sentence; 2 wrong use of the
command.
"""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import click

from idapp import permissions, place_sets, school
from idapp.commands.frame import command, user_named
from idapp.models import EpochChange, User
from idapp.people import epochs
from idapp.people.epochs import OldAddress, Preview
from idapp.rules.folding import tidy
from idapp.rules.problem import Problem

_KINDS = {
    "converted": "đổi được",
    "same": "giữ nguyên",
    "choose": "cần chọn",
    "unknown": "không nhận ra",
    "empty": "chưa ghi",
}
_MOST_LISTED = 20


# --- the change of epoch ---


@command(
    "change-epoch",
    "Đổi nơi thường trú của cả trường sang danh mục hai cấp (2level) hoặc ba cấp (3level). "
    "Không có --yes thì chỉ in ra những gì sẽ đổi.",
)
@click.argument("epoch", type=click.Choice(list(epochs.EPOCHS)))
@click.option("--yes", is_flag=True, help="Đổi thật; nếu bỏ trống thì chỉ xem trước.")
@click.option(
    "--undo",
    is_flag=True,
    help="Hoàn tác lần đổi gần nhất: trả lại từng chữ, chừng nào chưa ai sửa nơi thường trú.",
)
@click.option(
    "--user", "username", default="", help="Làm thay tài khoản nào; nếu bỏ trống thì hiệu trưởng."
)
def change_epoch(epoch: str, yes: bool, undo: bool, username: str) -> None:
    """The change, its rehearsal, its undoing, or the rest of one that was cut off.

    Raises ClickException for an account that may not, Problem for what cannot be changed now.
    """
    by = user_named(username, "principal")
    if not permissions.may_change_settings(by):
        raise click.ClickException("Chỉ hiệu trưởng đổi được danh mục địa chỉ.")
    last = epochs.last_change()
    if last is not None and last.is_under_way:
        # whatever is wanted now: a school with two catalogues must not stay like that
        _continue(last, epoch, yes)
    elif undo:
        _undo(last, epoch, yes, by)
    else:
        _change(epoch, yes, by)


def _change(epoch: str, yes: bool, by: User) -> None:
    _check_other(epoch)
    if yes:
        _work(epochs.begin(epoch, by=by))
        return
    _print_preview(epochs.preview(epoch))
    last = epochs.last_change()
    may_undo = last is not None and last.state == "done" and last.from_epoch == epoch
    if last is not None and may_undo and not epochs.edited_since(last):
        click.echo("Chưa ai sửa nơi thường trú từ lần đổi trước: thêm --undo thì trả lại từng chữ.")
    click.echo("Chưa đổi gì. Thêm --yes để đổi.")


def _undo(last: EpochChange | None, epoch: str, yes: bool, by: User) -> None:
    if last is not None and last.state == "done" and last.from_epoch != epoch:
        words = epochs.EPOCHS[last.from_epoch]
        raise click.ClickException(f"Hoàn tác lần đổi gần nhất là trở lại danh mục {words}.")
    if yes:
        _work(epochs.begin_undo(by=by))
        return
    if last is None or last.state != "done":
        raise Problem("epoch", "nothing", "Không có lần đổi danh mục nào để hoàn tác.")
    edited = epochs.edited_since(last)
    if edited:
        click.echo(
            f"Không hoàn tác được nữa: đã có {edited} hồ sơ được thêm hoặc sửa nơi thường trú."
        )
    else:
        click.echo(f"{last.total} hồ sơ trở lại như trước lần đổi. Chưa đổi gì, thêm --yes để đổi.")


def _continue(change: EpochChange, epoch: str, yes: bool) -> None:
    """What was cut off, by Ctrl-C or a power cut, is finished by the same command."""
    goal = change.from_epoch
    if change.state == "running":
        goal = change.to_epoch
    if goal != epoch or not yes:
        sentence = f"Đang đổi sang danh mục {epochs.EPOCHS[goal]}, xong {_how_far(change)}. "
        raise click.ClickException(sentence + f"Chạy change-epoch {goal} --yes để làm nốt.")
    _work(change)


def _work(change: EpochChange) -> None:
    is_undo = change.state == "undoing"
    # in parts, each in a transaction of its own: what is cut off goes on from there
    epochs.go_on(change.id, tell=lambda part: click.echo(f"{_how_far(part)} hồ sơ"))
    done = EpochChange.get_by_id(change.id)
    if is_undo:
        words = epochs.EPOCHS[done.from_epoch]
        click.echo(f"Đã hoàn tác: {done.total} hồ sơ trở lại danh mục {words}.")
        return
    words = epochs.EPOCHS[done.to_epoch]
    click.echo(f"Đã đổi sang danh mục {words}: {_counted(done.counts)}.")
    if done.counts.get("choose") or done.counts.get("unknown"):
        click.echo("Địa chỉ cần chọn hoặc không nhận ra giữ nguyên chữ, có dấu lỗi ở bảng lớp.")


def _how_far(change: EpochChange) -> str:
    return f"{epochs.done_of(change)}/{change.total}"


def _check_other(epoch: str) -> None:
    if school.the_campaign().epoch == epoch:
        words = epochs.EPOCHS[epoch]
        raise Problem("epoch", "same_epoch", f"Trường đang dùng danh mục {words} rồi.")


def _print_preview(preview: Preview) -> None:
    click.echo(f"Đổi sang danh mục {epochs.EPOCHS[preview.to_epoch]}:")
    for line in preview.classes:
        click.echo(f"  {line.name or 'CB, GV, NV'}: {_counted(line.counts)}")
    click.echo(f"  Cả trường: {_counted(preview.counts)}")
    _print_addresses("Cần chọn sau khi đổi", preview.to_choose)
    _print_addresses("Không nhận ra", preview.unknown)


def _print_addresses(title: str, addresses: list[OldAddress]) -> None:
    if not addresses:
        return
    click.echo(f"{title}:")
    for address in addresses[:_MOST_LISTED]:
        text = ", ".join(part for part in reversed(address.texts) if part)
        line = f"  {text} ({address.people} hồ sơ)"
        if address.choices:
            names = " hoặc ".join(place.name for place in address.choices)
            line += f": {names}"
        click.echo(line)
    if len(addresses) > _MOST_LISTED:
        click.echo(f"  … và {len(addresses) - _MOST_LISTED} địa chỉ khác")


def _counted(counts: Mapping[str, int]) -> str:
    count_of = Counter(counts)
    words = [f"{count_of[kind]} {words}" for kind, words in _KINDS.items() if count_of[kind]]
    return ", ".join(words) or "không có hồ sơ nào"


# --- newer lists ---


def _acting(username: str) -> User:
    by = user_named(username, "clerk", "principal")
    if not permissions.may_load_places(by):
        raise click.ClickException("Chỉ văn thư và hiệu trưởng nạp được danh mục địa chỉ.")
    return by


@command(
    "places-update",
    "Nạp danh mục địa chỉ mới từ tệp .zip, tệp .csv hoặc thư mục có các tệp .csv.",
)
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@click.option("--check", is_flag=True, help="Chỉ kiểm tra và so sánh, không nạp.")
@click.option(
    "--user", "username", default="", help="Làm thay tài khoản nào; nếu bỏ trống thì văn thư."
)
def places_update(file: Path, check: bool, username: str) -> None:
    """Newer lists, checked first: what is new, renamed, ended. Raises SetRefused for files that are no lists."""
    by = _acting(username)
    # outside any transaction: a file of all places takes its time
    texts = place_sets.read_path(file)
    if check:
        brings = place_sets.check(texts)
        _print_changes(brings.new, brings.renamed, brings.ended, brings.new_names)
        click.echo("Chưa nạp gì. Bỏ --check để nạp.")
        return
    loaded = place_sets.load(texts, file_name=tidy(file.name), by=by)
    about = loaded.about
    _print_changes(about.new, about.renamed, about.ended, about.new_names)
    click.echo(f"Đã nạp {about.file_name}; {loaded.records} hồ sơ được ghi tên mới.")


@command("places-back", "Trở lại bản danh mục địa chỉ trước lần nạp gần nhất.")
@click.option("--shipped", is_flag=True, help="Trở lại bản kèm phần mềm.")
@click.option(
    "--user", "username", default="", help="Làm thay tài khoản nào; nếu bỏ trống thì văn thư."
)
def places_back(shipped: bool, username: str) -> None:
    """The lists that were in use before, or those of the program. Raises ClickException if nothing was loaded."""
    by = _acting(username)
    sets = place_sets.earlier_sets()
    if not sets:
        raise click.ClickException("Đang dùng bản kèm phần mềm: không có gì để trở lại.")
    goal = sets[0]
    if shipped:
        goal = place_sets.SHIPPED
    renamed = place_sets.go_back(goal, by=by)
    click.echo(f"Đã trở lại {place_sets.words_of_set(goal)}; {renamed} hồ sơ được ghi lại tên.")


def _print_changes(new: int, renamed: int, ended: int, new_names: list[str]) -> None:
    click.echo(f"So với bản đang dùng: {place_sets.words_of_figures(new, renamed, ended)}.")
    for words in new_names:
        click.echo(f"  {words}")
