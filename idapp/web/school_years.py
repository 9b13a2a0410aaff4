"""The page on which the principal takes the school into its next year: plan, figures, one step, and the way back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from idapp import imports, jobs, permissions, school, school_years
from idapp.models import Person, SchoolClass, YearChange, in_school_order
from idapp.people import table_of
from idapp.rules.class_name import class_key, grade_in, grades_of, usual_order
from idapp.rules.folding import tidy
from idapp.rules.problem import Problem
from idapp.school_years import COMPLETED, LEAVING, ClassPlan, Destination, Plan, year_words
from idapp.settings import current
from idapp.web.access import current_user, only, remember
from idapp.web.confirming import password_first

bp = Blueprint("school_years", __name__)
TEACHER_WORDS = {
    "follow": "theo lớp lên",
    "stay": "dạy lớp mới cùng tên",
    "none": "chưa phân công",
}
KIND_WORDS = {
    "up": "Lên lớp",
    "stay": "Ở lại lớp",
    "completed": COMPLETED,
    "left": "Chuyển đi, thôi học",
    "open": "Chưa chọn",
}
WITH_CLASS = "with"  # for all who are missing: each goes where the own class goes
_USUAL_FROM = (5, 20)  # month and day: about when a school year ends


@bp.get("/settings/year")
@only("principal")
def settings() -> str:
    """The plan for the next year with its figures, how far the step is, or how the last one went."""
    return _page(_stored_plan())


@bp.post("/settings/year")
@only("principal")
def change_year() -> Response:
    """What the form says is kept and counted (`do`: preview), looked at class by class, or carried out (begin)."""
    deed = request.form.get("do", "begin" if "seen" in request.form else "preview")
    if deed == "reset":
        school_years.drop_plan()
        return redirect(url_for("school_years.settings"), 303)
    plan = _plan_in_form(_stored_plan())
    if deed == "begin":
        return password_first() or _begin(plan)
    school_years.keep_plan(plan, by=current_user)
    if deed.startswith("class-"):
        class_id = deed.removeprefix("class-")
        return redirect(url_for("school_years.plan_class", class_id=class_id), 303)
    return redirect(url_for("school_years.settings", _anchor="preview"), 303)


@bp.post("/settings/year/from-file/<int:import_id>")
@only("principal")
def plan_from_file(import_id: int) -> Response:
    """A plan made of the new year's class lists, which wait to be read."""
    upload = imports.import_for(current_user, import_id) or abort(404)
    try:
        plan = school_years.plan_from(upload, current_user)
    except (Problem, imports.FileRefused) as problem:
        remember(problem.message, "error")
        return redirect(url_for("imports.show", import_id=upload.id), 303)
    school_years.keep_plan(plan, by=current_user, upload=upload)
    return redirect(url_for("school_years.settings"), 303)


@bp.post("/settings/year/undo")
@only("principal", password=True)
def undo() -> Response:
    """Take the last step back."""
    try:
        change = school_years.begin_undo(by=current_user)
    except Problem as problem:
        return make_response(_page(_stored_plan(), problem), 422)
    return _work_on(change, f"Đã hoàn tác: trường trở lại năm học {year_words(change.from_year)}.")


@bp.post("/settings/year/go-on")
@only("principal")
def go_on() -> Response:
    """Do the work while the page waits: the worker does not answer."""
    change = school_years.last_change()
    if change is not None:
        school_years.go_on(change.id)
    return redirect(url_for("school_years.settings"), 303)


@bp.get("/settings/year/progress")
@only("principal")
def progress() -> Response | str:
    """How far the step has come, asked for by the page every moment; at the end the page loads afresh."""
    change = school_years.last_change() or abort(404)
    if not change.is_under_way:
        return Response(headers={"HX-Redirect": url_for("school_years.settings")})
    return render_template("school_years/_progress.html", **_progress_of(change))


@bp.get("/settings/year/classes/<int:class_id>")
@only("principal")
def plan_class(class_id: int) -> str:
    """The pupils of a class, each with a choice: with the class, stay, another class, leave."""
    school_class = _class_or_404(class_id)
    plan = _stored_plan()
    pupils = table_of(Person.select().where(Person.school_class == school_class, Person.active))
    return render_template(
        "school_years/class.html",
        school_class=school_class,
        pupils=pupils,
        apart={id_: goal.key if goal else "" for id_, goal in plan.apart.items()},
        usual=_usual_words(plan, school_class),
        goals=_goals(plan, school_class),
        to_year=_years()[1],
    )


@bp.post("/settings/year/classes/<int:class_id>")
@only("principal")
def save_class(class_id: int) -> Response:
    """Keep what was chosen for single pupils (`to-<person id>`)."""
    school_class = _class_or_404(class_id)
    plan = _with_choices(_stored_plan(), _pupil_ids(school_class))
    school_years.keep_plan(plan, by=current_user)
    remember(f"Đã lưu dự kiến của lớp {school_class.name}.")
    return redirect(url_for("school_years.settings", _anchor=f"class-{class_id}"), 303)


# --- reading forms ---


def _begin(plan: Plan) -> Response:
    try:
        change = school_years.begin(plan, by=current_user, seen=request.form.get("seen", ""))
    except Problem as problem:
        if not isinstance(problem, school_years.MergeQuestion):
            school_years.keep_plan(plan, by=current_user)
        return make_response(_page(plan, problem), 422)
    return _work_on(change, f"Trường đã sang năm học {year_words(change.to_year)}.")


def _work_on(change: YearChange, sentence: str) -> Response:
    """A small school waits for its page, a large one for the worker."""
    if change.total <= school_years.AT_ONCE:
        school_years.go_on(change.id)
        remember(sentence)
    else:
        jobs.change_year_later(change.id)
    return redirect(url_for("school_years.settings"), 303)


def _stored_plan() -> Plan:
    """What somebody has changed of the plan, else what is proposed."""
    draft = school_years.planned()
    if draft is not None:
        return _with_new_classes_of_today(Plan.of_json(draft.plan))
    return _proposal()


def _proposal() -> Plan:
    grades = grades_of(school.the_school().level)
    return school_years.proposal(school_years.present_classes(), grades)


def _with_new_classes_of_today(plan: Plan) -> Plan:
    """A class that was added or removed since the plan was draft."""
    return replace(plan, classes=dict(_proposal().classes) | _still_there(plan))


def _still_there(plan: Plan) -> dict[int, ClassPlan]:
    ids = {school_class.id for school_class in school_years.present_classes()}
    return {id_: class_plan for id_, class_plan in plan.classes.items() if id_ in ids}


def _plan_in_form(stored: Plan) -> Plan:
    """The stored plan with what the form says; what it does not send stays."""
    form = request.form
    classes = {}
    for class_id, class_plan in stored.classes.items():
        name = tidy(form.get(f"name-{class_id}", class_plan.name))
        usual = "up" if class_plan.name else "completed"
        if form.get(f"go-{class_id}", usual) == "completed":
            name = ""
        teachers = form.get(f"teachers-{class_id}", class_plan.teachers)
        if teachers not in school_years.TEACHERS:
            abort(422)
        classes[class_id] = ClassPlan(name, teachers)
    plan = replace(stored, classes=classes, merged=frozenset(form.getlist("merged")))
    if "new_classes" in form:
        names = [tidy(line) for line in form["new_classes"].splitlines()]
        plan = replace(plan, new_classes=tuple(name for name in names if name))
    if "closes_asked" in form:
        plan = replace(plan, closes=form.get("closes") == "1")
    return _with_choices(plan, plan.missing)


def _with_choices(plan: Plan, ids: frozenset[int]) -> Plan:
    """What the form says of these people: `to-<person id>`, and `to-all` for those of whom nothing is said."""
    apart = dict(plan.apart)
    class_of = dict(school_years.pupils_in_classes())
    for id_ in ids:
        text = request.form.get(f"to-{id_}")
        if text is None or id_ not in class_of:
            continue
        key = text or request.form.get("to-all", "")
        goal = Destination.of(key)
        if key == WITH_CLASS:
            goal = plan.classes[class_of[id_]].destination
        if goal is None and id_ not in plan.missing:
            apart.pop(id_, None)
        else:
            apart[id_] = goal
    return replace(plan, apart=apart)


def _class_or_404(class_id: int) -> SchoolClass:
    school_class = permissions.class_of(current_user, class_id)
    if school_class is None or school_class.is_past:
        abort(404)
    return school_class


def _pupil_ids(school_class: SchoolClass) -> frozenset[int]:
    return frozenset(
        id_ for id_, class_id in school_years.pupils_in_classes() if class_id == school_class.id
    )


# --- what the pages show ---


@dataclass(frozen=True)
class _Line:
    """A class of this year in the form: its plan, how many of its pupils are apart, and its counts."""

    school_class: SchoolClass
    plan: ClassPlan
    apart: int
    counts: dict[str, int]

    @property
    def total(self) -> int:
        """All its pupils."""
        return sum(self.counts.values())


def _page(plan: Plan, problem: Problem | None = None) -> str:
    change = school_years.last_change()
    if change is not None and change.is_under_way:
        return render_template("school_years/under_way.html", **_progress_of(change))
    outcome = school_years.outcome_of(plan)
    from_year, to_year = _years()
    draft = school_years.planned()
    return render_template(
        "school_years/plan.html",
        plan=plan,
        outcome=outcome,
        lines=_lines(plan, outcome),
        from_year=from_year,
        to_year=to_year,
        is_kept=draft is not None,
        upload=draft.upload if draft else None,
        missing=_missing(plan),
        missing_goals=_goals_of_missing(plan),
        campaign=school.the_campaign(),
        problem=problem or _why_not(plan, outcome),
        merge=problem.name if isinstance(problem, school_years.MergeQuestion) else "",
        is_early=current().today() < date(to_year, *_USUAL_FROM),
        today=current().today(),
        LEAVING=LEAVING,
        WITH_CLASS=WITH_CLASS,
        TEACHER_WORDS=TEACHER_WORDS,
        KIND_WORDS=KIND_WORDS,
        **_about_last(change),
    )


def _why_not(plan: Plan, outcome: school_years.Outcome) -> Problem | None:
    """What stands in the way, said before somebody has filled in the whole page."""
    try:
        school_years.check_nothing_is_under_way()
        if school_years.planned() is not None:
            school_years.check(plan, outcome)
    except Problem as problem:
        return problem
    return None


def _about_last(change: YearChange | None) -> dict[str, object]:
    if change is None or change.state != "done":
        return {"last": None, "edits": []}
    return {"last": change, "edits": school_years.edited_since(change)}


def _progress_of(change: YearChange) -> dict[str, object]:
    done = school_years.done_of(change)
    return {"change": change, "done": done, "total": change.total}


def _years() -> tuple[int, int]:
    year = school.the_school().school_year
    return year, year + 1


def _lines(plan: Plan, outcome: school_years.Outcome) -> list[_Line]:
    apart: dict[int, int] = {}
    for id_, class_id in school_years.pupils_in_classes():
        apart[class_id] = apart.get(class_id, 0) + (id_ in plan.apart)
    lines = []
    for old in outcome.before:
        class_plan = plan.classes.get(old.school_class.id, ClassPlan(""))
        n = apart.get(old.school_class.id, 0)
        lines.append(_Line(old.school_class, class_plan, n, dict(old.counts)))
    return lines


def _usual_words(plan: Plan, school_class: SchoolClass) -> str:
    """What becomes of who goes with the class."""
    class_plan = plan.classes[school_class.id]
    if class_plan.name:
        return f"Cùng lớp, lên {class_plan.name}"
    return f"Cùng lớp: {COMPLETED.lower()}"


def _goals(plan: Plan, school_class: SchoolClass) -> list[tuple[str, str]]:
    """(key, words) of everything that may become of a single pupil of this class."""
    goals = []
    for name in sorted(school_years.next_names(plan), key=usual_order):
        grade = grade_in(name)
        words = f"Sang lớp {name}"
        if school_class.grade is not None:
            if grade not in (school_class.grade, school_class.grade + 1):
                continue
            if grade == school_class.grade:
                words = f"Ở lại, học lớp {name}"
        if class_key(name) != class_key(plan.classes[school_class.id].name):
            goals.append((Destination(class_name=name).key, words))
    goals.sort(key=lambda goal: not goal[1].startswith("Ở lại"))
    return goals + _ways_to_leave()


def _ways_to_leave() -> list[tuple[str, str]]:
    return [(Destination(state=state).key, state) for state in LEAVING]


def _missing(plan: Plan) -> list[tuple[Person, str]]:
    """(record with its class, chosen key) of those whom no list of the new year names, class by class."""
    query = Person.select(Person, SchoolClass).join(SchoolClass)
    of_plan = query.where(Person.active, Person.id.in_(list(plan.missing)))
    order = (*in_school_order(), Person.sort_key, Person.id)
    chosen = {id_: goal.key if goal else "" for id_, goal in plan.apart.items()}
    return [(person, chosen.get(person.id, "")) for person in of_plan.order_by(*order)]


def _goals_of_missing(plan: Plan) -> dict[int, list[tuple[str, str]]]:
    """{class id: choices} for the classes in which somebody is missing."""
    classes = {person.school_class for person, _ in _missing(plan) if person.school_class}
    goals = {}
    for school_class in classes:
        usual = plan.classes[school_class.id].destination.key
        goals[school_class.id] = [
            (usual, _usual_words(plan, school_class)),
            *_goals(plan, school_class),
        ]
    return goals
