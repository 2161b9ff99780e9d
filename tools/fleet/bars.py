"""The bars of a fleet, each measured on real hubs on loopback: `wayside-tools fleet bench`.

A bar is what must hold, and a measurement that says what was found and whether it does. Guarantee:
each starts its own hub and leaves nothing behind.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from device.config import MqttConfig
from device.errors import UserError
from device.fleet.blobs import part_count
from device.messaging.link import Link, Login
from device.messaging.topics import Topics, blob_topic
from device.upkeep.board import resident_mb
from tools.fleet.bench import Content, Fetched, measure_fetch, measure_idle, settings_of
from tools.fleet.certificates import WATCHER
from tools.fleet.connection import operator_connection
from tools.fleet.local_hub import LOOPBACK, LocalHub, local_hub
from tools.fleet.publish import publish
from tools.fleet.rollout import Progress
from tools.fleet.simulate import Plan, Simulated, Simulation, simulate
from tools.fleet.simulated_hub import Place, cluster_place, local_place
from tools.fleet.steps import Bounds
from tools.fleet.table import HEARD, Table
from tools.fleet.watcher import Watcher
from tools.places import ROOT

PATIENT = Bounds(minutes=20.0)
"""Longer than any measurement: what is slow is measured, and not stopped."""

KEEPALIVE_S = MqttConfig.model_fields["keepalive_s"].default

WATCHED = 10
"""Kiosks whose state is read at once, for each one of `Size`."""

STATE = b"{}".ljust(700)
"""What each of a kiosk's messages is as long as."""

LINGER_S = 60.0

NODE_KILLED_AFTER_S = 3.0
"""Of the last step: kiosks are in the middle of their downloads."""


@dataclass(frozen=True, slots=True)
class Size:
    """How large a run is; the bars hold for the defaults. seconds: of looking at an idle agent."""

    kiosks: int = 1000
    content: int = 3_000_000
    stalled: int = 50
    seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class Found:
    """What was measured, in words and as figures, and whether the bar is met."""

    words: str
    met: bool
    figures: dict[str, float]


@dataclass(frozen=True, slots=True)
class Bar:
    """what: is measured. most: that is allowed. measure: in an empty folder."""

    what: str
    most: str
    measure: Callable[[Path, Size], Found]


def _idle(folder: Path, size: Size) -> Found:
    with local_hub(folder / "hub") as hub:
        idle = measure_idle(hub, folder / "idle", size.seconds)
    words = f"{idle.resident_mb:.1f} MB, {idle.cpu:.2%}, {idle.written} bytes"
    met = idle.resident_mb <= 60 and idle.cpu <= 0.01 and idle.written == 0
    figures = {"resident_mb": idle.resident_mb, "cpu": idle.cpu, "written": idle.written}
    return Found(words, met, figures)


def _fetch(rate: float | None, cut_every_s: float | None) -> Callable[[Path, Size], Found]:
    def measure(folder: Path, size: Size) -> Found:
        with local_hub(folder / "hub") as hub:
            kiosk = folder / "kiosk"
            found = measure_fetch(hub, kiosk, size.content, rate=rate, cut_every_s=cut_every_s)
        return _fetched(found)

    return measure


def _fetched(found: Fetched) -> Found:
    words = f"{found.ratio:.3f} in {found.seconds:.1f} s"
    if found.cuts:
        words += f", {found.cuts} cuts: at most {found.bar:.3f}"
    figures = {"ratio": found.ratio, "seconds": found.seconds, "cuts": found.cuts}
    return Found(words, found.ratio <= found.bar, figures)


def _crowd(folder: Path, size: Size) -> Found:
    plan = Plan(kiosks=size.kiosks, size=size.content, everywhere=True, bounds=PATIENT)
    told = simulate(plan, _unshown)
    committed = told.tally()["committed"]
    memory = told.broker_mb or 0.0
    words = (
        f"{committed} in {told.seconds:.0f} s; broker {memory:.1f} MB; processor time: kiosks "
        f"{told.kiosks_s:.0f} s, broker {told.broker_s:.0f} s"
    )
    met = committed == size.kiosks and told.seconds <= 60 and memory <= 100
    figures = {"seconds": told.seconds, "broker_mb": memory}
    figures |= {"kiosks_s": told.kiosks_s, "broker_s": told.broker_s}
    return Found(words, met, figures)


def _stalled(folder: Path, size: Size) -> Found:
    source = Content.random(folder / "content", size.content)
    with local_place(folder / "hub") as place:
        with operator_connection(place.hub) as connection:
            publish(source, connection)
        assert place.plain_port
        (broker,) = place.pids
        before = resident_mb(Path("/proc"), broker) or 0.0
        topics = {
            blob_topic(source.sha256, number): 0 for number in range(part_count(size.content))
        }
        readers = [_stall(place.plain_port, number, topics) for number in range(size.stalled)]
        with operator_connection(place.hub) as connection:
            connection.settle()  # the broker has turned to all of them
        added = (resident_mb(Path("/proc"), broker) or 0.0) - before
        for reader in readers:
            reader.drop("lost", "measured")
    words = f"{added:.1f} MB for {len(readers)} readers"
    return Found(words, added <= 20, {"added_mb": added})


def _stall(port: int, number: int, topics: dict[str, int]) -> Link:
    """A kiosk that asks for all parts at once and then reads nothing any more."""
    name = f"stalled/kiosk-{number}"
    config = MqttConfig(broker=LOOPBACK, port=port, username=name)
    link = Link(config, name, "5", Login.read(config))
    link.open()
    while not link.connected:
        if link.end is not None:
            raise UserError(f"{name}: {link.end.words}")
        link.work(readable=True, writable=True)
    link.subscribe(topics)
    while link.writes:
        link.work(readable=False, writable=True)
    return link


def _watch(folder: Path, size: Size) -> Found:
    kiosks = WATCHED * size.kiosks
    with local_hub(folder / "hub") as hub:
        with operator_connection(hub.operator) as connection:
            for number in range(kiosks):
                topics = Topics("watched", f"kiosk-{number}")
                for name in HEARD:
                    connection.write(topics.topic(name), STATE)
            connection.flush()
        began = time.monotonic()
        with Watcher(hub.operator, WATCHER) as watcher:
            heard = len(watcher.settle())
        seconds = time.monotonic() - began
    words = f"{heard} of {kiosks * len(HEARD)} messages in {seconds:.1f} s"
    return Found(words, heard == kiosks * len(HEARD), {"heard": heard, "seconds": seconds})


def _bad(folder: Path, size: Size) -> Found:
    plan = Plan(kiosks=20, canaries=2, bad=True, program="crashes", size=100_000, bounds=PATIENT)
    told = simulate(plan, _unshown)
    starts = max(outcome.starts for outcome in told.outcomes)
    back = told.tally()["rolled back"]
    words = f"{starts} starts, {told.seconds:.1f} s; {back} canaries, and no other kiosk"
    met = told.stopped and back == 2 and starts <= 3 and told.seconds <= 300
    return Found(words, met, {"starts": starts, "seconds": told.seconds})


def _power_cut(folder: Path, size: Size) -> Found:
    with local_hub(folder / "hub") as hub:
        settings = settings_of(hub, folder / "etc", "cut", hub.port)
        program = [sys.executable, "-m", "device.fleet.agent", "--config", str(settings)]
        agent = subprocess.Popen(program, cwd=ROOT, stderr=subprocess.DEVNULL)
        try:
            _wait_for(hub, "stopped", within_s=60)
            agent.send_signal(signal.SIGSTOP)  # it says nothing more, and its connection is open
            took_s = _wait_for(hub, "offline", within_s=3 * KEEPALIVE_S)
        finally:
            agent.kill()
            agent.wait()
    words = f"{took_s:.1f} s with a keepalive of {KEEPALIVE_S} s"
    return Found(words, took_s <= 1.5 * KEEPALIVE_S, {"seconds": took_s})


def _wait_for(hub: LocalHub, state: str, within_s: float) -> float:
    """Seconds until the one kiosk is in a state."""
    began, table = time.monotonic(), Table()
    with Watcher(hub.operator, WATCHER) as watcher:
        while not any(row.state == state for row in table.rows()):
            if time.monotonic() - began > within_s:
                raise UserError(f"the kiosk is not {state} after {within_s:.0f} s")
            for message in watcher.messages(0.1):
                table.hear(message, datetime.now(UTC))
    return time.monotonic() - began


def _hub(folder: Path, size: Size) -> Found:
    source = Content.random(folder / "content", size.content)
    with local_hub(folder / "hub") as hub:
        with operator_connection(hub.operator) as connection:
            publish(source, connection)
        hub.stop()
        whole = hub.database.read_bytes()
        hub.database.write_bytes(whole[: len(whole) // 2])
        began = time.monotonic()
        hub.start()
        with operator_connection(hub.operator) as connection:
            done = publish(source, connection, repair=True)
        seconds = time.monotonic() - began
    words = f"started and repaired in {seconds:.1f} s, {done.written} parts"
    return Found(words, seconds <= 60 and done.written > 0, {"seconds": seconds})


def _cluster(folder: Path, size: Size) -> Found:
    plan = Plan(
        kiosks=min(30, size.kiosks), canaries=2, size=500_000, slow=1.0, rate=50_000.0,
        everywhere=True, bounds=PATIENT,
    )  # fmt: skip
    whole, _ = _at_cluster(folder / "whole", plan, kill=False)
    killed, lost = _at_cluster(folder / "killed", plan, kill=True)
    committed, late_s = killed.tally()["committed"], killed.seconds - whole.seconds
    words = f"{committed} of {plan.kiosks} commit, {late_s:.1f} s late; {lost} lost their node"
    met = committed == plan.kiosks and late_s <= 30 and lost > 0
    return Found(words, met, {"late_s": late_s, "seconds": killed.seconds})


def _at_cluster(folder: Path, plan: Plan, *, kill: bool) -> tuple[Simulated, int]:
    """A rollout at a cluster, of which a node may be killed; and how many kiosks that cost their
    connection."""
    with cluster_place(folder / "hub") as (place, cluster):

        def show(progress: Progress) -> None:
            if kill and progress.elapsed_s > NODE_KILLED_AFTER_S and len(cluster.nodes) == 3:
                cluster.kill(cluster.nodes[1])

        told = _run(place, plan, folder, show)
    return told, sum(outcome.lost > 0 for outcome in told.outcomes)


def _run(place: Place, plan: Plan, folder: Path, show: Callable[[Progress], None]) -> Simulated:
    simulation = Simulation(place, plan, folder / "fleet")
    counter = simulation.sign()
    with simulation.kiosks() as crowd:
        return simulation.roll_out(crowd, counter, show, linger_s=LINGER_S)


def _unshown(_progress: Progress) -> None:
    """Nobody watches."""


BARS = {
    "idle": Bar("an idle agent", "60 MB, 1 % of a core, nothing written", _idle),
    "bytes": Bar("bytes at the socket for a byte of content", "1.03", _fetch(None, None)),
    "cuts": Bar(
        "the same at 64 kB/s, cut every 10 s", "1.03, and two parts a cut", _fetch(64_000, 10)
    ),
    "slow": Bar("the same at 8 kB/s", "1.03", _fetch(8_000, None)),
    "crowd": Bar("1,000 kiosks take 3 MB from one Mosquitto", "60 s, broker 100 MB", _crowd),
    "stalled": Bar("what 50 stalled readers add to the broker", "20 MB", _stalled),
    "watch": Bar("the state of 10,000 kiosks, asked for at once", "all of it comes", _watch),
    "bad": Bar("a release that crashes", "3 starts, 5 min, canaries alone", _bad),
    "power-cut": Bar("a power cut seen as offline", "1.5 keepalives", _power_cut),
    "hub": Bar("a hub whose database was cut", "starts, repaired in 60 s", _hub),
    "cluster": Bar("a NATS node killed in a rollout", "all commit, 30 s late", _cluster),
}
"""By name."""
