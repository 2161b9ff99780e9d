"""What the agent of a fleet is made of needs no numpy, which would take a third of its memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {"numpy", "cv2", "opening_hours", "mediapipe"}


@pytest.mark.parametrize("module", ["device.fleet.agent", "device.fleet.enrolment"])
def test_the_agent_needs_neither_numpy_nor_opencv(root: Path, module: str) -> None:
    program = f"import sys, {module}; sys.exit(bool({HEAVY} & set(sys.modules)))"
    subprocess.run([sys.executable, "-c", program], cwd=root, check=True)
