"""A fleet of simulated kiosks takes a release through a rollout, by real connections to a real hub.

Kiosks are in a few processes, each with its share of them (tools/fleet/crowd.py); this process is
the operator: it signs, publishes, rolls out step by step, and watches. Guarantee: what is reported
of the kiosks is what their disks say in the end, and the verdict is the operator's own.
"""

from __future__ import annotations

import os
import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from device.fleet.blobs import part_count
from device.fleet.installed import AGENT, UNITS
from device.fleet.manifest import Needs
from tools.fleet.crowd import Crowds, Told, crowds, untold
from tools.fleet.enrol import root_of
from tools.fleet.hub import Hub
from tools.fleet.keys import Keyring
from tools.fleet.packing import build
from tools.fleet.releases import next_counter, sign_release
from tools.fleet.repository import Repository
from tools.fleet.rollout import Desk, Progress, begin, roll_out
from tools.fleet.signing import create, refresh
from tools.fleet.simulated_hub import SITE, By, Place, place_by
from tools.fleet.simulated_kiosk import WHEELS, Fate, Outcome
from tools.fleet.steps import PERCENTS, Bounds
from tools.fleet.usage import most_resident_mb, processor_s

PASSPHRASE = "of keys that are thrown away"


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
    outcomes: of all kiosks. kiosks_s, broker_s: of processor time. broker_mb: its most resident
    memory; None: it is elsewhere."""

    verdict: str
    percent: int
    paused: bool
    release: int
    seconds: float
    outcomes: tuple[Outcome, ...]
    kiosks_s: float
    broker_s: float
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

    def kiosks(self, progress: Told = untold) -> AbstractContextManager[Crowds]:
        """All kiosks of the plan, online until the block ends. progress: told how many are.

        Raises:
            UserError: they cannot connect.
        """
        plan, folder = self.plan, self._folder / "kiosks"
        return crowds(
            self.place, plan.fates(), folder, self.root, processes=plan.processes, progress=progress
        )

    def roll_out(
        self,
        crowd: Crowds,
        counter: int,
        show: Callable[[Progress], None],
        *,
        linger_s: float = 0.0,
    ) -> Simulated:
        """Roll a release out, and see what becomes of the kiosks. linger_s: longest wait for those
        that were away when their step began, and that it does not wait for.

        Raises:
            UserError: the hub or the kiosks cannot be reached any more.
        """
        plan = self.plan
        crowd.outcomes()
        kiosks_s, broker_s = crowd.processor_s, {pid: processor_s(pid) for pid in self.place.pids}
        began = time.monotonic()
        desk = Desk(self.repository, self._keys, self.place.hub, show)
        canaries = [f"{SITE}/kiosk-{number + 1:05d}" for number in range(plan.canaries)]
        first = begin(desk, counter, canaries, everywhere=plan.everywhere)
        result = roll_out(desk, first, plan.bounds)
        outcomes, ends = crowd.outcomes(), time.monotonic() + linger_s
        while time.monotonic() < ends and not all(one.state.good == counter for one in outcomes):
            outcomes = crowd.outcomes()
        rollout, seconds = self.repository.rollout(), time.monotonic() - began
        left = [pid for pid in broker_s if Path(f"/proc/{pid}").exists()]  # a node may be killed
        return Simulated(
            result.verdict,
            result.rollout.percent,
            rollout is not None and rollout.paused,
            counter,
            seconds,
            outcomes,
            crowd.processor_s - kiosks_s,
            sum(processor_s(pid) - broker_s[pid] for pid in left),
            sum(map(most_resident_mb, left)) if left else None,
        )


def simulate(
    plan: Plan,
    show: Callable[[Progress], None],
    connecting: Told = untold,
    by: By = "plain",
    hub: Hub | None = None,
) -> Simulated:
    """A whole simulation. show: told how the rollout goes on. by: the hub that is started on
    loopback. hub: an empty one of an operator, instead.

    Raises:
        UserError: a hub or kiosks that cannot be started or reached.
    """
    with tempfile.TemporaryDirectory(dir=memory()) as where:
        folder = Path(where)
        with place_by(by, folder / "hub", hub) as place:
            (folder / "fleet").mkdir()
            simulation = Simulation(place, plan, folder / "fleet")
            counter = simulation.sign()
            with simulation.kiosks(connecting) as crowd:
                return simulation.roll_out(crowd, counter, show)


def memory() -> str | None:
    """Where a thousand kiosks have their folders: in memory, where there is room."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
