"""When the app makes a backup by itself, for which key, where it goes and how long it stays: set in the browser."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from idapp import audit, stored_settings
from idapp.backup import copies, keys
from idapp.backup.copies import Keep
from idapp.backup.refusal import BackupRefused
from idapp.database import writing
from idapp.models import User, utc_now
from idapp.rules.problem import Problem
from idapp.settings import VIETNAM, Settings

_PREFIX = "backup."
_OWN_FOLDER = "backups"
_PROGRAM = Path(__file__).resolve().parents[2]
USUAL_HOUR = 16
_MOST = 400
_KEEP_WORDS = {"daily": "ngày", "weekly": "tuần", "monthly": "tháng"}


@dataclass(frozen=True)
class Plan:
    """What stands in the settings.

    recipient     the public half of the key; "" as long as nobody has one: then nothing is backed up
    since         when that key was chosen
    folder        "" for the one in the data folder
    on_other_disk the second folder was on another disk than the data when it was chosen
    """

    recipient: str = ""
    since: datetime | None = None
    is_on: bool = True
    hour: int = USUAL_HOUR
    folder: str = ""
    second_folder: str = ""
    on_other_disk: bool = False
    keep: Keep = field(default_factory=Keep)

    @property
    def works(self) -> bool:
        """Does the clock make backups?"""
        return bool(self.recipient) and self.is_on

    @property
    def mark(self) -> str:
        """By what the paper of the key is known."""
        return keys.mark_of(self.recipient)

    def last_due(self, now: datetime) -> datetime:
        """The last moment at which a backup was to be made; both in UTC without a zone."""
        offset = VIETNAM.utcoffset(None)
        local = now + offset
        due = local.replace(hour=self.hour, minute=0, second=0, microsecond=0)
        if due > local:
            due -= timedelta(days=1)
        return due - offset


def stored() -> Plan:
    """As it was set in the browser."""
    texts = stored_settings.without_secrets(_PREFIX)[0]
    since = texts.get("since")
    return Plan(
        recipient=texts.get("recipient", ""),
        since=datetime.fromisoformat(since) if since else None,
        is_on=texts.get("is_on", "1") == "1",
        hour=int(texts.get("hour", USUAL_HOUR)),
        folder=texts.get("folder", ""),
        second_folder=texts.get("second_folder", ""),
        on_other_disk=texts.get("on_other_disk") == "1",
        keep=Keep(**{name: int(texts.get(name, getattr(Keep, name))) for name in _KEEP_WORDS}),
    )


def first_folder(plan: Plan, settings: Settings) -> Path:
    """Where backups go first; ours is made when it is needed."""
    if plan.folder:
        return Path(plan.folder)
    folder = settings.data / _OWN_FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def change(texts: dict[str, str], *, by: User, settings: Settings) -> Plan:
    """Keep what the form says: ``is_on``, ``hour``, ``folder``, ``second_folder``, ``daily``, ``weekly``, ``monthly``.

    Raises Problem for what cannot be.
    """
    folder = _folder_in(texts.get("folder", ""), "folder", settings)
    second = _folder_in(texts.get("second_folder", ""), "second_folder", settings)
    if second and second == folder:
        message = "Hai thư mục trùng nhau: hãy để trống thư mục thứ hai hoặc chọn nơi khác."
        raise Problem("second_folder", "same_folder", message)
    values = {
        "is_on": "1" if texts.get("is_on") == "1" else "0",
        "hour": str(_number_in(texts.get("hour", ""), "hour", 0, 23, "Giờ sao lưu")),
        "folder": folder,
        "second_folder": second,
        "on_other_disk": "1" if second and _is_elsewhere(second, settings) else "0",
    }
    for name, word in _KEEP_WORDS.items():
        least = 1 if name == "daily" else 0
        given = texts.get(name, "")
        values[name] = str(_number_in(given, name, least, _MOST, f"Số bản giữ theo {word}"))
    with writing():
        _store(values)
        audit.record("backup.changed", by=by, new=_in_words(values))
    return stored()


def propose_key() -> keys.NewKey:
    """A new key. It counts only when somebody has shown to have its paper (``take_key``)."""
    key = keys.new_key()
    with writing():
        _store({"new_recipient": key.recipient, "new_proof": key.proof})
    return key


def take_key(last_letters: str, *, by: User) -> None:
    """The proposed key counts from now on. Raises Problem unless these are the last letters on its paper."""
    texts = stored_settings.without_secrets(_PREFIX)[0]
    recipient = texts.get("new_recipient", "")
    if not recipient:
        message = "Chưa có tờ khóa nào đang chờ. Hãy bấm Tạo khóa và in tờ khóa."
        raise Problem("last_letters", "no_key", message)
    if keys.proof_of(recipient, last_letters) != texts.get("new_proof"):
        message = "Sáu ký tự cuối chưa đúng. Hãy nhìn lại dòng cuối của khóa trên tờ vừa in."
        raise Problem("last_letters", "wrong_letters", message)
    _use_key(recipient, by)


def bring_key(text: str, *, by: User) -> None:
    """A public half that the school has from elsewhere. Raises Problem."""
    _use_key(keys.recipient_in(text), by)


def _use_key(recipient: str, by: User) -> None:
    since = utc_now().isoformat(timespec="seconds")
    with writing():
        _store({"recipient": recipient, "since": since, "new_recipient": "", "new_proof": ""})
        audit.record("backup.key", by=by, new=keys.mark_of(recipient))


def _store(values: dict[str, str]) -> None:
    for name, value in values.items():
        stored_settings.store(_PREFIX + name, value)


def _folder_in(text: str, field: str, settings: Settings) -> str:
    """A folder that is there and not among what is backed up; "" for none. Raises Problem."""
    text = text.strip()
    if not text:
        return ""
    path = Path(text)
    if not path.is_absolute():
        message = "Hãy gõ cả đường dẫn, bắt đầu bằng dấu /, ví dụ /media/usb/saoluu."
        raise Problem(field, "relative", message)
    try:
        copies.check_there(path, away_from=None)
    except (BackupRefused, OSError, ValueError) as refusal:
        message = str(refusal).replace("bấm Sao lưu ngay", "lưu lại")
        if not isinstance(refusal, BackupRefused):
            message = "Đường dẫn này không dùng được. Hãy chọn thư mục khác."
        raise Problem(field, "no_folder", message) from refusal
    path = path.resolve()
    data = settings.data.resolve()
    if path == data / _OWN_FOLDER:
        return str(path)
    if path.is_relative_to(data):
        message = "Thư mục này nằm trong thư mục dữ liệu. Hãy chọn nơi khác, tốt nhất là ổ khác."
        raise Problem(field, "inside_data", message)
    if path.is_relative_to(_PROGRAM):  # what lies in static/ is given to anybody
        message = "Thư mục này nằm trong phần mềm. Hãy chọn nơi khác, tốt nhất là ổ khác."
        raise Problem(field, "inside_program", message)
    return str(path)


def _is_elsewhere(folder: str, settings: Settings) -> bool:
    return copies.on_other_disk(Path(folder), settings.data)


def _number_in(text: str, field: str, least: int, most: int, what: str) -> int:
    text = text.strip()
    # other scripts' digits are no numbers of ours
    if not (text.isascii() and text.isdigit() and least <= int(text[:6]) <= most):
        message = f"{what} phải là một số từ {least} đến {most}."
        raise Problem(field, "no_number", message)
    return int(text)


def _in_words(values: dict[str, str]) -> str:
    """For the history: no path, which may bear somebody's name."""
    if values["is_on"] != "1":
        return "tắt"
    counts = ", ".join(f"{values[name]} {word}" for name, word in _KEEP_WORDS.items())
    second = ", thư mục thứ hai" if values["second_folder"] else ""
    return f"{values['hour']} giờ, giữ {counts}{second}"
