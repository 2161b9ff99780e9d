"""The software bill of materials lists what an installed kiosk contains."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from tools.sbom import main


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> str:
    file = tmp_path_factory.mktemp("sbom") / "sbom.json"
    assert main([str(file)]) == 0
    return file.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def components(text: str) -> dict[str, dict[str, Any]]:
    return {component["name"]: component for component in json.loads(text)["components"]}


def sha256_of(component: dict[str, Any]) -> str:
    (entry,) = component["hashes"]
    assert entry["alg"] == "SHA-256"
    return str(entry["content"])


def test_it_is_a_valid_cyclonedx_document_about_wayside(text: str) -> None:
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    about = json.loads(text)["metadata"]["component"]
    assert (about["name"], about["type"]) == ("wayside", "application")
    assert about["licenses"] == [{"license": {"acknowledgement": "declared", "id": "Apache-2.0"}}]


def test_every_pinned_package_of_a_kiosk_is_listed_with_its_hashes(
    components: dict[str, dict[str, Any]], root: Path
) -> None:
    pinned = (root / "requirements" / "kiosk.txt").read_text(encoding="utf-8")
    for name, version in re.findall(r"^([\w-]+)==([\w.]+) (?!;.*never)", pinned, re.MULTILINE):
        if name == "numpy":  # one version a platform
            continue
        assert components[name]["version"] == version
        assert components[name]["externalReferences"][0]["hashes"]
    assert "opencv-contrib-python" not in components  # pinned for no platform


def test_a_package_has_the_licence_that_it_declares(
    components: dict[str, dict[str, Any]],
) -> None:
    assert components["paho-mqtt"]["licenses"] == [{"expression": "EPL-2.0 OR BSD-3-Clause"}]


def test_vendored_scripts_are_listed_with_hash_and_licence(
    components: dict[str, dict[str, Any]], root: Path
) -> None:
    script = root / "device" / "display" / "page" / "vendor" / "mqtt.min.js"
    mqtt = components["mqtt"]
    assert sha256_of(mqtt) == hashlib.sha256(script.read_bytes()).hexdigest()
    assert mqtt["licenses"] == [{"license": {"id": "MIT"}}]
    assert "ws" in {bundled["name"] for bundled in mqtt["components"]}


def test_models_are_listed_with_hash_and_terms(
    components: dict[str, dict[str, Any]], models: Path
) -> None:
    assert components["face_landmark.tflite"]["licenses"] == [{"license": {"id": "Apache-2.0"}}]
    face = components["face.tflite"]
    assert sha256_of(face) == hashlib.sha256((models / "face.tflite").read_bytes()).hexdigest()
    assert "non-commercial research" in json.dumps(face["licenses"])
