"""The school that is measured: 44 classes of 45 pupils of 16 columns, invented, with a teacher signed in."""

import io
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from flask.testing import FlaskClient

from app import create_app
from idapp import accounts, people, school
from idapp.database import connected, migrate, open_database
from idapp.models import SchoolClass, User
from idapp.settings import from_environment, use
from idapp.web.accounts import cookie_name
from idapp.workbook import Column, Page, write_workbook
from tests import cast as the_cast
from tests.cast import HOME, Cast, number_for

CLASS_SIZE = 45
CLASSES = [f"{grade}{letter}" for grade in range(1, 6) for letter in "CDEFGHIKL"][
    1:
]  # 44 x 45 = 1,980
OPENED = "5C"
HEADINGS = (
    "Mã lớp", "Mã định danh Bộ GD&ĐT", "Họ tên", "Ngày sinh", "Giới tính", "Trạng thái HS", "Số định danh cá nhân",
    "Tỉnh/Thành phố (Theo địa chỉ thường trú)", "Quận/Huyện (Theo địa chỉ thường trú)",
    "Xã/Phường (Theo địa chỉ thường trú)", "Tổ/Thôn/Xóm (Theo địa chỉ thường trú)", "Dân tộc", "Họ tên cha",
    "Năm sinh cha", "Họ tên mẹ", "Năm sinh mẹ",
)  # fmt: skip
FIELD_NAMES = (
    "", "ministry_code", "full_name", "date_of_birth", "gender", "", "identity_number", "province", "district",
    "commune", "address", "ethnic_group", "father_name", "father_birth_year", "mother_name", "mother_birth_year",
)  # fmt: skip
FAMILY, MIDDLE = (
    ("Nguyễn", "Trần", "Lê", "Phạm", "Võ", "Huỳnh"),
    ("Minh", "Ngọc", "Gia", "Thanh", "Bảo", "Hoài", "Anh"),
)
GIVEN = ("An", "Bình", "Châu", "Dung", "Giang", "Hạnh", "Khánh", "Lâm", "My", "Nhi", "Oanh")
_OF_THE_DEVELOPER = (
    "DATABASE_URL",
    "REDIS_URL",
    "SECRET_KEY",
    "IDAPP_DEMO",
    "IDAPP_DEMO_PLACES",
    "REGISTRY",
    "HOST",
    "IDAPP_HTTPS",
)


@dataclass(frozen=True)
class Ground:
    """An installation in a temporary folder; no connection is open between the sections."""

    folder: Path
    cast: Cast

    @classmethod
    def laid(cls, folder: Path, *, with_people: bool, database_url: str = "") -> "Ground":
        os.environ.update(IDAPP_TODAY=the_cast.TODAY, IDAPP_DATA=str(folder / "var"))
        for name in _OF_THE_DEVELOPER:
            os.environ.pop(name, None)
        if database_url:
            os.environ["DATABASE_URL"] = database_url
        open_database(use(from_environment()))
        with connected():
            migrate()
            cast = the_cast.assemble()
            for name in CLASSES:
                school.add_class(
                    name, by=cast.thu, homeroom_teacher=cast.lan if name == OPENED else None
                )
            if with_people:
                newcomers_join(cast)
        return cls(folder, cast)

    def client(self, user: User | None = None) -> FlaskClient:
        """A browser of the homeroom teacher, or of somebody else, without a network in between."""
        client = create_app(use(from_environment())).test_client()
        client.environ_base["HTTP_ORIGIN"] = "http://localhost"
        with connected():
            client.set_cookie(cookie_name(), accounts.start_session(user or self.cast.lan))
        return client

    @property
    def opened_class(self) -> SchoolClass:
        return SchoolClass.get(SchoolClass.name == OPENED)


def newcomers_join(cast: Cast) -> None:
    """Everybody of the workbook, without the workbook."""
    classes = {c.name: c for c in SchoolClass.select()}
    values = [(line[0], dict(zip(FIELD_NAMES, line, strict=True))) for line in lines()]
    newcomers = [
        ("student", classes[name], {k: v for k, v in row.items() if k}) for name, row in values
    ]
    people.add_many(newcomers, by=cast.thu, source="import")


def workbook_of(rows: int, *, bad_every: int = 0) -> bytes:
    """The ministry's pupil list: complete records of 16 columns; ``bad_every`` so many a birth date that is none."""
    target = io.BytesIO()
    found = [list(line) for line in lines(rows)]
    for line in found[::bad_every] if bad_every else ():
        line[HEADINGS.index("Ngày sinh")] = "31/02/2012"
    sheet = Page("Danh sách", [Column(h, 16) for h in HEADINGS], found, spare_rows=0)
    write_workbook(target, sheets=[sheet])
    return target.getvalue()


def lines(rows: int = len(CLASSES) * CLASS_SIZE) -> Iterator[tuple[str, ...]]:
    size = -(-rows // len(CLASSES))
    return (_line(CLASSES[at // size], at % size, at) for at in range(rows))


def _line(class_name: str, seat: int, at: int) -> tuple[str, ...]:
    """A pupil of the age of the grade."""
    year, sex = 2017 - int(class_name[0]), ("Nam", "Nữ")[at % 2]
    family, given = FAMILY[at % len(FAMILY)], GIVEN[at % len(GIVEN)]
    born = f"{at % 28 + 1:02d}/{seat % 12 + 1:02d}/{year}"
    home = (HOME["province"], HOME["district"], HOME["commune"], f"Ấp {at % 9 + 1}")
    parents = (
        f"{family} Văn {GIVEN[seat % 11]}",
        "1985",
        f"Lê Thị {GIVEN[-1 - seat % 11]}",
        "1987",
    )
    name, number = f"{family} {MIDDLE[at % len(MIDDLE)]} {given}", number_for(year, sex, 1000 + at)
    return (
        class_name,
        f"20000{at:05d}",
        name,
        born,
        sex,
        "Đang học",
        number,
        *home,
        "Kinh",
        *parents,
    )


def get(client: FlaskClient, path: str) -> bytes:
    answer = client.get(path)
    if answer.status_code != 200:
        sys.exit(f"GET {path} answered {answer.status_code}")
    return answer.data
