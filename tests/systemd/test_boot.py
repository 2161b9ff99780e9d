"""The kiosk in a real systemd: it becomes ready, suggests, and is restarted when it hangs."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from device.fleet.enrolment import install
from tests.brokers import wait_until
from tests.needs import needs, needs_root
from tests.systemd.machine import VENV, Machine, booted, clean
from tools.fleet.enrol import enrol
from tools.fleet.hub import Hub, new_hub

pytestmark = [
    pytest.mark.systemd,
    pytest.mark.slow,
    pytest.mark.timeout(600),
    needs("systemd-nspawn", "debootstrap", "nsenter", "mosquitto_passwd"),
    needs_root(),
]

LISTEN = """
import json, sys
import paho.mqtt.client as mqtt
client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
client.username_pw_set("page", sys.argv[1])
client.on_connect = lambda client, *_: client.subscribe("wayside/v1/#", qos=1)
client.on_message = lambda _, __, m: print(m.topic, m.payload.decode(), flush=True)
client.connect("127.0.0.1", 1883)
client.loop_forever()
"""


HANG = """
import time
from device.upkeep.notify import Notifier
from device.upkeep.watchdog import Watchdog
watchdog = Watchdog(Notifier.from_environment())
turns = watchdog.heartbeats.expect("turns", within_s=10)
watchdog.heartbeats.expect("hangs", within_s=1)
watchdog.ready()
while True:
    turns()
    time.sleep(0.1)
"""


HUB_SAYS = """
import json, ssl, sys
import paho.mqtt.client as mqtt
folder = sys.argv[1]
tls = ssl.create_default_context(cafile=folder + "/ca.pem")
tls.load_cert_chain(folder + "/watcher.pem", folder + "/watcher.key")
client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
client.tls_set_context(tls)
client.on_connect = lambda client, *_: client.subscribe("wayside/v1/+/+/status", qos=1)
client.on_message = lambda _, __, m: print(m.topic, json.loads(m.payload)["state"], flush=True)
client.connect("127.0.0.1", 8883)
client.loop_forever()
"""


class Page:
    """A page in that machine: the messages it receives, by the last topic level."""

    def __init__(self, machine: Machine) -> None:
        config = (machine.root / "etc/wayside/config.yaml").read_text()
        password = re.search(r'password: "(.+)"', config)
        assert password is not None
        self._heard: dict[str, list[dict[str, Any]]] = {}
        self.names = set[str]()
        """The names of the kiosks that it heard of."""
        self._process = machine.open(sys.executable, "-c", LISTEN, password[1])
        threading.Thread(target=self._listen, daemon=True).start()

    def heard(self, name: str) -> list[dict[str, Any]]:
        return list(self._heard.get(name, ()))

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(10)

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            topic, _, payload = line.partition(" ")
            self.names.add(topic.split("/")[3])
            self._heard.setdefault(topic.rpartition("/")[2], []).append(json.loads(payload))


@pytest.fixture(scope="module")
def machine(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    folder = tmp_path_factory.mktemp("machine")
    try:
        with booted(root, folder) as machine:
            yield machine
    finally:
        clean(folder)


@pytest.fixture
def ready(machine: Machine) -> Machine:
    """The machine, once the kiosk's service is ready."""
    try:
        wait_until(
            lambda: machine.show("wayside", "ActiveState") == "active", "readiness", within_s=120
        )
    except AssertionError:
        print(machine.run("journalctl", "--no-pager", "--unit=wayside", "--lines=60"))
        raise
    return machine


@pytest.fixture
def page(ready: Machine) -> Iterator[Page]:
    page = Page(ready)
    yield page
    page.close()


def test_the_service_becomes_ready_and_suggests_from_a_read_only_root(
    ready: Machine, page: Page
) -> None:
    assert ready.show("wayside", "NRestarts") == "0"  # failure 23
    assert ready.show("wayside-setup", "Result") == "exec-condition"  # nobody wants it
    wait_until(
        lambda: any(message["items"] for message in page.heard("suggestions")),
        "a suggestion",
        within_s=120,
    )
    assert page.heard("status")[-1]["state"] == "online"
    written = ready.run("sh", "-c", "touch /etc/x /opt/wayside/x /var/x 2>&1 || true")
    assert written.count("Read-only file system") == 3  # failure 25


def test_a_kiosk_that_hangs_is_restarted_by_its_watchdog_and_suggests_again(
    ready: Machine, page: Page
) -> None:
    wait_until(lambda: bool(page.heard("status")), "the first status")
    boot = page.heard("status")[-1]["boot"]
    before = int(ready.show("wayside", "NRestarts"))
    ready.run("systemctl", "kill", "--signal=STOP", "--kill-whom=main", "wayside")  # failure 1
    wait_until(
        lambda: any(
            message["state"] == "online" and message["boot"] != boot
            for message in page.heard("status")
        ),
        "another start",
        within_s=120,
    )
    seen = len(page.heard("suggestions"))
    wait_until(
        lambda: any(message["items"] for message in page.heard("suggestions")[seen:]),
        "a suggestion after the restart",
        within_s=120,
    )
    journal = ready.run("journalctl", "--no-pager", "--unit=wayside")
    assert "Failed with result 'watchdog'" in journal
    assert int(ready.show("wayside", "NRestarts")) == before + 1, journal


def test_one_hanging_loop_is_enough_for_a_restart(machine: Machine) -> None:
    machine.run(
        "systemd-run",
        "--unit=hang",
        "--property=Type=notify",
        "--property=WatchdogSec=1h",
        "--working-directory=/opt/wayside/current",
        f"{VENV}/bin/python",
        "-c",
        HANG,
    )  # failure 1
    wait_until(lambda: machine.show("hang", "ActiveState") == "failed", "its end", within_s=60)
    assert machine.show("hang", "Result") == "watchdog"
    journal = ("journalctl", "--no-pager", "--unit=hang")
    wait_until(lambda: "hangs: hangs" in machine.run(*journal), "its line in the journal")


def test_the_journal_is_kept_in_memory(ready: Machine) -> None:
    assert ready.run("ls", "/run/log/journal")  # failure 26
    assert ready.run("sh", "-c", "ls /var/log/journal 2>/dev/null || true") == ""


def test_the_table_is_read_again_by_a_timer_and_without_sources_nothing_happens(
    ready: Machine,
) -> None:
    assert ready.show("wayside-catalogue.timer", "ActiveState") == "active"
    ready.run("systemctl", "start", "wayside-catalogue.service")
    said = ready.run("journalctl", "--no-pager", "--unit=wayside-catalogue", "--output=cat")
    assert "matching.sources is not set: there is nothing to refresh" in said


def test_an_installed_kiosk_keeps_nobodys_diary(ready: Machine) -> None:
    command = "/usr/local/bin/wayside diary new --config /etc/wayside/config.yaml 2>&1"
    inside = ("systemd-run", "--pipe", "--wait", "--quiet", "sh", "-c", command)
    said = ready.run(*inside, check=False)
    assert "not on an installed kiosk" in said


def test_check_tells_what_an_installed_kiosk_lacks(ready: Machine) -> None:
    # failure 44
    command = ("/usr/local/bin/wayside", "check", "--config", "/etc/wayside/config.yaml")
    lines = ready.run("systemd-run", "--pipe", "--wait", "--quiet", *command, check=False)
    verdicts = {line[4:18].strip(): (line[:2], line[19:]) for line in lines.splitlines()}
    for part in ("configuration", "models", "catalogue", "broker", "timezone", "disk"):
        assert verdicts[part][0] in ("ok", "!!"), lines
    for part, words in (
        ("operator", "operator.name and operator.contact"),  # the file that ships names nobody
        ("camera", "plays the demo"),  # this machine has no camera, no screen and no fonts
        ("services", "wayside-display is"),
        ("screen", "no heartbeat"),
        ("fonts", "fc-list"),
    ):
        assert verdicts[part][0] == "NO", lines
        assert words in verdicts[part][1], lines


def test_root_prepares_the_screen_and_its_user_reads_how(root: Path, ready: Machine) -> None:
    """As wayside-display.service does, with `cat` in the place of a screen."""
    unit = (root / "systemd/wayside-display.service").read_text()
    found = re.search(r"^ExecStartPre=(-\+.+)$", unit, re.M)
    assert found is not None
    properties = ("User=wayside-display", "RuntimeDirectory=wayside-display", "UMask=0077")
    options = [f"--property={each}" for each in (*properties, f"ExecStartPre={found[1]}")]
    said = ready.run(
        "systemd-run", "--pipe", "--wait", "--quiet", *options, "cat", "/run/wayside-display/screen"
    )
    assert said == "rotate=0\nbrightness="


def test_the_kiosk_and_its_page_find_the_same_name_for_the_machine(
    ready: Machine, page: Page
) -> None:
    # failure 47
    wait_until(lambda: bool(page.heard("status")), "the first status")
    settings = ready.run("cat", "/run/wayside-broker/page/settings.js")
    name = re.search(r'"root": "wayside/v1/helsinki/(kiosk-[0-9a-f]{8})"', settings)
    assert name is not None, settings
    assert page.names == {name[1]}


def test_a_clean_stop_ends_with_offline(ready: Machine, page: Page) -> None:
    wait_until(lambda: bool(page.heard("status")), "the first status")
    ready.run("systemctl", "stop", "wayside")  # failure 15
    wait_until(lambda: page.heard("status")[-1]["state"] == "offline", "offline")
    assert ready.show("wayside", "Result") == "success"


def test_a_refused_restart_says_why_in_the_status_until_it_is_mended(machine: Machine) -> None:
    # failure 43
    file = machine.root / "etc/wayside/config.yaml"
    right = file.read_text()
    try:
        file.write_text(right.replace("source: auto", "sauce: auto"))
        machine.run("systemctl", "restart", "wayside", check=False)
        assert machine.show("wayside", "ActiveState") != "active"
        for _ in range(2):  # before and during the wait for the next try
            assert "camera.sauce" in wait_until(lambda: refusal(machine), "the reason")
            wait_until(lambda: "camera.sauce" in status(machine), "the reason for people")
            wait_until(lambda: machine.show("wayside", "ActiveState") == "activating", "a try")
    finally:
        file.write_text(right)
    machine.run("systemctl", "restart", "wayside")
    assert machine.show("wayside", "ActiveState") == "active"


def refusal(machine: Machine) -> str:
    """The reason why the kiosk did not start; empty while it is being tried again."""
    said = machine.show("wayside", "StatusText")
    return said if "not started" in said else ""


def status(machine: Machine) -> str:
    """What `systemctl status` says to people."""
    return machine.run("systemctl", "status", "wayside", check=False)


def group_in(machine: Machine, name: str) -> int:
    """The number of a group in the machine."""
    lines = (machine.root / "etc/group").read_text().splitlines()
    return next(int(line.split(":")[2]) for line in lines if line.startswith(f"{name}:"))


@contextmanager
def hub_in(machine: Machine, folder: Path) -> Iterator[Hub]:
    """A hub in the machine, with the files that hub/install.sh puts there."""
    new_hub(folder, ["127.0.0.1"], 8883)
    there = machine.root / "etc/wayside-hub"
    shutil.copytree(folder / "server", there)
    os.chown(there / "server.key", 0, group_in(machine, "mosquitto"))
    (there / "server.key").chmod(0o640)
    shutil.move(there / "wayside-hub.service", machine.root / "etc/systemd/system")
    (machine.root / "var/lib/wayside-hub").mkdir()
    machine.run("mount", "-t", "tmpfs", "tmpfs", "/var/lib/wayside-hub")
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "start", "wayside-hub")
    try:
        yield Hub.open(folder)
    finally:
        machine.run("systemctl", "stop", "wayside-hub")
        shutil.rmtree(there)


def test_an_enrolled_kiosk_is_online_at_the_hub_and_stopped_while_its_program_is_not_there(
    ready: Machine, page: Page, tmp_path: Path
) -> None:
    etc = ready.root / "etc/wayside"
    assert ready.show("wayside-agent", "ConditionResult") == "no", "no fleet, no agent"
    wait_until(lambda: page.names, "the name of the kiosk")
    with hub_in(ready, tmp_path / "hub") as hub:
        limit = ready.show("wayside-hub", "LimitNOFILE")
        assert int(limit) > 10_000, "a connection is an open file"
        install(enrol(hub, hub.authority(), "helsinki", page.names.copy().pop()), etc)
        for file in ("agent.yaml", "agent.key"):  # as tmpfiles.d does, on a root to be written
            os.chown(etc / file, 0, group_in(ready, "wayside"))
            (etc / file).chmod(0o640)
        ready.run("systemctl", "start", "wayside-agent")
        watcher = ready.open(sys.executable, "-c", HUB_SAYS, str(hub.folder))
        assert watcher.stdout is not None
        states: list[str] = []
        listening = threading.Thread(
            target=lambda: states.extend(line.split()[1] for line in watcher.stdout or ()),
            daemon=True,
        )
        listening.start()
        wait_until(lambda: states[-1:] == ["online"], "online at the hub", within_s=60)
        ready.run("systemctl", "stop", "wayside")
        wait_until(lambda: states[-1:] == ["stopped"], "stopped at the hub")
        ready.run("systemctl", "start", "wayside")
        ready.run("systemctl", "stop", "wayside-agent")
        wait_until(lambda: states[-1:] == ["offline"], "offline at the hub")
        watcher.terminate()
