"""What the texts of a pasted block themselves give rise to ask: an old font, birth dates with day and month swapped."""

from collections.abc import Mapping, Sequence
from datetime import date

from idapp.models import Person
from idapp.people.aligning import LookFirst, Side
from idapp.people.bulk_edits import Texts
from idapp.people.clipboard import Block
from idapp.rosters.dates import is_swapped
from idapp.rosters.linkage import birth_key
from idapp.rules import birth_date, old_fonts
from idapp.rules.folding import tidy

CONVERT = "convert"
KEEP = "keep"
FONT_ANSWERS = (CONVERT, KEEP)
STORED = "stored"  # the birth dates that stand in the table stay where the pasted ones are swapped
_STOP: tuple[str, Mapping[str, str]] = ("Bỏ, không dán", {})


def in_unicode(block: Block, answer: str) -> Block:
    """The block with its columns in an old font in Unicode.

    answer  "" not asked yet, CONVERT, or KEEP: the texts as they came. Raises LookFirst where it was not asked.
    """
    if answer == KEEP:
        return block
    findings = {
        column: finding
        for column in range(block.width)
        if (finding := old_fonts.recognise(block.column(column)))
    }
    if findings and answer != CONVERT:
        raise _font_question(block, list(findings.values()), list(findings))
    for column, finding in findings.items():
        texts = block.column(column)
        block = block.with_column(
            column, [finding.texts.get(row, text) for row, text in enumerate(texts)]
        )
    return block


def without_swapped_dates(
    cells: Sequence[Texts], shown: Sequence[Person], answer: str, today: date
) -> list[Texts]:
    """The cells without birth dates that only swap day and month of the stored ones, where the user wants it so.

    answer  "" not asked yet; STORED: leave those dates out; anything else: write them. Raises LookFirst if not asked.
    """
    swapped = {
        person.id: texts["date_of_birth"]
        for person, texts in cells
        if _swaps(texts.get("date_of_birth", ""), person, today)
    }
    if swapped and not answer:
        raise _swap_question(swapped, shown)
    if answer != STORED:
        return list(cells)
    return [
        (person, _without_date(texts) if person.id in swapped else texts) for person, texts in cells
    ]


def _swaps(text: str, person: Person, today: date) -> bool:
    if not text.strip() or person.born is None:
        return False
    return is_swapped(birth_key(text, today), person.born)


def _without_date(texts: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in texts.items() if name != "date_of_birth"}


def _font_question(
    block: Block, findings: Sequence[old_fonts.Finding], columns: Sequence[int]
) -> LookFirst:
    fonts = dict.fromkeys(font for finding in findings for font in finding.fonts)
    sides = []
    for column, finding in zip(columns, findings, strict=True):
        texts = block.column(column)
        sides += [Side(row + 1, tidy(texts[row]), text) for row, text in finding.texts.items()]
    question = LookFirst(
        "Bảng dán dùng phông chữ cũ",
        f"Chữ trong bảng dán viết bằng {' và '.join(fonts)}, không phải Unicode. "
        f"Phần mềm đổi được {len(sides)} ô như dưới đây. Chưa ghi gì.",
        sides=sides,
        offers=[
            (f"Đổi {len(sides)} ô sang Unicode rồi dán", {"font": CONVERT}),
            ("Dán nguyên như vậy", {"font": KEEP}),
            _STOP,
        ],
    )
    question.ours = "Bảng dán ghi"
    question.theirs = "Đổi thành"
    return question


def _swap_question(swapped: Mapping[int, str], shown: Sequence[Person]) -> LookFirst:
    sides = [
        Side(row, f"{person.full_name}: {birth_date.show(person.born or '')}", tidy(text))
        for row, person in enumerate(shown, start=1)
        if (text := swapped.get(person.id))
    ]
    return LookFirst(
        "Ngày và tháng sinh đổi chỗ cho nhau?",
        f"{len(swapped)} ngày sinh trong bảng dán chỉ khác ngày đang có ở chỗ ngày và tháng đổi chỗ. Excel hay gây ra "
        "lỗi này. Hãy xem giấy khai sinh. Chưa ghi gì.",
        sides=sides,
        offers=[
            ("Giữ các ngày đang có, dán phần còn lại", {"dates": STORED}),
            ("Ghi theo bảng dán", {"dates": "day"}),
            _STOP,
        ],
    )
