"""What the environment may say, and what is refused instead of being misread."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from idapp.registry import RegistryConfig
from idapp.settings import Settings, SettingsError, from_environment


@pytest.mark.parametrize(
    ("text", "meant"), [("1", True), ("true", True), ("Yes", True), ("0", False), ("", False)]
)
def test_a_switch(settings: Settings, text: str, meant: bool) -> None:
    assert from_environment({"IDAPP_HTTPS": text}).https is meant


def test_photos_are_erased_unless_a_word_says_no(settings: Settings) -> None:
    assert from_environment({}).erase_scans
    assert not from_environment({"IDAPP_ERASE_SCANS": "off"}).erase_scans


@pytest.mark.parametrize(
    "name", ["IDAPP_HTTPS", "IDAPP_PLAIN_HTTP", "IDAPP_DEMO", "IDAPP_ERASE_SCANS"]
)
def test_a_word_that_is_neither_yes_nor_no_is_refused(settings: Settings, name: str) -> None:
    with pytest.raises(SettingsError, match=f"{name} đang là “co”"):
        from_environment({name: "co"})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("IDAPP_TODAY", "16/10/2022"),
        ("PORT", "80a"),
        ("PORT", "70000"),
        ("PORT", "0"),
        ("PORT", "-1"),
    ],
)
def test_what_cannot_be_meant_is_refused(settings: Settings, name: str, text: str) -> None:
    with pytest.raises(SettingsError, match=f"{name} đang là “{text}”"):
        from_environment({name: text})


def test_the_readme_names_every_setting_of_the_register_and_no_other() -> None:
    readme = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    told = set(re.findall(r"`_([A-Z_]+)", readme))
    assert told == {field.name.upper() for field in fields(RegistryConfig)} | {
        "RATE",
        "PAUSE_AFTER",
        "PAUSE_SECONDS",
    }


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])  # the last two: Notepad
def test_a_file_of_settings_as_notepad_saves_it(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    monkeypatch.chdir(tmp_path)
    lines = "TRUSTED_HOSTS=truong.vn\r\n# của trường\r\nREGISTRY_USER='Trường Thủ Thừa'\r\n"
    Path(".env").write_bytes(lines.encode(encoding))
    stored = from_environment({})
    assert stored.trusted_hosts == ("truong.vn",)
    assert stored.registry["REGISTRY_USER"] == "Trường Thủ Thừa"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"PORT=8000\nREGISTRY USER=a\n", "Dòng 2 của tệp .env"),
        (b"PORT=8000\nREGISTRY_USER='a\nHOST=::1\n", "Dòng 2 của tệp .env"),
        ("REGISTRY_USER=Thủ Thừa".encode("cp1258", "replace") + b"\xff", "bảng mã UTF-8"),
        (b"\xff\xfeP", "bảng mã UTF-8"),
    ],
)
def test_a_file_of_settings_that_nobody_can_read_names_the_line(
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    content: bytes,
    sentence: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(".env").write_bytes(content)
    with pytest.raises(SettingsError, match=re.escape(sentence)):
        from_environment({})
