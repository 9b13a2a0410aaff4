"""Where our cookies go."""

from flask import request

from idapp.settings import current


def cookie_path() -> str:
    """Below which path the cookies go: ours alone, but `__Host-` demands the whole host."""
    if current().https:
        return "/"
    return request.script_root or "/"
