"""One table for all ways in which a row of a list may come: each identifies the same person by the same marks.

What a way in does with the person is its own: an upload asks where a paste may take the only one, and a result file
takes no name without its birth date. Such differences stand in the table, so that no other can creep in.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from idapp import people
from idapp.models import Person
from idapp.people import clipboard, line_matching, newcomers
from idapp.people.aligning import PasteLayout
from idapp.people.newcomers import Arrival, Known
from idapp.people.pasting import Paste, paste
from idapp.registry import AskedPerson, Question, read_results
from idapp.rules.problem import Problem
from idapp.settings import Settings
from tests.cast import TODAY, Cast
from tests.test_imports import book, codes, judged
from tests.test_imports import read as upload_of
from tests.test_people_pasting import COLUMNS, table

HEADINGS = {
    "code": "Mã định danh Bộ GD&ĐT",
    "name": "Họ và tên",
    "birth": "Ngày sinh",
    "number": "Số định danh cá nhân",
}
FIELDS = {
    "code": "ministry_code",
    "name": "full_name",
    "birth": "date_of_birth",
    "number": "identity_number",
}
AN, CHI = "Nguyễn Thị An", "Lê Hoà Chi"
ADDRESS = "Ấp của dòng này"


@dataclass(frozen=True)
class Case:
    """A row, whose it is, and where a way in differs: ``asked``, ``several``, ``refused`` or somebody else."""

    row: Mapping[str, str]
    person: str
    paste: str = ""
    upload: str = ""
    result: str = ""
    newcomer: str = ""

    def expected(self, source: str) -> str:
        return str(getattr(self, source)) or self.person


NOBODY = "nobody"
CASES = [
    # the code, however it is written
    Case({"code": "1000000001", "name": AN}, "an"),
    Case({"code": "1000 000 001", "name": AN}, "an"),
    Case({"code": "1000.000.001", "name": AN}, "an"),
    Case({"code": "1000000001.0", "name": AN}, "an"),
    Case({"code": "1000000001", "name": "Nguyễn Thị Ánh", "birth": "20/03/2012"}, "an"),
    Case({"code": "1000000001", "name": AN, "birth": "21/03/2012"}, "an"),
    Case({"code": "1000000002", "name": AN, "birth": "20/03/2012"}, "refused", result="binh", newcomer="binh"),
    # what is no code or number says nothing
    Case({"code": "chưa có", "name": AN, "birth": "20/03/2012"}, "an", upload="an", newcomer="asked an"),
    Case({"number": "không có", "name": AN, "birth": "20/03/2012"}, "an", newcomer="asked an"),
    Case({"number": "123456789012", "name": "Võ Văn Lạ", "birth": "21/02/2012"}, NOBODY),
    # the number
    Case({"number": "100 312 000 001", "name": AN}, "an"),
    Case({"number": "100312000001.0", "name": AN}, "an"),
    Case({"number": "1312000003", "name": CHI}, "chi_2012"),
    Case({"number": "1312000003", "name": CHI, "birth": "2012"}, "chi_2012"),
    # name and birth date
    Case({"name": "NGUYỄN  THỊ AN", "birth": "20/3/2012"}, "an", newcomer="asked an"),
    Case({"name": AN, "birth": "2012-03-20"}, "an", newcomer="asked an"),
    Case({"name": AN, "birth": "2012"}, "an", newcomer="asked an"),
    Case({"name": AN, "birth": "31/02/2012"}, "an", result=NOBODY, newcomer=NOBODY),
    Case({"name": "LÊ HÒA CHI", "birth": "15/05/2011"}, "chi_2011", newcomer="asked chi_2011"),
    Case({"name": CHI, "birth": "2012"}, "chi_2012", newcomer="asked chi_2012"),
    Case({"name": "Nguyen Thi An", "birth": "20/03/2012"}, "an", upload="asked an", newcomer="asked an"),
    Case({"name": "Nguyen Thi An", "birth": "21/03/2012"}, NOBODY),
    Case({"name": AN, "birth": "21/03/2012"}, "an", upload="asked an", result=NOBODY, newcomer=NOBODY),
    # the name alone
    Case({"name": AN}, "an", result=NOBODY, newcomer="asked an"),
    Case({"name": "Nguyễn Thị Anh"}, NOBODY),
    Case({"name": CHI}, "several", result=NOBODY, newcomer="asked chi_2011"),
]  # fmt: skip


@dataclass(frozen=True)
class ClassList:
    """5A: An, Bình, and two of one name, of whom one has a number with zeros in front."""

    cast: Cast
    names: Mapping[int, str]

    def name(self, person: Person | None) -> str:
        return self.names[person.id] if person else NOBODY


@pytest.fixture
def roll(cast: Cast) -> ClassList:
    values = [
        {"full_name": CHI, "date_of_birth": "15/05/2011", "identity_number": ""},
        {"full_name": CHI, "date_of_birth": "16/06/2012", "identity_number": "001312000003"},
    ]
    added = people.add_many(
        [("student", cast.class_5a, one) for one in values], by=cast.thu, source="import"
    )
    known = {"an": cast.an, "binh": cast.binh, "chi_2011": added[0], "chi_2012": added[1]}
    return ClassList(cast, {person.id: name for name, person in known.items()})


def paste_finds(roll: ClassList, row: Mapping[str, str]) -> str:
    columns = [*row, "address"]
    heading = "\t".join(HEADINGS.get(name, "Tổ/Thôn/Xóm") for name in columns)
    line = "\t".join([*row.values(), ADDRESS])
    shown = table(roll.cast)
    wanted = Paste(
        "student", shown, shown, COLUMNS, (shown[-1].id, "address"), f"{heading}\n{line}",
        match="name", worse="all",
    )  # fmt: skip
    try:
        report = paste(wanted, by=roll.cast.lan)
    except Problem as problem:
        assert problem.code == "nothing"
        return _why_unmatched(roll, wanted)
    assert not report.unmatched
    return roll.name(Person.get(Person.address == ADDRESS))


def _why_unmatched(roll: ClassList, wanted: Paste) -> str:
    block = clipboard.read(wanted.text)
    assert block.headings is not None
    at = block.headings.index("full_name")
    layout = PasteLayout(block, tuple(block.headings), "name", at)
    [line] = line_matching.by_key(layout, wanted.everybody, date.fromisoformat(TODAY)).unmatched
    if "cùng tên" in line.why:
        return "several"
    return "refused" if "mã ở dòng này là của" in line.why else NOBODY


def upload_finds(roll: ClassList, row: Mapping[str, str]) -> str:
    heading = ["Lớp", *(HEADINGS[name] for name in row)]
    [found] = judged(upload_of([["5A", *row.values()]], roll.cast.thu, heading))
    if found.person is not None:
        return roll.name(found.person)
    if "ambiguous" in codes(found):
        return "several"
    if "other_person" in codes(found):
        return "refused"
    return "asked an" if "asked" in codes(found) and AN in str(found.problems) else NOBODY


def result_finds(roll: ClassList, row: Mapping[str, str]) -> str:
    asked = [
        AskedPerson(
            Question(p.id, f"R{p.id}", p.number or "", p.full_name, p.born or "", p.sex or ""),
            p.ministry_code,
        )
        for p in table(roll.cast)
    ]
    texts = [row.get(name, "") for name in HEADINGS]
    data = book([[*texts, "Không khớp"]], [*HEADINGS.values(), "Kết quả xác thực"])
    told = read_results(
        data, file_name="ket-qua.xlsx", people=asked, today=date.fromisoformat(TODAY)
    )
    items = [answer.item for answer in told.answers] + [odd.item for odd in told.odd]
    if told.odd and told.odd[0].reason == "several":
        return "several"
    return roll.names[items[0]] if items[0] else NOBODY


def newcomer_finds(roll: ClassList, row: Mapping[str, str]) -> str:
    values = {FIELDS[name]: text for name, text in row.items()}
    arrival = Arrival("student", roll.cast.class_5b, values)
    if "number" not in row and "code" not in row and "birth" not in row:
        arrival = replace(arrival, school_class=roll.cast.class_5a)
    try:
        newcomers.receive(arrival, move=None, by=roll.cast.thu)
    except Known as known:
        search = newcomers._SchoolSearch(arrival)
        person = search.same_code_or_number() or search.same_name()
        return ("asked " if known.may_insist else "") + roll.name(person)
    return NOBODY


SOURCES: Mapping[str, Callable[[ClassList, Mapping[str, str]], str]] = {
    "paste": paste_finds,
    "upload": upload_finds,
    "result": result_finds,
    "newcomer": newcomer_finds,
}


@pytest.mark.usefixtures("few_places")
@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("case", CASES, ids=lambda case: " ".join(case.row.values()))
def test_a_row_means_the_same_person_whichever_way_it_comes(
    roll: ClassList, case: Case, source: str
) -> None:
    assert SOURCES[source](roll, case.row) == case.expected(source)


# the order of the lines of a paste


_NAMES = ["Lê Hoà", "Le Hoà", "Lê Hoa", "le hoa", "Võ Ân", "Vo An", "Võ An", "Trần Bé"]


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(st.sampled_from(_NAMES[:5]), min_size=1, unique=True),
    st.lists(st.sampled_from(_NAMES), min_size=1, unique=True),
    st.randoms(use_true_random=False),
)
def test_the_order_of_the_lines_decides_nothing(
    database: Settings, roll: Sequence[str], lines: Sequence[str], chance: object
) -> None:
    everybody = [Person(id=at, full_name=name) for at, name in enumerate(roll)]
    shuffled = chance.sample(lines, len(lines))  # type: ignore[attr-defined]
    pairs = [_pairs(everybody, order) for order in (lines, shuffled)]
    assert pairs[0] == pairs[1]
    assert len(set(pairs[0].values())) == len(pairs[0]), "nobody has two lines"
    for name in set(roll) & set(lines):
        assert pairs[0][name] == name, "the very name wins"


def _pairs(everybody: Sequence[Person], lines: Sequence[str]) -> dict[str, str]:
    block = clipboard.Block([[name, "x"] for name in lines])
    layout = PasteLayout(block, ("", "address"), "name", 0)
    fit = line_matching.by_key(layout, everybody, date.fromisoformat(TODAY))
    assert len(fit.pairs) + len(fit.unmatched) == len(lines), "no line vanishes"
    return {lines[at]: person.full_name for at, person in fit.pairs}
