"""The agent: a kiosk's connection to the hub of its fleet, in a process of its own.

    python -m device.fleet.agent --config /etc/wayside/agent.yaml

It has two clients: one of the kiosk's own broker, from which it relays (device/fleet/relay.py), and
one of the hub, by TLS with the kiosk's certificate. It fetches what the driver of updates asks for,
publishes what has come of it, and obeys the operator's commands (device/fleet/orders.py).
Guarantees: it lives on when the kiosk's program, either broker or a message is broken; the hub says
`offline` within one and a half keepalives of a power cut; it needs neither numpy nor OpenCV, and
writes nothing while nothing new comes.
"""

from __future__ import annotations

import argparse
import logging
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import FrameType
from zoneinfo import ZoneInfo

from device.config import MqttConfig
from device.errors import UserError
from device.fleet import guard, screenshot
from device.fleet.apart import close_memory, hold
from device.fleet.blobs import MOST_METADATA
from device.fleet.commands import Commands
from device.fleet.installed import Installed
from device.fleet.intake import Driver, Releases, open_updates
from device.fleet.moment import Scene
from device.fleet.orders import Orders, open_commands
from device.fleet.parts import Keeper, Parts
from device.fleet.relay import Relay
from device.fleet.report import News, end_of_certificate, report
from device.fleet.settings import FILE, AgentConfig, load_settings
from device.messaging.client import Client, Manners
from device.messaging.fleet_messages import AgentReport
from device.messaging.queues import Outgoing
from device.messaging.topics import FLEET_METADATA, Topics
from device.upkeep.clock import WallClock
from device.upkeep.notify import Notifier
from device.upkeep.watchdog import Watchdog

log = logging.getLogger(__name__)

TURN_S = 1.0
"""Longest wait for an event before what depends on time is looked at."""

LARGEST = MOST_METADATA + 4096
"""Bytes of the largest packet that the hub may send."""

HUB_QOS = 0
"""Of what is subscribed to at the hub. No session outlives its connection, so QoS 1 would bring
nothing more; and to its subscriptions NATS 2.9 brings nothing once it is told of a new kiosk."""

HUB_LATE_S = 5
"""Mosquitto 2.0 looks for silent clients every six seconds, and rounds: so much less than the
configured keepalive is declared, and `offline` comes within one and a half of it (6 s or more)."""

QUEUE = 16
"""Events that wait for the agent; a broker that sends more is made to wait."""

LONGEST_TURN_S = 120.0
"""A turn may read a whole release to verify it; one that takes longer hangs."""

CLOCK_WAIT_S = 600.0


class Agent:
    """Everything but the process."""

    def __init__(
        self,
        config: AgentConfig,
        hub: MqttConfig,
        updates: tuple[Driver, Keeper] | None = None,
        commands: Commands | None = None,
        *,
        trouble: str = "",
        picture: Path = screenshot.PICTURE,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """hub: `config.mqtt`. updates: with where blobs are kept; None: takes no releases.
        commands: None: obeys none.

        trouble: why not, for the hub. picture: where a screenshot appears.

        Raises:
            UserError: a password or certificate file that cannot be used.
        """
        self._clock, self._wall, self._trouble = clock, wall, trouble
        self._zone = ZoneInfo(config.timezone)
        self._time = WallClock(CLOCK_WAIT_S, clock=clock, wall=wall)
        topics = Topics(config.site, config.kiosk)
        self._ends = end_of_certificate(hub)
        self._events: queue.Queue[Callable[[], None]] = queue.Queue(QUEUE)
        self._stopping = False
        self._relay = Relay(topics, self._to_hub, wall)
        self._news = News(topics, self._to_hub, clock)
        self._ignored = 0
        self._orders = None
        if commands is not None:
            self._orders = Orders(
                commands, topics, config.folder, self._to_hub, self._to_kiosk,
                rests=lambda: self._relay.rests, picture=picture, clock=clock, wall=wall,
            )  # fmt: skip
        hears = {FLEET_METADATA} if updates else set()
        keepalive_s = max(1, hub.keepalive_s - HUB_LATE_S)
        self._hub = Client(
            hub.model_copy(update={"keepalive_s": keepalive_s}),
            topics,
            Manners(
                hears=dict.fromkeys(
                    hears | set(self._orders.hears if self._orders else ()), HUB_QOS
                ),
                received=lambda *given: self._put("hub", lambda: self._from_hub(*given)),
                will=lambda: self._relay.status(reachable=False),
                greeting=self._relay.status,
                farewell=lambda: self._relay.status(reachable=False),
                connected=lambda: self._put("hub", self._connected),
                largest=LARGEST,
            ),
            name="hub",
            client_id=topics.client_id,
            clock=clock,
        )
        self._own = Client(
            config.own,
            topics,
            Manners(
                hears=self._relay.hears,
                received=lambda *given: self._put("broker", lambda: self._relay.hear(*given)),
            ),
            name="broker",
            client_id=f"{topics.client_id}:agent",
            clock=clock,
        )
        self._own_was_up = False
        self._beats: dict[str, Callable[[], None]] = {}
        self._turned = clock()
        self._releases = updates and Releases(updates[0], Parts(self._hub, updates[1], clock=clock))

    def start(self, watchdog: Watchdog | None = None) -> None:
        """Begin to connect."""
        for client, name in ((self._hub, "hub"), (self._own, "broker")):
            if watchdog:
                self._beats[name] = watchdog.heartbeats.expect(name, within_s=10)
            client.start(partial(self._beat, name))

    def turn(self, within_s: float = TURN_S) -> None:
        """Wait for an event, for a while, and do all that is to be done.

        Raises:
            ClientDeadError: a connection's thread has died by a bug.
        """
        self._turned = self._clock()
        self._hub.check()
        self._own.check()
        try:
            self._events.get(timeout=within_s)()
            while True:
                self._events.get_nowait()()
        except queue.Empty:
            pass
        if self._own_was_up and not self._own.connected:
            self._relay.lost()
        self._own_was_up = self._own.connected
        now = datetime.fromtimestamp(self._wall(), UTC)
        if self._orders:
            self._orders.turn(self._time.now(UTC))
        if self._releases:
            try:
                self._releases.turn(self._scene())
                self._news.say("release", self._releases.driver.message(now))
            except Exception as error:  # what can be relayed must not end with it
                log.exception("releases are no longer taken")
                self._trouble = f"releases are no longer taken: {error or type(error).__name__}"
                self._releases = None
        self._news.say("agent", self._report(now))
        if self._orders:
            self._orders.tell()

    @property
    def trouble(self) -> str | None:
        """Why there is no connection to the hub, in words; None: there is one, or it is new."""
        return self._hub.state.trouble

    @property
    def parts_again(self) -> int:
        """Parts of releases that had to be asked for again."""
        return self._releases.parts.again if self._releases else 0

    def stop(self) -> None:
        """Say `offline` and disconnect."""
        self._stopping = True
        self._own.stop()
        self._hub.stop()

    def _put(self, name: str, event: Callable[[], None]) -> None:
        """Hand an event of a connection to the agent's thread; a full queue makes it wait."""
        while not self._stopping:
            try:
                self._events.put(event, timeout=TURN_S)
            except queue.Full:
                self._beat(name)
                continue
            return

    def _beat(self, name: str) -> None:
        """A connection's thread lives; it says so unless the agent's own thread hangs."""
        if name in self._beats and self._clock() - self._turned < LONGEST_TURN_S:
            self._beats[name]()

    def _connected(self) -> None:
        if self._releases:
            self._releases.parts.connected()

    def _scene(self) -> Scene:
        paused = self._orders is not None and self._orders.commands.paused
        return replace(self._relay.scene(self._time.now(self._zone)), paused=paused)

    def _from_hub(self, topic: str, payload: bytes, retained: bool) -> None:
        now, trial = self._time.now(UTC), self._news.said("release").get("state") == "TRIAL"
        if self._orders and self._orders.hear(topic, payload, retained, now, trial=trial):
            return
        if self._releases is None or not self._releases.hear(topic, payload, now):
            self._ignored += 1

    def _to_hub(self, message: Outgoing) -> None:
        if not self._stopping:
            self._hub.publish(message)

    def _to_kiosk(self, message: Outgoing) -> None:
        if not self._stopping:
            self._own.publish(message)

    def _report(self, now: datetime) -> AgentReport:
        ignored = self._ignored + self._relay.ignored
        return report(
            now,
            hub=self._hub.state,
            own=self._own.state,
            ends=self._ends,
            ignored=ignored + (self._orders.ignored if self._orders else 0),
            parts=self._releases.parts if self._releases else None,
            commands=self._orders.commands if self._orders else None,
            trouble=self._trouble,
        )


def main(argv: Sequence[str] | None = None) -> int:
    """Run until SIGTERM; exit code 0 without a fleet, 1 with one line where it cannot run."""
    parser = argparse.ArgumentParser(prog="device.fleet.agent", description=__doc__.split("\n")[0])
    parser.add_argument("--config", type=Path, default=FILE, metavar="FILE")
    parser.add_argument("--installed", type=Path, default=guard.INSTALLED, metavar="FILE")
    parser.add_argument("--factory", type=Path, default=guard.FACTORY, metavar="DIR")
    arguments = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="wayside-agent: %(message)s")
    notifier = Notifier.from_environment()
    if not arguments.config.exists():
        print(f"wayside: no fleet: {arguments.config} is missing; wayside-enrol makes it")
        return 0
    try:
        config = load_settings(arguments.config)
        if config.mqtt is None:
            print(f"wayside: no fleet: {arguments.config} names no hub (mqtt)")
            return 0
        close_memory()
        hold(config.folder)
        installed = Installed.read(arguments.installed)
        updates, trouble = open_updates(config, installed, arguments.factory)
        commands = open_commands(config) if updates else None
        agent = Agent(config, config.mqtt, updates, commands, trouble=trouble)
    except UserError as error:
        print(f"wayside: {error}", file=sys.stderr)
        notifier.refused(str(error))
        return 1
    _run(agent, Watchdog(notifier))
    return 0


def _run(agent: Agent, watchdog: Watchdog) -> None:
    stop = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    agent.start(watchdog)
    watchdog.ready()
    try:
        while not stop.is_set():
            agent.turn()
    finally:
        watchdog.stop()
        agent.stop()


if __name__ == "__main__":
    sys.exit(main())
