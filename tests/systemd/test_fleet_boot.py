"""Releases of the fleet in a real systemd: a good one commits, and a bad one returns by itself."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from device import RELEASE
from device.fleet import diagnostics, guard
from device.fleet.disk import Disk
from device.fleet.installed import Installed
from device.fleet.moment import Scene
from device.fleet.states import Journal, Name
from device.fleet.store import Store
from device.fleet.updates import Machine as Kiosk
from device.fleet.updates import Updates
from tests.brokers import wait_until
from tests.device.fleet.kiosk import Operator
from tests.device.fleet.releases import Release, fill
from tests.needs import needs, needs_root
from tests.systemd.machine import Machine, booted, clean
from tests.systemd.test_boot import Page

pytestmark = [
    pytest.mark.systemd,
    pytest.mark.slow,
    pytest.mark.timeout(600),
    needs("systemd-nspawn", "debootstrap", "nsenter", "mosquitto_passwd"),
    needs_root(),
]

PATIENCE_S = 200.0

ANSWER = """
import json, re, sys, urllib.request
import paho.mqtt.client as mqtt
client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
client.username_pw_set("page", sys.argv[1])
loaded = {}
def on_connect(client, *_):
    settings = urllib.request.urlopen("http://127.0.0.1:8083/settings.js", timeout=10).read()
    loaded.update(json.loads(settings.decode().partition("= ")[2].rstrip(";\\n")))
    client.subscribe(loaded["root"] + "/suggestions", qos=1)
def on_message(client, _, message):
    serial = json.loads(message.payload)["serial"]
    beat = {"state": "resting", "serial": serial, "shows_notice": True,
            "release": loaded["release"]}
    client.publish(loaded["root"] + "/display", json.dumps(beat), qos=0)
client.on_connect, client.on_message = on_connect, on_message
client.reconnect_delay_set(1, 1)
client.connect("127.0.0.1", 1883)
client.loop_forever(retry_first_connection=True)
"""
"""A page as the browser's: it is of the release that the broker serves, and says what it shows."""


class Fleet:
    """The agent of that machine, driven from outside, and its operator."""

    def __init__(self, machine: Machine) -> None:
        self._folder = machine.root / "var/lib/wayside/fleet"
        owner = self._folder.stat()
        self._owner = (owner.st_uid, owner.st_gid)
        factory = (machine.root / "opt/wayside/current").resolve()
        installed = Installed.read(machine.root / "opt/wayside/agent/installed.json")
        assert installed
        self.wheels = installed.wheels
        self.code = {
            str(path.relative_to(factory)): path.read_bytes()
            for path in (factory / "device").rglob("*")
            if path.is_file() and path.suffix != ".pyc"
        }
        self._operator = Operator()
        self._store = Store(self._folder, Disk())
        self.updates = Updates(
            self._store,
            Journal(self._folder, Disk()),
            self._operator,
            Kiosk("helsinki", "k", installed, factory),
        )

    def roll_out(self, counter: int, main: bytes | None = None) -> None:
        """Publish a release of the factory's code, with another program where one is given."""
        files = self.code | ({"device/__main__.py": main} if main else {})
        needs = {"agent": 1, "wheels": self.wheels, "units": 1}
        self._operator.publish(Release(counter, files, needs=needs))
        self.updates.metadata({}, None)
        while self.updates.state.name != "TRIAL":
            for entry in self.updates.turn(Scene()):
                fill(self._store, self._operator.contents[entry.sha256])
            if self.updates.state.name == "STAGED":
                self._give()
        self._give()

    def ends(self) -> Name:
        """How the trial ends."""
        wait_until(self._turned, "the end of the trial", within_s=PATIENCE_S)
        return self.updates.state.name

    def trial(self) -> dict[str, object]:
        record = guard.unseal(self._folder / guard.TRIAL)
        assert record
        return record

    def _turned(self) -> bool:
        self.updates.turn(Scene())
        return self.updates.state.name != "TRIAL"

    def _give(self) -> None:
        """The agent runs as the kiosk's user."""
        for path in (self._folder, *self._folder.rglob("*")):
            os.chown(path, *self._owner, follow_symlinks=False)


@pytest.fixture(scope="module")
def machine(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    folder = tmp_path_factory.mktemp("machine")
    try:
        browser = shutil.which("chromium") is not None
        with booted(root, folder, writable="/var/lib/wayside", browser=browser) as machine:
            wait_until(
                lambda: machine.show("wayside", "ActiveState") == "active", "readiness", PATIENCE_S
            )
            yield machine
    finally:
        clean(folder)


@pytest.fixture(scope="module")
def fleet(machine: Machine) -> Fleet:
    return Fleet(machine)


@pytest.fixture(scope="module")
def page(machine: Machine) -> Iterator[Page]:
    """What a page hears, beside one that answers."""
    config = (machine.root / "etc/wayside/config.yaml").read_text()
    password = re.search(r'password: "(.+)"', config)
    assert password is not None
    answering = machine.open(sys.executable, "-c", ANSWER, password[1])
    page = Page(machine)
    yield page
    page.close()
    answering.terminate()
    answering.wait(10)


def runs(page: Page, name: str) -> bool:
    """Whether the kiosk says that it runs this release."""
    said = page.heard("status")
    return bool(said) and (said[-1]["state"], said[-1]["release"]) == ("online", name)


def journal(machine: Machine) -> str:
    return machine.run("journalctl", "--no-pager", "--unit=wayside", "--lines=80")


@needs("chromium")
def test_without_a_screen_the_page_is_loaded_in_a_window_that_nobody_sees(
    machine: Machine, fleet: Fleet
) -> None:
    fleet.roll_out(6)  # before a page answers
    assert fleet.ends() == "COMMITTED", journal(machine)
    wait_until(lambda: "chromium" not in machine.run("ps", "-e"), "the end of the browser")


def test_a_good_release_commits_and_stays_after_a_restart(
    machine: Machine, fleet: Fleet, page: Page
) -> None:
    wait_until(lambda: bool(page.heard("status")), "the first status", PATIENCE_S)
    fleet.roll_out(7)
    assert fleet.ends() == "COMMITTED", journal(machine)
    wait_until(lambda: runs(page, f"{RELEASE}+7"), "the status of 7")
    machine.run("systemctl", "restart", "wayside")
    wait_until(lambda: "release: 7\n" in journal(machine), "a start that is no trial")
    asked = ("systemd-run", "--pipe", "--wait", "--quiet", "/usr/local/bin/wayside", "--version")
    said = machine.run(*asked)
    assert said == f"wayside {RELEASE}+7"


def test_a_release_whose_program_crashes_returns_within_three_starts(
    machine: Machine, fleet: Fleet, page: Page
) -> None:  # failure 30
    fleet.roll_out(8, main=b"raise SystemExit('broken')")
    assert fleet.ends() == "ROLLED_BACK"
    assert fleet.trial()["starts"] == 3
    seen = len(page.heard("status"))
    wait_until(
        lambda: runs(page, f"{RELEASE}+7") and len(page.heard("status")) > seen, "7 again", 120
    )
    settings = machine.run("cat", "/run/wayside-broker/page/settings.js")
    assert f'"release": "{RELEASE}+7"' in settings


def test_a_release_that_hangs_returns_within_its_time(
    machine: Machine, fleet: Fleet, page: Page
) -> None:
    machine.run("systemctl", "set-environment", "WAYSIDE_TRIAL_SECONDS=5")
    fleet.roll_out(9, main=b"import time\nwhile True:\n    time.sleep(1)\n")
    assert fleet.ends() == "ROLLED_BACK"
    assert fleet.updates.state.reason == "it was not well within 5 s"
    assert fleet.trial()["starts"] == 1
    wait_until(lambda: runs(page, f"{RELEASE}+7"), "7 again", PATIENCE_S)


def test_diagnostics_are_collected_by_a_service_of_their_own(machine: Machine) -> None:
    folder = "/var/lib/wayside/fleet"
    machine.run("touch", f"{folder}/{diagnostics.REQUEST}")
    answer = f"{folder}/{diagnostics.ANSWER}"
    wait_until(lambda: machine.run("cat", answer, check=False), "an answer", PATIENCE_S)
    said = machine.run("cat", answer)
    assert "configuration" in said
    _, journal_of_kiosk = said.split("-- journal of wayside\n")
    assert "Started" in journal_of_kiosk
    assert " resting" not in journal_of_kiosk
