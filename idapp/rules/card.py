"""The text in the QR code of a citizen card (*thẻ căn cước công dân*, since 07/2024 *thẻ căn cước*).

::

    100212000012|100000001|Nguyễn Thị An|20032012|Nữ|Ấp 3, Mỹ An, Thủ Thừa, Long An|10072021
    number       |old CMND |full name    |ddmmyyyy|sex|permanent residence             |issued on

Sources. *Which facts* the code holds is law: number, old 9-digit number, name, birth date, sex, residence, issue date
(Circular 06/2021/TT-BCA on the card's form; press of 04/2021 and 12/2022 agree); the card of 2024 (Circular
16/2024/TT-BCA, a draft of which spoke of parents' and householder's names and of cancelled numbers). *How they are
written* is published nowhere; it is known only from readers that people wrote, and these disagree:

- nearly all: seven fields with ``|``, dates as ddmmyyyy, the second field empty for who never had a CMND; some drop the
  second field instead, some end after the residence;
- residence as "Thôn Dẫn Tự, Tân Phú, Vĩnh Tường, Vĩnh Phúc", without the words xã, huyện, tỉnh; some show them with;
- cards of 2024: the same seven and four more fields, mostly empty. A number among them is one that was cancelled, names
  are those of the parents of a child under 14 (digests of the circular, not the gazette): both are said and nothing of
  them is stored, since who is the father is not written; anything else is shown as it stands. The residence of such a
  card may be a temporary or present one, where there is no permanent one: said too;
- some programs hand on labels ("Họ tên: ..."), dates with strokes, the name in capitals;
- USB scanners end with CR or LF, read UTF-8 as Windows-1252 ("Nguyá»…n"), or type through a Vietnamese keyboard driver
  that swallows the marks ("Nguy?n"): such a text gives its digits and no letters.

All these are read. The card proves nothing by itself: a person compares old and new before anything is stored.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from idapp.rules import birth_date, catalogues, full_name, identity_number, places
from idapp.rules.folding import tidy
from idapp.rules.problem import Problem

_START = re.compile(r"[\s\ufeff\u200b]*(?:[^\W\d][^|:]{1,20}:\s*)?'?[0-9]{12}\s*([|¦｜│~;])")
_LABEL = re.compile(r"[^\W\d][^:]{1,30}:\s*")
_LOST = re.compile("[?\ufffd□]")
_NEW_CARDS = date(
    2024, 7, 1
)  # the Law on Identification 26/2023/QH15 and its Circular 16/2024/TT-BCA


@dataclass(frozen=True)
class Card:
    """What a card says.

    values    field -> text to store, only what could be read: number, name, birth date, sex, residence
    issued    day of issue as dd/mm/yyyy, or ""
    left_out  Vietnamese sentences about what could not be taken over
    residence as the card writes it
    notes     Vietnamese sentences about what else the card says
    numbers   other numbers of the same person on it: the old CMND, one that was cancelled
    """

    values: dict[str, str]
    issued: str
    left_out: tuple[str, ...]
    residence: str = ""
    notes: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()


def read(text: str, epoch: str, today: date) -> Card:
    """The card, its residence in the places of ``epoch``. ``today`` bounds the birth date and the day of issue.

    What cannot be read stands in ``left_out``. Raises ``Problem`` ``not_a_card`` if the text is something else.

    >>> text = "100212000012||Lê An|20032012|Nữ|Ấp 3, Mỹ An, Thủ Thừa, Long An|01012021"
    >>> card = read(text, "3level", date(2022, 10, 16))
    >>> card.values["date_of_birth"], card.values["commune"], card.values["address"]
    ('20/03/2012', 'Xã Mỹ An', 'Ấp 3')
    """
    parts = _parts(text)
    values, left_out = _person(parts, today)
    issued_on = _shown_or_nothing(parts.issued, today)
    written_in = _epoch_of_card(issued_on)
    home = residence_of(parts.residence, epoch, today, written_in=written_in)
    if parts.residence and not home:
        finding = _residence(parts.residence, epoch, today, written_in)
        left_out.append(_why_unread(parts.residence, finding, epoch))
    notes = (*_about_more(parts.more), *_about_residence(parts, issued_on))
    numbers = (parts.old_number, *filter(_is_number, parts.more))
    return Card(
        values | home,
        issued_on,
        tuple(left_out),
        parts.residence,
        notes,
        tuple(filter(_is_number, numbers)),
    )


def residence_of(
    text: str,
    epoch: str,
    day: date | None = None,
    *,
    written_in: str = "",
) -> dict[str, str]:
    """Province, district, commune and the rest of a residence; {} unless all of them are clear.

    A card of before the reform of 07/2025 read in ``2level``: the commune that the old one went to, if it was not
    split; a card of after it read in ``3level``: the one it came from. Half a residence would leave the old district
    under a new province, so it is all or nothing. ``written_in`` as in ``places.read_address``.

    >>> residence_of("Mỹ An, Thủ Thừa, Long An", "3level")
    {'province': 'Tỉnh Long An', 'district': 'Huyện Thủ Thừa', 'commune': 'Xã Mỹ An'}
    >>> residence_of("Số 1 Ngõ 2, Hà Nội", "3level")
    {}
    """
    finding = _residence(text, epoch, day, written_in)
    if not _is_whole(finding, epoch):
        return {}
    return {field: value for field, value in finding.values().items() if value}


# --- the parts of the text ---


class _Parts(NamedTuple):
    """The fields of a code as they stand there, tidied; ``more``: the filled ones behind the day of issue."""

    number: str
    old_number: str
    name: str
    born: str
    sex: str
    residence: str
    issued: str
    more: tuple[str, ...]


def _parts(text: str) -> _Parts:
    text = _as_utf8(text.strip().strip("\ufeff\u200b"))
    start = _START.match(text)
    if not start:
        raise _not_a_card()
    sign = start[1]
    line = text
    if text.count(sign) > 4:  # all on one line; what follows came from the scanner
        line = re.split(r"[\r\n]+", text)[0]
    fields = [tidy(field) for field in line.split(sign)]
    if _LABEL.match(fields[0]):
        fields = [_LABEL.sub("", field, count=1) for field in fields]
    number = identity_number.compact(fields[0])
    old_number, *rest = fields[1:]
    if _is_name(fields[1]):
        old_number, rest = "", fields[1:]
    if not re.fullmatch("[0-9]{12}", number) or len(rest) < 3:
        raise _not_a_card()
    name, born, sex, residence, issued = [*rest, "", ""][:5]
    more = tuple(filter(None, rest[5:]))
    return _Parts(number, old_number, name, born, sex, residence, issued, more)


def _person(parts: _Parts, today: date) -> tuple[dict[str, str], list[str]]:
    """Field -> text to store, and a sentence for each field that could not be read."""
    values = {"identity_number": parts.number}
    sentences = []
    rules: list[tuple[str, str, str, Callable[[str], str]]] = [
        ("full_name", "họ tên", parts.name, _name),
        ("date_of_birth", "ngày sinh", parts.born, lambda text: _born(text, today)),
        ("gender", "giới tính", parts.sex, _gender),
    ]
    for field, words, raw, rule in rules:
        try:
            values[field] = rule(raw)
        except Problem:
            sentences.append(_unread(words, raw))
    return values, sentences


def _is_number(text: str) -> bool:
    """One of twelve digits, or nine of an old CMND."""
    return re.fullmatch("[0-9]{9}|[0-9]{12}", text) is not None


def _about_more(more: Sequence[str]) -> list[str]:
    """
    >>> _about_more(["100212000013", "Lê Văn Ba", "Hồ Thị Tư"])[1]
    'Thẻ còn ghi tên: Lê Văn Ba, Hồ Thị Tư (thường là cha, mẹ của trẻ dưới 14 tuổi). Tên cha mẹ không được lưu tự động.'
    """
    sentences = []
    names = []
    for text in more:
        if _is_number(text):
            sentences.append(f"Thẻ ghi số đã hủy {text}: không dùng số này nữa.")
        elif text.replace(" ", "").isalpha():
            names.append(text)
        else:
            sentences.append(f"Thẻ còn ghi “{text}”, không rõ là mục gì nên không lưu.")
    if names:
        sentences.append(
            f"Thẻ còn ghi tên: {', '.join(names)} (thường là cha, mẹ của trẻ dưới 14 tuổi). "
            "Tên cha mẹ không được lưu tự động."
        )
    return sentences


def _about_residence(parts: _Parts, issued: str) -> list[str]:
    """On cards of the law of 2024 it need not be the permanent one."""
    day = _day(issued)
    if day is None or day < _NEW_CARDS or not parts.residence:
        return []
    sentence = (
        "Thẻ cấp từ 01/07/2024 ghi nơi cư trú: có thể là nơi tạm trú nếu chưa có nơi thường trú. "
        "Hãy hỏi gia đình nếu chưa chắc."
    )
    return [sentence]


def _unread(words: str, raw: str) -> str:
    written = ""
    if raw:
        written = f" (thẻ ghi “{raw}”)"
    return f"Không đọc được {words}{written}: giữ nguyên trong bảng."


def _not_a_card() -> Problem:
    message = (
        "Đây không phải nội dung mã QR của thẻ căn cước "
        "(số, họ tên, ngày sinh, giới tính, cách nhau bằng dấu |): "
        "hãy quét lại mã ở mặt sau thẻ căn cước, hoặc mặt trước thẻ CCCD."
    )
    return Problem("identity_number", "not_a_card", message)


def _as_utf8(text: str) -> str:
    """Undo a scanner that read the code's UTF-8 as Windows-1252.

    >>> _as_utf8("Nguyá»…n"), _as_utf8("Nguyễn")
    ('Nguyễn', 'Nguyễn')
    """
    if text.isascii():
        return text
    try:
        return b"".join(map(_byte, text)).decode("utf-8")
    except UnicodeError:
        return text


def _byte(letter: str) -> bytes:
    """Windows-1252 leaves five bytes without a letter; programs hand these on as they are."""
    code = ord(letter)
    if code < 256:
        return bytes([code])
    return letter.encode("cp1252")


def _is_name(text: str) -> bool:
    """The second field is the old CMND, mostly empty; where a program dropped it, the name stands there."""
    return any(map(str.isalpha, text))


def _name(text: str) -> str:
    if _LOST.search(text):
        raise Problem("full_name", "letters_lost", "")
    return full_name.validate(text)


def _born(text: str, today: date) -> str:
    if re.fullmatch("0000[0-9]{4}", text):
        text = text[4:]  # a year alone: some readers write zeros for day and month
    return birth_date.show(birth_date.validate(text, today))


def _gender(text: str) -> str:
    return catalogues.gender_text(catalogues.sex(text))


def _shown_or_nothing(text: str, today: date) -> str:
    """A day as dd/mm/yyyy, "" if it cannot be read: nothing depends on the day of issue."""
    try:
        return birth_date.show(birth_date.validate(text, today))
    except Problem:
        return ""


# --- the residence ---


def _residence(
    text: str,
    epoch: str,
    day: date | None,
    written_in: str,
) -> places.Finding:
    if _LOST.search(text):
        return places.Finding("unknown")
    return places.read_address(text, epoch, day, written_in=written_in)


def _is_whole(finding: places.Finding, epoch: str) -> bool:
    """Down to the commune, or to an island district that has none."""
    if not finding.is_certain or not finding.home:
        return False
    district = finding.home.district
    is_island = district and not places.is_asked(epoch, "commune", district.code)
    return bool(finding.home.commune or is_island)


def _epoch_of_card(issued: str) -> str:
    """A card is written in the places of its day: that decides where the same words are an old and a new address."""
    day = _day(issued)
    if day is None:
        return ""
    if day >= places.REFORM:
        return "2level"
    return "3level"


def _day(issued: str) -> date | None:
    """The day of a text dd/mm/yyyy; None for nothing, or a year alone."""
    day, _, rest = issued.partition("/")
    month, _, year = rest.partition("/")
    if not year:
        return None
    return date(int(year), int(month), int(day))


def _why_unread(text: str, finding: places.Finding, epoch: str) -> str:
    if finding.kind == "choice" and finding.problem:
        return f"Nơi thường trú trên thẻ chưa rõ. {finding.problem.message}"
    levels = "tỉnh, huyện, xã"
    if epoch == "2level":
        levels = "tỉnh, xã"
    return f"Không đọc được nơi thường trú “{text}”: hãy nhập tay {levels} theo thẻ."
