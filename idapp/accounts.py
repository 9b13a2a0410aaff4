"""Users and their sessions.

Passwords are argon2id hashes (19 MiB, two passes: the OWASP minimum, 26 ms here); two are checked at a time at most,
so that a class of teachers signing in together does not take all memory. A session is a row: the cookie holds 256
random bits, the row their hash, so that signing out, a new password or a disabled account ends it at once.
"""

import hashlib
import secrets
import threading
from collections.abc import Iterable
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from idapp import audit
from idapp.database import PreparedStatement, writing
from idapp.models import ROLES, Change, DraftKey, Person, School, Session, User, utc_now
from idapp.rules import look_alikes
from idapp.rules import password as password_rule
from idapp.rules.folding import tidy
from idapp.rules.phone import phone_of
from idapp.rules.problem import Problem

IDLE = timedelta(minutes=30)
MOST_SESSIONS = 20  # of one account at a time; the one that was used longest ago ends
ABSOLUTE = timedelta(hours=12)
PASSWORD_COUNTS_FOR = timedelta(minutes=10)  # then it is asked again before what could do much harm
MOST_UNKNOWN = 100  # rows of the history in an hour, of names that no account has
REPLACED_COUNTS_FOR = timedelta(seconds=10)  # a second click, a table that asks for news meanwhile
_UNKNOWN = "unknown user"
_SEEN_STEP = timedelta(minutes=1)  # a page view writes at most once a minute

_hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
_turnstile = threading.BoundedSemaphore(2)
# Checked for unknown names: the same time as for known ones. Not made of a password at each start, which takes 40 ms;
# should one fit, there is still nobody to be signed in.
_HASH_OF_NOBODY = (
    f"$argon2id$v=19$m={_hasher.memory_cost},t={_hasher.time_cost},p={_hasher.parallelism}"
    f"${'A' * 22}${'A' * 43}"
)
# of tokens that were replaced a moment ago: hash -> the hash that counts now, and until when
_replaced: dict[str, tuple[str, datetime]] = {}


def create_user(
    username: str, full_name: str, role: str, password: str, *, by: User | None, demo: bool = False
) -> User:
    """Raises Problem for a taken name, an unknown role or a weak password (``demo`` allows the printed ones).

    Whoever gets the account from somebody else chooses an own password first.
    """
    username = tidy(username).lower()
    full_name = tidy(full_name)
    check_names(username, full_name, role)
    if not demo:
        check_password(password, username, full_name)
    hashed = hash_password(password)  # takes its time: not while everybody else waits to write
    handed_out = by is not None and not demo
    return store_user(username, full_name, role, hashed, handed_out=handed_out, by=by)


def store_user(
    username: str,
    full_name: str,
    role: str,
    password_hash: str,
    *,
    handed_out: bool,
    by: User | None,
    staff_record: Person | None = None,
) -> User:
    """Write an account whose names are checked; ``handed_out``: its owner chooses an own password first.

    Raises Problem for a taken name.
    """
    with writing():
        taken = [user.username for user in User.select(User.username)]
        sentence = trouble_with_free(username, taken)
        if sentence:
            raise Problem("username", "taken", sentence)
        user = User.create(
            username=username,
            full_name=full_name,
            role=role,
            password_hash=password_hash,
            must_change_password=handed_out,
            staff_record=staff_record,
        )
        audit.record("account.created", by=by, subject=f"user {user.id}", new=role)
    return user


def _check_role(role: str) -> None:
    if role not in ROLES:
        raise Problem(
            "role",
            "unknown_role",
            "Chọn vai trò: giáo viên, văn thư, hiệu trưởng hoặc cán bộ quản lý.",
        )


def check_names(username: str, full_name: str, role: str) -> None:
    """Of an account, cleaned. Raises Problem for a role that there is not, and for a name that cannot be."""
    _check_role(role)
    look_alikes.check_username(username)
    if not full_name:
        raise Problem(
            "full_name", "missing", "Nhập họ tên của người dùng tài khoản, ví dụ Nguyễn Thị Lan."
        )
    look_alikes.check_letters(full_name, "full_name", "Họ tên")


def trouble_with_free(username: str, taken: Iterable[str]) -> str:
    """Why a name cannot be given beside those that are taken, "" where it can.

    >>> trouble_with_free("lan", ["minh"]), trouble_with_free("gv0a", ["gvoa"])
    ('', 'Tên đăng nhập “gv0a” trông giống “gvoa” đã có, chỉ khác chữ “0”. Hãy chọn tên khác.')
    """
    look = look_alikes.look_of(username)
    for other in taken:
        if other == username:
            return f"Tên đăng nhập “{username}” đã có người dùng. Hãy chọn tên khác."
        if look_alikes.look_of(other) == look:
            letter = look_alikes.difference(username, other)
            return (
                f"Tên đăng nhập “{username}” trông giống “{other}” đã có, chỉ khác chữ “{letter}”. "
                "Hãy chọn tên khác."
            )
    return ""


def check_password(password: str, *names: str) -> None:
    """Would a stranger guess it first? ``names``: user name, full name, a school that is still to be.

    Raises Problem.
    """
    schools = [school.name for school in School.select(School.name)]
    password_rule.check(password, [*names, *schools])


def hash_password(password: str) -> str:
    """The argon2id hash, with its salt and its parameters in it. Takes 26 ms, longer when others wait too."""
    with _turnstile:
        return _hasher.hash(password)


def user_with_password(username: str, password: str) -> User | None:
    """The user these words belong to. Unknown name, wrong password and disabled account take the same time."""
    user = User.get_or_none(User.username == tidy(username).lower())
    wanted_hash = _HASH_OF_NOBODY
    subject = _UNKNOWN
    if user is not None:
        wanted_hash = user.password_hash
        subject = f"user {user.id}"
    is_right = matches(wanted_hash, password)  # asked in every case, for the time it takes
    if user is not None and is_right and not user.disabled:
        return user
    with writing():
        if user is not None or not _are_many_unknown():
            audit.record("login.failed", by=None, subject=subject)
    return None


def _are_many_unknown() -> bool:
    """Names that do not exist are endless, and so would their rows be."""
    lately = Change.at > utc_now() - timedelta(hours=1)
    unknown = (Change.event == "login.failed") & (Change.subject == _UNKNOWN)
    return bool(Change.select().where(lately, unknown).count() >= MOST_UNKNOWN)


def matches(hash_: str, password: str) -> bool:
    """Is it what ``hash_password`` made this of?"""
    try:
        with _turnstile:
            # cut off: argon2 would work through a text of any length
            return _hasher.verify(hash_, password[:1000])
    except (VerificationError, InvalidHashError):
        return False


def start_session(user: User, browser: str = "") -> str:
    """The token for the cookie; ``browser``: its kind, for the list. Sessions that have run out go on the way."""
    token = secrets.token_urlsafe(32)
    too_old = Session.created_at < utc_now() - ABSOLUTE
    unused = Session.seen_at < utc_now() - IDLE
    with writing():
        Session.delete().where(too_old | unused).execute()
        _make_room(user)
        address = audit.remote_address.get()
        Session.create(
            token_hash=_hash_token(token), user=user, browser=browser[:60], address=address
        )
        User.update(signed_in_at=utc_now()).where(User.id == user.id).execute()
        audit.record("login", by=user)
    return token


def _make_room(user: User) -> None:
    """For one more session of this account."""
    newest = Session.select(Session.id).where(Session.user == user)
    newest = newest.order_by(Session.seen_at.desc(), Session.id.desc()).limit(MOST_SESSIONS - 1)
    ids = [session.id for session in newest]
    Session.delete().where(Session.user == user, Session.id.not_in(ids)).execute()


def session_of(token: str, *, in_use: bool = True) -> Session | None:
    """The living session of a cookie, with its user; also notes that it is in use (a page's own polling is no use)."""
    sessions: list[Session] = _BY_TOKEN.rows(_present_hash(token))
    if not sessions:
        return None
    session = sessions[0]
    if session.user.disabled or _has_run_out(session):
        return None
    if in_use and utc_now() - session.seen_at > _SEEN_STEP:
        with writing():
            Session.update(seen_at=utc_now()).where(Session.id == session.id).execute()
    return session


def _present_hash(token: str) -> str:
    hash_ = _hash_token(token)
    replaced = _replaced.get(hash_)
    if replaced is None:
        return hash_
    present, until = replaced
    return hash_ if until < utc_now() else present


_BY_TOKEN = PreparedStatement(
    lambda hash_: Session.select(Session, User).join(User).where(Session.token_hash == hash_)
)


def _has_run_out(session: Session) -> bool:
    now = utc_now()
    return now - session.created_at > ABSOLUTE or now - session.seen_at > IDLE


def was_password_typed_lately(session: Session) -> bool:
    """In this session, within the last minutes."""
    typed_at = session.password_typed_at
    return typed_at is not None and utc_now() - typed_at < PASSWORD_COUNTS_FOR


def note_password_typed(session: Session) -> str:
    """Whoever sits at this session has typed the right password again.

    Returns its token from now on (ASVS 7.2.4): a cookie that somebody copied before opens nothing any more.
    """
    token = secrets.token_urlsafe(32)
    with writing():
        change = Session.update(password_typed_at=utc_now(), token_hash=_hash_token(token))
        change.where(Session.id == session.id).execute()
    now = utc_now()
    for hash_, (_, until) in list(_replaced.items()):
        if until < now:
            _replaced.pop(hash_, None)
    _replaced[session.token_hash] = (_hash_token(token), now + REPLACED_COUNTS_FOR)
    return token


def open_sessions(user: User) -> list[Session]:
    """Where this account is signed in now, the one that was used last first."""
    sessions = Session.select().where(Session.user == user)
    sessions = sessions.order_by(Session.seen_at.desc(), Session.id.desc())
    return [session for session in sessions if not _has_run_out(session)]


def end_sessions(
    user: User, *, by: User | None, but: Session | None = None, only: int | None = None
) -> int:
    """Sign out the other browsers of this account; how many they were.

    ``but``: the session that goes on. ``only``: the id of the one that is meant; nothing ends if it is another's.
    """
    wanted = Session.user == user
    if but is not None:
        wanted &= Session.id != but.id
    if only is not None:
        wanted &= Session.id == only
    with writing():
        ended = int(Session.delete().where(wanted).execute())
        if ended:
            audit.record("account.signed_out", by=by, subject=f"user {user.id}", new=str(ended))
    return ended


def end_all_sessions(*, but: Session | None, by: User) -> int:
    """Sign out everybody in the school, apart from whoever does it; how many browsers they were."""
    ending = Session.delete()
    if but is not None:
        ending = ending.where(Session.id != but.id)
    with writing():
        ended = int(ending.execute())
        audit.record("account.all_signed_out", by=by, new=str(ended))
    return ended


def end_session(token: str, *, by: User) -> None:
    """Sign out: the cookie with this token opens nothing any more."""
    with writing():
        Session.delete().where(Session.token_hash == _present_hash(token)).execute()
        audit.record("logout", by=by)


def change_password(user: User, password: str, *, by: User | None, keep_token: str = "") -> None:
    """All other sessions of the user end; ``keep_token`` is the one that goes on. Raises Problem for a weak password.

    Whoever got the password from somebody else chooses an own one first.
    """
    check_password(password, user.username, user.full_name)
    hashed = hash_password(password)  # takes its time: not while everybody else waits to write
    handed_out = by is None or user.id != by.id
    set_password_hash(user, hashed, handed_out=handed_out, by=by, keep_token=keep_token)


def set_password_hash(
    user: User, hashed: str, *, handed_out: bool, by: User | None, keep_token: str = ""
) -> None:
    """Write a password that is hashed already; the rest as in ``change_password``."""
    change = User.update(password_hash=hashed, must_change_password=handed_out)
    with writing():
        change.where(User.id == user.id).execute()
        _end_sessions(user, keep_token)
        audit.record("account.password", by=by, subject=f"user {user.id}")


def set_phone(user: User, text: str) -> None:
    """The telephone number that families may call; "" for none. The audit says that it changed, not what it is.

    Raises Problem for a text that is no telephone number.
    """
    number = phone_of(text)
    with writing():
        changed = User.update(phone=number).where(User.id == user.id, User.phone != number)
        if changed.execute():
            audit.record("account.phone", by=user, subject=f"user {user.id}")


def set_disabled(user: User, disabled: bool, *, by: User) -> None:
    """Close an account or open it again; whoever is signed in with it is out at once.

    Raises Problem for the last principal that is open: nobody could open it again.
    """
    event = "account.enabled"
    if disabled:
        event = "account.disabled"
    with writing():
        if disabled:
            _check_not_last_principal(user)
            # what waits unsaved in browsers of this account is for nobody any more
            DraftKey.delete().where(DraftKey.user == user).execute()
        User.update(disabled=disabled).where(User.id == user.id).execute()
        _end_sessions(user)
        audit.record(event, by=by, subject=f"user {user.id}")


def set_role(user: User, role: str, *, by: User) -> None:
    """Give an account another role; whoever is signed in with it signs in anew.

    Raises Problem for an unknown role and for the last principal that is open.
    """
    _check_role(role)  # a name of an earlier version stays as it is
    with writing():
        stored = User.get_by_id(user.id)
        if stored.role == role:
            return
        _check_not_last_principal(stored)
        User.update(role=role).where(User.id == user.id).execute()
        _end_sessions(user)
        subject = f"user {user.id}"
        audit.record("account.role", by=by, subject=subject, old=stored.role, new=role)


def _check_not_last_principal(user: User) -> None:
    principals = User.select().where(User.role == "principal", ~User.disabled)
    if [principal.id for principal in principals] == [user.id]:
        sentence = (
            f"{user.full_name} là tài khoản hiệu trưởng duy nhất đang mở. Hãy tạo hoặc mở một tài "
            "khoản hiệu trưởng khác trước."
        )
        raise Problem("account", "last_principal", sentence)


def _end_sessions(user: User, keep_token: str = "") -> None:
    sessions = Session.delete().where(Session.user == user)
    if keep_token:
        sessions = sessions.where(Session.token_hash != _present_hash(keep_token))
    sessions.execute()


def _hash_token(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
