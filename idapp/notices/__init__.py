"""Step 3: the family's paper, the police's *giấy thông báo số định danh cá nhân* (Mẫu 01, TT 59/2021/TT-BCA).

cases         who needs it and how far the school has come with each family
listing       the list the school works through, who is at rest, what is due
evidence      what a family may show, in which order and words
papers        photos of the papers: private, encrypted, erased
handouts      papers for families, class by class, and whom they may ask
slips         what the family is told, on paper and by Zalo
check_sheets  what the school has, for every family to check
register_errors  the papers agree and the population database is wrong: the police are asked to correct it
police_letters   the letter to the police of each commune
explanations  why a record cannot be verified now: the accountable rest of 100 %
visits        the day the police come to the school
"""

from idapp.notices.cases import (
    BY_HAND,
    NEXT_ACTIONS,
    REASON_WORDS,
    STATE_WORDS,
    asks_the_family,
    cases_of,
    close,
    compared,
    needs_paper,
    needs_paper_of_active,
    open_by_hand,
    open_case,
    open_cases,
    reason_of,
    set_progress,
    set_progress_of_many,
    sync_cases,
    sync_if_changed,
)
from idapp.notices.listing import listed

__all__ = [
    "BY_HAND",
    "NEXT_ACTIONS",
    "REASON_WORDS",
    "STATE_WORDS",
    "asks_the_family",
    "cases_of",
    "close",
    "compared",
    "listed",
    "needs_paper",
    "needs_paper_of_active",
    "open_by_hand",
    "open_case",
    "open_cases",
    "reason_of",
    "set_progress",
    "set_progress_of_many",
    "sync_cases",
    "sync_if_changed",
]
