"""A folder into a release: what may not go out is named, and the shipped models may."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from device.errors import UserError
from device.fleet.golden import difference
from device.fleet.manifest import SUFFIXES, Manifest, Needs
from tools.fleet.packing import build, listed, refuse_loss, wheels
from tools.fleet.repository import Repository

NEEDS = Needs(agent=1, wheels="0" * 12, units=1)


@pytest.fixture
def release(tmp_path: Path, root: Path) -> Path:
    """A folder with some of each kind."""
    folder = tmp_path / "release"
    for name in ("face.tflite", "face.json", "temporal.tflite", "temporal.json"):
        put(folder, f"models/{name}", (root / "models" / name).read_bytes())
    put(folder, "catalogue/town.sqlite")
    put(folder, "device/__init__.py")
    put(folder, "device/__pycache__/app.cpython-311.pyc")
    put(folder, "overlay.yaml", b"matching: {count: 3}\n")
    return folder


def put(folder: Path, path: str, content: bytes = b"x") -> Path:
    place = folder / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)
    return place


def packed(release: Path, tmp_path: Path) -> Manifest:
    return build(Repository(tmp_path / "repository"), release, 7, "x", NEEDS)


def test_a_release_has_all_files_with_their_blobs_and_golden_outputs(
    tmp_path: Path, release: Path
) -> None:
    manifest = packed(release, tmp_path)
    paths = {entry.path for entry in manifest.files}
    assert paths == set(listed(release))
    assert paths >= {"overlay.yaml", "device/__init__.py", "models/face.json"}
    assert not any("pyc" in path for path in paths)
    repository = Repository(tmp_path / "repository")
    for entry in manifest.files:
        assert repository.blob(entry.sha256).read_bytes() == (release / entry.path).read_bytes()
    assert {golden.model for golden in manifest.golden} == {
        "models/face.tflite", "models/temporal.tflite",
    }  # fmt: skip
    assert all(difference(golden, release) < 1e-5 for golden in manifest.golden)
    assert manifest.target == "code/7.json"


@pytest.mark.parametrize(
    "path",
    ["config.yaml", "systemd/wayside.service", "device/fast.so", "models/face.keras", "models",
     "catalogue/.hidden", "pictures/a.svg", "readme.md", "requirements/kiosk.txt"],
)  # fmt: skip
def test_a_file_outside_the_list_is_named(tmp_path: Path, path: str) -> None:
    place = put(tmp_path / "release", path)
    with pytest.raises(UserError) as refused:
        list(listed(tmp_path / "release"))
    assert str(refused.value).startswith(f"{place}: not a file that a release may hold")


def test_a_link_is_refused(tmp_path: Path, release: Path) -> None:
    (release / "catalogue" / "more.sqlite").symlink_to("/etc/passwd")
    with pytest.raises(UserError, match=r"more\.sqlite: not a file"):
        packed(release, tmp_path)
    (release / "catalogue" / "more.sqlite").unlink()
    (release / "pictures").symlink_to("/usr")
    with pytest.raises(UserError, match="pictures: not a file"):
        packed(release, tmp_path)


def test_a_setting_that_is_the_operators_is_refused(tmp_path: Path, release: Path) -> None:
    put(release, "overlay.yaml", b"mqtt: {broker: other.example.org}\n")
    with pytest.raises(UserError, match=r"overlay\.yaml: mqtt\.broker: not for a release"):
        packed(release, tmp_path)


def test_an_empty_folder_is_no_release(tmp_path: Path) -> None:
    (tmp_path / "release").mkdir()
    with pytest.raises(UserError, match="at least 1 item"):
        packed(tmp_path / "release", tmp_path)
    with pytest.raises(UserError, match="no such folder"):
        packed(tmp_path / "nowhere", tmp_path)


def test_a_model_that_its_card_does_not_describe_is_refused(tmp_path: Path, release: Path) -> None:
    model = release / "models" / "face.tflite"
    model.write_bytes(model.read_bytes() + b"x")
    with pytest.raises(UserError, match=r"not the file that face\.json describes"):
        packed(release, tmp_path)
    model.with_suffix(".json").unlink()
    with pytest.raises(UserError, match="model card"):
        packed(release, tmp_path)


def test_mediapipes_models_need_no_card(tmp_path: Path, root: Path) -> None:
    name = "models/third_party/face_landmark.tflite"
    put(tmp_path / "release", name, (root / name).read_bytes())
    assert packed(tmp_path / "release", tmp_path).golden[0].model == name


@pytest.mark.parametrize(("loss", "allowed", "refused"), [
    (0.004, 0.005, False), (0.005, 0.005, False), (0.006, 0.005, True),
    (0.006, None, True), (0.02, 0.03, False),
])  # fmt: skip
def test_a_model_that_loses_more_than_its_card_allows_is_refused(
    tmp_path: Path, release: Path, loss: float, allowed: float | None, *, refused: bool
) -> None:  # failure 29
    place = release / "models" / "face.json"
    card = json.loads(place.read_text())
    card["conversion"] = {"type": "int8"} | ({} if allowed is None else {"max_loss": allowed})
    exact = card["metrics"]["float"]["fer2013 validation"]["accuracy"]
    card["metrics"]["int8"]["fer2013 validation"]["accuracy"] = round(exact - loss, 6)
    place.write_text(json.dumps(card))
    if refused:
        with pytest.raises(UserError, match=r"int8 loses 0\.0060 of accuracy, and may lose 0\.005"):
            packed(release, tmp_path)
    else:
        packed(release, tmp_path)


def test_a_card_without_figures_of_the_float_network_is_refused(
    tmp_path: Path, release: Path
) -> None:
    place = release / "models" / "face.json"
    card = json.loads(place.read_text())
    del card["metrics"]["float"]
    place.write_text(json.dumps(card))
    with pytest.raises(UserError, match="no accuracy of the float network"):
        refuse_loss(place)


def test_the_packages_are_named_as_the_install_script_names_them(root: Path) -> None:
    script = (root / "systemd" / "install.sh").read_text()
    (line,) = [line for line in script.splitlines() if line.strip().startswith("wanted=$(cat")]
    shell = f'source={root}; {line.strip()}; echo "$wanted"'
    done = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, check=True)
    assert wheels(root) == done.stdout.strip()


def test_a_checkout_without_requirements_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--source names the checkout"):
        wheels(tmp_path)


def test_the_program_holds_nothing_that_a_release_may_not(root: Path) -> None:
    files = {path for path in (root / "device").rglob("*") if path.is_file()}
    kinds = {path.suffix for path in files if "__pycache__" not in path.parts}
    assert kinds <= set(SUFFIXES["device"])
