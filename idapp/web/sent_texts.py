"""Texts as they come from a browser: no NUL in any of them, and nothing invisible in the name of a file.

PostgreSQL keeps no NUL (U+0000) and refuses a statement with one; SQLite would store what no server takes over. So
U+FFFD, the sign for a letter that cannot be shown, stands in its place before a view reads the text: as in HTML, and
without making another word of a nonsensical one.
"""

from flask import Request
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.utils import cached_property

from idapp.rules.folding import tidy

_NUL, _IN_ITS_PLACE = "\x00", "\ufffd"


class RequestWithPlainTexts(Request):
    """`U+202E` makes "gnp.exe" out of "exe.png": such letters leave a name before anybody reads it."""

    @cached_property
    def args(self) -> MultiDict[str, str]:
        """Werkzeug's, without NUL."""
        return _without_nul(super().args)

    def _load_form_data(self) -> None:
        """Werkzeug's, without NUL, and the names of the files in one form."""
        super()._load_form_data()
        self.__dict__["form"] = _without_nul(self.form)  # where Werkzeug keeps it
        for files in self.files.listvalues():
            for file in files:
                file.filename = tidy(file.filename or "")


def _without_nul(texts: MultiDict[str, str]) -> MultiDict[str, str]:
    """
    >>> _without_nul(ImmutableMultiDict([("note", "a\\x00b"), ("note", "c")]))
    ImmutableMultiDict([('note', 'a\ufffdb'), ('note', 'c')])
    """
    pairs = list(texts.items(multi=True))
    if not any(_NUL in name or _NUL in text for name, text in pairs):
        return texts
    return ImmutableMultiDict((_plain(name), _plain(text)) for name, text in pairs)


def _plain(text: str) -> str:
    return text.replace(_NUL, _IN_ITS_PLACE)
