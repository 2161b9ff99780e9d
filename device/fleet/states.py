"""The state machine of updates, and its journal: what is written before each act.

    IDLE -> CHECK -> DOWNLOAD -> STAGED -> TRIAL -> COMMITTED or ROLLED_BACK
    CHECK, DOWNLOAD -> REJECTED (it may not run here) or FAILED (it cannot be had now)

Guarantee: the journal is two files with checksums, so that one of them may be cut or emptied; a
move that is not in `MOVES` is a bug and raises. The guard reads the same files
(device/fleet/guard.py): `name`, `counter`, `good`, `before`, `camera` and `sequence`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from device.fleet import guard
from device.fleet.disk import Disk

Name: TypeAlias = Literal[
    "IDLE", "CHECK", "DOWNLOAD", "STAGED", "TRIAL", "COMMITTED", "ROLLED_BACK", "REJECTED", "FAILED"
]

RESTING: tuple[Name, ...] = ("IDLE", "COMMITTED", "ROLLED_BACK", "REJECTED", "FAILED")

MOVES: dict[Name, tuple[Name, ...]] = {
    **dict.fromkeys(RESTING, ("CHECK", "IDLE")),
    "CHECK": ("DOWNLOAD", "REJECTED", "FAILED", "CHECK", "IDLE"),
    "DOWNLOAD": ("STAGED", "REJECTED", "FAILED", "CHECK", "IDLE"),
    "STAGED": ("TRIAL", "FAILED", "CHECK", "IDLE"),
    "TRIAL": ("COMMITTED", "ROLLED_BACK"),
}

MOST_FAILED = 20
"""Releases that are remembered as failed; the fleet's counter grows, so old ones never return."""


class Failure(BaseModel):
    """A release that is not tried again by itself, and why."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    counter: int
    reason: str


class Record(BaseModel):
    """What the guard has noted of a trial; `reason`: why it has failed, empty: it has not."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    counter: int
    starts: int
    reason: str = ""


def read_record(folder: Path) -> Record | None:
    """The record of the last trial; None: there is none that can be read. The release on trial
    could have written it, so that it may hold anything."""
    try:
        return Record.model_validate(guard.unseal(folder / guard.TRIAL))
    except ValidationError:
        return None


class State(BaseModel):
    """counter: of the release that `name` is about. good: what runs, None: the factory's. before:
    the good one before it, kept to go back to. camera: whether it gave frames before the trial."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    sequence: Annotated[int, Field(ge=0)] = 0
    name: Name = "IDLE"
    counter: int | None = None
    good: int | None = None
    before: int | None = None
    camera: bool = False
    reason: str = ""
    failed: tuple[Failure, ...] = ()

    def failure(self, counter: int) -> str:
        """Why a release failed; empty: it has not."""
        return next((one.reason for one in self.failed if one.counter == counter), "")

    def with_failure(self, counter: int, reason: str) -> tuple[Failure, ...]:
        """`failed`, with one more."""
        others = tuple(one for one in self.failed if one.counter != counter)
        return (*others, Failure(counter=counter, reason=reason))[-MOST_FAILED:]


class Journal:
    """The state on the disk. `lost`: both copies were damaged, and it begins anew."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        self._folder, self._disk = folder, disk
        content = guard.read_state(folder)
        self.lost = content is None and any((folder / name).exists() for name in guard.STATES)
        try:
            self._state = State.model_validate(content or {})
        except ValidationError:  # of another version of the agent
            self._state, self.lost = State(), True

    @property
    def state(self) -> State:
        """As it was last written."""
        return self._state

    def move(self, name: Name, **changes: Any) -> State:
        """Write that the next act begins, then return the new state.

        Raises:
            ValueError: no such move.
            OSError: the disk refuses; the state is the old or the new one.
        """
        if name not in MOVES[self._state.name]:
            raise ValueError(f"{self._state.name} -> {name}: no such move")
        return self._write({"name": name, "reason": "", **changes})

    def note(self, **changes: Any) -> State:
        """Write other facts of the same state, if they have changed.

        Raises:
            OSError: the disk refuses.
        """
        return self._write(changes)

    def _write(self, changes: dict[str, Any]) -> State:
        state = self._state.model_copy(update=changes)
        if state != self._state:
            state = state.model_copy(update={"sequence": state.sequence + 1})
            content = guard.seal(state.model_dump(mode="json"))
            for name in guard.STATES:
                self._disk.write(self._folder / name, content)
            self._state = state
        return state
