"""The list of explanations as an official paper: why these records cannot be verified now, for the managing office.

No identity number is in it, also not where somebody wrote one into a note.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from idapp.documents import OfficialPaper, Table, Text, office_addressed, school_paper
from idapp.models import Campaign, Explanation, User
from idapp.notices.explanations import REASON_WORDS, STATE_WORDS, listed
from idapp.rules import identity_number

_HEADINGS = ("STT", "Lớp", "Họ và tên", "Ngày sinh", "Lý do", "Ghi chú, minh chứng", "Tình trạng")
_WIDTHS = (6, 9, 22, 12, 20, 25, 14)
Cells = list[str | int]


def explanations_paper(campaign: Campaign, *, by: User, state: str, day: date) -> OfficialPaper:
    """Those in this state within the user's scope; "" all open ones."""
    rows = [_row(number, each) for number, each in enumerate(listed(by, state), start=1)]
    return school_paper(
        "DANH SÁCH",
        "Hồ sơ chưa xác thực được, có giải trình",
        [Text(_about(campaign, rows)), Table(_HEADINGS, rows, _WIDTHS)],
        day=day,
        to=[office_addressed()],
        recipients=["- Như trên;", "- Lưu: VT."],
        landscape=True,
    )


def _about(campaign: Campaign, rows: Sequence[Cells]) -> str:
    letter = f" ({campaign.letter})" if campaign.letter else ""
    return f"{campaign.title}{letter}. Có {len(rows)} hồ sơ giải trình."


def _row(number: int, explanation: Explanation) -> Cells:
    person = explanation.person
    class_name = "Cán bộ"
    if person.school_class is not None:
        class_name = person.school_class.name
    texts = (explanation.note, explanation.evidence)
    return [
        number,
        class_name,
        person.full_name,
        person.date_of_birth,
        REASON_WORDS.get(explanation.reason, explanation.reason),
        identity_number.mask_within("; ".join(text for text in texts if text)),
        STATE_WORDS[explanation.state],
    ]
