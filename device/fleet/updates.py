"""Moves a kiosk to the release that the fleet's operator wants: the driver of the state machine.

It has no thread and sends nothing: the agent gives it metadata and calls `turn` now and then, and
gets what to fetch and what to publish. Guarantees:
- Each act is in the journal before it begins, so that whatever was cut goes on from there.
- A release that was tried and taken back, or whose settings are refused, is not tried again.
- A switch waits until nobody stands there, for ten minutes at most, and for the quiet hours if set.
- What the disk refuses stops the update, and nothing else; it is tried again an hour later.
- Nothing is written while nothing changes.
"""

from __future__ import annotations

import time as clocks
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from device.errors import UserError
from device.fleet import guard
from device.fleet.installed import Installed
from device.fleet.manifest import MOST_BYTES, MOST_FILES, Entry, Manifest
from device.fleet.metadata import Refused
from device.fleet.moment import Moment, Quiet, Scene
from device.fleet.states import RESTING, Journal, State, read_record
from device.fleet.store import Store
from device.fleet.trust import Missing, Verified
from device.messaging.fleet_messages import Release
from device.messaging.payloads import iso
from device.overlay import OVERLAY, read_overlay

RETRY_S = 3600.0
"""Until what the disk refused is tried again."""

ASK_AGAIN_S = 60.0
"""Until systemd is asked once more for a switch that has not happened, and twice as long each time:
where the disk keeps the guard from beginning a trial, each one restarts the kiosk for nothing."""

SPARE = 32 << 20
"""Bytes that an update leaves free."""


class Trusted(Protocol):
    """What verifies metadata: device/fleet/trust.py."""

    def update(
        self, files: Mapping[str, bytes], blob: Callable[[str, int], bytes], now: datetime | None
    ) -> Verified:
        """What the metadata amount to. Raises: Refused, Missing, OSError."""


@dataclass(frozen=True, slots=True)
class Machine:
    """The kiosk that is updated. factory: folder of its factory release."""

    site: str
    kiosk: str
    installed: Installed
    factory: Path
    quiet: Quiet | None = None


class Updates:
    """The driver. `space`: bytes that an update leaves free."""

    space = SPARE

    def __init__(
        self,
        store: Store,
        journal: Journal,
        trusted: Trusted,
        machine: Machine,
        *,
        clock: Callable[[], float] = clocks.monotonic,
    ) -> None:
        """Go on where the journal says. clock: monotonic seconds."""
        self._store, self._journal, self._trusted = store, journal, trusted
        self._machine, self._clock = machine, clock
        self._files: Mapping[str, bytes] | None = None
        """Metadata that are not verified yet."""
        self._latest: Mapping[str, bytes] | None = None
        """Metadata that came last."""
        self._now: datetime | None = None
        self._documents = set[str]()
        """Hashes of the signed documents that the last verification asked for."""
        self._awaited: Missing | None = None
        self._wanted: Verified | None = None
        self._distrust = self._trouble = ""
        self._asked_at = self._paused_until = clock()
        self._moment = Moment(machine.quiet, clock)
        self._patience_s = ASK_AGAIN_S
        """Until a switch that has not happened is asked for again."""
        self._mended = False
        """Whether the good releases were looked at, and what was found is in the journal."""
        with suppress(OSError):
            self._mend()

    @property
    def state(self) -> State:
        """As in the journal."""
        return self._journal.state

    def metadata(self, files: Mapping[str, bytes], now: datetime | None) -> None:
        """Take the files of a metadata message. now: aware; None while the time is not known.

        New ones end the wait after what the disk has refused; the same ones, sent again, do not.
        """
        if files != self._latest:
            self._paused_until = self._clock()
        self._files = self._latest = files
        self._now, self._awaited = now, None

    def turn(self, scene: Scene) -> tuple[Entry, ...]:
        """Do what can be done now. Returns the content to fetch into the store, in order."""
        if self._clock() < self._paused_until:
            return ()
        try:
            fetch = self._turn(scene)
            self._trouble = ""
        except OSError as error:
            self._fail(f"disk: {error.strerror or error}")
            return ()
        return fetch

    def message(self, now: datetime) -> Release:
        """What the message `release` says."""
        state = self.state
        refused = [(one.counter, one.reason) for one in state.failed]
        if state.name == "REJECTED" and state.counter and not state.failure(state.counter):
            refused.append((state.counter, state.reason))
        return {
            "running": state.counter if state.name == "TRIAL" else state.good,
            "state": state.name,
            "candidate": None if state.name in ("IDLE", "COMMITTED") else state.counter,
            "reason": self._trouble or state.reason,
            "metadata": self._distrust,
            "refused": [{"release": counter, "reason": reason} for counter, reason in refused],
            "at": iso(now),
        }

    def _turn(self, scene: Scene) -> tuple[Entry, ...]:
        if not self._mended:
            self._mend()
        if self.state.name == "TRIAL":
            self._settle()
            if self.state.name == "TRIAL":
                return ()
        if self._awaited is not None and not self._store.has(self._awaited.sha256):
            return (_document(self._awaited),)  # to verify again would come to the same
        if self._files is not None:
            self._verify(self._files)
        if self._awaited is not None:
            return (_document(self._awaited),)
        if scene.paused:
            return ()
        if self._wanted is not None:
            self._decide(self._wanted)
        if self.state.name == "DOWNLOAD" and self._wanted is not None:
            files = _whole(self._wanted).files
            if missing := self._store.missing(files):
                return missing
            self._stage(self._wanted)
        if self.state.name == "STAGED" and self._moment.has_come(scene):
            self._switch(scene)
        return ()

    def _verify(self, files: Mapping[str, bytes]) -> None:
        """Ask `trusted`; what was verified before stays until something else is."""
        self._awaited, self._documents = None, set()
        try:
            self._wanted = self._trusted.update(files, self._document, self._now)
            self._distrust = ""
        except Missing as error:
            self._awaited = error
            return
        except (Refused, UserError) as error:
            self._distrust = str(error)
        self._files = None

    def _document(self, sha256: str, size: int) -> bytes:
        self._documents.add(sha256)
        content = self._store.read(sha256)
        if content is None:
            raise Missing(sha256, size)
        return content

    def _decide(self, wanted: Verified) -> None:
        """Whether this kiosk moves, and whether it may."""
        state, counter = self.state, wanted.manifest.counter
        machine = self._machine
        included = wanted.rollout.includes(machine.site, machine.kiosk)
        if not included or counter == state.good or state.failure(counter):
            if state.name not in RESTING:
                self._journal.move("IDLE", counter=None)
            return
        if state.counter == counter and state.name in ("DOWNLOAD", "STAGED"):
            return
        reason = self._refusal(wanted)
        if (state.name, state.counter, state.reason) == ("REJECTED", counter, reason):
            return
        self._journal.move("CHECK", counter=counter)
        if reason:
            self._journal.move("REJECTED", reason=reason)
            return
        files = _whole(wanted).files
        self._store.adopt(files, machine.factory)
        self._make_room(files)
        if lack := self._lack(files):
            self._paused_until = self._clock() + RETRY_S
            self._journal.move("FAILED", reason=lack)
        else:
            self._journal.move("DOWNLOAD")

    def _refusal(self, wanted: Verified) -> str:
        """Why the release may not run here; empty: it may."""
        manifest, good = wanted.manifest, self.state.good
        if good is not None and manifest.counter < good:
            return f"older: release {good} runs"
        whole = _whole(wanted)
        if whole.size > MOST_BYTES or len(whole.files) > MOST_FILES:
            return f"too large with the code of release {manifest.base}"
        for one in (manifest, wanted.base):
            if one and (reason := self._machine.installed.refusal(one.needs)):
                return reason
        return ""

    def _make_room(self, files: tuple[Entry, ...]) -> None:
        """Remove what is not needed; where that is too little, the release before the good one."""
        state = self.state
        arriving = {one.sha256 for one in files} | self._documents
        kept = {one for one in (state.good, state.before, state.counter) if one is not None}
        self._store.prune(kept, arriving)
        if self._lack(files) and state.before is not None:
            self._store.prune(kept - {state.before}, arriving)

    def _lack(self, files: tuple[Entry, ...]) -> str:
        """Why there is not enough room; empty: there is."""
        missing = self._store.missing(files)
        needed = sum(one.size - self._store.arrived(one.sha256) for one in missing) + self.space
        free = self._store.free()
        if free >= needed:
            return ""
        return f"disk: {needed / 1e6:.0f} MB are needed, and {free / 1e6:.0f} MB are free"

    def _stage(self, wanted: Verified) -> None:
        if not self._store.stage(_whole(wanted)):
            return  # some content was damaged: it is fetched again
        counter = wanted.manifest.counter
        try:
            read_overlay(self._store.release(counter) / OVERLAY)
        except UserError as error:
            failed = self.state.with_failure(counter, str(error))
            self._journal.move("REJECTED", reason=str(error), failed=failed)
            return
        self._moment.wait()
        self._journal.move("STAGED")

    def _switch(self, scene: Scene) -> None:
        counter = self.state.counter
        assert counter is not None
        if guard.fault(self._store.release(counter)):
            self._journal.move("IDLE", counter=None)  # it is staged again
            return
        self._journal.move("TRIAL", camera=scene.camera)
        self._asked_at, self._patience_s = self._clock(), ASK_AGAIN_S
        guard.request_switch(self._store.folder)

    def _settle(self) -> None:
        """How the trial has ended; where it has not begun in time, ask for it again."""
        state, folder = self.state, self._store.folder
        counter = state.counter
        assert counter is not None
        record = read_record(folder)
        if guard.Guard(folder).settled(counter):
            self._journal.move("COMMITTED", good=counter, before=state.good)
            self._mend()
            return
        begun = record is not None and record.counter == counter
        if record is not None and begun and record.reason:
            failed = state.with_failure(counter, record.reason)
            self._journal.move("ROLLED_BACK", reason=record.reason, failed=failed)
        elif self._clock() - self._asked_at > self._patience_s + (guard.SECONDS if begun else 0):
            self._asked_at = self._clock()
            self._patience_s = min(2 * self._patience_s, RETRY_S)
            guard.request_switch(folder)

    def _mend(self) -> None:
        """A good release that the guard would not start, since it is damaged or made for another
        install, is none: it can be fetched again, or is rejected with the reason.

        Raises:
            OSError: the disk refuses to note it.
        """
        self._mended = False
        record = read_record(self._store.folder)
        if self._journal.lost and record is not None and record.reason:
            failed = self.state.with_failure(record.counter, record.reason)
            self._journal.note(failed=failed)
        state = self.state
        for good in (state.good, state.before):
            installed = asdict(self._machine.installed)
            if good is None or not guard.fault(self._store.release(good), installed):
                self._journal.note(good=good, before=state.before if good == state.good else None)
                break
        else:
            self._journal.note(good=None, before=None)
        self._mended = True

    def _fail(self, reason: str) -> None:
        """The disk refuses something: wait, and say so."""
        self._paused_until = self._clock() + RETRY_S
        self._trouble = reason
        if self.state.name in ("CHECK", "DOWNLOAD", "STAGED"):
            with suppress(OSError):  # it may refuse this too
                self._journal.move("FAILED", reason=reason)


def _whole(wanted: Verified) -> Manifest:
    """The wanted release with the code that it runs on."""
    if wanted.base is None:
        return wanted.manifest
    code = tuple(one for one in wanted.base.files if one.path.startswith("device/"))
    files = (*wanted.manifest.files, *code)
    return wanted.manifest.model_copy(update={"files": files, "base": None})


def _document(missing: Missing) -> Entry:
    """A signed document as content to fetch; its path is of no use to anyone."""
    return Entry(path=OVERLAY, sha256=missing.sha256, size=missing.size)
