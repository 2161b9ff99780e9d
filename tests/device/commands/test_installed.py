"""What `wayside check` asks of an installed kiosk."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from device import RELEASE
from device.commands.installed import (
    HEARTBEAT_S,
    SCRIPTS,
    demo,
    disk,
    fonts,
    is_installed,
    name,
    operator,
    release,
    screen,
    services,
)
from device.commands.verdict import Warned
from device.config import Config, load_config
from device.errors import UserError
from device.messaging.topics import Topics
from tests.brokers import LOOPBACK, listen, mosquitto
from tests.kiosks import changed
from tests.needs import needs

Program = Callable[[str], str]


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """A program that this machine may not have: the lines of a shell script; its path."""

    def write(script: str) -> str:
        path = tmp_path / "program"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return str(path)

    return write


def test_only_a_release_below_opt_is_an_installed_kiosk(tmp_path: Path) -> None:
    (tmp_path / "opt/releases/1").mkdir(parents=True)
    (tmp_path / "current").symlink_to(tmp_path / "opt/releases/1")
    assert is_installed(tmp_path / "current", tmp_path / "opt/releases")
    assert not is_installed()


def test_a_demo_is_a_fault_on_a_wall_and_a_warning_elsewhere() -> None:
    # failure 44
    with pytest.raises(UserError, match="plays the demo; is it plugged in"):
        demo(installed=True)
    assert isinstance(demo(installed=False), Warned)


def test_the_examples_name_is_refused(config: Config) -> None:
    # failure 44
    with pytest.raises(UserError, match="kiosk-1 is the example's name"):
        name(changed(config, kiosk="kiosk-1"))
    assert name(changed(config, site="oulu", kiosk="station")) == "oulu/station"


def test_another_name_in_the_fleet_is_refused(config: Config, tmp_path: Path) -> None:
    kiosk = changed(config, site="oulu", kiosk="station")
    agent = tmp_path / "agent.yaml"
    agent.write_text("site: oulu\nkiosk: harbour\n")
    assert name(kiosk, agent) == "oulu/station"  # no hub is named: there is no fleet
    agent.write_text("site: oulu\nkiosk: harbour\nmqtt: {broker: hub.example.org}\n")
    with pytest.raises(UserError, match=r"^site, kiosk: oulu/station, .* oulu/harbour"):
        name(kiosk, agent)
    agent.write_text("site: oulu\nkiosk: station\nmqtt: {broker: hub.example.org}\n")
    assert name(kiosk, agent) == "oulu/station"


def test_a_kiosk_that_nobody_answers_for_is_refused(config: Config) -> None:
    with pytest.raises(
        UserError, match=r"operator.name and operator.contact: the notice must name"
    ):
        operator(config)
    named = changed(config, operator__name="City of Oulu")
    with pytest.raises(UserError, match=r"^operator.contact: the notice must name"):
        operator(named)
    assert operator(changed(named, operator__contact="ouka.fi")) == "City of Oulu, ouka.fi"


def test_a_service_that_does_not_run_is_named(config: Config, program: Program) -> None:
    # failure 44
    well = program('for unit; do [ "$unit" = is-active ] || echo active; done')
    assert services(config, well) == "wayside-broker, wayside, wayside-display"
    ill = program("printf 'active\\nactivating\\nfailed\\n'; exit 3")
    with pytest.raises(
        UserError, match="wayside is activating, wayside-display is failed"
    ) as error:
        services(config, ill)
    assert "`systemctl status wayside`" in str(error.value)
    with pytest.raises(UserError, match="systemd does not report"):
        services(config, program("exit 1"))
    with pytest.raises(UserError, match="cannot be run on this machine"):
        services(config, "no-such-program")


def test_each_script_without_a_font_is_named(config: Config, program: Program) -> None:
    # failure 44
    assert fonts(config, program("echo a font")) == ", ".join(SCRIPTS)
    some = program('case $1 in :lang=th | :lang=ko) ;; *) echo "a font" ;; esac')
    with pytest.raises(UserError, match="no font for Korean, Thai: `make install` brings them"):
        fonts(config, some)


def test_a_disk_without_room_for_a_release_is_a_warning(config: Config, tmp_path: Path) -> None:
    assert not isinstance(disk(config, tmp_path, least_mb=0), Warned)
    assert isinstance(disk(config, tmp_path, least_mb=10**9), Warned)


@pytest.mark.mosquitto
@needs("mosquitto")
@pytest.mark.parametrize(
    ("heartbeat", "hours", "found"),
    [
        (
            {"state": "resting", "serial": 1, "shows_notice": True},
            None,
            "alive and shows the notice",
        ),
        ({"state": "showing", "shows_notice": False}, "24/7", "does not show the notice"),
        ({"state": "resting", "shows_notice": False}, "24/7 off", "the screen is off now"),
        ({"state": 7}, None, "cannot be read"),
    ],
)
def test_the_pages_heartbeat_is_listened_for(
    config: Config,
    tmp_path: Path,
    heartbeat: dict[str, object],
    hours: str | None,
    found: str,
) -> None:
    # failure 44
    with mosquitto(tmp_path) as broker, listen(broker.port) as page:
        config = changed(config, mqtt__broker=LOOPBACK, mqtt__port=broker.port)
        config = changed(config, display__hours=hours)
        topic = Topics(config.site, config.kiosk).topic("display")
        heard, done = [], threading.Event()

        def listening() -> None:
            try:
                heard.append(screen(config))
            except UserError as error:
                heard.append(str(error))
            done.set()

        thread = threading.Thread(target=listening)
        thread.start()
        while not done.wait(0.05):  # as a page: again and again
            page.say(topic, heartbeat)
        thread.join(HEARTBEAT_S)
    assert found in heard[0], json.dumps(heartbeat)


@pytest.mark.mosquitto
@needs("mosquitto")
def test_a_silent_page_is_a_fault(config: Config, tmp_path: Path) -> None:
    # failure 44
    with mosquitto(tmp_path) as broker:
        config = changed(config, mqtt__broker=LOOPBACK, mqtt__port=broker.port)
        with pytest.raises(UserError, match="no heartbeat"):
            screen(config, within_s=0.3)


def test_what_a_release_cannot_change_is_a_warning(config: Config, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("{}")
    assert release(load_config(tmp_path / "config.yaml")) == RELEASE
    said = release(changed(config, models=tmp_path))
    assert isinstance(said, Warned)
    assert "models set in the configuration" in said
