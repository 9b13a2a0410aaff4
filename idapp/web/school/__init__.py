"""Settings of the school: settings (its names), campaigns, classes, staff_accounts."""

from flask import Blueprint

bp = Blueprint("school", __name__)

from idapp.web.school import (  # noqa: E402  (their routes join bp)
    campaigns,  # noqa: F401
    classes,  # noqa: F401
    from_staff,  # noqa: F401
    milestones,  # noqa: F401
    password_sheet,  # noqa: F401
    settings,  # noqa: F401
    staff_accounts,  # noqa: F401
)
