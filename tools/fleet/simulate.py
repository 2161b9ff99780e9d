"""A fleet of simulated kiosks takes a release through a rollout, by real connections to a real hub.

Kiosks are in a few processes, each with its share of them (tools/fleet/crowd.py); this process is
the operator: it signs, publishes, rolls out step by step, and watches. Guarantee: what is reported
of the kiosks is what their disks say in the end, and the verdict is the operator's own.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path

from device.config import MqttConfig, TlsConfig
from device.errors import UserError
from device.fleet.blobs import part_count
from device.fleet.installed import AGENT, UNITS, Installed
from device.fleet.manifest import Needs
from device.fleet.settings import AgentConfig
from device.messaging.topics import FLEET_BLOBS, FLEET_METADATA, ROOT, Protocol
from tools.fleet.certificates import WATCHER, Authority, secret
from tools.fleet.connection import operator_connection
from tools.fleet.crowd import Crowd, Fate, Outcome, SimulatedKiosk
from tools.fleet.enrol import root_of
from tools.fleet.hub import Hub
from tools.fleet.keys import Keyring
from tools.fleet.local_cluster import LocalCluster, local_cluster
from tools.fleet.local_hub import LOOPBACK, LocalHub, allow_connections
from tools.fleet.packing import build
from tools.fleet.releases import next_counter, sign_release
from tools.fleet.repository import Repository
from tools.fleet.rollout import Desk, Progress, begin, roll_out
from tools.fleet.signing import create, refresh
from tools.fleet.steps import PERCENTS, Bounds
from tools.fleet.table import Table
from tools.fleet.watcher import Watcher

Told = Callable[[int, int], None]
"""Told how many are done, and of how many."""

SITE = "simulated"

WHEELS = "0" * 12

PASSPHRASE = "of keys that are thrown away"

START_S = 120.0
"""Longest wait until all kiosks are connected."""

ANSWER_S = 60.0

KEEPALIVE_S = 120
"""Of the kiosks, which share a processor: one may have to wait for others."""

TURN_S = 0.1


@dataclass(frozen=True, slots=True)
class Plan:
    """The fleet and what becomes of it. failing, silent, slow, power_cut: shares of the kiosks that
    are no canaries. bad: every kiosk refuses the release. rate: bytes a second of a slow line.
    size: bytes of content. program: of a kiosk that fails, as in `Fate`."""

    kiosks: int = 1000
    canaries: int = 5
    failing: float = 0.0
    silent: float = 0.0
    slow: float = 0.0
    power_cut: float = 0.0
    bad: bool = False
    program: str = "refuses"
    rate: float = 32_000.0
    size: int = 1_000_000
    seed: int = 1
    processes: int = 0
    everywhere: bool = False
    bounds: Bounds = field(default_factory=Bounds)

    def fates(self) -> dict[str, Fate]:
        """What becomes of each kiosk, by name; the first ones are the canaries."""
        rng, parts = random.Random(self.seed), part_count(self.size)
        fates = {}
        for number in range(self.kiosks):
            drawn = Fate(program=self.program if self.bad else "commits")
            if number >= self.canaries:
                if rng.random() < self.failing:
                    drawn = replace(drawn, program=self.program)
                if rng.random() < self.silent:
                    drawn = replace(drawn, silent=True)
                if rng.random() < self.slow:
                    drawn = replace(drawn, rate=self.rate)
                if rng.random() < self.power_cut:
                    drawn = replace(drawn, cut_after=rng.randint(1, parts))
            fates[f"{SITE}/kiosk-{number + 1:05d}"] = drawn
        return fates


@dataclass(frozen=True, slots=True)
class Simulated:
    """What came of it. verdict: of the last step. percent: of that step. seconds: of the rollout.
    outcomes: of all kiosks. broker_mb: its most resident memory; None: it is elsewhere."""

    verdict: str
    percent: int
    paused: bool
    release: int
    seconds: float
    outcomes: tuple[Outcome, ...]
    broker_mb: float | None

    @property
    def stopped(self) -> bool:
        """Whether the rollout was stopped within the canaries."""
        return self.paused and self.percent == PERCENTS[0]

    @property
    def carried(self) -> int:
        """Bytes of all connections, both ways."""
        return sum(outcome.down + outcome.up for outcome in self.outcomes)

    def tally(self) -> dict[str, int]:
        """How many kiosks ended how."""
        count = Counter(ending(outcome, self.release) for outcome in self.outcomes)
        return {name: count[name] for name in ENDINGS}


ENDINGS = ("committed", "rolled back", "failed", "silent", "not asked", "not ready")


def ending(outcome: Outcome, release: int) -> str:
    """How a kiosk has ended, of `ENDINGS`. not asked: the rollout did not come so far."""
    state = outcome.state
    if state.good == release:
        return "committed"
    if state.counter == release:
        if state.name in ("ROLLED_BACK", "REJECTED", "FAILED"):
            return "rolled back" if state.name == "ROLLED_BACK" else "failed"
        return "not ready"
    return "silent" if outcome.fate.silent else "not asked"


def nothing() -> None:
    """For a hub that needs no telling."""


@dataclass(frozen=True, slots=True)
class Place:
    """A hub to simulate at. hub: with a book of our own. plain_port: where kiosks may connect
    without TLS; None: each has a certificate. pids: of the broker, if it is on this machine. admit:
    tells the hub who has a certificate by now."""

    hub: Hub
    authority: Authority
    plain_port: int | None = None
    pids: tuple[int, ...] = ()
    admit: Callable[[], None] = nothing

    def join(self, names: Sequence[str], folder: Path, root: str) -> list[AgentConfig]:
        """Make the folders and connections of kiosks. root: that they trust."""
        configs, settings = [], self.hub.settings
        for name, identity in zip(names, self.authority.certify_all(names, days=1), strict=True):
            site, kiosk = name.split("/")
            place = folder / kiosk
            place.mkdir(parents=True)
            (place / "root.json").write_text(root, encoding="utf-8")
            if self.plain_port is not None:
                mqtt = MqttConfig(
                    broker=LOOPBACK, port=self.plain_port, username=name, keepalive_s=KEEPALIVE_S
                )
            else:
                (place / "agent.pem").write_text(identity.certificate, encoding="utf-8")
                secret(place / "agent.key", identity.key.encode())
                tls = TlsConfig(
                    ca=self.hub.folder / "ca.pem",
                    certificate=place / "agent.pem",
                    key=place / "agent.key",
                )
                mqtt = MqttConfig(
                    broker=settings.host, port=settings.port, tls=tls, keepalive_s=KEEPALIVE_S
                )
            configs.append(
                AgentConfig(
                    site=site,
                    kiosk=kiosk,
                    mqtt=mqtt,
                    folder=place / "fleet",
                    root=place / "root.json",
                )
            )
        self.admit()
        return configs


class Crowds:
    """The kiosks, in processes of their own. Use `crowds`."""

    def __init__(
        self, configs: Sequence[AgentConfig], fates: Sequence[Fate], plan: Plan, protocol: Protocol
    ) -> None:
        """Start them."""
        context = multiprocessing.get_context("forkserver")
        count = plan.processes or min(len(configs), os.cpu_count() or 1)
        self._ends: list[Connection] = []
        self._processes = []
        for number in range(count):
            here, there = context.Pipe()
            share = list(zip(configs, fates, strict=True))[number::count]
            process = context.Process(
                target=_crowd, args=(share, protocol, plan.seed, there), daemon=True
            )
            process.start()
            there.close()
            self._ends.append(here)
            self._processes.append(process)

    def outcomes(self) -> tuple[Outcome, ...]:
        """What has become of all kiosks so far, by name.

        Raises:
            UserError: a process has ended or hangs.
        """
        found: list[Outcome] = []
        try:
            for end in self._ends:
                end.send("report")
            for end in self._ends:
                if not end.poll(ANSWER_S):
                    raise UserError(f"simulated kiosks do not answer for {ANSWER_S:.0f} s")
                answer = end.recv()
                if isinstance(answer, str):
                    raise UserError(answer)
                found += answer
        except (EOFError, OSError):
            raise UserError("a process of simulated kiosks has ended") from None
        return tuple(sorted(found, key=lambda outcome: outcome.name))

    def stop(self) -> None:
        """Disconnect and end them."""
        for end in self._ends:
            with suppress(OSError):
                end.send("stop")
        for process in self._processes:
            process.join(ANSWER_S)
            if process.is_alive():
                process.kill()


@contextmanager
def crowds(place: Place, plan: Plan, folder: Path, root: str, progress: Told) -> Iterator[Crowds]:
    """All kiosks of a plan, connected, until the block ends.

    Raises:
        UserError: they cannot connect.
    """
    fates = plan.fates()
    running = Crowds(
        place.join(list(fates), folder, root),
        list(fates.values()),
        plan,
        place.hub.settings.protocol,
    )
    try:
        wait_online(place.hub, len(fates), progress)
        yield running
    finally:
        running.stop()


def wait_online(hub: Hub, kiosks: int, progress: Told) -> None:
    """Wait until so many kiosks are online at a hub.

    Raises:
        UserError: they are not in time.
    """
    deadline, table = time.monotonic() + START_S, Table(hub.enrolled())
    with Watcher(hub, WATCHER) as watcher:
        while (online := sum(row.state == "online" for row in table.rows())) < kiosks:
            progress(online, kiosks)
            if time.monotonic() > deadline:
                raise UserError(
                    f"{online} of {kiosks} simulated kiosks are online after {START_S:.0f} s; each "
                    "takes an open file here and one at the hub: ulimit -n"
                )
            for message in watcher.messages(TURN_S):
                table.hear(message, datetime.now(UTC))


def _crowd(
    share: Sequence[tuple[AgentConfig, Fate]], protocol: Protocol, seed: int, end: Connection
) -> None:
    """The process of some kiosks. end: takes `report` and `stop`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the operator's process ends this one
    allow_connections()
    installed = Installed(wheels=WHEELS)
    try:
        crowd = Crowd(
            [
                SimulatedKiosk(config, fate, installed, protocol, seed=seed + number)
                for number, (config, fate) in enumerate(share)
            ]
        )
    except UserError as error:
        end.send(str(error))
        return
    asked: object = ""
    with Path(os.devnull).open("w") as nowhere, redirect_stderr(nowhere):  # the guards' journal
        while asked != "stop":
            crowd.turn(TURN_S)
            try:
                asked = end.poll() and end.recv()
            except (EOFError, OSError):
                asked = "stop"
            if asked == "report":
                end.send([kiosk.outcome() for kiosk in crowd.kiosks])
        crowd.stop()


class Simulation:
    """A fleet of its own at a hub: keys, repository, and releases of random content."""

    def __init__(self, place: Place, plan: Plan, folder: Path) -> None:
        """folder: empty.

        Raises:
            UserError: it cannot be written.
        """
        self.place, self.plan, self._folder = place, plan, folder
        self.repository = Repository(folder / "signed")
        self._keys = Keyring([folder / "keys"], lambda _name: PASSPHRASE, lambda _name: PASSPHRASE)
        create(self.repository, self._keys, datetime.now(UTC))

    @property
    def root(self) -> str:
        """The signed root that the kiosks trust."""
        return root_of(self.repository.folder)

    def sign(self) -> int:
        """Sign a release of random content; its counter."""
        counter, now = next_counter(self.repository), datetime.now(UTC)
        folder = self._folder / f"release-{counter}" / "catalogue"
        folder.mkdir(parents=True)
        content = random.Random(self.plan.seed + counter).randbytes(self.plan.size)
        (folder / "example.sqlite").write_bytes(content)
        needs = Needs(agent=AGENT, wheels=WHEELS, units=UNITS)
        manifest = build(self.repository, folder.parent, counter, "simulated", needs)
        sign_release(self.repository, self._keys, manifest, now)
        refresh(self.repository, self._keys, now)
        return counter

    def roll_out(self, crowd: Crowds, counter: int, show: Callable[[Progress], None]) -> Simulated:
        """Roll a release out, and see what becomes of the kiosks.

        Raises:
            UserError: the hub or the kiosks cannot be reached any more.
        """
        plan, began = self.plan, time.monotonic()
        desk = Desk(self.repository, self._keys, self.place.hub, show)
        canaries = [f"{SITE}/kiosk-{number + 1:05d}" for number in range(plan.canaries)]
        first = begin(desk, counter, canaries, everywhere=plan.everywhere)
        result = roll_out(desk, first, plan.bounds)
        rollout, seconds = self.repository.rollout(), time.monotonic() - began
        return Simulated(
            result.verdict,
            result.rollout.percent,
            rollout is not None and rollout.paused,
            counter,
            seconds,
            crowd.outcomes(),
            sum(map(most_resident_mb, self.place.pids)) if self.place.pids else None,
        )


def simulate(
    plan: Plan,
    show: Callable[[Progress], None],
    connecting: Told = lambda done, total: None,
    hub: Hub | None = None,
) -> Simulated:
    """A whole simulation. show: told how the rollout goes on. hub: of an operator, empty; None: one
    of our own, on loopback.

    Raises:
        UserError: a hub or kiosks that cannot be started or reached.
    """
    with tempfile.TemporaryDirectory(dir=memory()) as where:
        folder = Path(where)
        with local_place(folder / "hub") if hub is None else borrowed(hub) as place:
            (folder / "fleet").mkdir()
            simulation = Simulation(place, plan, folder / "fleet")
            counter = simulation.sign()
            with crowds(place, plan, folder / "kiosks", simulation.root, connecting) as crowd:
                return simulation.roll_out(crowd, counter, show)


@contextmanager
def local_place(folder: Path) -> Iterator[Place]:
    """A hub of our own on loopback, without TLS, until the block ends."""
    hub = LocalHub(folder)
    port = hub.open_plainly()
    hub.start()
    try:
        yield Place(hub.operator, hub.authority, port, (hub.pid,))
    finally:
        hub.stop()


@contextmanager
def cluster_place(folder: Path) -> Iterator[tuple[Place, LocalCluster]]:
    """A cluster of three nodes on loopback, until the block ends."""
    with local_cluster(folder) as hub:
        yield Place(hub.operator, hub.authority, admit=hub.reload), hub


@contextmanager
def borrowed(hub: Hub) -> Iterator[Place]:
    """An operator's hub, until the block ends, and then as empty as it was.

    Raises:
        UserError: it serves a fleet, or cannot be reached.
    """
    with operator_connection(hub) as connection:
        if hub.enrolled() or connection.read([FLEET_METADATA]):
            raise UserError(
                f"{hub.folder}: this hub serves a fleet; a simulation takes one without kiosks "
                "and releases: `wayside-tools fleet hub new` makes it"
            )
    with tempfile.TemporaryDirectory() as where:
        copy = Path(where) / "hub"
        shutil.copytree(hub.folder, copy)
        try:
            yield Place(Hub.open(copy), Authority(copy))
        finally:
            with operator_connection(hub) as connection:
                for topics in (FLEET_METADATA, f"{FLEET_BLOBS}+/+", f"{ROOT}/{SITE}/+/+"):
                    for topic in connection.read([topics]):
                        connection.write(topic, b"")
                connection.flush()


def memory() -> str | None:
    """Where a thousand kiosks have their folders: in memory, where there is room."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def most_resident_mb(pid: int) -> float:
    """The most memory that a process had resident so far, in MB."""
    text = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(text.partition("VmHWM:")[2].split()[0]) * 1024 / 1e6
