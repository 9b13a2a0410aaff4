"""Accounts from the staff list: who gets one, under which name, with which classes, all saved at once or not at all."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from idapp import accounts, audit, first_passwords, homeroom
from idapp.database import writing
from idapp.first_passwords import FirstPassword
from idapp.models import (
    Person,
    SchoolClass,
    User,
    in_school_order,
)
from idapp.rules import homeroom_title
from idapp.rules.folding import fold, tidy
from idapp.rules.look_alikes import look_of
from idapp.rules.problem import Problem
from idapp.school import class_key

_BETWEEN_NAMES = (
    "thi",
    "van",
)  # so common between family and given name that nobody is called by them
_SHORTEST_NAME = 3
_LONGEST_NAME = 40
_USERNAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?")


@dataclass(frozen=True)
class Candidate:
    """One of the staff, and what is proposed. ``account``: the one that there is; ``is_linked``: known to be theirs."""

    person: Person
    account: User | None
    is_linked: bool
    username: str
    role: str
    teaches: bool
    classes: tuple[SchoolClass, ...]


@dataclass(frozen=True)
class Wish:
    """An account that somebody wants for one of the staff, as it came from the form."""

    person: Person
    username: str
    role: str
    classes: tuple[SchoolClass, ...] = ()


@dataclass
class Saved:
    """What came of it: the first passwords, and the classes that several teachers have now."""

    passwords: list[FirstPassword] = field(default_factory=list)
    linked: list[User] = field(default_factory=list)
    shared: list[SchoolClass] = field(default_factory=list)


class Refused(Exception):
    """Nothing was saved. ``problems``: one sentence for each person that stands in the way, by id."""

    def __init__(self, problems: dict[int, str]) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = problems


def candidates() -> list[Candidate]:
    """Everybody of the staff list, in its order, each with an account or a proposal for one."""
    staff = list(
        Person.select()
        .where(Person.kind == "staff", Person.active)
        .order_by(Person.sort_key, Person.id)
    )
    owners = _accounts_of(staff)
    taken = {user.username for user in User.select(User.username)}
    classes = {class_key(school_class.name): school_class for school_class in SchoolClass.present()}
    proposals = []
    for person in staff:
        account = owners.get(person.id)
        username = ""
        if account is None:
            username = propose_username(person.full_name, taken)
            taken.add(username)
        proposals.append(_candidate(person, account, username, classes))
    return proposals


def _candidate(
    person: Person, account: User | None, username: str, classes: dict[str, SchoolClass]
) -> Candidate:
    is_linked = account is not None and account.staff_record_id == person.id
    return Candidate(
        person=person,
        account=account,
        is_linked=is_linked,
        username=username,
        role=role_of(person.position),
        teaches=_teaches(person.position),
        classes=tuple(_classes_in(person.position, classes)),
    )


def _accounts_of(staff: Sequence[Person]) -> dict[int, User]:
    """The account of each of these people: the one linked to the record, else the only one of the same name."""
    users = list(User.select().where(User.role != "reviewer"))
    owners = {user.staff_record_id: user for user in users if user.staff_record_id is not None}
    others = [person for person in staff if person.id not in owners]
    unlinked = _only_by_name([user for user in users if user.staff_record_id is None])
    for name, person in _only_by_name(others).items():
        if name in unlinked:
            owners[person.id] = unlinked[name]
    return owners


N = TypeVar("N", Person, User)


def _only_by_name(people: Sequence[N]) -> dict[str, N]:
    """Those whose name, without regard to diacritics, nobody else of them has."""
    counts = Counter(fold(person.full_name) for person in people)
    by_name = {fold(person.full_name): person for person in people}
    return {name: by_name[name] for name, count in counts.items() if count == 1}


def propose_username(full_name: str, taken: Container[str]) -> str:
    """A name that one can read out: the given name, longer only where it is short or taken; "" without a name.

    >>> propose_username("Lê Thị Lan Anh", ()), propose_username("Phạm Văn Minh", ())
    ('lananh', 'minh')
    >>> propose_username("Phạm Văn Minh", ("minh",)), propose_username("Phạm Văn Minh", ("minh", "phamminh"))
    ('phamminh', 'phamvanminh')
    >>> propose_username("Phạm Văn Minh", ("minh", "phamminh", "phamvanminh"))
    'phamvanminh2'
    """
    words = [word for word in map(_plain, full_name.split()) if word]
    if not words:
        return ""
    for name in _short_names(words):
        if len(name) >= _SHORTEST_NAME and name not in taken:
            return name
    whole = "".join(words)
    rank = 2
    while f"{whole}{rank}" in taken:
        rank += 1
    return f"{whole}{rank}"


def _plain(word: str) -> str:
    """Its letters and digits without diacritics, in small."""
    return re.sub(r"[^a-z0-9]", "", fold(word))


def _short_names(words: Sequence[str]) -> list[str]:
    """What somebody might be called, shortest first.

    >>> _short_names(["le", "thi", "lan", "anh"]), _short_names(["y", "bhiu"])
    (['lananh', 'lelananh', 'lethilananh'], ['bhiu', 'ybhiu', 'ybhiu'])
    """
    family, *between, given = ["", *words][-max(len(words), 2) :]
    if between and between[-1] not in _BETWEEN_NAMES:
        given = between[-1] + given
    return [given, family + given, "".join(words)]


def role_of(position: str) -> str:
    """The role that goes with a position of the staff list.

    >>> role_of("Phó hiệu trưởng"), role_of("Văn thư"), role_of("Giáo viên - Tổ trưởng chuyên môn")
    ('principal', 'clerk', 'teacher')
    """
    words = fold(position)
    if words.startswith(("hieu truong", "pho hieu truong")):
        return "principal"
    if "van thu" in words:
        return "clerk"
    return "teacher"


def _teaches(position: str) -> bool:
    """Is this a teacher, or whoever looks after a class and leads nothing?

    >>> _teaches("Giáo viên - Tổ trưởng chuyên môn"), _teaches("GVCN 6A1"), _teaches("Văn thư")
    (True, True, False)
    """
    if role_of(position) != "teacher":
        return False
    return fold(position).startswith("giao vien") or homeroom_title.read(position) is not None


def _classes_in(position: str, classes: dict[str, SchoolClass]) -> list[SchoolClass]:
    """The classes that a position names, of those that the school has.

    >>> _classes_in("Giáo viên, chủ nhiệm lớp 5A, 5 B", {"5a": "A", "5b": "B", "5c": "C"})
    ['A', 'B']
    >>> _classes_in("GVCN 5C", {"5c": "C"}), _classes_in("Giáo viên", {"5c": "C"})
    (['C'], [])
    """
    written = homeroom_title.read(position)
    if written is None:
        return []
    keys = [fold(class_key(name)) for name in written.classes]
    folded = {fold(key): school_class for key, school_class in classes.items()}
    return [folded[key] for key in keys if key in folded]


def save(wishes: Sequence[Wish], links: Sequence[Person], key: str, *, by: User) -> Saved:
    """Make these accounts, and tie those of ``links`` to the accounts of the same name: all of it or nothing.

    1. Check everything that can be checked without writing, and say all of it at once.
    2. Hash the passwords: takes its time, so before the transaction.
    3. Check again inside the transaction (somebody else may have saved meanwhile), write, keep the passwords.

    ``key``: of the browser that will show the passwords (``first_passwords``). Raises Refused.
    """
    wishes = [_tidied(wish) for wish in wishes]
    _check(wishes)
    passwords = [first_passwords.readable(wish.username) for wish in wishes]
    hashes = [accounts.hash_password(password) for password in passwords]
    saved = Saved()
    with writing():
        _check(wishes)
        for wish, password, hashed in zip(wishes, passwords, hashes, strict=True):
            user = _store(wish, hashed, by)
            saved.passwords.append(FirstPassword(user, password))
        saved.linked = _link(links, by)
        wanted = {school_class.id for wish in wishes for school_class in wish.classes}
        saved.shared = _taught_by_several(wanted)
        if saved.passwords:
            first_passwords.keep(saved.passwords, key, by=by)
    return saved


def link_all(*, by: User | None) -> None:
    """Tie every account to the only one of the staff with its name."""
    with writing():
        _link([candidate.person for candidate in candidates()], by)


def _tidied(wish: Wish) -> Wish:
    return Wish(wish.person, tidy(wish.username).lower(), wish.role, wish.classes)


def _check(wishes: Sequence[Wish]) -> None:
    """Raises Refused with one sentence for each person whose line cannot be saved."""
    taken = {user.username for user in User.select(User.username)}
    problems = {}
    for wish in wishes:
        sentence = _trouble_with_person(wish.person)
        sentence = sentence or _trouble_with_name(wish, wishes, taken) or _trouble_with_role(wish)
        if sentence:
            problems[wish.person.id] = sentence
    if problems:
        raise Refused(problems)


def _trouble_with_person(person: Person) -> str:
    owner = User.get_or_none(User.staff_record == person)
    if owner is not None:
        return (
            f"{person.full_name} vừa được tạo tài khoản {owner.username} ở một máy khác; dòng này "
            "không cần lưu nữa. Hãy lưu lại các dòng khác."
        )
    if not tidy(person.full_name):
        return "Có dòng chưa có họ tên: ghi họ tên vào hồ sơ cán bộ trước, hoặc bỏ chọn dòng đó."
    return ""


def _trouble_with_name(wish: Wish, wishes: Sequence[Wish], taken: Iterable[str]) -> str:
    username = wish.username
    others = [
        other.person.full_name
        for other in wishes
        if other.person.id != wish.person.id and look_of(other.username) == look_of(username)
    ]
    if not _USERNAME.fullmatch(username) or len(username) > _LONGEST_NAME:
        return (
            f"Tên đăng nhập của {wish.person.full_name} chỉ gồm chữ thường không dấu, chữ số, dấu "
            "chấm hoặc gạch nối, viết liền, ví dụ lananh."
        )
    if others:
        names = " và ".join([wish.person.full_name, *others])
        return f"Tên đăng nhập {username} đang ghi cho {names}. Hãy sửa để mỗi người một tên."
    return accounts.trouble_with_free(username, taken)


def _trouble_with_role(wish: Wish) -> str:
    if wish.classes and wish.role != "teacher":
        return (
            f"{wish.person.full_name} được giao lớp thì vai trò phải là giáo viên. Hãy đổi vai trò "
            "hoặc bỏ lớp."
        )
    try:
        accounts.check_names(wish.username, wish.person.full_name, wish.role)
    except Problem as problem:
        return problem.message
    return ""


def _store(wish: Wish, hashed: str, by: User) -> User:
    user = accounts.store_user(
        wish.username,
        tidy(wish.person.full_name),
        wish.role,
        hashed,
        handed_out=True,
        by=by,
        staff_record=wish.person,
    )
    for school_class in wish.classes:
        teachers = [*homeroom.teachers_of(school_class), user]
        homeroom.assign_teachers(school_class, teachers, by=by)
    return user


def _link(people: Iterable[Person], by: User | None) -> list[User]:
    """Tie accounts to the records of the same name; who has none of that name by now is left out."""
    wanted = {person.id for person in people}
    linked = []
    for candidate in candidates():
        account = candidate.account
        if candidate.person.id not in wanted or account is None or candidate.is_linked:
            continue
        User.update(staff_record=candidate.person).where(User.id == account.id).execute()
        audit.record("account.linked", by=by, subject=f"user {account.id}", person=candidate.person)
        linked.append(account)
    return linked


def _taught_by_several(class_ids: Iterable[int]) -> list[SchoolClass]:
    held = homeroom.by_class()
    classes = SchoolClass.select().where(SchoolClass.id.in_(list(class_ids)))
    ordered = classes.order_by(*in_school_order())
    return [school_class for school_class in ordered if len(held.get(school_class.id, [])) > 1]
