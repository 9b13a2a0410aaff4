"""The map of the data, in order of foreign keys: school, places, people, doubles, imports, verification, notices,
photos of cards, progress, installation, years. Questions are allowed here, verbs are not.

Times are UTC (``utc_now``), naive in the database. Dates of people are kept twice: the text a person reads and the
clean ISO value. A place is (epoch, code): codes were reused under other names in 2025.
"""

from idapp.models.card_photos import CardPhoto
from idapp.models.doubles import DISTINCT_REASONS, DistinctPair, FormerNumber, RecordMerge
from idapp.models.ground import Table, utc_now, written_out
from idapp.models.imports import IN_PARTS, HeadingMeaning, Import, ImportRow
from idapp.models.installation import BackupRun, Recheck, StoredSetting
from idapp.models.notices import (
    EVIDENCE,
    NOTICE_STATES,
    OPEN_EXPLANATION,
    OPEN_REGISTER_ERROR,
    Appointment,
    Explanation,
    PaperCase,
    RegisterError,
    Scan,
    Visit,
)
from idapp.models.people import DISAGREES, DONE, STATUSES, Change, EnteredChange, Person
from idapp.models.places import EpochChange, PlaceChoice
from idapp.models.progress import Remark, SchoolFigures, Snapshot
from idapp.models.school import (
    ROLES,
    Campaign,
    ClassTeacher,
    DraftKey,
    Milestone,
    PasswordSheet,
    RecoveryCode,
    RemovedClass,
    School,
    SchoolClass,
    SecondStep,
    Session,
    SetupDraft,
    User,
    in_school_order,
)
from idapp.models.stepwise import UNDER_WAY
from idapp.models.transfers import EntryPaper, Transfer
from idapp.models.verification import (
    HEARTBEAT_STALE,
    OPEN_BATCH,
    OPEN_ITEM,
    Attempt,
    Batch,
    BatchFile,
    BatchItem,
)
from idapp.models.years import YearChange, YearMove

__all__ = [
    "DISAGREES",
    "DISTINCT_REASONS",
    "DONE",
    "EVIDENCE",
    "HEARTBEAT_STALE",
    "IN_PARTS",
    "NOTICE_STATES",
    "OPEN_BATCH",
    "OPEN_EXPLANATION",
    "OPEN_ITEM",
    "OPEN_REGISTER_ERROR",
    "ROLES",
    "STATUSES",
    "UNDER_WAY",
    "Appointment",
    "Attempt",
    "BackupRun",
    "Batch",
    "BatchFile",
    "BatchItem",
    "Campaign",
    "CardPhoto",
    "Change",
    "ClassTeacher",
    "DistinctPair",
    "DraftKey",
    "EnteredChange",
    "EntryPaper",
    "EpochChange",
    "Explanation",
    "FormerNumber",
    "HeadingMeaning",
    "Import",
    "ImportRow",
    "Milestone",
    "PaperCase",
    "PasswordSheet",
    "Person",
    "PlaceChoice",
    "Recheck",
    "RecordMerge",
    "RecoveryCode",
    "RegisterError",
    "Remark",
    "RemovedClass",
    "Scan",
    "School",
    "SchoolClass",
    "SchoolFigures",
    "SecondStep",
    "Session",
    "SetupDraft",
    "Snapshot",
    "StoredSetting",
    "Table",
    "Transfer",
    "User",
    "Visit",
    "YearChange",
    "YearMove",
    "in_school_order",
    "utc_now",
    "written_out",
]
