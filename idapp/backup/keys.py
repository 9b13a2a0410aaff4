"""The key of the backups that are made by night: its public half makes them, its secret half stands on paper.

The secret half is shown once and kept nowhere on this machine, so whoever steals the machine or a backup reads nothing.
Both halves are written as age writes them (age-encryption.org/v1), so any tool that knows the format takes them too.
"""

import re
from dataclasses import dataclass
from hashlib import sha256

import pyrage

from idapp.backup.refusal import BackupRefused
from idapp.rules.problem import Problem

_BEGINNING = "AGE-SECRET-KEY-1"
_GROUP = 4
_PROOF = 6  # so many letters of the paper show that somebody has it before them
_MARK = 6


@dataclass(frozen=True)
class NewKey:
    """A key that was just made: ``secret`` for the paper, ``recipient`` for this machine."""

    secret: str
    recipient: str

    @property
    def groups(self) -> list[str]:
        """The secret as it is read and typed: four letters and four letters."""
        letters = self.secret.removeprefix(_BEGINNING)
        return [letters[start : start + _GROUP] for start in range(0, len(letters), _GROUP)]

    @property
    def proof(self) -> str:
        """What must be kept to know the last letters again (``shows_paper``)."""
        return proof_of(self.recipient, self.secret[-_PROOF:])


def new_key() -> NewKey:
    """Made by the age library, from the random numbers of the system."""
    # its secret half lives in this process until the page is drawn, and is written nowhere
    identity = pyrage.x25519.Identity.generate()
    return NewKey(str(identity), str(identity.to_public()))


def proof_of(recipient: str, last_letters: str) -> str:
    """What the last letters of the secret half become, before they are kept."""
    return sha256(f"{recipient} {_tidied(last_letters)}".encode()).hexdigest()


def recipient_in(text: str) -> str:
    """A public half that somebody has brought along. Raises Problem."""
    try:
        return str(pyrage.x25519.Recipient.from_str("".join(text.split()).lower()))
    except pyrage.RecipientError:
        message = (
            "Khóa công khai chưa đúng: phải bắt đầu bằng age1 và chép đủ, không thiếu chữ nào. "
            "Khóa bí mật (AGE-SECRET-KEY-1) thì không nhập ở đây."
        )
        raise Problem("recipient", "no_recipient", message) from None


def mark_of(recipient: str) -> str:
    """By what a person knows which paper opens which file.

    >>> mark_of("age1h6fmqexreg5uf099w84k5zpkdyg96k3qslrr4ckpa8ln2slcs50qlnm220")
    'lnm220'
    """
    return recipient[-_MARK:]


def is_key(secret: str) -> bool:
    """Does this look like the secret half, and not like a passphrase?

    >>> is_key("age-secret-key-1 28zc glu2"), is_key("con trâu đi trước")
    (True, False)
    """
    return _tidied(secret).startswith(_BEGINNING)


def identity_of(secret: str) -> pyrage.x25519.Identity:
    """The key as it was typed from the paper, however it is spaced. Raises BackupRefused."""
    try:
        return pyrage.x25519.Identity.from_str(_tidied(secret))
    except pyrage.IdentityError:
        raise BackupRefused(
            "Khóa trên giấy gõ chưa đúng: thiếu, thừa hoặc nhầm chữ. Hãy so lại từng nhóm bốn chữ."
        ) from None


def _tidied(text: str) -> str:
    """
    >>> _tidied(" age-secret-key-1 28zc glu2 ")
    'AGE-SECRET-KEY-128ZCGLU2'
    """
    return re.sub(r"\s", "", text).upper()
