"""The form of the way to the register: what it shows of each field, and what a browser sent of it."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Request

from idapp.registry import certificates, way
from idapp.registry.certificates import CertificateFacts
from idapp.registry.fields import FIELDS, Group, RegistryField
from idapp.rules.problem import Problem
from idapp.settings import YES, current

_GROUPS: dict[Group, str] = {
    "service": "Dịch vụ",
    "access": "Tài khoản kết nối",
    "codes": "Mã được cấp",
    "advanced": "Nâng cao",
}


@dataclass(frozen=True)
class ShownField:
    """A field as the page shows it.

    value     the text in it; of a secret always ""
    variable  the variable of the environment that has taken it over, or ""
    is_kept   a secret, or a certificate, is stored
    why       what was wrong with it, or ""
    """

    field: RegistryField
    value: str
    variable: str = ""
    is_kept: bool = False
    why: str = ""

    @property
    def is_on(self) -> bool:
        """Of a switch."""
        return self.value.lower() in YES

    @property
    def classes(self) -> str:
        """`for-lgsp` and so on for each way in that asks for it; "" for all."""
        return " ".join(f"for-{auth}" for auth in self.field.ways)


@dataclass(frozen=True)
class RegistryForm:
    """The whole form, by groups, with the way above them. ``variables``: those of the environment that win."""

    way: str
    way_variable: str
    groups: list[tuple[Group, str, list[ShownField]]]
    certificates: list[CertificateFacts]
    variables: list[str]


def form_of(typed: Mapping[str, str], problem: Problem | None) -> RegistryForm:
    """What is stored and in force, with what was typed over it."""
    stored, secrets = way.stored_texts()
    kept = secrets | stored.keys() & {"ca_file"}
    shown = [_shown(field, typed, stored, kept, problem) for field in FIELDS]
    groups = []
    for name, title in _GROUPS.items():
        groups.append((name, title, [entry for entry in shown if entry.field.group == name]))
    way_variable = way.from_environment("way", current())
    chosen = way.obeyed_way(current())
    if not way_variable:
        chosen = typed.get("way", chosen)
    variables = [way_variable, *(entry.variable for entry in shown)]
    return RegistryForm(
        chosen,
        way_variable,
        groups,
        certificates.facts(stored.get("ca_file", "")),
        [name for name in variables if name],
    )


def sent_form(request: Request) -> way.WayForm:
    """What stands in the request; a field that is not there stays as it is stored."""
    # of a switch both the hidden "0" and the tick arrive; the last one counts
    texts = {name: values[-1] for name, values in request.form.lists()}
    removed = {name.removeprefix("remove_") for name in texts if name.startswith("remove_")}
    upload = request.files.get("ca_file")
    content = b""
    if upload is not None:
        content = upload.read()
    return way.WayForm(texts, frozenset(removed), content)


def _shown(
    field: RegistryField,
    typed: Mapping[str, str],
    stored: Mapping[str, str],
    kept: set[str],
    problem: Problem | None,
) -> ShownField:
    variable = way.from_environment(field.name, current())
    why = ""
    if problem is not None and problem.field == field.name:
        why = problem.message
    value = _value(field, variable, typed, stored)
    return ShownField(field, value, variable, field.name in kept, why)


def _value(
    field: RegistryField, variable: str, typed: Mapping[str, str], stored: Mapping[str, str]
) -> str:
    if field.kind in ("secret", "certificate"):
        return ""
    if not variable:
        return typed.get(field.name, stored.get(field.name, ""))
    text = current().registry[variable]
    if field.kind == "address":
        return way.shown_address(text)
    return text
