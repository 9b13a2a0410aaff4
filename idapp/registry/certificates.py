"""Certificates of an authority that this system does not know, as the principal uploads them."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from idapp.rules.problem import Problem

_LARGEST = 200_000  # bytes
_MOST = 20
_PEM = re.compile(b"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_PRIVATE = (
    "Tệp này có khóa riêng (private key), đừng gửi cho ai. Hãy xin bên cấp kết nối tệp chỉ có "
    "chứng chỉ, thường có đuôi .crt, .cer hoặc .pem."
)
_NONE = (
    "Không đọc được chứng chỉ nào trong tệp này. Hãy chọn tệp .pem, .crt hoặc .cer mà bên cấp kết "
    "nối gửi."
)


@dataclass(frozen=True)
class CertificateFacts:
    """Of one certificate: whose it is, and its last day."""

    subject: str
    expires_on: date


def as_pem(content: bytes) -> str:
    """The certificates of an uploaded file (PEM or DER), and nothing else of it. Raises Problem."""
    if b"PRIVATE KEY-----" in content:
        raise Problem("ca_file", "private_key", _PRIVATE)
    if len(content) > _LARGEST:
        raise Problem("ca_file", "too_large", _NONE)
    certificates = _read(content)
    expired = [certificate for certificate in certificates if _is_over(certificate)]
    if expired:
        last_day = expired[0].not_valid_after_utc
        sentence = (
            f"Chứng chỉ “{_subject(expired[0])}” đã hết hạn ngày {last_day:%d/%m/%Y}. Hãy xin "
            "bên cấp kết nối chứng chỉ mới."
        )
        raise Problem("ca_file", "expired", sentence)
    return "".join(certificate.public_bytes(Encoding.PEM).decode() for certificate in certificates)


def facts(pem: str) -> list[CertificateFacts]:
    """What to show of stored certificates; nothing of ""."""
    if not pem:
        return []
    certificates = x509.load_pem_x509_certificates(pem.encode())
    return [
        CertificateFacts(_subject(certificate), certificate.not_valid_after_utc.date())
        for certificate in certificates
    ]


def fingerprint(pem: str) -> str:
    """For the history: which certificates, in a short form; "" for none."""
    if not pem:
        return ""
    return f"SHA-256 {sha256(pem.encode()).hexdigest()[:12]}"


def _read(content: bytes) -> list[x509.Certificate]:
    blocks = _PEM.findall(content)
    if len(blocks) > _MOST:
        raise Problem("ca_file", "too_many", _NONE)
    try:
        if blocks:
            return x509.load_pem_x509_certificates(b"\n".join(blocks))
        return [x509.load_der_x509_certificate(content)]
    except ValueError:
        raise Problem("ca_file", "unreadable", _NONE) from None


def _is_over(certificate: x509.Certificate) -> bool:
    return certificate.not_valid_after_utc < datetime.now(UTC)


def _subject(certificate: x509.Certificate) -> str:
    names = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    if names:
        return str(names[0].value)
    return certificate.subject.rfc4514_string()
