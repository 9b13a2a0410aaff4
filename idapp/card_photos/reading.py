"""Reading the photos that wait, one after another: the work of the background, for one photo also of a page."""

from __future__ import annotations

import logging
import time
from datetime import timedelta

from idapp import scans
from idapp.database import writing
from idapp.models import CardPhoto, utc_now
from idapp.rules import card
from idapp.rules.problem import Problem
from idapp.settings import Settings, current

log = logging.getLogger(__name__)
_TRIES = 3
_ONE_TAKES = timedelta(seconds=180)  # at the turnstile and in the child, on a busy machine
_WORKER_COMES = timedelta(seconds=10)
_PATIENCE = 120.0  # seconds at the turnstile: nobody sits and waits for the background
_GIVEN_UP = "Máy chủ bị ngắt nhiều lần khi đọc ảnh này. Hãy chụp lại hoặc nhập tay."
_GONE = "Ảnh này không còn trên máy chủ. Hãy gửi lại."


def go_on(settings: Settings, *, seconds: float = float("inf")) -> int:
    """Read what waits, of everybody, until nothing does or ``seconds`` are over. Returns how many were read.

    May be called at any moment by any worker: whoever takes a photo says so in its row first.
    """
    deadline = time.monotonic() + seconds
    done = 0
    while time.monotonic() < deadline:
        photo = _next()
        if photo is None or not _read(photo, settings, _PATIENCE):
            break
        done += 1
    return done


def read_one(photo: CardPhoto, settings: Settings) -> CardPhoto:
    """Read this photo while its page waits; it is still ``waiting`` afterwards where others are read for too long."""
    if _claim(photo):
        _read(photo, settings, scans.turnstile.PATIENCE)
    again: CardPhoto = CardPhoto.get_by_id(photo.id)
    return again


def is_overdue() -> bool:
    """Do photos wait that nobody is at work on?"""
    now = utc_now()
    is_fresh = (CardPhoto.state == "reading") & (CardPhoto.state_at > now - _ONE_TAKES)
    if CardPhoto.select().where(is_fresh).exists():
        return False
    waits = CardPhoto.state.in_(("waiting", "reading"))
    return bool(CardPhoto.select().where(waits, CardPhoto.state_at < now - _WORKER_COMES).exists())


def _next() -> CardPhoto | None:
    """The first photo that waits, taken by this reader; one whose reader died counts as waiting."""
    is_left = (CardPhoto.state == "reading") & (CardPhoto.state_at < utc_now() - _ONE_TAKES)
    waiting = CardPhoto.select().where((CardPhoto.state == "waiting") | is_left)
    for photo in waiting.order_by(CardPhoto.id):
        if _claim(photo):
            return photo
    return None


def _claim(photo: CardPhoto) -> bool:
    """Is the photo this reader's? One that killed its readers is refused instead."""
    with writing():
        same = (CardPhoto.id == photo.id) & (CardPhoto.state_at == photo.state_at)
        if photo.attempts >= _TRIES:
            CardPhoto.update(state="refused", sentence=_GIVEN_UP).where(same).execute()
            return False
        claim = CardPhoto.update(state="reading", state_at=utc_now(), attempts=photo.attempts + 1)
        return bool(claim.where(same, CardPhoto.state != "read").execute())


def _read(photo: CardPhoto, settings: Settings, patience: float) -> bool:
    """Bring a photo of ours to read or refused. False where the turnstile was too long: it waits again."""
    came_as = photo.name or ""
    came = scans.page(came_as, 0, settings) if came_as else None
    if came is None:
        _end(photo, state="refused", sentence=_GONE)
        return True
    try:
        content = scans.read_card(came, patience=patience)
    except scans.ScanRefused as refused:
        if refused.code == "busy":
            _end(photo, state="waiting", attempts=photo.attempts)
            return False
        _end(photo, state="refused", sentence=str(refused), name=None)
    else:
        name = scans.keep([content.picture, content.thumbnail], settings)
        if not _end(photo, state="read", name=name, code=_best(content.codes)):
            scans.erase(name, settings)  # put away meanwhile
    scans.erase(came_as, settings)
    return True


def _end(photo: CardPhoto, **values: object) -> bool:
    with writing():
        change = CardPhoto.update(state_at=utc_now(), **values)
        is_ours = (CardPhoto.id == photo.id) & (CardPhoto.state == "reading")
        return bool(change.where(is_ours).execute())


def _best(codes: tuple[str, ...]) -> str:
    """Of the texts of a photo the one of a card; failing that, the first; "" for none."""
    for text in codes:
        try:
            card.read(text, "3level", current().today())
        except Problem:
            continue
        return text
    return next(iter(codes), "")
