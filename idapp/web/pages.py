"""All subjects that have pages, and what every answer has in common."""

import logging
import shutil
from typing import Any

from flask import Flask, Response, current_app, g, jsonify, make_response, request
from flask_login import LoginManager
from peewee import PeeweeException
from werkzeug.wrappers import Response as AnyResponse

from idapp import accounts as users
from idapp import database, jobs, site_address
from idapp import place_sets as lists_of_places
from idapp import school as the_school
from idapp.audit import remote_address
from idapp.backup.standing import standing
from idapp.database import db
from idapp.models import User
from idapp.settings import Settings, current
from idapp.web import (
    accounts,
    addresses,
    audit,
    backups,
    card_photos,
    cells,
    compression,
    doubles,
    drawn_for,
    errors,
    exports,
    guessing,
    imports,
    metrics,
    ministry_entry,
    notices,
    own_account,
    people,
    place_sets,
    places,
    privacy,
    progress,
    refusals,
    registry,
    school,
    school_years,
    second_step,
    setup,
    site,
    site_gate,
    static_files,
    template_filters,
    verification,
)
from idapp.web.access import is_polled, open_to_all, same_origin
from idapp.web.help import bp as help_bp
from idapp.web.sent_texts import RequestWithPlainTexts
from idapp.web.setup import gate

log = logging.getLogger(__name__)
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_SUBJECTS = (
    accounts.bp,
    own_account.bp,
    second_step.bp,
    people.bp,
    card_photos.bp,
    doubles.bp,
    imports.bp,
    exports.bp,
    ministry_entry.bp,
    verification.bp,
    notices.bp,
    progress.bp,
    school.bp,
    audit.bp,
    registry.bp,
    places.bp,
    school_years.bp,
    place_sets.bp,
    setup.bp,
    help_bp,
    site.bp,
    backups.bp,
    privacy.bp,
)
_SAFE = ("GET", "HEAD", "OPTIONS")
_LITTLE_DISK = 100_000_000  # bytes
_FULL_DISK = 4_000_000  # less than a save with its journal may need


def register(app: Flask) -> None:
    """Everything the pages need, in the order in which a request meets it."""
    app.session_interface = static_files.FlashCookie()
    static_files.register(app)
    app.request_class = RequestWithPlainTexts
    _count_in_setup_alone(app)
    _login(app)
    # The database first: in which mode it is, and whose session this is, are rows.
    app.before_request(_open_database)
    app.before_request(site_gate.refuse_stranger)
    app.before_request(_refuse_wrong_mode)
    app.before_request(_refuse_foreign)
    app.before_request(_limit_text)
    app.before_request(gate.lead_to_setup)
    app.after_request(_headers)
    refusals.register(app)
    app.teardown_request(_rest_database)
    for blueprint in _SUBJECTS:
        app.register_blueprint(blueprint)
    app.add_url_rule("/healthz", "health", open_to_all(health))
    metrics.register(app)
    errors.register(app)
    addresses.register(app)
    template_filters.register(app)
    drawn_for.register(app)
    cells.register(app)


def _count_in_setup_alone(app: Flask) -> None:
    """Flask-Limiter looks at every request, and only the set-up bears a limit of its own; others ask ``guessing``."""
    guessing.limiter.init_app(app)
    every, ours = None, setup.bp.name
    app.before_request_funcs[ours] = app.before_request_funcs.pop(every)
    app.after_request_funcs[ours] = app.after_request_funcs.pop(every)
    app.teardown_request_funcs[ours] = app.teardown_request_funcs.pop(every)


class _LoginByOwnSessions(LoginManager):  # type: ignore[misc]
    """Our sessions are rows, found by our own cookie."""

    def _session_protection_failed(self) -> bool:
        """Flask-Login would hash browser and address of each request before it sees that nothing asks for it."""
        return False


def _login(app: Flask) -> None:
    manager = _LoginByOwnSessions(app)
    manager.session_protection = None

    @manager.request_loader  # type: ignore[untyped-decorator]
    def user_of_request(_: Any) -> User | None:
        """Whose session the cookie is; None without one, or when it is over."""
        token = request.cookies.get(accounts.cookie_name(), "")
        # What the table asks for by itself does not keep the session alive.
        session = users.session_of(token, in_use=not is_polled())
        if session is None:
            return None
        g.session_of_browser = session
        return session.user


def _open_database() -> None:
    lists_of_places.use_today()  # midnight, or another process, may have brought other names
    db.connect(reuse_if_open=True)
    remote_address.set(request.remote_addr or "")
    site_address.served_below.set(request.script_root)


def _rest_database(failure: BaseException | None) -> None:
    site_address.served_below.set(None)
    database.release(broken=failure is not None)


def _refuse_wrong_mode() -> AnyResponse | None:
    """A school with invented people opens in demo mode only, a real one never.

    The start looks too, but not every way to a page leads through it (`flask run`), and `flask demo` may fill an
    empty folder that is being served already.
    """
    if request.endpoint in ("static", "health"):
        return None
    here = the_school.what_is_here()
    g.school_is_set_up = here.is_set_up  # ``access.school_is_set_up`` is asked next
    if the_school.wrong_mode(current(), here):
        return errors.error_answer(503)
    return None


def _refuse_foreign() -> AnyResponse | None:
    """A request that changes something must come from our own page (OWASP: verify origin with standard headers)."""
    if request.method in _SAFE or same_origin():
        return None
    log.warning("refused a %s from another site", request.method)
    sentence = "Yêu cầu này đến từ một trang khác nên đã bị từ chối. Hãy mở lại trang và làm lại."
    return errors.error_answer(403, sentence)


def _limit_text() -> None:
    """Only files are large. Werkzeug holds MAX_FORM_MEMORY_SIZE for multipart forms alone, not for plain ones."""
    if request.mimetype != "multipart/form-data":
        request.max_content_length = current_app.config["MAX_FORM_MEMORY_SIZE"]


def _headers(response: Response) -> Response:
    """Every answer, errors and files included."""
    headers = response.headers
    headers["Content-Security-Policy"] = _POLICY
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    # The camera for photos of papers and the code on a card; nothing else of the machine.
    headers["Permissions-Policy"] = "camera=(self), geolocation=(), microphone=()"
    if current().https:
        headers["Strict-Transport-Security"] = _hsts(current())
    static_files.set_cache_headers(response)
    compression.compress(response)
    return response


def _hsts(settings: Settings) -> str:
    """A year of https alone; for the names below too, unless an operator has others there that speak http."""
    if settings.hsts_subdomains:
        return "max-age=31536000; includeSubDomains"
    return "max-age=31536000"


def health() -> AnyResponse:
    """For the supervisor and for monitoring; says nothing about people.

    database  ok, or down: then 503
    queue     ok, or down: Redis does not answer
    worker    ok, or down; then worker_cause, if known: settings, killed, disk_full, fault
    disk      ok, low (below 100 MB) or full
    backup    ok, late (two days), failed, partly (none on the second disk) or off
    """
    parts = {"database": "ok"}
    try:
        db.execute_sql("SELECT 1")
    except PeeweeException:
        parts["database"] = "down"
    parts |= jobs.health(current())
    parts["disk"] = _disk(current())
    if parts["database"] == "ok":
        parts["backup"] = standing().state
    # Only the database decides: without Redis or a worker everything but a batch goes on.
    code = 200
    if parts["database"] != "ok":
        code = 503
    return make_response(jsonify(parts), code)


def _disk(settings: Settings) -> str:
    free = _free_bytes(settings)
    if free < _FULL_DISK:
        return "full"
    return "ok" if free >= _LITTLE_DISK else "low"


def _free_bytes(settings: Settings) -> int:
    return shutil.disk_usage(settings.data).free
