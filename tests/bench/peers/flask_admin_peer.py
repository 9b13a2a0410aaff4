"""Flask-Admin on Peewee: a list with ``column_editable_list``. ``python flask_admin_peer.py FOLDER``."""

import json
import logging
import sys
from pathlib import Path

import waitress
from flask import Flask, redirect, session
from flask_admin import Admin
from flask_admin.contrib.peewee import ModelView
from flask_admin.form import SecureForm
from peewee import IntegerField, Model, SqliteDatabase, TextField

FOLDER = Path(sys.argv[1])
SCHOOL = json.loads((FOLDER / "school.json").read_text(encoding="utf-8"))
db = SqliteDatabase(FOLDER / "flask_admin.db", pragmas={"journal_mode": "wal", "synchronous": 2})


class Clerk(Model):
    name = TextField()

    class Meta:
        database = db


class Pupil(Model):
    class_no = IntegerField(index=True)
    full_name = TextField(default="")
    date_of_birth = TextField(default="")
    gender = TextField(default="")
    identity_number = TextField(default="", index=True)
    province = TextField(default="")
    district = TextField(default="")
    commune = TextField(default="")
    address = TextField(default="")
    ethnic_group = TextField(default="")
    ministry_code = TextField(default="")

    class Meta:
        database = db


class PupilView(ModelView):
    form_base_class = SecureForm  # with a token against forgery, as in service
    column_list = column_editable_list = SCHOOL["columns"]
    column_filters = ("class_no",)
    page_size = SCHOOL["class_size"]
    can_set_page_size = False

    def is_accessible(self) -> bool:
        return Clerk.get_or_none(Clerk.id == session.get("clerk", 0)) is not None


def application() -> Flask:
    app = Flask(__name__)
    app.secret_key = "x" * 50
    Admin(app, name="Peer").add_view(PupilView(Pupil))
    app.before_request(lambda: db.connect(reuse_if_open=True) and None)
    app.teardown_request(lambda _: db.is_closed() or db.close())

    @app.get("/sign-in")
    def sign_in() -> object:
        session["clerk"] = Clerk.get().id
        return redirect("/admin/pupil/")

    return app


def main() -> None:
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # as ours
    with db:
        db.create_tables([Clerk, Pupil])
        Clerk.create(name="peer")
        rows = [
            dict(zip(["class_no", *SCHOOL["columns"]], row, strict=True)) for row in SCHOOL["rows"]
        ]
        for start in range(0, len(rows), 50):
            Pupil.insert_many(rows[start : start + 50]).execute()
    server = waitress.create_server(application(), host="127.0.0.1", port=0, threads=16)
    print(f"http://127.0.0.1:{server.effective_port}", flush=True)
    server.run()


if __name__ == "__main__":
    main()
