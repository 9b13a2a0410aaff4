"""What the doctor looks at on the machine: the database as a file, the neighbours, the settings, the folder."""

import os
import shutil
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from peewee import SqliteDatabase

from idapp import jobs, place_sets, redis_line, school, site_address, worker_ends
from idapp.backup.standing import standing
from idapp.database import MOST_CONNECTIONS, db, journal_mode, linked_sqlite
from idapp.doctor.finding import Finding, Level, verdict
from idapp.models import Person, User
from idapp.registry import missing_settings, way
from idapp.settings import LOOPBACK, Settings, SettingsError

_LITTLE_DISK = 1_000_000_000  # bytes
_NO_DISK = 100_000_000
_OLDEST_BACKUP_DAYS = 7


def _database(settings: Settings) -> Iterator[Finding]:
    if not isinstance(db.obj, SqliteDatabase):
        yield from _server()
        return
    yield _journal()
    yield verdict(
        "integrity",
        _pragma("integrity_check") == "ok",
        "Tệp cơ sở dữ liệu nguyên vẹn.",
        "Tệp cơ sở dữ liệu bị hỏng: hãy khôi phục từ bản sao lưu.",
    )
    orphans = len(db.execute_sql("PRAGMA foreign_key_check").fetchall())
    yield verdict(
        "foreign keys",
        not orphans,
        "Mọi liên kết giữa các bảng đều đúng.",
        f"{orphans} dòng trỏ tới dòng không còn.",
    )
    yield verdict(
        "pragmas",
        # 2 is FULL
        _pragma("foreign_keys") == 1 and _pragma("synchronous") == 2,
        "Khóa ngoại bật, ghi xuống đĩa rồi mới báo đã lưu.",
        "Khóa ngoại hoặc synchronous=FULL đang tắt.",
    )


def _server() -> Iterator[Finding]:
    version, encoding = _shown("server_version"), _shown("server_encoding")
    yield verdict(
        "database",
        encoding == "UTF8",
        f"PostgreSQL {version}, bảng mã {encoding}.",
        f"PostgreSQL {version} dùng bảng mã {encoding}: hãy chuyển sang cơ sở dữ liệu UTF8.",
    )
    yield verdict(
        "durability",
        _shown("fsync") == "on" and _shown("synchronous_commit") != "off",
        "Máy chủ ghi xuống đĩa rồi mới báo đã lưu.",
        "Máy chủ PostgreSQL báo đã lưu trước khi ghi xuống đĩa: hãy bật fsync, synchronous_commit.",
    )
    left = _connections_left()
    yield verdict(
        "connections",
        left >= MOST_CONNECTIONS,
        f"Máy chủ còn nhận thêm {left} kết nối.",
        f"Máy chủ PostgreSQL chỉ còn nhận {left} kết nối, mỗi tiến trình web.py cần đến "
        f"{MOST_CONNECTIONS}: hãy tăng max_connections.",
        "warning",
    )
    unchecked = "SELECT COUNT(*) FROM pg_constraint WHERE contype = 'f' AND NOT convalidated"
    (keys,) = db.execute_sql(unchecked).fetchone()
    yield verdict(
        "foreign keys",
        not keys,
        "Mọi liên kết giữa các bảng đều đúng.",
        f"{keys} liên kết giữa các bảng chưa được máy chủ kiểm tra.",
    )


def _connections_left() -> int:
    """How many more the server would give to whoever is no administrator."""
    (used,) = db.execute_sql(
        "SELECT COUNT(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
    ).fetchone()
    allowed = int(_shown("max_connections")) - int(_shown("superuser_reserved_connections"))
    return allowed - int(used)


def _shown(name: str) -> str:
    """A setting of the server, as this connection has it."""
    return str(db.execute_sql(f"SHOW {name}").fetchone()[0])


def _pragma(name: str) -> object:
    """The first value of its answer: of an integrity check "ok", or the first fault."""
    return db.execute_sql(f"PRAGMA {name}").fetchone()[0]


def _journal() -> Finding:
    mode = _pragma("journal_mode")
    wanted = journal_mode()
    if wanted == "wal":
        why = "phiên bản này đã sửa lỗi WAL-reset nên dùng WAL"
    else:
        why = (
            "phiên bản trước 3.51.3 có lỗi WAL-reset có thể làm hỏng tệp, nên dùng nhật ký hoàn "
            "tác (delete)"
        )
    sentence = f"SQLite {linked_sqlite.sqlite_version}, journal_mode={mode}: {why}."
    return verdict("sqlite", mode == wanted, sentence, sentence)


def _queue(settings: Settings) -> Iterator[Finding]:
    may_start, weakness = redis_line.finding(settings)
    if weakness:
        yield Finding("redis line", "warning" if may_start else "bad", weakness)
    if not may_start:
        return
    health = jobs.health(settings)
    yield verdict(
        "redis",
        health["queue"] == "ok",
        "Redis trả lời.",
        "Redis không trả lời: đợt xác thực sẽ chờ. Hãy chạy ứng dụng (make run, make serve) hoặc "
        "đặt REDIS_URL.",
        "warning",
    )
    # While the app is off neither is there. A queue without a worker is a fault: nothing would
    # ever be sent.
    level: Level = "warning"
    if health["queue"] == "ok":
        level = "bad"
    yield verdict(
        "worker",
        health["worker"] == "ok",
        "Có tiến trình chạy nền (worker) đang chạy.",
        _without_worker(worker_ends.ends_of(settings)),
        level,
    )


def _without_worker(ends: worker_ends.Ends) -> str:
    if ends.words:
        return (
            f"Tiến trình chạy nền (worker) đã dừng {ends.count} lần liền: {ends.words}. Đợt xác "
            "thực và tệp lớn sẽ chờ đến khi sửa xong."
        )
    return (
        "Chưa có tiến trình chạy nền (worker) nào: đợt xác thực và tệp lớn sẽ chờ mãi. Hãy tắt "
        "ứng dụng rồi bật lại (make serve, make run); nếu vẫn vậy, xem dòng báo lỗi của worker "
        "trong cửa sổ chạy ứng dụng."
    )


def _registry(settings: Settings) -> Iterator[Finding]:
    mode, trouble = jobs.channel_of(settings)
    if trouble:
        yield Finding("registry", "bad", trouble)
        return
    if mode != "soap":
        words = _without_service(settings, mode)
        yield Finding("registry", "ok", f"Cơ sở dữ liệu dân cư: {words}.")
        return
    settings = way.obeyed(settings)
    missing = missing_settings(settings)
    yield verdict(
        "registry",
        not missing,
        "Cơ sở dữ liệu dân cư: đủ thiết lập để gọi dịch vụ.",
        " ".join(f"{setting.name}: {setting.sentence}" for setting in missing),
    )
    url = urlsplit(settings.registry.get("REGISTRY_URL", ""))
    yield verdict(
        "registry line",
        url.scheme == "https" or url.hostname in LOOPBACK,
        "Đường truyền được mã hóa hoặc ở trong máy này.",
        "REGISTRY_URL không phải https: số định danh sẽ đi không mã hóa.",
    )


def _without_service(settings: Settings, mode: str) -> str:
    if mode == "file":
        return "trao đổi bằng tệp"
    if settings.demo:
        return "bản mô phỏng, do ứng dụng minh họa tự bật"
    return "chưa chọn cách gửi xác thực (Cài đặt, Cách gửi xác thực): mọi việc khác vẫn làm được"


def _serving(settings: Settings) -> Iterator[Finding]:
    try:
        choice = site_address.chosen()
        yield verdict(
            "serving",
            site_address.is_safe_to_serve(settings, choice),
            f"Phục vụ tại {settings.host}:{settings.port}.",
            site_address.NOT_AGREED,
        )
        yield from _names_and_key(settings, choice)
    # a wrong setting is a finding like any other
    except SettingsError as error:
        yield Finding("serving", "bad", str(error))


def _names_and_key(settings: Settings, choice: site_address.SiteChoice) -> Iterator[Finding]:
    """Raises SettingsError for a key that is set and too short."""
    if settings.https and not (settings.trusted_hosts or choice.address):
        yield Finding("host names", "bad", site_address.NO_NAMES)
    if settings.https and not settings.trusted_proxies:
        sentence = (
            "Có proxy https đứng trước nhưng chưa khai báo: mọi máy bị coi là một địa chỉ, một "
            "người gõ sai mật khẩu có thể chặn người khác, nhật ký không biết từ máy nào. Hãy "
            "đặt TRUSTED_PROXIES, ví dụ TRUSTED_PROXIES=127.0.0.1."
        )
        yield Finding("proxies", "warning", sentence)
    if site_address.has_moved(choice):
        sentence = f"Máy này không còn ở địa chỉ đã chọn ({choice.address}): hãy chọn lại."
        yield Finding("site address", "warning", sentence)
    if len(settings.secret_key) < 50:
        sentence = "Khóa bí mật ngắn hơn 50 ký tự: hãy xóa tệp secret_key để tạo khóa mới."
        yield Finding("secret key", "bad", sentence)


def _mode(settings: Settings) -> Iterator[Finding]:
    """Demo or real: the data and the setting must agree."""
    wrong = school.wrong_mode(settings)
    if wrong:
        yield Finding("demo", "bad", wrong)
    elif settings.demo:
        yield Finding("demo", "ok", "Trường minh họa: chỉ để tập, không dùng cho người thật.")


def _folder(settings: Settings) -> Iterator[Finding]:
    """The folder closes off everything inside; the key must be closed by itself too."""
    private = [
        ("data folder", settings.data),
        ("secret key file", settings.data / "secret_key"),
    ]
    database_file = Path(settings.sqlite_file)
    if settings.sqlite_file and not database_file.is_relative_to(settings.data):
        private.append(("database file", database_file))
    for name, path in private:
        if path.exists():
            yield _for_its_owner(name, path)


def _for_its_owner(name: str, path: Path) -> Finding:
    state = path.stat()
    mode = stat.S_IMODE(state.st_mode)
    # root may look, whoever serves the school; else it is ours or the system's
    if os.geteuid() not in (0, state.st_uid) and state.st_uid != 0:
        sentence = (
            f"{path} là của tài khoản khác trên máy này: hãy chạy chown {os.geteuid()} {path}"
        )
        return Finding(name, "bad", sentence)
    return verdict(
        name,
        # no bit for the group, none for others
        not mode & 0o077,
        f"Chỉ chủ sở hữu mở được (quyền {mode:03o}).",
        f"{path} có quyền {mode:03o}, người khác trên máy này đọc được: hãy chạy chmod go-rwx "
        f"{path}",
    )


def _disk(settings: Settings) -> Iterator[Finding]:
    free = shutil.disk_usage(settings.data).free
    level: Level = "ok"
    if free < _NO_DISK:
        level = "bad"
    elif free < _LITTLE_DISK:
        level = "warning"
    yield Finding("disk", level, f"Đĩa còn trống {free / 1e9:.0f} GB.")


def _last_backup(settings: Settings) -> Iterator[Finding]:
    """A copy by hand does where none is made by the clock, for a week."""
    now = standing()
    level: Level = "ok"
    if now.state == "failed":
        level = "bad"
    elif now.state in ("late", "partly"):
        level = "warning"
    elif now.state == "off" and (now.made_at is None or now.days > _OLDEST_BACKUP_DAYS):
        level = "warning"
    yield Finding("backup", level, now.sentence)


def places(settings: Settings) -> Iterator[Finding]:
    """Names of places change a few times a year; whoever keeps the installation must know how old the lists are."""
    state = place_sets.state()
    sentence = " ".join(state.sentences)
    yield verdict("places", state.is_good, sentence, sentence, "warning")


def running(settings: Settings, tree: Settings | None) -> Iterator[Finding]:
    """Whether a tree works on this folder, and where this terminal has other settings than it."""
    if tree is None:
        sentence = f"Chương trình đang tắt (thư mục dữ liệu {settings.data})."
        yield Finding("running", "ok", sentence)
        return
    address = site_address.address_of(tree.host, tree)
    place = f"Đang chạy ở {address}, thư mục dữ liệu {tree.data}"
    sentence = f"{place}; khám theo thiết lập của bản đang chạy."
    yield Finding("running", "ok", sentence)
    for name, word in _NAMES_OF_SETTINGS.items():
        here = _in_words(getattr(settings, name))
        there = _in_words(getattr(tree, name))
        if here != there:
            sentence = f"Cửa sổ này: {here}; bản đang chạy: {there}."
            yield Finding(word, "warning", sentence)
    names = set(settings.registry) ^ set(tree.registry)
    if names:
        listed = ", ".join(sorted(names))
        sentence = f"Chỉ có ở cửa sổ này hoặc chỉ có ở bản đang chạy: {listed}."
        yield Finding("REGISTRY", "warning", sentence)


_NAMES_OF_SETTINGS = {
    "host": "HOST",
    "port": "PORT",
    "https": "IDAPP_HTTPS",
    "plain_http": "IDAPP_PLAIN_HTTP",
    "trusted_hosts": "TRUSTED_HOSTS",
    "trusted_proxies": "TRUSTED_PROXIES",
    "prefix": "IDAPP_PREFIX",
    "demo": "IDAPP_DEMO",
    "erase_scans": "IDAPP_ERASE_SCANS",
    "hsts_subdomains": "IDAPP_HSTS_SUBDOMAINS",
    "plain_redis": "IDAPP_PLAIN_REDIS",
}


def _in_words(value: object) -> str:
    """
    >>> _in_words(True), _in_words(("a.vn", "b.vn")), _in_words(8000), _in_words(())
    ('1', 'a.vn,b.vn', '8000', '(trống)')
    """
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, tuple):
        return ",".join(value) or "(trống)"
    return str(value)


def no_data(settings: Settings) -> Finding:
    """Where it was looked, for a terminal that names another folder than the school's."""
    sentence = (
        f"Chưa có dữ liệu nào ở {settings.data}, chưa thiết lập trường: hãy chạy make serve rồi mở "
        "địa chỉ thiết lập mà cửa sổ ấy in ra, hoặc chạy flask --app app setup. Nếu dữ liệu ở thư "
        "mục khác thì đặt IDAPP_DATA rồi khám lại."
    )
    return Finding("data", "bad", sentence)


def _set_up(settings: Settings) -> Iterator[Finding]:
    if not school.is_set_up():
        yield _without_school()
        return
    left = school.the_campaign().days_left(settings.today())
    total = Person.select().where(Person.active).count()
    name = school.the_school().name
    yield Finding("school", "ok", f"{name}: {total} hồ sơ, còn {left} ngày đến hạn.")


def _without_school() -> Finding:
    # the office above the schools has none of its own
    if school.is_office():
        sentence = "Máy của cơ quan quản lý: không có trường, chỉ có tài khoản xem."
        return Finding("school", "ok", sentence)
    sentence = (
        "Chưa thiết lập trường: hãy chạy make serve rồi mở địa chỉ thiết lập mà cửa sổ ấy in ra, "
        "hoặc chạy flask --app app setup --help để xem cách làm. Cơ quan quản lý thì chỉ cần "
        "flask --app app create-user TÊN --role reviewer."
    )
    if User.select().exists():
        sentence += " Tài khoản của trường đã có nhưng chưa làm được việc gì."
    return Finding("school", "bad", sentence)


CHECKS: list[Callable[[Settings], Iterator[Finding]]] = [
    _database,
    _queue,
    _registry,
    _serving,
    _mode,
    _folder,
    _disk,
    _last_backup,
    places,
    _set_up,
]
