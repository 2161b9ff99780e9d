"""The software bill of materials: `python -m tools.sbom [FILE]`, CycloneDX 1.6 as JSON.

It lists everything that an installed kiosk contains and that others made: the pinned Python
packages with the hashes of their distributions, the vendored scripts of the page, the iD editor's
presets, MediaPipe's models, and the project's own weights, which have terms of their own.
cyclonedx-py reads the requirements; the rest is added here. Equal inputs give equal bytes.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Any

from device.inference.third_party import SHA256, WHEEL
from tools.places import MODELS, ROOT

REQUIREMENTS = ("kiosk.txt", "demo.txt")
PRESETS = ROOT / "device" / "presets" / "presets.json"
VENDORED = ROOT / "device" / "display" / "page" / "vendor" / "VENDORED.json"

Component = dict[str, Any]


def bill() -> Component:
    """The whole document."""
    document = _python_packages()
    for component in document["components"]:
        del component["description"]  # repeats the line of the requirements file
        component.update(_declared_licence(component["name"]))
    document["components"] += [*_scripts(), _presets(), *_models()]
    return document


def _python_packages() -> Component:
    """What cyclonedx-py makes of the requirements, less those that no platform installs."""
    entries: dict[str, None] = {}
    for name in REQUIREMENTS:
        text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
        entries |= dict.fromkeys(text.replace("\\\n", " ").splitlines())
    wanted = "\n".join(entry for entry in entries if "sys_platform == 'never'" not in entry)
    command = [sys.executable, "-W", "ignore", "-m", "cyclonedx_py", "requirements", "-"]
    command += ["--pyproject", str(ROOT / "pyproject.toml"), "--output-reproducible"]
    made = subprocess.run(command, input=wanted, stdout=subprocess.PIPE, text=True, check=True)
    return dict(json.loads(made.stdout))


def _declared_licence(package: str) -> Component:
    """The licence that the installed package declares; nothing where it is not installed here."""
    try:
        declared = metadata(package)
    except PackageNotFoundError:
        return {}
    if expression := declared.get("License-Expression"):
        return {"licenses": [{"expression": expression}]}
    classifiers = [c for c in declared.get_all("Classifier", []) if c.startswith("License ::")]
    names = [c.rpartition(" :: ")[2] for c in classifiers] or [declared.get("License", "")]
    return _licences(*names) if names[0] and "\n" not in names[0] else {}


def _licences(*names: str, key: str = "name") -> Component:
    """`key` is `id` for a name of the SPDX list."""
    return {"licenses": [{"license": {key: name}} for name in names]}


def _sha256(digest: str) -> Component:
    return {"hashes": [{"alg": "SHA-256", "content": digest}]}


def _scripts() -> Iterator[Component]:
    for entry in json.loads(VENDORED.read_text(encoding="utf-8"))["files"]:
        bundled = [
            {"type": "library", "name": name, **_licences(licence, key="id")}
            for licence, names in entry["bundles"].items()
            for name in names
        ]
        yield {
            "type": "library",
            "bom-ref": entry["file"],
            "name": entry["package"],
            "version": entry["version"],
            "purl": f"pkg:{entry.get('registry', 'npm')}/{entry['package']}@{entry['version']}",
            **_sha256(entry["sha256"]),
            **_licences(entry["licence"], key=entry.get("licence_by", "id")),
            **({"components": bundled} if bundled else {}),
        }


def _presets() -> Component:
    content = PRESETS.read_bytes()
    cut = json.loads(content)
    return {
        "type": "data",
        "bom-ref": PRESETS.name,
        "name": cut["package"],
        "version": cut["version"],
        "purl": f"pkg:npm/{cut['package'].replace('@', '%40')}@{cut['version']}",
        **_sha256(hashlib.sha256(content).hexdigest()),
        **_licences(cut["licence"], key="id"),
    }


def _models() -> Iterator[Component]:
    package, _, version = WHEEL.partition("==")
    for path, digest in SHA256.items():
        yield _model(Path(path).name, digest, _licences("Apache-2.0", key="id"), package, version)
    for name in ("face", "temporal"):
        card = json.loads((MODELS / f"{name}.json").read_text(encoding="utf-8"))
        yield _model(card["file"], card["sha256"], _terms(card), "wayside", card["date"])


def _model(name: str, digest: str, licences: Component, group: str, version: str) -> Component:
    about = {"type": "machine-learning-model", "bom-ref": name, "group": group, "name": name}
    return {**about, "version": version, **_sha256(digest), **licences}


def _terms(card: Mapping[str, Any]) -> Component:
    """The terms of the data that a model learned from, as its card gives them."""
    return _licences(*(f"{data['name']}: {data['terms']}" for data in card["data"]))


def main(arguments: list[str] | None = None) -> int:
    """Write the bill to the named file, or to standard output."""
    names = sys.argv[1:] if arguments is None else arguments
    text = json.dumps(bill(), indent=1) + "\n"
    if names:
        Path(names[0]).write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
