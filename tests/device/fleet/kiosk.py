"""A kiosk without hardware for the tests of updates: its disk, its guard, its agent, its program.

    kiosk = FakeKiosk(tmp_path)
    kiosk.publish(release(7, {"models/face.tflite": b"new"}))
    kiosk.run()                        # fetches, switches, is tried
    assert kiosk.runs() == 7

The guard and the driver are the real ones; the operator's signatures are believed, and content
arrives when it is asked for. The program is a function of its release: see `behaves`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

from device.fleet import guard
from device.fleet.disk import Disk
from device.fleet.guard import Choice, Guard
from device.fleet.installed import Installed
from device.fleet.manifest import Entry, Manifest, Rollout
from device.fleet.moment import Quiet, Scene
from device.fleet.states import Journal
from device.fleet.store import Store
from device.fleet.trial import write_verdict
from device.fleet.trust import Refused, Verified
from device.fleet.updates import Machine, Updates
from tests.device.fleet.disks import DyingDisk
from tests.device.fleet.releases import INSTALLED, Release, sha

FACTORY = {"models/face.tflite": b"of the factory", "device/__init__.py": b"old"}


class Operator:
    """What is published, and believed: the interface of `Trust`."""

    def __init__(self) -> None:
        self.contents: dict[str, bytes] = {}
        self.refuses = ""
        self.verified = 0
        self._release: Release | None = None
        self._all: dict[int, Release] = {}
        self._percent = 100

    def publish(self, release: Release, percent: int = 100) -> None:
        self._release, self._percent = release, percent
        self._all[release.manifest.counter] = release
        self.contents |= {**release.contents, sha(release.document): release.document}

    def update(
        self,
        files: Mapping[str, bytes],
        blob: Callable[[str, int], bytes],
        now: datetime | None = None,
    ) -> Verified:
        self.verified += 1
        if self.refuses:
            raise Refused("signature", self.refuses)
        assert self._release
        release = self._release
        manifest = Manifest.model_validate_json(blob(sha(release.document), len(release.document)))
        rollout = Rollout(release=manifest.target, percent=self._percent)
        base = self._all[manifest.base].manifest if manifest.base else None
        return Verified(rollout, manifest, datetime(2030, 1, 1, tzinfo=UTC), base)


class FakeKiosk:
    """behaves: how the program of a release does, by its counter: `commits`, `crashes`, `hangs` or
    the reason for which it refuses itself. Others commit."""

    def __init__(self, folder: Path, quiet: Quiet | None = None) -> None:
        self.folder = folder / "fleet"
        self.factory = folder / "factory"
        for name, content in FACTORY.items():
            (self.factory / name).parent.mkdir(parents=True, exist_ok=True)
            (self.factory / name).write_bytes(content)
        self.behaves: dict[int, str] = {}
        self.operator = Operator()
        self.disk: Disk = DyingDisk()
        self.time, self.boots = 1000.0, 1
        self.started: list[Choice] = []
        self.fetched: list[str] = []
        self._machine = Machine("town", "k", INSTALLED, self.factory, quiet)
        self._known: dict[str, bytes] | None = None
        self.power_on()

    def power_on(self, disk: Disk | None = None, installed: Installed = INSTALLED) -> None:
        """Start the machine: the agent reads what the disk has. installed: by `make install`."""
        self._machine = replace(self._machine, installed=installed)
        self.disk = disk or DyingDisk()
        self.boots += 1
        self.store = Store(self.folder, self.disk)
        journal = Journal(self.folder, self.disk)
        self.updates = Updates(
            self.store, journal, self.operator, self._machine, clock=lambda: self.time
        )
        if self._known is not None:  # retained: it comes at each connect
            self.updates.metadata(self._known, None)

    @property
    def guard(self) -> Guard:
        return Guard(
            self.folder,
            installed=asdict(self._machine.installed),
            clock=lambda: self.time,
            boot=lambda: str(self.boots),
        )

    def publish(self, release: Release, percent: int = 100) -> None:
        self.operator.publish(release, percent)
        self._known = {"metadata": f"{release.document!r} {percent}".encode()}
        self.updates.metadata(self._known, None)

    def turn(self, scene: Scene | None = None) -> tuple[Entry, ...]:
        """A turn of the agent, a second later."""
        self.time += 1
        return self.updates.turn(scene or Scene())

    def fetch(self, wanted: tuple[Entry, ...], most: int = 1000) -> None:
        """Content arrives."""
        for entry in wanted[:most]:
            if entry.sha256 in self.operator.contents:
                content = self.operator.contents[entry.sha256][self.store.arrived(entry.sha256) :]
                self.fetched.append(entry.sha256)
                with suppress(OSError):  # device/fleet/parts.py tries again later
                    self.store.append(entry.sha256, content)
                    self.store.finish(entry.sha256)

    def start(self) -> Choice:
        """The kiosk's service is started: the guard decides, and the program does what it does."""
        choice = self.guard.start()
        self.started.append(choice)
        if choice.trial and choice.counter is not None:
            how = self.behaves.get(choice.counter, "commits")
            if how == "hangs":
                self.time = choice.ends + 1
            elif how != "crashes":
                reason = "" if how == "commits" else how
                with suppress(OSError):  # the program ends by that, and is started again
                    write_verdict(self.folder, self.disk, choice.counter, reason)
        return choice

    def run(self, turns: int = 40) -> None:
        """The agent turns, content arrives, and systemd starts the kiosk again when it ends or when
        a switch is asked for."""
        for _ in range(turns):
            self.fetch(self.turn())
            switch = self.folder / guard.SWITCH
            if switch.exists():
                switch.unlink()
                while (choice := self.start()).trial and not self._lives(choice):
                    self.time += 5

    def _lives(self, choice: Choice) -> bool:
        return self.behaves.get(choice.counter or 0, "commits") == "commits"

    def runs(self) -> int | None:
        """The release that a start would run now; None: the factory's."""
        return self.guard.peek().counter

    def files(self) -> dict[str, bytes]:
        """What the program would find, by path, in the release that runs."""
        counter = self.runs()
        if counter is None:
            return dict(FACTORY)
        place = self.store.release(counter)
        return {
            str(path.relative_to(place)): path.read_bytes()
            for path in place.rglob("*")
            if path.is_file() and path.name != guard.MANIFEST
        }
