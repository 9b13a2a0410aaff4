"""A backup under its passphrase, in the age format (age-encryption.org/v1).

A school can open its backup without this program, with any tool that knows the format: ``age -d FILE | tar xz``. The
passphrase is nowhere on this machine: the head of the school keeps it.

pyrage reads and writes the format. It takes a passphrase only for bytes in memory, so a backup needs about three times
its own size of memory for a moment (measured: 585 MB for 200 MB), in the process of the command and not in the web
server's. Its scrypt costs about a second on the machine that makes the backup.
"""

import io
from typing import BinaryIO

import pyrage

from idapp.backup import version_1
from idapp.backup.refusal import BackupRefused

_AGE = b"age-encryption.org/v1\n"


def sealed(archive: bytes, passphrase: str) -> bytes:
    """The archive in the age format."""
    return pyrage.passphrase.encrypt(archive, passphrase)


def opened(file: BinaryIO, passphrase: str) -> BinaryIO:
    """The archive inside a backup of any version, every byte of it checked. Raises BackupRefused."""
    beginning = file.read(len(_AGE))
    file.seek(0)
    if beginning.startswith(version_1.MAGIC):
        return io.BytesIO(version_1.opened(file, passphrase))
    if beginning != _AGE:
        raise BackupRefused("Tệp này không phải bản sao lưu của idapp.")
    try:
        return io.BytesIO(pyrage.passphrase.decrypt(file.read(), passphrase))
    except pyrage.DecryptError:
        # The format cannot tell a wrong passphrase from a changed header.
        sentence = "Cụm mật khẩu không đúng, hoặc bản sao lưu bị hỏng hay bị cắt ngắn."
        raise BackupRefused(sentence) from None
