"""Step 3 in full: owner, reminder and comparison of a case, scans, evidence of explanations, visits of the police."""

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

    class Person(Model):
        class Meta:
            database = db
            table_name = "person"

    class Notice(Model):
        class Meta:
            database = db
            table_name = "notice"

    class Scan(Model):
        notice = ForeignKeyField(Notice, on_delete="CASCADE")
        evidence = CharField(default="notice")
        name = CharField(unique=True)
        pages = IntegerField(default=1)
        added_by = ForeignKeyField(User)
        added_at = DateTimeField()
        erased_at = DateTimeField(null=True)
        erased_because = CharField(default="")

        class Meta:
            database = db
            table_name = "scan"

    class Visit(Model):
        day = DateField()
        place = TextField(default="")
        note = TextField(default="")
        added_by = ForeignKeyField(User)
        added_at = DateTimeField()

        class Meta:
            database = db
            table_name = "visit"

    class Appointment(Model):
        visit = ForeignKeyField(Visit, on_delete="CASCADE")
        person = ForeignKeyField(Person, on_delete="CASCADE")
        time = CharField(default="")
        guardian_note = TextField(default="")
        came = CharField(default="")

        class Meta:
            database = db
            table_name = "appointment"
            indexes = ((("visit", "person"), True),)

    db.create_tables([Scan, Visit, Appointment])
    owner = ForeignKeyField(User, field=User.id, null=True, on_delete="SET NULL")
    migrator.migrate(
        migrator.add_column("notice", "state_at", DateTimeField(null=True)),
        migrator.add_column("notice", "owner_id", owner),
        migrator.add_column("notice", "due_on", DateField(null=True)),
        migrator.add_column("notice", "note", TextField(default="")),
        migrator.add_column("notice", "evidence", CharField(default="")),
        migrator.add_column("notice", "ticked", TextField(default="[]")),
        migrator.add_column("notice", "returns", IntegerField(default=0)),
        migrator.add_column("explanation", "evidence", TextField(default="")),
        migrator.add_column("explanation", "comment", TextField(default="")),
    )
    db.execute_sql("UPDATE notice SET state_at = opened_at")
    # of several open explanations of one person the newest stays
    db.execute_sql(
        "UPDATE explanation SET state = 'withdrawn' WHERE state <> 'withdrawn' AND EXISTS (SELECT 1 FROM explanation o"
        " WHERE o.person_id = explanation.person_id AND o.state <> 'withdrawn' AND o.id > explanation.id)"
    )
    db.execute_sql(
        "CREATE UNIQUE INDEX explanation_open_person ON explanation (person_id)"
        " WHERE state IN ('proposed', 'approved', 'returned')"
    )
