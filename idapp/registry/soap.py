"""The population database over the network, in its three ways in: direct (A), provincial exchange (B), gateway (D).

One question is one HTTP call; only way B may call twice, when its token has expired: a refused call was not processed.
"""

import json
import logging
import re
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from idapp.registry import protocol
from idapp.registry.transport import Reply, Transport
from idapp.registry.vocabulary import Answer, Outcome, Question, RegistryConfig

_log = logging.getLogger("idapp.registry")
_STOPS = {
    "certificate": "Không xác minh được chứng chỉ bảo mật của dịch vụ, nên chưa hồ sơ nào được "
    "gửi. Hãy báo cán bộ kỹ thuật kiểm tra địa chỉ kết nối và chứng chỉ, rồi gửi lại.",
    "plain_http": "Địa chỉ kết nối không được mã hóa (phải bắt đầu bằng https://), nên chưa hồ sơ "
    "nào được gửi. Hãy sửa địa chỉ trong phần cài đặt, rồi gửi lại.",
    "bad_address": "Địa chỉ kết nối tới Cơ sở dữ liệu quốc gia về dân cư chưa đúng, nên chưa hồ "
    "sơ nào được gửi. Hãy sửa địa chỉ trong phần cài đặt, rồi gửi lại.",
    "token_refused": "Trục tích hợp (LGSP) không cấp mã truy cập cho trường. "
    "Hãy kiểm tra khóa kết nối trong phần cài đặt, rồi gửi lại.",
}


class SoapConnector:
    """Answers at once; ``collect`` has nothing to add. Made, it has connected to nothing yet: a wrong address or
    certificate shows in the first answer, as ``not_permitted``."""

    def __init__(self, config: RegistryConfig) -> None:
        self._config = config
        self._transport = Transport(config)
        self._token = _Token(config, self._transport)

    def ask(self, question: Question) -> Answer:
        wrong = protocol.own_check(question)
        if wrong:
            return Answer(question.item, question.request_code, "rejected", wrong)
        answer = self._answer(question, self._send(question))
        _log.info("request %s: %s %s", answer.request_code, answer.outcome, answer.reason)
        return answer

    def collect(self, items: Sequence[int]) -> Iterable[Answer]:
        return ()

    def close(self) -> None:
        self._transport.close()

    def _send(self, question: Question) -> Reply:
        if self._config.auth != "lgsp":
            headers = (
                protocol.signature_headers(self._config, time.time())
                if self._config.auth == "signature"
                else {}
            )
            return self._post(question, headers)
        used = self._token.current()
        reply = self._post(question, used.headers) if used.headers else used.refusal
        if reply.status == 401 and used.headers:
            used = self._token.current(instead_of=used)
            reply = self._post(question, used.headers) if used.headers else used.refusal
        return reply

    def _post(self, question: Question, headers: dict[str, str]) -> Reply:
        optional = {"X-Road-Client": self._config.x_road_client, "ApiKey": self._config.api_key}
        gateway = self._config.auth == "gateway"
        write = protocol.gateway_request if gateway else protocol.envelope
        headers = {
            "Content-Type": "application/json" if gateway else "application/xml",
            **{name: value for name, value in optional.items() if value},
            **headers,
        }
        return self._transport.post(self._config.url, write(question, self._config), headers)

    def _answer(self, question: Question, reply: Reply) -> Answer:
        if reply.trouble:
            sentence = _STOPS.get(reply.trouble, "")
            outcome: Outcome = "not_permitted" if sentence else "unanswered"
            answer = Answer(
                question.item, question.request_code, outcome, reply.trouble, sentence=sentence
            )
        else:
            answer = protocol.read_answer(
                reply.body, reply.content_type, reply.status, question, self._config
            )
        return replace(
            answer, retry_after=protocol.retry_after(reply.retry_after, datetime.now(UTC))
        )


class _Held:
    """A token in the form of the headers that carry it, or why there is none."""

    def __init__(self, headers: dict[str, str] | None, refusal: Reply, until: float = 0) -> None:
        self.headers, self.refusal, self.until = headers, refusal, until


class _Token:
    """The provincial exchange's token: asked for once, shared by all threads, renewed when refused or about to end."""

    def __init__(self, config: RegistryConfig, transport: Transport) -> None:
        self._config, self._transport = config, transport
        self._lock = threading.Lock()
        self._held = _Held(None, Reply())
        self._rounds = 0

    def current(self, *, instead_of: _Held | None = None) -> _Held:
        rounds = self._rounds
        with self._lock:
            held = self._held
            # One thread asks; those that waited meanwhile take what it got, a refusal too, instead of queueing to ask.
            stale = not held.headers or held is instead_of or time.monotonic() >= held.until
            if stale and rounds == self._rounds:
                self._held = held = self._fetch()
                self._rounds += 1
            return held

    def _fetch(self) -> _Held:
        who = protocol.lgsp_header(self._config)
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
            **who,
        }
        reply = self._transport.post(
            self._config.token_url, b"grant_type=client_credentials", headers
        )
        if reply.trouble:
            return _Held(None, reply)
        if reply.status in (400, 401, 403):
            return _Held(None, Reply(trouble="token_refused"))
        token, seconds = _token_in(reply)
        if not token:
            return _Held(None, Reply(trouble="token", retry_after=reply.retry_after))
        return _Held(
            {"Authorization": f"Bearer {token}", **who}, Reply(), time.monotonic() + seconds
        )


def _token_in(reply: Reply) -> tuple[str, float]:
    """The token, "" when the answer holds none, and how long to use it: half a minute less than promised."""
    try:
        content = json.loads(reply.body) if reply.status == 200 else None
    except (ValueError, RecursionError):
        content = None
    content = content if isinstance(content, dict) else {}
    token, promised = content.get("access_token"), content.get("expires_in")
    if not isinstance(token, str) or not re.fullmatch("[!-~]{1,8000}", token):
        return "", 0
    seconds = float(promised) if isinstance(promised, int) and 0 < promised < 10**9 else 3600.0
    return token, max(seconds - 30, seconds / 2)
