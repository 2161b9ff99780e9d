"""The two signed documents: what a release may hold, and whom a rollout includes."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from device.fleet.manifest import MOST_OVERLAY, Manifest, Rollout

NEEDS = {"agent": 1, "wheels": "0" * 12, "units": 1}


def manifest(*paths: str, size: int = 1) -> Manifest:
    files = [{"path": path, "sha256": "a" * 64, "size": size} for path in paths]
    return Manifest.model_validate_json(
        json.dumps({"counter": 7, "version": "x", "needs": NEEDS, "files": files})
    )


@pytest.mark.parametrize(
    "path",
    ["/etc/passwd", "../device/app.py", "device/../../x.py", "device", "systemd/wayside.service",
     "device//app.py", "./device/app.py", "device\\app.py", "models/\0.md", "config.yaml", "",
     "models/\n.md", f"models/{'ä' * 120}.md"],
)  # fmt: skip
def test_a_file_elsewhere_is_refused(path: str) -> None:
    with pytest.raises(ValidationError):
        manifest(path)


def test_a_path_is_there_once_and_is_no_folder_of_another() -> None:
    for paths in (("models/a.md", "models/a.md"), ("models/a.md", "models/a.md/b.md")):
        with pytest.raises(ValidationError, match="twice"):
            manifest(*paths)


def test_the_size_is_bounded() -> None:
    with pytest.raises(ValidationError, match="bytes"):
        manifest("models/a.tflite", "models/b.tflite", size=1 << 29 | 1)


@pytest.mark.parametrize(
    "path",
    ["models/__init__.py", "catalogue/x.pth", "pictures/x.html", "pictures/x.svg", "device/x.so",
     "device/__pycache__/x.pyc", "models/LICENSE"],
)  # fmt: skip
def test_a_file_of_another_kind_is_refused(path: str) -> None:
    with pytest.raises(ValidationError, match="a file of"):
        manifest(path)


def test_settings_that_the_agent_could_not_read_in_its_memory_are_refused() -> None:
    assert manifest("overlay.yaml", size=MOST_OVERLAY)
    with pytest.raises(ValidationError, match="bytes"):
        manifest("overlay.yaml", size=MOST_OVERLAY + 1)


def test_one_file_of_code_makes_the_release_code() -> None:
    assert manifest("models/a.md", "overlay.yaml").target == "content/7.json"
    assert manifest("models/a.md", "device/app.py").target == "code/7.json"


def test_a_rollout_includes_its_canaries_and_about_its_percent() -> None:
    some = Rollout(release="content/7.json", canaries=("town/a",), percent=10)
    names = [str(number) for number in range(5000)]
    assert some.includes("town", "a")
    assert 400 < sum(some.includes("town", name) for name in names) < 600
    assert all(some.model_copy(update={"percent": 100}).includes("town", name) for name in names)
    paused = some.model_copy(update={"paused": True})
    assert not any(paused.includes("town", name) for name in ("a", *names))


def test_more_percent_only_adds_kiosks() -> None:
    ten, half = (Rollout(release="code/7.json", percent=percent) for percent in (10, 50))
    names = [str(number) for number in range(1000)]
    assert all(half.includes("t", name) for name in names if ten.includes("t", name))


def test_another_release_begins_with_other_kiosks() -> None:
    one, two = (Rollout(release=f"code/{n}.json", percent=10) for n in (7, 8))
    names = [str(number) for number in range(1000)]
    first = {name for name in names if one.includes("t", name)}
    assert first != {name for name in names if two.includes("t", name)}
