"""Names that nobody can tell apart, and letters that nobody sees: of accounts, classes, schools and files."""

import unicodedata

import pytest

from idapp import accounts, classes, imports, school, school_facts, staff_accounts
from idapp.models import Import, Person, SchoolClass, User
from idapp.rules.folding import tidy
from idapp.rules.problem import Problem
from tests.cast import PASSWORD, Cast
from tests.test_imports import book, newcomer

CYRILLIC_A = "\u0430"
UNSEEN = (
    "\u202e",
    "\u2066",
    "\u200b",
    "\u200d",
    "\u00ad",
    "\u034f",
    "\ufe0f",
    "\u3164",
    "\x00",
    "\ufeff",
)


@pytest.mark.parametrize("letter", UNSEEN, ids=lambda c: f"U+{ord(c):04X}")
def test_what_nobody_sees_is_no_part_of_a_name(cast: Cast, letter: str) -> None:
    user = accounts.create_user(f"th{letter}u2", f"Võ{letter} Thị Thư", "clerk", PASSWORD, by=None)
    assert (user.username, user.full_name) == ("thu2", "Võ Thị Thư")
    with pytest.raises(Problem, match="đã có người dùng"):
        accounts.create_user(f"lan{letter}", "Lan khác", "teacher", PASSWORD, by=None)
    assert school_facts.name_of(f"Trường{letter} TH Mỹ An") == "Trường TH Mỹ An"
    assert school.add_class(f"5{letter}C", by=None).name == "5C"
    with pytest.raises(Problem, match="đã có lớp"):
        school.add_class(f"5{letter}A", by=None)


@pytest.mark.parametrize(
    ("username", "says"),
    [
        (f"l{CYRILLIC_A}n", f"“{CYRILLIC_A}” không phải chữ tiếng Việt, chỉ trông giống chữ “a”"),
        ("l\u0251n", "có “\u0251”"),  # Latin, and of no Vietnamese keyboard
        ("1an", "“1an” trông giống “lan” đã có, chỉ khác chữ “1”"),
        ("h0a", "“h0a” trông giống “hoa” đã có, chỉ khác chữ “0”"),
        ("gv中", "“中” không phải chữ tiếng Việt"),
        ("gv٥a", "“٥” không phải chữ tiếng Việt"),
        ("gv 5c", "viết liền"),
        ("gv5c<b>", "có “<”"),
        (".gv5c", "bắt đầu và kết thúc"),
        ("g" * 41, "dài quá 40 ký tự"),
    ],
)
def test_a_name_that_looks_like_another_is_refused(cast: Cast, username: str, says: str) -> None:
    with pytest.raises(Problem, match=says.replace(".", r"\.")):
        accounts.create_user(username, "Lan khác", "teacher", PASSWORD, by=cast.thu)
    assert User.select().count() == 5


def test_vietnamese_letters_may_stand_in_a_user_name(cast: Cast) -> None:
    decomposed = unicodedata.normalize("NFD", "đặng.thị-thủy2")
    user = accounts.create_user(decomposed, "Đặng Thị Thủy", "teacher", PASSWORD, by=cast.thu)
    assert user.username == "đặng.thị-thủy2"
    assert accounts.user_with_password("ĐẶNG.THỊ-THỦY2", PASSWORD) == user


def test_the_staff_list_refuses_look_alikes_too(cast: Cast) -> None:
    wish = staff_accounts.Wish(cast.giang, "1an", "teacher")
    with pytest.raises(staff_accounts.Refused) as refused:
        staff_accounts.save([wish], [], "key", by=cast.thu)
    assert "trông giống “lan”" in refused.value.problems[cast.giang.id]


def test_an_account_of_before_keeps_its_name_and_may_change_its_role(cast: Cast) -> None:
    User.update(username="cô lan!").where(User.id == cast.lan.id).execute()
    accounts.set_role(User.get_by_id(cast.lan.id), "clerk", by=cast.hoa)
    assert accounts.user_with_password("cô lan!", PASSWORD) is not None


def test_a_class_that_looks_like_another_is_not_made(cast: Cast) -> None:
    cyrillic = "5\u0410"
    with pytest.raises(Problem, match="chỉ trông giống chữ “A”"):
        school.add_class(cyrillic, by=cast.thu)
    with pytest.raises(classes.ClassesRefused):
        classes.save([], cyrillic, by=cast.thu)
    with pytest.raises(Problem, match="Tên trường có chữ"):
        school_facts.name_of(f"Trường TH T{CYRILLIC_A}n An")
    assert SchoolClass.select().count() == 2


@pytest.mark.usefixtures("few_places")
def test_a_file_that_means_5a_fills_5a(cast: Cast) -> None:
    rows = [newcomer(school_class="5\u0410")]
    upload = imports.read_bytes(book(rows), "5\u202exslx.A.xlsx", by=cast.thu)
    assert Import.get_by_id(upload.id).file_name == "5xslx.A.xlsx"
    imports.confirm(upload, by=cast.thu)
    assert Person.get(full_name="Bùi Thị Dung").school_class == cast.class_5a
    assert SchoolClass.select().count() == 2


def test_tidy_leaves_highland_letters_alone() -> None:
    """Their marks have no composed form, and are seen."""
    assert tidy("Y Bhi\u01a1\u0306") == "Y Bhi\u01a1\u0306"
