"""Where the site is: which addresses papers may bear, and what the principal has agreed to."""

from dataclasses import replace

import pytest

from idapp import network, site_address, stored_settings
from idapp.database import writing
from idapp.models import Change, StoredSetting
from idapp.network import LanAddress
from idapp.rules.problem import Problem
from idapp.settings import Settings, SettingsError
from tests.cast import Cast


def at(monkeypatch: pytest.MonkeyPatch, *addresses: tuple[str, str]) -> None:
    """This machine has these (interface, address), whatever it has really."""
    listed = [
        LanAddress(site_address.ipaddress.ip_address(text), interface)
        for interface, text in addresses
    ]
    monkeypatch.setattr(network, "_all_addresses", lambda: listed)
    network._sorted_addresses.cache_clear()


@pytest.fixture(autouse=True)
def fresh_addresses():
    network._sorted_addresses.cache_clear()
    yield
    network._sorted_addresses.cache_clear()


def choose(cast: Cast, settings: Settings, typed: str, **answers: bool) -> site_address.SiteChoice:
    answers = {"is_open": True, "plain_http": True} | answers
    return site_address.choose(typed, by=cast.hoa, settings=settings, **answers)


def test_virtual_networks_come_last_and_unreachable_addresses_not_at_all(monkeypatch):
    at(
        monkeypatch,
        ("docker0", "172.17.0.1"),
        ("lo", "127.0.0.1"),
        ("wlan0", "fe80::1"),
        ("wlan0", "fd12::7"),
        ("wlan0", "192.168.1.20"),
        ("eth0", "169.254.3.4"),
        ("wlan0", "2001:db8::1"),
    )
    listed = [str(address.ip) for address in network.addresses_here()]
    assert listed == ["192.168.1.20", "fd12::7", "172.17.0.1"]


def test_the_kernel_names_this_machine_itself():
    loopback = [address for address in network._all_addresses() if address.ip.is_loopback]
    assert loopback


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("http://127.0.0.1:8000", "only_here"),
        ("http://[::1]:8000", "only_here"),
        ("localhost:8000", "only_here"),
        ("http://0.0.0.0:8000", "only_here"),
        ("http://192.168.1.300", "shape"),
        ("http://192.168.1.20:99999", "shape"),
        ("http://a:b@192.168.1.20", "shape"),
        ("http://192.168.1.20/classes", "shape"),
        ("ftp://192.168.1.20", "shape"),
        ("http://may chu", "shape"),
        ("http://[::1", "shape"),
    ],
)
def test_an_address_that_no_teacher_could_open_is_refused(typed: str, code: str):
    with pytest.raises(Problem) as refusal:
        site_address.checked_address(typed)
    assert refusal.value.code == code


def test_papers_bear_what_was_chosen_and_nothing_before(cast: Cast, settings: Settings):
    assert site_address.address_for_paper() == ""
    choose(cast, settings, "http://192.168.1.20:8000/")
    assert site_address.address_for_paper() == "http://192.168.1.20:8000"
    rows = Change.select().where(Change.event == "site.changed")
    assert {(row.field, row.new) for row in rows} == {
        ("address", "http://192.168.1.20:8000"),
        ("is_open", "True"),
        ("plain_http", "True"),
    }
    choose(cast, settings, "", is_open=False, plain_http=False)
    assert site_address.address_for_paper() == ""
    assert StoredSetting.select().count() == 0


def test_plain_http_needs_the_principals_word_unless_the_operator_gave_it(
    cast: Cast, settings: Settings
):
    with pytest.raises(Problem, match="không được mã hóa"):
        choose(cast, settings, "http://192.168.1.20", plain_http=False)
    assert site_address.chosen() == site_address.SiteChoice()
    choose(cast, replace(settings, plain_http=True), "http://192.168.1.20", plain_http=False)
    with pytest.raises(Problem):  # IDAPP_PLAIN_HTTP=0 wins over the principal's yes
        choose(cast, replace(settings, plain_http=False), "http://192.168.1.20")
    choose(cast, settings, "https://hoso.example", is_open=False, plain_http=False)


def test_a_machine_that_has_moved_is_noticed(cast: Cast, settings: Settings, monkeypatch):
    at(monkeypatch, ("eth0", "192.168.1.20"))
    assert not site_address.has_moved(choose(cast, settings, "http://192.168.1.20:8000"))
    at(monkeypatch, ("eth0", "192.168.1.21"))
    assert site_address.has_moved(site_address.chosen())
    # a name, or the address of a proxy: not ours to judge
    assert not site_address.has_moved(choose(cast, settings, "http://192.168.1.99"))


def test_secrets_are_sealed_each_for_its_name(cast: Cast, settings: Settings):
    with writing():
        stored_settings.store_secret("registry.secret", "rất bí mật", settings)
        stored_settings.store("registry.url", "https://x.example")
    sealed = StoredSetting.get(StoredSetting.name == "registry.secret").value
    assert "mật" not in sealed
    assert stored_settings.with_prefix("registry.", settings) == {
        "secret": "rất bí mật",
        "url": "https://x.example",
    }
    StoredSetting.update(name="registry.api_key").where(
        StoredSetting.name == "registry.secret"
    ).execute()
    with pytest.raises(SettingsError, match=r"registry\.api_key"):
        stored_settings.with_prefix("registry.", settings)
