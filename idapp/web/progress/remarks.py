"""The managing office says something about a class; the school answers."""

from flask import abort, redirect, request, url_for
from werkzeug.wrappers import Response

from idapp.models import Remark
from idapp.progress import remarks
from idapp.rules.problem import Problem
from idapp.web.access import class_or_404, current_user, only, remember
from idapp.web.progress import bp


@bp.post("/progress/remarks")
@only("reviewer")
def make_remark() -> Response:
    """What the managing office says about a class, or about the staff where no class is chosen."""
    class_id = request.form.get("class", type=int)
    about = None
    if class_id:
        about = class_or_404(class_id)
    try:
        remarks.say(request.form.get("text", ""), about=about, by=current_user)
    except Problem as problem:
        return _back(problem.message, "error")
    return _back("Đã gửi nhận xét tới nhà trường.")


@bp.post("/progress/remarks/<int:remark_id>/answer")
@only("teacher", "clerk", "principal")
def answer_remark(remark_id: int) -> Response:
    """What the school says to a remark that this user sees."""
    remark = remarks.seen_by(current_user).where(Remark.id == remark_id).first() or abort(404)
    try:
        remarks.answer(remark, request.form.get("text", ""), by=current_user)
    except Problem as problem:
        return _back(problem.message, "error")
    return _back("Đã trả lời nhận xét.")


def _back(sentence: str, kind: str = "done") -> Response:
    remember(sentence, kind)
    return redirect(url_for("progress.board") + "#remarks", 303)
