"""Two columns of one field ("Số CCCD" beside "Số định danh cá nhân"): do they say the same?

Where one is silent the other speaks, and what is only written otherwise is the same. Where they say different things on
some line, nobody can tell which column counts, so somebody is asked: the first filled cell is never just taken. An old
card's number of nine digits beside one of twelve is no contradiction: people have both, and the longer one is meant.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from idapp.rosters.linkage import Identifiers, birth_key, code_key, compare_births, number_key
from idapp.rosters.row_cells import Cells, ColumnsOf, Row, Rows, cell_at
from idapp.rules import places
from idapp.rules.folding import fold, tidy, tone_key
from idapp.workbook.cells import EMPTY, Cell

_NUMBER = 12  # digits
_OLD_CARD = 9
_OF_NO_CONSEQUENCE = frozenset({"school_code", "version"})  # nothing of a record is read from them
_CLASS_WORDS = ("lop", "nhom")
# what systems and formulas write where they have nothing
_NOTHING = frozenset({"", "-", "0", "36"})


def first_filled(name: str, cells: Row, columns: Iterable[int]) -> tuple[Cell, Cells]:
    """Of several columns of the field ``name`` the first filled cell, and those that are written otherwise.

    Of numbers one of twelve digits comes before an old card's. An empty cell and () where all are empty.
    """
    filled = _filled(name, cells, columns)
    if not filled:
        return EMPTY, ()
    chosen = filled[0]
    if len(filled) == 1:
        return chosen, ()
    if name == "identity_number":
        chosen = _rather_than_old_card(filled)
    bare = _bare(chosen)
    return chosen, tuple(cell for cell in filled if _bare(cell) != bare)


def _filled(name: str, cells: Row, columns: Iterable[int]) -> list[Cell]:
    """The cells that say something; failing that the first that holds anything at all, as "-" or "0"."""
    filled: list[Cell] = []
    placeholders: list[Cell] = []
    for column in columns:
        cell = cell_at(cells, column)
        if not _says_nothing(name, cell.text):
            filled.append(cell)
        elif cell.text.strip():
            placeholders.append(cell)
    return filled or placeholders[:1]


def says_another(name: str, text: str, other: str) -> bool:
    """Do two texts of the field ``name`` mean different things? Silence means nothing.

    >>> says_another("identity_number", "80212000012", "080 212 000 012"), says_another("gender", "Nữ", "")
    (False, False)
    >>> says_another("identity_number", "024135678", "080212000012")
    False
    >>> says_another("date_of_birth", "3/4/2016", "2016-04-03"), says_another("date_of_birth", "2016", "3/4/2016")
    (False, False)
    >>> says_another("school_class", "Lớp 5A", "5a"), says_another("school_class", "5A", "K5-01")
    (False, True)
    """
    if _says_nothing(name, text) or _says_nothing(name, other):
        return False
    if _without_spaces(text) == _without_spaces(other):
        return False
    if name == "identity_number":
        return _are_other_numbers(number_key(text), number_key(other))
    if name == "date_of_birth":
        return _are_other_births(text, other)
    if name in places.LEVELS:
        return not places.is_same_name(name, text, other)
    return _key(name, text) != _key(name, other)


def contradicting_fields(fields: Mapping[str, Sequence[int]], rows: Rows) -> ColumnsOf:
    """Of ``fields``, {field: its columns}, those whose columns say different things on some line."""
    contradicting: ColumnsOf = {}
    for name, columns in fields.items():
        if name in _OF_NO_CONSEQUENCE:
            continue
        if contradicting_rows(name, columns, rows, most=1):
            contradicting[name] = tuple(columns)
    return contradicting


def contradicting_rows(
    name: str, columns: Sequence[int], rows: Rows, most: int | None = None
) -> list[int]:
    """The indices of the rows in which the columns of a field say different things; no more than ``most`` of them."""
    contradicting: list[int] = []
    if len(columns) < 2:
        return contradicting
    for index, row in enumerate(rows):
        chosen, others = first_filled(name, row, columns)
        if any(says_another(name, chosen.text, other.text) for other in others):
            contradicting.append(index)
        if len(contradicting) == most:
            break
    return contradicting


def _says_nothing(name: str, text: str) -> bool:
    """Is a cell empty, or does it hold what systems write where they have nothing?

    >>> _says_nothing("gender", "36"), _says_nothing("address", "36"), _says_nothing("address", " ")
    (True, False, True)
    """
    bare = text.strip()
    if name == "address":  # only an address can really be "36"
        return not bare
    return bare in _NOTHING


def _rather_than_old_card(filled: Sequence[Cell]) -> Cell:
    """The first of these numbers, or the first of twelve digits beside an old card's."""
    first = filled[0]
    if len(number_key(first.text)) != _OLD_CARD:
        return first
    for cell in filled:
        if len(number_key(cell.text)) == _NUMBER:
            return cell
    return first


def _are_other_numbers(key: str, other: str) -> bool:
    """Of two keys of numbers: a card of twelve digits and an old one of nine are both the person's.

    >>> _are_other_numbers("080212000012", "024135678"), _are_other_numbers("080212000012", "080212000013")
    (False, True)
    """
    are_digits = key.isdigit() and other.isdigit()
    if are_digits and {len(key), len(other)} == {_NUMBER, _OLD_CARD}:
        return False
    # a text that is no number has no key, and says something else than a number
    return key != other or not key


def _are_other_births(text: str, other: str) -> bool:
    """However they are written; a year agrees with every day in it."""
    birth = Identifiers(birth=birth_key(text, date.max))
    other_birth = Identifiers(birth=birth_key(other, date.max))
    verdict = compare_births(birth, other_birth)
    if verdict == "silent":
        return fold(text) != fold(other)
    return verdict == "differ"


def _key(name: str, text: str) -> str:
    """A text of a field for comparing.

    >>> _key("school_class", "Lớp 5A") == _key("school_class", "5a"), _key("ministry_code", "1000000001.0")
    (True, '1000000001')
    """
    if name == "ministry_code":
        return code_key(text) or fold(text)
    if name != "school_class":
        return tone_key(text)
    key = fold(text)
    for word in _CLASS_WORDS:
        key = key.removeprefix(f"{word} ")
    return "".join(c for c in key if c.isalnum())


def _bare(cell: Cell) -> str:
    return _without_spaces(tidy(cell.text))


def _without_spaces(text: str) -> str:
    """
    >>> _without_spaces("080 212"), _without_spaces(" ")
    ('080212', '')
    """
    return "".join(text.split())
