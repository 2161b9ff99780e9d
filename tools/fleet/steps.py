"""A rollout step by step, as a decision: how each kiosk fares, and whether to go on.

The steps are the canaries, ten percent, and all. Guarantees: silence is as bad as failure; a kiosk
that was away when its step began is not waited for, and takes the release when it comes back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from device.fleet.manifest import Rollout
from tools.fleet.table import Row

PERCENTS = (0, 10, 100)
"""Of the kiosks that are no canaries, by step."""

Verdict: TypeAlias = Literal["go on", "wait", "failure", "silence"]


@dataclass(frozen=True, slots=True)
class Bounds:
    """enough: share of a step's kiosks that must have committed before the next. failing: share
    that may fail. minutes: of a step."""

    enough: float = 0.9
    failing: float = 0.0
    minutes: float = 60.0


@dataclass(frozen=True, slots=True)
class Count:
    """The kiosks of a step: those that run the release, those where it failed and why, and those
    that have not answered yet and what they do."""

    committed: tuple[str, ...] = ()
    failed: Mapping[str, str] = field(default_factory=dict)
    waiting: Mapping[str, str] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """Kiosks of the step."""
        return len(self.committed) + len(self.failed) + len(self.waiting)


def group(rollout: Rollout, names: Iterable[str]) -> list[str]:
    """The kiosks that a rollout includes, whether it is paused or not."""
    going = rollout.model_copy(update={"paused": False})
    return sorted(name for name in names if going.includes(*name.split("/", 1)))


def count(rows: Iterable[Row], counter: int) -> Count:
    """How the release fares on these kiosks."""
    committed, failed, waiting = [], {}, {}
    for row in rows:
        if row.release == counter and row.phase != "TRIAL":
            committed.append(row.name)
        elif reason := _failure(row, counter):
            failed[row.name] = reason
        else:
            waiting[row.name] = _doing(row, counter)
    return Count(tuple(committed), failed, waiting)


def judge(found: Count, bounds: Bounds, elapsed_s: float) -> Verdict:
    """Whether the next step may begin. elapsed_s: since this one did."""
    if len(found.failed) > bounds.failing * found.total:
        return "failure"
    if not found.waiting:
        return "go on"
    if elapsed_s < bounds.minutes * 60:
        return "wait"
    return "go on" if len(found.committed) >= bounds.enough * found.total else "silence"


def _failure(row: Row, counter: int) -> str:
    """Why the release is not on a kiosk and will not be; empty: it may still come."""
    if counter in row.refused:
        return row.refused[counter]
    if row.candidate == counter and row.phase in ("ROLLED_BACK", "REJECTED", "FAILED"):
        return row.reason or row.phase
    return ""


def _doing(row: Row, counter: int) -> str:
    """What a kiosk does that has not answered yet, in words."""
    if row.state != "online":
        return "its program does not run" if row.state == "stopped" else row.state
    if row.distrust:
        return f"does not believe the metadata: {row.distrust}"
    if not row.told:
        return "takes no releases" + (f": {row.trouble[0]}" if row.trouble else "")
    return row.phase.lower() if row.candidate == counter else "has not begun"
