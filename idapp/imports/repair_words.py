"""What was done to a cell that was brought into form, in words for the check page."""

import re
import unicodedata

from idapp.imports.column_repairs import NAMES
from idapp.rosters.dates import day_first_shown
from idapp.rules import old_fonts, places
from idapp.rules.folding import fold, tidy

_NO_SPACES = dict.fromkeys(map(ord, " \u00a0\u200b"))
_SERIAL_NUMBER = re.compile(r"[0-9]{5}(?:[.,][0-9]+)?")  # a day of Excel's, maybe with a time
_DECIMALS = re.compile(r"(?<=[0-9])[.,]0{1,2}$")
_ETH = "\u00d0"  # looks like Đ on every screen


def repair_word(raw: str, stored: str, name: str = "") -> str:
    """What was done to a cell of the field ``name``; some repairs do not show on a screen.

    >>> repair_word("TrÇn ThÞ Hoa", "Trần Thị Hoa", "full_name"), repair_word("Lê An*", "Lê An", "full_name")
    ('đổi từ phông chữ cũ sang Unicode', 'bỏ ghi chú sau tên')
    >>> repair_word("Xã Mỹ Lạc", "Xã Mỹ Thạnh", "commune"), repair_word("Mỹ Lạc", "Xã Mỹ Lạc", "commune")
    ('đổi sang tên trong danh mục', 'viết theo danh mục')
    >>> repair_word("03/25/2016 0:00", "25/03/2016", "date_of_birth")
    'đọc tháng trước ngày'
    >>> repair_word("phường 6", "Phường 6", "commune"), repair_word("khóm 6", "Khóm 6", "address")
    ('viết theo danh mục', 'viết theo danh mục')
    >>> repair_word("20032016", "20/03/2016", "date_of_birth"), repair_word("Năm 2016", "2016", "date_of_birth")
    ('viết lại ngày', 'chỉ có năm sinh')

    >>> repair_word("12345678901", "012345678901"), repair_word("100 312 000 012", "100312000012")
    ('trả lại số 0 đầu', 'bỏ dấu ngăn cách')
    >>> repair_word("41053", "24/05/2012"), repair_word("long an", "Tỉnh Long An"), repair_word("xóa", "")
    ('ngày ở dạng số của Excel', 'viết theo danh mục', 'xóa theo yêu cầu trong tệp')
    >>> repair_word("１００３１２００００１２", "100312000012"), repair_word("100\\xa0312000012", "100312000012")
    ('chữ số khổ rộng đổi về chữ số thường', 'bỏ dấu ngăn cách')
    >>> repair_word("100312000012,00", "100312000012"), repair_word("\\xd0ỗ Văn An", "Đỗ Văn An")
    ('bỏ dấu ngăn cách', 'chữ Ð của bảng mã khác đổi về Đ')
    """
    if not stored:
        return "xóa theo yêu cầu trong tệp"
    repair = _repair_of_field(raw, stored, name)
    if repair:
        return repair
    # each asks for less than the one before: the first that explains the difference wins
    return (
        _repair_of_signs(raw, stored)
        or _repair_of_number(raw, stored)
        or _repair_of_form(raw, stored)
    )


def _repair_of_field(raw: str, stored: str, name: str) -> str:
    """What only the meaning of the column explains; "" for repairs that any text may need."""
    if name == "date_of_birth":
        return _repair_of_date(tidy(raw), stored)
    if name in NAMES:
        return _repair_of_name(raw, stored)
    if name == "commune" and "," in stored:
        return "ghi cả địa chỉ vào một ô, chờ chọn nơi"
    if name in places.LEVELS and not places.is_same_name(name, raw, stored):
        return "đổi sang tên trong danh mục"
    return ""


def _repair_of_name(raw: str, stored: str) -> str:
    in_unicode = old_fonts.restored(raw)
    if in_unicode is not None and fold(in_unicode.text) != fold(raw):
        return "đổi từ phông chữ cũ sang Unicode"
    if fold(stored) in fold(raw) and fold(stored) != fold(raw):
        return "bỏ ghi chú sau tên"
    return ""


def _repair_of_date(raw: str, stored: str) -> str:
    """What became of a date; an untouched serial number of Excel is told like any other."""
    if raw == stored or _SERIAL_NUMBER.fullmatch(raw):
        return ""
    day_first = day_first_shown(raw)
    is_turned = day_first != raw and day_first[: len(stored)] == stored
    if is_turned and "/" in stored:
        return "đọc tháng trước ngày"
    if re.fullmatch("[0-9]{4}", stored):
        return "chỉ có năm sinh"
    if "/" not in stored or raw.translate(_NO_SPACES) == stored:
        return ""
    if not _has_digit(raw):
        return ""
    return "viết lại ngày"


def _repair_of_signs(raw: str, stored: str) -> str:
    """What does not show on a screen: another coding of the same letters, spaces, hidden signs."""
    if unicodedata.normalize("NFC", raw) == stored:
        return "đưa về bảng mã dựng sẵn"
    if tidy(raw) != stored:
        return ""
    if _ETH in raw:
        return "chữ Ð của bảng mã khác đổi về Đ"
    return "bỏ khoảng trắng, ký tự ẩn"


def _repair_of_number(raw: str, stored: str) -> str:
    digits = _ascii_digits(raw)
    if not digits or not stored.isdigit() or not stored.endswith(digits):
        return ""
    if len(stored) > len(digits):
        return "trả lại số 0 đầu"
    if any(c.isdigit() and not c.isascii() for c in raw):
        return "chữ số khổ rộng đổi về chữ số thường"
    return "bỏ dấu ngăn cách"


def _repair_of_form(raw: str, stored: str) -> str:
    if "/" not in stored:
        return "viết theo danh mục"
    if raw.strip().replace(".", "").isdigit():
        return "ngày ở dạng số của Excel"
    if _ascii_digits(raw):
        return "viết lại ngày"
    return "viết theo danh mục"


def _ascii_digits(raw: str) -> str:
    """The digits of a text, wide ones as ordinary ones, without the decimals of a number.

    >>> _ascii_digits("100 312,00")
    '100312'
    """
    whole = _DECIMALS.sub("", unicodedata.normalize("NFKC", raw))
    return "".join(c for c in whole if "0" <= c <= "9")


def _has_digit(text: str) -> bool:
    return any(c.isdigit() for c in text)
