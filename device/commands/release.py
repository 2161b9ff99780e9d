"""`wayside release`: which release of the fleet runs here, which one waits, and what was refused.

It reads the journal of updates (device/fleet/states.py) and changes nothing.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from device.commands.command_line import SubParsers
from device.errors import UserError
from device.fleet import guard
from device.fleet.disk import Disk
from device.fleet.states import Journal, State, read_record
from device.release import running

WORDS = {
    "IDLE": "nothing to do",
    "CHECK": "is being checked",
    "DOWNLOAD": "is being fetched",
    "STAGED": "is here, and waits for a moment without people",
    "TRIAL": "is on trial",
    "COMMITTED": "was tried, and runs",
    "ROLLED_BACK": "was tried, and taken back",
    "REJECTED": "may not run here",
    "FAILED": "could not be had; it is tried again",
}


def add_parser(verbs: SubParsers) -> None:
    """Add `release` to the command line."""
    parser = verbs.add_parser(
        "release",
        help="which release runs, which one waits, and what was refused",
        description="Print which release of the fleet runs on this kiosk, how the newest one "
        "fares, and which were refused, with the reason.",
        epilog="example: wayside release",
    )
    parser.add_argument(
        "--folder", type=Path, default=guard.FOLDER, help=f"of the releases: {guard.FOLDER}"
    )
    parser.add_argument("--json", action="store_true", help="print it as one JSON object")
    parser.set_defaults(run=run)


@dataclass(frozen=True, slots=True)
class Report:
    """What is printed. runs: what the guard would start now. versions: by counter, of the releases
    that are here."""

    state: State
    runs: int | None
    versions: dict[int, str]
    starts: int

    def lines(self) -> Iterator[str]:
        """For people."""
        state = self.state
        yield f"runs      {self._named(self.runs)}"
        if state.before is not None:
            yield f"before    {self._named(state.before)}, kept to go back to"
        if state.counter is not None and state.name != "COMMITTED":
            starts = f", start {self.starts} of {guard.STARTS}" if state.name == "TRIAL" else ""
            why = f": {state.reason}" if state.reason else ""
            yield f"newest    {self._named(state.counter)}: {WORDS[state.name]}{starts}{why}"
        elif state.name == "IDLE":
            yield f"newest    {WORDS['IDLE']}"
        for one in state.failed:
            yield f"refused   {one.counter}: {one.reason}"

    def content(self) -> dict[str, Any]:
        """For programs."""
        state = self.state
        return {
            "running": self.runs,
            "before": state.before,
            "state": state.name,
            "candidate": state.counter,
            "reason": state.reason,
            "versions": {str(counter): version for counter, version in self.versions.items()},
            "refused": [{"release": one.counter, "reason": one.reason} for one in state.failed],
        }

    def _named(self, counter: int | None) -> str:
        if counter is None:
            return f"the factory's release, {running().factory.name}"
        version = self.versions.get(counter)
        return f"release {counter}" + (f" ({version})" if version else "")


def run(arguments: argparse.Namespace) -> int:
    """Print the report.

    Raises:
        UserError: this is no kiosk of a fleet.
    """
    report = read_report(arguments.folder)
    print(json.dumps(report.content()) if arguments.json else "\n".join(report.lines()))
    return 0


def read_report(folder: Path) -> Report:
    """What the files of a fleet's folder say.

    Raises:
        UserError: there is no such folder.
    """
    if not (folder / "releases").is_dir():
        raise UserError(
            f"{folder}: no releases of a fleet have come to this kiosk: it runs the factory's; "
            "docs/fleet.md tells how to enrol it"
        )
    state = Journal(folder, Disk()).state
    versions = {}
    for place in (folder / "releases").iterdir():
        manifest = guard.unseal(place / guard.MANIFEST)
        if manifest is not None and place.name.isdecimal():
            versions[int(place.name)] = str(manifest["version"])
    record = read_record(folder)
    runs = guard.Guard(folder, installed=guard.unseal(guard.INSTALLED)).peek().counter
    return Report(state, runs, versions, record.starts if record else 0)
