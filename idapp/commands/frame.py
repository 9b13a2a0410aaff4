"""What all commands share: the connection, the refusals, and in whose name they act."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, TypeVar

import click

from idapp import backup, data_folder, imports, place_sets, school, server_move
from idapp.database import connected, db, migrate, open_database
from idapp.models import SchoolClass, User
from idapp.rules.problem import Problem
from idapp.settings import Settings, SettingsError, current

F = TypeVar("F", bound=Callable[..., Any])


@contextmanager
def refusals_as_sentences() -> Iterator[None]:
    """What a person can mend becomes a ClickException: a sentence and exit code 1."""
    try:
        yield
    except Problem as problem:
        raise click.ClickException(problem.message) from problem
    except (
        imports.FileRefused,
        place_sets.SetRefused,
        backup.BackupRefused,
        server_move.MoveRefused,
        SettingsError,
    ) as refusal:
        raise click.ClickException(str(refusal)) from refusal


@contextmanager
def opened() -> Iterator[None]:
    """The database of this installation, made where there is none, and one connection for the command."""
    settings = current()
    if not _is_open(settings):
        open_database(settings)
    # which names hold today, before any rule reads one
    place_sets.use_today()
    with connected():
        migrate()
        yield


def _is_open(settings: Settings) -> bool:
    """By the application already, as in the tests."""
    if db.obj is None:
        return False
    return not settings.sqlite_file or db.obj.database == settings.sqlite_file


def require_data() -> None:
    """Raises ClickException where nothing has been kept yet: nothing is made in that folder either."""
    if not data_folder.has_data(current()):
        raise click.ClickException(
            f"Chưa có dữ liệu nào ở {current().data}. Hãy chạy make serve rồi mở địa chỉ thiết lập "
            "mà cửa sổ ấy in ra; nếu dữ liệu ở thư mục khác thì đặt IDAPP_DATA."
        )


def command(name: str, help_text: str, *, needs_data: bool = True) -> Callable[[F], click.Command]:
    """A command under this name, with the sentence that `--help` shows.

    One that does not need data opens them itself, after whatever it may refuse: a failure leaves no trace.
    """

    def as_command(act: F) -> click.Command:
        """The function as the command: its parameters are click's."""

        @wraps(act)
        def act_safely(*args: Any, **kwargs: Any) -> None:
            """Refusals become sentences."""
            with refusals_as_sentences():
                if not needs_data:
                    act(*args, **kwargs)
                    return
                require_data()
                with opened():
                    act(*args, **kwargs)

        return click.command(name, help=help_text)(act_safely)

    return as_command


def user_named(username: str, *roles: str) -> User:
    """The account named, else the first one of these roles that is not disabled.

    Raises ``click.ClickException`` when there is none.
    """
    if username:
        # in small letters, as create_user stores it
        user = User.get_or_none(User.username == username.lower(), ~User.disabled)
        if user is None:
            raise click.ClickException(f"Không có tài khoản đang dùng nào tên là {username}.")
        return user
    for role in roles:
        users = User.select().where(User.role == role, ~User.disabled)
        first = users.order_by(User.id).first()
        if first is not None:
            return first
    raise click.ClickException(
        "Chưa có tài khoản phù hợp. Hãy tạo bằng lệnh create-user, hoặc chỉ ra bằng --user."
    )


def class_named(name: str) -> SchoolClass:
    """The class of this name. Raises ``click.ClickException`` when the school has none."""
    school_class = school.class_named(name)
    if school_class is None:
        raise click.ClickException(f"Trường không có lớp {name}.")
    return school_class
