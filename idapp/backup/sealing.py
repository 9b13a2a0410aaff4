"""A backup under its passphrase or for its key, in the age format (age-encryption.org/v1).

A school can open its backup without this program, with any tool that knows the format: ``age -d FILE | tar xz``. The
passphrase is nowhere on this machine, nor is the key of the backups that are made by night (``keys``): the head of the
school keeps it on paper.

pyrage reads and writes the format. It takes a passphrase only for bytes in memory, so a backup needs about three times
its own size of memory for a moment (measured: 585 MB for 200 MB), in the process of the command and not in the web
server's. Its scrypt costs about a second on the machine that makes the backup.
"""

import io
from typing import BinaryIO

import pyrage

from idapp.backup import keys, version_1
from idapp.backup.refusal import BackupRefused

_AGE = b"age-encryption.org/v1\n"
_FOR_PASSPHRASE = b"-> scrypt "


def sealed(archive: bytes, passphrase: str) -> bytes:
    """The archive in the age format."""
    return pyrage.passphrase.encrypt(archive, passphrase)


def sealed_for(archive: bytes, recipient: str) -> bytes:
    """The archive in the age format, for whoever has the key to this recipient."""
    sealed_archive = io.BytesIO()
    key = pyrage.x25519.Recipient.from_str(recipient)
    pyrage.encrypt_io(io.BytesIO(archive), sealed_archive, [key])
    return sealed_archive.getvalue()


def opened(file: BinaryIO, secret: str) -> BinaryIO:
    """The archive inside a backup of any version, every byte checked; ``secret``: passphrase, or key of the paper.

    Raises BackupRefused.
    """
    beginning = file.read(len(_AGE) + len(_FOR_PASSPHRASE))
    file.seek(0)
    if beginning.startswith(version_1.MAGIC):
        return io.BytesIO(version_1.opened(file, secret))
    if not beginning.startswith(_AGE):
        raise BackupRefused("Tệp này không phải bản sao lưu của idapp.")
    has_key = keys.is_key(secret)
    if has_key and beginning.endswith(_FOR_PASSPHRASE):
        raise BackupRefused("Bản sao lưu này mở bằng cụm mật khẩu, không phải bằng khóa trên giấy.")
    try:
        if has_key:
            return io.BytesIO(pyrage.decrypt(file.read(), [keys.identity_of(secret)]))
        return io.BytesIO(pyrage.passphrase.decrypt(file.read(), secret))
    except pyrage.DecryptError:
        # The format cannot tell a wrong passphrase from a changed header.
        raise BackupRefused(_why_closed(beginning, has_key=has_key)) from None


def _why_closed(beginning: bytes, *, has_key: bool) -> str:
    if has_key:
        return (
            "Khóa này không mở được bản sao lưu: có thể là tờ khóa của lần khác, hoặc bản sao lưu "
            "bị hỏng hay bị cắt ngắn."
        )
    if beginning.endswith(_FOR_PASSPHRASE):
        return "Cụm mật khẩu không đúng, hoặc bản sao lưu bị hỏng hay bị cắt ngắn."
    return (
        "Cụm mật khẩu không đúng, hoặc bản sao lưu bị hỏng hay bị cắt ngắn. Bản sao lưu làm hằng "
        "đêm thì mở bằng khóa trên giấy, bắt đầu bằng AGE-SECRET-KEY-1."
    )
