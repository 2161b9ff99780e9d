"""MediaPipe Tasks' `FaceDetector` in video mode, as a `Detector`.

Creating the detector imports mediapipe: do so only where the processor can run it
(`device.faces.detect.obstacle`).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import numpy as np

from device.errors import UserError
from device.faces.blazeface import KEYPOINTS, MODEL_FILES, SUPPRESSION_IOU, Range
from device.inference.litert import without_chatter
from device.values import Box, Face, Frame

SMALLEST = 16
"""Side of the black picture that is processed first, in pixels."""


@contextmanager
def _without_extras() -> Iterator[None]:
    """Keep packages that a kiosk does not use out of mediapipe's import.

    mediapipe imports TensorFlow, half a gigabyte, if it is installed, for remote files and
    documentation: it is hidden. It imports matplotlib, 33 MB, to plot landmarks: an empty module
    replaces it.
    """
    pyplot = ModuleType("matplotlib.pyplot")
    matplotlib = ModuleType("matplotlib")
    matplotlib.pyplot = pyplot  # type: ignore[attr-defined]
    stand_ins = {"tensorflow": None, "matplotlib": matplotlib, "matplotlib.pyplot": pyplot}
    absent = {name: module for name, module in stand_ins.items() if name not in sys.modules}
    sys.modules.update(absent)  # type: ignore[arg-type]  # None is the documented way to hide one
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]


class MediaPipeFaces:
    """The detector; it must be closed, or it raises at exit."""

    def __init__(self, folder: Path, *, reach: Range = "far", threshold: float = 0.5) -> None:
        """Load the model of this reach from `folder`.

        Raises:
            ImportError: mediapipe, or a system library that it needs, is missing.
            UserError: the model file is missing or broken.
        """
        with _without_extras():
            import mediapipe
            from mediapipe.tasks.python import BaseOptions, vision
        self._image = mediapipe.Image
        self._srgb = mediapipe.ImageFormat.SRGB
        self._last_ms = -1
        path = folder / MODEL_FILES[reach].name
        if not path.is_file():
            raise UserError(f"{path}: no such model; `make run` sets it up")
        options = vision.FaceDetectorOptions(
            base_options=BaseOptions(model_asset_path=str(path)),
            running_mode=vision.RunningMode.VIDEO,
            min_detection_confidence=threshold,
            min_suppression_threshold=SUPPRESSION_IOU,
        )
        black = np.zeros((SMALLEST, SMALLEST, 3), np.uint8)
        try:
            with without_chatter():
                self._detector = vision.FaceDetector.create_from_options(options)
                # It initialises itself with its first frame, which should not be a visitor's.
                self.detect(Frame(black[:, :, 0], black, 0.0))
        except (ValueError, RuntimeError) as error:
            reason = str(error).strip().splitlines()[-1]
            raise UserError(
                f"{path}: not a complete model that mediapipe can run ({reason}); "
                "put the right file there"
            ) from None

    def detect(self, frame: Frame) -> tuple[Face, ...]:
        """Faces of a frame, the best score first; boxes are in whole pixels."""
        height, width = frame.rgb.shape[:2]
        # Video mode takes only increasing times, even if a clip starts again.
        self._last_ms = max(self._last_ms + 1, int(frame.at * 1000))
        image = self._image(image_format=self._srgb, data=np.ascontiguousarray(frame.rgb))
        found = self._detector.detect_for_video(image, self._last_ms).detections
        faces = []
        for detection in found:
            box = detection.bounding_box
            points = [(point.x * width, point.y * height) for point in detection.keypoints]
            faces.append(
                Face(
                    Box(box.origin_x, box.origin_y, box.width, box.height),
                    np.array(points, np.float32),
                    float(detection.categories[0].score),
                    KEYPOINTS,
                )
            )
        return tuple(faces)

    def close(self) -> None:
        """Shut the detector down."""
        with without_chatter():
            self._detector.close()
