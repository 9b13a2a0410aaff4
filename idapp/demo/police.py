"""The other side of the demo: the register of the simulator, its behaviour, and what the families' papers say.

The register holds the truth, but for a few people about whom it is wrong itself. The papers
(``demo-giay-thong-bao.csv``) hold it for everybody with whose record the register will not agree, so that whoever plays
the demo can bring the school to 100 %.
"""

import csv
import io
import json
import os
from collections.abc import Sequence
from pathlib import Path

from idapp.demo.invented import EPOCH, Citizen
from idapp.demo.mistakes import DISAGREEMENTS, ERRORS
from idapp.rules import catalogues, places, record
from idapp.rules.places import Place
from idapp.settings import Settings, kept_secret

PAPERS = "demo-giay-thong-bao.csv"
_USER = "demo-thuthua"
_HASH_PATH = "/demo/XacThucThongTinCongDan"
_PATH = "/dan-cu/v1"
_LATENCY_MS = 40
_PASSING_FAULTS = {
    "http_503": 0.004,
    "fault_500": 0.004,
    "drop": 0.003,
    "cut": 0.003,
    "html_200": 0.003,
    "slow": 0.003,
}
_SHAPES = {
    "other_prefix": 0.1,
    "split_name": 0.1,
    "nested_relatives": 0.1,
    "plain_relatives": 0.1,
    "decomposed": 0.02,
}
_PRINTED = (
    "full_name",
    "date_of_birth",
    "gender",
    "identity_number",
    "province",
    "district",
    "commune",
)


def registry_environment(settings: Settings, port: int) -> dict[str, str]:
    """The settings that point the connector at the simulator on this port."""
    return {
        "REGISTRY": "soap",
        "REGISTRY_URL": f"http://127.0.0.1:{port}{_PATH}",
        "REGISTRY_AUTH": "signature",
        "REGISTRY_USER": _USER,
        "REGISTRY_SECRET": _secret(settings),
        "REGISTRY_HASH_PATH": _HASH_PATH,
        "REGISTRY_TIMESTAMP": "ms",
        "REGISTRY_PROCEDURE": "DEMO-DINH-DANH",
        "REGISTRY_OFFICER": "DEMO-CAN-BO",
        "REGISTRY_OPERATION": "037",
        "REGISTRY_MATCH": "year",
        "REGISTRY_PAUSE_SECONDS": "5",
    }


def write_files(settings: Settings, everybody: list[Citizen], seed: int) -> None:
    """The register, its rules and the papers, readable by their owner only."""
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    people = [_in_register(citizen) for citizen in everybody if not citizen.foreign]
    _write(settings.data / "register.json", json.dumps(people, ensure_ascii=False, indent=0))
    write_rules(settings, seed)
    _write(settings.data / PAPERS, _papers(everybody))


def write_rules(
    settings: Settings, seed: int, *, at_once: bool = False, corrected: Sequence[str] = ()
) -> None:
    """How the register behaves. A running simulator reads it anew.

    at_once    no latency and no failure: a year is to be played in a minute
    corrected  numbers of those about whom the police have put it right
    """
    rules = _rules(settings, seed)
    if at_once:
        rules |= {"latency_ms": 0, "shares": {}}
    rules["corrected"] = list(corrected)
    _write(settings.data / "register-rules.json", json.dumps(rules, indent=1))


def _rules(settings: Settings, seed: int) -> dict[str, object]:
    """A failure draws anew at each attempt, so that one record rarely meets it three times."""
    return {
        "seed": seed,
        "latency_ms": _LATENCY_MS,
        "slow_ms": 2500,
        "retry_after": "1",
        "shares": _PASSING_FAULTS,
        "shapes": _SHAPES,
        "access": {
            "mode": "signature",
            "user": _USER,
            "secret": _secret(settings),
            "hash_path": _HASH_PATH,
        },
    }


def _secret(settings: Settings) -> str:
    return kept_secret(settings.data / "register-secret")


def _in_register(citizen: Citizen) -> dict[str, object]:
    """As the register has it, and under ``corrected`` what the police would put right."""
    row = _true_row(citizen)
    if citizen.in_register:
        wrong = _of_values(citizen.values | citizen.in_register)
        row["corrected"] = {name: row[name] for name in wrong if row[name] != wrong[name]}
        row |= wrong
    return row


def _of_values(values: dict[str, str]) -> dict[str, object]:
    """The fields that a request of the school can be about, in the register's form."""
    return {
        "full_name": values["full_name"],
        "born": "-".join(reversed(values["date_of_birth"].split("/"))),
        "sex": {"Nam": 1, "Nữ": 2}[values["gender"]],
    }


def _true_row(citizen: Citizen) -> dict[str, object]:
    values = citizen.values
    residence = _registered_residence(citizen)
    return {
        "number": values["identity_number"],
        **_of_values(values),
        **residence,
        "address": values["address"],
        "ethnic_group": _ethnic_codes()[values["ethnic_group"]],
        "father": values.get("father_name", ""),
        "mother": values.get("mother_name", ""),
    }


def _registered_residence(citizen: Citizen) -> dict[str, str]:
    """Codes of the residence as the register has them, by the last digit of the number.

    A register in the middle of the reform: most residences are still the old ones, some (0, 1) have the codes of today,
    some (2) are another commune of the same district, because the family has moved and told only the police.
    """
    if citizen.before_2025:
        return _residence_in_two_levels(citizen)
    values = citizen.values
    home = places.home_of(EPOCH, values["province"], values["district"], values["commune"])
    codes = _codes_of(home)
    if home.commune is None or home.district is None:
        return codes
    last_digit = values["identity_number"][-1]
    if last_digit == "2":
        neighbours = places.children(EPOCH, "commune", home.district.code)
        return codes | {"commune": neighbours[0].code}
    if last_digit in "01":
        return _codes_of_today(home.commune.code) or codes
    return codes


def _codes_of(home: Sequence[Place | None]) -> dict[str, str]:
    """By level; "" where the place is not known."""
    codes = dict.fromkeys(places.LEVELS, "")
    for level, place in zip(places.LEVELS, home, strict=True):
        if place is not None:
            codes[level] = place.code
    return codes


def _codes_of_today(old_commune: str) -> dict[str, str] | None:
    """Where a commune of three levels went to; None if nobody knows."""
    successors = places.old_to_new(old_commune)
    if not successors:
        return None
    new = places.by_code("2level", successors[0][0])
    if new is None:
        return None
    return {"province": new.parent, "district": "", "commune": new.code}


def _residence_in_two_levels(citizen: Citizen) -> dict[str, str]:
    """The register after the reform: most residences have today's codes, some (0, 1) still the old ones, some (2) are
    another commune of the province."""
    values = citizen.values
    last_digit = values["identity_number"][-1]
    if last_digit in "01":
        before = citizen.before_2025
        old = places.home_of(EPOCH, before["province"], before["district"], before["commune"])
        return _codes_of(old)
    home = places.home_of("2level", values["province"], "", values["commune"])
    if home.province is None or home.commune is None:
        return dict.fromkeys(places.LEVELS, "")
    commune = home.commune.code
    if last_digit == "2":
        communes = places.children("2level", "commune", home.province.code)
        commune = next(place.code for place in communes if place.code != commune)
    return {"province": home.province.code, "district": "", "commune": commune}


def _ethnic_codes() -> dict[str, str]:
    """The catalogue stands in the order of the official codes, 01 and on."""
    return {name: f"{rank:02d}" for rank, name in enumerate(catalogues.ethnic_groups(), start=1)}


def _papers(everybody: list[Citizen]) -> str:
    """One line for each person whose record at school is not right, as the paper says it."""
    wrong = {mistake.name for mistake in (*ERRORS, *DISAGREEMENTS)} | {"number_shared"}
    printed = list(_PRINTED)
    if any(citizen.before_2025 for citizen in everybody):
        printed.remove("district")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["Lớp", *(record.FIELD[name].label for name in printed)])
    for citizen in everybody:
        if wrong.intersection(citizen.mistakes) or citizen.in_register:
            values = [citizen.values[name] for name in printed]
            writer.writerow([citizen.class_name or "CB, GV, NV", *values])
    return "\ufeff" + text.getvalue()  # the mark tells Excel that this is UTF-8


def _write(path: Path, text: str) -> None:
    # for its owner only from the first byte on, whatever the umask says
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
