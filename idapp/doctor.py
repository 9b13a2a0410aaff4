"""The doctor: is this installation sound, and do the invariants of the data hold?

``examine`` looks at the machine and the settings, ``invariants`` counts everything again. Each finding is a name and a
Vietnamese sentence without anybody's data; records are named by their id.
"""

import shutil
import stat
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from peewee import DatabaseError, SqliteDatabase, fn

from idapp import backup, jobs, people, place_sets, progress, scans, school
from idapp.database import db, journal_mode, linked_sqlite, rows
from idapp.models import (
    OPEN_BATCH,
    OPEN_ITEM,
    STATUSES,
    Batch,
    BatchItem,
    Change,
    PaperCase,
    Person,
    Scan,
    User,
    utc_now,
)
from idapp.people.states import COMPUTED, RuleContext, compute, people_with_class, values_of
from idapp.registry import missing_settings
from idapp.rules import record
from idapp.settings import LOOPBACK, Settings, SettingsError, current

Level = Literal["ok", "warning", "bad"]
_SHOWN_IDS = 5
_LITTLE_DISK, _NO_DISK = 1_000_000_000, 100_000_000
_TRIGGERS = {"change_no_update", "change_no_delete"}
_OLDEST_BACKUP_DAYS = 7


@dataclass(frozen=True)
class Finding:
    """One thing looked at. ``level`` bad: something must be done."""

    name: str
    level: Level
    sentence: str


def examine(settings: Settings) -> list[Finding]:
    """The machine, the database as a file, the neighbours, the settings."""
    checks: list[Callable[[Settings], Iterator[Finding]]] = [
        _database,
        _queue,
        _registry,
        _serving,
        _mode,
        _folder,
        _disk,
        _last_backup,
        _places,
        _set_up,
    ]
    return [finding for check in checks for finding in check(settings)]


def invariants() -> list[Finding]:
    """What must be true of the data at every moment, counted from the rows."""
    everybody = people_with_class(Person.id > 0)  # those who left too
    return [
        _states(everybody),
        _verified_are_confirmed(everybody),
        _one_holder_per_number(),
        _sums_add_up(),
        _cases_follow_the_records(),
        _papers_have_their_files(),
        _versions_are_audited(everybody),
        _history_ends_in_the_record(everybody),
        _batches_add_up(),
        _open_items_are_in_open_batches(),
        _audit_is_append_only(),
    ]


# the machine


def _database(settings: Settings) -> Iterator[Finding]:
    if not isinstance(db.obj, SqliteDatabase):
        yield Finding("database", "ok", "PostgreSQL; hãy sao lưu bằng pg_dump.")
        return
    yield _journal()
    broken = [
        row[0] for row in db.execute_sql("PRAGMA integrity_check").fetchall() if row[0] != "ok"
    ]
    orphans = len(db.execute_sql("PRAGMA foreign_key_check").fetchall())
    yield _verdict(
        "integrity",
        not broken,
        "Tệp cơ sở dữ liệu nguyên vẹn.",
        "Tệp cơ sở dữ liệu bị hỏng: hãy khôi phục từ bản sao lưu.",
    )
    yield _verdict(
        "foreign keys",
        not orphans,
        "Mọi liên kết giữa các bảng đều đúng.",
        f"{orphans} dòng trỏ tới dòng không còn.",
    )
    enforced = db.execute_sql("PRAGMA foreign_keys").fetchone()[0] == 1
    safe = db.execute_sql("PRAGMA synchronous").fetchone()[0] == 2
    yield _verdict(
        "pragmas",
        enforced and safe,
        "Khóa ngoại bật, ghi xuống đĩa rồi mới báo đã lưu.",
        "Khóa ngoại hoặc synchronous=FULL đang tắt.",
    )


def _journal() -> Finding:
    mode, wanted = db.execute_sql("PRAGMA journal_mode").fetchone()[0], journal_mode()
    why = (
        "phiên bản này đã sửa lỗi WAL-reset nên dùng WAL"
        if wanted == "wal"
        else "phiên bản trước 3.51.3 có lỗi WAL-reset có thể làm hỏng tệp, nên dùng nhật ký hoàn "
        "tác (delete)"
    )
    sentence = f"SQLite {linked_sqlite.sqlite_version}, journal_mode={mode}: {why}."
    return Finding("sqlite", "ok" if mode == wanted else "bad", sentence)


def _queue(settings: Settings) -> Iterator[Finding]:
    health = jobs.health(settings)
    yield _verdict(
        "redis",
        health["queue"] == "ok",
        "Redis trả lời.",
        "Redis không trả lời: đợt xác thực sẽ chờ. Hãy chạy ứng dụng (make run, make serve) hoặc "
        "đặt REDIS_URL.",
        "warning",
    )
    # While the app is off neither is there. A queue without a worker is a fault: nothing would ever be sent.
    level: Level = "bad" if health["queue"] == "ok" else "warning"
    yield _verdict(
        "worker",
        health["worker"] == "ok",
        "Có tiến trình chạy nền (worker) đang chạy.",
        "Chưa có tiến trình chạy nền (worker) nào: đợt xác thực và tệp lớn sẽ chờ mãi. Hãy tắt "
        "ứng dụng rồi bật lại (make serve, make run); nếu vẫn vậy, xem dòng báo lỗi của worker "
        "trong cửa sổ chạy ứng dụng.",
        level,
    )


def _registry(settings: Settings) -> Iterator[Finding]:
    mode, trouble = jobs.channel_of(settings)
    if trouble:
        yield Finding("registry", "bad", trouble)
        return
    if mode != "soap":
        yield Finding(
            "registry", "ok", f"Cơ sở dữ liệu dân cư: {_without_service(settings, mode)}."
        )
        return
    missing = missing_settings(settings)
    yield _verdict(
        "registry",
        not missing,
        "Cơ sở dữ liệu dân cư: đủ thiết lập để gọi dịch vụ.",
        " ".join(f"{one.name}: {one.sentence}" for one in missing),
    )
    url = urlsplit(settings.registry.get("REGISTRY_URL", ""))
    private = url.scheme == "https" or url.hostname in LOOPBACK
    yield _verdict(
        "registry line",
        private,
        "Đường truyền được mã hóa hoặc ở trong máy này.",
        "REGISTRY_URL không phải https: số định danh sẽ đi không mã hóa.",
    )


def _without_service(settings: Settings, mode: str) -> str:
    if mode == "file":
        return "trao đổi bằng tệp"
    if settings.demo:
        return "bản mô phỏng, do ứng dụng minh họa tự bật"
    return "chưa nối (REGISTRY=off): mọi việc khác vẫn làm được, trừ gửi xác thực"


def _serving(settings: Settings) -> Iterator[Finding]:
    try:
        settings.check_safe_to_serve()
        yield Finding("serving", "ok", f"Phục vụ tại {settings.host}:{settings.port}.")
        if not settings.accepted_hosts:
            sentence = (
                "TRUSTED_HOSTS để trống: hãy ghi tên máy mà thầy cô gõ trên trình duyệt, "
                "ví dụ dinhdanh.truong.vn."
            )
            yield Finding("host names", "warning", sentence)
        if len(settings.secret_key) < 50:
            yield Finding(
                "secret key",
                "bad",
                "Khóa bí mật ngắn hơn 50 ký tự: hãy xóa tệp secret_key để tạo khóa mới.",
            )
    except SettingsError as error:
        yield Finding("serving", "bad", str(error))


def _mode(settings: Settings) -> Iterator[Finding]:
    """Demo or real: the data and the setting must agree."""
    if sentence := school.wrong_mode(settings):
        yield Finding("demo", "bad", sentence)
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
            mode = stat.S_IMODE(path.stat().st_mode)
            bad = f"{path} có quyền {mode:03o}, người khác trên máy này đọc được: hãy chạy chmod go-rwx {path}"
            yield _verdict(
                name, not mode & 0o077, f"Chỉ chủ sở hữu mở được (quyền {mode:03o}).", bad
            )


def _disk(settings: Settings) -> Iterator[Finding]:
    free = shutil.disk_usage(settings.data).free
    level: Level = "bad" if free < _NO_DISK else "warning" if free < _LITTLE_DISK else "ok"
    yield Finding("disk", level, f"Đĩa còn trống {free / 1e9:.0f} GB.")


def _last_backup(settings: Settings) -> Iterator[Finding]:
    made = backup.last_made()
    days = (utc_now() - made).days if made else None
    if days is None:
        yield Finding(
            "backup", "warning", "Chưa có bản sao lưu nào: hãy chạy flask --app app backup TỆP."
        )
    else:
        yield Finding(
            "backup",
            "warning" if days > _OLDEST_BACKUP_DAYS else "ok",
            f"Bản sao lưu mới nhất: {days} ngày trước.",
        )


def _places(settings: Settings) -> Iterator[Finding]:
    """Names of places change a few times a year; whoever keeps the installation must know how old the lists are."""
    state = place_sets.state()
    sentence = " ".join(state.sentences)
    yield Finding("places", "ok" if state.is_good else "warning", sentence)


def _set_up(settings: Settings) -> Iterator[Finding]:
    if not school.is_set_up():
        yield _without_school()
        return
    left = school.the_campaign().days_left(settings.today())
    total = Person.select().where(Person.active).count()
    yield Finding(
        "school", "ok", f"{school.the_school().name}: {total} hồ sơ, còn {left} ngày đến hạn."
    )


def _without_school() -> Finding:
    roles = {role for (role,) in rows(User.select(User.role).distinct())}
    if roles == {"reviewer"}:
        return Finding(
            "school", "ok", "Máy của cơ quan quản lý: không có trường, chỉ có tài khoản xem."
        )
    signed_up = " Tài khoản của trường đã có nhưng chưa làm được việc gì." if roles else ""
    sentence = (
        "Chưa thiết lập trường: hãy chạy flask --app app setup --help để xem cách làm. Cơ quan "
        "quản lý thì chỉ cần "
        "flask --app app create-user TÊN --role reviewer." + signed_up
    )
    return Finding("school", "bad", sentence)


def _verdict(name: str, good: bool, if_good: str, if_bad: str, level: Level = "bad") -> Finding:
    return Finding(name, "ok", if_good) if good else Finding(name, level, if_bad)


# the data


def _found(name: str, wrong: list[int], good: str, bad: str) -> Finding:
    shown = ", ".join(map(str, wrong[:_SHOWN_IDS])) + (" ..." if len(wrong) > _SHOWN_IDS else "")
    return (
        Finding(name, "bad", f"{len(wrong)} {bad} (mã {shown}).")
        if wrong
        else Finding(name, "ok", good)
    )


def _states(everybody: list[Person]) -> Finding:
    """Every record is in the one state that its values and surroundings say, computed columns included."""
    if not everybody:
        return Finding("states", "ok", "Chưa có hồ sơ nào.")
    world, wrong = RuleContext(bulk=True), []
    for person in everybody:
        stored = {name: getattr(person, name) for name in COMPUTED}
        compute(person, world)
        if person.status not in STATUSES or stored != {
            name: getattr(person, name) for name in COMPUTED
        }:
            wrong.append(person.id)
    return _found(
        "states",
        wrong,
        "Mỗi hồ sơ ở đúng một trạng thái, tính lại không khác.",
        "hồ sơ có trạng thái hay giá trị tính sẵn đã cũ",
    )


def _verified_are_confirmed(everybody: list[Person]) -> Finding:
    """Asked of the stored rows: ``everybody`` may have been computed anew in memory."""
    verified = {id_ for (id_,) in rows(Person.select(Person.id).where(Person.status == "verified"))}
    candidates = [person for person in everybody if person.id in verified]
    world = RuleContext(bulk=True) if candidates else None
    wrong = [
        p.id
        for p in candidates
        if world and (p.outcome != "verified" or p.outcome_hash != _hash(p, world))
    ]
    return _found(
        "verified",
        wrong,
        "Hồ sơ đã xác thực đều giữ đúng giá trị được xác nhận.",
        "hồ sơ ghi đã xác thực mà giá trị đã khác",
    )


def _hash(person: Person, world: RuleContext) -> str:
    return record.identity_hash(values_of(person), world.around(person))


def _one_holder_per_number() -> Finding:
    query = Person.select(fn.MIN(Person.id)).where(Person.active, Person.number.is_null(False))
    twice = [id_ for (id_,) in rows(query.group_by(Person.number).having(fn.COUNT(Person.id) > 1))]
    return _found(
        "numbers",
        twice,
        "Mỗi số định danh chỉ một người giữ.",
        "số định danh có hai người cùng giữ",
    )


def _sums_add_up() -> Finding:
    """The board, the counters and the rows tell the same."""
    total = Person.select().where(Person.active).count()
    board = progress.board(User(role="principal"))
    counts = people.counts(Person.select().where(Person.active))
    lines = [
        line.total == sum(line.by_status.values()) and line.left == sum(line.by_holder.values())
        for line in [*board.lines, board.whole]
    ]
    kinds = sum(board.sum_of(kind).total for kind in progress.KIND_WORDS)
    good = all(lines) and board.whole.total == counts.total == kinds == total == sum(
        counts.by_status.values()
    )
    return _verdict(
        "sums",
        good,
        f"Mọi tổng đều khớp: {total} hồ sơ.",
        f"Tổng trên bảng tiến độ không khớp với {total} hồ sơ.",
    )


def _cases_follow_the_records() -> Finding:
    """An open case belongs to a record that is here and not confirmed. The worker closes them within seconds."""
    gone = ~Person.active | (Person.status == "verified")
    wrong = rows(
        PaperCase.select(PaperCase.person).join(Person).where(PaperCase.state != "closed", gone)
    )
    return _verdict(
        "cases",
        not wrong,
        "Hồ sơ chờ giấy đều là của người đang ở trường, chưa xác thực.",
        f"{len(wrong)} hồ sơ chờ giấy chưa được khép lại: hãy xem worker có đang chạy không.",
        "warning",
    )


def _papers_have_their_files() -> Finding:
    """Photos of papers: each row with its file, no file without a row."""
    kept = rows(Scan.select(Scan.id, Scan.name).where(Scan.erased_at.is_null()))
    files = scans.names_older_than(current(), minutes=-1)
    lost, left_over = (
        [id_ for id_, name in kept if name not in files],
        files - {name for _, name in kept},
    )
    if left_over:
        return Finding(
            "papers", "warning", f"{len(left_over)} ảnh giấy tờ không còn ai cần: worker sẽ xóa."
        )
    return _found(
        "papers", lost, "Mỗi ảnh giấy tờ có đủ tệp, không thừa tệp nào.", "ảnh giấy tờ đã mất tệp"
    )


def _versions_are_audited(everybody: list[Person]) -> Finding:
    audited = Change.select(Change.person, fn.COUNT(Change.version.distinct())).where(
        Change.event == "person.changed", Change.version > 1
    )
    changesets = dict(rows(audited.group_by(Change.person)))
    wrong = [p.id for p in everybody if p.version - 1 != changesets.get(p.id, 0)]
    return _found(
        "versions",
        wrong,
        "Mỗi lần sửa đều có trong nhật ký.",
        "hồ sơ có lần sửa không thấy trong nhật ký",
    )


def _history_ends_in_the_record(everybody: list[Person]) -> Finding:
    """The last audited value of every field is what the record holds now."""
    newest = (
        Change.select(fn.MAX(Change.id))
        .where(Change.event == "person.changed")
        .group_by(Change.person, Change.field)
    )
    told = rows(Change.select(Change.person, Change.field, Change.new).where(Change.id.in_(newest)))
    last = {(id_, field): new for id_, field, new in told}
    wrong = [
        p.id
        for p in everybody
        if any(last.get((p.id, name), "") != value for name, value in values_of(p).items())
    ]
    return _found(
        "history",
        wrong,
        "Nhật ký kết thúc đúng ở giá trị đang lưu.",
        "hồ sơ có giá trị khác với nhật ký",
    )


def _batches_add_up() -> Finding:
    counted = dict(
        rows(BatchItem.select(BatchItem.batch, fn.COUNT(BatchItem.id)).group_by(BatchItem.batch))
    )
    wrong = [batch.id for batch in Batch.select() if batch.total != counted.get(batch.id, 0)]
    return _found(
        "batches",
        wrong,
        "Mỗi đợt xác thực có đủ số hồ sơ lúc bắt đầu.",
        "đợt xác thực không đủ hồ sơ",
    )


def _open_items_are_in_open_batches() -> Finding:
    query = BatchItem.select(BatchItem.batch).join(Batch).where(BatchItem.state.in_(OPEN_ITEM))
    wrong = Counter(id_ for (id_,) in rows(query.where(Batch.state.not_in(OPEN_BATCH))))
    return _found(
        "open items",
        list(wrong),
        "Đợt đã kết thúc không còn hồ sơ dở dang.",
        "đợt đã kết thúc còn hồ sơ dở dang",
    )


def _audit_is_append_only() -> Finding:
    return _verdict(
        "audit",
        _refuses_rewriting(),
        "Nhật ký chỉ ghi thêm, không sửa, không xóa được.",
        "Thiếu khóa chống sửa nhật ký: cơ sở dữ liệu đã bị can thiệp.",
    )


def _refuses_rewriting() -> bool:
    """By trying: a trigger of the right name could be an empty one. The transaction is rolled back either way."""
    if not Change.select().exists():
        return _triggers_are_there()
    for rewrite in (Change.update(new=Change.new), Change.delete()):
        with db.atomic() as transaction:
            try:
                rewrite.where(Change.id == Change.select(fn.MAX(Change.id))).execute()
                transaction.rollback()
                return False
            except DatabaseError:
                transaction.rollback()
    return True


def _triggers_are_there() -> bool:
    if not isinstance(db.obj, SqliteDatabase):
        return True
    found = db.execute_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
    return {name for (name,) in found} >= _TRIGGERS
