"""The slip for the family: what does not agree and why it matters, what to show, where to go, by when, whom to ask.

One text for paper and for Zalo, and no more data than the family needs: of a mismatch only the fields that differ, the
number whole only where the family has to check it, and never in a message.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from idapp.models import Campaign, Person, School
from idapp.notices import evidence
from idapp.notices.cases import reason_of
from idapp.notices.handouts import Contact
from idapp.rules import identity_number
from idapp.rules.record import FIELD

_WHAT_IS_WRONG = {
    "no_number": "Nhà trường chưa có số định danh cá nhân của em.",
    "mismatch": "Thông tin của em ở nhà trường chưa khớp với Cơ sở dữ liệu quốc gia về dân cư.",
    "not_found": (
        "Số định danh, họ tên hoặc năm sinh của em ở nhà trường chưa khớp với Cơ sở dữ liệu "
        "quốc gia về dân cư; cơ sở dữ liệu ấy không cho biết mục nào sai."
    ),
    "": "Nhà trường cần đối chiếu thông tin của em với giấy tờ của gia đình.",
}
# What the family has to look at; of a mismatch the fields that differ.
_SHOWN = {
    "no_number": ("date_of_birth",),
    "mismatch": (),
    "not_found": ("full_name", "date_of_birth", "identity_number"),
    "": ("full_name", "date_of_birth", "gender", "identity_number"),
}
# since 01/03/2025 at any commune (read second-hand); before, at that of the permanent residence
_OR_ANYWHERE = {"2level": " (hoặc công an cấp xã bất kỳ)", "3level": ""}
_FREE = "xin cấp thông báo số định danh cá nhân, miễn phí"
_AGAINST_SWINDLERS = (
    "Nhà trường không bao giờ gọi điện hay nhắn tin xin mã OTP, mật khẩu VNeID, cũng không yêu cầu "
    "bấm vào đường dẫn, cài ứng dụng hay nộp tiền. Ai yêu cầu như vậy là lừa đảo: đừng làm theo và "
    "báo ngay cho giáo viên chủ nhiệm."
)


_FOR_STAFF = {
    "của em": "của thầy, cô",
    "gia đình": "thầy, cô",
    "giáo viên chủ nhiệm": "văn thư",
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
    facts: tuple[tuple[str, str], ...]  # what the school has and the family looks at: (label, text)
    differences: tuple[Difference, ...]
    office: str
    by: date
    epoch: str  # of the campaign, whose words it uses
    contacts: tuple[Contact, ...]

    @property
    def to_whom(self) -> str:
        """Who gets it, behind "Kính gửi": the family of a pupil, or the colleague."""
        if self.person.kind == "staff":
            return f"thầy, cô {self.person.full_name}"
        return f"gia đình em {self.person.full_name}, lớp {self.class_name}".removesuffix(", lớp ")

    @property
    def what_is_wrong(self) -> str:
        """Why the family gets the slip, as a sentence."""
        return self._addressed(_WHAT_IS_WRONG[self.reason])

    @property
    def papers(self) -> tuple[str, ...]:
        """What the family may show, what the school likes best first."""
        return tuple(evidence.words_of(self.epoch).values())

    @property
    def ask(self) -> str:
        """What the family is to do with the paper, by when."""
        return self._addressed(
            f"Trước ngày {self.by:%d/%m/%Y}, gia đình cho giáo viên chủ nhiệm xem một loại giấy tờ "
            "dưới đây (bản chính hoặc bản photo), ghi vào phiếu rồi gửi lại phiếu."
        )

    @property
    def write_number(self) -> str:
        """What stands before the twelve boxes."""
        return self._addressed("Gia đình ghi số định danh (12 chữ số):")

    @property
    def enough(self) -> str:
        """Nobody who shows the card is asked for more."""
        return evidence.enough_words(self.epoch)

    @property
    def without_papers(self) -> str:
        """Where a family goes that has none of them."""
        office = self.office + _OR_ANYWHERE[self.epoch]
        return self._addressed(f"Chưa có giấy nào: gia đình đến {office} để {_FREE}.")

    @property
    def warning(self) -> str:
        """Against those who call about "xác thực"."""
        return against_swindlers(self.person.kind)

    @property
    def text(self) -> str:
        """The same words for a message to the parents; a message goes through other hands, so no whole number."""
        papers = evidence.in_a_sentence(self.epoch)
        ask = self._addressed(
            f"Trước ngày {self.by:%d/%m/%Y}, gia đình cho giáo viên chủ nhiệm xem một trong các "
            f"giấy tờ: {papers}."
        )
        lines = [f"{self.school} kính gửi {self.to_whom}.", self.what_is_wrong]
        lines += [_in_a_message(difference) for difference in self.differences]
        lines += [f"{ask} {self.enough}", self.without_papers, self.warning]
        lines += [contact.words for contact in self.contacts]
        return "\n".join([*lines, self._addressed("Trân trọng cảm ơn gia đình.")])

    def _addressed(self, sentence: str) -> str:
        return _addressed(sentence, self.person.kind)


def slip_for(
    person: Person,
    school: School,
    campaign: Campaign,
    *,
    today: date,
    contacts: Sequence[Contact] = (),
) -> Slip:
    """What the family of this person is told today; also for somebody whom nothing asks for the paper."""
    reason = reason_of(person)
    differences: tuple[Difference, ...] = ()
    if reason == "mismatch":  # after any other answer the register has not said what differs
        differences = _differences(person)
    class_name = ""
    if person.school_class is not None:
        class_name = person.school_class.name
    return Slip(
        person=person,
        school=school.name,
        class_name=class_name,
        reason=reason,
        facts=_facts(person, _SHOWN[reason], show_number=reason == "not_found"),
        differences=differences,
        office=police_of(person),
        by=reply_by(campaign, today),
        epoch=campaign.epoch,
        contacts=tuple(contacts),
    )


def against_swindlers(kind: str) -> str:
    """The warning against those who call about "xác thực", for a ``student``'s family or for ``staff``."""
    return _addressed(_AGAINST_SWINDLERS, kind)


def _addressed(sentence: str, kind: str) -> str:
    """A sentence written for a pupil's family, to whom it is about.

    >>> _addressed("Gia đình hỏi giáo viên chủ nhiệm về hồ sơ của em.", "staff")
    'Thầy, cô hỏi văn thư về hồ sơ của thầy, cô.'
    """
    if kind == "student":
        return sentence
    for of_pupils, of_staff in _FOR_STAFF.items():
        sentence = sentence.replace(of_pupils, of_staff)
        sentence = sentence.replace(_upper_first(of_pupils), _upper_first(of_staff))
    return sentence


def reply_by(campaign: Campaign, today: date) -> date:
    """Two days for the office before the deadline; when that is over, tomorrow."""
    return max(campaign.deadline - timedelta(days=2), today + timedelta(days=1))


def police_of(person: Person) -> str:
    """The office that issues the paper: the police of the commune of permanent residence."""
    if person.commune_code is None:  # empty, or a place that is none today
        return f"{police_words(person.epoch)} nơi gia đình đăng ký thường trú"
    commune, *above = places_of(person)
    return ", ".join([f"Công an {_lower_first(commune)}", *map(_lower_first, above)])


def police_words(epoch: str) -> str:
    """Any office of that kind; in two levels a commune may also be a special zone."""
    if epoch == "3level":
        return "công an xã, phường"
    return "công an cấp xã"


def places_of(person: Person) -> list[str]:
    """The residence from the commune up, as far as it is known."""
    places = [person.commune]
    if "," not in person.commune:  # with one: a whole address that nobody has decided yet
        if person.epoch == "3level":
            places.append(person.district)
        places.append(person.province)
    return [place for place in places if place]


def _facts(
    person: Person, names: Sequence[str], *, show_number: bool
) -> tuple[tuple[str, str], ...]:
    """What the school has, by labels; the number masked unless the family has to check it."""
    shown = {name: getattr(person, name) or "chưa có" for name in names}
    if "identity_number" in shown and person.identity_number and not show_number:
        # a slip is read by others on its way home
        shown["identity_number"] = identity_number.mask(person.identity_number)
    return tuple((FIELD[name].label, text) for name, text in shown.items())


def _differences(person: Person) -> tuple[Difference, ...]:
    differences = []
    for name, (ours, theirs) in person.differences.items():
        label = FIELD[name].label if name in FIELD else name
        differences.append(Difference(label, ours, theirs))
    return tuple(differences)


def _in_a_message(difference: Difference) -> str:
    ours = difference.ours or "trống"
    line = f"- {difference.label}: nhà trường ghi {ours}"
    if difference.theirs:
        line += f", Cơ sở dữ liệu ghi {difference.theirs}"
    return line


def _upper_first(words: str) -> str:
    return words[:1].upper() + words[1:]


def _lower_first(place: str) -> str:
    """`Xã Mỹ An` inside a sentence: `xã Mỹ An`."""
    return place[:1].lower() + place[1:]
