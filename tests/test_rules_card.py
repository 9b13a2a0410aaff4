"""The QR text of a citizen card: what readers hand on, whole, damaged and in other writings. All people invented."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idapp.rules import card
from idapp.rules.problem import Problem

TODAY = date(2025, 8, 1)
NUMBER = "100212000012"
RESIDENCE = "Ấp 3, Mỹ An, Thủ Thừa, Long An"
WHOLE = f"{NUMBER}|100000001|Nguyễn Thị An|20032012|Nữ|{RESIDENCE}|10072021"
HOME = {
    "province": "Tỉnh Long An",
    "district": "Huyện Thủ Thừa",
    "commune": "Xã Mỹ An",
    "address": "Ấp 3",
}
VALUES = {
    "identity_number": NUMBER,
    "full_name": "Nguyễn Thị An",
    "date_of_birth": "20/03/2012",
    "gender": "Nữ",
} | HOME


def read(text: str, epoch: str = "3level") -> card.Card:
    return card.read(text, epoch, TODAY)


@pytest.mark.parametrize(
    "text",
    [
        WHOLE,
        WHOLE + "\r\n",
        "\ufeff" + WHOLE + "\r",
        f"{NUMBER}||Nguyễn Thị An|20032012|Nữ|{RESIDENCE}|10072021",  # never had a CMND
        f"{NUMBER}|Nguyễn Thị An|20032012|Nữ|{RESIDENCE}|10072021",  # a program dropped the second field
        f"{NUMBER}||Nguyễn Thị An|20032012|Nữ|{RESIDENCE}",  # ends after the residence
        f"{NUMBER}||Nguyễn Thị An|20032012|Nữ|{RESIDENCE}|01082024||||",  # card of 2024
        f"{NUMBER}||Nguyễn Thị An|20/03/2012|Nữ|Ấp 3, Xã Mỹ An, Huyện Thủ Thừa, Tỉnh Long An|10/07/2021",
        f"CCCD:{NUMBER}|CMND:100000001|Họ tên:Nguyễn Thị An|Ngày sinh:20/03/2012|Giới tính:Nữ|Địa chỉ:{RESIDENCE}",
        WHOLE.replace("|", ";"),
        WHOLE.replace("|", "｜"),
        WHOLE.replace("|", " | "),
        WHOLE.encode().decode("latin-1"),
    ],
)
def test_every_writing_gives_the_same_card(text: str) -> None:
    assert read(text).values == VALUES
    assert not read(text).left_out


def test_a_number_with_a_decimal_part_is_no_card() -> None:
    with pytest.raises(Problem, match="Đây không phải nội dung mã QR"):
        read(WHOLE.replace(NUMBER, "10021200001.2"))


def test_what_windows_1252_made_of_it() -> None:
    assert (
        read(
            f"{NUMBER}||Nguyá»…n Thá»‹ An|20032012|Ná»¯|áº¤p 3, Má»¹ An, Thá»§ Thá»«a, Long An|10072021"
        ).values
        == VALUES
    )


def test_swallowed_letters_are_not_guessed() -> None:
    damaged = read(f"{NUMBER}||Nguy?n Th? An|20032012|N?|?p 3, M? An, Th? Th?a, Long An|10072021")
    assert damaged.values == {"identity_number": NUMBER, "date_of_birth": "20/03/2012"}
    assert len(damaged.left_out) == 3
    assert "Nguy?n Th? An" in damaged.left_out[0]


def test_lost_accents_in_places_are_found_again() -> None:
    values = read(
        f"{NUMBER}||NGUYEN THI AN|20032012|Nu|Ap 3, My An, Thu Thua, Long An|10072021"
    ).values
    assert values["commune"] == "Xã Mỹ An"
    assert values["full_name"] == "NGUYEN THI AN"


def test_a_day_that_does_not_exist_is_left_out() -> None:
    odd = read(f"{NUMBER}||Nguyễn Thị An|31022012|Nữ|{RESIDENCE}|10072021")
    assert "date_of_birth" not in odd.values
    assert "31022012" in odd.left_out[0]


def test_only_a_year() -> None:
    assert (
        read(f"{NUMBER}||Nguyễn Thị An|00002012|Nữ|{RESIDENCE}|").values["date_of_birth"] == "2012"
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        NUMBER,
        "100212|a|b|c|d",
        f"{NUMBER}|a",
        "DN479010000|4e67|01/01/1980|1|x",
        "|||||",
        "xin chào",
    ],
)
def test_no_card(text: str) -> None:
    with pytest.raises(Problem) as refused:
        read(text)
    assert refused.value.code == "not_a_card"
    assert "quét lại" in refused.value.message


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "Thị trấn Thủ Thừa, Thủ Thừa, Long An",
            ("Tỉnh Long An", "Huyện Thủ Thừa", "Thị trấn Thủ Thừa"),
        ),
        (
            "Tổ 1, Bình Hàng Trung, Cao Lãnh, Đồng Tháp",
            ("Tỉnh Đồng Tháp", "Huyện Cao Lãnh", "Xã Bình Hàng Trung"),
        ),
        ("Bạch Long Vĩ, Hải Phòng", ("Thành phố Hải Phòng", "Huyện Bạch Long Vĩ")),
        ("12 Lê Lợi, P.6, Q.3, TP. Hồ Chí Minh", None),  # merged away: ward 6 is Võ Thị Sáu now
        ("Số 1 Ngõ 2, Hà Nội", None),
        ("Long An", None),
        ("", None),
    ],
)
def test_residence_in_three_levels(text: str, found: tuple[str, ...] | None) -> None:
    home = card.residence_of(text, "3level")
    assert tuple(v for k, v in home.items() if k != "address") == (found or ())


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "Ấp 3, Xã Mỹ An, Tỉnh Tây Ninh",
            {"province": "Tỉnh Tây Ninh", "commune": "Xã Mỹ An", "address": "Ấp 3"},
        ),
        (
            RESIDENCE,
            {"province": "Tỉnh Tây Ninh", "commune": "Xã Mỹ An", "address": "Ấp 3"},
        ),  # went there whole
        ("Cao Lãnh, Đồng Tháp", {"province": "Tỉnh Đồng Tháp", "commune": "Phường Cao Lãnh"}),
    ],
)
def test_residence_in_two_levels(text: str, found: dict[str, str]) -> None:
    assert card.residence_of(text, "2level") == found


def of_residence(residence: str, issued: str, epoch: str = "2level") -> card.Card:
    return read(f"{NUMBER}||Nguyễn Thị An|20032012|Nữ|{residence}|{issued}", epoch)


def test_a_residence_that_was_parted_is_left_out_with_its_parts() -> None:
    parted = of_residence("Quang Trung, Hà Đông, Hà Nội", "10072021")
    assert "commune" not in parted.values
    assert "province" not in parted.values
    assert "Phường Hà Đông hay Phường Kiến Hưng" in parted.left_out[0]


def test_the_day_of_the_card_says_in_which_places_it_is_written() -> None:
    """Xã Tân Tiến of today lies elsewhere than the one of before, which is Xã Văn Giang now."""
    for issued, commune in (("10072021", "Xã Văn Giang"), ("10072025", "Xã Tân Tiến")):
        assert of_residence("Thôn 1, Tân Tiến, Hưng Yên", issued).values["commune"] == commune
    assert "commune" not in of_residence("Thôn 1, Tân Tiến, Hưng Yên", "").values


def test_a_card_of_after_the_reform_in_a_campaign_of_three_levels() -> None:
    parted = of_residence("Ấp 3, Xã Thủ Thừa, Tây Ninh", "10072025", "3level")
    assert "commune" not in parted.values
    assert "Thị trấn Thủ Thừa" in parted.left_out[0]


def test_a_slip_on_the_card_is_never_another_commune() -> None:
    """ "Thủ Thừa" is the district here, and the name of a commune of today."""
    slip = of_residence("Ấp 3, Mỹ Am, Thủ Thừa, Long An", "10072021")
    assert "commune" not in slip.values
    assert "Xã Mỹ An" in slip.left_out[0]


def test_an_old_residence_is_never_read_as_a_new_one() -> None:
    """ "Cao Lãnh" is a district there, and the name of a new ward elsewhere."""
    assert (
        card.residence_of("Tổ 1, Bình Hàng Trung, Cao Lãnh, Đồng Tháp", "2level").get("commune")
        != "Phường Cao Lãnh"
    )


@settings(deadline=None)  # the machine may be busy
@given(st.text(max_size=120))
def test_any_text_is_a_card_or_a_problem(text: str) -> None:
    for candidate in (text, f"{NUMBER}|{text}", f"{NUMBER}||{text}|{text}|{text}|{text}"):
        try:
            values = read(candidate).values
        except Problem as problem:
            assert problem.code == "not_a_card"
        else:
            assert values["identity_number"] == NUMBER
            assert set(values) <= set(VALUES)


def test_what_else_a_new_card_says_is_said_and_not_stored() -> None:
    extra = "100212000013|Lê Văn Ba|Hồ Thị Tư|#7"
    new = read(f"{NUMBER}|100000001|Nguyễn Thị An|20032012|Nữ|{RESIDENCE}|01082024|{extra}")
    assert new.values == VALUES
    assert new.numbers == ("100000001", "100212000013")
    words = " ".join(new.notes)
    for part in ("số đã hủy 100212000013", "Lê Văn Ba, Hồ Thị Tư", "“#7”", "nơi tạm trú"):
        assert part in words
    assert read(WHOLE).notes == ()
