"""Where failures are counted (``guessing``): in this process, or for all processes of a larger installation in Redis.

With `REDIS_URL` several processes may serve the pages, on several machines; a guesser must not get ten tries from each
of them. What is counted bears names of accounts and addresses: Redis gets a keyed hash of them, no personal data.
While Redis is away each process counts for itself, and nobody is kept from signing in.
"""

import hashlib
import hmac
import logging
from typing import Any

from limits.storage import MemoryStorage, RedisStorage, Storage
from limits.storage.base import MovingWindowSupport
from redis.exceptions import RedisError

from idapp import jobs
from idapp.settings import current

log = logging.getLogger(__name__)
ADDRESS = "idapp://"  # by which Flask-Limiter finds this storage
_PREFIX = "idapp:tries"


class SharedCounts(Storage, MovingWindowSupport):
    """Asks Redis where there is one for all processes, else this process's memory."""

    STORAGE_SCHEME = ["idapp"]  # noqa: RUF012 (as its base has it)
    base_exceptions = RedisError

    def __init__(self, uri: str | None = None, **options: Any) -> None:
        super().__init__(uri, **options)
        self._own = MemoryStorage()
        self._shared: tuple[str, RedisStorage] | None = None

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count one more; False where the limit is reached."""
        return bool(self._ask("acquire_entry", key, limit, expiry, amount))

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        """Since when is counted, and how many there are."""
        return self._ask("get_moving_window", key, limit, expiry)

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """For a strategy of Flask-Limiter that is not used here."""
        return int(self._ask("incr", key, expiry, amount))

    def get(self, key: str) -> int:
        """As ``incr``."""
        return int(self._ask("get", key))

    def get_expiry(self, key: str) -> float:
        """As ``incr``."""
        return float(self._ask("get_expiry", key))

    def clear(self, key: str) -> None:
        """Forget what was counted under this key."""
        self._ask("clear", key)

    def check(self) -> bool:
        """There is always a place to count."""
        return True

    def reset(self) -> int | None:
        """Forget everything that was counted in this process."""
        return self._own.reset()

    def _ask(self, question: str, key: str, *values: Any) -> Any:
        shared = self._redis()
        if shared is not None:
            try:
                return getattr(shared, question)(_without_names(key), *values)
            except RedisError as error:
                log.warning("failures are counted by process: %s", type(error).__name__)
        return getattr(self._own, question)(key, *values)

    def _redis(self) -> RedisStorage | None:
        settings = current()
        if not settings.redis_url:
            return None
        if self._shared is None or self._shared[0] != settings.redis_url:
            pool = jobs.redis_of(settings).connection_pool
            storage = RedisStorage(settings.redis_url, connection_pool=pool, key_prefix=_PREFIX)
            self._shared = (settings.redis_url, storage)
        return self._shared[1]


def _without_names(key: str) -> str:
    """What stands in Redis: the same for all processes of an installation, and nobody can read from it who it was."""
    secret = current().secret_key.encode()
    return hmac.new(secret, key.encode(), hashlib.sha256).hexdigest()
