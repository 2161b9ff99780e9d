"""Compares the speed of two checkouts of this project, frame by frame in turns.

Each checkout runs its own code and models on the same pictures in a child process that waits for
its turn, so that both share whatever else the machine does at that moment.
"""

from __future__ import annotations

import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

from device.errors import UserError
from tools.timing import WARM_FRAMES, median_interval

CHILD = """
import sys, time
from pathlib import Path
from device.config import load_config
from tools.timing import FPS, Context, Corridor, Frame, scene
config = load_config(Path("config.yaml"))
vision = config.vision.model_copy(update={"detector": sys.argv[2]})
corridor = Corridor(config.model_copy(update={"vision": vision}))
for number, (grey, rgb) in enumerate(scene(int(sys.argv[1]))):
    frame = Frame(grey, rgb, 1 + number / FPS)
    print("ready", flush=True)
    if not sys.stdin.readline():
        break
    began = time.perf_counter()
    corridor.show(corridor.see(frame).audience, Context(at=frame.at))
    print(time.perf_counter() - began, flush=True)
corridor.close()
"""
"""A frame for each line on standard input. Needs only what every checkout's `tools.timing` has."""


def compare(
    ours: Path, theirs: Path, faces: int, detector: str, frames: int
) -> tuple[float, float, float]:
    """Median over the frames of our time divided by theirs, and its 95 % interval.

    Raises:
        UserError: one of the folders is no checkout whose corridor runs.
    """
    ratios = []
    with ExitStack() as running:
        pair = [_Child(folder, faces, detector) for folder in (ours, theirs)]
        for child in pair:
            running.callback(child.process.communicate)
        for number in range(WARM_FRAMES + frames):
            order = pair if number % 2 else pair[::-1]
            seconds = {child: child.frame_s() for child in order}
            if number >= WARM_FRAMES:
                ratios.append(seconds[pair[0]] / seconds[pair[1]])
    return median_interval(ratios)


class _Child:
    def __init__(self, folder: Path, faces: int, detector: str) -> None:
        if not folder.is_dir():
            raise UserError(f"--against: {folder}: no such folder")
        self._folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(faces), detector],
            cwd=folder,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def frame_s(self) -> float:
        """Seconds that the next frame takes."""
        assert self.process.stdin
        assert self.process.stdout
        if not self.process.stdout.readline():
            raise UserError(f"--against: {self._folder}: no checkout whose corridor runs")
        print(file=self.process.stdin, flush=True)
        return float(self.process.stdout.readline())
