"""From the settings of an installation to a connector, and what is still missing, in words for the principal.

`REGISTRY_HASH_PATH` is ``RegistryConfig.hash_path`` and so on: the names are the same, so that a field added there is
at once a setting. A word that is none of the words a setting may take is refused: a mistyped `REGISTRY_AUTH` must not
mean "without a signature".
"""

from collections.abc import Iterator
from dataclasses import Field, dataclass, fields
from typing import Any, get_args

from idapp.registry.file_exchange import FileExchange
from idapp.registry.soap import SoapConnector
from idapp.registry.transport import wrong_address
from idapp.registry.vocabulary import Connector, RegistryConfig
from idapp.settings import NO, YES, Settings, SettingsError

_ALWAYS = {
    "REGISTRY_URL": "địa chỉ của dịch vụ",
    "REGISTRY_PROCEDURE": "mã thủ tục được cấp phép (MaDVC)",
    "REGISTRY_OFFICER": "mã cán bộ được cấp quyền tra cứu (MaCanBo)",
}
_BY_WAY = {
    "signature": {
        "REGISTRY_USER": "tên tài khoản kết nối",
        "REGISTRY_SECRET": "khóa bí mật của tài khoản kết nối",
        "REGISTRY_HASH_PATH": "đường dẫn dùng để ký",
    },
    "lgsp": {
        "REGISTRY_USER": "khóa truy cập (AccessKey) của trục tích hợp",
        "REGISTRY_SECRET": "khóa bí mật (SecretKey) của trục tích hợp",
        "REGISTRY_TOKEN_URL": "địa chỉ cấp mã truy cập của trục tích hợp",
        "REGISTRY_APP_NAME": "tên ứng dụng đã đăng ký với trục tích hợp",
        "REGISTRY_PARTNER_CODE": "mã đơn vị đã đăng ký với trục tích hợp",
    },
}


@dataclass(frozen=True)
class Missing:
    """A setting without which the service cannot be asked. ``name`` for whoever runs the machine."""

    name: str
    sentence: str


def registry_config(settings: Settings) -> RegistryConfig:
    """Raises SettingsError for a missing address and for a value that no setting may take."""
    given = {field.name: _value(field, text) for field, text in _given(settings)}
    if "url" not in given:
        raise SettingsError(
            "REGISTRY đang là soap nhưng chưa đặt REGISTRY_URL, địa chỉ của dịch vụ."
        )
    return RegistryConfig(**given)


def connector_of(settings: Settings) -> Connector:
    """The way into the population database that this installation's settings describe; connects to nothing yet.

    Raises SettingsError when the register is switched off, and as ``registry_config`` does.
    """
    mode = settings.registry_mode
    if mode == "off":
        raise SettingsError("REGISTRY đang là off: chưa nối với cơ sở dữ liệu dân cư.")
    if mode == "file":
        return FileExchange(today=settings.today())
    return SoapConnector(registry_config(settings))


def missing_settings(settings: Settings) -> list[Missing]:
    """What the network way still needs; the other two need nothing."""
    if settings.registry_mode != "soap":
        return []
    # the other two ways need no more than the address and the codes
    needed = _ALWAYS | _BY_WAY.get(settings.registry.get("REGISTRY_AUTH") or "signature", {})
    missing = [
        Missing(name, f"Chưa có {what}.")
        for name, what in needed.items()
        if not settings.registry.get(name)
    ]
    return [*missing, *_wrong_addresses(settings)]


def _wrong_addresses(settings: Settings) -> Iterator[Missing]:
    plain = settings.registry.get("REGISTRY_ALLOW_PLAIN_HTTP", "").lower() in YES
    for name in ("REGISTRY_URL", "REGISTRY_TOKEN_URL"):
        address = settings.registry.get(name)
        if not address:  # which of the two is needed, ``missing_settings`` knows
            continue
        trouble = wrong_address(address, plain)
        if trouble == "plain_http":
            yield Missing(name, "Địa chỉ chưa được mã hóa: phải bắt đầu bằng https://.")
        elif trouble:
            yield Missing(name, "Địa chỉ chưa viết đúng: ví dụ https://may-chu.vn/dich-vu.")


def _given(settings: Settings) -> Iterator[tuple[Field[Any], str]]:
    for field in fields(RegistryConfig):
        text = settings.registry.get(f"REGISTRY_{field.name.upper()}", "").strip()
        if text:
            yield field, text


def _value(field: Field[Any], text: str) -> Any:
    name = f"REGISTRY_{field.name.upper()}"
    words = get_args(field.type)  # of a Literal; nothing of a plain type
    if words and text not in words:
        choice = f"{', '.join(words[:-1])} or {words[-1]}"
        raise SettingsError(f"{name} is '{text}'; it must be {choice}.")
    if field.type is bool:
        if text.lower() not in YES + NO:
            raise SettingsError(f"{name} is '{text}'; it must be 1 or 0.")
        return text.lower() in YES
    if field.type in (int, float):
        return _number(name, text, field.type)
    return text


def _number(name: str, text: str, kind: Any) -> Any:
    """
    >>> _number("REGISTRY_TIMEOUT", "0.5", float)
    0.5
    >>> _number("REGISTRY_TIMEOUT", "0", float)
    Traceback (most recent call last):
    idapp.settings.SettingsError: REGISTRY_TIMEOUT is '0'; it must be a number above 0.
    """
    try:
        number = kind(text)
    except ValueError:
        number = -1
    if not 0 < number < 10**9:  # also not-a-number, which is neither
        raise SettingsError(f"{name} is '{text}'; it must be a number above 0.")
    return number
