"""What a release may set in an operator's configuration, and what it may not."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from device.config import Config
from device.errors import UserError
from device.overlay import LESS, MAY, load_running, merged, read_overlay
from device.release import Release, running


def overlay(folder: Path, text: str) -> Config | None:
    (folder / "overlay.yaml").write_text(text)
    return read_overlay(folder / "overlay.yaml")


def test_an_overlay_changes_what_it_names_and_nothing_else(tmp_path: Path) -> None:
    own = Config.model_validate({"matching": {"count": 2}, "camera": {"source": "demo"}})
    config = merged(own, overlay(tmp_path, "matching: {preset: congruent}\ncamera: {fps: 10}"))
    assert (config.matching.preset, config.matching.count) == ("congruent", 2)
    assert (config.camera.fps, config.camera.source) == (10, "demo")


@pytest.mark.parametrize(
    "text",
    [
        "mqtt: {broker: evil.example}", "mqtt: {tls: {insecure: true}}", "site: elsewhere",
        "kiosk: another", "camera: {source: 'rtsp://evil.example/1'}", "camera: {rotate: 90}",
        "vision: {ignore: []}", "place: {timezone: Asia/Shanghai}", "display: {port: 80}",
        "display: {heartbeat_timeout_s: 120}", "privacy: {opt_out_gpio: 4}", "models: /tmp",
        "matching: {catalogue: /etc/passwd}", "matching: {hand: x.yaml}",
        "operator: {name: Somebody Else}", "display: {hours: 24/7}",
    ],
)  # fmt: skip
def test_what_is_the_operators_is_refused_with_its_key(tmp_path: Path, text: str) -> None:
    with pytest.raises(UserError, match="not for a release to set") as error:
        overlay(tmp_path, text)
    assert "\n" not in str(error.value)
    assert "evil" not in str(error.value)


def test_every_key_is_allowed_towards_less_or_the_operators(tmp_path: Path) -> None:
    """Each key of the configuration, one after the other, at its own default."""
    written = yaml.safe_load(Config().model_dump_json())
    for section, values in written.items():
        keys = values if isinstance(values, dict) else {None: values}
        for key, value in keys.items():
            name = section if key is None else f"{section}.{key}"
            text = yaml.safe_dump({section: value if key is None else {key: value}})
            if name in MAY or name in LESS:
                assert overlay(tmp_path, text) is not None
            else:
                with pytest.raises(UserError):
                    overlay(tmp_path, text)


@pytest.mark.parametrize(
    ("less", "more"),
    [
        ("recognise: {age: false}", None),
        ("privacy: {counts: false}", None),
        ("privacy: {smallest_cell: 20}", "privacy: {smallest_cell: 5}"),
        ("session: {opt_out_s: 300}", "session: {opt_out_s: 5}"),
        ("matching: {by_gender: false}", "matching: {by_gender: true}"),
    ],
)
def test_privacy_is_set_towards_less_only(tmp_path: Path, less: str, more: str | None) -> None:
    assert overlay(tmp_path, less)
    if more:
        with pytest.raises(UserError, match="only set it towards less"):
            overlay(tmp_path, more)


def test_what_an_operator_switched_off_stays_off(tmp_path: Path) -> None:
    own = Config.model_validate(
        {"recognise": {"emotion": False}, "privacy": {"counts": False, "smallest_cell": 50},
         "session": {"opt_out_s": 600}}
    )  # fmt: skip
    config = merged(
        own,
        overlay(
            tmp_path,
            "recognise: {emotion: true, age: false}\nprivacy: {counts: true, smallest_cell: 20}\n"
            "session: {opt_out_s: 90}",
        ),
    )
    assert (config.recognise.emotion, config.recognise.age) == (False, False)
    assert (config.privacy.counts, config.privacy.smallest_cell) == (False, 50)
    assert config.session.opt_out_s == 600


def test_a_value_out_of_bounds_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"overlay.yaml: matching.count: got 99"):
        overlay(tmp_path, "matching: {count: 99}")


def test_the_running_release_brings_its_overlay_and_its_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release, factory = tmp_path / "releases/7", tmp_path / "factory"
    for file in ("7/models/face.tflite", "7/pictures/a.png"):
        (tmp_path / "releases" / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "releases" / file).touch()
    (release / "overlay.yaml").write_text("matching: {count: 5}")
    own = tmp_path / "config.yaml"
    own.write_text("site: town\nmatching: {rules: mine.yaml}")
    monkeypatch.setenv("WAYSIDE_RELEASE", str(release))
    monkeypatch.setenv("WAYSIDE_FACTORY", str(factory))
    config = load_running(own)
    assert (config.matching.count, config.site) == (5, "town")
    assert config.models == release / "models"
    assert config.matching.rules == tmp_path / "mine.yaml"
    assert config.display.pictures == release / "pictures"
    assert running().name.endswith("+7")


def test_what_a_release_lacks_is_the_factorys(tmp_path: Path) -> None:
    (tmp_path / "factory/nothing/like/it").mkdir(parents=True)
    release = Release(tmp_path / "releases/7", tmp_path / "factory")
    assert release.file("nothing/like/it") == tmp_path / "factory/nothing/like/it"
