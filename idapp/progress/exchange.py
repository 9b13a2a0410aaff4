"""The progress file: figures of one school, signed, without a word about a person.

``/progress.json`` is the file. Schools sign with a key of their own (Ed25519, made once, kept in the data folder), so a
file that was changed on its way is refused, and nobody else can replace a school's figures: the managing office
remembers the key of each school from its first file, as one remembers a handwriting.

{"campaign", "deadline", "as_of", "completed_on", "school_name", "school": {...}, "groups": [...],
 "positions": [the staff by position], "milestones": [those of an open campaign]; files of before have neither,
 "signature": {"key": base64 of the public key, "value": base64 of the signature}}

What is signed: all of it but ``signature``, as JSON with sorted keys, without spaces, in UTF-8.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from idapp.models import User, utc_now
from idapp.progress import file_schema
from idapp.progress.board import KIND_WORDS, Board, ProgressRow, board, with_foreigners_apart
from idapp.progress.closing import frozen_board
from idapp.progress.history import completed_on, series
from idapp.progress.milestones import Standing, standings, words_of
from idapp.rules.problem import Problem
from idapp.school import the_campaign, the_school
from idapp.settings import current, kept_secret

MAX_BYTES = 1_000_000
_KEY_FILE = "progress-key"
_CHANGED = "Tệp đã bị sửa sau khi trường xuất ra nên không nhận. Hãy xin trường gửi lại tệp gốc."


def progress_file(user: User) -> dict[str, Any]:
    """`/progress.json`: numbers only. Signed where the user sees the whole school; a class alone is not signed."""
    if user.role == "teacher":
        return machine_readable(board(user), utc_now())
    campaign = the_campaign()
    view = frozen_board(campaign) or board(user)  # of a closed campaign what the report says
    figures = machine_readable(view, campaign.closed_at or utc_now())
    figures["completed_on"] = _completed_on(view)
    figures["milestones"] = [
        _milestone(standing) for standing in standings(view, current().today())
    ]
    return figures | {"signature": sign(figures)}


def _completed_on(view: Board) -> str | None:
    """The day since which the school is complete: a file sent after the deadline may tell of work done before it."""
    since = completed_on(series(the_campaign(), view, current().today(), whole_school=True))
    if since is None:
        return None
    return since.isoformat()


def machine_readable(view: Board, as_of: datetime) -> dict[str, Any]:
    """The board in the words of the surface."""
    campaign = the_campaign()
    return {
        "campaign": campaign.title,
        "deadline": campaign.deadline.isoformat(),
        "as_of": f"{as_of:%Y-%m-%dT%H:%M:%SZ}",
        "school_name": the_school().name,
        "school": _figures(view.whole) | {"percent": view.whole.percent},
        "kinds": {kind: _figures(view.sum_of(kind)) for kind in KIND_WORDS},
        "groups": [_group(line) for line in view.lines],
        "positions": [{"name": line.name, **_figures(line)} for line in view.positions],
    }


def _milestone(standing: Standing) -> dict[str, Any]:
    milestone = standing.milestone
    return {
        "name": milestone.name,
        "deadline": milestone.deadline.isoformat(),
        "whom": words_of(milestone.groups),
        "to_do": standing.line.to_do,
        "done": standing.line.done,
    }


def _group(line: ProgressRow) -> dict[str, Any]:
    class_name = None
    if line.kind == "student":
        class_name = line.name
    return {"kind": line.kind, "class": class_name, "grade": line.grade, **_figures(line)}


def sign(figures: Mapping[str, Any]) -> dict[str, str]:
    """The signature of this installation over these figures, and its public key, both in base64."""
    key = _own_key(current().data)
    public = key.public_key().public_bytes_raw()
    return {"key": _text(public), "value": _text(key.sign(_canonical(figures)))}


def read(content: bytes) -> tuple[dict[str, Any], str]:
    """A progress file and the key that signed it. Raises Problem for anything else, and for a changed file."""
    if len(content) > MAX_BYTES:
        raise Problem("file", "too_large", file_schema.UNREADABLE)
    try:
        figures = json.loads(content)
        signature = figures.pop("signature")
        key = signature["key"]
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key, validate=True))
        public.verify(base64.b64decode(signature["value"], validate=True), _canonical(figures))
    except InvalidSignature as changed:
        raise Problem("file", "changed", _CHANGED) from changed
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as unreadable:
        # RecursionError: thousands of brackets in each other
        raise Problem("file", "unreadable", file_schema.UNREADABLE) from unreadable
    file_schema.check(figures, utc_now())
    for name in ("positions", "milestones"):  # files of before have neither
        figures.setdefault(name, [])
    _part_foreigners(figures)
    return figures, key


def _part_foreigners(figures: dict[str, Any]) -> None:
    """Files of before counted people of another nationality under other states."""
    lines = [figures["school"], *figures["groups"]]
    if isinstance(figures.get("kinds"), dict):
        lines += figures["kinds"].values()
    try:
        for line in lines:
            line |= with_foreigners_apart(line)
    except (KeyError, TypeError, AttributeError) as unsound:
        raise Problem("file", "unreadable", file_schema.UNREADABLE) from unsound


def _figures(line: ProgressRow) -> dict[str, Any]:
    return line.numbers() | {"holders": dict(line.by_holder)}


def _canonical(figures: Mapping[str, Any]) -> bytes:
    # Schools with other versions sign and check by it: not one byte of this may ever change.
    return json.dumps(figures, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _own_key(folder: Path) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(kept_secret(folder / _KEY_FILE)))


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
