"""What may be written into a log about a fault: where it happened and of which kind, never its message.

Messages of exceptions can hold people's data (``invalid literal for int(): '1002...'``), and logs outlive records.
"""

import errno
import logging
import traceback


def log_to_standard_error() -> None:
    """How a line of every process reads: `2026-11-30T16:32:07+0700 WARNING idapp.jobs queue is away`.

    The time bears its distance from UTC: whoever lays the logs of two machines side by side must not guess.
    """
    line = "%(asctime)s %(levelname)s %(name)s %(message)s"
    logging.basicConfig(level=logging.INFO, format=line, datefmt="%Y-%m-%dT%H:%M:%S%z")


def redacted_traceback(error: BaseException) -> str:
    """The kind of the fault and the lines of code it came through."""
    kind = type(error).__name__
    if is_disk_full(error):
        kind = f"disk full ({kind})"
    return f"{kind}\n{''.join(traceback.format_tb(error.__traceback__))}"


def is_disk_full(error: BaseException | None) -> bool:
    """Also where the fault came of another one.

    >>> is_disk_full(OSError(errno.ENOSPC, "x")), is_disk_full(Exception("database or disk is full"))
    (True, True)
    """
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        if "disk is full" in str(error):  # SQLite's words
            return True
        error = error.__cause__ or error.__context__
    return False
