"""Newer lists of places, loaded into an installation without a release of the program, and the way
back.

Read in this order: ``keeping`` (the sets on the disk, which counts, what each process asks),
``reading`` (a zip, a csv file, a folder), ``following`` (the records take the names of the day),
``loading`` (the deeds).
"""

from idapp.place_sets.following import (
    follow,
    keep_up,
    words_of_changes,
    words_of_figures,
    words_of_set,
)
from idapp.place_sets.keeping import SHIPPED, About, State, about_set, in_use, state, use_today
from idapp.place_sets.loading import Comparison, Loaded, check, earlier_sets, go_back, load
from idapp.place_sets.reading import SetRefused, read, read_path

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
    "follow",
    "go_back",
    "in_use",
    "keep_up",
    "load",
    "read",
    "read_path",
    "state",
    "use_today",
    "words_of_changes",
    "words_of_figures",
    "words_of_set",
]
