"""What is set about the installation itself, in the browser, and what it did to keep itself safe."""

from __future__ import annotations

from peewee import (
    SQL,
    BooleanField,
    CharField,
    DateTimeField,
    ForeignKeyField,
    IntegerField,
    TextField,
)

from idapp.models.ground import JSONText, Table, one_of, utc_now
from idapp.models.school import User
from idapp.models.stepwise import StepwiseChange

BACKUP_STATES = ("waiting", "running", "done", "partly", "failed")


class StoredSetting(Table):
    """One setting by its name, such as `site.address` or `registry.url`; read through ``stored_settings`` only."""

    name = CharField(max_length=64, unique=True)
    value = TextField()
    sealed = BooleanField(default=False)  # encrypted with this installation's key


class BackupRun(Table):
    """One backup that the app made by itself, or tried to; ``user`` None: the clock.

    state                  partly: it lies in ``folder``, the copy for ``second_folder`` failed
    folder, second_folder  where it lies, "" where it does not
    problem                a Vietnamese sentence: why it failed and what to do
    """

    user_id: int | None
    user = ForeignKeyField(User, null=True, backref="+", on_delete="RESTRICT")
    started_at = DateTimeField(default=utc_now)
    ended_at = DateTimeField(null=True)
    state = CharField(max_length=8, default="waiting", constraints=[one_of("state", BACKUP_STATES)])
    file_name = TextField(default="")
    folder = TextField(default="")
    second_folder = TextField(default="")
    size = IntegerField(default=0)
    people = IntegerField(default=0)
    problem = TextField(default="")

    class Meta:
        table_name = "backup_run"

    @property
    def is_under_way(self) -> bool:
        """Is somebody to do it, or doing it?"""
        return self.state in ("waiting", "running")


class Recheck(StepwiseChange):
    """Everybody computed anew after an update of the program.

    rules           by what the rules are known that computed it (``people.catching_up.fingerprint``)
    round, last_id  how far it is
    counts          {changed_in_round, states: records}
    worse           ids of records that have more errors than before
    seen_at         when somebody had looked at these
    """

    state = CharField(max_length=8, constraints=[one_of("state", ("running", "done"))])
    rules = CharField(max_length=64)
    round = IntegerField(default=1)
    last_id = IntegerField(default=0)
    worse = JSONText(default=list)
    seen_at = DateTimeField(null=True)

    class Meta:
        table_name = "recheck"


Recheck.add_index(
    SQL("CREATE UNIQUE INDEX recheck_under_way ON recheck ((1)) WHERE state = 'running'")
)
