"""Whatever happens in whatever order: a whole release runs, and no bad one is tried again."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from device.fleet import guard
from device.fleet.moment import Scene
from tests.device.fleet.disks import DyingDisk, PowerCutError
from tests.device.fleet.kiosk import FACTORY, FakeKiosk, Release

MEMORY = Path("/dev/shm")


class UpdateMachine(RuleBasedStateMachine):
    """Events of a kiosk's life in any order."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = Path(tempfile.mkdtemp(dir=MEMORY if MEMORY.is_dir() else None))
        self.kiosk = FakeKiosk(self._folder)
        self.newest = self.damages = 0
        self.contents: dict[int | None, dict[str, bytes]] = {None: dict(FACTORY)}
        self.well: set[int | None] = {None}

    def teardown(self) -> None:
        shutil.rmtree(self._folder)

    @rule(how=st.sampled_from(["commits", "crashes", "hangs", "a model is wrong"]),
          content=st.sampled_from([b"a", b"b", b"c"]), percent=st.sampled_from([0, 100, 100]),
          wheels=st.sampled_from(["0" * 12, "0" * 12, "f" * 12]))  # fmt: skip
    def publish(self, how: str, content: bytes, percent: int, wheels: str) -> None:
        self.newest += 1
        files = {"models/face.tflite": content, "device/app.py": content * 2}
        needs = {"agent": 1, "wheels": wheels, "units": 1}
        self.contents[self.newest] = files
        self.kiosk.behaves[self.newest] = how
        if how == "commits":
            self.well.add(self.newest)
        self.kiosk.publish(Release(self.newest, files, needs=needs), percent)

    @precondition(lambda self: self.newest)
    @rule(somebody=st.booleans())
    def turn(self, somebody: bool) -> None:
        self.kiosk.fetch(self.kiosk.turn(Scene(somebody)), most=1)

    @precondition(lambda self: self.newest)
    @rule()
    def run(self) -> None:
        self.kiosk.run(6)

    @rule()
    def start(self) -> None:
        choice = self.kiosk.start()
        assert choice.counter in self.contents

    @rule(after=st.integers(1, 30), lose=st.booleans())
    def power_cut(self, after: int, lose: bool) -> None:
        try:
            self.kiosk.power_on(DyingDisk(after, lose=lose))
            if self.newest:
                self.kiosk.run(4)
        except PowerCutError:
            pass
        self.kiosk.power_on()

    @rule(seconds=st.sampled_from([1, 200, 4000]))
    def time_passes(self, seconds: int) -> None:
        self.kiosk.time += seconds

    @rule(name=st.sampled_from([*guard.STATES, guard.TRIAL, guard.VERDICT]))
    def damage(self, name: str) -> None:
        self.damages += 1
        file = self.kiosk.folder / name
        if file.is_file():
            file.write_bytes(file.read_bytes()[:-3])
        self.kiosk.power_on()

    @invariant()
    def a_whole_release_would_start(self) -> None:
        counter = self.kiosk.runs()
        assert self.kiosk.files() == self.contents[counter]

    @invariant()
    def the_good_release_is_there(self) -> None:
        good = self.kiosk.updates.state.good
        assert good in self.well
        assert good is None or not guard.fault(self.kiosk.store.release(good))

    @invariant()
    def no_release_is_tried_more_than_its_starts(self) -> None:
        trials = [one.counter for one in self.kiosk.started if one.trial]
        for counter in set(trials):  # a damaged record allows another trial
            assert trials.count(counter) <= guard.STARTS * (1 + self.damages)


UpdateMachine.TestCase.settings = settings(
    max_examples=40, stateful_step_count=25, deadline=None, derandomize=True
)
TestUpdates = UpdateMachine.TestCase
