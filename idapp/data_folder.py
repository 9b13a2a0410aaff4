"""One tree of processes works on a data folder, or one restoring of a backup; a lock keeps a second one away."""

import fcntl
from typing import IO

from idapp.settings import Settings, SettingsError

LOCK = "app.lock"


class AlreadyRunning(SettingsError):
    """Another tree works on this data folder."""


def lock(settings: Settings) -> IO[str]:
    """Hold the data folder for this process; keep the returned file open. Raises AlreadyRunning."""
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    # to append: opening must not empty a file that somebody holds
    file = (settings.data / LOCK).open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise AlreadyRunning(
            f"idapp is already running on {settings.data}. Stop it first, or set IDAPP_DATA to "
            "another folder."
        ) from None
    return file
