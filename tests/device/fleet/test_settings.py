"""The agent's own configuration."""

from __future__ import annotations

from datetime import time
from pathlib import Path

import pytest

from device.errors import UserError
from device.fleet.settings import load_settings
from device.machine import machine_name

HUB = (
    "mqtt: {broker: hub.example.org, port: 8883, tls: {ca: ca.pem, certificate: a.pem, key: a.key}}"
)


def written(folder: Path, text: str) -> Path:
    path = folder / "agent.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_files_lie_beside_it_and_the_kiosks_own_broker_is_known(tmp_path: Path) -> None:
    config = load_settings(written(tmp_path, HUB))
    assert config.mqtt
    assert config.mqtt.tls
    assert config.mqtt.tls.ca == tmp_path / "ca.pem"
    assert config.mqtt.tls.key == tmp_path / "a.key"
    assert config.own.password_file == tmp_path / "agent-password"
    assert config.root == tmp_path / "root.json"
    assert config.folder == Path("/var/lib/wayside/fleet")
    assert config.kiosk == machine_name()


@pytest.mark.parametrize(
    ("hours", "at", "quiet"),
    [
        ("01:30-05:00", time(1, 30), True),
        ("01:30-05:00", time(5, 0), False),
        ("22:00-05:00", time(23, 59), True),
        ("22:00-05:00", time(12, 0), False),
    ],
)
def test_quiet_hours_may_pass_midnight(tmp_path: Path, hours: str, at: time, quiet: bool) -> None:
    config = load_settings(written(tmp_path, f'quiet_hours: "{hours}"'))
    assert config.quiet
    assert config.quiet.holds(at) is quiet


def test_quiet_hours_of_no_length_are_refused_since_no_release_would_ever_come(
    tmp_path: Path,
) -> None:
    with pytest.raises(UserError, match="takes two different times"):
        load_settings(written(tmp_path, 'quiet_hours: "00:00-00:00"'))


@pytest.mark.parametrize("hours", ["1:30-5:00", "24:00-05:00", "01:30", "01:30-05:60", "night"])
def test_other_hours_are_refused_with_what_is_accepted(tmp_path: Path, hours: str) -> None:
    with pytest.raises(UserError, match=r"quiet_hours: .* takes two times of the day"):
        load_settings(written(tmp_path, f'quiet_hours: "{hours}"'))
