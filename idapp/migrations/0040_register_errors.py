"""What the school asks the police to correct in the population database; the place at which it makes its papers."""

from peewee import CharField, DateField, DateTimeField, ForeignKeyField, Model, TextField

_OPEN = "('prepared', 'sent', 'more', 'corrected')"


def up(migrator, db):
    class User(Model):
        class Meta:
            database = db
            table_name = "user"

    class Person(Model):
        class Meta:
            database = db
            table_name = "person"

    class RegisterError(Model):
        person = ForeignKeyField(Person, on_delete="CASCADE")
        fields = TextField(default="{}")
        hash = CharField()
        evidence = CharField()
        note = TextField(default="")
        commune_code = CharField(max_length=5, default="")
        state = CharField(default="prepared")
        added_by = ForeignKeyField(User)
        added_at = DateTimeField()
        sent_on = DateField(null=True)
        answered_on = DateField(null=True)
        answer = TextField(default="")
        ended_at = DateTimeField(null=True)

        class Meta:
            database = db
            table_name = "register_error"

    db.create_tables([RegisterError])
    db.execute_sql(
        "CREATE UNIQUE INDEX register_error_open_person ON register_error (person_id)"
        f" WHERE state IN {_OPEN}"
    )
    db.execute_sql("ALTER TABLE school ADD COLUMN place TEXT NOT NULL DEFAULT ''")
