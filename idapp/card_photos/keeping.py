"""Photos of cards while they wait: encrypted among the scans, seen by who sent them, gone after a day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta

from idapp import audit, disclosures, scans
from idapp.database import writing
from idapp.models import CardPhoto, Person, SchoolClass, User, utc_now
from idapp.scans.limits import MAX_BYTES
from idapp.settings import Settings

MOST_PHOTOS = 60  # of one user for one class: everybody's, and some twice
KEPT = timedelta(days=1)
_LONGEST_NAME = 120
_WHOLE = 0  # pages of the encrypted file
_THUMBNAIL = 1


class StackFull(Exception):
    """The user has sent as many photos for the class as may wait at once."""


def add(
    data: bytes,
    file_name: str,
    *,
    by: User,
    school_class: SchoolClass | None = None,
    person: Person | None = None,
    settings: Settings,
) -> CardPhoto:
    """Keep a photo as it came, encrypted, to be read; for a class, or for one person.

    One that is empty or too large is kept as a refusal only. Raises ``StackFull``.
    """
    if school_class is not None and stack_of(school_class, by).count() >= MOST_PHOTOS:
        raise StackFull
    photo = CardPhoto(user=by, school_class=school_class, person=person)
    photo.file_name = _tidy_name(file_name)
    refusal = _refusal(data)
    if refusal is not None:
        photo.state = "refused"
        photo.sentence = str(refusal)
    else:
        photo.name = scans.keep([data], settings)
    with writing():
        photo.save()
        subject = f"class {school_class.id}" if school_class else f"card photo {photo.id}"
        audit.record("photo.added", by=by, person=person, subject=subject)
    return photo


def _refusal(data: bytes) -> scans.ScanRefused | None:
    if not data:
        return scans.ScanRefused("empty")
    if len(data) > MAX_BYTES:
        return scans.ScanRefused("too_large")
    return None


def _tidy_name(file_name: str) -> str:
    """Only to tell photos apart: the last part, without what cannot be printed, not endless.

    >>> _tidy_name("C:/anh/../the\\u202e.jpg")
    'the.jpg'
    """
    last = file_name.replace("\\", "/").rpartition("/")[2]
    return "".join(filter(str.isprintable, last))[:_LONGEST_NAME]


def stack_of(school_class: SchoolClass, user: User):  # type: ignore[no-untyped-def]
    """A query of the photos that this user has sent for the class, in the order in which they came."""
    query = CardPhoto.select().where(CardPhoto.user == user, CardPhoto.school_class == school_class)
    return query.order_by(CardPhoto.id)


def of_person(person: Person, user: User):  # type: ignore[no-untyped-def]
    """A query of the photos that this user has sent for, or given to, the person."""
    query = CardPhoto.select().where(CardPhoto.user == user, CardPhoto.person == person)
    return query.order_by(CardPhoto.id)


def photo_of(user: User, photo_id: int) -> CardPhoto | None:
    """A photo that this user has sent, None for any other."""
    query = CardPhoto.select().where(CardPhoto.id == photo_id, CardPhoto.user == user)
    photo: CardPhoto | None = query.first()
    return photo


def picture(photo: CardPhoto, *, small: bool, by: User, settings: Settings) -> bytes | None:
    """The JPEG, or a small one; None before it is read, or if its file is gone. The first look is in the audit."""
    if photo.state != "read" or photo.name is None:
        return None
    jpeg = scans.page(photo.name, _THUMBNAIL if small else _WHOLE, settings)
    if jpeg is not None and photo.seen_at is None:
        with writing():
            is_first = CardPhoto.update(seen_at=utc_now()).where(
                CardPhoto.id == photo.id, CardPhoto.seen_at.is_null()
            )
            if is_first.execute():
                subject = f"card photo {photo.id}"
                disclosures.record("photo.seen", subject, by=by, person=photo.person)
    return jpeg


def choose(
    photos: Iterable[CardPhoto], people: Mapping[int, Person | None], ticked: set[int]
) -> None:
    """Note what the user said of the shown photos: {photo id: whose it is, None for as the card says}; the ticks."""
    with writing():
        for photo in photos:
            person = people.get(photo.id, photo.person)
            is_ticked = photo.id in ticked
            if photo.id in people and person != photo.person:
                is_ticked = person is not None  # who says whose it is means to write it
            CardPhoto.update(person=person, ticked=is_ticked).where(
                CardPhoto.id == photo.id
            ).execute()


def drop(photos: Iterable[CardPhoto], *, by: User | None, settings: Settings) -> int:
    """Put photos away unwritten, rows first. Returns how many went."""
    gone = list(photos)
    if not gone:
        return 0
    with writing():
        CardPhoto.delete().where(CardPhoto.id.in_([photo.id for photo in gone])).execute()
        audit.record("photo.erased", by=by, new=f"{len(gone)} ảnh")
    # A crash in between leaves files without a row, which the maintenance erases.
    for photo in gone:
        if photo.name:
            scans.erase(photo.name, settings)
    return len(gone)


def forget_old(settings: Settings) -> int:
    """What nobody came back for: part of the maintenance. Returns how many went."""
    old = CardPhoto.select().where(CardPhoto.added_at < utc_now() - KEPT)
    return drop(old, by=None, settings=settings)
