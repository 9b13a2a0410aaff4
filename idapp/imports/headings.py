"""Headings nobody recognises: what was said of them before, and what a column can be.

Every province, every version of the ministry's pages and every teacher's own list calls a column otherwise. Where one
that is needed is not found, the user says what it is (``column_questions``). The answer is kept for the next file: the
office's for everybody, a teacher's for that teacher.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from idapp.database import writing
from idapp.models import HeadingMeaning, Import, User, utc_now
from idapp.rosters import heading_key, headings_of
from idapp.rules import record
from idapp.rules.folding import tidy

_OLD_DISTRICT = "Quận/Huyện (địa chỉ trước 07/2025)"
_DISTRICT = re.compile(r"\b(huyện|quận|thị xã|tx|huyen|quan|thi xa)\b")
_LABELS = {
    "school_class": "Lớp",
    "state": "Trạng thái",
    "record_id": "Mã hồ sơ",
    "version": "Phiên bản",
    "family_name": "Họ và tên đệm",
    "given_name": "Tên",
}


def meanings_for(by: User) -> dict[str, str]:
    """What was explained before: {folded heading: field, or "" for of no use}. The own word counts before others'."""
    query = HeadingMeaning.select(HeadingMeaning, User).join(User).order_by(HeadingMeaning.at)
    of_office: dict[str, str] = {}
    of_user: dict[str, str] = {}
    # the oldest first: of several clerks the last word counts
    for meaning in query:
        if meaning.user_id == by.id:
            of_user[meaning.key] = meaning.field
        elif meaning.user.role in ("clerk", "principal"):
            of_office[meaning.key] = meaning.field
    return of_office | of_user


def explained_by(by: User) -> list[HeadingMeaning]:
    """For the page that lets the user take an explanation back."""
    return list(
        HeadingMeaning.select().where(HeadingMeaning.user == by).order_by(HeadingMeaning.heading)
    )


def explained_in(upload: Import, by: User) -> list[HeadingMeaning]:
    """Which columns of a file are understood as this user once said."""
    keys = set[str]()
    for table in upload.tables:
        keys.update(heading_key(heading) for heading in table["headings"])
    return [meaning for meaning in explained_by(by) if meaning.key in keys]


def forget_all_in(upload: Import, *, by: User) -> int:
    """So that the file is asked about again when it comes again. Returns how many explanations are gone."""
    with writing():
        ids = [meaning.id for meaning in explained_in(upload, by)]
        return int(HeadingMeaning.delete().where(HeadingMeaning.id.in_(ids)).execute())


def remember(columns: Mapping[str, str], headings: Mapping[str, str], *, by: User) -> None:
    """{key: field}; ``headings`` is {key: heading as it stood}."""
    with writing():
        for key, field in columns.items():
            # a new answer takes the place of the one before: there is one for each heading
            HeadingMeaning.delete().where(
                HeadingMeaning.user == by, HeadingMeaning.key == key
            ).execute()
            heading = headings.get(key, key)
            HeadingMeaning.create(user=by, key=key, heading=heading, field=field, at=utc_now())


def forget(meaning_id: int, *, by: User) -> bool:
    """Take one explanation back; False if this user has none with the id."""
    with writing():
        query = HeadingMeaning.delete().where(
            HeadingMeaning.id == meaning_id, HeadingMeaning.user == by
        )
        return bool(query.execute())


def label_of(field: str) -> str:
    """What the user calls a field, or a column that is no field of a record."""
    if field in record.FIELD:
        return record.FIELD[field].label
    if field in _LABELS:
        return _LABELS[field]
    return next(iter(headings_of(field)), field)


def choices(questions: Iterable[Mapping[str, Any]], epoch: str) -> list[tuple[str, str]]:
    """What a column can be: (field, label).

    In two levels the district is one only where a column that is asked about names districts: that is how a file of
    before 01/07/2025 says which commune it means.
    """
    halves = [
        ("family_name", "Họ và tên đệm (ghép với cột Tên)"),
        ("given_name", "Tên (ghép sau cột Họ và tên đệm)"),
    ]
    labels = {column.name: column.label for column in record.FIELDS}
    if epoch == "2level":
        labels.pop("district")
        if any(map(_has_districts, questions)):
            labels["district"] = _OLD_DISTRICT
    first, *others = labels.items()
    return [("school_class", "Lớp"), first, *halves, *others, ("state", "Trạng thái")]


def _has_districts(question: Mapping[str, Any]) -> bool:
    return any(map(_names_districts, question.get("columns", ())))


def _names_districts(column: Mapping[str, Any]) -> bool:
    texts = [column["heading"], *column.get("samples", ())]
    return any(_DISTRICT.search(tidy(text).lower()) for text in texts)
