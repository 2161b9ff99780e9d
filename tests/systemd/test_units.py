"""The units as systemd reads them, and the limits that they set."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
from ipaddress import ip_network
from pathlib import Path

import pytest
import yaml

from device.commands.setup import ASKED
from device.fleet import diagnostics, guard, screenshot
from device.fleet.settings import FILE as AGENT_FILE
from device.fleet.settings import AgentConfig
from device.setup.screen import PORT
from device.upkeep.watchdog import CHECK_EVERY_S, LONGEST_DEADLINE_S
from tests.needs import needs, tool

pytestmark = [needs("systemd-analyze")]

UNITS = ("wayside.service", "wayside-broker.service", "wayside-display.service")
SWITCH = ("wayside-switch.path", "wayside-switch.service")
AGENT, HUB = "wayside-agent.service", "hub/wayside-hub.service"
NODE = "hub/cluster/wayside-hub.service"
SCREENSHOT = ("wayside-screenshot.path", "wayside-screenshot.service")
DIAGNOSTICS = ("wayside-diagnostics.path", "wayside-diagnostics.service")
CATALOGUE = ("wayside-catalogue.timer", "wayside-catalogue.service")
SETUP = (
    "wayside-setup.service", "wayside-setup-end.service", "wayside-preview.path",
    "wayside-preview.service",
)  # fmt: skip
CALLED = (
    "opt/wayside/agent/.venv/bin/python",
    "opt/wayside/current/systemd/restart-delay",
    "opt/wayside/current/systemd/open-screen",
    "opt/wayside/current/systemd/begin-setup",
    "opt/wayside/current/systemd/end-setup",
    "opt/wayside/current/systemd/camera-test",
    "usr/local/bin/wayside",
    "usr/sbin/mosquitto",
    "usr/bin/chvt",
    "usr/bin/systemctl",
    "bin/sh",
    "bin/sleep",
)


def settings(file: Path) -> dict[str, list[str]]:
    """The values of each `Section.Key` of a unit; a key can occur several times."""
    found: dict[str, list[str]] = {}
    section = ""
    for line in file.read_text().splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif "=" in line and not line.startswith("#"):
            key, value = line.split("=", 1)
            found.setdefault(f"{section}.{key}", []).append(value)
    return found


@pytest.fixture
def unit(root: Path) -> dict[str, list[str]]:
    return settings(root / "systemd/wayside.service")


def seconds(text: str) -> float:
    return float(text.removesuffix("s"))


def test_systemd_accepts_the_units_without_a_warning(root: Path, tmp_path: Path) -> None:
    system = next(p for p in ("/usr/lib/systemd/system", "/lib/systemd/system") if Path(p).is_dir())
    shutil.copytree(system, tmp_path / "usr/lib/systemd/system", symlinks=True)
    (tmp_path / "lib").symlink_to("usr/lib")
    for path in CALLED:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("#!/bin/sh\n")
        (tmp_path / path).chmod(0o755)
    own = tmp_path / "etc/systemd/system"
    own.mkdir(parents=True)
    for name in (*UNITS, *SWITCH, AGENT, *DIAGNOSTICS, *SCREENSHOT, *CATALOGUE, *SETUP):
        shutil.copy(root / "systemd" / name, own)
    answer = subprocess.run(
        [
            tool("systemd-analyze"),
            "verify",
            "--man=no",
            f"--root={tmp_path}",
            *UNITS,
            *SWITCH,
            AGENT,
            *DIAGNOSTICS,
            *SCREENSHOT,
            *CATALOGUE,
            *SETUP,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.stderr + answer.stdout == ""
    assert answer.returncode == 0


SANDBOXED = (*UNITS, SWITCH[1], AGENT, HUB, NODE, DIAGNOSTICS[1], SCREENSHOT[1], CATALOGUE[1],
             SETUP[0], SETUP[-1])  # fmt: skip


@pytest.mark.parametrize("name", SANDBOXED)
def test_every_service_is_sandboxed(root: Path, name: str) -> None:
    answer = subprocess.run(
        [
            tool("systemd-analyze"),
            "security",
            "--no-pager",
            "--offline=yes",
            root / "systemd" / name,
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    level = re.search(rf"Overall exposure level for {Path(name).name}: (\d+\.\d+)", answer.stdout)
    assert level is not None, answer.stdout + answer.stderr
    assert float(level[1]) <= 3.0


def test_every_deadline_is_shorter_than_that_of_the_hardware_watchdog(
    root: Path, unit: dict[str, list[str]]
) -> None:
    drop_in = configparser.ConfigParser()
    drop_in.read(root / "systemd/conf/system.conf")
    hardware = seconds(drop_in["Manager"]["RuntimeWatchdogSec"])
    assert hardware <= 15  # failure 24
    assert seconds(unit["Service.WatchdogSec"][0]) < hardware
    assert hardware > LONGEST_DEADLINE_S + CHECK_EVERY_S


def test_the_watchdog_tolerates_a_missed_beat(unit: dict[str, list[str]]) -> None:
    assert seconds(unit["Service.WatchdogSec"][0]) >= CHECK_EVERY_S * 3


@pytest.mark.parametrize("name", UNITS)
def test_a_service_is_restarted_after_any_number_of_failures(root: Path, name: str) -> None:
    unit = settings(root / "systemd" / name)
    assert unit["Service.Restart"] == ["always"]  # failures 22, 28
    assert unit["Unit.StartLimitIntervalSec"] == ["0"]


def test_the_kiosk_may_write_what_it_keeps(root: Path, unit: dict[str, list[str]]) -> None:
    state = yaml.safe_load((root / "systemd/config.yaml").read_text())["state"]
    assert unit["Service.ProtectSystem"] == ["strict"]
    assert f"-{state}" in unit["Service.ReadWritePaths"]  # it starts without it, too
    made = (root / "systemd/conf/tmpfiles.conf").read_text().splitlines()
    assert f"d {state} 0700 wayside wayside" in made


def test_a_release_may_change_neither_another_one_nor_the_journal_of_updates(
    root: Path, unit: dict[str, list[str]]
) -> None:
    writable = f"{guard.FOLDER}/{guard.WRITABLE}"
    assert f"-{writable}" in unit["Service.ReadWritePaths"]
    assert not [path for path in unit["Service.ReadWritePaths"] if path.endswith("/fleet")]
    for name in (guard.TRIAL, guard.VERDICT, guard.SWITCH):
        assert (guard.FOLDER / name).parent == Path(writable)
    assert settings(root / "systemd/wayside-switch.path")["Path.PathChanged"] == [
        str(guard.FOLDER / guard.SWITCH)
    ]
    made = (root / "systemd/conf/tmpfiles.conf").read_text().splitlines()
    assert f"d {writable} 0755 wayside wayside" in made
    assert "/etc/wayside/agent.key" in unit["Service.InaccessiblePaths"][0]


def test_the_kiosk_itself_reports_that_it_is_ready(unit: dict[str, list[str]]) -> None:
    assert unit["Service.Type"] == ["notify"]  # failure 23


def test_the_agent_is_restarted_unless_there_is_no_fleet(root: Path) -> None:
    unit = settings(root / "systemd" / AGENT)
    assert unit["Unit.ConditionPathExists"] == [str(AGENT_FILE)]
    assert unit["Service.Restart"] == ["on-failure"]
    assert unit["Unit.StartLimitIntervalSec"] == ["0"]
    assert seconds(unit["Service.WatchdogSec"][0]) > LONGEST_DEADLINE_S + CHECK_EVERY_S


def test_no_picture_reaches_a_disk_through_a_core_dump_or_swap(unit: dict[str, list[str]]) -> None:
    assert unit["Service.LimitCORE"] == ["0"]
    assert unit["Service.MemorySwapMax"] == ["0"]


def test_the_browser_has_no_access_to_a_camera(root: Path) -> None:
    unit = settings(root / "systemd/wayside-display.service")
    assert unit["Service.DevicePolicy"] == ["closed"]
    assert not [device for device in unit["Service.DeviceAllow"] if "video4linux" in device]


def test_the_journal_is_in_memory_and_limited(root: Path) -> None:
    drop_in = configparser.ConfigParser()
    drop_in.read(root / "systemd/conf/journald.conf")
    assert drop_in["Journal"]["Storage"] == "volatile"  # failure 26
    assert int(drop_in["Journal"]["RuntimeMaxUse"].removesuffix("M")) <= 64


def test_the_table_is_read_again_every_hour_at_another_minute_on_each_kiosk(root: Path) -> None:
    timer = settings(root / "systemd/wayside-catalogue.timer")
    assert timer["Timer.OnCalendar"] == ["hourly"]
    assert timer["Timer.RandomizedDelaySec"] == ["30min"]
    assert "Timer.Persistent" not in timer  # it would write to the disk each time


def test_reading_the_table_again_writes_its_folder_alone(root: Path) -> None:
    unit = settings(root / "systemd/wayside-catalogue.service")
    assert unit["Service.Type"] == ["oneshot"]
    assert unit["Service.User"] == ["wayside"]
    assert unit["Service.ProtectSystem"] == ["strict"]
    assert unit["Service.ReadWritePaths"] == ["-/var/lib/wayside/catalogue"]
    assert "Unit.Requires" not in unit
    made = (root / "systemd/conf/tmpfiles.conf").read_text()
    assert "\nd /var/lib/wayside/catalogue 0755 wayside wayside\n" in made


def test_diagnostics_are_asked_for_where_the_agent_asks_and_written_where_it_reads(
    root: Path,
) -> None:
    folder = AgentConfig().folder
    watched = settings(root / "systemd" / DIAGNOSTICS[0])["Path.PathChanged"]
    assert watched == [str(folder / diagnostics.REQUEST)]
    unit = settings(root / "systemd" / DIAGNOSTICS[1])
    assert unit["Service.ExecStart"][0].endswith(f"--out {folder / diagnostics.ANSWER}")
    assert unit["Service.ReadWritePaths"] == [f"-{folder}"]
    assert unit["Service.DevicePolicy"] == ["closed"]
    assert "Service.DeviceAllow" not in unit


def test_a_screenshot_is_asked_for_where_the_agent_asks_and_lies_in_memory_where_it_reads(
    root: Path,
) -> None:
    watched = settings(root / "systemd" / SCREENSHOT[0])["Path.PathChanged"]
    assert watched == [str(AgentConfig().folder / screenshot.REQUEST)]
    unit = settings(root / "systemd" / SCREENSHOT[1])
    assert screenshot.PICTURE.parent == Path("/run", unit["Service.RuntimeDirectory"][0])
    service = (root / "systemd" / SCREENSHOT[1]).read_text()
    assert f"-gt {screenshot.MOST} ]" in service
    assert "Service.RuntimeDirectoryPreserve" not in unit  # it is gone with the service
    assert "Service.ReadWritePaths" not in unit
    assert unit["Service.DevicePolicy"] == ["closed"]
    assert "Service.DeviceAllow" not in unit


def test_what_listens_on_the_network_can_neither_write_nor_see_pictures(root: Path) -> None:
    unit = settings(root / "systemd" / SETUP[0])
    assert unit["Service.User"] == ["wayside-setup"]
    assert unit["Service.ProtectSystem"] == ["strict"]
    assert "Service.ReadWritePaths" not in unit
    assert unit["Service.DeviceAllow"] == ["char-gpiochip rw"]
    assert unit["Service.IPAddressDeny"] == ["any"]
    allowed = unit["Service.IPAddressAllow"][0].split()
    assert set(allowed[:2]) == {"localhost", "link-local"}
    assert all(ip_network(one).is_private for one in allowed[2:])
    users = (root / "systemd/conf/sysusers.conf").read_text()
    assert "m wayside-setup wayside" not in users  # whose passwords and keys it would read


def test_the_kiosk_and_its_screen_wait_for_the_set_up(root: Path) -> None:
    unit = settings(root / "systemd" / SETUP[0])
    assert set(unit["Unit.Before"][0].split()) >= {"wayside.service", "wayside-display.service"}
    kiosk = settings(root / "systemd/wayside.service")
    assert "!/run/wayside-setup/screen" in kiosk["Unit.ConditionPathExists"]
    asked = f"--waits {ASKED}"
    assert asked in unit["Service.ExecCondition"][0]
    assert str(ASKED) in (root / "systemd/end-setup").read_text()
    assert f"http://127.0.0.1:{PORT}/" in (root / "systemd/show-page").read_text()
