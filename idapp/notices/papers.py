"""The photo of a family's paper: who added it, who looked at it, and that it goes away again.

The pages themselves lie encrypted in ``idapp.scans``. They are erased when the record is verified (setting, default on)
and in any case after ``KEEP_DAYS``.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from peewee import ModelSelect

from idapp import audit, disclosures, scans, stored_settings
from idapp.database import rows, writing
from idapp.models import EVIDENCE, CardPhoto, PaperCase, Person, Scan, User, utc_now
from idapp.notices.cases import open_by_hand, set_progress
from idapp.rules.problem import Problem
from idapp.settings import Settings

log = logging.getLogger(__name__)
KEEP_DAYS = 60
MOST_PER_CASE = 6
_NOT_BROUGHT = ("open", "asked", "police")


def add(person: Person, data: bytes, *, evidence: str, by: User, settings: Settings) -> Scan:
    """Clean, encrypt, keep: the family has brought it.

    data      the photo or PDF as it was uploaded
    evidence  one of EVIDENCE

    Raises Problem for a file that cannot be taken, an unknown kind of paper, and for more than ``MOST_PER_CASE``.
    """
    if evidence not in EVIDENCE:
        raise Problem("evidence", "unknown", "Hãy chọn loại giấy tờ trong danh sách.")
    if len(kept_of(person)) >= MOST_PER_CASE:
        sentence = f"Hồ sơ đã có {MOST_PER_CASE} ảnh giấy tờ. Hãy xóa bớt ảnh cũ rồi thêm ảnh mới."
        raise Problem("file", "too_many", sentence)
    try:
        pages = scans.clean(data)
    except scans.ScanRefused as refused:
        raise Problem("file", refused.code, str(refused)) from refused
    name = scans.keep(pages, settings)
    try:
        return _record(person, name, len(pages), evidence, by)
    except Exception:
        # The file is written before its row: without the row nobody would ever erase it.
        scans.erase(name, settings)
        raise


def attach(person: Person, name: str, *, evidence: str, by: User) -> Scan:
    """A photo that lies encrypted under this name already becomes evidence of the person's case."""
    return _record(person, name, 1, evidence, by)


def _record(person: Person, name: str, pages: int, evidence: str, by: User) -> Scan:
    """The row of a file that is stored; with the photo the family's paper has arrived."""
    with writing():
        case = open_by_hand(person, by=by)
        if case.state in _NOT_BROUGHT:
            set_progress(person, "received", by=by)
        audit.record("scan.added", by=by, person=person, new=evidence)
        return Scan.create(case=case, evidence=evidence, name=name, pages=pages, added_by=by)


def kept_of(person: Person) -> list[Scan]:
    """Photos that are still there, of the open case."""
    query = (
        Scan.select(Scan, PaperCase)
        .join(PaperCase)
        .where(PaperCase.person == person, Scan.erased_at.is_null())
    )
    return list(query.order_by(Scan.id))


def page(scan: Scan, number: int, *, by: User, settings: Settings) -> bytes | None:
    """One page as JPEG; every look is in the audit. None if its file is gone."""
    jpeg = scans.page(scan.name, number, settings)
    if jpeg is None:
        return None
    disclosures.record("scan.seen", f"scan {scan.id}", by=by, person=scan.case.person)
    return jpeg


def erase(scan: Scan, *, because: str, by: User | None, settings: Settings) -> None:
    """Take the pages away; the row stays and says why. Twice is as good as once.

    because  by hand, verified or too old
    """
    with writing():
        erased = Scan.update(erased_at=utc_now(), erased_because=because)
        is_first = erased.where(Scan.id == scan.id, Scan.erased_at.is_null()).execute()
        if is_first:
            whose = scan.case.person
            subject = f"scan {scan.id}"
            audit.record("scan.erased", by=by, person=whose, subject=subject, new=because)
    # After the row: a crash in between leaves a file without a row, which erase_done finds.
    scans.erase(scan.name, settings)


def erase_done(settings: Settings) -> int:
    """Photos of verified records, photos that are too old, and files that belong to no row. Returns how many went."""
    days = min(stored_settings.number_of("retention.scans", KEEP_DAYS), KEEP_DAYS)
    due = list(due_at(settings, utc_now(), days))
    for scan in due:
        erase(scan, because=_why_erased(scan), by=None, settings=settings)
    return len(due) + _erase_orphans(settings)


def due_at(settings: Settings, moment: datetime, days: int) -> ModelSelect[Scan]:
    """Photos that go by this moment, if they are kept for so many days."""
    stored = (
        Scan.select(Scan, PaperCase, Person)
        .join(PaperCase)
        .join(Person)
        .where(Scan.erased_at.is_null())
    )
    verified = (Person.status == "verified") & settings.erase_scans
    return stored.where(verified | (Scan.added_at < moment - timedelta(days=days)))


def _why_erased(scan: Scan) -> str:
    if scan.case.person.status == "verified":
        return "verified"
    return "too old"


def _erase_orphans(settings: Settings) -> int:
    """A crash between writing a file and its row, or between the row's end and the file's."""
    known = names_in_use()
    # Ten minutes: a file that is just being added has no row yet.
    orphans = scans.names_older_than(settings, minutes=10) - known
    for name in orphans:
        scans.erase(name, settings)
        log.warning("erased a scan without a row")
    return len(orphans)


def names_in_use() -> set[str]:
    """The names of the files that a row still needs: photos of papers, and of cards on their way into a record."""
    papers_kept = rows(Scan.select(Scan.name).where(Scan.erased_at.is_null()))
    cards_kept = rows(CardPhoto.select(CardPhoto.name).where(CardPhoto.name.is_null(False)))
    return {name for (name,) in [*papers_kept, *cards_kept]}
