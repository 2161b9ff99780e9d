"""Models that count how often they are asked."""

from __future__ import annotations

from device.faces.mesh import FaceMesh, Look
from device.values import Face, Frame


class CountingMesh(FaceMesh):
    """The real mesh model."""

    looks = 0

    def look(self, frame: Frame, face: Face) -> Look:
        self.looks += 1
        return super().look(frame, face)
