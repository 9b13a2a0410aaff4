"""Texts of a pasted block in an old font: shown in Unicode beside what was pasted, and converted if the user wants."""

from collections.abc import Sequence

from idapp.people.aligning import STOP, ConfirmationRequired, RowComparison
from idapp.rules import old_fonts
from idapp.rules.folding import tidy

CONVERT = "convert"
KEEP = "keep"
ANSWERS = (CONVERT, KEEP)


def in_unicode(rows: list[list[str]], answer: str) -> list[list[str]]:
    """The rectangle with its texts in an old font in Unicode, headings too.

    answer  "" not asked yet, CONVERT, or KEEP: the texts as they came

    Raises ``ConfirmationRequired`` if there are such texts and the user was not asked.
    """
    if answer == KEEP:
        return rows
    findings = [old_fonts.recognise(texts) for texts in zip(*rows, strict=True)]
    if not any(findings):
        return rows
    if answer != CONVERT:
        question = _font_question(rows, findings)
        raise question
    converted = []
    for line, row in enumerate(rows):
        cells = zip(row, findings, strict=True)
        converted.append([_converted(text, line, finding) for text, finding in cells])
    return converted


def _converted(text: str, line: int, finding: old_fonts.Finding | None) -> str:
    if finding is None:
        return text
    return finding.texts.get(line, text)


def _font_question(
    rows: Sequence[Sequence[str]], findings: Sequence[old_fonts.Finding | None]
) -> ConfirmationRequired:
    fonts: dict[str, None] = {}
    sides: list[RowComparison] = []
    for column, finding in enumerate(findings):
        if finding is None:
            continue
        fonts |= dict.fromkeys(finding.fonts)
        for line, text in finding.texts.items():
            sides.append(RowComparison(line + 1, tidy(rows[line][column]), text))
    question = ConfirmationRequired(
        f"Đổi {len(sides)} ô sang Unicode?",
        f"Chữ trong bảng dán viết bằng {' và '.join(fonts)}, không phải Unicode. "
        "Hãy xem chữ đã đổi có đọc được không. Chưa lưu gì.",
        sides=sides,
        offers=[
            (f"Đổi {len(sides)} ô sang Unicode rồi dán", {"font": CONVERT}),
            ("Dán nguyên như vậy", {"font": KEEP}),
            STOP,
        ],
    )
    question.ours = "Bảng dán ghi"
    question.theirs = "Đổi thành"
    return question
