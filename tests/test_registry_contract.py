"""One contract, held against every connector and every setting of it: the file carried by hand, and three ways in.

Each way answers the same questions about the same invented people. The service is the simulator over real HTTP, which
checks the signature, the token, the optional headers and who is licensed; the file is a workbook somebody has filled.
"""

import io
import itertools
import os
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from datetime import date
from typing import get_args

import pytest
from openpyxl import Workbook

from idapp.processes import wait_until
from idapp.registry import (
    Answer,
    AskedPerson,
    FileExchange,
    Outcome,
    Question,
    RegistryConfig,
    SoapConnector,
    connector_of,
    missing_settings,
    registry_config,
)
from idapp.registry.simulator.answers import SHAPES
from idapp.settings import SettingsError, from_environment
from tests.register import DAO, WAYS, log, register, tell

OPTIONAL = {"x_road_client": "VN/GOV/SIM/TRUONG", "api_key": "sim-api-key"}
EXTRAS = {"unit": "SIM-DONVI-01", "account": "sim.vanthu", "phone": "0900000000"}
QUESTIONS = {
    1: DAO,
    2: replace(DAO, born="2014-03-18"),
    3: replace(DAO, sex="male"),
    4: replace(DAO, full_name="Lục Thị Hoa"),
    5: replace(DAO, number="100314900009"),
    6: replace(DAO, number="12"),
    7: Question(7, "", "100215900003", "H'Hư Cấu Niê", "2015", "male"),
}
ASKED = [
    replace(question, item=item, request_code=f"C{item}") for item, question in QUESTIONS.items()
]
LICENSED = {"procedure": "SIM-DVC-01", "officer": "100084900777"}


def over_the_network(config: RegistryConfig, questions: Sequence[Question]) -> list[Answer]:
    connector = SoapConnector(config)
    answers = [connector.ask(question) for question in questions]
    assert list(connector.collect([question.item for question in questions])) == []
    connector.close()
    return answers


def by_hand(fill: Callable[[Question], str], questions: Sequence[Question]) -> list[Answer]:
    exchange = FileExchange(
        [AskedPerson(question, f"100000000{question.item}") for question in questions],
        today=date(2022, 10, 16),
    )
    at_once = [answer for question in questions if (answer := exchange.ask(question))]
    asked = [
        question
        for question in questions
        if question.item not in {answer.item for answer in at_once}
    ]
    book, data = Workbook(), io.BytesIO()
    book.active.append(
        ["Mã định danh Bộ GD&ĐT", "Họ tên", "Ngày sinh", "Giới tính", "Số ĐDCN", "Kết quả xác thực"]
    )
    for q in asked:
        sex = {"male": "Nam", "female": "Nữ"}.get(q.sex, "")
        born = "/".join(reversed(q.born.split("-")))
        book.active.append([f"100000000{q.item}", q.full_name, born, sex, q.number, fill(q)])
    book.save(data)
    exchange.receive(data.getvalue(), file_name="ket-qua.xlsx")
    answers = [*at_once, *exchange.collect([question.item for question in questions])]
    exchange.close()
    return sorted(answers, key=lambda answer: answer.item)


def filled(question: Question) -> str:
    """What the sector's system would write."""
    said = {
        2: "Không khớp: ngày sinh",
        3: "Không khớp: giới tính",
        4: "Không tìm thấy",
        5: "Không tìm thấy",
    }
    return said.get(question.item, "Đã xác thực")


def holds(answers: Sequence[Answer], *, whole_date: bool = False, yes_or_no: bool = False) -> None:
    """The contract itself: outcomes, in our vocabulary, about the very questions, in whole."""
    by_item = {answer.item: answer for answer in answers}
    assert len(by_item) == len(answers) == len(ASKED)
    assert all(answer.request_code == f"C{item}" for item, answer in by_item.items())
    assert {answer.outcome for answer in answers} <= set(get_args(Outcome))
    expected = {
        1: "verified",
        2: "mismatch",
        3: "mismatch",
        4: "not_found",
        5: "not_found",
        6: "rejected",
    }
    expected |= {7: "verified"} | ({2: "not_found"} if whole_date or yes_or_no else {})
    expected |= {3: "verified"} if yes_or_no else {}  # a yes says nothing of the sex
    assert {item: answer.outcome for item, answer in by_item.items()} == expected
    blamed = {2: "date_of_birth", 3: "gender"}
    for item, answer in by_item.items():
        assert set(answer.differences) == (
            {blamed[item]} if answer.outcome == "mismatch" else set()
        )
        assert bool(answer.sentence) == (answer.outcome == "not_permitted")


def test_the_file_way():
    holds(by_hand(filled, ASKED))


SETTINGS = [
    {"operation": operation, "match": match, "name_key": key, **extras, **optional}
    for operation, match, key, extras, optional in itertools.product(
        ("037", "003"), ("year", "full"), ("letters", "spaces"), ({}, EXTRAS), ({}, OPTIONAL)
    )
]


@pytest.mark.parametrize("way", WAYS)
def test_every_way_in_under_every_setting(way):
    wanted = dict(WAYS[way][0])
    with register(way) as config:
        for settings in SETTINGS:
            optional = {name: settings.get(name, wanted.get(name, "")) for name in OPTIONAL}
            # a gateway's JSON has no place for the unit
            unit = settings.get("unit", "") if config.auth != "gateway" else ""
            assert tell(config, access={**wanted, **LICENSED, **optional, "unit": unit}) == 200
            chosen = (
                replace(config, unit="", read_timeout=5, connect_timeout=5)
                if not settings.get("unit")
                else config
            )
            answers = over_the_network(
                replace(chosen, read_timeout=5, connect_timeout=5, **settings), ASKED
            )
            holds(
                answers,
                whole_date=settings["match"] == "full",
                yes_or_no=settings["operation"] == "003",
            )
        expected = len(SETTINGS) * 6
        # the service writes down what it has answered already
        wait_until(lambda: log(config)["calls"] >= expected, "the log of the last call", 5)
        told = log(config)
        assert told["calls"] == expected
        assert not {"no_access", "bad_request"} & set(told["outcomes"])


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", [*OPTIONAL, *LICENSED, "unit"])
def test_a_setting_the_service_wants_and_does_not_get(way, name):
    if (way, name) == ("gateway", "unit"):
        pytest.skip("a gateway's JSON has no place for the unit")
    with register(way) as config:
        tell(config, access={**WAYS[way][0], **LICENSED, name: "what the service wants"})
        [answer] = over_the_network(replace(config, read_timeout=5, connect_timeout=5), ASKED[:1])
    assert answer.outcome == "not_permitted"
    assert answer.sentence
    assert answer.reason == {"procedure": "004", "officer": "005", "unit": "005"}.get(
        name, "http_401"
    )


@pytest.mark.parametrize("operation", ["037", "003"])
def test_every_shape_in_every_way(operation):
    for way in WAYS:
        with register(way) as config:
            config = replace(
                config, operation=operation, match="year", read_timeout=5, connect_timeout=5
            )
            for shape in sorted(SHAPES):
                tell(config, shapes={shape: 1.0})
                found, nobody = over_the_network(config, [ASKED[0], ASKED[4]])
                assert (found.outcome, nobody.outcome) == ("verified", "not_found"), (way, shape)


# --- from the environment ---------------------------------------------------------------------------------------------


def settings_of(**registry: str):
    return from_environment(
        {f"REGISTRY_{name}".rstrip("_"): value for name, value in registry.items()}
    )


def test_every_field_can_be_set_by_its_name(monkeypatch):
    for name in list(os.environ):
        if name.startswith("REGISTRY"):
            monkeypatch.delenv(name)
    for field in fields(RegistryConfig):
        words = get_args(field.type)
        text = (
            words[-1]
            if words
            else {int: "7", float: "7.5", bool: "1"}.get(field.type, "https://x.example/y")
        )
        config = registry_config(
            settings_of(**{"": "soap", "URL": "https://x.example/", field.name.upper(): text})
        )
        assert str(getattr(config, field.name)) == text.replace(
            "1", "True" if field.type is bool else "1"
        )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AUTH", "signed"),
        ("OPERATION", "37"),
        ("MATCH", "none"),
        ("NAME_KEY", "letter"),
        ("TIMESTAMP", "us"),
        ("ALLOW_PLAIN_HTTP", "maybe"),
        ("READ_TIMEOUT", "0"),
        ("READ_TIMEOUT", "nan"),
        ("READ_TIMEOUT", "inf"),
        ("CONCURRENCY", "-1"),
        ("CONCURRENCY", "many"),
        ("URL", " "),
    ],
)
def test_a_value_that_no_setting_may_take_is_refused(name, value):
    with pytest.raises(SettingsError, match=f"REGISTRY_{name}"):
        registry_config(settings_of(**{"": "soap", "URL": "https://x.example/", name: value}))


def test_the_mode_chooses_the_connector():
    assert isinstance(connector_of(settings_of(**{"": "file"})), FileExchange)
    assert connector_of(settings_of(**{"": "soap", "URL": "https://x.example/"})).ask(
        replace(DAO, number="1")
    )
    with pytest.raises(SettingsError, match="off"):
        connector_of(settings_of(**{"": "off"}))


@pytest.mark.parametrize(
    ("registry", "missing"),
    [
        ({"": "off"}, set()),
        ({"": "file"}, set()),
        ({"": "soap", "AUTH": "none"}, {"URL", "PROCEDURE", "OFFICER"}),
        ({"": "soap"}, {"URL", "PROCEDURE", "OFFICER", "USER", "SECRET", "HASH_PATH"}),
        (
            {
                "": "soap",
                "AUTH": "lgsp",
                "URL": "http://x.example/",
                "PROCEDURE": "1",
                "OFFICER": "2",
                "USER": "3",
            },
            {"SECRET", "TOKEN_URL", "APP_NAME", "PARTNER_CODE", "URL"},  # there, but not encrypted
        ),
        ({"": "soap", "AUTH": "none", "URL": "x", "PROCEDURE": "1", "OFFICER": "2"}, {"URL"}),
    ],
)
def test_what_is_missing_is_said_in_words(registry, missing):
    found = missing_settings(settings_of(**registry))
    assert {one.name.removeprefix("REGISTRY_") for one in found} == missing
    assert all(one.sentence.endswith(".") for one in found)
