"""Verifies detections, measures how far eyes are open and recognises pictures of faces.

One call of the mesh model gives all three.

Detectors find faces in lettering, chair legs and the backs of heads, for many frames in a row; the
mesh model rejects these almost without error. Guarantees: no track begins unverified, and none is
continued for more than a second without verification; a face is inspected at most twice a second,
and a still one at every detection, so that it returns within a second of its first movement.
"""

from __future__ import annotations

from dataclasses import replace

from device.faces.crop import framing_of
from device.faces.eyes import SMALLEST_PX, openness_of
from device.faces.mesh import FaceMesh
from device.faces.stillness import Life
from device.faces.tracks import Candidate, Inspection
from device.values import Frame

VERIFIED_S = 1.0
"""Seconds for which a verified track needs no new verification."""

EYES_S = 0.5
"""Least seconds between two measurements of a person's eyes."""


class Inspector:
    """Inspects candidates. The results are carried by them and their tracks; it has no state."""

    def __init__(self, mesh: FaceMesh, *, eyes: bool = True) -> None:
        """eyes: whether to measure them too, which takes a second call of the model a second."""
        self._mesh = mesh
        self._eyes = eyes

    def inspect(self, frame: Frame, candidates: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
        """Those that are faces, with their newest inspection."""
        inspected = (self._inspect(frame, candidate) for candidate in candidates)
        return tuple(candidate for candidate in inspected if candidate is not None)

    def _inspect(self, frame: Frame, candidate: Candidate) -> Candidate | None:
        """The candidate with its newest inspection; None where it is no face."""
        at, last = frame.at, candidate.inspection
        # A time before the last one: a clip has started again.
        valid = last if last and 0 <= at - last.verified_at < VERIFIED_S else None
        recent = valid if valid and not valid.still else None  # a still face: at every detection
        if recent and at - recent.at < EYES_S:
            return candidate
        large = self._eyes and framing_of(candidate.face).side >= SMALLEST_PX
        if recent and not large:
            return candidate
        mesh = self._mesh.run(frame, candidate.face)
        if not mesh.verified and valid is None:
            return None
        verified_at = at if mesh.verified or valid is None else valid.verified_at
        eyes = openness_of(mesh.landmarks) if large and mesh.presence >= 0.5 else None
        life = last.life if last and at > last.at else None
        if mesh.verified:
            seen = (mesh.landmarks, mesh.scale, at)
            life = life.after(*seen) if life else Life.begin(*seen)
        return replace(candidate, inspection=Inspection(at, verified_at, eyes, life))
