"""What a monitoring program reads: off by default, for whom, and no word about anybody."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from idapp import backup
from idapp.models import Batch, User, utc_now
from idapp.settings import Settings, SettingsError, from_environment, use
from tests.cast import Cast

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def samples_of(text: str) -> Samples:
    """By the library's own parser: {(name, labels): value}."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_they_are_off_and_then_for_this_machine_or_the_token(
    cast: Cast, client: FlaskClient, settings: Settings
) -> None:
    assert client.get("/metrics").status_code == 404
    use(replace(settings, metrics=True, plain_http=True))
    assert client.get("/metrics").status_code == 200
    elsewhere = {"REMOTE_ADDR": "192.168.1.66"}
    assert client.get("/metrics", environ_overrides=elsewhere).status_code == 404
    through_a_proxy = {"X-Forwarded-For": "203.0.113.9"}
    assert client.get("/metrics", headers=through_a_proxy).status_code == 404
    use(replace(settings, metrics=True, metrics_token="t" * 32, plain_http=True))
    assert client.get("/metrics").status_code == 404
    for token, code in (("t" * 31, 404), ("é", 404), ("t" * 32, 200)):
        sent = {"Authorization": f"Bearer {token}".encode().decode("latin-1")}
        answer = client.get("/metrics", headers=sent, environ_overrides=elsewhere)
        assert answer.status_code == code
    with pytest.raises(SettingsError, match="IDAPP_METRICS_TOKEN"):
        from_environment({"IDAPP_METRICS": "1", "IDAPP_METRICS_TOKEN": "short"})


def test_figures_are_right_and_about_nobody(
    app: Flask,
    cast: Cast,
    client_of: Callable[[User], FlaskClient],
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    use(replace(settings, metrics=True))
    teacher = client_of(cast.lan)
    before = samples_of(teacher.get("/metrics").text)
    Batch.create(scope="school", started_by=cast.hoa, state="paused")
    monkeypatch.setattr(backup, "last_made", lambda: utc_now() - timedelta(hours=5))
    for path in (f"/people/{cast.an.id}", f"/people/{cast.chi.id}", "/search?q=100312000003"):
        teacher.get(path)
    answer = teacher.get("/metrics")
    after = samples_of(answer.text)

    def grown(name: str, **labels: str) -> float:
        key = (name, tuple(sorted(labels.items())))
        return after[key] - before.get(key, 0.0)

    routes = {dict(labels)["route"] for name, labels in after if name == "idapp_requests_total"}
    (route,) = [name for name in routes if name.startswith("people.") and "search" not in name][:1]
    assert grown("idapp_requests_total", route=route, status="2xx") == 1
    assert grown("idapp_requests_total", route=route, status="4xx") == 1
    assert grown("idapp_request_seconds_count", route=route) == 2
    assert after[("idapp_batches", (("state", "paused"),))] == 1
    assert after[("idapp_worker_up", ())] == 0
    assert 17_990 < after[("idapp_backup_age_seconds", ())] < 18_060
    assert after[("idapp_database_bytes", ())] > 100_000
    for word in (
        cast.an.full_name,
        cast.an.identity_number,
        "100312",
        cast.lan.username,
        "/people",
    ):
        assert word not in answer.text
