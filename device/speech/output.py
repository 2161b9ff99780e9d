"""Whether this kiosk can be heard, and why not.

The page plays the sounds (docs/architecture.md), so that nothing here opens a sound card: it is
enough that there is one.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from device.config import SpeechConfig
from device.speech.speaker import Speaker

PROGRAM = "espeak-ng"

SOUND = Path("/sys/class/sound")
"""The kernel's list of sound devices, which a service without access to them can read too."""


def silent_because(
    config: SpeechConfig, *, path: str | None = None, sound: Path = SOUND
) -> str | None:
    """Why nothing is said aloud here; None: the kiosk speaks.

    path: where the program is looked for; None: `PATH`. sound: the kernel's list.
    """
    if config.output == "never":
        return "speech.output: never"
    if shutil.which(PROGRAM, path=path) is None:
        return f"{PROGRAM} is not installed (`sudo apt install {PROGRAM}`)"
    if config.output == "auto" and not any(sound.glob("pcm*p")):
        return "no sound card is there; if one comes later, `speech.output: always`"
    return None


def open_speaker(config: SpeechConfig) -> Speaker | None:
    """The speaker of this kiosk; None: it is silent."""
    program = shutil.which(PROGRAM)
    return None if program is None or silent_because(config) else Speaker(program)
