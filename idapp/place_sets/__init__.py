"""Newer lists of places, loaded into an installation without a release of the program, and the way
back.

Read in this order: ``keeping`` (the sets on the disk, which counts, what each process asks),
``reading`` (a zip, a csv file, a folder), ``syncing`` (the records take the names of the day),
``loading`` (loading a set, and the way back).
"""

from idapp.place_sets.keeping import (
    SHIPPED,
    About,
    State,
    about_set,
    forget_unfinished,
    in_use,
    state,
    use_today,
)
from idapp.place_sets.loading import Comparison, Loaded, check, earlier_sets, go_back, load
from idapp.place_sets.reading import SetRefused, read, read_path
from idapp.place_sets.syncing import (
    sync_if_changed,
    sync_records,
    words_of_changes,
    words_of_figures,
    words_of_set,
)

__all__ = [
    "SHIPPED",
    "About",
    "Comparison",
    "Loaded",
    "SetRefused",
    "State",
    "about_set",
    "check",
    "earlier_sets",
    "forget_unfinished",
    "go_back",
    "in_use",
    "load",
    "read",
    "read_path",
    "state",
    "sync_if_changed",
    "sync_records",
    "use_today",
    "words_of_changes",
    "words_of_figures",
    "words_of_set",
]
