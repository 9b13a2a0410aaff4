"""The words every connector to the population database speaks: what is asked, what came back, how to connect.

Outcomes (source: the project's description of the service, "Our vocabulary of outcomes"):

verified       a person came back and every compared field agrees
mismatch       a person came back; name, birth date or sex differs (``differences`` says how)
not_found      the register answered, and has nobody under number, name and year: it never says which is wrong
rejected       our own check failed, nothing was sent
unanswered     time-out, 5xx, fault, web page, empty or cut answer, throttle, another person, two persons: ask again
not_permitted  401, 403, 004, 005, a certificate nobody vouches for: stop the whole run, ``sentence`` says why

An outage is never ``not_found``: that would send a family to the police for nothing. The service shows no way to
refuse an input that is known in public, so ``rejected`` comes from our own check only.
"""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

Outcome = Literal["verified", "mismatch", "not_found", "rejected", "unanswered", "not_permitted"]


def new_request_code(now: datetime) -> str:
    """A MaYeuCau nobody used before: the moment to the millisecond, then eight random digits."""
    # the random digits tell apart what several workers ask within one millisecond
    return f"{now:%Y%m%d%H%M%S}{now.microsecond // 1000:03d}{secrets.randbelow(10**8):08d}"


@dataclass(frozen=True)
class Question:
    """One person, one attempt. Personal values stay out of ``repr``, so that no log can catch them by accident.

    request_code  fresh for every attempt (MaYeuCau), see ``new_request_code``
    number        12 ASCII digits
    full_name     accented, NFC
    born          ``2012-03-20``, or ``2012`` when only the year is known
    sex           ``male``, ``female`` or "" (not compared)
    """

    item: int
    request_code: str
    number: str = field(repr=False)
    full_name: str = field(repr=False)
    born: str = field(repr=False)
    sex: str = field(repr=False)


@dataclass(frozen=True)
class AskedPerson:
    """One person of a batch in the file way, for finding the rows that answer. ``known``: an earlier file's answer."""

    question: Question
    ministry_code: str = field(default="", repr=False)
    known: str = ""


@dataclass(frozen=True)
class RegisterResidence:
    """The permanent residence of an answer, as codes; "" where the register gives none.

    province 2, district 3, commune 5 digits. The service does not say of which epoch they are
    (``registry.residences``). The words beside the codes (house, hamlet) are never read.
    """

    province: str = ""
    district: str = ""
    commune: str = ""


@dataclass(frozen=True)
class Answer:
    """What became of one question.

    reason       stable English code, or "": ``time_out``, ``http_503``, ``wrong_person``, ``004``
    differences  field name of ``record.FIELDS`` -> (ours, the register's), as people read them: 20/03/2012, Nam, Nữ
    retry_after  seconds the service asked us to wait, or None
    sentence     Vietnamese, for the principal; only with ``not_permitted``
    residence    where the register says that the person lives; never compared for the outcome
    detail       of a call that failed, for the trial: as of a ``transport.Reply``
    """

    item: int
    request_code: str
    outcome: Outcome
    reason: str = ""
    differences: dict[str, tuple[str, str]] = field(default_factory=dict, repr=False)
    retry_after: float | None = None
    sentence: str = ""
    residence: RegisterResidence | None = field(default=None, repr=False)
    detail: str = ""

    @property
    def wants_a_slower_pace(self) -> bool:
        """The service is there, and has too much to do: 429, or 503 that says when to come again.

        >>> Answer(1, "", "unanswered", "http_503", retry_after=2.0).wants_a_slower_pace
        True
        >>> Answer(1, "", "unanswered", "http_503").wants_a_slower_pace  # nobody knows why
        False
        """
        if self.reason == "http_503":
            return self.retry_after is not None
        return self.reason == "http_429"


class Connector(Protocol):
    """Two verbs, whatever is behind them: a web service answers at once, a file carried by hand comes back later."""

    def ask(self, question: Question) -> Answer | None:
        """One attempt; never raises. None: the answer comes later through ``collect``."""

    def collect(self, items: Sequence[int]) -> Iterable[Answer]:
        """Answers that have arrived since for these items; nothing yet is an empty answer."""

    def close(self) -> None:
        """Lets go of connections; the connector is not used afterwards."""


@dataclass(frozen=True)
class RegistryConfig:
    """How this school reaches the register. The same names as the settings, without their prefix ``REGISTRY_``.

    auth            A ``signature``, B ``lgsp`` (token), D ``gateway`` (JSON), or ``none``
    hash_path       what the signature is computed over; its own setting, not the path of the address
    unit            MaDonVi; empty: MaDonVi, TaiKhoan and SoDienThoai are left out, as older clients do
    match           ``year``: ask with the year, compare the full date here; ``full``: the register compares the date
    name_key        ``letters``: letters and digits only; ``spaces``: only the spaces are taken out
    app_name, partner_code, partner_code_cus   of the provincial exchange; user and secret are its two keys
    ca_file         certificates of an authority the system does not know; verification itself cannot be switched off
    ca_pem          the same as text, as uploaded in the browser; ``ca_file`` wins
    allow_plain_http  unencrypted outside this machine: only through a security server in the same room
    """

    url: str
    auth: Literal["signature", "lgsp", "gateway", "none"] = "signature"
    user: str = ""
    secret: str = field(default="", repr=False)
    hash_path: str = ""
    timestamp: Literal["ms", "s"] = "ms"
    token_url: str = ""
    procedure: str = ""
    officer: str = ""
    unit: str = ""
    account: str = ""
    phone: str = "0"
    operation: Literal["037", "003"] = "037"
    match: Literal["year", "full"] = "year"
    name_key: Literal["letters", "spaces"] = "letters"
    app_name: str = ""
    partner_code: str = ""
    partner_code_cus: str = ""
    x_road_client: str = ""
    api_key: str = field(default="", repr=False)
    ca_file: str = ""
    ca_pem: str = ""
    allow_plain_http: bool = False
    concurrency: int = 4
    connect_timeout: float = 5
    read_timeout: float = 20
    answer_limit: int = 1_000_000
