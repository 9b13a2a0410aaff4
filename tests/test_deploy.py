"""What lies in `deploy/` is true: proxies really stand before the site, units and containers fit the program."""

import io
import os
import re
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
import urllib3
from flask import Flask

from idapp import watchdog
from idapp.models import Change, Import, Person
from idapp.processes import wait_until
from idapp.settings import _SECRETS, Settings, from_environment, use
from tests.cast import PASSWORD, Cast
from tests.ports import free_port
from tests.served import really_served

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
CALLER = "127.0.0.5"  # another machine than the proxy's, as far as addresses tell
NAMES = {"own": "hoso.truong.example", "path": "www.truong.example", "lan": "idapp.lan"}
PREFIXES = {"own": "", "path": "/idapp", "lan": ""}
FILES = {
    "nginx": {"own": "idapp.conf", "path": "idapp-below-a-path.conf"},
    "caddy": {"own": "Caddyfile", "path": "Caddyfile.below-a-path", "lan": "Caddyfile.lan"},
}
WAYS = [(program, way) for program, files in FILES.items() for way in files]


class Visitor:
    """A browser as far as it matters here: cookies, the name of the site, https with a checked certificate."""

    def __init__(self, name: str, port: int, authority: Path, prefix: str) -> None:
        self._name = name
        self._prefix = prefix
        self._cookies: dict[str, str] = {}
        self._pool = urllib3.HTTPSConnectionPool(
            "127.0.0.1",
            port,
            ca_certs=str(authority),
            server_hostname=name,
            assert_hostname=name,
            source_address=(CALLER, 0),
            retries=False,
            timeout=30,
        )

    def ask(
        self, method: str, path: str, fields: dict[str, object] | None = None, **headers: str
    ) -> urllib3.BaseHTTPResponse:
        sent = {"Host": self._name, "Origin": f"https://{self._name}", **headers}
        if self._cookies:
            sent["Cookie"] = "; ".join(f"{k}={v}" for k, v in self._cookies.items())
        answer = self._pool.request(
            method, self._prefix + path, fields=fields, headers=sent, redirect=False
        )
        for cookie in answer.headers.getlist("Set-Cookie"):
            name, _, value = cookie.partition(";")[0].partition("=")
            self._cookies[name] = value
            assert name.startswith("__Host-"), cookie
            assert "Path=/;" in cookie + ";"
        return answer


@contextmanager
def running(command: list[str], port: int, folder: Path) -> Iterator[None]:
    """A proxy, until the block ends."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": (folder / "told").open("w")}
    environment = os.environ | {"XDG_DATA_HOME": str(folder), "HOME": str(folder)}
    process = subprocess.Popen(command, env=environment, cwd=folder, **quiet)
    try:
        wait_until(lambda: _listens(port), "the proxy", 20)
        yield
    finally:
        process.terminate()
        process.wait(20)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def certificate(folder: Path, name: str) -> Path:
    """Of its own authority, beside its key."""
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", "2", "-subj", f"/CN={name}", "-addext"]
    command += [f"subjectAltName=DNS:{name}", "-keyout", "privkey.pem", "-out", "fullchain.pem"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder / "fullchain.pem"


@contextmanager
def nginx(way: str, behind: int, folder: Path) -> Iterator[tuple[int, Path]]:
    """Ours as it is shipped, with other ports and a certificate. Yields where it listens and whom to trust."""
    port = free_port()
    site = (DEPLOY / "nginx" / FILES["nginx"][way]).read_text()
    certificates = (
        f"ssl_certificate {folder}/fullchain.pem; ssl_certificate_key {folder}/privkey.pem;"
    )
    if way == "path":
        head = f"listen 443 ssl; server_name {NAMES[way]}; {certificates}"
        site = f"server {{ {head}\n{site}\n}}"
    site = re.sub(r"listen .*\[::\].*", "", site).replace("/etc/ssl/idapp", str(folder))
    site = site.replace("127.0.0.1:8000", f"127.0.0.1:{behind}")
    site = re.sub(r"listen 80\b", f"listen 127.0.0.1:{free_port()}", site)
    site = re.sub(r"listen 443\b", f"listen 127.0.0.1:{port}", site)
    temporary = "".join(
        f"{name}_temp_path {folder}/{name};"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    # its workers keep a large upload there meanwhile
    user = "user root;" if os.geteuid() == 0 else ""
    whole = f"{user} daemon off; pid {folder}/pid; error_log {folder}/log; events {{}}\n"
    whole += f"http {{ {temporary} access_log off;\n{site}\n}}"
    (folder / "nginx.conf").write_text(whole)
    trusted = certificate(folder, NAMES[way])
    folder.chmod(0o755)
    command = ["nginx", "-e", "stderr", "-p", str(folder), "-c", str(folder / "nginx.conf")]
    with running(command, port, folder):
        yield port, trusted


@contextmanager
def caddy(way: str, behind: int, folder: Path) -> Iterator[tuple[int, Path]]:
    """The same; its own authority instead of the one in the internet."""
    port = free_port()
    site = (DEPLOY / "caddy" / FILES["caddy"][way]).read_text()
    site = site.replace("127.0.0.1:8000", f"127.0.0.1:{behind}")
    options = "admin off\nlocal_certs\nskip_install_trust\nauto_https disable_redirects\n"
    options += f"https_port {port}\nhttp_port {free_port()}\n"
    (folder / "Caddyfile").write_text(f"{{\n{options}}}\n{site}")
    command = ["caddy", "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]
    trusted = folder / "caddy" / "pki" / "authorities" / "local" / "root.crt"
    leaf = folder / "caddy" / "certificates" / "local" / NAMES[way]
    with running(command, port, folder):
        wait_until(lambda: trusted.exists() and any(leaf.glob("*.crt")), "the certificate", 20)
        yield port, trusted


PROXIES: dict[str, Callable] = {"nginx": nginx, "caddy": caddy}


def written_down(program: str, way: str) -> dict[str, str]:
    """The settings that the head of a proxy's file asks for."""
    text = (DEPLOY / program / FILES[program][way]).read_text()
    head = "\n".join(line for line in text.splitlines() if line.startswith("#"))
    return dict(re.findall(r"\b([A-Z][A-Z_]+)=(\S+)", head))


@pytest.mark.parametrize(("program", "way"), WAYS)
def test_a_proxy_stands_before_the_site(
    app: Flask, cast: Cast, settings: Settings, tmp_path: Path, program: str, way: str
) -> None:
    if shutil.which(program) is None or shutil.which("openssl") is None:
        pytest.skip(f"{program} is not installed: apt-get install {program}")
    told = from_environment(written_down(program, way))
    here = use(replace(told, data=settings.data, port=free_port()))
    folder = tmp_path / "proxy"
    folder.mkdir()
    with really_served(app, here), PROXIES[program](way, here.port, folder) as (port, trusted):
        visitor = Visitor(NAMES[way], port, trusted, PREFIXES[way])
        _play(visitor, cast, PREFIXES[way])
        if way != "path":
            _assert_no_stranger(port)


def _play(visitor: Visitor, cast: Cast, prefix: str) -> None:
    """Sign in, look, save a cell, upload, with a caller who says of himself what he is not."""
    lies = {
        "X-Forwarded-For": "6.6.6.6",
        "X-Forwarded-Prefix": "/evil",
        "X-Forwarded-Proto": "http",
    }
    page = visitor.ask("GET", "/login", **lies)
    assert page.status == 200
    assert f'action="{prefix}/login"' in page.data.decode()
    assert page.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    assert "Server" not in page.headers or page.headers["Server"] == "nginx"
    form = {"username": cast.thu.username, "password": PASSWORD}
    entered = visitor.ask("POST", "/login", form, **lies)
    assert (entered.status, entered.headers["Location"][: len(prefix) + 1]) == (302, f"{prefix}/")

    cell = {"value": "Nguyễn Thị Ân", "seen": cast.an.full_name}
    saved = visitor.ask("POST", f"/people/{cast.an.id}/cells/full_name", cell, **lies)
    assert saved.status == 200, saved.data
    assert Person.get_by_id(cast.an.id).full_name == "Nguyễn Thị Ân"
    change = Change.select().where(Change.field == "full_name").order_by(Change.id.desc()).first()
    assert change.address == CALLER

    upload = visitor.ask("POST", "/imports", {"file": ("lop.xlsx", _workbook())}, **lies)
    assert upload.status in (302, 303), upload.data
    assert Import.select().count() == 1
    # the proxy lets through what only the program may refuse, with its own sentence
    large = visitor.ask("POST", "/imports", {"file": ("lop.xlsx", b"PK" + bytes(11_000_000))})
    assert large.status == 413
    assert "Tệp quá lớn" in large.data.decode()


def _workbook() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["STT", "Họ và tên", "Ngày sinh", "Giới tính", "Lớp"])
    sheet.append([1, "Hồ Thị Mới", "01/02/2012", "Nữ", "5A"])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _assert_no_stranger(port: int) -> None:
    """By a name that nobody has declared there is no site, whatever the certificate."""
    pool = urllib3.HTTPSConnectionPool(
        "127.0.0.1", port, cert_reqs="CERT_NONE", server_hostname="evil.example", retries=False
    )
    with pytest.raises(urllib3.exceptions.HTTPError):
        pool.request("GET", "/login", headers={"Host": "evil.example"})


# the units


def _settings_known() -> set[str]:
    """Every setting that the program reads, by the words of its own source."""
    source = (ROOT / "idapp" / "settings.py").read_text()
    known = set(re.findall(r'values(?:\.get\(|, )"([A-Z_]+)"', source)) | {"REGISTRY"}
    return known | {f"{name}_FILE" for name in _SECRETS}


def test_only_settings_are_named_that_the_program_reads() -> None:
    known = _settings_known()
    assert {"IDAPP_HTTPS", "TRUSTED_PROXIES", "IDAPP_PREFIX", "SECRET_KEY_FILE"} <= known
    for program, way in WAYS:
        told = written_down(program, way)
        assert {"IDAPP_HTTPS", "TRUSTED_HOSTS", "TRUSTED_PROXIES"} <= set(told) <= known
        from_environment(told)
    example = (DEPLOY / "idapp.env.example").read_text()
    assert set(re.findall(r"^#?([A-Z_]+)=", example, re.MULTILINE)) <= known
    interpreter = {"PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED"}
    for unit in (DEPLOY / "systemd").glob("*.service"):
        line = re.search(r"^Environment=(.*)$", unit.read_text(), re.MULTILINE)
        assert line is not None
        assert {word.partition("=")[0] for word in line[1].split()} <= known | interpreter


@pytest.mark.parametrize("unit", ["idapp", "idapp-web", "idapp-worker"])
def test_systemd_takes_the_units(tmp_path: Path, unit: str) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed: the units are not checked")
    text = (DEPLOY / "systemd" / f"{unit}.service").read_text()
    here = text.replace("/opt/idapp/.venv/bin/python", "/bin/true").replace("/opt/idapp", str(ROOT))
    file = tmp_path / f"{unit}.service"
    file.write_text(here)
    command = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(file)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    assert file.name not in checked.stderr  # what is not known is only warned of
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=20", str(file)]
    judged = subprocess.run(command, capture_output=True, text=True, check=False)
    assert judged.returncode == 0, judged.stdout[-2000:]


def test_systemd_hears_that_the_site_answers(
    app: Flask, cast: Cast, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopping = threading.Event()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(10)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", "300000")
        monkeypatch.setattr(watchdog, "_FEWEST_SECONDS", 0.05)
        here = use(replace(settings, port=free_port()))
        with really_served(app, here):
            watchdog.start(here, stopping)
            assert systemd.recv(100) == b"READY=1"
            assert systemd.recv(100) == b"WATCHDOG=1"
            stopping.set()
        assert not watchdog.answers(here)


# the containers


def test_the_compose_file_is_whole() -> None:
    """What a linter would say, without an engine: the file is YAML, and what it names is there."""
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed: compose.yaml is not read")
    told = yaml.safe_load((DEPLOY / "docker" / "compose.yaml").read_text())
    assert set(told["services"]) == {"web", "worker", "redis", "db"}
    known = _settings_known()
    for name, service in told["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert not service["user"].startswith("0"), name
        assert "mem_limit" in service, name
        assert set(service.get("secrets", [])) <= set(told["secrets"]), name
        assert "." not in service["image"].partition("/")[0], "no host of a registry"
        if name in ("web", "worker"):
            assert set(service["environment"]) <= known
    assert "ports" not in told["services"]["db"] | told["services"]["redis"]


def test_the_container_gets_what_the_program_needs() -> None:
    dockerfile = (DEPLOY / "docker" / "Dockerfile").read_text()
    copied = set(re.findall(r"^COPY (?!--)(.+) \S+$", dockerfile, re.MULTILINE))
    sources = {word for line in copied for word in line.split()}
    assert {"app.py", "worker.py", "idapp", "templates", "static", "docs/huong-dan"} <= sources
    let_through = set(re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE))
    for source in sources:
        assert (ROOT / source).exists(), source
        assert any(Path(source).match(pattern) for pattern in let_through), source
    assert re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE) == ["python:3.11-slim"] * 2
    assert "--require-hashes" in dockerfile
    assert re.search(r"^USER (?!0)\d+", dockerfile, re.MULTILINE)
