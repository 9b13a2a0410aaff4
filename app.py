"""idapp: wiring only. `python app.py` brings the whole thing up on one machine; `flask --app app` has the commands."""

import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import waitress
from flask import Flask

from idapp import (
    backup,
    commands,
    data_folder,
    demo,
    faults,
    place_sets,
    processes,
    redis_line,
    school,
    site_address,
    start_message,
    watchdog,
)
from idapp.database import connected, migrate, open_database
from idapp.lan_listeners import LanListeners
from idapp.settings import Settings, SettingsError, current, from_environment, use
from idapp.web import pages, static_files
from idapp.web.proxies import BehindProxies
from idapp.workbook import MAX_FILE_BYTES

log = logging.getLogger("idapp")

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class _Application(Flask):
    """Flask, of which no view and no function around them is a coroutine."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """As it is: Flask would look at each of twenty functions in each request."""
        return func


def create_app(settings: Settings | None = None) -> Flask:
    """The web application of one installation.

    With ``settings`` it is opened at once. Without (`flask --app app`, a WSGI server) its first request opens it,
    or by the command that needs the data: `--help`, or a command that is refused, leaves no trace in the data folder.
    """
    folder = Path(__file__).parent / "static"
    app = _Application(__name__, static_url_path=static_files.address_of_files(folder))
    pages.register(app)
    commands.register(app)
    app.wsgi_app = BehindProxies(app.wsgi_app)  # type: ignore[method-assign]
    if settings is not None:
        _open(app, use(settings))
    else:
        _open_at_first_request(app)
    return app


def _open(app: Flask, settings: Settings) -> None:
    """Point the application at the data of these settings; the schema is brought up to date on the way."""
    app.config.update(
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=MAX_FILE_BYTES + 64 * 1024,
        MAX_FORM_PARTS=2000,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        # flashed sentences only; who is signed in is a row (idapp/accounts.py)
        SESSION_COOKIE_NAME="__Host-idapp-note" if settings.https else "idapp-note",
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.https,
    )
    open_database(settings)
    place_sets.use_today()
    with connected():
        migrate()


def _open_at_first_request(app: Flask) -> None:
    """Before Flask looks at the request: which host names it accepts is a setting too."""
    serve = app.wsgi_app
    one_at_a_time = threading.Lock()

    def opened(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """What the server calls in place of the application."""
        with one_at_a_time:
            if app.wsgi_app is opened:
                redis_line.check(current())
                _open(app, current())
                with connected():
                    site_address.check_names(current())
                app.wsgi_app = serve  # type: ignore[method-assign]
        return serve(environ, start_response)

    app.wsgi_app = opened  # type: ignore[method-assign]


def main() -> int:
    """Redis, simulator, worker and web server until Ctrl-C or SIGTERM; then all of them end."""
    processes.share_arenas()
    faults.log_to_standard_error()
    settings = from_environment()
    lock = data_folder.lock(settings)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    supervisor = processes.Supervisor()
    processes.may_start_anew()
    try:
        settings = _bring_up(settings, supervisor)
        data_folder.describe(lock, settings)
        app = create_app(settings)
        threading.Thread(target=supervisor.supervise, daemon=True).start()
        server, listeners = _listen(app, settings)
        threading.Thread(target=listeners.keep, args=(supervisor.stopping,), daemon=True).start()
        with connected():
            print(start_message.text(settings), flush=True)
        watchdog.start(settings, supervisor.stopping)
        server.run()
    except KeyboardInterrupt:
        pass
    finally:
        supervisor.stop()
        lock.close()
    if processes.wants_to_start_anew():
        # the same process number: systemd, make and a terminal see nothing but a pause
        os.execv(sys.executable, [sys.executable, *sys.argv])  # noqa: S606 - ourselves
    return 0


def _listen(app: Flask, settings: Settings) -> tuple[waitress.server.BaseWSGIServer, LanListeners]:
    """The web server, not yet serving, and its doors to the network. Raises SettingsError if the port is taken."""
    # else a line for every request that waits its turn
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    sockets: dict[int, Any] = {}
    options = {
        "host": settings.host,
        "port": settings.port,
        # 44 teachers who save as fast as they can get no more done with 6 threads, nor with a
        # shorter switch interval: what counts is the processor time of a save. Each thread holds
        # 2 MB for good: its pages and statements of SQLite
        "threads": 10,
        # no header that names the server
        "ident": None,
        # waitress answers in English; below this our page says it
        "max_request_body_size": 20 * MAX_FILE_BYTES,
        "channel_timeout": 60,
        # which proxies are believed is ours to judge (idapp/web/proxies.py): waitress would drop what they say
        "clear_untrusted_proxy_headers": False,
        # waitress stops listening at 100, which one machine with half-open requests reaches
        "connection_limit": 800,
        # select() knows numbers below 1024 only
        "asyncore_use_poll": True,
    }
    try:
        server = waitress.create_server(app, map=sockets, **options)
    except OSError as error:
        where = f"{settings.host}:{settings.port}"
        raise SettingsError(
            f"Không mở được {where} ({error.strerror}). Cổng có thể đang được chương trình khác "
            "dùng: hãy đặt PORT sang số khác."
        ) from None
    return server, LanListeners(app, server, sockets, options, settings)


def prepare_data(settings: Settings) -> None:
    """Whatever the last run left in the data folder, it is in order and up to date afterwards. Whoever calls it holds
    the lock of the folder."""
    use(settings)
    for path in data_folder.tighten(settings):
        log.warning("%s could be opened by others on this machine; not any more", path)
    if backup.finish_restoring(settings):
        log.info("a backup is in its place")
    open_database(settings)
    place_sets.use_today()
    with connected():
        migrate()
        school.check_mode(settings)
        site_address.check_names(settings)
        if settings.demo and not school.is_set_up():
            demo.seed(settings)
        if settings.demo:
            demo.check_places(settings)


def _bring_up(settings: Settings, supervisor: processes.Supervisor) -> Settings:
    """The neighbours, in the order in which they need each other."""
    use(settings)
    redis_line.check(settings)
    prepare_data(settings)
    if settings.demo:
        with connected():
            print(demo.accounts_text(demo.places_of(settings)), flush=True)
    if settings.demo and "REGISTRY" not in settings.registry:
        port = processes.start_simulator(settings, supervisor)
        os.environ.update(demo.registry_environment(settings, port))
        settings = from_environment()
    processes.start_redis(settings, supervisor)
    if settings.own_worker:
        processes.start_worker(supervisor, os.environ, settings)
    return settings


if __name__ == "__main__":
    try:
        sys.exit(main())
    except SettingsError as refusal:
        print(f"idapp: {refusal}", file=sys.stderr)
        sys.exit(1)
