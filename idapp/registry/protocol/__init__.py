"""The contract of the population database, without any network: what is sent, how it is signed, what an answer means.

Reconstructed from what independent public clients send and read; no WSDL and no list of errors is public. Operation 037
``TraCuuThongTinCongDan`` returns the person or nothing, 003 ``XacThucThongTinCongDan`` says yes or no.
"""

from idapp.registry.protocol.asking import (
    envelope,
    gateway_request,
    lgsp_header,
    name_key,
    own_check,
    signature_headers,
)
from idapp.registry.protocol.reading import read_answer, retry_after

__all__ = [
    "envelope",
    "gateway_request",
    "lgsp_header",
    "name_key",
    "own_check",
    "read_answer",
    "retry_after",
    "signature_headers",
]
