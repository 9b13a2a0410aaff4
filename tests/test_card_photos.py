"""Photos of cards: read, paired, written as one step, gone; hostile ones get a sentence each."""

import io
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from PIL import Image

from idapp import card_photos, notices, people, scans
from idapp.demo.card_photos import card_image, on_a_table
from idapp.models import CardPhoto, Change, Person, Scan, User, utc_now
from idapp.notices import papers
from idapp.people import undoing
from idapp.settings import Settings
from tests import photographed
from tests.cast import Cast, number_for, pupil

NUMBER = number_for(2012, "Nam", 55)
HOME = "Ấp 3, Mỹ Lạc, Thủ Thừa, Long An"
BINH = f"{NUMBER}||Trần Văn Bình|05062012|Nam|{HOME}|10072021"


def picture(code: str, **more: float) -> bytes:
    return photographed.jpeg(on_a_table(card_image(code), (1000, 750), **more))


# the pixels


def test_bad_photos_are_read() -> None:
    """A few; ``python -m tests.bench photos`` counts all kinds."""
    small = photographed.photo(BINH, size=(2000, 1500), angle=33, skew=0.06)
    for spoil in (
        photographed.smaller(0.5),
        photographed.darker(0.15),
        photographed.noisy(30),
        photographed.blurred(2),
    ):
        assert scans.read_card(photographed.jpeg(spoil(small), 30)).codes == (BINH,)


def test_a_turned_photo_comes_out_upright_and_without_traces() -> None:
    exif = Image.Exif()
    exif[0x010E], exif[0x0112] = "nha rieng", 6
    content = scans.read_card(
        photographed.jpeg(on_a_table(card_image(BINH), (1000, 750)), exif=exif)
    )
    assert content.codes == (BINH,)
    with Image.open(io.BytesIO(content.picture)) as upright:
        assert upright.size == (750, 1000)
        assert not upright.getexif()
    with Image.open(io.BytesIO(content.thumbnail)) as small:
        assert max(small.size) <= 480


def test_a_photo_of_48_megapixels_is_taken() -> None:
    large = Image.new("RGB", (8000, 6000), "white")
    assert scans.read_card(photographed.jpeg(large, 30)).codes == ()


def animated() -> bytes:
    target = io.BytesIO()
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("white", "black")]
    frames[0].save(target, "PNG", save_all=True, append_images=frames[1:])
    return target.getvalue()


def bomb() -> bytes:
    target = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(target, "PNG")
    return target.getvalue()


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: b"\0\0\0\x18ftypheic" + b"\0" * 50, "heic"),
        (lambda: b"%PDF-1.7", "no_photo"),
        (lambda: picture(BINH)[:30] + b"%PDF-1.7" + picture(BINH)[30:], "no_photo"),
        (lambda: picture(BINH)[:900], "broken"),
        (lambda: b"<svg onload=alert(1)>", "kind"),
        (bomb, "too_heavy"),
    ],
    ids=["heic", "pdf", "polyglot", "cut", "svg", "bomb"],
)
def test_what_is_no_photo_is_refused(make: Callable[[], bytes], code: str) -> None:
    with pytest.raises(scans.ScanRefused) as refused:
        scans.read_card(make())
    assert refused.value.code == code


def test_an_animated_picture_is_its_first_frame() -> None:
    assert scans.read_card(animated()).codes == ()


# the pairs: photos that are read already, so that these tests cost nothing


@pytest.fixture
def stack(cast: Cast, settings: Settings) -> Iterator[Callable[..., CardPhoto]]:
    def of(code: str, *, by: User = cast.lan, **more: object) -> CardPhoto:
        name = scans.keep([b"jpeg", b"small"], settings)
        photo: CardPhoto = CardPhoto.create(
            user=by, school_class=cast.class_5a, name=name, state="read", code=code, **more
        )
        return photo

    yield of


def pairs(cast: Cast, by: User | None = None) -> list[card_photos.Pair]:
    pupils = list(Person.select().where(Person.school_class == cast.class_5a, Person.active))
    photos = card_photos.stack_of(cast.class_5a, by or cast.lan)
    return card_photos.pairs_of(photos, pupils, utc_now().date())


def standing(cast: Cast) -> list[tuple[str, str]]:
    return [
        (pair.standing, pair.proposal.person.full_name if pair.proposal else "")
        for pair in pairs(cast)
    ]


def test_whose_card_it_is(cast: Cast, stack: Callable[..., CardPhoto]) -> None:
    an = cast.an.identity_number
    stack(BINH)  # by name and birth date
    stack(f"{an}||Nguyễn Thị An|20032012|Nữ|{HOME}|")  # by number
    stack(f"{number_for(2012, 'Nữ', 3)}||Lê Thị Chi|20032012|Nữ|{HOME}|")  # of another class
    stack("https://vi-du.example/<script>alert(1)</script>")
    stack("")
    assert standing(cast) == [
        ("sure", "Trần Văn Bình"),
        ("sure", "Nguyễn Thị An"),
        ("unmatched", ""),
        ("unread", ""),
        ("unread", ""),
    ]
    told = pairs(cast)
    assert "Lê Thị Chi" in told[2].doubts[0]
    assert "https://vi-du.example/" in told[3].doubts[0]
    assert [pair.is_ticked for pair in told] == [True, True, False, False, False]


@pytest.mark.parametrize(
    ("code", "why"),
    [
        (BINH.replace("05062012", "06062012"), "Chỉ giống họ tên"),
        (f"{number_for(2012, 'Nữ', 77)}||Nguyễn Thị An|20032012|Nữ||", "Trong bảng đang ghi số"),
    ],
)
def test_a_doubt_is_said_and_not_ticked(
    cast: Cast, stack: Callable[..., CardPhoto], code: str, why: str
) -> None:
    stack(code)
    [pair] = pairs(cast)
    assert pair.standing == "doubtful"
    assert why in " ".join(pair.doubts)
    assert not pair.is_ticked


def test_somebody_elses_number_never_goes_by_itself(
    cast: Cast, stack: Callable[..., CardPhoto]
) -> None:
    stack(f"{cast.an.identity_number}||Trần Văn Bình|05062012|Nam|{HOME}|")
    [pair] = pairs(cast)
    assert (pair.standing, pair.is_ticked) == ("doubtful", False)


def test_two_photos_of_one_pupil_and_namesakes_are_told(
    cast: Cast, stack: Callable[..., CardPhoto]
) -> None:
    twin = pupil("Lê Văn Tý", sex="Nam") | {"identity_number": ""}
    people.add_many([("student", cast.class_5a, twin)] * 2, by=cast.thu, source="import")
    stack(BINH)
    stack(BINH.replace(HOME, ""))
    stack(f"{NUMBER[:-2]}99||Lê Văn Tý|20032012|Nam|{HOME}|")
    first, second, namesake = pairs(cast)
    assert "Có 2 ảnh cho em này" in first.doubts[0]
    assert (first.is_ticked, second.is_ticked) == (False, False)
    assert namesake.standing == "unmatched"
    assert "có 2 em giống nhau" in namesake.doubts[0]


def test_all_chosen_cards_are_one_step_and_one_undo(
    cast: Cast, settings: Settings, stack: Callable[..., CardPhoto]
) -> None:
    stack(BINH)
    stack(f"{cast.an.identity_number}||Nguyễn Thị An|20032012|Nữ|{HOME}|")
    chosen = pairs(cast)
    seen = {
        pair.proposal.person.id: {each.field: each.old for each in pair.proposal.differences}
        for pair in chosen
        if pair.proposal
    }
    notices.set_progress(cast.binh, "asked", by=cast.lan)
    outcome = card_photos.confirm(chosen, seen, keep=True, by=cast.lan, settings=settings)
    binh = Person.get_by_id(cast.binh.id)
    assert (binh.identity_number, binh.commune, binh.address) == (NUMBER, "Xã Mỹ Lạc", "Ấp 3")
    rows = list(Change.select().where(Change.changeset == outcome.report.changeset))
    assert {(row.source, row.user_id) for row in rows} == {("card", cast.lan.id)}
    assert {row.person_id for row in rows} == {cast.an.id, cast.binh.id}
    assert not CardPhoto.select().exists()
    # Bình has a case: the photo is its evidence now; An's is gone
    [scan] = Scan.select()
    assert scan.case.person == cast.binh
    assert scans.names_older_than(settings, minutes=-1) == {scan.name}
    undoing.undo(Person.select(), by=cast.lan)
    assert Person.get_by_id(cast.binh.id).identity_number == ""
    assert Person.get_by_id(cast.an.id).commune == "Xã Mỹ An"


def test_what_somebody_else_wrote_meanwhile_stays(
    cast: Cast, settings: Settings, stack: Callable[..., CardPhoto]
) -> None:
    stack(BINH)
    seen = {cast.binh.id: {"identity_number": "", "commune": "Xã Mỹ An", "address": ""}}
    people.change(cast.binh, "identity_number", "100212999999", seen="", by=cast.thu)
    outcome = card_photos.confirm(pairs(cast), seen, keep=False, by=cast.lan, settings=settings)
    assert Person.get_by_id(cast.binh.id).identity_number == "100212999999"
    assert len(outcome.report.conflicts) == 1
    assert CardPhoto.select().count() == 1  # to be looked at again


# their life


def test_a_stack_is_read_in_the_background(cast: Cast, settings: Settings) -> None:
    keep = {"by": cast.lan, "school_class": cast.class_5a, "settings": settings}
    card_photos.add(picture(BINH), "C:\\anh\\1.jpg", **keep)
    card_photos.add(b"<svg>", "2.jpg", **keep)
    card_photos.add(b"", "3.jpg", **keep)
    CardPhoto.update(state_at=utc_now() - timedelta(seconds=20)).execute()
    assert card_photos.is_overdue()
    assert card_photos.go_on(settings) == 2
    assert not card_photos.is_overdue()
    photos = list(card_photos.stack_of(cast.class_5a, cast.lan))
    assert [photo.state for photo in photos] == ["read", "refused", "refused"]
    assert (photos[0].code, photos[0].file_name) == (BINH, "1.jpg")
    assert card_photos.picture(photos[0], small=True, by=cast.lan, settings=settings)
    assert card_photos.picture(photos[0], small=False, by=cast.lan, settings=settings)
    assert Change.select().where(Change.event == "photo.seen").count() == 1
    # what came in is gone: two encrypted pages of one photo are left
    assert len(list((settings.data / "scans").iterdir())) == 2


def test_a_photo_that_kills_its_readers_is_given_up(cast: Cast, settings: Settings) -> None:
    photo = card_photos.add(
        picture(BINH), "1.jpg", by=cast.lan, school_class=cast.class_5a, settings=settings
    )
    long_ago = utc_now() - timedelta(minutes=10)
    CardPhoto.update(state="reading", attempts=3, state_at=long_ago).execute()
    assert card_photos.go_on(settings) == 0
    assert CardPhoto.get_by_id(photo.id).state == "refused"


def test_what_nobody_came_back_for_goes(
    cast: Cast, settings: Settings, stack: Callable[..., CardPhoto]
) -> None:
    stack(BINH, added_at=utc_now() - timedelta(days=1, minutes=1))
    kept = stack(BINH)
    assert card_photos.forget_old(settings) == 1
    assert scans.names_older_than(settings, minutes=-1) == {kept.name}
    assert papers.names_in_use() == {kept.name}  # the maintenance takes no orphan for it
