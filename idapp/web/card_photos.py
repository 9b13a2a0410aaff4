"""Photos of cards: a stack for a class, one for a person; what they would change, beside the picture."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response as AnyResponse

from idapp import card_photos, jobs, notices, people
from idapp.card_photos import Outcome, Pair
from idapp.models import CardPhoto, Person, SchoolClass
from idapp.people.bulk_edits import Seen
from idapp.people.identifiers import identifiers_of
from idapp.rosters.linkage import LinkageIndex
from idapp.rules import record
from idapp.rules.problem import Problem
from idapp.scans.limits import MAX_BYTES
from idapp.settings import current
from idapp.web import cells
from idapp.web.access import (
    class_or_404,
    current_user,
    only,
    person_or_404,
    remember,
    wants_fragment,
)
from idapp.web.card_photo_words import confirmed_words, sent_words
from idapp.web.people.form_input import whole
from idapp.web.people.tables import catalogues_of, in_class, table_address

bp = Blueprint("card_photos", __name__)
writers = only("teacher", "clerk", "principal")
# A class of photos in one request, where no script sends them one by one; waitress takes 200 MB.
LARGEST_REQUEST = 190_000_000
_READ_HERE = 15.0  # seconds of reading while a page waits
_NONE_CHOSEN = "Chưa chọn ảnh nào: hãy chụp hoặc chọn ảnh thẻ rồi gửi."
_FULL = (
    f"Nhiều nhất {card_photos.MOST_PHOTOS} ảnh một lần cho một lớp: "
    "hãy lưu hoặc bỏ bớt ảnh đã gửi rồi gửi tiếp."
)
_LOOK = "Chưa lưu: hãy xem ảnh và các câu bên dưới, đánh dấu ô xác nhận rồi bấm Lưu."
_BUSY = "Máy chủ đang đọc các tệp khác: hãy đợi một phút rồi tải lại trang."


# a stack for a class


@bp.get("/classes/<int:class_id>/photos")
@writers
def show(class_id: int) -> str:
    """Where photos are sent, how far the reading is, and afterwards each photo with its pupil."""
    return _stack_page(class_or_404(class_id, to="edit"))


@bp.post("/classes/<int:class_id>/photos")
@only("teacher", "clerk", "principal", largest=LARGEST_REQUEST)
def add(class_id: int) -> AnyResponse:
    """Take photos in, one at a time in memory. The script of the page sends one in each request and gets 204."""
    school_class = class_or_404(class_id, to="edit")
    files = _files_sent()
    if not files:
        return _refused(school_class, _NONE_CHOSEN)
    try:
        for file in files:
            _take_in(file, school_class=school_class)
    except card_photos.StackFull:
        jobs.read_card_photos_later()
        return _refused(school_class, _FULL)
    jobs.read_card_photos_later()
    if wants_fragment():
        return Response(status=204)
    remember(sent_words(len(files)))
    return _back(school_class)


@bp.get("/classes/<int:class_id>/photos/progress")
@writers
def progress(class_id: int) -> AnyResponse | str:
    """The piece that asks for itself while photos are read; afterwards it leads to the finished page."""
    school_class = class_or_404(class_id, to="edit")
    facts = _progress(school_class)
    if facts["waiting"] and wants_fragment():
        return render_template("card_photos/_progress.html", school_class=school_class, **facts)
    if wants_fragment():
        page = url_for("card_photos.show", class_id=school_class.id)
        return Response(headers={"HX-Redirect": page})
    return _back(school_class)


@bp.post("/classes/<int:class_id>/photos/read")
@writers
def read(class_id: int) -> AnyResponse:
    """Read some of them while the page waits: the worker does not answer."""
    school_class = class_or_404(class_id, to="edit")
    card_photos.go_on(current(), seconds=_READ_HERE)
    return _back(school_class)


@bp.post("/classes/<int:class_id>/photos/choose")
@writers
def choose(class_id: int) -> AnyResponse:
    """Whose a photo is (`person-<photo>`, "" for as the card says), and which photo goes away (`drop`)."""
    school_class = class_or_404(class_id, to="edit")
    photos = _shown(school_class)
    pupils = {str(person.id): person for person in in_class(school_class)}
    chosen = {}
    for photo in photos:
        answer = request.form.get(f"person-{photo.id}")
        if answer is not None:
            chosen[photo.id] = pupils.get(answer)
    card_photos.choose(photos, chosen, _ticked())
    gone = [photo for photo in photos if str(photo.id) in request.form.getlist("drop")]
    card_photos.drop(gone, by=current_user, settings=current())
    return _back(school_class, _anchor="pairs")


@bp.post("/classes/<int:class_id>/photos/confirm")
@writers
def confirm(class_id: int) -> AnyResponse:
    """Write the ticked pairs (`take`) as one step, each beside what its user saw (`seen-<photo>`)."""
    school_class = class_or_404(class_id, to="edit")
    ticked = _ticked()
    card_photos.choose(_shown(school_class), {}, ticked)
    chosen = [pair for pair in _pairs(school_class) if pair.photo.id in ticked]
    try:
        outcome = _write(chosen)
    except Problem as problem:
        return _refused(school_class, problem.message)
    _say(outcome)
    return _back(school_class)


# one photo for a person


@bp.post("/people/<int:person_id>/photos")
@only("teacher", "clerk", "principal", largest=LARGEST_REQUEST)
def add_one(person_id: int) -> AnyResponse:
    """A photo of this person's card; it is read while the page waits."""
    person = person_or_404(person_id, to="edit")
    files = _files_sent()
    if not files:
        remember(_NONE_CHOSEN, "error")
        return redirect(url_for("people.person", person_id=person.id), 303)
    photo = card_photos.read_one(_take_in(files[0], person=person), current())
    if photo.state == "refused":
        remember(photo.sentence, "error")
        card_photos.drop([photo], by=current_user, settings=current())
        return redirect(url_for("people.person", person_id=person.id), 303)
    return redirect(_place_of(person, photo), 303)


@bp.get("/people/<int:person_id>/photos/<int:photo_id>")
@writers
def show_one(person_id: int, photo_id: int) -> str:
    """The photo beside what it would change, or beside the fields to type into."""
    person = person_or_404(person_id, to="edit")
    return _person_page(person, _photo_or_404(person, photo_id))


@bp.post("/people/<int:person_id>/photos/<int:photo_id>/confirm")
@writers
def confirm_one(person_id: int, photo_id: int) -> AnyResponse:
    """Write what was shown; where something makes one doubt, only with `looked`."""
    person = person_or_404(person_id, to="edit")
    photo = _photo_or_404(person, photo_id)
    pair = _pair(person, photo)
    if pair.doubts and pair.proposal and request.form.get("looked") != "1":
        return make_response(_person_page(person, photo, _LOOK), 422)
    try:
        outcome = _write([pair])
    except Problem as problem:
        return make_response(_person_page(person, photo, problem.message), 422)
    _say(outcome)
    if outcome.report.conflicts:
        return redirect(_place_of(person, photo), 303)
    return redirect(url_for("people.person", person_id=person.id), 303)


@bp.post("/people/<int:person_id>/photos/<int:photo_id>/drop")
@writers
def drop_one(person_id: int, photo_id: int) -> AnyResponse:
    """Put the photo away unwritten."""
    person = person_or_404(person_id, to="edit")
    card_photos.drop([_photo_or_404(person, photo_id)], by=current_user, settings=current())
    remember("Đã bỏ ảnh, không lưu gì.")
    return redirect(url_for("people.person", person_id=person.id), 303)


@bp.get("/card-photos/<int:photo_id>/<any(whole, small):size>")
@writers
def picture(photo_id: int, size: str) -> Response:
    """The picture, for who sent it and still looks after whose it is: never cached, never anything but a picture."""
    photo = card_photos.photo_of(current_user, photo_id) or abort(404)
    if photo.school_class_id is not None:
        class_or_404(photo.school_class_id, to="edit")
    elif photo.person_id is not None:
        person_or_404(photo.person_id, to="edit")
    is_small = size == "small"
    jpeg = card_photos.picture(photo, small=is_small, by=current_user, settings=current())
    if jpeg is None:
        abort(404)
    headers = {"Content-Disposition": "inline", "Cache-Control": "no-store"}
    return Response(jpeg, mimetype="image/jpeg", headers=headers)


# pieces of these


def _files_sent() -> list[FileStorage]:
    return [file for file in request.files.getlist("photos") if file.filename]


def _take_in(file: FileStorage, **whose: Any) -> CardPhoto:
    data = file.stream.read(MAX_BYTES + 1)
    return card_photos.add(data, file.filename or "", by=current_user, settings=current(), **whose)


def _shown(school_class: SchoolClass) -> list[CardPhoto]:
    return list(card_photos.stack_of(school_class, current_user))


def _ticked() -> set[int]:
    """The ids of `take`; what is no id is 0, which nothing has."""
    return {whole(value) for value in request.form.getlist("take")}


def _pairs(school_class: SchoolClass) -> list[Pair]:
    pupils = people.table_of(in_class(school_class))
    for pupil in pupils:
        pupil.school_class = school_class  # known: spares a query per row
    return card_photos.pairs_of(_shown(school_class), pupils, current().today())


def _pair(person: Person, photo: CardPhoto) -> Pair:
    """The photo with this person, whoever else its card may name."""
    photo.person = person
    index = LinkageIndex([person], identifiers_of)
    return card_photos.pair_for(photo, index, current().today())


def _write(pairs: list[Pair]) -> Outcome:
    """Raises Problem where nothing can be written."""
    keep = request.form.get("keep") == "1"
    return card_photos.confirm(pairs, _seen(pairs), keep=keep, by=current_user, settings=current())


def _seen(pairs: Iterable[Pair]) -> Seen:
    """What the page showed; a field of which it says nothing was seen empty, so nothing is replaced unseen."""
    seen: dict[int, dict[str, str]] = {}
    for pair in pairs:
        if pair.proposal is None:
            continue
        texts = _json_object(request.form.get(f"seen-{pair.photo.id}", "{}"))
        fields = [difference.field for difference in pair.proposal.differences]
        seen[pair.proposal.person.id] = {name: str(texts.get(name, "")) for name in fields}
    return seen


def _json_object(text: str) -> dict[str, Any]:
    """Aborts with 400 where our page cannot have sent it."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        abort(400)
    if not isinstance(content, dict):
        abort(400)
    return content


def _say(outcome: Outcome) -> None:
    sentence = confirmed_words(outcome)
    remember(sentence, "warn" if outcome.report.conflicts else "done")


def _photo_or_404(person: Person, photo_id: int) -> CardPhoto:
    photo = card_photos.photo_of(current_user, photo_id)
    if photo is None or photo.person_id != person.id:
        abort(404)
    if photo.state == "waiting":
        photo = card_photos.read_one(photo, current())
    return photo


def _place_of(person: Person, photo: CardPhoto) -> str:
    return url_for("card_photos.show_one", person_id=person.id, photo_id=photo.id)


def _back(school_class: SchoolClass, **more: Any) -> AnyResponse:
    return redirect(url_for("card_photos.show", class_id=school_class.id, **more), 303)


def _refused(school_class: SchoolClass, sentence: str) -> AnyResponse:
    if wants_fragment():
        return Response(sentence, 422, mimetype="text/plain")
    return make_response(_stack_page(school_class, sentence), 422)


def _stack_page(school_class: SchoolClass, sentence: str = "") -> str:
    pairs = _pairs(school_class)
    pupils = people.table_of(in_class(school_class))
    with_photo = {pair.person.id for pair in pairs if pair.person}
    return render_template(
        "card_photos/stack.html",
        school_class=school_class,
        sentence=sentence,
        pairs=[pair for pair in pairs if pair.standing != "waiting"],
        pupils=pupils,
        without=[pupil for pupil in pupils if pupil.id not in with_photo],
        cases=_with_cases(pairs),
        MOST_PHOTOS=card_photos.MOST_PHOTOS,
        **_progress(school_class),
        **_words(),
    )


def _with_cases(pairs: Iterable[Pair]) -> int:
    """Of how many of the pairs the pupil has an open case."""
    return sum(bool(pair.proposal and notices.open_case(pair.proposal.person)) for pair in pairs)


def _progress(school_class: SchoolClass) -> dict[str, Any]:
    """How many photos still wait, of how many, and whether nobody seems to read them."""
    photos = _shown(school_class)
    waiting = [photo for photo in photos if photo.state in ("waiting", "reading")]
    return {
        "waiting": len(waiting),
        "total": len(photos),
        "silent": bool(waiting) and card_photos.is_overdue(),
    }


def _words() -> dict[str, Any]:
    return {
        "labels": {name: field.label for name, field in record.FIELD.items()},
        "seen_of": _seen_of,
        "MOST_MB": MAX_BYTES // 2**20,
    }


def _seen_of(pair: Pair) -> str:
    """What the page shows of the fields that would change, for the form to send back."""
    if pair.proposal is None:
        return "{}"
    return json.dumps({each.field: each.old for each in pair.proposal.differences})


def _person_page(person: Person, photo: CardPhoto, sentence: str = "") -> str:
    fields = cells.columns_of(person.kind, person.epoch)
    return render_template(
        "card_photos/person.html",
        person=person,
        photo=photo,
        pair=_pair(person, photo),
        busy=_BUSY if photo.state in ("waiting", "reading") else "",
        sentence=sentence,
        case=notices.open_case(person),
        cells=cells.cells_of(person, fields, current_user),
        catalogues=catalogues_of(person.kind),
        back=table_address(person),
        **_words(),
    )
