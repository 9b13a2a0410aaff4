"""Photos of identity papers: made harmless, encrypted, seen only by those who may, really gone."""

import io
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from PIL import Image

from idapp import notices, scans
from idapp.models import Change, Person, Scan, utc_now
from idapp.notices import papers
from idapp.rules.problem import Problem
from idapp.settings import Settings
from tests.cast import Cast


def photo(kind: str = "JPEG", size: tuple[int, int] = (640, 480), **more: object) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", size, "white").save(target, kind, **more)
    return target.getvalue()


def with_traces() -> bytes:
    """A phone's photo: place, camera, a note, turned by 90 degrees."""
    exif = Image.Exif()
    exif[0x010E], exif[0x0110], exif[0x0112] = "nha rieng", "DienThoai X", 6
    exif.get_ifd(0x8825)[1] = "N"
    return photo(exif=exif, comment=b"bi mat")


def test_a_photo_comes_out_without_its_traces_and_upright() -> None:
    dirty = with_traces()
    assert b"nha rieng" in dirty
    assert b"bi mat" in dirty
    [page] = scans.clean(dirty)
    assert b"nha rieng" not in page
    assert b"bi mat" not in page
    assert b"Exif" not in page
    with Image.open(io.BytesIO(page)) as clean:
        assert clean.size == (480, 640)
        assert not clean.getexif()
        assert clean.format == "JPEG"


def test_what_is_glued_behind_the_picture_does_not_come_out() -> None:
    [page] = scans.clean(photo() + b"<script>alert(1)</script>PK\x03\x04")
    assert b"<script>" not in page
    assert b"PK\x03\x04" not in page


def test_a_pdf_becomes_pictures_and_its_script_is_gone() -> None:
    target = io.BytesIO()
    Image.new("RGB", (600, 800), "white").save(
        target, "PDF", save_all=True, append_images=[Image.new("RGB", (600, 800))]
    )
    spiked = target.getvalue() + b"\n<< /S /JavaScript /JS (app.alert(1)) >>"
    pages = scans.clean(spiked)
    assert len(pages) == 2
    assert all(page.startswith(b"\xff\xd8\xff") and b"JavaScript" not in page for page in pages)


def bomb() -> bytes:
    target = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(target, "PNG")
    return target.getvalue()


def long_pdf() -> bytes:
    target = io.BytesIO()
    page = Image.new("RGB", (60, 80))
    page.save(target, "PDF", save_all=True, append_images=[page] * 4)
    return target.getvalue()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "kind"),
        (b"<html>", "kind"),
        (b"GIF89a" + b"\0" * 50, "kind"),
        (b"\0\0\0\x18ftypheic" + b"\0" * 50, "heic"),
        (photo()[:30] + b"%PDF-1.7" + photo()[30:], "kind"),
        (photo()[:200], "broken"),
        (b"%PDF-1.7 nothing", "broken"),
        (lambda: b"\xff\xd8\xff" + b"\0" * (13 * 2**20), "too_large"),
        (bomb, "too_heavy"),
        (long_pdf, "pages"),
    ],
    ids=[
        "empty",
        "svg",
        "html",
        "gif",
        "heic",
        "two at once",
        "cut",
        "no pdf",
        "large",
        "bomb",
        "pages",
    ],
)
def test_anything_else_is_refused_with_a_sentence(
    data: bytes | Callable[[], bytes], code: str
) -> None:
    with pytest.raises(scans.ScanRefused) as refused:
        scans.clean(
            data() if callable(data) else data
        )  # the heavy ones are not made by whoever only collects
    assert refused.value.code == code
    assert len(str(refused.value)) > 20


def test_on_the_disk_there_is_nothing_to_look_at(settings: Settings) -> None:
    name = scans.keep([photo()], settings)
    [file] = (settings.data / "scans").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert b"\xff\xd8" not in file.read_bytes()[:64]
    assert scans.page(name, 0, settings) == photo()
    assert scans.page(name, 1, settings) is None
    file.rename(file.with_name(file.name.replace("-0", "-1")))  # a page passed off as another
    assert scans.page(name, 1, settings) is None


@pytest.mark.parametrize("name", ["", "../secret_key", "a/b", "ABC"])
def test_a_name_never_leads_out_of_the_folder(name: str, settings: Settings) -> None:
    with pytest.raises(ValueError, match="not the name"):
        scans.page(name, 0, settings)


def files(settings: Settings) -> list[Path]:
    return list((settings.data / "scans").glob("*"))


def test_a_scan_belongs_to_a_case_and_every_look_is_written_down(
    cast: Cast, settings: Settings
) -> None:
    notices.set_progress(cast.binh, "police", by=cast.lan, today=date(2022, 10, 16))
    scan = papers.add(cast.binh, photo(), evidence="notice", by=cast.lan, settings=settings)
    case = notices.open_case(cast.binh)
    assert papers.kept_of(cast.binh) == [scan]
    assert case
    assert (case.state, case.due_on) == ("received", None)
    assert papers.page(scan, 0, by=cast.thu, settings=settings)
    seen = Change.get(Change.event == "scan.seen")
    assert (seen.user, seen.person) == (cast.thu, cast.binh)


def test_a_refused_photo_leaves_nothing(cast: Cast, settings: Settings) -> None:
    with pytest.raises(Problem):
        papers.add(cast.binh, b"<svg/>", evidence="notice", by=cast.lan, settings=settings)
    with pytest.raises(Problem, match="loại giấy tờ"):
        papers.add(cast.binh, photo(), evidence="selfie", by=cast.lan, settings=settings)
    assert not Scan.select().exists()
    assert not files(settings)
    assert notices.open_case(cast.binh) is None


def test_erased_is_really_gone(cast: Cast, settings: Settings) -> None:
    scan = papers.add(cast.binh, photo(), evidence="notice", by=cast.lan, settings=settings)
    papers.erase(scan, because="by hand", by=cast.lan, settings=settings)
    assert not files(settings)
    assert papers.kept_of(cast.binh) == []
    assert papers.page(scan, 0, by=cast.lan, settings=settings) is None


def test_after_verification_and_after_some_weeks_they_go_by_themselves(
    cast: Cast, settings: Settings
) -> None:
    papers.add(cast.binh, photo(), evidence="notice", by=cast.lan, settings=settings)
    old = papers.add(cast.an, photo(), evidence="notice", by=cast.lan, settings=settings)
    papers.add(cast.chi, photo(), evidence="notice", by=cast.minh, settings=settings)
    assert papers.erase_done(settings) == 0
    Person.update(status="verified").where(Person.id == cast.binh.id).execute()
    Scan.update(added_at=utc_now() - timedelta(days=papers.KEEP_DAYS + 1)).where(
        Scan.id == old.id
    ).execute()
    assert papers.erase_done(settings) == 2
    assert len(files(settings)) == 1


def test_a_file_without_a_row_does_not_stay(cast: Cast, settings: Settings) -> None:
    import os
    import time

    name = scans.keep([photo()], settings)
    assert papers.erase_done(settings) == 0  # it may be on its way to its row
    before = time.time() - 3600
    for file in files(settings):
        os.utime(file, (before, before))
    assert papers.erase_done(settings) == 1
    assert scans.page(name, 0, settings) is None
