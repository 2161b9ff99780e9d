"""Which detector runs on this board, and why.

`open_detector` guarantees a working detector and the reason for the choice, or one clear error.
mediapipe's aarch64 wheels need ARMv8.1 atomics and kill the process with an illegal instruction
on older cores (Raspberry Pi 4 and before), so the processor is asked before mediapipe is imported.
"""

from __future__ import annotations

import importlib.util
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from device.config import VisionConfig
from device.errors import UserError
from device.faces.blazeface import BlazeFace
from device.values import Face, Frame

DETECTORS = ("mediapipe", "blazeface")
"""What `vision.detector` may name, besides `auto`."""

CPUINFO = Path("/proc/cpuinfo")


class Detector(Protocol):
    """Finds faces in a frame. Each of its faces has the detector's own `KeypointLayout`.

    A new one takes a module beside this one and a line in `open_detector`.
    """

    def detect(self, frame: Frame) -> tuple[Face, ...]:
        """Faces of a frame, the best score first; boxes and keypoints in its pixels."""

    def close(self) -> None:
        """Free its resources; it is not used afterwards."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which detector runs and why, for `wayside check` and the health message."""

    name: str
    reason: str


def obstacle(cpuinfo: Path = CPUINFO, machine: str | None = None) -> str | None:
    """What keeps mediapipe from running here, found without importing it; None: nothing known.

    machine: the processor's architecture, by default this machine's.
    """
    if importlib.util.find_spec("mediapipe") is None:
        return "mediapipe is not installed"
    if (machine or platform.machine()) != "aarch64":
        return None
    try:
        features = [line for line in cpuinfo.read_text().splitlines() if "Features" in line]
    except OSError:
        return f"{cpuinfo} does not say whether the processor can run mediapipe"
    if all("atomics" in line.split() for line in features) and features:
        return None
    return "the processor lacks the atomics (ARMv8.1) that mediapipe is compiled for"


def open_detector(
    vision: VisionConfig,
    models: Path,
    *,
    cpuinfo: Path = CPUINFO,
    machine: str | None = None,
) -> tuple[Detector, Choice]:
    """The configured detector, or for `auto` the best that runs here.

    models: the folder of the third-party model files.

    Raises:
        UserError: no such detector, one that cannot run here, or a model that is missing or broken.
    """
    if vision.detector not in ("auto", *DETECTORS):
        takes = ", ".join(("auto", *DETECTORS))
        raise UserError(f"vision.detector: got {vision.detector!r}, takes {takes}")
    trouble = obstacle(cpuinfo, machine) if vision.detector != "blazeface" else None
    if vision.detector != "blazeface" and trouble is None:
        # Imported here, since importing it where it cannot run kills the process.
        from device.faces.mediapipe import MediaPipeFaces

        try:
            detector: Detector = MediaPipeFaces(
                models, reach=vision.range, threshold=vision.threshold
            )
        except (ImportError, OSError) as error:
            trouble = f"mediapipe does not load ({error})"
        else:
            asked = "asked for" if vision.detector == "mediapipe" else "installed, and runs here"
            return detector, Choice("mediapipe", asked)
    if vision.detector == "mediapipe":
        raise UserError(f"vision.detector: mediapipe: {trouble}; take `auto` or `blazeface`")
    detector = BlazeFace(models, reach=vision.range, threshold=vision.threshold)
    return detector, Choice("blazeface", trouble or "asked for")
