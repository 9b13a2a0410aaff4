"""The second step of signing in, for whoever wants one: six figures of an app on the own telephone.

Time-based one-time passwords (RFC 6238: SHA-1, 30 seconds, six figures, what every such app understands) with the one
before and the one after, because clocks differ. A code opens once: the step of time that was used is kept, and only a
later one counts. The secret is sealed with the installation's key, so that a copy of the database has no code in it.

Ten recovery codes for the day on which the telephone is lost: 40 random bits each, hashed like passwords, each good
once. Their first figure says which one it is, so that one hash is compared and not ten.
"""

from __future__ import annotations

import hmac
import logging
import re
import secrets
import time

import pyotp

from idapp import accounts, audit, stored_settings
from idapp.database import writing
from idapp.models import RecoveryCode, SecondStep, Session, User, utc_now
from idapp.rules.folding import fold
from idapp.rules.problem import Problem
from idapp.settings import Settings, SettingsError

log = logging.getLogger(__name__)
FIELD = "code"
SECONDS = 30
MOST_RECOVERY_CODES = 10
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is read as another
_LENGTH = 8  # behind the figure
_OF_THE_APP = re.compile("[0-9]{6}")
_OF_THE_SLIP = re.compile(f"([0-9])([{_LETTERS}]{{{_LENGTH}}})")
_LONGEST = 40  # of what somebody types
_WRONG = (
    "Mã chưa đúng. Hãy gõ mã 6 chữ số đang hiện trong ứng dụng, hoặc một mã dự phòng chưa dùng. "
    "Nếu vẫn sai, hãy để điện thoại tự đặt giờ."
)
_WRONG_AT_FIRST = (
    "Mã chưa đúng. Hãy gõ mã 6 chữ số đang hiện trong ứng dụng, ở dòng vừa thêm. Nếu vẫn sai, "
    "hãy để điện thoại tự đặt giờ."
)
_USED = "Mã này đã dùng rồi. Hãy đợi ứng dụng hiện mã mới (30 giây) rồi gõ mã ấy."
_LOCKED = (
    "Máy chủ không mở được khóa của mã trong ứng dụng. Hãy dùng một mã dự phòng, hoặc nhờ người "
    "giữ máy chủ chạy lệnh flask --app app remove-second-step."
)


def is_on(user: User) -> bool:
    """Does signing in to this account ask for a code?"""
    return user.second_step_since is not None


def begin(user: User, settings: Settings) -> None:
    """Make a new secret; nothing is asked for before ``confirm``. Raises Problem where the second step is on."""
    _check_off(user)
    sealed = stored_settings.sealed(_name(user), pyotp.random_base32(), settings)
    with writing():
        SecondStep.delete().where(SecondStep.user == user).execute()
        SecondStep.create(user=user, sealed=sealed)


def secret_waiting(user: User, settings: Settings) -> str:
    """What the app is to be told, while ``confirm`` is still to come; "" where nothing was begun."""
    row = SecondStep.get_or_none(SecondStep.user == user)
    if is_on(user) or row is None:
        return ""
    try:
        return stored_settings.opened(_name(user), row.sealed, settings)
    except SettingsError:
        return ""


def address_of(secret: str, user: User, issuer: str) -> str:
    """What the QR code says to the app: the secret, and the names under which the app lists it."""
    return pyotp.TOTP(secret).provisioning_uri(name=user.username, issuer_name=issuer)


def confirm(user: User, code: str, settings: Settings, *, but: Session | None) -> list[str]:
    """Turn the second step on with the first code of the app. Returns the recovery codes, to be shown this once.

    All other sessions of the account end (``but`` goes on). Raises Problem for a wrong code.
    """
    _check_off(user)
    _use_first_code(user, _plain(code), settings)
    codes = _fresh_codes()
    hashes = [accounts.hash_password(text) for text in codes]  # before the transaction: 0.3 s
    with writing():
        User.update(second_step_since=utc_now()).where(User.id == user.id).execute()
        _keep_codes(user, hashes)
        audit.record("account.second_step_on", by=user, subject=f"user {user.id}")
        accounts.end_sessions(user, by=user, but=but)
    return codes


def check(user: User, code: str, settings: Settings) -> None:
    """Use up a code of the app or of the slip. Raises Problem for a wrong one and for one that was used.

    Who guesses is slowed down elsewhere (``web/guessing``); each failure is written down.
    """
    try:
        _use(user, _plain(code), settings)
    except Problem:
        with writing():
            audit.record("login.failed", by=None, subject=f"user {user.id}", new="code")
        raise


def new_codes(user: User, *, by: User) -> list[str]:
    """Ten recovery codes in place of those that were there."""
    codes = _fresh_codes()
    hashes = [accounts.hash_password(code) for code in codes]
    with writing():
        _keep_codes(user, hashes)
        audit.record("account.recovery_codes", by=by, subject=f"user {user.id}")
    return codes


def codes_left(user: User) -> int:
    """How many recovery codes were not used."""
    unused = RecoveryCode.select().where(RecoveryCode.user == user, RecoveryCode.used_at.is_null())
    return int(unused.count())


def turn_off(user: User, *, by: User | None, but: Session | None = None) -> None:
    """No code is asked for any more; secret and recovery codes go, all sessions end but ``but``.

    By somebody else, or None for the operator, where the telephone was lost.
    """
    event = "account.second_step_off"
    if by is None or by.id != user.id:
        event = "account.second_step_removed"
    with writing():
        User.update(second_step_since=None).where(User.id == user.id).execute()
        SecondStep.delete().where(SecondStep.user == user).execute()
        RecoveryCode.delete().where(RecoveryCode.user == user).execute()
        audit.record(event, by=by, subject=f"user {user.id}")
        accounts.end_sessions(user, by=by, but=but)


def _check_off(user: User) -> None:
    if is_on(User.get_by_id(user.id)):
        sentence = "Tài khoản này đã bật mã khi đăng nhập. Muốn dùng điện thoại khác thì tắt trước."
        raise Problem(FIELD, "is_on", sentence)


def _plain(code: str) -> str:
    """What was typed without spaces, dashes and capitals.

    >>> _plain(" 123 456 "), _plain("3-ABCD-efgh")
    ('123456', '3abcdefgh')
    """
    return re.sub(r"[\s-]", "", fold(code[:_LONGEST]))


def _use(user: User, code: str, settings: Settings) -> None:
    of_the_slip = _OF_THE_SLIP.fullmatch(code)
    if of_the_slip is not None:
        _use_code_of_slip(user, int(of_the_slip[1]), code)
    else:
        _use_code_of_app(user, code, settings)


def _use_first_code(user: User, code: str, settings: Settings) -> None:
    """There is no slip of recovery codes yet: the sentence speaks of none."""
    try:
        _use_code_of_app(user, code, settings)
    except Problem as problem:
        if problem.code != "wrong":
            raise
        raise Problem(FIELD, "wrong", _WRONG_AT_FIRST) from problem


def _use_code_of_app(user: User, code: str, settings: Settings) -> None:
    row = SecondStep.get_or_none(SecondStep.user == user)
    if row is None or not _OF_THE_APP.fullmatch(code):
        raise Problem(FIELD, "wrong", _WRONG)
    try:
        secret = stored_settings.opened(_name(user), row.sealed, settings)
    except SettingsError as locked:
        log.error("the second step of user %s cannot be opened: another settings-key", user.id)
        raise Problem(FIELD, "locked", _LOCKED) from locked
    step = _step_of(secret, code, time.time())
    if step is None:
        raise Problem(FIELD, "wrong", _WRONG)
    # one statement: of two browsers with the same code one comes in
    later = SecondStep.update(last_step=step).where(SecondStep.id == row.id)
    with writing():
        is_fresh = later.where(SecondStep.last_step < step).execute()
    if not is_fresh:
        raise Problem(FIELD, "used", _USED)


def _step_of(secret: str, code: str, now: float) -> int | None:
    """The step of time, in thirties of seconds since 1970, whose code this is; None for a code of none near by."""
    generator = pyotp.HOTP(secret)
    present = int(now // SECONDS)
    for step in (present, present - 1, present + 1):
        if hmac.compare_digest(generator.at(step), code):
            return step
    return None


def _use_code_of_slip(user: User, place: int, code: str) -> None:
    row = RecoveryCode.get_or_none(RecoveryCode.user == user, RecoveryCode.place == place)
    if row is None or not accounts.matches(row.code_hash, code):
        raise Problem(FIELD, "wrong", _WRONG)
    unused = RecoveryCode.update(used_at=utc_now()).where(RecoveryCode.id == row.id)
    with writing():
        if unused.where(RecoveryCode.used_at.is_null()).execute():
            audit.record("account.recovery_code", by=user, subject=f"user {user.id}")
            return
    sentence = "Mã dự phòng này đã dùng rồi. Mỗi mã chỉ dùng một lần: hãy dùng mã khác trên phiếu."
    raise Problem(FIELD, "used", sentence)


def _fresh_codes() -> list[str]:
    codes = []
    for place in range(MOST_RECOVERY_CODES):
        letters = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
        codes.append(f"{place}{letters}")
    return codes


def _keep_codes(user: User, hashes: list[str]) -> None:
    RecoveryCode.delete().where(RecoveryCode.user == user).execute()
    for place, code_hash in enumerate(hashes):
        RecoveryCode.create(user=user, place=place, code_hash=code_hash)


def _name(user: User) -> str:
    """Sealed under this name: the secret of one account opens no other."""
    return f"second_step.{user.id}"
