"""A first start in a real systemd: the set-up page, the answers, and then the kiosk.

No radio, no screen and no phone are there: python-dbusmock has NetworkManager's name on the
machine's bus, and a program in the machine's network does what the page does.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.brokers import wait_until
from tests.device.setup.radio import PYTHON, RUN, needs_radio
from tests.needs import needs, needs_root
from tests.systemd.machine import Machine, booted, clean

pytestmark = [
    pytest.mark.systemd,
    pytest.mark.slow,
    pytest.mark.timeout(600),
    needs("systemd-nspawn", "debootstrap", "nsenter", "mosquitto_passwd"),
    needs_root(),
    needs_radio(),
]

ADDRESS = "192.168.7.1"

PHONE = """
import http.client, json, ssl, sys, urllib.request
from urllib.parse import urlsplit
steps = json.loads(sys.argv[1])
screen = json.load(urllib.request.urlopen("http://127.0.0.1:8099/state"))
where = urlsplit(screen["address"])
context = ssl._create_unverified_context()
headers = {"Origin": f"https://{where.netloc}", "Content-Type": "application/json"}
def ask(method, path, body=None):
    phone = http.client.HTTPSConnection(where.hostname, where.port, context=context)
    phone.request(method, path, None if body is None else json.dumps(body), headers)
    answer = phone.getresponse()
    return answer, json.loads(answer.read())
answer, _ = ask("POST", "/enter", {"code": screen["code"]})
headers["Cookie"] = answer.headers["Set-Cookie"].partition(";")[0]
said = [ask(*step) for step in steps]
print(json.dumps([screen["address"], [[answer.status, body] for answer, body in said]]))
"""


@pytest.fixture(scope="module")
def machine(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A kiosk at its first start."""
    folder = tmp_path_factory.mktemp("machine")
    try:
        with booted(root, folder, "--set-up", writable="/etc/wayside", browser=True) as machine:
            yield machine
    finally:
        clean(folder)


@pytest.fixture
def network(machine: Machine) -> None:
    """An address in a local network, a way out, and a NetworkManager."""
    machine.run("sh", "-c", f"ip address add {ADDRESS}/32 dev lo 2> /dev/null || true")
    machine.run("ip", "route", "replace", "192.0.2.0/24", "dev", "lo", "src", ADDRESS)
    if machine.show("radio", "ActiveState") != "active":
        machine.run("systemd-run", "--unit=radio", str(PYTHON), "-c", RUN, "/run/radio", "system")


def phone(machine: Machine, *steps: tuple[Any, ...]) -> tuple[str, list[Any]]:
    """What a phone with the code on the screen is told: the address, and each step's answer."""
    said, _ = machine.open(sys.executable, "-c", PHONE, json.dumps(steps)).communicate(timeout=120)
    address, answers = json.loads(said)
    return address, answers


def settings(machine: Machine) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((machine.root / "etc/wayside/config.yaml").read_text())
    return found


def is_open(machine: Machine) -> bool:
    return machine.show("wayside-setup", "ActiveState") == "active"


def starts(machine: Machine) -> bool:
    return machine.show("wayside", "ActiveState") in ("activating", "active")


def test_a_first_start_opens_the_set_up_and_the_answers_start_the_kiosk(
    machine: Machine, network: None
) -> None:
    wait_until(lambda: is_open(machine), "the set-up", within_s=90)
    assert machine.show("wayside", "ConditionResult") == "no"
    assert machine.show("wayside", "ActiveState") == "inactive"
    wait_until(lambda: "Harbour" in machine.run("nmcli", "device", "wifi"), "NetworkManager", 60)
    answers = {"kiosk": "library-1", "place.timezone": "Europe/Lisbon", "display.languages": ["pt"]}
    address, said = phone(
        machine,
        ("GET", "/networks"),
        ("POST", "/join", {"ssid": "Harbour", "passphrase": "correct horse"}),
        ("GET", "/places?q=oodi"),
        ("POST", "/save", answers),
    )
    assert address == f"https://{ADDRESS}:8443/"
    (_, heard), (_, joined), (_, places), (saved, _) = said
    assert {"ssid": "Harbour", "bars": "▂▄▆█"} in heard["networks"]
    assert joined["network"].startswith("Wi-Fi Harbour")
    assert "correct horse" in machine.run("cat", "/run/radio")
    assert places["found"]
    assert saved == 200
    try:
        wait_until(lambda: machine.show("wayside", "ActiveState") == "active", "the kiosk", 300)
    except AssertionError:
        print(machine.run("journalctl", "--no-pager", "--unit=wayside*", "--lines=80"))
        raise
    assert not is_open(machine)
    now = settings(machine)
    assert (now["kiosk"], now["place"]["timezone"]) == ("library-1", "Europe/Lisbon")
    written = machine.root / "etc/wayside/config.yaml"
    assert "password_file" in written.read_text()
    assert (
        machine.run("stat", "--format=%a %U %G", "/etc/wayside/config.yaml") == "640 root wayside"
    )
    assert not (machine.root / "etc/wayside/setup-waits").exists()


def test_a_command_opens_it_again_and_a_read_only_disk_is_told_and_the_kiosk_goes_on_as_it_was(
    machine: Machine, network: None
) -> None:
    before = settings(machine)
    running = machine.show("wayside", "InvocationID")
    machine.run("systemctl", "restart", "wayside-setup")  # as an installation does
    assert machine.show("wayside-setup", "Result") == "exec-condition"
    assert machine.show("wayside", "InvocationID") == running
    machine.run("mount", "-o", "remount,bind,ro", "/etc/wayside")
    machine.run("systemd-run", "--wait", "--pipe", "--quiet", "wayside", "setup")
    assert is_open(machine)
    assert not starts(machine)
    _, (camera, save) = phone(
        machine, ("POST", "/camera", {"on": True}), ("POST", "/save", {"site": "pier"})
    )
    assert camera == [200, {}]
    assert (save[0], "read-only" in save[1]["error"]) == (422, True)
    wait_until(
        lambda: machine.show("wayside-preview", "ActiveState") == "active", "the camera test"
    )
    machine.run("systemctl", "stop", "wayside-setup")
    wait_until(lambda: starts(machine), "the kiosk")
    wait_until(
        lambda: machine.show("wayside-preview", "ActiveState") != "active", "the test's end", 60
    )
    assert settings(machine) == before
    told = machine.run("journalctl", "--unit=wayside-setup-end", "--output=cat")
    assert "without answers" in told
    assert "wayside-setup" not in machine.run("ls", "/run").split()


def test_the_set_up_can_read_neither_passwords_nor_keys(machine: Machine) -> None:
    tried = machine.run(
        "systemd-run", "--wait", "--pipe", "--quiet", "--property=User=wayside-setup",
        "sh", "-c", "cat /etc/wayside/mqtt-password /etc/wayside/config.yaml 2>&1; true",
    )  # fmt: skip
    assert tried.count("Permission denied") == 2
