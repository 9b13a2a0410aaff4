"""Why a worker ended before its time: kept as a file beside the data, for pages, `/healthz` and the doctor.

Written by the worker itself where it can, else by the process that started it; gone as soon as a worker has lived for
a minute. No word about a person is in it.
"""

import json
import os
import signal
from contextlib import suppress
from dataclasses import asdict, dataclass

from idapp import faults
from idapp.settings import Settings, SettingsError

FILE = "worker_ends.json"
A_LIFE = 60.0  # seconds after which a worker counts as healthy
_AGAIN_AND_AGAIN = 2  # ends in a row


@dataclass(frozen=True)
class Ends:
    """Ends in a row, none after a minute of life.

    cause    "killed", "settings", "disk_full", "fault", or "" where nobody knows
    detail   a sentence for ``settings``, the kind of the fault for ``fault``, the signal for ``killed``
    process  number of the process that ended last
    """

    count: int = 0
    cause: str = ""
    detail: str = ""
    process: int = 0

    @property
    def is_hopeless(self) -> bool:
        """It dies again and again: a heartbeat of the last one means nothing."""
        return self.count >= _AGAIN_AND_AGAIN

    @property
    def words(self) -> str:
        """Why, for whoever looks after the machine; "" where nobody knows.

        >>> Ends(2, "killed", "SIGKILL").words
        'bị hệ điều hành dừng đột ngột (SIGKILL), thường do máy thiếu bộ nhớ'
        """
        match self.cause:
            case "killed":
                return f"bị hệ điều hành dừng đột ngột ({self.detail}), thường do máy thiếu bộ nhớ"
            case "disk_full":
                return "đĩa của máy chủ đã đầy"
            case "settings":
                return f"cài đặt chưa đúng: {self.detail}"
            case "fault":
                return f"lỗi {self.detail}, xem nhật ký trong cửa sổ chạy ứng dụng"
        return ""


def ends_of(settings: Settings) -> Ends:
    """What is known now; nothing where no worker has ended, or the file cannot be read."""
    try:
        return Ends(**json.loads((settings.data / FILE).read_text()))
    except (OSError, ValueError, TypeError):
        return Ends()


def note_fault(settings: Settings, error: Exception) -> None:
    """By the worker, as its last deed."""
    if isinstance(error, SettingsError):
        _note(settings, "settings", str(error), os.getpid())
    elif faults.is_disk_full(error):
        _note(settings, "disk_full", "", os.getpid())
    else:
        _note(settings, "fault", type(error).__name__, os.getpid())


def note_end(settings: Settings, process: int, code: int) -> None:
    """By whoever started it: ``code`` as of ``Popen.returncode``. What the worker has noted itself stays."""
    if ends_of(settings).process == process:
        return
    if code < 0:
        _note(settings, "killed", _name_of(-code), process)
    else:
        _note(settings, "", "", process)


def forget(settings: Settings) -> None:
    """A worker lives, or the whole program starts afresh."""
    with suppress(OSError):
        (settings.data / FILE).unlink()


def _note(settings: Settings, cause: str, detail: str, process: int) -> None:
    ends = Ends(ends_of(settings).count + 1, cause, detail, process)
    path = settings.data / FILE
    part = path.with_suffix(f".{os.getpid()}")
    with suppress(OSError):  # the disk may be full: then `/healthz` says that much by itself
        part.write_text(json.dumps(asdict(ends), ensure_ascii=False))
        part.replace(path)


def _name_of(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)
