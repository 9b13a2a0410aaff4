"""Files of the pages go over the line once; personal pages are kept nowhere.

Files bear the fingerprint of all files in their address, so a browser keeps them for a year and never mixes two
versions. A script comes with the modules it imports (bundling.py).
"""

import hashlib
import re
from functools import cached_property
from pathlib import Path

from flask import Flask, Request, Response, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from idapp.web import bundling, short_names
from idapp.web.access import open_to_all

# What makes of the files what goes over the line: another address where it would make something else.
_MADE_BY = (__file__, bundling.__file__, short_names.__file__)


def address_of_files(folder: Path) -> str:
    """Where the static files are served from; read once, when the application starts."""
    fingerprint = hashlib.sha256()
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        fingerprint.update(file.relative_to(folder).as_posix().encode() + file.read_bytes())
    for program in _MADE_BY:
        fingerprint.update(Path(program).read_bytes())
    return f"/static/{fingerprint.hexdigest()[:10]}"


class _Texts:
    """The scripts and sheets as they go over the line: read at the start, put together when the first is asked for.

    A command at the terminal, and the worker, serve none, and spare a third of a second.
    """

    def __init__(self, folder: Path) -> None:
        self._scripts = bundling.sources_in(folder)
        self._sheets = {
            sheet.name: sheet.read_text("utf-8") for sheet in sorted(folder.glob("*.css"))
        }
        self._names = self._sheets.keys() | dict(self._scripts).keys()

    def __contains__(self, name: str) -> bool:
        return name in self._names

    @cached_property
    def by_name(self) -> dict[str, str]:
        """{name of a script or sheet: its text as it goes over the line}. Raises BundleError."""
        bare = {name: without_comments(sheet) for name, sheet in self._sheets.items()}
        return {**bundling.bundles(self._scripts), **bare}


def register(app: Flask) -> None:
    """Scripts leave as ``bundling`` puts them together, sheets without comments, all other files as they are."""
    folder = Path(app.static_folder or "")
    texts = _Texts(folder)
    # drawn in the page: a request for it would cost more than its 465 bytes
    mark = (folder / "mark.svg").read_text("utf-8").replace("<svg ", '<svg aria-hidden="true" ', 1)
    app.jinja_env.globals["mark"] = Markup(mark)  # noqa: S704 - a file of ours

    @open_to_all
    def static(filename: str) -> AnyResponse:
        """A file of ours, a script with all that it imports."""
        if filename not in texts:
            return app.send_static_file(filename)
        kind = "text/css" if filename.endswith(".css") else "text/javascript"
        answer = Response(texts.by_name[filename], mimetype=kind)
        answer.add_etag()
        return answer.make_conditional(request)

    app.view_functions["static"] = static


def without_comments(sheet: str) -> str:
    """A style sheet as it goes over the line: no comment, no indentation, no end of a line that means nothing.

    >>> without_comments("a {\\n  /* why */\\n  color: red;\\n  margin: 0\\n    1px;\\n}\\nb,\\ni { top: 0; }\\n")
    'a {color: red;margin: 0 1px;}b,i { top: 0; }'
    """
    bare = re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)
    lines = [line.strip() for line in bare.splitlines()]
    return re.sub(r"(?<=[{};,])\n", "", "\n".join(filter(None, lines))).replace("\n", " ").strip()


class FlashCookie(SecureCookieSessionInterface):
    """The cookie of flashed sentences. Flask-Login touches it with every answer, and a file would then vary with it."""

    digest_method = staticmethod(hashlib.sha256)  # Flask's own choice is SHA-1

    def get_cookie_path(self, app: Flask) -> str:
        """As the other cookies' path (``cookies.cookie_path``)."""
        if app.config["SESSION_COOKIE_SECURE"]:
            return "/"
        return request.script_root or "/"

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Without a cookie there is nothing to check a signature of."""
        if self.get_cookie_name(app) not in request.cookies:
            return SecureCookieSession()
        return super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Set the cookie, but never with a file. Nothing was flashed, nothing is: there is no cookie to set."""
        is_untouched = not session and not session.modified
        if request.endpoint != "static" and not is_untouched:
            super().save_session(app, session, response)


def set_cache_headers(response: Response) -> None:
    """Static files may be kept for good, personal pages never."""
    if request.endpoint == "static" and response.status_code < 400:
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        response.headers["Vary"] = "Accept-Encoding"
    else:
        response.headers["Cache-Control"] = "no-store"
        response.headers["Vary"] = "Cookie, HX-Request, Accept-Encoding"
