"""What goes over a school's slow line: text goes packed, files of the pages go once.

Packing is gzip in our own lines: Flask-Compress would bring brotli, zstandard and their wheels for what the standard
library does to a class of 100 KB in 2 ms. Answers to a click on another site's page are not packed: packed length
tells an eavesdropper whether a number guessed in the address stands in the page (BREACH).

Files bear the fingerprint of all files in their address, so a browser keeps them for a year and never mixes two
versions. A script comes with the modules it imports (bundling.py).
"""

import gzip
import hashlib
from functools import lru_cache
from pathlib import Path

from flask import Flask, Response, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from werkzeug.wrappers import Response as AnyResponse

from idapp.web.access import open_to_all, same_origin
from idapp.web.bundling import bundles

_TEXT = {"text/html", "text/css", "text/javascript", "application/json", "image/svg+xml"}
_WORTH_IT = 1024
_LEVEL = 4  # level 9 saves another 3 % and takes four times as long


def address_of_files(folder: Path) -> str:
    """Where the static files are served from; read once, when the application starts."""
    print_ = hashlib.sha256()
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        print_.update(file.relative_to(folder).as_posix().encode() + file.read_bytes())
    print_.update("".join(bundles(folder).values()).encode())
    return f"/static/{print_.hexdigest()[:10]}"


def register(app: Flask) -> None:
    """Scripts leave as ``bundling`` puts them together, all other files as they are."""
    scripts = bundles(Path(app.static_folder or ""))

    @open_to_all
    def static(filename: str) -> AnyResponse:
        if filename not in scripts:
            return app.send_static_file(filename)
        answer = Response(scripts[filename], mimetype="text/javascript")
        answer.add_etag()
        return answer.make_conditional(request)

    app.view_functions["static"] = static


class Notes(SecureCookieSessionInterface):
    """The cookie of flashed sentences. Flask-Login touches it with every answer, and a file would then vary with it."""

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if request.endpoint != "static":
            super().save_session(app, session, response)


def keep(response: Response) -> None:
    """Static files may be kept for good, personal pages never."""
    if request.endpoint == "static" and response.status_code < 400:
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        response.headers["Vary"] = "Accept-Encoding"
    else:
        response.headers["Cache-Control"] = "no-store"
        response.headers["Vary"] = "Cookie, HX-Request, Accept-Encoding"


def pack(response: Response) -> None:
    """gzip, if the answer is a longer text and the browser takes it."""
    if response.mimetype not in _TEXT or response.status_code in (204, 206, 304) or not _may_pack():
        return
    response.direct_passthrough = False  # a file is read here, not handed to the server
    text = response.get_data()
    if len(text) < _WORTH_IT or response.headers.get("Content-Encoding"):
        return
    response.set_data(
        _packed_once(text) if request.endpoint == "static" else gzip.compress(text, _LEVEL, mtime=0)
    )
    response.headers["Content-Encoding"] = "gzip"
    if etag := response.get_etag()[0]:
        response.set_etag(etag, weak=True)  # the same file, not the same bytes


@lru_cache(maxsize=64)
def _packed_once(text: bytes) -> bytes:
    """Files are few and stay the same: packed as small as it goes, when first asked for."""
    return gzip.compress(text, 9, mtime=0)


def _may_pack() -> bool:
    told_to_all = request.endpoint == "static"
    return (
        request.method != "HEAD"
        and request.accept_encodings["gzip"] > 0
        and (told_to_all or same_origin())
    )
