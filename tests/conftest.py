"""Fixtures shared by several packages: configuration, models, real data, a photograph."""

from __future__ import annotations

import gc
import os
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from device.camera.demo import PHOTOGRAPHS, locate
from device.camera.images import frame_of, load_picture
from device.config import Config, load_config
from device.values import Frame
from tests.kiosks import changed

ROOT = Path(__file__).resolve().parent.parent

# No test depends on the machine's speed.
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's own folder."""
    return ROOT


@pytest.fixture(scope="session")
def wayside_data() -> Path:
    """The folder that WAYSIDE_DATA names; the test is skipped if it is not set."""
    where = os.environ.get("WAYSIDE_DATA")
    if not where:
        pytest.skip("WAYSIDE_DATA is not set (the folder with the datasets)")
    return Path(where)


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


@pytest.fixture(scope="session")
def config(root: Path) -> Config:
    """The shipped configuration, on free ports."""
    shipped = load_config(root / "config.yaml")
    free = {"mqtt__port": 0, "mqtt__websocket_port": 0, "display__port": 0, "speech__port": 0}
    return changed(shipped, **free)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the files with slow tests first, so that no worker runs one of them alone at the end."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


def pytest_collection_finish() -> None:
    """Keep the garbage collector from walking through all imported packages again and again."""
    gc.freeze()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print why tests were skipped, a line for each reason."""
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in skipped)
    if reasons:
        terminalreporter.section("skipped")
    for reason, count in reasons.most_common():
        terminalreporter.line(f"{count:4}  {reason}")
