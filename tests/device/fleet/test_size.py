"""What the agent of a fleet is made of needs no numpy, which would take a third of its memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    "module", ["device.messaging.topics", "device.messaging.link", "device.messaging.queues"]
)
def test_the_connection_to_a_hub_needs_neither_numpy_nor_opencv(root: Path, module: str) -> None:
    program = f"import sys, {module}; sys.exit(bool({{'numpy', 'cv2'}} & set(sys.modules)))"
    subprocess.run([sys.executable, "-c", program], cwd=root, check=True)
