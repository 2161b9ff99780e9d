"""What several rooms' tests share: the real data, and one plain reason where it is missing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from device.config import Config, load_config
from tests.kiosks import changed

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's own folder."""
    return ROOT


@pytest.fixture(scope="session")
def wayside_data() -> Path:
    """The folder that WAYSIDE_DATA names; the test is skipped where it is unset."""
    where = os.environ.get("WAYSIDE_DATA")
    if not where:
        pytest.skip("WAYSIDE_DATA is not set: it names the folder with the real data")
    return Path(where)


@pytest.fixture
def config(root: Path) -> Config:
    """The configuration that ships, on free ports."""
    shipped = load_config(root / "config.yaml")
    return changed(shipped, mqtt__port=0, mqtt__websocket_port=0, display__port=0)
