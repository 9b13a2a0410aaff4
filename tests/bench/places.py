"""Two levels of places beside three: a class table, a paste of 45 addresses, a file of 1,980 rows with old addresses.

The floor of each line is the same deed in the same school before it changed its catalogue. The two are minutes apart,
so the time of this process counts: a neighbour on the machine would make one of them slower. The school is left in two
levels, so this section comes last.
"""

import io
import itertools
import sys
import time
from collections.abc import Iterator

from flask.testing import FlaskClient

from idapp import imports, people
from idapp.database import connected
from idapp.models import Campaign, Person
from idapp.people import epochs
from idapp.rules import places
from idapp.rules.places import Address
from idapp.workbook import Column, Page, write_workbook
from tests.bench.figures import Figure, p50, seconds_of
from tests.bench.ground import CLASS_SIZE, HEADINGS, Ground, get, lines

_AGAINST = "the same in three levels"
_PROVINCE = HEADINGS.index("Tỉnh/Thành phố (Theo địa chỉ thường trú)")
_CLOCK = time.process_time
_READINGS = 3
_PASTES = 20
Home = tuple[str, str, str]


def figures(ground: Ground) -> Iterator[Figure]:
    data = _file_of_old_addresses()
    floors = _measured(ground, data, _old_addresses())
    with connected():
        begun = epochs.begin("2level", by=ground.cast.hoa)
        took = seconds_of(lambda: epochs.go_on(begun.id), _CLOCK)
    measured = _measured(ground, data, _new_addresses())
    for name, floor in floors.items():
        yield Figure(name, measured[name], floor, _AGAINST)
    yield Figure(
        f"paste {CLASS_SIZE} old addresses, p50",
        _paste(ground, [("", "", ", ".join(reversed(a))) for a in _old_addresses()]),
        floors[f"paste {CLASS_SIZE} addresses, p50"],
        "three cells each in three levels",
    )
    yield Figure(f"change the catalogue of {begun.total:,}", took, 0, "", "in parts of a hundred")


def _measured(ground: Ground, data: bytes, addresses: list[Home]) -> dict[str, float]:
    client = ground.client()
    class_id = ground.opened_class.id
    return {
        f"open a class of {CLASS_SIZE}, p50": p50(
            lambda: get(client, f"/classes/{class_id}"), clock=_CLOCK
        ),
        f"paste {CLASS_SIZE} addresses, p50": _paste(ground, addresses, client),
        "check 1,980 rows of old addresses": _import(ground, data),
    }


def _paste(ground: Ground, addresses: list[Home], client: FlaskClient | None = None) -> float:
    """Each time everybody moves by one, so that all addresses are real changes."""
    client = client or ground.client()
    with connected():
        epoch = Campaign.get().epoch
        pupils = people.table_of(
            Person.select().where(Person.school_class == ground.opened_class).limit(CLASS_SIZE)
        )
    path, rounds = f"/classes/{ground.opened_class.id}/paste", itertools.count(1)

    def paste() -> None:
        first = next(rounds)
        homes = [addresses[(first + at) % len(addresses)] for at in range(len(pupils))]
        sent = {
            "anchor_person": pupils[0].id,
            "anchor_field": "province" if homes[0][0] else "commune",
            "tsv": "\r\n".join("\t".join(_cells_of(home, epoch)) for home in homes),
        }
        answer = client.post(path, data=sent, headers={"HX-Request": "true"})
        if answer.status_code != 200 or answer.text.count("data-status=") < len(pupils):
            sys.exit(f"pasting answered {answer.status_code}: {answer.text[:500]}")

    return p50(paste, _PASTES, _CLOCK)


def _cells_of(home: Home, epoch: str) -> list[str]:
    province, district, commune = home
    if not province:
        return [commune]
    return [province, commune] if epoch == "2level" else [province, district, commune]


def _import(ground: Ground, data: bytes) -> float:
    with connected():
        took = [seconds_of(lambda: _check(ground, data), _CLOCK) for _ in range(_READINGS)]
    return sorted(took)[_READINGS // 2]


def _check(ground: Ground, data: bytes) -> None:
    upload = imports.read_bytes(data, "toan-truong.xlsx", by=ground.cast.thu)
    if upload.state != "checked":
        sys.exit(f"the file is {upload.state}: {upload.sentence}")
    imports.review(upload, by=ground.cast.thu)
    imports.drop(upload, by=ground.cast.thu)


def _file_of_old_addresses() -> bytes:
    """The list of the school, its families in as many communes as there are in the province."""
    homes = itertools.cycle(_old_addresses())
    rows = [list(line) for line in lines()]
    for row in rows:
        row[_PROVINCE : _PROVINCE + 3] = next(homes)
    target = io.BytesIO()
    sheet = Page("Danh sách", [Column(heading, 16) for heading in HEADINGS], rows, spare_rows=0)
    write_workbook(target, sheets=[sheet])
    return target.getvalue()


def _old_addresses() -> list[Home]:
    """Communes of the former province with one successor."""
    province = places.find("3level", "province", "Tỉnh Long An")
    return [
        (province.name, district.name, commune.name)
        for district in places.children("3level", "district", province.code)
        for commune in places.children("3level", "commune", district.code)
        if len(places.old_to_new(commune.code)) == 1
    ]


def _new_addresses() -> list[Home]:
    """Communes of today whose names no former commune of the province had, which would be asked about."""
    province = places.find("2level", "province", "Tỉnh Tây Ninh")
    communes = places.children("2level", "commune", province.code)
    homes = [(province.name, "", commune.name) for commune in communes]
    return [home for home in homes if places.read_address(Address(*home), "2level").is_certain]
