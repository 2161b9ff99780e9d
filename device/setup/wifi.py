"""Wi-Fi by NetworkManager's own client, `nmcli`.

Guarantee: a passphrase goes to it by a pipe, since other users can read a command line, and is
neither kept nor repeated in an error.
"""

from __future__ import annotations

import os
import re
import subprocess
from contextlib import suppress
from dataclasses import dataclass

from device.errors import UserError

ASK_S = 10
JOIN_S = 40
"""Seconds that NetworkManager may take."""

PASSPHRASE = range(8, 64)
"""Characters of a WPA passphrase."""


@dataclass(frozen=True, slots=True)
class Network:
    """What the kiosk receives. signal: 0 to 100. secured: a passphrase is needed."""

    ssid: str
    signal: int
    secured: bool

    @property
    def bars(self) -> str:
        """The signal in a few characters, and whether it is open to all."""
        bars = "▂▄▆█"[: 1 + min(3, self.signal // 25)]
        return bars if self.secured else f"{bars} open"


def networks() -> list[Network]:
    """What can be received, the strongest first; nothing where the kiosk has no Wi-Fi.

    Raises:
        UserError: NetworkManager does not answer.
    """
    fields = ("--get-values", "SSID,SIGNAL,SECURITY")
    said = _nmcli(ASK_S, *fields, "device", "wifi", "list", "--rescan", "no")
    found: dict[str, Network] = {}
    for line in said.splitlines():
        ssid, signal, security = _values(line)
        if not ssid:  # it hides its name
            continue
        one = Network(ssid, int(signal), bool(security))
        if ssid not in found or found[ssid].signal < one.signal:
            found[ssid] = one
    return sorted(found.values(), key=lambda one: -one.signal)


def scan() -> None:
    """Have NetworkManager look for networks anew; `networks` tells some seconds later."""
    with suppress(UserError):  # it has just done so, or there is no radio
        _nmcli(ASK_S, "device", "wifi", "rescan")


def join(ssid: str, passphrase: str) -> None:
    """Connect to a network that is received; NetworkManager keeps it over a restart.

    Raises:
        UserError: it is not received, or does not let the kiosk in.
    """
    network = next((one for one in networks() if one.ssid == ssid), None)
    if network is None:
        raise UserError(f"Wi-Fi {ssid!r}: the kiosk does not receive it")
    if network.secured and (len(passphrase) not in PASSPHRASE or not passphrase.isprintable()):
        raise UserError(f"Wi-Fi {ssid!r}: takes its passphrase, 8 to 63 characters")
    try:
        _nmcli(JOIN_S, "--ask", "device", "wifi", "connect", ssid, said=f"{passphrase}\n")
    except UserError:
        raise UserError(
            f"Wi-Fi {ssid!r}: the kiosk was not let in; is the passphrase right?"
        ) from None


def current() -> str:
    """The kiosk's connections in a few words, such as `Wi-Fi Harbour`; empty: not known."""
    try:
        said = _nmcli(ASK_S, "--get-values", "TYPE,NAME", "connection", "show", "--active")
    except UserError:
        return ""
    named = {"802-11-wireless": "Wi-Fi", "802-3-ethernet": "cable"}
    lines = (_values(line) for line in said.splitlines())
    return ", ".join(f"{named[kind]} {name}" for kind, name in lines if kind in named)


def _values(line: str) -> list[str]:
    """The values of a line, in which nmcli writes a colon or backslash of a name with another
    backslash before it."""
    values = re.findall(r"(?:^|:)((?:[^:\\]|\\.)*)", line)
    return [re.sub(r"\\(.)", r"\1", value) for value in values]


def _nmcli(within_s: int, *arguments: str, said: str = "") -> str:
    command = ["nmcli", "--wait", str(within_s), *arguments]
    try:
        answer = subprocess.run(
            command,
            input=said,
            capture_output=True,
            text=True,
            timeout=within_s + 5,
            check=True,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
        )
    except FileNotFoundError:
        raise UserError(
            "Wi-Fi: NetworkManager is not installed: apt install network-manager"
        ) from None
    except (subprocess.SubprocessError, OSError):
        raise UserError("Wi-Fi: NetworkManager does not answer, or refuses") from None
    return answer.stdout
