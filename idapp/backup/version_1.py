"""Backups as earlier versions made them: read, never written any more.

Format, version 1::

    8 bytes   b"IDAPPBK1"
    1 byte    log2 of scrypt's N (r = 8, p = 1)
    16 bytes  salt
    7 bytes   nonce prefix
    then chunks: AES-256-GCM over 64 KiB of a gzipped tar, nonce = prefix + 4-byte counter + 1 byte (1: the last chunk),
    the 32 bytes above as additional data

so that a chunk that is changed, moved, repeated or missing is noticed (the STREAM construction, Hoang, Reyhanitabar,
Rogaway and Vizár 2015).
"""

from collections.abc import Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from idapp.backup.refusal import BackupRefused

MAGIC = b"IDAPPBK1"
_SALT_BYTES = 16
_PREFIX_BYTES = 7
_HEADER_BYTES = len(MAGIC) + 1 + _SALT_BYTES + _PREFIX_BYTES
_CHUNK_BYTES = 64 * 1024
_TAG_BYTES = 16
_LARGEST_LOG2_N = 20  # a damaged header would ask for terabytes of memory
_NOT_OPENED = "Cụm mật khẩu không đúng, hoặc tệp không phải bản sao lưu nguyên vẹn."
_DAMAGED = "Bản sao lưu bị hỏng hoặc bị cắt ngắn. Hãy dùng một bản khác."


def opened(file: BinaryIO, passphrase: str) -> bytes:
    """The gzipped tar inside. Every chunk is checked. Raises BackupRefused."""
    header = file.read(_HEADER_BYTES)
    if len(header) < _HEADER_BYTES:
        raise BackupRefused(_DAMAGED)
    log2_n = header[len(MAGIC)]
    if not 1 <= log2_n <= _LARGEST_LOG2_N:
        raise BackupRefused("Bản sao lưu bị hỏng ở phần đầu. Hãy dùng một bản khác.")
    salt = header[len(MAGIC) + 1 : -_PREFIX_BYTES]
    key = Scrypt(salt=salt, length=32, n=2**log2_n, r=8, p=1).derive(passphrase.encode())
    return b"".join(_chunks(file, header, AESGCM(key)))


def _chunks(file: BinaryIO, header: bytes, cipher: AESGCM) -> Iterator[bytes]:
    counter = 0
    chunk = file.read(_CHUNK_BYTES + _TAG_BYTES)
    is_last = False
    while not is_last:
        following = file.read(_CHUNK_BYTES + _TAG_BYTES)
        is_last = not following
        nonce = header[-_PREFIX_BYTES:] + counter.to_bytes(4, "big") + bytes([is_last])
        try:
            yield cipher.decrypt(nonce, chunk, header)
        except InvalidTag:
            if counter == 0:  # nothing was opened yet: most likely the passphrase
                raise BackupRefused(_NOT_OPENED) from None
            raise BackupRefused(_DAMAGED) from None
        chunk = following
        counter += 1
