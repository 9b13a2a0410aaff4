"""Downloading workbooks: a class, the school, the staff."""

from flask import Blueprint, Response, make_response, request

from idapp import exports
from idapp.school import class_key
from idapp.web.access import class_or_404, current_user, only

bp = Blueprint("exports", __name__, url_prefix="/exports")
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@bp.get("/classes/<int:class_id>.xlsx")
@only("teacher", "clerk", "principal")
def class_workbook(class_id: int) -> Response:
    school_class = class_or_404(class_id, to="edit")
    name = class_key(school_class.name).encode("ascii", "ignore").decode() or str(school_class.id)
    return download(
        exports.class_workbook(school_class, by=current_user, form=_form()),
        f"lop-{name}{_suffix()}.xlsx",
    )


@bp.get("/school.xlsx")
@only("clerk", "principal")
def school_workbook() -> Response:
    return download(
        exports.school_workbook(by=current_user, form=_form()), f"toan-truong{_suffix()}.xlsx"
    )


@bp.get("/staff.xlsx")
@only("clerk", "principal")
def staff_workbook() -> Response:
    return download(exports.staff_workbook(by=current_user), "can-bo.xlsx")


def _form() -> str:
    """`?form=416` is the ministry's entry form; anything else our own workbook."""
    return "416" if request.args.get("form") == "416" else ""


def _suffix() -> str:
    return "-mau-416" if _form() else ""


def download(content: bytes, name: str) -> Response:
    """A workbook that the browser saves under this name, of ASCII letters."""
    answer = make_response(content)
    answer.headers["Content-Type"] = _XLSX
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
