"""Places of both epochs at the doors of a record: typed, pasted, added."""

import pytest

from idapp import people
from idapp.models import Campaign, Change, Person
from idapp.people import Edit, epochs, place_choices, undoing
from idapp.people.bulk_edits import Report
from idapp.people.pasting import Paste, paste
from idapp.rules.record import fields_of
from tests.cast import Cast, pupil

RESIDENCE = ("province", "district", "commune")


@pytest.fixture
def today(cast: Cast) -> Cast:
    """The cast in a campaign of two levels, An without a residence."""
    change = epochs.begin("2level", by=cast.hoa)
    epochs.go_on(change.id)
    clear = [Edit(cast.an, name, "") for name in RESIDENCE]
    people.change_many(clear, by=cast.lan, source="typed")
    return cast


def residence_of(person: Person) -> tuple[str, ...]:
    now = Person.get_by_id(person.id)
    return tuple(getattr(now, name) for name in RESIDENCE)


def write(cast: Cast, source: str = "typed", **texts: str) -> Person:
    edits = [Edit(cast.an, name, text) for name, text in texts.items()]
    people.change_many(edits, by=cast.lan, source=source)
    return Person.get_by_id(cast.an.id)


def test_a_former_province_becomes_its_successor(today: Cast) -> None:
    write(today, province="Tỉnh Long An")
    assert residence_of(today.an)[0] == "Tỉnh Tây Ninh"
    [change] = Change.select().where(
        Change.new == "Tỉnh Tây Ninh", Change.person == today.an, Change.source == "typed"
    )
    assert change.typed == "Tỉnh Long An"


def test_a_former_commune_becomes_its_successor(today: Cast) -> None:
    write(today, province="Thành phố Hà Nội")
    write(today, commune="Xã Phú Đông")
    assert residence_of(today.an) == ("Thành phố Hà Nội", "", "Xã Cổ Đô")


def test_an_old_address_over_three_cells_is_one_address(today: Cast) -> None:
    person = write(today, "pasted", province="Long An", district="Thủ Thừa", commune="Xã Mỹ Lạc")
    assert (person.province, person.commune) == ("Tỉnh Tây Ninh", "Xã Mỹ Thạnh")
    assert person.problem_of("commune") is None


def test_todays_codes_of_a_province_and_its_commune_are_an_address(today: Cast) -> None:
    write(today, "pasted", province="80", commune="28051")
    assert residence_of(today.an) == ("Tỉnh Tây Ninh", "", "Xã Mỹ Thạnh")


def test_a_whole_address_in_one_cell_fills_the_others(today: Cast) -> None:
    person = write(today, commune="Ấp 3, xã Mỹ An, huyện Thủ Thừa, tỉnh Long An")
    assert (person.province, person.commune, person.address) == (
        "Tỉnh Tây Ninh",
        "Xã Mỹ An",
        "Ấp 3",
    )


def test_a_split_commune_is_never_chosen_silently(today: Cast) -> None:
    person = write(today, "pasted", province="Hà Nội", district="Ba Đình", commune="Phường Cống Vị")
    assert person.commune == "Phường Cống Vị, Ba Đình, Hà Nội"
    assert person.problem_of("commune")["code"] == "choose_place"


def test_a_name_one_letter_away_stays_as_it_was_typed(today: Cast) -> None:
    write(today, province="Thành phố Hà Nội")
    person = write(today, commune="Xã Phú Đồng")
    assert person.commune == "Xã Phú Đồng"
    assert person.problem_of("commune")["level"] == "error"


def test_a_newcomer_with_an_old_address_lives_in_todays_place(today: Cast) -> None:
    values = pupil("Hồ Thị Mới", serial=81)
    added = people.add(kind="student", school_class=today.class_5a, values=values, by=today.thu)
    assert (added.province, added.commune) == ("Tỉnh Tây Ninh", "Xã Mỹ An")
    assert added.errors == 0


def test_a_campaign_of_three_levels_reads_its_own_places(cast: Cast) -> None:
    assert Campaign.get().epoch == "3level"
    write(cast, commune="Xã Mỹ Lạc")
    assert residence_of(cast.an) == ("Tỉnh Long An", "Huyện Thủ Thừa", "Xã Mỹ Lạc")


def test_todays_province_alone_is_no_choice_in_three_levels(cast: Cast) -> None:
    person = write(cast, province="Tỉnh Tây Ninh")
    assert person.province == "Tỉnh Tây Ninh"


def test_a_stray_number_in_a_commune_never_changes_the_province(cast: Cast) -> None:
    for text in ("3Ă| 74|", "74", "Ấp 3, 74"):
        person = write(cast, "pasted", commune=text)
        assert person.province == "Tỉnh Long An"
        assert person.commune == text


# an old commune whose name is also one of today's: never taken for that one silently

NGOC_HA = {
    "province": "Thành phố Hà Nội",
    "district": "Quận Ba Đình",
    "commune": "Phường Ngọc Hà",
}
UNDECIDED = "Phường Ngọc Hà, Quận Ba Đình, Thành phố Hà Nội"


def assert_undecided(person: Person) -> None:
    now = Person.get_by_id(person.id)
    assert (now.commune, now.commune_code) == (UNDECIDED, None)
    assert now.problem_of("commune")["code"] == "choose_place"


def test_a_split_commune_is_asked_about_after_a_change_of_epoch(cast: Cast) -> None:
    values = pupil("Hồ Văn Chia", sex="Nam", serial=77) | NGOC_HA
    person = people.add(kind="student", school_class=cast.class_5a, values=values, by=cast.thu)
    epochs.go_on(epochs.begin("2level", by=cast.hoa).id)
    assert_undecided(person)
    epochs.go_on(epochs.begin_undo(by=cast.hoa).id)
    assert residence_of(person) == tuple(NGOC_HA.values())


def test_a_split_commune_is_asked_about_in_a_paste(today: Cast) -> None:
    assert_undecided(write(today, "pasted", **NGOC_HA))


def test_a_split_commune_of_a_newcomer_is_asked_about(today: Cast) -> None:
    values = pupil("Hồ Văn Chia", sex="Nam", serial=77) | NGOC_HA
    person = people.add(kind="student", school_class=today.class_5a, values=values, by=today.thu)
    assert_undecided(person)


def test_a_pasted_district_column_tells_which_commune_is_meant(today: Cast) -> None:
    heading = "Họ và tên\tTỉnh\tHuyện\tXã\n"
    line = "\t".join([today.an.full_name, *NGOC_HA.values()])
    shown = people.table_of(Person.select().where(Person.school_class == today.class_5a))
    columns = [f.name for f in fields_of("student") if f.in_table and f.name != "district"]
    wanted = Paste(
        "student", shown, shown, columns, (shown[0].id, "province"), heading + line, match="name"
    )
    paste(wanted, by=today.lan)
    assert_undecided(today.an)


def test_todays_ward_of_that_name_can_still_be_chosen(today: Cast) -> None:
    write(today, "pasted", **NGOC_HA)
    person = write(today, commune="Phường Ngọc Hà")
    assert person.commune == "Phường Ngọc Hà"
    assert person.problem_of("commune") is None


# --- a place taken from the list for an old name ---

OLD_WARD = "Phường Ngọc Hà, Quận Ba Đình, Thành phố Hà Nội"
CHOSEN = f"{OLD_WARD} → Phường Ngọc Hà, Thành phố Hà Nội"


def test_the_place_taken_for_an_old_name_is_stored_and_the_history_tells_both(today: Cast) -> None:
    write(today, commune=f"{OLD_WARD} → Phường Ba Đình, Thành phố Hà Nội")
    assert residence_of(today.an) == ("Thành phố Hà Nội", "", "Phường Ba Đình")
    [change] = Change.select().where(Change.new == "Phường Ba Đình", Change.person == today.an)
    assert change.typed == f"{OLD_WARD} → Phường Ba Đình, Thành phố Hà Nội"


def test_the_mark_of_a_taken_place_tells_the_old_address_alone(today: Cast) -> None:
    """The text of the list holds both places; "Đã đổi từ A → B sang B" is nothing that a person would say."""
    person = write(today, commune=f"{OLD_WARD} → Phường Ba Đình, Thành phố Hà Nội")
    assert person.repaired["commune"] == OLD_WARD


def test_what_was_taken_once_counts_for_the_same_old_address(today: Cast) -> None:
    write(today, commune=CHOSEN)
    edits = [Edit(today.binh, "commune", OLD_WARD)]
    people.change_many(edits, by=today.lan, source="typed")
    assert residence_of(today.binh) == ("Thành phố Hà Nội", "", "Phường Ngọc Hà")
    pasted = dict(zip(RESIDENCE, ("Hà Nội", "Ba Đình", "Ngọc Hà"), strict=True))
    person = write(today, "pasted", **pasted)
    assert (person.commune, person.problem_of("commune")) == ("Phường Ngọc Hà", None)


def test_a_place_that_is_no_successor_is_never_taken(today: Cast) -> None:
    text = f"{OLD_WARD} → Xã Cổ Đô, Thành phố Hà Nội"
    write(today, province="Thành phố Hà Nội")
    person = write(today, commune=text)
    assert person.commune == OLD_WARD
    assert person.problem_of("commune")["level"] == "error"
    assert place_choices.remembered() == {}


def test_undoing_a_taken_place_gives_back_every_letter(today: Cast) -> None:
    before = residence_of(today.an)
    write(today, commune=CHOSEN)
    table = Person.select().where(Person.school_class == today.class_5a)
    undoing.undo(table, by=today.lan)
    assert residence_of(today.an) == before


def test_a_newcomer_with_a_taken_place_lives_there(today: Cast) -> None:
    values = pupil("Hồ Văn Mới", serial=78) | dict.fromkeys(RESIDENCE, "") | {"commune": CHOSEN}
    person = people.add(
        kind="student", school_class=today.class_5a, values=values, by=today.thu, source="typed"
    )
    assert residence_of(person) == ("Thành phố Hà Nội", "", "Phường Ngọc Hà")


def test_a_newcomer_with_a_whole_old_address_in_one_cell(today: Cast) -> None:
    values = pupil("Hồ Văn Mới", serial=78) | dict.fromkeys(RESIDENCE, "") | {"address": ""}
    values |= {"commune": "Ấp 3, xã Mỹ Lạc, huyện Thủ Thừa, tỉnh Long An"}
    person = people.add(
        kind="student", school_class=today.class_5a, values=values, by=today.thu, source="typed"
    )
    assert residence_of(person) == ("Tỉnh Tây Ninh", "", "Xã Mỹ Thạnh")
    assert Person.get_by_id(person.id).address == "Ấp 3"


def test_a_new_address_in_three_levels_is_taken_and_remembered(cast: Cast) -> None:
    text = "Xã Mỹ Thạnh, Tỉnh Tây Ninh → Xã Mỹ Lạc, Huyện Thủ Thừa, Tỉnh Long An"
    write(cast, commune=text)
    assert residence_of(cast.an) == ("Tỉnh Long An", "Huyện Thủ Thừa", "Xã Mỹ Lạc")
    assert len(place_choices.remembered()) == 1


def test_a_choice_for_an_old_ward_holds_however_its_address_is_written(today: Cast) -> None:
    write(today, commune="Phường Ngọc Hà, Thành phố Hà Nội → Phường Ba Đình, Thành phố Hà Nội")
    text = "Phường Ngọc Hà, Quận Ba Đình, Thành phố Hà Nội"
    people.change_many([Edit(today.binh, "commune", text)], by=today.lan, source="typed")
    for person in (today.an, today.binh):
        assert residence_of(person) == ("Thành phố Hà Nội", "", "Phường Ba Đình")


# --- districts pasted by place into a table that has no such column ---


def paste_at(today: Cast, field: str, *lines: str) -> Report:
    shown = people.table_of(Person.select().where(Person.school_class == today.class_5a))
    columns = [f.name for f in fields_of("student") if f.in_table and f.name != "district"]
    wanted = Paste("student", shown, shown, columns, (shown[0].id, field), "\n".join(lines))
    return paste(wanted, by=today.lan)


@pytest.mark.parametrize(
    "line",
    ["Tỉnh Long An\tHuyện Thủ Thừa\tXã Mỹ Lạc\tẤp 3", "Long An\tThủ Thừa\tMỹ Lạc\tẤp 3"],
)
def test_three_columns_at_the_province_hold_the_district_in_the_middle(
    today: Cast, line: str
) -> None:
    report = paste_at(today, "province", line, line)
    for person in (today.an, today.binh):
        assert residence_of(person) == ("Tỉnh Tây Ninh", "", "Xã Mỹ Thạnh")
        assert Person.get_by_id(person.id).address == "Ấp 3"
    assert "district" in report.looked


def test_two_columns_at_the_commune_may_be_district_and_commune(today: Cast) -> None:
    write(today, province="Tỉnh Tây Ninh")
    paste_at(today, "commune", "Huyện Thủ Thừa\tXã Mỹ Lạc")
    assert residence_of(today.an) == ("Tỉnh Tây Ninh", "", "Xã Mỹ Thạnh")


def test_a_column_right_of_the_places_goes_where_it_was_pasted(today: Cast) -> None:
    paste_at(today, "address", "Ấp 3", "Ấp 4")
    assert [Person.get_by_id(p.id).address for p in (today.an, today.binh)] == ["Ấp 3", "Ấp 4"]


def test_a_split_commune_in_three_columns_is_kept_whole(today: Cast) -> None:
    paste_at(today, "province", "\t".join(NGOC_HA.values()))
    assert_undecided(today.an)


def test_todays_commune_beside_a_hamlet_is_no_district(today: Cast) -> None:
    report = paste_at(today, "province", "Tỉnh Tây Ninh\tXã Thủ Thừa\tẤp 3")
    assert residence_of(today.an) == ("Tỉnh Tây Ninh", "", "Xã Thủ Thừa")
    assert Person.get_by_id(today.an.id).address == "Ấp 3"
    assert report.looked == []


@pytest.mark.parametrize("text", ["Mỹ Lạc, Thủ Thừa, Long An", "Long An, Thủ Thừa, Mỹ Lạc"])
def test_a_whole_address_in_one_pasted_cell_is_read_in_either_order(today: Cast, text: str) -> None:
    paste_at(today, "commune", text)
    assert residence_of(today.an) == ("Tỉnh Tây Ninh", "", "Xã Mỹ Thạnh")


def test_a_conflict_in_the_commune_leaves_the_province_alone(today: Cast) -> None:
    """A pupil who comes from another class keeps the residence of the record, whole."""
    write(today, province="Tỉnh Tây Ninh", commune="Xã Mỹ An")
    old = "Xã Phú Đông, Huyện Ba Vì, Thành phố Hà Nội"
    edits = [Edit(today.an, "commune", old, ""), Edit(today.an, "ethnic_group", "Tày")]
    written = people.change_many(edits, by=today.lan, source="typed")
    assert [conflict.field for conflict in written.conflicts] == ["commune"]
    assert residence_of(today.an) == ("Tỉnh Tây Ninh", "", "Xã Mỹ An")
