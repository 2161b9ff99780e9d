"""The boot guard: decides which release the kiosk's service starts, and takes a bad one back.

It is run as a program, from an install of its own that no release changes (/opt/wayside/agent). It
uses the standard library alone and imports nothing of `device`, so that no release can break it.

Guarantees: the kiosk starts whatever the files say: a release that is whole, or the factory's. A
release on trial is started three times at most, and its five minutes begin with the first start of
each boot; a start is on the disk before it happens. When the trial fails, the last good release is
started, if that is not whole the one before, and then the factory's. Times are the boot clock's.

    guard.py start device run --config F       the kiosk: counts, decides, becomes that program
    guard.py peek device.display.folder ...    another program of the same release: counts nothing
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import pwd
import select
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

FOLDER = Path("/var/lib/wayside/fleet")
FACTORY = Path("/opt/wayside/current")
INSTALLED = Path("/opt/wayside/agent/installed.json")

STATES = ("state.json", "state-copy.json")
"""The agent's journal, twice (device/fleet/states.py)."""

WRITABLE = "trial"
"""What the kiosk's service may write of the folder: guard and release run in it, and neither needs
to change releases, the agent's journal or what it trusts (systemd/wayside.service)."""

TRIAL = f"{WRITABLE}/record.json"
"""The guard's record of a trial: counter, starts, boot, when it began, why it failed."""

VERDICT = f"{WRITABLE}/verdict.json"
"""Of the release on trial, by its own program (device/fleet/trial.py)."""

SWITCH = f"{WRITABLE}/switch"
"""Touched to have systemd start broker, kiosk and screen anew (systemd/wayside-switch.path)."""

MANIFEST = "manifest.json"

STARTS, SECONDS = 3, 300.0
"""A trial's starts, and seconds after the first of them."""

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Choice:
    """What is started. counter: of the release; None: the factory's. camera: whether the camera
    gave frames before the trial. ends: of the trial, seconds of the boot clock."""

    counter: int | None = None
    trial: bool = False
    camera: bool = False
    ends: float = 0.0


def boot_clock() -> float:
    """Seconds since the machine was started, which nobody can set."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def boot_id() -> str:
    """Another one after each start of the machine; empty where a service may not see it, as the
    broker's, which only peeks."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def seal(content: Mapping[str, Any]) -> bytes:
    """A small JSON file with the hash of its content, by which a damaged one is noticed."""
    text = json.dumps(content, sort_keys=True)
    whole = {"sha256": hashlib.sha256(text.encode()).hexdigest(), "content": content}
    return json.dumps(whole, sort_keys=True, indent=1).encode()


def unseal(path: Path) -> dict[str, Any] | None:
    """Content of a sealed file; None: missing or damaged."""
    try:
        if not path.is_file():  # a pipe would never end
            return None
        whole = json.loads(path.read_bytes())
        content = whole["content"]
        text = json.dumps(content, sort_keys=True)
        sealed = whole["sha256"] == hashlib.sha256(text.encode()).hexdigest()
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return content if sealed and isinstance(content, dict) else None


def read_state(folder: Path) -> dict[str, Any] | None:
    """The newest whole copy of the agent's journal; None: there is none."""
    whole = [copy for name in STATES if (copy := unseal(folder / name)) is not None]
    copies = [copy for copy in whole if isinstance(copy.get("sequence"), int)]
    return max(copies, key=lambda copy: int(copy["sequence"]), default=None)


def fault(release: Path, installed: Mapping[str, Any] | None = None) -> str:
    """Why a release cannot run; empty: it is whole.

    Sizes of all files are compared, and hashes of all but pictures, which only look broken.
    installed: what this machine has; a release made for other packages or units cannot run.
    """
    manifest = unseal(release / MANIFEST)
    if manifest is None:
        return "its list of files is missing or damaged"
    for name, value in (installed or {}).items():
        wanted = manifest["needs"].get(name, value)
        if (wanted > value) if name == "agent" else (wanted != value):
            return f"it needs {name} {wanted}, and {value} is installed"
    for entry in manifest["files"]:
        path = release / entry["path"]
        try:
            whole = path.stat().st_size == entry["size"]
            if whole and not entry["path"].startswith("pictures/"):
                whole = sha256_of(path) == entry["sha256"]
        except OSError:
            whole = False
        if not whole:
            return f"{entry['path']} is missing or damaged"
    return ""


def sha256_of(path: Path) -> str:
    """SHA-256 of a file in hexadecimal.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Guard:
    """Decides. folder: of the fleet's releases and state."""

    def __init__(
        self,
        folder: Path,
        *,
        installed: Mapping[str, Any] | None = None,
        clock: Clock = boot_clock,
        boot: Callable[[], str] = boot_id,
        starts: int = STARTS,
        seconds: float = SECONDS,
    ) -> None:
        self._folder, self._installed = folder, installed
        self._clock, self._boot = clock, boot
        self._starts, self._seconds = starts, seconds

    def start(self) -> Choice:
        """What the kiosk's service starts now, on the record."""
        return self._safely(count=True)

    def peek(self) -> Choice:
        """What would be started now. Nothing is written."""
        return self._safely(count=False)

    def _safely(self, *, count: bool) -> Choice:
        try:
            return self._choice(count=count)
        except Exception as error:  # whatever is wrong with the files: a kiosk must start
            say(f"{type(error).__name__}: {error}; the factory's release is started")
            return Choice()

    def _choice(self, *, count: bool) -> Choice:
        state = read_state(self._folder)
        if state is None:
            return Choice()
        if state["name"] == "TRIAL":
            trial = int(state["counter"])
            if self.settled(trial):
                if not self._fault(trial):
                    return Choice(trial)
            elif choice := self._trial(trial, bool(state["camera"]), count=count):
                return choice
        for good in (state["good"], state["before"]):
            if good is not None:
                if not (reason := self._fault(int(good))):
                    return Choice(int(good))
                say(f"release {good}: {reason}")
        return Choice()

    def settled(self, counter: int) -> bool:
        """Whether the release has committed, though the agent has not noted it yet."""
        verdict = unseal(self._folder / VERDICT)
        return verdict == {"counter": counter, "reason": ""}

    def _trial(self, counter: int, camera: bool, *, count: bool) -> Choice | None:
        """One more start of the release on trial; None: it has failed."""
        now, boot = self._clock(), self._boot()
        record: dict[str, Any]
        record = {"counter": counter, "starts": 0, "boot": boot, "began": now, "reason": ""}
        known = unseal(self._folder / TRIAL)
        if known is not None and known.get("counter") == counter:
            record |= known
        if not boot or record["boot"] != boot:
            record |= {"boot": boot, "began": now}
        ends = record["began"] + self._seconds
        if reason := record["reason"] or self._failure(counter, record["starts"], now > ends):
            if count and not record["reason"]:
                say(f"release {counter} is taken back: {reason}")
                self._record(record | {"reason": reason})
                request_switch(self._folder)
                _start_at_once()
            return None
        if count:
            if not self._record(record | {"starts": record["starts"] + 1}):
                return None  # a start that is not on the record could be repeated for ever
            if not record["starts"]:
                _start_at_once()
        return Choice(counter, trial=True, camera=camera, ends=ends)

    def _failure(self, counter: int, starts: int, late: bool) -> str:
        verdict = unseal(self._folder / VERDICT)
        if verdict is not None and verdict.get("counter") == counter and verdict.get("reason"):
            return str(verdict["reason"])
        if reason := self._fault(counter):
            return reason
        if late:
            return f"it was not well within {self._seconds:g} s"
        if starts >= self._starts:
            return f"it was not well after {self._starts} starts"
        return ""

    def _fault(self, counter: int) -> str:
        return fault(self._folder / "releases" / str(counter), self._installed)

    def _record(self, content: Mapping[str, Any]) -> bool:
        """Write durably; False: the disk refuses."""
        path = self._folder / TRIAL
        beside = path.with_name(f".{path.name}.new")
        try:
            with beside.open("wb") as file:
                os.fchmod(file.fileno(), 0o644)  # the broker's user peeks
                file.write(seal(content))
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
            handle = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
        except OSError as error:
            say(f"{path}: cannot be written ({error.strerror})")
            return False
        return True


def request_switch(folder: Path) -> None:
    """Have systemd start broker, kiosk and screen anew; without that path unit nothing happens."""
    with suppress(OSError):
        (folder / SWITCH).write_bytes(b"")


def _start_at_once() -> None:
    """No release shall wait for the failures of another one."""
    if folder := os.environ.get("RUNTIME_DIRECTORY"):
        with suppress(OSError):
            Path(folder, "starts").unlink()  # of systemd/restart-delay


def environment(choice: Choice, folder: Path, factory: Path) -> dict[str, str]:
    """What a program of the chosen release is told (device/release.py reads it)."""
    given = {key: value for key, value in os.environ.items() if not key.startswith("WAYSIDE_")}
    told = {"WAYSIDE_FACTORY": str(factory), "PYTHONPATH": str(factory)}
    if choice.counter is not None:
        release = folder / "releases" / str(choice.counter)
        told["WAYSIDE_RELEASE"] = str(release)
        if (release / "device").is_dir():
            told["PYTHONPATH"] = str(release)
    if choice.trial:
        told["WAYSIDE_TRIAL"] = "camera" if choice.camera else "page"
    return given | told


def watch(choice: Choice, settled: Callable[[], bool], clock: Clock = boot_clock) -> None:
    """Fork a process that ends this one when the trial's time is over and it has not committed.

    It is no child of the program, and ends with the service.
    """
    process = os.pidfd_open(os.getpid())
    child = os.fork()
    if child:
        os.close(process)
        os.waitpid(child, 0)
        return
    if os.fork():
        os._exit(0)
    ended = select.poll()
    ended.register(process, select.POLLIN)
    while (left := choice.ends - clock()) > 0:
        if ended.poll(min(1.0, left) * 1000) or settled():
            os._exit(0)
    if not settled():
        say(f"release {choice.counter}: the time of its trial is over")
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(process, signal.SIGKILL)
    os._exit(0)


def become_owner(release: Path) -> dict[str, str]:
    """Where root runs a program of a release, run it as the user who could have written it, so that
    whoever got hold of the kiosk waits in vain for `sudo wayside`. Returns what changes with it.

    Raises:
        OSError, KeyError: there is no such user.
    """
    owner = release.stat().st_uid
    if os.geteuid() != 0 or owner == 0:
        return {}
    user = pwd.getpwuid(owner)
    os.initgroups(user.pw_name, user.pw_gid)
    os.setgid(user.pw_gid)
    os.setuid(owner)
    return {"HOME": user.pw_dir, "USER": user.pw_name}


def bound(name: str, usual: float) -> float:
    """A number of the environment; where it is none, a kiosk must start nevertheless."""
    try:
        return float(os.environ.get(name, usual))
    except ValueError:
        say(f"{name}: got {os.environ[name]!r}, takes a number; {usual:g} is used")
        return usual


def say(line: str) -> None:
    """A line for the journal."""
    print(f"wayside guard: {line}", file=sys.stderr, flush=True)


def main(argv: Sequence[str] | None = None) -> None:
    """Decide, and become the program. Returns only where that program cannot be run.

    WAYSIDE_TRIAL_STARTS and WAYSIDE_TRIAL_SECONDS, in a drop-in of the unit, change the bounds.
    """
    parser = argparse.ArgumentParser(prog="guard.py")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--factory", type=Path, default=FACTORY)
    parser.add_argument("--installed", type=Path, default=INSTALLED)
    parser.add_argument("verb", choices=("start", "peek"))
    parser.add_argument("module")
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    given = parser.parse_args(argv)
    factory = given.factory.resolve()
    guard = Guard(
        given.folder,
        installed=unseal(given.installed),
        starts=int(bound("WAYSIDE_TRIAL_STARTS", STARTS)),
        seconds=bound("WAYSIDE_TRIAL_SECONDS", SECONDS),
    )
    # Only the kiosk itself is on trial, not whatever else is run of that release.
    choice = guard.start() if given.verb == "start" else replace(guard.peek(), trial=False)
    if given.verb == "start":
        which = "the factory's" if choice.counter is None else choice.counter
        say(f"release: {which}{', on trial' if choice.trial else ''}")
    if choice.trial:
        watch(choice, lambda: guard.settled(choice.counter or 0))
    told = environment(choice, given.folder, factory)
    if choice.counter is not None:
        try:
            told |= become_owner(given.folder / "releases" / str(choice.counter))
        except (OSError, KeyError) as error:
            say(f"release {choice.counter}: its user is not known ({error}); the factory's is run")
            told = environment(Choice(), given.folder, factory)
    python = str(factory / ".venv/bin/python")
    # -P: a folder called `device` where somebody types `wayside` is not this program.
    os.execve(python, [python, "-P", "-m", given.module, *given.arguments], told)


if __name__ == "__main__":
    main()
