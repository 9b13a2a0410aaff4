"""A photo of a card fills a row: one photo for a person, or a stack for a class.

::

    add -> waiting -> (worker: reading) -> read    -> paired with a pupil, shown, confirmed: one step -> erased
                                        -> refused -> told in a sentence, put away

A stack is what one user has sent for one class and not confirmed yet; nobody else sees it. Nothing is written before
somebody compared old and new beside the picture. What nobody came back for goes after a day.
"""

from idapp.card_photos.confirming import Outcome, confirm
from idapp.card_photos.keeping import (
    KEPT,
    MOST_PHOTOS,
    StackFull,
    add,
    choose,
    drop,
    forget_old,
    of_person,
    photo_of,
    picture,
    stack_of,
)
from idapp.card_photos.pairing import Pair, pair_for, pairs_of
from idapp.card_photos.reading import go_on, is_overdue, read_one

__all__ = [
    "KEPT",
    "MOST_PHOTOS",
    "Outcome",
    "Pair",
    "StackFull",
    "add",
    "choose",
    "confirm",
    "drop",
    "forget_old",
    "go_on",
    "is_overdue",
    "of_person",
    "pair_for",
    "pairs_of",
    "photo_of",
    "picture",
    "read_one",
    "stack_of",
]
