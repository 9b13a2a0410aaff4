"""The last own step is taken back, or done again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import make_response, redirect, render_template, request, url_for
from peewee import ModelSelect
from werkzeug.wrappers import Response as AnyResponse

from idapp import permissions
from idapp.models import Person
from idapp.people import Saved, undoing
from idapp.rules.record import FIELD
from idapp.web.access import current_user, only, person_or_404, remember, wants_fragment
from idapp.web.people import bp, bulk_responses
from idapp.web.people.form_input import whole
from idapp.web.people.listings import Listing, listing_of, listing_or_404
from idapp.web.template_filters import time_vn

_EDITS = {
    "typed": "sửa %d ô",
    "pasted": "dán %d ô",
    "fill": "điền xuống %d ô",
    "card": "lưu %d mục từ mã QR của thẻ",
    "import": "nhập tệp, %d ô",
}
_NOTHING = {
    "undo": "Không còn bước nào của thầy cô để hoàn tác ở bảng này.",
    "redo": "Không có bước nào để làm lại.",
}
_PLACES = {"school_class": "lớp", "state": "trạng thái"}
_SHOWN_NAMES = 3
_DONE = {"undo": "Đã hoàn tác: ", "redo": "Đã làm lại: "}
_IN_USE = (
    "Chưa hoàn tác: hồ sơ vừa thêm đã có trong đợt xác thực, theo dõi giấy tờ hoặc giải trình."
)
_OUT_OF_REACH = (
    "Chưa hoàn tác: bước này có hồ sơ nay thuộc lớp khác hoặc không còn trong danh sách."
)
_SKIPPED = "Đã bỏ qua bước này, không ô nào thay đổi."
_VERBS: dict[str, Callable[..., undoing.Undone | None]] = {
    "undo": undoing.undo,
    "redo": undoing.redo,
}


@dataclass(frozen=True)
class Outcome:
    """What became of the request.

    undone  what was taken back or done again; None if nothing was
    left    the changeset is stuck, and so many of its cells could still be taken back; None if it is not stuck
    """

    sentence: str
    undone: undoing.Undone | None = None
    left: int | None = None

    @property
    def comes_or_goes(self) -> bool:
        """Did people enter or leave the table? Then it is drawn anew, and says so there."""
        if self.undone is None:
            return False
        return bool(self.undone.people or self.undone.placed)

    @property
    def status(self) -> int:
        """Of the answer."""
        return 200 if self.left is None else 409

    @property
    def saved(self) -> list[Saved]:
        """The records whose cells went back."""
        if self.undone is None:
            return []
        return self.undone.result.saved

    @property
    def changeset(self) -> str:
        """Of the undo itself, "" if nothing was done."""
        if self.undone is None:
            return ""
        return self.undone.changeset


@bp.post("/undo")
@only("teacher", "clerk", "principal")
def undo() -> AnyResponse:
    """Take back the user's last changeset in the table that the form names."""
    return _step("undo")


@bp.post("/redo")
@only("teacher", "clerk", "principal")
def redo() -> AnyResponse:
    """Do again what was undone last."""
    return _step("redo")


def _step(verb: str) -> AnyResponse:
    """200 done, or nothing left to do; 409 somebody changed a cell since, or the record is out of reach."""
    listing, query = _table_asked()
    outcome = _try(verb, query)
    if outcome.comes_or_goes or not wants_fragment():
        remember(outcome.sentence, "done" if outcome.undone else "warn")
    if not wants_fragment():
        return redirect(_way_back(listing), 303)
    return _fragments(listing, verb, outcome)


def _table_asked() -> tuple[Listing | None, ModelSelect[Person]]:
    """The table that the form names, or the one record (``person``), or all; who was put aside can be brought back."""
    table_id = request.form.get("table", "")
    if table_id:
        listing = listing_or_404(table_id)
        return listing, listing.ever
    everybody = permissions.people_of(current_user, include_inactive=True)
    person_id = whole(request.form.get("person", ""))
    if person_id:
        everybody = everybody.where(Person.id == person_or_404(person_id, to="edit").id)
    return None, everybody


def _try(verb: str, query: ModelSelect[Person]) -> Outcome:
    skip_conflicts = request.form.get("rest") == "1"
    try:
        undone = _VERBS[verb](query, by=current_user, rest=skip_conflicts)
    except undoing.UndoConflict as conflict:
        return Outcome(_changed_since(conflict), left=conflict.left)
    except undoing.InUse as refusal:
        return Outcome(_IN_USE, left=refusal.left)
    except undoing.OutOfReach as refusal:
        return Outcome(_OUT_OF_REACH, left=refusal.left)
    if undone is None:
        return Outcome(_NOTHING[verb])
    return Outcome(_done(verb, undone), undone=undone)


def _done(verb: str, undone: undoing.Undone) -> str:
    """What was done, in a sentence."""
    if undone.people:
        names = ", ".join(person.full_name for person in undone.people)
        return f"{_DONE[verb]}thêm hồ sơ {names}."
    if undone.placed:
        return _placed(verb, undone)
    if not undone.cells:
        return _SKIPPED
    what = _EDITS.get(undone.source, "%d ô") % undone.cells
    if not undone.kept:
        return f"{_DONE[verb]}{what}."
    return f"{_DONE[verb]}{what}. {len(undone.kept)} ô người khác đã sửa thì giữ nguyên."


def _placed(verb: str, undone: undoing.Undone) -> str:
    """Whose class or state went back, and who stayed where somebody else has put them."""
    people = [person.full_name for person in undone.placed[:_SHOWN_NAMES]]
    names = ", ".join(people)
    if len(undone.placed) > _SHOWN_NAMES:
        names = f"{len(undone.placed)} người ({names}…)"
    sentence = f"{_DONE[verb]}lớp, trạng thái của {names}."
    if undone.kept:
        sentence += f" {len(undone.kept)} người đã được người khác đổi sau đó thì giữ nguyên."
    return sentence


def _changed_since(conflict: undoing.UndoConflict) -> str:
    """Who, which cell, when."""
    cell = conflict.cells[0]
    others = len(conflict.cells) - 1
    label = _PLACES.get(cell.field, cell.field)
    if cell.field in FIELD:
        label = f"ô {FIELD[cell.field].label}"
    sentence = (
        f"Chưa hoàn tác gì: {cell.by_name} đã sửa {label} của {cell.person.full_name} thành "
        f"“{cell.now or '(trống)'}”"
    )
    if cell.last:
        sentence += f" lúc {time_vn(cell.last.at)}"
    if others:
        sentence += f" và {others} ô khác cũng đã đổi"
    return f"{sentence}."


def _fragments(listing: Listing | None, verb: str, outcome: Outcome) -> AnyResponse:
    report = render_template(
        "people/_undone.html",
        sentence=outcome.sentence,
        verb=verb,
        undone=outcome.undone,
        stuck=outcome.left is not None,
        way_past=_way_past(verb, outcome.left),
        table_id=listing.id if listing else "",
        reload=outcome.comes_or_goes,
    )
    if listing is None and outcome.saved:
        # the page did not say which table it shows: the one where the changeset was
        listing = listing_of(outcome.saved[0].person)
    if listing is None:
        page = render_template("people/_reported.html", report=report)
        return make_response(page, outcome.status)
    return bulk_responses.response(
        listing, outcome.saved, report=report, status=outcome.status, changeset=outcome.changeset
    )


def _way_past(verb: str, left: int | None) -> str:
    """The words on the button past a changeset that is stuck; ``left``: how many cells can still go back.

    >>> _way_past("redo", 3), _way_past("undo", 0)
    ('Làm lại các ô còn lại', 'Bỏ qua bước này')
    """
    if not left:
        return "Bỏ qua bước này"
    if verb == "undo":
        return "Hoàn tác các ô còn lại"
    return "Làm lại các ô còn lại"


def _way_back(listing: Listing | None) -> str:
    person_id = whole(request.form.get("person", ""))
    if listing is None and person_id:
        return url_for("people.person", person_id=person_id)
    if listing is None:
        return url_for("people.home")
    return listing.path
