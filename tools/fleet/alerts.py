"""What an operator is told without looking: when something begins to be wrong, and when it ends.

Guarantees: each trouble is told once when it begins and once when it ends, also over a restart of
`watch` (tools/fleet/history.py keeps those that are open); a value between two limits, and a kiosk
that is away for a moment, is told of neither.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias, get_args

from device.messaging.payloads import iso
from tools.fleet.table import Row

Kind: TypeAlias = Literal[
    "offline", "hot", "undervoltage", "camera", "release", "metadata", "expiring", "hangs", "reboot"
]
"""offline: or stopped. camera: dark or lost. release: taken back, refused or failed. metadata: not
believed. expiring: a certificate, or what is signed. hangs: a step of the kiosk's program.
reboot: security updates wait for one."""

KINDS: tuple[Kind, ...] = get_args(Kind)

FLEET = "fleet"
"""Stands for a kiosk's name where all are concerned; no site can be called so."""

OFFLINE = timedelta(minutes=3)
"""How long a kiosk is away before that is told: one that starts anew is away for less."""

HOT_C, COOL_C = 80.0, 75.0
"""A Raspberry Pi throttles itself from 80 degrees on; 75 again end the alert."""

WARN_DAYS = 7

PATIENCE_S = 60.0
"""Longest time that a command of `--notify` may take."""

MOST_WAITING = 1000


@dataclass(frozen=True, slots=True)
class Alert:
    """Something has begun, or ended. at: in UTC."""

    at: datetime
    kiosk: str
    kind: Kind
    text: str
    began: bool

    def json(self) -> str:
        """As a command of `--notify` gets it."""
        state = "began" if self.began else "ended"
        content = {"at": iso(self.at), "kiosk": self.kiosk, "kind": self.kind, "state": state}
        return json.dumps(content | {"text": self.text})


class Alerts:
    """Tells edges. known: by kiosk and kind, the text of what is open already."""

    def __init__(self, known: Mapping[tuple[str, Kind], str] | None = None) -> None:
        self.open: dict[tuple[str, Kind], str] = dict(known or {})
        self._away: dict[str, datetime] = {}

    def update(
        self, rows: Iterable[Row], expires: Mapping[str, datetime], now: datetime
    ) -> list[Alert]:
        """What has begun or ended since the last time."""
        found: dict[tuple[str, Kind], str] = {}
        for row in rows:
            for kind, text in self._of(row, now).items():
                found[row.name, kind] = text
        if text := expiring(expires, now):
            found[FLEET, "expiring"] = text
        began = [key for key in found if key not in self.open]
        ended = [key for key in self.open if key not in found]
        alerts = [Alert(now, *key, found[key], began=True) for key in began]
        alerts += [Alert(now, *key, self.open[key], began=False) for key in ended]
        self.open = found
        return alerts

    def _of(self, row: Row, now: datetime) -> dict[Kind, str]:
        found = troubles(row, hot=("hot" in self._kinds(row.name)))
        if "offline" in found:
            since = self._away.setdefault(row.name, now)
            if now - since < OFFLINE and (row.name, "offline") not in self.open:
                del found["offline"]
        else:
            self._away.pop(row.name, None)
        return found

    def _kinds(self, name: str) -> set[Kind]:
        return {kind for kiosk, kind in self.open if kiosk == name}


def troubles(row: Row, *, hot: bool = False) -> dict[Kind, str]:
    """What is wrong at a kiosk, in words. hot: whether it was told that it is."""
    found: dict[Kind, str] = {}
    if row.state == "offline":
        found["offline"] = "not connected"
    elif row.state == "stopped":
        found["offline"] = "the machine is there, and the kiosk's program does not run"
    if row.temperature_c is not None and row.temperature_c >= (COOL_C if hot else HOT_C):
        found["hot"] = f"{row.temperature_c:.0f} °C"
    if row.undervoltage:
        found["undervoltage"] = "the supply voltage is too low"
    if row.camera in ("dark", "lost", "hung"):
        found["camera"] = f"the camera is {row.camera}"
    if row.hangs:
        found["hangs"] = f"hangs: {', '.join(row.hangs)}"
    if row.reboot_waits:
        found["reboot"] = "security updates of the system wait until the machine starts anew"
    newest = max(row.refused, default=0)
    if newest > (row.release or 0):
        found["release"] = f"release {newest}: {row.refused[newest]}"
    elif row.phase in ("ROLLED_BACK", "REJECTED", "FAILED") and row.candidate is not None:
        found["release"] = f"release {row.candidate}: {row.reason}"
    if row.distrust and not row.distrust.startswith("no rollout"):
        found["metadata"] = f"does not believe the metadata: {row.distrust}"
    if row.certificate_days is not None and row.certificate_days < WARN_DAYS:
        left = ends_in(row.certificate_days)
        found["expiring"] = f"its certificate {left}: wayside-tools fleet enrol --renew"
    return found


def expiring(expires: Mapping[str, datetime], now: datetime) -> str:
    """Which signed metadata expires within a week, and what to do; empty: none."""
    if not expires:
        return ""
    role = min(expires, key=lambda name: expires[name])
    days = (expires[role] - now).days
    if days >= WARN_DAYS:
        return ""
    renew = "refresh" if role in ("snapshot", "timestamp") else f"keys renew {role}"
    return f"{role} {ends_in(days)}: wayside-tools fleet {renew}, then publish"


def ends_in(days: int) -> str:
    """So many whole days before it ends."""
    if days < 0:
        return "has ended"
    return "ends today" if days == 0 else f"ends in {days} day{'s' if days > 1 else ''}"


class Notify:
    """Runs a command for each alert, one after the other, on a thread of its own.

    complain: told in a line what went wrong.
    """

    def __init__(
        self, command: str, complain: Callable[[str], None], patience_s: float = PATIENCE_S
    ) -> None:
        """command: for `sh`; it gets the alert as JSON on its standard input."""
        self._command, self._complain, self._patience_s = command, complain, patience_s
        self._waiting: queue.Queue[Alert | None] = queue.Queue(MOST_WAITING)
        self._thread = threading.Thread(target=self._run, name="notify", daemon=True)
        self._thread.start()

    def tell(self, alerts: Iterable[Alert]) -> None:
        """Hand alerts over; returns at once."""
        for alert in alerts:
            try:
                self._waiting.put_nowait(alert)
            except queue.Full:
                self._complain(f"--notify: {MOST_WAITING} alerts wait for the command; dropped one")

    def close(self) -> None:
        """Wait until all of them are told."""
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (alert := self._waiting.get()) is not None:
            try:
                code = self._call(alert)
            except (OSError, subprocess.TimeoutExpired) as error:
                self._complain(f"--notify: {self._command}: {error}")
            else:
                if code:
                    self._complain(f"--notify: {self._command}: exit code {code}")

    def _call(self, alert: Alert) -> int:
        """Run the command; its exit code. What it has started ends with it if it takes too long."""
        with subprocess.Popen(
            ["sh", "-c", self._command], stdin=subprocess.PIPE, text=True, start_new_session=True
        ) as process:
            try:
                process.communicate(alert.json() + "\n", self._patience_s)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                raise
        return process.returncode
