"""What happens by itself, done by the worker every few seconds: each part may be done again at any moment.

Cases follow the records, explanations of verified records withdraw, requests to the police end with their records,
photos of papers go away, uploads that nobody came back for go too, as do sheets of first passwords after their hour,
and what a process that was killed left half done; once a day all goes whose time is over (``privacy.retention``), the
day's snapshot of the board is stored, residences take the names of the day, the newest link of the history is kept
outside of the database. Nothing here is urgent and nothing here decides: the verbs live with their subjects.
"""

from __future__ import annotations

import time

from idapp import (
    card_photos,
    data_folder,
    first_passwords,
    history_heads,
    imports,
    notices,
    place_sets,
    progress,
)
from idapp.database import connected
from idapp.models import Batch
from idapp.notices import explanations, papers, register_errors
from idapp.privacy import retention
from idapp.school import is_set_up
from idapp.settings import current

_TIDY_EVERY = 300  # seconds
_tidied_at = float("-inf")


def run() -> None:
    """One round."""
    global _tidied_at
    with connected():
        if not is_set_up():
            return
        place_sets.sync_if_changed()
        explanations.withdraw_needless()  # also after a result file, which no worker handles
        register_errors.follow_records()
        notices.sync_if_changed()
        progress.keep_today(current().today())
        if time.monotonic() - _tidied_at > _TIDY_EVERY:
            _tidied_at = time.monotonic()
            card_photos.forget_old(current())
            papers.erase_done(current())
            imports.forget_old()
            first_passwords.forget_old()
            retention.purge_daily(current())
            place_sets.forget_unfinished()
            data_folder.clear_leftovers(current())
            # An undo may have brought back the name of another day.
            place_sets.sync_records(by=None)
            history_heads.keep(current())


def after_batch(batch_id: int) -> None:
    """The answers of a batch are in: cases open, come back and close, and the board is kept as it stands now."""
    with connected():
        if Batch.get_by_id(batch_id).open:
            return
        explanations.withdraw_needless()
        register_errors.follow_records()
        notices.sync_cases()
        papers.erase_done(current())
        progress.keep_after(f"batch {batch_id}", current().today())
