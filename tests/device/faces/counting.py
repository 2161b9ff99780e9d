"""A face mesh model that counts its calls."""

from __future__ import annotations

from device.faces.mesh import FaceMesh, Mesh
from device.values import Face, Frame


class CountingMesh(FaceMesh):
    """The real model."""

    calls = 0

    def run(self, frame: Frame, face: Face) -> Mesh:
        self.calls += 1
        return super().run(frame, face)
