"""The first deed of an installation: the school, the letter it answers and the account of its head; whole or absent.

``code``      the one-time code that the start message prints
``drafts``    what a browser has typed on the pages so far
``founding``  the verb, which the pages and `flask setup` share
"""

from idapp.setup.founding import (
    AlreadySetUp,
    CampaignFacts,
    FirstUser,
    SchoolFacts,
    check_mode,
    found_office,
    found_school,
    is_needed,
)

__all__ = [
    "AlreadySetUp",
    "CampaignFacts",
    "FirstUser",
    "SchoolFacts",
    "check_mode",
    "found_office",
    "found_school",
    "is_needed",
]
