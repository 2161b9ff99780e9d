"""One utterance at a time: while the button is held the microphone is open, then it is recognised.

Guarantees: the microphone is opened only by `hold`, and closed by `release`, `cancel`, after
`LONGEST_S`, and `LOST_S` after the last `hold`, whichever comes first, whatever the other threads
do; the sound is in the memory of one call, which drops it when the request is known; a new
utterance ends the one before.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from device.errors import UserError
from device.hearing.microphone import Microphone
from device.values import Request

log = logging.getLogger(__name__)

LONGEST_S = 8.0
"""Longest time that the microphone is open at a stretch."""

LOST_S = 2.0
"""The page says twice a second that the button is held; silent for so long, nobody holds it."""

State: TypeAlias = Literal["closed", "listening", "thinking", "understood", "nothing"]

Recognise: TypeAlias = Callable[[bytes], Request | None]


@dataclass(slots=True, eq=False)
class _Utterance:
    """press: of the button, which no other has. began, held_until: monotonic seconds."""

    press: str
    began: float
    held_until: float
    released: threading.Event = field(default_factory=threading.Event)
    cancelled: threading.Event = field(default_factory=threading.Event)
    state: State = "listening"
    request: Request | None = None


class Listening:
    """Its methods return at once, and may be called from any thread."""

    def __init__(
        self,
        microphone: Microphone,
        recognise: Recognise,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """recognise: the request in a sound. clock: monotonic seconds."""
        self._microphone, self._recognise, self._clock = microphone, recognise, clock
        self._now: _Utterance | None = None
        self._last = ""
        self._thread: threading.Thread | None = None

    @property
    def state(self) -> State:
        """What happens now, or has happened last."""
        return "closed" if self._now is None else self._now.state

    @property
    def request(self) -> Request | None:
        """What was understood, while `state` is `understood`."""
        return None if self._now is None else self._now.request

    def hold(self, press: str) -> None:
        """The button is held: open the microphone, or keep it open; once for each press."""
        at, now = self._clock(), self._now
        if now is not None and now.press == press:
            now.held_until = at + LOST_S
        elif press != self._last:
            self.cancel()
            self._last, self._now = press, _Utterance(press, at, at + LOST_S)
            given = (self._now, self._thread)
            self._thread = threading.Thread(
                target=self._listen, args=given, name="hearing", daemon=True
            )
            self._thread.start()

    def release(self) -> None:
        """The button was let go: close the microphone, and recognise what was said."""
        if self._now is not None:
            self._now.released.set()

    def cancel(self) -> None:
        """Close the microphone, and forget what was said and understood."""
        if self._now is not None:
            self._now.cancelled.set()
            self._microphone.close()
            self._now = None

    def turn(self) -> None:
        """Close a microphone that is open for too long even if nothing can be read of it."""
        now = self._now
        if now is not None and now.state == "listening" and self._over(now, self._clock()):
            self._microphone.close()

    def stop(self) -> None:
        """Cancel, and wait until nothing runs any more."""
        self.cancel()
        if self._thread is not None:
            self._thread.join()

    @staticmethod
    def _over(utterance: _Utterance, at: float) -> bool:
        return at >= utterance.held_until or at >= utterance.began + LONGEST_S

    def _listen(self, utterance: _Utterance, before: threading.Thread | None) -> None:
        if before is not None:
            before.join()  # there is one microphone
        sound = self._record(utterance)
        if utterance.cancelled.is_set():
            return
        utterance.state = "thinking"
        try:
            utterance.request = self._recognise(sound)
        finally:  # an error ends this utterance alone, and is logged as every thread's is
            utterance.state = "nothing" if utterance.request is None else "understood"

    def _record(self, utterance: _Utterance) -> bytes:
        """The sound until the button is let go. What nobody let go, since the page was lost, is no
        request."""
        blocks = []
        try:
            self._microphone.open()
            while not (utterance.released.is_set() or utterance.cancelled.is_set()):
                block = self._microphone.read()
                if not block or self._over(utterance, self._clock()):
                    break
                blocks.append(block)
        except UserError as error:
            log.warning("hearing: %s", error)
        finally:
            self._microphone.close()
        lost = self._clock() >= utterance.held_until
        return b"" if lost else b"".join(blocks)
