"""The guides of the program, ``docs/huong-dan``: for every page one, for every role its own first."""

from idapp.web.help.contents import guide_of
from idapp.web.help.views import bp, keys_of_table

__all__ = ["bp", "guide_of", "keys_of_table"]
