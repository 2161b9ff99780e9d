"""A microphone, by ALSA's `arecord` in a process of its own; and a fake one.

Guarantees: nothing is opened until `open` is called; what is read is in the memory of this process
and of `arecord` alone, which writes it to a pipe and to no file; `close` ends the process.
"""

from __future__ import annotations

import shutil
import subprocess
import threading
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from device.config import HearingConfig
from device.errors import UserError
from device.hearing.moonshine import missing
from device.hearing.utterance import RATE

PROGRAM = "arecord"

BLOCK_S = 0.1
"""Seconds of sound that are read at a time."""

BLOCK = 2 * int(RATE * BLOCK_S)
"""The same in bytes."""

SOUND = Path("/sys/class/sound")
"""The kernel's list of sound devices."""


class Microphone(Protocol):
    """Sound as `device.hearing.utterance` takes it."""

    def open(self) -> None:
        """Begin to record.

        Raises:
            UserError: it cannot be opened.
        """

    def read(self) -> bytes:
        """The next `BLOCK` bytes, as soon as they are there; fewer or none: it is closed."""

    def close(self) -> None:
        """End; called from any thread, and often."""


class Arecord:
    """The real one. device: ALSA's name of it. program: of alsa-utils."""

    def __init__(self, device: str, program: str = PROGRAM) -> None:
        self._device, self._program = device, program
        self._running: subprocess.Popen[bytes] | None = None

    def open(self) -> None:
        """Begin to record.

        Raises:
            UserError: `arecord` cannot be started.
        """
        format_ = ["-t", "raw", "-f", "S16_LE", "-r", str(RATE), "-c", "1"]
        try:
            self._running = subprocess.Popen(
                [self._program, "-q", "-D", self._device, *format_],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        except OSError as error:
            raise UserError(f"{self._program}: {error.strerror}") from None

    def read(self) -> bytes:
        """The next `BLOCK` bytes; fewer or none: it is closed, or there is no such device."""
        running = self._running
        return b"" if running is None or running.stdout is None else running.stdout.read(BLOCK)

    def close(self) -> None:
        """End the process."""
        running, self._running = self._running, None
        if running is not None:
            with suppress(ProcessLookupError):
                running.kill()
            running.wait()


class FakeMicrophone:
    """Plays sounds, each once, and silence after it, as fast as it is read unless it is paced.

    opened: how often it was opened. blocks_read: how many parts of sounds were taken.
    """

    def __init__(self, *sounds: bytes, paced: bool = False) -> None:
        self._sounds = list(sounds)
        self._pace = BLOCK_S if paced else 0.0
        self._left = b""
        self._closed = threading.Event()
        self._closed.set()
        self.opened = self.blocks_read = 0

    @property
    def is_open(self) -> bool:
        """Whether it records now."""
        return not self._closed.is_set()

    def open(self) -> None:
        """Begin with the next sound."""
        self._left = self._sounds.pop(0) if self._sounds else b""
        self.opened += 1
        self._closed.clear()

    def read(self) -> bytes:
        """The next part of the sound, and then silence."""
        if self._closed.wait(self._pace):
            return b""
        self.blocks_read += 1
        block, self._left = self._left[:BLOCK], self._left[BLOCK:]
        return block.ljust(BLOCK, b"\0")

    def close(self) -> None:
        """End."""
        self._closed.set()


def deaf_because(
    config: HearingConfig, *, path: str | None = None, sound: Path = SOUND
) -> str | None:
    """Why nobody can ask aloud here; None: they can.

    path: where the program is looked for; None: `PATH`. sound: the kernel's list.
    """
    if not config.ask:
        return "hearing.ask: false"
    if (reason := missing()) is not None:
        return reason
    if shutil.which(PROGRAM, path=path) is None:
        return f"{PROGRAM} is not installed (`sudo apt install alsa-utils`)"
    if not any(sound.glob("pcm*c")):
        return "no microphone is there"
    return None
