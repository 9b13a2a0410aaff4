"""``python import_export_peer.py FOLDER FILE``: django-import-export's two pages for a workbook, in a process alone.

The file goes in under their own headings (they know no others), with the columns that ours has.
"""

import json
import re
import sys
import time
from pathlib import Path

import django
from django.conf import settings
from openpyxl import Workbook, load_workbook

FOLDER, FILE = Path(sys.argv[1]), Path(sys.argv[2])
COLUMNS = (
    "school_class", "ministry_code", "full_name", "date_of_birth", "gender", "state", "identity_number", "province",
    "district", "commune", "address", "ethnic_group", "father_name", "father_birth_year", "mother_name",
    "mother_birth_year",
)  # fmt: skip
CONTRIB = ("admin", "auth", "contenttypes", "sessions", "messages")

settings.configure(
    SECRET_KEY="x" * 50,
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": FOLDER / f"{FILE.stem}.django.db",
        }
    },
    INSTALLED_APPS=[*(f"django.contrib.{name}" for name in CONTRIB), "import_export"],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ]
            },
        }
    ],
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    DATA_UPLOAD_MAX_MEMORY_SIZE=100_000_000,
    STATIC_URL="/static/",
)
django.setup()

from django.contrib import admin  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, models  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import path  # noqa: E402
from import_export import resources  # noqa: E402
from import_export.admin import ImportExportModelAdmin  # noqa: E402


class Pupil(models.Model):
    class Meta:
        app_label = "import_export"


for name in COLUMNS:
    models.CharField(
        max_length=200, blank=True, db_index=name == "ministry_code"
    ).contribute_to_class(Pupil, name)


class PupilResource(resources.ModelResource):
    class Meta:
        model = Pupil
        import_id_fields = ("ministry_code",)
        fields = COLUMNS


@admin.register(Pupil)
class PupilAdmin(ImportExportModelAdmin):
    resource_classes = (PupilResource,)


urlpatterns = [path("admin/", admin.site.urls)]


def their_file() -> bytes:
    rows = load_workbook(FILE, read_only=True).active.iter_rows(values_only=True)
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for at, row in enumerate(rows):
        sheet.append(COLUMNS if at == 0 else row)
    target = FOLDER / f"{FILE.stem}.theirs.xlsx"
    book.save(target)
    return target.read_bytes()


def main() -> None:
    call_command("migrate", verbosity=0)
    with connection.schema_editor() as editor:
        editor.create_model(Pupil)
    client = Client()
    client.force_login(User.objects.create_superuser("clerk", password="x"))
    data = their_file()
    begun = time.perf_counter()
    page_path = "/admin/import_export/pupil/import/"
    form = client.get(page_path).content.decode()
    xlsx = re.search(r'<option value="(\d+)"[^>]*>xlsx', form)[1]
    upload = {"format": xlsx, "resource": "0", "import_file": SimpleUploadedFile("a.xlsx", data)}
    page = client.post(page_path, upload)
    checked = time.perf_counter()
    hidden = dict(
        re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.content.decode())
    )
    done = client.post("/admin/import_export/pupil/process_import/", hidden)
    written = time.perf_counter()
    assert done.status_code == 302, done.status_code
    peak = int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) // 1024
    print(
        json.dumps(
            {
                "preview": checked - begun,
                "page": len(page.content),
                "commit": written - checked,
                "written": Pupil.objects.count(),
                "peak": peak,
            }
        )
    )


main()
