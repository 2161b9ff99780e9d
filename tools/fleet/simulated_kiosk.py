"""A kiosk without hardware, of which a process holds hundreds: for `fleet simulate` and benchmarks.

It has a folder, the agent's own code for releases (trust, parts, store, state machine), the real
guard, and one real connection to a hub; in the place of its program is what its `Fate` says.
Guarantee: what it believes, fetches, keeps and starts is decided by the code that a real kiosk
runs; only the program and the agent's process are stand-ins.
"""

from __future__ import annotations

import math
import random
import socket
import struct
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from device.errors import UserError
from device.fleet import guard
from device.fleet.agent import HUB_QOS
from device.fleet.disk import Disk
from device.fleet.guard import Guard
from device.fleet.installed import Installed
from device.fleet.intake import Releases, open_updates
from device.fleet.parts import Parts
from device.fleet.relay import Relay
from device.fleet.settings import AgentConfig
from device.fleet.states import State
from device.fleet.trial import write_verdict
from device.fleet.updates import Scene
from device.messaging.link import Link, Login
from device.messaging.messages import Protocol
from device.messaging.payloads import encode, status
from device.messaging.queues import Outgoing
from device.messaging.reconnect import Backoff
from device.messaging.topics import FLEET_METADATA, Topics

BUFFER = 8192
"""Bytes that the system takes for a kiosk with a slow line before it is read."""

RECONNECT_S = 2.0
"""Longest wait after a lost connection, at first; real kiosks spread over 15 s."""

RELEASE = "0.1.0"

WHEELS = "0" * 12
"""The packages that all of them have."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of a kiosk. program: a new release `commits`, `refuses` itself on trial, or
    `crashes` at each start. silent: it is there, and does nothing about releases. rate: bytes a
    second of its line; None: any. cut_after: parts until its power is cut, once; None: never.
    off_s: how long the cut lasts."""

    program: str = "commits"
    silent: bool = False
    rate: float | None = None
    cut_after: int | None = None
    off_s: float = 2.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What has become of a kiosk. down, up: bytes of its connections, as TCP counts them. starts:
    of its program, on trial. lost: connections that it did not end itself."""

    name: str
    fate: Fate
    state: State
    down: int
    up: int
    parts_again: int
    starts: int
    cuts: int
    lost: int


class SimulatedKiosk:
    """One kiosk. Its crowd calls `turn` now and then, and `work` when its socket is ready."""

    def __init__(
        self,
        config: AgentConfig,
        fate: Fate,
        installed: Installed,
        protocol: Protocol = "5",
        *,
        seed: int = 0,
    ) -> None:
        """config: with a hub. protocol: that the hub speaks.

        Raises:
            UserError: its folder or its certificates cannot be used.
        """
        assert config.mqtt
        self._config, self._hub, self.fate = config, config.mqtt, fate
        self._installed, self._protocol = installed, protocol
        self._login = Login.read(config.mqtt)
        self._topics = Topics(config.site, config.kiosk)
        self._guard = Guard(config.folder, installed=asdict(installed))
        self._disk = Disk()
        self._backoff = Backoff(0.2, RECONNECT_S, rng=random.Random(seed))
        self.link: Link | None = None
        self.read_at = time.monotonic()
        self.resume_at = 0.0
        """Until then a slow line brings nothing more."""
        self._open_at = 0.0
        self._counted = (0, 0)
        """Bytes of the connection that is open which are in `_down` and `_up`."""
        self._down = self._up = self._starts = self._cuts = self._lost = 0
        self._parts = self._again = 0
        self._opened_at = 0.0
        self._power_on()

    @property
    def name(self) -> str:
        """`site/kiosk`."""
        return f"{self._config.site}/{self._config.kiosk}"

    def outcome(self) -> Outcome:
        """What has become of it so far."""
        self._count()
        return Outcome(
            self.name,
            self.fate,
            self._updates.state,
            self._down,
            self._up,
            self._again + self._releases.parts.again,
            self._starts,
            self._cuts,
            self._lost,
        )

    def turn(self) -> None:
        """Connect if that is due, and do what depends on time."""
        if self.link is None:
            if time.monotonic() >= self._open_at:
                self._open()
            return
        self.work(readable=False, writable=False)
        if self.link is not None and self.link.connected:
            self._decide()

    def work(self, *, readable: bool, writable: bool) -> None:
        """Read and write what can be without waiting, and act on it."""
        link = self.link
        if link is None:
            return
        greeted = link.connected
        if link.work(readable=readable, writable=writable):
            self.read_at = time.monotonic()
            self._slow_down()
        if link.connected and not greeted:
            link.subscribe({FLEET_METADATA: HUB_QOS})
            self._releases.parts.connected()
            self._said = {}
            link.publish(self._relay.status())
        link.acknowledged.clear()
        arrived = list(link.arrived)
        link.arrived.clear()
        if arrived and not self.fate.silent:
            for topic, payload, _ in arrived:
                self._releases.hear(topic, payload, datetime.now(UTC))
            self._parts += sum(topic != FLEET_METADATA for topic, _, _ in arrived)
            if not self._cuts and self._parts >= (self.fate.cut_after or math.inf):
                self._cut()
                return
            self._decide()
        if link.end is not None:
            self._ended()

    def stop(self) -> None:
        """Disconnect, as a kiosk that is switched off."""
        if self.link is not None and self.link.connected and self.link.end is None:
            self.link.close()
        self._ended()

    # `Line` of device/fleet/parts.py

    def subscribe(self, topic: str, qos: int) -> None:
        """Ask for a retained message."""
        if self.link is not None and self.link.connected:
            self.link.subscribe({topic: qos})

    def unsubscribe(self, topic: str) -> None:
        """Take that back."""
        if self.link is not None and self.link.connected:
            self.link.unsubscribe(topic)

    def _power_on(self) -> None:
        """Start from what the folder holds."""
        opened, trouble = open_updates(self._config, self._installed)
        if opened is None:
            raise UserError(f"{self.name}: {trouble}")
        self._updates, store = opened
        self._releases = Releases(self._updates, Parts(self, store))
        self._said: dict[str, Any] = {}
        self._relay = Relay(self._topics, lambda message: None, time.time)
        now = datetime.now(UTC)
        said = status("online", boot=f"b{self._cuts}", release=RELEASE, now=now)
        self._relay.hear(self._topics.topic("status"), encode(said), False)

    def _open(self) -> None:
        self._counted, self._opened_at = (0, 0), time.monotonic()
        self.link = link = Link(
            self._hub,
            self._topics.client_id,
            self._protocol,
            self._login,
            self._relay.status(reachable=False),
        )
        link.open()
        if self.fate.rate is not None and link.sock is not None:
            link.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
        if link.end is not None:
            self._ended()

    def _ended(self) -> None:
        """The connection is gone; connect again later."""
        if self.link is None:
            return
        self._count()
        if self.link.connected:
            self._lost += 1
        self.link.drop("lost", "ended")
        self.link = None
        lasted_s = time.monotonic() - self._opened_at
        self._open_at = time.monotonic() + self._backoff.lost(lasted_s)

    def _cut(self) -> None:
        """The power is cut: the hub is told nothing, and only the disk keeps what was."""
        self._cuts += 1
        self._again += self._releases.parts.again
        self._ended()
        self._power_on()
        self._open_at = time.monotonic() + self.fate.off_s

    def _decide(self) -> None:
        """A turn of the agent, and of the services that follow it."""
        if self.fate.silent:
            return
        self._releases.turn(Scene(now=datetime.now()))
        if (self._config.folder / guard.SWITCH).exists():
            self._switch()
            self._releases.turn(Scene(now=datetime.now()))
        message = dict(self._updates.message(datetime.now(UTC)))
        news = {key: value for key, value in message.items() if key != "at"}
        if news != self._said and self.link is not None and self.link.connected:
            self._said = news
            topic = self._topics.topic("release")
            self.link.publish(Outgoing(topic, encode(message), retain=True))

    def _switch(self) -> None:
        """What the path unit and the kiosk's service do: start, and start again what has ended."""
        (self._config.folder / guard.SWITCH).unlink()
        while (choice := self._guard.start()).trial and choice.counter is not None:
            self._starts += 1
            if self.fate.program == "crashes":
                continue
            reason = "" if self.fate.program == "commits" else "it refuses itself"
            write_verdict(self._config.folder, self._disk, choice.counter, reason)
            if not reason:
                return

    def _slow_down(self) -> None:
        if self.fate.rate is not None:
            before = self._down
            self._count()
            now = time.monotonic()
            self.resume_at = max(now, self.resume_at) + (self._down - before) / self.fate.rate

    def _count(self) -> None:
        """Add what has come and gone since the last time."""
        sock = self.link.sock if self.link is not None else None
        if sock is not None:
            up, down = _carried(sock)
            self._up += up - self._counted[0]
            self._down += down - self._counted[1]
            self._counted = up, down


def _carried(sock: socket.socket) -> tuple[int, int]:
    """Bytes that a connection has sent and received, by Linux's struct tcp_info."""
    try:
        info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 136)
    except OSError:  # closed
        return 0, 0
    acknowledged, received = struct.unpack_from("<QQ", info, 120)
    return int(acknowledged), int(received)
