"""Downloading workbooks: a class, the school, the staff."""

from flask import Blueprint, Response, make_response, request

from idapp import exports
from idapp.rules.class_name import class_key
from idapp.web.access import class_or_404, current_user, only

bp = Blueprint("exports", __name__, url_prefix="/exports")
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@bp.get("/classes/<int:class_id>.xlsx")
@only("teacher", "clerk", "principal")
def class_workbook(class_id: int) -> Response:
    """The workbook of one class, for whoever may edit it."""
    school_class = class_or_404(class_id, to="edit")
    # Browsers disagree about other letters in the header; a class named in them alone is named by
    # its id.
    ascii_name = class_key(school_class.name).encode("ascii", "ignore").decode()
    name = ascii_name or str(school_class.id)
    content = exports.class_workbook(school_class, by=current_user, form=_form())
    return download(content, f"lop-{name}{_suffix()}.xlsx")


@bp.get("/school.xlsx")
@only("clerk", "principal")
def school_workbook() -> Response:
    """All pupils of the school, a sheet a class."""
    content = exports.school_workbook(by=current_user, form=_form())
    return download(content, f"toan-truong{_suffix()}.xlsx")


@bp.get("/staff.xlsx")
@only("clerk", "principal")
def staff_workbook() -> Response:
    """Everybody who works at the school."""
    return download(exports.staff_workbook(by=current_user), "can-bo.xlsx")


def _form() -> str:
    """`?form=416` is the ministry's entry form; anything else our own workbook."""
    if request.args.get("form") == "416":
        return "416"
    return ""


def _suffix() -> str:
    if _form() == "416":
        return "-mau-416"
    return ""


def download(content: bytes, name: str) -> Response:
    """A workbook that the browser saves under this name, of ASCII letters."""
    answer = make_response(content)
    answer.headers["Content-Type"] = _XLSX
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
