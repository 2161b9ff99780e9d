"""The models that the tests of seeing run: those that ship, and those that set-up fetches."""

from __future__ import annotations

from pathlib import Path

import pytest

from device.camera.demo import PHOTOGRAPHS, locate
from device.camera.images import frame_of, load_picture
from device.values import Frame


@pytest.fixture(scope="session")
def models(root: Path) -> Path:
    """The folder of the project's own models."""
    return root / "models"


@pytest.fixture(scope="session")
def face_models(models: Path) -> Path:
    """The folder of the third-party models (`python -m device.inference.third_party`)."""
    return models / "third_party"


@pytest.fixture(scope="session")
def hopper() -> Frame:
    """A photograph of Grace Hopper: one upright face that looks at the camera."""
    return frame_of(load_picture(locate(PHOTOGRAPHS[0])), 0.0)
