"""Simulated kiosks by the thousand: in a few processes, each with one thread that turns its share.

    with crowds(place, fates, folder, root) as crowd:      # all are online
        crowd.outcomes()

Guarantee: all processes are gone when the block ends.
"""

from __future__ import annotations

import multiprocessing
import os
import selectors
import signal
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, suppress
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path

from device.errors import UserError
from device.fleet.installed import Installed
from device.fleet.settings import AgentConfig
from device.messaging.messages import Protocol
from tools.fleet.certificates import WATCHER
from tools.fleet.hub import Hub
from tools.fleet.local_hub import allow_connections
from tools.fleet.simulated_hub import Place
from tools.fleet.simulated_kiosk import WHEELS, Fate, Outcome, SimulatedKiosk
from tools.fleet.table import Table
from tools.fleet.watcher import Watcher

TURN_S = 1.0
"""Between two turns of a kiosk to which nothing comes, as the agent's own."""

POLL_S = 0.1

START_S = 120.0
"""Longest wait until all kiosks are connected."""

ANSWER_S = 60.0

Told = Callable[[int, int], None]
"""Told how many are done, and of how many."""


def untold(_done: int, _total: int) -> None:
    """Nobody waits for it."""


class Crowd:
    """Simulated kiosks that one thread turns."""

    def __init__(self, kiosks: Sequence[SimulatedKiosk]) -> None:
        self.kiosks = kiosks
        self._selector = selectors.DefaultSelector()
        self._watched: dict[SimulatedKiosk, tuple[socket.socket, int]] = {}
        self._due = [
            (time.monotonic() + n * TURN_S / max(1, len(kiosks)), k) for n, k in enumerate(kiosks)
        ]

    def turn(self, within_s: float) -> None:
        """Wait for something to happen, for a while, and do all that is to be done."""
        for key, events in self._selector.select(within_s):
            kiosk = key.data
            kiosk.work(
                readable=bool(events & selectors.EVENT_READ),
                writable=bool(events & selectors.EVENT_WRITE),
            )
            while kiosk.link is not None and kiosk.link.pending and not self._rests(kiosk):
                kiosk.work(readable=True, writable=False)
            self._watch(kiosk)
        now = time.monotonic()
        for number, (due, kiosk) in enumerate(self._due):
            if due <= now:
                kiosk.turn()
                self._watch(kiosk)
                self._due[number] = (now + TURN_S, kiosk)
            elif kiosk.fate.rate is not None:
                self._watch(kiosk)

    def stop(self) -> None:
        """Disconnect all of them."""
        for kiosk in self.kiosks:
            kiosk.stop()
            self._watch(kiosk)
        self._selector.close()

    def _rests(self, kiosk: SimulatedKiosk) -> bool:
        return kiosk.resume_at > time.monotonic()

    def _watch(self, kiosk: SimulatedKiosk) -> None:
        """Wait for what a kiosk waits for."""
        sock = kiosk.link.sock if kiosk.link is not None else None
        events = 0
        if sock is not None and kiosk.link is not None:
            events = 0 if self._rests(kiosk) else selectors.EVENT_READ
            events |= selectors.EVENT_WRITE if kiosk.link.writes else 0
        known = self._watched.get(kiosk)
        wanted = (sock, events) if sock is not None and events else None
        if wanted == known:
            return
        if known is not None:
            self._selector.unregister(known[0])
            del self._watched[kiosk]
        if wanted is not None:
            self._selector.register(wanted[0], wanted[1], kiosk)
            self._watched[kiosk] = wanted


class Crowds:
    """The kiosks, in processes of their own. Use `crowds`."""

    def __init__(
        self, kiosks: Sequence[tuple[AgentConfig, Fate]], protocol: Protocol, processes: int
    ) -> None:
        """Start them."""
        context = multiprocessing.get_context("forkserver")
        count = processes or min(len(kiosks), os.cpu_count() or 1)
        self._ends: list[Connection] = []
        self._processes = []
        self.processor_s = 0.0
        """Of all processes, when `outcomes` was last asked for."""
        for number in range(count):
            here, there = context.Pipe()
            process = context.Process(
                target=_crowd, args=(kiosks[number::count], protocol, number, there), daemon=True
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
        self.processor_s = 0.0
        try:
            for end in self._ends:
                end.send("report")
            for end in self._ends:
                if not end.poll(ANSWER_S):
                    raise UserError(f"simulated kiosks do not answer for {ANSWER_S:.0f} s")
                answer = end.recv()
                if isinstance(answer, str):
                    raise UserError(answer)
                outcomes, processor_s = answer
                found += outcomes
                self.processor_s += processor_s
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
def crowds(
    place: Place,
    fates: Mapping[str, Fate],
    folder: Path,
    root: str,
    *,
    processes: int = 0,
    progress: Told = untold,
) -> Iterator[Crowds]:
    """Kiosks by name, all of them online, until the block ends. folder: of theirs. root: that they
    trust. processes: 0: as many as there are cores.

    Raises:
        UserError: they cannot connect.
    """
    configs = place.join(list(fates), folder, root)
    kiosks = list(zip(configs, fates.values(), strict=True))
    running = Crowds(kiosks, place.hub.settings.protocol, processes)
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
            for message in watcher.messages(POLL_S):
                table.hear(message, datetime.now(UTC))


def _crowd(
    share: Sequence[tuple[AgentConfig, Fate]], protocol: Protocol, which: int, end: Connection
) -> None:
    """A process of some kiosks. which: its number. end: takes `report` and `stop`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the operator's process ends this one
    allow_connections()
    installed = Installed(wheels=WHEELS)
    try:
        crowd = Crowd(
            [
                SimulatedKiosk(config, fate, installed, protocol, seed=1000 * which + number)
                for number, (config, fate) in enumerate(share)
            ]
        )
    except UserError as error:
        end.send(str(error))
        return
    asked: object = ""
    with Path(os.devnull).open("w") as nowhere, redirect_stderr(nowhere):  # the guards' journal
        while asked != "stop":
            crowd.turn(POLL_S)
            try:
                asked = end.poll() and end.recv()
            except (EOFError, OSError):
                asked = "stop"
            if asked == "report":
                end.send(([kiosk.outcome() for kiosk in crowd.kiosks], time.process_time()))
        crowd.stop()
