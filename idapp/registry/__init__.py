"""The national population database: two verbs, ``ask`` and ``collect``, and one vocabulary of outcomes.

    connector = open_connector(config)
    answer = connector.ask(Question(item, new_request_code(now), number, full_name, born, sex))

A question is one attempt and never raises; retries, back-off and pauses belong to the batch. A connector may be used by
several threads at once. Never call it inside ``database.writing()``.
"""

import secrets
from datetime import datetime

from idapp.registry.soap import SoapConnector
from idapp.registry.vocabulary import OUTCOMES, Answer, Connector, Outcome, Question, RegistryConfig

__all__ = [
    "OUTCOMES",
    "Answer",
    "Connector",
    "Outcome",
    "Question",
    "RegistryConfig",
    "new_request_code",
    "open_connector",
]


def open_connector(config: RegistryConfig) -> Connector:
    """Connects to nothing yet: a wrong address or certificate shows in the first answer, as ``not_permitted``."""
    return SoapConnector(config)


def new_request_code(now: datetime) -> str:
    """A MaYeuCau nobody used before: the moment to the millisecond, then eight random digits."""
    return f"{now:%Y%m%d%H%M%S}{now.microsecond // 1000:03d}{secrets.randbelow(10**8):08d}"
