"""A new machine for a school that has a backup: the file and the key of its paper, in the browser."""

from __future__ import annotations

import tempfile
from pathlib import Path

from flask import make_response, render_template, request
from werkzeug.wrappers import Response

from idapp import backup, processes
from idapp.backup import staged
from idapp.rules.problem import Problem
from idapp.settings import current
from idapp.web.setup import bp
from idapp.web.setup.entry import with_code

_LARGEST = 190 * 1024 * 1024  # below what the web server itself takes


@bp.get("/setup/restore")
@with_code
def restore() -> Response:
    """Offered on the first page of the set-up."""
    return _page()


@bp.post("/setup/restore")
@with_code
def put_back() -> Response:
    """Open and check it; then the program starts anew with it."""
    request.max_content_length = _LARGEST
    file = request.files.get("file")
    secret = request.form.get("secret", "").strip()
    if file is None or not file.filename:
        return _page(Problem("file", "no_file", "Hãy chọn tệp sao lưu, tên kết thúc bằng .age."))
    if not secret:
        return _page(Problem("secret", "no_secret", "Hãy gõ khóa trên tờ giấy, hoặc cụm mật khẩu."))
    try:
        with tempfile.TemporaryDirectory(dir=current().data, prefix="restore-") as folder:
            sealed = Path(folder) / "sealed"
            file.save(sealed)
            content = staged.stage(sealed, secret, current())
    except backup.BackupRefused as refusal:
        return _page(Problem("", "refused", str(refusal)))  # the file or the key: nobody knows
    starts_anew = processes.ask_to_start_anew()
    page = render_template("setup/restored.html", content=content, starts_anew=starts_anew)
    return make_response(page)


def _page(problem: Problem | None = None) -> Response:
    content = render_template("setup/restore.html", problem=problem)
    return make_response(content, 422 if problem else 200)
