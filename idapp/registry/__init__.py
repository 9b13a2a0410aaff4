"""The national population database: two verbs, ``ask`` and ``collect``, and one vocabulary of outcomes.

    connector = connector_of(settings)
    answer = connector.ask(Question(item, new_request_code(now), number, full_name, born, sex))

A question is one attempt and never raises; retries, back-off and pauses belong to the batch. The service answers at
once; in the file way ``ask`` gives None and ``collect`` hands out what an uploaded file said. A connector may be used
by several threads at once. Never call it inside ``database.writing()``.
"""

from idapp.registry.configuration import Missing, connector_of, missing_settings, registry_config
from idapp.registry.file_exchange import (
    FileExchange,
    OddRow,
    ResultFile,
    ResultRefused,
    read_results,
)
from idapp.registry.soap import SoapConnector
from idapp.registry.vocabulary import (
    Answer,
    AskedPerson,
    Connector,
    Outcome,
    Question,
    RegisterResidence,
    RegistryConfig,
    new_request_code,
)

__all__ = [
    "Answer",
    "AskedPerson",
    "Connector",
    "FileExchange",
    "Missing",
    "OddRow",
    "Outcome",
    "Question",
    "RegisterResidence",
    "RegistryConfig",
    "ResultFile",
    "ResultRefused",
    "SoapConnector",
    "connector_of",
    "missing_settings",
    "new_request_code",
    "read_results",
    "registry_config",
]
