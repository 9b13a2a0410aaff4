"""Downloading workbooks: a class, the school, the staff."""

from flask import Blueprint, Response, make_response, request, url_for
from werkzeug.wrappers import Response as WerkzeugResponse

from idapp import exports
from idapp.exports.class_list import public_class_list
from idapp.processes import give_back_memory
from idapp.rules.class_name import class_key
from idapp.settings import current
from idapp.web import documents
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


@bp.get("/classes/<int:class_id>/public")
@only("teacher", "clerk", "principal")
def public_list(class_id: int) -> str:
    """A class list that may hang on a wall."""
    school_class = class_or_404(class_id, to="edit")
    return documents.printed(
        public_class_list(school_class, day=current().today()),
        back=url_for("people.class_table", class_id=class_id),
        back_words=f"Lớp {school_class.name}",
        file=url_for("exports.public_list_file", class_id=class_id),
        subject=f"public list of class {class_id}",
    )


@bp.get("/classes/<int:class_id>/public.docx")
@only("teacher", "clerk", "principal")
def public_list_file(class_id: int) -> WerkzeugResponse:
    """The same as a Word file."""
    school_class = class_or_404(class_id, to="edit")
    paper = public_class_list(school_class, day=current().today())
    name = f"danh-sach-lop-{class_id}.docx"
    return documents.word_file(paper, name, subject=f"public list of class {class_id}")


@bp.get("/school.xlsx")
@only("clerk", "principal")
def school_workbook() -> Response:
    """All pupils of the school, a sheet a class."""
    content = exports.school_workbook(by=current_user, form=_form())
    give_back_memory()
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
