"""The newest link of the history, kept outside of the database: who cuts rows off the end, or writes the whole chain
anew, would have to change this too.

It stands in a file of the data folder, once a day in the log, and in every backup.
"""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime

from idapp import history_chain
from idapp.data_folder import write_durably
from idapp.history_chain import Head
from idapp.settings import Settings

log = logging.getLogger(__name__)
FILE = "history_head"


def keep(settings: Settings) -> None:
    """Write the head down as it stands. One that the history no longer holds is left for the doctor to find."""
    written = kept_head(settings)
    if written is not None and not history_chain.is_whole_since(written):
        log.error("the history does not hold row %d any more as it was: run the doctor", written.id)
        return
    head = history_chain.head()
    if head != written:
        _write(head, settings)


def _write(head: Head, settings: Settings) -> None:
    path = settings.data / FILE
    today = datetime.now(UTC).date()
    if not path.exists() or datetime.fromtimestamp(path.stat().st_mtime, UTC).date() != today:
        log.info("history: row %d, head %s", head.id, head.link)
    write_durably(path, as_text(head).encode())


def kept_head(settings: Settings) -> Head | None:
    """What was written down last; None if nothing was, or a power cut left half of it."""
    try:
        return from_text((settings.data / FILE).read_text(errors="replace"))
    except FileNotFoundError:
        return None


def as_text(head: Head) -> str:
    """A head in one line."""
    return f"{head.id} {head.link}"


def from_text(text: str) -> Head | None:
    """A head as ``as_text`` wrote it; None for anything else.

    >>> from_text("17 " + "ab" * 32).id, from_text("17 ab")
    (17, None)
    """
    parts = re.fullmatch(r"([0-9]{1,18}) ([0-9a-f]{64})", text.strip())
    return parts and Head(int(parts[1]), parts[2])
