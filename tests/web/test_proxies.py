"""Behind a proxy: whose address counts, and every address of the pages below a path."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
import urllib3
from flask import Flask
from flask.testing import FlaskClient

from idapp import site_address
from idapp.doctor.machine import _names_and_key
from idapp.models import Change, User
from idapp.settings import Settings, SettingsError, from_environment, use
from idapp.web.proxies import BehindProxies
from tests.cast import PASSWORD, Cast
from tests.ports import free_port
from tests.served import really_served
from tests.web.test_who_may import ROLES, SEE, Places, places

__all__ = ["places"]  # a fixture
Browser = Callable[[User], FlaskClient]
PROXY = "127.0.0.1"
ADDRESS_OF_PAGE = re.compile(rb'(?:href|src|action|formaction|hx-\w+)="(/[^"]*)"')


def sign_in(client: FlaskClient, password: str, forwarded: str, peer: str = PROXY) -> int:
    answer = client.post(
        "/login",
        data={"username": "lan", "password": password},
        headers={"X-Forwarded-For": forwarded, "Host": "localhost"},
        environ_overrides={"REMOTE_ADDR": peer},
    )
    return answer.status_code


def test_wrong_passwords_lock_out_one_machine(cast: Cast, client: FlaskClient, settings: Settings):
    use(replace(settings, https=True, trusted_proxies=("127.0.0.1/32",)))
    for _ in range(11):
        code = sign_in(client, "sai", "203.0.113.9")
    assert code == 429
    assert sign_in(client, "sai", "203.0.113.10") == 401


@pytest.mark.parametrize(
    ("proxies", "peer", "told", "kept"),
    [
        ((), PROXY, "203.0.113.9", PROXY),
        (("127.0.0.1/32",), PROXY, "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        (("127.0.0.1/32",), "192.168.1.66", "203.0.113.9", "192.168.1.66"),
        (("1",), PROXY, "6.6.6.6, 2001:db8::7", "2001:db8::7"),
        (("2",), PROXY, "6.6.6.6, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        (("127.0.0.0/8", "10.0.0.0/8"), PROXY, "203.0.113.9, 10.0.0.2", "203.0.113.9"),
        (("1",), PROXY, "<script>", PROXY),
    ],
)
def test_the_history_says_from_where(
    cast: Cast,
    client_of: Browser,
    settings: Settings,
    proxies: tuple[str, ...],
    peer: str,
    told: str,
    kept: str,
):
    client = client_of(cast.hoa)
    use(replace(settings, plain_http=True, trusted_proxies=proxies))
    client.post(
        "/settings/site",
        data={"address": "other", "other": "https://hoso.example"},
        headers={"X-Forwarded-For": told},
        environ_overrides={"REMOTE_ADDR": peer},
    )
    last = Change.select().where(Change.event == "site.changed").first()
    assert last.address == kept


def test_the_web_server_drops_nothing_of_what_a_proxy_says(settings: Settings):
    """Through a socket: a test client has no server in it, and waitress drops such headers by itself."""
    here = use(replace(settings, port=free_port(), trusted_proxies=("127.0.0.1/32",)))

    def told(environ: dict[str, str], start_response: Callable[..., object]) -> list[bytes]:
        start_response("200 OK", [])
        names = ("REMOTE_ADDR", "wsgi.url_scheme", "SCRIPT_NAME")
        return [" ".join(environ[name] for name in names).encode()]

    headers = {
        "X-Forwarded-For": "6.6.6.6, 203.0.113.9",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Prefix": "/ho-so",
    }
    with really_served(BehindProxies(told), here) as address:
        answer = urllib3.request("GET", f"{address}/", headers=headers)
    assert answer.data == b"203.0.113.9 https /ho-so"


def test_settings_that_make_no_sense_are_refused(settings: Settings):
    for name, text in (
        ("TRUSTED_PROXIES", "proxy.truong.vn"),
        ("TRUSTED_PROXIES", "70"),
        ("IDAPP_PREFIX", "/a b"),
        ("IDAPP_PREFIX", "/../x"),
    ):
        with pytest.raises(SettingsError, match=name):
            from_environment({name: text})


def test_every_address_stands_below_the_prefix(
    cast: Cast, client_of: Browser, settings: Settings, places: Places
):
    use(replace(settings, prefix="/idapp"))
    seen = 0
    for role in ROLES[1:]:
        client = client_of(getattr(cast, role))
        for template, codes in SEE.items():
            if codes[ROLES.index(role)] != 200:
                continue
            path = template.format(**places)
            page = client.get(path).data
            if page.startswith(b"PK"):
                continue
            addresses = ADDRESS_OF_PAGE.findall(page)
            seen += len(addresses)
            outside = [address for address in addresses if not address.startswith(b"/idapp/")]
            assert not outside, (path, outside)
    assert seen > 1000


def test_signing_in_below_the_prefix_and_back(app: Flask, cast: Cast, settings: Settings):
    use(replace(settings, prefix="/idapp"))
    client = app.test_client()
    # with the prefix and without it: proxies do either
    for page in ("/idapp/history?x=1", "/history?x=1"):
        away = client.get(page)
        assert away.location == "/idapp/login?next=/idapp/history?x%3D1"
    form = {"username": "hoa", "password": PASSWORD, "next": "/idapp/history?x=1"}
    answer = client.post("/idapp/login", data={**form, "password": "sai"})
    assert 'action="/idapp/login"' in answer.text
    entered = client.post("/idapp/login", data=form)
    assert entered.location == "/idapp/history?x=1"
    cookies = entered.headers.getlist("Set-Cookie")
    assert cookies
    assert all("Path=/idapp;" in cookie for cookie in cookies)


@pytest.mark.parametrize(("peer", "root"), [(PROXY, "/ho-so"), ("192.168.1.66", "")])
def test_a_declared_proxy_may_say_the_prefix(
    cast: Cast, client: FlaskClient, settings: Settings, peer: str, root: str
):
    use(replace(settings, plain_http=True, trusted_proxies=("127.0.0.1/32",)))
    page = client.get(
        "/login",
        headers={"X-Forwarded-Prefix": "/ho-so"},
        environ_overrides={"REMOTE_ADDR": peer},
    )
    assert f'action="{root}/login"' in page.text
    evil = client.get("/login", headers={"X-Forwarded-Prefix": "//evil.example"})
    assert 'action="/login"' in evil.text


def test_papers_bear_the_prefix(cast: Cast, client_of: Browser, settings: Settings):
    use(replace(settings, prefix="/idapp"))
    principal = client_of(cast.hoa)
    principal.post(
        "/settings/site", data={"address": "other", "other": "https://hoso.example/idapp"}
    )
    assert "data-site-address>https://hoso.example/idapp<" in principal.get("/settings/site").text
    assert 'class="code"' in principal.get(f"/notices/slips?person={cast.an.id}").text
    assert site_address.chosen().address == "https://hoso.example"


def test_the_doctor_asks_for_the_proxies(database: Settings):
    behind = replace(database, https=True)
    names = [finding.name for finding in _names_and_key(behind, site_address.SiteChoice())]
    assert "proxies" in names
    declared = replace(behind, trusted_proxies=("1",))
    names = [finding.name for finding in _names_and_key(declared, site_address.SiteChoice())]
    assert "proxies" not in names
