"""Names of uploaded files as people see them: nothing invisible, nothing that turns the letters behind it around."""

from flask import Request

from idapp.rules.folding import tidy


class RequestWithPlainNames(Request):
    """`U+202E` makes "gnp.exe" out of "exe.png": such letters leave a name before anybody reads it."""

    def _load_form_data(self) -> None:
        """Werkzeug's, and the names of the files in one form."""
        super()._load_form_data()
        for files in self.files.listvalues():
            for file in files:
                file.filename = tidy(file.filename or "")
