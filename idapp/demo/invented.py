"""Invented people as the register knows them: names by the weights of the south, homes around Thủ Thừa.

A :class:`Citizen` holds the truth in ``values`` and what the school has written down in ``typed``; both are texts by
field name, in the order of ``record.FIELDS``, because a commune is read inside the district before it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from itertools import product
from random import Random

from idapp.rules import places, record

EPOCH = "3level"
PROVINCE = "Tỉnh Long An"
DISTRICT = "Huyện Thủ Thừa"
CLASSES = tuple(grade + letter for grade, letter in product("123456789", "AB"))
# the class of the tour: every kind of mistake stands in it
SHOWN_CLASS = "5A"
_SHOWN_SIZE = 42
_SMALLEST = 35
_LARGEST = 45
_POSITIONS = (
    ["Hiệu trưởng", "Phó hiệu trưởng", "Phó hiệu trưởng"]
    + ["Giáo viên"] * 27
    + ["Giáo viên - Tổ trưởng chuyên môn"] * 4
    + ["Giáo viên - Tổng phụ trách Đội"]
    + ["Kế toán", "Văn thư", "Thủ quỹ", "Y tế trường học", "Thư viện"]
    + ["Thiết bị, thí nghiệm", "Công nghệ thông tin"]
    + ["Bảo vệ", "Bảo vệ", "Phục vụ/Tạp vụ", "Phục vụ/Tạp vụ"]
)
_MIDDLE = {
    "Nam": ("Văn", "Minh", "Hoàng", "Quốc", "Gia", "Thanh", "Đức", "Hữu", "Anh", "Tuấn", "Nhật",
            "Thành", "Trọng", "Phúc", "Hải", "Ngọc", "Tấn", "Chí"),
    "Nữ": ("Thị", "Ngọc", "Thanh", "Minh", "Bảo", "Thùy", "Kim", "Phương", "Khánh", "Mỹ", "Như",
           "Thị Ngọc", "Thị Kim", "Thị Thu", "Hoàng", "Gia", "Quỳnh", "Huỳnh Như"),
}  # fmt: skip
_GIVEN_NAMES = {"Nam": "male_given.csv", "Nữ": "female_given.csv"}
_MINORITY = (
    ("H'Lan Niê", "Nữ", "Ê Đê"),
    ("Y Khoa Êban", "Nam", "Ê Đê"),
    ("K'Brêng", "Nam", "Cơ Ho"),
    ("H'Mai Bdap", "Nữ", "Mnông"),
    ("Thạch Thị Sô Phi", "Nữ", "Khmer"),
    ("Sơn Sà Rây", "Nam", "Khmer"),
    ("Danh Hoàng Phúc", "Nam", "Khmer"),
    ("Quách Mỹ Linh", "Nữ", "Hoa"),
    ("Đàng Năng Tín", "Nam", "Chăm"),
    ("Nông Thị Hoà", "Nữ", "Tày"),
)
_FOREIGN = (
    ("Sok Sreyla", "Nữ", "Campuchia", "N1000231"),
    ("Kim Min Seo", "Nữ", "Hàn Quốc", "M10004512"),
)
# the family name that was drawn does not go with the new name
_NO_FATHER = {"father_name": "", "father_birth_year": ""}
_OTHER_HOMES = (
    (PROVINCE, "Thành phố Tân An"),
    (PROVINCE, "Huyện Bến Lức"),
    (PROVINCE, "Huyện Tân Trụ"),
    ("Thành phố Hồ Chí Minh", "Huyện Bình Chánh"),
)


@dataclass
class Citizen:
    """One person: the truth, what the school wrote down, and the names of the mistakes between the two.

    ``in_register``: what the population database has wrong; there everything else is the truth.
    ``before_2025``: province, district and commune in the old names, if the truth is of today.
    """

    kind: str
    class_name: str
    values: dict[str, str]
    typed: dict[str, str] = field(default_factory=dict)
    mistakes: list[str] = field(default_factory=list)
    before_2025: dict[str, str] = field(default_factory=dict)
    in_register: dict[str, str] = field(default_factory=dict)

    @property
    def foreign(self) -> bool:
        """Has a passport, and no number in the register."""
        return self.values["nationality"] not in ("", "Việt Nam")

    @property
    def born(self) -> str:
        """``2014-03-17``, or the year alone."""
        return "-".join(reversed(self.values["date_of_birth"].split("/")))


def everybody(school_year: int, chance: Random, classes: Sequence[str] = ()) -> list[Citizen]:
    """Pupils class by class (() for all ``CLASSES``), then the staff; nothing is wrong with them yet."""
    maker = _Maker(school_year, chance)
    citizens: list[Citizen] = []
    for name in classes or CLASSES:
        citizens += maker.class_of(name)
    _give_rare_names(citizens, chance)
    citizens += [maker.staff(position) for position in _POSITIONS]
    _give_year_only(citizens[-1])
    for citizen in citizens:
        citizen.typed = dict(citizen.values)
    return citizens


def more_pupils(
    school_year: int, class_names: Iterable[str], chance: Random, *, beside: Iterable[Citizen]
) -> list[Citizen]:
    """One more pupil for each of these names of classes; no number and no code is one of those ``beside``."""
    values = [citizen.values for citizen in beside]
    maker = _Maker(school_year, chance)
    maker.numbers = {each["identity_number"] for each in values}
    maker.codes = max(int(each["ministry_code"] or 0) for each in values)
    pupils = [maker.pupil(name) for name in class_names]
    for pupil in pupils:
        pupil.typed = dict(pupil.values)
    return pupils


class _Maker:
    """Draws one after the other. The order of the draws is part of the demo: another one is another school."""

    def __init__(self, school_year: int, chance: Random) -> None:
        self.school_year = school_year
        self.chance = chance
        self.numbers: set[str] = set()
        self.codes = 1_000_000_000  # the ministry's code: ten digits

    def class_of(self, name: str) -> list[Citizen]:
        """All pupils of a class."""
        size = self.chance.randint(_SMALLEST, _LARGEST)
        if name == SHOWN_CLASS:
            size = _SHOWN_SIZE
        return [self.pupil(name) for _ in range(size)]

    def pupil(self, class_name: str) -> Citizen:
        """Of the age of the class, but for a few; one in seven without the parents' names."""
        chance = self.chance
        grade = int(class_name[:-1])
        sex = chance.choice(("Nam", "Nữ"))
        older_or_younger = chance.choices((0, -1, -2, 1), (94, 4, 1, 1))[0]
        year = self.school_year - 5 - grade + older_or_younger
        family = self.family_name()
        name = f"{family} {self.own_names(sex, 'weight_child')}"
        values = self._person(name, sex, self._day_in(year))
        values |= self._home(0.06)
        values["ministry_code"] = self._code(grade)
        if chance.random() < 0.85:
            values |= self._parents(family, year)
        return Citizen("student", class_name, _in_order(values, "student"))

    def staff(self, position: str) -> Citizen:
        """Somebody of 25 to 58 years in this position."""
        sex = self.chance.choices(("Nữ", "Nam"), (70, 30))[0]
        name = f"{self.family_name()} {self.own_names(sex, 'weight_adult')}"
        year = self.school_year - self.chance.randint(25, 58)
        values = self._person(name, sex, self._day_in(year))
        values |= self._home(0.3)
        values |= {"ministry_code": self._code(0), "position": position}
        return Citizen("staff", "", _in_order(values, "staff"))

    def family_name(self) -> str:
        """By how many people in the south bear it."""
        return self._drawn("family_names.csv", "weight_south")

    def own_names(self, sex: str, weight: str) -> str:
        """Middle and given name; one in twenty-five has no middle name."""
        given = self._drawn(_GIVEN_NAMES[sex], weight)
        middle = self.chance.choice(_MIDDLE[sex])
        if self.chance.random() < 0.04 or middle == given:
            return given
        return f"{middle} {given}"

    def _person(self, name: str, sex: str, born: date) -> dict[str, str]:
        return {
            "full_name": name,
            "date_of_birth": f"{born:%d/%m/%Y}",
            "gender": sex,
            "ethnic_group": "Kinh",
            "nationality": "Việt Nam",
            "identity_number": self._number(born.year, sex),
        }

    def _number(self, year: int, sex: str) -> str:
        """As the law builds it; a few bear the year before a civil-status correction, which is lawful."""
        if self.chance.random() < 0.005:
            year -= 1
        century_sex = 2 * ((year - 1900) // 100) + (sex == "Nữ")
        beginning = f"100{century_sex}{year % 100:02d}"
        while True:
            number = f"{beginning}{self.chance.randrange(10**6):06d}"
            if number not in self.numbers:
                self.numbers.add(number)
                return number

    def _day_in(self, year: int) -> date:
        return date(year, 1, 1) + timedelta(days=self.chance.randrange(365))

    def _home(self, elsewhere: float) -> dict[str, str]:
        """``elsewhere``: the share of those who live in another district."""
        chance = self.chance
        province = PROVINCE
        district = DISTRICT
        if chance.random() < elsewhere:
            province, district = chance.choice(_OTHER_HOMES)
        communes = _communes(province, district)
        # three times as many people live in a town
        weights = [1 + 2 * name.startswith("Thị trấn") for name in communes]
        commune = chance.choices(communes, weights)[0]
        house = f"Số {chance.randint(1, 320)}"
        if commune.startswith(("Thị trấn", "Phường")):
            address = f"{house}, Khu phố {chance.randint(1, 8)}"
        else:
            address = f"{house}, Ấp {chance.randint(1, 6)}"
        return {"province": province, "district": district, "commune": commune, "address": address}

    def _parents(self, family: str, child_born: int) -> dict[str, str]:
        mother_born = child_born - self.chance.randint(20, 38)
        return {
            "father_name": f"{family} {self.own_names('Nam', 'weight_adult')}",
            "father_birth_year": str(mother_born - self.chance.randint(-1, 6)),
            "mother_name": f"{self.family_name()} {self.own_names('Nữ', 'weight_adult')}",
            "mother_birth_year": str(mother_born),
        }

    def _code(self, grade: int) -> str:
        """Some new first-graders have none yet."""
        self.codes += self.chance.randint(1, 40)
        if grade == 1 and self.chance.random() < 0.3:
            return ""
        return str(self.codes)

    def _drawn(self, file: str, weight: str) -> str:
        names, weights = _names(file, weight)
        return self.chance.choices(names, weights)[0]


def _in_order(values: dict[str, str], kind: str) -> dict[str, str]:
    return {field_.name: values.get(field_.name, "") for field_ in record.fields_of(kind)}


def _give_rare_names(pupils: list[Citizen], chance: Random) -> None:
    """Names of the highlands and of the Khmer, and two pupils with a passport instead of a number."""
    outside = [pupil for pupil in pupils if pupil.class_name != SHOWN_CLASS]
    for name, sex, group in _MINORITY:
        values = _take(outside, sex, chance).values
        values |= {"full_name": name, "ethnic_group": group, **_NO_FATHER}
    for name, sex, country, passport in _FOREIGN:
        values = _take(outside, sex, chance).values
        values |= {"full_name": name, "nationality": country, "identity_number": passport}
        values |= {"ethnic_group": "Người nước ngoài", **_NO_FATHER}


def _take(pupils: list[Citizen], sex: str, chance: Random) -> Citizen:
    """One of them, who is not taken again."""
    pupil = chance.choice([pupil for pupil in pupils if pupil.values["gender"] == sex])
    pupils.remove(pupil)
    return pupil


def _give_year_only(citizen: Citizen) -> None:
    """Of a few older people even the register knows the year alone."""
    citizen.values["date_of_birth"] = citizen.values["date_of_birth"][-4:]


@lru_cache
def _names(file: str, weight: str) -> tuple[tuple[str, ...], tuple[float, ...]]:
    rows = list(places.rows_of(file))
    names = tuple(row["name"] for row in rows)
    weights = tuple(float(row[weight]) for row in rows)
    return names, weights


@lru_cache
def _communes(province: str, district: str) -> tuple[str, ...]:
    province_code = places.find(EPOCH, "province", province).code
    district_code = places.find(EPOCH, "district", district, province_code).code
    communes = places.children(EPOCH, "commune", district_code)
    return tuple(place.name for place in communes)
