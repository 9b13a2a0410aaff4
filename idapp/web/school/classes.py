"""Classes of the school, and who is homeroom teacher."""

from flask import abort, request
from werkzeug.wrappers import Response

from idapp import school
from idapp.models import SchoolClass, User
from idapp.rules.problem import Problem
from idapp.web.access import current_user, only
from idapp.web.school import bp
from idapp.web.school.views import done, refused


@bp.post("/settings/classes")
@only("clerk", "principal")
def add_class() -> Response:
    """A class by its name, from which its grade is read."""
    try:
        added = school.add_class(request.form.get("name", ""), by=current_user)
    except Problem as problem:
        return refused(problem)
    return done(f"Đã thêm lớp {added.name}.")


@bp.post("/settings/classes/<int:class_id>/teacher")
@only("clerk", "principal")
def assign_teacher(class_id: int) -> Response:
    """The homeroom teacher of a class, or nobody."""
    school_class = SchoolClass.get_or_none(SchoolClass.id == class_id) or abort(404)
    chosen = request.form.get("teacher", type=int)
    teachers = []
    if chosen:
        teachers = [User.get_or_none(User.id == chosen, User.role == "teacher") or abort(422)]
    school.assign_teachers(school_class, teachers, by=current_user)
    return done(f"Đã phân công lớp {school_class.name}.")
