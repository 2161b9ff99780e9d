"""A fleet on this machine, from nothing to a release that is taken back: `make fleet-demo`.

A hub, some kiosks with agents and guards, a rollout of a good release, and one of a broken model.
Everything is what a real fleet runs, but for systemd and the browser (tools/fleet/local_kiosk.py).
Guarantee: `True` only if every kiosk took the good release, the first one took the broken one back
by itself, and no other kiosk was given it.
"""

from __future__ import annotations

import random
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from device.errors import UserError
from device.fleet.installed import AGENT, UNITS
from device.fleet.manifest import Manifest, Needs
from tools.fleet.certificates import WATCHER
from tools.fleet.enrol import enrol, root_of
from tools.fleet.keys import Keyring
from tools.fleet.local_hub import LocalHub, local_hub
from tools.fleet.local_kiosk import LocalKiosk, make_factory
from tools.fleet.packing import build, wheels
from tools.fleet.releases import current, next_counter, sign_release
from tools.fleet.repository import Repository
from tools.fleet.rollout import Desk, Progress, begin, roll_out
from tools.fleet.screen import step, tally
from tools.fleet.signing import create, refresh
from tools.fleet.steps import Bounds
from tools.fleet.table import Row, Table
from tools.fleet.watcher import Watcher
from tools.places import ROOT

SITE = "demo"

WORDS = "a demonstration keeps no secret"

START_S = 120.0
"""Longest wait for the kiosks: this machine may be busy."""

BOUNDS = Bounds(minutes=5)

TURN_S = 0.1

MODEL = "models/face.tflite"

DAMAGED = 1 << 17
"""Bytes of the broken model that are noise."""


class Stage(Protocol):
    """Where a demonstration is shown."""

    def say(self, text: str) -> None:
        """Say what happens, in a line."""

    def table(self, rows: Sequence[Row], expires: Mapping[str, datetime]) -> None:
        """Show how the kiosks are; called several times a second."""


class Demo:
    """A fleet in a folder. stage: where it is shown."""

    def __init__(self, folder: Path, hub: LocalHub, count: int, stage: Stage) -> None:
        """Make keys, and enrol the kiosks."""
        self.hub, self._folder, self._stage, self._say = hub, folder, stage, stage.say
        self.repository = Repository(folder / "fleet")
        self._keys = Keyring([folder / "keys"], lambda _name: WORDS, lambda _name: WORDS)
        create(self.repository, self._keys, datetime.now(UTC))
        root, factory = root_of(self.repository.folder), make_factory(folder / "factory")
        self.kiosks = []
        for number in range(1, count + 1):
            file = enrol(hub.operator, hub.authority, SITE, f"kiosk-{number}", root=root)
            place = folder / "kiosks" / f"kiosk-{number}"
            self.kiosks.append(LocalKiosk(place, file, factory, wheels(ROOT)))
        self.desk = Desk(self.repository, self._keys, hub.operator, self._show)
        self._table, self._told = Table(hub.operator.enrolled()), ""

    @contextmanager
    def running(self) -> Iterator[None]:
        """The kiosks run, and what the hub hears of them is told, until the block ends."""
        ending = threading.Event()

        def supervise() -> None:
            while not ending.wait(TURN_S):
                for kiosk in self.kiosks:
                    kiosk.turn()

        def watch() -> None:
            with Watcher(self.hub.operator, WATCHER) as watcher:
                while not ending.is_set():
                    self._hear(watcher)

        threads = [threading.Thread(target=each, daemon=True) for each in (supervise, watch)]
        try:
            for kiosk in self.kiosks:
                kiosk.start()
            for thread in threads:
                thread.start()
            yield
        finally:
            ending.set()
            for thread in threads:
                if thread.ident is not None:
                    thread.join()
            for kiosk in self.kiosks:
                kiosk.stop()

    def wait_online(self) -> None:
        """Wait until every kiosk runs, and has said which release does.

        Raises:
            UserError: one does not.
        """
        deadline = time.monotonic() + START_S
        while not all(row.state == "online" and row.told for row in self._rows()):
            if time.monotonic() > deadline:
                raise UserError(
                    f"not every kiosk is online after {START_S:.0f} s; --keep DIR leaves their logs"
                )
            time.sleep(TURN_S)

    def sign(self, version: str, folder: Path, alter: Callable[[Manifest], Manifest]) -> Manifest:
        """Sign a folder as the next release. alter: what goes wrong meanwhile."""
        needs, now = Needs(agent=AGENT, wheels=wheels(ROOT), units=UNITS), datetime.now(UTC)
        counter, rest = next_counter(self.repository), current(self.repository)
        manifest = alter(build(self.repository, folder, counter, version, needs, rest))
        sign_release(self.repository, self._keys, manifest, now)
        refresh(self.repository, self._keys, now)
        return manifest

    def good(self) -> bool:
        """Roll out a release that changes what is suggested; whether every kiosk runs it."""
        folder = self._folder / "good"
        folder.mkdir()
        (folder / "overlay.yaml").write_text("matching: {count: 2}\n", encoding="utf-8")
        manifest = self.sign("two suggestions instead of three", folder, lambda made: made)
        self._say(f"release {manifest.counter}: {manifest.version}")
        result = roll_out(self.desk, begin(self.desk, manifest.counter, self.canaries), BOUNDS)
        states = [kiosk.state for kiosk in self.kiosks]
        return result.verdict == "go on" and all(
            (state.name, state.good) == ("COMMITTED", manifest.counter) for state in states
        )

    def bad(self) -> bool:
        """Roll out a release with a broken model; whether it came back, and went no further."""
        before = [kiosk.state.good for kiosk in self.kiosks]
        folder = self._folder / "bad" / "models"
        folder.mkdir(parents=True)
        for name in (MODEL, MODEL.replace(".tflite", ".json")):
            shutil.copy(ROOT / name, folder)
        manifest = self.sign("a model that was damaged after its tests", folder.parent, self._break)
        self._say(f"release {manifest.counter}: {manifest.version}")
        result = roll_out(self.desk, begin(self.desk, manifest.counter), BOUNDS)
        for name, why in result.count.failed.items():
            self._say(f"{name} has taken it back: {why}")
        self.wait_online()
        first, others = self.kiosks[0].state, [kiosk.state for kiosk in self.kiosks[1:]]
        rollout = self.repository.rollout()
        return (
            result.verdict == "failure"
            and rollout is not None
            and rollout.paused
            and first.name == "ROLLED_BACK"
            and [kiosk.state.good for kiosk in self.kiosks] == before
            and not any(manifest.counter in (s.counter, s.good) for s in others)
        )

    @property
    def canaries(self) -> Sequence[str]:
        """The kiosk that takes a release first."""
        return (self.kiosks[0].name,)

    def _break(self, manifest: Manifest) -> Manifest:
        """The same with noise in the model's weights: it loads, and answers nonsense."""
        content = bytearray((ROOT / MODEL).read_bytes())
        middle = len(content) // 2
        content[middle : middle + DAMAGED] = random.Random(1).randbytes(DAMAGED)
        sha256 = self.repository.add_blob(bytes(content))
        files = tuple(
            entry.model_copy(update={"sha256": sha256}) if entry.path == MODEL else entry
            for entry in manifest.files
        )
        return manifest.model_copy(update={"files": files})

    def _rows(self) -> list[Row]:
        return [self._table.row(kiosk.name) for kiosk in self.kiosks]

    def _hear(self, watcher: Watcher) -> None:
        for message in watcher.messages(TURN_S):
            self._table.hear(message, datetime.now(UTC))
            self._stage.table(self._table.rows(), self._table.expires)

    def _show(self, progress: Progress) -> None:
        text = f"{step(progress)}: {tally(progress)}"
        if text != self._told:
            self._told = text
            self._say(text)


def run_demo(folder: Path, count: int, stage: Stage) -> bool:
    """The whole demonstration in an empty folder; whether all went as it should.

    Raises:
        UserError: Mosquitto is not installed, or a kiosk does not start.
    """
    say = stage.say
    with local_hub(folder / "hub") as hub:
        say(f"a hub on port {hub.port}, and {count} kiosks of the demo camera")
        demo = Demo(folder, hub, count, stage)
        with demo.running():
            demo.wait_online()
            say("all of them are online; now a release that is good")
            if not demo.good():
                say("the good release was not taken by every kiosk")
                return False
            say("every kiosk runs it; now one that is not")
            if not demo.bad():
                say("the broken release did not come back as it should")
                return False
            say("it came back by itself, and no other kiosk was given it; the rollout is paused")
    return True
