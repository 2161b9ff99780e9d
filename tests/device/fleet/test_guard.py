"""The boot guard as a program: what it starts, and that it ends a trial in time."""

from __future__ import annotations

import json
import os
import pwd
import subprocess
import sys
import time
from pathlib import Path

import pytest

from device.fleet import guard
from device.fleet.disk import Disk
from device.fleet.states import Journal
from device.fleet.store import Store
from tests.brokers import wait_until
from tests.device.fleet.releases import Release, fill
from tests.needs import needs_root

PROGRAM = """
import json, os, sys, time
told = {key: value for key, value in os.environ.items() if key.startswith("WAYSIDE_")}
code = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
print(json.dumps({"told": told, "code": code, "arguments": sys.argv[1:]}), flush=True)
if "hang" in sys.argv:
    time.sleep(60)
"""


class Installation:
    """A factory with a program, and a fleet's folder."""

    def __init__(self, folder: Path) -> None:
        self.fleet, self.factory = folder / "fleet", folder / "factory"
        (self.factory / "device").mkdir(parents=True)
        (self.factory / "device/__main__.py").write_text(PROGRAM)
        (self.factory / ".venv/bin").mkdir(parents=True)
        (self.factory / ".venv/bin/python").symlink_to(sys.executable)
        self.store = Store(self.fleet, Disk())
        self.journal = Journal(self.fleet, Disk())

    def stage(self, counter: int, program: str = PROGRAM) -> None:
        release = Release(counter, {"device/__main__.py": program.encode()})
        fill(self.store, *release.contents.values())
        assert self.store.stage(release.manifest)

    def begin_trial(self, counter: int) -> None:
        for name in ("CHECK", "DOWNLOAD", "STAGED", "TRIAL"):
            self.journal.move(name, counter=counter)

    def open(self, verb: str, *arguments: str, seconds: object = 300) -> subprocess.Popen[str]:
        options = ("--folder", self.fleet, "--factory", self.factory, "--installed", "/none")
        return subprocess.Popen(
            [sys.executable, "-I", guard.__file__, *options, verb, "device", *arguments],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"WAYSIDE_TRIAL_SECONDS": str(seconds)},
        )

    def run(self, verb: str, *arguments: str) -> dict[str, dict[str, str]]:
        said, _ = self.open(verb, *arguments).communicate(timeout=30)
        answer: dict[str, dict[str, str]] = json.loads(said)
        return answer


@pytest.fixture
def installation(memory: Path) -> Installation:
    return Installation(memory)


def test_without_a_fleet_the_factorys_program_runs_with_its_arguments(
    installation: Installation,
) -> None:
    said = installation.run("start", "run", "--config", "x y")
    assert said["arguments"] == ["run", "--config", "x y"]
    assert said["told"] == {"WAYSIDE_FACTORY": str(installation.factory)}
    assert said["code"] == str(installation.factory)


def test_a_release_on_trial_is_told_so_and_runs_its_own_code(installation: Installation) -> None:
    installation.stage(7)
    installation.begin_trial(7)
    said = installation.run("start", "run")
    place = str(installation.fleet / "releases/7")
    assert said["told"] == {
        "WAYSIDE_FACTORY": str(installation.factory),
        "WAYSIDE_RELEASE": place,
        "WAYSIDE_TRIAL": "page",
    }
    assert said["code"] == place


@pytest.mark.parametrize("damage", [b"", b"raise SystemExit", None])
def test_a_damaged_release_is_not_even_tried(
    installation: Installation, damage: bytes | None
) -> None:
    installation.stage(7)
    installation.begin_trial(7)
    file = installation.fleet / "releases/7/device/__main__.py"
    if damage is None:
        file.unlink()
    else:
        file.write_bytes(damage.ljust(len(PROGRAM)) if damage else damage)
    assert "WAYSIDE_RELEASE" not in installation.run("start")["told"]
    record = guard.unseal(installation.fleet / guard.TRIAL)
    assert record
    assert record["reason"] == "device/__main__.py is missing or damaged"


def test_peeking_counts_nothing(installation: Installation) -> None:
    installation.stage(7)
    installation.begin_trial(7)
    for _ in range(5):
        told = installation.run("peek")["told"]
        assert "WAYSIDE_RELEASE" in told
        assert "WAYSIDE_TRIAL" not in told  # it is no trial of what else is run
    assert not (installation.fleet / guard.TRIAL).exists()


def test_after_three_starts_the_factorys_program_runs_and_a_switch_is_asked_for(
    installation: Installation,
) -> None:
    installation.stage(7)
    installation.begin_trial(7)
    told = [installation.run("start")["told"] for _ in range(4)]
    assert ["WAYSIDE_TRIAL" in one for one in told] == [True, True, True, False]
    assert "WAYSIDE_RELEASE" not in told[3]
    assert (installation.fleet / guard.SWITCH).exists()


def test_content_without_code_runs_the_factorys_program(installation: Installation) -> None:
    release = Release(7, {"models/a.md": b"words"})
    fill(installation.store, *release.contents.values())
    assert installation.store.stage(release.manifest)
    installation.begin_trial(7)
    said = installation.run("start")
    assert said["told"]["WAYSIDE_RELEASE"] == str(installation.fleet / "releases/7")
    assert said["code"] == str(installation.factory)


def test_where_the_good_release_is_damaged_the_one_before_runs_and_then_the_factorys(
    installation: Installation,
) -> None:
    for counter in (7, 8):
        installation.stage(counter, f"{PROGRAM}\n# {counter}")
    installation.journal.note(good=8, before=7)
    chosen = guard.Guard(installation.fleet)
    assert chosen.start().counter == 8
    (installation.fleet / "releases/8/device/__main__.py").unlink()
    assert chosen.start().counter == 7
    (installation.fleet / "releases/7/device/__main__.py").unlink()
    assert chosen.start().counter is None


def test_no_release_waits_for_the_failures_of_another_one(
    installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))
    delays = tmp_path / "starts"  # of systemd/restart-delay
    installation.stage(7)
    installation.begin_trial(7)
    left = []
    for _ in range(4):
        delays.write_text("0 60")
        installation.run("start")
        left.append(delays.exists())
    assert left == [False, True, True, False]  # the first of the trial, and the one that ends it


def test_of_a_picture_the_size_alone_is_looked_at(memory: Path) -> None:
    release = Release(7, {"pictures/a.jpg": b"picture", "models/a.md": b"words"})
    store = Store(memory, Disk())
    fill(store, *release.contents.values())
    assert store.stage(release.manifest)
    picture = store.release(7) / "pictures/a.jpg"
    picture.write_bytes(b"PICTURE")
    assert guard.fault(store.release(7)) == ""
    picture.write_bytes(b"pic")
    assert guard.fault(store.release(7)) == "pictures/a.jpg is missing or damaged"


def test_a_program_that_hangs_in_its_trial_is_ended_in_time(installation: Installation) -> None:
    installation.stage(7)
    installation.begin_trial(7)
    hanging = installation.open("start", "hang", seconds=1)
    began = time.monotonic()
    assert hanging.wait(30) == -9
    assert time.monotonic() - began < 20
    said = installation.open("start", seconds=1).communicate(timeout=30)[0]
    assert "WAYSIDE_RELEASE" not in json.loads(said)["told"]


def test_a_program_that_has_committed_is_left_alone(installation: Installation) -> None:
    installation.stage(7)
    installation.begin_trial(7)
    running = installation.open("start", "hang", seconds=1)
    wait_until(lambda: guard.unseal(installation.fleet / guard.TRIAL), "the start on the record")
    content = guard.seal({"counter": 7, "reason": ""})
    (installation.fleet / guard.VERDICT).write_bytes(content)
    record = guard.unseal(installation.fleet / guard.TRIAL)
    assert record
    wait_until(lambda: guard.boot_clock() > record["began"] + 1.5, "the end of the trial's time")
    assert running.poll() is None
    running.kill()
    running.wait()


def test_bounds_that_are_no_numbers_do_not_keep_the_kiosk_from_starting(
    installation: Installation,
) -> None:
    installation.stage(7)
    installation.begin_trial(7)
    said = installation.open("start", seconds="five minutes").communicate(timeout=30)[0]
    assert "WAYSIDE_TRIAL" in json.loads(said)["told"]


@needs_root()
def test_what_root_runs_of_a_release_runs_as_the_user_who_could_have_written_it(
    installation: Installation,
) -> None:
    installation.stage(7)
    installation.begin_trial(7)
    installation.journal.move("COMMITTED", good=7)
    python = installation.factory / ".venv/bin/python"
    python.unlink()
    python.write_text('#!/bin/sh\necho "$(id -u) $(id -G) $HOME ${WAYSIDE_RELEASE##*/}"\n')
    python.chmod(0o755)
    place = installation.fleet / "releases/7"
    for folder in (python.parent, *python.parent.parents[:4]):
        folder.chmod(0o755)
    nobody = pwd.getpwnam("nobody")
    os.chown(place, nobody.pw_uid, nobody.pw_gid)
    said = installation.open("peek").communicate(timeout=30)[0].split()
    assert said == [str(nobody.pw_uid), str(nobody.pw_gid), nobody.pw_dir, "7"]
    os.chown(place, 54321, 54321)  # a user that was removed
    assert installation.open("peek").communicate(timeout=30)[0].split()[0] == "0"
    assert "7" not in installation.open("peek").communicate(timeout=30)[0]


def test_a_reboot_begins_the_five_minutes_anew_but_not_the_starts(memory: Path) -> None:
    installation = Installation(memory)
    installation.stage(7)
    installation.begin_trial(7)
    for number, at in enumerate((5000.0, 3.0, 3.0)):
        choice = guard.Guard(
            installation.fleet, clock=lambda at=at: at, boot=lambda number=number: str(number)
        ).start()  # fmt: skip
        assert choice == guard.Choice(7, trial=True, ends=at + guard.SECONDS)
    assert guard.Guard(installation.fleet).start() == guard.Choice()


def test_the_brokers_user_may_read_why_a_trial_failed(installation: Installation) -> None:
    installation.stage(7)
    installation.begin_trial(7)
    before = os.umask(0o077)  # as in the unit
    try:
        installation.run("start")
    finally:
        os.umask(before)
    assert (installation.fleet / guard.TRIAL).stat().st_mode & 0o044 == 0o044


def test_a_good_release_for_other_packages_than_are_installed_does_not_run(memory: Path) -> None:
    installation = Installation(memory)
    installation.stage(7)
    installation.begin_trial(7)
    installation.journal.move("COMMITTED", good=7)
    same = {"agent": 1, "units": 1, "wheels": "0" * 12}
    for installed, counter in ((same, 7), (same | {"wheels": "f" * 12}, None), (None, 7)):
        assert guard.Guard(installation.fleet, installed=installed).start().counter == counter
    assert guard.Guard(installation.fleet, installed=same | {"agent": 2}).start().counter == 7


def test_a_pipe_in_the_place_of_a_record_does_not_hold_up_the_start(memory: Path) -> None:
    installation = Installation(memory)
    installation.stage(7)
    installation.begin_trial(7)
    os.mkfifo(installation.fleet / guard.VERDICT)
    assert guard.Guard(installation.fleet).start().counter == 7


@pytest.mark.parametrize("nonsense", [{}, {"counter": 7}, {"counter": "7"}, {"reason": "x"}])
def test_records_that_mean_nothing_are_none(memory: Path, nonsense: dict[str, object]) -> None:
    installation = Installation(memory)
    installation.stage(7)
    installation.begin_trial(7)
    for name in (guard.TRIAL, guard.VERDICT):
        (installation.fleet / name).write_bytes(guard.seal(nonsense))
    trials = [guard.Guard(installation.fleet).start().trial for _ in range(4)]
    assert trials == [True, True, True, False]


@pytest.mark.parametrize(
    "content", [b"", b"\0" * 300, b"{}", b"[1]", b'{"sha256": 1, "content": {}}', b"[" * 100_000]
)
def test_whatever_the_state_files_hold_something_starts(memory: Path, content: bytes) -> None:
    installation = Installation(memory)
    for name in (*guard.STATES, guard.TRIAL, guard.VERDICT):
        (installation.fleet / name).write_bytes(content)
    assert guard.Guard(installation.fleet).start() == guard.Choice()


def test_a_sealed_state_that_means_nothing_starts_the_factorys(memory: Path) -> None:
    installation = Installation(memory)
    for nonsense in ({}, {"sequence": "x"}, {"sequence": 1, "name": "TRIAL", "counter": None}):
        (installation.fleet / guard.STATES[0]).write_bytes(guard.seal(nonsense))
        assert guard.Guard(installation.fleet).start() == guard.Choice()


def test_the_guard_imports_nothing_but_the_standard_library() -> None:
    code = "import sys; sys.path = [p for p in sys.path if 'site-packages' not in p]; import runpy;"
    code += f"runpy.run_path({guard.__file__!r}); print([m for m in sys.modules if 'device' in m])"
    said = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True)
    assert said.stdout.strip() == "[]", said.stderr
