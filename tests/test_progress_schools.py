"""Progress files: signed, without personal data, refused when changed; many schools add up."""

import json
from copy import deepcopy
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from idapp import progress
from idapp.models import Person, SchoolFigures, utc_now
from idapp.progress import exchange, file_schema, schools
from idapp.rules.problem import Problem
from tests.cast import Cast


def made_by(
    name: str,
    key: Ed25519PrivateKey,
    *,
    done: int = 5,
    as_of: str = "2022-10-16T08:00:00Z",
    classes: int = 2,
) -> bytes:
    """A file as another school's installation would write it."""
    line = {"total": 10, "to_do": 10, "done": done, "verified": done, "explained": 0}
    told: dict[str, Any] = {
        "campaign": "Hoàn thiện",
        "deadline": "2022-10-25",
        "as_of": as_of,
        "school_name": name,
        "school": line,
        "groups": [
            {"kind": "student", "class": f"{n}A", "grade": n, **line} for n in range(1, classes + 1)
        ],
    }
    signature = key.sign(exchange._canonical(told))
    told["signature"] = {
        "key": exchange._text(key.public_key().public_bytes_raw()),
        "value": exchange._text(signature),
    }
    return json.dumps(told, ensure_ascii=False).encode()


def file_of(cast: Cast) -> bytes:
    return json.dumps(progress.progress_file(cast.hoa), ensure_ascii=False).encode()


def test_our_own_file_is_accepted_and_holds_no_person(cast: Cast) -> None:
    content = file_of(cast)
    told, key = exchange.read(content)
    assert told["school"]["total"] == 4
    assert key
    for person in Person.select():
        assert person.full_name not in content.decode()
        assert (person.number or "no number") not in content.decode()


def test_the_key_is_made_once_and_nobody_else_may_read_it(cast: Cast, settings: Any) -> None:
    first, second = exchange.read(file_of(cast))[1], exchange.read(file_of(cast))[1]
    assert first == second
    assert (Path(settings.data) / "progress-key").stat().st_mode & 0o777 == 0o600


def test_a_teachers_file_is_not_signed_for_the_school(cast: Cast) -> None:
    assert "signature" not in progress.progress_file(cast.lan)


@hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_change_to_the_figures_is_noticed(cast: Cast, data: st.DataObject) -> None:
    told = json.loads(file_of(cast))
    spoiled = deepcopy(told)
    field = data.draw(st.sampled_from(["school", "groups", "as_of", "school_name", "deadline"]))
    if field == "school":
        name = data.draw(
            st.sampled_from(sorted(k for k, v in told["school"].items() if isinstance(v, int)))
        )
        spoiled["school"][name] += data.draw(st.integers(1, 50))
    elif field == "groups":
        spoiled["groups"].pop()
    else:
        spoiled[field] += data.draw(st.text(min_size=1, max_size=3))
    with pytest.raises(Problem) as refused:
        exchange.read(json.dumps(spoiled).encode())
    assert refused.value.code == "changed"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b"{" * 10_000,
        b'{"signature": 3}',
        b"PK\x03\x04",
        b" " * 1_000_001,
        b'{"signature": {"key": "AAAA", "value": "AAAA"}}',
    ],
)
def test_anything_else_gets_one_sentence(content: bytes, cast: Cast) -> None:
    with pytest.raises(Problem) as refused:
        exchange.read(content)
    assert "tiến độ" in refused.value.message
    assert schools.receive("x.json", content, by=cast.phong).problem == refused.value.message
    assert not SchoolFigures.select().exists()


def test_signed_nonsense_is_refused_too(cast: Cast) -> None:
    key = Ed25519PrivateKey.generate()
    told = json.loads(made_by("Trường X", key))
    del told["signature"]
    told["school"]["done"] = "<script>"
    signature = {
        "key": exchange._text(key.public_key().public_bytes_raw()),
        "value": exchange._text(key.sign(exchange._canonical(told))),
    }
    with pytest.raises(Problem):
        exchange.read(json.dumps(told | {"signature": signature}).encode())


def spoilt(change: dict[str, Any], *, inside: str = "") -> bytes:
    """A file that its school has signed, with nonsense in it."""
    key = Ed25519PrivateKey.generate()
    told = json.loads(made_by("Trường A", key))
    del told["signature"]
    (told[inside] if inside else told).update(change)
    signature = exchange._text(key.sign(exchange._canonical(told)))
    public = exchange._text(key.public_key().public_bytes_raw())
    return json.dumps(told | {"signature": {"key": public, "value": signature}}).encode()


@pytest.mark.parametrize(
    ("inside", "change"),
    [
        ("", {"as_of": "9999-12-31T23:59:59Z"}),
        ("", {"as_of": 5}),
        ("", {"deadline": "0001-01-01"}),
        ("", {"completed_on": "2022-12-31"}),
        ("", {"school_name": "A\u202eB"}),
        ("", {"school_name": ""}),
        ("", {"school_name": 5}),
        ("", {"school_name": "A" * 401}),
        ("", {"groups": {}}),
        ("", {"groups": ["x"]}),
        ("", {"kinds": [1]}),
        ("", {"positions": [{"name": "Giáo viên"}]}),
        ("school", {"holders": "x"}),
        ("school", {"holders": {"family": "x"}}),
        ("school", {"done": 11}),
        ("school", {"to_do": 11}),
        ("school", {"total": True}),
        ("school", {"mismatch": "3"}),
        ("school", {"percent": "alles"}),
        ("school", {"percent": 101}),
    ],
)
def test_what_no_page_could_show_stays_outside(
    cast: Cast, inside: str, change: dict[str, Any]
) -> None:
    outcome = schools.receive("a.json", spoilt(change, inside=inside), by=cast.phong)
    assert outcome.problem == file_schema.UNREADABLE
    assert SchoolFigures.select().count() == 0


@pytest.mark.parametrize("name", ["A", "A" * 400], ids=["one letter", "400 letters"])
def test_the_shortest_and_the_longest_name_of_a_school_are_taken(cast: Cast, name: str) -> None:
    outcome = schools.receive("a.json", spoilt({"school_name": name}), by=cast.phong)
    assert outcome.problem == ""


def test_figures_of_tomorrow_do_not_shut_out_those_of_today(cast: Cast) -> None:
    key = Ed25519PrivateKey.generate()
    tomorrow = f"{utc_now() + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"
    refused = schools.receive("a.json", made_by("Trường A", key, as_of=tomorrow), by=cast.phong)
    assert "chỉnh lại ngày giờ" in refused.problem
    # kept by a version that did not look
    schools.receive("a.json", made_by("Trường A", key, done=2), by=cast.phong)
    SchoolFigures.update(as_of=utc_now() + timedelta(days=1)).execute()
    assert schools.receive("a.json", made_by("Trường A", key, done=7), by=cast.phong).newer
    assert SchoolFigures.get().done == 7


def test_the_newest_file_of_each_school_is_kept(cast: Cast) -> None:
    key = Ed25519PrivateKey.generate()
    for as_of, done in (
        ("2022-10-16T08:00:00Z", 5),
        ("2022-10-18T08:00:00Z", 8),
        ("2022-10-17T08:00:00Z", 6),
    ):
        schools.receive("a.json", made_by("Trường A", key, done=done, as_of=as_of), by=cast.phong)
    assert [s.done for s in SchoolFigures.select()] == [8]
    assert schools.receive("a.json", made_by("Trường A", key), by=cast.phong).newer is False


def test_nobody_else_can_speak_for_a_school(cast: Cast) -> None:
    mine, theirs = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    schools.receive("a.json", made_by("Trường A", mine), by=cast.phong)
    told = schools.receive(
        "b.json", made_by("TRƯỜNG  A", theirs, done=10, as_of="2022-10-20T08:00:00Z"), by=cast.phong
    )
    assert "không do máy đã gửi" in told.problem
    in_cyrillic = schools.receive("b.json", made_by("Trường \u0410", theirs), by=cast.phong)
    assert "không do máy đã gửi" in in_cyrillic.problem, "the office reads letters, not their codes"
    assert SchoolFigures.get().done == 5
    schools.forget(SchoolFigures.get(), by=cast.phong)
    assert not schools.receive(
        "b.json", made_by("Trường A", theirs, done=10), by=cast.phong
    ).problem


def test_the_district_adds_up(cast: Cast) -> None:
    for n in range(5):
        done = 10 if n < 2 else 5
        schools.receive(
            "x", made_by(f"Trường {n}", Ed25519PrivateKey.generate(), done=done), by=None
        )
    district = schools.the_district(date(2022, 10, 26))
    assert (district.total, district.done, district.percent, district.finished) == (50, 35, 70.0, 2)
    assert district.on_time_rate == 40.0
    assert district.sum_of("verified") == 35


def test_a_file_sent_late_may_tell_of_work_done_in_time(cast: Cast) -> None:
    key = Ed25519PrivateKey.generate()
    told, _ = exchange.read(made_by("Trường A", key, done=10, as_of="2022-10-28T08:00:00Z"))
    told["completed_on"] = "2022-10-25"  # the last day is in time
    value = exchange._text(key.sign(exchange._canonical(told)))
    told["signature"] = {"key": exchange._text(key.public_key().public_bytes_raw()), "value": value}
    schools.receive("a.json", json.dumps(told).encode(), by=cast.phong)
    schools.receive(
        "b.json",
        made_by("Trường B", Ed25519PrivateKey.generate(), done=10, as_of="2022-10-28T08:00:00Z"),
        by=cast.phong,
    )
    assert schools.the_district(date(2022, 10, 28)).on_time_rate == 50.0


def test_the_school_says_since_when_nobody_is_missing(cast: Cast) -> None:
    assert progress.progress_file(cast.hoa)["completed_on"] is None
    Person.update(status="verified").execute()
    assert progress.progress_file(cast.hoa)["completed_on"] == "2022-10-16"
