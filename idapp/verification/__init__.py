"""Batches: the school's people asked about, one by one, in the population database.

The rows decide everything; Redis only wakes the worker. A batch is prepared or started (``batch_actions``) over a
scope and a choice of records (``scopes``, seen before in ``preflight``); ``runs.run`` may be called again at any moment
by any worker: resume, retry and recovery after a crash are one path. ``call_pool`` holds the threads that ask,
``circuit_breaker`` decides what answers mean, ``recording`` writes them down. In the file way a workbook goes out and
result files come back (``files``). ``transitions`` says which state may follow which. ``counting`` counts rows while a
batch runs and afterwards, ``minutes`` writes the minutes.

Finished (every record has an answer) is not passed (every record is verified): pages say both.
"""

from idapp.verification.batch_actions import (
    end,
    open_cases,
    pause,
    prepare,
    resume,
    retry,
    skip_rest,
    start,
    stop,
    without_case,
)
from idapp.verification.counting import (
    DIFFERENCE_WORDS,
    ITEM_ENDS,
    ITEM_WORDS,
    STATE_WORDS,
    Tally,
    UnderWay,
    answers_about,
    by_class,
    by_reason,
    difference,
    items_in,
    reason_words,
    tallies,
    tally,
    under_way,
)
from idapp.verification.preflight import Preflight, open_batch, preflight
from idapp.verification.scopes import EXCLUDED_WORDS, WHICH_WORDS, people_in, scope_words, scopes

__all__ = [
    "DIFFERENCE_WORDS",
    "EXCLUDED_WORDS",
    "ITEM_ENDS",
    "ITEM_WORDS",
    "STATE_WORDS",
    "WHICH_WORDS",
    "Preflight",
    "Tally",
    "UnderWay",
    "answers_about",
    "by_class",
    "by_reason",
    "difference",
    "end",
    "items_in",
    "open_batch",
    "open_cases",
    "pause",
    "people_in",
    "preflight",
    "prepare",
    "reason_words",
    "resume",
    "retry",
    "scope_words",
    "scopes",
    "skip_rest",
    "start",
    "stop",
    "tallies",
    "tally",
    "under_way",
    "without_case",
]
