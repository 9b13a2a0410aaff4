"""Good values that a paste, a fill or a drag would replace by worse ones: asked about before anything stays written.

Worse is a value with an error or out of its catalogue, a name that reads like a line of a message or of a page, a
name that lost its marks, a bare year in place of a birth date; and any other identity value of a record that the
register has confirmed, which would then have to be verified again. A value that is wrong already may be replaced by
anything, and an empty cell takes what comes, with its error mark.

The edit is made first and weighed afterwards, in a transaction that is taken back: only so two numbers that change
places are no loss, and a number that somebody else holds is one.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from idapp.database import db, writing
from idapp.models import Person, User
from idapp.people.aligning import ConfirmationRequired, Offer, RowComparison
from idapp.people.bulk_edits import Report, Seen, Texts, write
from idapp.people.field_words import in_sentence
from idapp.people.former_numbers import were_numbers_of
from idapp.rules import record
from idapp.rules.folding import fold, tidy

LINES = "lines"  # only the lines that make nothing worse
EMPTY = "empty"  # only into empty cells
ALL = "all"  # everything, as it came
ANSWERS = (LINES, EMPTY, ALL)
_OUT_OF_CATALOGUE = {"unknown_ethnic_group", "unknown_nationality", "unknown_position"}
_ODD_NAME = {"single_word", "many_words", "name_case"}
_FAULTS = {
    "not_12_digits": "không phải 12 chữ số",
    "cmnd": "số CMND cũ",
    "fake_number": "số điền tạm",
    "not_digits": "không phải số định danh",
    "duplicate": "trùng số của người khác",
    "old_font": "phông chữ cũ",
    "not_a_date": "không phải ngày",
    "impossible_date": "không có ngày này",
    "month_only": "thiếu ngày",
    "unknown_place": "không có trong danh mục",
    "ambiguous_place": "có nhiều nơi cùng tên",
    "choose_place": "cần chọn nơi hiện nay",
    "not_within": "không thuộc tỉnh, huyện đang ghi",
}
# what the register compares; whose nationality is foreign cannot be asked about at all
_COMPARED = {field.name for field in record.FIELDS if field.identity} | {"nationality"}
_SHOWN = 100  # characters of a pasted text


@dataclass(frozen=True)
class Loss:
    """A good value that would give way. why: "" for a value without fault over one that is verified."""

    person: Person
    field: str
    text: str
    why: str
    verified: bool


@dataclass(frozen=True)
class BulkEdit:
    """What is to be written where.

    everybody   all records of the table, as it numbers them
    verb        dán or điền
    free_names  nothing says whose lines these are: another name over a good one is a loss
    handed      what came in for texts that are converted already
    """

    cells: Sequence[Texts]
    seen: Seen
    by: User
    source: str
    how: str
    everybody: Sequence[Person]
    verb: str = "dán"
    free_names: bool = False
    handed: Seen = field(default_factory=dict)


class _Worse(Exception):
    """Takes the transaction back."""

    def __init__(self, losses: list[Loss], report: Report) -> None:
        super().__init__()
        self.losses = losses
        self.report = report


def write_unless_worse(bulk_edit: BulkEdit, answer: str = "") -> Report:
    """Write the texts, unless good values would be lost.

    answer  "" not asked yet, or one of ANSWERS

    Raises ``ConfirmationRequired`` if values would be lost and the user has not been asked.
    """
    if answer == ALL:
        return _write(bulk_edit, bulk_edit.cells)
    if answer == EMPTY:
        return _fill_empty_cells(bulk_edit)
    cells = list(bulk_edit.cells)
    left_out: dict[int, Person] = {}
    while True:
        try:
            report = _try(bulk_edit, cells)
        except _Worse as worse:
            if answer != LINES:
                question = _question(bulk_edit, worse.losses, worse.report)
                raise question from None
            for loss in worse.losses:
                left_out[loss.person.id] = loss.person
            # tried again: without those lines another number may be somebody else's
            cells = [(person, texts) for person, texts in cells if person.id not in left_out]
            continue
        report.left_out = list(left_out.values())
        return report


def losses_of(report: Report, before: Mapping[int, Person], *, free_names: bool) -> list[Loss]:
    """The good values that were lost. before: the records as they stood."""
    losses = []
    old_numbers = _back_to_former(report)
    for change in report.replaced:
        old = before[change.person.id]
        unverified = old.status == "verified" and change.person.status != "verified"
        why = _why_worse(change.field, old, change.person, free_names=free_names)
        is_number = change.field == "identity_number"
        if is_number and change.person.id in old_numbers and not _fault(old, change.field):
            why = why or "số cũ của người này"
        if why or (unverified and change.field in _COMPARED):
            losses.append(Loss(old, change.field, change.typed, why, unverified))
    return losses


def _back_to_former(report: Report) -> set[int]:
    """The records that got a number again which another one had replaced: an older list."""
    texts = {}
    for change in report.replaced:
        if change.field == "identity_number":
            texts[change.person.id] = change.stored
    return were_numbers_of(texts) if texts else set()


# --- writing ---


def _write(bulk_edit: BulkEdit, cells: Iterable[Texts]) -> Report:
    return write(
        cells,
        bulk_edit.seen,
        by=bulk_edit.by,
        source=bulk_edit.source,
        how=bulk_edit.how,
        handed=bulk_edit.handed,
    )


def _try(bulk_edit: BulkEdit, cells: Sequence[Texts]) -> Report:
    """Raises _Worse, with nothing written."""
    before = {person.id: person for person, _ in cells}
    # the inner block is a savepoint: what it wrote goes back when it raises
    with writing(), db.atomic():
        report = _write(bulk_edit, cells)
        losses = losses_of(report, before, free_names=bulk_edit.free_names)
        if losses:
            raise _Worse(losses, report)
    return report


def _fill_empty_cells(bulk_edit: BulkEdit) -> Report:
    """Into the cells that are empty, now and when the user looked; somebody else's newer text is a conflict."""
    cells: list[Texts] = []
    for person, texts in bulk_edit.cells:
        free = {name: text for name, text in texts.items() if not getattr(person, name)}
        if free:
            cells.append((person, free))
    # as if the user had seen them empty: a newer text of somebody else is a conflict then
    seen = {person.id: dict.fromkeys(texts, "") for person, texts in cells}
    return write(
        cells,
        seen,
        by=bulk_edit.by,
        source=bulk_edit.source,
        how=bulk_edit.how,
        handed=bulk_edit.handed,
    )


# --- what is worse ---


def _why_worse(field: str, old: Person, new: Person, *, free_names: bool) -> str:
    """In a few words, why the new value of a field is worse than the old one; "" if it is not."""
    if _fault(old, field):
        return ""
    fault = _fault(new, field)
    if fault:
        return fault
    if field == "date_of_birth" and _has(new, field, {"year_only"}):
        was_year_only = _has(old, field, {"year_only"})
        return "" if was_year_only else "chỉ còn năm sinh"
    if field == "full_name":
        return _why_worse_name(old, new, free_names=free_names)
    return ""


def _fault(person: Person, field: str) -> str:
    for problem in person.problems:
        if problem["field"] != field:
            continue
        if problem["level"] == "error":
            return _FAULTS.get(problem["code"], "có lỗi")
        if problem["code"] in _OUT_OF_CATALOGUE:
            return "ngoài danh mục"
        if problem["code"] == "ministry_code":
            return "không phải mã của Bộ"
    return ""


def _has(person: Person, field: str, codes: set[str]) -> bool:
    return any(p["field"] == field and p["code"] in codes for p in person.problems)


def _why_worse_name(old: Person, new: Person, *, free_names: bool) -> str:
    same_letters = fold(new.full_name) == fold(old.full_name)
    if same_letters and new.full_name.isascii() and not old.full_name.isascii():
        return "mất dấu"
    if _oddities(new) - _oddities(old):
        return "viết khác lạ" if same_letters else "không đúng dạng họ tên"
    if free_names and not same_letters:
        return "tên khác"
    return ""


def _oddities(person: Person) -> set[str]:
    """What is odd about a name, in codes."""
    codes = {problem["code"] for problem in person.problems if problem["field"] == "full_name"}
    oddities = codes & _ODD_NAME
    if _reads_like_a_line(person.full_name):
        oddities.add("line")
    return oddities


def _reads_like_a_line(name: str) -> bool:
    """Some words begin small and others do not: "Dạ em gửi cô ạ".

    >>> _reads_like_a_line("Dạ em gửi cô ạ"), _reads_like_a_line("Y Bhiu"), _reads_like_a_line("H'Hen Niê")
    (True, False, False)
    """
    words = tidy(name).split()
    small = [word for word in words if word[0].islower()]
    return 0 < len(small) < len(words)


# --- the question ---


def _question(bulk_edit: BulkEdit, losses: list[Loss], report: Report) -> ConfirmationRequired:
    place_of = {person.id: place for place, person in enumerate(bulk_edit.everybody, start=1)}
    question = ConfirmationRequired(
        f"{bulk_edit.verb.capitalize()} đè lên {len(losses)} ô đang đúng?",
        _sentence(losses),
        sides=[_side(loss, place_of) for loss in losses],
        offers=_offers(bulk_edit, losses, report),
    )
    question.each = "ô"  # a line may lose several
    return question


def _sentence(losses: list[Loss]) -> str:
    parts = []
    worse = [loss for loss in losses if loss.why]
    if worse:
        counts = Counter(loss.field for loss in worse)
        counted = [f"{count} {in_sentence(name)}" for name, count in counts.items()]
        parts.append(f"Nội dung mới kém hơn nội dung đang có: {', '.join(counted)}.")
    unverified = {loss.person.id for loss in losses if loss.verified}
    if unverified:  # a record may lose several cells
        parts.append(f"{len(unverified)} hồ sơ đã xác thực sẽ phải xác thực lại.")
    parts.append("Hãy so hai bên rồi chọn. Chưa lưu gì.")
    return " ".join(parts)


def _side(loss: Loss, place_of: Mapping[int, int]) -> RowComparison:
    old = getattr(loss.person, loss.field)
    ours = f"{loss.person.full_name}: {old}"
    if loss.field == "full_name":
        ours = old
    if loss.verified:
        ours += " (đã xác thực)"
    pasted = tidy(loss.text)
    if len(pasted) > _SHOWN:
        pasted = pasted[:_SHOWN] + "…"
    if loss.why:
        pasted += f" ({loss.why})"
    return RowComparison(place_of.get(loss.person.id, 0), ours, pasted)


def _offers(bulk_edit: BulkEdit, losses: list[Loss], report: Report) -> list[Offer]:
    lost = {loss.person.id for loss in losses}
    good = {saved.person.id for saved in report.saved if saved.changed} - lost
    empty = report.written - len(report.replaced)
    offers: list[Offer] = []
    if good:
        offers.append((f"Chỉ {bulk_edit.verb} {len(good)} dòng tốt", {"worse": LINES}))
    if empty:
        offers.append((f"Chỉ điền vào {empty} ô trống", {"worse": EMPTY}))
    offers.append((f"Bỏ, không {bulk_edit.verb}", {}))
    offers.append((f"Vẫn {bulk_edit.verb} tất cả", {"worse": ALL}))
    return offers
