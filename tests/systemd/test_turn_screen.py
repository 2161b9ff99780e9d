"""The screen is turned, dimmed, and switched off and on as the kiosk says, by the compositor."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.brokers import free_port, wait_until
from tests.needs import needs
from tests.systemd.kiosk_broker import Client, KioskBroker, kiosk_broker

pytestmark = [pytest.mark.mosquitto, needs("mosquitto", "mosquitto_sub", "bash")]

HERE = "wayside/v1/helsinki/kiosk-1"

WLR_RANDR = """#!/bin/sh
# As wlr-randr with the cage of Debian 13: one output, whose state is in two files.
cd "$(dirname "$0")"
[ -e on ] || echo yes > on
[ -e turned ] || echo normal > turned
[ $# -eq 0 ] || echo "$*" >> changes
while [ $# -gt 0 ]; do
    case $1 in --on) echo yes > on ;; --off) echo no > on ;; --transform) echo "$2" > turned ;; esac
    shift
done
printf 'HDMI-A-1 "A panel"\\n  Make: (null)\\n  Enabled: %s\\n' "$(cat on)"
[ "$(cat on)" = no ] || printf '  Position: 0,0\\n  Transform: %s\\n' "$(cat turned)"
"""

NO_RANDR = """#!/bin/sh
echo "compositor doesn't support wlr-output-management-unstable-v1"
exit 1
"""

BUSCTL = '#!/bin/sh\necho "$*" >> "$(dirname "$0")/dimmed"\n'


class Panel:
    """`turn-screen` with programs in the place of the compositor and of logind."""

    def __init__(self, root: Path, folder: Path, port: int, password: str, said: str = "") -> None:
        self.folder = folder / "bin"
        self.folder.mkdir()
        self.program("wlr-randr", WLR_RANDR)
        self.program("busctl", BUSCTL)
        light = folder / "backlight/panel"
        light.mkdir(parents=True)
        (light / "max_brightness").write_text("255\n")
        (folder / "mosquitto_sub").write_text(f"-u screen\n-P {password}\n")
        (folder / "screen").write_text(said)
        self._command = [root / "systemd/turn-screen"]
        self._environment = {
            "PATH": f"{self.folder}:{os.environ['PATH']}",
            "RUNTIME_DIRECTORY": str(folder),
            "BACKLIGHTS": str(folder / "backlight"),
            "SCREEN": str(folder),
            "PORT": str(port),
            "PAUSE": "0.1",
            "GRACE": "1",
        }

    def program(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)
        (self.folder / name).chmod(0o755)

    def start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self._command, env=self._environment, start_new_session=True)

    def is_on(self) -> bool:
        return (self.folder / "on").read_text() == "yes\n"

    def changes(self) -> list[str]:
        """What the compositor was asked to change."""
        file = self.folder / "changes"
        return file.read_text().splitlines() if file.exists() else []


@pytest.fixture
def broker(root: Path, tmp_path: Path) -> Iterator[KioskBroker]:
    with kiosk_broker(root, tmp_path) as broker:
        yield broker


@pytest.fixture
def kiosk(broker: KioskBroker) -> Iterator[Client]:
    client = broker.client("kiosk")
    yield client
    client.close()


@pytest.fixture
def panel(root: Path, tmp_path: Path, broker: KioskBroker) -> Iterator[Panel]:
    """A panel that hangs upright, and whose script runs."""
    panel = Panel(root, tmp_path, broker.port, broker.passwords["screen"])
    process = panel.start()
    yield panel
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)


def test_the_screen_goes_off_and_on_as_the_kiosk_says(panel: Panel, kiosk: Client) -> None:
    kiosk.may_publish(f"{HERE}/screen", '{"on":false}', retain=True)
    wait_until(lambda: panel.changes() == ["--output HDMI-A-1 --off"], "a screen that is off")
    kiosk.may_publish(f"{HERE}/screen", '{"on":false}', retain=True)
    kiosk.may_publish(f"{HERE}/screen", '{"on":true}', retain=True)
    wait_until(panel.is_on, "a screen that is on")
    # Said again, it is not done again.
    assert panel.changes() == [
        "--output HDMI-A-1 --off", "--output HDMI-A-1 --on --transform normal",
    ]  # fmt: skip


def test_a_kiosk_that_does_not_come_back_gets_a_screen_that_shows_it(
    panel: Panel, kiosk: Client
) -> None:
    kiosk.may_publish(f"{HERE}/screen", '{"on":false}', retain=True)
    wait_until(lambda: panel.changes(), "a screen that is off")
    kiosk.may_publish(f"{HERE}/status", '{"state":"offline","boot":"b"}', retain=True)
    wait_until(panel.is_on, "a screen that is on after the grace")


@pytest.mark.parametrize(("rotate", "transform"), [(90, 270), (180, 180), (270, 90)])
def test_a_screen_is_turned_clockwise_when_it_starts_even_without_a_broker(
    root: Path, tmp_path: Path, rotate: int, transform: int
) -> None:
    panel = Panel(root, tmp_path, free_port(), "none", f"rotate={rotate}\nbrightness=\n")
    process = panel.start()
    try:
        turned = f"--output HDMI-A-1 --on --transform {transform}"
        wait_until(lambda: panel.changes() == [turned], turned)
        assert not (panel.folder / "dimmed").exists()
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


def test_a_screen_with_a_backlight_is_dimmed_by_logind(root: Path, tmp_path: Path) -> None:
    panel = Panel(root, tmp_path, free_port(), "none", "rotate=0\nbrightness=60\n")
    panel.program("wlr-randr", NO_RANDR)
    assert panel.start().wait(10) == 0  # an older cage: nothing else is left to do
    assert (panel.folder / "dimmed").read_text().endswith("SetBrightness ssu backlight panel 153\n")


@pytest.mark.parametrize(
    ("rotate", "old", "options"),
    [
        (0, True, "-d --"), (90, True, "-d -r -r -r --"), (180, True, "-d -r -r --"),
        (270, True, "-d -r --"), (90, False, "-d --"),
    ],
)  # fmt: skip
def test_the_cage_of_debian_12_turns_the_picture_itself(
    root: Path, tmp_path: Path, rotate: int, old: bool, options: str
) -> None:
    usage = " -r\\t Rotate the output 90 degrees clockwise" if old else " -v\\t Show the version"
    cage = tmp_path / "cage"
    cage.write_text(f'#!/bin/sh\n[ "$1" = -h ] && printf "{usage}\\n" >&2 || echo "$@"\n')
    cage.chmod(0o755)
    (tmp_path / "screen").write_text(f"rotate={rotate}\nbrightness=\n")
    answer = subprocess.run(
        [root / "systemd/open-screen", "http://127.0.0.1:8083/"],
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}", "RUNTIME_DIRECTORY": str(tmp_path)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert answer.stdout == f"{options} {root}/systemd/show-page http://127.0.0.1:8083/\n"
