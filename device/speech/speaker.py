"""A text becomes a sound, by espeak-ng in a process of its own.

Guarantees: a text is never an argument of a command, is read as it stands, and is written nowhere;
it and the time for it are bounded; a newer text ends the synthesis of an older one. espeak-ng is
free software under the GPL 3, which a process of its own keeps apart from this program.
"""

from __future__ import annotations

import io
import re
import subprocess
import threading
import wave
from contextlib import suppress
from pathlib import Path

from device.errors import UserError
from device.speech.voices import VOICES

LONGEST_TEXT = 500
"""Characters of a text; the rest is not said. They take half a minute."""

WORDS_A_MINUTE = 155
"""Slower than espeak-ng's own 175, for a hall and for names that one hears for the first time."""

LONGEST_S = 5.0
"""Longest wait for a sound, in seconds: espeak-ng needs a fiftieth of this for the longest text."""

HEADER = 44
"""Bytes before the samples in what espeak-ng writes; it states no length there."""


class Speaker:
    """Makes sounds of texts. Its methods may be called from any thread."""

    def __init__(self, program: str) -> None:
        """program: the path of espeak-ng."""
        self._program = program
        self._lock = threading.Lock()
        self._running: subprocess.Popen[bytes] | None = None

    def speak(self, text: str, language: str) -> bytes | None:
        """The sound of a text, as a WAV file of 16 bits, mono; None: a newer text came meanwhile,
        or `stop` was called.

        Raises:
            KeyError: a language that has no voice.
            UserError: espeak-ng does not answer, or not with a sound.
        """
        arguments = ["-v", VOICES[language], "-s", str(WORDS_A_MINUTE), "-b", "1", "-z"]
        try:
            with self._lock:
                self._end()
                running = self._running = subprocess.Popen(
                    [self._program, *arguments, "--stdin", "--stdout"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                )
        except OSError as error:
            raise UserError(f"{Path(self._program).name}: {error.strerror}") from None
        try:
            sound, _ = running.communicate(plain(text).encode(), LONGEST_S)
        except subprocess.TimeoutExpired:
            raise UserError(f"espeak-ng: no answer within {LONGEST_S:.0f} s") from None
        finally:
            with self._lock:
                newest = self._running is running
                self._running = None if newest else self._running
            running.kill()
            running.wait()
        if not newest:
            return None
        if running.returncode or len(sound) < HEADER:
            raise UserError(f"espeak-ng: no sound (exit code {running.returncode})")
        return _with_length(sound)

    def stop(self) -> None:
        """End the synthesis that runs now."""
        with self._lock:
            self._end()

    def _end(self) -> None:
        if self._running is not None:
            with suppress(ProcessLookupError):
                self._running.kill()
            self._running = None


def plain(text: str) -> str:
    """A text that espeak-ng reads as it stands: on one line, without the brackets between which it
    would expect phonemes, and no longer than `LONGEST_TEXT`."""
    line = re.sub(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+", " ", text[:LONGEST_TEXT])
    return re.sub(r"\[(?=\[)", "[ ", line)


def _with_length(sound: bytes) -> bytes:
    """The same WAV file with its length in its header, without which no player knows its end."""
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(2)
        written.setframerate(int.from_bytes(sound[24:28], "little"))
        written.writeframes(sound[HEADER:])
    return file.getvalue()
