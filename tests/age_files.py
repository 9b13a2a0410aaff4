"""Files in the age format whose passphrase costs a millisecond instead of a second.

pyrage measures the machine and chooses the cost itself. Who tests what a backup holds, and not how
it is sealed, seals with this; the product opens it like any other, for the cost stands in the file.
Written after https://age-encryption.org/v1.
"""

import os
from base64 import b64encode

from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

LOG_COST = 4
_CHUNK = 64 * 1024


def sealed(archive: bytes, passphrase: str) -> bytes:
    """The archive in the age format, as `idapp.backup.sealing.sealed` gives it back."""
    file_key, salt, nonce = os.urandom(16), os.urandom(16), os.urandom(16)
    label = b"age-encryption.org/v1/scrypt"
    wrap = Scrypt(salt=label + salt, length=32, n=2**LOG_COST, r=8, p=1).derive(passphrase.encode())
    body = ChaCha20Poly1305(wrap).encrypt(bytes(12), file_key, None)
    header = b"age-encryption.org/v1\n-> scrypt %s %d\n%s\n---" % (
        _text(salt),
        LOG_COST,
        _text(body),
    )
    code = hmac.HMAC(_derived(file_key, b"", b"header"), hashes.SHA256())
    code.update(header)
    cipher = ChaCha20Poly1305(_derived(file_key, nonce, b"payload"))
    chunks = [archive[at : at + _CHUNK] for at in range(0, len(archive), _CHUNK)] or [b""]
    pieces = [header, b" ", _text(code.finalize()), b"\n", nonce]
    for number, chunk in enumerate(chunks):
        is_last = number == len(chunks) - 1
        pieces.append(cipher.encrypt(number.to_bytes(11, "big") + bytes([is_last]), chunk, None))
    return b"".join(pieces)


def _text(data: bytes) -> bytes:
    return b64encode(data).rstrip(b"=")


def _derived(key: bytes, salt: bytes, purpose: bytes) -> bytes:
    return HKDF(hashes.SHA256(), length=32, salt=salt, info=purpose).derive(key)
