"""What the tests of the whole kiosk share."""

from __future__ import annotations

from pathlib import Path

import pytest

from device.config import Config, load_config
from tests.kiosks import changed


@pytest.fixture
def config(root: Path) -> Config:
    """The configuration that ships, on free ports."""
    shipped = load_config(root / "config.yaml")
    return changed(shipped, mqtt__port=0, mqtt__websocket_port=0, display__port=0)
