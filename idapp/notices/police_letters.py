"""The letter to the police of a commune: whose data the population database has wrong, and what the papers say.

Identity numbers stand in full in it: without them the police find nobody. So only the office makes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from idapp.documents import OfficialPaper, Table, Text, school_paper
from idapp.models import Campaign, Person, RegisterError
from idapp.notices import evidence
from idapp.notices.register_errors import TO_SEND
from idapp.rules import places
from idapp.rules.record import FIELD
from idapp.school import the_school

UNKNOWN = "unknown"  # the key of those whose commune nobody knows
_HEADINGS = (
    "STT",
    "Họ và tên",
    "Ngày sinh",
    "Giới tính",
    "Số định danh",
    "CSDL dân cư đang ghi",
    "Giấy tờ ghi, đề nghị sửa thành",
    "Giấy tờ kèm theo",
)
_WIDTHS = (7, 20, 12, 9, 16, 18, 20, 15)
_REGISTER = "Cơ sở dữ liệu quốc gia về dân cư"


@dataclass
class PoliceOffice:
    """The police of one commune, and the requests that go there. ``name`` "" where nobody knows which."""

    code: str
    name: str
    requests: list[RegisterError] = field(default_factory=list)

    @property
    def to_send(self) -> list[RegisterError]:
        """Those for the next letter."""
        return [request for request in self.requests if request.state in TO_SEND]

    @property
    def sent(self) -> list[RegisterError]:
        """Those for whose answer the school waits."""
        return [request for request in self.requests if request.state == "sent"]


def commune_of(request: RegisterError) -> str:
    """The code of the commune to whose police it goes; UNKNOWN if nobody knows."""
    return request.commune_code or request.person.commune_code or UNKNOWN


def offices_of(requests: Iterable[RegisterError], epoch: str) -> list[PoliceOffice]:
    """The requests by office: those nobody can address first, then by name."""
    offices: dict[str, PoliceOffice] = {}
    for request in requests:
        code = commune_of(request)
        office = offices.setdefault(code, PoliceOffice(code, office_name(code, epoch)))
        office.requests.append(request)
    return sorted(offices.values(), key=lambda office: office.name)


def office_name(code: str, epoch: str) -> str:
    """The police of a commune with the places above it; "" for UNKNOWN and for a code of no list.

    >>> office_name("28036", "3level"), office_name("28036", "2level")
    ('Công an thị trấn Thủ Thừa, huyện Thủ Thừa, tỉnh Long An', 'Công an xã Thủ Thừa, tỉnh Tây Ninh')
    """
    commune = places.by_code(epoch, code) or _of_other_epoch(epoch, code)
    if commune is None:
        return ""
    names = [commune.name]
    above = places.by_code(epoch, commune.parent)
    while above is not None:
        names.append(above.name)
        above = places.by_code(epoch, above.parent)
    return "Công an " + ", ".join(name[:1].lower() + name[1:] for name in names)


def _of_other_epoch(epoch: str, code: str) -> places.Place | None:
    """A code that was chosen before the campaign changed its places."""
    other = next(each for each in places.EPOCHS if each != epoch)
    return places.by_code(other, code)


def letter(
    office: PoliceOffice, requests: Sequence[RegisterError], campaign: Campaign, *, day: date
) -> OfficialPaper:
    """What the school writes about these people, on this day."""
    count = len(requests)
    reason = (
        f"Thực hiện {_order_of(campaign)}, {the_school().name} đã đối chiếu thông tin học sinh, "
        f"cán bộ, giáo viên, nhân viên với {_REGISTER}. Qua đối chiếu, {count} trường hợp dưới đây "
        f"có thông tin trong {_REGISTER} khác với giấy tờ của gia đình, trong khi giấy tờ ấy ghi "
        "đúng như hồ sơ của nhà trường."
    )
    ask = (
        f"Nhà trường kính đề nghị {office.name} kiểm tra, điều chỉnh thông tin trong {_REGISTER} "
        "và thông báo kết quả (đã điều chỉnh; không điều chỉnh và lý do; hoặc giấy tờ cần thêm) để "
        "nhà trường xác thực lại."
    )
    words = evidence.words_of(campaign.epoch)
    rows = [_row(number, request, words) for number, request in enumerate(requests, start=1)]
    return school_paper(
        "",
        f"đề nghị điều chỉnh thông tin trong {_REGISTER}",
        [
            Text(reason),
            Table(_HEADINGS, rows, _WIDTHS),
            Text(ask),
            Text("Gửi kèm bản chụp giấy tờ của từng trường hợp. Trân trọng./."),
        ],
        day=day,
        to=[office.name],
        recipients=["- Như trên;", "- Lưu: VT."],
        landscape=True,
    )


def _order_of(campaign: Campaign) -> str:
    """The letter that the school carries out, else the name of the campaign in quotation marks."""
    if campaign.letter.lower().startswith("công văn"):
        return campaign.letter
    if campaign.letter:
        return f"Công văn số {campaign.letter}"
    return f"yêu cầu “{campaign.title}”"


def _row(number: int, request: RegisterError, words: dict[str, str]) -> list[str | int]:
    person = request.person
    ours = []
    theirs = []
    for name, (of_school, of_register) in request.fields.items():
        label = FIELD[name].label
        ours.append(f"{label}: {of_school or 'trống'}")
        theirs.append(f"{label}: {of_register or 'không rõ'}")
    return [
        number,
        _name_and_class(person),
        person.date_of_birth,
        person.gender,
        person.identity_number,
        "; ".join(theirs),
        "; ".join(ours),
        words.get(request.evidence, request.evidence),
    ]


def _name_and_class(person: Person) -> str:
    if person.school_class is None:
        return person.full_name
    return f"{person.full_name} (lớp {person.school_class.name})"
