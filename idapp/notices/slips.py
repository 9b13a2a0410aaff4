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
    "mismatch": "Thông tin của em ở nhà trường chưa giống với Cơ sở dữ liệu quốc gia về dân cư.",
    "not_found": (
        "Số định danh, họ tên hoặc năm sinh của em ở nhà trường chưa khớp với Cơ sở dữ liệu quốc gia về dân cư; "
        "cơ sở dữ liệu ấy không cho biết mục nào sai."
    ),
    "": "Nhà trường cần đối chiếu thông tin của em với giấy tờ của gia đình.",
}
_BRING = (
    "bản photo giấy thông báo số định danh cá nhân (Mẫu 01), hoặc giấy khai sinh có số định danh, thẻ căn cước công "
    "dân, ảnh màn hình VNeID, xác nhận thông tin cư trú CT07."
)


@dataclass(frozen=True)
class Difference:
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
    bring: str = _BRING

    @property
    def what_is_wrong(self) -> str:
        return _words_for(self.person.kind, _WHAT_IS_WRONG[self.reason])

    @property
    def ask(self) -> str:
        """What the family is to do."""
        return (
            f"Gia đình nộp cho nhà trường trước ngày {self.by:%d/%m/%Y} một trong các giấy tờ sau: {self.bring} "
            f"Nếu chưa có, gia đình đến {self.office} để xin giấy thông báo số định danh cá nhân; giấy cấp miễn phí. "
            "Nếu giấy tờ của gia đình đúng như nhà trường đang ghi, xin báo lại để nhà trường kiểm tra."
        )

    @property
    def text(self) -> str:
        """The same words for a message to the parents."""
        lines = [f"{self.school} kính gửi gia đình {self._child}.", self.what_is_wrong]
        lines += [
            f"- {d.label}: nhà trường ghi {d.ours or 'trống'}{_other(d.theirs)}"
            for d in self.differences
        ]
        if not self.differences:
            lines += [f"- {label}: {text}" for label, text in self.facts]
        return "\n".join([*lines, self.ask, "Trân trọng cảm ơn gia đình."])

    @property
    def _child(self) -> str:
        who = (
            f"em {self.person.full_name}"
            if self.person.kind == "student"
            else self.person.full_name
        )
        return f"{who}, lớp {self.class_name}" if self.class_name else who


def slip_for(person: Person, school: School, campaign: Campaign, *, today: date) -> Slip:
    reason = reason_of(person)
    differences = _differences(person) if reason == "mismatch" else ()
    return Slip(
        person=person,
        school=school.name,
        class_name=person.school_class.name if person.school_class else "",
        reason=reason,
        facts=_facts(person, show_number=reason == "not_found"),
        differences=differences,
        office=police_of(person),
        by=max(campaign.deadline - timedelta(days=2), today + timedelta(days=1)),
    )


def police_of(person: Person) -> str:
    """The office that issues the paper: the police of the commune of permanent residence."""
    if person.commune_code is None:  # empty, or a place that is none today
        return f"{police_words(person.epoch)} nơi gia đình đăng ký thường trú"
    commune, *above = _places_of(person)
    return ", ".join([f"Công an {_lower_first(commune)}", *map(_lower_first, above)])


def police_words(epoch: str) -> str:
    """Any office of that kind; in two levels a commune may also be a special zone."""
    return "công an xã, phường" if epoch == "3level" else "công an cấp xã"


def _places_of(person: Person) -> list[str]:
    """The residence from the commune up, as far as it is known. An address nobody has decided yet is one text."""
    district = person.district if person.epoch == "3level" else ""
    above = [] if "," in person.commune else [district, person.province]
    return [place for place in (person.commune, *above) if place]


def _facts(person: Person, *, show_number: bool) -> tuple[tuple[str, str], ...]:
    shown = {name: getattr(person, name) or "chưa có" for name in _CHECKED}
    if person.identity_number and not show_number:
        shown["identity_number"] = identity_number.mask(person.identity_number)
    home = ", ".join(part for part in (person.address, *_places_of(person)) if part)
    return (
        *((FIELD[name].label, text) for name, text in shown.items()),
        ("Nơi thường trú", home or "chưa có"),
    )


def _differences(person: Person) -> tuple[Difference, ...]:
    return tuple(
        Difference(FIELD[name].label if name in FIELD else name, ours, theirs)
        for name, (ours, theirs) in person.differences.items()
    )


def _other(theirs: str) -> str:
    return f", Cơ sở dữ liệu ghi {theirs}" if theirs else ""


def _lower_first(place: str) -> str:
    """`Xã Mỹ An` inside a sentence: `xã Mỹ An`."""
    return place[:1].lower() + place[1:]


def _words_for(kind: str, sentence: str) -> str:
    return sentence if kind == "student" else sentence.replace("của em", "của thầy, cô")
