"""docs/security.md: every test that it names exists, no row of the ASVS is missing, and its figures are counted."""

import re
import socket
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import BadSignature

from idapp import accounts, turnstile
from idapp.models import User
from idapp.people import clipboard
from idapp.progress import exchange
from idapp.scans import limits
from idapp.web import card_photos, refusals
from idapp.web.cookies import signer
from idapp.workbook import cells, sandbox
from tests.cast import Cast
from tests.served import served

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "security.md").read_text()
# rows of levels 1 and 2 in each chapter of ASVS 5.0.0, as OWASP publishes it
ROWS = {
    1: (8, 19), 2: (4, 7), 3: (8, 11), 4: (2, 8), 5: (4, 5), 6: (13, 22), 7: (6, 12), 8: (4, 3),
    9: (4, 3), 10: (5, 24), 11: (3, 11), 12: (3, 6), 13: (1, 12), 14: (2, 7), 15: (3, 10), 16: (0, 16),
    17: (0, 7),
}  # fmt: skip
NAMED = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")
RESULTS = ("pass", "deviation", "n/a")
ClientOf = Callable[[User], FlaskClient]


def rows_of(pattern: str) -> list[list[str]]:
    lines = [line for line in PAGE.splitlines() if re.match(pattern, line)]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


ASVS = rows_of(r"\| \d+\.\d+\.\d+ \|")
LEFT_OUT = rows_of(r"\| V\d+ \|")


def test_every_test_that_is_named_exists() -> None:
    missing = []
    for file, name in NAMED.findall(PAGE):
        path = ROOT / file
        if not path.exists() or (name and f"def {name}(" not in path.read_text()):
            missing.append(f"{file}::{name}")
    assert not missing


def test_no_row_is_missing_and_each_says_what_holds_it() -> None:
    found: Counter[tuple[int, str]] = Counter()
    for id_, level, result, what, test in ASVS:
        found[int(id_.split(".")[0]), level] += 1
        assert result in RESULTS, id_
        assert what, id_
        assert result == "n/a" or NAMED.search(test), f"{id_} names no test"
    for chapter, first, second, why in LEFT_OUT:
        number = int(chapter.removeprefix("V"))
        assert why
        found[number, "1"] += int(first)
        found[number, "2"] += int(second)
    assert len({row[0] for row in ASVS}) == len(ASVS)
    expected = {}
    for chapter, counts in ROWS.items():
        expected |= {(chapter, level): count for level, count in zip("12", counts, strict=True)}
    assert +found == +Counter(expected)


def test_the_figures_at_the_head_are_counted() -> None:
    counts: Counter[tuple[str, str]] = Counter((level, result) for _, level, result, _, _ in ASVS)
    for _, first, second, _ in LEFT_OUT:
        counts["1", "n/a"] += int(first)
        counts["2", "n/a"] += int(second)
    for result in RESULTS:
        counts["both", result] = counts["1", result] + counts["2", result]
    for level, name in (("1", "L1"), ("2", "L2"), ("both", "both")):
        passed, missed, idle = (counts[level, result] for result in RESULTS)
        share = f"{100 * passed / (passed + missed):.1f} %"
        line = f"| {name} | {passed + missed + idle} | {passed} | {missed} | {idle} | {share} |"
        assert line in PAGE


def test_of_level_1_only_the_certificate_of_a_lan_is_missing() -> None:
    assert [id_ for id_, level, result, *_ in ASVS if (level, result) == ("1", "deviation")] == [
        "12.2.2"
    ]


def test_every_limit_is_the_one_in_the_code(app: Flask) -> None:
    said = [
        f"| {cells.MAX_FILE_BYTES // 10**6} MB | {cells.MAX_UNPACKED_BYTES // 10**6} MB, {cells.MAX_PARTS:,} parts",
        f"{cells.MAX_SHEETS} sheets, {cells.MAX_ROWS:,} rows, {cells.MAX_COLUMNS} columns, {cells.MAX_CELLS:,} cells",
        f"{limits.MAX_BYTES // 2**20} MiB each, {card_photos.LARGEST_REQUEST // 10**6} MB a request",
        f"PDF of {limits.MAX_PAGES} pages",
        f"{limits.MAX_PIXELS // 10**6} million pixels",
        f"JSON, signed | {exchange.MAX_BYTES // 10**6} MB",
        f"| {app.config['MAX_FORM_MEMORY_SIZE'] // 2**20} MB, {app.config['MAX_FORM_PARTS']:,} parts",
        f"{turnstile.PATIENCE:.0f} s to wait for it, {sandbox.MEMORY_LIMIT // 2**20} MiB and {sandbox.CPU_SECONDS} s",
        f"{limits.MEMORY // 2**20} MiB and {limits.CPU_SECONDS} s (photos)",
        f"{clipboard.MOST_CHARACTERS:,} letters, {clipboard.MOST_LINES:,} lines, {clipboard.MOST_COLUMNS} columns",
        f"{accounts.MOST_SESSIONS} an account",
        f"{refusals.MOST_LINES} lines a minute",
    ]  # fmt: skip
    assert [text for text in said if text not in PAGE] == []


def test_password_fields_hide_and_may_be_filled_in(
    app: Flask, client_of: ClientOf, cast: Cast
) -> None:
    pages = app.test_client().get("/login").text + client_of(cast.hoa).get("/password").text
    fields = re.findall(r"<input[^>]*name=\"(?:password|old|new|again)\"[^>]*>", pages)
    assert len(fields) == 4
    for field in fields:
        assert 'type="password"' in field
        assert re.search(r'autocomplete="(?:current|new)-password"', field), field
        assert "onpaste" not in field


def test_a_request_of_two_lengths_is_refused(app: Flask) -> None:
    """Or read by the one length that counts: else a proxy and the server see different requests (smuggling)."""
    head = b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    second = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    both = b"Transfer-Encoding: chunked\r\nContent-Length: %d\r\n\r\n0\r\n\r\n" % (len(second) + 5)
    with served(app) as address:
        two = _answer(address, head + b"Content-Length: 3\r\nContent-Length: 5\r\n\r\nabcde")
        assert two.startswith(b"HTTP/1.1 400 ")
        other = _answer(
            address, head + b"Transfer-Encoding: xchunked\r\nContent-Length: 3\r\n\r\nabc"
        )
        assert other.startswith(b"HTTP/1.1 501 ")
        chunked = _answer(address, head + both + second)
        assert chunked.count(b"HTTP/1.1 ") == 2, "the length is ignored where there are chunks"


def _answer(address: str, request: bytes) -> bytes:
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_what_one_purpose_signed_opens_no_other(app: Flask) -> None:
    text = signer("known device").dumps([1, "x", "/"])
    with pytest.raises(BadSignature):
        signer("half signed in").loads(text)
