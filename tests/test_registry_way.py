"""The way to the register set in the browser: stored, obeyed at once, secrets sealed, the environment above it."""

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from flask.testing import FlaskClient

from idapp import backup, doctor, jobs, verification
from idapp.database import db, migrate, open_database
from idapp.models import Change, StoredSetting, User
from idapp.registry import missing_settings, registry_config, way
from idapp.registry.fields import FIELDS
from idapp.registry.vocabulary import RegistryConfig
from idapp.settings import Settings, use
from tests import postgresql
from tests.cast import Cast

Browser = Callable[[User], FlaskClient]
SECRET = "khoa-that-bi-mat"
GRANTED = {
    "way": "soap",
    "url": "https://dan-cu.example/tra-cuu?key=trong-dia-chi",
    "auth": "signature",
    "user": "truong-a",
    "secret": SECRET,
    "hash_path": "/tra-cuu",
    "procedure": "DVC-1",
    "officer": "CB-1",
    "rate": "0,5",
    "concurrency": "4",
}


def save(browser: FlaskClient, **texts: object) -> tuple[int, str]:
    answer = browser.post("/settings/registry", data=texts, content_type="multipart/form-data")
    return answer.status_code, answer.text


def certificate(days: int = 30) -> tuple[bytes, bytes]:
    """A made-up authority as PEM, and its private key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "CA giả định")])
    end = datetime.now(UTC) + timedelta(days=days)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(end - timedelta(days=60))
        .not_valid_after(end)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return built.public_bytes(Encoding.PEM), private


def test_every_setting_of_a_connector_is_a_field_of_the_page():
    of_the_page = {field.name for field in FIELDS}
    assert set(RegistryConfig.__dataclass_fields__) - of_the_page == {"ca_pem"}
    defaults = {field.name: field.default for field in FIELDS if field.default}
    for name, text in defaults.items():
        usual = getattr(RegistryConfig, name, None)
        if isinstance(usual, int | float):  # a switch is one too
            assert float(text) == usual, name
        elif usual is not None:
            assert text == usual, name


def test_what_is_saved_is_obeyed_at_once_everywhere(
    cast: Cast, client_of: Browser, settings: Settings
):
    browser = client_of(cast.hoa)
    assert jobs.channel_of(settings) == ("off", "")
    assert save(browser, **GRANTED)[0] == 302
    obeyed = way.obeyed(settings)
    assert jobs.channel_of(settings) == ("soap", "")
    assert missing_settings(obeyed) == []
    config = registry_config(obeyed)
    assert (config.secret, config.url) == (SECRET, GRANTED["url"])
    assert jobs.pace_of(obeyed).rate == 0.5
    sentences = [f.sentence for f in doctor.examine(settings) if f.name == "registry"]
    assert "đủ thiết lập" in sentences[0]
    assert save(browser, way="file")[0] == 302
    assert jobs.channel_of(settings) == ("file", "")
    assert registry_config(way.obeyed(settings)).secret == SECRET, "the rest stays"


def test_a_secret_comes_out_nowhere(cast: Cast, client_of: Browser, settings: Settings):
    browser = client_of(cast.hoa)
    save(browser, **GRANTED)
    shown = browser.get("/settings/registry").text + browser.get("/history").text
    stored = " ".join(row.value for row in StoredSetting.select())
    changes = list(Change.select().where(Change.event == "registry.changed"))
    audited = " ".join(f"{row.field} {row.old} {row.new} {row.typed}" for row in changes)
    assert SECRET not in shown + stored + audited
    assert "trong-dia-chi" not in audited
    assert "đã lưu, để trống thì giữ nguyên" in shown
    assert {"secret", "url", "way"} <= {row.field for row in changes}
    assert save(browser, secret="")[0] == 302
    assert registry_config(way.obeyed(settings)).secret == SECRET
    assert save(browser, remove_secret="1")[0] == 302
    assert registry_config(way.obeyed(settings)).secret == ""


def test_a_stored_secret_never_follows_the_address_to_another_server(
    cast: Cast, client_of: Browser, settings: Settings
):
    browser = client_of(cast.hoa)
    save(browser, **GRANTED)
    status, page = save(browser, url="https://cua-ke-gian.example/")
    assert status == 422
    assert "nhập lại khóa bí mật" in page
    assert "https://cua-ke-gian.example/" in page, "what was typed is still there"
    assert registry_config(way.obeyed(settings)).url == GRANTED["url"]
    assert save(browser, url="https://dan-cu.example/khac")[0] == 302
    assert save(browser, url="https://moi.example/", secret="khoa-moi")[0] == 302


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [
        ("url", "http://dan-cu.example/", "phải bắt đầu bằng https://"),
        ("url", "https://a:b@dan-cu.example/", "đừng ghi tên và mật khẩu"),
        ("url", "may-chu", "chưa đúng dạng"),
        ("way", "sopa", "chọn một cách gửi"),
        ("auth", "basic", "chọn một trong các mục"),
        ("concurrency", "1000", "từ 1 đến 64"),
        ("rate", "-1", "từ 0 đến 1000"),
        ("read_timeout", "nan", "từ 0,1 đến 600"),
        ("api_key", "a\nb", "ký tự lạ"),
        ("x_road_client", "đơn vị", "chữ không dấu"),
    ],
)
def test_a_wrong_value_is_one_sentence_and_nothing_is_stored(
    cast: Cast, client_of: Browser, field: str, text: str, words: str
):
    status, page = save(
        client_of(cast.hoa), **({"way": "soap", "user": "truong-a"} | {field: text})
    )
    assert status == 422
    assert words in page
    assert 'value="truong-a"' in page
    assert not StoredSetting.select().exists()


def test_the_environment_wins_field_by_field_and_the_page_says_so(
    cast: Cast, client_of: Browser, settings: Settings
):
    browser = client_of(cast.hoa)
    save(browser, **GRANTED)
    use(replace(settings, registry={"REGISTRY": "file", "REGISTRY_USER": "cua-may-chu"}))
    page = browser.get("/settings/registry").text
    assert "data-from-environment" in page
    assert "<code>REGISTRY_USER</code>" in page
    assert save(browser, way="off", user="khac", officer="CB-2")[0] == 302
    here = way.obeyed(replace(settings, registry={"REGISTRY_USER": "cua-may-chu"}))
    config = registry_config(here)
    assert (here.registry_mode, config.user, config.officer) == ("soap", "cua-may-chu", "CB-2")


def test_an_open_batch_keeps_its_way(cast: Cast, client_of: Browser, settings: Settings):
    browser = client_of(cast.hoa)
    save(browser, way="file")
    batch = verification.start("school", "ready", by=cast.hoa, channel="file")
    status, page = save(browser, way="soap", user="truong-b")
    assert status == 422
    assert f"số {batch.id} còn đang mở" in page
    assert jobs.channel_of(settings)[0] == "file"
    assert save(browser, way="file", user="truong-b")[0] == 302, "the fields may be mended"


def test_an_uploaded_certificate_is_checked_shown_and_used(
    cast: Cast, client_of: Browser, settings: Settings
):
    browser = client_of(cast.hoa)
    pem, private = certificate()
    uploads = {
        b"khong phai chung chi": "Không đọc được chứng chỉ",
        pem + private: "khóa riêng",
        certificate(days=-1)[0]: "đã hết hạn",
    }
    for content, words in uploads.items():
        status, page = save(browser, ca_file=(io.BytesIO(content), "ca.pem"))
        assert status == 422
        assert words in page
    assert save(browser, ca_file=(io.BytesIO(pem), "ca.pem"), **GRANTED)[0] == 302
    assert registry_config(way.obeyed(settings)).ca_pem == pem.decode().strip()
    assert "CA giả định" in browser.get("/settings/registry").text
    save(browser, remove_ca_file="1")
    assert registry_config(way.obeyed(settings)).ca_pem == ""


def test_a_backup_brings_the_way_and_its_secret_back(
    cast: Cast, client_of: Browser, settings: Settings, tmp_path
):
    save(client_of(cast.hoa), **GRANTED)
    backup.make(tmp_path / "b", "bốn từ ghép lại", settings)
    db.close()
    elsewhere = replace(settings, data=tmp_path / "other", database_url=postgresql.fresh_or_file())
    open_database(use(elsewhere))
    db.connect()
    migrate()
    backup.restore(tmp_path / "b", "bốn từ ghép lại", elsewhere)
    db.connect(reuse_if_open=True)
    assert registry_config(way.obeyed(elsewhere)).secret == SECRET
    (elsewhere.data / "settings-key").unlink()
    assert jobs.channel_of(elsewhere)[0] == "off"
    assert "settings-key" in jobs.channel_of(elsewhere)[1]
