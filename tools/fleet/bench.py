"""Measures the agent and its downloads against the bars of docs/fleet.md, on a real hub by TLS."""

from __future__ import annotations

import hashlib
import random
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from device.errors import UserError
from device.fleet.agent import Agent
from device.fleet.blobs import PART
from device.fleet.disk import Disk
from device.fleet.enrolment import install
from device.fleet.manifest import Entry
from device.fleet.moment import Scene
from device.fleet.settings import load_settings
from device.fleet.store import Store
from device.upkeep.board import resident_mb
from tools.fleet.connection import operator_connection
from tools.fleet.enrol import enrol, root_of
from tools.fleet.keys import Keyring
from tools.fleet.local_hub import LOOPBACK, LocalHub
from tools.fleet.publish import publish
from tools.fleet.repository import Repository
from tools.fleet.signing import create
from tools.fleet.usage import processor_s, written_by
from tools.fleet.wire import wire
from tools.places import ROOT

PASSPHRASE = "of keys that are thrown away"

NOBODY = 1
"""A port that nothing listens on: this kiosk has no broker of its own."""


@dataclass(frozen=True, slots=True)
class Idle:
    """An agent that has nothing to do. cpu: share of a core. written: bytes to a disk."""

    resident_mb: float
    cpu: float
    written: int


@dataclass(frozen=True, slots=True)
class Fetched:
    """A download. carried: bytes at the socket both ways, TLS included. parts_again: asked for."""

    size: int
    seconds: float
    carried: int
    cuts: int
    parts_again: int

    @property
    def ratio(self) -> float:
        """Bytes at the socket for each byte of content."""
        return self.carried / self.size

    @property
    def bar(self) -> float:
        """The most that `ratio` may be: 1.03, and two parts for each cut."""
        return 1.03 + 2 * PART * self.cuts / self.size


@dataclass(frozen=True, slots=True)
class Content:
    """What is published: one blob that cannot be compressed, and no metadata to speak of."""

    file: Path
    sha256: str

    @classmethod
    def random(cls, file: Path, size: int) -> Content:
        """Random bytes, the same for the same size."""
        content = random.Random(size).randbytes(size)
        file.write_bytes(content)
        return cls(file, hashlib.sha256(content).hexdigest())

    def files(self) -> dict[str, bytes]:
        return {}

    def blobs(self) -> dict[str, Path]:
        return {self.sha256: self.file}


class _Wants:
    """A driver of updates that wants one blob."""

    def __init__(self, entry: Entry, store: Store) -> None:
        self._entry, self._store = entry, store

    def metadata(self, files: Mapping[str, bytes], now: datetime | None) -> None:
        return None

    def turn(self, scene: Scene) -> Iterable[Entry]:
        return self._store.missing([self._entry])

    def message(self, now: datetime) -> Mapping[str, Any]:
        return {"state": "DOWNLOAD"}


def settings_of(hub: LocalHub, folder: Path, kiosk: str, port: int, root: str = "") -> Path:
    """Enrol a kiosk, and its `agent.yaml`. port: of the hub or of a wire to it.

    root: the signed root that it trusts.
    """
    install(enrol(hub.operator, hub.authority, "bench", kiosk, root=root), folder)
    path = folder / "agent.yaml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    content["mqtt"] |= {"port": port, "reconnect_first_s": 0.05, "reconnect_longest_s": 1.0}
    content |= {"own": {"broker": LOOPBACK, "port": NOBODY}, "folder": str(folder / "fleet")}
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


def measure_idle(hub: LocalHub, folder: Path, seconds: float) -> Idle:
    """Run an agent as its service does, with signed metadata on the hub, and look at it.

    Raises:
        UserError: it does not run for so long.
    """
    signed = Repository(folder / "signed")
    keys = Keyring([folder / "keys"], lambda name: PASSPHRASE, lambda name: PASSPHRASE)
    create(signed, keys, datetime.now(UTC))
    with operator_connection(hub.operator) as connection:
        publish(signed, connection)
    settings = settings_of(hub, folder / "etc", "idle", hub.port, root_of(signed.folder))
    program = [sys.executable, "-m", "device.fleet.agent", "--config", str(settings)]
    agent = subprocess.Popen(program, cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        time.sleep(5)  # until it has connected
        begin = processor_s(agent.pid), written_by(agent.pid)
        time.sleep(seconds)
        if agent.poll() is not None:
            raise UserError("the agent has ended; `python -m device.fleet.agent` says why")
        memory = resident_mb(Path("/proc"), agent.pid) or 0.0
        cpu = (processor_s(agent.pid) - begin[0]) / seconds
        return Idle(memory, cpu, written_by(agent.pid) - begin[1])
    finally:
        agent.kill()
        agent.wait()


def measure_fetch(
    hub: LocalHub,
    folder: Path,
    size: int,
    *,
    rate: float | None = None,
    cut_every_s: float | None = None,
    within_s: float = 1800.0,
) -> Fetched:
    """Fetch one blob of random bytes through a link. rate: bytes a second.

    Raises:
        UserError: it is not there in time.
    """
    folder.mkdir()
    source = Content.random(folder / "content", size)
    with operator_connection(hub.operator) as connection:
        publish(source, connection)
    with wire(hub.port, rate=rate, cut_every_s=cut_every_s) as line:
        settings = load_settings(settings_of(hub, folder / "etc", folder.name, line.port))
        assert settings.mqtt
        store = Store(settings.folder, Disk())
        entry = Entry(path="catalogue/bench.sqlite", sha256=source.sha256, size=size)
        agent = Agent(settings, settings.mqtt, (_Wants(entry, store), store))
        began = time.monotonic()
        agent.start()
        while not store.has(source.sha256):
            if time.monotonic() - began > within_s:
                raise UserError(
                    f"{store.arrived(source.sha256)} of {size} bytes after {within_s} s"
                )
            agent.turn()
        fetched = Fetched(
            size, time.monotonic() - began, line.down + line.up, line.cuts, agent.parts_again
        )
        agent.stop()
    return fetched
