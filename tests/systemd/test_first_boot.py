"""A card's first start: the script, with stand-ins for the network, apt and the restart.

The program is really installed, below a folder. No card was written and no board started.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from device.config import load_config
from tests.needs import needs, needs_root, tool
from tools.__main__ import main
from tools.fleet.enrol import enrol
from tools.fleet.hub import Hub, new_hub

pytestmark = [pytest.mark.slow, needs_root(), needs("systemd-analyze", "systemd-sysusers")]

STAND_INS = {
    "getent": """
n=$(cat "$LOG.tries" 2> /dev/null || echo 0)
echo $((n + 1)) > "$LOG.tries"
[ "$n" -ge 2 ]
""",
    "timedatectl": "echo yes",
    "apt-get": 'echo "apt-get $*" >> "$LOG"',
    "systemctl": """
case "$*" in
    *--root*) exec {systemctl} "$@" ;;
    *) echo "systemctl $*" >> "$LOG" ;;
esac
""",
}
"""In the place of programs that need a network or a booted machine; the network comes late."""


@pytest.fixture
def card(tmp_path: Path) -> Path:
    """The boot partition of a card of a kiosk of a fleet."""
    boot = tmp_path / "bootfs"
    boot.mkdir()
    (boot / "cmdline.txt").touch()
    (boot / "firstrun.sh").write_text("exit 0\n")
    new_hub(tmp_path / "hub", ["hub.example.org"], 8883)
    hub = Hub.open(tmp_path / "hub")
    file = enrol(hub, hub.authority(), "oslo", "pier-1")
    assert main(["card", str(boot), "--enrolment", str(file)]) == 0
    return boot


def environment(folder: Path) -> dict[str, str]:
    programs = folder / "programs"
    programs.mkdir()
    for name, body in STAND_INS.items():
        text = body.replace("{systemctl}", tool("systemctl"))
        (programs / name).write_text(f"#!/bin/sh\n{text}\n")
        (programs / name).chmod(0o755)
    (folder / "model").write_text("Raspberry Pi 5 Model B")
    return {
        **os.environ,
        "PATH": f"{programs}:{os.environ['PATH']}:/usr/sbin",
        "LOG": str(folder / "log"),
        "MODEL": str(folder / "model"),
        "PAUSE": "0.1",
    }


def test_a_card_makes_a_kiosk_that_waits_to_be_set_up(card: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    ran = subprocess.run(
        ["sh", card / "wayside/first-boot", "--root", target, "--venv", sys.prefix],
        env=environment(tmp_path), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    for number in range(1, 6):
        assert f"step {number} of 5" in ran.stdout
    assert "no way out yet" in ran.stdout
    etc = target / "etc/wayside"
    assert (etc / "setup-waits").exists()
    assert (etc / "agent.yaml").exists()
    config = load_config(etc / "config.yaml")
    assert (config.site, config.kiosk) == ("oslo", "pier-1")
    said = (tmp_path / "log").read_text()
    assert "python3-picamera2 python3-gpiozero" in said
    assert said.splitlines()[-1] == "systemctl reboot"
    assert not (card / "wayside").exists()  # with the key that was in it
    assert not (target / "var/tmp/wayside-source").exists()


def test_a_failure_leaves_what_the_next_try_needs(card: Path, tmp_path: Path) -> None:
    (card / "wayside/wayside.tar.gz").write_bytes(b"broken")
    ran = subprocess.run(
        ["sh", card / "wayside/first-boot", "--root", tmp_path / "target", "--venv", sys.prefix],
        env=environment(tmp_path), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode != 0
    assert (card / "wayside/enrolment.yaml").exists()
    assert "reboot" not in (tmp_path / "log").read_text()


def test_the_first_start_enables_a_service_that_systemd_accepts(card: Path, tmp_path: Path) -> None:
    units = tmp_path / "units/etc/systemd/system"
    units.mkdir(parents=True)
    given = environment(tmp_path) | {"UNITS": str(units)}
    for now in ([], ["now"]):
        subprocess.run(["sh", card / "wayside/plant", *now], env=given, check=True)
    said = (tmp_path / "log").read_text().splitlines()
    assert said.count("systemctl enable --quiet wayside-first-boot.service") == 2
    assert said.count("systemctl start --no-block wayside-first-boot.service") == 1
    unit = (units / "wayside-first-boot.service").read_text()
    assert f"ConditionPathExists={card}/wayside/first-boot" in unit
    assert "@" not in unit.replace("getty@tty1", "")
    system = next(p for p in ("/usr/lib/systemd/system", "/lib/systemd/system") if Path(p).is_dir())
    root = tmp_path / "units"
    shutil.copytree(system, root / "usr/lib/systemd/system", symlinks=True)
    (root / "lib").symlink_to("usr/lib")
    (root / "bin").mkdir()
    (root / "bin/sh").write_text("#!/bin/sh\n")
    (root / "bin/sh").chmod(0o755)
    verify = [tool("systemd-analyze"), "verify", "--man=no", f"--root={root}"]
    checked = subprocess.run(
        [*verify, "wayside-first-boot.service"], capture_output=True, text=True, check=False
    )
    assert checked.stderr + checked.stdout == ""
