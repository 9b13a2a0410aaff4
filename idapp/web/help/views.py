"""``/help`` and ``/help/<name>``: for everybody, because who cannot sign in needs help too."""

from flask import Blueprint, abort, current_app, render_template, request

from idapp.web.access import current_user, open_to_all, wants_fragment
from idapp.web.help.guides import Library, Section, Shelf, library

bp = Blueprint("help", __name__)
_LONGEST_QUERY = 100
_SHELF_OF_ROLE = {
    "teacher": "Giáo viên chủ nhiệm",
    "clerk": "Văn thư",
    "principal": "Hiệu trưởng",
    "reviewer": "Cơ quan quản lý",
}


@bp.get("/help")
@open_to_all
def index() -> str:
    """All guides, those of the user's role first; ``?q=`` those that hold these words."""
    query = request.args.get("q", "")[:_LONGEST_QUERY].strip()
    return render_template(
        "help/index.html",
        query=query,
        matches=_library().search(query),
        shelves=_own_first(_library().shelves),
    )


@bp.get("/help/<name>")
@open_to_all
def page(name: str) -> str:
    """One guide; without the page around it for the dialog that `?` opens."""
    guide = _library().by_name.get(name)
    if guide is None:
        abort(404)
    template = "help/_guide.html" if wants_fragment() else "help/page.html"
    return render_template(template, guide=guide)


def keys_of_table(may_edit: bool) -> tuple[Section, ...]:
    """The keys of a table of people, from the guide about keys: moving around, then editing."""
    _, _everywhere, moving, editing = _library().by_name["phim-tat"].sections
    if may_edit:
        return (moving, editing)
    return (moving,)


def _library() -> Library:
    return library(current_app.static_url_path or "", request.script_root)


def _own_first(shelves: tuple[Shelf, ...]) -> list[Shelf]:
    role = current_user.role if current_user.is_authenticated else ""
    own = _SHELF_OF_ROLE.get(role)
    return sorted(shelves, key=lambda shelf: shelf.title != own)
