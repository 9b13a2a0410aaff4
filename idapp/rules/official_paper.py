"""Where and when an official paper is made, as it stands on the paper: "Thủ Thừa, ngày 05 tháng 01 năm 2026".

Source: Decree 30/2020/NĐ-CP, annex I, part II, section 4: the place is the name of the administrative unit in which the
office has its seat; days below 10 and the months 1 and 2 are written with a zero before them.
"""

import re
from datetime import date

NATION = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
MOTTO = "Độc lập - Tự do - Hạnh phúc"
_SWAPPED = str.maketrans(",.", ".,")
_DOTS = "……………"  # to be filled in by hand
# "Phòng GDĐT huyện Thủ Thừa (minh họa)": the name behind the kind of place, up to a mark
_PLACE = re.compile(
    r"\b(?:huyện|quận|thị xã|thành phố|tp\.?|xã|phường|thị trấn|đặc khu)\s+([^,;(-]+)",
    re.IGNORECASE,
)


def place_in(office: str) -> str:
    """The place that the name of the managing office tells; dots where it tells none. Nobody is asked twice for it.

    >>> place_in("Phòng GDĐT huyện Thủ Thừa (minh họa)"), place_in("UBND xã Mỹ An, tỉnh Tây Ninh")
    ('Thủ Thừa', 'Mỹ An')
    >>> place_in("Sở GDĐT Long An"), place_in("UBND Quận 5"), place_in("")
    ('……………', 'Quận 5', '……………')
    """
    match = _PLACE.search(office)
    if match is None:
        return _DOTS
    name = match[1].strip()
    if name.isdecimal():  # a number is no name without its kind
        return match[0].strip()
    return name


def number_vn(number: int | float) -> str:
    """
    >>> number_vn(1980), number_vn(3.5)
    ('1.980', '3,5')
    """
    # Commas and points change places.
    return f"{number:,}".translate(_SWAPPED)


def date_line(place: str, day: date) -> str:
    """
    >>> date_line("Thủ Thừa", date(2026, 1, 5)), date_line("Thủ Thừa", date(2022, 10, 25))
    ('Thủ Thừa, ngày 05 tháng 01 năm 2026', 'Thủ Thừa, ngày 25 tháng 10 năm 2022')
    """
    month = f"{day.month:02d}" if day.month < 3 else f"{day.month}"
    return f"{place}, ngày {day.day:02d} tháng {month} năm {day.year}"
