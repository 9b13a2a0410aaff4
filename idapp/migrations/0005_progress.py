"""Snapshots of the board, remarks of the managing office, other schools' figures, the campaign's frozen report."""

from peewee import (
    CharField,
    DateField,
    DateTimeField,
    ForeignKeyField,
    IntegerField,
    Model,
    TextField,
)


def up(migrator, db):
    class User(Model):
        class Meta:
            database = db
            table_name = "user"

    class SchoolClass(Model):
        class Meta:
            database = db
            table_name = "school_class"

    class Campaign(Model):
        class Meta:
            database = db
            table_name = "campaign"

    class Snapshot(Model):
        campaign = ForeignKeyField(Campaign, on_delete="CASCADE")
        day = DateField()
        at = DateTimeField()
        reason = CharField()
        subject = CharField(default="")
        lines = TextField()

        class Meta:
            database = db
            table_name = "snapshot"
            indexes = ((("campaign", "day"), False),)

    class Remark(Model):
        school_class = ForeignKeyField(SchoolClass, null=True, on_delete="CASCADE")
        author = ForeignKeyField(User, backref="+")
        at = DateTimeField()
        text = TextField()
        answer = TextField(default="")
        answered_by = ForeignKeyField(User, null=True, backref="+")
        answered_at = DateTimeField(null=True)

        class Meta:
            database = db
            table_name = "remark"

    class SchoolFigures(Model):
        key = CharField(unique=True)
        name = TextField()
        campaign = TextField(default="")
        deadline = DateField(null=True)
        as_of = DateTimeField()
        received_at = DateTimeField()
        received_by = ForeignKeyField(User, null=True)
        total = IntegerField(default=0)
        to_do = IntegerField(default=0)
        done = IntegerField(default=0)
        completed_on = DateField(null=True)
        counts = TextField()
        figures = TextField()

        class Meta:
            database = db
            table_name = "school_figures"

    db.create_tables([Snapshot, Remark, SchoolFigures])
    db.execute_sql(
        "CREATE UNIQUE INDEX snapshot_of_day ON snapshot (campaign_id, day) WHERE reason = 'day'"
    )
    migrator.migrate(
        migrator.add_column(
            "campaign", "closed_by_id", ForeignKeyField(User, field=User.id, null=True)
        ),
        migrator.add_column("campaign", "report", TextField(default="{}")),
    )
