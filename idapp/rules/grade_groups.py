"""Grades and nursery groups by a short key: ``"5"`` for a grade, ``"MN6"`` for the nursery's group of 5 to 6 years.

The number of a nursery group is its place in grades.csv. A class that is added later belongs to its group by itself.
"""

from idapp.rules import catalogues

_NURSERY = "MN"


def key_of(level: str, grade: int | None) -> str:
    """The group of a class, "" where its grade is not known.

    >>> key_of("TH", 5), key_of("MN", 6), key_of("TH", None)
    ('5', 'MN6', '')
    """
    if grade is None:
        return ""
    return f"{_NURSERY}{grade}" if level == _NURSERY else str(grade)


def names() -> dict[str, str]:
    """{key: name} of all groups there may be, the youngest first.

    >>> names()["5"], names()["MN6"]
    ('Khối 5', 'Mẫu giáo 5-6 tuổi')
    """
    return {key_of(grade.level, _place_of(grade)): grade.name for grade in catalogues.grades()}


def _place_of(grade: catalogues.Grade) -> int:
    """The number by which classes name a grade: grades of school by their name, nursery groups by their place."""
    return grade.order if grade.level == _NURSERY else int(grade.short_name)
