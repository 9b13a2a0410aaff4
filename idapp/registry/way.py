"""The way to the register that this installation obeys: what the principal has stored, and the environment over it.

Read anew for every batch slice, page and command, so that a change needs no restart. Fields are stored by the names
of ``fields.FIELDS``, the way itself as `way`, the certificates of `ca_file` as their text.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from idapp import audit, stored_settings
from idapp.database import writing
from idapp.models import OPEN_BATCH, Batch, User
from idapp.registry import certificates
from idapp.registry.fields import FIELDS, RegistryField, checked
from idapp.rules.problem import Problem
from idapp.settings import YES, Settings

WAY_WORDS = {"off": "chưa gửi", "file": "gửi bằng tệp", "soap": "nối qua mạng"}
_PREFIX = "registry."
_VARIABLES = {"way": "REGISTRY"} | {entry.name: entry.variable for entry in FIELDS}
# the certificates themselves: a path would mean something on one machine only
_VARIABLES["ca_file"] = "REGISTRY_CA_PEM"
_SECRETS = tuple(entry.name for entry in FIELDS if entry.kind == "secret")
_ADDRESSES = ("url", "token_url")
_OTHER_SERVICE = (
    "Địa chỉ đã đổi sang máy chủ khác: hãy nhập lại khóa bí mật, để khóa cũ không bị gửi tới máy "
    "chủ mới, hoặc đánh dấu xóa khóa."
)


@dataclass(frozen=True)
class WayForm:
    """What the principal sends: only what stands in the form.

    texts    field -> what was typed; `way` among them; a secret that is not there stays
    removed  secrets and the certificate that are to go
    ca_file  the bytes of an uploaded certificate
    """

    texts: Mapping[str, str]
    removed: frozenset[str] = frozenset()
    ca_file: bytes = field(default=b"", repr=False)


def obeyed(settings: Settings) -> Settings:
    """The same settings with the stored way beneath those of the environment; field by field the environment wins.

    Needs an open database. Raises SettingsError for a secret that the key of this installation does not open.
    """
    stored = stored_settings.with_prefix(_PREFIX, settings)
    registry = {_VARIABLES[name]: text for name, text in stored.items() if name in _VARIABLES}
    if from_environment("ca_file", settings):
        registry.pop("REGISTRY_CA_PEM", None)
    given = {name: text for name, text in settings.registry.items() if text.strip()}
    return replace(settings, registry=settings.registry | registry | given)


def from_environment(name: str, settings: Settings) -> str:
    """The environment's variable for this field if it is set there, else ""."""
    variables = [_VARIABLES[name]]
    if name == "ca_file":
        variables.insert(0, "REGISTRY_CA_FILE")
    for variable in variables:
        if settings.registry.get(variable, "").strip():
            return variable
    return ""


def stored_texts() -> tuple[dict[str, str], set[str]]:
    """What is stored, for the page: the texts that are no secrets, and the names of the secrets that are there."""
    return stored_settings.without_secrets(_PREFIX)


def open_batches() -> list[Batch]:
    """Batches that have begun: each goes on in the way in which it was begun."""
    begun = [state for state in OPEN_BATCH if state != "prepared"]
    return list(Batch.select().where(Batch.state.in_(begun)).order_by(Batch.id))


def change(form: WayForm, *, by: User, settings: Settings) -> list[str]:
    """Store what the form says, with audit rows; secrets are named there, not shown. Returns the changed fields.

    Raises Problem for the first field that is wrong, with nothing stored, and for another way while a batch is open.
    """
    with writing():
        before, secrets_before = stored_texts()
        texts = _checked_texts(form, before, settings)
        secrets = {name: form.texts.get(name, "") for name in _SECRETS}
        removed = form.removed & secrets_before
        _check_same_service(before | texts, before, secrets, secrets_before - removed)
        _check_way(texts.get("way", ""), settings)
        changed = [name for name, text in texts.items() if text != before.get(name, "")]
        for name in changed:
            stored_settings.store(_PREFIX + name, texts[name])
            _record(name, before.get(name, ""), texts[name], by)
        return changed + _change_secrets(secrets, removed, by, settings)


def _checked_texts(form: WayForm, before: dict[str, str], settings: Settings) -> dict[str, str]:
    """Field -> text to store, of the fields that stand in the form. Raises Problem."""
    texts = {}
    way = form.texts.get("way")
    if way is not None and not from_environment("way", settings):
        if way not in WAY_WORDS:
            raise Problem("way", "choice", "Hãy chọn một cách gửi xác thực.")
        texts["way"] = way
    plain = form.texts.get("allow_plain_http", before.get("allow_plain_http", "")).lower() in YES
    for entry in FIELDS:
        if _is_text(entry) and entry.name in form.texts:
            if not from_environment(entry.name, settings):
                texts[entry.name] = checked(entry, form.texts[entry.name], plain_http=plain)
    if form.ca_file:
        texts["ca_file"] = certificates.as_pem(form.ca_file)
    elif "ca_file" in form.removed:
        texts["ca_file"] = ""
    return texts


def _is_text(entry: RegistryField) -> bool:
    return entry.kind not in ("secret", "certificate")


def _check_same_service(
    after: dict[str, str], before: dict[str, str], typed: dict[str, str], kept: set[str]
) -> None:
    """Nobody gets at a stored secret by sending it to a server of their own. Raises Problem."""
    moved = any(
        before.get(name) and _origin(after.get(name, "")) != _origin(before[name])
        for name in _ADDRESSES
    )
    for name in _SECRETS:
        if moved and name in kept and not typed[name]:
            raise Problem(name, "other_service", _OTHER_SERVICE)


def _origin(address: str) -> tuple[str, str]:
    parts = urlsplit(address)
    return parts.scheme, parts.netloc.lower()


def _check_way(wanted: str, settings: Settings) -> None:
    """Raises Problem if this is another way and a batch is still open."""
    if not wanted or wanted == obeyed_way(settings):
        return
    for batch in open_batches():
        if batch.channel != wanted:
            sentence = (
                f"Đợt xác thực số {batch.id} còn đang mở ({WAY_WORDS[batch.channel]}). Hãy đợi "
                "đợt đó xong, hoặc kết thúc, dừng đợt đó rồi mới đổi cách gửi. Các mục khác "
                "cũng chưa lưu."
            )
            raise Problem("way", "open_batch", sentence)


def obeyed_way(settings: Settings) -> str:
    """The way itself, without opening a secret; whatever word the environment has."""
    if from_environment("way", settings):
        return settings.registry["REGISTRY"]
    return stored_texts()[0].get("way", "off")


def _change_secrets(
    typed: dict[str, str], removed: frozenset[str], by: User, settings: Settings
) -> list[str]:
    """Raises Problem for one that cannot be sent."""
    changed = []
    for entry in FIELDS:
        if entry.kind != "secret" or from_environment(entry.name, settings):
            continue
        text = checked(entry, typed[entry.name], plain_http=False)
        if text or entry.name in removed:
            stored_settings.store_secret(_PREFIX + entry.name, text, settings)
            _record(entry.name, "", "", by)
            changed.append(entry.name)
    return changed


def _record(name: str, old: str, new: str, by: User) -> None:
    if name in _ADDRESSES:  # a query may hold a key
        old = shown_address(old)
        new = shown_address(new)
    if name == "ca_file":
        old = certificates.fingerprint(old)
        new = certificates.fingerprint(new)
    audit.record("registry.changed", by=by, subject="registry", field=name, old=old, new=new)


def shown_address(url: str) -> str:
    """Without what may hold a key: user, query.

    >>> shown_address("https://a:b@x.example:99/y?key=1")
    'https://x.example:99/y'
    """
    if not url:
        return ""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.port:
        host = f"{host}:{parts.port}"
    return f"{parts.scheme}://{host}{parts.path}"
