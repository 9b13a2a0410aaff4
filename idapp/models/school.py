"""The school, its campaign, who works here, the classes."""

from __future__ import annotations

from datetime import date
from typing import Any

from peewee import (
    AutoField,
    BooleanField,
    CharField,
    DateField,
    DateTimeField,
    DeferredForeignKey,
    ForeignKeyField,
    IntegerField,
    ModelSelect,
    Ordering,
    TextField,
)

from idapp.models.ground import JSONText, Table, one_of, utc_now

ROLES = ("teacher", "clerk", "principal", "reviewer")


class School(Table):
    """The one school of this installation."""

    name = TextField()
    office = TextField(default="")  # the managing office the letter came from
    reviewer_title = TextField(default="")  # "" as usual, see ``school.reviewing_office``
    level = TextField(default="TH;THCS")
    province = TextField(default="")
    place = TextField(default="")  # where papers are made: "Thủ Thừa"; "" as the office's name says
    school_year = IntegerField()  # first calendar year: 2022 means 2022-2023
    demo = BooleanField(default=False)  # invented people, printed passwords: never a real school


class User(Table):
    """Somebody who signs in. Who has left is disabled and stays: the history names them."""

    assignments: ModelSelect[Any]
    sessions: ModelSelect[Any]
    imports: ModelSelect[Any]
    staff_record_id: int | None

    username = CharField(unique=True)
    full_name = TextField()
    role = CharField(constraints=[one_of("role", ROLES)])
    password_hash = TextField()
    must_change_password = BooleanField(default=False)
    disabled = BooleanField(default=False)
    created_at = DateTimeField(default=utc_now)
    # whose account it is, where it was made from the staff list
    staff_record = DeferredForeignKey("Person", null=True, unique=True, on_delete="SET NULL")
    signed_in_at = DateTimeField(null=True)
    phone = TextField(default="")  # for families, on the papers that they get
    second_step_since = DateTimeField(null=True)  # None: a password is enough (``second_step``)

    # what Flask-Login asks of a user
    is_authenticated = True
    is_anonymous = False

    @property
    def is_active(self) -> bool:
        """May this user still sign in? (Flask-Login)"""
        return not self.disabled

    def get_id(self) -> str:
        """The key as text, as Flask-Login wants it."""
        return str(self.id)


class Campaign(Table):
    """One order of the managing office: complete and verify everybody by the deadline."""

    closed_by_id: int | None

    title = TextField()
    letter = TextField(default="")
    opens_on = DateField()
    deadline = DateField()
    epoch = CharField(max_length=8, default="3level")
    closed_at = DateTimeField(null=True)
    closed_by = ForeignKeyField(User, backref="+", null=True)
    report = JSONText(default=dict)  # the figures as they stood when the principal closed it
    # of which pupils the present residence is asked for: ["all"], or groups as of a milestone
    present_residence = JSONText(default=list)

    def days_left(self, today: date) -> int:
        """Days until the deadline: 0 on the day itself, negative after it."""
        return (self.deadline - today).days


class Milestone(Table):
    """An earlier day of a campaign for some of its people; whom a group means says ``progress.milestones``."""

    campaign_id: int
    campaign = ForeignKeyField(Campaign, backref="+", on_delete="CASCADE")
    name = TextField()
    deadline = DateField()
    groups = JSONText(default=list)  # ["5", "MN6", "staff"]


class Session(Table):
    """A signed-in browser. The cookie holds a random token, this row its hash; no row, no entry."""

    user_id: int
    token_hash = CharField(unique=True)
    user = ForeignKeyField(User, backref="sessions", on_delete="CASCADE")
    created_at = DateTimeField(default=utc_now)
    seen_at = DateTimeField(default=utc_now)
    # None: in a session of an earlier version
    password_typed_at = DateTimeField(null=True, default=utc_now)
    browser = CharField(
        default=""
    )  # its kind, "Chrome trên Windows": as the list of sessions names it
    address = CharField(default="")  # from where it was opened


class DraftKey(Table):
    """Part of the key of one user's unsaved texts in one browser (``draft_keys``); without it they are noise."""

    user_id: int
    user = ForeignKeyField(User, backref="+", on_delete="CASCADE")
    device_hash = CharField(max_length=64)  # of the number in the device's cookie
    salt = CharField(max_length=64)
    used_at = DateTimeField(default=utc_now)

    class Meta:
        indexes = ((("user", "device_hash"), True),)


class SecondStep(Table):
    """The secret that an app on somebody's telephone shares with this installation, sealed."""

    user_id: int
    user = ForeignKeyField(User, backref="+", unique=True, on_delete="CASCADE")
    sealed = TextField()
    last_step = IntegerField(default=0)  # of time, whose code was used last: no earlier one counts
    begun_at = DateTimeField(default=utc_now)


class RecoveryCode(Table):
    """A code on paper for the day on which the telephone is lost; good once."""

    user_id: int
    user = ForeignKeyField(User, backref="+", on_delete="CASCADE")
    place = IntegerField()  # which of the ten: its first figure
    code_hash = TextField()
    used_at = DateTimeField(null=True)

    class Meta:
        indexes = ((("user", "place"), True),)


class SetupDraft(Table):
    """What one browser has typed on the pages of the set-up, which is not finished: no school, no password in it."""

    token_hash = CharField(unique=True)
    texts = JSONText(default=dict)  # {page: {field: text}}
    created_at = DateTimeField(default=utc_now)


class SchoolClass(Table):
    """A class of one school year. ``grade`` is None where the name begins with no digits, as of a nursery.

    ``position``: where it stands among all classes, grade by grade; lists are sorted by ``in_school_order``.
    ``is_past``: its year is over. It stays, for the history and for those who left the school from it; lists and
    permissions know the present ones only (``present``).
    """

    people: ModelSelect[Any]
    teachers: ModelSelect[Any]
    name = CharField()
    grade = IntegerField(null=True)
    level = CharField(default="")
    position = IntegerField(default=0)
    school_year = IntegerField()  # first calendar year
    is_past = BooleanField(default=False)

    class Meta:
        indexes = ((("name", "school_year"), True),)

    @property
    def title(self) -> str:
        """Its name, with the year if that is over: somebody who left 9A is in no class of today."""
        if not self.is_past:
            return str(self.name)
        return f"{self.name} ({self.school_year}-{self.school_year + 1})"

    @classmethod
    def present(cls) -> ModelSelect[SchoolClass]:
        """The classes that are taught now; those of both years while the school goes from one into the next."""
        return cls.select().where(~cls.is_past)


class ClassTeacher(Table):
    """Who looks after a class: its homeroom teachers, and stand-ins until a day.

    Whether an assignment holds today is asked in one place, ``permissions.assignments``.
    """

    school_class_id: int
    teacher_id: int
    school_class = ForeignKeyField(SchoolClass, backref="teachers", on_delete="CASCADE")
    teacher = ForeignKeyField(User, backref="assignments", on_delete="CASCADE")
    until = DateField(null=True)  # a stand-in; on this day access ends

    class Meta:
        indexes = ((("school_class", "teacher"), True),)


class PasswordSheet(Table):
    """First passwords that wait to be printed, encrypted; the key is in one browser alone (``first_passwords``)."""

    maker_id: int
    maker = ForeignKeyField(User, backref="+", on_delete="CASCADE")
    made_at = DateTimeField(default=utc_now)
    sealed = TextField()


class RemovedClass(Table):
    """The id and last name of a class that is gone: the history names it, and no other class gets its id."""

    id = IntegerField(primary_key=True)
    name = CharField()
    removed_at = DateTimeField(default=utc_now)


def in_school_order(classes: Any = SchoolClass) -> tuple[Ordering, ForeignKeyField | AutoField]:
    """How a query sorts what belongs to classes; what belongs to none, as the staff, comes last.

    ``classes``: the alias under which the query knows them.
    """
    return classes.position.asc(nulls="last"), classes.id
