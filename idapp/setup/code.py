"""The one-time code of the set-up: whoever reads the start message may set the school up, nobody else in the network.

It lies in a file of the data folder for its owner's eyes, so that a restart prints the same one, and goes with the
set-up.
"""

import secrets
from hmac import compare_digest

from idapp.rules.folding import tidy
from idapp.settings import Settings, kept_secret

FILE = "setup_code"
# read from one screen and typed at another: no letter that looks like a digit, 60 bits
_SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS = 3
_SIGNS_OF_A_GROUP = 4


def code_of(settings: Settings) -> str:
    """The code of this installation, made at the first call."""
    return kept_secret(settings.data / FILE, _new_code())


def is_right(text: str, settings: Settings) -> bool:
    """Is this the code? Capitals, blanks and dashes do not matter."""
    letters = _letters(text)
    return bool(letters) and compare_digest(letters, _letters(code_of(settings)))


def forget(settings: Settings) -> None:
    """The school is there: the code opens nothing any more."""
    (settings.data / FILE).unlink(missing_ok=True)


def path_of(settings: Settings) -> str:
    """The address of the set-up on this installation, with its code."""
    return f"/setup?code={code_of(settings)}"


def _new_code() -> str:
    groups = []
    for _ in range(_GROUPS):
        signs = [secrets.choice(_SIGNS) for _ in range(_SIGNS_OF_A_GROUP)]
        groups.append("".join(signs))
    return "-".join(groups)


def _letters(text: str) -> bytes:
    """Bytes, for the comparison takes no letters beyond ASCII."""
    return "".join(sign for sign in tidy(text).lower() if sign.isalnum()).encode()
