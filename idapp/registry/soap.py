"""The population database over the network, in its three ways in: direct (A), provincial exchange (B), gateway (D).

One question is one HTTP call; only way B may call twice, when its token has expired: a refused call was not processed.
"""

import json
import logging
import re
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
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
        self._tokens = _TokenSource(config, self._transport)

    def ask(self, question: Question) -> Answer:
        """One attempt, at most two calls; never raises."""
        wrong = protocol.own_check(question)
        if wrong:
            return Answer(question.item, question.request_code, "rejected", wrong)
        answer = self._answer(question, self._send(question))
        _log.info("request %s: %s %s", answer.request_code, answer.outcome, answer.reason)
        return answer

    def collect(self, items: Sequence[int]) -> Iterable[Answer]:
        """Nothing: every answer came from ``ask``."""
        return ()

    def close(self) -> None:
        """Lets go of the connections that were kept open."""
        self._transport.close()

    def _send(self, question: Question) -> Reply:
        if self._config.auth == "lgsp":
            return self._send_with_token(question)
        if self._config.auth == "signature":
            # signed anew for each question: the service takes a signature for a few minutes only
            return self._post(question, protocol.signature_headers(self._config, time.time()))
        return self._post(question, {})

    def _send_with_token(self, question: Question) -> Reply:
        token = self._tokens.current()
        if token.headers is None:
            return token.refusal
        reply = self._post(question, token.headers)
        if reply.status != 401:
            return reply
        # the token has expired, so the call was not processed: it may be made again
        token = self._tokens.current(instead_of=token)
        if token.headers is None:
            return token.refusal
        return self._post(question, token.headers)

    def _post(self, question: Question, headers: dict[str, str]) -> Reply:
        """``headers``: those that prove who asks."""
        if self._config.auth == "gateway":
            content_type = "application/json"
            body = protocol.gateway_request(question, self._config)
        else:
            content_type = "application/xml"
            body = protocol.envelope(question, self._config)
        optional = {"X-Road-Client": self._config.x_road_client, "ApiKey": self._config.api_key}
        given = {name: value for name, value in optional.items() if value}
        headers = {"Content-Type": content_type, **given, **headers}
        return self._transport.post(self._config.url, body, headers)

    def _answer(self, question: Question, reply: Reply) -> Answer:
        if reply.trouble:
            answer = _no_answer(question, reply.trouble)
        else:
            answer = protocol.read_answer(
                reply.body, reply.content_type, reply.status, question, self._config
            )
        seconds = protocol.retry_after(reply.retry_after, datetime.now(UTC))
        return replace(answer, retry_after=seconds, detail=reply.detail)


def _no_answer(question: Question, trouble: str) -> Answer:
    """For a call without a whole HTTP answer; ``trouble`` as of a ``Reply``."""
    sentence = _STOPS.get(trouble, "")
    outcome: Outcome = "unanswered"
    if sentence:
        outcome = "not_permitted"
    return Answer(question.item, question.request_code, outcome, trouble, sentence=sentence)


@dataclass(frozen=True)
class _Token:
    """A token in the form of the headers that carry it, or why there is none. ``until`` by the monotonic clock."""

    headers: dict[str, str] | None
    refusal: Reply
    until: float = 0


class _TokenSource:
    """The provincial exchange's token: asked for once, shared by all threads, renewed when refused or about to end."""

    def __init__(self, config: RegistryConfig, transport: Transport) -> None:
        self._config = config
        self._transport = transport
        self._lock = threading.Lock()
        self._token = _Token(None, Reply())
        self._rounds = 0

    def current(self, *, instead_of: _Token | None = None) -> _Token:
        """A token to call with; asks for another one if the service has refused ``instead_of``."""
        rounds = self._rounds
        with self._lock:
            # One thread asks; those that waited meanwhile take what it got, a refusal too,
            # instead of queueing to ask.
            if self._is_stale(instead_of) and rounds == self._rounds:
                self._token = self._fetch()
                self._rounds += 1
            return self._token

    def _is_stale(self, refused: _Token | None) -> bool:
        token = self._token
        return token.headers is None or token is refused or time.monotonic() >= token.until

    def _fetch(self) -> _Token:
        who = protocol.lgsp_header(self._config)
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
            **who,
        }
        body = b"grant_type=client_credentials"
        reply = self._transport.post(self._config.token_url, body, headers)
        if reply.trouble:
            return _Token(None, reply)
        if reply.status in (400, 401, 403):
            return _Token(None, Reply(trouble="token_refused"))
        token, seconds = _token_in(reply)
        if not token:
            return _Token(None, Reply(trouble="token", retry_after=reply.retry_after))
        headers = {"Authorization": f"Bearer {token}", **who}
        return _Token(headers, Reply(), time.monotonic() + seconds)


def _token_in(reply: Reply) -> tuple[str, float]:
    """The token, "" when the answer holds none, and how long to use it: half a minute less than promised."""
    if reply.status != 200:
        return "", 0
    try:
        content = json.loads(reply.body)
    except (ValueError, RecursionError):
        return "", 0
    if not isinstance(content, dict):
        return "", 0
    token = content.get("access_token")
    # it becomes a header: no line break, nothing endless
    if not isinstance(token, str) or not re.fullmatch("[!-~]{1,8000}", token):
        return "", 0
    seconds = 3600.0
    promised = content.get("expires_in")
    if isinstance(promised, int) and 0 < promised < 10**9:
        seconds = float(promised)
    return token, max(seconds - 30, seconds / 2)
