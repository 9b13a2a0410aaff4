"""What a family may show: the kinds of paper, in the order in which a school asks for them, and what each bears.

Card and VNeID come first: whoever shows the card may not be asked for other papers about what is printed on it (Law
59/2014/QH13 art. 20(2); since 01/07/2024 Law 26/2023/QH15 art. 20(3); both read second-hand). The words are those of
the campaign's time: the notice is form 01 of Circular 59/2021/TT-BCA.
"""

from idapp.models import EVIDENCE

_IDENTITY = ("identity_number", "full_name", "date_of_birth", "gender")
RESIDENCE = ("address", "commune", "district", "province")
PRESENT_WORDS = "CT07 hoặc VNeID"  # the papers that say where somebody lives now
_WORDS = {
    "2level": {
        "card": "Thẻ căn cước (hoặc CCCD còn hạn)",
        "vneid": "Màn hình VNeID",
        "birth_certificate": "Giấy khai sinh có số định danh",
        "notice": "Thông báo số định danh cá nhân",
        "ct07": "Xác nhận thông tin cư trú (CT07)",
    },
    "3level": {
        "card": "Thẻ căn cước công dân",
        "vneid": "Màn hình VNeID",
        "birth_certificate": "Giấy khai sinh có số định danh",
        "notice": "Giấy thông báo số định danh cá nhân (Mẫu 01)",
        "ct07": "Xác nhận thông tin cư trú (CT07)",
    },
}
_ENOUGH = {
    "2level": "Có thẻ căn cước hoặc VNeID thì không cần giấy nào khác về những mục ghi trên đó.",
    "3level": "Có thẻ căn cước công dân thì không cần giấy nào khác về những mục in trên thẻ.",
}
# A birth certificate says where the parents live, not the child.
_WITHOUT_RESIDENCE = ("birth_certificate",)


def words_of(epoch: str) -> dict[str, str]:
    """{kind: how the paper is called}, in the order in which the school asks.

    >>> list(words_of("2level").values())[0], list(words_of("3level").values())[0]
    ('Thẻ căn cước (hoặc CCCD còn hạn)', 'Thẻ căn cước công dân')
    """
    words = _WORDS[epoch]
    return {kind: words[kind] for kind in EVIDENCE}


def in_a_sentence(epoch: str) -> str:
    """All of them, for the middle of a sentence.

    >>> in_a_sentence("2level")[:50]
    'thẻ căn cước (hoặc CCCD còn hạn), màn hình VNeID, '
    """
    papers = [words[:1].lower() + words[1:] for words in words_of(epoch).values()]
    return ", ".join(papers[:-1]) + f" hoặc {papers[-1]}"


def enough_words(epoch: str) -> str:
    """The sentence that nobody who shows the card is asked for more."""
    return _ENOUGH[epoch]


def fields_on(kind: str) -> tuple[str, ...]:
    """The fields of a record that stand on such a paper.

    >>> fields_on("birth_certificate")
    ('identity_number', 'full_name', 'date_of_birth', 'gender')
    """
    if kind in _WITHOUT_RESIDENCE:
        return _IDENTITY
    return (*_IDENTITY, *RESIDENCE)


def bears_residence(kind: str) -> bool:
    """Does such a paper say where the person has the permanent residence?"""
    return kind not in _WITHOUT_RESIDENCE
