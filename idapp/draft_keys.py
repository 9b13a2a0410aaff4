"""Keys of the texts that wait in a browser until the server has them (``static/sealing.js``).

What somebody typed must outlive a closed page, a flat battery and a session that has run out; nobody else who sits down
at the machine may read it; and nothing of it may be left when its owner signs out. So the key hangs on neither the
session nor the browser alone. It is made of three things that lie in three places: this installation's secret, a salt
in the database for each user on each device, and the number in the device's cookie. It comes with the page, to this
user on this device only, and is never kept in the browser.

    the session runs out     the salt stays: who signs in again on this device finds the typed texts
    the user signs out       the salt goes: what might be left in the browser, or on its disk, is noise
    the account is locked    likewise, on all devices
    nobody comes back        the salt goes after ``KEPT_FOR``
"""

import hashlib
import hmac
import secrets
from datetime import timedelta

from idapp.database import writing
from idapp.models import DraftKey, User, utc_now
from idapp.settings import Settings

KEPT_FOR = timedelta(days=30)
_USED_STEP = timedelta(days=1)  # noted once a day


def key_of(user: User, device: str, settings: Settings) -> str:
    """64 hexadecimal digits; made when first asked for. ``device``: "" for a browser that does not say its number."""
    stored = _stored(user, device)
    if stored is None:
        with writing():
            # two pages may open at once
            values = {"user": user, "device_hash": _hash(device), "salt": secrets.token_hex(32)}
            DraftKey.insert(values).on_conflict_ignore().execute()
        stored = _stored(user, device)
    elif utc_now() - stored.used_at > _USED_STEP:
        with writing():
            DraftKey.update(used_at=utc_now()).where(DraftKey.id == stored.id).execute()
    salt = "" if stored is None else stored.salt
    return _derived(settings, salt, device, user)


def forget(user: User, device: str) -> None:
    """What waits on this device is unreadable from now on. In the caller's transaction or without one."""
    DraftKey.delete().where(DraftKey.user == user, DraftKey.device_hash == _hash(device)).execute()


def unused() -> object:
    """The condition for keys of texts that nobody came back for."""
    return DraftKey.used_at < utc_now() - KEPT_FOR


def _stored(user: User, device: str) -> DraftKey | None:
    return DraftKey.get_or_none(DraftKey.user == user, DraftKey.device_hash == _hash(device))


def _derived(settings: Settings, salt: str, device: str, user: User) -> str:
    words = f"unsaved texts {salt} {device} {user.id}"
    return hmac.new(settings.secret_key.encode(), words.encode(), hashlib.sha256).hexdigest()


def _hash(device: str) -> str:
    return hashlib.sha256(device.encode()).hexdigest()
