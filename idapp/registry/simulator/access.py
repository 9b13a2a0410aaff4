"""Who may call the simulator: the signature of way in A, the token of way in B, the key of a gateway."""

import base64
import hashlib
import hmac
import secrets
import threading
import time
from collections.abc import Mapping

from idapp.registry.protocol import lgsp_header
from idapp.registry.simulator.rules import Access
from idapp.registry.vocabulary import RegistryConfig


class Door:
    """Holds the tokens given out. ``headers`` are looked up in lower case."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tokens: dict[str, float] = {}

    def admits(self, headers: Mapping[str, str], access: Access, now: float) -> bool:
        if access.mode == "signature":
            return signed(headers, access, now)
        if access.mode == "lgsp":
            token = headers.get("authorization", "").removeprefix("Bearer ")
            with self._lock:
                alive = self._tokens.get(token, 0) > time.monotonic()
            return alive and _knows_lgsp(headers, access)
        return not access.api_key or hmac.compare_digest(headers.get("apikey", "").encode(), access.api_key.encode())

    def token(self, body: bytes, headers: Mapping[str, str], access: Access) -> str:
        """A new token, or "" for a stranger."""
        if body != b"grant_type=client_credentials" or not _knows_lgsp(headers, access):
            return ""
        token = secrets.token_hex(16)
        with self._lock:
            self._tokens[token] = time.monotonic() + access.token_life_s
        return token

    def revoke(self) -> None:
        with self._lock:
            self._tokens.clear()


def signed(headers: Mapping[str, str], access: Access, now: float) -> bool:
    """Basic user and SHA-256, and a timestamp that is neither old nor from the future."""
    stamp = headers.get("timestamp", "")
    try:
        kind, _, text = headers.get("authorization", "").partition(" ")
        user, _, digest = base64.b64decode(text, validate=True).decode().partition(":")
        seconds = int(stamp) / (1000 if access.timestamp == "ms" else 1)
    except ValueError:
        return False
    wanted = hashlib.sha256((access.hash_path + access.user + stamp + access.secret).encode()).hexdigest()
    right = hmac.compare_digest(f"{user}:{digest}".encode(), f"{access.user}:{wanted}".encode())
    return kind == "Basic" and right and abs(now - seconds) <= access.tolerance_s


def _knows_lgsp(headers: Mapping[str, str], access: Access) -> bool:
    config = RegistryConfig(
        "",
        user=access.user,
        secret=access.secret,
        app_name=access.app_name,
        partner_code=access.partner_code,
        partner_code_cus=access.partner_code_cus,
    )
    wanted = lgsp_header(config)["lgspaccesstoken"]
    return hmac.compare_digest(headers.get("lgspaccesstoken", "").encode(), wanted.encode())
