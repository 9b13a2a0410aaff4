"""How the simulator behaves: its settings, and the fault a request meets. The same seed, the same faults."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from idapp.registry.simulator.answers import SHAPES
from idapp.registry.simulator.faults import FAULTS


@dataclass(frozen=True)
class Access:
    """What a caller must prove. ``mode``: none, signature, lgsp or gateway.

    api_key, x_road_client      optional headers, needed if set, in every mode
    procedure, officer          the only ones licensed, if set: 004, 005 to others
    unit                        MaDonVi that newer services want, if set
    """

    mode: str = "none"
    user: str = ""
    secret: str = ""
    hash_path: str = ""
    timestamp: str = "ms"
    tolerance_s: float = 300
    app_name: str = ""
    partner_code: str = ""
    partner_code_cus: str = ""
    token_life_s: float = 3600
    api_key: str = ""
    x_road_client: str = ""
    procedure: str = ""
    officer: str = ""
    unit: str = ""


@dataclass(frozen=True)
class Outage:
    """Every call of the window meets this fault; counted from the moment the rules were set."""

    after_s: float = 0
    for_s: float = 0
    fault: str = "http_503"


@dataclass(frozen=True)
class Rules:
    """
    latency_ms   before every answer
    shares       fault -> share of the calls, 0.05 is one in twenty; a retry draws anew
    shapes       shape of a good answer -> share of the calls
    faults       number -> fault or shape for this person always, or a list: one for each attempt, then none
    per_second   calls a second before 429; 0: no limit
    slow_ms      how long ``slow`` and ``drip`` take
    retry_after  text of the header with 429 and 503; "" leaves it out
    corrected    numbers of the people whose data the police have corrected, see ``people.Citizen``
    log_key      key under which numbers are hashed in the log; "" draws one for every run
    """

    seed: int = 1
    latency_ms: float = 0
    shares: Mapping[str, float] = field(default_factory=dict)
    shapes: Mapping[str, float] = field(default_factory=dict)
    faults: Mapping[str, str | list[str]] = field(default_factory=dict)
    outage: Outage = field(default_factory=Outage)
    per_second: float = 0
    slow_ms: float = 25_000
    retry_after: str = "2"
    access: Access = field(default_factory=Access)
    corrected: Sequence[str] = ()
    log_key: str = ""


def rules_of(settings: Mapping[str, Any], base: Rules | None = None) -> Rules:
    """Reads settings; with ``base`` only what is given changes. ValueError for a word nobody knows."""
    settings = dict(settings)
    unknown = settings.keys() - {field.name for field in fields(Rules)}
    # a misspelt fault would never happen, and nobody would notice
    unknown |= _named_in(settings) - FAULTS.keys() - SHAPES - {"", "none"}
    if unknown:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
    if "outage" in settings:
        settings["outage"] = Outage(**settings["outage"])
    if "access" in settings:
        settings["access"] = Access(**settings["access"])
    return replace(base or Rules(), **settings)


def _named_in(settings: Mapping[str, Any]) -> set[str]:
    """Every fault and shape that the settings name."""
    names = {settings.get("outage", {}).get("fault", "")}
    names.update(settings.get("shares", {}), settings.get("shapes", {}))
    for chosen in settings.get("faults", {}).values():
        if isinstance(chosen, str):
            names.add(chosen)
        else:
            names.update(chosen)
    return names


def fault_for(rules: Rules, number: str, attempt: int, seconds: float) -> tuple[str, str]:
    """The fault ("" for none) and the shape ("" for the usual) of an attempt, ``seconds`` after the rules were set."""
    shape = _draw(rules.shapes, rules.seed, "shape", number, attempt)
    if rules.outage.after_s <= seconds < rules.outage.after_s + rules.outage.for_s:
        return rules.outage.fault, shape
    chosen = _chosen_for(rules, number, attempt)
    if not chosen:
        return _draw(rules.shares, rules.seed, "fault", number, attempt), shape
    if chosen == "none":
        return "", shape
    if chosen in SHAPES:
        return "", chosen
    return chosen, shape


def _chosen_for(rules: Rules, number: str, attempt: int) -> str:
    """The fault or shape that the rules name for this person's attempt, "" if they say nothing of the person."""
    chosen = rules.faults.get(number, "")
    if isinstance(chosen, str):
        return chosen
    if attempt <= len(chosen):
        return chosen[attempt - 1]
    return "none"


def _draw(shares: Mapping[str, float], *what_for: object) -> str:
    """One of the names by its share, or "". A hash and no random number: the same run meets the same faults."""
    digest = hashlib.sha256(":".join(map(str, what_for)).encode()).digest()
    point = int.from_bytes(digest[:8], "big") / 2**64
    # in a fixed order: a dict has the one in which its file was written
    for name in sorted(shares):
        point -= shares[name]
        if point < 0:
            return name
    return ""
