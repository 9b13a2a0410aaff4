"""Who may be one person: which pairs are found and which are not, told apart for good; numbers of before."""

import time
from dataclasses import dataclass

import pytest

from idapp import imports, people, privacy
from idapp.doubles import finding, pairs
from idapp.imports.matching import RecordMatcher
from idapp.models import Change, DistinctPair, FormerNumber, Person
from idapp.people import losses, searching, undoing
from idapp.people.aligning import ConfirmationRequired
from idapp.people.former_numbers import all_former_numbers, former_numbers_of
from idapp.permissions import people_of
from idapp.rosters.linkage import Identifiers
from idapp.rules.problem import Problem
from tests.cast import Cast, number_for, pupil
from tests.test_imports import book, newcomer

pytestmark = pytest.mark.usefixtures("few_places")
PARENTS = {"father_name": "Lê Văn Ba", "mother_name": "Trần Thị Tư"}


def add(cast: Cast, name: str, *, serial: int, kind: str = "student", **more: str) -> Person:
    born = more.pop("born", "20/03/2012")
    values = pupil(name, serial=serial, born=born, **more)
    in_class = cast.class_5b if kind == "student" else None
    return people.add(kind=kind, school_class=in_class, values=values, by=cast.thu)


def found() -> dict[tuple[int, int], tuple[str, ...]]:
    return {(pair.first, pair.second): pair.reasons for pair in finding.likely_doubles()}


@dataclass(frozen=True)
class Case:
    first: dict[str, str]
    second: dict[str, str]
    reasons: tuple[str, ...]


NUMBER = number_for(2012, "Nữ", 71)
CASES = {
    "one number": Case(
        {"full_name": "Lê Thị Đào", "identity_number": NUMBER},
        {"full_name": "Lê Thị Mai", "identity_number": NUMBER},
        ("number",),
    ),
    "one number in the rows of two people": Case(
        {"full_name": "Lê Thị Đào", "identity_number": NUMBER},
        {"full_name": "Lê Thị Mai", "identity_number": NUMBER, "date_of_birth": "01/02/2012"},
        ("number_alone",),
    ),
    "a number that lost its zeros": Case(
        {"full_name": "Lê Thị Đào", "identity_number": "001212000012"},
        {"full_name": "Lê Thị Mai", "identity_number": "1212000012"},
        ("number",),
    ),
    "one code": Case(
        {"full_name": "Lê Thị Đào", "ministry_code": "1000000077"},
        {"full_name": "Lê Thị Mai", "ministry_code": "1000000077", "date_of_birth": "01/02/2012"},
        ("code",),
    ),
    "name and birth date": Case(
        {"full_name": "Lê Thị Đào"}, {"full_name": "LÊ THỊ ĐÀO"}, ("name_and_birth",)
    ),
    "name without diacritics": Case(
        {"full_name": "Lê Thị Đào"}, {"full_name": "Le Thi Dao"}, ("folded_name_and_birth",)
    ),
    "day and month swapped": Case(
        {"full_name": "Lê Thị Đào", "date_of_birth": "05/06/2012"},
        {"full_name": "Lê Thị Đào", "date_of_birth": "06/05/2012"},
        ("name_and_swapped_birth",),
    ),
    "name and parents": Case(
        {"full_name": "Lê Thị Đào", **PARENTS},
        {"full_name": "Lê Thị Đào", "date_of_birth": "20/03/2011", **PARENTS},
        ("name_and_parents",),
    ),
    "a name written wrongly, or a twin": Case(
        {"full_name": "Lê Minh An", "identity_number": "", **PARENTS},
        {"full_name": "Lê Minh Anh", **PARENTS},
        ("twins",),
    ),
    "twins with two good numbers": Case(
        {"full_name": "Lê Minh An", **PARENTS}, {"full_name": "Lê Minh Anh", **PARENTS}, ()
    ),
    "a namesake of another day": Case(
        {"full_name": "Lê Thị Đào"}, {"full_name": "Lê Thị Đào", "date_of_birth": "21/03/2012"}, ()
    ),
    "silence on both sides": Case(
        {"full_name": "Lê Thị Đào", "identity_number": "", "date_of_birth": ""},
        {"full_name": "Lê Thị Đào", "identity_number": "", "date_of_birth": ""},
        (),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_pairs(name: str, cast: Cast) -> None:
    case = CASES[name]
    first = add(cast, "x", serial=71, **case.first)
    second = add(cast, "x", serial=72, **case.second)
    expected = {(first.id, second.id): case.reasons} if case.reasons else {}
    assert found() == expected


def test_pupils_staff_and_who_left_are_compared_strongest_first(cast: Cast) -> None:
    weak = add(cast, "Nguyen Thi An", serial=71)
    left = add(cast, "Lê Thị Chi", serial=72, ministry_code="1000000003")
    Person.update(active=False, state="Chuyển đi").where(Person.id == left.id).execute()
    strong = add(cast, "Ai Đó", serial=73, kind="staff", born="12/09/1980")
    people.change(
        strong, "identity_number", cast.giang.identity_number, seen=strong.identity_number, by=None
    )
    assert list(found()) == [
        (cast.giang.id, strong.id),
        (cast.chi.id, left.id),
        (cast.an.id, weak.id),
    ]


def test_whom_the_register_knows_under_two_numbers_are_two_people(cast: Cast) -> None:
    first, second = add(cast, "Lê Đào", serial=71), add(cast, "Lê Đào", serial=72)
    Person.update(status="verified").where(Person.id.in_([first.id, second.id])).execute()
    assert found() == {}


def test_told_apart_once_and_asked_again_when_that_is_taken_back(cast: Cast) -> None:
    first, second = add(cast, "Lê Đào", serial=71), add(cast, "Lê Đào", serial=72)
    assert list(found()) == [(first.id, second.id)]
    with pytest.raises(Problem, match="Chọn vì sao"):
        pairs.tell_apart(second, first, reason="", by=cast.thu)
    with pytest.raises(Problem, match="Ghi vì sao"):
        pairs.tell_apart(second, first, reason="other", by=cast.thu)
    pairs.tell_apart(second, first, reason="twins", by=cast.thu)
    assert found() == {}
    pairs.tell_apart(first, second, reason="namesake", note="hai xã", by=cast.hoa)
    pair = DistinctPair.get()  # changed, not a second one
    assert (pair.first_id, pair.reason, pair.note) == (first.id, "namesake", "hai xã")
    assert Change.select().where(Change.event == "person.different").count() == 4
    pairs.take_back(second, first, by=cast.thu)
    assert list(found()) == [(first.id, second.id)]


def test_a_text_copied_down_a_column_does_not_square_the_work(cast: Cast) -> None:
    newcomers = [("student", cast.class_5b, {"full_name": f"Em {serial}"}) for serial in range(600)]
    copied = people.add_many(newcomers, by=cast.thu, source="import")
    ids = [person.id for person in copied]
    Person.update(identity_number="100212000999").where(Person.id.in_(ids)).execute()
    started = time.process_time()
    assert len(found()) == 599  # each with the first
    assert time.process_time() - started < 1


# numbers of before


def renumber(person: Person, number: str, cast: Cast) -> None:
    fresh = Person.get_by_id(person.id)
    people.change(fresh, "identity_number", number, seen=fresh.identity_number, by=cast.lan)


def numbers_of(person: Person) -> list[str]:
    return [former.number for former in former_numbers_of(person)]


def test_a_good_number_replaced_by_a_good_one_is_remembered(cast: Cast) -> None:
    old = cast.an.identity_number
    renumber(cast.an, "khong co", cast)
    renumber(cast.an, old, cast)
    assert numbers_of(cast.an) == []  # what is no number was none
    renumber(cast.an, NUMBER, cast)
    assert numbers_of(cast.an) == [old]
    renumber(cast.an, old, cast)
    assert numbers_of(cast.an) == [NUMBER]  # the number of today is none of before


def test_an_old_card_of_nine_digits_is_remembered(cast: Cast) -> None:
    renumber(cast.giang, "241356780", cast)
    FormerNumber.delete().execute()
    renumber(cast.giang, number_for(1980, "Nam", 4), cast)
    assert numbers_of(cast.giang) == ["241356780"]


def test_what_is_undone_was_never_a_number(cast: Cast) -> None:
    renumber(cast.an, NUMBER, cast)
    table = people_of(cast.lan)
    undoing.undo(table, by=cast.lan)
    assert not FormerNumber.select().exists()
    undoing.redo(table, by=cast.lan)
    assert numbers_of(cast.an) == [number_for(2012, "Nữ", 1)]
    undoing.undo(table, by=cast.lan)
    assert not FormerNumber.select().exists()


def test_a_number_that_another_holds_now_finds_nobody_else(cast: Cast) -> None:
    old = cast.an.identity_number
    renumber(cast.an, NUMBER, cast)
    renumber(cast.binh, old, cast)  # it was Bình's all along
    assert all_former_numbers() == {}
    assert found() == {}


def test_an_older_list_finds_the_person_by_the_former_number(cast: Cast) -> None:
    old = cast.an.identity_number
    renumber(cast.an, NUMBER, cast)
    row = Identifiers(name="Nguyễn Thị An", numbers=(old,))
    assert RecordMatcher(cast.thu, "student").find(row) == cast.an
    other = Identifiers(name="Lê Văn Khác", numbers=(old,))
    assert RecordMatcher(cast.thu, "student").find(other) is None


def test_the_search_finds_the_person_by_the_former_number(cast: Cast) -> None:
    old = cast.an.identity_number
    renumber(cast.an, NUMBER, cast)
    assert list(searching.search(cast.lan, old[-6:]).people) == [cast.an]
    assert list(searching.search(cast.minh, old[-6:]).people) == []  # of another class


def test_an_older_list_never_puts_the_old_number_back_unasked(cast: Cast) -> None:
    old = cast.an.identity_number
    renumber(cast.an, NUMBER, cast)
    row = newcomer(full_name="Nguyễn Thị An", date_of_birth="20/03/2012", identity_number=old)
    [judged] = imports.read_bytes(book([row]), "cu.xlsx", by=cast.thu).rows
    assert judged.person_id == cast.an.id
    assert "identity_number" not in judged.seen
    assert "số cũ của người này" in str(judged.problems)

    fresh = Person.get_by_id(cast.an.id)
    edit = losses.BulkEdit(
        cells=[(fresh, {"identity_number": old})],
        seen={fresh.id: {"identity_number": NUMBER}},
        by=cast.lan,
        source="pasted",
        how="position",
        everybody=[fresh],
    )
    with pytest.raises(ConfirmationRequired) as question:
        losses.write_unless_worse(edit)
    assert "số cũ của người này" in question.value.sides[0].pasted
    assert Person.get_by_id(fresh.id).identity_number == NUMBER
    losses.write_unless_worse(edit, losses.ALL)  # the user knows better
    assert Person.get_by_id(fresh.id).identity_number == old


def test_a_former_number_of_one_makes_a_double_of_another(cast: Cast) -> None:
    old = cast.an.identity_number
    renumber(cast.an, NUMBER, cast)
    gone = add(cast, "Ng. T. An", serial=1)  # the old number, who left long ago
    Person.update(active=False, state="Chuyển đi").where(Person.id == gone.id).execute()
    assert found() == {(cast.an.id, gone.id): ("former_number",)}
    assert old == gone.identity_number


def test_all_that_is_kept_of_a_person_holds_the_former_numbers(cast: Cast) -> None:
    old = cast.an.identity_number
    renumber(cast.an, NUMBER, cast)
    kept = privacy.everything_about(cast.an)
    assert [row["number"] for row in kept["former_number"]] == [old]
