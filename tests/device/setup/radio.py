"""A NetworkManager without a radio: python-dbusmock's, on a bus of its own.

It receives "Harbour" (with a passphrase), "Guest: free" (open) and "Refuses" (nobody gets in), and
writes what it is asked to the file. Debian's own Python runs it, which has the packages
python3-dbus and python3-dbusmock. It prints the address of its bus once it answers.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.needs import find_tool, in_ci

PYTHON = Path("/usr/bin/python3")
MOCK = Path("/usr/lib/python3/dist-packages/dbusmock")
RUN = """
import os, signal, sys
import dbus, dbusmock
log, own = sys.argv[1], sys.argv[2] == "own"
class Bus(dbusmock.DBusTestCase): pass
if own:
    Bus.start_system_bus()
bus = Bus.get_dbus(True)
_, manager = Bus.spawn_server_template(
    "networkmanager", {"NetworkingEnabled": True, "WirelessEnabled": True}, stdout=open(log, "w"))
mock = dbus.Interface(manager, dbusmock.MOCK_IFACE)
radio = mock.AddWiFiDevice("wlan0", "wlan0", 30)
KEYS = {"Harbour": 0x100, "Guest: free": 0, "Refuses": 0x188}  # the last is unknown to the mock
for number, (ssid, keys) in enumerate(KEYS.items()):
    mock.AddAccessPoint(radio, f"AP{number}", ssid, f"00:23:F8:7E:12:B{number}", 2, 2425, 5400,
                        90 - 30 * number, keys)
print(os.environ.get("DBUS_SYSTEM_BUS_ADDRESS", "system"), flush=True)
if own:
    sys.stdin.read()
    Bus.tearDownClass()
else:
    signal.pause()
"""
"""What Debian's Python runs: with `own`, on a bus of its own until its standard input ends, else on
the system's."""


def needs_radio() -> pytest.MarkDecorator:
    """A mark that skips a test without nmcli or python3-dbusmock; in CI the test runs and fails."""
    missing = not MOCK.is_dir() or find_tool("nmcli") is None
    return pytest.mark.skipif(
        missing and not in_ci(), reason="not installed: network-manager, python3-dbusmock"
    )


@contextmanager
def radio(log: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have this process, and what it starts, talk to a NetworkManager of a test."""
    process = subprocess.Popen(
        [PYTHON, "-c", RUN, log, "own"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert address, "python3-dbusmock has not started"
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
        yield
    finally:
        process.communicate("", timeout=20)
