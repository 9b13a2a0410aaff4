"""The school changes its catalogue of places: as one deed, in parts, and back to the letter."""

from collections.abc import Iterator
from itertools import cycle
from random import Random

import pytest

from idapp import people, school, verification
from idapp.models import Batch, Change, EpochChange, Person
from idapp.people import epochs, place_choices
from idapp.people.states import values_of
from idapp.rules import places, record
from idapp.rules.problem import Problem
from tests.cast import Cast, pupil

RESIDENCE = ("province", "district", "commune")
SPLIT = {"province": "Thành phố Hà Nội", "district": "Quận Ba Đình", "commune": "Phường Cống Vị"}


def residence_of(person: Person) -> tuple[str, str, str]:
    now = Person.get_by_id(person.id)
    return tuple(getattr(now, name) for name in RESIDENCE)


def change_to(epoch: str, cast: Cast) -> EpochChange:
    change = epochs.begin(epoch, by=cast.hoa)
    epochs.go_on(change.id)
    return EpochChange.get_by_id(change.id)


def everything() -> list[tuple[object, ...]]:
    """Every stored text of everybody, and the epoch it is read in. Marks tell of the last changeset only."""
    left_out = {"version", "repaired"}
    names = [field for field in Person._meta.sorted_field_names if field not in left_out]
    columns = [getattr(Person, name) for name in names]
    return list(Person.select(*columns).order_by(Person.id).tuples())


@pytest.fixture
def split(cast: Cast) -> Person:
    """A pupil from a commune that went to several."""
    code = places.home_of("3level", *SPLIT.values()).commune.code
    assert len(places.old_to_new(code)) > 1
    values = pupil("Hồ Văn Chia", sex="Nam", serial=77) | SPLIT
    return people.add(kind="student", school_class=cast.class_5a, values=values, by=cast.thu)


def test_a_residence_with_one_successor_is_rewritten(cast: Cast) -> None:
    change = change_to("2level", cast)
    assert change.state == "done"
    assert residence_of(cast.an) == ("Tỉnh Tây Ninh", "", "Xã Mỹ An")
    assert Person.get_by_id(cast.an.id).epoch == "2level"
    assert school.the_campaign().epoch == "2level"
    assert Person.get_by_id(cast.an.id).errors == 0


def test_the_history_says_what_stood_there(cast: Cast) -> None:
    change = change_to("2level", cast)
    written = Change.select().where(Change.person == cast.an, Change.changeset == change.changeset)
    assert {(row.field, row.old, row.new) for row in written} == {
        ("province", "Tỉnh Long An", "Tỉnh Tây Ninh"),
        ("district", "Huyện Thủ Thừa", ""),
    }
    assert {row.user_id for row in written} == {cast.hoa.id}
    an = Person.get_by_id(cast.an.id)
    assert epochs.old_residence_of(an) == "Xã Mỹ An, Huyện Thủ Thừa, Tỉnh Long An"


def test_a_split_commune_keeps_its_texts_and_asks(cast: Cast, split: Person) -> None:
    change = change_to("2level", cast)
    now = Person.get_by_id(split.id)
    assert now.commune == "Phường Cống Vị, Quận Ba Đình, Thành phố Hà Nội"
    assert now.problem_of("commune")["code"] == "choose_place"
    assert change.counts["choose"] == 1


def test_what_was_chosen_once_counts_for_every_record(cast: Cast, split: Person) -> None:
    old_code = split.commune_code
    new_code = places.old_to_new(old_code)[1][0]
    place_choices.remember({old_code: new_code}, by=cast.hoa)
    change = change_to("2level", cast)
    assert Person.get_by_id(split.id).commune_code == new_code
    assert change.counts.get("choose", 0) == 0


def test_only_a_successor_can_be_chosen(cast: Cast, split: Person) -> None:
    with pytest.raises(Problem):
        place_choices.remember({split.commune_code: "00004"}, by=cast.hoa)
    assert place_choices.remembered() == {}


def test_who_is_verified_stays_verified(cast: Cast, split: Person) -> None:
    for person in (cast.an, split):
        before = Person.get_by_id(person.id)
        Person.update(outcome="verified", outcome_hash=_hash_of(before)).where(
            Person.id == person.id
        ).execute()
        people.recompute(Person.get_by_id(person.id))
    change_to("2level", cast)
    assert Person.get_by_id(cast.an.id).status == "verified"
    assert Person.get_by_id(split.id).status == "verified"


def _hash_of(person: Person) -> str:
    return record.identity_hash(values_of(person), people.around(person))


def test_the_undo_gives_back_every_byte(cast: Cast, split: Person) -> None:
    before = everything()
    change_to("2level", cast)
    assert everything() != before
    undone = epochs.begin_undo(by=cast.hoa)
    epochs.go_on(undone.id)
    assert everything() == before
    assert school.the_campaign().epoch == "3level"
    assert EpochChange.get_by_id(undone.id).state == "undone"


def test_a_residence_edited_since_forbids_the_undo(cast: Cast) -> None:
    change_to("2level", cast)
    people.change(cast.an, "commune", "Xã Thủ Thừa", seen="Xã Mỹ An", by=cast.lan)
    with pytest.raises(Problem) as refused:
        epochs.begin_undo(by=cast.hoa)
    assert refused.value.code == "edited"
    assert school.the_campaign().epoch == "2level"


def test_somebody_added_since_forbids_the_undo(cast: Cast) -> None:
    change_to("2level", cast)
    values = pupil("Hồ Thị Mới", serial=78) | {"province": "", "district": "", "commune": ""}
    people.add(kind="student", school_class=cast.class_5a, values=values, by=cast.thu)
    with pytest.raises(Problem):
        epochs.begin_undo(by=cast.hoa)


def test_another_edit_does_not_forbid_the_undo(cast: Cast) -> None:
    change_to("2level", cast)
    people.change(cast.an, "full_name", "Nguyễn Thị Ân", seen="Nguyễn Thị An", by=cast.lan)
    undone = epochs.begin_undo(by=cast.hoa)
    epochs.go_on(undone.id)
    an = Person.get_by_id(cast.an.id)
    assert an.full_name == "Nguyễn Thị Ân"
    assert residence_of(an) == ("Tỉnh Long An", "Huyện Thủ Thừa", "Xã Mỹ An")


def test_an_open_batch_ends_first(cast: Cast) -> None:
    batch = verification.start("school", by=cast.hoa)
    with pytest.raises(Problem) as refused:
        epochs.begin("2level", by=cast.hoa)
    assert refused.value.code == "open_batch"
    Batch.update(state="finished").where(Batch.id == batch.id).execute()
    assert change_to("2level", cast).state == "done"


@pytest.mark.parametrize(("epoch", "code"), [("3level", "same_epoch"), ("x", "unknown_epoch")])
def test_there_must_be_something_to_change(cast: Cast, epoch: str, code: str) -> None:
    with pytest.raises(Problem) as refused:
        epochs.begin(epoch, by=cast.hoa)
    assert refused.value.code == code


def test_a_second_start_does_not_begin_another(cast: Cast) -> None:
    epochs.begin("2level", by=cast.hoa)
    with pytest.raises(Problem):
        epochs.begin("3level", by=cast.hoa)
    assert EpochChange.select().count() == 1


def test_work_that_was_cut_off_is_taken_up_again(
    cast: Cast, split: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(epochs, "_PART", 2)
    change = epochs.begin("2level", by=cast.hoa)
    parts = []

    def cut_off(change: EpochChange) -> bool:
        if parts:
            raise KeyboardInterrupt
        parts.append(change.id)
        return do_part(change)

    do_part = epochs._do_part
    monkeypatch.setattr(epochs, "_do_part", cut_off)
    with pytest.raises(KeyboardInterrupt):
        epochs.go_on(change.id)
    assert {person.epoch for person in Person.select()} == {"2level", "3level"}
    monkeypatch.setattr(epochs, "_do_part", do_part)
    epochs.go_on(change.id)
    assert {person.epoch for person in Person.select()} == {"2level"}
    assert sum(EpochChange.get_by_id(change.id).counts.values()) == change.total


def test_the_preview_says_what_the_change_does(cast: Cast, split: Person) -> None:
    preview = epochs.preview("2level")
    assert [address.texts for address in preview.to_choose] == [tuple(SPLIT.values())]
    change = change_to("2level", cast)
    assert dict(preview.counts) == change.counts


def test_newcomers_are_read_in_the_new_catalogue(cast: Cast) -> None:
    change_to("2level", cast)
    values = pupil("Hồ Thị Mới", serial=78) | {
        "province": "Tỉnh Tây Ninh",
        "district": "",
        "commune": "Xã Mỹ An",
    }
    added = people.add(kind="student", school_class=cast.class_5a, values=values, by=cast.thu)
    assert added.epoch == "2level"
    assert added.errors == 0


def _odd_homes(epoch: str, chance: Random) -> Iterator[dict[str, str]]:
    """Residences as schools have them: right, split, without parts, misspelt, whole in one cell, of no place."""
    provinces = places.children(epoch, "province")
    for number in range(60):
        above = [chance.choice(provinces)]
        if epoch == "3level":
            above.append(chance.choice(places.children(epoch, "district", above[0].code)))
        communes = places.children(epoch, "commune", above[-1].code)
        names = [place.name for place in above]
        district = names[1] if epoch == "3level" else ""
        commune = chance.choice(communes).name if communes else ""
        home = dict(zip(RESIDENCE, (names[0], district, commune), strict=True))
        odd = number % 6
        if odd == 1:
            home[chance.choice(RESIDENCE)] = ""
        elif odd == 2:
            home["commune"] = home["commune"].lower().replace("ã", "a")
        elif odd == 3:
            home |= {"district": "", "commune": ", ".join([home["commune"], *reversed(names)])}
        elif odd == 4:
            home["commune"] = "Xã Không Có Thật"
        yield home


@pytest.mark.parametrize(("epoch", "other"), [("3level", "2level"), ("2level", "3level")])
def test_whatever_a_residence_holds_the_undo_gives_it_back(
    cast: Cast, epoch: str, other: str
) -> None:
    if epoch == "2level":
        change_to("2level", cast)
    newcomers = [
        ("student", cast.class_5b, pupil(f"Hồ Thị {name}", serial=500 + at) | home)
        for at, (name, home) in enumerate(
            zip(cycle(("An", "Ba", "Chi")), _odd_homes(epoch, Random(7)), strict=False)
        )
    ]
    people.add_many(newcomers, by=cast.thu, source="import")
    before = everything()
    change = change_to(other, cast)
    assert min(change.counts[kind] for kind in ("converted", "choose", "unknown")) > 0
    assert everything() != before
    epochs.go_on(epochs.begin_undo(by=cast.hoa).id)
    assert everything() == before
