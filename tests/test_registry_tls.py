"""Nothing leaves over a connection nobody vouches for; redirects are not followed; nobody is asked too early.

The certificates are made here: an authority of our own, and servers with good, expired, foreign and self-made ones.
"""

import contextlib
import http.server
import inspect
import ipaddress
import ssl
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.register import CONFIG, NUMBER, ask, register, sample

FOUND = sample("03-resp-037-found.xml")
NOW = datetime.now(UTC)


class Authority:
    """Vouches for certificates; ``file`` is what a school would be given.

    Without ``proper_form`` it is one that an older script has made: no key identifiers, no key usage.
    """

    def __init__(self, folder: Path, name: str = "SIM CA", *, proper_form: bool = False) -> None:
        self.folder, self.key = folder, ec.generate_private_key(ec.SECP256R1())
        self.proper_form = proper_form
        self.name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        self.certificate = self._sign(
            self.name, self.key, [], NOW - timedelta(days=9), NOW + timedelta(days=9), ca=True
        )
        self.file = folder / f"{name}.pem"
        self.file.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))

    def vouch(self, host: str = "localhost", *, days_left: int = 5) -> Path:
        """A server's certificate and key in one file."""
        key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
        names = [x509.DNSName(host), x509.IPAddress(ipaddress.ip_address("192.0.2.1"))]
        until = NOW + timedelta(days=days_left)
        certificate = self._sign(name, key, names, until - timedelta(days=7), until)
        secret = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        file = self.folder / f"server {host} {days_left}.pem"
        file.write_bytes(secret + certificate.public_bytes(serialization.Encoding.PEM))
        return file

    def _sign(self, name, key, names, since, until, *, ca: bool = False) -> x509.Certificate:  # type: ignore[no-untyped-def]
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self.name)
            .public_key(key.public_key())
        )
        builder = (
            builder.serial_number(x509.random_serial_number())
            .not_valid_before(since)
            .not_valid_after(until)
        )
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=True)
        builder = builder.add_extension(
            x509.BasicConstraints(ca=ca, path_length=None), critical=True
        )
        if self.proper_form:
            builder = self._with_rfc_5280(builder, key, ca=ca)
        return builder.sign(self.key, hashes.SHA256())

    def _with_rfc_5280(self, builder, key, *, ca: bool) -> x509.CertificateBuilder:  # type: ignore[no-untyped-def]
        usage = dict.fromkeys(inspect.signature(x509.KeyUsage).parameters, False)
        usage |= {"digital_signature": not ca, "key_cert_sign": ca}
        own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        above = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        for extension in (own, above):
            builder = builder.add_extension(extension, critical=False)
        return builder.add_extension(x509.KeyUsage(**usage), critical=True)


@contextlib.contextmanager
def https(
    certificate: Path, newest: ssl.TLSVersion | None = None
) -> Iterator[tuple[str, list[bytes]]]:
    """A server that answers every question well; its address and what it was told."""
    told: list[bytes] = []

    class Answering(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", str(len(FOUND)))
            self.end_headers()
            self.wfile.write(FOUND)

        def log_message(self, *_: object) -> None:
            pass

    class Quiet(http.server.ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """A refused handshake is what is tested here."""

    server = Quiet(("127.0.0.1", 0), Answering)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    if newest:
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.maximum_version = newest
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"https://localhost:{server.server_address[1]}/", told
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.mark.parametrize("proper_form", [True, False])
def test_a_certificate_somebody_vouches_for_is_used(tmp_path: Path, proper_form: bool):
    """Python 3.13 and newer would refuse the older form, the usual one of an authority of one's own."""
    authority = Authority(tmp_path, proper_form=proper_form)
    with https(authority.vouch()) as (url, told):
        assert ask(replace(CONFIG, url=url, ca_file=str(authority.file))).outcome == "verified"
        uploaded = authority.file.read_text()
        assert ask(replace(CONFIG, url=url, ca_pem=uploaded)).outcome == "verified"
    assert NUMBER.encode() in told[0]


@pytest.mark.parametrize(
    "wrong", ["unknown authority", "expired", "not yet valid", "another host", "another authority"]
)
def test_any_other_certificate_stops_the_run_before_a_record_leaves(
    authority: Authority, tmp_path: Path, wrong: str
):
    certificate = {
        "expired": lambda: authority.vouch(days_left=-1),
        "not yet valid": lambda: authority.vouch(days_left=30),
        "another host": lambda: authority.vouch("dan-cu.example"),
        "another authority": lambda: Authority(tmp_path, "Other CA").vouch(),
    }.get(wrong, authority.vouch)()
    known = "" if wrong == "unknown authority" else str(authority.file)
    detail = {"expired": "expired", "not yet valid": "not_yet", "another host": "host"}
    with https(certificate) as (url, told):
        for config in (replace(CONFIG, url=url), replace(CONFIG, url=url, allow_plain_http=True)):
            answer = ask(replace(config, ca_file=known))
            assert (answer.outcome, answer.reason) == (
                "not_permitted",
                "certificate",
            )
            assert answer.sentence
            assert answer.detail == detail.get(wrong, "authority")
    assert told == []


def test_the_token_of_an_exchange_is_not_asked_for_over_an_unverified_connection(
    authority: Authority,
):
    with https(authority.vouch("dan-cu.example")) as (url, told):
        answer = ask(
            replace(CONFIG, auth="lgsp", url=url, token_url=url, ca_file=str(authority.file))
        )
    assert (answer.outcome, answer.reason) == ("not_permitted", "certificate")
    assert told == []


def test_a_missing_file_of_authorities_lets_nothing_out(authority: Authority, tmp_path: Path):
    with https(authority.vouch()) as (url, told):
        answer = ask(replace(CONFIG, url=url, ca_file=str(tmp_path / "nowhere.pem")))
    assert answer.outcome in ("unanswered", "not_permitted")
    assert told == []


def test_plain_http_beyond_this_machine_needs_a_word():
    assert ask(replace(CONFIG, url="http://192.0.2.1/")).reason == "plain_http"


@pytest.mark.parametrize("status", ["301", "302", "303", "307", "308"])
def test_redirects_are_never_followed(status: str):
    """Not to another address, not to the same: a record goes to the address of the settings or nowhere."""
    told: list[str] = []

    class Redirecting(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.append(self.path)
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(int(status))
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Redirecting)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        answer = ask(replace(CONFIG, url=f"http://127.0.0.1:{server.server_address[1]}/"))
    finally:
        server.shutdown()
        server.server_close()
    assert (answer.outcome, answer.reason, told) == ("unanswered", f"http_{status}", ["/"])


@pytest.mark.parametrize("fault", ["throttle", "http_503"])
@pytest.mark.parametrize(
    ("said", "least", "most"),
    [
        ("120", 120, 120),
        (timedelta(hours=1), 3500, 3601),
        (timedelta(hours=-1), 0, 0),
        ("soon", None, None),
        ("", None, None),
        ("-1", None, None),
        ("1e9", None, None),
    ],
    ids=["seconds", "a date", "a date gone by", "a word", "nothing", "negative", "no number"],
)
def test_an_answer_says_how_long_the_service_wants_peace(fault, said, least, most):
    """A wait is never rounded down, so that nobody who keeps to it comes too early."""
    if isinstance(said, timedelta):  # a date, as of now
        said = format_datetime(datetime.now(UTC) + said, usegmt=True)
    with register(faults={NUMBER: fault}, retry_after=said) as config:
        wait = ask(config).retry_after
    assert (wait is None) if least is None else least <= wait <= most
