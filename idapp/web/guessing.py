"""How often a password may be guessed, without locking out those who know theirs.

A whole school sits behind one address, and a pupil with a script sits there too. So failures are counted

- by account and place (a known device, else the address): ten in ten minutes;
- by account, over all unknown devices: a hundred in an hour, against guessing from many addresses;
- by address: after 200 in ten minutes each account has only three tries left from there. The right password of an
  account that nobody has tried still opens, however many others were tried.

A device that has signed in to this account before stands aside of what strangers do (``known_devices``; OWASP, "Slow
down online guessing attacks with device cookies"). Names that do not exist are counted like those that do.

Counted in the memory of the one process that serves the pages, whose restart forgives; for several of them in Redis
(``shared_counts``).
"""

from __future__ import annotations

import ipaddress
import math
import time
from dataclasses import dataclass

from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute

from idapp import accounts, second_step
from idapp.models import User
from idapp.rules.folding import tidy
from idapp.rules.problem import Problem
from idapp.settings import current
from idapp.web import known_devices, shared_counts

limiter = Limiter(get_remote_address, storage_uri=shared_counts.ADDRESS, strategy="moving-window")

BY_PLACE = RateLimitItemPerMinute(10, 10)
BY_ACCOUNT = RateLimitItemPerHour(100)
BY_ADDRESS = RateLimitItemPerMinute(200, 10)
IN_A_FLOOD = RateLimitItemPerMinute(3, 10)
_LONGEST_NAME = 80  # what is longer is no name of anybody, and is not kept


@dataclass(frozen=True)
class Attempt:
    """Somebody tries the password of an account; ``device`` is "" where this browser never signed in to it."""

    username: str
    address: str
    device: str

    def seconds_to_wait(self) -> int:
        """Until the next try; 0 where it may be now."""
        waits = [_seconds_to_wait(limit, key) for limit, key in self._what_holds()]
        return max(waits)

    def has_failed(self) -> None:
        """Count it."""
        for limit, key in self._what_counts():
            limiter.limiter.hit(limit, *key)

    def _what_holds(self) -> list[tuple[RateLimitItem, tuple[str, ...]]]:
        if self.device:
            return [(BY_PLACE, self._place())]
        limits: list[tuple[RateLimitItem, tuple[str, ...]]] = [
            (BY_PLACE, self._place()),
            (BY_ACCOUNT, ("account", self.username)),
        ]
        if not limiter.limiter.test(BY_ADDRESS, "address", self.address):
            limits.append((IN_A_FLOOD, self._place()))
        return limits

    def _what_counts(self) -> list[tuple[RateLimitItem, tuple[str, ...]]]:
        if self.device:
            return [(BY_PLACE, self._place())]
        return [
            (BY_PLACE, self._place()),
            (BY_ACCOUNT, ("account", self.username)),
            (BY_ADDRESS, ("address", self.address)),
            (IN_A_FLOOD, self._place()),
        ]

    def _place(self) -> tuple[str, ...]:
        if self.device:
            return ("device", self.username, self.device)
        return ("place", self.username, self.address)


def attempt_of(username: str) -> Attempt:
    """What this request tries, with the name as it is stored."""
    stored_name = tidy(username).lower()[:_LONGEST_NAME]
    address = _network_of(get_remote_address())
    return Attempt(stored_name, address, known_devices.device_for(stored_name))


def sentence_to_wait(seconds: int) -> str:
    """What to tell somebody who must wait.

    >>> sentence_to_wait(1), sentence_to_wait(599)
    ('Đã thử quá nhiều lần. Hãy đợi 1 phút rồi thử lại.', 'Đã thử quá nhiều lần. Hãy đợi 10 phút rồi thử lại.')
    """
    return f"Đã thử quá nhiều lần. Hãy đợi {math.ceil(seconds / 60)} phút rồi thử lại."


def check_password_of(user: User, password: str, field: str) -> None:
    """Is it the password of whoever is signed in? Raises Problem where it is not, and after too many tries."""
    attempt = attempt_of(user.username)
    seconds = attempt.seconds_to_wait()
    if seconds:
        raise Problem(field, "too_often", sentence_to_wait(seconds))
    if accounts.user_with_password(user.username, password) is None:
        attempt.has_failed()
        raise Problem(field, "wrong", "Mật khẩu đang dùng chưa đúng. Hãy nhập lại.")


def check_code_of(user: User, code: str) -> None:
    """Use up a code, counted with the wrong passwords of the account. Raises Problem."""
    attempt = attempt_of(user.username)
    seconds = attempt.seconds_to_wait()
    if seconds:
        raise Problem("code", "too_often", sentence_to_wait(seconds))
    try:
        second_step.check(user, code, current())
    except Problem:
        attempt.has_failed()
        raise


def _seconds_to_wait(limit: RateLimitItem, key: tuple[str, ...]) -> int:
    if limiter.limiter.test(limit, *key):
        return 0
    window = limiter.limiter.get_window_stats(limit, *key)
    return max(1, math.ceil(window.reset_time - time.time()))


def _network_of(address: str) -> str:
    """One household or school has a whole /64 of IPv6 addresses: they count as one.

    >>> _network_of("2001:db8::1:2:3:4"), _network_of("192.0.2.7"), _network_of("")
    ('2001:db8::', '192.0.2.7', '')
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    return str(ipaddress.ip_network((address, 64), strict=False).network_address)
