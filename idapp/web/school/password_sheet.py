"""The sheet of first passwords: a slip for each, to be cut and handed out (what it may show: ``first_passwords``)."""

from __future__ import annotations

import re

import segno
from flask import redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from idapp import disclosures, first_passwords, school
from idapp.models import User
from idapp.settings import current
from idapp.site_address import address_for_paper
from idapp.web.access import current_user, only, remember
from idapp.web.school import bp
from idapp.web.school.views import roles_to_give

_COOKIE = "idapp-sheet"
_PATH = "/settings/accounts"
_KEY = re.compile(r"[0-9a-f]{64}")


@bp.get("/settings/accounts/sheet")
@only("clerk", "principal")
def sheet() -> str:
    """The slips that this browser has not printed yet."""
    address = address_for_paper()
    slips = first_passwords.waiting(key_of_browser(), by=current_user)
    if slips:
        disclosures.record("print.passwords", by=current_user, count=len(slips), unit="phiếu")
    return render_template(
        "school/password_sheet.html",
        slips=slips,
        address=address,
        code=_code_of(address),
        school=school.the_school(),
        never_signed_in=_never_signed_in(),
    )


@bp.post("/settings/accounts/sheet")
@only("clerk", "principal", password=True)
def new_sheet() -> Response:
    """New first passwords for everybody who has never signed in: the slips of before were lost."""
    key = key_of_browser()
    users = _never_signed_in()
    for user in users:
        first_passwords.reset(user, key, by=current_user)
    if not users:
        remember("Ai có tài khoản cũng đã đăng nhập rồi, không còn phiếu nào cần in.")
    return to_sheet(key)


@bp.post("/settings/accounts/sheet/done")
@only("clerk", "principal")
def sheet_is_printed() -> Response:
    """Nobody can open the sheet any more, in this browser neither."""
    first_passwords.forget(by=current_user)
    remember("Đã xóa phiếu mật khẩu. Ai làm mất phiếu thì đặt lại mật khẩu ở trang này.")
    answer = redirect(url_for("school.show_accounts"))
    answer.delete_cookie(_COOKIE, path=request.script_root + _PATH)
    return answer


def key_of_browser() -> str:
    """The key in this browser's cookie, or a new one, which the answer has to bring there (``with_key``)."""
    key = request.cookies.get(_COOKIE, "")
    if _KEY.fullmatch(key):
        return key
    return first_passwords.new_key()


def with_key(answer: Response, key: str) -> Response:
    """The answer, which also brings the key into the browser for as long as the sheet lasts."""
    answer.set_cookie(
        _COOKIE,
        key,
        path=request.script_root + _PATH,
        max_age=int(first_passwords.KEPT_FOR.total_seconds()),
        httponly=True,
        samesite="Strict",
        secure=current().https,
    )
    return answer


def to_sheet(key: str) -> Response:
    """On to the sheet, with the key that opens it."""
    return with_key(redirect(url_for("school.sheet"), 303), key)


def _never_signed_in() -> list[User]:
    """Open accounts, among those that this user may manage, whose owner has only a first password."""
    waiting = User.select().where(
        User.must_change_password,
        User.signed_in_at.is_null(),
        ~User.disabled,
        User.role.in_(roles_to_give()),
        User.id != current_user.id,
    )
    return list(waiting.order_by(User.username))


def _code_of(address: str) -> Markup:
    """A QR code with the address of the site; empty without one."""
    if not address:
        return Markup("")
    drawn = segno.make(address, error="m").svg_inline(
        scale=3, border=2, omitsize=True, svgclass="code", lineclass=None
    )
    return Markup(drawn)  # noqa: S704  (made here, from the school's own address)
