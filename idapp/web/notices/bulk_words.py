"""The sentences of the form that moves many cases at once: it says whom it touches before it does."""

from idapp.notices import STATE_WORDS, listing
from idapp.web.template_filters import number_vn

_OF_FILTER = {listing.DUE: " đến ngày nhắc", listing.NEED: " còn cần giấy"}


def whose(class_name: str, *, staff: bool, several_classes: bool) -> str:
    """Of whom the list is: of one class, of the staff, or of all that this user sees.

    >>> whose("5A", staff=False, several_classes=True)
    'lớp 5A'
    >>> whose("", staff=False, several_classes=False)
    'của lớp'
    """
    if class_name:
        return f"lớp {class_name}"
    if staff:
        return "cán bộ, giáo viên"
    if several_classes:
        return "toàn trường"
    return "của lớp"


def everybody(count: int, whose_words: str, *, is_filtered: bool) -> str:
    """The choice that reaches beyond the page.

    >>> everybody(1200, "toàn trường", is_filtered=True)
    'Cả 1.200 hồ sơ toàn trường đang lọc'
    """
    words = f"Cả {number_vn(count)} hồ sơ {whose_words}"
    if is_filtered:
        words += " đang lọc"
    return words


def from_which_state(count: int, whose_words: str, chosen: str, name: str) -> str:
    """What the choice of the state before is about; ``chosen`` a filter that is no state, or "".

    >>> from_which_state(12, "lớp 5A", "due", "an")
    '12 hồ sơ lớp 5A đến ngày nhắc có “an”, những em đang ở'
    """
    words = f"{number_vn(count)} hồ sơ {whose_words}{_OF_FILTER.get(chosen, '')}"
    if name:
        words += f" có “{name}”"
    return f"{words}, những em đang ở"


def to_which_state(count: int, whose_words: str, state: str) -> str:
    """What the choice of the state after is about, where the list holds cases of one state only.

    >>> to_which_state(12, "lớp 5A", "open")
    '12 hồ sơ lớp 5A đang ở “Chưa yêu cầu”, chuyển sang'
    """
    return f"{number_vn(count)} hồ sơ {whose_words} đang ở “{STATE_WORDS[state]}”, chuyển sang"
