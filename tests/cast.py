"""The people of every test: cô Lan 5A, thầy Minh 5B, cô Hoa hiệu trưởng, chị Thư văn thư, anh Phong of the office.

All invented; numbers begin with 100.
"""

from dataclasses import dataclass
from datetime import date

from idapp import accounts, people, school
from idapp.models import Person, SchoolClass, User

TODAY = "2022-10-16"
PASSWORD = "xe-dap-mau-xanh"
HOME = {"province": "Tỉnh Long An", "district": "Huyện Thủ Thừa", "commune": "Xã Mỹ An"}


@dataclass
class Cast:
    lan: User  # teacher of 5A
    minh: User  # teacher of 5B
    thu: User  # clerk
    hoa: User  # principal
    phong: User  # reviewer
    class_5a: SchoolClass
    class_5b: SchoolClass
    an: Person  # 5A, complete: ready to send
    binh: Person  # 5A, without a number
    chi: Person  # 5B, complete
    giang: Person  # staff, complete


def number_for(year: int, sex: str, serial: int) -> str:
    """A made-up number that agrees with birth year and sex; 100 is no province."""
    century_sex = 2 * ((year - 1900) // 100) + (sex == "Nữ")
    return f"100{century_sex}{year % 100:02d}{serial:06d}"


def pupil(
    name: str, *, sex: str = "Nữ", born: str = "20/03/2012", serial: int = 1, **more: str
) -> dict[str, str]:
    """Values of a complete pupil of grade 5 in the school year 2022-2023."""
    number = number_for(int(born[-4:]), sex, serial)
    return {
        "full_name": name,
        "date_of_birth": born,
        "gender": sex,
        "identity_number": number,
        **HOME,
        **more,
    }


def assemble() -> Cast:
    """Set up the school and its people in the open database."""
    school.set_up(
        "Trường TH Thử Nghiệm",
        school_year=2022,
        opens_on=date(2022, 10, 3),
        deadline=date(2022, 10, 25),
        title="Hoàn thiện dữ liệu định danh",
    )
    lan, minh = _user("lan", "Lê Thị Lan", "teacher"), _user("minh", "Phạm Văn Minh", "teacher")
    thu, hoa = _user("thu", "Võ Thị Thư", "clerk"), _user("hoa", "Nguyễn Thị Hoa", "principal")
    phong = _user("phong", "Trần Văn Phong", "reviewer")
    class_5a = school.add_class("5A", by=thu, homeroom_teacher=lan)
    class_5b = school.add_class("5B", by=thu, homeroom_teacher=minh)
    an, binh, chi = people.add_many(
        [
            ("student", class_5a, pupil("Nguyễn Thị An", serial=1, ministry_code="1000000001")),
            (
                "student",
                class_5a,
                pupil("Trần Văn Bình", sex="Nam", born="05/06/2012")
                | {"identity_number": "", "ministry_code": "1000000002"},
            ),
            ("student", class_5b, pupil("Lê Thị Chi", serial=3, ministry_code="1000000003")),
        ],
        by=thu,
        source="import",
    )
    giang = people.add(
        kind="staff",
        school_class=None,
        by=thu,
        source="import",
        values=pupil("Đỗ Văn Giang", sex="Nam", born="12/09/1980", serial=4)
        | {"position": "Giáo viên"},
    )
    return Cast(lan, minh, thu, hoa, phong, class_5a, class_5b, an, binh, chi, giang)


def _user(username: str, name: str, role: str) -> User:
    return accounts.create_user(username, name, role, PASSWORD, by=None)
