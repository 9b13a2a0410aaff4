"""Why people are not verified yet, who has an explanation instead, whom nobody asks about.

Now, or as a campaign was closed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from idapp import permissions
from idapp.models import (
    DONE,
    Campaign,
    Explanation,
    Person,
    RegisterError,
    SchoolClass,
    User,
    in_school_order,
)
from idapp.progress.board import KIND_WORDS
from idapp.rules.record import FIELD

_CODE_WORDS = {"missing": "Chưa có", "duplicate": "Trùng", "cmnd": "Còn số CMND cũ"}
_DISAGREES = ("mismatch", "not_found", "sent")  # or asked about once more
_OTHERWISE = {
    "ready": "Sẵn sàng, chờ đợt xác thực",
    "sent": "Đã gửi, chờ kết quả",
    "mismatch": "Không khớp, không rõ mục nào",
    "not_found": "Không tìm thấy trong CSDL",
    "rejected": "Dịch vụ không nhận hồ sơ",
    "unanswered": "Dịch vụ chưa trả lời",
    "changed": "Sửa sau khi xác thực, chờ gửi lại",
}


def reasons(user: User, campaign: Campaign) -> list[tuple[str, str, int]]:
    """(whose, reason, how many records), most frequent first. Whoever has to be verified and is not has at least one.

    A teacher's own class is always as it stands now.
    """
    if user.role != "teacher" and "reasons" in campaign.report:
        return [(kind, reason, n) for kind, reason, n in campaign.report["reasons"]]
    counted: Counter[tuple[str, str]] = Counter()
    columns = (Person.id, Person.kind, Person.status, Person.problems, Person.differences)
    left = Person.status.not_in((*DONE, "foreign"))
    wrong_fields = _wrong_in_register()
    for person in permissions.people_of(user).select(*columns).where(left):
        whose = KIND_WORDS[person.kind]
        of_person = _reasons_of(person, wrong_fields.get(person.id, []))
        counted.update((whose, reason) for reason in of_person)
    most_first = sorted(counted.items(), key=lambda entry: (-entry[1], entry[0]))
    return [(kind, reason, n) for (kind, reason), n in most_first]


def _wrong_in_register() -> dict[int, list[str]]:
    """Person -> the fields that the police are asked to correct in the population database."""
    asked = RegisterError.select(RegisterError.person, RegisterError.fields)
    asked = asked.where(RegisterError.state.in_(("prepared", "sent", "more")))
    return {request.person_id: list(request.fields) for request in asked}


def _reasons_of(person: Person, wrong_in_register: Sequence[str]) -> set[str]:
    """In words; each once for a record, however many fields it is about.

    wrong_in_register  fields that the register has wrong: then that is the reason, and nothing about the record
    """
    if wrong_in_register and person.status in _DISAGREES:
        return {f"CSDL dân cư ghi sai: {FIELD[name].label}" for name in wrong_in_register}
    if person.status == "incomplete":
        return {_words_of(problem) for problem in person.problems if problem["level"] == "error"}
    if person.status == "mismatch":
        return _differing(person) or {_OTHERWISE[person.status]}
    return {_OTHERWISE[person.status]}


def _differing(person: Person) -> set[str]:
    """Some registers do not say which fields: then none."""
    return {f"Không khớp: {FIELD[name].label}" for name in person.differences if name in FIELD}


def _words_of(problem: Mapping[str, Any]) -> str:
    word = _CODE_WORDS.get(problem["code"], "Sai")
    return f"{word}: {FIELD[problem['field']].label}"


def explained_people(user: User, campaign: Campaign) -> list[tuple[Person, Explanation]]:
    """Records with an approved explanation, in school order."""
    query = (
        Explanation.select(Explanation, Person, SchoolClass)
        .join(Person)
        .left_outer_join(SchoolClass)
    )
    if "explained" in campaign.report:
        query = query.where(Explanation.id.in_(campaign.report["explained"]))
        visible = permissions.people_of(user, include_inactive=True)
    else:
        query = query.where(Explanation.state == "approved", Person.status == "explained")
        visible = permissions.people_of(user)
    order = (Person.kind.desc(), *in_school_order(), Person.sort_key)
    explanations = query.where(Person.id.in_(visible.select(Person.id))).order_by(*order)
    return [(explanation.person, explanation) for explanation in explanations]


def foreign_people(user: User, campaign: Campaign) -> list[Person]:
    """Whoever has another nationality, in school order: the office gets them by name. Their texts are as they are now.

    A teacher's own class is always as it stands now.
    """
    if user.role != "teacher" and "foreign" in campaign.report:
        visible = permissions.people_of(user, include_inactive=True)
        query = visible.where(Person.id.in_(campaign.report["foreign"]))
    else:
        query = permissions.people_of(user).where(Person.status == "foreign")
    order = (Person.kind.desc(), *in_school_order(), Person.sort_key)
    return list(query.select(Person, SchoolClass).left_outer_join(SchoolClass).order_by(*order))


def to_freeze(user: User, campaign: Campaign) -> dict[str, Any]:
    """What a closed campaign keeps of them. Of people only who they are: their texts stay where they are."""
    explained = [explanation.id for _, explanation in explained_people(user, campaign)]
    foreign = [person.id for person in foreign_people(user, campaign)]
    return {"reasons": reasons(user, campaign), "explained": explained, "foreign": foreign}
