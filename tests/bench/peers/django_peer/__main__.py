"""Makes the database, then serves the admin under waitress."""

import json
import sys
from pathlib import Path

import django
import waitress
from django.conf import settings

FOLDER = Path(sys.argv[1])
SCHOOL = json.loads((FOLDER / "school.json").read_text(encoding="utf-8"))


CONTRIB = ("admin", "auth", "contenttypes", "sessions", "messages", "staticfiles")
MIDDLEWARE = (
    "middleware.security.SecurityMiddleware", "contrib.sessions.middleware.SessionMiddleware",
    "middleware.common.CommonMiddleware", "middleware.csrf.CsrfViewMiddleware",
    "contrib.auth.middleware.AuthenticationMiddleware", "contrib.messages.middleware.MessageMiddleware",
)  # fmt: skip
PROCESSORS = (
    "template.context_processors.request", "contrib.auth.context_processors.auth",
    "contrib.messages.context_processors.messages",
)  # fmt: skip


def configure() -> None:
    """What ``startproject`` writes, with WAL and short write locks as we have them."""
    pragmas = {
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=wal; PRAGMA synchronous=2",
    }
    processors = {"context_processors": [f"django.{name}" for name in PROCESSORS]}
    settings.configure(
        SCHOOL=SCHOOL,
        SECRET_KEY="x" * 50,
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF="django_peer.urls",
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": FOLDER / "django.db",
                "OPTIONS": pragmas,
            }
        },
        INSTALLED_APPS=[
            *(f"django.contrib.{name}" for name in CONTRIB),
            "import_export",
            "django_peer",
        ],
        MIDDLEWARE=[f"django.{name}" for name in MIDDLEWARE],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": processors,
            }
        ],
        STATIC_URL="/static/",
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    )
    django.setup()


def fill() -> None:
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from django.db import connection
    from django_peer.models import Pupil

    call_command("migrate", verbosity=0)
    with connection.schema_editor() as editor:
        editor.create_model(Pupil)
    User.objects.create_superuser("clerk", password="peer-password")
    names = ["class_no", *SCHOOL["columns"]]
    Pupil.objects.bulk_create(Pupil(**dict(zip(names, row, strict=True))) for row in SCHOOL["rows"])


def main() -> None:
    configure()
    fill()
    from django.core.wsgi import get_wsgi_application

    server = waitress.create_server(get_wsgi_application(), host="127.0.0.1", port=0, threads=16)
    print(f"http://127.0.0.1:{server.effective_port}", flush=True)
    server.run()


main()
