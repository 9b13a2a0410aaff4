"""The third net: every page is closed unless it says who may come in; every thing is looked up in the user's scope.

A view bears exactly one mark, directly above its ``def``:

    @open_to_all                      also for those who are not signed in (login, health)
    @signed_in                        every role, the managing office too; the queries decide what each of them sees
    @only("clerk", "principal")       these roles; anybody else gets 403
    @only("principal", password=True) and whoever it is types the password again, if that was some minutes ago

A mark wraps the view and writes who may enter into it (``MARK``). A test walks all routes: one without a mark fails it,
and so does one whose mark is not the one that the table of the test expects (``tests/web/test_who_may.py``).
Not there and not yours are the same answer, 404, so that nobody learns what exists elsewhere; 403 is for a thing one
may see and not touch.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from flask import abort, flash, g, make_response, redirect, render_template, request, url_for
from flask_login import current_user as _proxy
from werkzeug.wrappers import Response

from idapp import permissions, school
from idapp.models import Person, SchoolClass, User
from idapp.web.confirming import password_first
from idapp.web.drawn_for import is_drawn_for_another

View = TypeVar("View", bound=Callable[..., Any])
current_user = cast(User, _proxy)
MARK = "_who_may_enter"
# All that may be opened with a password that somebody else has set.
_OWN_PASSWORD = ("accounts.password", "accounts.change_password")
# How the addresses end to which the class table alone sends something.
_ACTIONS_OF_THE_TABLE = ("paste", "fill", "clear", "undo", "redo", "card", "changes", "count")


def the_user() -> User:
    """The one behind ``current_user``: asking the proxy for each of 45 x 10 cells takes longer than drawing them."""
    return cast(User, _proxy._get_current_object())


def open_to_all(view: View) -> View:
    """Mark of a page for everybody, also for those who are not signed in."""
    setattr(view, MARK, "everybody")
    return view


def signed_in(view: View) -> View:
    """Mark of a page for whoever is signed in, whatever the role."""
    return only("teacher", "clerk", "principal", "reviewer")(view)


def only(*roles: str, password: bool = False, largest: int = 0) -> Callable[[View], View]:
    """Mark of a page for those roles; anybody else who is signed in gets 403.

    The order of the checks matters: who is there at all (401), what must be done before anything else, then the role,
    at last the password of those who may (``confirming``). ``largest``: bytes of a request with photos.
    """

    def mark(view: View) -> View:
        """The guarded view, with the roles written into it."""

        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            """What Flask calls in place of the view."""
            if largest:
                request.max_content_length = largest
            user = the_user()
            answer = _not_yet(user)
            if answer is not None:
                return answer
            if user.role not in roles:
                abort(403)
            if password:
                answer = password_first()
            if answer is not None:
                return answer
            return view(*args, **kwargs)

        setattr(guarded, MARK, roles)
        return cast(View, guarded)

    return mark


def _not_yet(user: User) -> Response | None:
    """What this user must do before anything else; None if nothing. Aborts with 401 where nobody is signed in."""
    if not user.is_authenticated or _drawn_for_another(user):
        abort(401)
    if is_drawn_for_another():
        return _open_it_again()
    # The two pages themselves must open, else nobody could ever get past this.
    if user.must_change_password and request.endpoint not in _OWN_PASSWORD:
        return _own_password_first()
    return None


def _drawn_for_another(user: User) -> bool:
    """The table says for whom it was drawn: what one user typed is never saved in the name of the next."""
    wanted = request.headers.get("X-User")
    return wanted is not None and wanted != str(user.id)


def _open_it_again() -> Response:
    """Nothing is done; the browser's way back still has what was typed."""
    title = "Trang này mở cho tài khoản khác"
    sentence = (
        f"Trình duyệt này vừa đăng nhập bằng tài khoản của {_proxy.full_name}, nên việc vừa gửi "
        "chưa được làm. Hãy quay lại chép chữ đã gõ nếu cần, rồi tải lại trang và làm lại."
    )
    template = "errors/page.html"
    if wants_fragment():
        template = "errors/_fragment.html"
    return make_response(render_template(template, code=409, title=title, sentence=sentence), 409)


def _own_password_first() -> Response:
    """A password that somebody else has set is known to two: it opens nothing but the page that replaces it."""
    remember("Hãy đặt mật khẩu của riêng mình trước khi làm tiếp.", "warn")
    if wants_fragment():
        return Response(status=403, headers={"HX-Redirect": url_for("accounts.password")})
    return redirect(url_for("accounts.password"))


def school_is_set_up() -> bool:
    """Asked several times for each page, answered once."""
    if "school_is_set_up" not in g:
        g.school_is_set_up = school.is_set_up()
    return bool(g.school_is_set_up)


def may_edit(user: User, person: Person) -> bool:
    """``permissions.may_edit``, asked once a class while one request is answered: a paste draws 45 cells."""
    answers: dict[tuple[object, ...], bool] = g.setdefault("may_edit", {})
    key = (user.id, person.school_class_id, person.state == permissions.MERGED)
    if key not in answers:
        answers[key] = permissions.may_edit(user, person)
    return answers[key]


def person_or_404(person_id: int, *, to: str = "see") -> Person:
    """A record within the user's scope; ``to="edit"`` also asks whether it may be changed."""
    user = the_user()
    person = permissions.person_of(user, person_id)
    if person is None:
        abort(404)
    if to == "edit" and not may_edit(user, person):
        abort(403)
    return person


def class_or_404(class_id: int, *, to: str = "see") -> SchoolClass:
    """A class within the user's scope; to look at, the office also has those of earlier years."""
    user = the_user()
    school_class = permissions.class_of(user, class_id)
    if school_class is None:
        abort(404)
    if to == "edit" and not permissions.may_edit_class(user, school_class):
        abort(403)
    return school_class


def wants_fragment() -> bool:
    """Asked by htmx: answer the piece, not the page."""
    return request.headers.get("HX-Request") == "true"


def keeps_the_page() -> bool:
    """Asked by the class table, which holds unsaved text: no redirect, it signs the user in on the spot."""
    last = request.path.rsplit("/", 1)[-1]
    return "X-User" in request.headers or "/cells/" in request.path or last in _ACTIONS_OF_THE_TABLE


def is_polled() -> bool:
    """Asked by the table itself: nobody need be sitting there."""
    return request.path.endswith("/changes")


def remember(message: str, kind: str = "done") -> None:
    """A sentence for the next page; kind is done, info, warn or error."""
    flash(message, kind)


def same_origin() -> bool:
    """Did our own page send this request?

    Browsers say so in Sec-Fetch-Site; on a plain-http LAN, where they leave it out, they still send Origin with every
    unsafe request. A request with none of the three comes from no browser (a script of the school, a health check): it
    carries a session only if it holds the cookie itself, and other sites' pages cannot make a browser send that
    (SameSite=Lax). `Origin: null` is a foreign page.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:  # "none": typed by hand, or a bookmark
        return site in ("same-origin", "none")
    source = request.headers.get("Origin") or request.headers.get("Referer")
    return source is None or urlsplit(source).netloc == request.host
