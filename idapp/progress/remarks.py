"""What the managing office says about a class or about the staff, and what the school answers."""

from __future__ import annotations

from peewee import ModelSelect

from idapp import audit, permissions
from idapp.database import writing
from idapp.models import Remark, SchoolClass, User, utc_now
from idapp.rules.folding import tidy
from idapp.rules.problem import Problem

MAX_LENGTH = 1000


def say(text: str, *, about: SchoolClass | None, by: User) -> Remark:
    """A remark about a class; ``about`` None: about the staff. Raises Problem for a text that is empty or too long."""
    text = _checked(text)
    subject = "staff"
    if about:
        subject = f"class {about.id}"
    with writing():
        remark = Remark.create(school_class=about, author=by, text=text)
        audit.record("remark.made", by=by, subject=subject, new=text)
    return remark


def answer(remark: Remark, text: str, *, by: User) -> None:
    """What the school says to it; a later answer replaces it. Raises Problem for an empty or too long text."""
    text = _checked(text)
    with writing():
        audit.record(
            "remark.answered", by=by, subject=f"remark {remark.id}", old=remark.answer, new=text
        )
        remark.answer = text
        remark.answered_by = by
        remark.answered_at = utc_now()
        remark.save(only=[Remark.answer, Remark.answered_by, Remark.answered_at])


def seen_by(user: User) -> ModelSelect[Remark]:
    """Newest first; a teacher sees those about the own classes."""
    query = Remark.select(Remark, SchoolClass, User).left_outer_join(SchoolClass).switch(Remark)
    query = query.join(User, on=Remark.author).order_by(Remark.id.desc())
    if user.role == "teacher":
        classes = permissions.classes_of(user).select(SchoolClass.id)
        query = query.where(Remark.school_class.in_(classes.order_by()))  # a set needs no order
    return query


def _checked(text: str) -> str:
    text = tidy(text)
    if not text:
        raise Problem("text", "missing", "Hãy viết một câu nhận xét rồi gửi.")
    if len(text) > MAX_LENGTH:
        sentence = f"Nhận xét dài {len(text)} ký tự, nhiều nhất là {MAX_LENGTH}: hãy rút ngắn."
        raise Problem("text", "too_long", sentence)
    return text
