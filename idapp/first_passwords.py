"""First passwords: readable, made here, shown on paper once.

**How "once" works.** The database knows a password only as its argon2 hash. What the sheet shows is kept beside it,
encrypted (AES-256-GCM) with a key that is nowhere but in a cookie of the browser that made the accounts, for an hour
at most. So a copy of the database or a backup opens nothing; nor does that cookie without the session of the same
user; nor any other browser, of whomever. Until the sheet is printed it may be opened again, because printers jam and
pages are reloaded; looking changes nothing. A slip is dead as soon as its password is: it is bound to the hash that
was stored with it, so whoever has chosen an own password, or got another first one, is on no sheet any more. And
pressing "printed", or the hour, ends the sheet for good. If all is lost, new first passwords cost one click.

**How strong they are.** Three of 167 syllables and three of eight digits are 31 bits: little against a stolen hash,
ample against guessing at the door (ten attempts in ten minutes) until the owner's first sign-in, which must replace
it.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from idapp import accounts
from idapp.database import writing
from idapp.models import PasswordSheet, User, utc_now
from idapp.rules.problem import Problem

KEPT_FOR = timedelta(hours=1)
_NONCE = 12
# without l and o; the digits without 0 and 1: nothing on paper looks like something else
_SYLLABLES = """
    ba banh bau bay ben bi bien binh bung buum buc buu cam can canh cau cay che chanh chu cua cuc
    cung dan dat dau day de den diem dinh dua duc dung em ga gan ganh gau ghe gia giang giau gieng
    gu gung ha hai ham han hat hen hien hinh hu hung huu huyen ke kem ken khe khi khu kien kim ky
    mai mam man mat may me men minh mit mua mun muc mung na nam nang nau ne nem nghe nghi nha nhac
    nhan nhi nu nui nhu nut pha phan phi phu phuc que quan quen quy ra ram ran rau re ren ri ru
    rung sa sach sam san sang sau se sen si su sung ta tam tan tau tay te ten tham thang the thi
    thu thuyen tia tien tim tinh tra trang tre tu tung tuyet va vai vang ve vi vu vung vuc xa xam
    xanh xe xem xinh xua xuan xuc y yen
""".split()  # noqa: SIM905
_DIGITS = "23456789"


@dataclass(frozen=True)
class FirstPassword:
    """What stands on one slip."""

    user: User
    password: str


def readable(username: str = "") -> str:
    """A new password to be read from paper, such as `tre-xanh-cau-472`; one that its owner could choose too."""
    while True:
        words = [secrets.choice(_SYLLABLES) for _ in range(3)]
        number = "".join(secrets.choice(_DIGITS) for _ in range(3))
        password = "-".join([*words, number])
        if _is_fit(password, username):
            return password


def _is_fit(password: str, username: str) -> bool:
    if username and username in password:
        return False
    try:
        accounts.check_password(password, username)
    except Problem:
        return False
    return True


def new_key() -> str:
    """A key for the cookie of one browser: 256 bits as hexadecimal digits."""
    return secrets.token_hex(32)


def keep(passwords: Iterable[FirstPassword], key: str, *, by: User) -> None:
    """Keep these for the sheet of this browser; in the caller's transaction. Sheets that are over go on the way.

    The users are read again: their hashes must be those of these passwords.
    """
    entries = [
        [given.user.id, given.password, _mark(User.get_by_id(given.user.id))] for given in passwords
    ]
    nonce = secrets.token_bytes(_NONCE)
    plain = json.dumps(entries).encode()
    sealed = nonce + AESGCM(bytes.fromhex(key)).encrypt(nonce, plain, _bound_to(by))
    with writing():
        forget_old()
        PasswordSheet.create(maker=by, sealed=sealed.hex())


def waiting(key: str, *, by: User) -> list[FirstPassword]:
    """What this browser has not printed yet, in the order in which it was made; empty with any other key."""
    entries: dict[int, FirstPassword] = {}
    fresh = PasswordSheet.made_at > utc_now() - KEPT_FOR
    sheets = PasswordSheet.select().where(PasswordSheet.maker == by, fresh)
    for sheet in sheets.order_by(PasswordSheet.id):
        for user_id, password, mark in _opened(sheet, key, by):
            user = User.get_or_none(User.id == user_id, ~User.disabled)
            if user is not None and _mark(user) == mark:
                entries[user.id] = FirstPassword(user, password)
    return list(entries.values())


def forget(*, by: User) -> None:
    """The sheet is printed: nobody can open it any more."""
    with writing():
        PasswordSheet.delete().where(PasswordSheet.maker == by).execute()


def forget_old() -> None:
    """Delete the sheets whose hour is over."""
    is_over = PasswordSheet.made_at <= utc_now() - KEPT_FOR
    if PasswordSheet.select().where(is_over).exists():  # mostly not: then no lock is taken
        with writing():
            PasswordSheet.delete().where(is_over).execute()


def reset(user: User, key: str, *, by: User) -> FirstPassword:
    """A new first password for somebody, on the sheet of this browser; the one of before opens nothing."""
    password = readable(user.username)
    hashed = accounts.hash_password(password)
    with writing():
        accounts.set_password_hash(user, hashed, handed_out=True, by=by)
        given = FirstPassword(user, password)
        keep([given], key, by=by)
    return given


def _opened(sheet: PasswordSheet, key: str, by: User) -> list[tuple[int, str, str]]:
    try:
        sealed = bytes.fromhex(sheet.sealed)
        cipher = AESGCM(bytes.fromhex(key))
        plain = cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], _bound_to(by))
    except (InvalidTag, ValueError):  # another browser's sheet, or a cookie that is no key
        return []
    return [(user_id, password, mark) for user_id, password, mark in json.loads(plain)]


def _mark(user: User) -> str:
    """Another hash, another mark."""
    return sha256(user.password_hash.encode()).hexdigest()


def _bound_to(user: User) -> bytes:
    return f"first passwords of user {user.id}".encode()
