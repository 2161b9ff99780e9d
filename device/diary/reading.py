"""What the device reads of the person who asks for it, as a number on the scale of the answers.

Guarantees: the camera is open for the time that was asked for alone; of the pictures and the
readings nothing is left but that one number; with nobody or several people there is none.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

from device.audience.group import audience_of
from device.camera.capture import Camera
from device.config import Config
from device.corridor import Corridor
from device.diary.diary import ANSWERS

LEAST_SHARE = 0.5
"""Of the time in which one person, and nobody else, must be seen."""

MIDDLE, HALF = (1 + len(ANSWERS)) / 2, (len(ANSWERS) - 1) / 2


def read(
    config: Config, camera: Camera, seconds: float, progress: Callable[[int, int], None]
) -> float | None:
    """The mean over some seconds: valence -1 is 1, 1 is 5. None: not one person all along.

    camera: not yet open. progress: told tenths of seconds, and how many there are.

    Raises:
        UserError: a model is missing, or the camera cannot be read.
    """
    total = weight = 0.0
    frames = alone = 0
    with closing(camera), closing(Corridor(config)) as corridor:
        camera.open()
        began: float | None = None
        while (frame := camera.read()) is not None:
            began = frame.at if began is None else began
            if frame.at - began >= seconds:
                break
            progress(round(10 * (frame.at - began)), round(10 * seconds))
            audience = audience_of(corridor.see(frame).visitors)
            frames += 1
            if audience.size == 1:
                alone += 1
                trust = audience.visitors[0].trust.emotion
                total, weight = total + trust * audience.valence, weight + trust
    if alone < LEAST_SHARE * max(frames, 1) or weight == 0:
        return None
    return round(MIDDLE + HALF * total / weight, 1)
