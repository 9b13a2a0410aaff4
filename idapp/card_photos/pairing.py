"""Whose card is it? Each photo of a stack and the pupil of the class whom its code names, as things stand now.

Paired anew at every look: a pupil who got a number meanwhile is found by it. By the number first (former ones too),
then by name and birth date; a name alone links nobody without being asked about.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from idapp.models import CardPhoto, Person
from idapp.people import cards
from idapp.people.identifiers import identifiers_of
from idapp.rosters.linkage import Identifiers, LinkageIndex, birth_key
from idapp.rules import card
from idapp.rules.problem import Problem

Standing = Literal["sure", "doubtful", "same", "unmatched", "unread", "refused", "waiting"]
_NO_CODE = (
    "Không thấy mã QR trong ảnh. Hãy chụp lại thẳng và đủ sáng, thấy rõ mã QR (mặt trước thẻ CCCD, "
    "mặt sau thẻ căn cước), hoặc nhập theo ảnh."
)
_OTHER_CODE = (
    "Mã QR trong ảnh không phải mã chữ của thẻ căn cước: mã trên màn hình VNeID hay giấy khai sinh "
    "thường không chứa chữ đọc được. Hãy nhập theo ảnh. Nội dung mã: “{text}”"
)
_NOBODY = (
    "Thẻ ghi {name}, {born}: không em nào trong lớp có số này, hoặc có họ tên và ngày sinh này."
)
_SEVERAL = "Thẻ ghi {name}: trong lớp có {count} em giống nhau. Hãy chọn đúng em."
_NAME_ALONE = "Chỉ giống họ tên, ngày sinh trên thẻ là {born}: hãy xem ảnh rồi chọn."
_NUMBER_DIFFERS = "Trong bảng đang ghi số {old}: hãy xem ảnh rồi chọn."
_TWICE = "Có {count} ảnh cho em này: chỉ chọn một ảnh."
_LONGEST_SHOWN = 150


@dataclass(frozen=True)
class Pair:
    """A photo and whom it is about.

    proposal  what the card would change; None where nobody was found, or the code says nothing
    doubts    sentences: why a person must look before it is written; for other standings, what is the matter
    """

    photo: CardPhoto
    standing: Standing
    proposal: cards.Proposal | None = None
    doubts: tuple[str, ...] = ()

    @property
    def person(self) -> Person | None:
        """The pupil, if one was found or chosen."""
        if self.proposal is not None:
            return self.proposal.person
        return self.photo.person

    @property
    def is_ticked(self) -> bool:
        """Is it written unless the user says otherwise? What the user said last counts."""
        if self.standing not in ("sure", "doubtful"):
            return False
        if self.photo.ticked is not None:
            return self.photo.ticked
        return self.standing == "sure"


def pairs_of(photos: Iterable[CardPhoto], pupils: Sequence[Person], today: date) -> list[Pair]:
    """Each photo with its pupil, in the order of the photos. ``pupils``: everybody of the class."""
    index = LinkageIndex(pupils, identifiers_of)
    return _tell_twice([pair_for(photo, index, today) for photo in photos])


def pair_for(photo: CardPhoto, index: LinkageIndex[Person], today: date) -> Pair:
    """One photo among the people of ``index``."""
    if photo.state == "refused":
        return Pair(photo, "refused", doubts=(photo.sentence,))
    if photo.state != "read":
        return Pair(photo, "waiting")
    if not photo.code:
        return Pair(photo, "unread", doubts=(_NO_CODE,))
    try:
        scanned = card.read(photo.code, _epoch_of(photo, index), today)
    except Problem:
        sentence = _OTHER_CODE.format(text=photo.code[:_LONGEST_SHOWN])
        return Pair(photo, "unread", doubts=(sentence,))
    if photo.person is not None:
        return _compared(photo, photo.person, scanned, [])
    return _found(photo, scanned, index, today)


def _epoch_of(photo: CardPhoto, index: LinkageIndex[Person]) -> str:
    """In which places the card is compared: those of the records."""
    for person in (photo.person, *index.items):
        if person is not None:
            return person.epoch
    return "3level"  # an empty class: nobody is compared


def _found(photo: CardPhoto, scanned: card.Card, index: LinkageIndex[Person], today: date) -> Pair:
    """By number, by name and birth date, by the name alone: the first way that finds somebody."""
    marks = _marks_of(scanned, today)
    words = {
        "name": scanned.values.get("full_name", "(không đọc được họ tên)"),
        "born": scanned.values.get("date_of_birth", "(không đọc được ngày sinh)"),
    }
    doubts = []
    people = index.with_number(marks) or index.with_name_and_birth(marks)
    if not people:
        people = index.with_folded_name(marks)
        doubts = [_NAME_ALONE.format(**words)]
    if not people:
        return Pair(photo, "unmatched", doubts=(_NOBODY.format(**words),))
    if len(people) > 1:
        sentence = _SEVERAL.format(count=len(people), **words)
        return Pair(photo, "unmatched", doubts=(sentence,))
    return _compared(photo, people[0], scanned, doubts)


def _marks_of(scanned: card.Card, today: date) -> Identifiers:
    return Identifiers(
        numbers=(scanned.values["identity_number"], *scanned.numbers),
        name=scanned.values.get("full_name", ""),
        birth=birth_key(scanned.values.get("date_of_birth", ""), today),
    )


def _compared(photo: CardPhoto, person: Person, scanned: card.Card, doubts: Sequence[str]) -> Pair:
    """Old beside new, and what makes one look twice."""
    proposal = cards.propose_read(person, scanned)
    reasons = [*doubts, *proposal.warnings, *_other_number(proposal)]
    if not proposal.differences:
        return Pair(photo, "same", proposal, tuple(reasons))
    if reasons:
        return Pair(photo, "doubtful", proposal, tuple(reasons))
    return Pair(photo, "sure", proposal)


def _other_number(proposal: cards.Proposal) -> list[str]:
    """A number that is in order is replaced by nobody without a look; a wrong one may be."""
    for difference in proposal.differences:
        problem = proposal.person.problem_of("identity_number")
        is_wrong = problem is not None and problem["level"] == "error"
        if difference.field == "identity_number" and difference.old and not is_wrong:
            return [_NUMBER_DIFFERS.format(old=difference.old)]
    return []


def _tell_twice(pairs: Sequence[Pair]) -> list[Pair]:
    """Several photos of one pupil: none is written before one of them is chosen."""
    times = Counter(pair.proposal.person.id for pair in pairs if pair.proposal)
    marked = []
    for pair in pairs:
        count = times[pair.proposal.person.id] if pair.proposal else 0
        if count > 1 and pair.standing in ("sure", "doubtful"):
            doubts = (_TWICE.format(count=count), *pair.doubts)
            pair = replace(pair, standing="doubtful", doubts=doubts)
        marked.append(pair)
    return marked
