"""The first schema. Frozen: later changes are migrations of their own."""

from peewee import (
    BooleanField,
    CharField,
    Check,
    DateField,
    DateTimeField,
    FloatField,
    ForeignKeyField,
    IntegerField,
    Model,
    SqliteDatabase,
    TextField,
)

_STATUSES = (
    "status IN ('incomplete', 'ready', 'sent', 'verified', 'mismatch', 'not_found', 'rejected', 'unanswered', "
    "'changed', 'explained')"
)


def up(migrator, db):
    class School(Model):
        name = TextField()
        office = TextField(default="")
        reviewer_title = TextField(default="Phòng GDĐT")
        level = TextField(default="TH;THCS")
        province = TextField(default="")
        school_year = IntegerField()

        class Meta:
            database = db
            table_name = "school"

    class Campaign(Model):
        title = TextField()
        letter = TextField(default="")
        opens_on = DateField()
        deadline = DateField()
        epoch = CharField(max_length=8, default="3level")
        closed_at = DateTimeField(null=True)

        class Meta:
            database = db
            table_name = "campaign"

    class User(Model):
        username = CharField(unique=True)
        full_name = TextField()
        role = CharField(
            constraints=[Check("role IN ('teacher', 'clerk', 'principal', 'reviewer')")]
        )
        password_hash = TextField()
        must_change_password = BooleanField(default=False)
        disabled = BooleanField(default=False)
        created_at = DateTimeField()

        class Meta:
            database = db
            table_name = "user"

    class Session(Model):
        token_hash = CharField(unique=True)
        user = ForeignKeyField(User, on_delete="CASCADE")
        created_at = DateTimeField()
        seen_at = DateTimeField()

        class Meta:
            database = db
            table_name = "session"

    class SchoolClass(Model):
        name = CharField(unique=True)
        grade = IntegerField(null=True)
        level = CharField(default="")
        homeroom_teacher = ForeignKeyField(User, null=True, on_delete="SET NULL")

        class Meta:
            database = db
            table_name = "school_class"

    class Person(Model):
        kind = CharField(constraints=[Check("kind IN ('student', 'staff')")])
        school_class = ForeignKeyField(SchoolClass, null=True, on_delete="RESTRICT")
        state = TextField(default="Đang học")
        active = BooleanField(default=True)
        version = IntegerField(default=1)
        full_name = TextField(default="")
        date_of_birth = TextField(default="")
        gender = TextField(default="")
        identity_number = TextField(index=True, default="")
        province = TextField(default="")
        district = TextField(default="")
        commune = TextField(default="")
        address = TextField(default="")
        ethnic_group = TextField(default="")
        nationality = TextField(default="")
        ministry_code = TextField(index=True, default="")
        father_name = TextField(default="")
        father_birth_year = TextField(default="")
        mother_name = TextField(default="")
        mother_birth_year = TextField(default="")
        position = TextField(default="")
        number = CharField(null=True, max_length=12)
        born = CharField(null=True, max_length=10)
        sex = CharField(null=True, max_length=6)
        epoch = CharField(max_length=8, default="3level")
        province_code = CharField(null=True, max_length=5)
        district_code = CharField(null=True, max_length=5)
        commune_code = CharField(null=True, max_length=5)
        foreign_national = BooleanField(default=False)
        sort_key = TextField(default="")
        search_key = TextField(default="")
        status = CharField(default="incomplete", constraints=[Check(_STATUSES)])
        problems = TextField()
        errors = IntegerField(default=0)
        warnings = IntegerField(default=0)
        outcome = CharField(default="")
        outcome_hash = CharField(default="")
        outcome_at = DateTimeField(null=True)
        differences = TextField()
        outcome_reason = CharField(default="")

        class Meta:
            database = db
            table_name = "person"
            indexes = ((("kind", "active", "status"), False),)

    class Change(Model):
        at = DateTimeField(index=True)
        user = ForeignKeyField(User, null=True, on_delete="RESTRICT")
        event = CharField()
        person = ForeignKeyField(Person, null=True, on_delete="RESTRICT")
        subject = CharField(default="")
        field = CharField(default="")
        old = TextField(default="")
        new = TextField(default="")
        typed = TextField(default="")
        door = CharField(default="")
        step = CharField(index=True, default="")
        version = IntegerField(null=True)
        address = CharField(default="")

        class Meta:
            database = db
            table_name = "change"

    class Import(Model):
        file_name = TextField()
        sha256 = CharField(index=True)
        user = ForeignKeyField(User)
        created_at = DateTimeField()
        state = CharField(default="checked")
        confirmed_at = DateTimeField(null=True)
        shape = CharField(default="")
        skipped = TextField()
        unknown_headings = TextField()
        step = CharField(default="")

        class Meta:
            database = db
            table_name = "import"

    class ImportRow(Model):
        upload = ForeignKeyField(Import, on_delete="CASCADE")
        row = IntegerField()
        verdict = CharField()
        person = ForeignKeyField(Person, null=True)
        class_name = CharField(default="")
        values = TextField()
        seen = TextField()
        repairs = TextField()
        problems = TextField()
        applied = CharField(default="")

        class Meta:
            database = db
            table_name = "import_row"

    class Batch(Model):
        scope = CharField()
        state = CharField(default="queued")
        reason = CharField(default="")
        sentence = TextField(default="")
        started_by = ForeignKeyField(User)
        created_at = DateTimeField()
        finished_at = DateTimeField(null=True)
        total = IntegerField(default=0)
        excluded = TextField()
        lease = CharField(default="")
        lease_until = DateTimeField(null=True)
        heartbeat_at = DateTimeField(null=True)
        resume_at = DateTimeField(null=True)
        failures_in_row = IntegerField(default=0)

        class Meta:
            database = db
            table_name = "batch"

    class BatchItem(Model):
        batch = ForeignKeyField(Batch, on_delete="CASCADE")
        person = ForeignKeyField(Person)
        values = TextField()
        hash = CharField()
        state = CharField(default="waiting")
        reason = CharField(default="")
        differences = TextField()
        stale = BooleanField(default=False)
        attempts = IntegerField(default=0)
        request_code = CharField(default="")
        not_before = DateTimeField(null=True)
        lease_until = DateTimeField(null=True)
        settled_at = DateTimeField(null=True)
        seconds = FloatField(null=True)

        class Meta:
            database = db
            table_name = "batch_item"
            indexes = ((("batch", "state"), False),)

    class Attempt(Model):
        item = ForeignKeyField(BatchItem, on_delete="CASCADE")
        request_code = CharField(unique=True)
        at = DateTimeField()
        outcome = CharField(default="")
        reason = CharField(default="")

        class Meta:
            database = db
            table_name = "attempt"

    class Notice(Model):
        person = ForeignKeyField(Person, on_delete="CASCADE")
        reason = CharField()
        state = CharField(default="open")
        opened_at = DateTimeField()
        closed_at = DateTimeField(null=True)
        closed_because = CharField(default="")

        class Meta:
            database = db
            table_name = "notice"

    class Explanation(Model):
        person = ForeignKeyField(Person, on_delete="CASCADE")
        reason = CharField()
        note = TextField(default="")
        state = CharField(default="proposed")
        proposed_by = ForeignKeyField(User, backref="+")
        proposed_at = DateTimeField()
        decided_by = ForeignKeyField(User, null=True, backref="+")
        decided_at = DateTimeField(null=True)

        class Meta:
            database = db
            table_name = "explanation"

    db.create_tables(
        [
            School,
            Campaign,
            User,
            Session,
            SchoolClass,
            Person,
            Change,
            Import,
            ImportRow,
            Batch,
            BatchItem,
            Attempt,
            Notice,
            Explanation,
        ]
    )
    for statement in _INDEXES:
        db.execute_sql(statement)
    for statement in (
        _APPEND_ONLY_SQLITE if isinstance(db, SqliteDatabase) else _APPEND_ONLY_POSTGRESQL
    ):
        db.execute_sql(statement)


_INDEXES = (
    "CREATE INDEX person_table ON person (school_class_id, active, sort_key)",
    "CREATE UNIQUE INDEX person_number ON person (number) WHERE active AND number IS NOT NULL",
    "CREATE UNIQUE INDEX batch_open_scope ON batch (scope)"
    " WHERE state IN ('queued', 'running', 'paused', 'waiting_for_answers')",
    "CREATE UNIQUE INDEX batch_item_open_person ON batch_item (person_id) WHERE state IN ('waiting', 'sending')",
    "CREATE UNIQUE INDEX notice_open_person ON notice (person_id) WHERE state <> 'closed'",
)
_REFUSE = "BEGIN SELECT RAISE(ABORT, 'the audit is append only'); END"
_APPEND_ONLY_SQLITE = (
    f"CREATE TRIGGER change_no_update BEFORE UPDATE ON change {_REFUSE}",
    f"CREATE TRIGGER change_no_delete BEFORE DELETE ON change {_REFUSE}",
)
_APPEND_ONLY_POSTGRESQL = (
    "CREATE FUNCTION change_is_append_only() RETURNS trigger LANGUAGE plpgsql AS"
    " $$ BEGIN RAISE EXCEPTION 'the audit is append only'; END $$",
    "CREATE TRIGGER change_no_rewrite BEFORE UPDATE OR DELETE ON change"
    " FOR EACH ROW EXECUTE FUNCTION change_is_append_only()",
)
