"""Who may call the simulator: the signature of way in A, the token of way in B, the key of a gateway."""

import base64
import hashlib
import hmac
import secrets
import threading
import time
from collections.abc import Mapping

from idapp.registry.protocol import lgsp_header
from idapp.registry.simulator.requests import ReadRequest
from idapp.registry.simulator.rules import Access
from idapp.registry.vocabulary import RegistryConfig


class Authenticator:
    """Holds the tokens given out. ``headers`` are looked up in lower case."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tokens: dict[str, float] = {}

    def admits(self, headers: Mapping[str, str], access: Access, now: float) -> bool:
        """Does the caller prove what ``access`` wants? ``now``: seconds of the wall clock, for signatures."""
        if not all(_same(headers.get(name, ""), wanted) for name, wanted in _optional(access)):
            return False
        if access.mode == "signature":
            return signed(headers, access, now)
        if access.mode == "lgsp":
            token = headers.get("authorization", "").removeprefix("Bearer ")
            with self._lock:
                alive = self._tokens.get(token, 0) > time.monotonic()
            # the exchange wants its own header beside the token
            return alive and _knows_lgsp(headers, access)
        return True

    def token(self, body: bytes, headers: Mapping[str, str], access: Access) -> str:
        """A new token, or "" for a stranger."""
        if body != b"grant_type=client_credentials" or not _knows_lgsp(headers, access):
            return ""
        token = secrets.token_hex(16)
        with self._lock:
            self._tokens[token] = time.monotonic() + access.token_life_s
        return token

    def revoke(self) -> None:
        """No token that was given out so far is worth anything."""
        with self._lock:
            self._tokens.clear()


def refusal(request: ReadRequest, access: Access) -> str:
    """The fault that tells a caller what it has no license for, or "".

    >>> refusal(ReadRequest("1", "037", "", "", "", False, procedure="X"), Access(procedure="Y"))
    'error_004'
    """
    if access.procedure and request.procedure != access.procedure:
        return "error_004"
    if access.officer and request.officer != access.officer:
        return "error_005"
    if access.unit and request.unit != access.unit:
        return "error_005"
    return ""


def signed(headers: Mapping[str, str], access: Access, now: float) -> bool:
    """Basic user and SHA-256, and a timestamp that is neither old nor from the future."""
    stamp = headers.get("timestamp", "")
    try:
        kind, _, text = headers.get("authorization", "").partition(" ")
        user, _, digest = base64.b64decode(text, validate=True).decode().partition(":")
        seconds = float(int(stamp))
    except ValueError:
        return False
    if access.timestamp == "ms":
        seconds /= 1000
    # the stamp as it was sent: read as a number and written again it could be another text
    signed_text = access.hash_path + access.user + stamp + access.secret
    wanted = hashlib.sha256(signed_text.encode()).hexdigest()
    is_right = _same(f"{user}:{digest}", f"{access.user}:{wanted}")
    return kind == "Basic" and is_right and abs(now - seconds) <= access.tolerance_s


def _optional(access: Access) -> list[tuple[str, str]]:
    wanted = (("apikey", access.api_key), ("x-road-client", access.x_road_client))
    return [(name, value) for name, value in wanted if value]


def _same(given: str, wanted: str) -> bool:
    # as bytes: of texts it compares ASCII only, and a header may hold anything
    return hmac.compare_digest(given.encode(), wanted.encode())


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
    return _same(headers.get("lgspaccesstoken", ""), wanted)
