"""The map of the data: tables in order of foreign keys. Questions are allowed here, verbs are not.

Times are UTC (``utc_now``), naive in the database. Dates of people are kept twice: the text a person reads and the
clean ISO value. A place is (epoch, code): codes were reused under other names in 2025.
"""

from idapp.models.ground import Table, utc_now
from idapp.models.imports import Import, ImportRow
from idapp.models.notices import Explanation, Notice
from idapp.models.people import STATUSES, Change, Person
from idapp.models.school import ROLES, Campaign, School, SchoolClass, Session, User
from idapp.models.verification import HEARTBEAT_STALE, OPEN_BATCH, OPEN_ITEM, Attempt, Batch, BatchItem

TABLES = (
    School, Campaign, User, Session, SchoolClass, Person, Change, Import, ImportRow, Batch, BatchItem, Attempt, Notice,
    Explanation,
)  # fmt: skip

__all__ = [
    "HEARTBEAT_STALE", "OPEN_BATCH", "OPEN_ITEM", "ROLES", "STATUSES", "TABLES", "Attempt", "Batch", "BatchItem",
    "Campaign", "Change", "Explanation", "Import", "ImportRow", "Notice", "Person", "School", "SchoolClass", "Session",
    "Table", "User", "utc_now",
]  # fmt: skip
