"""Two columns of one field ("Số CCCD" beside "Số định danh cá nhân"): do they say the same?

Where one is silent the other speaks, and what is only written otherwise is the same. Where they say different things on
some line, nobody can tell which column counts, so somebody is asked: the first filled cell is never just taken. An old
card's number of nine digits beside one of twelve is no contradiction: people have both, and the longer one is meant.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from idapp.rosters.linkage import Identifiers, birth_key, code_key, compare_births, number_key
from idapp.rules import places
from idapp.rules.folding import fold, tidy, tone_key
from idapp.workbook.cells import EMPTY, Cell

Row = Sequence[Cell]
_NUMBER, _OLD_CARD = 12, 9  # digits
_OF_NO_CONSEQUENCE = frozenset({"school_code", "version"})  # nothing of a record is read from them
_CLASS_WORDS = ("lop", "nhom")
_NOTHING = frozenset(
    {"", "-", "0", "36"}
)  # what systems and formulas write where they have nothing


def first_filled(name: str, cells: Row, columns: Iterable[int]) -> tuple[Cell, tuple[Cell, ...]]:
    """Of several columns of the field ``name`` the first filled cell, and those that are written otherwise."""
    filled = [cells[c] for c in columns if c < len(cells) and cells[c].text.strip()]
    filled = [cell for cell in filled if not _says_nothing(name, cell.text)] or filled[:1]
    if not filled:
        return EMPTY, ()
    chosen = filled[0]
    if name == "identity_number" and len(filled) > 1:
        chosen = _rather_than_old_card(filled)
    return chosen, tuple(cell for cell in filled if _bare(cell) != _bare(chosen))


def says_another(name: str, one: str, other: str) -> bool:
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
    if _says_nothing(name, one) or _says_nothing(name, other):
        return False
    if "".join(one.split()) == "".join(other.split()):
        return False
    if name == "identity_number":
        return _are_other_numbers(number_key(one), number_key(other))
    if name == "date_of_birth":
        return _are_other_births(one, other)
    if name in places.LEVELS:
        return not places.is_same_name(name, one, other)
    return _key(name, one) != _key(name, other)


def contradicting_fields(
    fields: Mapping[str, Sequence[int]], rows: Sequence[Row]
) -> dict[str, tuple[int, ...]]:
    """Of ``fields``, {field: its columns}, those whose columns say different things on some line."""
    return {
        name: tuple(columns)
        for name, columns in fields.items()
        if name not in _OF_NO_CONSEQUENCE and contradicting_rows(name, columns, rows, most=1)
    }


def contradicting_rows(
    name: str, columns: Sequence[int], rows: Sequence[Row], most: int | None = None
) -> list[int]:
    """The indices of the rows in which the columns of a field say different things; no more than ``most`` of them."""
    found: list[int] = []
    if len(columns) < 2:
        return found
    for index, row in enumerate(rows):
        chosen, others = first_filled(name, row, columns)
        if any(says_another(name, chosen.text, other.text) for other in others):
            found.append(index)
        if len(found) == most:
            break
    return found


def _says_nothing(name: str, text: str) -> bool:
    """Only an address can really be "36"."""
    bare = text.strip()
    return not bare or (bare in _NOTHING and name != "address")


def _rather_than_old_card(filled: Sequence[Cell]) -> Cell:
    """The first of these numbers, or the first of twelve digits beside an old card's."""
    first = filled[0]
    if len(number_key(first.text)) != _OLD_CARD:
        return first
    return next((c for c in filled if len(number_key(c.text)) == _NUMBER), first)


def _are_other_numbers(one: str, other: str) -> bool:
    lengths = {len(one), len(other)}
    are_both_cards = one.isdigit() and other.isdigit() and lengths == {_NUMBER, _OLD_CARD}
    # a text that is no number has no key, and says something else than a number
    return not are_both_cards and (one != other or not one)


def _are_other_births(one: str, other: str) -> bool:
    """However they are written; a year agrees with every day in it."""
    births = [Identifiers(birth=birth_key(text, date.max)) for text in (one, other)]
    verdict = compare_births(*births)
    return verdict == "differ" or (verdict == "silent" and fold(one) != fold(other))


def _key(name: str, text: str) -> str:
    if name == "ministry_code":
        return code_key(text) or fold(text)
    if name != "school_class":
        return tone_key(text)
    key = fold(text)
    for word in _CLASS_WORDS:
        key = key.removeprefix(f"{word} ")
    return "".join(c for c in key if c.isalnum())


def _bare(cell: Cell) -> str:
    return "".join(tidy(cell.text).split())
