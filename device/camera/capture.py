"""The `Camera` protocol, the thread that reads a camera, and a fake camera.

`Capture` guarantees that the newest frame is the one that is taken; that a camera that ends, fails
or disappears is reopened with exponential backoff; and that there is only one thread: a driver call
that does not return makes the state `hung` after its deadline, and only a new process recovers. A
paused camera is closed, and its picture is not kept.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar

from device.config import CameraConfig
from device.values import Frame

log = logging.getLogger(__name__)

T = TypeVar("T")
Clock = Callable[[], float]
StateName = Literal["open", "lost", "hung", "closed", "ended"]


class Camera(Protocol):
    """A source of frames. After any exception it is lost, and may be opened again."""

    def open(self) -> None:
        """Prepare to read."""

    def read(self) -> Frame | None:
        """Wait for the next frame. None: the source has ended."""

    def close(self) -> None:
        """Free all resources; does nothing when closed already."""


@dataclass(frozen=True, slots=True)
class CameraState:
    """State of the camera, since when (seconds of the capture's clock), and why it is lost.

    open: it delivers frames. closed: paused. ended: a file has ended and will be read again. hung:
    a call has not returned within its deadline, and the process must be restarted.
    """

    name: StateName
    since: float
    reason: str = ""


class Capture:
    """Reads a camera in one thread and keeps its newest frame until it is taken.

    It begins paused: the caller of `allow` and `pause` knows whether a page shows the notice,
    without which a live camera must be closed.
    """

    def __init__(
        self, camera: Camera, config: CameraConfig, *, clock: Clock = time.monotonic
    ) -> None:
        """Start the thread, paused. config: the read deadline and the backoff are used here."""
        self.dropped = 0
        """Frames that a newer one replaced before they were taken."""
        self._camera = camera
        self._config = config
        self._clock = clock
        self._changed = threading.Condition()
        self._allowed = False
        self._ending = False
        self._newest: Frame | None = None
        self._state = CameraState("closed", clock())
        self._called_at: float | None = None
        self._thread = threading.Thread(target=self._run, name="capture", daemon=True)
        self._thread.start()

    def allow(self) -> None:
        """Open the camera, or leave it open."""
        self._set_allowed(True)

    def pause(self) -> None:
        """Close the camera as soon as a read in progress returns, and drop its frame."""
        self._set_allowed(False)

    def take(self, timeout_s: float) -> Frame | None:
        """The newest frame not yet taken; waits for one, None if there is none in time."""
        with self._changed:
            self._changed.wait_for(lambda: self._newest is not None, timeout_s)
            frame, self._newest = self._newest, None
            return frame

    @property
    def state(self) -> CameraState:
        """The camera's current state."""
        with self._changed:
            called_at, state = self._called_at, self._state
        if called_at is not None:
            overdue = called_at + self._config.read_deadline_s
            if self._clock() > overdue:
                return CameraState("hung", overdue, "a call to the camera does not return")
        return state

    def close(self) -> None:
        """Close the camera and end the thread; one that is stuck in a driver is left running."""
        with self._changed:
            self._ending = True
        self._set_allowed(False)
        self._thread.join(self._config.read_deadline_s)

    def _set_allowed(self, allowed: bool) -> None:
        with self._changed:
            self._allowed = allowed and not self._ending
            if not allowed:
                self._newest = None
            self._changed.notify_all()

    def _run(self) -> None:
        waits = backoff(self._config.reopen_first_s, self._config.reopen_longest_s)
        while self._until_allowed():
            reason = ""
            outcome: StateName = "closed"
            try:
                self._call(self._camera.open)
                while self._allowed:
                    frame = self._call(self._camera.read)
                    if frame is None:
                        outcome = "ended"
                        break
                    if self._offer(frame):
                        waits = backoff(self._config.reopen_first_s, self._config.reopen_longest_s)
            except Exception as error:  # drivers raise anything
                outcome, reason = "lost", str(error) or type(error).__name__
            try:
                self._call(self._camera.close)
            except Exception as error:
                log.warning("the camera does not close: %s", error)
            self._enter(outcome, reason)
            if outcome != "closed":
                self._wait(next(waits))

    def _until_allowed(self) -> bool:
        """Wait until the camera may be opened; False: the capture has been closed."""
        with self._changed:
            if not self._allowed:
                self._enter("closed")
            self._changed.wait_for(lambda: self._allowed or self._ending)
            return not self._ending

    def _wait(self, seconds: float) -> None:
        """Wait before the next try, or until the camera is paused."""
        with self._changed:
            self._changed.wait_for(lambda: not self._allowed, seconds)

    def _call(self, step: Callable[[], T]) -> T:
        """One call to the camera, for which the deadline holds."""
        with self._changed:
            self._called_at = self._clock()
        try:
            return step()
        finally:
            with self._changed:
                self._called_at = None

    def _offer(self, frame: Frame) -> bool:
        """Make a frame the newest, unless the camera has been paused meanwhile."""
        with self._changed:
            if not self._allowed:
                return False
            self.dropped += self._newest is not None
            self._newest = frame
            self._enter("open")
            self._changed.notify_all()
            return True

    def _enter(self, name: StateName, reason: str = "") -> None:
        """Change the state; `since` stays while its name does, however often it is retried, and
        the reason is that of the last try."""
        with self._changed:
            before = self._state
            if (before.name, before.reason) == (name, reason):
                return
            since = before.since if before.name == name else self._clock()
            self._state = CameraState(name, since, reason)
        if name == "lost":
            log.warning("camera lost: %s", reason)
        else:
            log.info("camera %s", name)


def backoff(first_s: float, longest_s: float) -> Iterator[float]:
    """Waits between tries, seconds: each twice the one before, at most `longest_s`."""
    wait = min(first_s, longest_s)
    while True:
        yield wait
        wait = min(2 * wait, longest_s)


class FakeCamera:
    """A camera that follows a script; a reopened one goes on where it stopped.

    Each read takes the next entry: a frame is returned, None ends the source, an exception is
    raised, and an event is waited for, as in a driver that hangs. After the last entry the source
    has ended. `failures`: raised one by one by the next calls of `open`.
    """

    def __init__(
        self,
        script: Iterable[Frame | BaseException | threading.Event | None],
        failures: Iterable[BaseException] = (),
    ) -> None:
        """script: may be a generator that never ends."""
        self.opened = self.closed = 0
        self.is_open = False
        self._script = iter(script)
        self._failures = iter(failures)

    def open(self) -> None:
        """Open, or raise the next failure."""
        self.opened += 1
        for failure in self._failures:
            raise failure
        self.is_open = True

    def read(self) -> Frame | None:
        """Follow the script's next entry."""
        entry = next(self._script, None)
        if isinstance(entry, threading.Event):
            entry.wait()
            return self.read()
        if isinstance(entry, BaseException):
            raise entry
        return entry

    def close(self) -> None:
        """Close."""
        self.closed += 1
        self.is_open = False
