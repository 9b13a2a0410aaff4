"""The slip for the family: what the school has, what does not agree, where to go, what to bring, by when.

One text for paper and for Zalo. The number is masked unless the family has to check it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from idapp.models import Campaign, Person, School
from idapp.notices.cases import reason_of
from idapp.rules import identity_number
from idapp.rules.record import FIELD

_CHECKED = ("full_name", "date_of_birth", "gender", "identity_number")
_WHAT_IS_WRONG = {
    "no_number": "Nhà trường chưa có số định danh cá nhân của em.",
    "mismatch": "Thông tin của em ở nhà trường chưa khớp với Cơ sở dữ liệu quốc gia về dân cư.",
    "not_found": (
        "Số định danh, họ tên hoặc năm sinh của em ở nhà trường chưa khớp với Cơ sở dữ liệu "
        "quốc gia về dân cư; cơ sở dữ liệu ấy không cho biết mục nào sai."
    ),
    "": "Nhà trường cần đối chiếu thông tin của em với giấy tờ của gia đình.",
}
_BRING = {
    "3level": "bản photo giấy thông báo số định danh cá nhân (Mẫu 01), hoặc giấy khai sinh có số "
    "định danh, thẻ căn cước công dân, ảnh màn hình VNeID, xác nhận thông tin cư trú CT07.",
    "2level": "bản photo thẻ căn cước (hoặc thẻ CCCD còn hạn), ảnh màn hình VNeID, giấy khai sinh "
    "có số định danh, thông báo số định danh cá nhân, xác nhận thông tin cư trú CT07.",
}
_PAPERS = {
    "3level": "giấy thông báo số định danh do công an xã, phường nơi thường trú cấp, thẻ căn cước "
    "công dân hoặc giấy khai sinh có số định danh",
    "2level": "thẻ căn cước, VNeID, giấy khai sinh có số định danh, hoặc thông báo số định danh do "
    "công an cấp xã cấp (bất kỳ nơi nào)",
}


@dataclass(frozen=True)
class Difference:
    """A field with which the register does not agree."""

    label: str
    ours: str
    theirs: str  # "" where the register does not say


@dataclass(frozen=True)
class Slip:
    """Everything that stands on one slip."""

    person: Person
    school: str
    class_name: str
    reason: str
    facts: tuple[tuple[str, str], ...]  # what the school has: (label, text)
    differences: tuple[Difference, ...]
    office: str
    by: date
    bring: str

    @property
    def what_is_wrong(self) -> str:
        """Why the family gets the slip, as a sentence."""
        return _words_for(self.person.kind, _WHAT_IS_WRONG[self.reason])

    @property
    def ask(self) -> str:
        """What the family is to do."""
        return (
            f"Gia đình nộp cho nhà trường trước ngày {self.by:%d/%m/%Y} một trong các giấy tờ sau: "
            f"{self.bring} Nếu chưa có, gia đình đến {self.office} để xin giấy thông báo số "
            "định danh cá nhân; giấy cấp miễn phí. Nếu giấy tờ của gia đình đúng như nhà trường "
            "đang ghi, xin báo lại để nhà trường kiểm tra."
        )

    @property
    def text(self) -> str:
        """The same words for a message to the parents."""
        lines = [f"{self.school} kính gửi gia đình {self._child}.", self.what_is_wrong]
        for difference in self.differences:
            ours = difference.ours or "trống"
            theirs = _other(difference.theirs)
            lines.append(f"- {difference.label}: nhà trường ghi {ours}{theirs}")
        if not self.differences:
            lines += [f"- {label}: {text}" for label, text in self.facts]
        return "\n".join([*lines, self.ask, "Trân trọng cảm ơn gia đình."])

    @property
    def _child(self) -> str:
        who = self.person.full_name
        if self.person.kind == "student":
            who = f"em {who}"
        if self.class_name:
            who = f"{who}, lớp {self.class_name}"
        return who


def slip_for(person: Person, school: School, campaign: Campaign, *, today: date) -> Slip:
    """What the family of this person is told today; also for somebody whom nothing asks for the paper."""
    reason = reason_of(person)
    differences: tuple[Difference, ...] = ()
    if reason == "mismatch":  # after any other answer the register has not said what differs
        differences = _differences(person)
    class_name = ""
    if person.school_class is not None:
        class_name = person.school_class.name
    # Two days for the office before the deadline; when that is over, tomorrow.
    last_day = max(campaign.deadline - timedelta(days=2), today + timedelta(days=1))
    return Slip(
        person=person,
        school=school.name,
        class_name=class_name,
        reason=reason,
        facts=_facts(person, show_number=reason == "not_found"),
        differences=differences,
        office=police_of(person),
        by=last_day,
        bring=_BRING[campaign.epoch],
    )


def police_of(person: Person) -> str:
    """The office that issues the paper: the police of the commune of permanent residence."""
    if person.commune_code is None:  # empty, or a place that is none today
        return f"{police_words(person.epoch)} nơi gia đình đăng ký thường trú"
    commune, *above = _places_of(person)
    return ", ".join([f"Công an {_lower_first(commune)}", *map(_lower_first, above)])


def police_words(epoch: str) -> str:
    """Any office of that kind; in two levels a commune may also be a special zone."""
    if epoch == "3level":
        return "công an xã, phường"
    return "công an cấp xã"


def papers_words(epoch: str) -> str:
    """What a family may show, for the middle of a sentence."""
    return _PAPERS[epoch]


def _places_of(person: Person) -> list[str]:
    """The residence from the commune up, as far as it is known."""
    places = [person.commune]
    if "," not in person.commune:  # with one: a whole address that nobody has decided yet
        if person.epoch == "3level":
            places.append(person.district)
        places.append(person.province)
    return [place for place in places if place]


def _facts(person: Person, *, show_number: bool) -> tuple[tuple[str, str], ...]:
    """What the school has, by labels; the number masked unless the family has to check it."""
    shown = {name: getattr(person, name) or "chưa có" for name in _CHECKED}
    if person.identity_number and not show_number:  # a slip is read by others on its way home
        shown["identity_number"] = identity_number.mask(person.identity_number)
    home = _places_of(person)
    if person.address:
        home.insert(0, person.address)
    facts = [(FIELD[name].label, text) for name, text in shown.items()]
    facts.append(("Nơi thường trú", ", ".join(home) or "chưa có"))
    return tuple(facts)


def _differences(person: Person) -> tuple[Difference, ...]:
    differences = []
    for name, (ours, theirs) in person.differences.items():
        label = FIELD[name].label if name in FIELD else name
        differences.append(Difference(label, ours, theirs))
    return tuple(differences)


def _other(theirs: str) -> str:
    if not theirs:
        return ""
    return f", Cơ sở dữ liệu ghi {theirs}"


def _lower_first(place: str) -> str:
    """`Xã Mỹ An` inside a sentence: `xã Mỹ An`."""
    return place[:1].lower() + place[1:]


def _words_for(kind: str, sentence: str) -> str:
    """A sentence written for pupils, to whom it is about."""
    if kind == "student":
        return sentence
    return sentence.replace("của em", "của thầy, cô")
