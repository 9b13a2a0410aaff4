"""What goes wrong between a family's paper and the school's list, in the shares in which it really does.

An *error* keeps the record from being sent; a *disagreement* shows only when the register answers; a *slip* is a way of
writing that the rules put right, or that is only odd. At most one error or disagreement a person, and beside it perhaps
a slip. In the class of the tour each kind stands once.
"""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from random import Random

from idapp.demo.invented import DISTRICT, SHOWN_CLASS, Citizen
from idapp.rules.folding import fold

Texts = dict[str, str]
# False: this record cannot bear the mistake, nothing was changed
Spoil = Callable[[Texts, Random], bool]


@dataclass(frozen=True)
class Mistake:
    """``share`` of the pupils, ``staff_share`` of the staff, and how it is made."""

    name: str
    share: float
    staff_share: float
    spoil: Spoil


def spread(everybody: list[Citizen], chance: Random) -> None:
    """Make the mistakes: exact shares, deterministic for a ``chance`` with a known seed."""
    # the order of the groups decides what is drawn for whom
    groups: dict[str, list[Citizen]] = {"tour": [], "student": [], "staff": []}
    for citizen in everybody:
        if not citizen.foreign:
            groups[_group_of(citizen)].append(citizen)
    for name, citizens in groups.items():
        _deal(citizens, (*ERRORS, *DISAGREEMENTS), name, chance)
        _deal(citizens, SLIPS, name, chance)


def spread_in_register(everybody: list[Citizen]) -> None:
    """Some people about whom the school is right and the register is wrong: its sex, or the day and month of birth.

    Draws nothing, so that the school itself stays the same: one in the class of the tour, then one in every
    eighty, among those without any mistake of the school.
    """
    faultless = [citizen for citizen in everybody if not citizen.mistakes and not citizen.foreign]
    shown = [citizen for citizen in faultless if citizen.class_name == SHOWN_CLASS]
    for place, citizen in enumerate([*shown[:1], *faultless[40::80]]):
        citizen.in_register = _wrong_in_register(citizen.values, place)


def _wrong_in_register(values: Texts, place: int) -> Texts:
    day, _, rest = values["date_of_birth"].partition("/")
    month, _, year = rest.partition("/")
    if place % 2 and year and int(day) <= 12 and day != month:
        return {"date_of_birth": f"{month}/{day}/{year}"}
    return {"gender": {"Nam": "Nữ", "Nữ": "Nam"}[values["gender"]]}


def _group_of(citizen: Citizen) -> str:
    if citizen.class_name == SHOWN_CLASS:
        return "tour"
    return citizen.kind


def _deal(citizens: list[Citizen], kinds: Sequence[Mistake], group: str, chance: Random) -> None:
    free = chance.sample(citizens, len(citizens))
    for mistake in kinds:
        wanted = _how_many(mistake, group, len(citizens))
        for citizen in list(free):
            if wanted and _make(mistake, citizen, free, chance):
                wanted -= 1


def _how_many(mistake: Mistake, group: str, size: int) -> int:
    if group == "tour":  # one of each that pupils make
        return int(mistake.share > 0)
    if group == "staff":
        return round(size * mistake.staff_share)
    return round(size * mistake.share)


def _make(mistake: Mistake, citizen: Citizen, free: list[Citizen], chance: Random) -> bool:
    if mistake.name == "number_twice":
        return _number_twice(citizen, free)
    if not mistake.spoil(citizen.typed, chance):
        return False
    citizen.mistakes.append(mistake.name)
    free.remove(citizen)
    return True


def _number_twice(citizen: Citizen, free: list[Citizen]) -> bool:
    """A brother's or a neighbour's number is typed on two lines of the same class."""
    classmates = [other for other in free if other.class_name == citizen.class_name]
    classmates.remove(citizen)
    if not classmates:
        return False
    other = classmates[0]
    citizen.typed["identity_number"] = other.typed["identity_number"]
    citizen.mistakes.append("number_twice")
    other.mistakes.append("number_shared")
    free.remove(citizen)
    free.remove(other)
    return True


# errors


def _no_number(texts: Texts, chance: Random) -> bool:
    texts["identity_number"] = ""
    return True


def _digit_lost(texts: Texts, chance: Random) -> bool:
    number = texts["identity_number"]
    place = chance.randrange(4, 12)
    texts["identity_number"] = number[:place] + number[place + 1 :]
    return True


def _number_invented(texts: Texts, chance: Random) -> bool:
    """Somebody wanted the red mark to go away."""
    texts["identity_number"] = "123456789012"
    return True


def _letter_for_zero(texts: Texts, chance: Random) -> bool:
    texts["identity_number"] = texts["identity_number"].replace("0", "O", 2)
    return True


def _old_card(texts: Texts, chance: Random) -> bool:
    """The nine digits of the card from before 2016."""
    texts["identity_number"] = f"100{chance.randrange(10**6):06d}"
    return True


def _no_commune(texts: Texts, chance: Random) -> bool:
    texts["commune"] = ""
    return True


def _commune_elsewhere(texts: Texts, chance: Random) -> bool:
    if texts["district"] != DISTRICT:
        return False
    texts["commune"] = chance.choice(("Xã Tân Bửu", "Xã Bình Tâm", "Xã Nhựt Ninh"))
    return True


def _impossible_date(texts: Texts, chance: Random) -> bool:
    day = chance.choice(("31/02/", "30/02/", "31/04/"))
    texts["date_of_birth"] = day + texts["date_of_birth"][-4:]
    return True


def _no_birth_date(texts: Texts, chance: Random) -> bool:
    texts["date_of_birth"] = ""
    return True


# disagreements


def _digit_wrong(texts: Texts, chance: Random) -> bool:
    number = texts["identity_number"]
    place = chance.randrange(6, 12)
    other = chance.choice("0123456789".replace(number[place], ""))
    texts["identity_number"] = number[:place] + other + number[place + 1 :]
    return True


def _number_cancelled(texts: Texts, chance: Random) -> bool:
    """The school still has the number from before it was issued anew."""
    texts["identity_number"] = texts["identity_number"][:6] + f"{chance.randrange(10**6):06d}"
    return True


def _sex_wrong(texts: Texts, chance: Random) -> bool:
    texts["gender"] = {"Nam": "Nữ", "Nữ": "Nam"}[texts["gender"]]
    return True


def _day_and_month_swapped(texts: Texts, chance: Random) -> bool:
    day, _, rest = texts["date_of_birth"].partition("/")
    month, _, year = rest.partition("/")
    if not year or int(day) > 12 or day == month:
        return False
    texts["date_of_birth"] = f"{month}/{day}/{year}"
    return True


def _year_off(texts: Texts, chance: Random) -> bool:
    born = texts["date_of_birth"]
    if born.startswith("29/02"):
        return False
    texts["date_of_birth"] = f"{born[:6]}{int(born[-4:]) + chance.choice((-1, 1))}"
    return True


def _only_the_year(texts: Texts, chance: Random) -> bool:
    texts["date_of_birth"] = texts["date_of_birth"][-4:]
    return True


def _accents_lost(texts: Texts, chance: Random) -> bool:
    words = texts["full_name"].split()
    marked = [index for index, word in enumerate(words) if _bare(word) != word]
    if not marked:
        return False
    index = chance.choice(marked)
    words[index] = _bare(words[index])
    texts["full_name"] = " ".join(words)
    return True


def _tone_confused(texts: Texts, chance: Random) -> bool:
    """In the south hỏi and ngã sound alike."""
    marks = unicodedata.normalize("NFD", texts["full_name"])
    swapped = marks.translate({0x309: "\u0303", 0x303: "\u0309"})
    texts["full_name"] = unicodedata.normalize("NFC", swapped)
    return swapped != marks


def _bare(word: str) -> str:
    marks = unicodedata.normalize("NFD", word.replace("Đ", "D").replace("đ", "d"))
    return "".join(c for c in marks if not unicodedata.combining(c))


# slips


def _capitals(texts: Texts, chance: Random) -> bool:
    texts["full_name"] = texts["full_name"].upper()
    return True


def _decomposed(texts: Texts, chance: Random) -> bool:
    """A list typed on a Mac."""
    before = texts["full_name"]
    texts["full_name"] = unicodedata.normalize("NFD", before)
    return texts["full_name"] != before


def _spaces(texts: Texts, chance: Random) -> bool:
    space = chance.choice(("  ", "\u00a0", " \u00a0"))
    texts["full_name"] = texts["full_name"].replace(" ", space) + " "
    return True


def _digits_grouped(texts: Texts, chance: Random) -> bool:
    number = texts["identity_number"]
    if len(number) != 12 or not number.isdigit():
        return False
    groups = (number[:3], number[3:6], number[6:9], number[9:])
    texts["identity_number"] = chance.choice((" ", ".", "\u00a0")).join(groups)
    return True


def _date_written_otherwise(texts: Texts, chance: Random) -> bool:
    parts = [int(part) for part in texts["date_of_birth"].split("/") if part]
    try:
        day = date(*reversed(parts))
    except (TypeError, ValueError):  # the year alone, or 31/02
        return False
    serial = str((day - date(1899, 12, 30)).days)  # a date that Excel turned into a number
    ways = (f"{day.day}-{day.month}-{day.year}", f"{day:%d.%m.%Y}", f"{day}", serial)
    texts["date_of_birth"] = chance.choice(ways)
    return True


def _place_written_loosely(texts: Texts, chance: Random) -> bool:
    if texts["district"] != DISTRICT:
        return False
    texts["province"] = chance.choice(("Long An", "long an", "T. Long An"))
    texts["district"] = chance.choice(("Thủ Thừa", "H. Thủ Thừa", "huyen thu thua"))
    commune = texts["commune"]
    without_kind = commune.removeprefix("Xã ") or commune
    texts["commune"] = chance.choice((fold(commune), commune.upper(), without_kind))
    return True


ERRORS = (
    Mistake("number_missing", 0.08, 0.065, _no_number),
    Mistake("digit_lost", 0.022, 0, _digit_lost),
    Mistake("number_twice", 0.008, 0, _no_number),
    Mistake("number_invented", 0.006, 0, _number_invented),
    Mistake("letter_for_zero", 0.006, 0, _letter_for_zero),
    Mistake("old_card", 0, 0.11, _old_card),
    Mistake("commune_missing", 0.045, 0.04, _no_commune),
    Mistake("commune_elsewhere", 0.027, 0, _commune_elsewhere),
    Mistake("impossible_date", 0.009, 0, _impossible_date),
    Mistake("birth_date_missing", 0.008, 0, _no_birth_date),
)
DISAGREEMENTS = (
    Mistake("digit_wrong", 0.02, 0.022, _digit_wrong),
    Mistake("number_cancelled", 0.007, 0, _number_cancelled),
    Mistake("sex_wrong", 0.015, 0.022, _sex_wrong),
    Mistake("day_and_month_swapped", 0.018, 0.022, _day_and_month_swapped),
    Mistake("year_off", 0.012, 0, _year_off),
    Mistake("only_the_year", 0.005, 0, _only_the_year),
    Mistake("accents_lost", 0.014, 0.022, _accents_lost),
    Mistake("tone_confused", 0.011, 0.022, _tone_confused),
)
SLIPS = (
    Mistake("capitals", 0.025, 0.04, _capitals),
    Mistake("decomposed", 0.03, 0.02, _decomposed),
    Mistake("spaces", 0.03, 0.02, _spaces),
    Mistake("digits_grouped", 0.06, 0.04, _digits_grouped),
    Mistake("date_written_otherwise", 0.05, 0.04, _date_written_otherwise),
    Mistake("place_written_loosely", 0.08, 0.06, _place_written_loosely),
)
