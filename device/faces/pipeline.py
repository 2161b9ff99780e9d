"""From a frame to the people in it: detection, tracking and verification as one step.

What is measured on a workstation goes through this module, as what runs on a kiosk does.
"""

from __future__ import annotations

from pathlib import Path

from device.config import VisionConfig
from device.faces.detect import Choice, Detector, open_detector
from device.faces.inspect import Inspector
from device.faces.mesh import FaceMesh
from device.faces.tracks import Tracker
from device.values import Face, Frame, Track


class FacePipeline:
    """A detector, why it was chosen, and what follows its faces over time.

    Its parts are public for the benchmark.
    """

    def __init__(
        self,
        detector: Detector,
        choice: Choice,
        mesh: FaceMesh,
        vision: VisionConfig,
        *,
        eyes: bool = True,
    ) -> None:
        """eyes: whether to measure how far they are open."""
        self.detector = detector
        self.choice = choice
        self.mesh = mesh
        self.tracker = Tracker(vision)
        self.inspector = Inspector(mesh, eyes=eyes)
        self._ignore = vision.ignore

    @classmethod
    def open(cls, vision: VisionConfig, models: Path, *, eyes: bool = True) -> FacePipeline:
        """With the configured detector, or for `auto` the best that runs here.

        models: the folder of the third-party model files.

        Raises:
            UserError: a model is missing or broken, or the detector cannot run.
        """
        mesh = FaceMesh(models)
        # Last, since it has to be closed.
        detector, choice = open_detector(vision, models)
        return cls(detector, choice, mesh, vision, eyes=eyes)

    def track(self, frame: Frame) -> tuple[Track, ...]:
        """The people of a frame and the ones before it, the nearest first.

        At most `vision.max_faces`, and none in the areas of `vision.ignore`. The detector runs only
        where the tracker asks for it.
        """
        if not self.tracker.due(frame.at):
            return self.tracker.update(None, frame.at)
        found = self.detector.detect(frame)
        if self._ignore:
            found = tuple(face for face in found if not self._ignored(face, frame))
        candidates = self.tracker.associate(found, frame.at)
        return self.tracker.update(self.inspector.inspect(frame, candidates), frame.at)

    def _ignored(self, face: Face, frame: Frame) -> bool:
        """Whether the centre of a face's box is in an area of `vision.ignore`."""
        height, width = frame.grey.shape
        across, down = face.box.centre[0] / width, face.box.centre[1] / height
        return any(x <= across < x + w and y <= down < y + h for x, y, w, h in self._ignore)

    def find(self, frame: Frame) -> tuple[Face, ...]:
        """The verified faces of a single picture, the best score first; `vision.ignore` is of the
        kiosk's own view and does not apply."""
        found = self.detector.detect(frame)
        return tuple(face for face in found if self.mesh.run(frame, face).verified)

    def clear(self) -> None:
        """Drop every track at once."""
        self.tracker.clear()

    def close(self) -> None:
        """Close the detector; the pipeline is not used afterwards."""
        self.detector.close()
