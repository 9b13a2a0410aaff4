"""The last own step is taken back, or done again."""

from __future__ import annotations

from collections.abc import Callable

from flask import make_response, redirect, render_template, request, url_for
from peewee import ModelSelect
from werkzeug.wrappers import Response as AnyResponse

from idapp import permissions
from idapp.models import Person
from idapp.people import undoing
from idapp.rules.record import FIELD
from idapp.web.access import current_user, only, remember, wants_fragment
from idapp.web.people import bp, bulk_responses
from idapp.web.people.listings import Listing, listing_of, listing_or_404
from idapp.web.template_filters import time_vn

_DEEDS = {
    "typed": "sửa %d ô", "pasted": "dán %d ô", "fill": "điền xuống %d ô", "card": "ghi %d mục từ mã QR của thẻ",
    "import": "nhập tệp, %d ô",
}  # fmt: skip
_NOTHING = {
    "undo": "Không còn bước nào của thầy cô để hoàn tác ở bảng này.",
    "redo": "Không có bước nào để làm lại.",
}
_DONE = {"undo": "Đã hoàn tác: ", "redo": "Đã làm lại: "}
_VERBS = {"undo": undoing.undo, "redo": undoing.redo}


@bp.post("/undo")
@only("teacher", "clerk", "principal")
def undo() -> AnyResponse:
    return _step("undo")


@bp.post("/redo")
@only("teacher", "clerk", "principal")
def redo() -> AnyResponse:
    return _step("redo")


def _step(verb: str) -> AnyResponse:
    """200 done, or nothing left to do; 409 somebody changed a cell since, or the record is out of reach."""
    named = request.form.get("table", "")
    listing = listing_or_404(named) if named else None
    query: ModelSelect[Person] = (
        listing.ever if listing else permissions.people_of(current_user, include_inactive=True)
    )
    take: Callable[..., undoing.Undone | None] = _VERBS[verb]
    try:
        undone = take(query, by=current_user, rest=request.form.get("rest") == "1")
    except undoing.UndoConflict as stale:
        return _say(listing, verb, _changed_since(stale), left=stale.left)
    except undoing.InUse as gone:
        sentence = "Chưa hoàn tác: hồ sơ vừa thêm đã có trong đợt xác thực, giấy thông báo hoặc giải trình."
        return _say(listing, verb, sentence, left=gone.left)
    except undoing.OutOfReach as gone:
        sentence = (
            "Chưa hoàn tác: bước này có hồ sơ nay thuộc lớp khác hoặc không còn trong danh sách."
        )
        return _say(listing, verb, sentence, left=gone.left)
    if undone is None:
        return _say(listing, verb, _NOTHING[verb])
    if undone.people:
        names = ", ".join(person.full_name for person in undone.people)
        return _say(listing, verb, f"{_DONE[verb]}thêm hồ sơ {names}.", undone=undone)
    if not undone.cells:
        return _say(listing, verb, "Đã bỏ qua bước này, không ô nào thay đổi.", undone=undone)
    kept = f" {len(undone.kept)} ô người khác đã sửa thì giữ nguyên." if undone.kept else ""
    return _say(
        listing,
        verb,
        f"{_DONE[verb]}{_DEEDS.get(undone.source, '%d ô') % undone.cells}.{kept}",
        undone=undone,
    )


def _changed_since(stale: undoing.UndoConflict) -> str:
    """Who, which cell, when."""
    cell = stale.cells[0]
    when = f" lúc {time_vn(cell.last.at)}" if cell.last else ""
    more = f" và {len(stale.cells) - 1} ô khác cũng đã đổi" if len(stale.cells) > 1 else ""
    label = FIELD[cell.field].label if cell.field in FIELD else cell.field
    return (
        f"Chưa hoàn tác gì: {cell.by_name} đã sửa ô {label} của {cell.person.full_name} thành "
        f"“{cell.now or '(trống)'}”{when}{more}."
    )


def _say(
    listing: Listing | None,
    verb: str,
    sentence: str,
    *,
    undone: undoing.Undone | None = None,
    left: int | None = None,
) -> AnyResponse:
    """``left``: the step is stuck, and so many of its cells could still be taken back."""
    comes_or_goes = undone is not None and bool(
        undone.people
    )  # the table is drawn anew, and says so there
    if comes_or_goes or not wants_fragment():
        remember(sentence, "done" if undone else "warn")
    if not wants_fragment():
        return redirect(_way_back(listing), 303)
    report = render_template(
        "people/_undone.html",
        sentence=sentence,
        verb=verb,
        undone=undone,
        stuck=left is not None,
        left=left,
        table_id=listing.id if listing else "",
        reload=comes_or_goes,
    )
    saved, status = undone.result.saved if undone else [], 200 if left is None else 409
    if (
        listing is None and saved
    ):  # the page did not say which one it shows: the one where the step was
        listing = listing_of(saved[0].person)
    if listing is None:
        return make_response(render_template("people/_reported.html", report=report), status)
    return bulk_responses.response(
        listing, saved, report=report, status=status, changeset=undone.changeset if undone else ""
    )


def _way_back(listing: Listing | None) -> str:
    return (listing.path if listing else "") or url_for("people.home")
