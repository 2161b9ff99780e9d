"""The thread that reads a camera: newest frame, loss, backoff, hangs, pausing."""

from __future__ import annotations

import ast
import itertools
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from device.camera.capture import Camera, Capture, FakeCamera, backoff
from device.camera.images import frame_of
from device.config import CameraConfig
from device.values import Frame

QUICK = CameraConfig(reopen_first_s=0.01, reopen_longest_s=0.02)
PATIENCE_S = 20.0


class Clock:
    """A monotonic clock that the test advances."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def frame(at: float = 0.0) -> Frame:
    return frame_of(np.zeros((48, 64, 3), np.uint8), at)


def frames() -> Iterator[Frame]:
    """A camera that never ends."""
    return (frame(n / 15) for n in itertools.count())


def wait_until(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < until, "did not happen"
        threading.Event().wait(0.005)


@pytest.fixture
def capture_of() -> Iterator[Callable[..., Capture]]:
    """Makes captures, and closes them at the end."""
    made: list[Capture] = []

    def make(camera: Camera, config: CameraConfig = QUICK, **clock: Callable[[], float]) -> Capture:
        made.append(Capture(camera, config, **clock))
        return made[-1]

    yield make
    for capture in made:
        capture.close()


def capture_threads() -> list[threading.Thread]:
    return [t for t in threading.enumerate() if t.name == "capture"]


def test_a_camera_stays_closed_until_it_is_allowed(capture_of):
    camera = FakeCamera(frames())
    capture = capture_of(camera)
    assert capture.take(0.05) is None
    assert camera.opened == 0
    assert capture.state.name == "closed"
    capture.allow()
    assert capture.take(PATIENCE_S) is not None
    assert capture.state.name == "open"


def test_a_paused_camera_is_closed_and_its_last_picture_forgotten(capture_of):
    camera = FakeCamera(frames())
    capture = capture_of(camera)
    capture.allow()
    wait_until(lambda: capture.dropped > 3)
    capture.pause()
    assert capture.take(0) is None
    wait_until(lambda: capture.state.name == "closed")
    assert not camera.is_open
    assert capture.take(0.05) is None
    capture.allow()
    assert capture.take(PATIENCE_S) is not None
    assert camera.opened == 2


def test_only_the_newest_frame_is_kept_and_the_others_are_counted(capture_of):
    hold = threading.Event()
    capture = capture_of(FakeCamera([frame(1), frame(2), frame(3), hold]))
    capture.allow()
    wait_until(lambda: capture.dropped == 2)
    newest = capture.take(PATIENCE_S)
    hold.set()
    assert newest is not None
    assert newest.at == 3


def test_a_lost_camera_is_reopened_and_its_state_has_the_time_of_the_loss(capture_of):
    # failure 4
    clock = Clock()
    back = threading.Event()
    unplugged = OSError("no such device")
    hold = threading.Event()
    camera = FakeCamera([frame(), unplugged, back, frame(), hold])
    capture = capture_of(camera, clock=clock)
    capture.allow()
    assert capture.take(PATIENCE_S) is not None
    wait_until(lambda: capture.state.name == "lost")
    lost = capture.state
    assert lost.reason == "no such device"
    assert lost.since == 100.0
    clock.now = 103.0
    back.set()
    wait_until(lambda: capture.state.name == "open")
    assert capture.state.since == 103.0
    assert (camera.opened, camera.closed) == (2, 1)
    hold.set()


def test_a_camera_that_does_not_open_is_lost_since_the_first_try(capture_of):
    # failure 4
    clock = Clock()

    def failures() -> Iterator[OSError]:
        for _ in range(20):
            clock.now += 1
            yield OSError("unplugged")

    camera = FakeCamera(frames(), failures())
    capture = capture_of(camera, clock=clock)
    capture.allow()
    wait_until(lambda: camera.opened >= 10)
    assert capture.state.name == "lost"
    assert capture.state.since == 101.0
    assert capture.take(PATIENCE_S) is not None
    assert camera.opened == 21
    assert camera.closed >= 20


def test_the_wait_before_reopening_doubles_up_to_its_bound():
    waits = list(itertools.islice(backoff(1, 30), 8))
    assert waits == [1, 2, 4, 8, 16, 30, 30, 30]
    assert next(backoff(5, 2)) == 2


def test_the_camera_is_not_reopened_before_the_wait_is_over(capture_of):
    times: list[float] = []

    def failures() -> Iterator[OSError]:
        while True:
            times.append(time.monotonic())
            yield OSError("unplugged")

    config = CameraConfig(reopen_first_s=0.05, reopen_longest_s=0.1)
    capture_of(FakeCamera([], failures()), config).allow()
    wait_until(lambda: len(times) >= 4)
    waits = np.diff(times[:4])
    assert np.all(waits >= [0.045, 0.095, 0.095])


def test_frames_reset_the_wait_before_reopening(capture_of):
    config = CameraConfig(reopen_first_s=0.01, reopen_longest_s=600)
    script = itertools.chain.from_iterable([frame(n), OSError("flicker")] for n in range(40))
    camera = FakeCamera(script)
    capture_of(camera, config).allow()
    wait_until(lambda: camera.opened >= 30)  # doubled each time, the last wait would be years


def test_a_file_that_has_ended_is_read_again(capture_of):
    camera = FakeCamera([frame(1), None, frame(2), None])
    capture = capture_of(camera)
    capture.allow()
    wait_until(lambda: camera.opened >= 3)
    assert capture.state.name == "ended"


def test_a_call_that_never_returns_makes_the_state_hung_in_one_thread(capture_of):
    # failure 5
    clock = Clock()
    never = threading.Event()
    before = len(capture_threads())
    camera = FakeCamera([frame(), never, *[frame()] * 100])
    config = QUICK.model_copy(update={"read_deadline_s": 5.0})
    capture = capture_of(camera, config, clock=clock)
    capture.allow()
    assert capture.take(PATIENCE_S) is not None
    clock.now += 4.9
    assert capture.state.name == "open"
    clock.now += 0.2
    assert capture.state.name == "hung"
    assert capture.state.since == 105.0
    for _ in range(100):  # whatever is asked of it, nothing piles up
        capture.pause()
        capture.allow()
        assert capture.take(0) is None
        assert capture.state.name == "hung"
    assert len(capture_threads()) == before + 1
    assert camera.opened == 1
    never.set()


def test_an_open_that_never_returns_makes_the_state_hung(capture_of):
    # failure 5
    clock = Clock()
    never = threading.Event()

    class Stuck(FakeCamera):
        def open(self) -> None:
            super().open()
            never.wait()

    camera = Stuck([])
    capture = capture_of(camera, clock=clock)
    capture.allow()
    wait_until(lambda: camera.opened == 1)
    clock.now += 60
    assert capture.state.name == "hung"
    never.set()


def test_a_hung_camera_does_not_keep_the_program_from_ending():
    # failure 5
    program = """
import threading
from device.config import CameraConfig
from device.camera.capture import Capture, FakeCamera
camera = FakeCamera([threading.Event()])
capture = Capture(camera, CameraConfig(read_deadline_s=0.1))
capture.allow()
while not camera.is_open:
    pass
capture.close()
print("ended")
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60
    )
    assert done.stdout == "ended\n"
    assert done.returncode == 0


def test_no_duration_of_a_camera_depends_on_the_time_of_day(root: Path):
    # failure 21
    for file in (root / "device" / "vision").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute):
                assert ast.unparse(node) not in {
                    "time.time",
                    "time.time_ns",
                    "time.localtime",
                    "datetime.now",
                    "datetime.utcnow",
                    "datetime.today",
                }, f"{file.name}:{node.lineno}"
