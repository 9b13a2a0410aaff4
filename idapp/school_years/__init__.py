"""From one school year into the next: each class up, the last grade out, some stay; planned, counted, done, undone.

plans      what is proposed, and what somebody changed of it
figures    the plan on paper: who would be where, and what is wrong with it
steps      the deed itself, in parts; ``undoing`` takes it back
from_list  a plan made of the new year's class lists
"""

from idapp.school_years.figures import (
    MergeQuestion,
    Outcome,
    check,
    next_names,
    outcome_of,
    present_classes,
    pupils_in_classes,
)
from idapp.school_years.from_list import plan_from
from idapp.school_years.moving import year_words
from idapp.school_years.obstacles import check_nothing_is_under_way
from idapp.school_years.plans import (
    COMPLETED,
    LEAVING,
    TEACHERS,
    ClassPlan,
    Destination,
    Plan,
    proposal,
)
from idapp.school_years.steps import (
    AT_ONCE,
    PlanOutdated,
    begin,
    done_of,
    drop_plan,
    go_on,
    keep_plan,
    overdue,
    planned,
)
from idapp.school_years.undoing import begin_undo, edited_since, last_change

__all__ = [
    "AT_ONCE",
    "COMPLETED",
    "LEAVING",
    "TEACHERS",
    "ClassPlan",
    "Destination",
    "MergeQuestion",
    "Outcome",
    "Plan",
    "PlanOutdated",
    "begin",
    "begin_undo",
    "check",
    "check_nothing_is_under_way",
    "done_of",
    "drop_plan",
    "edited_since",
    "go_on",
    "keep_plan",
    "last_change",
    "next_names",
    "outcome_of",
    "overdue",
    "plan_from",
    "planned",
    "present_classes",
    "proposal",
    "pupils_in_classes",
    "year_words",
]
