"""Rehearsing trouble: what a page may tell the simulator to do. Only a simulator on this machine is ever spoken to.

The real service is never asked any of this: a server that does not name itself as the simulator gets one ``GET``, and
nothing more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import urllib3

from idapp.registry.simulator.behaviour import RESET
from idapp.settings import LOOPBACK, Settings

_SECONDS = 2.0
_LAST = 8
_ONE_MINUTE = {"after_s": 0, "for_s": 60}
# takes away what an earlier scenario has set
_CALM: dict[str, Any] = {"outage": {"for_s": 0}, "shares": {}, "per_second": 0}


@dataclass(frozen=True)
class Scenario:
    """One thing to rehearse: a button."""

    name: str
    words: str
    means: str
    rules: Mapping[str, Any]
    danger: bool = True


SCENARIOS = (
    Scenario(
        "outage",
        "Mất mạng 60 giây",
        "Dịch vụ cắt mọi kết nối trong một phút, rồi trở lại như trước.",
        {"outage": {**_ONE_MINUTE, "fault": "drop"}},
    ),
    Scenario(
        "slow",
        "20 % trả lời chậm",
        "Cứ năm câu hỏi thì một câu phải chờ 4 giây.",
        {**_CALM, "shares": {"slow": 0.2}, "slow_ms": 4000},
    ),
    Scenario(
        "fault",
        "Trả lời lỗi 500",
        "Câu nào dịch vụ cũng báo lỗi, cho đến khi bấm nút bình thường.",
        {**_CALM, "shares": {"fault_500": 1.0}},
    ),
    Scenario("usual", "Bình thường trở lại", "Bỏ mọi sự cố đang tập.", RESET, danger=False),
    Scenario(
        "login",
        "Trang đăng nhập",
        "Mạng của trường đòi đăng nhập: dịch vụ trả về một trang web.",
        {**_CALM, "shares": {"html_200": 1.0}},
    ),
    Scenario(
        "busy",
        "Quá đông người hỏi",
        "Dịch vụ chỉ nhận 2 câu hỏi mỗi giây, quá thì bảo chờ (429).",
        {**_CALM, "per_second": 2, "retry_after": "2"},
    ),
    Scenario(
        "stranger",
        "Trả lời nhầm người",
        "Cứ mười câu thì một câu trả lời về người khác.",
        {**_CALM, "shares": {"wrong_person": 0.1}},
    ),
    Scenario(
        "license",
        "Hết phép khai thác",
        "Dịch vụ báo thủ tục chưa được cấp phép (mã 004): đợt xác thực dừng hẳn.",
        {**_CALM, "shares": {"error_004": 1.0}},
    ),
)
SCENARIO_BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}


class Rehearsal:
    """A line to the simulator behind `REGISTRY_URL`; ``None`` from its verbs: it does not answer."""

    def __init__(self, origin: str) -> None:
        self._origin = origin

    def state(self) -> dict[str, Any] | None:
        """Rules, counts and the newest calls, newest first. No number, no name, no secret is in there."""
        rules = self._get("/rules")
        log = self._get(f"/log?last={_LAST}")
        if rules is None or log is None:
            return None
        return {"rules": rules, "counts": log, "calls": list(reversed(log.get("log", [])))}

    def play(self, scenario: Scenario) -> bool:
        """True when the simulator took it."""
        if self._get("/rules") is None:
            return False
        answer = self._ask("POST", "/rules", json=dict(scenario.rules))
        return answer is not None and answer.status == 200

    def correct(self, numbers: Sequence[str]) -> bool:
        """The police have corrected the register about exactly these people. True when the simulator took it."""
        if self._get("/rules") is None:
            return False
        answer = self._ask("POST", "/rules", json={"corrected": list(numbers)})
        return answer is not None and answer.status == 200

    def _get(self, path: str) -> dict[str, Any] | None:
        answer = self._ask("GET", path)
        # only the simulator calls itself so: whoever does not is asked nothing more
        if answer is None or answer.status != 200 or answer.headers.get("Server") != "simulator":
            return None
        try:
            content = answer.json()
        except ValueError:
            return None
        if not isinstance(content, dict):
            return None
        return content

    def _ask(self, method: str, path: str, **more: Any) -> urllib3.BaseHTTPResponse | None:
        try:
            return urllib3.request(
                method,
                self._origin + path,
                timeout=_SECONDS,
                retries=False,
                redirect=False,
                headers={"Content-Type": "application/json"},
                **more,
            )
        except (urllib3.exceptions.HTTPError, OSError):
            return None


def rehearsal_of(settings: Settings) -> Rehearsal | None:
    """Only in the demo, and only a service on this machine; else None."""
    if not settings.demo or settings.registry_mode != "soap":
        return None
    try:
        url = urlsplit(settings.registry.get("REGISTRY_URL", ""))
        origin = f"{url.scheme}://{url.netloc}"
        # the simulator of the demo never has a user in its address
        is_here = url.scheme == "http" and url.hostname in LOOPBACK and not url.username
    except ValueError:
        return None
    if not is_here:
        return None
    return Rehearsal(origin)
